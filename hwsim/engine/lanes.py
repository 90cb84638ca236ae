"""lanes: the fast engine for any weights. Replicas side by side in SIMD lanes, one schedule shared by a group.

Enters: a Program, a schedule chunk and a Shard (64 to 512 replicas of one schedule group). Leaves: the shard advanced.

With one delay for all connections, a queue holds the commits under way, and each is copied to what everybody sees when
its time has come. Else every p-bit keeps a short ring of its last commits, and a reader walks back to the newest that
has arrived. Both are shared by all lanes.
Each update costs, per lane: 16 random bits (made bit-sliced, then transposed 16 x 16), the field, and the comparison.
The other 16 bits are drawn only where the first 16 tie with the threshold (once in 65,536), by the scalar law.
Integer weights: the field is an int16 and the comparison counts the thresholds that the random number passes.
Other weights: the field is a float64 and the threshold is computed in the lane by the scalar law itself.
"""

import sys
from typing import Any, NamedTuple

import numba
import numpy as np

from hwsim.anneal import Anneal
from hwsim.cell.codes import HEAT_BATH, IDEAL, NO_LIMIT, SOURCES, XOSHIRO128, rises
from hwsim.cell.elementary import rough_sigmoid
from hwsim.cell.law import category, law_threshold, quantised, synapse_step, threshold
from hwsim.cell.source import STATE_WORDS, source_next
from hwsim.engine.contract import Start, columns, own_state
from hwsim.engine.feature import ALL
from hwsim.engine.integer import integer_unit
from hwsim.engine.memory import aligned
from hwsim.engine.noise import draw, first_word, initial_spin, next_word, seed_source, update_key, word_start
from hwsim.engine.schedule import Chunk
from hwsim.engine.shards import ShardedState
from hwsim.jit import njit
from hwsim.program import Program

FEATURES = ALL
SHARD_WORDS, GRAIN = 8, 1
"""Words of 64 replicas in one shard: 512 lanes keep a row within eight cache lines."""
MAX_LEVELS = 512
BATCH_WORDS = 32
RUNGS, MAX_RUNGS = 195, 2**26
"""Thresholds in the table of a noisy p-bit, an odd number with both ends; and in all the tables together."""
_LONG_AGO = -(2**62)
inline = numba.njit(inline="always", error_model="numpy")
"""For small parts of the event loop: a call passes seven words for every array, which costs more than the part."""


class Network(NamedTuple):
    """A Program's connections as the kernel reads them; see Program for shapes and units."""

    bias: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    exchange: np.ndarray  # int64 (m,): interval at which a value crosses, 0 for none
    reverse: np.ndarray  # int64 (m,): where row j holds the connection back to i
    push: np.ndarray  # int16 (m,): -weight / unit, integer path only
    start: np.ndarray  # int16 (n,): -bias / unit
    level_first: np.ndarray  # int32 (n,): smallest field / unit
    level_step: np.ndarray  # int32 (n,)
    n_levels: np.ndarray  # int32 (n,)
    reach: np.ndarray  # float64 (n,): |bias| + sum of |weight|
    driven: np.ndarray  # bool (m,), or (0,) where no coupling is driven


class Cells(NamedTuple):
    """A Program's devices as the kernel reads them; see Program for shapes and units."""

    gain: np.ndarray
    offset: np.ndarray
    low: np.ndarray
    high: np.ndarray
    step: np.ndarray
    word: np.ndarray
    law: np.ndarray
    parameter: np.ndarray
    bound: np.ndarray
    noise: np.ndarray
    synapse: np.ndarray
    table: np.ndarray
    table_first: float
    table_step: float


class Memory(NamedTuple):
    """What a shard carries from one advance to the next. R lanes, n p-bits.

    Delays alike, no synapse: rows 0 ... n - 1 of ``value`` are what everybody sees, and Q more rows (a power of two)
    are a queue of commits under way. Else every p-bit has a ring of H rows (a power of two).
    """

    value: np.ndarray  # int8 (n + Q, R) or (n * H, R)
    time: np.ndarray  # int64 (Q,) or (n * H,): of each commit
    commits: np.ndarray  # int64 (n,): commits so far; the newest is in ring slot commits % H. In a queue, one more than
    #                      the number of the p-bit's last commit
    pbit: np.ndarray  # int64 (Q,): whose commit it is
    ends: np.ndarray  # int64 (2,): numbers of the oldest commit under way and of the next
    filtered: np.ndarray  # float64 (m, R) with RC synapses, else (0, R)
    stepped: np.ndarray  # int64 (m,): time of the filter's last step
    seen: np.ndarray  # int64 (m,): newest commit the filter has seen
    generator: np.ndarray  # uint32 (n, R, words): states of the p-bits' random sources, else (0, 0, 0)


class Scratch(NamedTuple):
    """Buffers, overwritten at every event."""

    rows: np.ndarray  # int64 (max degree,): ring rows that the reader sees
    planes: np.ndarray  # uint64 (18, BATCH_WORDS): 16 bit planes, and the sequence of each column
    words: np.ndarray  # uint64 (batch, 16, W)
    uniform: np.ndarray  # uint16 (batch, R), the same memory as `words`
    field: np.ndarray  # int16 (R,)
    passed: np.ndarray  # int16 (R,)
    tied: np.ndarray  # uint8 (R,)
    current: np.ndarray  # float64 (R,)
    rough: np.ndarray  # float32 (R,): the same, for screening
    bounds: np.ndarray  # uint16 (n_levels + 3,): leading bits of the thresholds to compare with
    level: np.ndarray  # float64 (n_levels,): thresholds of one p-bit
    table: np.ndarray  # float64 (span,): thresholds by field, devices all alike
    cached: np.ndarray  # float64 (n, n_levels) thresholds of devices that differ
    stamp: np.ndarray  # int64 (n,): anneal step of `cached`
    levels: np.ndarray  # float64 (k, R): inputs of all lines of a p-dit; or (1, R), those through driven couplings
    drawn: np.ndarray  # uint32 (R,): random numbers, general path only
    rungs: (
        np.ndarray
    )  # float32 (n or 1, 2 or 1, RUNGS): thresholds by own state and input, general path; else (1, 0, 0)


