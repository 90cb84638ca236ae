"""The event loops of dense: from one update to the next, up to 64 replicas side by side.

Enters: events of a schedule, a Network, and a shard's fields, visible states and queue. Leaves: these advanced.

`advance_by_lists` adds the couplings of a p-bit that has flipped to its neighbours' fields at once. `advance_by_rows`
adds whole rows of the coupling matrix, and most of them later: it takes the next 32 events as a block, keeps the fields
that these will read in a small table, which every flip changes at once, and adds the flips of the block to all other
fields at its end, one replica after the other. So a replica's fields are loaded and stored once for several flips, and
an update reads what stands side by side.
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
from hwsim.engine.words import ones, trailing_zeros
from hwsim.jit import inline, kernel, njit

VECTOR, BLOCK = 16, 32
"""Columns of a vector of 32-bit numbers, and events of a block: as many as uniforms are drawn for at a time."""
_FEW = 4  # flipped columns up to which they are taken one by one


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
    near: np.ndarray  # int32 (block, R): fields that the events of a block read
    row: np.ndarray  # int32 (BLOCK,): couplings of a p-bit to theirs
    moved: np.ndarray  # int32 (R,): -1 where a p-bit has flipped
    sign: np.ndarray  # int32 (R,): -1 where it has flipped down
    flips: np.ndarray  # uint64 (R, 2, 2 BLOCK): p-bits that have flipped up, and down, since fields were whole
    n_flips: np.ndarray  # int64 (R, 2): how many
    arrived: np.ndarray  # int64 (1,): commits since then that flipped any


@njit
def make_fields(network, visible, field):
    """All fields of all columns that have a replica."""
    count = field.shape[0]
    current = np.empty(count, dtype=np.int32)
    for i in range(field.shape[1]):
        row = start_row(network, i)
        for r in range(count):
            current[r] = network.start[i] if row < 0 else np.int32(np.rint(network.starts[row, r] / network.grid))
        for k in range(network.indptr[i], network.indptr[i + 1]):
            j, w = np.int64(network.indices[k]), network.push[k]
            for r in range(count):
                current[r] += np.int32(w * np.int32(visible[j, r]))
        for r in range(count):
            field[r, i] = current[r]


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
    """Run events from ``event`` on; returns the index reached: short of the end when the queue is full.

    field : int32 (replicas, n);  visible : int8 (n, R);  queue : of rows int8 (., R)
    """
    uniforms, rough, near, matrix = scratch.uniforms, scratch.rough, scratch.near, network.matrix
    n_events, batch_start, batch_end, block_start, block_end = len(chunk.time), event, event, event, event
    step, beta = -1, 0.0
    while event < n_events:
        now, latest = chunk.time[event], latest_seen(chunk.time[event], network.delay)
        if event == batch_end:
            batch_start, batch_end = event, min(event + len(uniforms.leading), n_events)
            draw_leading(uniforms, chunk, batch_start, batch_end)
        if event == block_end:
            block_start, block_end = event, min(event + len(near), batch_end)
            slot = next_arrival(queue, latest)
            while slot >= 0:
                if _make_visible(queue, slot, visible, scratch):
                    _push_row(matrix, np.uint64(queue.pbit[slot]), scratch, field)
                slot = next_arrival(queue, latest)
            _fill_near(field, chunk.pbit, block_start, block_end, near)
        slot = next_arrival(queue, latest)
        while slot >= 0:
            if _make_visible(queue, slot, visible, scratch):
                _push_near(matrix, queue.pbit[slot], chunk.pbit, event, block_start, block_end, scratch)
                _push_later(matrix, np.uint64(queue.pbit[slot]), scratch, field)
            slot = next_arrival(queue, latest)
        if is_full(queue):
            _add_rows(matrix, scratch.flips, scratch.n_flips, field)
            scratch.arrived[0] = 0
            return event
        at = step_at(steps, step, now)
        if at != step:
            step, beta = at, steps.beta[at]
        row = np.uint64(event - block_start)
        for r in range(len(rough)):
            rough[r] = np.float32(near[row, r])
        _commit(chunk, event, event - batch_start, network, beta, visible, scratch, field.shape[0], queue, trace)
        event += 1
        if event == block_end and scratch.arrived[0] > 0:
            _add_rows(matrix, scratch.flips, scratch.n_flips, field)
            scratch.arrived[0] = 0
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
def _fill_near(field, pbit, block_start, block_end, near):
    """The fields that the events of a block will read, by event."""
    for r in range(field.shape[0]):
        for e in range(block_end - block_start):
            near[e, r] = field[r, np.uint64(pbit[np.uint64(block_start + e)])]


@inline
def _push_near(matrix, j, pbit, event, block_start, block_end, scratch):
    """Add the couplings of ``j`` to the fields that events from ``event`` on will read, where it flipped: column by
    column where it flipped in few, else vector by vector."""
    near, moved, sign, change, row = scratch.near, scratch.moved, scratch.sign, scratch.change, scratch.row
    first, count = np.uint64(event - block_start), np.uint64(block_end - block_start)
    for e in range(first, count):
        row[e] = matrix[j, np.uint64(pbit[np.uint64(block_start) + e])]
    n_flipped = np.uint64(0)
    for w in range(len(scratch.change_words)):
        n_flipped += ones(scratch.change_words[w] & scratch.flipped[w])
    if n_flipped > np.uint64(_FEW):
        for r in range(near.shape[1]):
            moved[r] = -np.int32(change[r] != 0)
            sign[r] = -np.int32(change[r] < 0)
        for e in range(first, count):
            w = row[e]
            for r in range(near.shape[1]):
                near[e, r] += ((w & moved[r]) ^ sign[r]) - sign[r]
        return
    for w in range(len(scratch.change_words)):
        left = scratch.change_words[w] & scratch.flipped[w]
        while left != np.uint64(0):
            r = np.uint64(8 * w) + (trailing_zeros(left) >> np.uint64(3))
            left &= left - np.uint64(1)
            down = -np.int32(change[r] < 0)
            for e in range(first, count):
                near[e, r] += (row[e] ^ down) - down


@inline
def _push_later(matrix, j, scratch, field):
    """Note that ``j`` has flipped, for `_add_rows`."""
    flips, n_flips, change = scratch.flips, scratch.n_flips, scratch.change
    if scratch.arrived[0] == flips.shape[2]:
        _add_rows(matrix, flips, n_flips, field)
        scratch.arrived[0] = 0
    scratch.arrived[0] += 1
    for w in range(len(scratch.change_words)):
        left = scratch.change_words[w] & scratch.flipped[w]
        while left != np.uint64(0):
            r = np.uint64(8 * w) + (trailing_zeros(left) >> np.uint64(3))
            left &= left - np.uint64(1)
            down = np.uint64(change[r] < 0)
            flips[r, down, np.uint64(n_flips[r, down])] = j
            n_flips[r, down] += 1


@kernel
def _add_rows(matrix, flips, n_flips, field):
    """Add the rows of all p-bits that have flipped to the fields, column by column."""
    for r in range(field.shape[0]):
        n_up, n_down, a, b = n_flips[r, 0], n_flips[r, 1], 0, 0
        n_flips[r, 0], n_flips[r, 1] = 0, 0
        while n_up - a >= 4:
            i, j, k, m = flips[r, 0, a], flips[r, 0, a + 1], flips[r, 0, a + 2], flips[r, 0, a + 3]
            for q in range(field.shape[1]):
                field[r, q] += matrix[i, q] + matrix[j, q] + matrix[k, q] + matrix[m, q]
            a += 4
        while n_down - b >= 4:
            i, j, k, m = flips[r, 1, b], flips[r, 1, b + 1], flips[r, 1, b + 2], flips[r, 1, b + 3]
            for q in range(field.shape[1]):
                field[r, q] -= matrix[i, q] + matrix[j, q] + matrix[k, q] + matrix[m, q]
            b += 4
        while a < n_up and b < n_down:
            i, j = flips[r, 0, a], flips[r, 1, b]
            for q in range(field.shape[1]):
                field[r, q] += matrix[i, q] - matrix[j, q]
            a += 1
            b += 1
        while a < n_up:
            i = flips[r, 0, a]
            for q in range(field.shape[1]):
                field[r, q] += matrix[i, q]
            a += 1
        while b < n_down:
            j = flips[r, 1, b]
            for q in range(field.shape[1]):
                field[r, q] -= matrix[j, q]
            b += 1


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
