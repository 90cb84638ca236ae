"""What is compiled: kernels have code for what a program has and no other, and random starts need none."""

import numpy as np
import pytest
from numba import typeof

from hwsim.anneal import constant
from hwsim.engine import bitplanes
from hwsim.engine.bitplanes_kernel import advance_queue
from hwsim.engine.bitplanes_thresholds import OTHERS
from hwsim.engine.noise import initial_states, initial_words
from hwsim.session import run


def circulant(n, steps):
    """Couplings of 1 between p-bits that are one of ``steps`` apart."""
    return sum(np.roll(np.eye(n), step, axis=1) + np.roll(np.eye(n), -step, axis=1) for step in steps)


@pytest.mark.parametrize(
    ("couplings", "name"),
    [
        (circulant(10, [1, 2, 3]), None),
        (circulant(10, [1, 2, 3]) + np.roll(np.eye(10), 5, axis=1), "Sevens"),
        (circulant(10, [1, 2, 3, 4]), "Wide5"),
        (circulant(12, [1]) + 40 * circulant(12, [2]), "Wide10"),
    ],
)
def test_kernels_have_code_for_what_a_program_has_and_no_other(make_program, couplings, name, monkeypatch):
    called = []

    def advance(*arguments):
        called.append(tuple(typeof(argument) for argument in arguments))
        return advance_queue(*arguments)

    monkeypatch.setattr(bitplanes, "advance_queue", advance)
    run(make_program(couplings), anneal=constant(1.0, "1 ns"), reads=200, schedules=1, engine="bitplanes")
    kinds = {getattr(signature[6].types[OTHERS], "instance_class", type(None)).__name__ for signature in called}
    assert kinds == {name or "NoneType"} and set(called) <= set(advance_queue.signatures)


@pytest.mark.parametrize(("first", "words"), [(0, 1), (3, 70)])
def test_random_starts_are_the_same_without_a_kernel(first, words):
    n, key = 131, np.uint64(2**64 - 5)
    rows = np.zeros((n, words), dtype=np.uint64)
    initial_words(key, first, rows)
    bits = np.unpackbits(rows.astype("<u8").view(np.uint8), axis=1, bitorder="little")
    wanted = initial_states(key, 64 * (first + words), n)[64 * first :].T
    assert np.array_equal(2 * bits.astype(np.int8) - 1, wanted)
