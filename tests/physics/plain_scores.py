"""Two samples of the same numbers, compared: how far each mean is off, and the mean of the squares."""

import math
from collections.abc import Iterable
from statistics import NormalDist

import numpy as np
from scipy.stats import chi2, norm, t

ALPHA = 0.01
"""Chance that a right hwsim would fail any limit of a comparison, were its seeds not fixed."""
LEAST_COUNT = 40
"""A number of two values is compared where both are expected as often, in either sample."""
LEAST_NUMBERS = 8
"""A machine of which less can be compared says nothing."""


def limit(comparisons: int) -> float:
    """The z that none of so many exceeds, with probability 1 - ALPHA (Bonferroni)."""
    return NormalDist().inv_cdf(1 - ALPHA / 2 / comparisons)


class Scores:
    """ours, plain : float64 (reads, k), a column for each number;  group : int (reads,), the cluster of each of ours

    names, z, means : of the numbers that can be compared, all but those too rare for a normal law; one that never
    varies must be the same in both, and has an infinite z if it is not. z is as if errors were known exactly.
    square : how far the mean of z**2 lies from 1, as a normal deviate. That mean is a chi-square over its degrees of
    freedom, of which correlations between the numbers leave few (Satterthwaite 1946).
    """

    def __init__(self, names: Iterable[str], ours: np.ndarray, plain: np.ndarray, group: np.ndarray) -> None:
        clusters = np.array([ours[group == g].mean(axis=0) for g in np.unique(group)])
        of_ours, of_plain = clusters.var(axis=0, ddof=1) / len(clusters), plain.var(axis=0, ddof=1) / len(plain)
        both = np.concatenate((ours, plain))
        low, high = both.min(axis=0), both.max(axis=0)
        still = low == high
        is_high = (both == high).mean(axis=0)
        two_valued = np.all((both == low) | (both == high), axis=0)
        rare = two_valued & (np.minimum(is_high, 1 - is_high) * min(len(ours), len(plain)) < LEAST_COUNT)
        apart = (np.ptp(ours, axis=0) == 0) & (np.ptp(plain, axis=0) == 0) & ~still
        kept = (~rare & ~still) | apart
        error = np.where(apart, np.inf, np.where(kept, of_ours + of_plain, 1.0))
        freedom = error**2 / (of_ours**2 / (len(clusters) - 1) + of_plain**2 / (len(plain) - 1) + 1e-300)
        difference = ours.mean(axis=0) - plain.mean(axis=0)
        tail = t.sf(np.abs(difference) / np.sqrt(error), np.where(apart, 1.0, freedom))
        z = np.sign(difference) * norm.isf(tail)
        self.names = [name for name, is_kept in zip(names, kept, strict=True) if is_kept]
        self.z = np.where(apart, np.inf, z)[kept]
        self.means = ours.mean(axis=0)[kept], plain.mean(axis=0)[kept]
        assert len(self.z) >= LEAST_NUMBERS, "too little to compare"
        samples = [(clusters[:, kept], of_ours[kept]), (plain[:, kept], of_plain[kept])]
        self.square = _square(self.z, samples, error[kept]) if np.all(np.isfinite(self.z)) else math.inf

    def worst(self) -> str:
        """The number that is farthest off, and the mean of the squares, in words."""
        k = int(np.argmax(np.abs(self.z)))
        ours, plain = (mean[k] for mean in self.means)
        square = f"mean z^2 {np.mean(self.z**2):.2f} ({self.square:+.1f} s.d.)"
        return f"{self.names[k]}: {ours:.4f}, plain {plain:.4f}, z {self.z[k]:+.1f}; {square}"

    def agree(self, machines: int, numbers: int) -> bool:
        """Whether all is within the limits of so many machines, which have so many numbers together."""
        return bool(np.abs(self.z).max() < limit(numbers) and abs(self.square) < limit(machines))


def _square(z: np.ndarray, samples: list[tuple[np.ndarray, np.ndarray]], error: np.ndarray) -> float:
    """The mean of z**2 as a normal deviate. samples : a table of independent rows, and the variance of their mean, of
    each of the two; ``error`` is the sum of both. Correlations that so many rows show by chance are taken off."""
    correlation, by_chance = np.zeros((len(z), len(z))), 0.0
    for rows, variance in samples:
        unit = (rows - rows.mean(axis=0)) / np.sqrt(error)
        correlation += np.einsum("ri,rj->ij", unit, unit) / (len(rows) * (len(rows) - 1))
        by_chance += np.sum(variance / error) ** 2 / (len(rows) - 1)
    freedom = len(z) ** 2 / (np.sum(correlation**2) - by_chance)
    statistic = np.mean(z**2) * freedom
    above = statistic > freedom
    tail = chi2.sf(statistic, freedom) if above else chi2.cdf(statistic, freedom)
    return float(norm.isf(tail) if above else -norm.isf(tail))
