"""Time to solution: the run length that reaches a target soonest, under several clocks and chips."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from hwsim.command import given
from hwsim.command.defaults import CHIP, SOLVED_CLOCKS
from hwsim.command.keywords import AnnealKeywords, ChipKeywords, ProblemKeywords, ReadKeywords, command
from hwsim.command.result import Result, best_row
from hwsim.command.schemes import (
    Schemes,
    chips_of,
    clocks_of,
    combinations,
    left_out_lines,
    machines_of,
    name,
    prepared,
)
from hwsim.display import Facts
from hwsim.errors import InputError
from hwsim.units import format_si, seconds

if TYPE_CHECKING:
    from hwsim.algorithm.recipe import Recipe
    from hwsim.chip.chip import Chip
    from hwsim.experiment.optimum import Search
    from hwsim.experiment.prepare import Prepared
    from hwsim.report.canvas import Drawing
    from hwsim.session.pilot import Pilot


class Keywords(ProblemKeywords, ChipKeywords, AnnealKeywords, ReadKeywords, total=False):
    """Of `tts`."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Solutions(Result):
    """What `tts` found, a row for each clock of each chip with the ``points`` that were tried. algorithm : as given"""

    algorithm: str
    is_alone: bool
    row_key = "clocks"

    def text(self, width: int | None = None) -> str:
        """A table for each clock."""
        from hwsim.report.tts import tts_text

        words = "" if self.algorithm == "anneal" else f", {self.algorithm}"
        notes = ("".join(f"\n{part}" for part in _notes(row)) for row in self.rows)
        tables = (tts_text(row, alone=self.is_alone, width=width) for row in self.rows)
        parts = [table + note for table, note in zip(tables, notes, strict=True)]
        after = "\n".join(left_out_lines(self.document["left_out"]))
        return "\n\n".join([self._head() + words, *parts, *([after] if after else [])])

    def drawing(self) -> "Drawing | None":
        """Time to solution, and success, against the length of a run."""
        from hwsim.report.table import number
        from hwsim.report.tts import tts_drawing

        if not self.rows:
            return None
        how = "" if self.algorithm == "anneal" else f" by {self.algorithm}"
        what, energy = self._what(), number(self.document["target"])
        return tts_drawing(self.rows, title=f"{what}: time to solution{how}, target energy {energy}")

    def _what(self) -> str:
        chip = self.document["chip"]
        return self.document["problem"]["name"] + (f" on {chip}" if chip else "")

    def _head(self) -> str:
        from hwsim.report.table import number

        return f"{self._what()}, target energy {number(self.document['target'])}"

    def _shown(self) -> tuple[str, Facts]:
        best = best_row(self.rows, "tts99_total_s")
        facts: list[tuple[str, Any]] = [("schemes", "; ".join(map(name, self.rows)))]
        if best is not None:
            bound = "> " * best["tts99_is_bound"]
            facts += [
                ("least TTS99", f"{bound}{format_si(best['tts99_s'], 's')} ({name(best)})"),
                ("read out", f"{bound}{format_si(best['tts99_total_s'], 's')}"),
                ("energy", best["ets99_j"] and f"{bound}{format_si(best['ets99_j'], 'J')}"),
            ]
        return f"Time to solution of {self._head()}", facts


DEFAULT_SCHEDULES = 8


@command(schedules=DEFAULT_SCHEDULES, reads=None)
def tts(
    problem: Any,
    chip: "str | Chip | Sequence[str | Chip]" = CHIP,
    *,
    clock: str | Sequence[str] | None = None,
    participation: float = 0.5,
    algorithm: str = "anneal",
    first: str | float | None = None,
    budget: float = 45.0,
    **how: Unpack[Keywords],
) -> Solutions:
    """Run ``problem`` for longer and longer times, and find the length that meets the target soonest with probability
    0.99, on one chip or several.

    clock : several, or own, the chip's; None for chromatic, poisson and synchronous, or each chip's own where there are
    several chips;  participation : share of p-bits that join a synchronous tick
    algorithm : anneal, tempering, quantum or population, with its parameters, such as tempering:replicas=8
    first : the shortest run;  budget : seconds of this computer for each clock;  time : this length alone
    reads : of each length at once, None for as many as share machine words
    how : see ProblemKeywords, ChipKeywords, AnnealKeywords and ReadKeywords. Raises InputError, DoesNotFitError.
    """
    from hwsim.algorithm.recipe import parse_algorithm

    recipe, chips = (algorithm, *parse_algorithm(algorithm)), chips_of(chip)
    machines = machines_of(chips, combinations(clocks_of(clock, SOLVED_CLOCKS, chips), [participation]), how)
    posed = given.problem_of(problem, how)
    target = given.needed_target(posed, how)
    schemes = prepared(posed, machines, how)
    return _solved(posed, schemes, target, recipe, _lengths(first, budget, how), how)


def _notes(row: dict[str, Any]) -> list[str]:
    """What a row says below its table."""
    pilot = [] if row["pilot"] is None else [f"schedules: {row['pilot']}"]
    return [*pilot, *([f"note: {row['note']}"] if row["note"] else [])]


