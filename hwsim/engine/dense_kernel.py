"""The event loops of dense for few replicas: from one update to the next, all of them side by side.

Enters: events of a schedule, a Network, and a shard's fields, visible states and queue. Leaves: these advanced.

Each adds the couplings of a p-bit that has flipped to the fields at once: `advance_by_lists` the couplings that there
are, `advance_by_rows` a row of the coupling matrix. dense_blocks does it for many replicas.
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.codes import NO_LIMIT
from hwsim.cell.elementary import rough_sigmoid
from hwsim.cell.law import ideal_threshold
from hwsim.engine.arguments import start_row, step_at
from hwsim.engine.noise import draw, update_key
from hwsim.engine.pending import is_full, latest_seen, next_arrival, next_slot, push
from hwsim.engine.uniforms import Uniforms, draw_leading
from hwsim.engine.words import trailing_zeros
from hwsim.jit import inline, kernel, njit

VECTOR = 16
"""Columns of a vector of 32-bit numbers."""


class Network(NamedTuple):
    """A Program's connections and cells; see Program for shapes and units."""

    bias: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    weight: np.ndarray
    matrix: np.ndarray  # int32 (n, n): twice the couplings, on the grid; row j is what p-bit j pushes; or (0, 0)
    first: np.ndarray  # int64 (n + 1,): where the list of each p-bit begins
    target: np.ndarray  # uint32 (m,): whom it pushes; or (0,) where there is a matrix
    step: np.ndarray  # int32 (m,): twice the coupling, on the grid
    push: np.ndarray  # int32 (m,): couplings on the grid, by connection
    start: np.ndarray  # int32 (n,): biases on the grid
    reach: np.ndarray  # float64 (n,): |bias| + sum of |weight|, and the most that a read adds
    starts: np.ndarray  # float64 (k, R): bias and what the read adds to it, by column
    start_row: np.ndarray  # int32 (n,): row of `starts` of a p-bit to which each read adds a bias, else -1; or (0,)
    gain: np.ndarray
    offset: np.ndarray
    comparator_step: np.ndarray
    delay: int  # ticks, of every connection
    grid: float  # field of one unit of the integers


class Scratch(NamedTuple):
    """Buffers. R columns, a multiple of VECTOR; those beyond the replicas are idle."""

    uniforms: Uniforms
    lanes: np.ndarray  # uint64 (R,): lane of each column
    leading: np.ndarray  # uint16 (R,): leading random bits
    rough: np.ndarray  # float32 (R,): fields
    tied: np.ndarray  # uint8 (R,)
    tied_words: np.ndarray  # uint64 (R / 8,), the same memory
    change: np.ndarray  # int8 (R,): by how much a p-bit changes: -2, 0 or 2
    change_words: np.ndarray  # uint64 (R / 8,), the same memory
    flipped: np.ndarray  # uint64 (R / 8,): a bit of each column that has a replica, set in a change of -2 or 2


