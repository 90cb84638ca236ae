"""Exact energies by tree decomposition, against planted ones and branch and bound."""

import sys
from pathlib import Path

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis import tree_decomposition
from hwsim.analysis.exact_energy import MOST_SPINS, exact_energy, ground_state, narrow_energy
from hwsim.analysis.tree_decomposition import log_partition, narrow_order
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


def lattice(rows, columns):
    """A spin glass with open ends, of Gaussian couplings."""
    draw, index = np.random.default_rng(1), np.arange(rows * columns).reshape(rows, columns)
    pairs = np.concatenate([index[1:].ravel(), index[:, 1:].ravel()])
    others = np.concatenate([index[:-1].ravel(), index[:, :-1].ravel()])
    couplings = dict(zip(zip(pairs.tolist(), others.tolist(), strict=True), draw.normal(size=len(pairs)), strict=True))
    return dimod.BinaryQuadraticModel({}, couplings, 0.0, "SPIN")


def test_a_long_lattice_is_narrow_in_the_order_of_its_rows():
    """Elimination by least degree alone would take ten times as many numbers."""
    problem = lattice(100, 9)
    assert narrow_order(problem, 22).numbers < 1000 * 2**11


def test_the_answer_of_a_child_is_that_of_this_process(monkeypatch):
    problem = hwsim.read(lattice(12, 4))
    energy, log_z = narrow_energy(problem), log_partition(problem.bqm, 0.7, width=9)
    asked = []
    monkeypatch.setattr(sys, "path", [*sys.path, Path("lab")])  # which Python passes over
    in_child = tree_decomposition._in_child
    monkeypatch.setattr(tree_decomposition, "_in_child", lambda *given: asked.append(given[0]) or in_child(*given))
    monkeypatch.setattr(tree_decomposition, "_AT_ONCE", 1)
    assert narrow_energy(problem) == energy and log_partition(problem.bqm, 0.7, width=9) == log_z
    assert asked == ["least_state", "log_partition"]


def test_tables_that_do_not_fit_into_memory_are_not_made(monkeypatch):
    problem = hwsim.read(lattice(100, 9))
    monkeypatch.setenv("HWSIM_MEMORY_LIMIT", "1MB")
    assert narrow_energy(problem) is None


def test_many_spins_are_refused_before_a_matrix_is_made():
    _, network, _, _ = spin_network(hwsim.read(f"ring:n={MOST_SPINS + 1}"))
    assert ground_state(*network) is None
    with pytest.raises(InputError, match=f"branch and bound, which takes at most {MOST_SPINS} spins: take"):
        exact_energy(hwsim.read("maxcut:n=2100,p=0.02,seed=1"))


def test_any_number_of_spins_without_couplings_is_proved():
    fields = {v: (-1.0) ** v for v in range(2 * MOST_SPINS)}
    assert exact_energy(hwsim.read(dimod.BinaryQuadraticModel(fields, {}, 0.0, "SPIN"))) == -len(fields)
    assert log_partition(dimod.BinaryQuadraticModel("SPIN"), 1.0, width=9) is None
