"""Time to solution in device seconds, with its interval, or an honest bound when nothing succeeded.

Enters: which reads succeeded, the schedule each ran under, the anneal time. Leaves: a :class:`TimeToSolution`.
"""

import math
from dataclasses import dataclass

import numpy as np

from hwsim.analysis.interval import clustered_wilson
from hwsim.errors import InputError


@dataclass(frozen=True, kw_only=True)
class TimeToSolution:
    """Device time after which repeated anneals have succeeded at least once with ``target_probability``.

    When ``tts_is_bound``, no read succeeded and ``tts_s`` is a lower bound (rule of three: p < 3/n at 95 %).
    ``tts_ci_s`` is (low, high) in seconds; high is None when the data do not rule out any length.
    """

    n_reads: int
    n_schedules: int
    n_success: int
    p_success: float
    p_success_ci: tuple[float, float]
    tts_s: float
    tts_ci_s: tuple[float, float | None]
    tts_is_bound: bool
    target_probability: float
    confidence: float


def time_to_solution(
    success,
    group,
    anneal_time_s: float,
    *,
    overhead_s: float = 0.0,
    confidence: float = 0.95,
    target_probability: float = 0.99,
) -> TimeToSolution:
    """TTS = t ln(1 - target)/ln(1 - p), and t itself when p >= target; t = anneal_time_s + overhead_s of each anneal.

    success : bool (reads,); group : int (reads,), the schedule of each read. Ronnow et al., Science 345, 420 (2014).
    The interval of p is Wilson's, with schedules as clusters (see ``clustered_wilson``). TTS falls with p, so its
    interval is that of p carried over. The bound at zero successes takes reads as independent.
    """
    success, group = np.asarray(success), np.asarray(group)
    if success.ndim != 1 or success.size == 0 or success.shape != group.shape:
        raise InputError(f"success and group need one entry per read, got shapes {success.shape} and {group.shape}")
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
    low, high = clustered_wilson(success, group, confidence)
    if n_success:
        tts_s = _repeats(n_success / n, target_probability) * time_s
        longest_s = _repeats(low, target_probability) * time_s if low > 0 else None
        tts_ci_s = (_repeats(high, target_probability) * time_s, longest_s)
    else:
        tts_s = _repeats(3 / n, target_probability) * time_s
        tts_ci_s = (tts_s, None)
    return TimeToSolution(
        n_reads=n,
        n_schedules=np.unique(group).size,
        n_success=n_success,
        p_success=n_success / n,
        p_success_ci=(low, high),
        tts_s=tts_s,
        tts_ci_s=tts_ci_s,
        tts_is_bound=n_success == 0,
        target_probability=target_probability,
        confidence=confidence,
    )


def _repeats(p: float, target: float) -> float:
    return 1.0 if p >= target else math.log1p(-target) / math.log1p(-p)
