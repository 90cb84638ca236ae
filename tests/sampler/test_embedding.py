"""A sampler that embeds keeps what it found, says how long it searched, and constructs complete graphs."""

import re
import time

import dimod
import networkx
import numpy as np
import pytest

import hwsim
from hwsim.chip.topology import wires
from hwsim.errors import DoesNotFitError, InputError
from hwsim.mapping.compile import embed
from hwsim.sampler import HwsimSampler

CARD = "dwave-advantage2-1.10"


def cubic(seed=1, n=16):
    return dimod.generators.ran_r(1, networkx.random_regular_graph(3, n, seed=seed), seed=seed)


def test_an_embedding_is_kept_for_the_graph_of_the_problem():
    sampler, bqm = HwsimSampler(CARD, size=3, embed=True), cubic()
    first = sampler.sample(bqm, num_reads=5).info["embedding_context"]
    assert 0 < first["timing"]["embedding"] < 60
    trained = bqm.copy()
    trained.scale(-0.3)
    again = sampler.sample(trained, num_reads=5).info["embedding_context"]
    assert again["timing"]["embedding"] == 0 and again["embedding"] == first["embedding"]
    trained.set_quadratic(*next(iter(trained.quadratic)), 0.0)
    fewer = sampler.sample(trained, num_reads=5).info["embedding_context"]
    assert fewer["timing"]["embedding"] == 0, "a coupling that passes through 0 changes no embedding"
    other = sampler.sample(cubic(seed=2), num_reads=5).info["embedding_context"]
    assert other["timing"]["embedding"] > 0
    assert sampler.sample(bqm).info["embedding_context"]["timing"]["embedding"] == 0


def test_the_embedding_that_is_told_is_the_one_that_was_used():
    bqm = cubic()
    found = HwsimSampler(CARD, size=3, embed=True).sample(bqm, num_reads=5, chain_strength=1.5)
    context = found.info["embedding_context"]
    assert context["chain_strength"] == 1.5 and context["embedding"].keys() == set(bqm.variables)
    hwsim.compile(bqm, hwsim.chip(CARD, size=3), embedding=context["embedding"])  # checks each chain and coupling
    assert np.all(np.diff(found.record.energy) >= 0) and "chain_break_fraction" in found.record.dtype.names


def test_a_function_may_say_the_chain_strength():
    bqm, asked = cubic(), []

    def strength(model, embedding):
        asked.append((model.num_variables, len(embedding)))
        return 2.5

    sampler = HwsimSampler(CARD, size=3, embed=True)
    found = sampler.sample(bqm, chain_strength=strength)
    assert found.info["embedding_context"]["chain_strength"] == 2.5 and asked == [(16, 16)]
    with pytest.raises(InputError, match="one number for all chains"):
        sampler.sample(bqm, chain_strength=lambda model, embedding: {})


def test_what_fits_as_it_is_is_not_embedded():
    sampler = HwsimSampler(CARD, size=2, embed=True)
    u, v = wires(sampler.chip.topology)[0].tolist()
    assert "embedding_context" not in sampler.sample_ising({}, {(u, v): 1.0}).info


@pytest.mark.parametrize(
    ("topology", "sizes", "n", "longest"),
    [
        ("chimera", {"rows": 16, "columns": 16, "size": 4}, 64, 17),
        ("pegasus", {"size": 16}, 60, 7),
        ("zephyr", {"size": 12}, 60, 6),
    ],
)
def test_complete_graphs_are_constructed(topology, sizes, n, longest):
    """Chains as long as the native cliques of each topology need: n/4 + 1 on Chimera (Choi 2011), about n/12 + 2 on
    Pegasus and n/16 + 2 on Zephyr (Boothby et al.). A search finds no such clique within a minute."""
    chip = hwsim.chip("dwave-advantage-6.4", topology=topology, **sizes)
    bqm = dimod.generators.ran_r(1, n, seed=1)
    chains = embed(bqm, chip)
    assert max(map(len, chains.values())) <= longest
    assert hwsim.compile(bqm, chip, embedding=chains).n_variables == n


def test_dense_problems_that_no_search_embeds_take_the_chains_of_a_complete_graph():
    bqm = dimod.generators.ran_r(1, 40, seed=1)
    for pair in list(bqm.quadratic)[::40]:
        bqm.remove_interaction(*pair)
    chip = hwsim.chip(CARD, size=3)
    assert hwsim.compile(bqm, chip, embedding=embed(bqm, chip)).n_variables == 40


def test_a_search_in_vain_says_how_long_it_took(monkeypatch):
    """The searches for a larger chip that would hold it, 10 s each, are left out."""
    monkeypatch.setattr("hwsim.mapping.embed._larger", lambda topology: iter(()))
    bqm = dimod.generators.ran_r(1, 9, seed=1)
    began = time.perf_counter()
    with pytest.raises(
        DoesNotFitError, match=r"was found on the 16 p-bits of chip 'hitachi-king' in [0-9.]+ s"
    ) as error:
        embed(bqm, hwsim.chip("hitachi-king", rows=4, columns=4))
    told_s = float(re.search(r" in ([0-9.]+) s", str(error.value)).group(1))
    assert told_s < 1.1 * (time.perf_counter() - began)
