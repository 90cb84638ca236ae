"""Family: which of D-Wave's graphs a topology is, also where it is a user's file of one with parts missing.

Enters: a Topology. Leaves: the names that D-Wave gives to kind and shape, and a networkx graph with the attributes by
which D-Wave's own tools know it.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from hwsim.chip.topology import Topology, sites, whole_graph, wires
from hwsim.errors import MissingExtraError

_TILE = 4
"""Qubits of a shore, of all chips that were made."""


@lru_cache(maxsize=8)
def family(topology: Topology) -> tuple[str, tuple[int, ...]] | None:
    """("chimera", (rows, columns, tile)), ("pegasus", (m,)) or ("zephyr", (m, tile)); None for other graphs. A user's
    own graph is of a family if it is part of one of its graphs, and holds half of its qubits."""
    if topology.kind == "chimera":
        return "chimera", (topology.rows or 1, topology.columns or 1, topology.size or _TILE)
    if topology.kind == "pegasus":
        return "pegasus", (topology.size or 1,)
    if topology.kind == "zephyr":
        return "zephyr", (topology.size or 1, _TILE)
    if topology.graph is None:
        return None
    try:
        return next((found for found in _candidates(topology) if _is_part(topology, *found)), None)
    except MissingExtraError:
        return None


def n_qubits(kind: str, shape: tuple[int, ...]) -> int:
    """How many numbers the qubits of a whole graph have; Pegasus leaves some of them out."""
    if kind == "pegasus":
        return 24 * shape[0] * (shape[0] - 1)
    if kind == "zephyr":
        return 4 * shape[1] * shape[0] * (2 * shape[0] + 1)
    return 2 * shape[0] * shape[1] * shape[2]


def family_graph(topology: Topology) -> Any:
    """networkx.Graph of the p-bits and wires that work, as dwave-graphs makes it. Raises MissingExtraError."""
    kind, shape = family(topology) or ("", ())
    make = getattr(import_module("dwave.graphs"), f"{kind}_graph")
    return make(*shape, node_list=sites(topology).tolist(), edge_list=wires(topology).tolist())


def _candidates(topology: Topology) -> Iterator[tuple[str, tuple[int, ...]]]:
    span, n = int(sites(topology).max(initial=0)) + 1, len(sites(topology))
    for m in range(2, 33):
        for kind, shape in (("pegasus", (m,)), ("zephyr", (m, _TILE)), ("chimera", (m, m, _TILE))):
            if span <= n_qubits(kind, shape) <= 2 * n:
                yield kind, shape


def _is_part(topology: Topology, kind: str, shape: tuple[int, ...]) -> bool:
    known, joined = whole_graph(kind, shape if kind == "chimera" else shape[:1])
    own, span = wires(topology), int(known.max()) + 1
    return bool(
        np.all(np.isin(sites(topology), known))
        and np.all(np.isin(own[:, 0] * span + own[:, 1], joined[:, 0] * span + joined[:, 1]))
    )
