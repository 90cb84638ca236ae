"""Random sources as registers of a digital machine: their words are those of the published designs, and a machine of
p-bits follows a plain clock-by-clock simulation of them, for every way in which they may be wired.

The seeds and the first states alone come from hwsim: any word may stand in a register when power comes on.
"""

import math

import dimod
import numpy as np
import pytest
from plain_registers import register, shown_before

import hwsim
from hwsim.cell.codes import SOURCES
from hwsim.cell.source import source_next, source_shown, source_start
from hwsim.engine.contract import Start
from hwsim.engine.noise import initial_states, seed_source
from hwsim.errors import InputError

HARDWARE = [name for name in SOURCES if name != "ideal"]
N, CYCLES, BETA = 7, 60, 0.5


@pytest.mark.parametrize("name", HARDWARE)
def test_the_words_are_those_of_the_published_design(name):
    state = np.zeros(4, dtype=np.uint32)
    source_start(SOURCES[name], np.uint64(2024), state)
    plain, found, wanted = register(name, [int(word) for word in state]), [], []
    for _ in range(500):
        assert int(source_shown(SOURCES[name], state)) == shown_before(plain)
        found.append(int(source_next(SOURCES[name], 1, state)))
        plain.step()
        wanted.append(plain.word())
    assert found == wanted


WIRINGS = {
    "a register each": {},
    "a register each, compared before it steps": {"random_shows": "held", "random_shifts": 3},
    "registers on the common clock": {"random_steps": "clock", "random_shifts": 2},
    "the same, compared before they step": {"random_steps": "clock", "random_shows": "held"},
    "one register for three p-bits in a row": {
        "random_steps": "clock",
        "random_sharing": "taps",
        "random_share": 3,
        "random_phase": 5,
    },
    "the same, compared before it steps": {
        "random_steps": "clock",
        "random_shows": "held",
        "random_sharing": "taps",
        "random_share": 3,
        "random_phase": 21,
        "random_shifts": 2,
    },
}


def ring():
    """A ring of an odd number of spins, in three colours, with whole-number couplings and biases."""
    couplings = {(i, (i + 1) % N): 1.0 if i % 3 else -2.0 for i in range(N)}
    return dimod.BinaryQuadraticModel({i: float(i % 2) for i in range(N)}, couplings, "SPIN")


def plain_trace(program, name, how, noise_key, initial):
    """int8 (updates,): the values that the p-bits take, slot by slot, from the registers alone.

    The common clock has a slot for each colour (chromatic) or p-bit (sequential). All p-bits of a slot read, and take
    their values at its end. A register of a p-bit's own, in step with it, moves at the p-bit's updates.
    """
    share, phase = how.get("random_share", 1), how.get("random_phase", 0)
    shifts, taps = how.get("random_shifts", 1), how.get("random_sharing") == "taps"
    by_clock, held = how.get("random_steps") == "clock", how.get("random_shows") == "held"
    registers = []
    for i in range(0, N, share if taps else 1):
        state = np.zeros(4, dtype=np.uint32)
        seed_source(np.uint64(noise_key), SOURCES[name], share, 0, shifts, i, 0, state)
        registers.append(register(name, [int(word) for word in state]))
    slots = [program.clock.color == c for c in range(program.clock.n_slots)]
    if program.clock.kind == "sequential":
        slots = [np.arange(N) == i for i in range(N)]
    bqm, spins, trace = ring(), list(initial), []
    for slot in slots * CYCLES:
        new = {}
        for k, one in enumerate(registers):
            readers = range(k * share, min(N, (k + 1) * share)) if taps else [k]
            ticking = [i for i in readers if slot[i]]
            if not (by_clock or ticking):
                continue
            before = [shown_before(one, (i % share) * phase if taps else 0) for i in ticking]
            for _ in range(shifts):
                one.step()
            after = [one.word((i % share) * phase if taps else 0) for i in ticking]
            for i, word in zip(ticking, before if held else after, strict=True):
                field = bqm.linear[i] + sum(bqm.quadratic[i, j] * spins[j] for j in bqm.adj[i])
                x = min(max(-BETA * field, -15.875), 15.875)
                new[i] = 1 if word < math.floor(2**32 / (1 + math.exp(-2 * x)) + 0.5) else -1
        for i, value in sorted(new.items()):
            spins[i] = value
            trace.append(value)
    return np.array(trace, dtype=np.int8)


@pytest.mark.parametrize("clock", ["chromatic", "sequential"])
@pytest.mark.parametrize("wiring", list(WIRINGS))
@pytest.mark.parametrize("name", HARDWARE)
def test_a_machine_follows_a_clock_by_clock_simulation_of_its_registers(name, wiring, clock):
    how = {"random_shows": "stepped"} | WIRINGS[wiring]
    chip = hwsim.chip("generic-all-to-all", pbit="opuslab-digital", clock=clock, tau="10 ns", random_source=name, **how)
    program = hwsim.compile(ring(), chip)
    noise_key, _, initial_key = Start(reads=1, schedules=1, seed=5).keys(0)
    initial = initial_states(np.uint64(initial_key), 1, N)[0]
    anneal = hwsim.constant(BETA, f"{10 * CYCLES} ns")
    for engine in ("lanes", "reference"):
        run = hwsim.run(program, anneal=anneal, reads=1, schedules=1, seed=5, record=(0,), engine=engine)
        assert np.array_equal(run.traces[0][2], plain_trace(program, name, how, noise_key, initial)), engine


def test_a_source_on_the_clock_needs_a_clock_and_taps_need_both():
    problem = ring()
    for pbit, clock in (("opuslab-digital", "poisson"), ("opuslab-digital", "free-running")):
        chip = hwsim.chip("generic-all-to-all", pbit=pbit, clock=clock, random_steps="clock")
        with pytest.raises(InputError, match=f"needs one clock for all p-bits, and the {clock} clock"):
            hwsim.compile(problem, chip)
    with pytest.raises(InputError, match="taps of one register need a source that steps with the clock"):
        hwsim.chip("generic-all-to-all", pbit="opuslab-digital", random_sharing="taps")
    with pytest.raises(InputError, match="random_steps must be one of update, clock, got 'tick'"):
        hwsim.chip("generic-all-to-all", pbit="opuslab-digital", random_steps="tick")
    with pytest.raises(InputError, match="random_shows needs a random_source with a state of its own"):
        hwsim.chip("generic-sparse", random_shows="held")
