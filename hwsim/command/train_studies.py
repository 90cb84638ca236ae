"""Studies of a training: a plan trained along axes, and a trained model that moves to other dies."""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from hwsim.command.result import Result
from hwsim.command.sweep import Sweep, store_at
from hwsim.display import Facts, counted
from hwsim.errors import InputError
from hwsim.memory import check_memory, many
from hwsim.units import whole

if TYPE_CHECKING:
    from hwsim.command.train import Trained
    from hwsim.learn.plan import Planned
    from hwsim.report.canvas import Drawing
    from hwsim.study.trained import Host

_PER_DIE = 64
"""Bytes: its number, and its row."""
SEEDS = 5
"""Trainings of each setting."""


class StudyKeywords(TypedDict, total=False):
    """vary : {key: values}, of the card, of the plan's [machine], or of another table such as update.rate; a list or a
    range (see `hwsim.ranges`), one key or two;  seeds : how many trainings of each setting, from ``seed`` on
    dies : the dies to which the model moves, how many after its own, or their numbers, a range such as 18..117
    retrain : {"biases" or "all": steps}, what is trained again on each of these dies
    shown : columns that are held while the others are asked;  limit : of the KL, or {kl or right: limit}
    store : a file that keeps what was measured, with which a rerun continues"""

    vary: Mapping[str, Any] | None
    seeds: int | None
    dies: Any
    retrain: Mapping[str, int] | None
    shown: Any
    limit: Any
    store: str | Path | None


DEFAULTS: dict[str, Any] = dict.fromkeys(StudyKeywords.__annotations__)


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class MovedModel(Result):
    """What `train` found on other dies, a row for each die and way."""

    @property
    def title(self) -> str:
        """What moved where."""
        found = self.document
        return f"{found['data']} on {counted(found['n_dies'], 'die')} of {found['chip']}, trained on die {found['die']}"

    def text(self, width: int | None = None) -> str:
        """The die of the training, and quantiles over the others for each way."""
        from hwsim.report.moved_model import moved_text

        return moved_text(self.title, self.document, width=width)

    def drawing(self) -> "Drawing | None":
        """The share of the dies that meet a limit, against the limit."""
        from hwsim.report.moved_model import moved_drawing

        return moved_drawing(self.title, self.document) if self.rows else None

    def _shown(self) -> tuple[str, Facts]:
        facts = [(way["way"], self._words(way)) for way in self.document["ways"]]
        return self.title, facts[:3]

    @staticmethod
    def _words(way: Mapping[str, Any]) -> str | None:
        known = [f"median {name} {way[name]['median']:.4g}" for name in ("kl", "right") if way.get(name)]
        return ", ".join(known) or None


def checked_study(asked: Mapping[str, Any], full: Mapping[str, Any], output: Any) -> None:
    """Raise InputError where the StudyKeywords ``asked`` do not go together."""
    alone = {"retrain": "dies", "seeds": "vary"}
    for name, other in alone.items():
        if asked[name] is not None and asked[other] is None:
            raise InputError(f"{name} goes with {other}: give {other} too")
    for name in ("shown", "limit", "store"):
        if asked[name] is not None and asked["vary"] is None and asked["dies"] is None:
            raise InputError(f"{name} is of a study: give vary or dies too")
    if asked["vary"] is not None and asked["dies"] is not None:
        raise InputError("vary and dies are two studies: give one of them")
    if asked["vary"] is not None and output is not None:
        raise InputError("vary trains many models and keeps their numbers in a store: leave output out")
    is_study = asked["vary"] is not None or asked["dies"] is not None
    if is_study and full["model"]["kind"] == "denoising":
        raise InputError("a study trains one machine, and the plan is that of a denoising chain")


def train_along(full: Mapping[str, Any], study: Mapping[str, Any], how: Mapping[str, Any]) -> Sweep:
    """The plan ``full`` trained along ``study["vary"]``. how : threads, progress, command_line. Raises InputError."""
    from hwsim.command.given import several
    from hwsim.report.provenance import provenance
    from hwsim.study.sweep import varied
    from hwsim.study.trained import trained_along

    vary = varied(study["vary"])
    count = whole(SEEDS if study["seeds"] is None else study["seeds"], name="seeds", least=1)
    seeds = range(full["seed"], full["seed"] + count)
    with _host(study["store"], how) as host:
        found = trained_along(
            full,
            vary,
            seeds,
            host,
            shown=several(study["shown"]),
            limits=lambda quantities: _limits(study["limit"], quantities),
        )
    document = {
        "plan": dict(full),
        "chip": found.chip,
        "axes": [asdict(axis) for axis in found.axes],
        "quantities": list(found.quantities),
        "limits": found.limits,
        "rules": [asdict(rule) for rule in found.rules],
        "rows": found.rows,
        "facts": found.facts,
        "interrupted": found.interrupted,
    }
    points = math.prod(len(axis.words) for axis in found.axes)
    stopped = f"; {len(found.rows)} of {points} settings done" if found.interrupted else None
    made = provenance(seed=full["seed"], command=how["command_line"])
    return Sweep(document=document, provenance=made, stopped=_again(stopped, study), swept=found)


