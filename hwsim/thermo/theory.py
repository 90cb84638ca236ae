"""What theory says of an average over readings of a linear network: its mean error, of the mean and the covariance.

Enters: a Device and how it is sampled. Leaves: root mean squares of relative errors. Faults of the device are in them,
as the bias they leave for ever; so are the start at 0, the correlation of samples in time, and the number of replicas.
"""

import numpy as np

from hwsim.thermo.machine import Device
from hwsim.thermo.network import LinearNetwork


class Theory:
    """Predictions for ``device``, whose cells begin at 0 and settle for ``settle_s``; then samples ``interval_s``
    apart.

    With P = V L V^-1 what is left of a deviation after an interval, and C the stationary covariance, readings k
    intervals apart have the covariance R_k = H V L^k V^-1 C H^T. Then, for normal cells and with w_k = 1 - |k|/n,
    n Var(mean) = sum_k w_k R_k and n Cov(S_ij, S_kl) = sum_k w_k (R_ik R_jl + R_il R_jk): sums of powers of the
    eigenvalues and of their products. Cells that start from a point settle to their covariance twice as fast as to
    their mean; what is left of that is not counted. Nor is what a readout's range cuts off.
    """

    def __init__(self, device: Device, *, settle_s: float, interval_s: float, replicas: int) -> None:
        network = device.network
        self._device, self._replicas = device, replicas
        values, vectors, inverse = _eigen(network)
        self._factor = np.exp(-values * interval_s)
        seen = vectors[device.read]  # H V
        back = inverse @ network.covariance[:, device.read]  # V^-1 C H^T
        self._start = seen * (inverse @ -network.mean * np.exp(-values * settle_s))
        self._alpha = np.einsum("mi,im->m", back, seen)
        self._beta = back @ seen
        truth = np.linalg.inv(device.A)
        self._x, self._inverse = truth @ device.b, truth
        if not device.solves_by_mean:
            into, out = back @ device.b, device.b @ seen
            self._gamma = into * out
            self._cross = out[:, None] * self._beta * into
        covariance = network.covariance[np.ix_(device.read, device.read)]
        # rounding adds the variance of an even spread over a step, where a step is small beside the noise
        rounding = np.eye(device.size) * device.adc_step**2 / 12
        bias = device.covariance_scale * (covariance + rounding) - truth
        self._bias_inverse = float(np.linalg.norm(bias))
        self._bias_x = network.mean[device.read] - self._x if device.solves_by_mean else bias @ device.b

    def mean_error(self, samples: int) -> float:
        """Of x, relative to its length (absolute where b is 0), after ``samples`` of every replica."""
        device, worth = self._device, samples * self._replicas
        if device.solves_by_mean:
            left = (self._start @ _geometric(self._factor, samples)).real / samples
            noise = np.sum(correlated(self._factor, samples) * self._alpha).real / worth
        else:
            left = np.zeros(device.size)
            weight = correlated(np.multiply.outer(self._factor, self._factor), samples)
            noise = np.sum(weight * (np.multiply.outer(self._alpha, self._gamma) + self._cross)).real / worth
            noise *= device.covariance_scale**2
        return float(np.sqrt(np.sum((left + self._bias_x) ** 2) + noise) / (np.linalg.norm(self._x) or 1.0))

    def covariance_error(self, samples: int) -> float:
        """Of the inverse of A, relative, in the Frobenius norm, after ``samples`` of every replica."""
        weight = correlated(np.multiply.outer(self._factor, self._factor), samples)
        pairs = np.multiply.outer(self._alpha, self._alpha) + self._beta * self._beta.T
        noise = self._device.covariance_scale**2 * np.sum(weight * pairs).real / (samples * self._replicas)
        return float(np.sqrt(self._bias_inverse**2 + noise) / np.linalg.norm(self._inverse))


def correlated(q: np.ndarray, n: int) -> np.ndarray:
    """1 + 2 sum_{k<n} (1 - k/n) q^k: by how much neighbours in time that agree inflate the variance of a mean of n."""
    gap = 1 - q
    return (1 + q) / gap - 2 * q * (1 - q**n) / (n * gap**2)


def _geometric(q: np.ndarray, n: int) -> np.ndarray:
    """sum_{k<n} q^k."""
    return (1 - q**n) / (1 - q)


def _eigen(network: LinearNetwork) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rates in 1/s, modes as columns, their inverse) of the drift."""
    if network.is_symmetric:
        rates, basis = network.modes()
        return rates, basis, basis.T
    # scaled so that currents and voltages, or other units, are of one size
    size = np.sqrt(np.maximum(np.diag(network.covariance), 1e-300))
    values, vectors = np.linalg.eig(network.drift * size / size[:, None])
    return values, vectors * size[:, None], np.linalg.inv(vectors) / size
