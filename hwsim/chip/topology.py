"""Topology: which p-bits of a chip wires can join. Enters: a kind and its sizes. Leaves: counts, wires, positions.

p-bits of a fixed graph are numbered from 0: row by row on grids (layer by layer before that), as D-Wave numbers them on
Chimera, Pegasus and Zephyr graphs, visible before hidden units on bipartite ones. Dead p-bits and wires are left out.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module

import numpy as np

from hwsim.cell.limits import beyond
from hwsim.chip.graph import Graph
from hwsim.display import Shown, short
from hwsim.errors import InputError, MissingExtraError, Mistake
from hwsim.streams import generator
from hwsim.text import is_whole

_SIZES = {
    "all-to-all": (),
    "sparse": (),
    "king": ("rows", "columns"),
    "square": ("rows", "columns"),
    "square-torus": ("rows", "columns"),
    "cubic": ("rows", "columns", "layers"),
    "chimera": ("rows", "columns"),
    "pegasus": ("size",),
    "zephyr": ("size",),
    "offset-grid": ("rows", "columns"),
    "offset-torus": ("rows", "columns"),
    "bipartite": ("rows", "columns"),
    "regular": ("max_pbits", "max_degree"),
    "graph": ("graph",),
}
GRIDS = ("king", "square", "square-torus", "cubic", "offset-grid", "offset-torus")
_OFFSET = ("offset-grid", "offset-torus")
_ANNEALERS = ("chimera", "pegasus", "zephyr")
TOPOLOGIES = tuple(_SIZES)
"""Kinds of graph: the first two hold any couplings up to a degree, the others are fixed."""


@dataclass(frozen=True, kw_only=True)
class Topology(Shown):
    """Which couplings can be wired.

    max_pbits, max_degree : limits, None for none; of a random regular graph, its size and degree, drawn by graph_seed
    rows, columns, layers : of a grid; of a Chimera graph, in cells of two shores of ``size`` p-bits (None: 4); of a
    bipartite graph, visible and hidden units, each joined to all of the other side
    size : m of a Pegasus or Zephyr graph;  graph : the user's own
    offsets, rotations : of an offset grid or torus, the (rows, columns) from a p-bit to its neighbours, each turned
    ``rotations`` times by 90 degrees; on a torus they go around the edges
    dead_pbits, dead_wires : those that do not work;  dead_fraction, dead_wire_fraction : shares that do not, drawn by
    dead_seed. A dead p-bit is known before a problem is placed, a stuck one is not
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
    graph: Graph | None = None
    graph_seed: int = 0
    dead_pbits: tuple[int, ...] = ()
    dead_wires: tuple[tuple[int, int], ...] = ()
    dead_fraction: float = 0.0
    dead_wire_fraction: float = 0.0
    dead_seed: int = 0

    def __post_init__(self) -> None:
        found = list(_mistakes(self))
        if found:
            raise InputError(*found)

    @property
    def is_fixed(self) -> bool:
        """Whether the chip has its wires before a problem is placed."""
        return self.kind not in ("all-to-all", "sparse")

    @property
    def has_dead(self) -> bool:
        """Whether some p-bits or wires do not work."""
        return bool(self.dead_pbits or self.dead_wires or self.dead_fraction or self.dead_wire_fraction)

    @property
    def sizes(self) -> tuple[str, ...]:
        """Names of the numbers that set its size."""
        names = tuple(name for name in _SIZES[self.kind] if name not in ("graph", "max_degree"))
        return (*names, "layers") if self.kind in GRIDS and self.layers is not None and "layers" not in names else names


def n_sites(topology: Topology) -> int | None:
    """How many p-bits work, None where the topology sets no number."""
    if not topology.is_fixed:
        return topology.max_pbits
    return len(sites(topology))


@lru_cache(maxsize=8)
def sites(topology: Topology) -> np.ndarray:
    """int64 (n,): numbers of the p-bits of a fixed graph that work. Pegasus graphs leave some numbers out."""
    every = _all_sites(topology)
    dead = np.isin(every, topology.dead_pbits)
    if topology.dead_fraction > 0:
        dead |= generator(topology.dead_seed, "dead p-bits").random(len(every)) < topology.dead_fraction
    return every[~dead]


def is_dead(topology: Topology, site: int) -> bool:
    """Whether ``site`` is the number of a p-bit that does not work."""
    return topology.is_fixed and bool(np.isin(site, _all_sites(topology))) and not np.isin(site, sites(topology))


