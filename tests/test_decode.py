"""Unembedding: votes, least energy, discarding."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.decode import unembed_states
from hwsim.errors import InputError


def program_and_states(n=6, reads=400, seed=0):
    rng = np.random.default_rng(seed)
    bqm = dimod.BinaryQuadraticModel("SPIN")
    for i in range(n):
        bqm.add_linear(i, rng.normal())
    for i in range(n):
        for j in range(i):
            bqm.add_quadratic(i, j, rng.normal())
    program = hwsim.compile(bqm, hwsim.chip("generic-all-to-all", max_degree=3))
    return program, rng.choice([-1, 1], (reads, program.n_pbits)).astype(np.int8)


def test_votes_count_and_broken_chains_are_settled_one_by_one_to_less_energy():
    program, states = program_and_states()
    votes, kept = unembed_states(program, states, "majority")
    settled, also_kept = unembed_states(program, states, "energy")
    assert kept.all() and also_kept.all()
    assert program.value_energies(settled).mean() < program.value_energies(votes).mean() - 1


def test_a_single_broken_chain_takes_the_value_of_least_energy():
    program, states = program_and_states()
    whole = states[:, np.unique(program.readout.chain, return_index=True)[1]][:, program.readout.chain]
    whole[:, np.flatnonzero(program.readout.chain == 2)[0]] *= -1  # break chain 2 in every read
    settled, _ = unembed_states(program, whole, "energy")
    other = settled.copy()
    other[:, 2] *= -1
    assert np.all(program.value_energies(settled) <= program.value_energies(other))


def test_discarding_keeps_whole_reads_alone():
    program, states = program_and_states()
    whole = np.ones((3, program.n_pbits), dtype=np.int8)
    values, kept = unembed_states(program, np.concatenate((states, whole)), "discard")
    assert kept[-3:].all()
    assert len(values) == kept.sum()
    assert np.all(values[-3:] == 1)


def test_value_energies_are_the_energies_of_the_run():
    program, _ = program_and_states()
    run = hwsim.run(program, anneal=hwsim.constant(1.0, "100 ns"), reads=64)
    assert program.value_energies(run.variables) == pytest.approx(run.energies)
    assert len(hwsim.unembed(run, "discard")) <= 64
    assert hwsim.unembed(run, "energy").record.energy.mean() <= run.energies.mean()


def test_an_unknown_method_is_refused():
    program, states = program_and_states()
    with pytest.raises(InputError, match="majority, energy, discard, got 'vote'"):
        unembed_states(program, states, "vote")
