"""The event loop of bitplanes: from one update to the next, all replicas of a shard at a time, in rows of words.

Enters: events of a schedule, a program as a Layout, and a shard's Memory. Leaves: the Memory advanced.
The vector kernels of bitkernels do the work of an update. Nothing is allocated here; a queue or ring that is
full ends the loop early.
"""

from typing import NamedTuple

import numpy as np
from numba import types
from numba.extending import intrinsic

from hwsim.engine.arguments import step_at
from hwsim.engine.bitkernels import (
    PLANES,
    SEPTET,
    Lanes,
    ListedThresholds,
    Update,
    copy_row,
    count_terms,
    decide_narrow,
    decide_wide,
    fetch_ahead,
)
from hwsim.engine.bitplanes_lookup import OctetThresholds, decide_by_table, settle
from hwsim.engine.bitplanes_participants import keep_in_queue, keep_in_rings
from hwsim.engine.bitplanes_thresholds import (
    OTHERS,
    Classes,
    Lists,
    LookedUp,
    RungTables,
    is_looked_up,
    is_wide,
    slot_of,
)
from hwsim.engine.noise import update_key, word_start
from hwsim.engine.pending import (
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
from hwsim.engine.vector import LANES, WORD, Words
from hwsim.jit import inline, kernel

NARROW_6, NARROW_7, WIDE = range(3)
"""Kernels, by how many inputs a p-bit has; see bitkernels."""
_AHEAD = 8  # events between fetching a p-bit's inputs into the cache and their use


class Network(NamedTuple):
    """A Program's connections, packed; see bitkernels for packed inputs."""

    entries: np.ndarray  # int64 (n_entries,): packed; of p-bits in a queue's kernel, of local connections in the rings'
    septets: np.ndarray  # int64 (n * (n_bits + 1),): where the inputs of p-bit i that count 2**bit begin, in septets
    kind: np.ndarray  # int8 (n,): NARROW_6 and so on, the kernel
    n_bits: int  # of a coupling's count
    unit: float  # of integer fields
    longest: int  # ticks: the longest delay


class Wires(NamedTuple):
    """A Program's connections, where delays differ; see Program for shapes and units."""

    indptr: np.ndarray
    indices: np.ndarray
    delay: np.ndarray
    exchange: np.ndarray  # int64 (0,): no value waits for an exchange


class Layout(NamedTuple):
    """A Program as the kernel reads it."""

    network: Network
    classes: Classes


class Noise(NamedTuple):
    """The noise of a shard; see hwsim.engine.noise."""

    key: np.uint64  # of the schedule
    first_word: int  # of the shard's replicas


class Packed(NamedTuple):
    """Buffers for the inputs of one p-bit, where delays differ."""

    rows: np.ndarray  # int64 (max degree + 1,): rows that it sees, and the empty one
    inputs: np.ndarray  # int64 (n_entries,): its inputs, packed
    septets: np.ndarray  # int64 (n_bits + 1,): and where those that count 2**bit begin


@kernel
def advance_queue(event, chunk, betas, layout, visible, queue, tables, noise, part, trace):
    """Run events from ``event`` on, delays alike; returns the index reached: short of the end when the queue is full.

    visible : uint64 (n + 1, W), what neighbours see, the last row empty;  queue : of rows uint64 (., W)
    part : of replicas that draw their participants, else None;  trace : uint64 (n_events, W), or (0, W) for none
    """
    network, classes = layout
    entries, septets, per_pbit = network.entries, network.septets, network.n_bits + 1
    width, n_events = visible.shape[1], len(chunk.time)
    vectors = width // LANES
    step = -1
    while event < n_events:
        now, i = chunk.time[event], np.int64(chunk.pbit[event])
        slot = next_arrival(queue, latest_seen(now, network.longest))
        while slot >= 0:
            copy_row(queue.rows, slot * width, visible, queue.pbit[slot] * width, width)
            slot = next_arrival(queue, latest_seen(now, network.longest))
        if is_full(queue):
            return event
        step = step_at(betas, step, now)
        if event + _AHEAD < n_events:
            fetch_ahead(visible, width, entries, septets[chunk.pbit[event + _AHEAD] * per_pbit] * SEPTET)
        shift = chunk.shift[event] if len(chunk.shift) > 0 else 0.0
        slot = slot_of(tables, classes, i, betas, step, network.unit, shift)
        start = word_start(update_key(noise.key, i, chunk.number[event]), noise.first_word)
        place = next_slot(queue) * width
        decide(
            network.kind[i], visible, entries, septets, i * per_pbit, start, tables, slot, queue.rows, place, vectors
        )
        keep_in_queue(part, noise, i, chunk.number[event], visible, queue, place)
        push(queue, i, now)
        if len(trace) > 0:
            copy_row(queue.rows, place, trace, event * width, width)
        event += 1
    return event


@kernel
def advance_rings(event, chunk, betas, layout, wires, rings, packed, tables, noise, part, trace):
    """The same where delays differ; short of the end when a ring is full. ``rings`` : of rows uint64 (., W)"""
    network, classes = layout
    rows, width, n_events = rings.rows, rings.rows.shape[1], len(chunk.time)
    vectors = width // LANES
    step = -1
    while event < n_events:
        now, i = chunk.time[event], np.int64(chunk.pbit[event])
        if would_lose(rings, i, now, network.longest):
            return event
        step = step_at(betas, step, now)
        find_rows(rings, wires, i, now, packed.rows)
        _pack(network, wires.indptr[i + 1] - wires.indptr[i], len(rows) - 1, i, packed)
        shift = chunk.shift[event] if len(chunk.shift) > 0 else 0.0
        slot = slot_of(tables, classes, i, betas, step, network.unit, shift)
        start = word_start(update_key(noise.key, i, chunk.number[event]), noise.first_word)
        target = row_of(rings, i, rings.commits[i] + 1)
        decide(
            network.kind[i], rows, packed.inputs, packed.septets, 0, start, tables, slot, rows, target * width, vectors
        )
        keep_in_rings(part, noise, i, chunk.number[event], rings, row_of(rings, i, rings.commits[i]), target)
        commit(rings, i, target, now)
        if len(trace) > 0:
            copy_row(rows, target * width, trace, event * width, width)
        event += 1
    return event


@inline
def _pack(network, degree, empty, i, packed):
    """The inputs of p-bit ``i``, packed by ``packed.rows``; padding reads row ``empty``."""
    rows, inputs, septets, own = packed.rows, packed.inputs, packed.septets, i * (network.n_bits + 1)
    begin, end = network.septets[own], network.septets[own + network.n_bits]
    rows[degree] = empty
    for bit in range(network.n_bits + 1):
        septets[bit] = network.septets[own + bit] - begin
    for g in range(end - begin):
        for k in range(SEPTET):
            entry = np.uint64(network.entries[(begin + g) * SEPTET + k])
            inputs[g * SEPTET + k] = rows[entry >> np.uint64(1)] << 1 | np.int64(entry & np.uint64(1))


@intrinsic
def decide(typingctx, kind, seen, inputs, septets, own, start, tables, slot, out, place, vectors):
    """New states of a p-bit, ``vectors`` of them to ``out`` from word ``place`` on, by the kernel for its kind.

    seen, inputs : rows and packed inputs;  septets : from ``own`` on, where its inputs begin
    start : uint64, where the noise of the first word begins, or a tuple of Lanes
    tables : Tables or RungTables; of the kernels, those alone are compiled that their type asks for
    """
    signature = types.void(kind, seen, inputs, septets, own, start, tables, slot, out, place, vectors)

    def codegen(context, builder, sig, arguments):
        own_, tables_, slot_, place_, vectors_ = (arguments[k] for k in (4, 6, 7, 9, 10))
        seen_, inputs_, septets_, out_ = (Words(context, builder, sig.args[k], arguments[k]) for k in (1, 2, 3, 8))
        start_ = arguments[5]
        if isinstance(start, types.BaseTuple):
            kinds = start.types
            parts = [builder.extract_value(start_, k) for k in range(len(kinds))]
            words = (Words(context, builder, kind, one) for kind, one in zip(kinds[:2], parts[:2], strict=True))
            start_ = Lanes(*words, *parts[2:])
        update = Update(seen_, seen_.length(1), vectors_, inputs_, start_, out_, place_)
        first = builder.mul(septets_.word(own_), WORD(SEPTET))
        masks, by_word = _field(context, builder, tables, tables_, "masks"), tables.instance_class is RungTables
        mask = builder.mul(slot_, builder.mul(masks.length(1), WORD(PLANES + 2) if by_word else WORD(8)))

        def narrow(n_inputs):
            decide_narrow(builder, update, first, masks, mask, n_inputs, by_word=by_word)

        def looked_up():
            kind_, value = tables[OTHERS], builder.extract_value(tables_, OTHERS)
            octets, _, buffer, tied = (_field(context, builder, kind_, value, name) for name in LookedUp._fields)
            exact, tied_ = (builder.extract_value(value, kind_.fields.index(name)) for name in ("exact", "tied"))
            thresholds = OctetThresholds(octets, builder.mul(slot_, octets.length(1)), buffer, tied)
            ties = decide_by_table(context, builder, update, septets_, own_, thresholds)
            with builder.if_then(builder.icmp_unsigned("!=", ties, WORD(0)), likely=False):
                types_ = [*sig.args[1:6], kind_.types[1], *sig.args[7:10], kind_.types[3]]
                values = [*arguments[1:6], exact, *arguments[7:10], tied_]
                context.compile_internal(builder, settle, types.void(*types_), values)

        def wide():
            if is_looked_up(tables):
                looked_up()
                return
            size, value = tables[OTHERS], builder.extract_value(tables_, OTHERS)
            levels, lists, scratch = (_field(context, builder, size, value, name) for name in Lists._fields)
            level, listed = (builder.mul(slot_, words.length(1)) for words in (levels, lists))
            thresholds = ListedThresholds(levels, level, lists, listed, scratch)
            decide_wide(builder, update, septets_, own_, thresholds, size.instance_class)

        every = [lambda: narrow(6), lambda: narrow(7), wide]
        n_kernels = 2 if by_word or tables[OTHERS] != types.none else 1
        _choose(builder, arguments[0], every if not by_word and is_wide(tables) else every[:n_kernels])
        return context.get_dummy_value()

    return signature, codegen


def _choose(builder, code, every):
    """Emit the choice among ``every`` kernel by ``code``."""
    if len(every) == 1:
        every[0]()
        return
    with builder.if_else(builder.icmp_unsigned("==", code, code.type(0))) as (this, others):
        with this:
            every[0]()
        with others:
            _choose(builder, builder.sub(code, code.type(1)), every[1:])


def _field(context, builder, kind, record, name):
    """The array ``name`` of ``record``, a NamedTuple of the type ``kind``."""
    index = kind.fields.index(name)
    return Words(context, builder, kind.types[index], builder.extract_value(record, index))


@kernel
def count_energy(rows, left, right, septets, planes):
    """Count the terms left ^ right that are one, by replica; see bitkernels.count_terms.

    septets : int64 (n_bits + 1,), where the terms worth 2**bit begin, in septets;  planes : uint64 (N_COUNTERS, W)
    """
    for bit in range(len(septets) - 1):
        count_terms(rows, rows.shape[1], left, right, septets[bit], septets[bit + 1], np.int64(bit), planes)
