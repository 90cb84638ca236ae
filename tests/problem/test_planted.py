"""Planted instances: the energy that is known is the least there is, by proof or enumeration."""

import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact import energies
from hwsim.analysis.ground import ground_state
from hwsim.errors import InputError
from hwsim.mapping.compile import spin_network


@pytest.mark.parametrize("alpha", [0.3, 0.8, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_hidden_state_of_wishart_planting_is_a_ground_state(alpha, seed):
    problem = hwsim.read(f"wishart:n=14,alpha={alpha},seed={seed}")
    _, network, offset, _ = spin_network(problem)
    assert problem.known_is_exact
    assert energies(**vars(network)).min() + offset == pytest.approx(problem.known_energy, abs=1e-9)


@pytest.mark.parametrize("n", [4, 6, 9])
def test_equations_of_an_xorsat_instance_can_all_hold(n):
    problem = hwsim.read(f"xorsat:n={n},seed=2")
    _, network, offset, _ = spin_network(problem)
    assert problem.bqm.num_variables == 2 * n
    assert ground_state(**vars(network)).energy + offset == pytest.approx(problem.known_energy)
    degree = np.bincount([v for pair in problem.bqm.quadratic for v in pair], minlength=2 * n)
    assert np.all(degree[n:] == 3)


def test_every_solution_of_the_equations_is_a_ground_state_and_no_other():
    """The carry spins summed out, ground states are exactly the solutions: a coset of the kernel."""
    problem = hwsim.read("xorsat:n=6,seed=5")
    _, network, _, _ = spin_network(problem)
    e = energies(**vars(network)).reshape(2**6, 2**6).min(axis=0)  # over the carries, the upper bits
    ground = int(np.sum(np.isclose(e, problem.known_energy)))
    assert ground in (1, 2, 4, 8, 16)


def test_parameters_out_of_range_are_refused():
    with pytest.raises(InputError, match="xorsat needs n >= 4"):
        hwsim.read("xorsat:n=3")
    with pytest.raises(InputError, match="alpha must be between"):
        hwsim.read("wishart:n=10,alpha=-1")
    with pytest.raises(InputError, match="wishart needs n >= 2 and alpha > 0"):
        hwsim.read("wishart:n=10,alpha=0")
