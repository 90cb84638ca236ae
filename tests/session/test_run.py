"""Run: slices, checkpoints, stopping early, carrying states on."""

import numpy as np
import pytest

from hwsim.anneal import constant, linear
from hwsim.errors import InputError
from hwsim.session import run

RING = np.roll(np.eye(6), 1, axis=1) + np.roll(np.eye(6), -1, axis=1)


def test_an_interrupt_keeps_what_there_is(make_program):
    calls = []
    result = run(
        make_program(RING),
        anneal=constant(1.0, "1 us"),
        reads=8,
        interrupt=lambda: bool(calls),
        progress=lambda fraction, updates: calls.append((fraction, updates)),
    )
    assert result.interrupted and len(calls) == 1
    assert result.device_time_s == result.checkpoint_times_s[-1] == pytest.approx(calls[0][0] * 1e-6)
    assert 0 < result.device_time_s < 1e-6 and result.updates == calls[0][1] > 0


@pytest.mark.parametrize("engine", ["lanes", "reference"])
def test_checkpoints_change_no_result(make_program, engine):
    program, anneal = make_program(RING, delay=300_000), linear(0.1, 2, "20 ns")
    runs = [run(program, anneal=anneal, reads=3, seed=1, engine=engine, checkpoints=k) for k in (1, 7, 50)]
    assert all(np.array_equal(runs[0].states, other.states) for other in runs[1:])
    assert np.array_equal(runs[0].checkpoint_energies[-1], runs[2].checkpoint_energies[-1])
    assert len(runs[1].checkpoint_times_s) == 8 and runs[1].device_time_s == 20e-9


def test_more_reads_change_no_earlier_read(make_program):
    few, many = (run(make_program(RING), anneal=constant(0.5, "9 ns"), reads=n, schedules=1, seed=4) for n in (10, 130))
    assert np.array_equal(few.states, many.states[:10])


def test_given_initial_states_are_where_it_starts(make_program):
    start = np.array([[1, -1, 1, 1, -1, -1], [-1, -1, 1, -1, 1, 1]], dtype=np.int8)
    result = run(make_program(RING), anneal=constant(1.0, "1 fs"), reads=2, initial_states=start)
    assert np.array_equal(result.initial_states, start)


@pytest.mark.parametrize(
    "bad",
    [
        {"reads": 0},
        {"schedules": 0},
        {"engine": "warp"},
        {"checkpoints": 0},
        {"threads": 0},
        {"record": (9,)},
        {"initial_states": np.zeros((2, 6))},
        {"seed": 0.5},
    ],
)
def test_a_bad_argument_is_refused(make_program, bad):
    with pytest.raises(InputError):
        run(make_program(RING), **{"anneal": constant(1.0, "1 ns"), "reads": 2} | bad)
