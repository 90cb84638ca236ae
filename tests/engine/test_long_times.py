"""Times near the end of the grid, about two hours: nothing leaves 63 bits."""

import numpy as np
import pytest

import hwsim
from hwsim.anneal import linear
from hwsim.engine.schedule import slot_tick, slot_time
from hwsim.errors import InputError
from hwsim.session import run

KS = 10**18
END = 8 * KS


@pytest.mark.parametrize(("problem", "noise"), [("ring:n=6", {"noise_flicker": 0.3}), ("sk:n=8", {})])
@pytest.mark.parametrize("clock", ["poisson", "free-running", "chromatic", "sequential", "random-sequential"])
def test_engines_tell_what_the_reference_tells(clock, problem, noise):
    """With intervals of an hour and more, 1/f noise that is as slow, and wires that take minutes."""
    machine = {"tau": "4000 s", "delay": "500 s", "jitter": "3000 s"} | noise
    program = hwsim.compile(hwsim.read(problem), hwsim.chip("generic-all-to-all", clock=clock, **machine))
    how = {"anneal": linear(0.1, 3.0, "8000 s"), "reads": 64, "schedules": 16, "seed": 1, "record": range(0, 64, 4)}
    found = {engine: run(program, engine=engine, **how) for engine in ("reference", "auto")}
    assert found["auto"].engine != "reference"
    for read, (time, pbit, value) in found["reference"].traces.items():
        assert time[0] >= 0 and np.all(np.diff(time) >= 0) and time[-1] < END
        for mine, theirs in zip((time, pbit, value), found["auto"].traces[read], strict=True):
            assert np.array_equal(mine, theirs)
    updates = sum(len(trace[0]) for trace in found["reference"].traces.values()) / (16 * program.n_pbits)
    assert abs(updates - 2) < 5 * np.sqrt(2 / (16 * program.n_pbits)), "two intervals of tau are in 8000 s"


@pytest.mark.parametrize(("period", "n_slots"), [(10**15, 20_000), (4 * KS, 8), (7, 3), (10**13 + 1, 10**6)])
def test_slots_are_spread_evenly_however_long_the_period(period, n_slots):
    for slot in (0, 1, n_slots - 1, n_slots, n_slots + n_slots // 2):
        exact = slot // n_slots * period + slot % n_slots * period // n_slots
        assert slot_time(slot, period, n_slots) == exact == slot_tick_of(slot, period, n_slots)


def slot_tick_of(slot, period, n_slots):
    return slot_tick(np.int64(slot), np.int64(period), np.int64(n_slots))


def test_a_delay_that_ends_beyond_the_grid_is_refused():
    with pytest.raises(InputError, match="delay must be"):
        hwsim.compile(hwsim.read("ring:n=6"), hwsim.chip("generic-all-to-all", delay="700 s"))
