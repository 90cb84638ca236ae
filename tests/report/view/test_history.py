"""What a page holds of a read is what the read did, whatever its clock."""

import numpy as np
import pytest

import hwsim
from hwsim.analysis.steps import before
from hwsim.report.view import history
from hwsim.report.view.codec import Arrays, read


def recorded(clock, **card):
    """(run, facts, elements) of a small machine."""
    program = hwsim.compile(hwsim.read("ea2d:L=4,seed=1"), hwsim.chip("generic-all-to-all", clock=clock, **card))
    run = hwsim.run(program, anneal=hwsim.constant(0.7, "50 ns"), reads=2, schedules=2, seed=3, record=(1,))
    arrays = Arrays()
    return run, history.events(arrays, program, run.traces[1], run.initial_states[1], run.anneal.end), arrays.elements


@pytest.mark.parametrize("clock", ["sequential", "chromatic", "synchronous"])
def test_of_a_regular_clock_one_bit_an_update_is_kept_and_gives_the_whole_trace(clock):
    run, facts, elements = recorded(clock)
    time, pbit, value = run.traces[1]
    assert facts["kind"] == "slots" and facts["n"] == len(time)
    member, sizes = (read(facts[name], elements).astype(int) for name in ("member", "members"))
    slots = np.split(member, np.cumsum(sizes)[:-1])
    changed, state, at = read(facts["changed"], elements), run.initial_states[1].copy(), 0
    for slot in range(10**6):
        inside = slot % facts["slots"]
        tick = slot // facts["slots"] * facts["period"] + inside * facts["period"] // facts["slots"]
        if tick >= run.anneal.end:
            break
        for i in slots[inside]:
            state[i] = -state[i] if changed[at] else state[i]
            assert (tick, i, state[i]) == (time[at], pbit[at], value[at])
            at += 1
    assert at == len(time)


@pytest.mark.parametrize(
    ("clock", "card"), [("poisson", {}), ("random-sequential", {}), ("synchronous", {"participation": 0.3})]
)
def test_of_a_drawn_clock_every_update_is_kept(clock, card):
    run, facts, elements = recorded(clock, **card)
    time, pbit, value = run.traces[1]
    assert facts["kind"] == "events"
    assert np.array_equal(read(facts["time"], elements), time)
    assert np.array_equal(read(facts["pbit"], elements), pbit)
    assert np.array_equal(read(facts["value"], elements), value > 0)


def test_before_is_the_state_that_an_update_replaced():
    rng = np.random.default_rng(2)
    initial = rng.choice([-1, 1], 5).astype(np.int8)
    pbit, value = rng.integers(5, size=60), rng.choice([-1, 1], 60).astype(np.int8)
    state, expected = initial.copy(), []
    for i, new in zip(pbit, value, strict=True):
        expected.append(state[i])
        state[i] = new
    assert before(pbit, value, initial).tolist() == expected


def test_frames_are_stored_as_differences():
    states = np.random.default_rng(3).choice([-1, 1], (4, 30)).astype(np.int8)
    arrays = Arrays()
    facts = history.frames(arrays, np.array([0, 5, 9, 20]), states, 25)
    frames = np.logical_xor.accumulate([read(each, arrays.elements) for each in facts["changed"]])
    assert np.array_equal(frames, states > 0)
