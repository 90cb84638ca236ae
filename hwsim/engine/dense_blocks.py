"""The event loop of dense for many replicas: a block of updates at a time, and in it 64 replicas after the other.

Enters: events of a schedule, a Network, and a shard's Memory. Leaves: the Memory advanced.

A flip changes a field of every p-bit, and an update reads one. So a flip goes to the fields in three strides, each as
late as can be: to those that the next updates read, up to 16 of them, as terms of a sum (`screen`); to those that the
block's other updates will read, which stand in a table (`push_row`); and with all flips of the block to all fields, 64
p-bits at a time, whose rows of the coupling matrix then stay in the first cache and whose sums stay in registers
(`add_rows`). Which commits an update sees depends on the schedule alone, so `_plan` finds it for all replicas at once.
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.codes import NO_LIMIT
from hwsim.cell.elementary import exp
from hwsim.cell.law import ideal_threshold
from hwsim.engine.arguments import start_row, step_at
from hwsim.engine.dense_vectors import (
    FIGURES,
    LANES,
    TILE,
    WIDE,
    add_rows,
    add_terms,
    expand,
    push_row,
    screen,
    take_column,
    turn,
)
from hwsim.engine.noise import draw, update_key
from hwsim.engine.pending import latest_seen
from hwsim.engine.uniforms import draw_many
from hwsim.engine.words import trailing_zeros
from hwsim.jit import inline, kernel

BLOCK, NEXT, LISTED = 128, 16, 160
"""Updates of a block, and of a run of updates in it; commits that may stand in the lists of flips."""
TOGETHER, ROW = 4, BLOCK + WIDE
"""Words of replicas whose updates take turns, since each waits for the one before it; length of a row of fields that a
block reads, no power of two, so that rows do not share a set of a cache."""
_LOG2_E = 1.4426950408889634
COMMITS, SEEN, PUSHED, LISTED_NOW = range(4)
"""Places in Memory.counts: commits so far; those that the last update saw; those that are in the table of the block or
in the lists; and those in the lists."""


class Network(NamedTuple):
    """A Program's connections and cells; see Program for shapes and units."""

    bias: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    weight: np.ndarray
    push: np.ndarray  # int32 (m,): couplings on the grid, by connection
    start: np.ndarray  # int32 (n,): biases on the grid
    starts: np.ndarray  # float64 (k, R): bias and what the read adds to it, by lane
    start_row: np.ndarray  # int32 (n,): row of `starts` of a p-bit to which each read adds a bias, else -1; or (0,)
    matrix: np.ndarray  # int32 (tiles * n * 64,): twice the couplings, on the grid; tile by tile what each p-bit pushes
    reach: np.ndarray  # float64 (n,): |bias| + sum of |weight|, and the most that a read adds
    slack: np.ndarray  # float64 (n,): the most by which a field on the grid is wrong
    gain: np.ndarray
    offset: np.ndarray
    comparator_step: np.ndarray
    delay: int  # ticks, of every connection
    grid: float  # field of one unit of the integers


class Memory(NamedTuple):
    """R replicas in G words, in the order of lanes; commits in a ring of Q, a power of two. Tables are flat."""

    field: np.ndarray  # int32 (tiles, R, 64): fields of the visible states, but for the flips in the lists
    visible: np.ndarray  # uint64 (n, G): what neighbours see
    newest: np.ndarray  # uint64 (n, G): committed states
    counts: np.ndarray  # int64 (4,)
    time: np.ndarray  # int64 (Q,): of each commit
    pbit: np.ndarray  # int64 (Q,): whose it is
    flipped: np.ndarray  # uint64 (Q, G): where it changed the p-bit
    state: np.ndarray  # uint64 (Q, G): and its state then
    near: np.ndarray  # int32 (R, ROW): the fields that a block's updates read
    listed: np.ndarray  # int32 (R, LISTED): flips that the fields lack, see add_rows
    n_listed: np.ndarray  # int64 (R,)
    n_down: np.ndarray  # int64 (R,): those to -1


