"""How far samples are from the law they should follow, and how far perfect samples would be.

Enters: state numbers (``exact_laws.state_index``) or counts per state, and a law. Leaves: total variation distances.
The noise floor is that of *independent* samples. Reads that share a schedule, or that follow each other in one chain,
are clusters and scatter more. That is not modelled here, so a distance above the floor alone proves no wrong law.
"""

import math

import numpy as np

from hwsim.arguments import named
from hwsim.errors import InputError


@named
def total_variation(index, law) -> float:
    """Half the summed |frequency - law|, from the state number of each sample: index : int (n_samples,).

    law : float64 (n_states,), sums to one.
    """
    law, index = _checked(law), np.asarray(index)
    if index.ndim != 1 or index.size == 0 or index.dtype.kind not in "iu":
        raise InputError(f"index must be a list of integer state numbers, got {index.dtype} of shape {index.shape}")
    if index.min() < 0 or index.max() >= law.size:
        raise InputError(f"a state number must lie in 0..{law.size - 1}, got {index.min()}..{index.max()}")
    return total_variation_of_counts(np.bincount(index, minlength=law.size), law)


def total_variation_of_counts(counts, law) -> float:
    """Half the summed |frequency - law|, from counts per state: counts : int (n_states,)."""
    law, counts = _checked(law), np.asarray(counts, dtype=np.float64)
    if counts.shape != law.shape:
        raise InputError(f"counts must have one entry for each of the {law.size} states, got shape {counts.shape}")
    total = counts.sum()
    if not total > 0 or counts.min() < 0:
        raise InputError("counts must be >= 0 and hold at least one sample")
    return float(np.abs(counts / total - law).sum() / 2)


@named
def tv_noise_floor(law, n_samples: int) -> float:
    """Expected total variation distance of ``n_samples`` independent exact samples from their own law.

    Exact: half the sum over states of the mean absolute deviation of a binomial over n, by de Moivre's
    E|X - np| = 2 v (1 - p) P(X = v), v = floor(np) + 1. Diaconis and Zabell 1991. No clusters (see the module).
    """
    p, n = _checked(law), _samples(n_samples)
    p = p[(p > 0) & (p < 1)]
    v = np.minimum(np.floor(n * p) + 1, n)
    return float((v * (1 - p) * _binomial(n, v, p)).sum() / n)


def tv_noise_sd(law, n_samples: int, *, n_simulations: int = 400, seed: int = 0) -> float:
    """Standard deviation of the same distance, simulated: itself known to about 1/sqrt(2 n_simulations), 3.5 %.

    For small laws: the cost is n_simulations * n_states. No clusters (see the module).
    """
    law, n = _checked(law), _samples(n_samples)
    if n_simulations < 2:
        raise InputError(f"n_simulations must be >= 2, got {n_simulations}")
    rng = np.random.default_rng(seed)
    distance = [np.abs(rng.multinomial(n, law) / n - law).sum() / 2 for _ in range(n_simulations)]
    return float(np.std(distance, ddof=1))


def _checked(law) -> np.ndarray:
    law = np.asarray(law, dtype=np.float64)
    if law.ndim != 1 or law.size == 0 or not law.min() >= 0 or abs(law.sum() - 1) > 1e-9:
        raise InputError("a law must be a list of probabilities that sum to one")
    return law


def _samples(n_samples: int) -> int:
    if n_samples < 1:
        raise InputError(f"n_samples must be >= 1, got {n_samples}")
    return int(n_samples)


def _binomial(n: int, k: np.ndarray, p: np.ndarray) -> np.ndarray:
    """P(X = k), 1 <= k <= n, by Loader's saddle point (2000): exact, and without the cancellation of log-factorials."""
    left = n - k
    inner = left > 0
    m = np.where(inner, left, 1.0)
    log = (
        _stirling_error(np.array([float(n)]))
        - _stirling_error(k)
        - _stirling_error(m)
        - _deviance(k, n * p)
        - _deviance(m, n * (1 - p))
        + 0.5 * np.log(n / (2 * math.pi * k * m))
    )
    return np.exp(np.where(inner, log, n * np.log(p)))


def _deviance(x: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """x ln(x/mean) + mean - x."""
    return x * np.log1p((x - mean) / mean) - (x - mean)


_SMALL = np.array([0.0] + [math.lgamma(k + 1) - ((k + 0.5) * math.log(k) - k) for k in range(1, 16)])
_SMALL[1:] -= 0.5 * math.log(2 * math.pi)


def _stirling_error(k: np.ndarray) -> np.ndarray:
    """ln k! less Stirling's formula; tabulated below 16, else its asymptotic series."""
    r = 1 / (k * k)
    series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r / 1680))) / k
    return np.where(k < 16, _SMALL[np.minimum(k, 15).astype(np.int64)], series)
