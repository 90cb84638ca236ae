"""Particles on a lattice against enumeration, closed forms, and the response of their number to mu."""

import dimod
import networkx as nx
import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_laws import state_index
from hwsim.analysis.fidelity import total_variation, tv_noise_floor, tv_noise_sd
from hwsim.equilibrium.lattice_gas import grand_canonical, lattice_gas, particles
from hwsim.errors import InputError
from hwsim.mapping.compile import spin_network

SIGMA, READS = 4.0, 16384
TORUS = nx.grid_2d_graph(3, 4, periodic=True)  # 12 sites of 4 neighbours: 4 rows of 3, none counted twice
PATH = [("a", "b"), ("b", "c"), ("c", "d"), ("b", "d")]


def gas(mu, **changes):
    return lattice_gas(TORUS, **({"interaction": -1.0, "chemical_potential": mu} | changes))


def ran(problem, beta, seed, clock="poisson"):
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all", tau="1 ns", clock=clock))
    return hwsim.run(
        program, anneal=hwsim.constant(beta, "150 ns"), reads=READS, schedules=256, seed=seed, checkpoints=1
    )


def test_without_interaction_every_site_is_full_by_fermis_function():
    mu, beta, energy = 0.3, 1.7, {"a": 0.0, "b": 1.0, "c": -0.4, "d": 0.8}
    found = grand_canonical(lattice_gas(PATH, interaction=0.0, chemical_potential=mu, site_energy=energy), beta)
    full = 1 / (1 + np.exp(beta * (np.array(list(energy.values())) - mu)))
    assert found.mean_number == pytest.approx(full.sum())
    assert found.number_variance == pytest.approx((full * (1 - full)).sum())
    assert found.grand_potential == pytest.approx(np.log1p(-full).sum() / beta)
    assert found.density == pytest.approx(full.mean()) and found.number_law.sum() == pytest.approx(1)


def test_the_energy_is_that_of_pairs_and_particles():
    mu, eps = 0.7, -1.3
    problem = lattice_gas(PATH, interaction=eps, chemical_potential=mu, site_energy={"a": 0.5, "lone": 2.0})
    assert list(problem.bqm.variables) == ["a", "b", "c", "d", "lone"]
    # b, c, d full: three neighbouring pairs;  a and lone full: none
    assert problem.bqm.energy({"a": 0, "b": 1, "c": 1, "d": 1, "lone": 0}) == pytest.approx(3 * eps - 3 * mu)
    assert problem.bqm.energy({"a": 1, "b": 0, "c": 0, "d": 0, "lone": 1}) == pytest.approx(2.5 - 2 * mu)


def test_a_lattice_gas_is_an_ising_model_of_a_quarter_of_its_interaction():
    mu, eps, e = 0.7, -1.3, 0.4
    _, network, _, vartype = spin_network(gas(mu, interaction=eps, site_energy=e))
    assert vartype == "BINARY" and len(network.weight) == 48
    np.testing.assert_allclose(network.weight, eps / 4)
    np.testing.assert_allclose(network.bias, (e - mu) / 2 + eps * 4 / 4)
    # particles and holes: on either side of mu = e + eps z / 2 the number laws are mirror images
    middle = e + eps * 4 / 2
    below, above = (grand_canonical(gas(middle + d, interaction=eps, site_energy=e), 0.8) for d in (-0.3, 0.3))
    np.testing.assert_allclose(below.number_law, above.number_law[::-1], rtol=1e-9)
    assert grand_canonical(gas(middle, interaction=eps, site_energy=e), 0.8).density == pytest.approx(0.5)


def test_derivatives_of_the_grand_potential_are_number_and_fluctuation():
    beta, mu, d = 0.9, -1.6, 1e-4
    low, here, high = (grand_canonical(gas(mu + k * d), beta) for k in (-1, 0, 1))
    assert here.mean_number == pytest.approx(-(high.grand_potential - low.grand_potential) / (2 * d), rel=1e-6)
    assert here.number_variance == pytest.approx((high.mean_number - low.mean_number) / (2 * d * beta), rel=1e-6)
    assert here.number_variance > 2 * 12 * here.density * (1 - here.density)  # attracting particles form clusters