class Plan(NamedTuple):
    """A block, as far as the schedule tells, and buffers."""

    seen: np.ndarray  # int64 (BLOCK,): how many commits each update sees
    begin: np.ndarray  # int64 (BLOCK + 1,): first updates of its runs, and the end
    size: np.ndarray  # int64 (2,): runs, updates
    beta: np.ndarray  # float64 (BLOCK,)
    figures: np.ndarray  # float32 (BLOCK * FIGURES,): see dense_vectors
    place: np.ndarray  # int64 (BLOCK,): the column of each update in Network.matrix
    rows: np.ndarray  # int32 (BLOCK, BLOCK): what the commits that become visible push to the p-bits of updates; flat
    terms: np.ndarray  # float32 (BLOCK, NEXT): what commits of a run push to the p-bit of an update; flat
    change: np.ndarray  # float32 (TOGETHER, NEXT, 64): by how much they changed; flat
    turned: np.ndarray  # int32 (TOGETHER, NEXT, 64): fields of a run, by update; flat
    by_tile: np.ndarray  # int64 (BLOCK,): updates in order of their p-bits' tiles
    tile_end: np.ndarray  # int64 (tiles + 1,): where those of each tile end, after a 0


def new_ring(size: int, words: int) -> dict[str, np.ndarray]:
    """The ring of a Memory, empty."""
    time, pbit = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    flipped, state = np.zeros((size, words), dtype=np.uint64), np.zeros((size, words), dtype=np.uint64)
    return {"time": time, "pbit": pbit, "flipped": flipped, "state": state}


def longer(memory: Memory) -> Memory:
    """The same with a ring twice as long."""
    size, commits = len(memory.time), np.arange(memory.counts[PUSHED], memory.counts[COMMITS])
    ring = new_ring(2 * size, memory.flipped.shape[1])
    for name, array in ring.items():
        array[commits % (2 * size)] = getattr(memory, name)[commits % size]
    return memory._replace(**ring)


@kernel
def add_energies(network, states, offset, sums, out):
    """float64 (R,) to ``out``: energies of uint64 (n, G), the terms added in the order of program.energy.

    sums : float64 (64,), a buffer
    """
    n_words = states.shape[1]
    flat = states.reshape(-1)
    for word in range(n_words):
        sums[:] = offset
        for i in range(len(network.bias)):
            bits, h = states[i, word], network.bias[i]
            for r in range(LANES):
                up = (bits >> np.uint64(r)) & np.uint64(1)
                sums[r] += h if up != np.uint64(0) else -h
            first, end = network.indptr[i], network.indptr[i + 1]
            add_terms(flat, n_words, word, i, network.indices, network.weight, first, end, sums)
        for r in range(LANES):
            out[LANES * word + r] = sums[r]


@kernel
def advance_by_blocks(event, chunk, steps, network, memory, plan, uniforms, trace):
    """Run events from ``event`` on; returns the index reached: short of the end when the ring of commits is full.

    uniforms : of the first word;  trace : int8 (n_events, R), by lane, or (0, R)
    """
    counts, n_words = memory.counts, memory.visible.shape[1]
    while event < len(chunk.time):
        if counts[COMMITS] + BLOCK - counts[PUSHED] > len(memory.time):
            return event
        shown = counts[SEEN]
        _plan(event, chunk, steps, network, memory, plan)
        _update_fields(network, memory, plan, shown)
        n_runs, n_updates = plan.size
        draw_many(uniforms, chunk, event, event + n_updates)
        for word in range(0, n_words, TOGETHER):
            _run_block(event, chunk, word, min(word + TOGETHER, n_words), network, memory, plan, uniforms, trace)
        counts[PUSHED] = plan.seen[plan.begin[n_runs - 1]]
        counts[LISTED_NOW] += counts[PUSHED] - plan.seen[0]
        counts[COMMITS] += n_updates
        event += n_updates
    return event


