"""The correlation penalty: its sign by an exact machine, and its controllers by hand."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.learn.exact import Moments, moments
from hwsim.learn.model import fully
from hwsim.learn.penalty import Controller, penalised


def excess(model):
    """Mean |<s_i s_j> - <s_i><s_j>| over the couplings, by enumeration."""
    found = moments(model.network, range(model.n))
    return float(np.mean(np.abs(found.second - found.first[model.first] * found.first[model.second])))


def stepped(model, data, machine, rate):
    """``model`` after one plain step of learning: E falls where the data are."""
    bias = model.bias - rate * (data.first - machine.first)
    return model.with_values(bias, model.weight - rate * (data.second - machine.second))


@pytest.mark.parametrize("seed", range(3))
def test_the_penalty_alone_weakens_the_correlations_of_a_machine_and_its_sign_matters(seed):
    rng = np.random.default_rng(seed)
    start = fully(5).with_values(rng.normal(size=5) * 0.5, rng.normal(size=10) * 0.5)
    ends = {}
    for sign in (1, -1):
        model = start
        for _ in range(50):
            machine = moments(model.network, range(5))
            model = stepped(model, machine, penalised(machine, model.first, model.second, sign * 1.0), rate=0.1)
        ends[sign] = model  # data that are the machine's own: no other force
    assert excess(ends[1]) < 0.5 * excess(start) < excess(start) < excess(ends[-1])
    assert np.array_equal(ends[1].bias, start.bias)  # biases see nothing of it
    assert np.abs(ends[1].weight).sum() < np.abs(start.weight).sum() < np.abs(ends[-1].weight).sum()


def test_two_p_bits_that_agree_are_driven_apart():
    machine = Moments(np.array([0.5, 0.2]), np.array([0.7]))  # <ss> - <s><s> = 0.6
    seen = penalised(machine, np.array([0]), np.array([1]), 0.1)
    assert seen.first is machine.first and np.allclose(seen.second, 0.7 + 0.1 * 0.6)
    before = fully(2)
    after = stepped(before, machine, seen, rate=0.5)
    assert np.allclose(after.weight - before.weight, 0.5 * 0.1 * 0.6)  # J rises: agreement costs more


CODE, PAPER = Controller.of("code"), Controller.of("paper")


@pytest.mark.parametrize(
    ("controller", "strength", "now", "before", "wanted"),
    [
        (CODE, 0.0, 0.0, None, 0.0),  # lifted to 0.001, times 0.6, below the least: none
        (CODE, 0.0, 0.02, 0.01, 0.0012),
        (CODE, 0.01, 0.02, 0.01, 0.012),
        (CODE, 0.01, 0.029, 0.01, 0.015),  # beyond 1.8 thresholds
        (CODE, 0.01, 0.02, 0.03, 0.0095),
        (CODE, 0.01, 0.008, 0.03, 0.007),  # 0.6 + 0.2 / 2
        (CODE, 0.01, 0.3, None, 0.015),  # nothing to compare with counts as a rise
        (PAPER, 0.0, 0.04, 0.01, 1.2e-4),
        (PAPER, 0.01, 0.5, 0.01, 0.012),
        (PAPER, 0.01, 0.04, 0.05, 0.01),
        (PAPER, 0.01, 0.02, 0.01, 0.008),
        (PAPER, 1e-4, 0.02, 0.01, 0.0),
    ],
)
def test_the_controllers_follow_their_published_rules(controller, strength, now, before, wanted):
    assert np.isclose(controller.after(strength, now, before), wanted, rtol=1e-12, atol=0)


def test_a_controller_without_sense_is_refused():
    with pytest.raises(InputError, match="rule must be one of code, paper, got 'mine'"):
        Controller(rule="mine")
    with pytest.raises(InputError, match="a threshold between 0 and 1"):
        Controller(threshold=0.0)
