"""bitplanes: the fastest engine, for small-integer couplings. 64 replicas to a machine word, every step bit-sliced.

Enters: a Program, a schedule chunk and a Shard (rows of words, one row of replicas for each p-bit). Leaves: the shard
advanced.

With one delay for all connections, `visible` holds what everybody sees, and a queue holds the commits under way: a
commit is copied in when its time has come, so a reader takes its neighbours' rows as they are. With a delay for each
connection, every p-bit keeps a short ring of its last commits, and a reader walks back to the newest that has arrived.
Thresholds are tabulated by `hwsim.cell.law.threshold` for every class of like p-bits and every count of pushing
inputs, so gain, offset, DAC and comparator of each p-bit are honoured exactly.
"""

import sys
from typing import NamedTuple

import numpy as np

from hwsim.anneal import Anneal
from hwsim.cell.law import law_threshold
from hwsim.engine.bitkernels import (
    ALWAYS,
    GROUP,
    N_COUNTERS,
    OPEN,
    PLANES,
    copy_row,
    count_terms,
    decide_narrow_6,
    decide_narrow_7,
    decide_wide_5,
    decide_wide_5_sized,
    decide_wide_10,
    fetch_ahead,
)
from hwsim.engine.contract import Start, columns
from hwsim.engine.feature import SHARED, Feature, missing
from hwsim.engine.integer import integer_unit
from hwsim.engine.memory import aligned
from hwsim.engine.noise import first_word, update_key, word_start
from hwsim.engine.schedule import Chunk
from hwsim.engine.shards import ShardedState
from hwsim.jit import njit
from hwsim.program import Program

FEATURES = SHARED | {
    Feature.DIFFERENT_DELAYS, Feature.DRIVEN, Feature.QUANTISED_INPUT, Feature.INPUT_LIMIT, Feature.OTHER_LAWS,
    Feature.NOISE,
}  # fmt: skip
SHARD_WORDS, GRAIN = 32, 8
"""Words of 64 replicas in one shard, at most and in steps of: 4,096 p-bits just fit a cache of a megabyte."""
NARROW_6, NARROW_7, WIDE_5, WIDE_5_SIZED, WIDE_10 = range(5)
_AHEAD = 8  # events between fetching a p-bit's inputs into the cache and their use
_MAX_TABLE_BYTES = 2**28
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_LONG_AGO = -(2**62)


class Network(NamedTuple):
    """A Program's connections, packed; see bitkernels for packed inputs."""

    entries: np.ndarray  # int64 (n_entries,): packed; of p-bits where delays are alike, else of local connections
    groups: np.ndarray  # int64 (n * (n_bits + 1),): where the inputs of p-bit i that count 2**bit begin, in groups
    indptr: np.ndarray  # int64 (n + 1,)
    indices: np.ndarray  # int32 (m,)
    delay: np.ndarray  # int64 (m,)
    kind: np.ndarray  # int8 (n,): NARROW_6 and so on, the kernel


class Classes(NamedTuple):
    """P-bits whose thresholds are alike, one entry per class."""

    of: np.ndarray  # int32 (n,): class of each p-bit
    device: np.ndarray  # float64 (C, 10): the fields of contract.Columns
    first: np.ndarray  # int64 (C,): field / unit at count 0
    step: np.ndarray  # int64 (C,): and per count
    n_counts: np.ndarray  # int64 (C,)
    most: np.ndarray  # int64 (C,): largest count of inputs that are not driven
    stride: np.ndarray  # int64 (C,): a driven input counts so many times its size; a power of two above other counts
    driven_first: np.ndarray  # int64 (C,): field / unit through driven couplings at driven count 0
    driven_step: np.ndarray  # int64 (C,): and per driven count
    narrow: np.ndarray  # bool (C,)
    table: np.ndarray  # of the law TABLE; see Program
    table_first: float
    table_step: float


