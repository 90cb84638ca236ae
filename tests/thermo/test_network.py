"""Linear networks: their exact moments, the circuit of the stochastic processing unit, refusals in a sentence."""

import numpy as np
import pytest
from scipy.linalg import expm

from hwsim.errors import InputError
from hwsim.thermo.network import LinearNetwork, bowl, maxwell, rlc, symmetric


def spd(d, seed=0, condition=20.0):
    """A symmetric positive definite matrix with eigenvalues from 1/condition to 1."""
    basis, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))
    return (basis * np.geomspace(1 / condition, 1, d)) @ basis.T


def spu():
    rng = np.random.default_rng(3)
    coupling = np.triu(rng.uniform(0, 20e-12, (8, 8)), 1)
    return coupling + coupling.T, rng.uniform(80e-12, 120e-12, 8), rng.uniform(0.8e-6, 1.2e-6, 8)


def test_the_bowl_settles_on_the_solution_and_fluctuates_as_the_inverse():
    A, b = spd(6), np.arange(6.0)
    network = bowl(A, b, beta=2.0, tau_s=1e-6)
    np.testing.assert_allclose(network.mean, np.linalg.solve(A, b), rtol=1e-9)
    np.testing.assert_allclose(network.covariance, np.linalg.inv(A) / 2, rtol=1e-9)
    rates, _ = network.modes()
    np.testing.assert_allclose(rates, np.linalg.eigvalsh(A) / 1e-6)


def test_moments_in_time_are_those_of_the_modes():
    A = spd(5, seed=1)
    network = bowl(A, np.ones(5), beta=3.0, tau_s=2e-6)
    rates, basis = network.modes()
    t = 1.7e-6
    start = np.zeros(5)
    np.testing.assert_allclose(network.mean_at(t, start), network.mean - expm(-A * t / 2e-6) @ network.mean, rtol=1e-9)
    variance = np.diag(basis.T @ network.covariance_at(t) @ basis)
    np.testing.assert_allclose(variance, (1 - np.exp(-2 * rates * t)) / (3.0 * rates * 2e-6), rtol=1e-9)


def test_a_general_network_obeys_lyapunov_and_composes():
    rng = np.random.default_rng(2)
    drift = spd(4) + 0.3 * np.subtract(*(lambda m: (m, m.T))(rng.normal(size=(4, 4))))
    root = rng.normal(size=(4, 4))
    network = LinearNetwork(drift=drift, force=np.ones(4), noise=root @ root.T)
    C = network.covariance
    np.testing.assert_allclose(drift @ C + C @ drift.T, root @ root.T, atol=1e-9)
    half = network.propagator(0.5)
    np.testing.assert_allclose(half @ half, network.propagator(1.0), rtol=1e-9)
    np.testing.assert_allclose(
        half @ network.covariance_at(0.5) @ half.T + network.covariance_at(0.5), network.covariance_at(1.0), rtol=1e-9
    )


def test_the_stationary_law_of_the_rlc_network_is_the_published_one():
    coupling, own, inductance = spu()
    network = rlc(coupling, own_f=own, inductance_h=inductance, resistance_ohm=1e3, noise=1e-20)
    C = network.covariance
    inverse = np.linalg.inv(maxwell(coupling, own))
    np.testing.assert_allclose(C[8:, 8:], 1e-20 * 1e3 * inverse, rtol=1e-8)
    np.testing.assert_allclose(C[:8, :8], 1e-20 * 1e3 * np.diag(1 / inductance), rtol=1e-8, atol=1e-8 * C[:8, :8].max())
    assert np.abs(C[:8, 8:]).max() < 1e-8 * np.sqrt(C[:8, :8].max() * C[8:, 8:].max())
    # the envelope of an oscillating mode decays in 2 R C: between those of the extreme eigenvalues of C
    capacitance = np.linalg.eigvalsh(maxwell(coupling, own))
    decay = 1 / network.rates_per_s.real
    assert 2e3 * capacitance[0] * (1 - 1e-9) <= decay.min() and decay.max() <= 2e3 * capacitance[-1] * (1 + 1e-9)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: bowl(np.array([[1.0, 0.5], [0.4, 1.0]]), np.zeros(2)), "A must be symmetric"),
        (lambda: bowl(np.diag([1.0, -0.1]), np.zeros(2)), "positive definite; its least eigenvalue is -0.1"),
        (lambda: bowl(np.eye(3), np.zeros(2)), "b must have one entry for each row"),
        (lambda: bowl(np.ones((2, 3)), np.zeros(2)), "square matrix"),
        (lambda: bowl(np.array([[np.nan]]), np.zeros(1)), "finite"),
        (lambda: bowl(np.eye(2), np.zeros(2), beta=0.0), "beta must be > 0"),
        (lambda: LinearNetwork(drift=-np.eye(2), force=np.zeros(2), noise=np.eye(2)), "does not settle"),
        (lambda: LinearNetwork(drift=np.eye(2), force=np.zeros(2), noise=-np.eye(2)), "no negative eigenvalue"),
        (lambda: LinearNetwork(drift=np.eye(2), force=np.zeros(3), noise=np.eye(2)), "shape"),
        (lambda: rlc(np.eye(2), own_f=np.ones(2), inductance_h=np.ones(2), resistance_ohm=1, noise=1), "zero on its"),
    ],
)
def test_bad_matrices_are_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence) as raised:
        make()
    assert "\n" not in str(raised.value)


def test_a_matrix_of_numbers_near_the_largest_is_taken():
    with np.errstate(all="raise"):
        assert np.array_equal(symmetric(np.diag([1e308, 1.0]), "A"), np.diag([1e308, 1.0]))
