"""dimod's and D-Wave's composites work on the sampler of a chip: each solves the same maximum cut of 30 nodes."""

import dimod
import networkx as nx
import pytest
from dwave.preprocessing.composites import FixVariablesComposite, SpinReversalTransformComposite
from dwave.samplers import TreeDecompositionSolver
from dwave.system import DWaveCliqueSampler, EmbeddingComposite, FixedEmbeddingComposite
from dwave.system.testing import MockDWaveSampler

from hwsim.sampler import HwsimSampler

GRAPH = nx.random_regular_graph(3, 30, seed=1)
CUT = dimod.BinaryQuadraticModel({v: 0.0 for v in GRAPH}, {edge: 1.0 for edge in GRAPH.edges}, "SPIN")
ASK = {"num_reads": 50, "seed": 2}


@pytest.fixture(scope="module")
def least():
    """The least energy, exact."""
    return TreeDecompositionSolver().sample(CUT).first.energy


@pytest.fixture(scope="module")
def chip():
    return HwsimSampler("dwave-advantage2-1.10")


def test_embedding_composite(chip, least):
    found = EmbeddingComposite(chip).sample(CUT, **ASK, return_embedding=True)
    assert found.first.energy == least == found.record.energy[0]
    dimod.testing.assert_response_energies(found, CUT)
    assert found.info["embedding_context"]["embedding"].keys() == set(CUT.variables)


def test_a_sampler_that_embeds(least):
    found = HwsimSampler("dwave-advantage2-1.10", embed=True).sample(CUT, **ASK)
    assert found.first.energy == least


def test_structure_composite(chip, least):
    free = dimod.StructureComposite(HwsimSampler(), list(GRAPH), list(GRAPH.edges))
    assert free.sample(CUT, **ASK).first.energy == least
    with pytest.raises(dimod.exceptions.BinaryQuadraticModelStructureError):
        free.sample_ising({}, {(0, 30): 1.0})
    nodes = [v for v in chip.nodelist if v % 5]
    edges = [(u, v) for u, v in chip.edgelist if u % 5 and v % 5]
    found = EmbeddingComposite(dimod.StructureComposite(chip, nodes, edges)).sample(CUT, **ASK)
    assert found.first.energy == least


def test_fixed_variable_composite(chip, least):
    """By the symmetry of a cut, one value may be fixed. dimod's FixedVariableComposite is now this one."""
    found = FixVariablesComposite(EmbeddingComposite(chip)).sample(CUT, fixed_variables={0: 1}, **ASK)
    assert found.first.energy == least and found.first.sample[0] == 1


def test_spin_reversals(chip, least):
    sampler = EmbeddingComposite(SpinReversalTransformComposite(chip))
    assert sampler.sample(CUT, num_spin_reversal_transforms=2, **ASK).first.energy == least


def test_the_mock_of_a_qpu_samples_with_it(chip, least):
    mock = MockDWaveSampler(
        nodelist=chip.nodelist, edgelist=chip.edgelist, properties=chip.properties, substitute_sampler=chip
    )
    found = EmbeddingComposite(mock).sample(CUT, num_reads=50, answer_mode="raw", label="cut")
    assert found.first.energy == least
    assert sum(found.record.num_occurrences) == 50
    free = MockDWaveSampler(topology_type="zephyr", substitute_sampler=HwsimSampler(), parameter_warnings=False)
    assert EmbeddingComposite(free).sample(CUT, num_reads=20, annealing_time=50).first.energy == least
    copy = MockDWaveSampler.from_qpu_sampler(chip)
    assert copy.nodelist == chip.nodelist and copy.properties["topology"] == {"type": "zephyr", "shape": [12, 4]}


def test_reverse_anneals_reach_the_chip_through_an_embedding(chip, least):
    best = TreeDecompositionSolver().sample(CUT).first.sample
    embedding = EmbeddingComposite(chip).find_embedding(list(GRAPH.edges), chip.edgelist, random_seed=1)
    found = FixedEmbeddingComposite(chip, embedding).sample(
        CUT, anneal_schedule=[[0, 1], [1, 0.9], [2, 1]], initial_state=best, num_reads=5, seed=1
    )
    assert found.record.energy.mean() < least + 2


def test_clique_embeddings_are_found_on_its_graph(chip, monkeypatch):
    """As DWaveCliqueSampler does, which makes its own DWaveSampler."""
    monkeypatch.setattr("dwave.system.samplers.clique.DWaveSampler", lambda **_: chip)
    bqm = dimod.generators.ran_r(1, 12, seed=3)
    found = DWaveCliqueSampler().sample(bqm, num_reads=50)
    assert found.first.energy == dimod.ExactSolver().sample(bqm).first.energy
