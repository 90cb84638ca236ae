"""Patterns of few neighbours: the look-up with and without the processor's instruction, and traces beside `dense`."""

import numpy as np
import pytest

from hwsim.anneal import linear
from hwsim.session import run

LOOK_UP = """
import numpy as np
from hwsim.engine.lanes_patterns import look_up
from hwsim.jit import njit

@njit
def looked_up(table, index, out):
    look_up(table, index, out)

rng = np.random.default_rng(0)
table, out = rng.integers(0, 2**16, 64).astype(np.uint16), np.zeros(96, dtype=np.uint16)
index = rng.integers(0, 128, 96).astype(np.uint8)
looked_up(table, index, out)
assert np.array_equal(out, table[index >> 1]), "differs"
assert not WIDE or "vpermi2w" in next(iter(looked_up.inspect_asm().values())), "not the instruction"
"""


@pytest.mark.parametrize("processor", ["", "generic"])
def test_a_look_up_is_that_of_numpy_on_any_processor(processor, run_alone):
    from llvmlite import binding

    wide = not processor and bool(binding.get_host_cpu_features().get("avx512bw"))
    run_alone(LOOK_UP.replace("WIDE", str(wide)), processor)


@pytest.mark.parametrize("size", [1e-3, 1.0, 300.0])
@pytest.mark.parametrize("links", [1, 3, 4])
def test_patterns_decide_as_fields_do(make_program, links, size):
    """Rings with 2, 6 and 8 neighbours, the last beyond the table; biases, gains and offsets of both signs."""
    rng = np.random.default_rng(links)
    i, j = np.indices((40, 40))
    near = (j - i) % 40
    couplings = np.where((near >= 1) & (near <= links), size * rng.normal(size=(40, 40)), 0.0)
    spread = {"gain": rng.normal(size=40) + 0.1, "offset": rng.normal(size=40), "comparator_step": 2.0**14}
    program = make_program(couplings + couplings.T, bias=size * rng.normal(size=40), delay=100_000, **spread)
    how = {"anneal": linear(0.02, 1.5, "9 ns", steps=6), "reads": 140, "seed": 1, "record": (0, 139)}
    one, two = (run(program, engine=engine, **how) for engine in ("lanes", "dense"))
    assert np.array_equal(one.states, two.states)
    for read in (0, 139):
        assert all(np.array_equal(a, b) for a, b in zip(one.traces[read], two.traces[read], strict=True))
