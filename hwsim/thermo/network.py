"""Linear networks of continuous cells: Ornstein-Uhlenbeck processes, with time in seconds.

Enters: matrices, or the components of a circuit. Leaves: a LinearNetwork, the arrays that integrators read, and its
exact moments.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.linalg import expm, solve_continuous_lyapunov

from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.errors import InputError

_SYMMETRIC = 1e-9
"""The relative asymmetry that rounding may leave in a symmetric matrix."""


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearNetwork(Shown):
    """dx = (force - drift x) dt + dW, where dW has covariance ``noise`` per second.

    drift : float64 (d, d), 1/s;  force : float64 (d,), unit/s;  noise : float64 (d, d), unit^2/s
    labels : names of the x of each cell;  unit : of x, "" for numbers
    Raises InputError for shapes that differ, values that are not finite, noise that is not a covariance, and a drift
    under which the cells do not settle.
    """

    drift: np.ndarray
    force: np.ndarray
    noise: np.ndarray
    labels: tuple[str, ...] = ()
    unit: str = field(default="")

    def __post_init__(self) -> None:
        d = len(self.force)
        for name, shape in (("drift", (d, d)), ("force", (d,)), ("noise", (d, d))):
            array = getattr(self, name)
            if array.shape != shape:
                raise InputError(f"{name} must have shape {shape}, got {array.shape}")
            if not np.isfinite(array).all():
                raise InputError(f"{name} must be finite")
        noise = symmetric(self.noise, "noise")
        power = np.diag(noise)
        least = power if np.array_equal(noise, np.diag(power)) else np.linalg.eigvalsh(noise)
        if d and least.min() < -1e-12 * max(np.abs(noise).max(), 1e-300):
            raise InputError("noise must be a covariance (no negative eigenvalue)")
        if d and self.slowest_per_s <= 0:
            raise InputError(
                f"the network does not settle: an eigenvalue of its drift has real part {self.slowest_per_s:.3g} per s"
            )

    @property
    def size(self) -> int:
        """Number of cells d."""
        return len(self.force)

    @cached_property
    def rates_per_s(self) -> np.ndarray:
        """complex128 (d,): eigenvalues of the drift."""
        return self._modes[0].astype(complex) if self._modes is not None else np.linalg.eigvals(self.drift)

    @property
    def slowest_per_s(self) -> float:
        """Rate at which the slowest mode relaxes."""
        return float(self.rates_per_s.real.min())

    @cached_property
    def mean(self) -> np.ndarray:
        """float64 (d,): of the stationary law."""
        return np.linalg.solve(self.drift, self.force)

    @cached_property
    def covariance(self) -> np.ndarray:
        """float64 (d, d): of the stationary law, drift C + C drift^T = noise (Lyapunov's equation)."""
        if self.is_reversible:
            assert self._modes is not None
            rates, basis = self._modes
            return (basis * (self.noise[0, 0] / (2 * rates))) @ basis.T
        # solved again in units in which all variances are one, as amperes and volts differ by orders of magnitude
        rough = np.diag(solve_continuous_lyapunov(self.drift, self.noise))
        unit = np.sqrt(np.where(rough > 0, rough, 1.0))
        scaled = solve_continuous_lyapunov(self.drift * unit / unit[:, None], self.noise / np.outer(unit, unit))
        return (scaled + scaled.T) / 2 * np.outer(unit, unit)

    @property
    def is_symmetric(self) -> bool:
        """Whether the drift is symmetric, so that its modes are orthogonal."""
        return self._modes is not None

    @cached_property
    def is_reversible(self) -> bool:
        """Whether modes are independent: the drift is symmetric and all cells have the same noise."""
        strength = self.noise[0, 0] if self.size else 0.0
        return self._modes is not None and bool(
            np.allclose(self.noise, strength * np.eye(self.size), rtol=0, atol=1e-12 * max(strength, 1e-300))
        )

    @cached_property
    def _modes(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Rates and orthonormal modes (columns) of a symmetric drift."""
        if np.abs(self.drift - self.drift.T).max(initial=0) > _SYMMETRIC * np.abs(self.drift).max(initial=1e-300):
            return None
        return np.linalg.eigh((self.drift + self.drift.T) / 2)

    def modes(self) -> tuple[np.ndarray, np.ndarray]:
        """(rates float64 (d,) in 1/s, ascending; modes float64 (d, d) as columns). Raises InputError unless the drift
        is symmetric."""
        if self._modes is None:
            raise InputError("the drift is not symmetric: it has no orthogonal modes")
        return self._modes

    def propagator(self, time_s: float) -> np.ndarray:
        """float64 (d, d): the matrix that shrinks a deviation from the mean in ``time_s``."""
        if self._modes is not None:
            rates, basis = self._modes
            return (basis * np.exp(-rates * time_s)) @ basis.T
        return expm(-self.drift * time_s)

    def mean_at(self, time_s: float, start: np.ndarray) -> np.ndarray:
        """float64 (d,): the mean, ``time_s`` after all replicas were at ``start``."""
        return self.mean + self.propagator(time_s) @ (start - self.mean)

    def covariance_at(self, time_s: float) -> np.ndarray:
        """float64 (d, d): the covariance, ``time_s`` after all replicas were at one point."""
        shrunk = self.propagator(time_s)
        return self.covariance - shrunk @ self.covariance @ shrunk.T


def symmetric(matrix: np.ndarray, name: str) -> np.ndarray:
    """``matrix`` without the asymmetry of rounding. Raises InputError for a larger asymmetry."""
    matrix = np.asarray(matrix, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InputError(f"{name} must be a square matrix, got shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise InputError(f"{name} must be finite")
    with np.errstate(over="ignore"):  # of numbers near the largest
        off = np.abs(matrix - matrix.T).max(initial=0)
    if off > _SYMMETRIC * np.abs(matrix).max(initial=1e-300):
        raise InputError(f"{name} must be symmetric; entries differ from their mirror by up to {off:.3g}")
    return matrix / 2 + matrix.T / 2


@named
def bowl(A: np.ndarray, b: np.ndarray, *, beta: float = 1.0, tau_s: float = 1e-6) -> LinearNetwork:
    """Overdamped cells in the bowl U(x) = x A x / 2 - b x: dx = -(A x - b) dt/tau + sqrt(2 / (beta tau)) dW.

    A : (d, d) symmetric positive definite, dimensionless;  b : (d,);  tau_s : relaxation time of a cell with A = 1
    The stationary law has mean A^-1 b and covariance A^-1 / beta (Aifer et al., arXiv:2308.05660). Raises InputError.
    """
    A, b = positive_definite(A), np.asarray(b, dtype=float)
    if b.shape != (len(A),):
        raise InputError(f"b must have one entry for each row of A, got shapes {b.shape} and {A.shape}")
    for name, value in (("beta", beta), ("tau_s", tau_s)):
        if not (value > 0 and np.isfinite(value)):
            raise InputError(f"{name} must be > 0, got {value}")
    with np.errstate(over="ignore", divide="ignore"):  # the network refuses what is not finite
        drift, force, noise = A / tau_s, b / tau_s, np.eye(len(A)) * 2 / (beta * tau_s)
    return LinearNetwork(drift=drift, force=force, noise=noise, labels=tuple(f"x{k}" for k in range(len(A))))


def positive_definite(A: np.ndarray, name: str = "A") -> np.ndarray:
    """``A`` as a symmetric matrix. Raises InputError unless it is symmetric and positive definite."""
    A = symmetric(A, name)
    try:
        least = float(np.linalg.eigvalsh(A)[0]) if len(A) else 1.0
    except np.linalg.LinAlgError:  # of numbers near the largest
        raise InputError(f"{name} must be positive definite; its numbers are too large to tell") from None
    if least <= 0:
        raise InputError(f"{name} must be positive definite; its least eigenvalue is {least:.3g}")
    return A


def rlc(
    coupling_f: np.ndarray, *, own_f: np.ndarray, inductance_h: np.ndarray, resistance_ohm: float, noise: float
) -> LinearNetwork:
    """RLC cells joined by capacitors, as in the stochastic processing unit (Melanson et al., Nat. Commun. 2025,
    arXiv:2312.04836): L di = v dt and C dv = -(v / R + i) dt + sqrt(2 noise) dW.

    coupling_f : (n, n) symmetric, F between two cells, diagonal zero;  own_f : (n,), F of each cell to ground
    inductance_h : (n,), H;  resistance_ohm : of every cell;  noise : power of the white current, A^2 s
    x holds n currents (A), then n voltages (V). The diagonal of C holds own_f plus the couplings of a cell, the rest
    -coupling_f. In the stationary state Cov(v) = noise R C^-1 and Cov(i) = noise R L^-1, and the two are independent.
    Raises InputError.
    """
    coupling = symmetric(coupling_f, "coupling_f")
    n = len(coupling)
    own, inductance = np.asarray(own_f, dtype=float), np.asarray(inductance_h, dtype=float)
    if own.shape != (n,) or inductance.shape != (n,):
        raise InputError(f"own_f and inductance_h need one entry for each of {n} cells")
    if np.any(np.diag(coupling) != 0) or np.any(coupling < 0):
        raise InputError("coupling_f must be >= 0 and zero on its diagonal")
    if not (np.all(own > 0) and np.all(inductance > 0) and resistance_ohm > 0 and noise > 0):
        raise InputError("own_f, inductance_h, resistance_ohm and noise must be > 0")
    inverse = np.linalg.inv(maxwell(coupling, own))
    drift = np.zeros((2 * n, 2 * n))
    drift[:n, n:] = -np.diag(1 / inductance)
    drift[n:, :n] = inverse
    drift[n:, n:] = inverse / resistance_ohm
    power = np.zeros((2 * n, 2 * n))
    power[n:, n:] = 2 * noise * inverse @ inverse
    labels = tuple(f"{what}{k}" for what in "iv" for k in range(n))
    return LinearNetwork(drift=drift, force=np.zeros(2 * n), noise=power, labels=labels)


def maxwell(coupling_f: np.ndarray, own_f: np.ndarray) -> np.ndarray:
    """Maxwell's capacitance matrix in F: the sum of a cell's capacitors on its diagonal, else minus the shared one."""
    return np.diag(own_f + coupling_f.sum(axis=1)) - coupling_f
