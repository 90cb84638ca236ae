"""dense: the fast engine where most p-bits are coupled, any weights. A flip is pushed into the fields of all others.

Enters: a Program, a schedule chunk and a Shard (64 replicas of one schedule group). Leaves: the shard advanced.

Every replica keeps the fields of all its p-bits side by side. An update reads one of them, and a commit that changes a
p-bit adds a row of couplings to the fields of that replica, when it arrives at the neighbours: n additions a flip
instead of n an update, and a cold network flips rarely. The fields are 32-bit integers, couplings rounded to a fine
grid: their sums never drift, half as many bytes move as with float64, and the error is known. So they screen: a replica
whose random number lies within the error of its probability is decided by the exact law on the exact sum.
"""

import sys
from typing import NamedTuple

import numpy as np

from hwsim.anneal import Anneal
from hwsim.cell.codes import NO_LIMIT
from hwsim.cell.elementary import rough_sigmoid
from hwsim.cell.law import threshold
from hwsim.engine.contract import Start, columns
from hwsim.engine.feature import SHARED, Feature, missing
from hwsim.engine.lanes import BATCH_WORDS, inline, lane_of_replica, random_start, uniforms_of
from hwsim.engine.memory import aligned
from hwsim.engine.noise import draw, update_key
from hwsim.engine.schedule import Chunk
from hwsim.engine.shards import ShardedState
from hwsim.jit import njit
from hwsim.program import Program

FEATURES = SHARED | {Feature.REAL_COUPLINGS}
SHARD_WORDS, GRAIN = 1, 1
"""One word of 64 replicas: their fields then stay in the cache."""
MAX_PBITS = 8192
_LANES = 64


class Network(NamedTuple):
    """A Program's connections and cells; see Program for shapes and units."""

    bias: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    weight: np.ndarray
    matrix: np.ndarray  # int32 (n, n): twice the couplings, on the grid; row j is what p-bit j pushes
    push: np.ndarray  # int32 (m,): couplings on the grid, by connection
    start: np.ndarray  # int32 (n,): biases on the grid
    reach: np.ndarray  # float64 (n,): |bias| + sum of |weight|
    gain: np.ndarray
    offset: np.ndarray
    word: np.ndarray


class Memory(NamedTuple):
    """What a shard carries from one advance to the next, by lane."""

    field: np.ndarray  # int32 (64, n): h + sum J s of the visible states, on the grid
    visible: np.ndarray  # int8 (n, 64): what everybody sees
    newest: np.ndarray  # int8 (n, 64): the last commits
    rows: np.ndarray  # int8 (Q, 64): commits under way, Q a power of two
    time: np.ndarray  # int64 (Q,)
    pbit: np.ndarray  # int64 (Q,)
    ends: np.ndarray  # int64 (2,): numbers of the oldest under way and of the next


def why_not(program: Program) -> str | None:
    """Why this engine cannot run ``program``, or None."""
    if program.n_pbits > MAX_PBITS:
        return f"{program.n_pbits} p-bits (at most {MAX_PBITS}: it keeps the whole coupling matrix)"
    return missing(program, FEATURES)


def start(program: Program, start: Start) -> ShardedState:
    """Replicas at time 0."""
    return ShardedState(program, start, sys.modules[__name__])


class Prepared:
    """A Program laid out for the kernel; made once a run and shared by its shards."""

    def __init__(self, program: Program) -> None:
        n = self.n_pbits = program.n_pbits
        device = columns(program)
        rows = program.network.rows
        reach = np.abs(program.network.bias) + np.bincount(rows, weights=np.abs(program.network.weight), minlength=n)
        widest = float(reach.max()) or 1.0
        self.grid = 2.0 ** (np.ceil(np.log2(widest)) - 30)
        push = np.rint(program.network.weight / self.grid).astype(np.int32)
        matrix = aligned((n, n), np.int32)
        matrix[program.network.indices, rows] = 2 * push  # may wrap around, and the sums wrap back
        self.delay = program.wires.uniform_delay or 0
        self.problem_network = program.problem_network
        wired = program.network
        self.network = Network(
            wired.bias, wired.indptr, wired.indices, wired.weight, matrix, push,
            np.rint(program.network.bias / self.grid).astype(np.int32), reach, device.gain, device.offset, device.word,
        )  # fmt: skip


