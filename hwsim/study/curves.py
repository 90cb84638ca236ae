"""Curves: points that differ only in their instance are joined; then best lengths, exponents, comparisons at one cost.

Enters: points as `summed.table` gives them, with bootstrap replicates. Leaves: dicts. Intervals are 95 %; a bootstrap
draws instances, and schedules within each instance.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from hwsim.analysis.interval import percentile_interval
from hwsim.analysis.tts import repeats
from hwsim.streams import generator

X_KEYS = ("problem", "time", "delay")
"""Grid keys that are an axis of a picture, not part of a curve's name."""


def family(problem: str) -> str:
    """The name of a problem without its seed, which its instances share."""
    name, colon, rest = problem.partition(":")
    return name + colon + ",".join(part for part in rest.split(",") if not part.startswith("seed=")) if colon else name


def kind(problem: str) -> str:
    """The name without seed and size: the problems for which one scaling law may hold."""
    name, colon, rest = family(problem).partition(":")
    kept = ",".join(part for part in rest.split(",") if not re.match(r"(L|n|m|rows|columns|bits)=", part))
    return name + (colon + kept if kept else "")


def joined(points: Sequence[dict[str, Any]], *, seed: int = 0) -> list[dict[str, Any]]:
    """Points joined over instances: median TTS99 and energy to solution, mean residual energy and success.

    ``bound_s`` and the intervals are those of the time with read-out. The median is None, as it is not known, where
    half or more of the instances were never solved.
    """
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for point in points:
        if point["shards"]:
            series = ", ".join(word for key, word in point["words"].items() if key not in X_KEYS)
            key = (series, family(point["problem"]), point["spins"], point["time_s"], point["delay_s"])
            groups.setdefault(key, []).append(point)
    return [_join(key, sorted(group, key=lambda point: point["problem"]), seed) for key, group in groups.items()]


def _join(key: tuple[Any, ...], group: list[dict[str, Any]], seed: int) -> dict[str, Any]:
    series, name, spins, time_s, delay_s = key
    device_s, total_s = (float(np.mean([point[name] for point in group])) for name in ("device_time_s", "total_time_s"))
    device_j, total_j = (_mean(point[name] for point in group) for name in ("device_energy_j", "total_energy_j"))
    pbits = float(np.mean([point["hardware_pbits"] for point in group]))
    n_boot = len(group[0]["boot"][0])
    # every row takes the same draw, so that lengths and series are compared on the same instances
    drawn = generator(seed, "instances").integers(len(group), size=(len(group), n_boot))
    success = np.array([point["boot"][0] for point in group])
    energy = np.array([point["boot"][1] for point in group])
    residual = np.array([(e - p["reference"]) / p["spins"] for e, p in zip(energy, group, strict=True)])
    spread = residual[drawn, np.arange(n_boot)].mean(axis=0)
    row: dict[str, Any] = {
        "series": series or group[0]["clock"],
        "family": name,
        "kind": kind(group[0]["problem"]),
        "spins": spins,
        "time_s": time_s,
        "delay_s": delay_s,
        "device_time_s": device_s,
        "total_time_s": total_s,
        "hardware_pbits": pbits,
        "instances": len(group),
        "reads": sum(point["reads"] for point in group),
        "device_energy_j": device_j,
        "total_energy_j": total_j,
        "area_m2": _mean(point["area_m2"] for point in group),
        "residual": float(np.mean([point["residual"] for point in group])),
        "residual_ci": list(percentile_interval(spread)),
        "residual_boot": spread,
        "energies_boot": [(point["energies_boot"], point["reference"]) for point in group],
        "p_success": None,
        "solved": None,
        "tts99_s": None,
        "tts99_total_s": None,
        "tts99_total_ci_s": None,
        "tts_boot": None,
        "bound_s": None,
        "ets99_j": None,
        "ets99_total_j": None,
    }
    if any(point.get("tts99_total_s") is None for point in group):
        return row
    found = np.array([math.inf if point["tts99_is_bound"] else point["tts99_total_s"] for point in group])
    median = float(np.median(found))
    runs = median / total_s if math.isfinite(median) else None
    tts = repeats(success) * total_s
    spread = np.median(tts[drawn, np.arange(n_boot)], axis=0)
    if len(group) == 1:
        ends = group[0]["tts99_total_ci_s"]
    else:
        low, high = np.quantile(spread, [0.025, 0.975], method="inverted_cdf")
        ends = [float(low) if math.isfinite(low) else None, float(high) if math.isfinite(high) else None]
    row |= {
        "p_success": float(np.mean([point["p_success"] for point in group])),
        "solved": int(np.isfinite(found).sum()),
        "tts99_s": _times(runs, device_s),
        "tts99_total_s": _times(runs, total_s),
        "tts99_total_ci_s": ends,
        "tts_boot": spread,
        "bound_s": float(np.median([point["tts99_total_s"] for point in group])),
        "ets99_j": _times(runs, device_j),
        "ets99_total_j": _times(runs, total_j),
        "pbit_s": _times(runs, total_s * pbits),
    }
    return row


