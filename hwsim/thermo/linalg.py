"""Linear algebra by letting cells fluctuate: the mean solves, the covariance inverts.

Enters: matrices. Leaves: what the machine measured, the error that theory predicts for that much device time, and what
direct solvers do with the same numbers. After Aifer et al., arXiv:2308.05660.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from hwsim.errors import InputError
from hwsim.thermo.integrate import Ensemble
from hwsim.thermo.network import LinearNetwork, bowl, positive_definite

SETTLE = 6.0
"""Relaxation times of the slowest mode before the first sample: the start is then forgotten to exp(-6) = 0.25 %."""
PER_RELAXATION = 8.0
"""Samples in a relaxation time of the fastest mode, by default: closer ones say little that is new."""
_MOST_SAMPLES = 200_000
_LOOKS = 24


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a machine measured of A x = b, or of the inverse of A.

    x : float64 (d,), mean over time and replicas;  covariance : float64 (d, d), beta times that of the samples
    relative_error : |x - A^-1 b| / |A^-1 b|, absolute where b is 0;  predicted_error : its root mean square, by theory
    covariance_error : relative, in the Frobenius norm, against A^-1;  predicted_covariance_error : likewise
    device_time_s : settling and sampling of one machine;  samples : in a replica;  interval_s : between two
    curve : float64 (k, 5): device time, relative error and predicted error, the same of the covariance, on the way
    interrupted : a Ctrl-C ended it before all samples
    host_s : seconds this computer took
    """

    x: np.ndarray
    covariance: np.ndarray
    relative_error: float
    predicted_error: float
    covariance_error: float
    predicted_covariance_error: float
    device_time_s: float
    settle_s: float
    interval_s: float
    samples: int
    replicas: int
    host_s: float
    curve: np.ndarray = field(repr=False)
    interrupted: bool = False


def measure(
    A: np.ndarray, b: np.ndarray, *, beta: float = 1.0, tau_s: float = 1e-6, time_s: float | None = None,
    interval_s: float | None = None, replicas: int = 1, settle_s: float | None = None, seed: int = 0,
    progress: Callable[[float, int], None] | None = None, interrupt: Callable[[], bool] = lambda: False,
) -> Measured:  # fmt: skip
    """Let cells in the bowl of A and b settle from 0, then average ``time_s`` of them, sampled every ``interval_s``.

    A : (d, d) symmetric positive definite;  beta : inverse temperature, which divides the noise;  tau_s : seconds in
    which a cell with A = 1 relaxes;  time_s : None for 100 relaxation times of the slowest mode
    replicas : machines at once;  progress : called with the share done and the samples. Raises InputError.
    """
    network = bowl(A, b, beta=beta, tau_s=tau_s)
    rates, basis = network.modes()
    settle_s = SETTLE / rates[0] if settle_s is None else settle_s
    time_s = 100 / rates[0] if time_s is None else time_s
    if not (time_s > 0 and settle_s >= 0 and np.isfinite(time_s + settle_s)):
        raise InputError(f"time_s must be > 0 and settle_s >= 0, got {time_s} and {settle_s}")
    if interval_s is None:
        interval_s = max(1 / (PER_RELAXATION * rates[-1]), time_s / _MOST_SAMPLES)
    if not 0 < interval_s <= time_s:
        raise InputError(f"interval_s must be > 0 and at most time_s, got {interval_s}")
    samples = int(time_s / interval_s * (1 + 1e-12))
    began = time.perf_counter()
    ensemble = Ensemble(network, replicas=replicas, seed=seed, start=np.zeros(network.size))
    ensemble.advance(settle_s)
    truth, inverse = network.mean, (basis / (rates * tau_s)) @ basis.T
    total, square = np.zeros(network.size), np.zeros((network.size, network.size))
    looks = set(np.unique(np.geomspace(1, samples, _LOOKS).round().astype(int)).tolist())
    curve = []
    for number in range(1, samples + 1):
        states = ensemble.states
        total += states.mean(axis=0)
        square += states.T @ states / replicas
        interrupted = number % 256 == 0 and number < samples and interrupt()
        if number in looks or interrupted:
            x = total / number
            covariance = beta * (square / number - np.outer(x, x))
            far: Any = {"interval_s": interval_s, "samples": number, "replicas": replicas}
            curve.append([
                settle_s + number * interval_s, _relative(x - truth, truth),
                predicted_error(network, settle_s=settle_s, **far), _relative(covariance - inverse, inverse),
                predicted_covariance_error(network, **far),
            ])  # fmt: skip
            if progress is not None:
                progress(number / samples, number)
        if interrupted:
            break
        ensemble.advance(interval_s)
    return Measured(
        x=x, covariance=covariance, relative_error=curve[-1][1], predicted_error=curve[-1][2],
        covariance_error=curve[-1][3], predicted_covariance_error=curve[-1][4], device_time_s=curve[-1][0],
        settle_s=settle_s, interval_s=interval_s, samples=number, replicas=replicas,
        host_s=time.perf_counter() - began, curve=np.array(curve), interrupted=interrupted,
    )  # fmt: skip


