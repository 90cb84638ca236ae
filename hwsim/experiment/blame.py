"""Blame: what each fault of a chip costs, so that an architect sees which one to remove first.

Enters: a problem and a chip. Leaves: estimates for the chip as it is; with each fault off and the rest on; with each
fault alone on a chip that is otherwise perfect; and with no fault.
"""

from collections.abc import Callable
from typing import Any, Unpack

import numpy as np

from hwsim.analysis.clusters import clusters
from hwsim.analysis.tts import time_to_solution
from hwsim.anneal import Anneal
from hwsim.chip.chip import Chip
from hwsim.chip.faults import FAULTS, alone, present_faults, without
from hwsim.errors import InputError
from hwsim.experiment.dies import run_dies, typical_energy
from hwsim.interrupt import CtrlC
from hwsim.program import rows_of
from hwsim.session import ReadKeywords, Run, RunSettings

_Z95 = 1.96


def blame(
    problem: Any,
    chip: Chip,
    *,
    anneal: Anneal,
    target: float | None,
    dies: int = 8,
    first_die: int = 0,
    embedding: Any = None,
    progress: Callable[[str, float, int], None] | None = None,
    interrupt: Callable[[], bool] | None = None,
    **settings: Unpack[ReadKeywords],
) -> dict[str, Any]:
    """``{"rows", "metrics", "target", "interrupted"}``, the first two as `hwsim.report.blame.blame_drawing` takes them.

    The metrics are time to solution and success probability for ``target`` (None: the energy that half of the reads of
    the chip without faults reach), and the error of the correlations. Each estimate is [value, low, high] with a 95 %
    interval. All chips run the same ``dies`` with the same seeds. Rows are in the order of the gain in the first metric
    when the fault is off. progress : called with (label, share of that chip done, updates);  settings : see
    RunSettings; 128 reads by default. Raises InputError for a chip without faults.
    """
    how = RunSettings.of(settings, reads=128)
    names = present_faults(chip)
    if not names:
        raise InputError(f"chip {chip.name!r} has no faults; give it some, such as gain_dtod = 0.1")
    if how.schedules < 2 or dies < 2:
        raise InputError(
            f"blame needs at least 2 dies and 2 schedules to tell errors from noise, got {dies} and {how.schedules}"
        )
    chips = {"no faults": without(chip, names), "all faults": chip}
    for name in names:
        chips[f"without {name}"] = without(chip, [name])
        chips[f"{name} alone"] = alone(chip, name)
    ideal: list[Run] = []
    found: dict[str, dict[str, list]] = {}
    with CtrlC() as ctrl_c:
        for label, variant in chips.items():
            same = next((name for name in found if chips[name] == variant), None)
            if same is not None:  # with a single fault, that fault alone is the chip, and off is the perfect chip
                found[label] = found[same]
                continue
            report = None if progress is None else (lambda f, u, label=label: progress(label, f, u))
            own = vars(how) | {"progress": report, "interrupt": interrupt}
            runs = run_dies(problem, variant, dies=dies, anneal=anneal, first_die=first_die, embedding=embedding, **own)
            if len(runs) < dies:
                break
            ideal = ideal or runs
            with ctrl_c.part():
                if target is None:
                    target = typical_energy(ideal)
                found[label] = _estimates(runs, ideal, target)
            if ctrl_c.heard:
                break
    if "all faults" not in found:
        return {"rows": [], "metrics": [], "target": target, "interrupted": True}
    metrics: list[dict[str, Any]] = [
        {**words, "all_on": found["all faults"][words["key"]], "all_off": found["no faults"][words["key"]]}
        for words in _METRICS
    ]
    rows: list[dict[str, Any]] = [
        {
            "fault": name,
            "label": FAULTS[name].label,
            "without": found[f"without {name}"],
            "alone": found[f"{name} alone"],
        }
        for name in names
        if f"{name} alone" in found
    ]
    rows.sort(key=lambda row: _rank(row["without"], metrics))
    return {"rows": rows, "metrics": metrics, "target": target, "interrupted": len(rows) < len(names)}


_METRICS: list[dict[str, Any]] = [
    {"key": "tts99_s", "label": "time to solution, 99 %", "lower_is_better": True, "log": True, "time": True},
    {"key": "p_success", "label": "success probability", "lower_is_better": False, "log": False},
    {"key": "correlation_error", "label": "error of correlations, r.m.s.", "lower_is_better": True, "log": False},
]


def _rank(estimates: dict[str, list], metrics: list[dict]) -> tuple[float, ...]:
    """A sort key with the best first, metric after metric; an unknown value is the worst."""
    rank = []
    for metric in metrics:
        value = (estimates[metric["key"]] or [None])[0]
        sign = 1.0 if metric["lower_is_better"] else -1.0
        rank.append(np.inf if value is None else sign * value)
    return tuple(rank)


def _estimates(runs: list[Run], ideal: list[Run], target: float) -> dict[str, list]:
    schedule = np.concatenate([result.schedule + k * (result.schedule.max() + 1) for k, result in enumerate(runs)])
    success = np.concatenate([result.program.reached(result.energies, target) for result in runs])
    answer = time_to_solution(success, clusters(runs[0].program, schedule), runs[0].device_time_s)
    return {
        "p_success": [answer.p_success, *answer.p_success_ci],
        "tts99_s": [None if answer.tts_is_bound else answer.tts_s, *answer.tts_ci_s],
        "correlation_error": correlation_error(runs, ideal),
    }


def correlation_error(runs: list[Run], ideal: list[Run]) -> list[float]:
    """[value, low, high]: r.m.s. over couplings and dies of <s_i s_j> minus that of the ideal chip, in final states.

    The estimate is free of the bias of sampling noise: for each die it averages products of differences under two
    *different* schedules, whose mean is the square. The interval is that of the mean over dies. The ideal chip has no
    dies, so its runs are pooled, schedule by schedule. Runs that equal the ideal ones have no error.
    """
    if all(np.array_equal(a.states, b.states) for a, b in zip(runs, ideal, strict=True)):
        return [0.0, 0.0, 0.0]
    reference = np.mean([_correlations(result) for result in ideal], axis=0)
    squares = np.array([_square(_correlations(result) - reference) for result in runs])
    mean, error = squares.mean(), squares.std(ddof=1) / np.sqrt(len(squares))
    return [float(np.sqrt(max(0.0, mean + k * error))) for k in (0.0, -_Z95, _Z95)]


def _correlations(result: Run) -> np.ndarray:
    """float64 (schedules, couplings): mean s_i s_j of the final states under each schedule."""
    _, indptr, indices, _ = result.program.problem_network
    row = rows_of(indptr)
    once = row < indices
    first, second = row[once], indices[once]
    values = result.variables
    states = [values[result.schedule == g] for g in range(result.schedules)]
    return np.array([np.mean(s[:, first] * s[:, second], axis=0) for s in states])


def _square(difference: np.ndarray) -> float:
    """Mean over couplings of the product of differences (schedules, couplings) under two different schedules."""
    n, couplings = difference.shape
    if couplings == 0:
        return 0.0
    cross = np.sum(np.sum(difference, axis=0) ** 2) - np.sum(difference**2)
    return float(cross / (n * (n - 1)) / couplings)