def _mean(values: Iterable[float | None]) -> float | None:
    """The mean, or None where a value is not known."""
    known = list(values)
    return None if any(value is None for value in known) else float(np.mean(known))  # type: ignore[arg-type]


def _times(count: float | None, each: float | None) -> float | None:
    return None if count is None or each is None else count * each


def best_lengths(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The best length of every series, family and delay: the row with the least TTS99 with read-out, and two more keys.

    is_interior : a shorter and a longer length are significantly worse, so that this one is an optimum and not the edge
    of what was tried;  is_edge : the best length is the shortest or the longest tried
    A series that was never solved gives the row with the largest bound; its tts99_total_s is None.
    """
    out = []
    for group in _by(rows, lambda row: (row["series"], row["family"], row["spins"], row["delay_s"])):
        group = sorted((row for row in group if row["bound_s"] is not None), key=lambda row: row["time_s"])
        solved = [row for row in group if row["tts99_total_s"] is not None]
        if not group:
            continue
        if not solved:
            out.append(
                max(group, key=lambda row: row["bound_s"])
                | {"is_interior": False, "is_edge": True, "lengths": len(group)}
            )
            continue
        best = min(solved, key=lambda row: row["tts99_total_s"])
        worse = [_is_worse(row, best) for row in group]
        k = group.index(best)
        out.append(
            best
            | {
                "is_interior": any(worse[:k]) and any(worse[k + 1 :]),
                "is_edge": k in (0, len(group) - 1),
                "lengths": len(group),
            }
        )
    return out


def _is_worse(row: dict[str, Any], best: dict[str, Any]) -> bool:
    """Whether ``row`` is significantly worse: by its interval or bound where there is one instance, else in at least
    97.5 % of the replicates, which draw the same instances for both."""
    if row["tts99_total_s"] is None:
        return row["bound_s"] > best["tts99_total_s"]
    if row["instances"] == 1:
        return row["tts99_total_ci_s"][0] > best["tts99_total_s"]
    return float(np.mean(row["tts_boot"] > best["tts_boot"])) >= 0.975


def exponents(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """kappa of residual ~ time**-kappa, with its interval, by least squares in logarithms; time is that of one run's
    updates. For every series, family and delay with three lengths or more at which the interval of the residual energy
    is above 0."""
    out = []
    for group in _by(rows, lambda row: (row["series"], row["family"], row["spins"], row["delay_s"])):
        group = sorted((row for row in group if row["residual_ci"][0] > 0), key=lambda row: row["time_s"])
        if len(group) < 3:
            continue
        times = np.log([row["time_s"] for row in group])
        slopes = -np.polyfit(times, np.log(np.maximum([row["residual_boot"] for row in group], 1e-300)), 1)[0]
        kappa = -np.polyfit(times, np.log([row["residual"] for row in group]), 1)[0]
        out.append(
            {
                "series": group[0]["series"],
                "family": group[0]["family"],
                "delay_s": group[0]["delay_s"],
                "kappa": float(kappa),
                "kappa_ci": list(percentile_interval(slopes)),
                "lengths": len(group),
                "instances": min(row["instances"] for row in group),
                "from_s": group[0]["time_s"],
                "to_s": group[-1]["time_s"],
            }
        )
    return out


def matched(rows: Sequence[dict[str, Any]], cost: Callable[[dict[str, Any]], float]) -> list[dict[str, Any]]:
    """Residual energy of every series of a family when all spend the same.

    cost : of one run of a row, such as its device seconds, or those times its p-bits. The budget is the largest cost of
    one run that every series has tried, or, where that is more, the least that lets each series run once. A series
    repeats runs of one length until the budget is spent, and the best run counts; it takes the length whose residual is
    then least. Repeats are at most a quarter of the reads of a point: the reads can tell no more.
    """
    out = []
    for group in _by(rows, lambda row: (row["family"], row["spins"])):
        curves = _by(group, lambda row: (row["series"], row["delay_s"]))
        if len(curves) < 2:
            continue
        costs = [[cost(row) for row in curve] for curve in curves]
        at = max(max(min(each) for each in costs), min(max(each) for each in costs))
        for curve in curves:
            found = []
            for row in curve:
                if cost(row) <= at * (1 + 1e-9):
                    runs = max(1, min(int(at / cost(row) * (1 + 1e-9)), row["reads"] // row["instances"] // 4))
                    each = np.array([(best_of(e, runs) - least) / row["spins"] for e, least in row["energies_boot"]])
                    found.append((float(each.mean()), runs, row, each))
            residual, runs, row, each = min(found, key=lambda entry: entry[0])
            drawn = generator(0, "matched").integers(len(each), size=(1000, len(each)))
            out.append(
                {
                    "family": row["family"],
                    "series": row["series"],
                    "delay_s": row["delay_s"],
                    "at": at,
                    "time_s": row["time_s"],
                    "runs": runs,
                    "residual": residual,
                    "energy_scale": _order(row),
                    "instances": len(each),
                    "residual_ci": list(percentile_interval(each[drawn].mean(axis=1))) if len(each) > 1 else None,
                }
            )
    return out


def _order(row: dict[str, Any]) -> float:
    """The order of magnitude of the least energy per spin, a power of ten."""
    size = float(np.mean([abs(least) for _, least in row["energies_boot"]])) / row["spins"]
    return 10.0 ** math.floor(math.log10(size)) if size > 0 else 1.0


def unequal(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of families whose series differ in p-bits: only for these does hardware cost differ from device time."""
    groups = _by(rows, lambda row: (row["family"], row["spins"]))
    return [row for group in groups if len({row["hardware_pbits"] for row in group}) > 1 for row in group]


def best_of(energies: np.ndarray, runs: int) -> float:
    """Mean of the least of ``runs`` independent draws from ``energies``, float64 (n,), ascending."""
    n = len(energies)
    above = (1 - np.arange(n + 1) / n) ** runs
    return float(energies[0] + (energies - energies[0]) @ (above[:-1] - above[1:]))


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """``row`` without its replicates, for files."""
    return {key: value for key, value in row.items() if not key.endswith("boot")}


def _by(rows: Sequence[dict[str, Any]], key: Callable[[dict[str, Any]], Any]) -> list[list[dict[str, Any]]]:
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return list(groups.values())


Comparisons = list[tuple[str, list[dict[str, Any]]]]
"""(what is matched, in words; the rows of `matched`)."""


def comparisons(rows: list[dict[str, Any]]) -> Comparisons:
    """All series at matched device time, and at matched hardware cost where that differs."""
    return [
        ("device time", matched(rows, lambda row: row["total_time_s"])),
        (
            "hardware cost (p-bits x device time of a run)",
            matched(unequal(rows), lambda row: row["total_time_s"] * row["hardware_pbits"]),
        ),
    ]
