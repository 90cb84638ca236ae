"""Copies of spins: degrees bounded, the law kept among whole reads, ground states kept at a sufficient strength."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_laws import boltzmann_law, energies
from hwsim.errors import DoesNotFitError
from hwsim.mapping.chains import sufficient_chain_strength
from hwsim.mapping.compile import spin_network
from hwsim.mapping.sparsify import copies_needed, sparsified


def dense(n, seed):
    rng = np.random.default_rng(seed)
    bqm = dimod.BinaryQuadraticModel("SPIN")
    for i in range(n):
        bqm.add_linear(i, rng.normal())
    for i in range(n):
        for j in range(i):
            bqm.add_quadratic(i, j, rng.normal())
    return bqm


def all_states(n):
    return np.where((np.arange(2**n)[:, None] >> np.arange(n)) & 1, 1, -1)


@pytest.mark.parametrize("most", [3, 4, 6, 8])
@pytest.mark.parametrize("n", [6, 13, 40])
def test_no_p_bit_has_more_couplings_than_allowed_and_none_is_lost(n, most):
    _, network, _, _ = spin_network(hwsim.read(f"sk:n={n},seed=1"))
    placed = sparsified(network, most)
    assert np.diff(placed.network.indptr).max() <= most
    copies = np.bincount(placed.chain)
    assert np.array_equal(copies, copies_needed(np.diff(network.indptr), most))
    rows = np.repeat(np.arange(len(placed.chain)), np.diff(placed.network.indptr))
    total = np.zeros((n, n))
    np.add.at(total, (placed.chain[rows], placed.chain[placed.network.indices]), placed.network.weight)
    asked = np.zeros((n, n))
    asked[np.repeat(np.arange(n), np.diff(network.indptr)), network.indices] = network.weight
    assert np.array_equal(total[~np.eye(n, dtype=bool)], asked[~np.eye(n, dtype=bool)])
    assert len(placed.network.weight) == len(network.weight) + 2 * np.sum(copies - 1)


def test_states_whose_copies_agree_keep_the_law_of_the_problem_exactly():
    _, network, _, _ = spin_network(dense(5, 2))
    placed = sparsified(network, 3, strength=0.7)
    n = len(placed.sites)
    assert n == 10
    law = boltzmann_law(energies(*placed.network), 0.8)
    states = all_states(n)
    order = [np.flatnonzero(placed.chain == k) for k in range(5)]
    whole = np.all([np.ptp(states[:, chain], axis=1) == 0 for chain in order], axis=0)
    index = (states[whole][:, [chain[0] for chain in order]] > 0) @ (1 << np.arange(5))
    found = np.bincount(index, weights=law[whole], minlength=32)
    assert found / found.sum() == pytest.approx(boltzmann_law(energies(*network), 0.8), abs=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_a_sufficient_strength_keeps_the_ground_state(seed):
    _, network, _, _ = spin_network(dense(6, seed))
    placed = sparsified(network, 4, strength=sufficient_chain_strength(network))
    e = energies(*placed.network)
    ground = all_states(len(placed.sites))[np.argmin(e)]
    assert all(np.ptp(ground[placed.chain == k]) == 0 for k in range(6))
    assert np.array_equal(
        [ground[placed.chain == k][0] for k in range(6)], all_states(6)[np.argmin(energies(*network))]
    )


def test_compile_splits_spins_where_wires_are_too_few_and_says_when_there_is_no_room():
    problem = hwsim.read("sk:n=12,seed=1")
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all", max_degree=4))
    assert program.n_variables == 12
    assert program.network.degree.max() <= 4
    with pytest.raises(DoesNotFitError, match=r"need 60 p-bits and chip .* holds 50"):
        hwsim.compile(problem, hwsim.chip("generic-all-to-all", max_degree=4, max_pbits=50))
    with pytest.raises(DoesNotFitError, match="at least 3 couplings, got 2"):
        hwsim.compile(problem, hwsim.chip("generic-all-to-all", max_degree=2))
    with pytest.raises(DoesNotFitError, match="allows 4"):
        hwsim.compile(problem, hwsim.chip("generic-all-to-all", max_degree=4), embedding="never")


def test_sparsified_runs_find_the_proved_ground_state():
    problem = hwsim.read("sk:n=14,seed=3")
    _, network, _, _ = spin_network(problem)
    least = energies(*network).min()
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all", max_degree=6))
    run = hwsim.run(program, anneal=hwsim.linear(0.1, 5.0, "4 us"), reads=256, seed=1)
    assert run.energies.min() == pytest.approx(least)
