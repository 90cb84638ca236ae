"""The noise of a chain and the coupling that undoes it, against algebra and enumeration."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hwsim.analysis.exact_laws import boltzmann_law, energies
from hwsim.errors import InputError
from hwsim.learn.noising import (
    Noise,
    NoiseStep,
    input_bias,
    input_coupling,
    keep_probability,
    noised,
    noised_states,
    times,
)
from hwsim.mapping.registers import symmetric_rows

SPAN = st.floats(0.001, 5)


def kernel(time, rate, states):
    """P(value after ``time`` | value before), (states, states)."""
    keep = keep_probability(time, rate, states=states)
    return np.full((states, states), (1 - keep) / (states - 1)) + np.eye(states) * (keep - (1 - keep) / (states - 1))


@given(SPAN, SPAN, st.floats(0.05, 3), st.integers(2, 6))
def test_two_times_after_each_other_are_their_sum(one, two, rate, states):
    both = kernel(one, rate, states) @ kernel(two, rate, states)
    assert np.allclose(both, kernel(one + two, rate, states), rtol=0, atol=1e-14)


@given(SPAN, st.floats(0.05, 3), st.integers(2, 6))
def test_the_input_coupling_is_the_odds_of_the_kernel(time, rate, states):
    keep = keep_probability(time, rate, states=states)
    odds = keep * (states - 1) / (1 - keep)
    assert math.isclose(math.exp(2 * input_coupling(time, rate, states=states)), odds, rel_tol=1e-9)
    if states == 2:
        assert math.isclose(input_coupling(time, rate), -math.log(math.tanh(rate * time / 2)) / 2, rel_tol=1e-9)


def test_after_an_infinite_time_nothing_is_kept_and_nothing_coupled():
    assert keep_probability(math.inf, 0.9) == 0.5 and keep_probability(math.inf, 0.9, states=5) == 0.2
    assert input_coupling(math.inf, 0.9) == 0 and input_coupling(math.inf, 0.9, states=5) == 0
    assert keep_probability(0.0, 0.9) == 1 and input_coupling(0.0, 0.9) == math.inf


@pytest.mark.parametrize("states", [2, 4])
def test_drawn_noise_keeps_as_often_as_it_should(states):
    draw, rows = np.random.default_rng(3), 40_000
    rate, time = np.array([0.3, 0.9, 2.0]), 0.7
    if states == 2:
        before = np.where(draw.random((rows, 3)) < 0.8, 1, -1).astype(np.int8)
        after = noised(before, time, rate, draw)
    else:
        before = draw.integers(0, 2, (rows, 3))
        after = noised_states(before, time, rate, draw, states=states)
        assert set(np.unique(after)) == {0, 1, 2, 3}
    keep = keep_probability(time, rate, states=states)
    sigma = np.sqrt(keep * (1 - keep) / rows)
    assert np.all(np.abs((after == before).mean(axis=0) - keep) < 4 * sigma)
    wrong = keep_probability(time, rate[::-1], states=states)  # the rates of other columns must not pass
    assert np.abs((after == before).mean(axis=0) - wrong).max() > 4 * sigma.max()


def prior(rng):
    """(bias, first, second, weight) of a small machine."""
    first, second = np.triu_indices(4, 1)
    return rng.normal(size=4) * 0.5, first, second, rng.normal(size=6) * 0.6


@pytest.mark.parametrize("seed", range(3))
def test_the_input_as_a_field_makes_the_machine_the_law_of_clean_rows_given_a_noisy_one(seed):
    """Bayes' rule by enumeration. It pins the sign, which third parties read otherwise in Eq. D1 of the paper."""
    rng = np.random.default_rng(seed)
    bias, first, second, weight = prior(rng)
    indptr, indices, values = symmetric_rows(4, first, second, weight)
    law = boltzmann_law(energies(bias, indptr, indices, values), 1.0)
    spins = 2 * ((np.arange(16)[:, None] >> np.arange(4)) & 1) - 1
    rate, time = np.array([0.9, 0.9, 0.2, 0.2]), 0.4
    keep = keep_probability(time, rate)
    for noisy in spins:
        likelihood = np.prod(np.where(spins == noisy, keep, 1 - keep), axis=1)
        wanted = law * likelihood / np.sum(law * likelihood)
        own = bias + input_bias(noisy[None], input_coupling(time, rate))[0]
        found = boltzmann_law(energies(own, indptr, indices, values), 1.0)
        assert np.allclose(found, wanted, rtol=0, atol=1e-14)
        flipped = bias - input_bias(noisy[None], input_coupling(time, rate))[0]
        assert not np.allclose(boltzmann_law(energies(flipped, indptr, indices, values), 1.0), wanted, atol=0.01)


def test_a_machine_without_a_prior_keeps_each_bit_with_the_probability_of_the_kernel():
    step = NoiseStep(start=0.2, end=0.9)
    noisy, rate = np.array([[1, -1, 1]], dtype=np.int8), np.array([0.9, 0.5, 0.2])
    field = step.bias(noisy, rate)[0]
    for i in range(3):
        law = boltzmann_law(np.array([-field[i], field[i]]), 1.0)  # E = b s of s = -1 and s = +1
        assert math.isclose(law[1] if noisy[0, i] > 0 else law[0], keep_probability(0.7, rate[i]), rel_tol=1e-12)


def test_the_steps_of_a_log_schedule_lose_equal_shares_of_a_signal_and_the_last_one_all_of_it():
    t = times(4)
    assert t[0] == 0 and math.isinf(t[-1])
    assert np.allclose(np.exp(-np.array(t)), [1, 0.75, 0.5, 0.25, 0], atol=1e-15)
    assert times(4, "linear", end=2.0) == (0, 0.5, 1.0, 1.5, 2.0)
    assert times(1) == (0, math.inf)


def test_a_chain_trains_wider_steps_than_it_uses_and_its_first_machine_has_no_input():
    noise = Noise(steps=4, offset=0.1)
    for used, trained in zip(noise.used, noise.trained, strict=True):
        assert math.isclose(trained.start, used.start * 0.9) and trained.end >= used.end
    assert [step.is_free for step in noise.used] == [False, False, False, True]
    rate = noise.rates(2, 1)
    assert rate.tolist() == [0.9, 0.9, 0.2]
    rows = np.ones((5, 3), dtype=np.int8)
    assert not np.any(noise.used[-1].bias(rows, rate))
    wanted, given_ = noise.used[0].pair(rows, rate, np.random.default_rng(0))
    assert np.array_equal(wanted, rows) and given_.dtype == np.int8  # the step from the data on undoes to clean rows


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"schedule": "square"}, "schedule must be one of log, linear, got 'square'"),
        ({"schedule": "linear"}, "a linear schedule needs a finite end > 0, got None"),
        ({"end": 2.0}, "the times of a log schedule end at infinity: leave end away"),
        ({"steps": 0}, "steps must be >= 1, got 0"),
        ({"rate": 0.0}, "rate of the noise must be > 0, got 0.0"),
        ({"offset": 1.0}, "offset of the noise must lie in [0, 1), got 1.0"),
    ],
)
def test_noise_that_makes_no_sense_is_refused(how, words):
    with pytest.raises(InputError) as refusal:
        Noise(**how)
    assert str(refusal.value) == words
