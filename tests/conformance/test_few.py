"""Few replicas: several p-bits share a vector, in whatever programs, and nothing that a run shows changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from random_programs import NS, arguments
from test_engines import ANNEALS, EXACT, LAW, beyond, history, lacking, same
from test_moves import moved

from hwsim.algorithm.quantum import coupled_copies, transverse_anneal
from hwsim.engine import bitplanes, bitplanes_few
from hwsim.engine.feature import Feature
from hwsim.engine.shards import Replicas
from hwsim.session import run


@pytest.fixture
def always(monkeypatch):
    """Every program that can gather does, however few of its updates go together."""
    monkeypatch.setattr(bitplanes_few, "_LEAST_EVENTS", 0)


@pytest.fixture(scope="module")
def gathering():
    """The same for a property, which may not ask for `always`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bitplanes_few, "_LEAST_EVENTS", 0)
        yield


@pytest.mark.exact
@settings(max_examples=20, **EXACT)
@given(data=st.data())
def test_random_programs_of_few_replicas_give_the_trace_of_the_reference(make_program, gathering, data):
    features = bitplanes.FEATURES - {Feature.DIFFERENT_DELAYS}
    program = make_program(**data.draw(arguments(features)))
    if lacking("bitplanes", program) or beyond("bitplanes", program):
        return
    how = {"seed": data.draw(st.integers(0, 100)), "time_ns": 2.0 if program.n_pbits < 20 else 0.8}
    if data.draw(st.booleans()):
        how |= {"anneal": data.draw(st.sampled_from(ANNEALS)), "schedules": data.draw(st.sampled_from([1, 2, 3]))}
        assert same(history("bitplanes", program, **how), history(LAW, program, **how))
    else:
        how |= {"reads": 40, "schedules": 2, "rungs": 1}
        assert same(moved("bitplanes", program, **how), moved(LAW, program, **how))


@pytest.mark.parametrize(("clock", "delay"), [("chromatic", 0), ("poisson", 400_000), ("synchronous", 2 * NS)])
@pytest.mark.parametrize("reads", [3, 64, 100])
def test_a_ring_of_copies_is_what_it_is_elsewhere(make_program, clock, delay, reads, always):
    rng = np.random.default_rng(2)
    upper = sum(np.roll(np.diag(rng.choice([-1.0, 1.0], 30)), step, axis=1) for step in (1, 4))
    program = coupled_copies(make_program(upper + upper.T, clock=clock, delay=delay, bias=rng.integers(0, 2, 30)), 6)
    prepared = bitplanes.Prepared(program)
    assert len(prepared.kinds.example) == 2  # with a bias and without
    assert prepared.gathers(Replicas(0, 0, 0, -(-reads // 64), reads, None, np.zeros(1)))
    anneal = transverse_anneal(20, program.clock.round_ticks)
    found, wanted = (
        run(
            program,
            anneal=anneal,
            reads=reads,
            schedules=1,
            engine=engine,
            seed=3,
            checkpoints=3,
            record=(0, reads - 1),
        )
        for engine in ("bitplanes", "lanes")
    )
    assert same(*([r.states, r.checkpoint_energies, *r.traces[0], *r.traces[reads - 1]] for r in (found, wanted)))
