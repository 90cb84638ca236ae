"""A running machine: advanced and held, read and written, counted, paced, stopped; slices change no result."""

import numpy as np
import pytest

from hwsim.anneal import constant, linear
from hwsim.errors import InputError
from hwsim.session import RunSettings, Session, run

RING = np.roll(np.eye(6), 1, axis=1) + np.roll(np.eye(6), -1, axis=1)
NS = 1_000_000


def test_what_is_run_in_pieces_is_what_is_run_at_once(make_program):
    program, anneal = make_program(RING, delay=300_000), linear(0.1, 2.0, "40 ns")
    whole = run(program, anneal=anneal, reads=70, seed=2)
    with Session(program, RunSettings(reads=70, seed=2), anneal, end=anneal.end) as session:
        for until in (1, 7 * NS, 7 * NS, 39 * NS + 3, anneal.end):
            assert session.advance(until) and session.now == until
    assert np.array_equal(session.peek(), whole.states)


def test_each_schedule_is_held_at_its_own_beta(make_program):
    program = make_program(RING)
    with Session(program, RunSettings(reads=512, schedules=2, seed=1), constant(0, "1 us"), end=1000 * NS) as session:
        assert session.hold([0.0, 3.0], 40)
    cold = program.energies(session.peek())[session.schedule == 1]
    assert cold.mean() < -5.5 < program.energies(session.peek())[session.schedule == 0].mean()


def test_an_interrupt_stops_where_it_is_heard(make_program):
    program, anneal = make_program(RING), constant(1.0, "1 ms")
    with Session(program, RunSettings(reads=64, interrupt=lambda: True), anneal, end=anneal.end) as session:
        assert not session.advance(anneal.end) and session.stopped and 0 < session.now < anneal.end
        frames = list(session.frames(5))
    assert len(frames) == 1 and session.now < anneal.end
    result = run(program, anneal=anneal, reads=64, interrupt=lambda: True)
    assert result.interrupted and 0 < result.device_time_s < 1e-3


def test_what_the_machine_did_is_counted(make_program):
    program = make_program(RING, delay=250_000)
    with Session(program, RunSettings(reads=64, schedules=2), constant(1.0, "1 us"), end=1000 * NS) as session:
        session.read()  # nothing is under way yet
        session.hold(1.0, 10)
        states = session.read()
        session.peek()
        session.write(states, changed=32)
        session.hold(1.0, 5)
    activity = session.activity(runs=16)
    assert (activity.replicas, activity.copies) == (4, 4)
    assert activity.run_s == pytest.approx(15e-9) and activity.settle_s == pytest.approx(0.25e-9)
    assert (activity.reads, activity.read_rounds, activity.writes, activity.write_rounds) == (8, 2, 2, 1)
    assert activity.updates == session.state.updates / 16
    in_turn = session.activity(runs=16, copies=1)
    assert in_turn.run_s == pytest.approx(60e-9) and (in_turn.writes, in_turn.write_rounds) == (4, 4)


def test_held_p_bits_keep_the_value_of_their_read(make_program):
    held = np.array([True, False, False, True, False, False])
    program, rng = make_program(-RING, held=held), np.random.default_rng(3)
    initial = rng.choice([-1, 1], (70, 6)).astype(np.int8)
    found = []
    for engine in ("reference", "lanes", "bitplanes", "dense"):
        how = {"reads": 70, "engine": engine, "initial_states": initial, "record": (3,)}
        result = run(program, anneal=constant(2.0, "20 ns"), **how)
        assert np.array_equal(result.states[:, held], initial[:, held])
        assert not np.any(held[result.traces[3][1]])  # no event, and no price
        found.append(result)
    assert all(np.array_equal(one.states, found[0].states) for one in found)
    assert not np.array_equal(found[0].states[:, ~held], initial[:, ~held])
    assert found[1].updates == found[0].updates


def test_biases_of_reads_and_loads_are_counted_and_wrong_ones_refused(make_program):
    program = make_program(RING, read_bias=np.arange(6) < 4)
    values = np.zeros((8, 6))
    values[:, 2] = 1.5
    settings = RunSettings(reads=8, schedules=2)
    session = Session(program, settings, constant(1.0, "1 us"), end=1000 * NS, read_bias=values, loads=True)
    assert session.engine in ("lanes", "dense")  # bitplanes would hold the ring, and not what may be loaded
    session.bias_reads(-values)
    session.load(program.network.coupled(np.full(6, 0.1), np.linspace(0, 1, 6)))
    assert session.state.energies() == pytest.approx(session.program.energies(session.peek()))
    activity = session.activity()
    assert (activity.programmings, activity.data_writes) == (1, 8) and activity.writes == 0
    assert session.activity(runs=2, copies=1).programmings == 4
    with pytest.raises(InputError, match=r"must be numbers of shape \(8, 6\), got float64 \(8, 5\)"):
        session.bias_reads(values[:, :5])
    with pytest.raises(InputError, match="must be 0 at p-bit 5, which has no bias of each read's own"):
        session.bias_reads(np.ones((8, 6)) * (np.arange(6) != 4))
    with pytest.raises(InputError, match="not finite"):
        session.bias_reads(np.where(values > 0, np.inf, 0))
    with pytest.raises(InputError, match="must be numbers"):
        session.bias_reads(None)
    with pytest.raises(InputError, match="a session loads a network"):
        session.load("x")
    with pytest.raises(InputError, match=r"strength must be float64 \(6,\), got shape \(5,\)"):
        program.network.coupled(np.zeros(6), np.zeros(5))
    assert session.activity().data_writes == 8


@pytest.mark.parametrize(("field", "value"), [("reads", 0), ("schedules", 0), ("threads", 0)])
def test_settings_out_of_range_are_refused_by_name(field, value):
    with pytest.raises(InputError, match=field):
        RunSettings(**{field: value})
