"""Generators: problems by name, such as ``ea3d:L=8,seed=1`` or ``karate``.

Enters: text. Leaves: a Problem. Every random instance is a function of its parameters and seed alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from hwsim.arguments import named
from hwsim.cell.card import suggestion
from hwsim.display import short
from hwsim.errors import InputError, MissingExtraError
from hwsim.problem import size
from hwsim.problem.boltzmann import dbm, rbm
from hwsim.problem.logic import adder, clamped, multiplier, solvable
from hwsim.problem.planted import known_ground, planted_loops, tile_2d, tile_3d, wishart, xorsat
from hwsim.problem.problem import Problem, make_bqm, max_cut
from hwsim.problem.sat import clauses_to_bqm
from hwsim.problem.size import check_generated, making_s
from hwsim.streams import generator
from hwsim.text import is_real, is_whole, pairs


@named
def generate(text: str) -> Problem:
    """The problem that ``text`` names: ``NAME`` or ``NAME:key=value,...``. Raises InputError in one sentence."""
    name, given = _asked(text)
    if name in _GRAPHS:
        return _shipped(name)
    check_generated(name, given)
    return _FAMILIES[name].make(text, **given)


def seconds_of(text: str) -> float:
    """About how many seconds `generate` takes for ``text``. Raises InputError."""
    name, given = _asked(text)
    return 0.0 if name in _GRAPHS else making_s(name, given)


def check_programmed(text: str) -> None:
    """Raise InputError where the problem ``text`` and its program do not fit into memory together."""
    name, given = _asked(text)
    if name not in _GRAPHS:
        size.check_programmed(name, given)


def _asked(text: str) -> tuple[str, dict[str, Any]]:
    """The name of a generator, and all its parameters. Raises InputError."""
    name, _, rest = text.partition(":")
    if name in _GRAPHS:
        if rest:
            raise InputError(f"{name} takes no parameters, got {rest!r}")
        return name, {}
    if name not in _FAMILIES:
        known = suggestion(name, [*_FAMILIES, *_GRAPHS], "hwsim generators")
        raise InputError(f"no such file or generator: {text!r}{known}")
    _, required, optional = _FAMILIES[name][:3]

    def wrong(part: str) -> InputError:
        return InputError(f"{name} takes {', '.join(required + tuple(optional))}, got {part!r}")

    given: dict[str, Any] = {}
    for key, value in pairs(rest, wrong).items():
        if key not in required + tuple(optional):
            raise wrong(f"{key}={value}")
        given[key] = _value(name, key, value)
    missing = [key for key in required if key not in given]
    if missing:
        raise InputError(f"{name} needs {missing[0]}, as in {name}:{','.join(f'{key}=...' for key in required)}")
    return name, optional | given


def is_generator(text: str) -> bool:
    """Whether ``text`` names a generator."""
    return text.partition(":")[0] in _GRAPHS | _FAMILIES.keys()


@dataclass(frozen=True, kw_only=True)
class Generator:
    """One generator. required : parameters that must be given;  optional : {key: default}, None where it is left free
    holds : what it makes, in words"""

    name: str
    required: tuple[str, ...]
    optional: dict[str, Any]
    holds: str
    example: str


def generators() -> list[Generator]:
    """Every generator, with an example."""
    made = [
        Generator(
            name=name, required=family.required, optional=family.optional, holds=family.words, example=family.example
        )
        for name, family in _FAMILIES.items()
    ]
    shipped = [
        Generator(name=name, required=(), optional={}, holds=f"max-cut: {words}", example=name)
        for name, (_, words) in _GRAPHS.items()
    ]
    return made + shipped


def _value(name: str, key: str, text: str) -> Any:
    if key in ("boundary", "weights"):
        allowed = ("periodic", "open", "oop") if key == "boundary" else ("pm", "gauss")
        if text not in allowed:
            raise InputError(f"{name}: {key} must be one of {', '.join(allowed)}, got {text!r}")
        return text
    if key == "planted" and text not in ("0", "1"):
        raise InputError(f"{name}: planted must be 0 or 1, got {text!r}")
    if name in _CIRCUITS:
        return _whole(name, key, text)
    share = key in _SHARES or key == "alpha"
    if not (is_real(text) if share else is_whole(text)):
        raise InputError(f"{name}: {key} must be a {'' if share else 'whole '}number, got {short(text, 40)!r}")
    value = float(text) if share else int(text)
    low, high = (
        (0.0, 1.0)
        if key in _SHARES
        else (0.0, 100.0)
        if key == "alpha"
        else (0 if key in ("seed", "planted") else 1, 2**31)
    )
    if not low <= value <= high:
        raise InputError(f"{name}: {key} must be between {low:g} and {high:g}, got {short(text, 40)}")
    return value


def _lattice(side: int, dimension: int, boundary: str) -> tuple[np.ndarray, np.ndarray]:
    """Bonds of a hypercubic lattice; periodic directions need a side of at least 3."""
    index = np.arange(side**dimension).reshape((side,) * dimension)
    rows, columns = [], []
    for axis in range(dimension):
        periodic = boundary == "periodic" or (boundary == "oop" and axis == dimension - 1)
        if periodic and side < 3:
            raise InputError(f"a periodic lattice needs L >= 3, got {side}")
        here, there = index, np.roll(index, -1, axis)
        if not periodic:
            here = np.take(index, range(side - 1), axis)
            there = np.take(index, range(1, side), axis)
        rows.append(here.ravel())
        columns.append(there.ravel())
    return np.concatenate(rows), np.concatenate(columns)


def _glass(dimension: int) -> Callable[..., Problem]:
    def make(text: str, L: int, seed: int, boundary: str, weights: str) -> Problem:
        rows, columns = _lattice(L, dimension, boundary)
        draw = generator(seed, f"ea{dimension}d {weights}")
        values = draw.choice([-1.0, 1.0], len(rows)) if weights == "pm" else draw.standard_normal(len(rows))
        n = L**dimension
        return Problem(bqm=make_bqm(np.zeros(n), rows, columns, values, range(n)), name=text, kind="ising")

    return make


def _ferromagnet(text: str, L: int) -> Problem:
    rows, columns = _lattice(L, 2, "periodic")
    return known_ground(text, L * L, rows, columns, -np.ones(len(rows)), np.ones(L * L), "all spins equal")


def _ring(text: str, n: int) -> Problem:
    if n < 3:
        raise InputError(f"a ring needs n >= 3, got {n}")
    rows = np.arange(n)
    return known_ground(text, n, rows, (rows + 1) % n, -np.ones(n), np.ones(n), "all spins equal")


def _sk(text: str, n: int, seed: int) -> Problem:
    rows, columns = np.triu_indices(n, 1)
    values = generator(seed, "sk").standard_normal(len(rows)) / np.sqrt(n)
    return Problem(bqm=make_bqm(np.zeros(n), rows, columns, values, range(n)), name=text, kind="ising")


def _random_graph(text: str, n: int, p: float, seed: int) -> Problem:
    rows, columns = np.triu_indices(n, 1)
    kept = generator(seed, "maxcut").random(len(rows)) < p
    return max_cut(text, list(range(n)), rows[kept], columns[kept], np.ones(int(kept.sum())))


def _regular(text: str, n: int, d: int, seed: int) -> Problem:
    import networkx

    if d >= n or n * d % 2:
        raise InputError(f"regular needs d < n and n * d even, got n={n}, d={d}")
    graph = networkx.random_regular_graph(d, n, seed=seed)
    edges = np.array(sorted(tuple(sorted(edge)) for edge in graph.edges()), dtype=np.int64)
    return max_cut(text, list(range(n)), edges[:, 0], edges[:, 1], np.ones(len(edges)))


def _annealer(name: str) -> Callable[..., Problem]:
    def make(text: str, m: int, seed: int) -> Problem:
        """+-1 couplings on every edge of the graph of a D-Wave annealer."""
        try:
            graphs = import_module("dwave.graphs")
        except ImportError:
            raise MissingExtraError(f"{name} needs the package dwave-graphs: pip install 'hwsim[graphs]'") from None
        graph = getattr(graphs, f"{name}_graph")(m)
        nodes = sorted(graph.nodes())
        place = {node: i for i, node in enumerate(nodes)}
        edges = np.array(sorted(tuple(sorted((place[u], place[v]))) for u, v in graph.edges()), dtype=np.int64)
        values = generator(seed, name).choice([-1.0, 1.0], len(edges))
        bqm = make_bqm(np.zeros(len(nodes)), edges[:, 0], edges[:, 1], values, nodes)
        return Problem(bqm=bqm, name=text, kind="ising")

    return make


_GRAPHS = {
    "karate": ("karate_club_graph", "friendships in a karate club (Zachary 1977), weighted"),
    "les-miserables": ("les_miserables_graph", "persons of Les Miserables who meet (Knuth 1993), weighted"),
    "florentine": ("florentine_families_graph", "marriages between families of Florence (Padgett)"),
    "davis": ("davis_southern_women_graph", "women and the events they went to (Davis 1941)"),
}
"""Graphs that networkx ships: {name: (its function, what it is)}."""


def _shipped(name: str) -> Problem:
    """Max-cut of a graph that networkx ships, with its edge weights where it has any."""
    import networkx

    graph = getattr(networkx, _GRAPHS[name][0])()
    nodes = list(graph.nodes())
    place = {node: i for i, node in enumerate(nodes)}
    edges = [(place[u], place[v], float(w)) for u, v, w in graph.edges(data="weight", default=1.0)]
    rows, columns, weights = (np.array(part) for part in zip(*edges, strict=True))
    return max_cut(name, nodes, rows, columns, weights)


def _rbm(text: str, v: int, h: int, seed: int) -> Problem:
    """Gaussian weights of s.d. 1/sqrt((v + h) / 2) and biases of s.d. 0.1."""
    draw = generator(seed, "rbm")
    weights = draw.standard_normal((v, h)) / np.sqrt((v + h) / 2)
    return rbm(weights, 0.1 * draw.standard_normal(v), 0.1 * draw.standard_normal(h), name=text)


def _dbm(text: str, v: int, h: int, k: int, seed: int) -> Problem:
    """``k`` hidden layers of ``h`` units, drawn like an RBM's."""
    draw, sizes = generator(seed, "dbm"), [v] + [h] * k
    weights = [draw.standard_normal((a, b)) / np.sqrt((a + b) / 2) for a, b in pairwise(sizes)]
    return dbm(weights, [0.1 * draw.standard_normal(n) for n in sizes], name=text)


