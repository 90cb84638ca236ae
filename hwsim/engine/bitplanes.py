"""bitplanes: the fastest engine, for small-integer couplings. 64 replicas to a machine word, every step bit-sliced.

Enters: a Program, a schedule chunk and a Shard (rows of words, one row of replicas for each p-bit). Leaves: the shard
advanced.

This file packs a program for the kernels. The event loop is in bitplanes_kernel, the vector code in bitkernels and, for
many inputs, in bitplanes_lookup, the thresholds in bitplanes_thresholds, the commits that neighbours do not see yet in
pending. Few replicas share vectors in bitplanes_few, copies in bitplanes_ring; single ones are in bitplanes_single and
bitplanes_blocks.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from hwsim.anneal import Anneal
from hwsim.arguments import named
from hwsim.engine.arguments import given
from hwsim.engine.bitkernels import N_COUNTERS, PLANES, SEPTET
from hwsim.engine.bitplanes_blocks import BlockShard, takes_blocks
from hwsim.engine.bitplanes_few import MOST_VECTORS, advance_few, gathers, kinds_of, new_buckets
from hwsim.engine.bitplanes_kernel import (
    NARROW_6,
    NARROW_7,
    WIDE,
    Layout,
    Network,
    Noise,
    Packed,
    Wires,
    advance_queue,
    advance_rings,
    count_energy,
)
from hwsim.engine.bitplanes_lookup import BUFFER, MOST_COUNTS, TABLE_WORDS
from hwsim.engine.bitplanes_moves import PlanesState, count_of
from hwsim.engine.bitplanes_ring import MOST_WORDS, RingShard, Seen, copies_of, ring_of, seen_of
from hwsim.engine.bitplanes_single import FewShard, SingleShard, Sites, sites_of, takes_single
from hwsim.engine.bitplanes_thresholds import (
    Betas,
    Classes,
    Counts,
    Octets,
    Others,
    RungTables,
    Sevens,
    Tables,
    Wide5,
    Wide5Sized,
    Wide10,
    betas_of,
    betas_of_all,
    like_rows,
)
from hwsim.engine.block_layout import TILE, Blocks, blocks_of, words_of
from hwsim.engine.contract import Start, columns
from hwsim.engine.feature import SHARED, Feature, missing
from hwsim.engine.memory import aligned
from hwsim.engine.noise import initial_words
from hwsim.engine.participants import part_of
from hwsim.engine.pending import (
    Queue,
    Rings,
    drop,
    grown,
    new_queue,
    new_rings,
    newest,
    newest_of_rings,
    settle,
    write_rings,
)
from hwsim.engine.schedule import Chunk
from hwsim.engine.shards import Replicas
from hwsim.engine.vector import LANES
from hwsim.engine.words import pack_bits, unpack_replicas
from hwsim.errors import InputError, UnsupportedError
from hwsim.program import Network as WiredNetwork
from hwsim.program import Program

FEATURES = SHARED | {
    Feature.DIFFERENT_DELAYS,
    Feature.DRIVEN,
    Feature.QUANTISED_INPUT,
    Feature.INPUT_LIMIT,
    Feature.OTHER_LAWS,
    Feature.NOISE,
    Feature.PARTICIPANTS,
    Feature.SHARED_WORDS,
}
_MAX_TABLE_BYTES = 2**28
_MOST_MIXED_CLASSES = 2**15
"""Classes of p-bits up to which a shard may have several rungs: 272 octets of masks for each vector of replicas."""


def why_not(program: Program) -> str | None:
    """Why this engine cannot run ``program``, or None."""
    reason = missing(program, FEATURES)
    if reason is not None:
        return reason
    rows = _integer_rows(program)
    counts, largest = rows.counts, int(np.abs(rows.weight).max(initial=0))
    if counts.max(initial=0) > 1023:
        return f"a p-bit whose couplings add up to {int(counts.max())} units (at most 1023)"
    if largest > 127:
        return f"a coupling of {largest} units (at most 127)"
    if program.noise.random_bit is not None:
        beside = {
            "delays that differ": program.wires.uniform_delay is None,
            "1/f noise": bool(np.any(program.noise.flicker > 0)),
            Feature.PARTICIPANTS.value: program.clock.own_share is not None,
        }
        return next((f"{Feature.SHARED_WORDS.value} beside {what}" for what, there in beside.items() if there), None)
    return None


def start(program: Program, start: Start) -> PlanesState:
    """Replicas at time 0."""
    words = -(-start.reads // (64 * start.schedules))
    copies = copies_of(program) if words <= MOST_WORDS and start.rungs == 1 else None
    return PlanesState(program, start, Prepared(program) if copies is None else RingPrepared(program, copies))


@named
def shared_words(program: Program) -> Program:
    """``program`` with other random numbers: 64 p-bits that tick together share the words that 64 replicas share
    otherwise, so that one read takes a third of the time. Its states for a seed are others, of the same law.

    Raises InputError unless bitplanes runs it in blocks: a chromatic clock, or a synchronous one in which all p-bits
    take part, one delay for all, not longer than from one tick to the next, and no 1/f noise.
    """
    runs = why_not(program) is None and not np.any(program.noise.flicker > 0)
    blocks = Prepared(program).blocks if runs else None
    if blocks is None:
        raise InputError(
            f"p-bits share random words under a chromatic or a fully synchronous clock of {TILE} p-bits a tick or "
            "more, with one delay not longer than a tick and no 1/f noise, in a program of engine bitplanes"
        )
    return program.changed(random_bit=blocks.place)


def mean_counts(program: Program) -> float:
    """The mean number of field values of a p-bit: the cost of an update, since all p-bits update equally often."""
    return float(_integer_rows(program).counts.mean()) + 1 if program.n_pbits else 1.0


def _updates_together(program: Program) -> float:
    """How many updates, on average, do not see each other: those of an instant, or within the delay."""
    clock, delay = program.clock, program.wires.uniform_delay or 0
    slots = clock.n_slots if clock.kind in ("synchronous", "chromatic") else np.inf
    return max(program.n_pbits / slots, program.n_pbits * delay / clock.round_ticks)


class IntegerRows(NamedTuple):
    """Couplings as counts: a p-bit's count is that of its pushing inputs, plus ``stride`` times that of driven ones."""

    weight: np.ndarray  # int64 (m,): in units of the row's divisor, driven ones times the row's stride
    common: np.ndarray  # int64 (n,): greatest common divisor of the row's couplings / unit
    most: np.ndarray  # int64 (n,): largest count of couplings that are not driven
    stride: np.ndarray  # int64 (n,)
    driven_common: np.ndarray  # int64 (n,)
    driven_most: np.ndarray  # int64 (n,)

    @property
    def counts(self) -> np.ndarray:
        """int64 (n,): the largest count of all."""
        return self.most + self.stride * self.driven_most


