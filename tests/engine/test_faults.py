"""Faults: p-bits stuck from the start, and a tabulated law; tests/conformance compares the engines."""

import numpy as np

from hwsim.anneal import constant
from hwsim.cell.codes import TABLE
from hwsim.session import run

RING = np.roll(np.eye(6), 1, 0) + np.roll(np.eye(6), -1, 0)


def test_a_stuck_p_bit_is_stuck_from_the_start(make_program):
    program = make_program(RING, stuck=np.array([1, 0, 0, -1, 0, 0], dtype=np.int8))
    for engine in ("reference", "lanes", "bitplanes", "dense"):
        result = run(program, anneal=constant(1.0, "3 ns"), reads=64, engine=engine, record=(0,))
        assert np.all(result.initial_states[:, 0] == 1) and np.all(result.initial_states[:, 3] == -1)
        assert np.all(result.states[:, 0] == 1) and np.all(result.states[:, 3] == -1)


def test_a_tabulated_ideal_law_is_the_ideal_law(make_program):
    """On grid points of the table nothing is interpolated: the same states as the heat bath."""
    z = np.linspace(-3, 3, 7)
    ideal = make_program(RING)
    tabulated = make_program(RING, law=TABLE, table=1 / (1 + np.exp(-2 * z)), table_first=-3.0, table_step=1.0)
    runs = [run(p, anneal=constant(1.0, "20 ns"), reads=128, seed=1) for p in (ideal, tabulated)]
    assert np.mean(runs[0].states != runs[1].states) < 1e-3
