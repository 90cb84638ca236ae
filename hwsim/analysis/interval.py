"""Confidence intervals of proportions and of means over clustered reads.

Enters: counts, or one value per read with the schedule it ran under. Leaves: intervals and bootstrap replicates.
"""

import math
from statistics import NormalDist

import numpy as np

from hwsim.arguments import named
from hwsim.errors import InputError
from hwsim.rounding import power_of_two


@named
def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of a probability from ``successes`` of ``n`` independent trials (Wilson 1927)."""
    if n < 1 or not 0 <= successes <= n:
        raise InputError(f"successes must lie in 0..n with n >= 1, got {successes} of {n}")
    return _score_interval(successes / n, n, confidence)


@named
def clustered_wilson(success, schedule, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for reads that share schedules, at their effective number.

    success : bool (reads,); schedule : int (reads,), the schedule of each read. Where the rates of the G schedules
    scatter more than those of independent reads would, n becomes (z / t)^2 p (1 - p) / v: v is the variance of p
    between schedules, z and t are quantiles of the normal and of Student's law, with G - 1 degrees of freedom for t
    (Korn and Graubard, Survey Methodology 24, 193 (1998)).
    It is never narrower than for independent reads. A single schedule says nothing about how schedules differ; nor
    do reads of which none, or all, succeed.
    """
    success = np.asarray(success, dtype=np.float64)
    _, member, size = np.unique(np.asarray(schedule), return_inverse=True, return_counts=True)
    n, n_schedules, p = success.size, size.size, float(success.mean())
    worth = float(n)
    if 1 < n_schedules < n and 0 < p < 1:
        excess = np.bincount(member, weights=success) - p * size
        variance = n_schedules / (n_schedules - 1) * float(np.sum(excess**2)) / n**2
        if variance > p * (1 - p) / n:
            z = NormalDist().inv_cdf((1 + _level(confidence)) / 2)
            worth = min(
                worth, p * (1 - p) / variance * (z / student_quantile((1 + confidence) / 2, n_schedules - 1)) ** 2
            )
    return _score_interval(p, worth, confidence)


def _score_interval(p: float, n: float, confidence: float) -> tuple[float, float]:
    z2 = NormalDist().inv_cdf((1 + _level(confidence)) / 2) ** 2
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    # at the ends the algebra gives exactly 0 and 1; rounded numbers may not
    return (0.0 if p == 0 else centre - half, 1.0 if p == 1 else centre + half)


def student_quantile(probability: float, dof: int) -> float:
    """Quantile of Student's t with ``dof`` degrees of freedom; 0.5 <= probability < 1. By bisection of the finite sums
    of Abramowitz and Stegun 26.7.3 and 26.7.4."""
    if not (0.5 <= probability < 1 and dof >= 1):
        raise InputError(f"a t quantile needs 0.5 <= probability < 1 and dof >= 1, got {probability} and {dof}")
    low, high = 0.0, 1.0
    while _student_cdf(high, dof) < probability:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_cdf(middle, dof) < probability else (low, middle)
    return (low + high) / 2


def _student_cdf(t: float, dof: int) -> float:
    angle = math.atan(t / math.sqrt(dof))
    cosine, sine, even = math.cos(angle), math.sin(angle), dof % 2 == 0
    term, total = (1.0 if even else cosine), 0.0
    for k in range(0 if even else 1, dof - 1, 2):
        total += term
        term *= cosine**2 * (k + 1) / (k + 2)
    inside = sine * total if even else 2 / math.pi * (angle + sine * total)
    return 0.5 + 0.5 * inside


@named
def clustered_bootstrap(values, schedule, *, n_boot: int = 1000, seed: int = 0) -> np.ndarray:
    """Replicates of the mean of ``values``, drawing schedules with replacement and then reads within each drawn one.

    values : float64 or bool (reads,); schedule : int (reads,), the schedule of each read. Returns float64 (n_boot,).
    The second stage adds the scatter within schedules once more, so intervals err on the wide side; with one read per
    schedule it adds nothing. Fewer than about ten schedules give a rough interval by any method.
    """
    values, schedule = np.asarray(values, dtype=np.float64), np.asarray(schedule)
    if values.ndim != 1 or values.size == 0 or values.shape != schedule.shape:
        raise InputError(f"values and schedule need one entry per read, got shapes {values.shape} and {schedule.shape}")
    if n_boot < 1:
        raise InputError(f"n_boot must be >= 1, got {n_boot}")
    _, member, size = np.unique(schedule, return_inverse=True, return_counts=True)
    ordered = values[np.argsort(member, kind="stable")]
    first = np.cumsum(size) - size
    rng = np.random.default_rng(seed)
    means = np.empty(n_boot)
    for b in range(n_boot):
        drawn = rng.integers(size.size, size=size.size)
        n_reads = size[drawn]
        within = (rng.random(n_reads.sum()) * np.repeat(n_reads, n_reads)).astype(np.int64)
        means[b] = ordered[np.repeat(first[drawn], n_reads) + within].mean()
    return means


def cluster_replicates(sums, sizes, *, n_boot: int = 1000, seed: int = 0) -> np.ndarray:
    """Replicates of a mean, drawing schedules with replacement: `clustered_bootstrap` without its second stage.

    sums, sizes : (schedules,), of the values of each schedule and of its reads. Returns float64 (n_boot,).
    """
    sums, sizes = np.asarray(sums, dtype=np.float64), np.asarray(sizes, dtype=np.float64)
    times = np.random.default_rng(seed).multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), size=n_boot)
    return (times @ sums) / (times @ sizes)


def percentile_interval(replicates, confidence: float = 0.95) -> tuple[float, float]:
    """The central ``confidence`` of bootstrap replicates."""
    tail = (1 - _level(confidence)) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail])
    return float(low), float(high)


@named
def standard_error(values: np.ndarray, schedule: np.ndarray) -> float | None:
    """Standard error of the mean of ``values`` (reads,) when reads of one schedule may be correlated.

    Between schedules when there are at least two (cluster means, exact for equal clusters), never below the one that
    takes reads as independent; None for a single read.
    """
    n = len(values)
    if n < 2:
        return None
    unit = power_of_two(np.ptp(values))  # so that no square underflows
    away = (values - values.mean()) / unit
    independent = float(np.std(away, ddof=1) / np.sqrt(n))
    counts = np.bincount(schedule)
    if len(counts) < 2:
        return unit * independent
    sums = np.bincount(schedule, weights=away)
    between = float(np.sqrt(len(counts) / (len(counts) - 1) * np.sum(sums**2)) / n)
    return unit * max(independent, between)


def _level(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise InputError(f"confidence must lie between 0 and 1, got {confidence}")
    return confidence
