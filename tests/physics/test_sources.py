"""Random sources of digital p-bits: what a shift register that moves one bit per update does to a Boltzmann machine."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_laws import state_index

READS, BETA = 65536, 0.5
EDGES = "01-,02-,04+,13+,15-,23-,26-,37+,45+,46+,57-,67+,08-,89+,19-"
"""A cube of eight spins with three more couplings to spins 8 and 9: ten spins, signs of the couplings' alignment."""


def ten_spins():
    couplings = {(int(e[0]), int(e[1])): (-1.0 if e[2] == "+" else 1.0) for e in EDGES.split(",")}
    return dimod.BinaryQuadraticModel({}, couplings, "SPIN")


def machine(source, shifts=1, **changes):
    chip = hwsim.chip(
        "generic-all-to-all",
        pbit="opuslab-digital",
        clock="chromatic",
        tau="10 ns",
        random_source=source,
        random_shifts=shifts,
        **changes,
    )
    return hwsim.compile(ten_spins(), chip)


def law_of(program):
    """The Boltzmann law of the fixed-point cells: beta I is a multiple of 1/8 here, so nothing is rounded."""
    from hwsim.analysis.exact_laws import boltzmann_law, energies

    return boltzmann_law(energies(*program.problem_network), BETA)


def final_states(program, seed=1):
    return hwsim.run(
        program, anneal=hwsim.constant(BETA, "400 ns"), reads=READS, schedules=16, seed=seed, checkpoints=1
    ).states


@pytest.mark.parametrize("source", ["ideal", "xorshift32", "xoshiro128+"])
def test_good_generators_sit_at_the_noise_floor(source, distance):
    program = machine(source)
    assert distance(final_states(program), law_of(program)) < 4


def test_a_shift_register_read_after_eight_shifts_does_too(distance):
    program = machine("lfsr32", shifts=8)
    assert distance(final_states(program), law_of(program)) < 4


@pytest.mark.parametrize(("source", "shifts"), [("lfsr32", 1), ("lfsr16", 1)])
def test_a_shift_register_that_moves_one_bit_misses_the_law(source, shifts, distance):
    """The next number is r' = 2 r mod 1, give or take the last bit, so neighbours in time go together."""
    program = machine(source, shifts)
    assert distance(final_states(program), law_of(program)) > 20


def test_p_bits_that_share_one_sequence_miss_it_too(distance):
    """Ten p-bits read one good generator at the same place: those of one colour always agree on their number."""
    program = machine("xoshiro128+", random_share=10)
    assert distance(final_states(program), law_of(program)) > 20


def test_successive_outputs_of_a_one_bit_shift_correlate_as_derived():
    """Lag-one autocorrelation (1/2 - u) / (1 - u), u = min(P, 1 - P); the mean is exact."""
    for x in (0.5, 1.0):
        problem = dimod.BinaryQuadraticModel({0: -x}, {}, "SPIN")
        chip = hwsim.chip("generic-all-to-all", pbit="opuslab-digital", clock="chromatic", tau="10 ns")
        run = hwsim.run(
            hwsim.compile(problem, chip),
            anneal=hwsim.constant(1.0, "4 ms"),
            reads=1,
            schedules=1,
            record=(0,),
            checkpoints=1,
        )
        s = run.traces[0][2].astype(float)
        assert len(s) == 400_000
        u = 1 / (1 + np.exp(2 * x))
        centred = s - np.tanh(x)
        found = np.mean(centred[1:] * centred[:-1]) / (1 - np.tanh(x) ** 2)
        expected = (0.5 - u) / (1 - u)
        # successive values depend on each other for a few steps, so the error is taken from blocks
        blocks = (centred[1:] * centred[:-1] / (1 - np.tanh(x) ** 2))[:399_000].reshape(399, 1000).mean(axis=1)
        assert abs(found - expected) < 4 * blocks.std(ddof=1) / np.sqrt(399)


def test_every_number_of_a_period_comes_once():
    """A 16-bit register visits all but one of its 65,536 states before it repeats."""
    from hwsim.cell.codes import LFSR16
    from hwsim.cell.source import source_next, source_start

    state = np.zeros(4, dtype=np.uint32)
    source_start(LFSR16, np.uint64(7), state)
    words = [int(source_next(LFSR16, 1, state)) for _ in range(65535)]
    assert len(set(words)) == 65535


def test_the_state_numbers_are_those_of_the_law():
    states = np.array([[1, -1, -1, -1, -1, -1, -1, -1, -1, 1]], dtype=np.int8)
    assert state_index(states)[0] == 1 + 512
