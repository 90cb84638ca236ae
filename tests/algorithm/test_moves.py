"""Moves between replicas. Expected values come from algebra on small cases, and from exact expectations."""

import numpy as np
import pytest

from hwsim.algorithm.moves import accepted, meeting, n_meetings, resample, stay
from hwsim.engine.moves import exchange_clusters
from hwsim.program.energy import column_energies


def ring(n):
    rows = np.repeat(np.arange(n), 2)
    indices = np.stack([(np.arange(n) - 1) % n, (np.arange(n) + 1) % n], axis=1).ravel().astype(np.int32)
    return np.arange(0, 2 * n + 1, 2), indices, rows


def test_a_pair_exchanges_with_the_probability_of_hukushima_and_nemoto():
    # (b' - b)(E' - E) = 0.5 * -2: accepted below exp(-1)
    energies, betas = np.array([[-3.0, -3.0], [-5.0, -5.0]]), np.array([0.5, 1.0])
    assert accepted(betas, energies, 0, np.array([[0.36, 0.37]])).tolist() == [[True, False]]


def test_a_better_state_at_the_warmer_beta_always_moves_and_odd_rounds_take_the_other_pairs():
    energies, betas = np.array([[0.0], [-9.0], [-1.0], [-7.0]]), np.array([0.1, 0.2, 0.3, 0.4])
    almost = np.full((1, 1), 0.999999)
    assert accepted(betas, energies, 1, almost).tolist() == [[True]]  # the colder of the two had -1, and takes the -9
    assert accepted(betas, -energies, 1, almost).tolist() == [[False]]  # it would take the worse: refused at exp(-0.8)
    assert accepted(betas, energies, 0, np.full((2, 1), 0.6)).tolist() == [[False], [False]]


@pytest.mark.parametrize("many", [2, 3, 4, 7, 8])
def test_everybody_meets_everybody_once_and_nobody_twice_in_a_round(many):
    rounds = [[tuple(pair) for pair in meeting(many, k).tolist()] for k in range(n_meetings(many))]
    assert sorted(pair for pairs in rounds for pair in pairs) == [
        (a, b) for a in range(many) for b in range(a + 1, many)
    ]
    assert all(len({one for pair in pairs for one in pair}) == 2 * (many // 2) for pairs in rounds)


def test_a_cluster_is_the_connected_set_where_the_two_differ_and_nothing_else():
    indptr, indices, _ = ring(8)
    states = np.array([[1, 1, 1, 1, 1, 1, 1, 1], [1, -1, -1, 1, 1, -1, 1, 1]], dtype=np.int8)
    size, differ = np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64)
    # differing: {1, 2} and {5}; from p-bit 6 on and round the end, the first of them is 1
    exchange_clusters(indptr, indices, np.array([0]), np.array([1]), np.array([6]), states, size, differ)
    assert (size.tolist(), differ.tolist()) == ([2], [3])
    assert states.tolist() == [[1, -1, -1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, -1, 1, 1]]
    exchange_clusters(indptr, indices, np.array([0]), np.array([1]), np.array([3]), states, size, differ)
    assert (size.tolist(), differ.tolist()) == ([1], [3])
    assert states[0].tolist() == [1, -1, -1, 1, 1, -1, 1, 1]
    exchange_clusters(indptr, indices, np.array([0]), np.array([0]), np.array([5]), states, size, differ)
    assert (size.tolist(), differ.tolist()) == ([0], [0])


def test_a_cluster_move_keeps_the_sum_of_the_two_energies():
    rng, n = np.random.default_rng(3), 30
    indptr, indices, _ = ring(n)
    forward = rng.normal(size=n)
    weight = np.stack([np.roll(forward, 1), forward], axis=1).ravel()  # (i - 1, i) and (i, i + 1)
    bias = rng.normal(size=n)
    states = rng.choice(np.array([-1, 1], dtype=np.int8), (40, n))
    before = column_energies(bias, indptr, indices, weight, states.T)
    size, differ = np.zeros(20, dtype=np.int64), np.zeros(20, dtype=np.int64)
    sites = rng.integers(0, n, 20)
    exchange_clusters(indptr, indices, np.arange(20), np.arange(20, 40), sites, states, size, differ)
    after = column_energies(bias, indptr, indices, weight, states.T)
    assert np.all(size > 0) and not np.allclose(before, after)
    np.testing.assert_allclose(before[:20] + before[20:], after[:20] + after[20:])


def test_resampling_draws_every_row_its_expected_number_of_times_rounded_either_way():
    weights = np.array([0.5, 2.0, 0.0, 1.5])
    for uniform in np.linspace(0, 0.999, 25):
        counts = np.bincount(resample(weights, uniform), minlength=4)
        assert np.all(np.abs(counts - weights) < 1) and counts.sum() == 4
    grid = (np.arange(1000) + 0.5) / 1000
    mean = np.mean([np.bincount(resample(weights, u), minlength=4) for u in grid], axis=0)
    assert mean == pytest.approx(weights, abs=2e-3)


def test_rows_that_live_on_keep_their_places_and_each_comes_as_often_as_before():
    assert stay(np.array([0, 0, 0, 3, 4, 4])).tolist() == [0, 0, 0, 3, 4, 4]
    assert stay(np.array([1, 1, 1, 2, 5, 5])).tolist() == [1, 1, 2, 1, 5, 5]
    assert stay(np.array([3, 3, 3, 3])).tolist() == [3, 3, 3, 3]
    drawn = np.sort(np.random.default_rng(1).integers(0, 50, 50))
    placed, living = stay(drawn), np.unique(drawn)
    assert np.array_equal(np.sort(placed), drawn) and np.array_equal(placed[living], living)
