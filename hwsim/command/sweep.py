"""Sweep: one quantity against another, or against two."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from hwsim.command import given
from hwsim.command.defaults import CHIP
from hwsim.command.keywords import AnnealKeywords, ChipKeywords, ProblemKeywords, ReadKeywords, command
from hwsim.command.progress import Progress
from hwsim.command.result import Result
from hwsim.display import Facts, counted
from hwsim.errors import InputError
from hwsim.scratch import scratch_folder

if TYPE_CHECKING:
    from hwsim.chip.chip import Chip
    from hwsim.report.canvas import Drawing
    from hwsim.study.swept import Swept


class Keywords(ProblemKeywords, ChipKeywords, AnnealKeywords, ReadKeywords, total=False):
    """Of `sweep`."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Sweep(Result):
    """What `sweep` found. swept : the same as records, its design rules among them"""

    swept: "Swept"

    @property
    def is_shown(self) -> bool:
        """Whether a point has run."""
        return bool(self.rows)

    def text(self, width: int | None = None) -> str:
        """The table, and the design rules below it."""
        from hwsim.report.sweep import sweep_text

        return sweep_text(self.swept, width=width)

    def csv(self) -> str:
        """The rows as a table for other programs."""
        from hwsim.report.sweep import sweep_csv

        return sweep_csv(self.swept)

    def drawing(self) -> "Drawing | None":
        """A panel for each quantity."""
        from hwsim.report.sweep import sweep_drawing

        return sweep_drawing(self.swept)

    def _shown(self) -> tuple[str, Facts]:
        from hwsim.report.sweep import rule_sentence
        from hwsim.study.swept import QUANTITIES

        found = self.swept
        axes = " and ".join(f"{axis.key} ({counted(len(axis.words), 'value')})" for axis in found.axes)
        title = f"Sweep of {found.problem} on {found.chip}, {counted(len(self.rows), 'point')}"
        facts: list[tuple[str, Any]] = [
            ("against", axes),
            ("quantity", "; ".join(QUANTITIES[name].words for name in found.quantities)),
        ]
        return title, facts + [("", rule_sentence(rule, found)) for rule in found.rules[:2]]


@command(reads=None, schedules=None)
def sweep(
    problem: Any = None,
    vary: Mapping[str, Any] | None = None,
    *,
    quantity: str | Sequence[str] = "correlation",
    limit: Any = None,
    chip: "str | Chip" = CHIP,
    algorithm: str | None = None,
    chain_strength: Any = None,
    store: str | Path | None = None,
    **how: Unpack[Keywords],
) -> Sweep:
    """Measure a quantity of ``problem`` on ``chip`` while one parameter varies, or two.

    vary : {parameter: values}, of cards or clock, delay, participation, time, beta, reads, ...; the values are a list,
    or a range such as 0:2tau:24 (see `hwsim.ranges`);  problem : None where it is what varies
    quantity : correlation, tv, success, tts, joules or energy, or several (`hwsim.study.swept.QUANTITIES`)
    limit : of the quantity, for the design rule, or {quantity: limit};  algorithm : of success, tts, joules and energy
    chain_strength : as in `hwsim.compile`;  store : a file that keeps the points, with which a rerun continues
    how : see ProblemKeywords, ChipKeywords, AnnealKeywords and ReadKeywords; 2048 reads of 16 schedules by default
    Raises InputError.
    """
    from hwsim.interrupt import CtrlC, Stopped
    from hwsim.report.provenance import provenance
    from hwsim.study.store import Store
    from hwsim.study.sweep import run_sweep
    from hwsim.study.workers import ProgramFolder, ThisProcess

    if not isinstance(how["anneal"], str):
        raise InputError("a sweep takes an anneal by its shape, linear or geometric, with beta and time")
    progress = how["progress"]

    def preparing(done: int, of: int, what: str) -> None:
        if ctrl_c.heard:
            raise Stopped
        progress.show(0.0, f"preparing {done + 1}/{of}  {what}")

    given.check_card(chip)
    with CtrlC() as ctrl_c, store_at(store) as (at, tmp):
        posed = {} if problem is None else {"problem": given.problem_of(problem, how)}
        names = {posed["problem"].name: posed["problem"]} if posed else {}
        spec = _spec(vary, how, chip, quantity=quantity, limit=limit, algorithm=algorithm, strength=chain_strength)
        spec |= {"problem": next(iter(names))} if names else {"as": how["as_"]}
        target = _target(spec, posed.get("problem"), how)
        programs = ProgramFolder(tmp)
        with Store(at) as kept:
            found = run_sweep(
                spec,
                kept,
                ThisProcess(programs, threads=how["threads"], interrupt=lambda: ctrl_c.heard),
                programs.keep,
                given={"problems": names, "threads": how["threads"], "machine": _maker(chip)},
                interrupt=lambda: ctrl_c.heard,
                preparing=preparing,
                progress=_watch(progress),
            )
    facts = given.problem_facts(posed["problem"]) if posed else None
    document = {
        "problem": facts,
        "chip": found.chip,
        "axes": [asdict(axis) for axis in found.axes],
        "quantities": list(found.quantities),
        "limits": found.limits,
        "rules": [asdict(rule) for rule in found.rules],
        "rows": found.rows,
        "pair": [list(point) for point in found.pair],
        "facts": found.facts,
        "interrupted": found.interrupted,
    } | given.target_facts(target)
    points = len(found.axes[0].words) * (len(found.axes[1].words) if len(found.axes) > 1 else 1)
    again = "" if store is None else f"; the same command with the store {store} continues"
    return Sweep(
        document=document,
        provenance=provenance(seed=how["seed"], programs=found.programs, beta=_beta(found)),
        stopped=f"; {len(found.rows)} of {points} points done{again}" if found.interrupted else None,
        swept=found,
    )


