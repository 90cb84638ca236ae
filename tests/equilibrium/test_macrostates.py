"""Macrostates against counting, closed forms, and p-bits that are tossed as coins."""

import math

import dimod
import numpy as np
import pytest
from scipy.special import digamma, polygamma

import hwsim
from hwsim.analysis.exact_laws import energies, state_index
from hwsim.analysis.fidelity import total_variation, tv_noise_floor, tv_noise_sd
from hwsim.equilibrium.macrostates import (
    coin_macrostates,
    density_of_states,
    inverse_temperature,
    level_law,
    network_density_of_states,
    paramagnet_density_of_states,
)
from hwsim.errors import InputError

SIGMA = 4.0


def test_multiplicities_of_few_coins_are_pascals_numbers():
    found = coin_macrostates(12, p=0.3)
    exact = [math.comb(12, k) for k in range(13)]
    np.testing.assert_allclose(np.exp(found.log_multiplicity), exact, rtol=1e-12)
    np.testing.assert_allclose(
        found.probability, [c * 0.3**k * 0.7 ** (12 - k) for k, c in enumerate(exact)], rtol=1e-12
    )


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_a_coin_with_one_face_has_one_macrostate(p):
    probability = coin_macrostates(5, p=p).probability
    assert probability[5 if p else 0] == 1 and probability.sum() == 1


def test_a_million_coins_have_binomial_moments_and_the_entropy_of_stirling():
    n, p = 10**6, 0.3
    found = coin_macrostates(n, p=p)
    mean = found.probability @ found.heads
    assert mean == pytest.approx(n * p, rel=1e-10)
    assert found.probability @ (found.heads - mean) ** 2 == pytest.approx(n * p * (1 - p), rel=1e-7)
    # ln C(n, n/2) = n ln 2 - ln(pi n / 2) / 2 - 1/(4 n) + ..., by Stirling's series
    assert found.log_multiplicity[n // 2] == pytest.approx(
        n * math.log(2) - math.log(math.pi * n / 2) / 2 - 1 / (4 * n), abs=1e-8
    )


@pytest.mark.parametrize("bias, beta", [(0.0, 0.0), (0.4, 0.7)])
def test_p_bits_without_couplings_are_coins(bias, beta):
    n = 10
    problem = dimod.BinaryQuadraticModel({k: bias for k in range(n)}, {}, "SPIN")
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all", tau="1 ns"))
    run = hwsim.run(program, anneal=hwsim.constant(beta, "40 ns"), reads=16384, schedules=256, seed=1, checkpoints=1)
    heads = np.sum(run.states == 1, axis=1)

    def distance(p):
        law = coin_macrostates(n, p=p).probability
        return (total_variation(heads, law) - tv_noise_floor(law, run.reads)) / tv_noise_sd(law, run.reads)

    p = (1 + math.tanh(-beta * bias)) / 2
    assert distance(p) < SIGMA
    assert distance(p + 0.02) > SIGMA  # the control


def test_the_levels_of_a_small_ring_are_those_of_its_domain_walls():
    # E = 2 w - n for w walls, an even number, and 2 C(n, w) states
    program = hwsim.compile(hwsim.generate("ring:n=10"), hwsim.chip("generic-all-to-all"))
    found = network_density_of_states(program)
    walls = np.arange(0, 11, 2)
    np.testing.assert_allclose(found.energies, 2 * walls - 10)
    np.testing.assert_allclose(np.exp(found.log_multiplicity), [2 * math.comb(10, w) for w in walls])


def test_levels_that_rounding_split_are_one_and_all_states_are_counted():
    rng = np.random.default_rng(1)
    upper = np.triu(rng.choice([-0.1, 0.1], (8, 8)), 1)
    couplings = upper + upper.T
    rows, columns = np.nonzero(couplings)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=8))])
    every = energies(np.full(8, 0.3), indptr, columns, couplings[rows, columns])
    found = density_of_states(every)
    assert len(found.energies) == len(np.unique(np.round(every, 6))) < len(np.unique(every))
    assert np.exp(found.log_multiplicity).sum() == pytest.approx(256)
    weights = np.exp(-0.7 * every)
    np.testing.assert_allclose(
        level_law(found, 0.7), [weights[np.abs(every - e) < 1e-6].sum() / weights.sum() for e in found.energies]
    )


