"""Models of thrml and problems of hwsim have the same law, by enumeration, in both directions."""

import itertools
import sys
from types import ModuleType, SimpleNamespace

import dimod
import numpy as np
import pytest

import hwsim
from hwsim.analysis.exact_laws import boltzmann_law
from hwsim.analysis.exact_laws import energies as enumerate_energies
from hwsim.errors import InputError, MissingExtraError

RNG = np.random.default_rng(4)


class Node:
    """A node without a name, as thrml's are."""


def thrml_law(model):
    """P of every state, last node fastest: exp(-E) of E = -beta (sum b s + sum w s s), thrml.models.ising."""
    place = {node: k for k, node in enumerate(model.nodes)}
    ends = np.array([(place[u], place[v]) for u, v in model.edges]).reshape(-1, 2)
    states = np.array(list(itertools.product([-1, 1], repeat=len(place))))
    pairs = states[:, ends[:, 0]] * states[:, ends[:, 1]]
    energy = -float(model.beta) * (states @ np.asarray(model.biases) + pairs @ np.asarray(model.weights))
    weight = np.exp(-(energy - energy.min()))
    return states, weight / weight.sum()


def hwsim_law(problem, beta):
    """P of every state of ``problem`` at ``beta``, last variable fastest."""
    labels = list(problem.bqm.variables)
    states = np.array(list(itertools.product([-1, 1], repeat=len(labels))))
    weight = np.exp(-beta * (own := problem.bqm.energies((states, labels))) + beta * own.min())
    return weight / weight.sum()


def a_model(n=6):
    nodes = [Node() for _ in range(n)]
    edges = [(nodes[i], nodes[j]) for i in range(n) for j in range(i)]
    return SimpleNamespace(
        nodes=nodes, edges=edges, biases=RNG.normal(size=n), weights=RNG.normal(size=len(edges)), beta=np.float64(0.7)
    )


@pytest.fixture
def thrml(monkeypatch):
    """The few classes of thrml that a program is made of, as plain records; jax is heavy."""

    def record(*names):
        return lambda *values: SimpleNamespace(**dict(zip(names, values, strict=True)))

    top, models, jax, numpy = (ModuleType(name) for name in ("thrml", "thrml.models", "jax", "jax.numpy"))
    top.SpinNode, top.Block = Node, record("nodes")
    models.IsingEBM = record("nodes", "edges", "biases", "weights", "beta")
    models.IsingSamplingProgram = record("model", "free_blocks", "clamped_blocks")
    numpy.asarray = np.asarray
    for module in (top, models, jax, numpy):
        monkeypatch.setitem(sys.modules, module.__name__, module)


def test_a_model_of_thrml_has_the_same_law_as_a_problem():
    model = a_model()
    problem, beta = hwsim.from_thrml(model)
    assert beta == 0.7
    assert hwsim_law(problem, beta) == pytest.approx(thrml_law(model)[1], abs=1e-13)
    program = hwsim.compile(problem, hwsim.chip("generic-all-to-all"))
    mean = np.sum(boltzmann_law(enumerate_energies(*program.problem_network), beta) ** 2)
    assert mean == pytest.approx(np.sum(thrml_law(model)[1] ** 2), rel=1e-9), "the compiled program has it too"


@pytest.mark.parametrize("vartype", ["SPIN", "BINARY"])
def test_a_problem_has_the_same_law_as_a_program_of_thrml(thrml, vartype):
    bqm = dimod.generators.gnp_random_bqm(6, 0.6, vartype, random_state=2)
    made = hwsim.to_thrml(bqm, beta=1.3)
    states, law = thrml_law(made.model)
    values = states if vartype == "SPIN" else (states + 1) // 2
    weight = np.exp(-1.3 * bqm.energies((values, list(made.nodes))))
    assert law == pytest.approx(weight / weight.sum(), abs=1e-13)


def test_there_and_back_is_the_same_problem(thrml):
    model = a_model(5)
    problem, beta = hwsim.from_thrml(model)
    again, same = hwsim.from_thrml(hwsim.to_thrml(problem, beta=beta).model)
    assert again.bqm == problem.bqm and same == beta


def test_blocks_hold_nodes_that_may_update_together(thrml):
    made = hwsim.to_thrml(hwsim.read("karate"), beta=1.0)
    blocks = [set(block.nodes) for block in made.blocks]
    assert sum(map(len, blocks)) == len(made.model.nodes) == len(set().union(*blocks)) == 34
    assert not any(u in block and v in block for u, v in made.model.edges for block in blocks)
    assert made.program.free_blocks == made.blocks and made.program.clamped_blocks == []


def test_repeated_edges_add_and_loops_are_constants():
    a, b = Node(), Node()
    model = SimpleNamespace(nodes=[a, b], edges=[(a, b), (b, a), (a, a)], biases=[0, 0], weights=[1, 2, 4], beta=1)
    problem, _ = hwsim.from_thrml(model)
    assert problem.bqm.get_quadratic(0, 1) == -3 and problem.bqm.offset == -4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"biases": [1.0]}, "needs as many biases"),
        ({"weights": [[1.0]]}, "needs as many weights"),
        ({"beta": [1.0, 2.0]}, "beta must be one"),
        ({"beta": -1.0}, "beta must be one"),
        ({"nodes": []}, "biases"),
    ],
)
def test_models_that_are_none_are_refused(change, words):
    with pytest.raises(InputError, match=words):
        hwsim.from_thrml(SimpleNamespace(**vars(a_model(3)) | change))


def test_a_program_of_thrml_does_not_know_its_model():
    with pytest.raises(InputError, match="give the IsingEBM"):
        hwsim.from_thrml(SimpleNamespace(gibbs_spec=None))


def test_without_thrml_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "thrml", None)
    with pytest.raises(MissingExtraError, match=r"hwsim\[thrml\]"):
        hwsim.to_thrml(hwsim.read("karate"), beta=1.0)