def _lengths(first: str | float | None, budget: float, how: Any) -> dict[str, Any]:
    """What `_search` needs of the arguments. Raises InputError."""
    if how["time"] is not None and first is not None:
        raise InputError("time is the only length, first the shortest of several: give only one of them")
    return {"first_s": None if first is None else seconds(first, name="first"), "budget_s": float(budget)}


def _solved(
    problem: Any,
    schemes: Schemes,
    target: Any,
    algorithm: tuple[str, str, dict[str, Any]],
    lengths: dict[str, Any],
    how: Any,
) -> Solutions:
    """Find the best length of each scheme. algorithm : as given, its name, its parameters"""
    from hwsim.experiment.anneals import pace_note
    from hwsim.experiment.optimum import find_optimum, optimum_facts, recipes
    from hwsim.interrupt import CtrlC
    from hwsim.report.provenance import provenance

    words, kind, parameters = algorithm
    rows: list[dict[str, Any]] = []
    interrupted, progress = False, how["progress"]
    for one in schemes.ready:
        program = one.program
        make = recipes(
            problem,
            program,
            algorithm=kind,
            parameters=parameters,
            beta=given.beta_text(how["beta"]),
            shape=how["anneal"],
        )
        own: dict[str, Any] = schemes.own(one) | {"clock": program.clock.kind}

        def watch(length: float, own: dict[str, Any] = own) -> Any:
            return progress.watch(f"{name(own)}, {format_si(length, 's')}")

        progress.expect(12, is_guess=True)
        with CtrlC() as ctrl_c, ctrl_c.part():
            search, trial = _search(one, algorithm, make, lengths, how)
        if ctrl_c.heard:
            interrupted = True
            break
        found = find_optimum(
            program,
            make,
            target=target.energy,
            search=search,
            engine=how["engine"],
            threads=how["threads"],
            progress=watch,
        )
        if found.points:
            synchronous = program.clock.kind == "synchronous"
            facts: dict[str, Any] = {
                "note": pace_note(program, found.points[-1].time_s),
                "kind": problem.kind,
                "pilot": None if trial is None else str(trial),
                "grades": dict(one.chip.grades) if one.chip else {},
                "participation": program.clock.participation if synchronous else None,
            }
            rows.append(own | facts | optimum_facts(program, found, make))
        if found.interrupted:
            interrupted = True
            break
    document: dict[str, Any] = {"problem": given.problem_facts(problem), "chip": schemes.chip, "chips": schemes.chips}
    document |= {"target": target.energy, "algorithm": kind, "parameters": parameters, "clocks": rows}
    document |= {"left_out": schemes.left_out, "interrupted": interrupted} | given.target_facts(target)
    recipe = make(1e-6)  # of any length: all begin and end at the same beta
    programs = [one.program for one in schemes.ready]
    return Solutions(
        document=document,
        provenance=provenance(seed=how["seed"], anneal=recipe.anneal, beta=recipe.betas, programs=programs),
        stopped=f"; {len(rows)} of {len(schemes.ready)} clocks shown" if interrupted else None,
        algorithm=words,
        is_alone=how["time"] is not None,
    )


def _search(
    one: "Prepared",
    algorithm: tuple[str, str, dict[str, Any]],
    make: "Callable[[float], Recipe]",
    lengths: dict[str, Any],
    how: Any,
) -> "tuple[Search, Pilot | None]":
    """The lengths to try, or that of ``time`` alone, and the pilot at the first of them where it chose the schedules.
    algorithm : as in `_solved`;  make : gives the recipe of a length. Raises InputError."""
    from hwsim.experiment.anneals import length_s
    from hwsim.experiment.optimum import Search, reads_at_once, shortest_s
    from hwsim.session.pilot import AUTO, pilot

    kind, alone = algorithm[1], how["time"] is not None
    first_s = length_s(one.program, how["time"]) if alone else lengths["first_s"]
    first_s = shortest_s(one.program) if first_s is None else first_s
    schedules, auto = how["schedules"], how["schedules"] == AUTO
    if auto and kind != "anneal":
        raise InputError(f"schedules auto is for algorithm anneal: give a number for {kind}")
    if kind != "anneal" and one.program.reads_are_independent and schedules == DEFAULT_SCHEDULES:
        schedules = 1  # the replicas of all reads then share words
    reads = how["reads"]
    if reads is None:
        usual = DEFAULT_SCHEDULES if auto else schedules
        engine = how["engine"]
        reads = reads_at_once(one.program, algorithm=kind, parameters=algorithm[2], schedules=usual, engine=engine)
    anneal = make(first_s).anneal if auto else None
    found = None if anneal is None else pilot(one.program, anneal, reads=reads, threads=how["threads"])
    own: dict[str, Any] = {"reads": reads, "schedules": schedules if found is None else found.schedules}
    own |= {"seed": how["seed"], "budget_s": lengths["budget_s"], "first_s": first_s}
    return Search(**own, **({"most": 1, "most_batches": 1} if alone else {})), found