def wires(topology: Topology) -> np.ndarray:
    """int64 (m, 2): the wires of a fixed graph that work, the smaller p-bit first, sorted. Raises InputError where
    the topology has none of its own."""
    if not topology.is_fixed:
        raise InputError(f"a chip whose topology is {topology.kind} has no wires of its own")
    return _working(topology) if topology.has_dead else _wires(topology)


def have_wire(topology: Topology, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """bool (k,): whether a wire of a fixed graph joins the p-bits ``first`` (k,) < ``second`` (k,). The wires are
    sorted already: numpy's own isin would sort the million of a large chip for each question."""
    wire = wires(topology)
    if not len(wire):
        return np.zeros(len(first), dtype=bool)
    span = int(max(wire[:, 1].max(), np.max(second, initial=0))) + 1
    known, wanted = wire[:, 0] * span + wire[:, 1], np.asarray(first) * span + second
    return known[np.minimum(np.searchsorted(known, wanted), len(known) - 1)] == wanted


@lru_cache(maxsize=8)
def _working(topology: Topology) -> np.ndarray:
    every = _wires(topology)
    works = np.all(np.isin(every, sites(topology)), axis=1)
    if topology.dead_wires:
        span = int(every.max()) + 1
        dead = np.sort(np.array(topology.dead_wires, dtype=np.int64), axis=1)
        works &= ~np.isin(every[:, 0] * span + every[:, 1], dead[:, 0] * span + dead[:, 1])
    if topology.dead_wire_fraction > 0:
        works &= generator(topology.dead_seed, "dead wires").random(len(every)) >= topology.dead_wire_fraction
    return every[works]


_MOST_SITES = 2**31 - 1
"""Connections name p-bits by int32."""


def _too_large(topology: Topology) -> list[Mistake]:
    """A sentence where the numbers that set the size make more p-bits than a program can name."""
    sizes = [getattr(topology, name) or 1 for name in topology.sizes]
    if topology.kind in ("pegasus", "zephyr"):  # of some 24 p-bits for each of m x m cells
        sizes *= 2
    made = sum(sizes) if topology.kind == "bipartite" else math.prod(sizes)
    if made <= _MOST_SITES:
        return []
    words = " x ".join(short(str(size), 20) for size in sizes)
    return [Mistake(f"a {topology.kind} graph of {words} has more than 2**31 p-bits", ("topology", *topology.sizes))]


def _mistakes(topology: Topology) -> Iterator[Mistake]:
    """The mistakes in ``topology``, a sentence each."""
    kind, known = topology.kind, topology.kind in _SIZES
    if not known:
        yield Mistake(f"topology must be one of {', '.join(_SIZES)}, got {kind!r}", ("topology",))
    numbers = ("max_pbits", "max_degree", "rows", "columns", "layers", "size", "dead_fraction", "dead_wire_fraction")
    wrong = [mistake for name in numbers for mistake in beyond(name, getattr(topology, name))]
    if any(abs(step) >= 2**31 for offset in topology.offsets for step in offset):
        wrong.append(Mistake("offsets must be less than 2**31 p-bits, got a longer one", ("offsets",)))
    yield from wrong
    if not known:
        return
    absent = [name for name in _SIZES[kind] if getattr(topology, name) is None]
    for name in absent:
        yield Mistake(f"a {kind} topology needs {'graph, a file' if name == 'graph' else name}", ("topology", name))
    if kind in _OFFSET and (not topology.offsets or not 1 <= topology.rotations <= 4):
        words = f"an {kind} topology needs offsets and 1 to 4 rotations"
        yield Mistake(words, ("topology", "offsets", "rotations"))
    if kind == "regular" and not (absent or wrong):
        n, degree = topology.max_pbits or 0, topology.max_degree or 0
        if n * degree % 2 or degree >= n:
            words = "a regular topology needs max_degree < max_pbits and an even product of the two"
            yield Mistake(words, ("topology", "max_pbits", "max_degree"))
    if not topology.is_fixed and topology.has_dead:
        words = f"topology {kind} has no wires of its own, so none of its parts can be dead"
        yield Mistake(words, ("topology", "dead_pbits", "dead_wires", "dead_fraction", "dead_wire_fraction"))
    elif not (absent or wrong):
        yield from _too_large(topology) or _not_there(topology)


def _not_there(topology: Topology) -> Iterator[Mistake]:
    """Dead p-bits and wires that the whole graph does not have."""
    about = ("topology", "rows", "columns", "layers", "size", "max_pbits", "graph")
    if topology.dead_pbits:
        odd = np.setdiff1d(topology.dead_pbits, _all_sites(topology))
        if len(odd):
            words = f"dead_pbits names p-bit {odd[0]}, which the {topology.kind} topology does not have"
            yield Mistake(words, ("dead_pbits", *about))
    if topology.dead_wires:
        every = _wires(topology)
        span = int(every.max(initial=0)) + 1
        known = np.array([min(pair) >= 0 and max(pair) < span for pair in topology.dead_wires])
        dead = np.sort(np.array(topology.dead_wires)[known].astype(np.int64), axis=1)
        known[known] = np.isin(dead[:, 0] * span + dead[:, 1], every[:, 0] * span + every[:, 1])
        if not known.all():
            a, b = topology.dead_wires[int(np.argmin(known))]
            words = f"dead_wires names {a} and {b}, which the {topology.kind} topology does not join"
            yield Mistake(words, ("dead_wires", *about))


def in_words(text: str) -> tuple[str, dict[str, int]]:
    """(kind, sizes) of ``king`` or ``king:10x10``. Raises InputError where the sizes are not those of the kind."""
    kind, colon, sizes = text.partition(":")
    kind = kind.strip()
    if kind not in _SIZES or not colon:
        return kind, {}
    if kind == "graph":
        raise InputError(Mistake(f"topology graph takes its file as graph = 'wires.txt', got {text!r}", ("topology",)))
    names, least = _WORDED.get(kind, _SIZES[kind]), max(len(_SIZES[kind]), 1)
    parts = [part.strip() for part in sizes.lower().split("x")]
    if not least <= len(parts) <= len(names) or not all(is_whole(part) for part in parts):
        asked = [f"'{kind}:{'x'.join(_EXAMPLE[:n])}'" for n in range(least, len(names) + 1)]
        words = f"topology {kind} takes {' or '.join(asked)} ({', '.join(names)}), got {text!r}"
        raise InputError(Mistake(words, ("topology",)))
    return kind, {name: int(part) for name, part in zip(names, parts, strict=False)}


_EXAMPLE = ("16", "8", "4")
_WORDED = {
    "all-to-all": ("max_pbits",),
    "sparse": ("max_pbits", "max_degree"),
    "king": ("rows", "columns", "layers"),
    "square": ("rows", "columns", "layers"),
    "square-torus": ("rows", "columns", "layers"),
    "offset-grid": ("rows", "columns", "layers"),
    "offset-torus": ("rows", "columns", "layers"),
    "chimera": ("rows", "columns", "size"),
}
"""Numbers that may follow the kind, those it needs first; of other kinds just the ones it needs."""


def _all_sites(topology: Topology) -> np.ndarray:
    if topology.graph is not None:
        return topology.graph.sites
    if topology.kind in _ANNEALERS:
        return _annealer(topology)[0]
    if topology.kind == "regular":
        return np.arange(topology.max_pbits or 0)
    if topology.kind == "bipartite":
        return np.arange((topology.rows or 0) + (topology.columns or 0))
    return np.arange((topology.rows or 1) * (topology.columns or 1) * (topology.layers or 1))


@lru_cache(maxsize=8)
def positions(topology: Topology) -> np.ndarray:
    """float64 (n, 2): x and y of the cells of the p-bits of a fixed graph, in cell pitches, in the order of `sites`.

    Grids keep their shape; a cubic one has the p-bits of a column of layers in a small square. D-Wave's graphs take
    dwave-graphs' drawing, and a drawing that is no grid is moved onto the smallest square of cells: p-bits in
    order of y fill its rows, each row in order of x. Random regular graphs, and own graphs without positions, fill a
    square row by row; bipartite ones have a column of visible units beside one of hidden units, folded in the same way.
    """
    every, live = _all_sites(topology), sites(topology)
    return _all_positions(topology)[np.searchsorted(every, live)]


def dead_positions(topology: Topology) -> np.ndarray:
    """float64 (k, 2): cells of the p-bits of a fixed graph that do not work."""
    return _all_positions(topology)[~np.isin(_all_sites(topology), sites(topology))]


def _all_positions(topology: Topology) -> np.ndarray:
    every = _all_sites(topology)
    n = len(every)
    if topology.kind in GRIDS:
        layers, rows, columns = topology.layers or 1, topology.rows or 1, topology.columns or 1
        side = int(np.ceil(np.sqrt(layers)))
        high = -(-layers // side)
        layer, row, column = np.indices((layers, rows, columns)).reshape(3, -1)
        return np.stack((column * side + layer % side, row * high + layer // side), axis=1).astype(np.float64)
    if topology.kind in _ANNEALERS:
        return _on_grid(_annealer(topology)[2])
    if topology.graph is not None and topology.graph.place is not None:
        return topology.graph.place
    if topology.kind == "bipartite":
        visible, hidden = topology.rows or 0, topology.columns or 0
        height = max(1, int(np.ceil(np.sqrt(n))))
        left, right = np.arange(visible), np.arange(hidden)
        gap = -(-visible // height)
        x = np.concatenate((gap - 1 - left // height, gap + right // height))
        return np.stack((x, np.concatenate((left % height, right % height))), axis=1).astype(np.float64)
    side = max(1, int(np.ceil(np.sqrt(n))))
    return np.stack((np.arange(n) % side, np.arange(n) // side), axis=1).astype(np.float64)


def _on_grid(drawn: np.ndarray) -> np.ndarray:
    n = len(drawn)
    side = int(np.ceil(np.sqrt(n)))
    out = np.empty((n, 2))
    by_y = np.lexsort((drawn[:, 0], drawn[:, 1]))
    for row in range(-(-n // side)):
        here = by_y[row * side : (row + 1) * side]
        here = here[np.argsort(drawn[here, 0], kind="stable")]
        out[here] = np.stack((np.arange(len(here)), np.full(len(here), row)), axis=1)
    return out


@lru_cache(maxsize=8)
def _wires(topology: Topology) -> np.ndarray:
    if topology.graph is not None:
        return topology.graph.wires
    if topology.kind in _ANNEALERS:
        return _annealer(topology)[1]
    if topology.kind == "regular":
        import networkx

        drawn = networkx.random_regular_graph(topology.max_degree, topology.max_pbits, seed=topology.graph_seed)
        edges = np.array(list(drawn.edges()), dtype=np.int64)
        return _sorted(edges[:, 0], edges[:, 1])
    if topology.kind == "bipartite":
        visible, hidden = np.indices((topology.rows or 0, topology.columns or 0)).reshape(2, -1)
        return _sorted(visible, (topology.rows or 0) + hidden)
    shape = (topology.layers or 1, topology.rows or 1, topology.columns or 1)
    around = topology.kind in ("square-torus", "offset-torus")
    turned = [(0, r, c) for r, c in _turned(topology.offsets, topology.rotations)]
    steps = {
        "king": [(0, 0, 1), (0, 1, 0), (0, 1, 1), (0, 1, -1)],
        "square": [(0, 0, 1), (0, 1, 0)],
        "square-torus": [(0, 0, 1), (0, 1, 0)],
        "cubic": [(0, 0, 1), (0, 1, 0), (1, 0, 0)],
        "offset-grid": turned,
        "offset-torus": turned,
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
    low, high = np.minimum(first, second).astype(np.int64), np.maximum(first, second).astype(np.int64)
    span = int(high.max(initial=0)) + 1
    key = np.sort((low * span + high)[low != high])  # a pair as one number is sorted ten times as fast
    return np.stack(np.divmod(key[np.diff(key, prepend=-1) > 0], span), axis=1)


def _annealer(topology: Topology) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(sites, wires, drawing) of D-Wave's graphs."""
    if topology.kind == "chimera":
        return _graph_of("chimera", (topology.rows or 1, topology.columns or 1, topology.size or 4))
    return _graph_of(topology.kind, (topology.size or 1,))


def whole_graph(kind: str, size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(sites, wires) of one of D-Wave's graphs without anything missing; ``size`` as for dwave-graphs. Raises
    MissingExtraError."""
    return _graph_of(kind, size)[:2]


@lru_cache(maxsize=4)
def _graph_of(kind: str, size: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    try:
        graphs = import_module("dwave.graphs")
    except ImportError:
        raise MissingExtraError(f"{kind} needs the package dwave-graphs: pip install 'hwsim[graphs]'") from None
    graph = getattr(graphs, f"{kind}_graph")(*size)
    edges = np.array(list(graph.edges()), dtype=np.int64)
    nodes = sorted(graph.nodes())
    drawn = getattr(graphs, f"{kind}_layout")(graph)
    return np.array(nodes, dtype=np.int64), _sorted(edges[:, 0], edges[:, 1]), np.array([drawn[node] for node in nodes])
