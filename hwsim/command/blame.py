"""Blame: what each fault of a chip costs on a problem."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from hwsim.command import given
from hwsim.command.defaults import CHIP
from hwsim.command.keywords import AnnealKeywords, ChipKeywords, PaceKeywords, ProblemKeywords, ReadKeywords, command
from hwsim.command.result import Result
from hwsim.command.schemes import chips_of
from hwsim.display import Facts, counted

if TYPE_CHECKING:
    from hwsim.chip.chip import Chip
    from hwsim.report.canvas import Drawing


class Keywords(ProblemKeywords, ChipKeywords, PaceKeywords, AnnealKeywords, ReadKeywords, total=False):
    """Of `blame`."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Blamed(Result):
    """What `blame` found. parts : the document of each chip; of one chip it is the whole document"""

    parts: tuple[dict[str, Any], ...]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each fault of each chip."""
        return [row for part in self.parts for row in part["rows"]]

    def flat_rows(self) -> list[dict[str, Any]]:
        """A row for each fault and metric: its estimates with the fault off and with it alone."""
        return [row for part in self.parts for row in _flat(part, several=len(self.parts) > 1)]

    @property
    def is_shown(self) -> bool:
        """Whether a chip has been estimated."""
        return any(part["metrics"] for part in self.parts)

    def text(self, width: int | None = None) -> str:
        """A table for each chip: two lines for each fault."""
        from hwsim.report.blame import blame_table

        tables = []
        for part in self.parts:
            if not part["metrics"]:
                continue
            lines = [f"{_what(part)}: {part['dies']} dies of {part['reads']} reads", given.target_words(part)]
            lines.append(blame_table(part, width=width))
            tables.append("\n".join(lines + ([f"note: {part['note']}"] if part["note"] else [])))
        return "\n\n".join(tables)

    def drawing(self) -> "Drawing | None":
        """A panel for each metric; the chips one below the other."""
        from hwsim.report.blame import blame_drawing
        from hwsim.report.canvas import stacked
        from hwsim.report.table import number

        drawn = {
            part["chip"]: blame_drawing(
                part["rows"],
                title=f"What each fault costs: {_what(part)}, target energy {number(part['target'])}",
                metrics=part["metrics"],
            )
            for part in self.parts
            if part["rows"]
        }
        return stacked(drawn) if drawn else None

    def _shown(self) -> tuple[str, Facts]:
        problem = self.parts[0]["problem"]["name"]
        what = self.parts[0]["chip"] if len(self.parts) == 1 else counted(len(self.parts), "chip")
        words = {part["chip"]: "; ".join(row["label"] for row in part["rows"]) for part in self.parts}
        if len(self.parts) == 1:
            words = {"costliest first": words[what]}
        dies = self.parts[0]["dies"], self.parts[0]["reads"]
        return (
            f"What each fault of {what} costs on {problem}",
            [*words.items(), ("measured in", f"{dies[0]} dies of {dies[1]} reads")],
        )


@command(reads=128, schedules=2)
def blame(
    problem: Any, chip: "str | Chip | Sequence[str | Chip]" = CHIP, *, dies: int = 8, **how: Unpack[Keywords]
) -> Blamed:
    """Run ``problem`` on a chip, or several, with all faults, with each switched off and with each alone, over ``dies``
    virtual dies, the first of which is ``die_seed``.

    target : by default the energy that half of the reads without faults reach
    how : see ProblemKeywords, ChipKeywords, PaceKeywords, AnnealKeywords and ReadKeywords. Raises InputError,
    DoesNotFitError.
    """
    from hwsim.report.provenance import provenance

    chips = [given.machine_of(one, how) for one in chips_of(chip)]
    posed = given.problem_of(problem, how)
    parts, programs, anneal = [], [], None
    for machine in chips:
        part, program, own = _blamed(posed, machine, dies, how)
        parts.append(part)
        programs.append(program)
        anneal = anneal or own
        if part["interrupted"]:
            break
    whole = {"problem": parts[0]["problem"], "chips": parts, "interrupted": parts[-1]["interrupted"]}
    stopped = None
    if parts[-1]["interrupted"]:
        stopped = f"; {len(parts[-1]['rows'])} of {parts[-1]['n_faults']} faults shown"
        stopped += f" of {parts[-1]['chip']}" if len(chips) > 1 else ""
    return Blamed(
        document=parts[0] if len(chips) == 1 else whole,
        provenance=provenance(seed=how["seed"], anneal=anneal, programs=programs),
        stopped=stopped,
        parts=tuple(parts),
    )


def _blamed(problem: Any, machine: "Chip", dies: int, how: Any) -> tuple[dict[str, Any], Any, Any]:
    """(the document of one chip, its program, its anneal)."""
    from hwsim.chip.faults import present_faults
    from hwsim.experiment.anneals import pace_note
    from hwsim.experiment.blame import blame as estimate
    from hwsim.experiment.prepare import prepare
    from hwsim.experiment.target import typical_target

    names = present_faults(machine)
    asked = None
    if names and how["target"] is not None:
        asked = given.target_of(problem, how)
    progress = how["progress"]
    progress.show(0.0, "placing the problem")
    ready = prepare(problem, machine)
    anneal = given.anneal_of(problem, ready.program, how, time=how["time"])
    progress.expect(2 + 2 * len(names))
    labels: dict[str, Any] = {}

    def report(label: str, fraction: float, updates: int) -> None:
        if label not in labels:
            labels[label] = progress.watch(label)
        labels[label](fraction, updates)

    found = estimate(
        problem,
        machine,
        anneal=anneal,
        embedding=ready.embedding,
        target=None if asked is None else asked.energy,
        dies=dies,
        reads=how["reads"],
        schedules=how["schedules"],
        seed=how["seed"],
        first_die=how["die_seed"],
        engine=how["engine"],
        threads=how["threads"],
        progress=report,
    )
    used = asked
    if asked is None and found["target"] is not None:
        used = typical_target(found["target"])
    part = {"problem": given.problem_facts(problem), "chip": machine.name, "dies": dies, "reads": how["reads"]}
    part |= {"note": pace_note(ready.program, anneal.duration_s), "n_faults": len(names)} | found
    return part | given.target_facts(used), ready.program, anneal


def _what(part: dict[str, Any]) -> str:
    return f"{part['problem']['name']} on {part['chip']}"


def _flat(part: dict[str, Any], *, several: bool) -> list[dict[str, Any]]:
    """The rows of one chip, an estimate in each."""
    own = {"chip": part["chip"]} if several else {}
    rows = []
    for row in part["rows"]:
        for metric in part["metrics"]:
            key = metric["key"]
            line: dict[str, Any] = own | {"fault": row["fault"], "label": row["label"], "metric": key}
            found = {"all_on": metric["all_on"], "without": row["without"][key], "alone": row["alone"][key]}
            for name, estimate in found.items():
                value, low, high = estimate or (None, None, None)
                line |= {name: value, f"{name}_ci": [low, high]}
            rows.append(line)
    return rows
