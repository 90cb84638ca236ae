"""What was written as RTL, and what a simulator said of it, in words.

Enters: a Written, a Checked, a Linted or a Synthesis of `hwsim.rtl`. Leaves: text, or plain numbers.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from hwsim.display import counted
from hwsim.rtl import Checked, Written
from hwsim.rtl.check import TESTBENCH
from hwsim.rtl.lint import Linted
from hwsim.rtl.synthesis import Synthesis
from hwsim.units import format_si, to_seconds


def written_text(written: Written, chips: int | None) -> str:
    """A line for each thing that a designer asks first. chips : that were asked for, None for one"""
    made = written.machine
    clock, n = made.program.clock, made.wiring.n_slots
    sizes = sorted({len(each) for each in made.members})
    several = f"{sizes[0]} to {sizes[-1]} p-bits" if len(sizes) > 1 else counted(sizes[0], "p-bit")
    on = f" on {made.n_chips} chips" if made.n_chips > 1 else ""
    if chips is not None and chips > made.n_chips:
        on = f" on {made.n_chips} of {chips} chips, as the partition leaves the others empty"
    rows = [
        ("p-bits", f"{made.n}{on}"),
        ("clock", f"{clock.kind}, {format_si(to_seconds(clock.period), 's')} in {counted(n, 'slot')} of {several}"),
        ("clocks of a slot", str(made.clocks_per_slot)),
        ("random source", made.source),
        ("weights", f"{made.weights}, {made.weight_width} bits, a unit is {made.whole.scale:.6g} of the problem"),
        ("table", f"{made.table}, {made.table_words}"),
        ("threshold", made.threshold_words),
        ("trace", f"{made.updates} updates in {made.n_slots} slots"),
    ]
    if made.wiring.exchange:
        rows.insert(3, ("exchange", f"every {made.wiring.exchange} slots"))
    if made.shell is not None:
        rows.append(("shell", f"{made.shell}, registers in the README"))
    files = sum(name.endswith(".v") for name in written.manifest["files"])
    return "\n".join([f"{written.folder}: {files} files of Verilog", *(f"  {name:<18}{words}" for name, words in rows)])


def checked_text(checked: Checked) -> str:
    """What was compared, and the first difference."""
    lines = [
        f"{checked.tool}: {checked.updates} updates compared, {checked.mismatches} mismatches "
        f"(emulated by {checked.engine}, the first {checked.by_reference} by reference too)"
    ]
    if checked.mismatches == 0 and checked.run_s > 0:
        lines.append(
            f"  compiled in {checked.build_s:.1f} s, simulated in {checked.run_s:.2f} s of processor time, "
            f"{checked.updates / checked.run_s / 1e6:.2g} million updates/s"
        )
    if checked.cases:
        lines.append(
            f"  modules by themselves: {checked.cases} cases compared, each row of a table and both sides of thresholds"
        )
    if checked.untried:
        why = "as their ports were changed or iverilog is not installed"
        lines.append(f"  not tried by themselves, {why}: {', '.join(checked.untried)}")
    if checked.difference is not None:
        lines.append(str(checked.difference))
    if checked.port is not None:
        lines.append(checked.port)
    own = [name for name in checked.changed if name != TESTBENCH]
    if own:
        more = f" and {len(own) - 8} more" if len(own) > 8 else ""
        lines.append(f"  not as hwsim writes them: {', '.join(own[:8])}{more}")
    if len(own) < len(checked.changed):
        lines.append(f"  {TESTBENCH} is not the one that hwsim writes: it says itself what it compared")
    return "\n".join(lines)


def linted_text(linted: Linted) -> str:
    """How many modules were read, and each warning."""
    read, warned = counted(len(linted.tops), "module"), counted(len(linted.warnings), "warning")
    head = f"{linted.version}: {read} read with -Wall, {warned}"
    return "\n".join([head, *(f"  {line}" for line in linted.warnings)])


def synthesis_text(costs: Sequence[Synthesis]) -> str:
    """A table of what one of each part takes on each target."""
    lines = []
    for made in costs:
        width = max(len(cost.what) for cost in made.rows)
        title = f"{made.version}, {made.target}, of one"
        heads = ("number", "LUTs", "packed", "flip-flops", "memory bits", "levels")
        lines.append(f"{title:<{width + 2}}" + "".join(f"  {head:>{max(len(head), 7)}}" for head in heads))
        for cost in made.rows:
            levels = "" if cost.levels is None else str(cost.levels)
            numbers = (cost.count, cost.luts, cost.packed, cost.flip_flops, cost.memory_bits, levels)
            cells = "".join(f"  {number:>{max(len(head), 7)}}" for head, number in zip(heads, numbers, strict=True))
            lines.append(f"  {cost.what:<{width}}{cells}".rstrip())
    return "\n".join(lines)


def checked_facts(checked: Checked) -> dict[str, Any]:
    """The same as plain values."""
    names = (
        "tool",
        "updates",
        "mismatches",
        "engine",
        "by_reference",
        "build_s",
        "run_s",
        "port",
        "cases",
        "untried",
        "changed",
    )
    facts: dict[str, Any] = {name: getattr(checked, name) for name in names}
    return facts | {"difference": None if checked.difference is None else asdict(checked.difference)}
