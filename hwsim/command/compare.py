"""Compare: one problem under several clocks, delays and chips, for the same device time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from hwsim.command import given
from hwsim.command.defaults import CHIP, COMPARED_CLOCKS, PARTICIPATIONS
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
from hwsim.display import Facts, counted

if TYPE_CHECKING:
    from hwsim.chip.chip import Chip
    from hwsim.report.canvas import Drawing
    from hwsim.session import Run


class Keywords(ProblemKeywords, ChipKeywords, AnnealKeywords, ReadKeywords, total=False):
    """Of `compare`."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Comparison(Result):
    """What `compare` found. runs : of each row, in order;  header : words for the title of the table"""

    runs: tuple["Run", ...]
    header: dict[str, Any]

    @property
    def is_shown(self) -> bool:
        """Whether a scheme has run."""
        return bool(self.rows)

    def text(self, width: int | None = None) -> str:
        """The table; its lines have at most 110 characters."""
        from hwsim.report.table import compare_table

        table = compare_table(self.rows, self.header)
        after = left_out_lines(self.document["left_out"])
        if self.document["indistinct"] is not None:
            after.append(self.document["indistinct"])
        return "\n".join([table.rstrip("\n"), *after]) + "\n"

    def drawing(self) -> "Drawing | None":
        """Energy against device time."""
        from hwsim.report.figure import curve_of, energy_drawing

        if not self.runs:
            return None
        title = f"{self.document['problem']['name']}: energy against device time"
        curves = [curve_of(run, name(row)) for run, row in zip(self.runs, self.rows, strict=True)]
        return energy_drawing(curves, title=title, target=self.document["target_energy"])

    def _shown(self) -> tuple[str, Facts]:
        from hwsim.report.table import mean_and_error, number
        from hwsim.units import format_si

        problem, best = self.document["problem"], best_row(self.rows, "tts99_s")
        lowest = best_row(self.rows, "energy_mean")
        title = f"Comparison of {counted(len(self.rows), 'scheme')} on {problem['name']}, {problem['spins']} spins"
        facts = [
            ("schemes", "; ".join(map(name, self.rows))),
            (
                "lowest energy",
                lowest
                and f"{mean_and_error(lowest['energy_mean'], lowest['energy_sem'], between=' +- ')} ({name(lowest)})",
            ),
            ("target", None if self.document["target_energy"] is None else number(self.document["target_energy"])),
            (
                "least TTS99",
                best and f"{'> ' * best['tts99_is_bound']}{format_si(best['tts99_s'], 's')} ({name(best)})",
            ),
            ("left out", "; ".join(map(name, self.document["left_out"])) or None),
        ]
        return title, facts


@command()
def compare(
    problem: Any,
    chip: "str | Chip | Sequence[str | Chip]" = CHIP,
    *,
    clock: str | Sequence[str] | None = None,
    participation: float | Sequence[float] = PARTICIPATIONS,
    tau: Any = None,
    delay: Any = None,
    record: tuple[int, ...] = (),
    **how: Unpack[Keywords],
) -> Comparison:
    """Run ``problem`` under several clocks and delays, on one chip or several, for the same device time.

    clock : several of poisson, synchronous, chromatic, random-sequential and the others, or own, the chip's; None for
    these four, or each chip's own where there are several chips;  participation : shares of p-bits that join a
    synchronous tick;  tau, delay : one time or several, None for the chip's own
    record : reads of the first scheme whose every update is kept, in ``runs[0].traces``
    how : see ProblemKeywords, ChipKeywords, AnnealKeywords and ReadKeywords. Raises InputError, DoesNotFitError.

    A scheme that a chip cannot follow is left out, with the reason, as long as another one can be run.
    """
    chips = chips_of(chip)
    schemes = combinations(clocks_of(clock, COMPARED_CLOCKS, chips), participation, tau, delay)
    machines = machines_of(chips, schemes, how)
    posed = given.problem_of(problem, how)
    target = given.target_of(posed, how)
    return _compared(posed, prepared(posed, machines, how), target, record, how)


def _compared(problem: Any, schemes: Schemes, target: Any, record: tuple[int, ...], how: Any) -> Comparison:
    """Run each scheme for the same device time, and add up."""
    from hwsim.experiment.anneals import length_s
    from hwsim.experiment.summary import summarise
    from hwsim.interrupt import CtrlC
    from hwsim.report.provenance import provenance
    from hwsim.report.table import scheme_label

    ready = schemes.ready
    longest_s = max(length_s(one.program, how["time"]) for one in ready)  # all schemes get the same device time
    anneals = [given.anneal_of(problem, one.program, how, time=longest_s) for one in ready]
    energy = None if target is None else target.energy
    rows: list[dict[str, Any]] = []
    runs: list[Any] = []
    interrupted = False
    how["progress"].expect(len(ready))
    with CtrlC() as ctrl_c:
        for index, (one, anneal) in enumerate(zip(ready, anneals, strict=True)):
            own, whole = schemes.own(one), False
            words = " ".join([*own.values(), scheme_label(one.program)])
            with ctrl_c.part():
                result, why = _run(one.program, anneal, words, record if index == 0 else (), how)
                if result.device_time_s > 0:
                    rows.append(own | summarise(result, kind=problem.kind, target=energy) | why)
                    runs.append(result)
                whole = not result.interrupted
            interrupted = not whole or (ctrl_c.heard and index + 1 < len(ready))
            if interrupted:
                break
    programs = [one.program for one in ready]
    indistinct = next((one.indistinct for one in programs if energy is not None and one.indistinct), None)
    facts = given.problem_facts(problem)
    document = {"problem": facts, "chips": schemes.chips, "rows": rows, "left_out": schemes.left_out}
    document |= {"interrupted": interrupted, "indistinct": indistinct} | given.target_facts(target)
    header = {
        "name": problem.name,
        "kind": problem.kind,
        "spins": facts["spins"],
        "couplings": facts["couplings"],
        "known energy": problem.known_energy,
        "chip": schemes.chip,
        "p-bits": _in_chains(programs[0]) if schemes.chip else None,
    }
    stopped = None
    if interrupted:
        done = rows[-1]["device_time_s"] if rows else 0.0
        stopped = f"; {len(rows)} of {len(ready)} schemes shown, the last one up to {done:.3g} s"
    return Comparison(
        document=document,
        provenance=provenance(seed=how["seed"], anneal=anneals[0], programs=programs),
        stopped=stopped,
        runs=tuple(runs),
        header={key: value for key, value in header.items() if value is not None},
    )


def _run(program: Any, anneal: Any, words: str, record: tuple[int, ...], how: Any) -> tuple["Run", dict[str, Any]]:
    """The run of one scheme, and what its pilot found."""
    from hwsim.experiment.looks import looks
    from hwsim.session import pilot
    from hwsim.session import run as emulate
    from hwsim.session.pilot import AUTO

    schedules, why, watch = how["schedules"], {}, how["progress"].watch
    if schedules == AUTO:
        trial = pilot(program, anneal, reads=how["reads"], threads=how["threads"], progress=watch(words))
        schedules, why = trial.schedules, {"schedule_correlation": trial.correlation}
    result = emulate(
        program,
        anneal=anneal,
        checkpoints=looks(program, anneal),
        reads=how["reads"],
        schedules=schedules,
        seed=how["seed"],
        engine=how["engine"],
        threads=how["threads"],
        progress=watch(words),
        record=record,
    )
    return result, why


def _in_chains(program: Any) -> str | None:
    return None if program.readout.chain is None else f"{program.n_pbits} in chains"
