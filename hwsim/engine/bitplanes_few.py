"""Few replicas in bitplanes: a vector holds several p-bits, where a row of replicas fills a part of it only.

Enters: events of a schedule, and a shard of one word or two. Leaves: the shard advanced, in the same order, with
the same random numbers, to the same states.

Updates of one instant, and those closer together than the delay, do not see each other. So the inputs of each are
gathered when its turn comes, into the bucket of p-bits of its kind (like thresholds, like numbers of inputs), and the
commit takes its place in the queue; the new values are decided eight words at a time, when a bucket is full, and at the
latest before a neighbour can see one of them.
"""

from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import intrinsic

from hwsim.engine.arguments import step_at
from hwsim.engine.bitkernels import SEPTET
from hwsim.engine.bitplanes_kernel import Layout, decide
from hwsim.engine.bitplanes_participants import keep_in_bucket, ticks_again
from hwsim.engine.bitplanes_thresholds import like_rows, slot_of
from hwsim.engine.memory import aligned
from hwsim.engine.pending import latest_seen
from hwsim.engine.vector import LANES, WORD, Words, loop
from hwsim.jit import inline, kernel

MOST_WORDS = 2
MOST_VECTORS = 8
"""Of a bucket."""
_MOST_OCTETS, _CACHED_OCTETS = 2**20, 2**15
_AHEAD = 8  # events between fetching where the inputs of a p-bit are and their use
_LEAST_EVENTS = 8
"""Updates of a kind that must not see each other, on average, for a vector to be worth its gathers."""


class Kinds(NamedTuple):
    """P-bits by kind: like thresholds, and like numbers of inputs that count 1, 2, 4 ..."""

    of: np.ndarray  # int64 (n,): kind of each p-bit
    first: np.ndarray  # int64 (n + 1,): where its entries begin
    entries: np.ndarray  # int64 (m,): its inputs, packed, without padding
    example: np.ndarray  # int64 (kinds,): a p-bit of each kind
    bucket: np.ndarray  # int64 (kinds,): where the rows of its bucket begin; there is an empty row after all of them
    inputs: np.ndarray  # int64: rows of buckets, packed, in septets
    septets: np.ndarray  # int64 (kinds * (n_bits + 1),): where the inputs of a bucket that count 2**bit begin


class Buckets(NamedTuple):
    """Updates that wait for their decision, by kind."""

    rows: np.ndarray  # uint64 (rows, words): inputs
    pbit: np.ndarray  # uint64 (kinds, words): whose update, by word
    number: np.ndarray  # uint64 (kinds, words): and which
    out: np.ndarray  # uint64 (words,): new values
    old: np.ndarray  # uint64 (words,): those before
    start: np.ndarray  # uint64 (words,): where the draws of participants begin
    event: np.ndarray  # int64 (kinds, words): of each update
    filled: np.ndarray  # int64 (kinds,): updates


def kinds_of(layout: Layout, n: int) -> Kinds | None:
    """The Kinds of a packed program, or None where their buckets take too much memory."""
    network = layout.network
    septets = network.septets.reshape(n, network.n_bits + 1)
    real = network.entries != n << 1
    owner = np.repeat(np.arange(n), SEPTET * (septets[:, -1] - septets[:, 0]))[real]
    place = np.flatnonzero(real) - SEPTET * septets[owner, 0]
    bit = np.sum(place[:, None] >= SEPTET * (septets[:, 1:-1] - septets[:, :1])[owner], axis=1)
    n_inputs = np.bincount(owner * network.n_bits + bit, minlength=n * network.n_bits).reshape(n, network.n_bits)
    example, of = like_rows(np.column_stack((layout.classes.of, n_inputs)))
    first = np.concatenate(([0], np.cumsum(n_inputs.sum(axis=1))))
    n_rows, n_septets = n_inputs[example].sum(axis=1), septets[example, -1] - septets[example, 0]
    if 8 * LANES * int(n_rows.sum()) > _MOST_OCTETS:
        return None
    bucket, begin = (np.cumsum(length) - length for length in (n_rows, n_septets))
    inputs = np.full(SEPTET * int(n_septets.sum()), n_rows.sum())
    for kind, i in enumerate(example):
        inputs[SEPTET * begin[kind] + place[first[i] : first[i + 1]]] = bucket[kind] + np.arange(n_rows[kind])
    relative = septets[example] - septets[example, :1]
    arrays = (of, first, network.entries[real], example, bucket, inputs << 1, (begin[:, None] + relative).ravel())
    return Kinds(*(array.astype(np.int64) for array in arrays))


