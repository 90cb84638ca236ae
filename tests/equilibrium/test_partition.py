"""Partition functions: every exact way against enumeration and against each other."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.equilibrium.partition import exact_partition, kaufman, transfer_matrix
from hwsim.errors import InputError
from hwsim.mapping.compile import spin_network


def enumerated(bqm, beta):
    """ln Z from dimod's list of all states."""
    sample = dimod.ExactSolver().sample(bqm)
    energy = np.asarray(sample.record.energy)
    return float(np.logaddexp.reduce(-beta * energy))


def random_bqm(n, seed, edges=0.5):
    rng = np.random.default_rng(seed)
    pairs = {(i, j): rng.normal() for i in range(n) for j in range(i) if rng.random() < edges}
    return dimod.BinaryQuadraticModel({i: rng.normal() for i in range(n)}, pairs, 1.7, "SPIN")


@pytest.mark.parametrize("seed", range(4))
def test_all_ways_are_enumeration(seed):
    bqm = random_bqm(11, seed)
    wanted = enumerated(bqm, 0.7)
    found = exact_partition(bqm, 0.7)
    assert found.method == "enumeration"
    assert found.log_z == pytest.approx(wanted, rel=1e-12)
    _, network, offset, _ = spin_network(bqm)
    assert transfer_matrix(network, 0.7) - 0.7 * offset == pytest.approx(wanted, rel=1e-12)


def test_binary_problems_keep_their_offset():
    bqm = random_bqm(7, 9).change_vartype("BINARY", inplace=False)
    assert exact_partition(bqm, 1.3).log_z == pytest.approx(enumerated(bqm, 1.3), rel=1e-12)


@pytest.mark.parametrize("coupling", [0.2, 0.44068679350977147, 0.4406868, 0.7, 2.0, 19.99, 20.01])
def test_kaufmans_formula_is_the_transfer_matrix(coupling):
    for rows, columns in ((3, 4), (5, 4)):
        index = np.arange(rows * columns).reshape(rows, columns)
        pairs = {}
        for axis in (0, 1):
            for i, j in zip(index.ravel().tolist(), np.roll(index, -1, axis).ravel().tolist(), strict=True):
                pairs[i, j] = -1.0
        _, network, _, _ = spin_network(dimod.BinaryQuadraticModel({}, pairs, 0.0, "SPIN"))
        assert kaufman(rows, columns, coupling) == pytest.approx(transfer_matrix(network, coupling), rel=1e-11)


@pytest.mark.parametrize("n", [5, 8, 13])
@pytest.mark.parametrize("beta", [0.7, 500.0])
def test_frustrated_rings_are_summed_at_any_temperature(n, beta):
    ring = dimod.BinaryQuadraticModel({0: 0.3, 2: -0.1}, {(i, (i + 1) % n): 1.0 for i in range(n)}, 0.0, "SPIN")
    _, network, _, _ = spin_network(ring)
    assert transfer_matrix(network, beta) == pytest.approx(enumerated(ring, beta), rel=1e-13)


def test_nothing_overflows_or_underflows_at_beta_500():
    # two grounds of a ferromagnet; 50 of a ring with one broken bond
    square, ring = hwsim.read("ising2d:L=16"), dimod.BinaryQuadraticModel({}, {}, 0.0, "SPIN")
    ring.add_quadratic_from([(i, (i + 1) % 25, 1.0) for i in range(25)])
    assert exact_partition(square, 500.0).log_z == pytest.approx(500 * 512 + np.log(2), rel=1e-14)
    assert exact_partition(ring, 500.0).log_z == pytest.approx(500 * 23 + np.log(50), rel=1e-14)
    assert exact_partition(square, 0.0).log_z == pytest.approx(256 * np.log(2), rel=1e-14)


def test_a_large_torus_is_recognised_and_an_open_lattice_is_summed():
    torus = exact_partition(hwsim.read("ising2d:L=16"), 0.44)
    assert torus.method == "Kaufman's formula"
    glass = hwsim.read("ea2d:L=16,boundary=open,seed=3")
    swept = exact_partition(glass, 0.5)
    assert swept.method == "transfer matrix"
    samplers = pytest.importorskip("dwave.samplers")
    other = samplers.TreeDecompositionSampler().sample(glass.bqm, num_reads=1, beta=0.5, marginals=False)
    assert swept.log_z == pytest.approx(float(other.info["log_partition_function"]), rel=1e-10)


def test_trees_that_are_no_chains_are_decomposed():
    pytest.importorskip("dwave.samplers")
    # a path of cliques through one hub has a wide frontier in no order that is tried, but a small tree width
    rng = np.random.default_rng(5)
    pairs = {}
    for arm in range(24):
        for k in range(3):
            pairs[(0 if k == 0 else 1 + 3 * arm + k - 1), 1 + 3 * arm + k] = rng.normal()
    order = rng.permutation(73)
    bqm = dimod.BinaryQuadraticModel({v: 0.0 for v in order.tolist()}, pairs, 0.0, "SPIN")
    found = exact_partition(bqm, 0.9)
    # a tree without fields: 2^n times the cosh of every coupling
    wanted = 73 * np.log(2) + sum(np.log(np.cosh(0.9 * w)) for w in pairs.values())
    assert found.log_z == pytest.approx(wanted, rel=1e-10)


def test_what_is_too_wide_has_no_exact_value():
    assert exact_partition(hwsim.read("ea3d:L=6,seed=1"), 0.5) is None


def test_bad_numbers_are_one_sentence():
    with pytest.raises(InputError, match="beta must be finite"):
        exact_partition(hwsim.read("ring:n=5"), float("nan"))
    with pytest.raises(InputError, match="3 x 3"):
        kaufman(2, 5, 0.4)
