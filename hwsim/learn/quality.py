"""Quality: how good the samples and the answers of a trained machine are.

Enters: rows of bits of -1 and +1, from data and from machines, or predicted classes. Leaves: numbers, each beside what
it would be for data themselves and for trivial models, without which it says nothing.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.analysis.interval import wilson
from hwsim.arguments import named
from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.learn.data import Data
from hwsim.streams import generator

COMPONENTS = 20
"""Principal components in which sets of images are compared."""
_REPEATS = 10
"""Draws of the floor and of trivial models, whose scatter is told."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Accuracy(Shown):
    """How many rows got their class. right, rows : counts;  low, high : interval of 95 % (Wilson) for such rows
    confusion : int64 (classes, classes), true by predicted class"""

    right: int
    rows: int
    low: float
    high: float
    confusion: np.ndarray

    @property
    def share(self) -> float:
        """Of the rows that got their class."""
        return self.right / self.rows

    def _shown(self) -> tuple[str, Facts]:
        return f"Accuracy {self.share:.3f} [{self.low:.3f}, {self.high:.3f}], {self.right} of {self.rows} rows", []


@named
def accuracy(labels: np.ndarray, predicted: np.ndarray, classes: int) -> Accuracy:
    """Of ``predicted`` int (rows,) where ``labels`` int (rows,) are right. Raises InputError."""
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    if labels.shape != predicted.shape or labels.ndim != 1 or not len(labels):
        raise InputError(f"labels and predictions must be as many, got shapes {labels.shape} and {predicted.shape}")
    right = int(np.sum(labels == predicted))
    low, high = wilson(right, len(labels))
    table = np.bincount(labels * classes + predicted, minlength=classes * classes).reshape(classes, classes)
    return Accuracy(right=right, rows=len(labels), low=low, high=high, confusion=table)


@dataclass(frozen=True, kw_only=True, eq=False)
class Features(Shown):
    """Principal components of rows of data, bits as 0 and 1. mean : float64 (v,);  axes : float64 (v, components)
    share : of the data's variance that they hold"""

    mean: np.ndarray
    axes: np.ndarray
    share: float

    def of(self, bits: np.ndarray) -> np.ndarray:
        """float64 (rows, components) of ``bits`` int8 (rows, v), -1 and +1."""
        return (_as_shares(bits) - self.mean) @ self.axes


def features(bits: np.ndarray, components: int = COMPONENTS) -> Features:
    """The first ``components`` principal components of ``bits`` int8 (rows, v). Raises InputError."""
    rows, v = bits.shape
    if not 1 <= components <= min(rows - 1, v):
        raise InputError(f"{rows} rows of {v} bits have 1 to {min(rows - 1, v)} components, got {components}")
    values = _as_shares(bits)
    mean = values.mean(axis=0)
    _, size, axes = np.linalg.svd(values - mean, full_matrices=False)
    spread = size**2
    return Features(mean=mean, axes=axes[:components].T, share=float(spread[:components].sum() / spread.sum()))


def frechet(here: np.ndarray, there: np.ndarray) -> float:
    """Squared Frechet distance of the normal laws with the moments of two sets of features, (rows, d) each:
    |m - m'|^2 + tr(C + C' - 2 (C C')^(1/2)) (Dowson and Landau, J. Multivar. Anal. 12, 450 (1982)). Raises
    InputError."""
    if here.ndim != 2 or there.ndim != 2 or here.shape[1] != there.shape[1] or min(len(here), len(there)) < 2:
        raise InputError(f"two sets of features must have one width and two rows, got {here.shape} and {there.shape}")
    away = here.mean(axis=0) - there.mean(axis=0)
    first, second = (np.atleast_2d(np.cov(part.T)) for part in (here, there))
    value, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(np.maximum(value, 0))) @ vectors.T
    middle = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ second @ root), 0)).sum()
    return float(away @ away + np.trace(first) + np.trace(second) - 2 * middle)


