"""Planted instances: the known energy is the least, by proof or enumeration."""

import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_energy import ground_state
from hwsim.analysis.exact_laws import energies
from hwsim.errors import InputError
from hwsim.mapping.compile import spin_network
from hwsim.problem.planted import _CUBE, _VIOLATED


@pytest.mark.parametrize("alpha", [0.3, 0.8, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_the_hidden_state_of_wishart_planting_is_a_ground_state(alpha, seed):
    problem = hwsim.read(f"wishart:n=14,alpha={alpha},seed={seed}")
    _, network, offset, _ = spin_network(problem)
    assert problem.known_is_exact
    assert energies(*network).min() + offset == pytest.approx(problem.known_energy, abs=1e-9)


@pytest.mark.parametrize("n", [4, 6, 9])
def test_equations_of_an_xorsat_instance_can_all_hold(n):
    problem = hwsim.read(f"xorsat:n={n},seed=2")
    _, network, offset, _ = spin_network(problem)
    assert problem.bqm.num_variables == 2 * n
    assert ground_state(*network).energy + offset == pytest.approx(problem.known_energy)
    degree = np.bincount([v for pair in problem.bqm.quadratic for v in pair], minlength=2 * n)
    assert np.all(degree[n:] == 3)


def test_every_solution_of_the_equations_is_a_ground_state_and_no_other():
    """The carry spins summed out, ground states are exactly the solutions: a coset of the kernel."""
    problem = hwsim.read("xorsat:n=6,seed=5")
    _, network, _, _ = spin_network(problem)
    e = energies(*network).reshape(2**6, 2**6).min(axis=0)  # over the carries, the upper bits
    ground = int(np.sum(np.isclose(e, problem.known_energy)))
    assert ground in (1, 2, 4, 8, 16)


def test_parameters_out_of_range_are_refused():
    with pytest.raises(InputError, match="xorsat needs n >= 4"):
        hwsim.read("xorsat:n=3")
    with pytest.raises(InputError, match="alpha must be between"):
        hwsim.read("wishart:n=10,alpha=-1")
    with pytest.raises(InputError, match="wishart needs n >= 2 and alpha > 0"):
        hwsim.read("wishart:n=10,alpha=0")


_CHOICES = {
    "tile2d:L=4": 2,
    "tile2d:L=4,c1=1": 2,
    "tile2d:L=4,c2=0.5,c3=0.5": 2,
    "tile3d:L=4": 3,
    "tile3d:L=4,f22=1": 3,
    "tile3d:L=4,f42=1": 3,
    "tile3d:L=6,f22=0.3,f42=0.3": 3,
}


@pytest.mark.parametrize("name", _CHOICES)
def test_tiles_cover_a_lattice_and_each_is_at_its_least_for_the_hidden_state(name):
    problem = hwsim.read(f"{name},seed=3")
    side, dimension = int(name.split("L=")[1].split(",")[0]), _CHOICES[name]
    assert problem.bqm.num_variables == side**dimension
    degree = np.bincount([v for pair in problem.bqm.quadratic for v in pair])
    assert np.all(degree == 2 * dimension)
    for a, b in problem.bqm.quadratic:
        steps = [abs((a // side**k) % side - (b // side**k) % side) for k in range(dimension)]
        assert sorted(min(step, side - step) for step in steps) == [0] * (dimension - 1) + [1]
    run = hwsim.run(
        hwsim.compile(problem, hwsim.chip("generic-all-to-all", clock="chromatic", tau="1 ns")),
        anneal=hwsim.linear(0.05, 4, "2 us"),
        reads=256,
        seed=1,
    )
    assert run.energies.min() == problem.known_energy  # reached, and never undercut


def test_ground_states_of_a_tile_are_as_many_as_its_class_says():
    """Modulo turning all spins: 4, 2 and 8 of the cubes of Hamze et al., i of class C_i of Perera et al."""
    for kind, count in (("f22", 4), ("f42", 2), ("f6", 8)):
        signs = np.array([1.0 if edge in _VIOLATED[kind] else -1.0 for edge in _CUBE])
        states = 1 - 2 * ((np.arange(256)[:, None] >> np.arange(8)) & 1)
        e = (states[:, [a for a, _ in _CUBE]] * states[:, [b for _, b in _CUBE]]) @ signs
        assert e[0] == e.min() and np.sum(e == e.min()) == 2 * count
    problem = hwsim.read("tile2d:L=4,c1=1,seed=2")
    _, network, _, _ = spin_network(problem)
    e = energies(*network)
    assert e.min() == problem.known_energy and np.sum(e == e.min()) == 2


def test_wrong_tiles_are_refused():
    for text, sentence in (
        ("tile2d:L=5", "even L >= 4"),
        ("tile3d:L=2", "even L >= 4"),
        ("tile2d:L=4,c1=0.7,c2=0.7", r"c1 \+ c2 \+ c3 must be <= 1"),
        ("tile3d:L=4,f22=1.2", "f22 must be between 0 and 1"),
    ):
        with pytest.raises(InputError, match=sentence):
            hwsim.read(text)
