"""Check: the RTL of a folder, as it is now, against the emulation, update by update.

Enters: a folder that `hwsim.rtl.write` made, its Verilog perhaps changed since. Leaves: a Checked, which names the
first update that differs.
"""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hwsim.cell.codes import SOURCES
from hwsim.cell.source import source_next, source_shown, source_tap
from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.files import replacing
from hwsim.rtl.activation import cells_of, negative, thresholds
from hwsim.rtl.expected import Expected, expected, time_s
from hwsim.rtl.machine import PORT, Machine
from hwsim.rtl.manifest import machine_of
from hwsim.rtl.simulate import Simulation, build, call, check_tool, children_s
from hwsim.rtl.testbench import SAYS, header
from hwsim.units import format_si

LIMIT_S = 600.0
"""Seconds that a simulation may take."""


@dataclass(frozen=True, kw_only=True)
class Difference:
    """The first update in which RTL and emulation differ, and what hwsim decided on there.

    slot : of the run;  time_s : device seconds;  field : in units of the machine;  threshold : in units of 2**-bits
    word : the leading ``bits`` of the random word, its complement where the comparison is swapped
    others : further p-bits that differ in the same slot
    """

    net: str
    pbit: int
    variable: str
    slot: int
    round: int
    time_s: float
    emulated: int
    rtl: str
    field: int
    threshold: int
    word: int
    bits: int
    others: int

    def __str__(self) -> str:
        more = f"; {self.others} more differ in that slot" if self.others else ""
        return (
            f"first difference: p-bit {self.net} (number {self.pbit}, variable {self.variable}) in slot {self.slot} "
            f"(round {self.round}, {format_si(self.time_s, 's')}): hwsim {self.emulated:+d}, RTL {self.rtl}; there the "
            f"field is {self.field}, the threshold {self.threshold} and the random word {self.word} "
            f"of 2**{self.bits}{more}"
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Checked(Shown):
    """What a simulation said. updates : compared;  mismatches : in the first slot that differs, where the simulation
    stops;  by_reference : updates that the reference engine of hwsim made too
    build_s, run_s : seconds of processor time of this computer;  difference : None where there is none
    """

    tool: str
    updates: int
    mismatches: int
    engine: str
    by_reference: int
    build_s: float
    run_s: float
    difference: Difference | None

    def _shown(self) -> tuple[str, Facts]:
        return f"{self.updates} updates compared by {self.tool}, {self.mismatches} mismatches", [
            ("emulated by", f"{self.engine}, the first {self.by_reference} by reference too"),
            ("difference", None if self.difference is None else str(self.difference)),
        ]


def check(
    folder: str | os.PathLike, *, tool: str = "iverilog", limit_s: float = LIMIT_S, vcd: str | os.PathLike | None = None
) -> Checked:
    """Simulate the RTL in ``folder`` with ``tool``, iverilog or verilator, and compare every update with hwsim.

    vcd : file for the waveform of the RTL, its p-bits named as in `hwsim run --vcd`; up to the first difference.
    Raises InputError for a folder that is none of `write`, a trace of another program, Verilog that does not compile, a
    tool that is missing, and a simulation that does not end within ``limit_s``.
    """
    check_tool(tool)
    return checked(Path(folder), expected(machine_of(Path(folder))), tool=tool, limit_s=limit_s, vcd=vcd)


def checked(
    place: Path, trace: Expected, *, tool: str, limit_s: float = LIMIT_S, vcd: str | os.PathLike | None = None
) -> Checked:
    """The same of the folder ``place``, whose emulation has made ``trace`` already."""
    check_tool(tool)
    _check_data(place / "test", trace)
    with tempfile.TemporaryDirectory(prefix="hwsim-rtl-") as work:
        simulation = build(verilog_files(place), Path(work), tool=tool, waves=vcd is not None)
        if vcd is None:
            return compare(trace, simulation, place / "test", Path(work), limit_s=limit_s)
        waved = replace(simulation, command=(*simulation.command, "+vcd=waves.vcd"))
        found = compare(trace, waved, place / "test", Path(work), limit_s=limit_s)
        with replacing(Path(vcd)) as part:
            shutil.copyfile(Path(work) / "waves.vcd", part)
        return found


def states(folder: str | os.PathLike, *, tool: str = "iverilog", limit_s: float = LIMIT_S) -> np.ndarray:
    """int8 (rounds, n): the states +-1 of all p-bits after each round, as the RTL in ``folder`` has them when ``tool``
    simulates it. Raises InputError as `check` does."""
    check_tool(tool)
    place = Path(folder)
    made = machine_of(place)
    with tempfile.TemporaryDirectory(prefix="hwsim-rtl-") as work:
        simulation = build(verilog_files(place), Path(work), tool=tool)
        command = [*simulation.command, f"+data={(place / 'test').resolve()}/"]
        lines = _dumped(command, Path(work), (0, made.n_slots), limit_s)
    if len(lines) < made.n_slots or "x" in "".join(lines).lower():
        raise InputError("the simulation did not come to its end, or holds states that are unknown")
    n = made.wiring.n_slots
    out = np.tile(made.initial, (-(-made.n_slots // n), 1))
    for k, members in enumerate(made.members):
        bits = _unpacked(lines[k::n])[:, : len(members)]
        out[: len(bits), members] = 2 * bits.astype(np.int8) - 1
    return out


def _unpacked(lines: list[str]) -> np.ndarray:
    """uint8 (lines, bits): numbers of hexadecimal digits, all equally long, their lowest bit first."""
    digits = max((len(line) for line in lines), default=0)
    octets = bytes.fromhex("".join(line.zfill(digits + digits % 2) for line in lines))
    rows = np.frombuffer(octets, np.uint8).reshape(len(lines), -1)
    return np.unpackbits(rows[:, ::-1], axis=1, bitorder="little")


def verilog_files(folder: Path) -> list[Path]:
    """The testbench and all modules of ``folder``."""
    files = sorted((folder / "rtl").glob("*.v"))
    if not files:
        raise InputError(f"{folder / 'rtl'} holds no Verilog")
    return [folder / "test" / "testbench.v", *files]


def _check_data(test: Path, trace: Expected) -> None:
    """Raise InputError unless the files of the testbench are of this machine."""
    kinds = {"expected.hex": "checksums by round" if trace.is_long else "states by slot"}
    if trace.machine.source == PORT:
        kinds["random.hex"] = "random words by slot"
    if trace.machine.is_writable:
        kinds["weights.hex"] = "addresses and values of registers"
    for name, kind in kinds.items():
        try:
            with (test / name).open(encoding="ascii", errors="replace") as file:
                first = file.readline().rstrip("\n")
        except OSError as error:
            raise InputError(f"cannot read {test / name}: {error.strerror}") from None
        if first != header(trace.machine, kind):
            raise InputError(f"{test / name} is the trace of another program: write the folder again")


def compare(trace: Expected, simulation: Simulation, data: Path, work: Path, *, limit_s: float) -> Checked:
    """Run ``simulation`` with the files of the folder ``data``, and name the first update that differs."""
    command = [*simulation.command, f"+data={data.resolve()}/"]
    began = children_s()
    _, out = call(command, work, limit_s=limit_s)
    run_s = children_s() - began
    found = re.search(rf"^{SAYS} mismatch (slot|round) (\d+)", out, re.MULTILINE)
    difference, mismatches, updates = None, 0, len(trace.bits)
    if found:
        rounds = trace.machine.wiring.n_slots
        first = int(found[2]) * (1 if found[1] == "slot" else rounds)
        last = first + (1 if found[1] == "slot" else rounds)
        difference, mismatches, updates = _located(trace, command, work, (first, last), limit_s)
    elif f"{SAYS} compared slots {trace.machine.n_slots}" not in out:
        said = next((line for line in out.splitlines() if line.startswith(SAYS)), "it printed no result")
        raise InputError(f"the simulation did not come to its end: {said.removeprefix(SAYS).strip()}")
    return Checked(
        tool=simulation.tool,
        updates=updates,
        mismatches=mismatches,
        engine=trace.engine,
        by_reference=trace.by_reference,
        build_s=simulation.build_s,
        run_s=run_s,
        difference=difference,
    )


def _located(
    trace: Expected, command: list[str], work: Path, slots: tuple[int, int], limit_s: float
) -> tuple[Difference, int, int]:
    """The first difference within ``slots``, how many p-bits differ in its slot, and the updates up to its end."""
    made = trace.machine
    first, last = slots[0], min(slots[1], made.n_slots)
    lines = _dumped(command, work, (first, last), limit_s)
    for slot, line in zip(range(first, last), lines, strict=False):
        members, wanted = made.members[slot % made.wiring.n_slots], trace.slot(slot)
        digits = "".join(_BITS.get(digit, digit * 4) for digit in line.lower())[::-1]
        wrong = [q for q in range(len(members)) if digits[q : q + 1] != str(wanted[q])]
        if wrong:
            q = wrong[0]
            value = {"0": "-1", "1": "+1"}.get(digits[q : q + 1], "unknown (x)")
            difference = _difference(trace, slot, int(members[q]), q, value, len(wrong) - 1)
            return difference, len(wrong), made.updates_before(slot + 1)
    raise InputError("the simulation differs from hwsim, but not when it is run again: it is not deterministic")


def _dumped(command: list[str], work: Path, slots: tuple[int, int], limit_s: float) -> list[str]:
    """The new states of each of ``slots``, a line of hexadecimal digits each, as the simulation has them."""
    dump = work / "states.hex"
    call([*command, f"+dump={dump}", f"+from={slots[0]}", f"+to={slots[1]}"], work, limit_s=limit_s)
    return dump.read_text().split() if dump.exists() else []


_BITS = {f"{value:x}": f"{value:04b}" for value in range(16)}


def _difference(trace: Expected, slot: int, i: int, q: int, value: str, others: int) -> Difference:
    made = trace.machine
    number = slot // made.wiring.n_slots
    activation = made.activations[made.kind[i]]
    field = field_at(trace, slot, i)
    step = int(np.searchsorted(made.step_slots, slot, side="right")) - 1
    beta = activation.betas[step] * made.whole.scale
    cells, at = cells_of(made.program), np.array([field], dtype=np.int64)
    threshold, word = thresholds(cells, i, at, beta), word_at(made, i, slot)
    if activation.swapped is not None and negative(cells, i, at, beta)[0]:
        word ^= 0xFFFFFFFF
    return Difference(
        net=made.names[i],
        pbit=i,
        variable=made.labels[i],
        slot=slot,
        round=number,
        time_s=time_s(made, slot),
        emulated=2 * int(trace.slot(slot)[q]) - 1,
        rtl=value,
        field=field,
        threshold=int(threshold[0]),
        word=word >> (32 - activation.bits),
        bits=activation.bits,
        others=others,
    )


def field_at(trace: Expected, slot: int, i: int) -> int:
    """The field that p-bit ``i`` reads in ``slot``, from the trace of its neighbours and the way their values take."""
    made = trace.machine
    network, wiring = made.program.network, made.wiring
    row = network.row(i)
    total = int(made.whole.bias[i])
    for k in range(row.start, row.stop):
        seen = slot - int(wiring.stages[k])  # the slot before which the value left
        if wiring.waits[k]:
            seen = seen // wiring.exchange * wiring.exchange
        total += int(made.whole.weight[k]) * state_before(trace, int(network.indices[k]), seen)
    return -total


def state_before(trace: Expected, j: int, slot: int) -> int:
    """+-1: the state of p-bit ``j`` after all slots before ``slot``."""
    made = trace.machine
    if not made.free[j]:
        return int(made.initial[j])
    place, n = int(made.wiring.slot[j]), made.wiring.n_slots
    last = (slot - 1 - place) // n * n + place
    if last < 0:
        return int(made.initial[j])
    return 2 * int(trace.slot(last)[np.searchsorted(made.members[place], j)]) - 1


def word_at(made: Machine, i: int, slot: int) -> int:
    """The 32-bit random word that p-bit ``i`` compares with in ``slot``, one of its own."""
    noise, number = made.program.noise, slot // made.wiring.n_slots
    if made.source == PORT:
        return made.drawn_word(i, number + 1)
    code, state = SOURCES[made.source], made.source_states[i].copy()
    steps = (slot if made.by_clock else number) * noise.source_shifts
    if steps:
        source_next(code, steps, state)
    return int(source_tap(code, source_shown(code, state), made.turn(i)))