@kernel
def _plan(event, chunk, steps, network, memory, plan):
    """Plan a block from ``event`` on: as many updates as see no more than BLOCK commits that the first does not see."""
    time, pbit, counts, seen = memory.time, memory.pbit, memory.counts, plan.seen
    mask, first, p, step = len(time) - 1, counts[COMMITS], counts[SEEN], -1
    n, begin, n_runs = network.bias.shape[0], 0, 0
    e = 0
    while e < BLOCK and event + e < len(chunk.time):
        now, i = chunk.time[event + e], np.int64(chunk.pbit[event + e])
        latest, q = latest_seen(now, network.delay), p
        while q < first + e and time[q & mask] <= latest:
            q += 1
        if e > 0 and q - seen[0] > BLOCK:
            break
        p = q
        seen[e], time[(first + e) & mask], pbit[(first + e) & mask] = p, now, i
        step = step_at(steps, step, now)
        plan.beta[e], plan.place[e] = steps.beta[step], (i // TILE * n) * TILE + i % TILE
        _fill_figures(network, i, steps.beta[step], plan.figures, FIGURES * e)
        if e == 0 or e - begin == NEXT or p - seen[begin] > NEXT:
            plan.begin[n_runs], begin = e, e
            n_runs += 1
        for c in range(seen[begin], p):
            term = network.matrix[plan.place[e] + TILE * pbit[c & mask]]
            plan.terms[NEXT * e + c - seen[begin]] = np.float32(term)
        e += 1
    plan.begin[n_runs], plan.size[0], plan.size[1], counts[SEEN] = e, n_runs, e, p
    run = 0
    for c in range(seen[0], seen[plan.begin[n_runs - 1]]):
        while seen[plan.begin[run]] <= c:
            run += 1
        row, target = TILE * pbit[c & mask], BLOCK * (c - seen[0])
        for k in range(np.uint64(plan.begin[run]), np.uint64(e)):
            plan.rows[np.uint64(target) + k] = network.matrix[np.uint64(plan.place[k] + row)]
    _sort_by_tile(pbit, first, mask, plan)


@inline
def _fill_figures(network, i, beta, figures, at):
    """What `screen` needs to know of an update of ``i``, with the error of its odds: that of the field (of the grid,
    and of 18 roundings to float32), and 2**-16 for the exponential."""
    slope = 2.0 * abs(network.gain[i]) * beta
    error = 2.0**-16 + slope * (network.slack[i] + 18 * 2.0**-24 * network.reach[i])
    error += 2.0**-22 * abs(network.gain[i] * network.offset[i])
    margin = network.comparator_step[i] * 2.0**-32 + 2.0**-21
    scale = min(slope * _LOG2_E * network.grid, 1e30)
    figures[at] = np.float32(-scale if network.gain[i] < 0.0 else scale)
    figures[at + 1] = np.float32(-2.0 * _LOG2_E * network.gain[i] * network.offset[i])
    figures[at + 2], figures[at + 3] = np.float32(exp(error)), np.float32(exp(-error))
    figures[at + 4], figures[at + 5] = np.float32(2.0**-16 + margin), np.float32(-margin)


@inline
def _sort_by_tile(pbit, first, mask, plan):
    """The block's updates by the tile of their p-bit."""
    end = plan.tile_end
    end[:] = 0
    for e in range(plan.size[1]):
        end[pbit[(first + e) & mask] // TILE + 1] += 1
    for tile in range(1, len(end)):
        end[tile] += end[tile - 1]
    for e in range(plan.size[1]):  # the beginning of each tile moves to its end
        tile = pbit[(first + e) & mask] // TILE
        plan.by_tile[end[tile]] = e
        end[tile] += 1
    for tile in range(len(end) - 1, 0, -1):
        end[tile] = end[tile - 1]
    end[0] = 0


@kernel
def _update_fields(network, memory, plan, shown):
    """Bring all fields to what the block's first update sees, and copy those that its updates read. ``shown`` : commits
    that are in the visible states."""
    counts, mask = memory.counts, len(memory.time) - 1
    for c in range(counts[PUSHED], plan.seen[0]):
        if counts[LISTED_NOW] == LISTED:
            _add_listed(network, memory, plan)
        for word in range(memory.visible.shape[1]):
            if c >= shown:
                memory.visible[memory.pbit[c & mask], word] ^= memory.flipped[c & mask, word]
            _list(memory, c & mask, word)
        counts[LISTED_NOW] += 1
    counts[PUSHED] = plan.seen[0]
    _add_listed(network, memory, plan)
    _copy_fields(memory, plan)


@inline
def _list(memory, slot, word):
    """Add the flips of a commit to the lists of replicas."""
    left, state = memory.flipped[slot, word], memory.state[slot, word]
    row = np.int32(TILE * memory.pbit[slot])
    while left != np.uint64(0):
        bit = trailing_zeros(left)
        left &= left - np.uint64(1)
        _list_one(memory, np.uint64(LANES * word) + bit, row, np.int64((state >> bit) & np.uint64(1)) - 1)


@inline
def _list_one(memory, r, row, sign):
    """Add a flip to the list of replica ``r``. sign : 0, or -1 where it went to -1"""
    k = memory.n_listed[r]
    memory.listed[np.uint64(LISTED) * r + np.uint64(k)] = row ^ np.int32(sign)
    memory.n_listed[r] = k + 1
    memory.n_down[r] -= sign


@kernel
def _add_listed(network, memory, plan):
    """Add the flips of the lists to all fields, and empty the lists."""
    n, n_replicas = len(network.bias), len(memory.n_listed)
    for tile in range(len(plan.tile_end) - 1):
        for begin in range(0, n_replicas, LANES):
            place = (tile * n_replicas + begin) * TILE
            for r in range(begin, begin + LANES):
                if memory.n_listed[r] > 0:
                    add_rows(
                        memory.field,
                        place + (r - begin) * TILE,
                        network.matrix,
                        tile * n * TILE,
                        memory.listed,
                        LISTED * r,
                        memory.n_listed[r],
                        memory.n_down[r],
                    )
    memory.n_listed[:] = 0
    memory.n_down[:] = 0
    memory.counts[LISTED_NOW] = 0


@kernel
def _copy_fields(memory, plan):
    """Copy the fields that the block's updates read, as the first of them sees them."""
    first, mask, n_replicas = memory.counts[COMMITS], len(memory.time) - 1, len(memory.n_listed)
    for begin in range(0, n_replicas, LANES):
        for tile in range(len(plan.tile_end) - 1):
            for k in range(plan.tile_end[tile], plan.tile_end[tile + 1]):
                e = plan.by_tile[k]
                column = (tile * n_replicas + begin) * TILE + memory.pbit[(first + e) & mask] % TILE
                take_column(memory.field, column, memory.near, begin * ROW + e, ROW)


@kernel
def _run_block(event, chunk, first_word, end_word, network, memory, plan, uniforms, trace):
    """Run the updates of the block in the replicas of a few words."""
    mask, first, lanes = len(memory.time) - 1, memory.counts[COMMITS], uniforms.leading.shape[1]
    leading = uniforms.leading.reshape(-1)
    pushed, shown = plan.seen[0], plan.seen[0]
    n_runs, n_updates = plan.size
    for run in range(n_runs):
        begin, end = plan.begin[run], plan.begin[run + 1]
        base = plan.seen[begin]
        while shown < base:
            for word in range(first_word, end_word):
                memory.visible[memory.pbit[shown & mask], word] ^= memory.flipped[shown & mask, word]
            shown += 1
        while pushed < base:
            for word in range(first_word, end_word):
                _push(memory, plan, pushed & mask, word, BLOCK * (pushed - plan.seen[0]), begin, n_updates)
            pushed += 1
        for part in range(0, LANES * (end_word - first_word), WIDE):
            source = (LANES * first_word + part) * ROW + begin
            turn(memory.near, source, ROW, plan.turned, part // LANES * LANES * NEXT + part % LANES)
        for e in range(begin, end):
            while shown < plan.seen[e]:
                slot = shown & mask
                for word in range(first_word, end_word):
                    flipped = memory.flipped[slot, word]
                    memory.visible[memory.pbit[slot], word] ^= flipped
                    place = LANES * (NEXT * (word - first_word) + shown - base)
                    expand(flipped, memory.state[slot, word], plan.change, place)
                shown += 1
            i, slot = np.int64(chunk.pbit[event + e]), (first + e) & mask
            for word in range(first_word, end_word):
                up, open_ = screen(
                    plan.turned,
                    LANES * (NEXT * (word - first_word) + e - begin),
                    plan.terms,
                    NEXT * e,
                    shown - base,
                    plan.change,
                    LANES * NEXT * (word - first_word),
                    leading,
                    lanes * e + LANES * word,
                    plan.figures,
                    FIGURES * e,
                )
                if open_ != np.uint64(0):
                    start = update_key(uniforms.key, i, chunk.number[event + e])
                    up = _settle(up, open_, network, memory, i, plan.beta[e], start, uniforms.replica, word)
                memory.flipped[slot, word] = up ^ memory.newest[i, word]
                memory.state[slot, word] = up
                memory.newest[i, word] = up
                if len(trace) > 0:
                    for r in range(LANES):
                        bit = (up >> np.uint64(r)) & np.uint64(1)
                        trace[event + e, LANES * word + r] = np.int8(2 * bit) - np.int8(1)


@inline
def _push(memory, plan, slot, word, row, begin, n_updates):
    """Add the flips of a commit to the fields that updates from ``begin`` on will read, and to the lists."""
    left, state = memory.flipped[slot, word], memory.state[slot, word]
    pbit_row = np.int32(TILE * memory.pbit[slot])
    aligned = begin // WIDE * WIDE
    n_vectors = (n_updates - aligned + WIDE - 1) // WIDE
    while left != np.uint64(0):
        bit = trailing_zeros(left)
        left &= left - np.uint64(1)
        r, sign = np.uint64(LANES * word) + bit, np.int64((state >> bit) & np.uint64(1)) - 1
        push_row(memory.near, np.int64(r) * ROW + aligned, plan.rows, row + aligned, n_vectors, sign)
        _list_one(memory, r, pbit_row, sign)


@kernel
def _settle(up, open_, network, memory, i, beta, start, replica, word):
    """The states ``up`` with those of ``open_`` settled: by the exact law on the exact sum, in float64 and in the order
    of the program's row as the reference makes it, with all 32 random bits."""
    gain, offset, comparator_step = network.gain[i], network.offset[i], network.comparator_step[i]
    row = start_row(network, i)
    while open_ != np.uint64(0):
        bit = trailing_zeros(open_)
        open_ &= open_ - np.uint64(1)
        current = network.bias[i] if row < 0 else network.starts[row, np.uint64(LANES * word) + bit]
        for k in range(network.indptr[i], network.indptr[i + 1]):
            seen = (memory.visible[network.indices[k], word] >> bit) & np.uint64(1)
            current += network.weight[k] * (2.0 * np.float64(np.int64(seen)) - 1.0)
        threshold = ideal_threshold(-current, beta, gain, offset, -NO_LIMIT, NO_LIMIT, 0.0, comparator_step)
        if np.float64(draw(start, replica[np.uint64(LANES * word) + bit])) < threshold:
            up |= np.uint64(1) << bit
    return up
