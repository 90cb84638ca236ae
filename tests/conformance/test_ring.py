"""Rings of copies whose copies share vectors, as in quantum annealing: nothing that a run shows changes."""

import numpy as np
import pytest
from test_engines import same
from test_moves import moved

from hwsim.algorithm.quantum import coupled_copies, transverse_anneal
from hwsim.engine.bitplanes_ring import copies_of
from hwsim.session import run

CASES = {
    "two colours": (8, {"bias": 0.0}),
    "more colours": (18, {"bias": 1.0, "steps": (1, 2)}),
    "a delay and faults": (10, {"delay": 100_000, "stuck": np.resize([0, 0, 1], 12).astype(np.int8), "gain": 0.8}),
    "couplings of many sizes": (12, {"size": 5.0, "offset": 0.3}),
    "noise and a DAC": (8, {"white": 0.3, "input_low": -4.0, "input_high": 4.0, "input_step": 0.5}),
}


def ring_program(make_program, copies, *, size=1.0, steps=(1, 3), bias=0.0, **fields):
    """A ring of ``copies`` of twelve p-bits."""
    rng = np.random.default_rng(copies)
    signs = [rng.choice([-1.0, 1.0], 12) * rng.integers(1, size + 1, 12) for _ in steps]
    upper = sum(np.roll(np.diag(sign), step, axis=1) for sign, step in zip(signs, steps, strict=True))
    how = {"clock": "chromatic", "bias": np.full(12, bias)} | fields
    return coupled_copies(make_program(upper + upper.T, **how), copies)


@pytest.mark.parametrize("case", CASES)
def test_a_ring_is_what_it_is_on_another_engine(make_program, case):
    copies, fields = CASES[case]
    program = ring_program(make_program, copies, **fields)
    assert copies_of(program) == copies
    how = {"reads": 70, "schedules": 2, "seed": 3, "checkpoints": 3, "record": (0, 34, 69)}
    anneal = transverse_anneal(6, program.clock.round_ticks)
    one, two = (run(program, engine=engine, anneal=anneal, **how) for engine in ("bitplanes", "lanes"))
    traces = [[values for read in how["record"] for values in result.traces[read]] for result in (one, two)]
    assert same([one.states, one.checkpoint_energies, *traces[0]], [two.states, two.checkpoint_energies, *traces[1]])
    assert one.updates == two.updates


def test_its_states_are_written_and_moved(make_program):
    program = ring_program(make_program, 10)
    how = {"seed": 2, "reads": 40, "schedules": 2, "rungs": 1, "time_ns": 1.5}
    assert same(moved("bitplanes", program, **how), moved("lanes", program, **how))


def test_others_are_laid_out_as_ever(make_program):
    assert copies_of(ring_program(make_program, 9)) is None  # an odd ring has three sides
    assert copies_of(ring_program(make_program, 6)) is None
    assert copies_of(ring_program(make_program, 8, clock="poisson")) is None
    assert copies_of(ring_program(make_program, 8, delay=600_000)) is None
    ring = ring_program(make_program, 8)
    assert copies_of(ring) == 8
    for name in ("bias", "weight", "offset"):
        for record in (ring.network, ring.cells):
            if hasattr(record, name):
                values = getattr(record, name).copy()
                values[-1] += 1
                assert copies_of(ring.changed(**{name: values})) is None
    held = np.zeros(ring.n_pbits, dtype=bool)
    held[3] = True
    assert copies_of(ring.changed(held=held)) is None