_KNOWN: WeakKeyDictionary[Program, IntegerRows] = WeakKeyDictionary()


def _integer_rows(program: Program) -> IntegerRows:
    """The IntegerRows of ``program``, made once: the choice of an engine asks for them too."""
    if program not in _KNOWN:
        _KNOWN[program] = _new_integer_rows(program)
    return _KNOWN[program]


def _new_integer_rows(program: Program) -> IntegerRows:
    unit = program.network.unit
    degree, rows = program.network.degree, program.network.rows
    weight = np.rint(program.network.weight / (unit or 1.0)).astype(np.int64)
    driven = np.zeros(len(weight), dtype=np.bool_) if program.wires.driven is None else program.wires.driven
    found = []
    for kind in (~driven, driven):
        common = np.ones(program.n_pbits, dtype=np.int64)
        own = np.where(kind, np.abs(weight), 0)
        if len(weight):
            linked = degree > 0
            common[linked] = np.maximum(np.gcd.reduceat(own, program.network.indptr[:-1][linked]), 1)
        size = own // common[rows]
        found.append((common, size, np.bincount(rows, weights=size, minlength=program.n_pbits).astype(np.int64)))
    (common, size, most), (driven_common, driven_size, driven_most) = found
    stride = np.ones(program.n_pbits, dtype=np.int64)
    if program.wires.driven is not None:
        stride = 1 << np.ceil(np.log2(most + 1)).astype(np.int64)
    return IntegerRows(
        np.sign(weight) * (size + stride[rows] * driven_size), common, most, stride, driven_common, driven_most
    )


