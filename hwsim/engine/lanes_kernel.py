"""The event loop of lanes: from one update to the next, all replicas of a shard at a time.

Enters: events of a schedule, a program as a Layout, and a shard's Memory. Leaves: the Memory advanced.
Each update costs, per lane: 16 random bits (see uniforms), the field (lanes_fields) and the comparison
(lanes_decisions). Nothing is allocated here; a queue or ring that is full ends the loop early.
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.codes import IDEAL
from hwsim.engine.arguments import start_row, step_at
from hwsim.engine.lanes_decisions import (
    Update,
    count_flips,
    decide_any,
    decide_by_rungs,
    decide_drawn,
    decide_float,
    decide_integer,
    decide_level,
    draw_ideal,
    draw_noise,
    is_level,
    rough_error,
    screen,
    settle_rungs,
    settle_screened,
    settle_ties,
    tied_thresholds,
)
from hwsim.engine.lanes_fields import (
    Filters,
    Network,
    add_current,
    add_driven,
    add_filtered,
    fill_field,
    fill_rough,
    fill_start,
    filter_would_lose,
)
from hwsim.engine.lanes_patterns import MOST, decide_patterns, fill_pattern, fill_thresholds, look_up
from hwsim.engine.lanes_sources import Source, draw_words
from hwsim.engine.lanes_thresholds import Cells, Tables, device_of, fill_alike, fill_rungs, levels_of
from hwsim.engine.noise import update_key
from hwsim.engine.participants import Absent, find_absent, keep_lanes
from hwsim.engine.pending import (
    Queue,
    Rings,
    commit,
    find_rows,
    is_full,
    latest_seen,
    next_arrival,
    next_slot,
    push,
    row_of,
    would_lose,
)
from hwsim.engine.uniforms import Uniforms, draw_leading
from hwsim.jit import inline, kernel

INTEGER, SCREENED, SIGMOID, GENERAL = range(4)
"""Paths of an update: integer levels; the ideal law, with or without a screen; any law."""


class Plan(NamedTuple):
    """What a program asks of the kernel."""

    path: int  # INTEGER and so on
    queued: bool  # whether delays are alike and nothing is filtered, so that commits wait in a queue
    has_synapse: bool
    has_drawn: bool  # whether white noise of some p-bit is drawn
    longest: int  # ticks: the longest delay, exchanges included
    unit: float  # of integer fields
    swapped: bool  # whether the comparison is swapped for negative inputs
    source: Source


class Layout(NamedTuple):
    """A Program as the kernel reads it."""

    network: Network
    cells: Cells
    plan: Plan


class Memory(NamedTuple):
    """What a shard carries from one advance to the next. R lanes, n p-bits."""

    visible: np.ndarray  # int8 (n, R): what neighbours see, if queued; else (0, R)
    queue: Queue  # int8 rows of R, if queued
    last: np.ndarray  # int64 (n,): one more than the number of each p-bit's last commit, if queued
    rings: Rings  # int8 rows of R, if not queued; else of no p-bits
    filters: Filters
    generator: np.ndarray  # uint32 (n, R, words): states of the p-bits' random sources, else (0, 0, 0)
    slot: np.ndarray  # int64 (n,): the first slot for which each p-bit's source has yet to step; (0,) if at updates
    flips: np.ndarray  # int64 (R,): of p-bits that set their own rate, so far


class Scratch(NamedTuple):
    """Buffers, overwritten at every update."""

    uniforms: Uniforms
    tables: Tables
    rows: np.ndarray  # int64 (max degree,): rows that the reader sees
    tied: np.ndarray  # uint8 (R,)
    tied_words: np.ndarray  # uint64 (R / 8,), the same memory
    field: np.ndarray  # int16 (R,)
    passed: np.ndarray  # int16 (R,)
    rough: np.ndarray  # float32 (R,): fields for screening
    current: np.ndarray  # float64 (R,): fields, then thresholds
    least: np.ndarray  # uint16 (2**MOST,): thresholds by pattern, for screening
    pattern: np.ndarray  # uint8 (R,): of the neighbours
    threshold: np.ndarray  # uint16 (R,): leading bits
    white: np.ndarray  # float64 (R,): white noise of the p-bit, general path only
    own: np.ndarray  # int8 (R,): present spins of the p-bit, general path only
    drawn: np.ndarray  # uint32 (R,): random numbers, general path only
    absent: Absent
    inputs: np.ndarray  # float64 (k, R): fields of all lines of a p-dit; or (1, R), through driven couplings
    z: np.ndarray  # float64 (k,): of one lane of a p-dit


@kernel
def advance(event, chunk, steps, network, cells, plan, memory, scratch, trace):
    """Run events from index ``event`` on; returns the index reached: short of the end when a queue or ring is full.

    trace : int8 (n_events, R), or (0, R) where no trace is asked for
    """
    layout = Layout(network, cells, plan)
    queue, rings, visible, filters = memory.queue, memory.rings, memory.visible, memory.filters
    seen, out = (visible, queue.rows) if plan.queued else (rings.rows, rings.rows)
    leading, rows = scratch.uniforms.leading, scratch.rows
    n_events, batch_start, batch_end = len(chunk.time), event, event
    step, beta, drive = -1, 0.0, 1.0
    while event < n_events:
        if event == batch_end:
            batch_start, batch_end = event, min(event + len(leading), n_events)
            draw_leading(scratch.uniforms, chunk, batch_start, batch_end)
        now, i = chunk.time[event], np.int64(chunk.pbit[event])
        if plan.queued:
            slot = next_arrival(queue, latest_seen(now, plan.longest))
            while slot >= 0:
                _copy(queue.rows, slot, visible[queue.pbit[slot]])
                slot = next_arrival(queue, latest_seen(now, plan.longest))
            if is_full(queue):
                return event
            target = next_slot(queue)
        else:
            if would_lose(rings, i, now, plan.longest):
                return event
            if plan.has_synapse and filter_would_lose(network, rings, filters, i):
                return event
            target = row_of(rings, i, rings.commits[i] + 1)
        at = step_at(steps, step, now)
        if at != step:
            step, beta, drive = at, steps.beta[at], steps.drive[at]
            if len(scratch.tables.alike) > 0:
                fill_alike(device_of(cells, 0, 0.0), beta, plan.unit, scratch.tables.alike)
        shift = chunk.shift[event] if len(chunk.shift) > 0 else 0.0
        update = Update(i, now, chunk.number[event], beta, drive, shift, event - batch_start, target)
        _see(layout, memory, i, now, rows)
        if len(scratch.absent.flags) > 0:
            _find_absent(layout, update, scratch)
        if plan.path == INTEGER:
            _by_levels(layout, update, scratch, step, seen, out)
        elif plan.path == GENERAL:
            _by_law(layout, update, memory, scratch, seen, out)
        elif not (plan.path == SCREENED and _by_screen(layout, update, scratch, seen, out)):
            _by_sigmoid(layout, update, memory, scratch, seen, out)
        if len(scratch.absent.flags) > 0:
            _fill_own(plan, memory, i, scratch.own)
            keep_lanes(scratch.absent, scratch.own, out, target)
        if plan.queued:
            memory.last[i] = push(queue, i, now)
        else:
            commit(rings, i, target, now)
        if len(trace) > 0:
            _copy(out, target, trace[event])
        event += 1
    return event


@inline
def _copy(source, row, target):
    for r in range(len(target)):
        target[r] = source[row, r]


@inline
def _see(layout, memory, i, now, rows):
    """Write to ``rows`` the rows in which p-bit ``i`` sees its neighbours."""
    if layout.plan.queued:
        first = layout.network.indptr[i]
        for k in range(first, layout.network.indptr[i + 1]):
            rows[k - first] = layout.network.indices[k]
    else:
        find_rows(memory.rings, layout.network, i, now, rows)


@inline
def _find_absent(layout, update, scratch):
    """Who does not take part: all lines of a p-dit with the first."""
    pdit, uniforms = layout.network.pdit, scratch.uniforms
    first = np.int64(pdit[update.i]) if len(pdit) > 0 else update.i
    find_absent(scratch.absent, uniforms.key, first, update.number, uniforms.first_word)


@inline
def _by_levels(layout, update, scratch, step, seen, out):
    """Integer weights: the field is an int16, and the comparison counts the thresholds up to the random number."""
    network, cells, plan = layout
    i, field, tied, current = update.i, scratch.field, scratch.tied, scratch.current
    first, gap = network.level_first[i], network.level_step[i]
    fill_field(network.indptr[i], network.indptr[i + 1], scratch.rows, network.push, seen, network.start[i], field)
    device = device_of(cells, i, update.shift)
    level = levels_of(scratch.tables, network, i, device, update.beta, plan.unit, update.shift, step)
    if decide_integer(
        network.n_levels[i],
        first,
        gap,
        level,
        scratch.tables.leading_thresholds,
        field,
        scratch.uniforms.leading,
        update.e,
        scratch.passed,
        tied,
        out,
        update.target,
    ):
        tied_thresholds(level, first, gap, field, tied, current)
        start = update_key(scratch.uniforms.key, i, update.number)
        settle_ties(current, tied, scratch.uniforms.replica, start, out, update.target)


@inline
def _by_screen(layout, update, scratch, seen, out):
    """The ideal law in float32, ties settled in float64; returns False, deciding nothing, where errors are large."""
    network, cells, _ = layout
    i, rough, tied, uniforms = update.i, scratch.rough, scratch.tied, scratch.uniforms
    first, end, row = network.indptr[i], network.indptr[i + 1], start_row(network, i)
    device, degree = device_of(cells, i, update.shift), end - first
    error = rough_error(device, update.beta, 2 * degree, network.reach[i])
    if error >= 0.01:
        return False
    if 0 < degree <= MOST and row < 0 and len(rough) > 2**MOST and error < 2.0**-10:
        fill_thresholds(network, device, update, error, degree, rough, scratch.least)
        fill_pattern(scratch.rows, degree, seen, scratch.pattern)
        look_up(scratch.least, scratch.pattern, scratch.threshold)
        ties = decide_patterns(update, error, scratch.threshold, uniforms.leading, tied, scratch.tied_words, out)
    else:
        fill_rough(first, end, scratch.rows, network.weight, seen, row, network.starts, network.bias[i], rough)
        ties = screen(device, update, error, rough, uniforms.leading, tied, out) != 0
    if ties:
        start = update_key(scratch.uniforms.key, i, update.number)
        settle_screened(network, device, update, start, uniforms.replica, scratch.rows, tied, seen, out)
    return True


@inline
def _by_sigmoid(layout, update, memory, scratch, seen, out):
    """The ideal law in float64."""
    current, tied = scratch.current, scratch.tied
    device = device_of(layout.cells, update.i, update.shift)
    _fill_input(layout, update, memory, scratch, seen)
    if decide_float(device, update, current, scratch.uniforms.leading, tied, out):
        start = update_key(scratch.uniforms.key, update.i, update.number)
        settle_ties(current, tied, scratch.uniforms.replica, start, out, update.target)


@inline
def _by_law(layout, update, memory, scratch, seen, out):
    """Any law, p-dits and random sources with a state of their own included."""
    network, cells, plan = layout
    i, current, own, tied, rungs = update.i, scratch.current, scratch.own, scratch.tied, scratch.tables.rungs
    leading, replica, stamp = scratch.uniforms.leading, scratch.uniforms.replica, scratch.tables.stamp
    device = device_of(cells, i, update.shift)
    _fill_input(layout, update, memory, scratch, seen)
    _fill_own(plan, memory, i, own)
    start, white = update_key(scratch.uniforms.key, i, update.number), scratch.white
    if cells.drawn[i] > 0.0:
        draw_noise(cells.drawn[i], update, scratch.uniforms.key, replica, white)
    elif plan.has_drawn:
        white[:] = 0.0
    if is_level(network.pdit, i):
        leader, k = np.int64(network.pdit[i]), _fill_lines(layout, update, memory, scratch, seen)
        start = update_key(scratch.uniforms.key, leader, update.number)
        decide_level(cells, update, leader, scratch.inputs[:k], scratch.z[:k], start, replica, out)
    elif plan.source.code != IDEAL:
        draw_words(plan.source, memory.slot, memory.generator, update, scratch.absent.flags, scratch.drawn)
        decide_drawn(device, update, plan.swapped, current, white, scratch.drawn, own, out)
    elif plan.swapped:
        draw_ideal(start, replica, scratch.drawn)
        decide_drawn(device, update, plan.swapped, current, white, scratch.drawn, own, out)
    elif rungs.shape[2] == 0:
        decide_any(device, update, current, white, leading, start, replica, own, out)
    else:
        mine = i if len(rungs) > 1 else 0
        if stamp[mine] < 0:
            fill_rungs(device, rungs[mine])
            stamp[mine] = 0
        if decide_by_rungs(device, update, rungs[mine], current, leading, own, tied, out):
            settle_rungs(device, update, current, tied, start, replica, own, out)
    if cells.own_rate[i]:
        count_flips(update.target, own, out, memory.flips)


@inline
def _fill_input(layout, update, memory, scratch, seen):
    """The field of the p-bit in float64, into ``scratch.current``."""
    network, cells, plan = layout
    i, rows, current = update.i, scratch.rows, scratch.current
    first, end = network.indptr[i], network.indptr[i + 1]
    fill_start(start_row(network, i), network.starts, network.bias[i], current)
    if plan.has_synapse:
        add_filtered(network, memory.rings, memory.filters, rows, i, update.now, cells.synapse[i], current)
    elif len(network.driven) > 0:
        add_driven(first, end, rows, network.weight, network.driven, seen, update.drive, current, scratch.inputs[0])
    else:
        add_current(first, end, rows, network.weight, seen, current)


@inline
def _fill_lines(layout, update, memory, scratch, seen):
    """The fields of all lines of the p-dit, into ``scratch.inputs``; returns how many."""
    network, rows = layout.network, scratch.rows
    leader, k = np.int64(network.pdit[update.i]), np.int64(0)
    while leader + k < len(network.pdit) and network.pdit[leader + k] == leader:
        b = leader + k
        _see(layout, memory, b, update.now, rows)
        current = scratch.inputs[k]
        fill_start(start_row(network, b), network.starts, network.bias[b], current)
        add_current(network.indptr[b], network.indptr[b + 1], rows, network.weight, seen, current)
        k += 1
    return k


@inline
def _fill_own(plan, memory, i, own):
    """The present spins of p-bit ``i``."""
    if not plan.queued:
        _copy(memory.rings.rows, row_of(memory.rings, i, memory.rings.commits[i]), own)
    elif memory.last[i] > memory.queue.ends[0]:
        _copy(memory.queue.rows, (memory.last[i] - 1) & (len(memory.queue.time) - 1), own)
    else:
        _copy(memory.visible, i, own)