class Tables(NamedTuple):
    """Thresholds at one beta. A slot for each class, or one slot for all where that is too much memory."""

    beta: np.ndarray  # float64 (slots,): beta of the content
    drive: np.ndarray  # float64 (slots,): drive of the content
    owner: np.ndarray  # int64 (slots,): class of the content
    masks: np.ndarray  # uint64 (slots * 34 * 8,): narrow classes
    levels: np.ndarray  # int64 (slots * (2 + L),): n_open, n_always, open counts, always counts
    lists: np.ndarray  # int64 (slots * per_list,): 33 offsets, then the entries of each plane
    bound: np.ndarray  # int64 (L,): scratch
    scratch: np.ndarray  # uint64: scratch of the wide kernels


class Queue(NamedTuple):
    """Commits under way, delays alike. Q slots (a power of two), W words."""

    visible: np.ndarray  # uint64 ((n + 1) * W,): the last row is empty
    rows: np.ndarray  # uint64 (Q * W,)
    time: np.ndarray  # int64 (Q,)
    pbit: np.ndarray  # int64 (Q,)
    ends: np.ndarray  # int64 (2,): numbers of the oldest under way and of the next


class Rings(NamedTuple):
    """Last commits of every p-bit, delays that differ. H slots (a power of two), W words."""

    rows: np.ndarray  # uint64 ((n * H + 1) * W,): the last row is empty
    time: np.ndarray  # int64 (n * H,)
    commits: np.ndarray  # int64 (n,): commits so far; the newest is in slot commits % H


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
    return None


def start(program: Program, start: Start) -> ShardedState:
    """Replicas at time 0."""
    return ShardedState(program, start, sys.modules[__name__])


def mean_counts(program: Program) -> float:
    """The number of field values of a p-bit, on average: what an update costs, since each is updated as often."""
    return float(_integer_rows(program).counts.mean()) + 1 if program.n_pbits else 1.0


class IntegerRows(NamedTuple):
    """Couplings as counts: a p-bit's is that of its pushing inputs, plus ``stride`` times that of its driven ones."""

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


def _integer_rows(program: Program) -> IntegerRows:
    unit = integer_unit(program)
    degree = program.network.degree
    rows = program.network.rows
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


