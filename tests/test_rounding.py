import math
from fractions import Fraction

import numpy as np
import pytest

from hwsim.rounding import indistinct, is_exact, power_of_two, reached, rounding

SCALES = [2.0**-100, 1e-100, 1e-30, 1.0, 1e30, 1e100, 2.0**100]


def test_sums_of_integers_are_exact_at_every_power_of_two():
    terms = np.array([3.0, -5.0, 2.0**40, 0.0])
    for scale in (2.0**-900, 1.0, 2.0**900):
        assert is_exact(terms * scale) and rounding(terms * scale) == 0


def test_sums_beyond_53_bits_are_not_exact():
    assert is_exact(2.0**52, 1.0) and not is_exact(2.0**53, 1.0)
    assert not is_exact(2.0**52, 1.0, spare_bits=2) and is_exact(2.0**50, 1.0, spare_bits=2)
    assert is_exact(np.zeros(3)) and is_exact(np.zeros(0))


@pytest.mark.parametrize("m", [3, 30, 3000])
def test_the_rounding_covers_every_order_of_a_sum(m):
    terms = np.random.default_rng(m).normal(size=m)
    exact = sum(map(Fraction, terms.tolist()))
    errors = []
    for seed in range(20):
        total = 0.0
        for term in np.random.default_rng(seed).permutation(terms).tolist():
            total += term
        errors.append(abs(Fraction(total) - exact))
    assert 0 < max(errors) <= rounding(terms) / 2


def test_the_rounding_scales_with_the_unit_bit_for_bit_at_powers_of_two():
    terms = np.random.default_rng(0).normal(size=50)
    for scale in SCALES:
        same = rounding(terms * scale) / scale
        assert same == rounding(terms) if math.log2(scale).is_integer() else same == pytest.approx(rounding(terms))


def test_a_target_is_reached_up_to_the_rounding_and_no_further():
    ulp = 2.0**-52
    energies = np.array([-1.0, -1.0 + ulp, -1.0 + 8 * ulp])
    for scale in SCALES:
        assert reached(energies * scale, -scale, 2 * ulp * scale).tolist() == [True, True, False]
    assert reached(np.array([-2.0, -1.0]), -2.0, 0.0).tolist() == [True, False]


def test_a_variable_below_the_rounding_is_named_in_one_sentence():
    terms = np.array([1e17, 1.0, 2.0])
    tolerance = rounding(terms, 0.1)
    assert tolerance > 2
    for scale in SCALES:
        words = indistinct(terms * scale, tolerance * scale)
        assert words is not None and words.startswith("float64 cannot tell energies apart") and "\n" not in words
        assert indistinct(np.array([1.0, 0.0]) * scale, 1e-15 * scale) is None


def test_powers_of_two_divide_without_error():
    assert [power_of_two(x) for x in (1.0, 1.99, 2.0, 3e-200, 0.0)] == [
        1.0,
        1.0,
        2.0,
        2.0 ** math.floor(math.log2(3e-200)),
        1.0,
    ]