def why_not(program: Program) -> None:
    """None: it runs every program."""


def start(program: Program, start: Start) -> ShardedState:
    """Replicas at time 0."""
    return ShardedState(program, start, sys.modules[__name__])


class Prepared:
    """A Program laid out for the kernels; made once a run and shared by its shards."""

    def __init__(self, program: Program) -> None:
        n, m = program.n_pbits, len(program.network.weight)
        degree = program.network.degree
        rows = program.network.rows
        order = np.lexsort((rows, program.network.indices))
        reverse = np.empty(m, dtype=np.int64)
        reverse[order] = np.arange(m)
        self.has_synapse = bool(np.any(program.cells.synapse > 0))
        self.queued = program.wires.uniform_delay is not None and not self.has_synapse
        unit = None if self.has_synapse else integer_unit(program)
        push = np.zeros(m, dtype=np.int16)
        start = np.zeros(n, dtype=np.int16)
        first = np.zeros(n, dtype=np.int32)
        step = np.ones(n, dtype=np.int32)
        levels = np.ones(n, dtype=np.int32)
        self.span = 0
        if unit is not None:
            weight = np.rint(program.network.weight / unit).astype(np.int64)
            bias = np.rint(program.network.bias / unit).astype(np.int64)
            push, start = (-weight).astype(np.int16), (-bias).astype(np.int16)
            total = np.bincount(rows, weights=np.abs(weight), minlength=n).astype(np.int64)
            common = np.ones(n, dtype=np.int64)
            linked = degree > 0
            common[linked] = np.gcd.reduceat(np.abs(weight), program.network.indptr[:-1][linked])
            first[:], step[:], levels[:] = -bias - total, 2 * common, total // common + 1
            self.span = int(np.max(np.abs(bias) + np.abs(first + bias))) if n else 0
        device = columns(program)
        self.is_integer = (
            unit is not None and int(levels.max()) <= MAX_LEVELS and bool(np.all(device.gain > 0))
            and own_state(program) is None and bool(np.all(np.diff(program.cells.points) >= 0))
            and program.wires.driven is None
        )  # fmt: skip
        ideal = bool(np.all(device.law == HEAT_BATH)) and not np.any(device.noise > 0)
        self.group = np.zeros(0, dtype=np.int32) if program.cells.pdit is None else program.cells.pdit
        self.is_general = not self.is_integer and (not ideal or own_state(program) is not None)
        # what is slow to compute is worth a table, where the law rises with the input and the table has room
        self.rung_states = 2 if program.remembers else 1
        self.has_rungs = (
            self.is_general and program.noise.source == "ideal"
            and bool(np.all(rises(device.law, device.parameter)) and np.all(device.gain > 0))
            and n * self.rung_states * RUNGS < MAX_RUNGS
        )  # fmt: skip
        self.unit = unit if unit is not None else 1.0
        self.n_levels = int(levels.max())
        cell_columns: tuple[Any, ...] = tuple(vars(device).values())
        self.alike = all(bool(np.all(column == column[0])) for column in cell_columns)
        wired = program.network
        self.network = Network(
            wired.bias, wired.indptr, wired.indices, wired.weight, program.wires.delay,
            np.zeros(m, dtype=np.int64) if program.wires.exchange is None else program.wires.exchange, reverse,
            push, start, first, step, levels,
            np.abs(program.network.bias) + np.bincount(rows, weights=np.abs(program.network.weight), minlength=n),
            np.zeros(0, dtype=np.bool_) if program.wires.driven is None else program.wires.driven,
        )  # fmt: skip
        own = program.cells
        rest: tuple[Any, ...] = (own.synapse, own.points, own.table_first, own.table_step)
        self.cells = Cells(*(cell_columns + rest))
        self.n_pbits = n
        noise = program.noise
        self.source = (SOURCES[noise.source], noise.source_share, noise.source_phase, noise.source_shifts)
        self._problem_network = program.problem_network

    def energies(self, spins: np.ndarray) -> np.ndarray:
        """float64 (replicas,) of spins int8 (n, replicas)."""
        return self._problem_network.column_energies(spins)


def lane_of_replica(words: int) -> np.ndarray:
    """int64 (64 * words,): the lane in which the transposition leaves each replica of a shard."""
    replica = np.arange(64 * words)
    word, bit = replica // 64, replica % 64
    return ((bit % 16) * words + word) * 4 + bit // 16