def gathers(kinds: Kinds, words: int, together: float) -> bool:
    """Whether a shard of ``words`` words gathers: ``together`` updates at a time do not see each other."""
    return words <= MOST_WORDS and together * words >= _LEAST_EVENTS * min(len(kinds.example), 8)


def new_buckets(kinds: Kinds) -> Buckets:
    """Empty buckets, of eight vectors where they fit a cache: to read what has just been written, word by word, a
    vector waits until it is in the cache, and the first of eight has been there for long."""
    n, n_rows = len(kinds.example), int(np.sum(kinds.first[kinds.example + 1] - kinds.first[kinds.example])) + 1
    words = LANES * max(1, min(MOST_VECTORS, _CACHED_OCTETS // (8 * LANES * n_rows)))
    return Buckets(
        rows=aligned((n_rows, words), np.uint64),
        pbit=np.zeros((n, words), dtype=np.uint64),
        number=np.zeros((n, words), dtype=np.uint64),
        out=aligned((words,), np.uint64),
        old=aligned((words,), np.uint64),
        start=aligned((words,), np.uint64),
        event=np.zeros((n, words), dtype=np.int64),
        filled=np.zeros(n, dtype=np.int64),
    )


@kernel
def advance_few(event, chunk, betas, layout, kinds, visible, queue, buckets, tables, noise, part, trace):
    """Run events from ``event`` on, delays alike; returns the index reached: short of the end when the queue is full.

    visible : uint64 (n + 1, W), W one or two;  the rest as in bitplanes_kernel.advance_queue
    """
    width, last, step = visible.shape[1], len(chunk.time), -1
    since, undecided = np.int64(0), 0  # when the first of the updates that wait for a decision was made
    oldest, newest = queue.ends[0], queue.ends[1]
    ahead = newest - event  # number of an event's commit less that of the event
    first, end = 0, 0  # buckets to be decided now: in one place, as the code of all kernels is inlined there
    filled, of, begins, entries, starts = buckets.filled, kinds.of, kinds.first, kinds.entries, kinds.bucket
    pbits, numbers, events, rows = buckets.pbit, buckets.number, buckets.event, buckets.rows
    committed, changed, slots = queue.time, queue.pbit, np.int64(len(queue.time))
    most = rows.shape[1] // width
    while True:
        for kind in range(first, end):
            if filled[kind] > 0:
                undecided -= filled[kind]
                queue.ends[0], queue.ends[1] = oldest, newest
                machine = layout, kinds, tables, noise
                _decide_bucket(kind, machine, part, betas, step, visible, queue, ahead, buckets, trace)
        if event == last and undecided == 0:
            queue.ends[0], queue.ends[1] = oldest, newest
            return event
        first, end = 0, len(filled)
        while event < last:
            now, i = chunk.time[event], np.uint64(chunk.pbit[event])
            latest, at = latest_seen(now, layout.network.longest), step_at(betas, step, now)
            if undecided > 0 and (latest >= since or at != step or ticks_again(part, since, now)):
                break
            while oldest != newest:
                slot = np.uint64(oldest & (slots - 1))
                if committed[slot] > latest:
                    break
                arrive(visible, width, queue.rows, slot, changed[slot])
                oldest += 1
            if newest - oldest == slots:
                last = event
                break
            if undecided == 0:
                since = now
            step, mine = at, of[i]
            place = filled[mine]
            if event + _AHEAD < last:
                fetch_inputs(of, begins, entries, np.uint64(chunk.pbit[event + _AHEAD]))
            gather(visible, width, entries, begins[i], begins[i + np.uint64(1)], rows, starts[mine], place)
            lane = place * width
            pbits[mine, lane], numbers[mine, lane], events[mine, place] = i, chunk.number[event], event
            if width == 2:
                pbits[mine, lane + 1], numbers[mine, lane + 1] = i, chunk.number[event]
            slot = np.uint64(newest & (slots - 1))
            committed[slot], changed[slot] = now, np.int64(i)
            newest += 1
            filled[mine] = place + 1
            undecided += 1
            event += 1
            if place + 1 == most:
                first, end = mine, mine + 1
                break


@intrinsic
def fetch_inputs(typingctx, of, begins, entries, i):
    """Start loading what says where the inputs of p-bit ``i`` are, for an event soon to come."""
    signature = types.void(of, begins, entries, i)

    def codegen(context, builder, sig, arguments):
        of_, begins_, entries_ = (Words(context, builder, sig.args[k], arguments[k]) for k in range(3))
        first = begins_.word(arguments[3])
        of_.prefetch(arguments[3])
        for line in (first, builder.add(first, WORD(LANES - 1))):
            entries_.prefetch(line)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def arrive(typingctx, visible, width, rows, slot, i):
    """The row in a ``slot`` of the queue becomes visible: of p-bit ``i``, one word or two."""
    signature = types.void(visible, width, rows, slot, i)

    def codegen(context, builder, sig, arguments):
        visible_, rows_ = (Words(context, builder, sig.args[k], arguments[k]) for k in (0, 2))
        width_, slot_, i_ = (arguments[k] for k in (1, 3, 4))
        target, source = builder.mul(i_, width_), builder.mul(slot_, width_)
        visible_.put(target, rows_.word(source))
        with builder.if_then(builder.icmp_unsigned("!=", width_, WORD(1))):
            visible_.put(builder.add(target, WORD(1)), rows_.word(builder.add(source, WORD(1))))
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def gather(typingctx, visible, width, entries, begin, end, rows, row, place):
    """The packed inputs ``entries[begin]`` ... ``entries[end - 1]`` of a p-bit, each to a row of ``rows``, from number
    ``row`` on, there to word ``place * width``. width : one word or two"""
    signature = types.void(visible, width, entries, begin, end, rows, row, place)

    def codegen(context, builder, sig, arguments):
        width_, begin_, end_, row_, place_ = (arguments[k] for k in (1, 3, 4, 6, 7))
        visible_, entries_, rows_ = (Words(context, builder, sig.args[k], arguments[k]) for k in (0, 2, 5))
        words, n = rows_.length(1), builder.sub(end_, begin_)
        target = builder.add(builder.mul(row_, words), builder.mul(place_, width_))

        def take(k: Any, width: int) -> None:
            entry = entries_.word(builder.add(begin_, k))
            flip = builder.sub(WORD(0), builder.and_(entry, WORD(1)))
            source = builder.mul(builder.lshr(entry, WORD(1)), WORD(width))
            to = builder.add(target, builder.mul(k, words))
            for w in range(width):
                word = visible_.word(builder.add(source, WORD(w)))
                rows_.put(builder.add(to, WORD(w)), builder.xor(word, flip))

        with builder.if_else(builder.icmp_unsigned("==", width_, WORD(1))) as (one, two):
            for width, branch in ((1, one), (2, two)):
                with branch:
                    loop(builder, n, partial(take, width=width))
        return context.get_dummy_value()

    return signature, codegen


@inline
def _decide_bucket(kind, machine, part, betas, step, visible, queue, ahead, buckets, trace):
    """Decide the updates of a bucket, and put the new values where their commits are."""
    layout, kinds, tables, noise = machine
    network, i, width, filled = layout.network, kinds.example[kind], queue.rows.shape[1], buckets.filled[kind]
    decide(
        network.kind[i],
        buckets.rows,
        kinds.inputs,
        kinds.septets,
        kind * (network.n_bits + 1),
        (buckets.pbit, buckets.number, kind * buckets.pbit.shape[1], noise.key, np.int64(noise.first_word), width),
        tables,
        slot_of(tables, layout.classes, i, betas, step, network.unit, 0.0),
        buckets.out,
        0,
        (filled * width + LANES - 1) // LANES,
    )
    keep_in_bucket(part, noise, kind, visible, queue, ahead, buckets)
    for k in range(filled):
        event = buckets.event[kind, k]
        slot = (event + ahead) & (len(queue.time) - 1)
        queue.rows[slot, 0] = buckets.out[k * width]
        if width == 2:
            queue.rows[slot, 1] = buckets.out[2 * k + 1]
        if len(trace) > 0:
            for w in range(width):
                trace[event, w] = buckets.out[k * width + w]
    buckets.filled[kind] = 0