def _beta(found: "Swept") -> list[float]:
    return [] if found.facts["beta"] is None else [found.facts["beta"]]


def _spec(
    vary: Any, how: Mapping[str, Any], chip: Any, *, quantity: Any, limit: Any, algorithm: Any, strength: Any
) -> dict[str, Any]:
    """What `hwsim.study.sweep` is asked for; a keyword that is not given is left to its default there."""
    from hwsim.algorithm.recipe import parse_algorithm

    if not isinstance(vary, Mapping):
        raise InputError(f"vary must be parameters with their values, such as {{'delay': '0:2tau:24'}}, got {vary!r}")
    names = {"quantity": quantity, "limit": limit, "chip": chip if isinstance(chip, str) else chip.name}
    names |= {"chain_strength": strength, "beta": given.beta_text(how["beta"]), "target": how["target"]}
    names |= {key: how[key] for key in ("anneal", "time", "reads", "schedules", "seed", "die_seed")}
    if algorithm is not None:
        name, parameters = parse_algorithm(algorithm)
        names |= {"algorithm": name} | parameters
    card = dict(how["set"] or {})
    faults = given.several(how["without"])
    card |= {"without": faults} if faults else {}
    own = {key: card.pop(key) for key in ("chips", "exchange") if key in card}
    asked = names | own | {"vary": {key: _listed(values) for key, values in vary.items()}, "set": card}
    for key in vary:
        if asked.get(key) is not None or key in card:
            raise InputError(f"{key} is varied, and also given one value: leave that out")
    return {key: value for key, value in asked.items() if value is not None}


def _listed(values: Any) -> Any:
    """A list of plain values; text is a range."""
    return (
        values if isinstance(values, str) else [value.item() if hasattr(value, "item") else value for value in values]
    )


def _maker(chip: Any) -> Callable[..., Any]:
    """What makes the chip of each point: from its card, or from the Chip that was given."""

    def make(name: str, **card: Any) -> Any:
        scheme = {key: card.pop(key) for key in ("clock", "participation", "tau", "delay") if key in card}
        faults = card.pop("without", ())
        return given.chip_of(chip if name == getattr(chip, "name", None) else name, card, faults, **scheme)

    return make


def _target(spec: dict[str, Any], problem: Any, how: Mapping[str, Any]) -> Any:
    """The Target of a sweep of one problem, found before its points are made and put into ``spec``; else None."""
    from hwsim.study.swept import QUANTITIES

    names = [spec["quantity"]] if isinstance(spec["quantity"], str) else spec["quantity"]
    if (
        problem is None
        or "target" in spec["vary"]
        or all(QUANTITIES[name].still for name in names if name in QUANTITIES)
    ):
        return None
    found = given.target_of(problem, how)
    if found is not None:
        spec["target"] = found.energy
    return found


def _watch(progress: Progress) -> Callable[[Any], None]:
    """What shows how far the points are."""

    def show(status: Any) -> None:
        progress.show(
            status.points_done / status.points, f"{status.points_done}/{status.points} points  {status.label}"
        )

    return show


@contextmanager
def store_at(store: str | Path | None) -> Iterator[tuple[Path, str]]:
    """(where the store is, a folder for programs); both are temporary where no ``store`` is named."""
    with scratch_folder("hwsim-sweep") as folder:
        yield (folder / "sweep.db" if store is None else Path(store)), str(folder)