@dataclass(frozen=True, kw_only=True)
class FrechetDistance(Shown):
    """Squared Frechet distance of samples from test data, bits as 0 and 1, in principal components of training data.

    distance : of the samples;  floor : of as many rows of the training data;  by_class : of as many rows of independent
    bits with the means of a class, classes as often as in training, None without labels;  independent : of independent
    bits. Each of these three is (mean, s.d.) over draws of the rows
    rows : how many samples;  components, share : how many, and what share of the variance they hold
    """

    distance: float
    floor: tuple[float, float]
    by_class: tuple[float, float] | None
    independent: tuple[float, float]
    rows: int
    components: int
    share: float

    def _shown(self) -> tuple[str, Facts]:
        def words(pair: tuple[float, float] | None) -> str | None:
            return None if pair is None else f"{pair[0]:.3g} +- {pair[1]:.2g}"

        return f"Frechet distance {self.distance:.3g} of {self.rows} samples from the test data", [
            ("training data", words(self.floor)),
            ("independent bits of a class", words(self.by_class)),
            ("independent bits", words(self.independent)),
            ("in", f"{self.components} principal components, {self.share:.0%} of the variance"),
        ]


@named
def frechet_distance(
    samples: np.ndarray, train: Data, test: Data, *, components: int = COMPONENTS, seed: int = 0
) -> FrechetDistance:
    """Of ``samples`` int8 (rows, v) from ``test``, beside the floor and two trivial models, each of as many rows. More
    samples than there are training rows are thinned. Raises InputError."""
    if samples.ndim != 2 or samples.shape[1] != train.bits.shape[1]:
        raise InputError(f"samples must have {train.bits.shape[1]} bits, got shape {samples.shape}")
    found = features(train.bits, components)
    labels = train.labels
    samples = samples[np.linspace(0, len(samples) - 1, min(len(samples), len(train))).astype(np.int64)]
    rows, reference = len(samples), found.of(test.bits)
    source = generator(seed, "trivial models")

    def over_draws(draw: Any) -> tuple[float, float]:
        values = [frechet(found.of(draw()), reference) for _ in range(_REPEATS)]
        return float(np.mean(values)), float(np.std(values, ddof=1))

    def independent(bits: np.ndarray, count: int) -> np.ndarray:
        return np.where(source.random((count, bits.shape[1])) < _as_shares(bits).mean(axis=0), 1, -1).astype(np.int8)

    def by_class(labels: np.ndarray) -> np.ndarray:
        each = source.choice(labels, rows)
        parts = [(train.bits[labels == k], int(np.sum(each == k))) for k in np.unique(each)]
        return np.concatenate([independent(bits, count) for bits, count in parts])

    return FrechetDistance(
        distance=frechet(found.of(samples), reference),
        floor=over_draws(lambda: train.bits[source.permutation(len(train))[:rows]]),
        by_class=None if labels is None else over_draws(lambda: by_class(labels)),
        independent=over_draws(lambda: independent(train.bits, rows)),
        rows=rows,
        components=components,
        share=found.share,
    )


@dataclass(frozen=True, kw_only=True)
class Reconstruction(Shown):
    """How well bits that were not shown were found again. error : share of them that is wrong;  low, high : interval of
    95 % over rows;  trivial : the same where each such bit is the more frequent value of the training data
    bits : how many were asked for in each row;  rows : how many rows"""

    error: float
    low: float
    high: float
    trivial: float
    bits: int
    rows: int

    def _shown(self) -> tuple[str, Facts]:
        title = f"Reconstruction of {self.bits} bits in {self.rows} rows: {self.error:.3f} wrong"
        return title, [
            ("interval", f"[{self.low:.3f}, {self.high:.3f}]"),
            ("most frequent value", f"{self.trivial:.3f}"),
        ]


