"""dense: the fast engine where most p-bits are coupled, for any weights. A flip changes the fields of all others.

Enters: a Program, a schedule chunk and a Shard (64 replicas of one schedule). Leaves: the shard advanced.

Every replica keeps the fields of all its p-bits side by side. An update reads one of them, and a commit that changes a
p-bit adds a row of couplings to the fields of that replica, when it arrives at the neighbours: n additions a flip
instead of n an update, and a cold network flips rarely. The fields are 32-bit integers, couplings rounded to a fine
grid: their sums never drift, half as many bytes move as with float64, and the error is known. So they screen: where the
random number lies within the error of the probability, the exact law decides on the exact sum.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hwsim.anneal import Anneal
from hwsim.cell.codes import NO_LIMIT
from hwsim.cell.elementary import rough_sigmoid
from hwsim.cell.law import ideal_threshold
from hwsim.engine.arguments import step_at, steps_of
from hwsim.engine.contract import Start, columns
from hwsim.engine.feature import SHARED, Feature, missing
from hwsim.engine.memory import aligned
from hwsim.engine.noise import draw, update_key
from hwsim.engine.pending import drop, is_full, latest_seen, longer, new_queue, newest, next_arrival, next_slot, push
from hwsim.engine.schedule import Chunk
from hwsim.engine.shards import Replicas, ShardedState
from hwsim.engine.uniforms import draw_leading, lane_of_replica, new_uniforms, random_start
from hwsim.jit import inline, kernel, njit
from hwsim.program import Program

FEATURES = SHARED | {Feature.REAL_COUPLINGS}
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
    comparator_step: np.ndarray
    delay: int  # ticks, of every connection
    grid: float  # field of one unit of the integers


def why_not(program: Program) -> str | None:
    """Why this engine cannot run ``program``, or None."""
    if program.n_pbits > MAX_PBITS:
        return f"{program.n_pbits} p-bits (at most {MAX_PBITS}: it keeps the whole coupling matrix)"
    return missing(program, FEATURES)


def start(program: Program, start: Start) -> ShardedState:
    """Replicas at time 0."""
    return ShardedState(program, start, Prepared(program))


class Prepared:
    """A Program laid out for the kernel; made once a run and shared by its shards."""

    shard_words, grain, mixes = 1, 1, False  # the fields of 64 replicas then stay in the cache

    def __init__(self, program: Program) -> None:
        n = self.n_pbits = program.n_pbits
        device, network = columns(program), program.network
        widest = float(network.reach.max()) or 1.0
        grid = float(2.0 ** (np.ceil(np.log2(widest)) - 30))
        push = np.rint(network.weight / grid).astype(np.int32)
        matrix = aligned((n, n), np.int32)
        matrix[network.indices, network.rows] = 2 * push  # may wrap around; the sums wrap back
        self.energies, self.law_energies = program.column_energies, program.network.column_energies
        self.network = Network(
            network.bias,
            network.indptr,
            network.indices,
            network.weight,
            matrix,
            push,
            np.rint(network.bias / grid).astype(np.int32),
            network.reach,
            device.gain,
            device.offset,
            device.comparator_step,
            program.wires.uniform_delay or 0,
            grid,
        )

    def shard(self, replicas: Replicas) -> "Shard":
        """Some of the replicas at time 0."""
        return Shard(self, replicas)


class Shard:
    """64 replicas of one schedule."""

    def __init__(self, prepared: Prepared, replicas: Replicas) -> None:
        self._prepared = prepared
        self._lane, self._uniforms = lane_of_replica(1), new_uniforms(replicas.noise_key, 1, replicas.first_word)
        n = prepared.n_pbits
        self._visible = np.zeros((n, _LANES), dtype=np.int8)  # what neighbours see, by lane
        random_start(np.uint64(replicas.initial_key), self._uniforms.replica, self._visible)
        if replicas.initial is not None:
            self._visible[:, self._lane] = replicas.initial.T
        self._field = aligned((_LANES, n), np.int32)  # h + sum J s of the visible states, on the grid, by lane
        _make_fields(prepared.network, self._visible, self._field)
        self._queue = new_queue(_LANES, np.int8)
        self._buffers = np.empty(_LANES, dtype=np.float32), np.empty(_LANES, dtype=np.uint8)

    @property
    def lanes(self) -> int:
        """How many replicas, padding included."""
        return _LANES

    def advance(self, chunk: Chunk, anneals: Sequence[Anneal], recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        network, steps, event = self._prepared.network, steps_of(anneals[0]), 0
        trace = np.empty((len(chunk.time) if len(recorded) else 0, _LANES), dtype=np.int8)
        while True:
            event = _advance(
                event,
                chunk,
                steps,
                network,
                self._field,
                self._visible,
                self._queue,
                self._uniforms,
                self._buffers,
                trace,
            )
            if event == len(chunk.time):
                return trace[:, self._lane[recorded]]
            self._queue = longer(self._queue)

    @property
    def n_words(self) -> int:
        """How many words of replicas."""
        return 1

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64, n); nothing is under way then."""
        self._visible[:, self._lane] = states.T
        drop(self._queue)
        _make_fields(self._prepared.network, self._visible, self._field)

    def _newest(self) -> np.ndarray:
        """int8 (n, 64): the committed states, by lane."""
        return newest(self._queue, self._visible)

    def spins(self) -> np.ndarray:
        """int8 (64, n): the committed states, replicas in order."""
        return np.ascontiguousarray(self._newest().T)[self._lane]

    def energies(self) -> np.ndarray:
        """float64 (64,): E, in problem units."""
        return self._prepared.energies(self._newest())[self._lane]

    def law_energies(self) -> np.ndarray:
        """float64 (64,): E, in the network that the machine realises."""
        return self._prepared.law_energies(self._newest())[self._lane]


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
def _screen(slope, shift, error, rough, leading, e, out, row, tied):
    """Decide the lanes whose 16 leading random bits lie further than ``error`` from the probability; mark others."""
    below, above, unit = np.float32(2.0**-16 + error), np.float32(error), np.float32(2.0**-16)
    for r in range(_LANES):
        top, bottom = rough_sigmoid(slope * rough[r] + shift)
        u = np.float32(leading[e, r]) * unit
        up = (u + below) * bottom < top
        out[row, r] = np.int8(2) * np.int8(up) - np.int8(1)
        tied[r] = np.uint8((u - above) * bottom < top) & np.uint8(not up)
    open_ = np.uint8(0)
    for r in range(_LANES):
        open_ |= tied[r]
    return open_


