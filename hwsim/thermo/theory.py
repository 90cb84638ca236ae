"""Theory of an average over readings of a linear network: the expected error of the mean and of the covariance.

Enters: a Device and how it is sampled. Leaves: root mean squares of relative errors. They include the lasting bias of
the device's faults, the start at 0, the correlation of samples in time, and the number of replicas.
"""

import numpy as np

from hwsim.errors import InputError
from hwsim.thermo.machine import Device
from hwsim.thermo.network import LinearNetwork

_DEFECTIVE = 1e6
"""From this condition number of its eigenvectors on, a drift counts as one with too few eigenvectors."""
_SATURATED = 3.0
"""A walk must be able to follow its force up to so many standard deviations."""


class Theory:
    """Predictions for ``device``, whose cells begin at 0 and settle for ``settle_s``; then samples ``interval_s``
    apart.

    P = V exp(-x) V^-1 shrinks a deviation in one interval, and C is the stationary covariance. Readings k intervals
    apart then have the covariance R_k = H V exp(-k x) V^-1 C H^T. For normal cells, with w_k = 1 - |k|/n and S about
    the true mean, n Var(mean) = sum_k w_k R_k and n Cov(S_ij, S_kl) = sum_k w_k (R_ik R_jl + R_il R_jk): sums of powers
    of the eigenvalues and of their products. Where the mean is estimated, S is too small by the covariance of the mean,
    and each product of modes loses 1/N of the product of their inflations. A start at one point adds the scatter of its
    remainder to S. Not counted are the square of that remainder, by which the covariance is too small, and what the
    range of a readout cuts off. Raises InputError for a walk that cannot follow its forces.
    """

    def __init__(self, device: Device, *, settle_s: float, interval_s: float, replicas: int) -> None:
        network = device.network
        self._device, self._replicas = device, replicas
        if device.step_s is None:
            stationary = network.covariance
        else:
            stationary = walk_covariance(network, device.step_s)
            _check_walk(network, stationary, device.step_s, device.spacing)
        values, vectors, inverse = _eigen(network)
        if device.step_s is not None:  # a step leaves 1 - rate step of a deviation
            values = -np.log(1 - values * device.step_s + 0j) / device.step_s
        self._x = values * interval_s
        seen = vectors[device.read]  # H V
        back = inverse @ stationary[:, device.read]  # V^-1 C H^T
        self._start = seen * (inverse @ -network.mean * np.exp(-values * settle_s))
        self._alpha = np.einsum("mi,im->m", back, seen)
        self._beta = back @ seen
        self._seen, self._back = seen, back
        self._inverse = np.linalg.inv(device.A)
        self._solution = self._inverse @ device.b
        if not device.solves_by_mean:
            into, out = back @ device.b, device.b @ seen
            self._gamma = into * out
            self._cross = out[:, None] * self._beta * into
        # rounding adds the variance of a uniform error over a step, where a step is small beside the noise
        rounding = np.eye(device.size) * device.adc_step**2 / 12
        self._covariance = stationary[np.ix_(device.read, device.read)] + rounding

    def mean_error(self, samples: int) -> float:
        """The error of x, relative to its length (absolute where b is 0), after ``samples`` of every replica."""
        device, worth = self._device, samples * self._replicas
        if device.solves_by_mean:
            bias = device.network.mean[device.read] - self._solution
            bias = bias + (self._start @ _geometric(self._x, samples)).real / samples
            noise = np.sum(correlated(self._x, samples) * self._alpha).real / worth
        else:
            bias = (device.covariance_scale * self._covariance - self._inverse) @ device.b
            weight = correlated(np.add.outer(self._x, self._x), samples)
            noise = np.sum(weight * (np.multiply.outer(self._alpha, self._gamma) + self._cross)).real / worth
            noise *= device.covariance_scale**2
        return float(np.sqrt(np.sum(bias**2) + max(noise, 0.0)) / (np.linalg.norm(self._solution) or 1.0))

    def covariance_error(self, samples: int) -> float:
        """The relative error of the inverse of A, in the Frobenius norm, after ``samples`` of every replica."""
        device, worth = self._device, samples * self._replicas
        expected = self._covariance
        weight = correlated(np.add.outer(self._x, self._x), samples)
        if device.solves_by_mean:
            alone = correlated(self._x, samples)
            weight = weight - np.multiply.outer(alone, alone) / worth
            expected = expected - ((self._seen * alone) @ self._back).real / worth + self._scatter(samples)
        pairs = np.multiply.outer(self._alpha, self._alpha) + self._beta * self._beta.T
        noise = device.covariance_scale**2 * max(np.sum(weight * pairs).real, 0.0) / worth
        bias = device.covariance_scale * expected - self._inverse
        return float(np.sqrt(np.sum(bias**2) + noise) / np.linalg.norm(self._inverse))

    def _scatter(self, samples: int) -> np.ndarray:
        """float64 (d, d): the scatter of the start's remainder in the samples, about its own mean."""
        first = self._start @ _geometric(self._x, samples) / samples
        both = self._start @ (_geometric(np.add.outer(self._x, self._x), samples) / samples) @ self._start.T
        return (both - np.outer(first, first)).real