@named
def reconstruction(rows: np.ndarray, means: np.ndarray, shown: np.ndarray, train: np.ndarray) -> Reconstruction:
    """Of ``rows`` int8 (k, v), whose bits ``shown`` bool (v,) a machine was given and which it answered with ``means``
    float64 (k, v); their signs are its answer. train : int8 (m, v), the training data. Raises InputError."""
    if rows.shape != means.shape or shown.shape != rows.shape[1:] or np.all(shown) or len(rows) < 2:
        raise InputError(f"a reconstruction needs two rows, and bits that were not shown, got shapes {rows.shape}")
    asked = ~shown
    wrong = np.mean(np.where(means[:, asked] >= 0, 1, -1) != rows[:, asked], axis=1)
    usual = np.where(train[:, asked].sum(axis=0) >= 0, 1, -1)
    half = 1.96 * float(np.std(wrong, ddof=1)) / math.sqrt(len(rows))
    error = float(wrong.mean())
    return Reconstruction(
        error=error,
        low=max(0.0, error - half),
        high=min(1.0, error + half),
        trivial=float(np.mean(usual != rows[:, asked])),
        bits=int(asked.sum()),
        rows=len(rows),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class ChainCorrelation(Shown):
    """How long chains on one input remember: correlation of an observable with itself, about the mean of all chains.

    lags : int64 (k,), in looks;  correlation : float64 (k,), 1 at lag 0
    late : mean over the last lags, clipped at 0, which an independent chain has near 0 and a frozen one at 1
    error : standard error of it, by the jackknife over chains;  chains, inputs : how many
    """

    lags: np.ndarray
    correlation: np.ndarray
    late: float
    error: float
    chains: int
    inputs: int

    def _shown(self) -> tuple[str, Facts]:
        return f"Correlation {self.late:.3f} +- {self.error:.2g} after {self.lags[-1]} looks", [
            ("chains", f"{self.chains} on each of {self.inputs} inputs")
        ]


@named
def chain_correlation(record: np.ndarray, *, observables: int = 16, seed: int = 0) -> ChainCorrelation:
    """Of ``record`` int8 (times, chains, n) or (inputs, times, chains, n): states of chains that run on one input each.

    observables : random directions (normal, drawn by ``seed``) on which states are projected. Means are over all chains
    of an input, not over each chain's own times: a chain that is stuck in one mode looks mixed about its own mean. Lags
    reach half of the record, and the later half is compared with times before it. Raises InputError.
    """
    record = record[None] if record.ndim == 3 else record
    if record.ndim != 4 or record.shape[1] < 4 or record.shape[2] < 3:
        raise InputError(f"a record needs 4 times and 3 chains on an input, got shape {record.shape}")
    inputs, times, chains, n = record.shape
    directions = generator(seed, "observables").standard_normal((n, observables))
    seen = record.reshape(-1, n).astype(np.float64) @ directions
    seen = seen.reshape(inputs, times, chains, observables)
    half = times // 2
    kept = max(1, half // 16)
    sums = _Lagged.of(seen, half)
    spread = sums.covariance(0)  # 0 of chains that are all frozen in one state
    correlation = np.array([sums.covariance(lag) for lag in range(half)]) / spread if spread > 0 else np.ones(half)
    late = float(correlation[-kept:].mean())
    left = []
    for chain in range(chains):
        spread = sums.covariance(0, without=chain)
        last = [sums.covariance(lag, without=chain) for lag in range(half - kept, half)]
        left.append(float(np.mean(last)) / spread if spread > 0 else 1.0)
    error = math.sqrt((chains - 1) / chains * float(np.sum((np.array(left) - np.mean(left)) ** 2)))
    return ChainCorrelation(
        lags=np.arange(half), correlation=correlation, late=max(0.0, late), error=error, chains=chains, inputs=inputs
    )


@dataclass(frozen=True, eq=False)
class _Lagged:
    """Means over times of each chain, so that a chain can be left out: of the observable at the times of the later half
    (later), a lag before (earlier), and of their product; float64 (half, inputs, chains, observables), later without
    the first axis."""

    product: np.ndarray
    earlier: np.ndarray
    later: np.ndarray

    @classmethod
    def of(cls, seen: np.ndarray, half: int) -> "_Lagged":
        times = seen.shape[1]
        later = seen[:, half:]
        parts = [seen[:, half - lag : times - lag] for lag in range(half)]
        product = np.array([np.einsum("itco,itco->ico", part, later) for part in parts]) / later.shape[1]
        return cls(product, np.array([part.mean(axis=1) for part in parts]), later.mean(axis=1))

    def covariance(self, lag: int, without: int | None = None) -> float:
        """About the mean of the chains of an input, over all chains, or those but one."""
        product, earlier, later = (
            part.mean(axis=1) if without is None else (part.sum(axis=1) - part[:, without]) / (part.shape[1] - 1)
            for part in (self.product[lag], self.earlier[lag], self.later)
        )
        return float(np.mean(product - later * earlier))


def _as_shares(bits: np.ndarray) -> np.ndarray:
    """float64, bits of -1 and +1 as 0 and 1."""
    return (bits.astype(np.float64) + 1) / 2
