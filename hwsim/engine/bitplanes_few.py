"""Few replicas in bitplanes: a vector holds several p-bits, where a row of replicas fills a part of it only.

Enters: events of a schedule, and a shard of one word or two. Leaves: the shard advanced, in the same order, with
the same random numbers, to the same states.

Updates of one instant, and those closer together than the delay, do not see each other. So the inputs of each are
gathered when its turn comes, into the bucket of p-bits of its kind (like thresholds, like numbers of inputs), and the
commit takes its place in the queue; the new values are decided eight words at a time, when a bucket is full, and at the
latest before a neighbour can see one of them.
"""

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
from hwsim.engine.noise import update_key, word_start
from hwsim.engine.pending import is_full, latest_seen, next_arrival, push
from hwsim.engine.vector import LANES, WORD, Words, loop
from hwsim.jit import inline, kernel

MOST_WORDS = 2
_MOST_OCTETS = 2**20
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

    rows: np.ndarray  # uint64 (rows, 8): inputs
    pbit: np.ndarray  # uint64 (kinds, 8): whose update, by word
    number: np.ndarray  # uint64 (kinds, 8): and which
    start: np.ndarray  # uint64 (8,): of the noise of each word
    out: np.ndarray  # uint64 (8,): new values
    old: np.ndarray  # uint64 (8,): those before
    event: np.ndarray  # int64 (kinds, 8): of each update
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
    """Empty buckets."""
    n = len(kinds.example)
    return Buckets(
        rows=aligned((len(kinds.inputs) + 1, LANES), np.uint64),
        pbit=np.zeros((n, LANES), dtype=np.uint64),
        number=np.zeros((n, LANES), dtype=np.uint64),
        start=aligned((LANES,), np.uint64),
        out=aligned((LANES,), np.uint64),
        old=aligned((LANES,), np.uint64),
        event=np.zeros((n, LANES), dtype=np.int64),
        filled=np.zeros(n, dtype=np.int64),
    )


@kernel
def advance_few(event, chunk, betas, layout, kinds, visible, queue, buckets, tables, noise, trace):
    """Run events from ``event`` on, delays alike; returns the index reached: short of the end when the queue is full.

    visible : uint64 (n + 1, W), W one or two;  the rest as in bitplanes_kernel.advance_queue
    """
    width, last, step = visible.shape[1], len(chunk.time), -1
    since, waits = np.int64(0), False  # when the first of the updates that wait for a decision was made
    ahead = queue.ends[1] - event  # number of an event's commit less that of the event
    kind, end_kind = 0, 0  # buckets to be decided now: in one place, as the code of all kernels is inlined there
    while True:
        while kind < end_kind:
            if buckets.filled[kind] > 0:
                machine = layout, kinds, tables, noise
                _decide_bucket(kind, machine, betas, step, visible, queue, ahead, buckets, trace)
            kind += 1
        if event == last:
            if not waits:
                return event
            kind, end_kind, waits = 0, len(buckets.filled), False
            continue
        now, i = chunk.time[event], np.uint64(chunk.pbit[event])
        latest, at = latest_seen(now, layout.network.longest), step_at(betas, step, now)
        if waits and (latest >= since or at != step or ticks_again(noise, since, now)):
            kind, end_kind, waits = 0, len(buckets.filled), False
            continue
        slot = next_arrival(queue, latest)
        while slot >= 0:
            visible[queue.pbit[slot], 0] = queue.rows[slot, 0]
            if width == 2:
                visible[queue.pbit[slot], 1] = queue.rows[slot, 1]
            slot = next_arrival(queue, latest)
        if is_full(queue):
            last = event
            continue
        if not waits:
            waits, since = True, now
        step, kind = at, kinds.of[i]
        filled = buckets.filled[kind]
        gather(
            visible, width, kinds.entries, kinds.first[i], kinds.first[i + 1], buckets.rows, kinds.bucket[kind], filled
        )
        lane = filled * width
        buckets.pbit[kind, lane], buckets.number[kind, lane] = i, chunk.number[event]
        if width == 2:
            buckets.pbit[kind, lane + 1], buckets.number[kind, lane + 1] = i, chunk.number[event]
        buckets.event[kind, filled] = event
        push(queue, np.int64(i), now)
        buckets.filled[kind] = filled + 1
        end_kind = kind + 1 if (filled + 1) * width == LANES else kind
        event += 1


@intrinsic
def gather(typingctx, visible, width, entries, begin, end, rows, row, place):
    """The packed inputs ``entries[begin]`` ... ``entries[end - 1]`` of a p-bit, each to a row of eight words of
    ``rows``, from number ``row`` on, there to word ``place * width``. width : one word or two"""
    signature = types.void(visible, width, entries, begin, end, rows, row, place)

    def codegen(context, builder, sig, arguments):
        width_, begin_, end_, row_, place_ = (arguments[k] for k in (1, 3, 4, 6, 7))
        visible_, entries_, rows_ = (Words(context, builder, sig.args[k], arguments[k]) for k in (0, 2, 5))
        target = builder.add(builder.mul(row_, WORD(LANES)), builder.mul(place_, width_))
        double = builder.icmp_unsigned("==", width_, WORD(2))

        def take(k: Any) -> None:
            entry = entries_.word(builder.add(begin_, k))
            flip = builder.sub(WORD(0), builder.and_(entry, WORD(1)))
            source = builder.mul(builder.lshr(entry, WORD(1)), width_)
            to = builder.add(target, builder.mul(k, WORD(LANES)))
            rows_.put(to, builder.xor(visible_.word(source), flip))
            with builder.if_then(double):
                one = WORD(1)
                rows_.put(builder.add(to, one), builder.xor(visible_.word(builder.add(source, one)), flip))

        loop(builder, builder.sub(end_, begin_), take)
        return context.get_dummy_value()

    return signature, codegen


@inline
def _decide_bucket(kind, machine, betas, step, visible, queue, ahead, buckets, trace):
    """Decide the updates of a bucket, and put the new values where their commits are."""
    layout, kinds, tables, noise = machine
    network, i, width = layout.network, kinds.example[kind], queue.rows.shape[1]
    for w in range(LANES):
        key = update_key(noise.key, buckets.pbit[kind, w], buckets.number[kind, w])
        buckets.start[w] = word_start(key, noise.first_word + (w & (width - 1)))
    decide(
        network.kind[i],
        buckets.rows,
        kinds.inputs,
        kinds.septets,
        kind * (network.n_bits + 1),
        buckets.start,
        tables,
        slot_of(tables, layout.classes, i, betas, step, network.unit, 0.0),
        buckets.out,
        0,
    )
    keep_in_bucket(noise, kind, visible, queue, ahead, buckets)
    for k in range(buckets.filled[kind]):
        event = buckets.event[kind, k]
        slot = (event + ahead) & (len(queue.time) - 1)
        queue.rows[slot, 0] = buckets.out[k * width]
        if width == 2:
            queue.rows[slot, 1] = buckets.out[2 * k + 1]
        if len(trace) > 0:
            for w in range(width):
                trace[event, w] = buckets.out[k * width + w]
    buckets.filled[kind] = 0