def test_a_machine_occupies_its_levels_as_entropy_and_temperature_say():
    program = hwsim.compile(hwsim.generate("ea2d:L=3,seed=2"), hwsim.chip("generic-all-to-all", tau="1 ns"))
    run = hwsim.run(program, anneal=hwsim.constant(0.4, "200 ns"), reads=16384, schedules=256, seed=3, checkpoints=1)
    density = network_density_of_states(program)
    level = np.searchsorted(density.energies, run.energies - 1e-6)
    law = level_law(density, 0.4)
    assert (total_variation(level, law) - tv_noise_floor(law, run.reads)) / tv_noise_sd(law, run.reads) < SIGMA
    assert np.array_equal(energies(*program.problem_network)[state_index(run.states)], run.energies)


@pytest.mark.parametrize("n", [20, 400])
def test_the_temperature_of_a_paramagnet_is_the_slope_of_its_entropy_within_the_stated_error(n):
    # with real k, S = ln G(n+1) - ln G(k+1) - ln G(n-k+1), G the gamma function, and U = h (2 k - n)
    field = 0.5
    density = paramagnet_density_of_states(n, field=field)
    found = inverse_temperature(density)
    k = (found.energies / field + n) / 2
    slope = (digamma(n - k + 1) - digamma(k + 1)) / (2 * field)
    # the third derivative by k is psi''(n-k+1) - psi''(k+1) and steepest at an end of each gap
    third = np.abs(polygamma(2, np.arange(n + 1) + 1.0)) + np.abs(polygamma(2, n - np.arange(n + 1) + 1.0))
    bound = np.maximum(third[:-1], third[1:]) / 24 / (2 * field)
    assert np.all(np.abs(found.beta - slope) <= bound)
    inner = slice(n // 4, 3 * n // 4)
    assert np.all(np.abs(found.beta - slope)[inner] < 1.1 * found.error[inner] + 1e-9)
    # large n: beta = -artanh(U / n h) / h, by Stirling's formula
    assert np.abs(found.beta + np.arctanh(found.energies / n / field) / field)[inner].max() < 2 / n
    np.testing.assert_allclose(found.beta, -found.beta[::-1], atol=1e-9)  # hotter than hot above the middle


def test_at_the_temperature_between_two_levels_both_are_equally_likely():
    program = hwsim.compile(hwsim.generate("ea2d:L=3,seed=2"), hwsim.chip("generic-all-to-all"))
    density = network_density_of_states(program)
    for k, beta in enumerate(inverse_temperature(density).beta):
        if beta >= 0:
            law = level_law(density, beta)
            assert law[k] == pytest.approx(law[k + 1])


def test_few_levels_have_a_temperature_without_an_error():
    found = inverse_temperature(density_of_states([0.0, 1.0, 1.0, 3.0]))
    np.testing.assert_allclose(found.beta, [math.log(2), -math.log(2) / 2])
    np.testing.assert_allclose(found.energies, [0.5, 2.0])
    assert np.isnan(found.error).all()


def p_dits():
    model = dimod.DiscreteQuadraticModel()
    model.add_variable(3)
    return hwsim.compile(model, hwsim.chip("generic-all-to-all"))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: coin_macrostates(0), "n must be a whole number >= 1, got 0"),
        (lambda: coin_macrostates(2.5), "n must be a whole number >= 1, got 2.5"),
        (lambda: coin_macrostates(3, p=1.2), r"p must lie in \[0, 1\], got 1.2"),
        (lambda: density_of_states([]), "energies must be finite"),
        (lambda: density_of_states([0.0, np.nan]), "energies must be finite"),
        (lambda: paramagnet_density_of_states(3, field=0.0), "field must be finite and > 0"),
        (lambda: inverse_temperature(density_of_states([1.0])), "two levels"),
        (lambda: level_law(density_of_states([1.0]), -1.0), "beta must be finite and >= 0"),
        (lambda: network_density_of_states(p_dits()), "p-dits"),
    ],
)
def test_bad_input_is_one_sentence(make, sentence):
    with pytest.raises(InputError, match=sentence):
        make()


@pytest.mark.parametrize("scale", [2.0**-100, 1e-30, 1.0, 1e30])
def test_levels_do_not_depend_on_the_unit(scale):
    listed = np.array([0.1 + 0.2, 0.3, 0.3 + 1e-6, 1.0, -1.0]) * scale
    assert np.exp(density_of_states(listed).log_multiplicity).round().tolist() == [1, 2, 1, 1]
    bqm = dimod.BinaryQuadraticModel({"a": 0.1 * scale, "b": 0.2 * scale, "c": 0.3 * scale}, {}, 0.0, "SPIN")
    program = hwsim.compile(bqm, hwsim.chip("generic-all-to-all"))
    levels = network_density_of_states(program)
    assert (levels.energies / scale).round(9).tolist() == [-0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6]
