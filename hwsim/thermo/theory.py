"""What theory says of an average over readings of a linear network: its mean error, of the mean and the covariance.

Enters: a Device and how it is sampled. Leaves: root mean squares of relative errors. Faults of the device are in them,
as the bias they leave for ever; so are the start at 0, the correlation of samples in time, and the number of replicas.
"""

import numpy as np

from hwsim.errors import InputError
from hwsim.thermo.machine import Device
from hwsim.thermo.network import LinearNetwork

_DEFECTIVE = 1e6
"""Condition of the eigenvectors from which a drift counts as one that has too few of them."""
_SATURATED = 3.0
"""Standard deviations of its force that a walk must be able to follow."""


class Theory:
    """Predictions for ``device``, whose cells begin at 0 and settle for ``settle_s``; then samples ``interval_s``
    apart.

    With P = V exp(-x) V^-1 what is left of a deviation after an interval, and C the stationary covariance, readings k
    intervals apart have the covariance R_k = H V exp(-k x) V^-1 C H^T. Then, for normal cells and with w_k = 1 - |k|/n,
    n Var(mean) = sum_k w_k R_k and n Cov(S_ij, S_kl) = sum_k w_k (R_ik R_jl + R_il R_jk), S about the true mean: sums
    of powers of the eigenvalues and of their products. Where the mean is estimated, S is short by its covariance, and
    each product of modes loses 1/N of the product of their inflations. A start at a point adds the scatter of what is
    left of it to S; it also leaves the covariance short, by its square, which is not counted. Nor is what a readout's
    range cuts off. Raises InputError for a walk that cannot follow its forces.
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
        # rounding adds the variance of an even spread over a step, where a step is small beside the noise
        rounding = np.eye(device.size) * device.adc_step**2 / 12
        self._covariance = stationary[np.ix_(device.read, device.read)] + rounding

    def mean_error(self, samples: int) -> float:
        """Of x, relative to its length (absolute where b is 0), after ``samples`` of every replica."""
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
        """Of the inverse of A, relative, in the Frobenius norm, after ``samples`` of every replica."""
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
        """float64 (d, d): of what is left of the start in the samples, about its own mean."""
        first = self._start @ _geometric(self._x, samples) / samples
        both = self._start @ (_geometric(np.add.outer(self._x, self._x), samples) / samples) @ self._start.T
        return (both - np.outer(first, first)).real


def walk_covariance(network: LinearNetwork, step_s: float) -> np.ndarray:
    """float64 (d, d): stationary covariance of a lattice walk on ``network``, F its drift and D its noise.

    Cells step independently at a given state, so that a step's products are D step on the diagonal, exactly, but step^2
    f f' of the mean forces off it: F C + C F' = D + step offdiag(F C F'), solved by iteration. Raises InputError where
    that does not converge.
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
    raise InputError(f"a step of {step_s:g} s is unstable for a walk here: take shorter ones")


def _check_walk(network: LinearNetwork, covariance: np.ndarray, step_s: float, spacing: float | None) -> None:
    """Raise InputError where the forces of ``network`` are more than a walk can follow: a cell that always moves drifts
    by noise / spacing at most."""
    power = np.diag(network.noise)
    spacing = float(np.sqrt(power.max() * step_s)) if spacing is None else spacing
    forces = np.sqrt(np.diag(network.drift @ covariance @ network.drift.T))
    worst = float(np.max(_SATURATED * forces * spacing / power))
    if worst > 1:
        raise InputError(
            f"a walk on a lattice of {spacing:.3g} in steps of {step_s:g} s cannot follow the forces here: "
            f"{_SATURATED:g} standard deviations are {worst:.2g} times what it can; take shorter steps, or less spacing"
        )


def correlated(x: np.ndarray, n: int) -> np.ndarray:
    """1 + 2 sum_{k<n} (1 - k/n) exp(-k x): by how much neighbours that agree inflate the variance of a mean of n."""
    near = np.abs(x) * n < 1e-5
    gap = -np.expm1(-np.where(near, 1.0, x))
    far = (2 - gap) / gap + 2 * (1 - gap) * np.expm1(-n * x) / (n * gap**2)
    return np.where(near, n - x * (n**2 - 1) / 3, far)


def _geometric(x: np.ndarray, n: int) -> np.ndarray:
    """sum_{k<n} exp(-k x)."""
    near = np.abs(x) * n < 1e-9
    return np.where(near, float(n), np.expm1(-n * x) / np.expm1(-np.where(near, 1.0, x)))


def _eigen(network: LinearNetwork) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rates in 1/s, modes as columns, their inverse) of the drift."""
    if network.is_symmetric:
        rates, basis = network.modes()
        return rates, basis, basis.T
    # scaled so that currents and voltages, or other units, are of one size
    size = np.sqrt(np.maximum(np.diag(network.covariance), 1e-300))
    drift = network.drift * size / size[:, None]
    values, vectors = np.linalg.eig(drift)
    if np.linalg.cond(vectors) > _DEFECTIVE:
        # critically damped cells have too few modes; sums over powers are smooth in the drift, so a little off will do
        nudge = np.random.default_rng(0).uniform(-1, 1, drift.shape) * 1e-7 * np.abs(drift).max()
        values, vectors = np.linalg.eig(drift + nudge)
    return values, vectors * size[:, None], np.linalg.inv(vectors) / size
