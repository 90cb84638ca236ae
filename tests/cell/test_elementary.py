"""The elementary functions against the C library's, and the threshold against algebra."""

import math
from fractions import Fraction

import numpy as np
import pytest

from hwsim.cell.codes import NO_LIMIT
from hwsim.cell.elementary import exp, log, normal_quantile
from hwsim.cell.law import ideal_threshold
from hwsim.cell.model import PBit, n_levels
from hwsim.errors import InputError
from hwsim.jit import njit


@njit
def _exp(x):
    return exp(x)


@njit
def _threshold(field, beta, gain, offset, low, high, step, comparator_step):
    return ideal_threshold(field, beta, gain, offset, low, high, step, comparator_step)


def test_exp_is_within_two_units_in_the_last_place():
    for x in np.random.default_rng(0).uniform(-700, 700, 2000):
        assert abs(_exp(x) / math.exp(x) - 1) < 4.5e-16


def test_log_is_within_its_bound():
    for x in np.exp(np.random.default_rng(1).uniform(-30, 30, 2000)):
        assert abs(log(x) - math.log(x)) <= 1e-15 * max(1.0, abs(math.log(x)))


def test_the_normal_quantile_inverts_the_normal_law():
    special = pytest.importorskip("scipy.special")
    u = np.random.default_rng(2).random(2000)
    mine = np.array([normal_quantile(v) for v in u])
    assert np.max(np.abs(mine - special.ndtri(u)) / np.maximum(1, np.abs(mine))) < 1.2e-9


IDEAL = {"gain": 1.0, "offset": 0.0, "low": -NO_LIMIT, "high": NO_LIMIT, "step": 0.0, "comparator_step": 1.0}


def threshold(field, beta, **changes):
    return _threshold(field, beta, *(IDEAL | changes).values())


def test_the_ideal_threshold_is_the_sigmoid_rounded_to_32_bits():
    for x in np.linspace(-12, 12, 101):
        assert threshold(x, 1.0) == math.floor(2**32 * ((1 + math.tanh(x)) / 2) + 0.5) or abs(
            Fraction(threshold(x, 1.0)) - Fraction((1 + math.tanh(x)) / 2) * 2**32
        ) < Fraction(51, 100)


def test_extremes_are_certain_and_zero_is_a_coin():
    assert threshold(1e9, 1.0) == 2**32 and threshold(-1e9, 1.0) == 0 and threshold(0.0, 5.0) == 2**31


def test_a_step_beyond_float64_has_levels_without_end():
    fine = PBit(name="fine", tau_s=1e-9, input_low=-1e308, input_high=1e308, input_step=1e-320)
    assert n_levels(fine) == 2**53 + 1
    with pytest.raises(InputError, match="input_low must be below input_high"):
        PBit(name="turned", tau_s=1e-9, input_low=1e308, input_high=0.0, input_step=0.1, threshold_top="saturated")


def test_a_dac_of_four_bits_has_sixteen_levels_end_to_end():
    levels = {threshold(x, 1.0, low=-3.0, high=3.0, step=6 / 15) for x in np.linspace(-9, 9, 4001)}
    assert len(levels) == 16
    assert max(levels) == threshold(3.0, 1.0) and min(levels) == threshold(-3.0, 1.0)


def test_a_short_comparator_word_rounds_the_threshold_to_its_unit():
    assert all(threshold(x, 1.0, comparator_step=2.0**24) % 2**24 == 0 for x in np.linspace(-5, 5, 77))


def test_gain_and_offset_act_as_the_card_says():
    assert threshold(0.3, 2.0, gain=1.5, offset=0.25) == threshold(1.5 * (0.6 + 0.25), 1.0)
