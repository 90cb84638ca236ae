"""Annealed importance sampling against exact ln Z and exact likelihoods, within its own standard errors."""

import numpy as np
import pytest

import hwsim
from hwsim.learn.data import read_data
from hwsim.learn.exact import log_weights, log_z
from hwsim.learn.likelihood import annealed_log_weights, annealed_log_z, log_likelihood
from hwsim.learn.model import fully, rbm


def trained(model, seed=0, scale=0.5):
    """``model`` with couplings and biases of some size."""
    source = np.random.default_rng(seed)
    return model.with_values(scale * source.standard_normal(model.n), scale * source.standard_normal(len(model.weight)))


@pytest.mark.parametrize("model", [rbm(12, 9), fully(6, hidden=8)])
def test_both_ways_meet_the_exact_ln_z_and_bracket_it(model):
    network = trained(model).network
    exact = log_z(network, enumerated=range(9))
    found = annealed_log_z(network, steps=400, chains=400, seed=1)
    for value, error in (found.forward, found.reverse):
        assert error < 0.2 and abs(value - exact) < 4 * error
    coarse = annealed_log_z(network, base=np.zeros(network.n), steps=3, chains=400, seed=1)
    # few steps: work is lost, and each way errs to its own side
    assert coarse.forward_work.mean() + coarse.log_z_0 < exact < coarse.log_z_0 - coarse.reverse_work.mean()


def test_beta_scales_the_energies():
    network = trained(rbm(6, 5)).network
    found = annealed_log_z(network, beta=0.6, steps=200, chains=400, seed=2)
    assert abs(found.forward[0] - log_z(network, beta=0.6)) < 4 * found.forward[1]


def test_rows_whose_hidden_units_are_annealed_meet_their_exact_sums():
    network = trained(fully(4, hidden=7)).network
    rows = np.where(np.random.default_rng(0).random((6, 4)) < 0.5, 1, -1).astype(np.int8)
    exact = log_weights(network, range(4), rows)
    found, error = annealed_log_weights(network, range(4), rows, steps=200, copies=64, seed=3)
    assert 0 < error < 0.1 and abs(np.mean(found - exact)) < 4 * error
    assert np.abs(found - exact).max() < 10 * error * np.sqrt(6)


def test_the_likelihood_of_data_is_the_exact_one_within_its_errors():
    data = read_data("bars-and-stripes:rows=3,columns=3")
    model = trained(rbm(9, 7))
    exact = float(np.mean(log_weights(model.network, range(9), data.bits))) - log_z(model.network, enumerated=range(9))
    found = log_likelihood(model, data, steps=300, chains=300)
    assert found.exact_rows and found.rows == 14
    assert abs(found.forward[0] - exact) < 4 * found.forward[1]
    assert abs(found.reverse[0] - exact) < 4 * found.reverse[1]


def test_labels_are_summed_where_they_are_not_part_of_the_rows():
    data = read_data((np.eye(4), [0, 1, 0, 1]))
    model = trained(rbm(4, 5, labels=2))
    joint, alone = (log_likelihood(model, data, steps=300, chains=300, with_labels=each) for each in (True, False))
    exact_z = log_z(model.network)
    for found, rows in ((joint, np.hstack((data.bits, data.label_bits))), (alone, data.bits)):
        exact = float(np.mean(log_weights(model.network, range(rows.shape[1]), rows))) - exact_z
        assert abs(found.forward[0] - exact) < 4 * found.forward[1]
    with pytest.raises(hwsim.HwsimError, match="the model has 4 visible units, and the data 9 bits"):
        log_likelihood(model, read_data("bars-and-stripes:rows=3,columns=3"))
