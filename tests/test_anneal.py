"""Anneals: step tables on the grid."""

import numpy as np
import pytest

from hwsim.anneal import constant, geometric, linear, table
from hwsim.errors import InputError


def test_steps_are_of_equal_length_and_end_where_they_should():
    anneal = linear(0.0, 1.0, "11 ns", steps=11)
    assert anneal.end == 11_000_000 and np.array_equal(np.diff(anneal.start), np.full(10, 1_000_000))
    assert anneal.beta[0] == 0.0 and anneal.beta[-1] == 1.0 and anneal.duration_s == 11e-9


def test_a_step_holds_from_its_start_to_the_next():
    anneal = table(["0 s", "2 ns"], [1.0, 3.0], "5 ns")
    assert [anneal.beta_at(t) for t in (0, 1_999_999, 2_000_000, 4_999_999)] == [1.0, 1.0, 3.0, 3.0]


def test_a_geometric_anneal_has_equal_ratios():
    beta = geometric(0.1, 10.0, "1 us", steps=5).beta
    assert np.allclose(beta[1:] / beta[:-1], 10**0.5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: constant(-1.0, "1 ns"),
        lambda: constant(float("nan"), "1 ns"),
        lambda: constant(1.0, "0 s"),
        lambda: linear(0, 1, "1 ns", steps=0),
        lambda: linear(0, 1, "10 fs"),
        lambda: geometric(0, 1, "1 us"),
        lambda: table(["1 ns"], [1.0], "2 ns"),
        lambda: table(["0 s", "0 s"], [1.0, 2.0], "2 ns"),
        lambda: table(["0 s", "3 ns"], [1.0, 2.0], "2 ns"),
        lambda: table(["0 s"], [1.0, 2.0], "2 ns"),
    ],
)
def test_a_bad_anneal_is_refused(make):
    with pytest.raises(InputError):
        make()
