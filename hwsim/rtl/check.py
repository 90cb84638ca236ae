"""Check: the RTL of a folder, as it is now, against the emulation, update by update.

Enters: a folder that `hwsim.rtl.write` made, its Verilog perhaps changed since. Leaves: a Checked, which names the
first update that differs.
"""

import os
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hwsim.arguments import named
from hwsim.cell.codes import SOURCES
from hwsim.cell.source import source_next, source_shown, source_tap
from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.files import replacing
from hwsim.rtl.array_module import chips
from hwsim.rtl.expected import Expected, expected, time_s
from hwsim.rtl.leaves import bare, bench, header_of, leaves
from hwsim.rtl.machine import PORT, Machine
from hwsim.rtl.manifest import digest, machine_of, read_manifest
from hwsim.rtl.simulate import Simulation, build, call, check_tool, children_s
from hwsim.rtl.testbench import SAYS, data_files, header, testbench, writes
from hwsim.rtl.write import modules
from hwsim.scratch import scratch_folder
from hwsim.units import format_si

TESTBENCH = "test/testbench.v"
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
    stops, or 1 where a port does;  by_reference : updates that the reference engine of hwsim made too
    build_s, run_s : seconds of processor time of this computer;  difference : None where no update differs
    port : what another port, or a module by itself, does first otherwise than it should, None where nothing
    cases : of modules by themselves that were compared;  untried : those left out
    changed : files of Verilog that are not what `write` makes, comments apart;  a testbench among them says itself what
    it compares
    """

    tool: str
    updates: int
    mismatches: int
    engine: str
    by_reference: int
    build_s: float
    run_s: float
    difference: Difference | None
    port: str | None
    cases: int
    untried: tuple[str, ...]
    changed: tuple[str, ...]

    def _shown(self) -> tuple[str, Facts]:
        return f"{self.updates} updates compared by {self.tool}, {self.mismatches} mismatches", [
            ("emulated by", f"{self.engine}, the first {self.by_reference} by reference too"),
            ("difference", None if self.difference is None else str(self.difference)),
            ("port", self.port),
            ("by itself", f"{self.cases} cases of modules"),
            ("changed", ", ".join(self.changed) or None),
        ]


@named
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
    if len(trace.bits) == 0:
        raise InputError("there is nothing to compare: no p-bit of this machine updates")
    _check_data(place, trace)
    with scratch_folder("hwsim-rtl") as work:
        sources = _sources(place, work)
        simulation = build(sources, work, tool=tool, waves=vcd is not None)
        found = compare(trace, simulation, work, limit_s=limit_s)
        texts = {path.as_posix(): (work / path).read_text(encoding="utf-8", errors="replace") for path in sources}
        written = {f"rtl/{name}.v": text for name, text in modules(trace.machine).items()}
        found = replace(found, changed=_changed(texts, {**written, TESTBENCH: testbench(trace)}))
        if found.mismatches == 0:
            found = _by_themselves(found, trace.machine, texts, written, work, limit_s)
        if vcd is not None:
            call([*simulation.command, _DATA, f"+vcd={_WAVES}"], work, limit_s=limit_s)
            if not (work / _WAVES).exists():
                raise InputError("the simulation wrote no waveform")
            with replacing(Path(vcd)) as part:
                shutil.copyfile(work / _WAVES, part)
        return found


_WAVES = "waves.vcd"


def _changed(texts: Mapping[str, str], written: Mapping[str, str]) -> tuple[str, ...]:
    """The files of ``texts``, Verilog by path, that `write` makes otherwise, or not at all; comments and spaces do not
    count."""
    every = sorted(texts.keys() | written.keys())
    return tuple(
        name for name in every if name not in texts or name not in written or bare(texts[name]) != bare(written[name])
    )


def _by_themselves(
    found: Checked, made: Machine, texts: Mapping[str, str], written: Mapping[str, str], work: Path, limit_s: float
) -> Checked:
    """``found`` with what the leaf modules do at every row of a table and on both sides of a threshold, by Icarus:
    Verilator 5.006 takes the count of cases for a constant in some machines' testbench. Those whose ports were changed
    are left out, and told; all are where Icarus is not installed."""
    every, chosen = leaves(made), []
    if shutil.which("iverilog") is not None:
        for leaf in every:
            there, own = (header_of(each.get(f"rtl/{leaf.module}.v", ""), leaf.module) for each in (texts, written))
            chosen += [leaf] if there == own else []
    found = replace(found, untried=tuple(leaf.module for leaf in every if leaf not in chosen))
    if not chosen:
        return found
    text, data = bench(chosen)
    (work / "leaves.v").write_text(text)
    (work / "leaves.txt").write_text(data)
    files = [Path("leaves.v"), *(Path(name) for name in texts if name != TESTBENCH)]
    command = build(files, work, tool="iverilog", top="leaves").command
    token = secrets.token_hex(8)
    _, out = call([*command, f"+token={token}"], work, limit_s=limit_s)
    wrong = re.search(rf"{SAYS} leaf (\d+) case (\d+)", out)
    cases = sum(len(leaf.cases) for leaf in chosen)
    if wrong:
        leaf = chosen[int(wrong[1])]
        port = f"module {leaf.module} by itself: {leaf.cases[int(wrong[2])].says}"
        return replace(found, port=port, mismatches=1)
    if f"{SAYS} compared cases {cases} {token}\n" not in out:
        raise InputError("the simulation of modules by themselves did not come to its end")
    return replace(found, cases=cases)


@named
def states(folder: str | os.PathLike, *, tool: str = "iverilog", limit_s: float = LIMIT_S) -> np.ndarray:
    """int8 (rounds, n): the states +-1 of all p-bits after each round, as the RTL in ``folder`` has them when ``tool``
    simulates it. Raises InputError as `check` does."""
    check_tool(tool)
    place = Path(folder)
    made = machine_of(place)
    with scratch_folder("hwsim-rtl") as work:
        simulation = build(_sources(place, work), work, tool=tool)
        lines = _dumped([*simulation.command, _DATA], work, (0, made.n_slots), limit_s)
    if len(lines) < made.n_slots or "x" in "".join(lines).lower():
        raise InputError("the simulation did not come to its end, or holds states that are unknown")
    n = made.wiring.n_slots
    out = np.tile(made.initial, (-(-made.n_slots // n), 1))
    for k, members in enumerate(made.members):
        bits = np.array([[digit == "1" for digit in line[::-1][: len(members)]] for line in lines[k::n]])
        out[: len(bits), members] = 2 * bits.astype(np.int8) - 1
    return out


_DATA = "+data=test/"


def _sources(folder: Path, work: Path) -> list[Path]:
    """The testbench and all modules of ``folder``, by paths within ``work`` that any tool takes: links to them."""
    found = sorted(path.name for path in (folder / "rtl").glob("*.v") if path.is_file())
    if not found:
        raise InputError(f"{folder / 'rtl'} holds no Verilog")
    if not (folder / "test" / "testbench.v").is_file():
        raise InputError(f"{folder / 'test'} holds no testbench.v: write the folder again")
    for name in ("rtl", "test"):
        (work / name).symlink_to((folder / name).resolve(), target_is_directory=True)
    return [Path(TESTBENCH), *(Path("rtl", name) for name in found)]


def _check_data(place: Path, trace: Expected) -> None:
    """Raise InputError unless the files of the testbench are of this machine, and as they were written."""
    kinds = {"expected.hex": "checksums by round" if trace.is_long else "states by slot"}
    if trace.machine.source == PORT:
        kinds["random.hex"] = "random words by slot"
    if trace.machine.is_writable:
        kinds["weights.hex"] = "addresses and values of registers"
    made, known = data_files(trace, []), read_manifest(place)["files"]
    for name, kind in kinds.items():
        path = place / "test" / name
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from None
        if content.split(b"\n", 1)[0] != header(trace.machine, kind).encode():
            raise InputError(f"{path} is the trace of another program: write the folder again")
        if digest(content) != (digest(made[name].encode()) if name in made else known.get(f"test/{name}")):
            raise InputError(f"{path} was changed, and is no longer what hwsim expects: write the folder again")


def compare(trace: Expected, simulation: Simulation, work: Path, *, limit_s: float) -> Checked:
    """Run ``simulation`` in the folder ``work``, and name the first update that differs."""
    token = secrets.token_hex(8)  # no design knows how its testbench ends
    command = [*simulation.command, _DATA]
    began = children_s()
    _, out = call([*command, f"+token={token}"], work, limit_s=limit_s)
    run_s = children_s() - began
    made, difference, port = trace.machine, None, None
    mismatches, updates = 0, len(trace.bits)
    lines = -(-made.n_slots // made.wiring.n_slots) if trace.is_long else made.n_slots
    found = re.search(rf"{SAYS} mismatch (slot|round) (\d+)", out)
    beside = re.search(rf"{SAYS} mismatch at (.+), slot (\d+) place (\d+)", out)
    if found:
        size = 1 if found[1] == "slot" else made.wiring.n_slots
        first = int(found[2]) * size
        difference, mismatches, updates = _located(trace, command, work, (first, first + size), limit_s)
    elif beside:
        port, updates = _port(trace, beside[1], int(beside[2]), int(beside[3]))
        mismatches = 1
    elif f"{SAYS} compared slots {made.n_slots} in {lines} lines {token}\n" not in out:
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
        port=port,
        cases=0,
        untried=(),
        changed=(),
    )


def _port(trace: Expected, what: str, slot: int, place: int) -> tuple[str, int]:
    """What the testbench says of a port in words, and the updates compared before."""
    made = trace.machine
    if what == "done":
        return f"done is wrong after slot {slot} of {made.n_slots}", made.updates_before(slot)
    if what == "the write port":
        every = writes(made)
        if place >= len(every):
            return "the write port still says refused after a reset", 0
        address, value, refused = every[place]
        return f"the write port {'takes' if refused else 'refuses'} the value {value} at address {address}", 0
    order = np.concatenate([chip.members for chip in chips(made)])
    where = "what follows the last p-bit" if place >= made.n else f"p-bit {made.names[order[place]]}"
    when = {0: "after another reset", made.n_slots: "after the run"}.get(slot, f"after {slot} slots")
    said = (
        f"state of {where} is wrong {when}"
        if what == "the states"
        else f"read-out is wrong {when}, at place {place}, {where}"
    )
    return f"the {said}", made.updates_before(slot) if 0 < slot < made.n_slots else len(trace.bits)


def _located(
    trace: Expected, command: list[str], work: Path, slots: tuple[int, int], limit_s: float
) -> tuple[Difference, int, int]:
    """The first difference within ``slots``, how many p-bits differ in its slot, and the updates up to its end."""
    made = trace.machine
    first, last = slots[0], min(slots[1], made.n_slots)
    lines = _dumped(command, work, (first, last), limit_s)
    for slot, line in zip(range(first, last), lines, strict=False):
        members, wanted = made.members[slot % made.wiring.n_slots], trace.slot(slot)
        digits = line[::-1]
        wrong = [q for q in range(len(members)) if digits[q : q + 1] != str(wanted[q])]
        if wrong:
            q = wrong[0]
            value = {"0": "-1", "1": "+1"}.get(digits[q : q + 1], "unknown (x)")
            difference = _difference(trace, slot, int(members[q]), q, value, len(wrong) - 1)
            return difference, len(wrong), made.updates_before(slot + 1)
    raise InputError("the simulation differs from hwsim, but not when it is run again: it is not deterministic")


def _dumped(command: list[str], work: Path, slots: tuple[int, int], limit_s: float) -> list[str]:
    """The new states of each of ``slots``, a line of binary digits each, as the simulation has them."""
    dump = work / "states.txt"
    call([*command, f"+dump={dump}", f"+from={slots[0]}", f"+to={slots[1]}"], work, limit_s=limit_s)
    return dump.read_text().split() if dump.exists() else []


def _difference(trace: Expected, slot: int, i: int, q: int, value: str, others: int) -> Difference:
    made = trace.machine
    number = slot // made.wiring.n_slots
    activation = made.activations[made.kind[i]]
    field = field_at(trace, slot, i)
    step = int(np.searchsorted(made.step_slots, slot, side="right")) - 1
    (threshold, swap), word = made.decision(i, field, step), word_at(made, i, slot)
    if swap:
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
        threshold=threshold,
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
