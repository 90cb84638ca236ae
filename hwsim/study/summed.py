"""Points summed: the rows of each point as one dict of plain numbers, at the prices of its chip.

Enters: a store. Leaves: dicts for tables, pictures, CSV and JSON; None where a number does not apply or has no price.
"""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from hwsim.analysis.bill import Bill, bill
from hwsim.prices import Prices
from hwsim.session import Activity, mean_activity
from hwsim.streams import stream_key
from hwsim.study.store import Row, Store
from hwsim.study.tally import Tally


def table(store: Store, keys: Iterable[str] | None = None, *, n_boot: int = 0, seed: int = 0) -> list[dict[str, Any]]:
    """The points called ``keys``, or all, each with what its rows say together.

    n_boot : bootstrap replicates of success and mean energy, under "boot", for what joins several points
    reference : the least energy known of the point's problem, the exact one where that is on record, else the least
    that any point of the store has met;  residual : (mean energy - reference) per spin
    """
    points = store.points()
    wanted = sorted(points, key=lambda key: _place(points[key])) if keys is None else list(keys)
    tallies: dict[str, Tally] = {}
    activities: dict[str, list[dict[str, float]]] = {}
    notes: dict[str, dict[str, Any]] = {}
    for row in store.rows():
        _take(row, tallies, activities, notes)
    least = _references(points, tallies)
    host_s = store.host_seconds()
    out = []
    for number, key in enumerate(key for key in wanted if key in points):
        tally = tallies.get(key, Tally())
        point = {"key": key} | _summed(points[key], tally, activities.get(key, []), least.get(points[key]["problem"]))
        point |= {"facts": notes.get(key, {}), "host_s": host_s.get(key, 0.0)}
        if n_boot and tally.shards:
            point["boot"] = tally.replicates(points[key]["target"], n_boot, stream_key(seed, "bootstrap", number))
            point["energies_boot"] = np.sort(tally.energy)
        out.append(point)
    return out


def _place(facts: dict[str, Any]) -> tuple[Any, ...]:
    words = [word for name, word in facts["words"].items() if name not in ("problem", "time", "delay")]
    return facts["spins"], _natural(str(words)), facts["delay_s"], facts["time_s"], _natural(facts["problem"])


def _natural(text: str) -> list[Any]:
    """Text in parts that sort numbers by their value."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


def _take(
    row: Row, tallies: dict[str, Tally], activities: dict[str, list[dict[str, float]]], notes: dict[str, Any]
) -> None:
    tallies.setdefault(row.point, Tally()).add(row)
    activities.setdefault(row.point, []).append(row.activity)
    if row.facts:
        notes.setdefault(row.point, row.facts)  # of the first shard


def _references(points: dict[str, dict[str, Any]], tallies: dict[str, Tally]) -> dict[str, float]:
    least: dict[str, float] = {}
    for key, facts in points.items():
        seen = [float(energy.min()) for energy in tallies[key].energies] if key in tallies else []
        if facts["target_is_exact"] and facts["target"] is not None:
            seen.append(facts["target"])
        if seen:
            least[facts["problem"]] = min([least.get(facts["problem"], np.inf), *seen])
    return least


def _summed(
    facts: dict[str, Any], tally: Tally, activities: list[dict[str, float]], reference: float | None
) -> dict[str, Any]:
    shown = ("problem", "spins", "pbits", "chip", "clock", "words", "algorithm", "parameters", "time_s", "delay_s",
             "target", "target_is_exact", "grades")  # fmt: skip
    row: dict[str, Any] = {key: facts[key] for key in shown} | {"shards": tally.shards, "reads": len(tally.energy)}
    if tally.shards == 0:
        return row
    account = bill_of(facts, activities)
    activity = _mean(activities)
    energy, error = tally.mean()
    row |= {
        "schedules": len([size for sizes in tally.sizes for size in sizes]),
        "energy_mean": energy, "energy_error": error, "energy_best": float(tally.energy.min()), "reference": reference,
        "residual": None if reference is None else (energy - reference) / facts["spins"],
        "residual_error": error / facts["spins"], "run_s": account.run_s, "time_split_s": dict(account.time_s),
        "program_s": account.program_s, "program_j": account.program_j, "run_j": account.run_j,
        "energy_split_j": dict(account.energy_j),
        "unknown_time": account.unknown_s, "unknown_energy": account.unknown_j,
        "replicas": activity.replicas, "copies": activity.copies, "hardware_pbits": activity.copies * activity.n_pbits,
        "updates": activity.updates,
    }  # fmt: skip
    if facts["target"] is not None:
        found = tally.solution(facts["target"], account.run_s)
        low, high = found.tts_ci_s
        repeats = found.tts_s / account.run_s
        row |= {
            "hits": found.n_success, "p_success": found.p_success, "p_success_ci": list(found.p_success_ci),
            "tts99_s": found.tts_s, "tts99_ci_s": [low, high], "tts99_is_bound": found.tts_is_bound,
            "ets99_j": None if account.run_j is None else account.run_j * repeats,
            "ets99_ci_j": None if account.run_j is None else [
                end if end is None else end / account.run_s * account.run_j for end in (low, high)
            ],
        }  # fmt: skip
    return row


def bill_of(facts: dict[str, Any], activities: list[dict[str, float]]) -> Bill:
    """The bill of one run, from the mean activity of the shards."""
    return bill(
        _mean(activities), Prices(**facts["prices"]), update_j=facts["update_j"], wires_j=facts["wires_j"]
    )  # fmt: skip


def _mean(activities: list[dict[str, float]]) -> Activity:
    return mean_activity([Activity(**activity) for activity in activities])  # type: ignore[arg-type]
