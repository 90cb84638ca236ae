"""The laws of linear networks (Aifer et al., arXiv:2308.05660), for matrices of 8, 64 and 256, within 4 sigma: time
averages, Euler's bias and its instability, inverses from independent samples. Relaxation is in test_integrate."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.thermo.integrate import Ensemble
from hwsim.thermo.network import bowl

SIGMA, SIZES = 4.0, [8, 64, 256]


def spd(d, condition=20.0):
    basis, _ = np.linalg.qr(np.random.default_rng(d).normal(size=(d, d)))
    return (basis * np.geomspace(1 / condition, 1, d)) @ basis.T


def plausible(squares, degrees):
    """A sum of squares of standard scores, by the normal limit of many degrees of freedom."""
    assert abs(squares - degrees) < SIGMA * np.sqrt(2 * degrees), (squares, degrees)


@pytest.mark.parametrize("d", SIZES)
def test_a_time_average_has_variance_2_over_beta_a2_t(d):
    """Mode by mode; the law is that of T far above 1/a, with its first correction 1 - 1/(aT) for a start in
    equilibrium, and sampling an interval h apart inflates it by (ah)^2 / 12."""
    beta, replicas, h, n = 2.0, 64, 0.25, 4000
    network = bowl(spd(d), np.ones(d), beta=beta, tau_s=1.0)
    rates, basis = network.modes()
    ensemble = Ensemble(network, replicas=replicas, seed=d)
    total = np.zeros((replicas, d))
    for _ in range(n // 500):
        total += ensemble.path(500, h).sum(axis=0)
    T = n * h
    average = (total / n - network.mean) @ basis
    law = 2 / (beta * rates**2 * T) * (1 - 1 / (rates * T)) * (1 + (rates * h) ** 2 / 12)
    plausible(np.sum(average**2 / law), replicas * d)
    wrong = np.sum(average**2 / (law * 1.5))
    assert abs(wrong - replicas * d) > SIGMA * np.sqrt(2 * replicas * d)


@pytest.mark.parametrize("d", SIZES)
def test_eulers_variance_is_too_large_by_2_over_2_minus_a_dt_and_large_steps_are_refused(d):
    network = bowl(spd(d), np.zeros(d), beta=2.0, tau_s=1.0)
    rates, basis = network.modes()
    step, replicas = 0.5, 2000
    ensemble = Ensemble(network, replicas=replicas, seed=d, start=np.zeros(d), method="euler", step_s=step)
    ensemble.advance(400 * step)
    scores = ensemble.states @ basis / np.sqrt(1 / (2.0 * rates) * 2 / (2 - rates * step))
    plausible(np.sum(scores**2), replicas * d)
    exact = np.sum((ensemble.states @ basis) ** 2 * 2.0 * rates)
    assert abs(exact - replicas * d) > SIGMA * np.sqrt(2 * replicas * d)  # the bias is seen
    Ensemble(network, replicas=1, method="euler", step_s=1.99)
    with pytest.raises(InputError, match="unstable: this network needs less than 2 s"):
        Ensemble(network, replicas=1, method="euler", step_s=2.01)


@pytest.mark.parametrize("d", SIZES)
def test_an_inverse_from_n_samples_has_the_variance_of_wishart(d):
    """Var S_ij = (C_ii C_jj + C_ij^2) / n, entry by entry; entries of one matrix are dependent, so over many."""
    n, repeats = 2000, 12
    A = spd(d)
    network = bowl(A, np.zeros(d), beta=1.0, tau_s=1.0)
    C = np.linalg.inv(A)
    variance = (np.outer(np.diag(C), np.diag(C)) + C**2) / n
    ratio = []
    for seed in range(repeats):
        ensemble = Ensemble(network, replicas=n, seed=seed, start=np.zeros(d))
        ensemble.advance(400.0)
        _, square = ensemble.accumulate(1, 1.0)
        ratio.append(np.mean((square / n - C) ** 2 / variance))
    ratio = np.array(ratio)
    assert abs(ratio.mean() - 1) < SIGMA * ratio.std(ddof=1) / np.sqrt(repeats)
