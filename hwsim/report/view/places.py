"""Where p-bits are drawn: where they sit on the chip, on the lattice of the problem, or apart by their couplings.

Enters: a Program, its chip and its problem. Leaves: Places. A chip's own graph and floorplan come first: there the
place of a p-bit is a fact. Elsewhere a place only helps the eye, and the words say so.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwsim.chip.chip import Chip
from hwsim.chip.topology import dead_positions, positions, sites
from hwsim.mapping.layout import lay_out
from hwsim.program import Network, Program

_SPRING = 1200
"""The most p-bits that springs place."""
_ROUNDS = 300
_AROUND, _MOST_SPOTS = 4, 6000
"""Cells without a p-bit are drawn so far around those in use, and up to so many."""
_LATTICE = re.compile(r"(?:ea|planted|tile|ising)([23])?d?:(?:.*?\b)?L=(\d+)")


@dataclass(frozen=True, kw_only=True)
class Places:
    """at : float64 (n, 2), x to the right and y down, in units of the distance of near p-bits
    words : what a place means;  unused, dead : float64 (k, 2), cells of the chip without a p-bit
    part : int32 (n,), the chip of each p-bit, or None where all are on one
    logical : float64 (variables, 2), of the problem's own graph where chains carry it, else None
    """

    at: np.ndarray
    words: str
    unused: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    dead: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    part: np.ndarray | None = None
    logical: np.ndarray | None = None


def places(program: Program, chip: Chip | None, *, parts: int | None = None, seed: int = 0) -> Places:
    """The Places of ``program``. chip : None where it is not known;  parts : how many chips share the p-bits"""
    placed = program.placement.sites
    logical = None
    if program.readout.chain is not None:
        logical = _free(program.problem_network, program, seed)[0]
    part = _part(program, parts)
    if part is not None:
        at, words = _side_by_side(program, part, seed)
        return Places(at=at, words=words, part=part, logical=logical)
    if chip is not None and chip.topology.is_fixed and placed is not None:
        unused = positions(chip.topology)[~np.isin(sites(chip.topology), placed)]
        at = positions(chip.topology)[np.searchsorted(sites(chip.topology), placed)]
        words = f"each p-bit on its place in the {chip.topology.kind} graph of the chip"
        dead = dead_positions(chip.topology)
        return Places(at=at, words=words, unused=_near(unused, at), dead=_near(dead, at), logical=logical)
    if chip is not None and chip.floorplan.has_delay:
        at = lay_out(program.network, chip, np.arange(program.n_pbits) if placed is None else placed).place
        return Places(at=at, words="each p-bit on its cell of the die, annealed to short wires", logical=logical)
    at, words = _free(program.network, program, seed)
    return Places(at=at, words=words, logical=logical)


def _near(spots: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The ``spots`` among the places ``at`` and around them; none where they are too many to be seen one by one."""
    inside = np.all((spots >= at.min(axis=0) - _AROUND) & (spots <= at.max(axis=0) + _AROUND), axis=1)
    return spots[inside] if inside.sum() <= _MOST_SPOTS else spots[:0]


def _part(program: Program, parts: int | None) -> np.ndarray | None:
    """int32 (n,): the chip of each p-bit: those of a partition, or what wires between chips leave together."""
    from hwsim.mapping.partition import partition

    if parts is not None and parts > 1:
        return partition(program.network, parts)
    exchange = program.wires.exchange
    if exchange is None or not np.any(exchange):
        return None
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    network, inside = program.network, exchange == 0
    pairs = (network.rows[inside], network.indices[inside])
    linked = csr_array((np.ones(int(inside.sum())), pairs), shape=(network.n, network.n))
    return connected_components(linked, directed=False)[1].astype(np.int32)


