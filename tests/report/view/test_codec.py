"""Arrays of a page come back as they were."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.report.view.codec import Arrays, read


@pytest.mark.parametrize(
    "values",
    [
        np.array([0, 1, 255, 256, 2**53 - 1]),
        np.arange(1000) * 999_999_937,
        np.full(7, 12),
        np.zeros(0, dtype=np.int64),
        np.array([5]),
    ],
    ids=["sizes", "steps", "one value", "none", "one"],
)
@pytest.mark.parametrize("rising", [False, True])
def test_whole_numbers_come_back_to_the_last_bit(values, rising):
    arrays = Arrays()
    assert np.array_equal(read(arrays.whole(values, rising=rising), arrays.elements), values)


def test_floats_and_bits_come_back_to_the_last_bit():
    arrays, rng = Arrays(), np.random.default_rng(1)
    floats = np.concatenate((rng.standard_normal(50) * 1e-300, [np.inf, -np.inf, -0.0, 0.1]))
    assert np.array_equal(read(arrays.real(floats), arrays.elements), floats)
    short = floats.astype(np.float32)
    assert np.array_equal(read(arrays.real(short, n_bytes=4), arrays.elements), short.astype(np.float64))
    bits = rng.random(77) < 0.3
    assert np.array_equal(read(arrays.bits(bits), arrays.elements), bits)
    assert np.array_equal(read(arrays.spins(2 * bits - 1), arrays.elements), bits)


def test_equal_arrays_are_stored_once():
    arrays = Arrays()
    first, second = (arrays.whole(np.arange(100)) for _ in range(2))
    assert first == second and len(arrays.elements) == 1


@pytest.mark.parametrize("values", [[-1, 2], [2**53]])
def test_numbers_that_a_page_cannot_hold_are_refused(values):
    with pytest.raises(InputError, match="a page holds whole numbers"):
        Arrays().whole(values)
