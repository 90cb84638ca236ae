"""Every engine moves states between replicas as the reference does: exchanges, clusters, copies, energies, and rungs
at betas of their own, with whatever else a Program asks for; and many replicas as few."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import NS, arguments
from test_engines import EXACT, FAST, LAW, beyond, lacking, same, with_drive

from hwsim.anneal import constant, linear
from hwsim.engine.bitplanes import Prepared
from hwsim.engine.choice import begin, engine_of
from hwsim.engine.contract import Start
from hwsim.engine.feature import Feature
from hwsim.errors import InputError


def moved(engine, program, *, reads, schedules, rungs, seed, time_ns, threads=1):
    """All that a run with moves shows: traces, energies, states and sizes of clusters after each move."""
    rng, n, end = np.random.default_rng(seed), program.n_pbits, f"{time_ns} ns"
    record = tuple(sorted({0, 1, reads // 2, reads - 1}))
    start = Start(reads=reads, schedules=schedules, seed=seed, record=record, rungs=rungs, threads=threads)
    flat = [with_drive(program, constant(0.2 + 0.3 * k, end)) for k in range(schedules * rungs)]
    ramps = [with_drive(program, linear(0.1 * k, 1.0, end, steps=3 + k % 2)) for k in range(schedules * rungs)]
    state, whole, found = begin(engine, program, start, flat), round(time_ns * NS), []
    per_rung = reads // schedules // rungs
    number = np.arange(reads).reshape(schedules, rungs, per_rung)
    neighbours = state.pairs(number[:, :-1:2].ravel(), number[:, 1::2].ravel())
    half = per_rung // 2
    at_one = state.pairs(number[..., :half].ravel(), number[..., half : 2 * half].ravel())
    anywhere = state.pairs(*rng.permutation(reads)[: 2 * (reads // 2)].reshape(2, -1))
    for part, (pairs, anneals) in enumerate([(neighbours, flat), (at_one, ramps), (anywhere, flat)]):
        state.advance((2 * part + 1) * whole // 8 + part, anneals)
        found += [state.law_energies(), *state.clusters(pairs, rng.integers(0, n, len(pairs))), state.spins()]
        state.advance((2 * part + 2) * whole // 8 + part, anneals)
        state.exchange(pairs, rng.random(len(pairs)) < 0.5)
        found += [state.energies(), state.spins(rng.permutation(reads)[:7])]
    parents = np.arange(reads)
    parents[number[..., : per_rung // 3]] = number[..., -1:]
    for source in (parents, rng.integers(0, reads, reads)):
        state.take(source)
        found += [state.spins(), state.law_energies()]
        whole += NS // 4
        state.advance(whole, ramps)
    return found + [values for events in state.events().values() for values in events.arrays()]


@pytest.mark.exact
@pytest.mark.parametrize("engine", FAST)
@settings(max_examples=10, **EXACT)
@given(data=st.data())
def test_random_programs_are_moved_as_the_reference_moves_them(make_program, engine, data):
    program = make_program(**data.draw(arguments(engine_of(engine).FEATURES - {Feature.PDITS})))
    if lacking(engine, program) or beyond(engine, program):
        return
    how = {"seed": data.draw(st.integers(0, 100)), "time_ns": 2.0 if program.n_pbits < 20 else 0.6}
    schedules, rungs, per_rung = data.draw(st.sampled_from([(2, 2, 13), (1, 3, 20), (3, 1, 12), (1, 1, 66)]))
    how |= {"reads": schedules * rungs * per_rung, "schedules": schedules, "rungs": rungs}
    assert same(moved(engine, program, **how), moved(LAW, program, **how))


@pytest.mark.parametrize("delay", [0, 300_000, "per edge"])
@pytest.mark.parametrize(("rungs", "per_rung", "threads"), [(5, 256, 1), (5, 200, 2), (17, 64, 1), (1, 6400, 2)])
def test_many_replicas_in_words_are_moved_as_copies_are(make_program, delay, rungs, per_rung, threads):
    rng = np.random.default_rng(4)
    upper = sum(np.roll(np.diag(rng.choice([-1.0, 1.0], 20)), step, axis=1) for step in (1, 3, 7))
    upper[0, 10] = 1.0  # a p-bit with seven neighbours among those with six
    made = {"couplings": upper + upper.T, "bias": rng.integers(-1, 2, 20)}
    delay = rng.integers(0, NS, np.count_nonzero(made["couplings"])) if delay == "per edge" else delay
    program = make_program(**made, clock="poisson", delay=delay, stuck=(np.arange(20) == 3).astype(np.int8))
    assert Prepared(program).mixes  # betas side by side in a vector
    how = {"reads": 2 * rungs * per_rung, "schedules": 2, "rungs": rungs, "seed": 1, "time_ns": 3.0}
    found = moved("bitplanes", program, threads=threads, **how)
    assert same(found, moved("lanes", program, **how)) and found[7].max() > found[7].min()  # sizes of clusters


def test_reads_that_rungs_do_not_divide_are_refused():
    with pytest.raises(InputError, match="multiple of schedules x rungs, got 10, 2 and 3"):
        Start(reads=10, schedules=2, seed=0, rungs=3)
