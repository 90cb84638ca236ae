"""HwsimSampler keeps dimod's contract."""

import unittest

import dimod
import dimod.testing
import pytest

from hwsim.sampler import HwsimSampler


@dimod.testing.load_sampler_bqm_tests(HwsimSampler)
class TestDimodsOwnSuite(unittest.TestCase):
    """Every BQM kind that dimod tries on a sampler."""


def test_dimod_finds_nothing_wrong_with_the_interface():
    sampler = HwsimSampler(n_nodes=8)
    dimod.testing.assert_sampler_api(sampler)
    dimod.testing.assert_structured_api(sampler)


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
def test_samples_carry_the_problems_own_energies(vartype):
    bqm = dimod.BinaryQuadraticModel({"a": 0.5, "b": -1}, {("a", "b"): 2.0}, 3.0, vartype)
    found = HwsimSampler().sample(bqm, num_reads=20, num_sweeps=50, seed=1)
    dimod.testing.assert_response_energies(found, bqm)
    assert found.first.energy == dimod.ExactSolver().sample(bqm).first.energy
    assert found.info["device_timing"]["anneal_time_per_sample_s"] == pytest.approx(50 * 5e-9)


def test_initial_states_are_taken_in_the_problems_order():
    bqm = dimod.BinaryQuadraticModel({"a": 0, "b": 0}, {("a", "b"): -1.0}, "SPIN")
    start = {"a": 1, "b": 1}
    found = HwsimSampler().sample(
        bqm, initial_states=start, beta_range=[50, 50], beta_schedule_type="linear", num_sweeps=5, seed=0
    )
    assert dict(found.first.sample) == start
