"""Exact laws of small machines: against plain enumeration, closed forms, and the slope of the divergence itself."""

import itertools

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.learn.exact import data_law, divergence, gradient, log_weights, log_z, moments, visible_law
from hwsim.mapping.registers import symmetric_rows
from hwsim.program import Network


def machine(n, pairs, seed, strength=0.8):
    source = np.random.default_rng(seed)
    i, j = np.array(pairs).T
    rows = symmetric_rows(n, i, j, strength * source.standard_normal(len(pairs)))
    return Network(
        bias=strength * source.standard_normal(n), **dict(zip(("indptr", "indices", "weight"), rows, strict=True))
    )


def random_pairs(n, count, seed):
    every = list(itertools.combinations(range(n), 2))
    return [every[k] for k in np.random.default_rng(seed).choice(len(every), count, replace=False)]


def enumerated(network, beta):
    """(states, law) over all spins, without any sum by hand."""
    states = np.array(list(itertools.product((-1, 1), repeat=network.n)), dtype=np.int8)
    law = np.exp(-beta * network.energies(states))
    return states, law / law.sum(), float(np.log(np.exp(-beta * network.energies(states)).sum()))


@pytest.mark.parametrize("seed", range(4))
def test_law_moments_and_log_z_are_those_of_all_states(seed):
    n, beta = 9, 0.9
    network = machine(n, random_pairs(n, 17, seed), seed)
    visible = np.random.default_rng(seed).permutation(n)[: 3 + seed % 3]
    states, law, exact = enumerated(network, beta)
    number = (states[:, visible] > 0) @ (1 << np.arange(len(visible)))
    ours = visible_law(network, visible, beta=beta)
    np.testing.assert_allclose(ours, np.bincount(number, weights=law), rtol=1e-12)
    first, second = moments(network, visible, beta=beta)
    i, j, _ = network.pairs
    np.testing.assert_allclose(first, law @ states, atol=1e-12)
    np.testing.assert_allclose(second, law @ (states[:, i] * states[:, j]), atol=1e-12)
    assert log_z(network, beta=beta, enumerated=visible) == pytest.approx(exact, rel=1e-12)
    assert log_z(network, beta=beta) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("pairs", [random_pairs(8, 15, 5), [(v, h) for v in range(4) for h in range(4, 8)]])
def test_the_gradient_is_the_slope_of_the_divergence(pairs):
    """Central differences; with coupled hidden spins, and of an RBM."""
    network = machine(8, pairs, 2)
    visible, source = [0, 1, 2, 3], np.random.default_rng(3)
    target = data_law(np.where(source.random((5, 4)) < 0.5, 1, -1))
    found = gradient(network, visible, target, beta=1.3)
    step = 1e-5

    def at(bias, weight):
        i, j, _ = network.pairs
        rows = symmetric_rows(8, i, j, weight)
        changed = Network(bias=bias, **dict(zip(("indptr", "indices", "weight"), rows, strict=True)))
        return divergence(changed, visible, target, beta=1.3)

    bias, weight = network.bias, network.pairs[2]
    for k in range(8):
        away = step * np.eye(8)[k]
        assert found.bias[k] == pytest.approx((at(bias + away, weight) - at(bias - away, weight)) / 2e-5, abs=1e-8)
    for k in range(len(weight)):
        away = step * np.eye(len(weight))[k]
        assert found.weight[k] == pytest.approx((at(bias, weight + away) - at(bias, weight - away)) / 2e-5, abs=1e-8)


def test_an_rbm_of_many_hidden_units_is_its_closed_form():
    """ln of the sum over hidden states is -h v + sum ln 2 cosh(h_j + sum J v)."""
    v, h = 6, 300
    network = machine(v + h, [(a, v + b) for a in range(v) for b in range(h)], 1, 0.1)
    rows = np.where(np.random.default_rng(0).random((7, v)) < 0.5, 1, -1)
    weight = np.zeros((v, h))
    i, j, value = network.pairs
    weight[i, j - v] = value
    field = network.bias[v:] + rows @ weight
    closed = -rows @ network.bias[:v] + np.sum(np.logaddexp(field, -field), axis=1)
    np.testing.assert_allclose(log_weights(network, range(v), rows), closed, rtol=1e-12)


def test_divergence_of_the_machines_own_law_is_nought_and_of_a_far_one_finite():
    network = machine(4, [(0, 1), (1, 2), (2, 3)], 0, 300.0)  # most probabilities are below the smallest float
    law = visible_law(network, range(4))
    assert divergence(network, range(4), law) == pytest.approx(0, abs=1e-9)
    rare = np.full(16, 1 / 16)
    assert 100 < divergence(network, range(4), rare) < 1e4


def test_what_is_too_large_or_malformed_is_refused_in_one_sentence():
    dense = machine(40, random_pairs(40, 600, 0), 0)
    with pytest.raises(InputError, match="the exact sum over 37 hidden spins needs"):
        visible_law(dense, [0, 1, 2])
    with pytest.raises(InputError, match="at most 20 visible"):
        visible_law(dense, range(21))
    with pytest.raises(InputError, match="different numbers"):
        visible_law(dense, [1, 1])
    with pytest.raises(InputError, match="probabilities of sum 1"):
        divergence(dense, [0], np.array([0.5, 0.4]))
    with pytest.raises(InputError, match="values of -1 and"):
        data_law(np.array([[0, 1]]))
