"""Schemes: every chip under every clock, ready to run, and those that a chip refuses.

Enters: what people give of chips, clocks, tau and delay. Leaves: what runs, and what was left out, with the reason.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from hwsim.command import given
from hwsim.errors import HwsimError

if TYPE_CHECKING:
    from hwsim.chip.chip import Chip
    from hwsim.experiment.prepare import Prepared


@dataclass(frozen=True, kw_only=True)
class Schemes:
    """ready : what runs, in order;  left_out : rows of what does not, each with its ``reason``
    chips : names of all chips that were asked for"""

    ready: "list[Prepared]"
    left_out: list[dict[str, Any]] = field(default_factory=list)
    chips: list[str]

    def own(self, one: "Prepared") -> dict[str, str]:
        """The chip of a row, where there are several."""
        return {"chip": one.chip_name} if len(self.chips) > 1 else {}

    @property
    def chip(self) -> str | None:
        """The one chip, None where there are several."""
        return self.chips[0] if len(self.chips) == 1 else None


def chips_of(chip: Any) -> list[Any]:
    """The chips that are given: one, several, or text with commas."""
    return given.several(chip) if isinstance(chip, str | Sequence) else [chip]


def clocks_of(clock: Any, usual: Sequence[str], chips: Sequence[Any]) -> list[str]:
    """The clocks that are given; by default the ``usual`` ones, or each chip's own where there are several chips."""
    return given.several(clock) or (["own"] if len(chips) > 1 else list(usual))


def combinations(clocks: Sequence[str], participation: Any, tau: Any = None, delay: Any = None) -> list[dict[str, Any]]:
    """Every combination of clock, participation, tau and delay, in that order; None is the chip's own."""
    return [
        {"clock": None if clock == "own" else clock, "participation": part, "tau": pace, "delay": late}
        for clock in clocks
        for part in (given.several(participation) if clock == "synchronous" else [None])
        for pace in given.times(tau, "tau")
        for late in given.times(delay, "delay")
    ]


def machines_of(chips: Sequence[Any], schemes: Sequence[dict[str, Any]], how: Mapping[str, Any]) -> "list[list[Chip]]":
    """Each of ``chips`` under each of ``schemes``: before the problem is made, which may be large. how : the keywords
    set and without. Raises InputError."""
    return [[given.chip_of(one, how["set"], how["without"], **scheme) for scheme in schemes] for one in chips]


def prepared(problem: Any, machines: "Sequence[list[Chip]]", how: Mapping[str, Any], **settings: Any) -> Schemes:
    """``problem`` on each of ``machines``, of `machines_of`; those of one chip share an embedding.

    how : the keywords die_seed and progress. Where none can run, raises what the first scheme says.
    """
    from hwsim.experiment.prepare import prepare
    from hwsim.mapping.compile import Settings

    how["progress"].show(0.0, "placing the problem")
    ready: list[Any] = []
    left_out: list[tuple[Chip, str]] = []
    first: HwsimError | None = None
    for same in machines:
        placing = Settings(die_seed=how["die_seed"], **settings)
        for machine in same:
            try:
                ready.append(prepare(problem, machine, placing, tell=lambda words: how["progress"].show(0.0, words)))
                placing = replace(placing, embedding=ready[-1].embedding)
            except HwsimError as error:
                first = first or error
                left_out.append((machine, str(error)))
    if not ready and first is not None:
        raise first
    found = Schemes(ready=ready, chips=[same[0].name for same in machines])
    return replace(found, left_out=[_left(machine, reason, found) for machine, reason in left_out])


def _left(machine: "Chip", reason: str, among: Schemes) -> dict[str, Any]:
    own = {"chip": machine.name} if len(among.chips) > 1 else {}
    part = machine.clock.participation if machine.clock.kind == "synchronous" else None
    row = {"clock": machine.clock.kind, "participation": part, "delay_s": machine.pbit.delay_s, "reason": reason}
    return own | row


def name(row: Mapping[str, Any]) -> str:
    """A row in words: its chip, where there are several, its clock, participation and delay."""
    from hwsim.report.table import row_label

    return row_label(dict(row))


def left_out_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """A line for the rows that were left out for the same reason."""
    alike: dict[str, list[str]] = {}
    for row in rows:
        alike.setdefault(row["reason"], []).append(name(row))
    return [f"left out: {', '.join(dict.fromkeys(names))}: {reason}" for reason, names in alike.items()]
