"""Every fault on at once: the fast engines still give the reference's trace, or refuse the fault by name."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwsim.anneal import constant, linear
from hwsim.cell.clock import CLOCKS
from hwsim.cell.codes import SOURCES, TABLE
from hwsim.errors import UnsupportedError
from hwsim.program import Network
from hwsim.session import run

READS, RECORD = 66, (0, 1, 65)


def same(program, engine, *, seed, schedules=1, time="4 ns"):
    common = {
        "anneal": linear(0.05, 2.0, time, steps=9), "reads": READS, "schedules": schedules, "seed": seed,
        "checkpoints": 2, "record": RECORD,
    }  # fmt: skip
    fast = run(program, engine=engine, threads=1, **common)
    law = run(program, engine="reference", **common)
    assert fast.updates == law.updates
    for read in RECORD:
        for mine, theirs in zip(fast.traces[read], law.traces[read], strict=True):
            assert np.array_equal(mine, theirs)
    assert np.array_equal(fast.states, law.states)
    assert np.array_equal(fast.checkpoint_energies, law.checkpoint_energies)


def network(draw, rng, n):
    """Couplings of either kind, in error by row, and the problem's own beside them."""
    integer = draw(st.booleans())
    upper = np.triu(rng.integers(-3, 4, (n, n)) if integer else rng.normal(size=(n, n)), 1).astype(float)
    couplings = upper + upper.T
    changes = {}
    if draw(
        st.booleans()
    ):  # what the machine realises is not what the problem asks: signs may even differ by direction
        kept = couplings != 0
        error = rng.integers(-1, 2, (n, n)) if integer else 0.1 * rng.normal(size=(n, n))
        realised = np.where(kept, couplings + error, 0.0)
        realised[kept & (realised == 0)] = 1.0
        rows, columns = np.nonzero(couplings)
        problem = Network(
            bias=np.zeros(n), indices=columns.astype(np.int32), weight=couplings[rows, columns],
            indptr=np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=n)))).astype(np.int64),
        )
        changes = {"problem": problem}
        couplings = realised
    return couplings, changes


def faults(draw, rng, n, *, laws=(0, 1, 2), sources=("ideal",)):
    changes = {
        "law": rng.choice(laws, n).astype(np.int8),
        "parameter": rng.choice([0.3, 0.5, 1.0], n),
        "gain": 1 + 0.2 * rng.random(n),
        "offset": 0.1 * rng.normal(size=n),
        "white": rng.choice([0.0, 0.4], n),
        "flicker": rng.choice([0.0, 0.3], n),
        "flicker_block": 300_000,
        "flicker_octaves": 4,
        "temperature_drift": draw(st.sampled_from([0.0, 1e8])),
        "stuck": rng.choice([0, 0, 0, 1, -1], n).astype(np.int8),
        "table": np.sort(rng.random(9)),
        "table_first": -2.0,
        "table_step": 0.5,
        "source": draw(st.sampled_from(sources)),
        "source_shifts": draw(st.sampled_from([1, 8])),
        "source_share": draw(st.sampled_from([1, 3])),
        "source_phase": draw(st.sampled_from([0, 5])),
        "threshold_word": 2.0 ** draw(st.sampled_from([0, 24])),
    }
    changes |= {"input_low": -2.0, "input_high": 2.0, "input_step": draw(st.sampled_from([0.0, 0.25]))}
    changes["bound"] = changes["gain"] * (2.0 + np.abs(changes["offset"]))
    delay = draw(st.sampled_from(["none", "uniform", "per edge"]))
    return changes, delay


def with_delay(delay, rng, m):
    return {"none": 0, "uniform": 700_000, "per edge": rng.integers(0, 2_000_000, m)}[delay]


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_lanes_with_every_fault_on_is_the_reference(make_program, data):
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    n = draw(st.integers(2, 7))
    clock = draw(st.sampled_from(sorted(CLOCKS)))
    laws = (0, 1, 2, 3, 4) if clock == "poisson" else (0, 1, 2, 4)
    changes, delay = faults(draw, rng, n, laws=laws, sources=tuple(SOURCES))
    couplings, problem = network(draw, rng, n)
    changes["delay"] = with_delay(delay, rng, np.count_nonzero(couplings))
    if draw(st.booleans()):
        changes["synapse"] = rng.choice([0.0, 3e5], n)
    program = make_program(couplings, bias=rng.normal(size=n), clock=clock, **changes, **problem)
    same(program, "lanes", seed=draw(st.integers(0, 100)), schedules=draw(st.sampled_from([1, 3])))


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_bitplanes_and_integer_lanes_with_every_fault_they_honour_are_the_reference(make_program, data):
    draw = data.draw
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    n = draw(st.integers(2, 12))
    changes, delay = faults(draw, rng, n)
    upper = np.triu(rng.integers(-2, 3, (n, n)), 1).astype(float)
    couplings = upper + upper.T
    changes["delay"] = with_delay(delay, rng, np.count_nonzero(couplings))
    program = make_program(
        couplings, bias=rng.integers(-1, 2, n).astype(float), clock=draw(st.sampled_from(sorted(CLOCKS))),
        problem=Network(
            bias=np.zeros(n), indptr=np.zeros(n + 1, dtype=np.int64), indices=np.zeros(0, dtype=np.int32),
            weight=np.zeros(0),
        ),
        **changes,
    )  # fmt: skip
    for engine in ("bitplanes", "lanes"):
        same(program, engine, seed=draw(st.integers(0, 100)), schedules=draw(st.sampled_from([1, 3])))


def test_dense_honours_stuck_cells_drift_and_weights_that_differ_by_direction(make_program):
    rng = np.random.default_rng(3)
    n = 30
    couplings = rng.normal(size=(n, n)) * (1 - np.eye(n))
    program = make_program(
        couplings, delay=400_000, stuck=rng.choice([0, 0, 1, -1], n).astype(np.int8), temperature_drift=1e8,
        gain=1 + 0.1 * rng.random(n),
    )  # fmt: skip
    same(program, "dense", seed=4, time="2 ns")


RING = np.roll(np.eye(6), 1, 0) + np.roll(np.eye(6), -1, 0)


@pytest.mark.parametrize(
    "engine, change, name",
    [
        ("bitplanes", {"law": 3, "bound": 3.0}, "own state"),
        ("bitplanes", {"law": 4}, "own state"),
        ("bitplanes", {"source": "lfsr32"}, "lfsr32"),
        ("dense", {"law": 3, "bound": 3.0}, "own state"),
        ("dense", {"source": "lfsr32"}, "lfsr32"),
        ("dense", {"law": 1}, "heat bath"),
        ("dense", {"white": 0.1}, "noise"),
        ("dense", {"flicker": 0.1}, "noise"),
        ("dense", {"input_low": -5.0, "input_high": 5.0}, "input limit"),
    ],
)
def test_what_an_engine_cannot_do_it_refuses_by_name(make_program, engine, change, name):
    program = make_program(RING, **change)
    with pytest.raises(UnsupportedError, match=name):
        run(program, anneal=constant(1.0, "1 ns"), reads=2, engine=engine)
    assert run(program, anneal=constant(1.0, "1 ns"), reads=2).engine != engine


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
