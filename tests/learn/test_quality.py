"""Measures of quality against closed forms, and on data whose answer is known."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.learn.data import read_data
from hwsim.learn.quality import accuracy, chain_correlation, features, frechet, frechet_distance, reconstruction


def test_the_frechet_distance_of_two_normal_laws_is_its_closed_form():
    """Of N(0, 1) and N(2, 9) in each of two independent directions: 4 + (3 - 1)^2 in each."""
    source = np.random.default_rng(0)
    here, there = source.standard_normal((200_000, 2)), 2 + 3 * source.standard_normal((200_000, 2))
    assert frechet(here, there) == pytest.approx(16, abs=0.15)
    assert frechet(here, here) == pytest.approx(0, abs=1e-9)
    turned = np.array([[0.6, -0.8], [0.8, 0.6]])
    assert frechet(here @ turned, there @ turned) == pytest.approx(frechet(here, there), rel=1e-9)


def test_the_floor_of_digits_and_trivial_models_lie_where_they_were_measured():
    """scikit-learn's digits, one bit, 80/20: training against test data 0.126 in 20 components that hold 80 %."""
    pytest.importorskip("sklearn")
    train, test = read_data("digits").split()
    found = frechet_distance(train.bits, train, test)
    assert found.distance == pytest.approx(0.1257, abs=1e-4) and found.share == pytest.approx(0.80, abs=0.005)
    assert found.floor == pytest.approx((found.distance, 0), abs=1e-9)  # all rows: every draw is the same
    assert found.by_class[0] < 0.5 < found.independent[0] < 1.2
    source = np.random.default_rng(0)
    noise = np.where(source.random((500, 64)) < 0.5, 1, -1).astype(np.int8)
    coarse = frechet_distance(noise, train, test)
    assert coarse.rows == 500 and coarse.distance > 1.5 * coarse.independent[0] and coarse.floor[1] > 0


def test_principal_components_hold_a_data_set_of_that_many_directions():
    bits = np.array([[1, 1, -1, 1], [-1, -1, -1, 1], [1, 1, 1, -1], [-1, -1, 1, -1]], dtype=np.int8)
    found = features(bits, 2)
    assert found.share == pytest.approx(1)
    np.testing.assert_allclose(found.of(bits) @ found.axes.T + found.mean, (bits + 1) / 2, atol=1e-12)
    with pytest.raises(InputError, match="have 1 to 3 components, got 4"):
        features(bits, 4)


def test_accuracy_counts_and_has_wilsons_interval():
    found = accuracy(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 1, 1, 0]), 3)
    assert (found.right, found.rows, found.share) == (3, 5, 0.6)
    np.testing.assert_array_equal(found.confusion, [[1, 1, 0], [0, 2, 0], [1, 0, 0]])
    assert found.low == pytest.approx(0.2307, abs=1e-4) and found.high == pytest.approx(0.8824, abs=1e-4)


def test_reconstruction_stands_beside_the_most_frequent_value():
    rows = np.array([[1, 1, 1], [1, -1, -1]], dtype=np.int8)
    means = np.array([[0, 0.2, -0.1], [0, -0.9, -0.3]])
    found = reconstruction(rows, means, np.array([True, False, False]), np.ones((4, 3), dtype=np.int8))
    assert (found.error, found.trivial, found.bits) == (0.25, 0.5, 2)


def two_state_chains(keep, times, chains, seed):
    """int8 (times, chains, 3): bits that turn with probability (1 - keep) / 2, whose correlation is keep**lag."""
    source = np.random.default_rng(seed)
    state = np.where(source.random((chains, 3)) < 0.5, 1, -1)
    record = []
    for _ in range(times):
        record.append(state)
        state = np.where(source.random(state.shape) < (1 - keep) / 2, -state, state)
    return np.array(record, dtype=np.int8)


def test_chains_remember_as_their_law_says():
    record = np.array([two_state_chains(0.9, 64, 200, seed) for seed in range(4)])
    found = chain_correlation(record)
    assert found.chains == 200 and found.inputs == 4
    np.testing.assert_allclose(found.correlation[[0, 1, 5, 10]], 0.9 ** np.array([0, 1, 5, 10]), atol=0.05)
    late = 0.9 ** found.lags[-2:].mean()
    assert found.error < 0.05 and abs(found.late - late) < 4 * found.error
    fast = chain_correlation(two_state_chains(0.0, 64, 100, 9))
    assert fast.late < 4 * fast.error


def test_stuck_chains_are_seen_though_each_moves_about_its_own_mean():
    """Half of the bits frozen at values that differ between chains: their share of the variance stays."""
    moving = two_state_chains(0.0, 64, 100, 1)
    frozen = np.repeat(two_state_chains(0.0, 1, 100, 2), 64, axis=0)
    found = chain_correlation(np.concatenate((moving, frozen), axis=2))
    assert found.late == pytest.approx(0.5, abs=0.1)
    assert chain_correlation(frozen).late == pytest.approx(1)
    with pytest.raises(InputError, match="needs 4 times and 3 chains"):
        chain_correlation(moving[:3])
