"""Moments of states are the plain means, add up, and are read from a running machine."""

import numpy as np
import pytest

from hwsim.anneal import constant
from hwsim.errors import InputError
from hwsim.session import RunSettings, Session
from hwsim.session.moments import moments


@pytest.mark.parametrize("reads", [1, 63, 64, 65, 200])
def test_moments_are_the_means_of_spins_and_of_products_of_pairs(reads):
    rng = np.random.default_rng(reads)
    states = rng.choice(np.array([-1, 1], dtype=np.int8), (reads, 9))
    first, second = rng.integers(0, 9, (2, 30))
    found = moments(states, (first, second))
    assert np.allclose(found.first, states.mean(axis=0), rtol=0, atol=1e-15)
    assert np.allclose(found.second, (states[:, first] * states[:, second]).mean(axis=0), rtol=0, atol=1e-15)
    parts = moments(states[: reads // 3 + 1], (first, second)) + moments(states[-1:], (first, second))
    both = np.concatenate((states[: reads // 3 + 1], states[-1:]))
    assert parts.states == len(both) and np.allclose(parts.first, both.mean(axis=0))
    assert np.allclose(parts.second, moments(both, (first, second)).second)


def test_a_session_tells_moments_and_counts_the_read(make_program):
    program = make_program(np.ones((5, 5)) - np.eye(5))
    session = Session(program, RunSettings(reads=70), constant(0.3, "1 us"), end=10**9)
    session.hold(0.3, 5)
    found = session.moments(program.network.pairs)
    wanted = moments(session.peek(), program.network.pairs)
    assert np.array_equal(found.first, wanted.first) and np.array_equal(found.second, wanted.second)
    assert session.activity().reads == 1 and "70 states" in repr(found)


def test_pairs_that_were_changed_in_place_are_the_new_ones(make_program):
    session = Session(make_program(np.zeros((3, 3))), RunSettings(reads=70), constant(1.0, "1 us"), end=10**9)
    pairs = (np.array([0]), np.array([1]))
    session.moments(pairs)
    pairs[1][:] = 2
    assert session.moments(pairs).second == moments(session.peek(), (np.array([0]), np.array([2]))).second


@pytest.mark.parametrize(
    ("pairs", "words"),
    [
        ((np.array([0, 5]), np.array([1, 1])), r"in \[0, 5\), got 0 to 5"),
        ((np.array([0]), np.array([1, 2])), "as many integers"),
        ((np.array([0.0]), np.array([1.0])), "as many integers"),
        ((np.array([-1]), np.array([1])), "got -1 to -1"),
        (3, "two arrays of as many integers, got 3"),
    ],
)
def test_pairs_that_are_none_are_refused(pairs, words):
    with pytest.raises(InputError, match=words):
        moments(np.ones((2, 5), dtype=np.int8), pairs)