def walk_covariance(network: LinearNetwork, step_s: float) -> np.ndarray:
    """float64 (d, d): stationary covariance of a lattice walk on ``network``, F its drift and D its noise.

    At a given state cells step independently. The products of a step are exactly D step on the diagonal, but step^2
    f f' of the mean forces f off it: F C + C F' = D + step offdiag(F C F'), which is solved by iteration. Raises
    InputError where that does not converge.
    """
    covariance = network.covariance
    rates, basis = network.modes()
    pace = np.add.outer(rates, rates)
    for _ in range(500):
        pushed = network.drift @ covariance @ network.drift.T
        source = network.noise + step_s * (pushed - np.diag(np.diag(pushed)))
        after = basis @ ((basis.T @ source @ basis) / pace) @ basis.T
        if np.abs(after - covariance).max() <= 1e-12 * np.abs(after).max():
            return after
        covariance = after
    raise InputError(f"a step of {step_s:g} s is unstable for this walk: give a shorter one")


def _check_walk(network: LinearNetwork, covariance: np.ndarray, step_s: float, spacing: float | None) -> None:
    """Raise InputError where the forces of ``network`` are too strong for a walk: a cell that moves in every step
    drifts by at most noise / spacing."""
    power = np.diag(network.noise)
    spacing = float(np.sqrt(power.max() * step_s)) if spacing is None else spacing
    forces = np.sqrt(np.diag(network.drift @ covariance @ network.drift.T))
    worst = float(np.max(_SATURATED * forces * spacing / power))
    if worst > 1:
        raise InputError(
            f"a walk on a lattice of {spacing:.3g} in steps of {step_s:g} s cannot follow the forces here: "
            f"{_SATURATED:g} standard deviations are {worst:.2g} times its limit; give shorter steps or less spacing"
        )


def correlated(x: np.ndarray, n: int) -> np.ndarray:
    """1 + 2 sum_{k<n} (1 - k/n) exp(-k x): the factor by which correlated neighbours inflate the variance of a mean of
    n."""
    near = np.abs(x) * n < 1e-5
    gap = -np.expm1(-np.where(near, 1.0, x))
    far = (2 - gap) / gap + 2 * (1 - gap) * np.expm1(-n * x) / (n * gap**2)
    return np.where(near, n - np.where(near, x, 0.0) * (float(n) ** 2 - 1) / 3, far)


def _geometric(x: np.ndarray, n: int) -> np.ndarray:
    """sum_{k<n} exp(-k x)."""
    near = np.abs(x) * n < 1e-9
    return np.where(near, float(n), np.expm1(-n * x) / np.expm1(-np.where(near, 1.0, x)))


def _eigen(network: LinearNetwork) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rates in 1/s, modes as columns, their inverse) of the drift."""
    if network.is_symmetric:
        rates, basis = network.modes()
        return rates, basis, basis.T
    # scaled so that currents and voltages, or other units, have one size
    size = np.sqrt(np.maximum(np.diag(network.covariance), 1e-300))
    drift = network.drift * size / size[:, None]
    values, vectors = np.linalg.eig(drift)
    if np.linalg.cond(vectors) > _DEFECTIVE:
        # critically damped cells have too few modes; sums over powers are smooth in the drift, so a small shift is fine
        nudge = np.random.default_rng(0).uniform(-1, 1, drift.shape) * 1e-7 * np.abs(drift).max()
        values, vectors = np.linalg.eig(drift + nudge)
    return values, vectors * size[:, None], np.linalg.inv(vectors) / size