@njit
def _settle(network, visible, i, beta, start, replica, tied, out, row):
    """Settle the lanes that the screen left open: by the exact law on the exact sum, with all 32 random bits."""
    gain, offset, comparator_step = network.gain[i], network.offset[i], network.comparator_step[i]
    for r in range(_LANES):
        if tied[r] != 0:
            current = _exact_field(network.bias, network.indptr, network.indices, network.weight, visible, i, r)
            threshold = ideal_threshold(-current, beta, gain, offset, -NO_LIMIT, NO_LIMIT, 0.0, comparator_step)
            out[row, r] = np.int8(1) if np.float64(draw(start, replica[r])) < threshold else np.int8(-1)


@inline
def _let_arrive(queue, matrix, latest, visible, field):
    """Make the commits up to ``latest`` visible, and push those that changed a p-bit."""
    slot = next_arrival(queue, latest)
    while slot >= 0:
        j = queue.pbit[slot]
        for r in range(_LANES):
            if queue.rows[slot, r] != visible[j, r]:
                visible[j, r] = queue.rows[slot, r]
                _push(matrix, j, queue.rows[slot, r], field, r)
        slot = next_arrival(queue, latest)


@kernel
def _advance(event, chunk, steps, network, field, visible, queue, uniforms, buffers, trace):
    """Run events from ``event`` on; returns the index reached: short of the end when the queue is full.

    field : int32 (64, n);  visible : int8 (n, 64);  queue : of rows int8 (., 64)
    buffers : float32 (64,), fields of the p-bit at hand, and uint8 (64,), lanes that are tied
    """
    (rough, tied), grid = buffers, network.grid
    n_events, batch_start, batch_end = len(chunk.time), event, event
    step, beta = -1, 0.0
    while event < n_events:
        if event == batch_end:
            batch_start, batch_end = event, min(event + len(uniforms.leading), n_events)
            draw_leading(uniforms, chunk, batch_start, batch_end)
        now, i = chunk.time[event], np.int64(chunk.pbit[event])
        _let_arrive(queue, network.matrix, latest_seen(now, network.delay), visible, field)
        if is_full(queue):
            return event
        at = step_at(steps, step, now)
        if at != step:
            step, beta = at, steps.beta[at]
        gain, shift = network.gain[i], network.gain[i] * network.offset[i]
        # errors: the roundings of the screen, the comparator's, and half a grid step for every term of the field
        slope = 0.5 * abs(gain) * beta
        error = 2.0**-20 + network.comparator_step[i] * 2.0**-32 + 2.0**-22 * (slope * network.reach[i] + abs(shift))
        error += slope * grid * np.float64(network.indptr[i + 1] - network.indptr[i] + 2)
        slot = next_slot(queue)
        for r in range(_LANES):
            rough[r] = np.float32(field[r, i])
        if _screen(
            np.float32(-gain * beta * grid),
            np.float32(shift),
            error,
            rough,
            uniforms.leading,
            event - batch_start,
            queue.rows,
            slot,
            tied,
        ):
            start = update_key(uniforms.key, i, chunk.number[event])
            _settle(network, visible, i, beta, start, uniforms.replica, tied, queue.rows, slot)
        push(queue, i, now)
        if len(trace) > 0:
            for r in range(_LANES):
                trace[event, r] = queue.rows[slot, r]
        event += 1
    return event