def predicted_error(
    network: LinearNetwork, *, settle_s: float, interval_s: float, samples: int, replicas: int
) -> float:
    """Root mean square of the relative error of the mean, of a start at 0: what the start leaves, and the noise.

    A mode of rate a and stationary variance v, sampled n times an interval h apart, averages to a variance of
    (v / n) (1 + 2 sum_k (1 - k/n) exp(-k a h)), which is 2 v / (a T) for T = n h far above 1/a and h far below.
    """
    rates, basis = network.modes()
    mean = network.mean @ basis
    left = mean * np.exp(-rates * settle_s) * _geometric(rates * interval_s, samples) / samples
    spread = network.noise[0, 0] / (2 * rates)
    noise = spread * correlated(rates * interval_s, samples) / samples / replicas
    # settled from a point: the variance is short of the stationary one, by less than the start leaves; see SETTLE
    return float(np.sqrt(np.sum(left**2 + noise)) / (np.linalg.norm(mean) or 1.0))


def correlated(x: np.ndarray, n: int) -> np.ndarray:
    """1 + 2 sum_{k<n} (1 - k/n) exp(-k x): by how much neighbours in time that agree inflate the variance of a mean."""
    q = np.exp(-x)
    gap = -np.expm1(-x)
    return (1 + q) / gap - 2 * q * -np.expm1(-n * x) / (n * gap**2)


def predicted_covariance_error(network: LinearNetwork, *, interval_s: float, samples: int, replicas: int) -> float:
    """Root mean square of the relative Frobenius error of the sample covariance, Var C_kl = (C_kk C_ll + C_kl^2) / n in
    modes, with n the samples over the time in which a product of two modes forgets itself."""
    rates, _ = network.modes()
    spread = network.noise[0, 0] / (2 * rates)
    inflation = correlated(np.add.outer(rates, rates) * interval_s, samples)
    variance = np.outer(spread, spread) * (1 + np.eye(len(rates))) * inflation / (samples * replicas)
    return float(np.sqrt(variance.sum()) / np.linalg.norm(spread))


@dataclass(frozen=True, kw_only=True)
class Direct:
    """A direct solver on the same numbers. iterations : of conjugate gradient, else 1;  host_s : seconds here."""

    name: str
    relative_error: float
    iterations: int
    host_s: float


def compare(A: np.ndarray, b: np.ndarray, *, tolerance: float) -> list[Direct]:
    """Cholesky, and conjugate gradient to a relative error of ``tolerance``, on this computer."""
    A, b = positive_definite(A), np.asarray(b, dtype=float)
    began = time.perf_counter()
    exact = cho_solve(cho_factor(A), b)
    cholesky_s = time.perf_counter() - began
    refined = exact + np.linalg.solve(A, b - A @ exact)
    rows = [
        Direct(name="Cholesky", relative_error=_relative(exact - refined, refined), iterations=1, host_s=cholesky_s)
    ]
    began = time.perf_counter()
    x, iterations = conjugate_gradient(A, b, refined, tolerance)
    spent = time.perf_counter() - began
    rows.append(Direct(
        name="conjugate gradient", relative_error=_relative(x - refined, refined), iterations=iterations, host_s=spent
    ))  # fmt: skip
    return rows


def conjugate_gradient(A: np.ndarray, b: np.ndarray, truth: np.ndarray, tolerance: float) -> tuple[np.ndarray, int]:
    """x and the iterations until |x - truth| <= tolerance |truth|, the machine's own error, or 10 d of them."""
    x = np.zeros(len(b))
    residual = b - A @ x
    direction, size = residual.copy(), residual @ residual
    for number in range(10 * len(b)):
        if _relative(x - truth, truth) <= tolerance or size == 0:
            return x, number
        pushed = A @ direction
        step = size / (direction @ pushed)
        x = x + step * direction
        residual = residual - step * pushed
        size, before = residual @ residual, size
        direction = residual + size / before * direction
    return x, 10 * len(b)


