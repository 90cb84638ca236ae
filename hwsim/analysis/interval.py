"""Confidence intervals of proportions and of means over clustered reads.

Enters: counts, or one value per read with the schedule it ran under. Leaves: intervals and bootstrap replicates.
"""

import math
from statistics import NormalDist

import numpy as np

from hwsim.errors import InputError


def wilson(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided interval of a probability from ``successes`` of ``n`` independent trials (Wilson 1927)."""
    if n < 1 or not 0 <= successes <= n:
        raise InputError(f"successes must lie in 0..n with n >= 1, got {successes} of {n}")
    z2 = NormalDist().inv_cdf((1 + _level(confidence)) / 2) ** 2
    p = successes / n
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    # at the ends the algebra gives exactly 0 and 1; rounding need not
    return (0.0 if successes == 0 else centre - half, 1.0 if successes == n else centre + half)


def clustered_bootstrap(values, group, *, n_boot: int = 1000, seed: int = 0) -> np.ndarray:
    """Replicates of the mean of ``values``, drawing schedules with replacement and then reads within each drawn one.

    values : float64 or bool (reads,); group : int (reads,), the schedule of each read. Returns float64 (n_boot,).
    The second stage adds the scatter within schedules once more, so intervals err on the wide side; with one read per
    schedule it adds nothing. Fewer than about ten schedules give a rough interval whatever is done.
    """
    values, group = np.asarray(values, dtype=np.float64), np.asarray(group)
    if values.ndim != 1 or values.size == 0 or values.shape != group.shape:
        raise InputError(f"values and group need one entry per read, got shapes {values.shape} and {group.shape}")
    if n_boot < 1:
        raise InputError(f"n_boot must be >= 1, got {n_boot}")
    _, member, size = np.unique(group, return_inverse=True, return_counts=True)
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


def percentile_interval(replicates, confidence: float = 0.95) -> tuple[float, float]:
    """The central ``confidence`` of bootstrap replicates."""
    tail = (1 - _level(confidence)) / 2
    low, high = np.quantile(replicates, [tail, 1 - tail])
    return float(low), float(high)


def is_clustered(success, group) -> bool:
    """Whether success rates differ between schedules by more than independent reads would on average.

    Pearson's homogeneity statistic above its mean, n_schedules - 1: a low bar on purpose, for it can only widen an
    interval. success : bool (reads,); group : int (reads,).
    """
    success = np.asarray(success, dtype=np.float64)
    _, member, size = np.unique(np.asarray(group), return_inverse=True, return_counts=True)
    p = success.mean()
    if size.size < 2 or p in (0.0, 1.0):
        return False
    rate = np.bincount(member, weights=success) / size
    return bool((size * (rate - p) ** 2).sum() / (p * (1 - p)) > size.size - 1)


def _level(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise InputError(f"confidence must lie between 0 and 1, got {confidence}")
    return confidence
