"""Exact energies by tree decomposition, against planted ones and branch and bound."""

import pytest

import hwsim
from hwsim.analysis.exact_energy import exact_energy, ground_state, narrow_energy
from hwsim.errors import InputError
from hwsim.mapping.compile import spin_network

pytest.importorskip("dwave.samplers")


@pytest.mark.parametrize(
    "name",
    [
        "ea2d:L=8,boundary=open,seed=1",
        "ea2d:L=6,boundary=open,weights=gauss,seed=1",
        "ea3d:L=3,seed=2",
        "karate",
        "sat:n=20,m=25,seed=1",
    ],
)
def test_both_ways_agree(name):
    problem = hwsim.read(name)
    _, network, offset, _ = spin_network(problem)
    assert narrow_energy(problem) == pytest.approx(ground_state(*network).energy + offset, abs=1e-9)


@pytest.mark.parametrize("name", ["tile2d:L=8,seed=2", "tile2d:L=8,c2=0.5,seed=3", "planted:L=8,seed=1"])
def test_a_planted_energy_is_confirmed(name):
    problem = hwsim.read(name)
    assert exact_energy(problem) == pytest.approx(problem.known_energy)


def test_a_wide_graph_is_left_to_branch_and_bound_and_refused_in_a_sentence():
    problem = hwsim.read("ea3d:L=6,seed=1")
    assert narrow_energy(problem) is None
    assert narrow_energy(hwsim.read("sk:n=60,seed=1")) is None
    with pytest.raises(InputError, match="was not proved"):
        exact_energy(problem)
