"""A ring of copies in bitplanes: few replicas of many copies of one network, as quantum annealing has them.

Enters: slots of a chromatic clock, and the states of a word of replicas. Leaves: these advanced, with the same random
numbers, to the same states.

The copies take the place that words of replicas have elsewhere: word q of a row is copy 2 q, or copy 2 q + 1, of one
p-bit, so that eight copies share a vector and their inputs stand side by side. Copies of one side, even or odd, update
together; the two beside each are of the other side, at the same place and one further on, which a second row of each
p-bit holds, moved by a word.
"""

import itertools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from hwsim.anneal import Anneal
from hwsim.engine.arguments import step_at
from hwsim.engine.bitkernels import copy_row
from hwsim.engine.bitplanes_kernel import Layout, Noise, decide
from hwsim.engine.bitplanes_thresholds import Tables, betas_of, slot_of
from hwsim.engine.contract import columns
from hwsim.engine.memory import aligned
from hwsim.engine.noise import GOLDEN, initial_words
from hwsim.engine.schedule import Chunk, Slots, slot_tick
from hwsim.engine.shards import Replicas
from hwsim.engine.vector import LANES
from hwsim.engine.words import pack_bits, unpack_replicas
from hwsim.jit import kernel
from hwsim.program import Program

MOST_WORDS = 4
"""Words of replicas up to which copies share vectors; with more of them replicas fill these."""
_LEAST_COPIES = 8
_GOLDEN = np.uint64(GOLDEN)


class Ring(NamedTuple):
    """C copies, an even number, of n p-bits. Side s, 0 or 1, of p-bit i is row 2 i + s; row 2 n is empty; row
    2 n + 1 + 2 i + s is row 2 i + s moved by a word: what is beside the other side."""

    n: int
    half: int  # copies of a side
    vectors: int  # that hold them
    pbits: np.ndarray  # uint64 (2, W): number of the first p-bit of each copy, by side
    rows: np.ndarray  # int64: rows by slot
    first: np.ndarray  # int64 (slots + 1,): where those of each slot begin
    place: np.ndarray  # int64 (C n,): word of each p-bit
    period: int  # ticks


def copies_of(program: Program) -> int | None:
    """How many copies ``program`` is a ring of; None where it is none, or is not to be laid out as one."""
    network, wires, clock, total = program.network, program.wires, program.clock, program.n_pbits
    if (
        wires.driven is None
        or wires.uniform_delay is None
        or clock.kind != "chromatic"
        or program.cells.pdit is not None
    ):
        return None
    if wires.longest_ticks > clock.period // clock.n_slots or np.any(program.cells.held):
        return None  # a value must be seen in the next slot
    if np.any(program.noise.flicker > 0) or program.noise.random_bit is not None:
        return None
    row = network.row(0)
    beside = network.indices[row][wires.driven[row]]
    n = int(beside.min(initial=total))
    if n == 0 or total % (2 * n) or total // n < _LEAST_COPIES:
        return None
    copies = total // n
    return copies if _repeats(program, copies, n) else None


