"""Planted problems: instances around a hidden state that is a ground state, so that its energy is known at any size.

Enters: sizes and a seed. Leaves: a Problem. Each is a sum of parts, and the hidden state minimises every part.
"""

from itertools import permutations, product

import numpy as np

from hwsim.errors import InputError
from hwsim.problem.logic import GATES
from hwsim.problem.problem import Problem, make_bqm
from hwsim.streams import generator


def known_ground(
    text: str, n: int, rows: np.ndarray, columns: np.ndarray, values: np.ndarray, ground: np.ndarray, source: str
) -> Problem:
    """A problem of n spins and couplings (m,) whose ground state is ``ground``; ``source`` says why."""
    energy = float(np.sum(values * ground[rows] * ground[columns]))
    bqm = make_bqm(np.zeros(n), rows, columns, values, range(n))
    return Problem(bqm=bqm, name=text, kind="ising", known_energy=energy, known_source=source, known_is_exact=True)


def planted_loops(text: str, L: int, seed: int, loops: int) -> Problem:
    """Frustrated plaquettes on a periodic square lattice around a hidden state.

    Every chosen plaquette has three bonds satisfied and one violated by the hidden state, energy -2, which is the
    least a frustrated plaquette can have; so the hidden state minimises the sum (Hen et al., PRA 92, 042325 (2015)).
    """
    if L < 3:
        raise InputError(f"planted needs L >= 3, got {L}")
    draw = generator(seed, "planted")
    n = L * L
    hidden = draw.choice([-1.0, 1.0], n)
    bonds: dict[tuple[int, int], float] = {}
    count = max(1, loops * n // 100)
    for _ in range(count):
        x, y = draw.integers(0, L, 2)
        corners = [(x, y), (x, (y + 1) % L), ((x + 1) % L, (y + 1) % L), ((x + 1) % L, y)]
        nodes = [int(a * L + b) for a, b in corners]
        violated = draw.integers(0, 4)
        for k in range(4):
            i, j = nodes[k], nodes[(k + 1) % 4]
            sign = 1.0 if k == violated else -1.0
            key = (min(i, j), max(i, j))
            bonds[key] = bonds.get(key, 0.0) + sign * hidden[i] * hidden[j]
    bonds = {key: value for key, value in bonds.items() if value != 0}
    rows, columns = (np.array([key[side] for key in bonds], dtype=np.int64) for side in (0, 1))
    values = np.array(list(bonds.values()))
    return known_ground(text, n, rows, columns, values, hidden, "planted: every loop at its least energy")


def wishart(text: str, n: int, alpha: float, seed: int) -> Problem:
    """Wishart planting: J = W W^T / n without its diagonal, the columns of W orthogonal to a hidden state.

    s W W^T s >= 0 and is 0 for the hidden state, so that is a ground state, of energy -tr(W W^T) / 2 n. Hard at small
    ``alpha`` = columns / n. Hamze et al., PRE 101, 052102 (2020).
    """
    if n < 2 or not alpha > 0:
        raise InputError(f"wishart needs n >= 2 and alpha > 0, got n={n}, alpha={alpha:g}")
    draw = generator(seed, "wishart")
    hidden = draw.choice([-1.0, 1.0], n)
    columns = max(1, round(alpha * n))
    free = draw.standard_normal((n, columns))
    w = free - np.outer(hidden, hidden @ free) / n
    full = w @ w.T / n
    rows, others = np.triu_indices(n, 1)
    return known_ground(
        text, n, rows, others, full[rows, others], hidden, "planted: orthogonal to every column (Hamze et al. 2020)"
    )


def xorsat(text: str, n: int, seed: int) -> Problem:
    """3-regular 3-XORSAT: n equations of 3 of n variables, each variable in 3, satisfied by a hidden assignment.

    An equation a + b + d = 0 or 1 (mod 2) is a half adder of a and b whose sum is d, or its inverse, and whose carry is
    a spin of its own.
    """
    if n < 4:
        raise InputError(f"xorsat needs n >= 4, got {n}")
    draw = generator(seed, "xorsat")
    while True:  # three permutations, until no equation names a variable twice
        threes = np.stack([draw.permutation(n) for _ in range(3)], axis=1)
        if all(len(set(row)) == 3 for row in threes.tolist()):
            break
    hidden = draw.choice([-1, 1], n)
    gate = GATES["half-adder"]
    made = make_bqm(np.zeros(2 * n), np.zeros(0, int), np.zeros(0, int), np.zeros(0), range(2 * n))
    for k, (a, b, d) in enumerate(threes.tolist()):
        # a half adder holds s = a xor b: in spins -a b s = 1; an equation with the other parity turns s over
        sign = -int(hidden[a] * hidden[b] * hidden[d])
        place = {"a": (a, 1), "b": (b, 1), "s": (d, sign), "c": (n + k, 1)}
        for port, value in gate.h.items():
            made.add_linear(place[port][0], value * place[port][1])
        for (p, q), value in gate.j.items():
            made.add_quadratic(place[p][0], place[q][0], value * place[p][1] * place[q][1])
    return Problem(
        bqm=made,
        name=text,
        kind="ising",
        known_energy=float(n * gate.least),
        known_source="planted: a hidden assignment satisfies every equation",
        known_is_exact=True,
    )


_SQUARE = ((0, 1), (1, 3), (3, 2), (2, 0))
"""Edges of a plaquette whose corner (x, y) has number x + 2 y."""
_CUBE = tuple((a, a | bit) for a in range(8) for bit in (1, 2, 4) if not a & bit)
"""Edges of a cube whose corner (x, y, z) has number x + 2 y + 4 z."""
_VIOLATED = {"f22": ((0, 1), (2, 3)), "f42": ((0, 1), (6, 7)), "f6": ((0, 1), (2, 6), (5, 7))}
"""Edges that the hidden state violates in a cube with 2, 4 or 6 frustrated facets: as few as that many can have."""


def tile_2d(text: str, L: int, seed: int, c1: float, c2: float, c3: float) -> Problem:
    """Tile planting on a periodic square lattice: every second plaquette, like the black fields of a chessboard, is a
    tile, and each bond belongs to one.

    A tile of class C_i has i weak bonds of size 1, one of them violated by the hidden state, and strong ones of size 2:
    i states are as good as that one. Shares c1, c2, c3, the rest C4. Perera et al., Phys. Rev. E 101, 023316 (2020).
    """
    _check_tiles("tile2d", L, c1 + c2 + c3, "c1 + c2 + c3")
    draw = generator(seed, "tile2d")
    bonds: list[tuple[int, int, float]] = []
    for y in range(L):
        for x in range(y % 2, L, 2):
            corners = [(x + dx) % L + L * ((y + dy) % L) for dy in (0, 1) for dx in (0, 1)]
            weak = 1 + int(np.searchsorted(np.cumsum([c1, c2, c3]), draw.random(), side="right"))
            for rank, edge in enumerate(draw.permutation(4)):
                a, b = _SQUARE[edge]
                bonds.append((corners[a], corners[b], 1.0 if rank == 0 else -1.0 if rank < weak else -2.0))
    return _tiled(text, L * L, bonds, draw, "tile planting (Perera et al. 2020)")


def tile_3d(text: str, L: int, seed: int, f22: float, f42: float) -> Problem:
    """Tile planting on a periodic cubic lattice: a quarter of the cubes are tiles that share corners only, and each
    bond belongs to one.

    A tile has +-1 bonds and 2, 4 or 6 frustrated facets, turned and mirrored at random. Shares f22 and f42, the rest
    F6, the hardest. Hamze et al., Phys. Rev. E 97, 043303 (2018).
    """
    _check_tiles("tile3d", L, f22 + f42, "f22 + f42")
    draw = generator(seed, "tile3d")
    turned = _symmetries()
    bonds: list[tuple[int, int, float]] = []
    for z in range(L):
        for y in range(z % 2, L, 2):
            for x in range(z % 2, L, 2):
                corners = [
                    (x + dx) % L + L * ((y + dy) % L) + L * L * ((z + dz) % L)
                    for dz in (0, 1)
                    for dy in (0, 1)
                    for dx in (0, 1)
                ]
                kind = ("f22", "f42", "f6")[int(np.searchsorted(np.cumsum([f22, f42]), draw.random(), side="right"))]
                place = turned[draw.integers(len(turned))]
                violated = {frozenset((place[a], place[b])) for a, b in _VIOLATED[kind]}
                bonds += [(corners[a], corners[b], 1.0 if frozenset((a, b)) in violated else -1.0) for a, b in _CUBE]
    return _tiled(text, L**3, bonds, draw, "tile planting (Hamze et al. 2018)")


def _check_tiles(name: str, side: int, share: float, words: str) -> None:
    if side < 4 or side % 2:
        raise InputError(f"{name} needs an even L >= 4, got {side}")
    if share > 1 + 1e-12:
        raise InputError(f"{name}: {words} must be <= 1, got {share:g}")


def _symmetries() -> list[list[int]]:
    """The 48 ways to turn and mirror a cube, as the new number of each corner."""
    return [
        [sum((((corner >> axes[k]) & 1) ^ flips[k]) << k for k in range(3)) for corner in range(8)]
        for axes in permutations(range(3))
        for flips in product((0, 1), repeat=3)
    ]


def _tiled(text: str, n: int, bonds: list[tuple[int, int, float]], draw: np.random.Generator, source: str) -> Problem:
    """The problem of ``bonds`` planted for all spins +1, gauged so that a random state is the ground state instead."""
    hidden = draw.choice([-1.0, 1.0], n)
    rows, columns, values = (np.array(part) for part in zip(*bonds, strict=True))
    return known_ground(text, n, rows, columns, values * hidden[rows] * hidden[columns], hidden, f"planted: {source}")
