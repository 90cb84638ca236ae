"""Simulate: the Verilog of a folder, compiled and run by Icarus or Verilator in a process with a time limit."""

import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwsim.errors import InputError
from hwsim.interrupt import CtrlC, Stopped

TOOLS = ("iverilog", "verilator")
BUILD_LIMIT_S = 600.0
_MOST_PRINTED = 64 * 2**20
"""Octets."""


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A compiled simulation. command : that runs it;  build_s : seconds of processor time that compiling took"""

    tool: str
    command: tuple[str, ...]
    build_s: float


def children_s() -> float:
    """Seconds of processor time that the ended processes of this one have taken; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0.0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def check_tool(tool: str) -> None:
    """Raise InputError unless ``tool`` is one, and installed."""
    if tool not in TOOLS:
        raise InputError(f"a simulator is {' or '.join(TOOLS)}, got {tool!r}")
    check_installed(tool)


def check_installed(tool: str) -> None:
    """Raise InputError unless ``tool``, which has the name of its package, is installed."""
    if shutil.which(tool) is None:
        raise InputError(f"{tool} is not installed: apt-get install {tool}")


def build(files: Sequence[Path], place: Path, *, tool: str, waves: bool = False, top: str = "testbench") -> Simulation:
    """Compile ``files``, whose top is the module ``top``, in the folder ``place``, which their paths start from where
    they are relative. Raises InputError.

    waves : whether it shall write a waveform, which makes Verilator's programs slower
    """
    check_tool(tool)
    sources = ["-Irtl", *(str(path) for path in files)]
    began = children_s()
    if tool == "iverilog":
        made = place / f"{top}.vvp"
        _checked([tool, "-g2005", "-s", top, "-o", str(made), *sources], place, tool)
        command: tuple[str, ...] = ("vvp", "-n", str(made))
    else:
        options = ["--binary", "--timing", "-O3", "--top-module", top, "-Wno-fatal", "-Wno-lint", "-Wno-style"]
        options += ["--trace"] if waves else []
        options += ["-j", "1", "--Mdir", str(place / f"verilated_{top}"), "-o", "simulation"]
        options += ["-MAKEFLAGS", "OPT_FAST=-O1 OPT_SLOW=-O0 OPT_GLOBAL=-O1"]
        _checked([tool, *options, *sources], place, tool)
        command = (str(place / f"verilated_{top}" / "simulation"),)
    return Simulation(tool=tool, command=command, build_s=children_s() - began)


def _checked(command: list[str], place: Path, tool: str) -> None:
    code, out = call(command, place, limit_s=BUILD_LIMIT_S)
    if code != 0:
        first = next(
            (line for line in out.splitlines() if "rror" in line),
            out.strip().splitlines()[-1] if out.strip() else f"it ended with code {code} and said nothing",
        )
        raise InputError(f"{tool} does not compile this Verilog: {first.strip()}")


def call(command: Sequence[str], place: Path, *, limit_s: float) -> tuple[int, str]:
    """(exit code, what it printed) of ``command`` in the folder ``place``. Raises InputError beyond ``limit_s``."""
    with subprocess.Popen(
        list(command),
        cwd=place,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    ) as child:
        try:
            out = _printed(child, limit_s)
        except BaseException as error:
            if hasattr(os, "killpg"):
                os.killpg(child.pid, signal.SIGKILL)
            else:  # Windows
                child.kill()
            name = Path(command[0]).name
            if isinstance(error, subprocess.TimeoutExpired):
                raise InputError(
                    f"{name} did not end within {limit_s:g} s: the design may hang in a loop; --limit gives it more"
                ) from None
            if isinstance(error, _TooLongError):
                raise InputError(
                    f"{name} printed more than {_MOST_PRINTED >> 20} MB: the design may hang in a loop"
                ) from None
            raise
    return child.returncode, out


class _TooLongError(Exception):
    """A process prints without end."""


def _printed(child: subprocess.Popen, limit_s: float) -> str:
    """What ``child`` prints until it ends. Raises TimeoutExpired, _TooLongError beyond _MOST_PRINTED octets, and
    Stopped within a tenth of a second where that is asked for."""
    end, kept = time.monotonic() + limit_s, bytearray()
    with selectors.DefaultSelector() as ready, CtrlC() as ctrl_c:
        ready.register(child.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
        while True:
            left_s = end - time.monotonic()
            if ctrl_c.heard:
                raise Stopped
            if not ready.select(min(max(0.0, left_s), 0.1)):
                if left_s <= 0:
                    raise subprocess.TimeoutExpired(child.args, limit_s)
                continue
            block = os.read(child.stdout.fileno(), 1 << 16)  # type: ignore[union-attr]
            if not block:
                break
            kept += block
            if len(kept) > _MOST_PRINTED:
                raise _TooLongError
    child.wait(max(0.0, end - time.monotonic()))
    return kept.decode(errors="replace")