def _repeats(program: Program, copies: int, n: int) -> bool:
    """Whether all copies are alike, and driven couplings join each p-bit to itself in the two beside it alone."""
    network, wires = program.network, program.wires
    by_pbit = [*vars(columns(program)).values(), network.bias, network.degree]
    if any(np.any(values.reshape(copies, n) != values[:n]) for values in by_pbit):
        return False
    size = int(network.indptr[n])
    driven = wires.driven.reshape(copies, size)  # type: ignore[union-attr]
    if np.any(network.weight.reshape(copies, size) != network.weight[:size]) or np.any(driven != driven[0]):
        return False
    if np.any(program.clock.color.reshape(copies // 2, 2 * n) != program.clock.color[: 2 * n]):
        return False
    step = network.indices.reshape(copies, size) - np.arange(copies)[:, None] * n
    if np.any(step[1:-1] != step[1]) or np.any((step - step[1]) % (copies * n)):
        return False
    own, rows = step[1], network.rows[:size]
    around = np.where(driven[0], np.abs(own - rows) == n, (own >= 0) & (own < n))
    pairs = np.bincount(rows[driven[0]], weights=np.sign(own - rows)[driven[0]], minlength=n)
    return bool(np.all(around) and np.all(pairs == 0) and np.all(np.bincount(rows[driven[0]], minlength=n) == 2))


def ring_of(program: Program, copies: int) -> Ring:
    """The Ring of a program of ``copies``."""
    n, half = program.n_pbits // copies, copies // 2
    vectors = -(-half // LANES)
    width = LANES * (vectors + 1)  # moves by a word stay within a row
    pbits = (2 * np.arange(width) + np.arange(2)[:, None]) * n
    color = program.clock.color[: 2 * n].reshape(2, n).T.ravel()  # by row
    first = np.concatenate(([0], np.cumsum(np.bincount(color, minlength=program.clock.n_slots))))
    copy, i = np.divmod(np.arange(copies * n), n)
    place = (2 * i + copy % 2) * width + copy // 2
    return Ring(
        n, half, vectors, pbits.astype(np.uint64), np.argsort(color, kind="stable"), first, place, program.clock.period
    )


class Seen(NamedTuple):
    """Who sees which row, of the 2 n rows that are p-bits: as a Network, whose weights are ``weight[order]``."""

    n: int
    rows: np.ndarray  # int64 (m,)
    indices: np.ndarray  # int64 (m,)
    indptr: np.ndarray  # int64 (2 n + 1,)
    order: np.ndarray  # int64 (m,)

    @property
    def degree(self) -> np.ndarray:
        """int64 (2 n,)."""
        return np.diff(self.indptr)


def seen_of(program: Program, n: int) -> Seen:
    """What the rows of a ring see: what copies 0 and 1 do."""
    network = program.network
    count = int(network.indptr[2 * n])
    (side, i), (other, j) = (np.divmod(a[:count].astype(np.int64), n) for a in (network.rows, network.indices))
    seen = 2 * j + side
    beside = other != side
    # copy 0 sees copy 1, of the same place, and the last one; copy 1 sees copy 2, and copy 0 of the same place
    same_place = other == 1 - side
    seen = np.where(beside, np.where(same_place, 2 * j + 1 - side, 2 * n + 1 + 2 * j + 1 - side), seen)
    reader = 2 * i + side
    order = np.argsort(reader, kind="stable")
    indptr = np.concatenate(([0], np.cumsum(np.bincount(reader, minlength=2 * n))))
    return Seen(2 * n, reader[order], seen[order], indptr, order)


@kernel
def advance_ring(slots, betas, layout, ring, rows, number, tables, noise):
    """Run the slots ``first`` ... ``last`` - 1.

    rows : uint64 (4 n + 1, W);  number : uint64 (2, W), a buffer
    """
    first_slot, last_slot, period, n_slots = slots
    network, width, step = layout.network, rows.shape[1], -1
    n, per_row, empty = ring.n, network.n_bits + 1, 2 * ring.n
    for slot in range(first_slot, last_slot):
        round_, color = slot // n_slots, slot % n_slots
        step = step_at(betas, step, slot_tick(slot, period, n_slots))
        for s in range(2):
            for q in range(width):
                number[s, q] = np.uint64(round_ + 1)
        for k in range(ring.first[color], ring.first[color + 1]):
            row = ring.rows[k]
            i, side = row >> 1, row & 1
            thresholds = slot_of(tables, layout.classes, i, betas, step, network.unit, 0.0)
            key = noise.key + np.uint64(i) * _GOLDEN
            start = (ring.pbits, number, side * width, key, noise.first_word, np.int64(1))
            decide(
                network.kind[row],
                rows,
                network.entries,
                network.septets,
                row * per_row,
                start,
                tables,
                thresholds,
                rows,
                row * width,
                ring.vectors,
            )
            moved, words = empty + 1 + row, LANES * ring.vectors
            if side == 0:
                copy_row(rows, row * width + 1, rows, moved * width, words)
                rows[moved, ring.half - 1] = rows[row, 0]
            else:
                copy_row(rows, row * width, rows, moved * width + 1, words)
                rows[moved, 0] = rows[row, ring.half - 1]
    return n


class RingShard:
    """The replicas of one word."""

    lanes, n_words = 64, 1

    def __init__(
        self,
        ring: Ring,
        layout: Layout,
        tables: Tables,
        replicas: Replicas,
        energies: tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]],
    ) -> None:
        """``energies`` : float64 (64,) of states int8 (C n, 64), in problem units and in the machine's network"""
        self._ring, self._layout, self._tables, self._energies = ring, layout, tables, energies
        self._noise = Noise(np.uint64(replicas.noise_key), replicas.first_word)
        self._anneal: Anneal | None = None
        width = ring.pbits.shape[1]
        self._rows = aligned((4 * ring.n + 1, width), np.uint64)
        self._number = np.zeros((2, width), dtype=np.uint64)
        words = np.zeros((len(ring.place), 1), dtype=np.uint64)
        initial_words(replicas.initial_key, replicas.first_word, words)
        self._write((words if replicas.initial is None else pack_bits(replicas.initial.T))[:, 0])

    def _write(self, words: np.ndarray) -> None:
        """Write uint64 (C n,)."""
        ring, rows = self._ring, self._rows
        rows.ravel()[ring.place] = words
        own, moved = rows[: 2 * ring.n], rows[2 * ring.n + 1 :]
        moved[::2, : ring.half] = np.roll(own[::2, : ring.half], -1, axis=1)
        moved[1::2, : ring.half] = np.roll(own[1::2, : ring.half], 1, axis=1)

    def _words(self) -> np.ndarray:
        """uint64 (C n,): the states."""
        return self._rows.ravel()[self._ring.place]

    def advance(self, chunk: Chunk, anneals: Sequence[Anneal], recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        n_events, ring, n_slots = len(chunk.time), self._ring, len(self._ring.first) - 1
        slot = np.empty(0, dtype=np.int64)
        if n_events:
            of_row = np.empty(2 * ring.n, dtype=np.int64)
            of_row[ring.rows] = np.repeat(np.arange(n_slots), np.diff(ring.first))
            row = ring.place[chunk.pbit] // ring.pbits.shape[1]
            slot = (chunk.number - 1) * n_slots + of_row[row]
        out = np.empty((n_events, len(recorded)), dtype=np.int8)
        ends = [0, *(np.flatnonzero(np.diff(slot)) + 1), n_events] if len(recorded) else [0, n_events]
        for begin, end in itertools.pairwise(ends):
            first, last = (int(slot[begin]), int(slot[end - 1]) + 1) if end > begin else (0, 0)
            self.advance_slots(Slots(first, last, ring.period, n_slots), anneals)
            if len(recorded):
                words = self._rows.ravel()[ring.place[chunk.pbit[begin:end]]]
                bits = words[:, None] >> recorded.astype(np.uint64) & np.uint64(1)
                out[begin:end] = 2 * bits.astype(np.int8) - 1
        return out

    def advance_slots(self, slots: Slots, anneals: Sequence[Anneal]) -> None:
        """Run ``slots``."""
        if anneals[0] is not self._anneal:
            self._anneal, self._betas = anneals[0], betas_of(anneals[0])
        advance_ring(slots, self._betas, self._layout, self._ring, self._rows, self._number, self._tables, self._noise)

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64, C n)."""
        self._write(pack_bits(states.T)[:, 0])

    def load(self) -> None:
        """Nothing: other networks are refused."""

    def settled(self) -> np.ndarray:
        """uint64 (C n + 1, 1): the states, to be moved and written back; the last row is empty."""
        return np.append(self._words(), np.uint64(0))[:, None]

    def write_rows(self, rows: np.ndarray) -> None:
        """Write uint64 (C n + 1, 1), as `settled` gave them."""
        self._write(rows[:-1, 0])

    def spins(self) -> np.ndarray:
        """int8 (64, C n): the states, replicas in order."""
        return unpack_replicas(self._words()[:, None])

    def energies(self) -> np.ndarray:
        """float64 (64,): E in problem units."""
        return self._energies[0](self.spins().T)

    def law_energies(self) -> np.ndarray:
        """float64 (64,): E in the network that the machine realises."""
        return self._energies[1](self.spins().T)
