"""Writes, anneals by schedule and drives between two advances, against enumerated laws; tests/conformance compares the
engines."""

import numpy as np
import pytest

from hwsim.anneal import Anneal, constant, drifted
from hwsim.engine.choice import begin
from hwsim.engine.contract import Start
from hwsim.errors import InputError
from hwsim.session import run

NS = 1_000_000


def test_what_was_under_way_when_states_are_written_never_arrives(make_program):
    # the reader hears a value sent 1 ns before the write only if the write did not wipe it out: with a strong coupling
    # and a delay of 3 ns it then follows the written state for ever, as the source is stuck by its own bias
    program = make_program(np.array([[0, -50.0], [-50.0, 0]]), bias=[-1000.0, 0.0], delay=3 * NS, clock="synchronous")
    for engine in ("reference", "lanes", "bitplanes", "dense"):
        anneal = constant(1.0, "8 ns")
        state = begin(engine, program, Start(reads=64, schedules=1, seed=0, initial=-np.ones((64, 2), np.int8)), anneal)
        state.advance(2 * NS, anneal)
        state.assign(np.full((64, 2), -1, dtype=np.int8))
        state.advance(5 * NS, anneal)
        assert np.all(state.spins() == [1, -1]), engine
        state.advance(6 * NS, anneal)
        assert np.all(state.spins() == [1, 1]), engine


def test_a_driven_coupling_has_the_strength_that_the_anneal_gives_it(make_program):
    # two p-bits, J = -1 driven by 0.4: <s s'> = tanh(0.4 beta); 4 sigma of 4096 reads
    program = make_program(np.array([[0, -1.0], [-1.0, 0]]), driven=np.array([True, True]))
    anneal = Anneal(start=np.array([0]), beta=np.array([1.5]), end=20 * NS, drive=np.array([0.4]))
    states = run(program, anneal=anneal, reads=4096, schedules=512, engine="lanes").states
    assert np.mean(states[:, 0] * states[:, 1]) == pytest.approx(np.tanh(0.6), abs=4 / np.sqrt(4096))


def test_replicas_at_their_own_temperatures_each_follow_their_own_law(make_program):
    # one schedule per beta; <s s'> = tanh(beta); 4 sigma of 1024 reads a schedule
    program = make_program(np.array([[0, -1.0], [-1.0, 0]]), clock="chromatic")
    betas = (0.2, 0.6, 1.0)
    anneals = [constant(beta, "30 ns") for beta in betas]
    state = begin("bitplanes", program, Start(reads=3072, schedules=3, seed=7), anneals)
    state.advance(30 * NS, anneals)
    product = np.prod(state.spins(), axis=1).reshape(3, 1024).mean(axis=1)
    assert np.all(np.abs(product - np.tanh(betas)) < 4 / np.sqrt(1024))


def test_nonsense_is_refused(make_program):
    program = make_program(np.array([[0, -1.0], [-1.0, 0]]))
    anneal = constant(1.0, "1 ns")
    state = begin("lanes", program, Start(reads=64, schedules=2, seed=0), anneal)
    with pytest.raises(InputError, match="2 schedules need as many anneals, got 3"):
        state.advance(NS, [anneal] * 3)
    with pytest.raises(InputError, match="as many finite drives as betas"):
        Anneal(start=np.array([0]), beta=np.array([1.0]), end=5, drive=np.array([1.0, 2.0]))
    with pytest.raises(InputError, match=r"driven must be bool \(2,\)"):
        make_program(np.array([[0, -1.0], [-1.0, 0]]), driven=np.array([True]))
    with pytest.raises(InputError, match="a p-bit with an RC synapse"):
        make_program(np.array([[0, -1.0], [-1.0, 0]]), driven=np.array([True, True]), synapse=3.0)
    warm = drifted(Anneal(start=np.array([0, 50]), beta=np.ones(2), end=100, drive=np.array([1.0, 2.0])), 1e12)
    assert warm.drive_at(10) == 1.0 and warm.drive_at(60) == 2.0
