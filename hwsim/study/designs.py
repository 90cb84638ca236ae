"""Designs: one problem on many designs, as a study of one shard for each. A design is a chip card with some parameters
changed.

Enters: a plain dict, such as a TOML file gives (see `checked`), and summed points. Leaves: a plan, a row of numbers per
design, and which designs no other beats. A design whose card lacks a price has an unknown energy, never a zero one.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
import numpy as np

from hwsim.errors import InputError, UnsupportedError
from hwsim.study.execute import execute
from hwsim.study.plan import Plan, identity, listed
from hwsim.study.store import Store
from hwsim.study.summed import table
from hwsim.study.workers import ProgramFolder, ThisProcess

KEYS = ("problem", "as", "chip", "target", "beta", "anneal", "time", "reads", "schedules", "seed", "set", "sweep")
OWN = ("chip", "time", "chips", "exchange", "chain_strength", "beta")
"""Keys of a design that are not parameters of a card."""
_DEFAULTS: dict[str, Any] = {
    "as": None,
    "chip": "generic-floorplan",
    "target": None,
    "beta": "0.1/sigma:10/sigma",
    "anneal": "linear",
    "time": None,
    "reads": 256,
    "schedules": 4,
    "seed": 0,
    "set": {},
    "sweep": {},
}


def checked(spec: Mapping[str, Any]) -> dict[str, Any]:
    """``spec`` with its defaults filled in. Raises InputError.

    problem : file or generator;  as : how a file is read (see `hwsim.read`);  chip : card
    target : energy, known, exact or best
    beta, anneal, time, reads, schedules, seed : as in ``hwsim run``;  set : parameters that all designs share
    sweep : {key: list of values, or a range as text, see `hwsim.ranges`}; every combination of the values is a design.
    A key is a parameter of cards or one of OWN; a value may be a table of several parameters, with a ``name``.
    """
    unknown = [key for key in spec if key not in KEYS]
    if unknown:
        raise InputError(f"unknown key {unknown[0]!r}; known are {', '.join(KEYS)}")
    if not isinstance(spec.get("problem"), str):
        raise InputError("a spec needs problem, a file or a generator such as sk:n=24,seed=1")
    full = _DEFAULTS | dict(spec)
    for key in ("set", "sweep"):
        if not isinstance(full[key], Mapping):
            raise InputError(f"{key} must be a table, got {full[key]!r}")
    full["sweep"] = {key: listed(values, name=f"sweep.{key}") for key, values in full["sweep"].items()}
    for key in ("reads", "schedules", "seed"):
        if not isinstance(full[key], int) or full[key] < (0 if key == "seed" else 1):
            raise InputError(f"{key} must be a whole number, got {full[key]!r}")
    return full


def plan_of(spec: Mapping[str, Any], target: float | None) -> dict[str, Any]:
    """The plan of a study (see `hwsim.study.plan`) whose points are the designs of ``spec``, one shard each."""
    alike = {
        key: spec[key] for key in ("problem", "as", "chip", "beta", "anneal", "time", "reads", "schedules", "seed")
    }
    own = {key: value for key, value in spec["set"].items() if key in OWN}
    card = {key: value for key, value in spec["set"].items() if key not in OWN}
    return alike | own | {"target": target, "set": card, "grid": spec["sweep"], "stop": {"max_shards": 1}}


def design_rows(
    plan: Plan,
    kept: Mapping[str, dict[str, Any]],
    programs: ProgramFolder,
    *,
    threads: int | None = None,
    interrupt: Callable[[], bool] = lambda: False,
    progress: Callable[[float, str], None] = lambda part, words: None,
) -> Iterator[dict[str, Any]]:
    """A row for each combination of ``plan`` in turn, until it is interrupted. The row comes from ``kept`` or is run.

    kept : rows of an earlier run by key, the hash of the design's words and of all that its numbers depend on
    programs : where the programs are;  progress : called with (share done, words of the design). The row of a design
    that does not fit holds the reason under ``does_not_fit`` and nothing else. Raises UnsupportedError.
    """
    points = {point.key: point for point in plan.points}
    workers = ThisProcess(programs, threads=threads, interrupt=interrupt)
    with Store(programs.folder / "designs.db") as store:
        for number, each in enumerate(plan.combinations):
            progress(number / len(plan.combinations), ", ".join(each.words.values()) or "the chip as it is")
            named = [each.words, each.reason if each.key is None else identity(points[each.key])]
            key = hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:16]
            if each.key is None:
                row = {"does_not_fit": each.reason}
            elif key in kept:
                row = {name: value for name, value in kept[key].items() if name not in ("key", "design")}
            else:
                done = execute(Plan(points=[points[each.key]], stop=plan.stop), store, workers)
                if done.interrupted:
                    return
                for reason in done.refused.values():
                    raise UnsupportedError(reason)
                row = _design_row(table(store, [each.key])[0])
            yield {"key": key, "design": each.words} | row


class _Kept(msgspec.Struct):
    """What a kept row must hold, as reports and pictures read it; another key is kept as it is."""

    pbits: int
    spins: int
    reads: int
    couplers: int
    time_s: float
    delay_s: float
    critical_delay_s: float
    device_energy_j: float | None
    area_m2: float | None
    unknown_energy: list[str]
    unknown_time: list[str]
    grades: dict[str, str]
    note: str | None


_Interval = tuple[float | None, float | None]


class _KeptSolution(_Kept):
    """The same, where there is a target."""

    p_success: float
    p_success_ci: tuple[float, float]
    tts99_is_bound: bool
    tts99_s: float
    tts99_ci_s: _Interval
    tts99_total_s: float
    tts99_total_ci_s: _Interval
    ets99_j: float | None
    ets99_ci_j: _Interval | None
    ets99_total_j: float | None
    ets99_total_ci_j: _Interval | None


class _KeptReason(msgspec.Struct):
    """A kept row of a design that does not fit."""

    does_not_fit: str


def is_kept_row(row: Mapping[str, Any]) -> bool:
    """Whether ``row``, of an earlier run, holds what the row of a design does."""
    has_target = row.get("target", 0) is not None
    kind = _KeptReason if "does_not_fit" in row else _KeptSolution if has_target else _Kept
    try:
        msgspec.convert(row, kind)
    except msgspec.ValidationError:
        return False
    return True


def _design_row(point: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a design, from its summed point."""
    row = {key: value for key, value in point.items() if key not in ("key", "words", "facts")}
    broken = point["facts"].get("broken_chains")
    return row | {"critical_delay_s": point["delay_s"], "broken_chains": None if broken is None else broken[0]}


def best_designs(rows: list[dict[str, Any]], keys: tuple[str, ...]) -> list[bool]:
    """Whether no other row beats a row in all of ``keys``, where less is better, for each row. A row with an unknown
    value, or with a bound for its time, takes no part."""
    values = np.array([[_number(row, key) for key in keys] for row in rows], dtype=np.float64)
    known = np.all(np.isfinite(values), axis=1) if len(rows) else np.zeros(0, dtype=bool)
    out = []
    for k in range(len(rows)):
        beaten = known & np.all(values <= values[k], axis=1) & np.any(values < values[k], axis=1)
        out.append(bool(known[k] and not beaten.any()))
    return out


def _number(row: Mapping[str, Any], key: str) -> float:
    value = row.get(key)
    return float("nan") if value is None or row.get("tts99_is_bound") else float(value)


def mark_best(rows: list[dict[str, Any]]) -> None:
    """Set ``best_by_area`` and ``best_by_energy`` in each row: whether no other design beats it in both that quantity
    and the time to solution, with read-out."""
    for name, other in (("best_by_area", "area_m2"), ("best_by_energy", "ets99_total_j")):
        for row, best in zip(rows, best_designs(rows, ("tts99_total_s", other)), strict=True):
            row[name] = best
