"""Functions of matrices by fluctuating cells: exp(-A), the determinant, Lyapunov's equation.

Enters: matrices. Leaves: the measurements of ideal cells, with standard errors from independent replicas.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.memory import check_memory, many
from hwsim.thermo.integrate import Ensemble
from hwsim.thermo.linalg import SETTLE
from hwsim.thermo.network import LinearNetwork, bowl, positive_definite


@dataclass(frozen=True, kw_only=True)
class Estimated(Shown):
    """A matrix that a machine measured. error : float64 (d, d), standard error of each entry, from independent replicas
    exact : by a direct solver;  relative_error : against it, in the Frobenius norm;  device_time_s : of one machine"""

    matrix: np.ndarray
    error: np.ndarray
    exact: np.ndarray
    relative_error: float
    device_time_s: float
    replicas: int


def exponential(
    A: np.ndarray, *, beta: float = 1.0, tau_s: float = 1e-6, replicas: int = 64, samples: int = 1000, seed: int = 0
) -> Estimated:
    """exp(-A), from cells in the bowl of A at two instants, tau_s apart: their correlation is exp(-A) C.

    A : (d, d) symmetric positive definite;  replicas : machines at once, each with ``samples`` pairs of looks. The same
    cells measure C, so beta does not matter. Raises InputError.
    """
    network = bowl(A, np.zeros(len(np.atleast_2d(A))), beta=beta, tau_s=tau_s)
    _check_counts(replicas, samples)
    if replicas * samples < _PER_CELL * network.size:
        raise InputError(
            f"exp(-A) of {network.size} cells needs at least {_PER_CELL * network.size} pairs of looks, got "
            f"{replicas} replicas of {samples} samples"
        )
    ensemble = Ensemble(network, replicas=replicas, seed=seed, start=np.zeros(network.size))
    ensemble.advance(SETTLE / network.slowest_per_s)
    _check_squares(replicas, network.size)
    both, same = np.zeros((2, replicas, network.size, network.size))
    for n in _batches(samples, replicas * network.size):
        seen = ensemble.path(n, tau_s)
        # the first look of the next batch is the last of this one
        seen = np.concatenate([seen, ensemble.states[None]]).transpose(1, 2, 0)
        both += seen[:, :, 1:] @ seen[:, :, :-1].transpose(0, 2, 1)
        same += seen[:, :, :-1] @ seen[:, :, :-1].transpose(0, 2, 1)
    inverse = np.linalg.pinv(same.mean(axis=0), hermitian=True)
    found = both.mean(axis=0) @ inverse
    # how far each replica's correlations differ from the common answer, to first order
    parts = (both - found @ same) @ inverse
    rates, basis = network.modes()
    truth = (basis * np.exp(-rates * tau_s)) @ basis.T
    return Estimated(
        matrix=found,
        error=parts.std(axis=0, ddof=1) / np.sqrt(replicas),
        exact=truth,
        relative_error=_relative(found, truth),
        device_time_s=ensemble.time_s,
        replicas=replicas,
    )


def lyapunov(
    A: np.ndarray, noise: np.ndarray, *, tau_s: float = 1e-6, replicas: int = 64, samples: int = 1000, seed: int = 0
) -> Estimated:
    """X of A X + X A^T = noise, from the covariance of cells with forces -A x and that noise; A need not be symmetric.

    A : (d, d), with positive real parts of all eigenvalues;  noise : (d, d), a covariance;  samples : of each machine,
    one relaxation time of the slowest mode apart. Raises InputError.
    """
    A, noise = np.asarray(A, dtype=float), np.asarray(noise, dtype=float)
    if A.ndim != 2 or A.shape[0] != A.shape[1]:
        raise InputError(f"A must be a square matrix, got shape {A.shape}")
    if not tau_s > 0:
        raise InputError(f"tau_s must be > 0, got {tau_s}")
    network = LinearNetwork(drift=A / tau_s, force=np.zeros(len(A)), noise=noise / tau_s)
    _check_counts(replicas, samples)
    interval_s = 1 / network.slowest_per_s
    ensemble = Ensemble(network, replicas=replicas, seed=seed, start=np.zeros(network.size))
    ensemble.advance(SETTLE * interval_s)
    _check_squares(replicas, network.size)
    square = np.zeros((replicas, network.size, network.size))
    for n in _batches(samples, replicas * network.size):
        seen = ensemble.path(n, interval_s).transpose(1, 2, 0)
        square += seen @ seen.transpose(0, 2, 1)
    square /= samples
    found, truth = square.mean(axis=0), network.covariance
    return Estimated(
        matrix=found,
        error=square.std(axis=0, ddof=1) / np.sqrt(replicas),
        exact=truth,
        relative_error=_relative(found, truth),
        device_time_s=ensemble.time_s,
        replicas=replicas,
    )


@dataclass(frozen=True, kw_only=True)
class Determinant(Shown):
    """log_determinant : natural logarithm of det A;  error : its standard error;  exact : by Cholesky
    way, slopes, slope_errors : float64 (k,), l, the measured d ln det / dl at it, and its standard error
    device_time_s : of one machine, for all l"""

    log_determinant: float
    error: float
    exact: float
    way: np.ndarray
    slopes: np.ndarray
    slope_errors: np.ndarray
    device_time_s: float
    replicas: int


_LEAST_NODES, _PER_CELL = 8, 16
_NUMBERS = 1 << 22


def determinant(
    A: np.ndarray,
    *,
    tau_s: float = 1e-6,
    replicas: int = 64,
    samples: int = 1000,
    seed: int = 0,
    progress: Callable[[float, int], None] | None = None,
) -> Determinant:
    """ln det A as a free energy: that of cells in the bowl of A is (ln det A) / 2 plus a constant, in units of k T.

    A : (d, d) symmetric positive definite;  replicas : machines at once;  samples : of each machine at each l, a
    relaxation time of the slowest mode apart. With D the diagonal of A and A = sqrt(D) (1 + O) sqrt(D), the bowl of
    1 + l O has d ln det / dl = trace(O C(l)), where C is its covariance. This is integrated from l = 0 to 1 at `nodes`.
    Raises InputError.
    """
    A = positive_definite(A)
    _check_counts(replicas, samples)
    root = np.sqrt(np.diag(A))
    off = A / np.outer(root, root) - np.eye(len(A))
    np.fill_diagonal(off, 0.0)
    way, weights = nodes(np.linalg.eigvalsh(off))
    check_memory(8 * len(way) * replicas, f"{many(replicas)} replicas at {len(way)} points of the way")
    slopes, spent = np.zeros((len(way), replicas)), 0.0
    for number, node in enumerate(way):
        network = bowl(np.eye(len(A)) + node * off, np.zeros(len(A)), tau_s=tau_s)
        interval_s = 1 / network.slowest_per_s
        ensemble = Ensemble(network, replicas=replicas, seed=seed + (number << 32), start=np.zeros(len(A)))
        ensemble.advance(SETTLE * interval_s)
        for n in _batches(samples, replicas * len(A)):
            seen = ensemble.path(n, interval_s)
            slopes[number] += np.einsum("kri,kri->r", seen @ off, seen) / samples
        spent += ensemble.time_s
        if progress is not None:
            progress((number + 1) / len(way), samples)
    total = weights @ slopes
    constant = 2 * float(np.log(root).sum())
    return Determinant(
        log_determinant=constant + float(total.mean()),
        error=float(total.std(ddof=1)) / math.sqrt(replicas),
        exact=float(np.linalg.slogdet(A)[1]),
        way=way,
        slopes=slopes.mean(axis=1),
        slope_errors=slopes.std(axis=1, ddof=1) / math.sqrt(replicas),
        device_time_s=spent,
        replicas=replicas,
    )


def nodes(eigenvalues: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(l, weights), float64 (k,): a rule for the integral of sum o / (1 + l o) from l = 0 to 1, where o are the
    ``eigenvalues`` float64 (d,).

    The sum is singular at -1/o of the largest and the least o. As a function of u = ln((l + p) / (q - l)), where p and
    q are the distances of the two from 0, its terms are smooth. Gauss's rule in u is then good to about 1e-5 of a term,
    with one more node for every two units of u.
    """
    most, least = max(float(eigenvalues.max()), 1e-6), max(-float(eigenvalues.min()), 1e-6)
    p, q = 1 / most, 1 / least
    start, end = math.log(p / q), math.log((1 + p) / max(q - 1, 1e-15))
    x, w = np.polynomial.legendre.leggauss(_LEAST_NODES + math.ceil((end - start) / 2))
    u = start + (end - start) * (x + 1) / 2
    part = 1 / (1 + np.exp(-u))
    way = (p + q) * part - p
    return np.clip(way, 0.0, 1.0), (end - start) / 2 * w * (p + q) * part * (1 - part)


def _check_squares(replicas: int, size: int) -> None:
    """Raise InputError where a matrix or two of each replica do not fit."""
    check_memory(16 * replicas * size**2, f"{many(replicas)} replicas of {size} x {size} numbers")


def _batches(samples: int, width: int) -> Iterator[int]:
    """``samples`` in parts whose paths are some tens of MB."""
    most = max(1, _NUMBERS // width)
    return (min(most, samples - done) for done in range(0, samples, most))


def _relative(found: np.ndarray, truth: np.ndarray) -> float:
    """Relative error, or absolute where the truth is 0."""
    return float(np.linalg.norm(found - truth) / (np.linalg.norm(truth) or 1.0))


def _check_counts(replicas: int, samples: int) -> None:
    if replicas < 2 or samples < 1:
        raise InputError(f"replicas must be >= 2 and samples >= 1, got {replicas} and {samples}")
