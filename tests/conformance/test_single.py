"""Single replicas: a schedule of one read or a few, in whatever programs, gives the reference's trace."""

from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import NS, arguments
from test_engines import EXACT, LAW, beyond, lacking, same, with_drive
from test_moves import moved

from hwsim.anneal import linear
from hwsim.engine import bitplanes, bitplanes_blocks, block_layout
from hwsim.engine.choice import choose
from hwsim.engine.feature import Feature, asked
from hwsim.engine.shards import Replicas
from hwsim.errors import InputError
from hwsim.program import content_hash
from hwsim.session import run


def told(engine, program, *, reads, schedules, seed, time_ns):
    """All that a run of a few reads shows: every trace, states, energies on the way, updates."""
    ramp, record = with_drive(program, linear(0.05, 2.0, f"{time_ns} ns", steps=9)), tuple(range(reads))
    how = {"reads": reads, "schedules": schedules, "seed": seed, "checkpoints": 3, "record": record, "threads": 1}
    result = run(program, engine=engine, anneal=ramp, **how)
    traces = [values for read in record for values in result.traces[read]]
    return [*traces, result.states, result.checkpoint_energies, np.array(result.updates)]


@contextmanager
def every_network():
    """Networks that are too small for it are kept in blocks, and any number of reads one by one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(block_layout, "MOST_PLACES", 1000)
        patch.setattr(bitplanes, "takes_blocks", lambda blocks, reads: True)
        patch.setattr(bitplanes, "takes_single", lambda n_pbits, reads: True)
        yield


def kept_one_by_one(program):
    """Whether a word of two replicas is kept as single ones."""
    return bitplanes.Prepared(program).singles(Replicas(0, 0, 0, 1, 2, None, np.zeros(1)))


@pytest.mark.exact
@settings(max_examples=30, **EXACT)
@given(data=st.data())
def test_random_programs_of_single_replicas_give_the_trace_of_the_reference(make_program, data):
    program = make_program(**data.draw(arguments(bitplanes.FEATURES - {Feature.DIFFERENT_DELAYS})))
    if lacking("bitplanes", program) or beyond("bitplanes", program):
        return
    how = {"seed": data.draw(st.integers(0, 100)), "time_ns": 3.0 if program.n_pbits < 20 else 1.2}
    how |= dict(zip(("reads", "schedules"), data.draw(st.sampled_from([(1, 1), (3, 1), (7, 2)])), strict=True))
    compared = told
    if data.draw(st.booleans()):
        how, compared = how | {"reads": 8, "schedules": 2, "rungs": 1}, moved
    with every_network():
        assert kept_one_by_one(program) or np.any(program.noise.flicker > 0) or Feature.PARTICIPANTS in asked(program)
        found = compared("bitplanes", program, **how)
    assert same(found, compared(LAW, program, **how))


def torus(rng, side):
    """+-1 couplings on a square lattice whose ends meet: one row for each p-bit."""
    site = np.arange(side * side).reshape(side, side)
    couplings = np.zeros((side * side, side * side))
    for beside in (np.roll(site, 1, axis=0), np.roll(site, 1, axis=1)):
        couplings[site.ravel(), beside.ravel()] = rng.choice([-1.0, 1.0], side * side)
    return couplings + couplings.T


def scattered(rng, n):
    """A sparse network without order."""
    upper = np.triu(rng.integers(1, 4, (n, n)) * (rng.random((n, n)) < 5 / n), 1) * rng.choice([-1.0, 1.0], (n, n))
    return upper + upper.T


@pytest.mark.parametrize("clock", ["chromatic", "synchronous"])
@pytest.mark.parametrize("kind", ["torus", "torus with faults", "scattered", "scattered with faults"])
def test_blocks_of_a_network_give_the_trace_of_the_reference(make_program, kind, clock):
    rng = np.random.default_rng(5)
    couplings = torus(rng, 16) if kind.startswith("torus") else scattered(rng, 150)
    n, faults = len(couplings), {}
    if kind.endswith("faults"):
        held, stuck = rng.random(n) < 0.1, rng.choice([0, 0, 0, 0, -1, 1], n).astype(np.int8)
        faults = {"held": held, "stuck": stuck, "bias": rng.integers(-2, 3, n).astype(float)}
    program = make_program(couplings, clock=clock, delay=NS // 10, **faults)
    blocks = bitplanes.Prepared(program).blocks
    assert bitplanes_blocks.takes_blocks(blocks, 2)
    if kind == "torus":  # cut into eight parts, neighbours lie side by side: none is told one by one
        assert len(blocks.tiled.source) > 0 and not len(blocks.told)
    how = {"reads": 2, "schedules": 1, "seed": 8, "time_ns": 3.0}
    assert same(told("bitplanes", program, **how), told(LAW, program, **how))
    ramp = linear(0.1, 1.5, "200 ns")
    found, wanted = (
        run(program, engine=engine, anneal=ramp, reads=3, schedules=1, seed=2, checkpoints=7)
        for engine in ("bitplanes", "lanes")
    )
    assert np.array_equal(found.states, wanted.states) and found.updates == wanted.updates
    assert np.array_equal(found.checkpoint_energies, wanted.checkpoint_energies)


def test_blocks_are_left_where_they_do_not_pay_or_values_are_still_under_way(make_program):
    couplings = torus(np.random.default_rng(5), 16)
    blocks = {
        delay: bitplanes.Prepared(make_program(couplings, clock="chromatic", delay=delay)).blocks
        for delay in (0, NS // 2, NS)
    }
    assert blocks[0] and blocks[NS // 2] and blocks[NS] is None
    assert not bitplanes_blocks.takes_blocks(blocks[0], 40)
    assert bitplanes.Prepared(make_program(couplings, clock="sequential")).blocks is None
    assert bitplanes.Prepared(make_program(torus(np.random.default_rng(5), 4), clock="chromatic")).blocks is None


@pytest.mark.parametrize("clock", ["chromatic", "synchronous"])
@pytest.mark.parametrize("faults", [False, True])
def test_p_bits_that_share_random_words_give_the_trace_of_the_reference(make_program, faults, clock):
    rng = np.random.default_rng(6)
    couplings = torus(rng, 16)
    n, more = len(couplings), {}
    if faults:
        more = {"held": rng.random(n) < 0.1, "stuck": rng.choice([0, 0, 0, -1, 1], n).astype(np.int8)}
    program = bitplanes.shared_words(make_program(couplings, clock=clock, delay=NS // 10, **more))
    assert content_hash(program) != content_hash(program.changed(random_bit=None))
    how = {"reads": 66, "schedules": 1, "seed": 8, "time_ns": 1.0}
    assert same(told("bitplanes", program, **how), told(LAW, program, **how))


def test_copies_share_no_words_and_other_engines_refuse_them(make_program):
    program = bitplanes.shared_words(make_program(torus(np.random.default_rng(1), 16), clock="chromatic"))
    copies = program.tile(3)
    assert len(np.unique(copies.noise.random_bit // 64)) == 3 * len(np.unique(program.noise.random_bit // 64))
    assert choose("auto", program) == ("bitplanes", "the fastest for small-integer couplings")
    real = program.changed(weight=program.network.weight * 1.1)
    assert choose("auto", real) == ("reference", "the only engine that can")
    noisy = program.changed(flicker=np.full(256, 0.1), random_bit=None)
    for other in (real, noisy, make_program(torus(np.random.default_rng(1), 16), clock="poisson")):
        with pytest.raises(InputError, match="share random words under a chromatic or a fully synchronous clock"):
            bitplanes.shared_words(other.changed(random_bit=None))
    with pytest.raises(InputError, match="needs ideal random numbers"):
        program.changed(source="lfsr32")
    with pytest.raises(InputError, match="two p-bits the same bit"):
        program.changed(random_bit=np.zeros(256, dtype=np.int64))