def _wide_kernel(counts: np.ndarray, weight: np.ndarray) -> type[Wide5 | Wide5Sized | Wide10 | Octets]:
    """The kernel of p-bits that have too many inputs for the narrow ones."""
    most, plain = int(counts.max(initial=0)), bool(np.all(np.abs(weight) == 1))
    if most <= 31:
        return Wide5 if plain else Wide5Sized
    return Octets if plain and most < MOST_COUNTS else Wide10


class Prepared:
    """A Program laid out for the kernels; made once a run and shared by its shards."""

    grain = 8

    def __init__(self, program: Program) -> None:
        self.n_pbits = program.n_pbits
        # rows of a cache of a megabyte; a call costs as much as hundreds of updates, so that small programs take more
        self.shard_words = int(np.clip(2**16 // self.n_pbits // 8 * 8, 32, 96))
        self.unit = program.network.unit or 1.0
        integers = _integer_rows(program)
        weight, counts = integers.weight, integers.counts
        narrow, kind = self._kernels(weight, counts)
        queued = program.wires.uniform_delay is not None
        entries, septets = self._pack(program.network, weight, narrow, queued)
        wired, wires = program.network, program.wires
        network = Network(entries, septets, kind, self.n_bits, self.unit, wires.longest_ticks)
        self.layout = Layout(network, self._classes(program, integers))
        exchange = given(wires.exchange, np.int64)
        self.wires = None if queued else Wires(wired.indptr, wired.indices, wires.delay, exchange)
        self._terms(program)
        self.mixes = (
            bool(np.all(narrow)) and self.slots <= _MOST_MIXED_CLASSES and not np.any(program.noise.flicker > 0)
        )
        self.kinds = None
        if queued and self.slots == len(self.layout.classes.device) and not np.any(program.noise.flicker > 0):
            self.kinds = kinds_of(self.layout, self.n_pbits)
        self._one_by_one = queued and not np.any(program.noise.flicker > 0) and program.clock.own_share is None
        self._shares = program.noise.random_bit is not None
        if self._shares:  # replicas then share nothing, and are always one by one
            self.shard_words, self.grain, self.mixes = 1, 1, False
        self._together = _updates_together(program)
        self._program, self._weight = program, weight
        self.part = part_of(program)
        self.energies = program.column_energies
        self.counts_energies = program.readout.problem is None and program.is_exact
        self.energy_offset = program.readout.energy_offset

    def _kernels(self, weight: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(whether each p-bit is narrow, its kernel), with the kind of the wide ones."""
        self.wide = _wide_kernel(counts, weight)
        self.n_bits = self.wide.n_bits
        narrow = counts <= SEPTET
        return narrow, np.select([counts <= 6, narrow], [NARROW_6, NARROW_7], WIDE).astype(np.int8)

    def _pack(
        self, wired: WiredNetwork | Seen, weight: np.ndarray, narrow: np.ndarray, queued: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        """Entries and septet numbers: the inputs of p-bit i that count 2**bit, in septets padded with empty rows.

        A narrow p-bit has one septet, in which a coupling of size w stands w times.
        """
        n, degree, row = wired.n, wired.degree, wired.rows
        local = np.arange(len(row)) - wired.indptr[row]
        packed = (wired.indices.astype(np.int64) if queued else local) << 1 | (weight > 0)
        empty = np.full(n, n) if queued else degree
        size, few = np.abs(weight), narrow[row]
        parts = []
        for bit in range(self.n_bits):
            times = (size >> bit & 1) * ~few
            if bit == 0:
                times = np.where(few, size, times)
            parts.append((np.repeat(row, times), np.repeat(packed, times)))
        if self.wide is Octets:
            parts[0] = (parts[0][0], _by_push(*parts[0]))
        counts = np.stack([np.bincount(r, minlength=n) for r, _ in parts], axis=1)
        n_septets = -(-counts // SEPTET)
        n_septets[narrow, 0] = 1
        after = np.cumsum(n_septets.ravel()).reshape(n, self.n_bits)
        septets = np.concatenate(((after - n_septets)[:, :1], after), axis=1)
        entries = np.repeat(empty.astype(np.int64) << 1, n_septets.sum(axis=1) * SEPTET)
        for bit, (rows, part) in enumerate(parts):
            before = np.concatenate(([0], np.cumsum(counts[:, bit])))[:-1]
            entries[septets[rows, bit] * SEPTET + np.arange(len(rows)) - before[rows]] = part
        return entries, septets.astype(np.int64).ravel()

    def _classes(self, program: Program, integers: IntegerRows) -> Classes:
        bias = np.rint(program.network.bias / self.unit)
        rows = np.stack([*vars(columns(program)).values(), bias, *integers[1:]], axis=1).astype(np.float64)
        example, of = like_rows(rows)
        kinds = rows[example]
        bias, common, most, stride, driven_common, driven_most = (
            np.ascontiguousarray(kinds[:, k]).astype(np.int64) for k in range(-6, 0)
        )
        counts = most + stride * driven_most
        self.has_wide = bool(np.any(counts > SEPTET))
        longest = int(counts.max(initial=0)) + 1
        listed = self.has_wide and self.wide is not Octets
        self.per_levels = 2 + longest if listed else 2
        self.per_list = PLANES + 1 + PLANES * (longest + 3) if listed else 1
        slot_bytes = 8 * (self.per_levels + self.per_list + (PLANES + 2) * 8)
        slot_bytes += 8 * (TABLE_WORDS + MOST_COUNTS) * (self.wide is Octets)
        self.slots = len(kinds) if len(kinds) * slot_bytes <= _MAX_TABLE_BYTES else 1
        self.longest = longest
        meaning = Counts(
            -bias - common * most,
            2 * common,
            counts + 1,
            most,
            stride,
            -driven_common * driven_most,
            2 * driven_common,
            (counts <= SEPTET).astype(np.int64),
        )
        return Classes(
            of.astype(np.int32),
            np.ascontiguousarray(kinds[:, :-6]),
            np.stack(meaning, axis=1),
            given(program.cells.table, np.float64),
            program.cells.table_first,
            program.cells.table_step,
        )

    def tables(self) -> Tables:
        """Empty tables for one shard."""
        slots = self.slots
        return Tables(
            content=np.full((slots, 3), np.nan),
            masks=np.zeros((slots, PLANES + 2, 8), dtype=np.uint64),
            others=self._others(),
            threshold=np.zeros(self.longest, dtype=np.int64),
        )

    def _others(self) -> Others:
        """Empty tables of p-bits of more than six inputs."""
        slots = self.slots
        if not self.has_wide:
            return Sevens(SEPTET) if np.any(self.layout.network.kind != NARROW_6) else None
        if issubclass(self.wide, Octets):
            return Octets(
                octets=np.zeros((slots, TABLE_WORDS), dtype=np.uint64),
                exact=np.zeros((slots, MOST_COUNTS), dtype=np.int64),
                inputs=aligned((BUFFER,), np.uint64),
                tied=aligned((max(self.shard_words, LANES * MOST_VECTORS),), np.uint64),
            )
        return self.wide(
            levels=np.zeros((slots, self.per_levels), dtype=np.int64),
            lists=np.zeros((slots, self.per_list), dtype=np.int64),
            scratch=aligned(((8 + 2 ** (self.wide.n_planes - 3) + self.longest + 1) * 8,), np.uint64),
        )

    def gathers(self, replicas: Replicas) -> bool:
        """Whether several p-bits share a vector."""
        return (
            self.kinds is not None
            and not np.any(replicas.rungs)
            and gathers(self.kinds, replicas.words, self._together)
        )

    def singles(self, replicas: Replicas) -> bool:
        """Whether replicas are kept one by one."""
        if not self._one_by_one or replicas.words > 1:
            return False
        if self.blocks is not None and takes_blocks(self.blocks, replicas.reads):
            return True
        return self._shares or takes_single(self.n_pbits, replicas.reads)

    @cached_property
    def blocks(self) -> Blocks | None:
        """The p-bits in blocks, where the clock allows it."""
        return blocks_of(self._program, self.layout.classes, self.unit)

    @cached_property
    def _words(self) -> np.ndarray | None:
        """int64: the random words of each tile of the blocks, where its p-bits share them in order."""
        bits = self._program.noise.random_bit
        return None if bits is None or self.blocks is None else words_of(self.blocks, bits)

    @cached_property
    def sites(self) -> Sites:
        """The connections as single replicas read them."""
        return sites_of(self._program, self._weight, self.layout.classes, longest=self.longest, unit=self.unit)

    def rung_tables(self, rungs: np.ndarray) -> RungTables:
        """The same where words have rungs of their own."""
        vectors = -(-len(rungs) // 8)
        return RungTables(
            content=np.full((self.slots, 3), np.nan),
            masks=np.zeros((self.slots, vectors, PLANES + 2), dtype=np.uint64),
            rung=rungs,
            threshold=np.zeros(self.longest, dtype=np.int64),
        )

    def load(self, program: Program) -> None:
        """Refuse another network."""
        raise UnsupportedError("engine bitplanes does not load other weights into a running machine; engine lanes does")

    def bias_reads(self, most: np.ndarray) -> None:
        """Nothing: programs with biases of each read's own are refused."""

    def shard(self, replicas: Replicas) -> "Shard | FewShard":
        """Some of the replicas at time 0."""
        energies = self.law_energies_of, self.energies_of
        if not self.singles(replicas):
            return Shard(self, replicas)
        if self.blocks is not None and (self._words is not None or not self._shares):
            return BlockShard(self.blocks, self._words, replicas, *energies)
        return SingleShard(self.sites, replicas, *energies)

    def energies_of(self, rows: np.ndarray) -> np.ndarray:
        """float64 (64 * W,): E in problem units of states uint64 (n + 1, W), bit-sliced where sums are exact."""
        if not self.counts_energies:
            return self.energies(unpack_replicas(rows[:-1]).T)
        return self.law_energies_of(rows) + self.energy_offset

    def law_energies_of(self, rows: np.ndarray) -> np.ndarray:
        """float64 (64 * W,): E in the network that the machine realises, counted bit-sliced; the last row is empty."""
        words = rows.shape[1]
        if words % 8:
            rows = np.pad(rows, ((0, 0), (0, -words % 8)))
        planes = np.zeros((N_COUNTERS, rows.shape[1]), dtype=np.uint64)
        count_energy(rows, self.left, self.right, self.term_septets, planes)
        ones = np.empty(64 * rows.shape[1], dtype=np.int64)
        count_of(planes, ones)
        return self.unit * (2 * ones[: 64 * words] - self.total)

    def packed(self, wires: Wires) -> Packed:
        """Buffers for one shard, where delays differ."""
        septets = self.layout.network.septets.reshape(self.n_pbits, self.n_bits + 1)
        most, degree = int(np.max(septets[:, -1] - septets[:, 0])), int(np.max(np.diff(wires.indptr)))
        return Packed(*(np.zeros(k, dtype=np.int64) for k in (degree + 1, most * SEPTET, self.n_bits + 1)))

    def _terms(self, program: Program) -> None:
        """The energy as terms, each worth a power of two where left ^ right is one; see Shard.energies."""
        n, network = program.n_pbits, program.network
        once = network.indices < network.rows
        size = np.rint(np.concatenate((network.weight[once], network.bias)) / self.unit).astype(np.int64)
        left = np.concatenate((network.rows[once], np.arange(n))) << 1
        right = np.concatenate((network.indices[once].astype(np.int64), np.full(n, n))) << 1
        # s s' = +1 where the bits are alike: the term of a positive coupling is inverted, that of a negative bias too
        right |= np.concatenate((network.weight[once] > 0, network.bias < 0))
        self.total = int(np.abs(size).sum())
        parts: list[tuple[np.ndarray, np.ndarray]] = []
        first = [0]
        for bit in range(int(np.abs(size).max(initial=0)).bit_length()):
            has = np.abs(size) >> bit & 1 > 0
            padding = np.full(-int(has.sum()) % SEPTET, n << 1)
            parts.append((np.concatenate((left[has], padding)), np.concatenate((right[has], padding))))
            first.append(first[-1] + len(parts[-1][0]) // SEPTET)
        empty = np.zeros(0, dtype=np.int64)
        self.left = np.concatenate([p[0] for p in parts] or [empty]).astype(np.int64)
        self.right = np.concatenate([p[1] for p in parts] or [empty]).astype(np.int64)
        self.term_septets = np.array(first, dtype=np.int64)


class RingPrepared(Prepared):
    """A ring of copies, laid out for few replicas; see bitplanes_ring."""

    shard_words, grain, mixes = 1, 1, False

    def __init__(self, program: Program, copies: int) -> None:
        self.n_pbits, self.unit = program.n_pbits, program.network.unit or 1.0
        self._ring = ring_of(program, copies)
        n, integers = self._ring.n, _integer_rows(program)
        seen = seen_of(program, n)
        narrow, kind = self._kernels(integers.weight, integers.counts)
        pbit = np.arange(2 * n) // 2  # of each row
        entries, septets = self._pack(seen, integers.weight[seen.order], narrow[pbit], True)
        network = Network(entries, septets, kind[pbit], self.n_bits, self.unit, program.wires.longest_ticks)
        self.layout = Layout(network, self._classes(program, integers))
        self._sums = program.column_energies, program.network.column_energies

    def shard(self, replicas: Replicas) -> RingShard:  # type: ignore[override]
        """Some of the replicas at time 0."""
        return RingShard(self._ring, self.layout, self.tables(), replicas, self._sums)


def _by_push(row: np.ndarray, packed: np.ndarray) -> np.ndarray:
    """``packed`` inputs of p-bits ``row``, both int64 (m,), in order of rows, each row in whole septets of inputs that
    push the same way, as many as there are, and then the others: at most six of each."""
    group = row << 1 | packed & 1
    order = np.argsort(group, kind="stable")
    size = np.bincount(group)
    rank = np.empty(len(row), dtype=np.int64)
    rank[order] = np.arange(len(row)) - (np.cumsum(size) - size)[group[order]]
    whole = rank < size[group] // SEPTET * SEPTET
    return packed[np.lexsort((packed & 1, ~whole, row))]


class Shard:
    """Words of 64 replicas of one schedule, rows padded to whole vectors."""

    def __init__(self, prepared: Prepared, replicas: Replicas) -> None:
        self._prepared = prepared
        self._noise = Noise(np.uint64(replicas.noise_key), replicas.first_word)
        words = replicas.words
        self._few = new_buckets(prepared.kinds) if prepared.kinds and prepared.gathers(replicas) else None
        self._words, self._width = words, -(-words // 8) * 8
        if self._few is not None:
            self._width = 1 << (words - 1).bit_length()
        self._tables: Tables | RungTables
        self._tables = prepared.rung_tables(replicas.rungs) if np.any(replicas.rungs) else prepared.tables()
        self._anneals: Sequence[Anneal] = ()
        self._n_read = 0
        n, wires = prepared.n_pbits, prepared.wires
        state = aligned((n + 1, self._width), np.uint64)
        initial_words(replicas.initial_key, replicas.first_word, state[:n])
        if replicas.initial is not None:
            state[:n, :words] = pack_bits(replicas.initial.T)
        self._pending: Queue | Rings
        if wires is None:
            self._visible, self._pending = state, new_queue(self._width, np.uint64)
        else:
            self._pending, self._packed = new_rings(state[:n]), prepared.packed(wires)

    @property
    def lanes(self) -> int:
        """How many replicas, padding included."""
        return 64 * self._width

    def _read(self, anneals: Sequence[Anneal]) -> Betas:
        """``anneals`` as the kernel reads them."""
        by_word = isinstance(self._tables, RungTables)
        anneals = anneals if by_word else anneals[:1]
        if len(anneals) != len(self._anneals) or any(a is not b for a, b in zip(anneals, self._anneals, strict=True)):
            self._anneals, self._n_read = anneals, self._n_read + 1
            self._betas = betas_of_all(anneals, self._n_read) if by_word else betas_of(anneals[0])
        return self._betas

    def advance(self, chunk: Chunk, anneals: Sequence[Anneal], recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        event, n_events = 0, len(chunk.time)
        trace = np.empty((n_events if len(recorded) else 0, self._width), dtype=np.uint64)
        prepared, betas = self._prepared, self._read(anneals)
        while True:
            if self._few is not None:
                event = advance_few(
                    event,
                    chunk,
                    betas,
                    prepared.layout,
                    prepared.kinds,
                    self._visible,
                    self._pending,
                    self._few,
                    self._tables,
                    self._noise,
                    prepared.part,
                    trace,
                )
            elif isinstance(self._pending, Queue):
                event = advance_queue(
                    event,
                    chunk,
                    betas,
                    prepared.layout,
                    self._visible,
                    self._pending,
                    self._tables,
                    self._noise,
                    prepared.part,
                    trace,
                )
            else:
                event = advance_rings(
                    event,
                    chunk,
                    betas,
                    prepared.layout,
                    prepared.wires,
                    self._pending,
                    self._packed,
                    self._tables,
                    self._noise,
                    prepared.part,
                    trace,
                )
            if event == n_events:
                break
            self._pending = grown(self._pending)
        if not len(recorded):
            return np.empty((0, 0), dtype=np.int8)
        bits = trace[:, recorded // 64] >> (recorded % 64).astype(np.uint64) & np.uint64(1)
        return (2 * bits.astype(np.int8) - 1).astype(np.int8)

    def _committed(self) -> np.ndarray:
        """uint64 (n + 1, width): the newest state of every p-bit; the last row is empty."""
        if isinstance(self._pending, Queue):
            return newest(self._pending, self._visible)
        return np.concatenate((newest_of_rings(self._pending), self._pending.rows[-1:]))

    @property
    def n_words(self) -> int:
        """How many words of replicas, without padding."""
        return self._words

    def load(self) -> None:
        """Nothing to take: `Prepared.load` refuses."""

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64 * words, n); nothing is under way then."""
        state = np.zeros((self._prepared.n_pbits, self._width), dtype=np.uint64)
        state[:, : self._words] = pack_bits(states.T)
        if isinstance(self._pending, Queue):
            self._visible[:-1] = state
            drop(self._pending)
        else:
            write_rings(self._pending, state)

    def settled(self) -> np.ndarray:
        """uint64 (n + 1, width): the states, after what was under way has arrived; to be moved and written back."""
        if isinstance(self._pending, Queue):
            settle(self._pending, self._visible)
            return self._visible
        return self._committed()

    def write_rows(self, rows: np.ndarray) -> None:
        """Write uint64 (n + 1, words or width), as `settled` gave them; nothing is under way then."""
        if isinstance(self._pending, Queue):
            if rows is not self._visible:
                self._visible[:, : rows.shape[1]] = rows
            return
        state = np.zeros((self._prepared.n_pbits, self._width), dtype=np.uint64)
        state[:, : rows.shape[1]] = rows[:-1]
        write_rings(self._pending, state)

    def spins(self) -> np.ndarray:
        """int8 (64 * words, n): the committed states, replicas in order."""
        return unpack_replicas(self._committed()[:-1, : self._words])

    def energies(self) -> np.ndarray:
        """float64 (64 * words,): E in problem units."""
        return self._prepared.energies_of(self._committed())[: 64 * self._words]

    def law_energies(self) -> np.ndarray:
        """float64 (64 * words,): E in the network that the machine realises."""
        return self._prepared.law_energies_of(self._committed())[: 64 * self._words]