@pytest.mark.parametrize("clock", ["poisson", "chromatic"])
@pytest.mark.parametrize("mu", [-2.4, -2.0, -1.2])
def test_the_emulated_chip_has_the_grand_canonical_law(clock, mu):
    beta = 0.9
    run, exact = ran(gas(mu), beta, 1, clock), grand_canonical(gas(mu), beta)

    def distance(index, law):
        return (total_variation(index, law) - tv_noise_floor(law, READS)) / tv_noise_sd(law, READS, n_simulations=200)

    index, found = state_index(run.states), particles(run)
    assert distance(index, exact.law) < SIGMA
    assert distance(found.number, exact.number_law) < SIGMA
    assert distance(found.number, grand_canonical(gas(mu + 0.1), beta).number_law) > SIGMA  # the control
    assert abs(found.mean - exact.mean_number) < SIGMA * found.mean_error
    assert abs(found.variance - exact.number_variance) < SIGMA * found.variance_error
    assert found.density == pytest.approx(found.mean / 12)


def test_the_fluctuation_of_the_number_is_its_response_to_mu():
    beta, mu, d = 0.7, -1.8, 0.15
    low, here, high = (particles(ran(gas(mu + k * d), beta, seed=10 + k)) for k in (-1, 0, 1))
    response = (high.mean - low.mean) / (2 * d * beta)
    error = np.hypot(high.mean_error, low.mean_error) / (2 * d * beta)
    # the finite difference itself is off by the third derivative: taken from enumeration
    exact = [grand_canonical(gas(mu + k * d), beta).mean_number for k in (-1, 1)]
    bend = (exact[1] - exact[0]) / (2 * d * beta) - grand_canonical(gas(mu), beta).number_variance
    assert abs(bend) < 0.05 * response
    assert abs(response - bend - here.variance) < SIGMA * np.hypot(error, here.variance_error)
    assert abs(response - 12 * here.density * (1 - here.density)) > SIGMA * error  # independent sites: the control


def test_a_fully_parallel_clock_fluctuates_otherwise():
    found = particles(ran(gas(-1.6), 0.9, 2, clock="synchronous"))
    assert abs(found.variance - grand_canonical(gas(-1.6), 0.9).number_variance) > 10 * found.variance_error


def test_at_beta_zero_all_fillings_are_equal():
    found = grand_canonical(gas(-2.0), 0.0)
    assert found.density == pytest.approx(0.5) and found.log_partition == pytest.approx(12 * np.log(2))
    assert found.grand_potential == -np.inf


OPTIONS = {"interaction": 1.0, "chemical_potential": 0.0}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: lattice_gas([], **OPTIONS), "needs at least one site"),
        (lambda: lattice_gas([(0, 0)], **OPTIONS), "each pair given once, got 0 and 0"),
        (lambda: lattice_gas([(0, 1), (1, 0)], **OPTIONS), "each pair given once, got 1 and 0"),
        (lambda: lattice_gas([(0, 1, 2)], **OPTIONS), r"got \(0, 1, 2\)"),
        (lambda: lattice_gas(TORUS, site_energy={"x": 1.0}, **OPTIONS), "names 'x', which is not a site"),
        (lambda: lattice_gas(PATH, site_energy={"a": np.nan}, **OPTIONS), "site_energy of 'a' must be finite, got nan"),
        (lambda: lattice_gas(PATH, interaction=1.0, chemical_potential=np.inf), "chemical_potential must be finite"),
        (lambda: grand_canonical(hwsim.generate("ring:n=4"), 1.0), "vartype SPIN"),
        (lambda: grand_canonical(gas(0.0), -1.0), "beta must be finite and >= 0"),
        (lambda: particles(ran(dimod.BinaryQuadraticModel({0: 1.0}, {}, "SPIN"), 1.0, 1)), "vartype SPIN"),
        (lambda: grand_canonical(lattice_gas([(k, k + 1) for k in range(21)], **OPTIONS), 1.0), "at most 20"),
    ],
)
def test_bad_input_is_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()
