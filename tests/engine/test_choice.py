"""Which engine runs a program: auto says why, and a forced engine that cannot refuses by name."""

import numpy as np
import pytest

from hwsim.anneal import constant
from hwsim.errors import UnsupportedError
from hwsim.session import run

RING = np.roll(np.eye(6), 1, axis=1) + np.roll(np.eye(6), -1, axis=1)
DENSE = np.triu(np.random.default_rng(0).normal(size=(70, 70)), 1)
WIDE = sum(np.roll(np.eye(700), k, axis=1) + np.roll(np.eye(700), -k, axis=1) for k in range(1, 36))
"""70 couplings a p-bit, a tenth of all."""
EVEN = np.ones((160, 160)) - np.eye(160)
SHORT = {"anneal": constant(1.0, "1 ns"), "reads": 4, "schedules": 1}


@pytest.mark.parametrize(
    ("couplings", "changes", "reads", "engine", "word"),
    [
        (RING, {}, 4, "bitplanes", "small-integer"),
        (0.25 * RING, {}, 4, "bitplanes", "small-integer"),
        (0.3 * RING, {}, 512, "lanes", "power of two"),
        (RING * (1 + np.add.outer(np.arange(6), np.arange(6)) / 7), {}, 512, "lanes", "power of two"),
        (RING, {"synapse": 1e6}, 4, "lanes", "synapse"),
        (DENSE + DENSE.T, {}, 4, "dense", "69 couplings a p-bit and 4 reads"),
        (0.3 * RING, {}, 1, "dense", "couplings a p-bit and 1 read of"),
        (WIDE, {}, 1, "dense", "couplings a p-bit"),
        (WIDE, {}, 200, "bitplanes", "small-integer"),
        (EVEN, {}, 64, "dense", "159 couplings a p-bit"),
        (EVEN, {}, 1024, "bitplanes", "small-integer"),
        (0.3 * EVEN, {}, 1024, "dense", "159 couplings a p-bit"),
        (0.3 * WIDE, {}, 4, "dense", "couplings a p-bit"),
        (0.3 * WIDE, {}, 512, "lanes", "power of two"),
        (DENSE + DENSE.T, {"input_step": 0.1, "input_high": 1.0}, 4, "lanes", "power of two"),
    ],
)
def test_auto_takes_the_fastest_that_can_and_says_why(make_program, couplings, changes, reads, engine, word):
    result = run(make_program(couplings, **changes), **SHORT | {"reads": reads})
    assert result.engine == engine and word in result.engine_reason


@pytest.mark.parametrize(
    ("engine", "couplings", "changes", "word"),
    [
        ("bitplanes", DENSE + DENSE.T, {}, "power of two"),
        ("bitplanes", RING, {"synapse": 1e6}, "synapse"),
        ("bitplanes", 200 * RING + np.roll(np.eye(6), 3, axis=1), {}, "200 units"),
        ("dense", RING, {"delay": np.arange(12)}, "delays"),
        ("dense", RING, {"synapse": 1e6}, "synapse"),
        ("dense", RING, {"input_step": 0.1, "input_high": 1.0}, "quantised"),
    ],
)
def test_a_forced_engine_that_cannot_refuses_by_name(make_program, engine, couplings, changes, word):
    with pytest.raises(UnsupportedError, match=word) as caught:
        run(make_program(couplings, **changes), engine=engine, **SHORT)
    assert engine in str(caught.value) and "lanes" in str(caught.value)


@pytest.mark.parametrize(
    ("engine", "module", "kernel", "sizes", "reads"),
    [
        ("bitplanes", "bitplanes_kernel", "advance_queue", (6, 19), (420, 1330)),
        ("lanes", "lanes_kernel", "advance", (6, 19), (420, 1330)),
        ("dense", "dense_blocks", "advance_by_blocks", (6, 19), (420, 1330)),
        ("dense", "dense_kernel", "advance_by_rows", (6, 19), (3, 12)),
        ("dense", "dense_kernel", "advance_by_lists", (30, 47), (3, 70)),
    ],
)
def test_another_beta_seed_size_weight_or_delay_compiles_nothing(make_program, engine, module, kernel, sizes, reads):
    from importlib import import_module

    compiled = getattr(import_module(f"hwsim.engine.{module}"), kernel)
    counts, changes = [], ((1.0, 0.3, 0, "poisson"), (0.5, 2.0, 7_000, "chromatic"))
    for n, many, (size, beta, delay, clock) in zip(sizes, reads, changes, strict=True):
        couplings = size * (np.roll(np.eye(n), 1, axis=1) + np.roll(np.eye(n), -1, axis=1))
        program = make_program(couplings, clock=clock, delay=delay)
        run(program, anneal=constant(beta, "5 ns"), reads=many, seed=n, engine=engine, threads=1)
        counts.append(len(compiled.signatures))
    assert counts == [counts[0]] * 2 and counts[0] > 0
