"""Integrators against the exact laws of Ornstein-Uhlenbeck processes, within 4 sigma."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.thermo.integrate import Ensemble
from hwsim.thermo.network import bowl, rlc

SIGMA = 4.0


def spd(d, seed=0, condition=20.0):
    """A symmetric positive definite matrix with eigenvalues from 1/condition to 1."""
    basis, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    return (basis * np.geomspace(1 / condition, 1, d)) @ basis.T


def spu():
    """Eight coupled cells: couplings, capacitances, inductances."""
    rng = np.random.default_rng(3)
    coupling = np.triu(rng.uniform(0, 20e-12, (8, 8)), 1)
    return coupling + coupling.T, rng.uniform(80e-12, 120e-12, 8), rng.uniform(0.8e-6, 1.2e-6, 8)


def chi_square_is_plausible(value, degrees):
    """Within SIGMA of its mean, by the normal limit of many degrees of freedom."""
    assert abs(value - degrees) < SIGMA * np.sqrt(2 * degrees), (value, degrees)


@pytest.mark.parametrize("d", [8, 64, 256])
def test_mean_and_covariance_relax_as_the_modes_say(d):
    A, b = spd(d), np.random.default_rng(d).normal(size=d)
    network = bowl(A, b, beta=2.0, tau_s=1e-6)
    rates, basis = network.modes()
    replicas = 4000
    ensemble = Ensemble(network, replicas=replicas, seed=1, start=np.zeros(d))
    for t in (0.3e-6, 2e-6, 60e-6):
        ensemble.advance(t - ensemble.time_s)
        error = (ensemble.states - network.mean) @ basis
        variance = -np.expm1(-2 * rates * t) / (2.0 * rates * 1e-6)
        predicted = -(network.mean @ basis) * np.exp(-rates * t)
        z = (error.mean(axis=0) - predicted) / np.sqrt(variance / replicas)
        chi_square_is_plausible(np.sum(z**2), d)
        scaled = (error - predicted) / np.sqrt(variance)
        squares = (scaled**2).sum(axis=0)
        chi_square_is_plausible(squares.sum(), d * replicas)
        cross = (scaled.T @ scaled / np.sqrt(replicas))[np.triu_indices(d, 1)]
        chi_square_is_plausible(np.sum(cross**2), len(cross))


def test_a_time_average_has_the_variance_of_the_law():
    """2 / (beta a^2 T) for T far above 1/a, sampled closely."""
    a = np.array([0.5, 1.0, 2.0])
    network = bowl(np.diag(a), np.zeros(3), beta=2.0, tau_s=1.0)
    h, n, replicas = 0.02, 10_000, 2000
    ensemble = Ensemble(network, replicas=replicas, seed=5)
    total = np.zeros((replicas, 3))
    for _ in range(n):
        ensemble.advance(h)
        total += ensemble.states
    T = n * h
    law = 2 / (2.0 * a**2 * T) * (1 - 1 / (a * T))  # with the first correction in 1 / (a T)
    found = ((total / n) ** 2).mean(axis=0)
    assert np.all(np.abs(found / law - 1) < SIGMA * np.sqrt(2 / replicas) + (a * h) ** 2 / 12)


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_euler_inflates_the_variance_as_known(step):
    a = np.array([0.3, 1.0, 1.7])
    network = bowl(np.diag(a), np.ones(3), beta=4.0, tau_s=1.0)
    ensemble = Ensemble(network, replicas=40_000, seed=7, method="euler", step_s=step)
    ensemble.advance(round(60 / step) * step)
    law = 1 / (4.0 * a) * 2 / (2 - a * step)
    assert np.all(np.abs(ensemble.states.var(axis=0) / law - 1) < SIGMA * np.sqrt(2 / 40_000))
    assert np.all(np.abs(ensemble.states.mean(axis=0) - 1 / a) < SIGMA * np.sqrt(law / 40_000))


@pytest.mark.parametrize("spacing", [None, 0.4])
def test_the_lattice_walk_has_the_first_two_moments_of_the_process(spacing):
    """A step has the force's mean and the noise's second moment: E x'^2 = E x^2 + 2 step E xf + noise step, so
    a mode's stationary variance is that of the process, whatever the step (Euler-Maruyama's is not)."""
    a, step, replicas = 0.8, 0.05, 200_000
    network = bowl(np.array([[a]]), np.array([0.4]), beta=2.0, tau_s=1.0)
    walk = Ensemble(network, replicas=replicas, seed=11, start=np.zeros(1), method="walk", step_s=step, spacing=spacing)
    walk.advance(step)
    power, size = step, np.sqrt(step) if spacing is None else spacing
    assert set(np.unique(walk.states.round(9))) <= set(np.round([-size, 0.0, size], 9))
    assert abs(walk.states.mean() - 0.4 * step) < SIGMA * np.sqrt(power / replicas)
    assert abs((walk.states**2).mean() - power) <= SIGMA * size * np.sqrt(power / replicas) + 1e-12
    walk.advance(400 * step)
    law = 1 / (2.0 * a)
    assert abs(walk.states.mean() - 0.5) < SIGMA * np.sqrt(law / replicas)
    assert abs(walk.states.var() / law - 1) < SIGMA * np.sqrt(2 / replicas)


def test_the_circuit_of_the_processing_unit_reaches_its_law():
    coupling, own, inductance = spu()
    network = rlc(coupling, own_f=own, inductance_h=inductance, resistance_ohm=1e3, noise=1e-20)
    ensemble = Ensemble(network, replicas=20_000, seed=13, start=np.zeros(16))
    for _ in range(5):
        ensemble.advance(1 / network.slowest_per_s)
    law = network.covariance_at(ensemble.time_s)
    root = np.linalg.cholesky(np.linalg.inv(law))
    white = ensemble.states @ root
    chi_square_is_plausible(np.sum(white**2), white.size)
    cross = (white.T @ white / np.sqrt(len(white)))[np.triu_indices(16, 1)]
    chi_square_is_plausible(np.sum(cross**2), len(cross))


def test_one_seed_is_one_trajectory_and_short_steps_join():
    network = bowl(spd(4), np.ones(4))
    first, again, other = (Ensemble(network, replicas=5, seed=s) for s in (1, 1, 2))
    for ensemble in (first, again, other):
        ensemble.advance(1e-6)
    np.testing.assert_array_equal(first.states, again.states)
    assert not np.array_equal(first.states, other.states)
    assert first.time_s == 1e-6


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ({"method": "magic"}, "method must be one of"),
        ({"method": "euler"}, "needs step_s"),
        ({"method": "euler", "step_s": 2.5e-6}, "unstable: this network needs less than 2e-06 s"),
        ({"method": "exact", "step_s": 1e-9}, "has no step"),
        ({"method": "walk", "step_s": 1e-7, "spacing": 1e-3}, "unstable on a lattice"),
        ({"replicas": 0}, "replicas must be >= 1"),
        ({"start": np.zeros(3)}, "start must have shape"),
    ],
)
def test_bad_settings_are_one_sentence(how, sentence):
    with pytest.raises(InputError, match=sentence):
        Ensemble(bowl(np.eye(4), np.ones(4)), **{"replicas": 2} | how)


def test_a_duration_that_is_no_whole_number_of_steps_is_refused():
    ensemble = Ensemble(bowl(np.eye(2), np.ones(2)), replicas=2, method="euler", step_s=1e-7)
    ensemble.advance(1e-6)
    with pytest.raises(InputError, match="no whole number of steps"):
        ensemble.advance(0.5e-7)
