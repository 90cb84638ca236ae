"""Time to solution in device seconds, with its interval, or a lower bound where no read succeeded.

Enters: which reads succeeded and the schedule each ran under, and the time of a run. Leaves: a
:class:`TimeToSolution`. When a target is reached, `hwsim.rounding` defines.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.analysis.interval import clustered_wilson
from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError
from hwsim.units import format_si

TARGET_PROBABILITY = 0.99


@dataclass(frozen=True, kw_only=True)
class TimeToSolution(Shown):
    """Device time after which repeated runs have succeeded at least once with ``target_probability``.

    repeats, repeats_ci : number of these runs;  tts_s, tts_ci_s : their seconds
    When ``tts_is_bound``, no read succeeded and ``tts_s`` is a lower bound: that of the upper end of the interval of p.
    Intervals are (low, high); high is None when the data do not rule out any length.
    """

    n_reads: int
    n_schedules: int
    n_success: int
    p_success: float
    p_success_ci: tuple[float, float]
    repeats: float
    repeats_ci: tuple[float, float | None]
    tts_s: float
    tts_ci_s: tuple[float, float | None]
    tts_is_bound: bool
    target_probability: float
    confidence: float

    def _shown(self) -> tuple[str, Facts]:
        low, high = self.p_success_ci
        share = f"{self.p_success:.4g} [{low:.3g}, {high:.3g}], {self.n_success} of {counted(self.n_reads, 'read')}"
        least, most = (None if end is None else format_si(end, "s") for end in self.tts_ci_s)
        took = f"{'> ' * self.tts_is_bound}{format_si(self.tts_s, 's')}"
        return f"Time to solution ({self.target_probability:.0%}): {took}", [
            ("interval", None if self.tts_is_bound else f"{least} to {most or 'no limit'}, {self.confidence:.0%}"),
            ("P(success)", share),
            ("runs", f"{'> ' * self.tts_is_bound}{self.repeats:.4g}"),
        ]


def repeats(p: Any, target_probability: float = TARGET_PROBABILITY) -> Any:
    """ln(1 - target) / ln(1 - p): runs of success probability ``p`` until one has succeeded with the target's
    probability; inf at p = 0, and 1 where p is at least the target's. float64, like ``p``."""
    p = np.asarray(p, dtype=np.float64)
    with np.errstate(divide="ignore"):
        count = np.log1p(-target_probability) / np.log1p(-np.minimum(p, target_probability))
    return np.where(p >= target_probability, 1.0, count)[()]


def scaled(count: tuple[float, float | None], each: float) -> tuple[float, float | None]:
    """The interval ``count`` times ``each``."""
    low, high = count
    return low * each, None if high is None else high * each


def time_to_solution(
    success,
    schedule,
    anneal_time_s: float,
    *,
    overhead_s: float = 0.0,
    confidence: float = 0.95,
    target_probability: float = TARGET_PROBABILITY,
) -> TimeToSolution:
    """TTS = t ln(1 - target)/ln(1 - p), and t itself when p >= target; t = anneal_time_s + overhead_s of each anneal.

    success : bool (reads,); schedule : int (reads,), the schedule of each read. Ronnow et al., Science 345, 420 (2014).
    The interval of p is Wilson's, with schedules as clusters (see ``clustered_wilson``). TTS falls with p, so its
    interval is that of p carried over. With no success it begins at the bound, and takes reads as independent.
    """
    success, schedule = np.asarray(success), np.asarray(schedule)
    if success.ndim != 1 or success.size == 0 or success.shape != schedule.shape:
        raise InputError(
            f"success and schedule need one entry per read, got shapes {success.shape} and {schedule.shape}"
        )
    if success.dtype != np.bool_:
        raise InputError(f"success must be true or false for each read, got {success.dtype}")
    if not (anneal_time_s > 0 and math.isfinite(anneal_time_s)):
        raise InputError(f"anneal_time_s must be > 0, got {anneal_time_s}")
    if not (overhead_s >= 0 and math.isfinite(overhead_s)):
        raise InputError(f"overhead_s must be >= 0, got {overhead_s}")
    if not 0 < target_probability < 1:
        raise InputError(f"target_probability must lie between 0 and 1, got {target_probability}")
    time_s = anneal_time_s + overhead_s
    n, n_success = success.size, int(success.sum())
    low, high = clustered_wilson(success, schedule, confidence)
    if n_success:
        count = float(repeats(n_success / n, target_probability))
        most = float(repeats(low, target_probability)) if low > 0 else None
        count_ci: tuple[float, float | None] = (float(repeats(high, target_probability)), most)
    else:
        count = float(repeats(high, target_probability))
        count_ci = (count, None)
    return TimeToSolution(
        n_reads=n,
        n_schedules=np.unique(schedule).size,
        n_success=n_success,
        p_success=n_success / n,
        p_success_ci=(low, high),
        repeats=count,
        repeats_ci=count_ci,
        tts_s=count * time_s,
        tts_ci_s=scaled(count_ci, time_s),
        tts_is_bound=n_success == 0,
        target_probability=target_probability,
        confidence=confidence,
    )
