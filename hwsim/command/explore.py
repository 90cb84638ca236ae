"""Explore: one problem on many designs, and the designs that no other beats."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hwsim.command import given
from hwsim.command.keywords import command
from hwsim.command.progress import Progress
from hwsim.command.result import Result, best_row
from hwsim.display import Facts, counted
from hwsim.errors import InputError
from hwsim.files import alone
from hwsim.scratch import scratch_folder
from hwsim.text import json_of, read_text
from hwsim.units import format_si

if TYPE_CHECKING:
    from hwsim.report.canvas import Drawing


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Designs(Result):
    """What `explore` found, a row for each design."""

    @property
    def is_shown(self) -> bool:
        """Whether a design is done."""
        return bool(self.rows)

    def text(self, width: int | None = None) -> str:
        """A line for each design."""
        from hwsim.report.pareto import pareto_table

        return f"{self._head()}\n{pareto_table(self.rows, width=width)}"

    def drawing(self) -> "Drawing | None":
        """Time to solution against area, and against energy."""
        from hwsim.report.pareto import pareto_drawing

        if not self.rows:
            return None
        no_target = self.document["target"] is None
        return pareto_drawing(self.rows, title=self.document["problem"]["name"] if no_target else self._head())

    def _head(self) -> str:
        from hwsim.report.table import number

        target = self.document["target"]
        head = f"{self.document['problem']['name']}: {counted(len(self.rows), 'design')}"
        return head + ("" if target is None else f", target energy {number(target)}")

    def _shown(self) -> tuple[str, Facts]:
        best = best_row([row for row in self.rows if not row.get("tts99_is_bound")], "tts99_total_s")
        frugal = best_row([row for row in self.rows if not row.get("tts99_is_bound")], "ets99_total_j")
        unfit = sum("does_not_fit" in row for row in self.rows)
        return self._head(), [
            ("fastest", best and f"{format_si(best['tts99_total_s'], 's')}: {_words(best)}"),
            ("least energy", frugal and f"{format_si(frugal['ets99_total_j'], 'J')}: {_words(frugal)}"),
            ("do not fit", unfit or None),
        ]


@command()
def explore(
    spec: str | Path | Mapping[str, Any],
    *,
    output: str | Path | None = None,
    threads: int | None = None,
    progress: Any = None,
    command_line: str | None = None,
) -> Designs:
    """Run every design of ``spec``: one problem, and each combination of the swept parameters of a chip.

    spec : a TOML file, or a dict with its keys: problem, as, chip, target, beta, anneal, time, reads, schedules, seed,
    set and sweep, {parameter: list of values, or a range}
    output : a JSON file of the rows, written row by row: a rerun continues there, and ``command_line`` stands in its
    provenance;  threads, progress : see ReadKeywords. Raises InputError.
    """
    from hwsim.report.provenance import provenance
    from hwsim.study.designs import checked, mark_best, plan_of
    from hwsim.study.plan import build
    from hwsim.study.workers import ProgramFolder
    from hwsim.text import read_toml

    full = checked(spec if isinstance(spec, Mapping) else read_toml(spec))
    how = {"as_": full["as"], "target": full["target"], "threads": threads, "progress": progress}
    given.check_card(full["chip"])
    problem = given.problem_of(full["problem"], how)
    named = given.target_of(problem, how | {"target": None if full["target"] is None else str(full["target"])})
    target = None if named is None else named.energy
    kept = kept_rows(output)
    with scratch_folder("hwsim-explore") as folder:
        programs = ProgramFolder(folder)
        plan = build(
            plan_of(full, target),
            programs.keep,
            as_given=True,
            progress=lambda done, of, what: progress.show(done / of, f"preparing {done + 1}/{of}  {what}"),
        )
        made = provenance(
            seed=full["seed"], programs=dict.fromkeys(point.program for point in plan.points), command=command_line
        )

        def save() -> None:
            from hwsim.report.document import write_document

            if output is None:
                return
            with alone(output):  # another process may have added rows
                kept.update(kept_rows(output) | kept)
                whole = {"spec": full, "target": target, "rows": list(kept.values())}
                write_document(whole, str(output), made)

        rows = _rows(plan, kept, programs, given.target_facts(named), save, threads=threads, progress=progress)
    mark_best(rows)
    document = {"problem": given.problem_facts(problem), "target": target, "spec": full, "rows": rows}
    document |= given.target_facts(named) | {"interrupted": len(rows) < len(plan.combinations)}
    stopped = f"; {len(rows)} of {len(plan.combinations)} designs done" if document["interrupted"] else None
    return Designs(document=document, provenance=made, stopped=stopped)


def _rows(
    plan: Any,
    kept: dict[str, Any],
    programs: Any,
    facts: dict[str, Any],
    save: Any,
    *,
    threads: Any,
    progress: Progress,
) -> list[dict[str, Any]]:
    """The rows of all designs, each saved as it is done."""
    from hwsim.interrupt import CtrlC
    from hwsim.study.designs import design_rows

    rows = []
    with CtrlC() as ctrl_c:
        for row in design_rows(
            plan, kept, programs, threads=threads, interrupt=lambda: ctrl_c.heard, progress=progress.show
        ):
            row |= {key: value for key, value in facts.items() if key in row}
            rows.append(row)
            kept[row["key"]] = row
            save()
            if ctrl_c.heard:
                break
    return rows


def kept_rows(path: str | Path | None) -> dict[str, dict[str, Any]]:
    """Rows of an earlier run, by key. Raises InputError where the file holds something else, or a damaged row."""
    from hwsim.study.designs import is_kept_row

    if path is None or not Path(path).exists():
        return {}
    if not Path(path).is_file():
        raise InputError(f"a rerun reads the rows of -o, so it must be a regular file, and {path} is none")
    try:
        data = json_of(path, read_text(path))
        kept = {row["key"]: row for row in data["rows"]}
        damaged = next((key for key, row in kept.items() if not is_kept_row(row)), None)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{path} exists and does not hold rows of hwsim explore: give -o another name") from None
    if damaged is not None:
        raise InputError(
            f"{path} is damaged in the row of key {str(damaged)[:16]!r}: take it out, or give another name"
        )
    return kept


def _words(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in row["design"].items())