def _sat(text: str, n: int, m: int, k: int, seed: int, planted: int) -> Problem:
    """``m`` random clauses of ``k`` of ``n`` variables; planted: each holds for a hidden assignment."""
    if k > n:
        raise InputError(f"sat needs k <= n, got k={k}, n={n}")
    draw = generator(seed, f"sat {k}")
    hidden = draw.choice([-1, 1], n)
    clauses: list[tuple[float | None, list[int]]] = []
    while len(clauses) < m:
        variables, signs = draw.choice(n, k, replace=False), draw.choice([-1, 1], k)
        if planted and not np.any(signs == hidden[variables]):
            continue
        clauses.append((1.0, [int(s * (x + 1)) for s, x in zip(signs, variables, strict=True)]))
    source = "planted: a hidden assignment satisfies every clause" if planted else None
    return Problem(
        bqm=clauses_to_bqm(clauses, n),
        name=text,
        kind="sat",
        clauses=clauses,
        known_energy=0.0 if planted else None,
        known_source=source,
        known_is_exact=bool(planted),
    )


def _whole(name: str, key: str, text: str) -> int:
    if not is_whole(text) or text[0] in "+-":
        raise InputError(f"{name}: {key} must be a whole number >= 0, got {short(text, 40)!r}")
    return int(text)


