"""Registers and control lines change the network, not the energies that runs report."""

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.mapping.quantize import fixed_point, quantize_weights

CHAIN = dimod.BinaryQuadraticModel({"a": 0.5, "b": 0.0, "c": 0.0}, {}, "SPIN")
CHAIN.add_quadratic_from({("a", "b"): 1.0, ("b", "c"): -0.5})


def matrix(program):
    n = program.n_pbits
    dense = np.zeros((n, n))
    dense[program.network.rows, program.network.indices] = program.network.weight
    return dense


def test_weights_of_one_step_stay_exact():
    bias, weight = quantize_weights(np.array([1.0, -3.0]), np.array([7.0, -1.0]), bits=4)
    assert bias.tolist() == [1.0, -3.0] and weight.tolist() == [7.0, -1.0]


def test_fixed_point_rounds_and_clips():
    assert fixed_point(np.array([0.3, -0.3, 99.0, -99.0]), 2, 1).tolist() == [0.5, -0.5, 3.5, -3.5]


def test_energies_are_the_problems_whatever_the_registers_hold():
    program = hwsim.compile(CHAIN, hwsim.chip("generic-all-to-all", weight_bits=2, weight_dtod=0.2))
    assert not np.array_equal(program.network.weight, program.problem_network.weight)
    states = np.array([[1, 1, 1], [1, -1, 1]], dtype=np.int8)
    assert np.allclose(program.energies(states), CHAIN.energies((states, ["a", "b", "c"])))


def test_each_direction_of_a_coupling_has_its_own_error_of_the_cards_size():
    problem = hwsim.read("sk:n=120,seed=1")
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all", weight_dtod=0.01))
    asked = matrix(hwsim.compile(problem, hwsim.chip("generic-all-to-all")))
    error = (matrix(program) - asked) / np.abs(asked).max()
    pair = error[np.triu_indices(120, 1)], error.T[np.triu_indices(120, 1)]
    m = len(pair[0])
    for values in pair:
        assert abs(values.std() / 0.01 - 1) < 4 / np.sqrt(2 * m)
    assert abs(np.corrcoef(*pair)[0, 1]) < 4 / np.sqrt(m)


def test_background_susceptibility_adds_what_its_definition_says():
    """chi h_j J_ij to h_i, and chi J_ij J_jk to the coupling of i and k."""
    program = hwsim.compile(CHAIN, hwsim.chip("generic-all-to-all", background_susceptibility=-0.1))
    assert program.network.bias.tolist() == pytest.approx([0.5, -0.1 * 0.5 * 1.0, 0.0])
    dense = matrix(program)
    assert dense[0, 2] == dense[2, 0] == pytest.approx(-0.1 * 1.0 * -0.5)
    assert dense[0, 1] == 1.0 and dense[1, 2] == -0.5


def test_control_errors_are_relative_to_the_largest_coupling_and_the_same_both_ways():
    problem = hwsim.read("sk:n=120,seed=1")
    chip = hwsim.chip("generic-all-to-all", j_limit=1.0, h_limit=4.0, j_noise=0.02, h_noise=0.05)
    program = hwsim.compile(problem, chip)
    asked = matrix(hwsim.compile(problem, hwsim.chip("generic-all-to-all")))
    error = (matrix(program) - asked) / np.abs(asked).max()
    assert np.allclose(error, error.T)
    values = error[np.triu_indices(120, 1)]
    assert abs(values.std() / 0.02 - 1) < 4 / np.sqrt(2 * len(values))
    assert abs((program.network.bias / np.abs(asked).max()).std() / 0.05 - 1) < 4 / np.sqrt(240)
    other = hwsim.compile(problem, chip, die_seed=1)
    assert not np.array_equal(other.network.weight, program.network.weight)


def test_a_quantisation_error_is_uniform_within_its_half_width():
    problem = hwsim.read("sk:n=120,seed=1")
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all", j_limit=1.0, j_quantization=0.01))
    asked = matrix(hwsim.compile(problem, hwsim.chip("generic-all-to-all")))
    values = ((matrix(program) - asked) / np.abs(asked).max())[np.triu_indices(120, 1)]
    assert np.abs(values).max() <= 0.01 and abs(values.std() * np.sqrt(3) / 0.01 - 1) < 0.05


def test_the_inverse_temperature_that_hardware_fixes_is_per_programmed_unit():
    def beta_of(problem, chip):
        return hwsim.compile(problem, chip).placement.fixed_beta

    assert beta_of(CHAIN, hwsim.chip("generic-all-to-all")) is None
    assert beta_of(CHAIN, hwsim.chip("wobblybits")) == 1 / 128
    half = CHAIN.copy()
    half.scale(0.5)
    for problem, expected in ((CHAIN, 4.52), (half, 9.04)):
        chip = hwsim.chip("generic-all-to-all", j_limit=1.0, h_limit=4.0, fixed_beta=4.52)
        assert beta_of(problem, chip) == pytest.approx(expected)
    tight = hwsim.chip("generic-all-to-all", j_limit=1.0, h_limit=0.25, fixed_beta=4.52)
    assert beta_of(CHAIN, tight) == pytest.approx(2.26)  # the bias is what limits
