"""Points summed: the rows of each point as one dict of plain numbers, at the prices of its chip.

Enters: a store. Leaves: dicts for tables, pictures, CSV and JSON; None where a number does not apply or has no price.
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from hwsim.cost.account import Account, account
from hwsim.cost.solution import NO_SOLUTION
from hwsim.prices import Prices
from hwsim.session import Activity, mean_activity
from hwsim.streams import stream_key
from hwsim.study.store import Row, Store
from hwsim.study.tally import Tally

_UNSTATED = 2.0**-40


def table(store: Store, keys: Iterable[str] | None = None, *, n_boot: int = 0, seed: int = 0) -> list[dict[str, Any]]:
    """The points with these ``keys``, or all, each summed over its rows.

    n_boot : how many bootstrap replicates of success and mean energy to add under "boot"; joined points need them
    In each point: reference, the least energy known of its problem, which is the exact one where that is on record and
    else the least that any point of the store met; residual, (mean energy - reference) per spin.
    """
    points = store.points()
    wanted = sorted(points, key=lambda key: _place(points[key])) if keys is None else list(keys)
    tallies: dict[str, Tally] = {}
    activities: dict[str, list[dict[str, float]]] = {}
    notes: dict[str, dict[str, Any]] = {}
    for row in store.rows():
        _take(row, tallies, activities, notes)
    for facts in points.values():
        if facts["samples"] in tallies:
            tally = tallies[facts["samples"]]
            tally.independent = facts["independent"]
            tally.rounding = max(tally.rounding, rounding_of(facts))
    least = _references(points, tallies)
    host_s = store.host_seconds()
    out = []
    for number, key in enumerate(key for key in wanted if key in points):
        facts, samples = points[key], points[key]["samples"]
        tally = tallies.get(samples, Tally())
        point = {"key": key} | _summed(facts, tally, activities.get(samples, []), least.get(facts["problem"]))
        point |= {"facts": notes.get(samples, {}), "host_s": host_s.get(samples, 0.0)}
        if n_boot and tally.shards:
            point["boot"] = tally.replicates(facts["target"], n_boot, stream_key(seed, "bootstrap", number))
            point["energies_boot"] = np.sort(tally.energy)
        out.append(point)
    return out


def _place(facts: dict[str, Any]) -> tuple[Any, ...]:
    words = [word for name, word in facts["words"].items() if name not in ("problem", "time", "delay")]
    return facts["spins"], _natural(str(words)), facts["delay_s"], facts["time_s"], _natural(facts["problem"])


def _natural(text: str) -> list[Any]:
    """Text in parts, so that numbers in it sort by value."""
    parts = re.split(r"([0-9]+)", text)
    return [(len(part.lstrip("0")), part) if k % 2 else part for k, part in enumerate(parts)]


def _take(
    row: Row, tallies: dict[str, Tally], activities: dict[str, list[dict[str, float]]], notes: dict[str, Any]
) -> None:
    tallies.setdefault(row.point, Tally()).add(row)
    activities.setdefault(row.point, []).append(row.activity)
    if row.facts:
        notes.setdefault(row.point, row.facts)  # of the first shard


def _references(points: dict[str, dict[str, Any]], tallies: dict[str, Tally]) -> dict[str, float]:
    least: dict[str, float] = {}
    for facts in points.values():
        tally = tallies.get(facts["samples"])
        seen = [] if tally is None else [float(energy.min()) for energy in tally.energies]
        if facts["target_is_exact"] and facts["target"] is not None:
            seen.append(facts["target"])
        if seen:
            least[facts["problem"]] = min([least.get(facts["problem"], np.inf), *seen])
    return least


def _summed(
    facts: dict[str, Any], tally: Tally, activities: list[dict[str, float]], reference: float | None
) -> dict[str, Any]:
    shown = (
        "problem",
        "spins",
        "pbits",
        "chip",
        "clock",
        "words",
        "algorithm",
        "parameters",
        "time_s",
        "delay_s",
        "target",
        "target_is_exact",
        "grades",
        "couplers",
        "area_m2",
    )
    row: dict[str, Any] = {key: facts[key] for key in shown} | {"shards": tally.shards, "reads": len(tally.energy)}
    row |= {"target_energy": facts["target"], "target_source": facts.get("target_source")}
    row |= {"note": facts.get("note")}  # stores of older versions have none
    if tally.shards == 0:
        return row
    paid = account_of_point(facts, activities)
    activity = _mean(activities)
    energy, error = tally.mean()
    row |= {
        "schedules": len([size for sizes in tally.sizes for size in sizes]),
        "energy_mean": energy,
        "energy_error": error,
        "energy_best": float(tally.energy.min()),
        "reference": reference,
        "residual": None if reference is None else (energy - reference) / facts["spins"],
        "residual_error": error / facts["spins"],
        "replicas": activity.replicas,
        "copies": activity.copies,
        "hardware_pbits": activity.copies * activity.n_pbits,
        "updates": activity.updates,
    }
    row |= paid.facts | NO_SOLUTION
    if facts["target"] is not None:
        row |= tally.solution(facts["target"], paid).facts
    return row


def rounding_of(facts: dict[str, Any]) -> float:
    """The rounding of the energies of a point; older stores do not state it."""
    return float(facts.get("rounding", _UNSTATED * abs(facts["target"] or 0.0)))


def account_of_point(facts: dict[str, Any], activities: list[dict[str, float]]) -> Account:
    """The account of one run, from the mean activity of the shards."""
    done = _mean(activities)
    if done.flips is None:
        done = replace(done, flips=facts.get("flips"))  # stores of older versions have none
    return account(done, Prices(**facts["prices"]), wires_j=facts["wires_j"])


def _mean(activities: list[dict[str, float]]) -> Activity:
    return mean_activity([Activity(**activity) for activity in activities])  # type: ignore[arg-type]