def movable(asked: "Planned", study: Mapping[str, Any]) -> "Callable[[Trained, Mapping[str, Any]], MovedModel]":
    """What moves a model, trained as ``asked``, to other dies: called with that training, and threads and progress. All
    that can be refused is refused at once. Raises InputError."""
    from hwsim.command.given import several
    from hwsim.experiment.dies import has_spread
    from hwsim.learn.worth import Exam
    from hwsim.study.trained import moved, ways_of

    dies, ways = dies_of(study["dies"], asked.plan["machine"]["die_seed"]), ways_of(study["retrain"] or {})
    if not has_spread(asked.chip):
        raise InputError(
            f"chip {asked.chip.name!r} has no device-to-device spread, so all its dies are alike; give it some in "
            "machine.set, such as gain_dtod = 0.1"
        )
    exam = Exam(asked, several(study["shown"]))
    limits = _limits(study["limit"], exam.quantities)

    def move(home: "Trained", how: Mapping[str, Any]) -> MovedModel:
        with _host(study["store"], how) as host:
            found = moved(asked, home.model, dies, ways, exam, host)
        return _moved(asked, found, dies, limits, study, home.provenance)

    return move


def _moved(
    asked: "Planned", found: Any, dies: list[int], limits: dict[str, float], study: Mapping[str, Any], made: Any
) -> MovedModel:
    """The result of the dies that were ``found``."""
    document = {
        "plan": dict(asked.plan),
        "data": asked.data.name,
        "chip": asked.chip.name,
        "die": asked.plan["machine"]["die_seed"],
        "n_dies": len({row["die_seed"] for row in found.rows}),
        "quantities": list(found.quantities),
        "limits": limits,
        "home": found.home,
        "ways": [_way(name, found, limits) for name in found.ways if any(row["way"] == name for row in found.rows)],
        "rows": found.rows,
        "interrupted": found.interrupted,
    }
    stopped = f"; {document['n_dies']} of {len(dies)} dies done" if found.interrupted else None
    return MovedModel(document=document, provenance=made, stopped=_again(stopped, study))


def dies_of(given: Any, home: int) -> list[int]:
    """The dies that ``given`` names: a number is how many after ``home``, a list or a range such as 18..117 the dies
    themselves. Raises InputError."""
    from hwsim.ranges import values

    listed: Any = values(given, name="dies") if isinstance(given, str) else given
    if isinstance(given, str) and len(listed) == 1 and ".." not in given:
        listed = listed[0]
    if isinstance(listed, int) and not isinstance(listed, bool):
        count = whole(listed, name="dies", least=1)
        check_memory(_PER_DIE * count, f"{many(count)} dies")
        return list(range(home + 1, home + 1 + count))
    try:
        found = [whole(die, name="dies") for die in listed]
    except TypeError:
        found = []
    if not found or len(set(found)) < len(found):
        raise InputError(f"dies must be how many, or different numbers such as 18..117 or 18,20, got {given!r}")
    return found


def _limits(given: Any, quantities: list[str]) -> dict[str, float]:
    """The limits by name; a limit without one is that of the first of ``quantities``. Raises InputError."""
    from hwsim.study.sweep import limits_of

    if given is None or isinstance(given, Mapping):
        return limits_of(given, quantities)
    return limits_of({quantities[0]: given}, quantities)


def _way(name: str, found: Any, limits: Mapping[str, float]) -> dict[str, Any]:
    """Quantiles over dies of one way, and the share of the dies within each limit."""
    import numpy as np

    rows = [row for row in found.rows if row["way"] == name]
    summed: dict[str, Any] = {"way": name, "dies": len(rows)}
    for quantity in found.quantities:
        values = np.array([row[quantity] for row in rows])
        low, middle, high = (float(value) for value in np.quantile(values, [0.05, 0.5, 0.95]))
        summed[quantity] = {"median": middle, "q05": low, "q95": high, "mean": float(values.mean())}
        if quantity in limits:
            inside = values >= limits[quantity] if quantity == "right" else values <= limits[quantity]
            summed[quantity]["share_within"] = float(inside.mean())
    return summed


def _again(stopped: str | None, study: Mapping[str, Any]) -> str | None:
    """How an interrupted study goes on."""
    if stopped is None or study["store"] is None:
        return stopped
    return f"{stopped}; the same command with the store {study['store']} continues"


@contextmanager
def _host(store: str | Path | None, how: Mapping[str, Any]) -> "Iterator[Host]":
    """What the study uses of this computer."""
    from hwsim.interrupt import CtrlC
    from hwsim.study.store import Store
    from hwsim.study.trained import Host

    with CtrlC() as ctrl_c, store_at(store) as (at, _), Store(at) as kept:
        yield Host(store=kept, threads=how["threads"], tell=how["progress"].show, stop=lambda: ctrl_c.heard)
