"""The proved ground state against enumeration, planted energies and hard budgets."""

import random

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_energy import exact_energy, ground_state
from hwsim.analysis.exact_laws import energies
from hwsim.errors import InputError
from hwsim.mapping.compile import spin_network
from hwsim.problem.problem import Problem


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_least_of_all_states(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 14))
    bqm = dimod.BinaryQuadraticModel("SPIN")
    for i in range(n):
        bqm.add_linear(i, rng.normal() if seed % 2 else 0.0)
    for i in range(n):
        for j in range(i):
            if rng.random() < 0.6:
                bqm.add_quadratic(i, j, float(rng.integers(-2, 3)) if seed % 3 else rng.normal())
    _, network, _, _ = spin_network(bqm)
    found = ground_state(*network)
    assert found.energy == pytest.approx(energies(*network).min(), abs=1e-9)
    assert found.energy == pytest.approx(bqm.energy(dict(enumerate(found.state))), abs=1e-9)


@pytest.mark.parametrize("name", ["planted:L=6,seed=3", "multiplier:n=3,m=3,p=35", "ising2d:L=6"])
def test_it_agrees_with_energies_known_otherwise(name):
    problem = hwsim.read(name)
    assert problem.known_is_exact
    _, network, offset, _ = spin_network(problem)
    assert ground_state(*network).energy + offset == pytest.approx(problem.known_energy)


def test_a_search_without_end_is_given_up():
    _, network, _, _ = spin_network(hwsim.read("sk:n=40,seed=1"))
    assert ground_state(*network, max_nodes=1000) is None


@pytest.mark.parametrize("scale", [1.0, 1e-10, 1e-30, 1e-100, 1e100, 2.0**-100])
def test_a_proof_does_not_depend_on_the_unit(scale):
    # 26 spins with random.Random(5).gauss over i < j: -89.019, by this search and by 2**25 states
    draw = random.Random(5)
    couplings = {(i, j): draw.gauss(0, 1) * scale for i in range(26) for j in range(i + 1, 26)}
    problem = Problem(bqm=dimod.BinaryQuadraticModel({}, couplings, 0.0, "SPIN"), name="gauss", kind="ising")
    assert exact_energy(problem) / scale == pytest.approx(-89.019, abs=5e-4)


def test_a_ground_state_that_rounding_hides_is_not_called_proved():
    bqm = dimod.BinaryQuadraticModel({"z": 1e17, "a": 1.0, "b": 0.3}, {}, 0.1, "BINARY")
    with pytest.raises(InputError, match="cannot be proved: float64 cannot tell"):
        exact_energy(Problem(bqm=bqm, name="hidden", kind="qubo"))