def _circuit(text: str, n: int, m: int | None = None, **words: int | None) -> Problem:
    """An adder of n bits, or a multiplier of n by m bits, with the given words clamped."""
    made = adder(n) if m is None else multiplier(n, m)
    clamps = {word: number for word, number in words.items() if number is not None}
    solved, bqm = solvable(made, clamps), clamped(made, clamps)
    roles = {word: [w for w in wires if w in bqm.variables] for word, wires in made.words.items()}
    named = {wire for wires in roles.values() for wire in wires}
    roles["carries and partial products"] = [wire for wire in bqm.variables if wire not in named]
    return Problem(
        bqm=bqm,
        name=text,
        kind="logic",
        circuit=made,
        clamps=clamps,
        roles={role: members for role, members in roles.items() if members},
        known_energy=float(made.least_energy) if solved else None,
        known_source="every gate satisfied; numbers that fit were found by trial" if solved else None,
        known_is_exact=solved,
    )


_SHARES = ("p", "c1", "c2", "c3", "f22", "f42")
_CIRCUITS = ("adder", "multiplier")
_GLASS_OPTIONS = {"seed": 0, "boundary": "periodic", "weights": "pm"}


class _Family(NamedTuple):
    """make : the generator;  required, optional : its parameters, with their defaults;  words, example : for a list"""

    make: Callable[..., Problem]
    required: tuple[str, ...]
    optional: dict[str, Any]
    words: str
    example: str