def _side_by_side(program: Program, part: np.ndarray, seed: int) -> tuple[np.ndarray, str]:
    """Each chip in a square of its own."""
    n_parts = int(part.max()) + 1
    columns = math.ceil(math.sqrt(n_parts))
    at = np.zeros((program.n_pbits, 2))
    side = 0.0
    own = []
    for number in range(n_parts):
        members = np.flatnonzero(part == number)
        place = _springs(_inside(program.network, members), seed) if len(members) > 1 else np.zeros((len(members), 2))
        place = place - place.min(axis=0) if len(members) else place
        own.append((members, place))
        side = max(side, float(place.max(initial=0.0)))
    for number, (members, place) in enumerate(own):
        middle = (side - place.max(axis=0, initial=0.0)) / 2
        at[members] = place + middle + (side + 2.5) * np.array([number % columns, number // columns])
    return at, f"{n_parts} chips side by side; on each, coupled p-bits near each other"


def _inside(network: Network, members: np.ndarray) -> Network:
    """The couplings among ``members``."""
    place = np.full(network.n, -1)
    place[members] = np.arange(len(members))
    kept = np.flatnonzero((place[network.rows] >= 0) & (place[network.indices] >= 0))
    degree = np.bincount(place[network.rows[kept]], minlength=len(members))
    return Network(
        bias=network.bias[members],
        indptr=np.concatenate(([0], np.cumsum(degree))).astype(np.int64),
        indices=place[network.indices[kept]].astype(np.int32),
        weight=network.weight[kept],
    )


def _free(network: Network, program: Program, seed: int) -> tuple[np.ndarray, str]:
    """Places that nothing fixes: on the problem's lattice, by springs, or in rows."""
    lattice = _lattice(program.readout.problem_name or "", network.n)
    if lattice is not None:
        return lattice
    if network.n <= _SPRING and len(network.weight):
        return _springs(network, seed), "coupled p-bits near each other; the distance means nothing else"
    side = math.ceil(math.sqrt(network.n))
    number = np.arange(network.n)
    return np.stack((number % side, number // side), axis=1).astype(np.float64), "p-bits in rows, in their order"


def _lattice(name: str, n: int) -> tuple[np.ndarray, str] | None:
    """Places on the lattice of a generator, layers of a cubic one side by side; None for other problems."""
    found = _LATTICE.match(name)
    if found is None:
        return None
    length = int(found.group(2))
    number = np.arange(n)
    if n == length**2:
        at = np.stack((number % length, number // length), axis=1)
        return at.astype(np.float64), "each p-bit on its place in the square lattice"
    if n != length**3:
        return None
    layer, row, column = number // length**2, number // length % length, number % length
    across = math.ceil(math.sqrt(length))
    at = np.stack((layer % across * (length + 1) + column, layer // across * (length + 1) + row), axis=1)
    return at.astype(np.float64), f"the {length} layers of the cubic lattice side by side"


def _springs(network: Network, seed: int) -> np.ndarray:
    """float64 (n, 2): places where couplings pull and all others push (Fruchterman and Reingold 1991), spread so that
    the nearest neighbours are about 1 apart."""
    n = network.n
    first, second, weight = network.pairs
    pull = np.abs(weight)
    pull = np.sqrt(pull / pull.mean()) if len(pull) and pull.mean() > 0 else np.ones(len(first))
    rng = np.random.default_rng(seed)
    angle = 2.399963 * np.arange(n)  # the golden angle: a spiral without two p-bits at one place
    at = np.stack((np.cos(angle), np.sin(angle)), axis=1) * np.sqrt(np.arange(n) + 0.5)[:, None]
    at += 0.01 * rng.standard_normal((n, 2))
    size = math.sqrt(n)
    rounds = max(40, min(_ROUNDS, int(2e8 / n**2)))
    for round_ in range(rounds):
        away = at[:, None, :] - at[None, :, :]
        square = np.maximum(np.einsum("ijk,ijk->ij", away, away), 0.01)
        force = np.einsum("ijk,ij->ik", away, 1 / square)
        along = at[second] - at[first]
        drawn = along * (np.linalg.norm(along, axis=1) * pull)[:, None] * 0.6
        for axis in range(2):
            force[:, axis] += np.bincount(first, weights=drawn[:, axis], minlength=n)
            force[:, axis] -= np.bincount(second, weights=drawn[:, axis], minlength=n)
        force -= 0.04 * at  # parts without a coupling between them stay in sight
        length = np.maximum(np.linalg.norm(force, axis=1), 1e-9)
        most = 0.3 * size * (1 - round_ / rounds) + 0.01
        at += force * (np.minimum(length, most) / length)[:, None]
    return _spread(at)


def _spread(at: np.ndarray) -> np.ndarray:
    """``at``, turned so that it is wide, with most nearest neighbours at least 1 apart."""
    if len(at) < 3:
        return np.stack((np.arange(len(at)) * 2.0, np.zeros(len(at))), axis=1)
    middle = at - at.mean(axis=0)
    axes = np.linalg.svd(middle, full_matrices=False)[2]
    turned = middle @ axes.T
    away = np.linalg.norm(turned[:, None, :] - turned[None, :, :], axis=2)
    np.fill_diagonal(away, np.inf)
    nearest = float(np.quantile(away.min(axis=1), 0.25))
    return turned / max(nearest, 1e-9)


def problem_words(problem: Any) -> list[dict[str, Any]]:
    """The numbers of a circuit: [{name, variables}], the lowest bit first; empty for other problems."""
    circuit = getattr(problem, "circuit", None)
    if circuit is None:
        return []
    number = {label: k for k, label in enumerate(problem.bqm.variables)}
    found = []
    for name, wires in circuit.words.items():
        clamped = problem.clamps.get(name)
        bits = [number.get(wire, -1) for wire in wires]
        found.append({"name": name, "bits": bits, "clamped": clamped})
    return found