@njit
def make_fields(network, visible, field):
    """All fields of the columns that have a replica, of ``visible`` int8 (n, R). field : int32 (parts, replicas, p-bits
    of a part)"""
    _, count, width = field.shape
    current = np.empty(count, dtype=np.int32)
    for i in range(len(network.start)):
        row = start_row(network, i)
        for r in range(count):
            current[r] = network.start[i] if row < 0 else np.int32(np.rint(network.starts[row, r] / network.grid))
        for k in range(network.indptr[i], network.indptr[i + 1]):
            j, w = np.int64(network.indices[k]), network.push[k]
            for r in range(count):
                current[r] += np.int32(w * np.int32(visible[j, r]))
        for r in range(count):
            field[i // width, r, i % width] = current[r]


@kernel
def advance_by_lists(event, chunk, steps, network, field, visible, queue, scratch, trace):
    """Run events from ``event`` on; returns the index reached: short of the end when the queue is full.

    field : int32 (replicas, n);  visible : int8 (n, R);  queue : of rows int8 (., R)
    """
    uniforms, rough = scratch.uniforms, scratch.rough
    n_events, batch_start, batch_end = len(chunk.time), event, event
    step, beta = -1, 0.0
    while event < n_events:
        if event == batch_end:
            batch_start, batch_end = event, min(event + len(uniforms.leading), n_events)
            draw_leading(uniforms, chunk, batch_start, batch_end)
        now, i = chunk.time[event], np.uint64(chunk.pbit[event])
        slot = next_arrival(queue, latest_seen(now, network.delay))
        while slot >= 0:
            if _make_visible(queue, slot, visible, scratch):
                _push_list(network, np.uint64(queue.pbit[slot]), scratch, field)
            slot = next_arrival(queue, latest_seen(now, network.delay))
        if is_full(queue):
            return event
        at = step_at(steps, step, now)
        if at != step:
            step, beta = at, steps.beta[at]
        for r in range(field.shape[0]):
            rough[r] = np.float32(field[r, i])
        _commit(chunk, event, event - batch_start, network, beta, visible, scratch, field.shape[0], queue, trace)
        event += 1
    return event


@kernel
def advance_by_rows(event, chunk, steps, network, field, visible, queue, scratch, trace):
    """The same where whole rows of the coupling matrix are added."""
    uniforms, rough = scratch.uniforms, scratch.rough
    n_events, batch_start, batch_end = len(chunk.time), event, event
    step, beta = -1, 0.0
    while event < n_events:
        if event == batch_end:
            batch_start, batch_end = event, min(event + len(uniforms.leading), n_events)
            draw_leading(uniforms, chunk, batch_start, batch_end)
        now, i = chunk.time[event], np.uint64(chunk.pbit[event])
        slot = next_arrival(queue, latest_seen(now, network.delay))
        while slot >= 0:
            if _make_visible(queue, slot, visible, scratch):
                _push_row(network.matrix, np.uint64(queue.pbit[slot]), scratch, field)
            slot = next_arrival(queue, latest_seen(now, network.delay))
        if is_full(queue):
            return event
        at = step_at(steps, step, now)
        if at != step:
            step, beta = at, steps.beta[at]
        for r in range(field.shape[0]):
            rough[r] = np.float32(field[r, i])
        _commit(chunk, event, event - batch_start, network, beta, visible, scratch, field.shape[0], queue, trace)
        event += 1
    return event


@inline
def _make_visible(queue, slot, visible, scratch):
    """Make a commit visible, and write to ``scratch.change`` by how much; returns whether it changes anything."""
    change, words = scratch.change, scratch.change_words
    j, moved = np.uint64(queue.pbit[slot]), np.uint64(0)
    for r in range(len(change)):
        change[r] = queue.rows[slot, r] - visible[j, r]
        visible[j, r] = queue.rows[slot, r]
    for w in range(len(words)):
        moved |= words[w] & scratch.flipped[w]
    return moved != np.uint64(0)


@inline
def _push_list(network, j, scratch, field):
    """Add the couplings of p-bit ``j`` to its neighbours' fields, in the columns where it flipped."""
    first, end = network.first[j], network.first[j + np.uint64(1)]
    for w in range(len(scratch.change_words)):
        left = scratch.change_words[w] & scratch.flipped[w]
        while left != np.uint64(0):
            r = np.uint64(8 * w) + (trailing_zeros(left) >> np.uint64(3))
            left &= left - np.uint64(1)
            # two loops: a multiplication of integers takes longer than all else here
            if scratch.change[r] > 0:
                for k in range(first, end):
                    field[r, network.target[k]] += network.step[k]
            else:
                for k in range(first, end):
                    field[r, network.target[k]] -= network.step[k]


@inline
def _push_row(matrix, j, scratch, field):
    """Add the row of p-bit ``j`` to all fields of the columns where it flipped."""
    for w in range(len(scratch.change_words)):
        left = scratch.change_words[w] & scratch.flipped[w]
        while left != np.uint64(0):
            r = np.uint64(8 * w) + (trailing_zeros(left) >> np.uint64(3))
            left &= left - np.uint64(1)
            if scratch.change[r] > 0:
                for k in range(field.shape[1]):
                    field[r, k] += matrix[j, k]
            else:
                for k in range(field.shape[1]):
                    field[r, k] -= matrix[j, k]


@inline
def _commit(chunk, event, e, network, beta, visible, scratch, count, queue, trace):
    """Decide event ``event`` in all columns, whose fields are in ``scratch.rough``, and put the new values into the
    queue. ``e`` : row of the event's leading random bits."""
    i, slot = np.uint64(chunk.pbit[event]), np.uint64(next_slot(queue))
    gain, shift = network.gain[i], network.gain[i] * network.offset[i]
    degree = network.indptr[i + np.uint64(1)] - network.indptr[i]
    # errors: the roundings of the screen, the comparator's, and half a grid step for every term of the field
    slope = 0.5 * abs(gain) * beta
    error = 2.0**-20 + network.comparator_step[i] * 2.0**-32 + 2.0**-22 * (slope * network.reach[i] + abs(shift))
    error += slope * network.grid * np.float64(degree + 2)
    leading, lanes, drawn, row = scratch.leading, scratch.lanes, scratch.uniforms.leading, np.uint64(e)
    if len(lanes) == drawn.shape[1]:
        for r in range(len(lanes)):
            leading[r] = drawn[row, r]
    else:
        for r in range(len(lanes)):
            leading[r] = drawn[row, lanes[r]]
    _screen(np.float32(-gain * beta * network.grid), np.float32(shift), error, scratch, queue.rows, slot)
    open_ = np.uint64(0)
    for w in range(len(scratch.tied_words)):
        open_ |= scratch.tied_words[w]
    if open_ != np.uint64(0):
        start = update_key(scratch.uniforms.key, i, chunk.number[event])
        _settle(network, visible, i, beta, start, scratch, count, queue.rows, slot)
    push(queue, i, chunk.time[event])
    if len(trace) > 0:
        for r in range(len(lanes)):
            trace[event, r] = queue.rows[slot, r]


@inline
def _screen(slope, shift, error, scratch, out, row):
    """Decide the columns whose 16 leading random bits lie further than ``error`` from the probability; mark others."""
    rough, leading, tied = scratch.rough, scratch.leading, scratch.tied
    below, above, unit = np.float32(2.0**-16 + error), np.float32(error), np.float32(2.0**-16)
    for r in range(len(rough)):
        top, bottom = rough_sigmoid(slope * rough[r] + shift)
        u = np.float32(leading[r]) * unit
        up = (u + below) * bottom < top
        out[row, r] = np.int8(2) * np.int8(up) - np.int8(1)
        tied[r] = np.uint8((u - above) * bottom < top) & np.uint8(not up)


@inline
def _settle(network, visible, i, beta, start, scratch, count, out, row):
    """Settle the columns that the screen left open: by the exact law on the exact sum, in float64 and in the order of
    the program's row as the reference makes it, with all 32 random bits."""
    gain, offset, comparator_step = network.gain[i], network.offset[i], network.comparator_step[i]
    first = start_row(network, i)
    for r in range(count):
        if scratch.tied[r] != 0:
            current = network.bias[i] if first < 0 else network.starts[first, r]
            for k in range(network.indptr[i], network.indptr[i + np.uint64(1)]):
                current += network.weight[k] * np.float64(visible[network.indices[k], r])
            threshold = ideal_threshold(-current, beta, gain, offset, -NO_LIMIT, NO_LIMIT, 0.0, comparator_step)
            u = np.float64(draw(start, scratch.uniforms.replica[scratch.lanes[r]]))
            out[row, r] = np.int8(1) if u < threshold else np.int8(-1)
