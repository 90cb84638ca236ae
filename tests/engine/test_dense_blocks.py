"""Many replicas in dense: what a block of updates gives is what single updates give, whatever the schedule."""

import numpy as np
import pytest

from hwsim.anneal import linear
from hwsim.engine import dense
from hwsim.engine.contract import Start
from hwsim.session import run

NS = 1_000_000


def couplings(n, rng, size=1.0):
    upper = np.triu(size * rng.normal(size=(n, n)) / np.sqrt(n), 1)
    return upper + upper.T


def differing(program, reads, end="60 ns"):
    how = {"anneal": linear(0.05, 12.0, end, steps=40), "reads": reads, "seed": 2, "record": (0, reads - 1)}
    one, two = (run(program, engine=name, **how) for name in ("dense", "lanes"))
    traces = [(a, b) for read in how["record"] for a, b in zip(one.traces[read], two.traces[read], strict=True)]
    return [k for k, (a, b) in enumerate([(one.states, two.states), *traces]) if not np.array_equal(a, b)]


@pytest.mark.parametrize(
    ("clock", "delay"),
    [
        ("random-sequential", 0),
        ("poisson", 0),
        ("poisson", 100_000),
        ("poisson", 7 * NS),  # 1,000 commits under way: the ring grows
        ("synchronous", 0),
        ("synchronous", 2 * NS),
    ],
)
def test_blocks_of_updates_give_the_trace_of_single_ones(make_program, clock, delay):
    rng = np.random.default_rng(3)
    spread = {"gain": rng.normal(size=150) + 0.5, "offset": rng.normal(size=150), "comparator_step": 2.0**12}
    program = make_program(couplings(150, rng), bias=rng.normal(size=150), clock=clock, delay=delay, **spread)
    assert differing(program, 300, "150 ns" if clock == "random-sequential" else "30 ns") == []


@pytest.mark.parametrize("reads", [17, 128, 200, 513])
def test_blocks_take_any_number_of_replicas(make_program, reads):
    program = make_program(couplings(70, np.random.default_rng(4)), delay=50_000)
    assert isinstance(shard_of(program, reads), dense.BlockShard)
    assert differing(program, reads, "20 ns") == []


def shard_of(program, reads):
    return dense.start(program, Start(reads=reads, schedules=1, seed=1))._clusters[0].parts[0].shard


@pytest.mark.parametrize("size", [1e-30, 1e6])
def test_screens_leave_to_the_law_what_float32_does_not_hold(make_program, size):
    """Inputs near nothing, and so large that every rounding of a field decides."""
    program = make_program(couplings(66, np.random.default_rng(5), size), delay=50_000)
    assert differing(program, 70, "6 ns") == []
