"""Answers of a trained model on a chip: against its exact law, and with units that are held."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.learn.answers import classify, complete, samples
from hwsim.learn.data import read_data
from hwsim.learn.exact import log_weights, visible_law
from hwsim.learn.machine import LearningMachine, Timing
from hwsim.memory import LIMIT


def machine(model, **how):
    return LearningMachine(model, "generic-all-to-all", seed=1, engine="lanes", threads=1, schedules=16, **how)


def test_samples_follow_the_exact_law_within_sampling_noise(adder):
    found = samples(machine(adder), 4000, sweeps=200)
    law = visible_law(adder.network, range(5))
    share = np.bincount((found.bits > 0) @ (1 << np.arange(5)), minlength=32) / 4000
    z = (share - law) / np.sqrt(law * (1 - law) / 4000)
    assert np.abs(z).max() < 4.5  # 32 comparisons
    assert found.activity.reads == 4000 and found.activity.updates == pytest.approx(4000 * 5 * 200, rel=0.02)


def test_only_the_states_that_stay_count_for_all_reads(adder, monkeypatch):
    """Chains run 2,048 at once: 20,000 reads of 5 units are 100 kB, and 92 kB for those that run."""
    monkeypatch.setenv(LIMIT, "250 kB")
    assert len(samples(machine(adder), 20_000, sweeps=1)) == 20_000
    with pytest.raises(InputError, match="40000 chains of 5 units need"):
        samples(machine(adder), 40_000, sweeps=1)


def test_held_units_keep_their_values_and_the_rest_follows(adder):
    """1 + 1 + 1 = 3: sum and carry are up."""
    held = np.array([True, True, True, False, False])
    found = samples(machine(adder), 500, sweeps=100, held=held, values=np.ones(3, np.int8))
    assert np.all(found.bits[:, :3] == 1)
    weights = np.exp(
        log_weights(adder.network, range(5), np.array([[1, 1, 1, a, b] for a in (-1, 1) for b in (-1, 1)]))
    )
    exact = weights[3] / weights.sum()
    right = np.mean(np.all(found.bits == 1, axis=1))
    assert exact > 0.8 and abs(right - exact) < 4 * np.sqrt(exact * (1 - exact) / 500)


def test_rows_are_classified_as_the_exact_law_would(two_classes):
    model, data = two_classes
    found = classify(machine(model), data, reads=8, timing=Timing(warm_up=20, looks=10, spacing=2))
    assert found.accuracy.share == 1.0 and found.accuracy.low < 0.6 and found.classes == ("left", "right")
    rows = np.repeat(data.bits, 2, axis=0)
    labels = np.tile(data.code.label_bits([0, 1]), (4, 1))
    weights = np.exp(log_weights(model.network, range(6), np.hstack((rows, labels)))).reshape(4, 2)
    exact = weights / weights.sum(axis=1, keepdims=True)
    assert np.abs(found.votes - exact).max() < 0.25  # 80 correlated looks of each row
    assert found.activity.reads == 8 * 4 * 10


def test_what_is_not_shown_of_a_row_is_completed(two_classes):
    model, data = two_classes
    shown = np.array([True, False, True, True])
    means = complete(machine(model), data.bits[[0, 2]], shown, timing=Timing(warm_up=20, looks=20, spacing=2))
    np.testing.assert_array_equal(means[:, shown], data.bits[[0, 2]][:, shown])
    assert means[0, 1] > 0.2


def test_what_cannot_be_asked_is_refused_in_one_sentence(adder, two_classes):
    with pytest.raises(InputError, match="adder has no label units"):
        classify(machine(adder), read_data("adder"))
    with pytest.raises(InputError, match="the model has 4 visible units, and the data 5 bits"):
        classify(machine(two_classes[0]), read_data("adder"))
