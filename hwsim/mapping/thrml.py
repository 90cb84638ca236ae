"""thrml: a model of Extropic's thrml as a problem, and a problem as a program of thrml.

Enters: nodes, edges, biases, weights and beta, or a problem. Leaves: the other. thrml samples exp(-E) of
E = -beta (sum b s + sum w s s) (thrml.models.ising), hwsim exp(-beta E) of E = sum h s + sum J s s: then h = -b,
J = -w, and beta is the same. thrml loads when a program of it is made, and not to read one.
"""

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from hwsim.arguments import named
from hwsim.errors import InputError, MissingExtraError
from hwsim.mapping.color import greedy_coloring
from hwsim.mapping.compile import spin_network
from hwsim.problem.problem import Problem

_PARTS = ("nodes", "edges", "biases", "weights", "beta")


class ThrmlProgram(NamedTuple):
    """What `to_thrml` makes. program : thrml's IsingSamplingProgram, nothing clamped;  model : its IsingEBM
    blocks : a Block for each colour class, which may update together;  nodes : {variable: node}, in order"""

    program: Any
    model: Any
    blocks: list
    nodes: dict


@named
def from_thrml(model: Any) -> tuple[Problem, float]:
    """(problem, beta) of thrml's IsingEBM, or of anything with its nodes, edges, biases, weights and beta.

    Variables are the places of the nodes in ``model.nodes``, from 0; weights of repeated edges add up, as they do in
    thrml. A sampling program of thrml does not keep its model: give the model. Raises InputError.
    """
    import dimod

    absent = [name for name in _PARTS if not hasattr(model, name)]
    if absent:
        raise InputError(
            f"a thrml model has {', '.join(_PARTS)}, and the {type(model).__name__} given has no {absent[0]}: give the "
            "IsingEBM"
        )
    biases, weights = (np.asarray(getattr(model, name), dtype=np.float64) for name in ("biases", "weights"))
    nodes, edges = list(model.nodes), list(model.edges)
    for name, values, n in (("biases", biases, len(nodes)), ("weights", weights, len(edges))):
        if values.shape != (n,):
            raise InputError(f"a thrml model of {n} {'nodes' if name == 'biases' else 'edges'} needs as many {name}")
    place = {node: k for k, node in enumerate(nodes)}
    if len(place) < len(nodes):
        raise InputError("the thrml model names a node twice")
    bqm = dimod.BinaryQuadraticModel({k: -float(bias) for k, bias in enumerate(biases)}, {}, 0.0, "SPIN")
    for (u, v), weight in zip(edges, weights, strict=True):
        if u not in place or v not in place:
            raise InputError("the thrml model has an edge between nodes that it does not list")
        if place[u] == place[v]:
            bqm.offset -= float(weight)  # s s = 1
        else:
            bqm.add_quadratic(place[u], place[v], -float(weight))
    return Problem(bqm=bqm, name="thrml", kind="ising"), _beta(model.beta)


@named
def to_thrml(problem: Any, *, beta: float) -> ThrmlProgram:
    """``problem``, a Problem or BQM, at ``beta`` as a program of thrml. Binary variables become spins, 1 is up; a
    constant of the energy, which no sample shows, is left out. Raises InputError, MissingExtraError."""
    try:
        thrml, models, numpy = (import_module(name) for name in ("thrml", "thrml.models", "jax.numpy"))
    except ImportError:
        raise MissingExtraError("a program of thrml needs the package thrml: pip install 'hwsim[thrml]'") from None
    labels, network, _, _ = spin_network(problem)
    nodes = [thrml.SpinNode() for _ in labels]
    first, second, coupling = network.pairs
    model = models.IsingEBM(
        nodes,
        [(nodes[i], nodes[j]) for i, j in zip(first, second, strict=True)],
        numpy.asarray(-network.bias),
        numpy.asarray(-coupling),
        numpy.asarray(_beta(beta)),
    )
    color = greedy_coloring(network.indptr, network.indices)
    blocks = [thrml.Block([nodes[i] for i in np.flatnonzero(color == k)]) for k in range(int(color.max()) + 1)]
    program = models.IsingSamplingProgram(model, blocks, [])
    return ThrmlProgram(program=program, model=model, blocks=blocks, nodes=dict(zip(labels, nodes, strict=True)))


def _beta(value: Any) -> float:
    try:
        beta = float(value)
    except (TypeError, ValueError):
        beta = -1.0
    if not (np.isfinite(beta) and beta >= 0):
        raise InputError(f"beta must be one finite number >= 0, got {value!r}")
    return beta
