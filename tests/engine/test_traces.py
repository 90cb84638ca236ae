"""The reference is the law: lanes must give the same events and states, to the last one."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwsim.anneal import linear
from hwsim.cell.clock import CLOCKS
from hwsim.session import run

READS, RECORD = 66, (0, 1, 65)


def same(program, *, seed, schedules=1, time="8 ns", engine="lanes"):
    anneal = linear(0.05, 2.0, time, steps=9)
    common = {
        "anneal": anneal,
        "reads": READS,
        "schedules": schedules,
        "seed": seed,
        "checkpoints": 2,
        "record": RECORD,
    }
    fast = run(program, engine=engine, threads=1, **common)
    law = run(program, engine="reference", **common)
    assert fast.updates == law.updates
    for read in RECORD:
        for mine, theirs in zip(fast.traces[read], law.traces[read], strict=True):
            assert np.array_equal(mine, theirs)
    assert np.array_equal(fast.states, law.states)
    assert np.array_equal(fast.checkpoint_energies, law.checkpoint_energies)
    return fast


def test_a_trace_is_not_empty_and_holds_both_values(make_program):
    result = same(make_program(np.array([[0, 1.0], [1, 0]])), seed=0)
    assert set(result.traces[0][2]) == {-1, 1}
    assert len(result.traces[0][0]) > 5


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_random_programs_give_the_same_trace(make_program, data):
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    n = draw(st.integers(2, 8))
    if draw(st.booleans()):
        upper = np.triu(rng.integers(-3, 4, (n, n)), 1).astype(float)
        bias = rng.integers(-2, 3, n).astype(float)
    else:
        size = draw(st.sampled_from([0.1, 1.0, 30.0]))
        upper, bias = np.triu(rng.normal(size=(n, n)), 1) * size, rng.normal(size=n)
    couplings = upper + upper.T
    m = np.count_nonzero(couplings)
    changes = {}
    delay = draw(st.sampled_from(["none", "period", "uniform", "per edge"]))
    if delay != "none":
        changes["delay"] = {
            "period": 1_000_000,
            "uniform": int(rng.integers(1, 3_000_000)),
            "per edge": rng.integers(0, 3_000_000, m),
        }[delay]
    if draw(st.booleans()):
        changes |= {"gain": 1 + 0.2 * rng.random(n), "offset": 0.1 * rng.normal(size=n)}
    if draw(st.booleans()):
        changes |= {"tau": 1e6 * (0.5 + rng.random(n))}
    if draw(st.booleans()):
        changes |= {"input_low": -5.0, "input_high": 5.0, "input_step": 10 / (2 ** draw(st.integers(1, 6)) - 1)}
    if draw(st.booleans()):
        changes |= {"synapse": rng.choice([0.0, 3e5, 1e6], n)}
    if draw(st.booleans()):
        changes |= {"threshold_word": 2.0 ** draw(st.integers(0, 28))}
    clock = draw(st.sampled_from(sorted(CLOCKS)))
    if clock == "synchronous":
        changes |= {"participation": draw(st.sampled_from([1.0, 0.5]))}
    program = make_program(couplings, bias=bias, clock=clock, **changes)
    same(program, seed=draw(st.integers(0, 100)), schedules=draw(st.sampled_from([1, 3])), time="4 ns")


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_random_integer_programs_give_the_same_trace_bit_sliced(make_program, data):
    """Weights -7..7, degrees up to 40, every clock, delays, DAC, spread: bitplanes is the reference."""
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    n = draw(st.sampled_from([2, 5, 8, 12, 41]))
    top = draw(st.sampled_from([1, 1, 3, 7]))
    upper = np.triu(rng.integers(-top, top + 1, (n, n)) * (rng.random((n, n)) < draw(st.sampled_from([0.3, 1.0]))), 1)
    couplings = (upper + upper.T) * draw(st.sampled_from([1.0, 0.5]))
    m = np.count_nonzero(couplings)
    changes = {"bias": rng.integers(-2, 3, n).astype(float)} if draw(st.booleans()) else {}
    delay = draw(st.sampled_from(["none", "period", "uniform", "per edge"]))
    if delay != "none":
        changes["delay"] = {
            "period": 1_000_000,
            "uniform": int(rng.integers(1, 3_000_000)),
            "per edge": rng.integers(0, 3_000_000, m),
        }[delay]
    if draw(st.booleans()):
        changes |= {"gain": 1 + 0.2 * rng.random(n), "offset": 0.1 * rng.normal(size=n)}
    if draw(st.booleans()):
        changes |= {"input_low": -5.0, "input_high": 5.0, "input_step": 10 / (2 ** draw(st.integers(1, 6)) - 1)}
    if draw(st.booleans()):
        changes |= {"threshold_word": 2.0 ** draw(st.integers(0, 28))}
    clock = draw(st.sampled_from(sorted(CLOCKS)))
    if clock == "synchronous":
        changes |= {"participation": draw(st.sampled_from([1.0, 0.5]))}
    bias = changes.pop("bias", None)
    program = make_program(couplings, bias=bias, clock=clock, **changes)
    seed, schedules = draw(st.integers(0, 100)), draw(st.sampled_from([1, 3]))
    same(program, seed=seed, schedules=schedules, time="4 ns" if n < 20 else "1500 ps", engine="bitplanes")


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_random_dense_programs_give_the_same_trace_pushed(make_program, data):
    """Gaussian couplings, every clock, uniform delays, spread, short comparators: dense is the reference."""
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    n = draw(st.sampled_from([2, 7, 40]))
    upper = np.triu(rng.normal(size=(n, n)), 1) * draw(st.sampled_from([0.1, 1.0, 30.0]))
    changes = {"delay": draw(st.sampled_from([0, 1_000_000, 1_700_000]))}
    if draw(st.booleans()):
        changes |= {"gain": 1 + 0.2 * rng.random(n), "offset": 0.1 * rng.normal(size=n)}
    if draw(st.booleans()):
        changes |= {"threshold_word": 2.0 ** draw(st.integers(0, 28))}
    program = make_program(
        upper + upper.T, bias=rng.normal(size=n), clock=draw(st.sampled_from(sorted(CLOCKS))), **changes
    )
    time = "4 ns" if n < 20 else "1500 ps"
    same(program, seed=draw(st.integers(0, 100)), schedules=draw(st.sampled_from([1, 3])), time=time, engine="dense")


@pytest.mark.parametrize("engine", ["lanes", "dense", "bitplanes"])
@pytest.mark.parametrize("schedules", [1, 3])
def test_the_thread_count_changes_nothing(make_program, schedules, engine):
    rng = np.random.default_rng(5)
    shape = (30, 30)
    upper = np.triu(rng.integers(-2, 3, shape) if engine == "bitplanes" else rng.normal(size=shape), 1).astype(float)
    program = make_program(upper + upper.T, delay=200_000)
    runs = [
        run(
            program, anneal=linear(0.1, 1, "20 ns"), reads=2400, schedules=schedules, seed=2, threads=threads,
            engine=engine,
        )
        for threads in (1, 2)
    ]  # fmt: skip
    assert np.array_equal(runs[0].states, runs[1].states)
    assert np.array_equal(runs[0].checkpoint_energies, runs[1].checkpoint_energies)


def test_checkpoints_do_not_change_the_result(make_program):
    program = make_program(np.ones((6, 6)) - np.eye(6), delay=300_000)
    few, many = (
        run(program, anneal=linear(0.1, 1, "20 ns"), reads=70, schedules=2, seed=2, checkpoints=k) for k in (1, 37)
    )
    assert np.array_equal(few.states, many.states)


def test_another_seed_gives_another_result(make_program):
    program = make_program(np.ones((6, 6)) - np.eye(6))
    a, b = (run(program, anneal=linear(0.1, 1, "20 ns"), reads=70, seed=seed) for seed in (1, 2))
    assert not np.array_equal(a.states, b.states)
