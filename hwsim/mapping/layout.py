"""Layout: where p-bits sit on the die and what the wires between them cost in length, delay and energy.

Enters: the network that a chip holds and, on a fixed graph, its p-bits. Leaves: a Layout. Where wires can be chosen,
p-bits are put on a square grid and moved by annealing until the wires are short.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.chip.chip import Chip
from hwsim.chip.topology import have_wire, positions, wires
from hwsim.chip.topology import sites as sites_of
from hwsim.display import Facts, Shown, counted, data_frame, picture
from hwsim.errors import InputError
from hwsim.jit import njit
from hwsim.problem.problem import Problem, make_bqm
from hwsim.program import Network, rows_of
from hwsim.streams import generator
from hwsim.units import format_si

_MOVES, _STARTS = 10_000, 4
"""Moves of each p-bit in one anneal, and anneals of which the best is kept; _MOST_MOVES in all."""
_MOST_MOVES = 40_000_000


@dataclass(frozen=True, kw_only=True)
class Layout(Shown):
    """place : float64 (n, 2), x and y of each p-bit's cell, in cell pitches;  length : float64 (m,), Manhattan length
    of each connection's wire, in cell pitches;  delay_s : float64 (m,), its delay and that of the reader's fan-in;
    wire_j : float64 (n,), energy of a toggle, each coupling on a wire of its own, or None where it is not known;
    sites : int64 (n,), the p-bits of a fixed graph, or None where the places were chosen here;  wired : bool (m,),
    False for couplings that no wire was meant to carry, the cross-talk of control lines;  pitch_m : side of a cell,
    large enough for the p-bit of most couplings, or None where it is not known."""

    place: np.ndarray
    length: np.ndarray
    delay_s: np.ndarray
    wire_j: np.ndarray | None
    sites: np.ndarray | None
    wired: np.ndarray
    pitch_m: float | None

    plot = picture("hwsim.report.layout:layout_axes")

    def _shown(self) -> tuple[str, Facts]:
        columns, rows = (np.ptp(np.rint(self.place), axis=0) + 1).astype(int)
        pitch = None if self.pitch_m is None else f"{format_si(self.pitch_m, 'm')} a cell"
        length, delay = self.length[self.wired], self.delay_s
        return f"Layout of {counted(len(self.place), 'p-bit')} on {columns} x {rows} cells", [
            ("cells", pitch),
            ("wires", f"mean {length.mean():.3g}, longest {length.max():g} pitches" if len(length) else None),
            ("delay", f"up to {format_si(float(delay.max()), 's')}" if len(delay) else None),
        ]

    def to_pandas(self) -> Any:
        """A data frame with the place of each p-bit. Raises MissingExtraError."""
        columns = {"x": self.place[:, 0], "y": self.place[:, 1]}
        return data_frame(columns if self.wire_j is None else columns | {"toggle_j": self.wire_j})


def lay_out(network: Network, chip: Chip, sites: np.ndarray, *, seed: int = 0) -> Layout:
    """The Layout of ``network`` whose p-bit k sits on site ``sites[k]`` of ``chip``; ``seed`` : of the annealing."""
    topology, plan, n = chip.topology, chip.floorplan, len(network.bias)
    if topology.is_fixed:
        place = positions(topology)[np.searchsorted(sites_of(topology), sites)]
    else:
        place = placed(network, seed=seed)
    degree = network.degree
    rows = network.rows
    length = np.abs(place[rows] - place[network.indices]).sum(axis=1)
    wired = on_wires(network, chip, sites)
    length = np.where(wired, length, 0.0)
    side = plan.pitch_m(int(degree.max(initial=0)))
    pitch = side or 0.0
    delay = plan.wire_delay_s_per_m * pitch * length + plan.stage_delay_s * fan_in_stages(degree)[rows]
    wire_j = None
    if plan.wire_energy_j_per_m is not None:
        wire_j = plan.wire_energy_j_per_m * pitch * np.bincount(rows, weights=length, minlength=n)
    return Layout(
        place=place,
        length=length,
        delay_s=delay,
        wire_j=wire_j,
        sites=sites if topology.is_fixed else None,
        wired=wired,
        pitch_m=side,
    )


def whole_die(chip: Chip) -> Problem:
    """A problem with a coupling on every wire of ``chip``. Raises InputError where the chip has no wires of its own."""
    if not chip.topology.is_fixed:
        raise InputError(f"chip {chip.name!r} has no wires of its own: give a problem to lay out")
    nodes = sites_of(chip.topology)
    ends = np.searchsorted(nodes, wires(chip.topology))
    bqm = make_bqm(np.zeros(len(nodes)), ends[:, 0], ends[:, 1], -np.ones(len(ends)), nodes.tolist())
    return Problem(bqm=bqm, name=chip.name, kind="ising")


def on_wires(network: Network, chip: Chip, sites: np.ndarray | None) -> np.ndarray:
    """bool (m,): connections of p-bits on ``sites`` (n,) that a wire of ``chip`` carries: all where wires can be
    chosen, else all but the cross-talk of control lines."""
    if sites is None or not chip.topology.is_fixed:
        return np.ones(len(network.weight), dtype=bool)
    return have_wire(chip.topology, *np.sort((sites[network.rows], sites[network.indices]), axis=0))


def area_m2(indptr: np.ndarray, chip: Chip) -> float | None:
    """Area of the cells of all p-bits, each as large as that of the most coupled one; None where no pitch is known."""
    degree = np.diff(indptr)
    pitch = chip.floorplan.pitch_m(int(degree.max(initial=0)))
    return None if pitch is None else len(degree) * pitch**2


def fan_in_stages(degree: np.ndarray) -> np.ndarray:
    """int64 (n,): stages of a tree of two-input adders over ``degree`` inputs, ceil(log2 degree)."""
    return np.ceil(np.log2(np.maximum(degree, 1))).astype(np.int64)


def placed(network: Network, *, seed: int = 0) -> np.ndarray:
    """float64 (n, 2): a cell of the smallest square grid for each p-bit, annealed to a short total Manhattan length.

    A p-bit swaps with another, or moves to an empty cell, within a window that shrinks with the temperature. The result
    depends on the network and ``seed`` alone.
    """
    n = len(network.bias)
    side = math.ceil(math.sqrt(n))
    height = -(-n // side)
    order = breadth_first(n, network.indptr, network.indices)
    cell = np.empty(n, dtype=np.int64)
    # boustrophedon: neighbours in the order are neighbours on the grid
    row, column = np.divmod(np.arange(n), side)
    cell[order] = row * side + np.where(row % 2 == 0, column, side - 1 - column)
    if n > 2 and len(network.indices):
        moves = min(_MOVES * n, _MOST_MOVES)
        keys = generator(seed, "placement").integers(2**63, size=min(_STARTS, max(1, _MOST_MOVES // moves)))
        found = [cell.copy() for _ in keys]
        lengths = [
            _anneal(one, network.indptr, network.indices, side, height, moves, np.uint64(key))
            for one, key in zip(found, keys, strict=True)
        ]
        cell = found[int(np.argmin(lengths))]
    return np.stack((cell % side, cell // side), axis=1).astype(np.float64)


def breadth_first(n: int, indptr: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """int64 (n,): spins in breadth-first order, from one of least degree: neighbours are close in it."""
    degree, seen, out = np.diff(indptr), np.zeros(n, dtype=bool), []
    for root in np.argsort(degree, kind="stable"):
        if seen[root]:
            continue
        seen[root] = True
        queue = [int(root)]
        while queue:
            i = queue.pop(0)
            out.append(i)
            near = indices[indptr[i] : indptr[i + 1]]
            near = near[~seen[near]]
            seen[near] = True
            queue += near[np.argsort(degree[near], kind="stable")].tolist()
    return np.array(out, dtype=np.int64)


@njit(nogil=True)
def _anneal(cell, indptr, indices, side, height, moves, key):
    """Anneal cell (n,) in place: a random p-bit swaps with a random cell near it. Returns the length reached."""
    n = len(cell)
    occupant = np.full(side * height, -1, dtype=np.int64)
    for i in range(n):
        occupant[cell[i]] = i
    total = 0.0
    for i in range(n):
        for k in range(indptr[i], indptr[i + 1]):
            j = indices[k]
            total += abs(cell[i] % side - cell[j] % side) + abs(cell[i] // side - cell[j] // side)
    # from the mean pull on a p-bit down to where a step of one pitch is rarely taken
    hot, cold = max(0.3 * total / n, 0.5), 0.4
    state = key | np.uint64(1)
    for move in range(moves):
        part = move / moves
        temperature = hot * (cold / hot) ** part
        reach = max(1, int(side * (1 - part) ** 2))
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        i = int((state >> np.uint64(11)) % np.uint64(n))
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        word = state >> np.uint64(11)
        x0, y0 = cell[i] % side, cell[i] // side
        x = x0 + int(word % np.uint64(2 * reach + 1)) - reach
        y = y0 + int((word >> np.uint64(20)) % np.uint64(2 * reach + 1)) - reach
        if x < 0 or x >= side or y < 0 or y >= height or (x == x0 and y == y0):
            continue
        there = y * side + x
        other = occupant[there]
        change = 0
        for k in range(indptr[i], indptr[i + 1]):
            j = indices[k]
            if j != other:
                xj, yj = cell[j] % side, cell[j] // side
                change += abs(x - xj) + abs(y - yj) - abs(x0 - xj) - abs(y0 - yj)
        if other >= 0:
            for k in range(indptr[other], indptr[other + 1]):
                j = indices[k]
                if j != i:
                    xj, yj = cell[j] % side, cell[j] // side
                    change += abs(x0 - xj) + abs(y0 - yj) - abs(x - xj) - abs(y - yj)
        state ^= state << np.uint64(13)
        state ^= state >> np.uint64(7)
        state ^= state << np.uint64(17)
        if change <= 0 or (state >> np.uint64(11)) * 2.0**-53 < math.exp(-change / temperature):
            occupant[cell[i]] = other
            if other >= 0:
                cell[other] = cell[i]
            cell[i] = there
            occupant[there] = i
    total = 0.0
    for i in range(n):
        for k in range(indptr[i], indptr[i + 1]):
            j = indices[k]
            total += abs(cell[i] % side - cell[j] % side) + abs(cell[i] // side - cell[j] // side)
    return total


def congestion(layout: Layout, indptr: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """float64 (rows, columns): wires that run through each cell, each coupling along both of its two L-shaped routes
    by half, its ends included."""
    place = np.rint(layout.place).astype(np.int64)
    place -= place.min(axis=0)
    out = np.zeros((int(place[:, 1].max()) + 1, int(place[:, 0].max()) + 1))
    rows = rows_of(indptr)
    once = (rows < indices) & layout.wired
    _route(place, rows[once], indices[once].astype(np.int64), out)
    return out


@njit(nogil=True)
def _route(place, first, second, out):
    for k in range(len(first)):
        xa, ya = place[first[k]]
        xb, yb = place[second[k]]
        for corner in range(2):
            y_across, x_along = (ya, xb) if corner == 0 else (yb, xa)
            for x in range(min(xa, xb), max(xa, xb) + 1):
                out[y_across, x] += 0.5
            for y in range(min(ya, yb), max(ya, yb) + 1):
                if y != y_across:
                    out[y, x_along] += 0.5
