"""What a controller does between two advances, on every engine: write states, give each group its own anneal, drive
couplings. The reference is the law; expected values of the laws are enumerated."""

import numpy as np
import pytest

from hwsim.anneal import Anneal, constant, drifted, linear
from hwsim.cell.clock import CLOCKS
from hwsim.engine.choice import begin
from hwsim.engine.contract import Start
from hwsim.errors import InputError, UnsupportedError
from hwsim.session import run

NS = 1_000_000


def couplings(n, seed, sizes=(-1, 0, 1)):
    upper = np.triu(np.random.default_rng(seed).choice(sizes, (n, n)), 1).astype(float)
    return upper + upper.T


def steered(engine, program, *, reads=70, groups=2):
    """Two writes in mid-run, the second of states of other replicas, and an anneal for each group that changes."""
    start = Start(reads=reads, schedules=groups, seed=3, record=(0, 1, reads - 1))
    first = [constant(0.2 + 0.5 * k, "9 ns") for k in range(groups)]
    state = begin(engine, program, start, first)
    state.advance(2 * NS + 300_000, first)
    rng = np.random.default_rng(0)
    state.assign(rng.choice(np.array([-1, 1], dtype=np.int8), (reads, program.n_pbits)))
    written = state.spins()
    second = [linear(1.0 + k, 0.3, "9 ns", steps=7) for k in range(groups)]
    state.advance(5 * NS, second)
    state.assign(state.spins()[::-1])
    state.advance(9 * NS, second)
    return written, state.spins(), [events.arrays() for events in state.events().values()]


@pytest.mark.parametrize("delay", ["none", "uniform", "per edge"])
@pytest.mark.parametrize("clock", sorted(CLOCKS))
def test_writes_and_anneals_by_group_mean_the_same_to_every_engine(make_program, clock, delay):
    j = couplings(7, 2)
    m = np.count_nonzero(j)
    delays = {"none": 0, "uniform": 700_000, "per edge": np.random.default_rng(1).integers(0, 2 * NS, m)}[delay]
    program = make_program(j, clock=clock, delay=delays)
    law = steered("reference", program)
    assert not np.array_equal(law[0], law[1])
    for engine in ("lanes", "bitplanes", "dense"):
        if engine == "dense" and delay == "per edge":
            continue
        found = steered(engine, program)
        assert np.array_equal(found[0], law[0]) and np.array_equal(found[1], law[1])
        for mine, theirs in zip(found[2], law[2], strict=True):
            for a, b in zip(mine, theirs, strict=True):
                assert np.array_equal(a, b)


def test_a_write_settles_synapses_on_both_engines_that_have_them(make_program):
    program = make_program(couplings(6, 4, (-0.7, 0.0, 1.3)), synapse=4e5, delay=900_000)
    law, found = steered("reference", program), steered("lanes", program)
    for a, b in zip(law[2][0] + law[2][2], found[2][0] + found[2][2], strict=True):
        assert np.array_equal(a, b)


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


@pytest.mark.parametrize("clock", ["poisson", "chromatic"])
@pytest.mark.parametrize("delay", [0, 800_000, "per edge"])
@pytest.mark.parametrize("sizes", [(-1, 0, 1), (-3, 1, 2), (-0.37, 0.0, 1.21)])
def test_driven_couplings_mean_the_same_to_every_engine(make_program, clock, delay, sizes):
    j = couplings(9, 5, sizes)
    rows, columns = np.nonzero(j)
    delay = np.random.default_rng(1).integers(0, 2 * NS, len(rows)) if delay == "per edge" else delay
    program = make_program(j, clock=clock, delay=delay, bias=np.arange(9.0) - 4, driven=(rows + columns) % 3 == 0)
    table = Anneal(start=np.array([0, 2 * NS, 5 * NS]), beta=np.array([0.3, 0.3, 0.8]), end=8 * NS,
                   drive=np.array([0.4, 1.7, -0.6]))  # fmt: skip
    common = {"anneal": table, "reads": 66, "schedules": 2, "seed": 1, "checkpoints": 2, "record": (0, 65)}
    law = run(program, engine="reference", **common)
    for engine in ("lanes", "bitplanes") if sizes[0] != -0.37 else ("lanes",):
        found = run(program, engine=engine, **common)
        assert np.array_equal(found.states, law.states)
        for read in (0, 65):
            for mine, theirs in zip(found.traces[read], law.traces[read], strict=True):
                assert np.array_equal(mine, theirs)
    with pytest.raises(UnsupportedError, match="driven during the anneal"):
        run(program, engine="dense", **common)


def test_a_driven_coupling_has_the_strength_that_the_anneal_gives_it(make_program):
    # two p-bits, J = -1 driven by 0.4: <s s'> = tanh(0.4 beta); 4 sigma of 4096 reads
    program = make_program(np.array([[0, -1.0], [-1.0, 0]]), driven=np.array([True, True]))
    anneal = Anneal(start=np.array([0]), beta=np.array([1.5]), end=20 * NS, drive=np.array([0.4]))
    states = run(program, anneal=anneal, reads=4096, schedules=512, engine="lanes").states
    assert np.mean(states[:, 0] * states[:, 1]) == pytest.approx(np.tanh(0.6), abs=4 / np.sqrt(4096))


def test_replicas_at_their_own_temperatures_each_follow_their_own_law(make_program):
    # one group per beta; <s s'> = tanh(beta); 4 sigma of 1024 reads a group
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
    with pytest.raises(InputError, match="2 schedule groups need as many anneals, got 3"):
        state.advance(NS, [anneal] * 3)
    with pytest.raises(InputError, match="as many finite drives as betas"):
        Anneal(start=np.array([0]), beta=np.array([1.0]), end=5, drive=np.array([1.0, 2.0]))
    with pytest.raises(InputError, match=r"driven must be bool \(2,\)"):
        make_program(np.array([[0, -1.0], [-1.0, 0]]), driven=np.array([True]))
    with pytest.raises(InputError, match="without RC synapse"):
        make_program(np.array([[0, -1.0], [-1.0, 0]]), driven=np.array([True, True]), synapse=3.0)
    warm = drifted(Anneal(start=np.array([0, 50]), beta=np.ones(2), end=100, drive=np.array([1.0, 2.0])), 1e12)
    assert warm.drive_at(10) == 1.0 and warm.drive_at(60) == 2.0
