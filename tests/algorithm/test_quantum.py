"""Simulated quantum annealing: the coupled copies, their drive, their joint law by enumeration."""

import numpy as np
import pytest

from hwsim.algorithm.quantum import coupled_copies, quantum_annealing, transverse_anneal
from hwsim.analysis.exact_laws import boltzmann_law, energies, state_index
from hwsim.anneal import Anneal
from hwsim.errors import InputError
from hwsim.session import run

J = np.array([[0, 1.0, -1.0], [1.0, 0, 1.0], [-1.0, 1.0, 0]])


def dense(program):
    matrix = np.zeros((program.n_pbits, program.n_pbits))
    rows = program.network.rows
    matrix[rows, program.network.indices] = program.network.weight
    return matrix


@pytest.mark.parametrize("copies", [2, 3, 4])
def test_copies_form_a_ring_in_which_every_p_bit_meets_itself(make_program, copies):
    program = coupled_copies(make_program(J, clock="chromatic", bias=np.arange(3.0)), copies)
    ring = np.zeros((copies, copies))
    for r in range(copies):
        ring[r, (r + 1) % copies] = ring[(r + 1) % copies, r] = 1
    wanted = np.kron(np.eye(copies), J) - np.kron(ring, np.eye(3))
    np.testing.assert_array_equal(dense(program), wanted)
    assert program.wires.driven.sum() == 3 * ring.sum()
    np.testing.assert_array_equal(program.network.bias, np.tile(np.arange(3.0), copies))


def test_two_colours_stay_two_on_an_even_ring(make_program):
    pair = make_program(np.array([[0, 1.0], [1.0, 0]]), clock="chromatic")
    assert coupled_copies(pair, 4).clock.color.max() == 1
    assert coupled_copies(pair, 3).clock.color.max() == 5


def test_the_coupling_of_copies_follows_the_falling_field():
    anneal = transverse_anneal(4, 1000)
    field = np.array([2.25, 1.5, 0.75, 0.0]) + 1e-5
    assert anneal.beta.tolist() == [0.5] * 4
    np.testing.assert_allclose(anneal.beta * anneal.drive, -np.log(np.tanh(0.5 * field)))
    np.testing.assert_allclose(transverse_anneal(4, 1000, factor=0.5).drive, anneal.drive / 2)
    assert anneal.start.tolist() == [0, 1000, 2000, 3000] and anneal.end == 4000


@pytest.mark.parametrize("engine", ["lanes", "bitplanes"])
def test_copies_at_a_fixed_field_follow_the_joint_law(make_program, engine):
    # 3 p-bits in 4 copies: 4,096 states enumerated; energies of 2,048 reads against their law, 4 sigma
    program = coupled_copies(make_program(J, clock="chromatic"), 4)
    drive, beta = 0.7, 0.6
    anneal = Anneal(start=np.array([0]), beta=np.array([beta]), end=40_000_000, drive=np.array([drive]))
    states = run(program, anneal=anneal, reads=2048, engine=engine, seed=3).states
    weight = np.where(program.wires.driven, drive, 1.0) * program.network.weight
    levels = energies(program.network.bias, program.network.indptr, program.network.indices, weight)
    law = boltzmann_law(levels, beta)
    mean = np.sum(law * levels)
    spread = np.sqrt(np.sum(law * levels**2) - mean**2)
    assert abs(levels[state_index(states)].mean() - mean) < 4 * spread / np.sqrt(2048)
    undriven = energies(*program.network)
    wrong = boltzmann_law(undriven, beta)
    assert abs(levels[state_index(states)].mean() - np.sum(wrong * levels)) > 8 * spread / np.sqrt(2048)


def test_the_best_copy_is_handed_back_and_all_copies_are_paid_for(make_program):
    rng = np.random.default_rng(1)
    upper = np.triu(rng.choice([-1.0, 1.0], (12, 12)), 1)
    program = make_program(upper + upper.T, clock="chromatic")
    found = quantum_annealing(program, sweeps=100, copies=8, reads=64)
    levels = energies(*program.network)
    assert np.mean(found.energies == levels.min()) > 0.5
    np.testing.assert_array_equal(levels[state_index(found.states)], found.energies)
    assert found.activity.updates == 100 * 8 * 12 and found.activity.reads == 8
    assert found.device_time_s == pytest.approx(100e-9)


def test_it_runs_under_an_autonomous_clock_with_delays_like_the_reference(make_program):
    program = make_program(J, clock="poisson", delay=np.array([1, 2, 3, 1, 2, 3]) * 100_000)
    law = quantum_annealing(program, sweeps=4, copies=4, reads=66, engine="reference", seed=2)
    for engine in ("lanes", "bitplanes"):
        found = quantum_annealing(program, sweeps=4, copies=4, reads=66, engine=engine, seed=2)
        assert np.array_equal(found.states, law.states)


def test_nonsense_is_refused(make_program):
    with pytest.raises(InputError, match=r"programs of .* p-bits and .* couplings need at least"):
        coupled_copies(make_program(J), 10**23)
    with pytest.raises(InputError, match="steps of an anneal need at least"):
        transverse_anneal(10**13, 1000)
    with pytest.raises(InputError, match="at least 2 copies"):
        coupled_copies(make_program(J), 1)
    with pytest.raises(InputError, match="steps must be >= 1, got 0"):
        transverse_anneal(0, 1000)
