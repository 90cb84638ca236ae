"""Topology: which p-bits of a chip a wire can join. Enters: a kind and its sizes. Leaves: counts and wires.

p-bits of a fixed graph are numbered from 0: row by row on grids (layer by layer before that), and as D-Wave numbers
them on Pegasus and Zephyr graphs.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

import numpy as np

from hwsim.errors import InputError, MissingExtraError

_SIZES = {
    "all-to-all": (),
    "sparse": (),
    "king": ("rows", "columns"),
    "square": ("rows", "columns"),
    "square-torus": ("rows", "columns"),
    "cubic": ("rows", "columns", "layers"),
    "pegasus": ("size",),
    "zephyr": ("size",),
    "offset-grid": ("rows", "columns"),
}
TOPOLOGIES = tuple(_SIZES)
"""Kinds of graph: the first two hold any couplings up to a degree, the others are fixed."""


@dataclass(frozen=True, kw_only=True)
class Topology:
    """Which couplings can be wired.

    max_pbits, max_degree : limits, None for none;  rows, columns, layers : of a grid;  size : m of a Pegasus or Zephyr
    graph;  offsets, rotations : of an offset grid, the (rows, columns) from a p-bit to its neighbours, each turned
    ``rotations`` times by 90 degrees
    """

    kind: str = "all-to-all"
    max_pbits: int | None = None
    max_degree: int | None = None
    rows: int | None = None
    columns: int | None = None
    layers: int | None = None
    size: int | None = None
    offsets: tuple[tuple[int, int], ...] = ()
    rotations: int = 1

    def __post_init__(self) -> None:
        if self.kind not in _SIZES:
            raise InputError(f"topology must be one of {', '.join(_SIZES)}, got {self.kind!r}")
        for name in ("max_pbits", "max_degree", "rows", "columns", "layers", "size"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise InputError(f"{name} must be >= 1, got {getattr(self, name)}")
        for name in _SIZES[self.kind]:
            if getattr(self, name) is None:
                raise InputError(f"a {self.kind} topology needs {name}")
        if self.kind == "offset-grid" and (not self.offsets or not 1 <= self.rotations <= 4):
            raise InputError("an offset-grid topology needs offsets and 1 to 4 rotations")

    @property
    def is_fixed(self) -> bool:
        """Whether the wires are there before any problem is."""
        return self.kind not in ("all-to-all", "sparse")


def n_sites(topology: Topology) -> int | None:
    """How many p-bits there are, None where the topology sets no number."""
    if not topology.is_fixed:
        return topology.max_pbits
    if topology.kind in ("pegasus", "zephyr"):
        return len(_annealer(topology.kind, topology.size or 1)[0])
    return (topology.rows or 1) * (topology.columns or 1) * (topology.layers or 1)


def sites(topology: Topology) -> np.ndarray:
    """int64 (n,): numbers of the p-bits of a fixed graph. Pegasus graphs leave some numbers out."""
    if topology.kind in ("pegasus", "zephyr"):
        return _annealer(topology.kind, topology.size or 1)[0]
    return np.arange(n_sites(topology) or 0)


def wires(topology: Topology) -> np.ndarray:
    """int64 (m, 2): the wires of a fixed graph, the smaller p-bit first, sorted. Raises InputError for an open one."""
    if not topology.is_fixed:
        raise InputError(f"a chip whose topology is {topology.kind} has no wires of its own")
    return _wires(topology)


@lru_cache(maxsize=8)
def _wires(topology: Topology) -> np.ndarray:
    if topology.kind in ("pegasus", "zephyr"):
        return _annealer(topology.kind, topology.size or 1)[1]
    shape = (topology.layers or 1, topology.rows or 1, topology.columns or 1)
    around = topology.kind == "square-torus"
    steps = {
        "king": [(0, 0, 1), (0, 1, 0), (0, 1, 1), (0, 1, -1)],
        "square": [(0, 0, 1), (0, 1, 0)],
        "square-torus": [(0, 0, 1), (0, 1, 0)],
        "cubic": [(0, 0, 1), (0, 1, 0), (1, 0, 0)],
        "offset-grid": [(0, r, c) for r, c in _turned(topology.offsets, topology.rotations)],
    }[topology.kind]
    place = np.indices(shape).reshape(3, -1)
    pairs = []
    for step in steps:
        other = place + np.array(step)[:, None]
        if around:
            other %= np.array(shape)[:, None]
        inside = np.all((other >= 0) & (other < np.array(shape)[:, None]), axis=0)
        pairs.append(np.ravel_multi_index(tuple(place[:, inside]), shape))
        pairs.append(np.ravel_multi_index(tuple(other[:, inside]), shape))
    first, second = np.concatenate(pairs[::2]), np.concatenate(pairs[1::2])
    return _sorted(first, second)


def _turned(offsets: tuple[tuple[int, int], ...], rotations: int) -> list[tuple[int, int]]:
    found = []
    for r, c in offsets:
        for _ in range(rotations):
            found.append((r, c))
            r, c = -c, r
    return found


def _sorted(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    both = np.stack((np.minimum(first, second), np.maximum(first, second)), axis=1)
    return np.unique(both[both[:, 0] != both[:, 1]], axis=0)


@lru_cache(maxsize=4)
def _annealer(kind: str, size: int) -> tuple[np.ndarray, np.ndarray]:
    try:
        graphs = import_module("dwave.graphs")
    except ImportError:
        raise MissingExtraError(f"{kind} needs the package dwave-graphs: pip install 'hwsim[graphs]'") from None
    graph = getattr(graphs, f"{kind}_graph")(size)
    edges = np.array(list(graph.edges()), dtype=np.int64)
    return np.array(sorted(graph.nodes()), dtype=np.int64), _sorted(edges[:, 0], edges[:, 1])