class Shard:
    """``words`` x 64 replicas of one schedule group, from word ``first_word`` of its noise on."""

    def __init__(
        self, prepared: Prepared, *, noise_key: int, initial_key: int, first_word: int, words: int,
        initial: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        self._prepared = prepared
        self._noise_key = np.uint64(noise_key)
        self._anneal: Anneal | None = None
        self._first_word = first_word
        self._words = words
        self._lane = lane_of_replica(words)
        self._replica = np.empty_like(self._lane)
        self._replica[self._lane] = np.arange(64 * words) + 64 * first_word
        n, m, lanes = prepared.n_pbits, len(prepared.network.weight), 64 * words
        depth, size = (1, 64) if prepared.queued else (2, 0)
        value = aligned((n * depth + size, lanes), np.int8)
        random_start(np.uint64(initial_key), self._replica, value[: n * depth : depth])
        if initial is not None:
            value[: n * depth : depth, self._lane] = initial.T
        time = np.full(size or n * depth, _LONG_AGO, dtype=np.int64)
        with_synapse = prepared.has_synapse
        filtered = np.zeros((m if with_synapse else 0, lanes))
        if with_synapse:
            filtered[:] = value[prepared.network.indices * depth]
        self._memory = Memory(
            value, time, np.zeros(n, dtype=np.int64), np.zeros(size, dtype=np.int64), np.zeros(2, dtype=np.int64),
            filtered,
            np.zeros(m if with_synapse else 0, dtype=np.int64), np.zeros(m if with_synapse else 0, dtype=np.int64),
            self._generators(),
        )  # fmt: skip
        batch = max(1, BATCH_WORDS // words)
        uniform_words = np.empty((batch, 16, words), dtype=np.uint64)
        levels = prepared.n_levels
        self._scratch = Scratch(
            np.empty(max(1, int(np.max(np.diff(prepared.network.indptr)))), dtype=np.int64),
            np.zeros((18, BATCH_WORDS), dtype=np.uint64),
            uniform_words,
            uniform_words.view(np.uint16).reshape(batch, lanes),
            np.empty(lanes, dtype=np.int16),
            np.empty(lanes, dtype=np.int16),
            np.empty(lanes, dtype=np.uint8),
            np.empty(lanes),
            np.empty(lanes, dtype=np.float32),
            np.empty(levels + 3, dtype=np.uint16),
            np.empty(levels),
            np.empty(2 * prepared.span + 1 if prepared.is_integer and prepared.alike else 1),
            np.empty((1, 1) if prepared.alike or not prepared.is_integer else (n, levels)),
            np.full(n, -1, dtype=np.int64),
            np.empty(
                (
                    max(
                        int(np.bincount(prepared.group).max(initial=0)) if len(prepared.group) else 0,
                        min(1, len(prepared.network.driven)),
                    ),
                    lanes,
                )
            ),
            np.empty(lanes, dtype=np.uint32),
            np.empty(
                (1 if prepared.alike else n, prepared.rung_states, RUNGS) if prepared.has_rungs else (1, 0, 0),
                dtype=np.float32,
            ),
        )

    def _generators(self) -> np.ndarray:
        """States of the p-bits' random sources before their first update."""
        source, share, phase, shifts = self._prepared.source
        if source == IDEAL:
            return np.zeros((0, 0, 0), dtype=np.uint32)
        words = STATE_WORDS if source == XOSHIRO128 else 1
        state = np.zeros((self._prepared.n_pbits, self.lanes, words), dtype=np.uint32)
        _seed_sources(self._noise_key, source, share, phase, shifts, self._replica, state)
        return state

    def advance(self, chunk: Chunk, anneal: Anneal, recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        prepared, event = self._prepared, 0
        trace = np.empty((len(chunk.time) if len(recorded) else 0, self.lanes), dtype=np.int8)
        if anneal is not self._anneal:
            self._scratch.stamp[:] = -1  # thresholds are kept by number of the anneal's step
            self._anneal = anneal
        while True:
            event = _advance(
                event, (chunk.time, chunk.pbit, chunk.number, chunk.shift),
                (anneal.start, anneal.beta, anneal.drives), prepared.network, prepared.cells, self._memory,
                self._scratch,
                (self._noise_key, self._first_word, prepared.unit, prepared.is_integer, prepared.alike,
                 prepared.has_synapse, prepared.queued, self._depth, prepared.is_general, prepared.source[0],
                 prepared.source[3]), prepared.group, self._replica, trace,
            )  # fmt: skip
            if event == len(chunk.time):
                return trace[:, self._lane[recorded]]
            self._memory = _longer(self._memory) if prepared.queued else _deeper(self._memory, self._depth)

    @property
    def n_words(self) -> int:
        """How many words of replicas."""
        return self._words

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64 * words, n); nothing is under way then, and synapses have settled."""
        memory, n = self._memory, self._prepared.n_pbits
        by_lane = np.empty((n, self.lanes), dtype=np.int8)
        by_lane[:, self._lane] = states.T
        if self._prepared.queued:
            memory.value[:n] = by_lane
            memory.ends[0] = memory.ends[1]
            return
        memory.value.reshape(n, -1, self.lanes)[:] = by_lane[:, None]
        memory.time[:] = _LONG_AGO
        if len(memory.filtered):
            memory.filtered[:] = by_lane[self._prepared.network.indices]
            memory.seen[:] = memory.commits[self._prepared.network.indices]

    def _newest(self) -> np.ndarray:
        """int8 (n, R): the committed states, by lane."""
        memory, n = self._memory, self._prepared.n_pbits
        if self._prepared.queued:
            newest = memory.value[:n].copy()
            for k in range(*memory.ends):
                newest[memory.pbit[k % len(memory.pbit)]] = memory.value[n + k % len(memory.pbit)]
            return newest
        return memory.value[np.arange(len(memory.commits)) * self._depth + memory.commits % self._depth]

    def spins(self) -> np.ndarray:
        """int8 (64 * words, n): the committed states, replicas in order."""
        return np.ascontiguousarray(self._newest().T)[self._lane]

    def energies(self) -> np.ndarray:
        """float64 (64 * words,): E without the program's offset."""
        return self._prepared.energies(self._newest())[self._lane]

    @property
    def lanes(self) -> int:
        """How many replicas, padding included."""
        return 64 * self._words

    @property
    def _depth(self) -> int:
        return len(self._memory.time) // len(self._memory.commits)


@njit
def _seed_sources(key, source, share, phase, shifts, replica, state):
    own = np.zeros(4, dtype=np.uint32)
    for i in range(state.shape[0]):
        for lane in range(state.shape[1]):
            seed_source(key, source, share, phase, shifts, i, replica[lane], own)
            for word in range(state.shape[2]):
                state[i, lane, word] = own[word]


@njit
def random_start(key, replica, value):
    for i in range(value.shape[0]):
        for lane in range(value.shape[1]):
            value[i, lane] = initial_spin(key, i, replica[lane])


def _longer(memory: Memory) -> Memory:
    """The same memory with a queue twice as long."""
    n, size = len(memory.commits), len(memory.pbit)
    value = aligned((n + 2 * size, memory.value.shape[1]), np.int8)
    time, pbit = np.zeros(2 * size, dtype=np.int64), np.zeros(2 * size, dtype=np.int64)
    numbers = np.arange(*memory.ends)
    value[:n] = memory.value[:n]
    value[n + numbers % (2 * size)] = memory.value[n + numbers % size]
    time[numbers % (2 * size)] = memory.time[numbers % size]
    pbit[numbers % (2 * size)] = memory.pbit[numbers % size]
    return memory._replace(value=value, time=time, pbit=pbit)


def _deeper(memory: Memory, depth: int) -> Memory:
    """The same memory with rings twice as deep."""
    n, lanes = len(memory.commits), memory.value.shape[1]
    value = np.zeros((n * 2 * depth, lanes), dtype=np.int8)
    time = np.full(n * 2 * depth, _LONG_AGO, dtype=np.int64)
    rows = np.arange(n)
    for back in range(depth):
        commit = memory.commits - back
        kept = commit >= 0
        old = rows[kept] * depth + commit[kept] % depth
        new = rows[kept] * 2 * depth + commit[kept] % (2 * depth)
        value[new] = memory.value[old]
        time[new] = memory.time[old]
    return memory._replace(value=value, time=time)


@njit
def uniforms_of(key, pbit, number, first, batch, word_0, words, planes, out):
    """The leading 16 random bits of every lane for ``batch`` events, into ``out`` uint64 (batch, 16, words).

    All loops run over BATCH_WORDS columns, a column for each word of each event, so that they fill whole vectors.
    """
    for e in range(batch):
        start = update_key(key, pbit[first + e], number[first + e])
        for w in range(words):
            shown, hidden = first_word(word_start(start, word_0 + w))
            planes[16, e * words + w] = shown
            planes[17, e * words + w] = hidden
    for plane in range(16):
        for q in range(BATCH_WORDS):
            planes[15 - plane, q] = planes[16, q]
            planes[16, q], planes[17, q] = next_word(planes[16, q], planes[17, q])
    _exchange(planes, 8, np.uint64(0x00FF00FF00FF00FF))
    _exchange(planes, 4, np.uint64(0x0F0F0F0F0F0F0F0F))
    _exchange(planes, 2, np.uint64(0x3333333333333333))
    _exchange(planes, 1, np.uint64(0x5555555555555555))
    if words == 8:
        for e in range(batch):
            for k in range(16):
                for w in range(8):
                    out[e, k, w] = planes[k, e * 8 + w]
    else:
        for e in range(batch):
            for k in range(16):
                for w in range(words):
                    out[e, k, w] = planes[k, e * words + w]


@njit
def _exchange(planes, distance, mask):
    """One stage of the 16 x 16 bit transposition: swap blocks of ``distance`` rows and bits.

    The inner loop has a constant length: with a variable one it takes more than three times as long.
    """
    shift = np.uint64(distance)
    for block in range(0, 16, 2 * distance):
        for row in range(block, block + distance):
            for q in range(BATCH_WORDS):
                a, b = planes[row, q], planes[row + distance, q]
                swap = ((a >> shift) ^ b) & mask
                planes[row + distance, q] = b ^ swap
                planes[row, q] = a ^ (swap << shift)


@inline
def _find_rows(first, end, indices, delay, exchange, count, time, depth, now, rows):
    """Ring rows of the newest commits that have arrived: made before ``now`` and no later than now - delay, or before
    the last exchange that is as long ago."""
    for k in range(first, end):
        j = np.int64(indices[k])
        latest = min(now - 1, now - delay[k])
        if exchange[k] > 0:
            latest = (now - delay[k]) // exchange[k] * exchange[k] - 1
        commit = count[j]
        while time[j * depth + (commit & (depth - 1))] > latest:
            commit -= 1
        rows[k - first] = j * depth + (commit & (depth - 1))


@inline
def _would_lose(count, time, i, depth, now, longest):
    """Whether a commit of i at ``now`` would overwrite a ring slot that a neighbour may still look up."""
    lost = count[i] + 1 - depth
    return lost >= 0 and time[i * depth + ((lost + 1) & (depth - 1))] > min(now - 1, now - longest)


@njit
def _filter_would_lose(network, memory, i, depth):
    """Whether the same commit would overwrite a value that a neighbour's filter has yet to follow."""
    for k in range(network.indptr[i], network.indptr[i + 1]):
        if memory.seen[network.reverse[k]] <= memory.commits[i] + 1 - depth:
            return True
    return False


@njit
def _fill_field(begin, end, rows, push, value, start, field):
    """Integer field in units of `unit`, int16 per lane, from ``start`` = -bias: four connections a pass."""
    lanes = len(field)
    for r in range(lanes):
        field[r] = start
    k, degree = 0, end - begin
    while k + 3 < degree:
        a, b, c, d = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
        wa, wb, wc, wd = push[begin + k], push[begin + k + 1], push[begin + k + 2], push[begin + k + 3]
        for r in range(lanes):
            field[r] += np.int16(
                wa * np.int16(value[a, r]) + wb * np.int16(value[b, r])
                + wc * np.int16(value[c, r]) + wd * np.int16(value[d, r])
            )  # fmt: skip
        k += 4
    while k + 1 < degree:
        a, b, wa, wb = rows[k], rows[k + 1], push[begin + k], push[begin + k + 1]
        for r in range(lanes):
            field[r] += np.int16(wa * np.int16(value[a, r]) + wb * np.int16(value[b, r]))
        k += 2
    if k < degree:
        a, wa = rows[k], push[begin + k]
        for r in range(lanes):
            field[r] += np.int16(wa * np.int16(value[a, r]))


@njit
def _fill_current(begin, end, rows, weight, value, bias, current):
    """Float sum h + sum J s, float64 per lane, in the order of the program's row."""
    lanes = len(current)
    for r in range(lanes):
        current[r] = bias
    for k in range(end - begin):
        a, w = rows[k], weight[begin + k]
        for r in range(lanes):
            current[r] += w * np.float64(value[a, r])


@njit
def _fill_driven(begin, end, rows, weight, driven, value, bias, drive, current, through):
    """The same with driven couplings in a sum of their own, ``through`` (R,), which counts ``drive`` times."""
    lanes = len(current)
    for r in range(lanes):
        current[r] = bias
        through[r] = 0.0
    for k in range(end - begin):
        a, w = rows[k], weight[begin + k]
        if driven[begin + k]:
            for r in range(lanes):
                through[r] += w * np.float64(value[a, r])
        else:
            for r in range(lanes):
                current[r] += w * np.float64(value[a, r])
    for r in range(lanes):
        current[r] = current[r] + drive * through[r]


@inline
def _fill_rough(begin, end, rows, weight, value, bias, rough):
    """The same sum in float32, six connections a pass: within `_rough_error` of it."""
    lanes = len(rough)
    k, degree, start = 0, end - begin, np.float32(bias)
    if degree < 6:
        for r in range(lanes):
            rough[r] = start
    while k + 5 < degree:
        a, b, c, d, f, g = rows[k], rows[k + 1], rows[k + 2], rows[k + 3], rows[k + 4], rows[k + 5]
        wa, wb = np.float32(weight[begin + k]), np.float32(weight[begin + k + 1])
        wc, wd = np.float32(weight[begin + k + 2]), np.float32(weight[begin + k + 3])
        wf, wg = np.float32(weight[begin + k + 4]), np.float32(weight[begin + k + 5])
        if k == 0:
            for r in range(lanes):
                rough[r] = (
                    start + wa * np.float32(value[a, r]) + wb * np.float32(value[b, r]) + wc * np.float32(value[c, r])
                    + wd * np.float32(value[d, r]) + wf * np.float32(value[f, r]) + wg * np.float32(value[g, r])
                )  # fmt: skip
        else:
            for r in range(lanes):
                rough[r] += (
                    wa * np.float32(value[a, r]) + wb * np.float32(value[b, r]) + wc * np.float32(value[c, r])
                    + wd * np.float32(value[d, r]) + wf * np.float32(value[f, r]) + wg * np.float32(value[g, r])
                )  # fmt: skip
        k += 6
    while k + 1 < degree:
        a, wa, b, wb = rows[k], np.float32(weight[begin + k]), rows[k + 1], np.float32(weight[begin + k + 1])
        for r in range(lanes):
            rough[r] += wa * np.float32(value[a, r]) + wb * np.float32(value[b, r])
        k += 2
    if k < degree:
        a, wa = rows[k], np.float32(weight[begin + k])
        for r in range(lanes):
            rough[r] += wa * np.float32(value[a, r])


@inline
def _rough_error(degree, reach, beta, gain, offset, word):
    """Bound on the error of the screened probability: every rounding to float32, and that of the comparator."""
    largest = abs(gain) * (abs(beta) * reach + abs(offset))
    return 2.0**-20 + 2.0**-25 * largest * (degree + 10) + word * 2.0**-32


@inline
def _screen(beta, gain, offset, error, rough, uniforms, e, tied, value, target):
    """Decide the lanes whose leading 16 random bits are further than ``error`` from the probability; mark the rest."""
    slope, shift = np.float32(-gain * beta), np.float32(gain * offset)
    below, above = np.float32(2.0**-16 + error), np.float32(error)
    unit = np.float32(2.0**-16)
    ties = np.uint8(0)
    for r in range(len(rough)):
        top, bottom = rough_sigmoid(slope * rough[r] + shift)
        u = np.float32(uniforms[e, r]) * unit
        up = (u + below) * bottom < top
        value[target, r] = np.int8(2) * np.int8(up) - np.int8(1)
        tied[r] = np.uint8((u - above) * bottom < top) & np.uint8(not up)
    for r in range(len(rough)):
        ties |= tied[r]
    return ties


@njit
def _settle_screened(begin, end, rows, weight, bias, beta, device, replica, start, tied, value, target):
    """Lanes that the screen left open: the exact law on the exact sum, and all 32 random bits."""
    gain, offset, low, high, step, word = device
    for r in range(len(tied)):
        if tied[r] != 0:
            current = bias
            for k in range(end - begin):
                current += weight[begin + k] * np.float64(value[rows[k], r])
            bound = threshold(-current, beta, gain, offset, low, high, step, word)
            value[target, r] = np.int8(1) if np.float64(draw(start, replica[r])) < bound else np.int8(-1)


@njit
def _fill_filtered(network, memory, rows, i, depth, now, time_constant, current):
    """The same through RC synapses: each connection's filter follows every arrival since the reader's last tick."""
    lanes = len(current)
    for r in range(lanes):
        current[r] = network.bias[i]
    for k in range(network.indptr[i], network.indptr[i + 1]):
        j, w, row = np.int64(network.indices[k]), network.weight[k], rows[k - network.indptr[i]]
        newest = memory.commits[j] - ((memory.commits[j] - row) & (depth - 1))
        while time_constant > 0.0 and memory.seen[k] < newest:
            old = j * depth + (memory.seen[k] & (depth - 1))
            memory.seen[k] += 1
            sent = memory.time[j * depth + (memory.seen[k] & (depth - 1))]
            if network.exchange[k] > 0:
                sent = (sent // network.exchange[k] + 1) * network.exchange[k]
            arrival = sent + network.delay[k]
            if arrival > memory.stepped[k]:
                elapsed = np.float64(arrival - memory.stepped[k])
                for r in range(lanes):
                    memory.filtered[k, r] = synapse_step(
                        np.float64(memory.value[old, r]), memory.filtered[k, r], elapsed, time_constant
                    )
                memory.stepped[k] = arrival
        memory.seen[k] = newest
        if time_constant > 0.0:
            if now > memory.stepped[k]:
                elapsed = np.float64(now - memory.stepped[k])
                for r in range(lanes):
                    memory.filtered[k, r] = synapse_step(
                        np.float64(memory.value[row, r]), memory.filtered[k, r], elapsed, time_constant
                    )
                memory.stepped[k] = now
            for r in range(lanes):
                current[r] += w * memory.filtered[k, r]
        else:
            for r in range(lanes):
                current[r] += w * np.float64(memory.value[row, r])


@njit
def _count_four(bounds, q, uniforms, e, passed, tied):
    """Four thresholds a pass: three vector operations each, and the loads and stores shared."""
    a, b, c, d = bounds[q], bounds[q + 1], bounds[q + 2], bounds[q + 3]
    for r in range(len(passed)):
        u = uniforms[e, r]
        passed[r] += np.int16(u >= a) + np.int16(u >= b) + np.int16(u >= c) + np.int16(u >= d)
        tied[r] |= np.uint8(u == a) | np.uint8(u == b) | np.uint8(u == c) | np.uint8(u == d)


@njit
def _decide_integer(n_levels, level_first, level_step, level, bounds, field, uniforms, e, passed, tied, value, target):
    """+1 where the random number lies below the threshold of the lane's field; returns whether lanes may tie.

    The thresholds rise with the field, so u < threshold[q] holds exactly when q >= the number of thresholds <= u.
    Thresholds that are 0 or 2**32 decide alone and are only counted; zeros pad the rest to a multiple of four.
    """
    lanes = len(field)
    always, n_bounds = 0, 0
    for q in range(n_levels):
        if level[q] <= 0.0:
            always += 1
        elif level[q] < 4294967296.0:
            bounds[n_bounds] = np.uint16(np.int64(level[q]) >> 16)
            n_bounds += 1
    while n_bounds % 4 != 0:
        bounds[n_bounds] = 0
        n_bounds += 1
        always -= 1
    for r in range(lanes):
        passed[r] = always
        tied[r] = 0
    for q in range(0, n_bounds, 4):
        _count_four(bounds, q, uniforms, e, passed, tied)
    first = np.int16(level_first)
    step = np.int16(level_step)
    ties = np.uint8(0)
    for r in range(lanes):
        value[target, r] = np.int8(2) * np.int8(field[r] >= np.int16(first + step * passed[r])) - np.int8(1)
        ties |= tied[r]
    return ties


@njit
def _decide_float(beta, gain, offset, low, high, step, word, current, uniforms, e, tied, value, target):
    """The same for any weights: the threshold is computed in every lane by the scalar law."""
    ties = np.uint8(0)
    for r in range(len(current)):
        current[r] = threshold(-current[r], beta, gain, offset, low, high, step, word)
    for r in range(len(current)):
        bound = current[r]
        u = np.float64(uniforms[e, r]) * 65536.0
        below = u + 65535.0 < bound
        value[target, r] = np.int8(2) * np.int8(below) - np.int8(1)
        tied[r] = np.uint8(u < bound) & np.uint8(not below)
        ties |= tied[r]
    return ties


@njit
def _cell_threshold(cells, i, own, field, beta, shift):
    """Threshold of p-bit ``i`` at state ``own``, with ``shift`` added to its offset."""
    return law_threshold(
        own, field, beta, cells.gain[i], cells.offset[i] + shift, cells.low[i], cells.high[i], cells.step[i],
        cells.word[i], cells.law[i], cells.parameter[i], cells.bound[i], cells.noise[i], cells.table,
        cells.table_first, cells.table_step,
    )  # fmt: skip


@njit
def _decide_general(cells, i, beta, shift, current, random, value, own, target):
    """Any law, own state included: ``random`` uint32 (R,) are the random numbers of all lanes."""
    for r in range(len(current)):
        bound = _cell_threshold(cells, i, np.int64(value[own, r]), -current[r], beta, shift)
        value[target, r] = np.int8(1) if np.float64(random[r]) < bound else np.int8(-1)


@njit
def _decide_own(cells, i, beta, shift, current, uniforms, e, start, replica, value, own, target):
    """The same with the engines' own noise: lanes whose leading 16 random bits tie with the threshold's draw all 32."""
    for r in range(len(current)):
        bound = _cell_threshold(cells, i, np.int64(value[own, r]), -current[r], beta, shift)
        least = np.float64(uniforms[e, r]) * 65536.0
        up = least + 65535.0 < bound
        if least < bound and not up:
            up = np.float64(draw(start, replica[r])) < bound
        value[target, r] = np.int8(2) * np.int8(up) - np.int8(1)


@njit
def _decide_by_rungs(cells, i, beta, shift, current, uniforms, e, rungs, tied, value, own, target):
    """Decide the lanes whose leading random bits lie clear of the rungs below and above the input; mark the rest."""
    half = np.float64((rungs.shape[1] - 3) // 2)
    remembers = np.int64(len(rungs) - 1)
    scale, middle = half / _reach(cells, i), half + 1.0
    low, high, step, offset = cells.low[i], cells.high[i], cells.step[i], cells.offset[i] + shift
    margin = cells.word[i] + 1024.0  # rungs are rounded to float32, and thresholds to the comparator's word
    ties = np.uint8(0)
    for r in range(len(current)):
        x = quantised(-beta * current[r], low, high, step) + offset
        rung = np.int32(min(max(x * scale + middle, 0.0), 2.0 * middle - 1.0))
        least = np.float64(uniforms[e, r]) * 65536.0
        up_now = (np.int64(value[own, r] > 0)) & remembers
        up = least + 65535.0 + margin < np.float64(rungs[up_now, rung])
        value[target, r] = np.int8(2) * np.int8(up) - np.int8(1)
        tied[r] = np.uint8(least - margin < np.float64(rungs[up_now, rung + 1])) & np.uint8(not up)
        ties |= tied[r]
    return ties


@njit
def _settle_rungs(cells, i, beta, shift, current, tied, start, replica, value, own, target):
    for r in range(len(current)):
        if tied[r] != 0:
            bound = _cell_threshold(cells, i, np.int64(value[own, r]), -current[r], beta, shift)
            value[target, r] = np.int8(1) if np.float64(draw(start, replica[r])) < bound else np.int8(-1)


@inline
def _is_level(group, i):
    """Whether line i belongs to a p-dit of more than one line."""
    return group[i] != i or (i + 1 < len(group) and group[i + 1] == i)


@njit
def _decide_level(cells, i, leader, beta, currents, start, replica, value, target):
    """Line i of a p-dit: +1 in the lanes where the p-dit draws its level; ``currents`` float64 (k, R)."""
    z = np.empty(len(currents))
    for r in range(currents.shape[1]):
        for a in range(len(currents)):
            b = leader + a
            x = quantised(-beta * currents[a, r], cells.low[b], cells.high[b], cells.step[b]) + cells.offset[b]
            z[a] = cells.gain[b] * x
        up = leader + category(z, np.float64(draw(start, replica[r]))) == i
        value[target, r] = np.int8(1) if up else np.int8(-1)


@inline
def _reach(cells, i):
    """Input beyond which p-bit i has saturated."""
    return max(8.0, cells.bound[i]) / cells.gain[i] + 6.0 * cells.noise[i]


@njit
def _fill_rungs(cells, i, rungs):
    """Thresholds of p-bit i at equal steps of the input from -reach to reach, for a law that rises with it."""
    half = (rungs.shape[1] - 3) // 2
    for state in range(len(rungs)):
        own = 2 * state - 1 if len(rungs) > 1 else 1
        rungs[state, 0], rungs[state, -1] = 0.0, 4294967296.0  # beyond the reach
        for k in range(-half, half + 1):
            x = _reach(cells, i) * np.float64(k) / np.float64(half)
            rungs[state, k + half + 1] = law_threshold(
                own, x, 1.0, cells.gain[i], 0.0, -NO_LIMIT, NO_LIMIT, 0.0, cells.word[i], cells.law[i],
                cells.parameter[i], cells.bound[i], cells.noise[i], cells.table, cells.table_first, cells.table_step,
            )  # fmt: skip


@njit
def _draw_all(source, shifts, generator, i, random):
    """The random numbers of one update in every lane, from the p-bit's own generator."""
    for r in range(len(random)):
        random[r] = source_next(source, shifts, generator[i, r])


@njit
def _thresholds(network, cells, i, beta, unit, shift, out):
    for q in range(network.n_levels[i]):
        field = unit * np.float64(network.level_first[i] + q * network.level_step[i])
        out[q] = _cell_threshold(cells, i, 1, field, beta, shift)


@njit
def _look_up_levels(table, n_levels, level_first, level_step, out):
    """Thresholds of one p-bit by level, from the table that alike devices share."""
    half = (len(table) - 1) // 2
    for q in range(n_levels):
        out[q] = table[half + level_first + q * level_step]


@njit
def _fill_table(cells, beta, unit, table):
    half = (len(table) - 1) // 2
    for q in range(len(table)):
        table[q] = _cell_threshold(cells, 0, 1, unit * np.float64(q - half), beta, 0.0)


@njit
def _settle_ties(bounds, tied, replica, start, value, target):
    """Lanes whose first 16 random bits equal the threshold's: all 32 bits decide, by the scalar definition."""
    for r in range(len(tied)):
        if tied[r] != 0:
            below = np.float64(draw(start, replica[r])) < bounds[r]
            value[target, r] = np.int8(1) if below else np.int8(-1)


@njit
def _integer_bounds(level, level_first, level_step, field, tied, bounds):
    for r in range(len(field)):
        if tied[r] != 0:
            bounds[r] = level[(field[r] - level_first) // level_step]


@njit(nogil=True)
def _advance(event, chunk, anneal, network, cells, memory, scratch, options, group, replica, trace):
    """Run events from index ``event`` on; returns the index reached: short of the end when a queue or ring is full."""
    time, pbit, number, shifts = chunk
    anneal_start, anneal_beta, anneal_drive = anneal
    key, word_0, unit, is_integer, alike, has_synapse, queued, depth, is_general, kind, steps = options
    batch_size, words = scratch.words.shape[0], scratch.words.shape[2]
    # fields of the records as locals: taking an array out of a tuple inside the loop counts a reference each time
    indptr, indices, weight, delay, push = network.indptr, network.indices, network.weight, network.delay, network.push
    exchange = network.exchange
    bias, start, level_first, level_step = network.bias, network.start, network.level_first, network.level_step
    value, committed, count, queue_pbit = memory.value, memory.time, memory.commits, memory.pbit
    n, size, oldest, following = len(count), len(queue_pbit), memory.ends[0], memory.ends[1]
    rows, planes, random, uniforms = scratch.rows, scratch.planes, scratch.words, scratch.uniform
    field, passed, tied, current = scratch.field, scratch.passed, scratch.tied, scratch.current
    gain, offset, low, high, step, word = cells.gain, cells.offset, cells.low, cells.high, cells.step, cells.word
    driven = network.driven
    rough, reach, screens = scratch.rough, network.reach, not has_synapse and len(driven) == 0
    for i in range(len(step)):
        # a quantised input jumps: a small error may become a large one
        screens = screens and step[i] == 0.0 and high[i] >= NO_LIMIT
    generator, drawn, rungs = memory.generator, scratch.drawn, scratch.rungs
    n_levels, bounds, level, stamp = network.n_levels, scratch.bounds, scratch.level, scratch.stamp
    n_events = len(time)
    longest = np.int64(0)
    for k in range(len(delay)):
        longest = max(longest, delay[k] + exchange[k])
    beta_step = -1
    beta, drive = 0.0, 1.0
    while event < n_events:
        batch = min(batch_size, n_events - event)
        uniforms_of(key, pbit, number, event, batch, word_0, words, planes, random)
        for e in range(batch):
            now, i = time[event], np.int64(pbit[event])
            if queued:
                arrived = min(now - 1, now - longest)
                while oldest < following and committed[oldest & (size - 1)] <= arrived:
                    j, source = queue_pbit[oldest & (size - 1)], n + (oldest & (size - 1))
                    for r in range(value.shape[1]):
                        value[j, r] = value[source, r]
                    oldest += 1
                memory.ends[0] = oldest
                if following - oldest == size:
                    return event
            elif _would_lose(count, committed, i, depth, now, longest):
                return event
            if has_synapse and _filter_would_lose(network, memory, i, depth):
                return event
            if beta_step < 0 or (beta_step + 1 < len(anneal_start) and now >= anneal_start[beta_step + 1]):
                beta_step = max(beta_step, 0)
                while beta_step + 1 < len(anneal_start) and now >= anneal_start[beta_step + 1]:
                    beta_step += 1
                beta = anneal_beta[beta_step]
                drive = anneal_drive[beta_step]
                if is_integer and alike:
                    _fill_table(cells, beta, unit, scratch.table)
            first, end = indptr[i], indptr[i + 1]
            shift = shifts[event] if len(shifts) > 0 else 0.0
            if queued:
                target = n + (following & (size - 1))
                for k in range(end - first):
                    rows[k] = indices[first + k]
            else:
                target = i * depth + ((count[i] + 1) & (depth - 1))
                _find_rows(first, end, indices, delay, exchange, count, committed, depth, now, rows)
            if is_integer:
                lowest, gap = level_first[i], level_step[i]
                _fill_field(first, end, rows, push, value, start[i], field)
                if shift != 0.0:
                    level = scratch.level
                    _thresholds(network, cells, i, beta, unit, shift, level)
                elif alike:
                    _look_up_levels(scratch.table, n_levels[i], lowest, gap, level)
                else:
                    if stamp[i] != beta_step:
                        _thresholds(network, cells, i, beta, unit, 0.0, scratch.cached[i])
                        stamp[i] = beta_step
                    level = scratch.cached[i]
                ties = _decide_integer(
                    n_levels[i], lowest, gap, level, bounds, field, uniforms, e, passed, tied, value, target
                )
                if ties:
                    _integer_bounds(level, lowest, gap, field, tied, current)
            elif is_general:
                if has_synapse:
                    _fill_filtered(network, memory, rows, i, depth, now, cells.synapse[i], current)
                elif len(driven) > 0:
                    _fill_driven(
                        first, end, rows, weight, driven, value, bias[i], drive, current, scratch.levels[0]
                    )  # fmt: skip
                else:
                    _fill_current(first, end, rows, weight, value, bias[i], current)
                own = i * depth + (count[i] & (depth - 1))
                if queued:
                    own = n + ((count[i] - 1) & (size - 1)) if count[i] > oldest else i
                begin = update_key(key, i, number[event])
                if len(group) > 0 and _is_level(group, i):
                    leader, k_levels = np.int64(group[i]), np.int64(0)
                    while leader + k_levels < n and group[leader + k_levels] == leader:
                        b = leader + k_levels
                        if queued:
                            for k in range(indptr[b + 1] - indptr[b]):
                                rows[k] = indices[indptr[b] + k]
                        else:
                            _find_rows(
                                indptr[b], indptr[b + 1], indices, delay, exchange, count, committed, depth, now, rows
                            )
                        _fill_current(
                            indptr[b], indptr[b + 1], rows, weight, value, bias[b], scratch.levels[k_levels]
                        )  # fmt: skip
                        k_levels += 1
                    _decide_level(
                        cells, i, leader, beta, scratch.levels[:k_levels], update_key(key, leader, number[event]),
                        replica, value, target,
                    )  # fmt: skip
                elif kind != IDEAL:
                    _draw_all(kind, steps, generator, i, drawn)
                    _decide_general(cells, i, beta, shift, current, drawn, value, own, target)
                elif rungs.shape[2] == 0:
                    _decide_own(cells, i, beta, shift, current, uniforms, e, begin, replica, value, own, target)
                else:
                    mine = i if len(rungs) > 1 else 0
                    if stamp[mine] < 0:
                        _fill_rungs(cells, i, rungs[mine])
                        stamp[mine] = 0
                    if _decide_by_rungs(
                        cells, i, beta, shift, current, uniforms, e, rungs[mine], tied, value, own, target
                    ):  # fmt: skip
                        _settle_rungs(cells, i, beta, shift, current, tied, begin, replica, value, own, target)
                ties = np.uint8(0)
            elif screens and _rough_error(end - first, reach[i], beta, gain[i], offset[i] + shift, word[i]) < 0.01:
                error = _rough_error(end - first, reach[i], beta, gain[i], offset[i] + shift, word[i])
                _fill_rough(first, end, rows, weight, value, bias[i], rough)
                if _screen(beta, gain[i], offset[i] + shift, error, rough, uniforms, e, tied, value, target):
                    _settle_screened(
                        first, end, rows, weight, bias[i], beta,
                        (gain[i], offset[i] + shift, low[i], high[i], step[i], word[i]), replica,
                        update_key(key, i, number[event]), tied, value, target,
                    )  # fmt: skip
                ties = np.uint8(0)
            else:
                if has_synapse:
                    _fill_filtered(network, memory, rows, i, depth, now, cells.synapse[i], current)
                elif len(driven) > 0:
                    _fill_driven(
                        first, end, rows, weight, driven, value, bias[i], drive, current, scratch.levels[0]
                    )  # fmt: skip
                else:
                    _fill_current(first, end, rows, weight, value, bias[i], current)
                ties = _decide_float(
                    beta, gain[i], offset[i] + shift, low[i], high[i], step[i], word[i], current, uniforms, e, tied,
                    value, target,
                )  # fmt: skip
            if ties:
                _settle_ties(current, tied, replica, update_key(key, i, number[event]), value, target)
            if queued:
                committed[following & (size - 1)] = now
                queue_pbit[following & (size - 1)] = i
                following += 1
                memory.ends[1] = following
                count[i] = following
            else:
                count[i] += 1
                committed[target] = now
            if trace.shape[0] > 0:
                for r in range(trace.shape[1]):
                    trace[event, r] = value[target, r]
            event += 1
    return event
