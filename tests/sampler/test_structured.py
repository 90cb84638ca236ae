"""A structured sampler offers the chip's own graph, takes what fits as it is, and refuses the rest in one sentence."""

import json

import dimod
import networkx as nx
import numpy as np
import pytest
from dimod.exceptions import BinaryQuadraticModelStructureError
from dwave.graphs import zephyr_graph

import hwsim
from hwsim.chip.topology import sites, wires
from hwsim.errors import DoesNotFitError, InputError
from hwsim.sampler import HwsimSampler

CARD = "dwave-advantage2-1.10"


@pytest.fixture(scope="module")
def sampler():
    return HwsimSampler(CARD, size=2)


def test_the_structure_is_the_graph_of_the_chip(sampler):
    graph = zephyr_graph(2)
    assert set(sampler.nodelist) == set(graph.nodes)
    assert {frozenset(edge) for edge in sampler.edgelist} == {frozenset(edge) for edge in graph.edges}


def test_dead_p_bits_and_their_wires_are_left_out():
    whole, part = HwsimSampler(CARD, size=2), HwsimSampler(CARD, size=2, dead_fraction=0.1)
    assert len(part.nodelist) < len(whole.nodelist)
    lost = set(whole.nodelist) - set(part.nodelist)
    assert {tuple(e) for e in part.edgelist} == {e for e in whole.edgelist if not lost & set(e)}
    with pytest.raises(BinaryQuadraticModelStructureError, match="does not work"):
        part.sample_ising({min(lost): 1.0}, {})


def test_a_whole_card_has_the_qubits_of_its_solver():
    properties = HwsimSampler("dwave-advantage-6.4").properties
    assert properties["topology"] == {"type": "pegasus", "shape": [16]}
    assert properties["num_qubits"] == 5760 and len(properties["qubits"]) == 5640


def test_a_working_graph_of_the_users_own_is_known_by_its_family(tmp_path):
    chip = hwsim.chip(CARD, size=2, dead_fraction=0.1)
    (tmp_path / "working.txt").write_text("".join(f"{u} {v}\n" for u, v in wires(chip.topology).tolist()))
    own = HwsimSampler(CARD, graph=str(tmp_path / "working.txt"))
    assert own.nodelist == sites(chip.topology).tolist() and own.edgelist == [tuple(e) for e in wires(chip.topology)]
    assert own.properties["topology"] == {"type": "zephyr", "shape": [2, 4]}
    assert own.to_networkx_graph().graph["family"] == "zephyr"
    ring = tmp_path / "ring.txt"
    ring.write_text("".join(f"{k} {(k + 1) % 9}\n" for k in range(9)))
    other = HwsimSampler(CARD, graph=str(ring))
    assert "topology" not in other.properties and other.properties["num_qubits"] == 9
    assert nx.is_isomorphic(other.to_networkx_graph(), nx.cycle_graph(9))


def test_the_properties_of_a_solver_are_a_working_graph(tmp_path):
    """As a vendor's JSON has them, and as this sampler tells its own."""
    part = HwsimSampler(CARD, size=2, dead_fraction=0.1, dead_wire_fraction=0.05)
    (tmp_path / "solver.json").write_text(json.dumps(part.properties))
    again = HwsimSampler(CARD, graph=str(tmp_path / "solver.json"))
    assert again.nodelist == part.nodelist and again.edgelist == part.edgelist
    assert again.properties["topology"] == part.properties["topology"]


def test_samplers_say_what_they_are(sampler):
    assert repr(sampler) == "StructuredSampler(dwave-advantage2-1.10: 160 p-bits on a zephyr graph)"
    assert repr(HwsimSampler(CARD, size=2, embed=True)).endswith("on a zephyr graph, embeds)")
    assert repr(HwsimSampler()) == "HwsimSampler(generic-all-to-all: wires of choice)"


def test_what_fits_is_placed_as_it_is(sampler):
    u, v = sampler.edgelist[40]
    bqm = dimod.BinaryQuadraticModel({u: 0.5}, {(u, v): 1.0}, 0.25, "BINARY")
    numpys = bqm.relabel_variables({u: np.int64(u), v: np.int32(v)}, inplace=False)
    found, same = (sampler.sample(model, num_reads=50, seed=1) for model in (bqm, numpys))
    dimod.testing.assert_response_energies(found, bqm)
    assert found.first.energy == 0.25
    assert np.array_equal(found.record, same.record) and set(same.variables) == {u, v}
    assert "chain_break_fraction" not in found.record.dtype.names and "embedding_context" not in found.info


def test_it_never_embeds(sampler):
    far = next(v for v in sampler.nodelist if v not in sampler.adjacency[0] | {0})
    with pytest.raises(BinaryQuadraticModelStructureError, match=f"no wire between p-bits 0 and {far}.*embed=True"):
        sampler.sample_ising({}, {(0, far): 1.0})
    with pytest.raises(DoesNotFitError, match="numbers of p-bits, and got 'a'") as error:
        sampler.sample_ising({}, {("a", "b"): 1.0})
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="structured sampler makes none"):
        sampler.sample_ising({}, {sampler.edgelist[0]: 1.0}, chain_strength=2.0)


def test_a_list_of_biases_may_name_missing_p_bits_by_zero():
    sampler = HwsimSampler(CARD, size=2, dead_fraction=0.1)
    dead = next(k for k in range(160) if k not in sampler.nodelist)
    biases = [0.0] * 160
    assert set(sampler.sample_ising(biases, {}, num_reads=2).variables) == set(sampler.nodelist)
    biases[dead] = 1.0
    with pytest.raises(DoesNotFitError, match="does not work"):
        sampler.sample_ising(biases, {})


def test_networkx_graphs_are_those_of_dwaves_tools(sampler):
    graph = sampler.to_networkx_graph()
    assert graph.graph["family"] == "zephyr" and set(graph.nodes) == set(sampler.nodelist)
