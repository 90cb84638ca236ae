"""HwsimSampler keeps dimod's contract: chips whose wires can be chosen take any problem, those with wires of their own
are structured by them."""

import inspect
import pickle
import unittest

import dimod
import dimod.testing
import pytest
from dwave.system import EmbeddingComposite

import hwsim
from hwsim.sampler import HwsimSampler, StructuredSampler

SMALL = {"chip": "dwave-advantage2-1.10", "size": 2}
"""A chip of 160 p-bits on a Zephyr graph."""


def structured():
    return HwsimSampler(**SMALL)


def embedding():
    return HwsimSampler(**SMALL, embed=True)


def composed():
    return EmbeddingComposite(structured())


@dimod.testing.load_sampler_bqm_tests(HwsimSampler)
class TestDimodsOwnSuite(unittest.TestCase):
    """Every BQM kind that dimod tries on a sampler."""


@dimod.testing.load_sampler_bqm_tests(embedding)
class TestDimodsOwnSuiteOnASamplerThatEmbeds(unittest.TestCase):
    """The same on p-bits with wires of their own."""


@dimod.testing.load_sampler_bqm_tests(composed)
class TestDimodsOwnSuiteThroughAComposite(unittest.TestCase):
    """The same on a structured sampler, to which a composite brings problems."""


def test_dimod_finds_nothing_wrong_with_the_interface():
    for sampler in (HwsimSampler(), structured(), embedding()):
        dimod.testing.assert_sampler_api(sampler)
    dimod.testing.assert_structured_api(structured())
    dimod.testing.assert_composite_api(composed())


def test_only_chips_with_wires_of_their_own_are_structured():
    assert isinstance(structured(), StructuredSampler) and isinstance(structured(), dimod.Structured)
    assert isinstance(HwsimSampler("hitachi-king", rows=3, columns=3), dimod.Structured)
    for free in (HwsimSampler(), HwsimSampler(max_degree=3), embedding()):
        assert not isinstance(free, dimod.Structured)
        assert not hasattr(free, "structure")


def test_a_structured_sampler_survives_pickling():
    again = pickle.loads(pickle.dumps(structured()))
    assert again.nodelist == structured().nodelist and again.chip == structured().chip


def test_keywords_stand_in_the_signature():
    given = [name for name in inspect.signature(HwsimSampler().sample).parameters if name not in ("bqm", "kwargs")]
    assert given == list(HwsimSampler().parameters)


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
def test_samples_carry_the_problems_own_energies(vartype):
    bqm = dimod.BinaryQuadraticModel({"a": 0.5, "b": -1}, {("a", "b"): 2.0}, 3.0, vartype)
    for sampler in (HwsimSampler(), embedding()):
        found = sampler.sample(bqm, num_reads=20, num_sweeps=50, seed=1)
        dimod.testing.assert_response_energies(found, bqm)
        assert found.first.energy == dimod.ExactSolver().sample(bqm).first.energy
    assert HwsimSampler().sample(bqm, num_sweeps=50).info["device_timing"]["anneal_time_per_sample_s"] == 50 * 5e-9


def test_initial_states_are_taken_in_the_problems_order():
    bqm = dimod.BinaryQuadraticModel({"a": 0, "b": 0}, {("a", "b"): -1.0}, "SPIN")
    start = {"a": 1, "b": 1}
    found = HwsimSampler().sample(
        bqm, initial_states=start, beta_range=[50, 50], beta_schedule_type="linear", num_sweeps=5, seed=0
    )
    assert dict(found.first.sample) == start


def test_hwsim_names_it():
    assert hwsim.HwsimSampler is HwsimSampler
