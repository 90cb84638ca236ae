"""Integrators against the exact laws of Ornstein-Uhlenbeck processes, within 4 sigma."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.thermo import integrate
from hwsim.thermo.integrate import Ensemble
from hwsim.thermo.network import LinearNetwork, bowl, rlc

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
    for _ in range(100):
        total += ensemble.path(n // 100, h).sum(axis=0)
    T = n * h
    law = 2 / (2.0 * a**2 * T) * (1 - 1 / (a * T))  # with the first correction in 1 / (a T)
    found = ((total / n) ** 2).mean(axis=0)
    assert np.all(np.abs(found / law - 1) < SIGMA * np.sqrt(2 / replicas) + (a * h) ** 2 / 12)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_euler_inflates_the_variance_as_known(step, at_once):
    a = np.array([0.3, 1.0, 1.7])
    network = bowl(np.diag(a), np.ones(3), beta=4.0, tau_s=1.0)
    ensemble = Ensemble(network, replicas=40_000, seed=7, method="euler", step_s=step)
    steps = round(60 / step)
    for number in [steps] if at_once else [1] * steps:
        ensemble.advance(number * step)
    law = 1 / (4.0 * a) * 2 / (2 - a * step)
    assert np.all(np.abs(ensemble.states.var(axis=0) / law - 1) < SIGMA * np.sqrt(2 / 40_000))
    assert np.all(np.abs(ensemble.states.mean(axis=0) - 1 / a) < SIGMA * np.sqrt(law / 40_000))


def turning():
    """A network whose modes are not orthogonal, under noise that the cells share."""
    rng = np.random.default_rng(8)
    root = rng.normal(size=(5, 5))
    drift = spd(5, condition=4.0) + 0.2 * np.subtract(*(lambda m: (m, m.T))(rng.normal(size=(5, 5))))
    return LinearNetwork(drift=drift, force=np.arange(5.0), noise=root @ root.T)


@pytest.mark.parametrize("network", [turning(), bowl(spd(5), np.arange(5.0), tau_s=1.0)])
@pytest.mark.parametrize("steps", [1, 2, 7, 64, 1000])
def test_many_euler_steps_at_once_are_what_they_are_one_by_one(network, steps):
    """Mean and covariance by iterating m -> P m and C -> P C P^T + noise step."""
    step = 0.3
    once, shrink, covariance = np.eye(5) - network.drift * step, np.eye(5), np.zeros((5, 5))
    for _ in range(steps):
        shrink, covariance = once @ shrink, once @ covariance @ once.T + network.noise * step
    ensemble = Ensemble(network, replicas=1, start=network.mean, method="euler", step_s=step)
    left, root = ensemble._transition(steps * step, steps)
    if network.is_reversible:
        _, basis = network.modes()
        left, root = (basis * left) @ basis.T, root[:, None] * basis.T
    np.testing.assert_allclose(left, shrink.T, atol=1e-12)
    np.testing.assert_allclose(root.T @ root, covariance, rtol=1e-9, atol=1e-12)


SEVERAL = {
    "modes": (bowl(spd(5), np.arange(5.0), tau_s=1.0), {}),
    "general": (turning(), {}),
    "euler": (bowl(spd(5), np.arange(5.0), tau_s=1.0), {"method": "euler", "step_s": 0.125}),
    "general euler": (turning(), {"method": "euler", "step_s": 0.125}),
    "walk": (bowl(spd(5), np.arange(5.0), tau_s=1.0), {"method": "walk", "step_s": 0.125}),
}


@pytest.mark.parametrize("start", [None, np.ones(5)], ids=["equilibrium", "point"])
@pytest.mark.parametrize("kind", SEVERAL)
def test_a_path_and_its_sums_are_those_of_a_loop(kind, start, monkeypatch):
    """Whatever the chunks: 3 replicas of 5 cells are 15 numbers a step, 4 steps a chunk."""
    monkeypatch.setattr(integrate, "_CHUNK", 63)
    network, how = SEVERAL[kind]
    loop, path, sums = (Ensemble(network, replicas=3, seed=9, start=start, **how) for _ in range(3))
    looked = []
    for _ in range(37):
        looked.append(loop.states)
        loop.advance(0.25)
    looked = np.array(looked)
    found = np.concatenate([path.path(n, 0.25) for n in (20, 1, 0, 16)])
    np.testing.assert_allclose(found, looked, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(path.states, loop.states, rtol=1e-10, atol=1e-12)
    assert path.time_s == loop.time_s == 37 * 0.25
    total, square = (a + b for a, b in zip(sums.accumulate(30, 0.25), sums.accumulate(7, 0.25), strict=True))
    np.testing.assert_allclose(total, looked.sum(axis=(0, 1)), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(square, np.einsum("tri,trj->ij", looked, looked), rtol=1e-10, atol=1e-10)


def test_a_path_of_one_replica_correlates_in_time_as_the_modes_say():
    """From equilibrium, <y(t) y(t + h)> = variance exp(-a h) for each mode, and nothing between modes."""
    network = bowl(spd(6), np.ones(6), beta=2.0, tau_s=1.0)
    rates, basis = network.modes()
    n, h = 400_000, 1.5
    y = (Ensemble(network, replicas=1, seed=4).path(n, h)[:, 0] - network.mean) @ basis * np.sqrt(2 * rates)
    kick = (y[1:] - y[:-1] * np.exp(-rates * h)) / np.sqrt(-np.expm1(-2 * rates * h))
    cross = kick.T @ kick
    # the kicks alone are independent normals, and independent of the states before them
    chi_square_is_plausible(np.trace(cross), 6 * (n - 1))
    for product in (cross[np.triu_indices(6, 1)], (kick.T @ (y[:-1])).ravel(), (kick[1:].T @ kick[:-1]).ravel()):
        z = product / np.sqrt(n)
        chi_square_is_plausible(np.sum(z**2), z.size)


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
        ({"spacing": 0.1}, "the exact method has no lattice"),
        ({"method": "euler", "step_s": 1e-7, "spacing": 0.1}, "euler has no lattice"),
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
    with pytest.raises(InputError, match="not a whole number of steps"):
        ensemble.advance(0.5e-7)


def test_a_path_of_fewer_than_no_states_is_refused():
    with pytest.raises(InputError, match="a path must have >= 0 states"):
        Ensemble(bowl(np.eye(2), np.ones(2)), replicas=2).path(-1, 1e-6)