class Prepared:
    """A Program laid out for the kernels; made once a run and shared by its shards."""

    def __init__(self, program: Program) -> None:
        n = program.n_pbits
        self.n_pbits = n
        self.uniform_delay = program.wires.uniform_delay
        self.unit = integer_unit(program) or 1.0
        integers = _integer_rows(program)
        weight, counts = integers.weight, integers.counts
        few, plain = int(counts.max(initial=0)) <= 31, bool(np.all(np.abs(weight) == 1))
        self.wide = (WIDE_5 if plain else WIDE_5_SIZED) if few else WIDE_10
        self.n_bits = {WIDE_5: 1, WIDE_5_SIZED: 5, WIDE_10: 7}[self.wide]
        narrow = counts <= GROUP
        kind = np.select([counts <= 6, narrow], [NARROW_6, NARROW_7], self.wide).astype(np.int8)
        entries, groups = self._pack(program, weight, narrow)
        wired = program.network
        self.network = Network(entries, groups, wired.indptr, wired.indices, program.wires.delay, kind)
        self._classes(program, integers)
        self._terms(program)
        self.problem_network = program.problem_network if program.readout.problem is not None else None

    def _pack(self, program: Program, weight: np.ndarray, narrow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Entries and group numbers: the inputs of p-bit i that count 2**bit, seven a group, padded with empty rows.

        A narrow p-bit has one group, in which a coupling of size w stands w times.
        """
        n, degree = program.n_pbits, program.network.degree
        row = program.network.rows
        uniform = self.uniform_delay is not None
        local = np.arange(len(row)) - program.network.indptr[row]
        packed = (program.network.indices.astype(np.int64) if uniform else local) << 1 | (weight > 0)
        empty = np.full(n, n) if uniform else degree
        size, few = np.abs(weight), narrow[row]
        parts = []
        for bit in range(self.n_bits):
            times = (size >> bit & 1) * ~few
            if bit == 0:
                times = np.where(few, size, times)
            parts.append((np.repeat(row, times), np.repeat(packed, times)))
        counts = np.stack([np.bincount(r, minlength=n) for r, _ in parts], axis=1)
        n_groups = -(-counts // GROUP)
        n_groups[narrow, 0] = 1
        after = np.cumsum(n_groups.ravel()).reshape(n, self.n_bits)
        groups = np.concatenate(((after - n_groups)[:, :1], after), axis=1)
        entries = np.repeat(empty.astype(np.int64) << 1, n_groups.sum(axis=1) * GROUP)
        for bit, (rows, part) in enumerate(parts):
            before = np.concatenate(([0], np.cumsum(counts[:, bit])))[:-1]
            entries[groups[rows, bit] * GROUP + np.arange(len(rows)) - before[rows]] = part
        return entries, groups.astype(np.int64).ravel()

    def _classes(self, program: Program, integers: IntegerRows) -> None:
        bias = np.rint(program.network.bias / self.unit)
        rows = np.stack([*vars(columns(program)).values(), bias, *integers[1:]], axis=1).astype(np.float64)
        kinds, of = np.unique(rows, axis=0, return_inverse=True)
        bias, common, most, stride, driven_common, driven_most = (
            np.ascontiguousarray(kinds[:, k]).astype(np.int64) for k in range(-6, 0)
        )  # fmt: skip
        counts = most + stride * driven_most
        self.classes = Classes(
            of.ravel().astype(np.int32), np.ascontiguousarray(kinds[:, :-6]), -bias - common * most, 2 * common,
            counts + 1, most, stride, -driven_common * driven_most, 2 * driven_common, counts <= GROUP,
            program.cells.points, program.cells.table_first, program.cells.table_step,
        )  # fmt: skip
        has_wide = bool(np.any(counts > GROUP))
        longest = int(counts.max(initial=0)) + 1
        self.per_levels = 2 + longest if has_wide else 2
        self.per_list = PLANES + 1 + PLANES * (longest + 3) if has_wide else 1
        slot_bytes = 8 * (self.per_levels + self.per_list + (PLANES + 2) * 8)
        self.slots = len(kinds) if len(kinds) * slot_bytes <= _MAX_TABLE_BYTES else 1
        self.longest = longest

    def tables(self) -> Tables:
        """Empty tables for one shard."""
        slots, n_planes = self.slots, 10 if self.wide == WIDE_10 else 5
        return Tables(
            np.full(slots, np.nan),
            np.full(slots, np.nan),
            np.full(slots, -1, dtype=np.int64),
            np.zeros(slots * (PLANES + 2) * 8, dtype=np.uint64),
            np.zeros(slots * self.per_levels, dtype=np.int64),
            np.zeros(slots * self.per_list, dtype=np.int64),
            np.zeros(self.longest, dtype=np.int64),
            aligned(((8 + 2 ** (n_planes - 3) + self.longest + 1) * 8,), np.uint64),
        )

    def _terms(self, program: Program) -> None:
        """The energy as terms, each worth a power of two where left ^ right is one; see Shard.energies."""
        n = program.n_pbits
        network = program.network
        rows = network.rows
        once = network.indices < rows
        size = np.rint(np.concatenate((network.weight[once], network.bias)) / self.unit).astype(np.int64)
        left = np.concatenate((rows[once], np.arange(n))) << 1
        right = np.concatenate((program.network.indices[once].astype(np.int64), np.full(n, n))) << 1
        # s s' = +1 where the bits are alike: the term of a positive coupling is inverted, that of a negative bias too
        right |= np.concatenate((program.network.weight[once] > 0, program.network.bias < 0))
        self.total = int(np.abs(size).sum())
        parts: list[tuple[np.ndarray, np.ndarray]] = []
        first = [0]
        for bit in range(int(np.abs(size).max(initial=0)).bit_length()):
            has = np.abs(size) >> bit & 1 > 0
            padding = np.full(-int(has.sum()) % GROUP, n << 1)
            parts.append((np.concatenate((left[has], padding)), np.concatenate((right[has], padding))))
            first.append(first[-1] + len(parts[-1][0]) // GROUP)
        empty = np.zeros(0, dtype=np.int64)
        self.left = np.concatenate([p[0] for p in parts] or [empty]).astype(np.int64)
        self.right = np.concatenate([p[1] for p in parts] or [empty]).astype(np.int64)
        self.term_groups = np.array(first, dtype=np.int64)


class Shard:
    """``words`` x 64 replicas of one schedule group, from word ``first_word`` of its noise on."""

    def __init__(
        self, prepared: Prepared, *, noise_key: int, initial_key: int, first_word: int, words: int,
        initial: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        self._prepared = prepared
        self._noise_key = np.uint64(noise_key)
        self._first_word, self._words = first_word, words
        self._width = width = -(-words // 8) * 8
        self._tables = prepared.tables()
        n = prepared.n_pbits
        state = aligned((n + 1, width), np.uint64)
        _random_start(np.uint64(initial_key), first_word, state[:n])
        if initial is not None:
            state[:n, :words] = _pack_bits(initial.T)
        self._queue: Queue | None = None
        self._rings: Rings | None = None
        if prepared.uniform_delay is not None:
            size = 64
            self._queue = Queue(
                state.ravel(), aligned((size * width,), np.uint64), np.zeros(size, dtype=np.int64),
                np.zeros(size, dtype=np.int64), np.zeros(2, dtype=np.int64),
            )  # fmt: skip
        else:
            rows = aligned((n * 2 + 1, width), np.uint64)
            rows[: 2 * n : 2] = state[:n]
            self._rings = Rings(
                rows.ravel(), np.full(2 * n, _LONG_AGO, dtype=np.int64), np.zeros(n, dtype=np.int64)
            )  # fmt: skip

    @property
    def lanes(self) -> int:
        """How many replicas, padding included."""
        return 64 * self._width

    def advance(self, chunk: Chunk, anneal: Anneal, recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        prepared, event = self._prepared, 0
        trace = np.empty(self._width * len(chunk.time) if len(recorded) else 0, dtype=np.uint64)
        options = (
            self._noise_key, np.int64(self._first_word), np.int64(self._width), prepared.unit, prepared.n_bits,
            prepared.per_levels, prepared.per_list,
        )  # fmt: skip
        while True:
            if self._queue is not None:
                event = _advance_queue(
                    event, chunk, anneal, prepared.network, prepared.classes, self._tables, self._queue,
                    np.int64(prepared.uniform_delay or 0), options, trace,
                )  # fmt: skip
                if event < len(chunk.time):
                    self._queue = _longer(self._queue, self._width)
            elif self._rings is not None:
                event = _advance_rings(
                    event, chunk, anneal, prepared.network, prepared.classes, self._tables, self._rings, options, trace
                )
                if event < len(chunk.time):
                    self._rings = _deeper(self._rings, prepared.n_pbits, self._width)
            if event == len(chunk.time):
                break
        if not len(recorded):
            return np.empty((0, 0), dtype=np.int8)
        bits = trace.reshape(-1, self._width)[:, recorded // 64] >> (recorded % 64).astype(np.uint64) & np.uint64(1)
        return (2 * bits.astype(np.int8) - 1).astype(np.int8)

    def _committed(self) -> np.ndarray:
        """uint64 ((n + 1) * width,): the newest state of every p-bit; the last row is empty."""
        n, width = self._prepared.n_pbits, self._width
        if self._queue is not None:
            state = self._queue.visible.reshape(n + 1, width).copy()
            rows, size = self._queue.rows.reshape(-1, width), len(self._queue.time)
            for k in range(*self._queue.ends):
                state[self._queue.pbit[k % size]] = rows[k % size]
            return state.ravel()
        assert self._rings is not None
        rows, depth = self._rings.rows.reshape(-1, width), len(self._rings.time) // n
        newest = np.append(np.arange(n) * depth + self._rings.commits % depth, n * depth)
        return rows[newest].ravel()

    @property
    def n_words(self) -> int:
        """How many words of replicas, without padding."""
        return self._words

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64 * words, n); nothing is under way then."""
        n, width = self._prepared.n_pbits, self._width
        packed = _pack_bits(states.T)
        if self._queue is not None:
            self._queue.visible.reshape(n + 1, width)[:n, : self._words] = packed
            self._queue.ends[0] = self._queue.ends[1]
        if self._rings is not None:
            self._rings.rows[: -width or None].reshape(n, -1, width)[:, :, : self._words] = packed[:, None]
            self._rings.time[:] = _LONG_AGO

    def spins(self) -> np.ndarray:
        """int8 (64 * words, n): the committed states, replicas in order."""
        return _unpack_replicas(self._committed().reshape(-1, self._width)[:-1, : self._words])

    def energies(self) -> np.ndarray:
        """float64 (64 * words,): E without the program's offset, counted bit-sliced."""
        prepared = self._prepared
        if prepared.problem_network is not None:
            return prepared.problem_network.energies(self.spins())
        planes = np.zeros((N_COUNTERS, self._width), dtype=np.uint64)
        _count_energy(
            self._committed(), np.int64(self._width), prepared.left, prepared.right, prepared.term_groups,
            planes.ravel(),
        )  # fmt: skip
        ones = np.zeros(64 * self._words, dtype=np.int64)
        for bit in range(N_COUNTERS):
            if planes[bit].any():
                ones += (_unpack_replicas(planes[bit : bit + 1, : self._words])[:, 0] > 0).astype(np.int64) << bit
        return prepared.unit * (2 * ones - prepared.total)


def _unpack_replicas(words: np.ndarray) -> np.ndarray:
    """int8 (64 * W, rows) of +-1 from uint64 (rows, W)."""
    octets = np.ascontiguousarray(np.ascontiguousarray(words).astype("<u8").view(np.uint8).T)
    out = np.empty((len(octets), 8, len(words)), dtype=np.int8)
    for bit in range(8):
        np.right_shift(octets, bit, out=out[:, bit].view(np.uint8))
    out &= 1
    out *= 2
    out -= 1
    return out.reshape(-1, len(words))


def _pack_bits(spins: np.ndarray) -> np.ndarray:
    """uint64 (rows, W) from int8 (rows, 64 * W) of +-1."""
    packed = np.ascontiguousarray(np.packbits(spins > 0, axis=1, bitorder="little"))
    return packed.view("<u8").astype(np.uint64)


def _longer(queue: Queue, width: int) -> Queue:
    """The same queue with twice the slots."""
    size = len(queue.time)
    rows = aligned((2 * size, width), np.uint64)
    time, pbit = np.zeros(2 * size, dtype=np.int64), np.zeros(2 * size, dtype=np.int64)
    numbers = np.arange(*queue.ends)
    rows[numbers % (2 * size)] = queue.rows.reshape(size, width)[numbers % size]
    time[numbers % (2 * size)] = queue.time[numbers % size]
    pbit[numbers % (2 * size)] = queue.pbit[numbers % size]
    return queue._replace(rows=rows.ravel(), time=time, pbit=pbit)


def _deeper(rings: Rings, n: int, width: int) -> Rings:
    """The same rings with twice the slots."""
    depth = len(rings.time) // n
    old_rows = rings.rows.reshape(-1, width)
    rows = aligned((n * 2 * depth + 1, width), np.uint64)
    time = np.full(n * 2 * depth, _LONG_AGO, dtype=np.int64)
    cells = np.arange(n)
    for back in range(depth):
        commit = rings.commits - back
        kept = commit >= 0
        old = cells[kept] * depth + commit[kept] % depth
        new = cells[kept] * 2 * depth + commit[kept] % (2 * depth)
        rows[new] = old_rows[old]
        time[new] = rings.time[old]
    return Rings(rows.ravel(), time, rings.commits)


@njit
def _random_start(key, word_0, state):
    for i in range(state.shape[0]):
        start = update_key(key, i, 0)
        for w in range(state.shape[1]):
            state[i, w], _ = first_word(word_start(start, word_0 + w))


@njit(nogil=True)
def _count_energy(rows, width, left, right, groups, planes):
    for bit in range(len(groups) - 1):
        count_terms(rows, width, left, right, groups[bit], groups[bit + 1], np.int64(bit), planes)


@njit
def _fill_bounds(classes, c, beta, drive, unit, shift, bound):
    """Thresholds of class ``c`` by count, as integers up to 2**32; ``shift`` is added to the offset."""
    gain, offset, low, high, step, word, law, parameter, reach, noise = classes.device[c]
    stride, is_driven = classes.stride[c], classes.driven_first[c] != 0
    for s in range(classes.n_counts[c]):
        count = s & (stride - 1) if is_driven else s
        if count > classes.most[c]:
            bound[s] = 0  # no inputs give this count
            continue
        field = unit * np.float64(classes.first[c] + count * classes.step[c])
        if is_driven:
            through = unit * np.float64(classes.driven_first[c] + s // stride * classes.driven_step[c])
            field = field + drive * through
        bound[s] = np.int64(
            law_threshold(
                1, field, beta, gain, offset + shift, low, high, step, word, np.int64(law), parameter, reach, noise,
                classes.table, classes.table_first, classes.table_step,
            )
        )  # fmt: skip


@njit
def _fill_masks(bound, n_counts, masks, first):
    """Mask table of a narrow class: see decide_narrow."""
    for s in range(8):
        b = bound[s] if s < n_counts else np.int64(0)
        for plane in range(PLANES):
            one = (b >> (PLANES - 1 - plane)) & 1
            masks[first + plane * 8 + s] = _ALL if one == 1 and b < 4294967296 else np.uint64(0)
        masks[first + ALWAYS * 8 + s] = _ALL if b >= 4294967296 else np.uint64(0)
        masks[first + OPEN * 8 + s] = _ALL if 0 < b < 4294967296 else np.uint64(0)


@njit
def _fill_lists(bound, n_counts, levels, level_first, lists, list_first):
    """Level and plane lists of a wide class: see decide_wide."""
    n_open, n_always = 0, 0
    for s in range(n_counts):
        if 0 < bound[s] < 4294967296:
            levels[level_first + 2 + n_open] = s
            n_open += 1
    for s in range(n_counts):
        if bound[s] >= 4294967296:
            levels[level_first + 2 + n_open + n_always] = s
            n_always += 1
    levels[level_first] = n_open
    levels[level_first + 1] = n_always
    at = PLANES + 1
    for plane in range(PLANES):
        lists[list_first + plane] = at
        for entry in range(n_open):
            if (bound[levels[level_first + 2 + entry]] >> (PLANES - 1 - plane)) & 1:
                lists[list_first + at] = entry
                at += 1
        while (at - lists[list_first + plane]) % 4 != 0:
            lists[list_first + at] = n_open
            at += 1
    lists[list_first + PLANES] = at


@njit
def _fill_slot(classes, tables, c, slot, beta, drive, unit, shift, per_levels, per_list):
    """Make ``slot`` hold the thresholds of class ``c`` at ``beta``, with ``shift`` added to the offset."""
    _fill_bounds(classes, c, beta, drive, unit, shift, tables.bound)
    if classes.narrow[c]:
        _fill_masks(tables.bound, classes.n_counts[c], tables.masks, slot * (PLANES + 2) * 8)
    else:
        _fill_lists(tables.bound, classes.n_counts[c], tables.levels, slot * per_levels, tables.lists, slot * per_list)
    tables.beta[slot] = beta if shift == 0.0 else np.nan
    tables.drive[slot] = drive
    tables.owner[slot] = c


@njit
def _beta_step(starts, step, now):
    """Number of the anneal step in force at ``now``, from an earlier one; -1 to begin with."""
    step = max(step, 0)
    while step + 1 < len(starts) and now >= starts[step + 1]:
        step += 1
    return step


@njit(nogil=True)
def _run_queue(event, events, anneal, network, classes, tables, queue, delay, options, trace):
    """Run events from ``event`` on; returns the index reached: short of the end when the queue is full."""
    time, pbit, number, shifts = events
    anneal_start, anneal_beta, anneal_drive = anneal
    key, word_0, width, unit, n_bits, per_levels, per_list = options
    entries, groups, kind, of = network.entries, network.groups, network.kind, classes.of
    # fields of the records as locals: taking an array out of a tuple inside the loop counts a reference each time
    masks, levels, lists, scratch = tables.masks, tables.levels, tables.lists, tables.scratch
    table_beta, table_drive, table_owner, shared = (
        tables.beta,
        tables.drive,
        tables.owner,
        np.int64(len(tables.owner) == 1),
    )
    visible, rows, queue_time, queue_pbit = queue.visible, queue.rows, queue.time, queue.pbit
    size = len(queue_time)
    oldest, following = queue.ends[0], queue.ends[1]
    step, beta, drive = -1, 0.0, 1.0
    n_events = len(time)
    while event < n_events:
        now, i = time[event], np.int64(pbit[event])
        arrived = min(now - 1, now - delay)
        while oldest < following and queue_time[oldest & (size - 1)] <= arrived:
            place = oldest & (size - 1)
            copy_row(rows, place * width, visible, queue_pbit[place] * width, width)
            oldest += 1
        if following - oldest == size:
            break
        if step < 0 or (step + 1 < len(anneal_start) and now >= anneal_start[step + 1]):
            step = _beta_step(anneal_start, step, now)
            beta, drive = anneal_beta[step], anneal_drive[step]
        if event + _AHEAD < n_events:
            fetch_ahead(visible, width, entries, groups[pbit[event + _AHEAD] * (n_bits + 1)] * GROUP)
        c = np.int64(of[i])
        slot = c if shared == 0 else 0
        shift = shifts[event] if len(shifts) > 0 else 0.0
        if table_beta[slot] != beta or table_drive[slot] != drive or table_owner[slot] != c or shift != 0.0:
            _fill_slot(classes, tables, c, slot, beta, drive, unit, shift, per_levels, per_list)
        start = word_start(update_key(key, i, number[event]), word_0)
        place, own = following & (size - 1), i * (n_bits + 1)
        if kind[i] == NARROW_6:
            decide_narrow_6(
                visible, width, entries, groups[own] * GROUP, start, masks, slot * (PLANES + 2) * 8, rows, place * width
            )
        elif kind[i] == NARROW_7:
            decide_narrow_7(
                visible, width, entries, groups[own] * GROUP, start, masks, slot * (PLANES + 2) * 8, rows, place * width
            )
        elif kind[i] == WIDE_5:
            decide_wide_5(
                visible, width, entries, groups, own, start, levels, slot * per_levels, lists, slot * per_list,
                scratch, rows, place * width,
            )  # fmt: skip
        elif kind[i] == WIDE_5_SIZED:
            decide_wide_5_sized(
                visible, width, entries, groups, own, start, levels, slot * per_levels, lists, slot * per_list,
                scratch, rows, place * width,
            )  # fmt: skip
        else:
            decide_wide_10(
                visible, width, entries, groups, own, start, levels, slot * per_levels, lists, slot * per_list,
                scratch, rows, place * width,
            )  # fmt: skip
        queue_time[place] = now
        queue_pbit[place] = i
        following += 1
        if len(trace) > 0:
            copy_row(rows, place * width, trace, event * width, width)
        event += 1
    queue.ends[0] = oldest
    queue.ends[1] = following
    return event


def _advance_queue(event, chunk, anneal, network, classes, tables, queue, delay, options, trace):
    return _run_queue(
        event, (chunk.time, chunk.pbit, chunk.number, chunk.shift), (anneal.start, anneal.beta, anneal.drives), network,
        classes, tables, queue, delay, options, trace,
    )  # fmt: skip


@njit(nogil=True)
def _run_rings(event, events, anneal, network, classes, tables, rings, options, trace):
    """The same for delays that differ; short of the end when a ring is too shallow."""
    time, pbit, number, shifts = events
    anneal_start, anneal_beta, anneal_drive = anneal
    key, word_0, width, unit, n_bits, per_levels, per_list = options
    entries, groups, kind, of = network.entries, network.groups, network.kind, classes.of
    # fields of the records as locals: taking an array out of a tuple inside the loop counts a reference each time
    masks, levels, lists, scratch = tables.masks, tables.levels, tables.lists, tables.scratch
    table_beta, table_drive, table_owner, shared = (
        tables.beta,
        tables.drive,
        tables.owner,
        np.int64(len(tables.owner) == 1),
    )
    indptr, indices, delay = network.indptr, network.indices, network.delay
    rows, committed, commits = rings.rows, rings.time, rings.commits
    n = len(commits)
    depth = len(committed) // n
    longest, most, most_groups = np.int64(0), np.int64(0), np.int64(0)
    for k in range(len(delay)):
        longest = max(longest, delay[k])
    for i in range(n):
        most = max(most, indptr[i + 1] - indptr[i])
        most_groups = max(most_groups, groups[(i + 1) * (n_bits + 1) - 1] - groups[i * (n_bits + 1)])
    seen = np.empty(most + 1, dtype=np.int64)
    packed = np.empty(most_groups * GROUP, dtype=np.int64)
    group = np.empty(n_bits + 1, dtype=np.int64)
    step, beta, drive = -1, 0.0, 1.0
    n_events = len(time)
    while event < n_events:
        now, i = time[event], np.int64(pbit[event])
        lost = commits[i] + 1 - depth
        if lost >= 0 and committed[i * depth + ((lost + 1) & (depth - 1))] > min(now - 1, now - longest):
            break
        if step < 0 or (step + 1 < len(anneal_start) and now >= anneal_start[step + 1]):
            step = _beta_step(anneal_start, step, now)
            beta, drive = anneal_beta[step], anneal_drive[step]
        first, degree = indptr[i], indptr[i + 1] - indptr[i]
        for k in range(degree):
            j = np.int64(indices[first + k])
            arrived = min(now - 1, now - delay[first + k])
            commit = commits[j]
            while committed[j * depth + (commit & (depth - 1))] > arrived:
                commit -= 1
            seen[k] = j * depth + (commit & (depth - 1))
        seen[degree] = n * depth
        begin = groups[i * (n_bits + 1)]
        for b in range(n_bits + 1):
            group[b] = groups[i * (n_bits + 1) + b] - begin
        for e in range(group[n_bits] * GROUP):
            entry = entries[begin * GROUP + e]
            packed[e] = seen[entry >> 1] << 1 | (entry & 1)
        c = np.int64(of[i])
        slot = c if shared == 0 else 0
        shift = shifts[event] if len(shifts) > 0 else 0.0
        if table_beta[slot] != beta or table_drive[slot] != drive or table_owner[slot] != c or shift != 0.0:
            _fill_slot(classes, tables, c, slot, beta, drive, unit, shift, per_levels, per_list)
        start = word_start(update_key(key, i, number[event]), word_0)
        target = i * depth + ((commits[i] + 1) & (depth - 1))
        if kind[i] == NARROW_6:
            decide_narrow_6(
                rows, width, packed, group[0] * GROUP, start, masks, slot * (PLANES + 2) * 8, rows, target * width
            )
        elif kind[i] == NARROW_7:
            decide_narrow_7(
                rows, width, packed, group[0] * GROUP, start, masks, slot * (PLANES + 2) * 8, rows, target * width
            )
        elif kind[i] == WIDE_5:
            decide_wide_5(
                rows, width, packed, group, 0, start, levels, slot * per_levels, lists, slot * per_list,
                scratch, rows, target * width,
            )  # fmt: skip
        elif kind[i] == WIDE_5_SIZED:
            decide_wide_5_sized(
                rows, width, packed, group, 0, start, levels, slot * per_levels, lists, slot * per_list,
                scratch, rows, target * width,
            )  # fmt: skip
        else:
            decide_wide_10(
                rows, width, packed, group, 0, start, levels, slot * per_levels, lists, slot * per_list,
                scratch, rows, target * width,
            )  # fmt: skip
        commits[i] += 1
        committed[target] = now
        if len(trace) > 0:
            copy_row(rows, target * width, trace, event * width, width)
        event += 1
    return event


def _advance_rings(event, chunk, anneal, network, classes, tables, rings, options, trace):
    return _run_rings(
        event, (chunk.time, chunk.pbit, chunk.number, chunk.shift), (anneal.start, anneal.beta, anneal.drives), network,
        classes, tables, rings, options, trace,
    )  # fmt: skip
