"""Distance: measured samples of a real chip beside an emulation of it, with intervals.

Enters: a Run, and samples of the same problem from anywhere. Leaves: how far their energies, correlations and laws lie
apart, beyond the noise of so many samples.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.analysis.clusters import clusters
from hwsim.analysis.exact_laws import MAX_SPINS, state_index
from hwsim.analysis.interval import student_quantile
from hwsim.analysis.quality import EffectiveBeta, effective_beta
from hwsim.arguments import named
from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.session import Run
from hwsim.streams import generator

_BLOCKS = 64
"""Independent samples are gathered into so many blocks, whose scatter tells the error."""
_DRAWN = 200
Interval = tuple[float, float, float]
"""Value, and the low and high end of its 95 % interval."""


@dataclass(frozen=True, kw_only=True)
class Distance(Shown):
    """Of ``n_samples`` samples from the ``n_reads`` reads of a run. Intervals are (value, low, high), 95 %.

    energy : mean energy of the samples less that of the reads, problem units
    correlation, mean : r.m.s. over couplings of the difference of <s_i s_j>, and over spins of that of <s_i>; free of
    the bias of sampling noise, so 0 where both come from one law. None where nothing is coupled
    total_variation : between the two histograms of states, up to MAX_SPINS spins;  tv_floor : what two such sets of one
    law would show on average;  tv_floor_high : what they exceed with 5 % probability
    sample_beta, read_beta : effective betas of both
    """

    n_samples: int
    n_reads: int
    energy: Interval
    correlation: Interval | None
    mean: Interval
    total_variation: float | None
    tv_floor: float | None
    tv_floor_high: float | None
    sample_beta: EffectiveBeta | None
    read_beta: EffectiveBeta | None

    def _shown(self) -> tuple[str, Facts]:
        variation = None
        if self.total_variation is not None:
            variation = f"{self.total_variation:.3g}, of which noise makes {self.tv_floor:.3g}"
            variation += f" (with 95 % below {self.tv_floor_high:.3g})"
        betas = None
        if self.sample_beta is not None:
            betas = f"{self.sample_beta}, that of the reads {self.read_beta}"
        return f"Distance of {self.n_samples} samples from {self.n_reads} reads", [
            ("energy", _words(self.energy, sign="+")),
            ("correlations", None if self.correlation is None else f"r.m.s. {_words(self.correlation)}"),
            ("means", f"r.m.s. {_words(self.mean)}"),
            ("total variation", variation),
            ("effective beta", betas),
        ]


@named
def distance(run: Run, samples: Any, *, cluster: Any = None) -> Distance:
    """How far ``samples`` lie from the reads of ``run``.

    samples : (k, n) of -1 and +1, or of 0 and 1, in the order of ``run.program.readout.names``; a dimod SampleSet; or
    another Run of the same problem
    cluster : int (k,), samples that may be correlated share a number; without it, neighbours in the order are taken
    together, as samples that a chip gave one after the other. Raises InputError.
    """
    program = run.program
    if program.cells.pdit is not None:
        raise InputError("distances are of spins, and this program has p-dits")
    values, own = _values(run, samples)
    if cluster is not None:
        own = np.unique(np.asarray(cluster), return_inverse=True)[1]
    if len(own) != len(values):
        raise InputError(f"cluster needs one number for each of the {len(values)} samples, got {len(own)}")
    reads, by_read = run.variables, np.unique(clusters(program, run.schedule), return_inverse=True)[1]
    here, there = _blocks(by_read), _blocks(own)
    network = program.problem_network
    first, second, _ = network.pairs
    return Distance(
        n_samples=len(values),
        n_reads=run.reads,
        energy=_difference((run.energies, here), (program.value_energies(values), there)),
        correlation=_rms(_moments(reads, here, first, second), _moments(values, there, first, second))
        if len(first)
        else None,
        mean=_rms(_moments(reads, here), _moments(values, there)),
        **_variation(reads, values),
        sample_beta=effective_beta(network, values, own),
        read_beta=effective_beta(network, reads, by_read),
    )


def _values(run: Run, samples: Any) -> tuple[np.ndarray, np.ndarray]:
    """(int8 (k, n) of +-1 in the program's order, the cluster of each)."""
    n, names = run.program.n_variables, list(run.program.readout.names)
    if isinstance(samples, Run):
        if samples.program.n_variables != n:
            raise InputError(f"both runs must be of one problem, got {n} and {samples.program.n_variables} variables")
        cluster = clusters(samples.program, samples.schedule)
        return samples.variables, np.unique(cluster, return_inverse=True)[1]
    if hasattr(samples, "record") and hasattr(samples, "variables"):
        place = {label: k for k, label in enumerate(samples.variables)}
        missing = [label for label in names if label not in place]
        if missing:
            raise InputError(f"the samples have no variable {missing[0]!r} of the problem")
        columns = [place[label] for label in names]
        samples = np.repeat(samples.record.sample[:, columns], samples.record.num_occurrences, axis=0)
    try:
        values = np.asarray(samples, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"samples must be rows of {n} values of -1 and +1, or of 0 and 1") from None
    if values.ndim != 2 or values.shape[1] != n or not len(values):
        raise InputError(f"samples must have the shape (k, {n}), got {values.shape}")
    seen = set(np.unique(values).tolist())
    if not (seen <= {-1.0, 1.0} or seen <= {0.0, 1.0}):
        raise InputError(f"samples must be of -1 and +1, or of 0 and 1, got {min(seen):g} to {max(seen):g}")
    return np.where(values > 0, 1, -1).astype(np.int8), np.arange(len(values))


def _blocks(cluster: np.ndarray) -> np.ndarray:
    """The block of each sample: its cluster, or where there are many, one of _BLOCKS of neighbouring clusters."""
    n = int(cluster.max()) + 1
    return cluster if n <= _BLOCKS else cluster * _BLOCKS // n


def _moments(
    values: np.ndarray, block: np.ndarray, first: np.ndarray | None = None, second: np.ndarray | None = None
) -> np.ndarray:
    """float64 (blocks, m): means of s_i, or of s_i s_j, in each block."""
    rows = []
    for b in range(int(block.max()) + 1):
        part = values[block == b]
        rows.append(np.mean(part if first is None else part[:, first] * part[:, second], axis=0))
    return np.array(rows)


def _rms(here: np.ndarray, there: np.ndarray) -> Interval:
    """Root of the mean square of the difference of means of rows (blocks, m), without the bias of their noise; the
    interval is by the jackknife over blocks."""
    if min(len(here), len(there)) < 2:
        away = float(np.sqrt(np.mean((here.mean(axis=0) - there.mean(axis=0)) ** 2)))
        return away, 0.0, math.inf
    square = _square(here, there)
    if min(len(here), len(there)) < 3:
        return math.sqrt(max(square, 0.0)), 0.0, math.inf
    left = (
        np.array([_square(np.delete(here, g, axis=0), there) for g in range(len(here))]),
        np.array([_square(here, np.delete(there, g, axis=0)) for g in range(len(there))]),
    )
    parts = [float((len(part) - 1) / len(part) * np.sum((part - part.mean()) ** 2)) for part in left]
    half = student_quantile(0.975, _freedom(parts, [len(here), len(there)])) * math.sqrt(sum(parts))
    value, low, high = (math.sqrt(max(each, 0.0)) for each in (square, square - half, square + half))
    return value, low, high


def _square(here: np.ndarray, there: np.ndarray) -> float:
    """Mean over columns of (a - b)^2, a and b the means of independent rows, free of the bias of their scatter."""
    parts = []
    for rows in (here, there):
        g = len(rows)
        parts.append((np.sum(rows.sum(axis=0) ** 2) - np.sum(rows**2)) / (g * (g - 1)))
    cross = here.mean(axis=0) @ there.mean(axis=0)
    return float(parts[0] + parts[1] - 2 * cross) / here.shape[1]


def _difference(here: tuple[np.ndarray, np.ndarray], there: tuple[np.ndarray, np.ndarray]) -> Interval:
    """Mean of the second less that of the first, (values, block) each; Welch's interval over blocks."""
    value = float(np.mean(there[0]) - np.mean(here[0]))
    parts, counts = [], []
    for values, block in (here, there):
        size = np.bincount(block)
        n = len(size)
        if n < 2:
            return value, -math.inf, math.inf
        sums = np.bincount(block, weights=values - values.mean())
        parts.append(float(np.sum(sums**2)) * n / (n - 1) / len(values) ** 2)
        counts.append(n)
    half = student_quantile(0.975, _freedom(parts, counts)) * math.sqrt(sum(parts))
    return value, value - half, value + half


def _freedom(variances: list[float], counts: list[int]) -> int:
    """Degrees of freedom of the sum of two variances of means of ``counts`` blocks (Welch 1947)."""
    below = sum(part**2 / (n - 1) for part, n in zip(variances, counts, strict=True))
    return max(1, int(sum(variances) ** 2 / below)) if below > 0 else min(counts) - 1


def _variation(reads: np.ndarray, values: np.ndarray) -> dict[str, float | None]:
    """total_variation, tv_floor and tv_floor_high; None for too many spins."""
    if reads.shape[1] > MAX_SPINS:
        return {"total_variation": None, "tv_floor": None, "tv_floor_high": None}
    states, index = np.unique(np.concatenate((state_index(reads), state_index(values))), return_inverse=True)
    counts = [np.bincount(part, minlength=len(states)) for part in (index[: len(reads)], index[len(reads) :])]
    pooled = (counts[0] + counts[1]) / (len(reads) + len(values))
    draws = generator(0, "distance").multinomial
    drawn = [draws(n, pooled, size=_DRAWN) / n for n in (len(reads), len(values))]
    noise = np.abs(drawn[0] - drawn[1]).sum(axis=1) / 2
    seen = float(np.abs(counts[0] / len(reads) - counts[1] / len(values)).sum() / 2)
    return {"total_variation": seen, "tv_floor": float(noise.mean()), "tv_floor_high": float(np.quantile(noise, 0.95))}


def _words(interval: Interval, *, sign: str = "") -> str:
    value, low, high = interval
    ends = ["..." if math.isinf(end) else f"{end:.3g}" for end in (low, high)]
    return f"{value:{sign}.3g} [{ends[0]}, {ends[1]}]"