def _geometric(x: np.ndarray, n: int) -> np.ndarray:
    """sum_{k<n} exp(-k x)."""
    return np.expm1(-n * x) / np.expm1(-x)


def _relative(error: np.ndarray, truth: np.ndarray) -> float:
    size = float(np.linalg.norm(truth))
    return float(np.linalg.norm(error)) / size if size else float(np.linalg.norm(error))


@dataclass(frozen=True, kw_only=True)
class Estimated:
    """A matrix that a machine measured. error : float64 (d, d), standard error of each entry, from independent replicas
    relative_error : in the Frobenius norm, against a direct solver;  device_time_s : of one machine"""

    matrix: np.ndarray
    error: np.ndarray
    relative_error: float
    device_time_s: float
    replicas: int


def exponential(
    A: np.ndarray, *, beta: float = 1.0, tau_s: float = 1e-6, replicas: int = 64, samples: int = 1000, seed: int = 0
) -> Estimated:
    """exp(-A), from cells in the bowl of A that are looked at twice, tau_s apart: their correlation is exp(-A) C.

    A : (d, d) symmetric positive definite;  replicas : machines at once, each with ``samples`` pairs of looks. C is
    measured by the same cells, so that beta does not matter. Raises InputError.
    """
    network = bowl(A, np.zeros(len(np.atleast_2d(A))), beta=beta, tau_s=tau_s)
    _check_counts(replicas, samples)
    ensemble = Ensemble(network, replicas=replicas, seed=seed, start=np.zeros(network.size))
    ensemble.advance(SETTLE / network.slowest_per_s)
    d = network.size
    both, same = np.zeros((replicas, d, d)), np.zeros((replicas, d, d))
    before = ensemble.states
    for _ in range(samples):
        ensemble.advance(tau_s)
        after = ensemble.states
        both += after[:, :, None] * before[:, None, :]
        same += before[:, :, None] * before[:, None, :]
        before = after
    inverse = np.linalg.pinv(same.mean(axis=0), hermitian=True)
    found = both.mean(axis=0) @ inverse
    # what each replica's correlations differ by from the common answer, to first order
    parts = (both - found @ same) @ inverse
    rates, basis = network.modes()
    truth = (basis * np.exp(-rates * tau_s)) @ basis.T
    return Estimated(
        matrix=found, error=parts.std(axis=0, ddof=1) / np.sqrt(replicas),
        relative_error=_relative(found - truth, truth), device_time_s=ensemble.time_s, replicas=replicas,
    )  # fmt: skip


def lyapunov(
    A: np.ndarray, noise: np.ndarray, *, tau_s: float = 1e-6, replicas: int = 64, samples: int = 1000, seed: int = 0
) -> Estimated:
    """X of A X + X A^T = noise, from the covariance of cells with forces -A x and that noise; A need not be symmetric.

    A : (d, d), all of whose eigenvalues have positive real parts;  noise : (d, d), a covariance;  samples : of each
    machine, one relaxation time of the slowest mode apart. Raises InputError.
    """
    A, noise = np.asarray(A, dtype=float), np.asarray(noise, dtype=float)
    if A.ndim != 2 or A.shape[0] != A.shape[1]:
        raise InputError(f"A must be a square matrix, got shape {A.shape}")
    network = LinearNetwork(drift=A / tau_s, force=np.zeros(len(A)), noise=noise / tau_s)
    _check_counts(replicas, samples)
    interval_s = 1 / network.slowest_per_s
    ensemble = Ensemble(network, replicas=replicas, seed=seed, start=np.zeros(network.size))
    ensemble.advance(SETTLE * interval_s)
    square = np.zeros((replicas, network.size, network.size))
    for _ in range(samples):
        states = ensemble.states
        square += states[:, :, None] * states[:, None, :]
        ensemble.advance(interval_s)
    square /= samples
    found, truth = square.mean(axis=0), network.covariance
    return Estimated(
        matrix=found, error=square.std(axis=0, ddof=1) / np.sqrt(replicas),
        relative_error=_relative(found - truth, truth), device_time_s=ensemble.time_s, replicas=replicas,
    )  # fmt: skip


def _check_counts(replicas: int, samples: int) -> None:
    if replicas < 2 or samples < 1:
        raise InputError(f"replicas must be >= 2 and samples >= 1, got {replicas} and {samples}")
