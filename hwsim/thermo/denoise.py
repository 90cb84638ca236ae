"""Denoising by a mixed machine: from noisy observations of x it measures the law of x, and the score of noisy data.

Enters: the network of a prior law, observations. Leaves: posterior means, covariances and scores with their errors, and
the device time that they took. A machine whose modes are also held by an observation samples x given that observation
(``mixed.posterior``). The mean of its samples is the best guess of x. The distance of that guess from the observation
gives the score, the slope of the log density of noisy data (Robbins, 1956; Efron, J. Am. Stat. Assoc. 106, 1602
(2011)), which a diffusion model learns with a neural network.
"""

from dataclasses import dataclass

import numpy as np

from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.thermo.mixed import MixedNetwork, noise_variance, posterior
from hwsim.thermo.mixed_run import run


@dataclass(frozen=True, kw_only=True, eq=False)
class Denoised(Shown):
    """Measurements at k observations, each by ``machines`` independent machines, over which errors are standard errors.

    mean, mean_error : float64 (k, m), E[x | y];  score, score_error : float64 (k, m), (E[x | y] - y) / sigma^2
    covariance : float64 (k, m, m), of x given y;  variance_error : float64 (k, m), of its diagonal
    device_time_s : of one machine, for one observation;  samples : of each machine
    """

    mean: np.ndarray
    mean_error: np.ndarray
    covariance: np.ndarray
    variance_error: np.ndarray
    score: np.ndarray
    score_error: np.ndarray
    device_time_s: float
    machines: int
    samples: int


def denoise(
    network: MixedNetwork,
    y: np.ndarray,
    sigma: float | np.ndarray,
    *,
    beta: float = 1.0,
    time_s: float,
    settle_s: float,
    every_s: float,
    machines: int = 16,
    seed: int = 0,
    clock: str = "poisson",
) -> Denoised:
    """Hold ``machines`` machines at each observation for ``time_s``; average from ``settle_s`` on, every ``every_s``.

    network : the prior at ``beta``;  y : float64 (k, m);  sigma : s.d. of the noise, one number or (m,)
    The machines of all observations are the replicas of one run, because an observation only adds a pull on the modes.
    They start from coins; too short a settling gives a bias that the errors do not show. Raises InputError.
    """
    y = np.asarray(y, dtype=float)
    if y.ndim != 2 or not len(y) or y.shape[1] != network.n_modes or not np.isfinite(y).all():
        raise InputError(f"y must be finite with shape (k, {network.n_modes}), got {y.shape}")
    if machines < 2:
        raise InputError(f"machines must be >= 2, got {machines}: their scatter gives the error")
    variance = noise_variance(sigma, network.n_modes)
    held = posterior(network, np.zeros(network.n_modes), sigma, beta=beta)
    found = run(
        held,
        beta=beta,
        time_s=time_s,
        replicas=len(y) * machines,
        seed=seed,
        clock=clock,
        every_s=every_s,
        settle_s=settle_s,
        force=np.repeat(held.force + y / (beta * variance), machines, axis=0),
    )
    assert found.moments is not None
    x = found.moments.x.reshape(len(y), machines, -1)
    second = found.moments.second.reshape(len(y), machines, *found.moments.second.shape[1:])
    mean, root = x.mean(axis=1), np.sqrt(machines)
    mean_error = x.std(axis=1, ddof=1) / root
    # the square of a measured mean exceeds that of the true one by the variance of the mean
    outer = mean[:, :, None] * mean[:, None, :]
    spread = np.einsum("kri,krj->kij", x - mean[:, None], x - mean[:, None]) / (machines - 1) / machines
    squares = np.einsum("krii->kri", second) - 2 * mean[:, None] * x
    return Denoised(
        mean=mean,
        mean_error=mean_error,
        covariance=second.mean(axis=1) - outer + spread,
        variance_error=squares.std(axis=1, ddof=1) / root,
        score=(mean - y) / variance,
        score_error=mean_error / variance,
        device_time_s=found.device_time_s,
        machines=machines,
        samples=found.moments.samples,
    )