_FAMILIES: dict[str, _Family] = {
    "ea3d": _Family(_glass(3), ("L",), _GLASS_OPTIONS, "3D spin glass, couplings +-1 or Gaussian", "ea3d:L=4,seed=1"),
    "ea2d": _Family(
        _glass(2),
        ("L",),
        _GLASS_OPTIONS,
        "2D spin glass, couplings +-1 or Gaussian",
        "ea2d:L=6,boundary=open,weights=gauss",
    ),
    "ising2d": _Family(_ferromagnet, ("L",), {}, "2D ferromagnet", "ising2d:L=8"),
    "sk": _Family(_sk, ("n",), {"seed": 0}, "all spins coupled, Gaussian (Sherrington-Kirkpatrick)", "sk:n=16,seed=1"),
    "maxcut": _Family(
        _random_graph,
        ("n", "p"),
        {"seed": 0},
        "max-cut of a random graph, edges with probability p",
        "maxcut:n=20,p=0.3",
    ),
    "ring": _Family(_ring, ("n",), {}, "ferromagnetic ring", "ring:n=12"),
    "regular": _Family(_regular, ("n", "d"), {"seed": 0}, "max-cut of a random graph of degree d", "regular:n=20,d=3"),
    "pegasus": _Family(
        _annealer("pegasus"), ("m",), {"seed": 0}, "+-1 couplings on a Pegasus graph (extra graphs)", "pegasus:m=2"
    ),
    "zephyr": _Family(
        _annealer("zephyr"), ("m",), {"seed": 0}, "+-1 couplings on a Zephyr graph (extra graphs)", "zephyr:m=2"
    ),
    "adder": _Family(
        _circuit, ("n",), {"a": None, "b": None, "s": None}, "an adder of n bits, words clamped", "adder:n=3,s=5"
    ),
    "multiplier": _Family(
        _circuit,
        ("n", "m"),
        {"a": None, "b": None, "p": None},
        "a multiplier of n by m bits; p clamped factors it",
        "multiplier:n=3,m=3,p=15",
    ),
    "wishart": _Family(
        wishart, ("n", "alpha"), {"seed": 0}, "planted, all spins coupled, hardness alpha", "wishart:n=16,alpha=0.75"
    ),
    "xorsat": _Family(xorsat, ("n",), {"seed": 0}, "planted 3-regular 3-XORSAT", "xorsat:n=12"),
    "rbm": _Family(_rbm, ("v", "h"), {"seed": 0}, "random restricted Boltzmann machine", "rbm:v=8,h=4,seed=1"),
    "dbm": _Family(
        _dbm, ("v", "h"), {"k": 2, "seed": 0}, "random deep Boltzmann machine of k hidden layers", "dbm:v=8,h=4,k=2"
    ),
    "sat": _Family(
        _sat,
        ("n", "m"),
        {"k": 3, "seed": 0, "planted": 1},
        "random k-SAT of m clauses, planted or not",
        "sat:n=20,m=80",
    ),
    "planted": _Family(
        planted_loops,
        ("L",),
        {"seed": 0, "loops": 60},
        "planted frustrated loops on a square lattice",
        "planted:L=4,loops=40",
    ),
    "tile2d": _Family(
        tile_2d,
        ("L",),
        {"seed": 0, "c1": 0.0, "c2": 0.0, "c3": 0.0},
        "planted tiles on a square lattice, shares c1, c2, c3",
        "tile2d:L=8,c2=0.5",
    ),
    "tile3d": _Family(
        tile_3d,
        ("L",),
        {"seed": 0, "f22": 0.0, "f42": 0.0},
        "planted tiles on a cubic lattice, shares f22, f42",
        "tile3d:L=4,f22=0.5",
    ),
}
