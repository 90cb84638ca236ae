"""Streams: named, numbered, independent of one another."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.streams import generator, stream_key


def test_a_stream_depends_on_its_name_and_numbers_alone():
    first = generator(3, "noise", 1).random(4)
    generator(3, "other").random(10)
    assert np.array_equal(first, generator(3, "noise", 1).random(4))


def test_names_numbers_and_seeds_do_not_collide():
    keys = {stream_key(s, n, k) for s in range(20) for n in ("a", "b", "a:1") for k in range(20)}
    assert len(keys) == 20 * 3 * 20


@pytest.mark.parametrize("seed", [1.5, "1", True, None])
def test_a_seed_is_an_integer(seed):
    with pytest.raises(InputError, match="seed"):
        stream_key(seed, "noise")
