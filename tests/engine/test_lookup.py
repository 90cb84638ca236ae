"""Thresholds looked up by count: traces beside `dense`, with and without the processor's instruction."""

import numpy as np
import pytest

from hwsim.anneal import linear
from hwsim.engine import bitplanes, bitplanes_few
from hwsim.engine.bitplanes_kernel import WIDE
from hwsim.engine.bitplanes_thresholds import Octets
from hwsim.session import run

NS = 1_000_000


def glass(rng, n=70):
    """Couplings of +-1 that leave p-bits with many, few and no neighbours, and with both signs or one."""
    upper = np.triu(rng.choice([-1.0, 1.0], (n, n)) * (rng.random((n, n)) < np.linspace(0.1, 1.6, n)), 1)
    upper[:, -3:] = np.abs(upper[:, -3:])
    upper[-6:, -3:] = upper[:2] = 0
    return upper + upper.T


def differing(engine, other, program, reads, record):
    how = {"anneal": linear(0.01, 0.5, "8 ns", steps=5), "reads": reads, "seed": 1, "record": record}
    one, two = (run(program, engine=name, **how) for name in (engine, other))
    traces = [(a, b) for read in record for a, b in zip(one.traces[read], two.traces[read], strict=True)]
    return [k for k, (a, b) in enumerate([(one.states, two.states), *traces]) if not np.array_equal(a, b)]


@pytest.mark.parametrize("reads", [5, 700])
@pytest.mark.parametrize("clock", ["poisson", "synchronous", "random-sequential"])
def test_counts_decide_as_fields_do(make_program, clock, reads, monkeypatch):
    monkeypatch.setattr(bitplanes_few, "_LEAST_EVENTS", 0)
    rng = np.random.default_rng(1)
    spread = {"gain": rng.choice([-1.0, 0.5, 1.0], 70), "offset": rng.choice([0.0, 30.0, -0.1], 70)}
    bias = rng.integers(-3, 4, 70).astype(float)
    delay = 0 if clock == "random-sequential" else 400_000
    program = make_program(glass(rng), bias=bias, clock=clock, delay=delay, comparator_step=2.0**10, **spread)
    prepared = bitplanes.Prepared(program)
    assert prepared.wide is Octets
    assert np.sum(prepared.layout.network.kind == WIDE) > 50
    assert prepared.kinds is not None
    assert differing("bitplanes", "dense", program, reads, (0, reads - 1)) == []


def test_counts_decide_where_delays_differ(make_program):
    rng = np.random.default_rng(2)
    couplings = glass(rng)
    program = make_program(couplings, delay=rng.integers(1, 900_000, int(np.sum(couplings != 0))))
    assert program.wires.uniform_delay is None
    assert differing("bitplanes", "lanes", program, 100, (0, 99)) == []


SCRIPT = """
import numpy as np
from hwsim.engine.bitplanes_kernel import WIDE, decide
from hwsim.engine.bitplanes_lookup import BUFFER
from hwsim.engine.bitplanes_thresholds import Octets, Tables
from hwsim.engine.noise import draw
from hwsim.jit import njit

@njit
def decided(seen, inputs, septets, start, tables, out):
    decide(WIDE, seen, inputs, septets, 0, start, tables, 0, out, 0, 1)

rng = np.random.default_rng(0)
seen = rng.integers(0, 2**64, (51, 8), dtype=np.uint64)
seen[50] = 0
pushes = np.concatenate((np.zeros(21), np.ones(21), [0, 1] * 4)).astype(np.int64)
inputs = np.append(np.arange(50) << 1 | pushes, [100] * 6)
bits = seen[:50, :, None] >> np.arange(64, dtype=np.uint64) & np.uint64(1)
count = (bits ^ pushes.astype(np.uint64)[:, None, None]).sum(axis=0).ravel()
start = np.uint64(rng.integers(2**63))
drawn = np.array([draw(start, replica) for replica in range(512)]).astype(np.int64)
exact = np.zeros(128, dtype=np.int64)
exact[:51] = np.sort(rng.integers(0, 2**32, 51))
for below in range(0, 20, 2):  # thresholds that tie with a random number, above it and at it
    exact[count[below]] = drawn[below] + (below & 2)
exact[count[40]], exact[count[41]] = 2**32, 0
leading = np.minimum(exact >> 16, 65535).astype(np.uint16)
octets = np.concatenate((leading >> 8, leading & 255)).astype(np.uint8).view(np.uint64).reshape(1, 32)
wide = Octets(octets, exact.reshape(1, 128), np.zeros(BUFFER, dtype=np.uint64), np.zeros(8, dtype=np.uint64))
tables = Tables(np.zeros((1, 3)), np.zeros((1, 34, 8), dtype=np.uint64), wide, np.zeros(51, dtype=np.int64))
out = np.zeros(8, dtype=np.uint64)
decided(seen, inputs, np.array([0, 8]), start, tables, out)
found = (out[:, None] >> np.arange(64, dtype=np.uint64) & np.uint64(1)).ravel() == 1
assert np.array_equal(found, drawn < exact[count]), "differs"
code = next(iter(decided.inspect_asm().values()))
assert ("vpermi2b" in code or "vpermt2b" in code) == AT_ONCE, "the other instructions"
"""


@pytest.mark.parametrize("processor", ["", "generic"])
def test_counts_are_looked_up_on_any_processor(processor, run_alone):
    from llvmlite import binding

    at_once = not processor and bool(binding.get_host_cpu_features().get("avx512vbmi"))
    run_alone(SCRIPT.replace("AT_ONCE", str(at_once)), processor)
