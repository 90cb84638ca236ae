"""Layout: where p-bits sit, what their wires cost, and how much delay the problem tolerates."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Unpack

from hwsim.command import given
from hwsim.command.defaults import FLOORPLAN
from hwsim.command.keywords import AnnealKeywords, ChipKeywords, PaceKeywords, ProblemKeywords, ReadKeywords, command
from hwsim.command.result import Result
from hwsim.display import Facts
from hwsim.errors import InputError
from hwsim.units import format_si

if TYPE_CHECKING:
    from hwsim.chip.chip import Chip
    from hwsim.experiment.design_rule import DesignRule
    from hwsim.mapping.layout import Layout
    from hwsim.program import Program
    from hwsim.report.canvas import Drawing


class Keywords(ProblemKeywords, ChipKeywords, PaceKeywords, AnnealKeywords, ReadKeywords, total=False):
    """Of `layout`."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class LaidOut(Result):
    """What `layout` found. program, layout : the p-bits and their places;  rule : None where none was asked for
    chip : the machine;  roles : {role: labels} of the problem's variables"""

    program: "Program"
    layout: "Layout"
    rule: "DesignRule | None"
    chip: "Chip"
    roles: Any

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row: the numbers of the layout."""
        return [self.document["layout"]]

    @property
    def title(self) -> str:
        """What is laid out, on how many cells and what area."""
        from hwsim.report.layout import layout_title

        problem, chip = self.document["problem"], self.document["chip"]
        return layout_title(chip if problem is None else f"{problem['name']} on {chip}", self.document["layout"])

    def text(self, width: int | None = None) -> str:
        """The numbers of the layout, and those of the design rule."""
        from hwsim.report.layout import layout_text

        return layout_text(self.title, self.document["layout"], self.rule)

    def drawing(self) -> "Drawing":
        """The die, where wires crowd, how long they are, and the design rule."""
        from hwsim.experiment.layout_facts import drawing
        from hwsim.report.layout import layout_drawing

        die = drawing(self.program, self.layout, self.chip, roles=self.roles, rule=self.rule)
        return layout_drawing(die, title=self.title)

    def _shown(self) -> tuple[str, Facts]:
        facts, rule = self.document["layout"], self.rule
        limit = None
        if rule is not None and rule.ratio is not None:
            limit = f"{'below' if rule.is_bound else 'at most'} {rule.ratio:.3g} ({rule.measure} below {rule.limit:g})"
        return self.title, [
            ("couplings", facts["wires"]),
            (
                "wire of a coupling",
                f"mean {facts['wire_length_mean']:.3g}, longest {facts['wire_length_max']:g} pitches",
            ),
            ("longest delay", f"{format_si(facts['critical_delay_s'], 's')}, {facts['delay_over_update']:.3g} updates"),
            ("delay / update", limit),
        ]


@command(reads=1024, schedules=16)
def layout(
    problem: Any = None,
    chip: "str | Chip" = FLOORPLAN,
    *,
    measure: str | None = "correlation",
    limit: float | None = None,
    chain_strength: float | str | None = None,
    **how: Unpack[Keywords],
) -> LaidOut:
    """Place ``problem`` on the die of ``chip`` and measure what distance costs. Without a problem: the whole die of a
    chip with fixed wires.

    measure : the loss that the design rule limits: correlation, kl or success; none for no emulation
    limit : how large it may be, None for 0.05, 0.01 and 0.1;  chain_strength : see `hwsim.compile`
    how : see ProblemKeywords, ChipKeywords, PaceKeywords, AnnealKeywords and ReadKeywords, at one beta except for
    success. Raises InputError, DoesNotFitError.
    """
    from hwsim.experiment.design_rule import rule_anneal
    from hwsim.experiment.layout_facts import layout_facts
    from hwsim.mapping.compile import embed, laid_out
    from hwsim.mapping.layout import whole_die
    from hwsim.report.provenance import provenance

    machine = given.machine_of(chip, how)
    if problem is None and how["as_"] is not None:
        raise InputError("as_ says how a problem file is read: give a problem")
    posed = whole_die(machine) if problem is None else given.problem_of(problem, how)
    measure = "none" if problem is None or measure is None else measure
    how["progress"].show(0.0, "placing the p-bits")
    placed = embed(posed, machine, tell=lambda words: how["progress"].show(0.0, words))
    program, place = laid_out(posed, machine, die_seed=how["die_seed"], embedding=placed, chain_strength=chain_strength)
    anneal, rule, wanted = None, None, None
    if measure != "none":
        anneal = rule_anneal(
            posed, program, measure=measure, beta=given.beta_text(how["beta"]), shape=how["anneal"], time=how["time"]
        )
        wanted = given.needed_target(posed, how) if measure == "success" else given.target_of(posed, how)
        rule = _rule(program, anneal, measure, limit, None if wanted is None else wanted.energy, how)
    document = {
        "problem": None if problem is None else given.problem_facts(posed),
        "chip": machine.name,
        "layout": layout_facts(program, place, rule=rule),
        "rule": None if rule is None else asdict(rule),
        "place": place.place.tolist(),
    } | given.target_facts(wanted)
    return LaidOut(
        document=document,
        provenance=provenance(seed=how["seed"], anneal=anneal, programs=[program]),
        stopped="; the design rule is that of the delays measured so far" if rule and rule.interrupted else None,
        program=program,
        layout=place,
        rule=rule,
        chip=machine,
        roles=posed.roles,
    )


def _rule(
    program: "Program", anneal: Any, measure: str, limit: float | None, target: float | None, how: Any
) -> "DesignRule":
    from hwsim.experiment.design_rule import LIMITS, MEASURES, design_rule

    if measure not in MEASURES:
        raise InputError(f"measure must be one of {', '.join(MEASURES)} or none, got {measure!r}")
    how["progress"].expect(12, is_guess=True)
    return design_rule(
        program,
        anneal=anneal,
        measure=measure,
        limit=LIMITS[measure] if limit is None else limit,
        target=target,
        reads=how["reads"],
        schedules=how["schedules"],
        seed=how["seed"],
        threads=how["threads"],
        progress=lambda ratio: how["progress"].watch(f"delay / update time {ratio:.3g}"),
    )