class Shard:
    """64 replicas of one schedule group, word ``first_word`` of its noise."""

    def __init__(
        self, prepared: Prepared, *, noise_key: int, initial_key: int, first_word: int, words: int,
        initial: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        self._prepared, self._noise_key, self._first_word = prepared, np.uint64(noise_key), first_word
        self._lane = lane_of_replica(1)
        self._replica = np.empty_like(self._lane)
        self._replica[self._lane] = np.arange(_LANES) + _LANES * first_word
        n = prepared.n_pbits
        newest = np.zeros((n, _LANES), dtype=np.int8)
        random_start(np.uint64(initial_key), self._replica, newest)
        if initial is not None:
            newest[:, self._lane] = initial.T
        self._memory = Memory(
            aligned((_LANES, n), np.int32), newest.copy(), newest, np.zeros((64, _LANES), dtype=np.int8),
            np.zeros(64, dtype=np.int64), np.zeros(64, dtype=np.int64), np.zeros(2, dtype=np.int64),
        )  # fmt: skip
        _make_fields(prepared.network, self._memory.visible, self._memory.field)
        random = np.empty((BATCH_WORDS, 16, 1), dtype=np.uint64)
        self._scratch = (
            np.zeros((18, BATCH_WORDS), dtype=np.uint64), random, random.view(np.uint16).reshape(BATCH_WORDS, _LANES),
            np.empty(_LANES, dtype=np.float32), np.empty(_LANES, dtype=np.uint8),
        )  # fmt: skip

    @property
    def lanes(self) -> int:
        """How many replicas, padding included."""
        return _LANES

    def advance(self, chunk: Chunk, anneal: Anneal, recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        prepared, event = self._prepared, 0
        options = (self._noise_key, self._first_word, np.int64(prepared.delay), prepared.grid)
        trace = np.empty((len(chunk.time) if len(recorded) else 0, _LANES), dtype=np.int8)
        while True:
            event = _advance(
                event, (chunk.time, chunk.pbit, chunk.number), anneal.start, anneal.beta, prepared.network,
                self._memory, self._scratch, options,
                self._replica, trace,
            )  # fmt: skip
            if event == len(chunk.time):
                return trace[:, self._lane[recorded]]
            self._memory = _longer(self._memory)

    @property
    def n_words(self) -> int:
        """How many words of replicas."""
        return 1

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64, n); nothing is under way then."""
        self._memory.newest[:, self._lane] = states.T
        self._memory.visible[:] = self._memory.newest
        self._memory.ends[0] = self._memory.ends[1]
        _make_fields(self._prepared.network, self._memory.visible, self._memory.field)

    def spins(self) -> np.ndarray:
        """int8 (64, n): the committed states, replicas in order."""
        return np.ascontiguousarray(self._memory.newest.T)[self._lane]

    def energies(self) -> np.ndarray:
        """float64 (64,): E without the program's offset."""
        return self._prepared.problem_network.column_energies(self._memory.newest)[self._lane]


def _longer(memory: Memory) -> Memory:
    """The same memory with twice the slots for commits under way."""
    size = len(memory.time)
    numbers = np.arange(*memory.ends)
    rows = np.zeros((2 * size, _LANES), dtype=np.int8)
    time, pbit = np.zeros(2 * size, dtype=np.int64), np.zeros(2 * size, dtype=np.int64)
    rows[numbers % (2 * size)] = memory.rows[numbers % size]
    time[numbers % (2 * size)] = memory.time[numbers % size]
    pbit[numbers % (2 * size)] = memory.pbit[numbers % size]
    return memory._replace(rows=rows, time=time, pbit=pbit)


@inline
def _push(matrix, i, value, field, lane):
    """Add the row of p-bit ``i``, which has turned to ``value``, to the fields of a lane."""
    # two loops: a multiplication of integers takes longer than all else here
    if value > 0:
        for k in range(field.shape[1]):
            field[lane, k] += matrix[i, k]
    else:
        for k in range(field.shape[1]):
            field[lane, k] -= matrix[i, k]


@njit
def _exact_field(bias, indptr, indices, weight, visible, i, lane):
    """h + sum J s in float64, in the order of the program's row: what the reference computes."""
    current = bias[i]
    for k in range(indptr[i], indptr[i + 1]):
        current += weight[k] * np.float64(visible[indices[k], lane])
    return current


@njit
def _make_fields(network, visible, field):
    """All fields of all lanes."""
    current = np.empty(_LANES, dtype=np.int32)
    for i in range(field.shape[1]):
        for r in range(_LANES):
            current[r] = network.start[i]
        for k in range(network.indptr[i], network.indptr[i + 1]):
            j, w = np.int64(network.indices[k]), network.push[k]
            for r in range(_LANES):
                current[r] += np.int32(w * np.int32(visible[j, r]))
        for r in range(_LANES):
            field[r, i] = current[r]


@inline
def _screen(slope, shift, error, rough, uniforms, e, value, place, tied):
    """Decide the lanes whose leading 16 random bits are further than ``error`` from the probability; mark the rest."""
    below, above, unit = np.float32(2.0**-16 + error), np.float32(error), np.float32(2.0**-16)
    for r in range(_LANES):
        top, bottom = rough_sigmoid(slope * rough[r] + shift)
        u = np.float32(uniforms[e, r]) * unit
        up = (u + below) * bottom < top
        value[place, r] = np.int8(2) * np.int8(up) - np.int8(1)
        tied[r] = np.uint8((u - above) * bottom < top) & np.uint8(not up)


@njit(nogil=True)
def _advance(event, chunk, anneal_start, anneal_beta, network, memory, scratch, options, replica, trace):
    """Run events from ``event`` on; returns the index reached: short of the end when the queue is full."""
    time, pbit, number = chunk
    key, word_0, delay, grid = options
    planes, random, uniforms, rough, tied = scratch
    bias, indptr, indices, weight = network.bias, network.indptr, network.indices, network.weight
    matrix, reach, gain, offset, word = network.matrix, network.reach, network.gain, network.offset, network.word
    field, visible, newest = memory.field, memory.visible, memory.newest
    rows, queue_time, queue_pbit = memory.rows, memory.time, memory.pbit
    size = len(queue_time)
    oldest, following = memory.ends[0], memory.ends[1]
    n_events, step, beta = len(time), -1, 0.0
    batch_end = event
    batch_start = event
    while event < n_events:
        if event == batch_end:
            batch_start, batch_end = event, min(event + BATCH_WORDS, n_events)
            uniforms_of(key, pbit, number, event, batch_end - event, word_0, 1, planes, random)
        now, i = time[event], np.int64(pbit[event])
        arrived = min(now - 1, now - delay)
        while oldest < following and queue_time[oldest & (size - 1)] <= arrived:
            place = oldest & (size - 1)
            j = queue_pbit[place]
            for r in range(_LANES):
                if rows[place, r] != visible[j, r]:
                    visible[j, r] = rows[place, r]
                    _push(matrix, j, rows[place, r], field, r)
            oldest += 1
        if following - oldest == size:
            break
        if step < 0 or (step + 1 < len(anneal_start) and now >= anneal_start[step + 1]):
            step = max(step, 0)
            while step + 1 < len(anneal_start) and now >= anneal_start[step + 1]:
                step += 1
            beta = anneal_beta[step]
        # errors: the roundings of the screen, the comparator's, and half a grid step for every term of the field
        slope = 0.5 * abs(gain[i]) * beta
        error = 2.0**-20 + word[i] * 2.0**-32 + 2.0**-22 * (slope * reach[i] + abs(gain[i] * offset[i]))
        error += slope * grid * np.float64(indptr[i + 1] - indptr[i] + 2)
        place = following & (size - 1)
        for r in range(_LANES):
            rough[r] = np.float32(field[r, i])
        _screen(
            np.float32(-gain[i] * beta * grid), np.float32(gain[i] * offset[i]), error, rough, uniforms,
            event - batch_start, rows, place, tied,
        )  # fmt: skip
        open_ = np.uint8(0)
        for r in range(_LANES):
            open_ |= tied[r]
        if open_ != 0:
            start = update_key(key, i, number[event])
            for r in range(_LANES):
                if tied[r] != 0:
                    current = _exact_field(bias, indptr, indices, weight, visible, i, r)
                    bound = threshold(-current, beta, gain[i], offset[i], -NO_LIMIT, NO_LIMIT, 0.0, word[i])
                    rows[place, r] = np.int8(1) if np.float64(draw(start, replica[r])) < bound else np.int8(-1)
        for r in range(_LANES):
            newest[i, r] = rows[place, r]
        queue_time[place] = now
        queue_pbit[place] = i
        following += 1
        if trace.shape[0] > 0:
            for r in range(_LANES):
                trace[event, r] = rows[place, r]
        event += 1
    memory.ends[0] = oldest
    memory.ends[1] = following
    return event
