"""Memory: whether this computer holds what is asked for, before any of it is made.

Enters: how many bytes are needed at least, and for what. Leaves: nothing, or a refusal in one sentence.
``HWSIM_MEMORY_LIMIT``, bytes or text such as ``4GB``, stands in for the memory that the computer has free.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from hwsim.errors import InputError
from hwsim.units import format_si, whole

LIMIT = "HWSIM_MEMORY_LIMIT"
_GROUPS = Path("/sys/fs/cgroup")
_FACTOR = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_PER_VARIABLE = 250
"""Bytes: a label, and its place in dicts."""
_PER_PBIT, _PER_CONNECTIONS = 100, 40
"""Bytes of a program: some columns of numbers; weight, index and delay of a coupling in both directions."""
_PER_STATE, _PER_READ, _PER_REPLICA, _PER_SCHEDULE = 2, 32, 64, 200
"""Bytes: a state in the engine and one that is read; numbers of each read; those and the places of each replica, whose
state is in the engine alone, or in bits there; arrays of each schedule."""


def check_memory(needed: int, what: str) -> None:
    """Raise InputError where ``what``, a plural, needs more bytes than there are."""
    most = available()
    needed = min(needed, 2**1000)  # what a float holds
    if most is not None and needed > most:
        raise InputError(f"{what} need at least {format_si(needed, 'B')}, and {_there(most)}")


def check_problem(variables: int, couplings: int, what: str, *, each: int) -> None:
    """Raise InputError where a problem of this size does not fit. each : bytes for a coupling"""
    needed = _PER_VARIABLE * variables + each * couplings
    check_memory(needed, f"{what}: {many(variables)} variables and {many(couplings)} couplings")


def check_program(variables: int, couplings: int, *, more: int = 0) -> None:
    """Raise InputError where a program of this size does not fit. more : bytes for a coupling beside it"""
    needed = _PER_PBIT * variables + (_PER_CONNECTIONS + more) * couplings
    check_memory(needed, f"programs of {many(variables)} p-bits and {many(couplings)} couplings")


def check_reads(n_pbits: int, reads: int, *, schedules: int = 1, looks: int = 0, dies: int = 1) -> None:
    """Raise InputError where so many reads of ``n_pbits`` p-bits do not fit. looks : at which energies are kept"""
    reads, schedules = whole(reads, name="reads", least=1), whole(schedules, name="schedules", least=1)
    each = reads * (_PER_STATE * n_pbits + _PER_READ + 8 * looks) + min(schedules, reads) * _PER_SCHEDULE
    words = f"{many(reads)} reads of {many(n_pbits)} p-bits"
    check_memory(dies * each, words if dies == 1 else f"{many(dies)} dies with {words} each")


def check_replicas(n_pbits: int, reads: int, replicas: int) -> None:
    """Raise InputError where so many replicas of each read do not fit."""
    needed = reads * replicas * (n_pbits + _PER_REPLICA)
    check_memory(needed, f"{many(replicas)} replicas in each of {many(reads)} reads of {many(n_pbits)} p-bits")


def available() -> int | None:
    """Bytes that may be used: those of LIMIT, else the fewest of those that the computer has free, or has at all, that
    this process may take, and that its container has free; None where the system does not say. Raises InputError."""
    text = os.environ.get(LIMIT)
    if text:
        found = re.fullmatch(r"([0-9.]+) ?([kMGT]?)B?", text.strip())
        try:
            if found:
                return int(float(found[1]) * _FACTOR[found[2]])
        except (ValueError, OverflowError):
            pass  # "." and what is infinite
        raise InputError(f"{LIMIT} must be bytes, or text such as 4GB, got {text!r}")
    return min((room for room, _ in _rooms()), default=None)


def _rooms() -> Iterator[tuple[int, str]]:
    """Bytes that may be used, and whose they are: of the computer, the process and its container, as far as the system
    says."""
    for room, words in (
        (_of_computer(), "this computer has {} free"),
        (_of_process(), "this process may take {} more"),
        (_of_group(), "this container has {} free"),
    ):
        if room is not None:
            yield max(0, room), words


def _of_computer() -> int | None:
    for line in _lines("/proc/meminfo"):
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _of_process() -> int | None:
    """What ``ulimit -v`` leaves."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    most, taken = resource.getrlimit(resource.RLIMIT_AS)[0], _lines("/proc/self/statm")
    if most == resource.RLIM_INFINITY or not taken:
        return None
    return most - int(taken[0].split()[0]) * resource.getpagesize()


def _of_group() -> int | None:
    """What the limits of this process's control group, and of those around it, leave (version 2). Pages of files do not
    count as taken: the system gives them up."""
    own = [line.partition("::")[2] for line in _lines("/proc/self/cgroup") if line.startswith("0::")]
    if not own:
        return None
    folder, rooms = _GROUPS / own[0].lstrip("/"), []
    for each in (place for place in (folder, *folder.parents) if place.is_relative_to(_GROUPS)):
        most, taken = _lines(each / "memory.max"), _lines(each / "memory.current")
        if most and taken and most[0].isdigit():
            files = [line.split()[1] for line in _lines(each / "memory.stat") if line.startswith("inactive_file ")]
            rooms.append(int(most[0]) - int(taken[0]) + sum(map(int, files)))
    return min(rooms, default=None)


def _lines(path: str | Path) -> list[str]:
    """The lines of a file of the system; none where it cannot be read."""
    try:
        return Path(path).read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return []


def refusal(error: MemoryError) -> str:
    """A sentence on memory that could not be had."""
    most, size = available(), getattr(error, "shape", None)
    need = "this"
    if size is not None:
        octets = error.dtype.itemsize  # type: ignore[attr-defined]  # numpy tells which array it could not make
        for length in size:
            octets *= int(length)
        need = f"an array of {format_si(octets, 'B')}"
    return f"{need} does not fit into memory" + ("" if most is None else f": {_there(most)}")


def many(count: int) -> str:
    """A whole number in few digits."""
    if count < 10**6:
        return str(count)
    return f"{float(count):.3g}" if count < 2**1000 else f"2^{count.bit_length() - 1}"


def _there(most: int) -> str:
    """What is there, in words. most : bytes of LIMIT"""
    if os.environ.get(LIMIT):
        return f"{LIMIT} is {format_si(most, 'B')}"
    room, words = min(_rooms())
    return words.format(format_si(room, "B"))
