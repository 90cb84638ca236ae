"""Single replicas in bitplanes: where a schedule has one read or a few, a word of 64 would be almost empty.

Enters: events of a schedule, and the states of a replica as octets. Leaves: the replica advanced, in the same order,
with the same random numbers, to the same states.

The random numbers do not depend on the states. So the first eight bits of each event's number are drawn before, for
eight events at a time, and decide all but one update in 256 by themselves; the others draw their whole number. An event
then adds up octets, looks a threshold up and compares. Values under way are those of the chunk's own last events.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from hwsim.anneal import Anneal
from hwsim.engine.arguments import given, step_at, steps_of
from hwsim.engine.bitkernels import mix_words, next_words
from hwsim.engine.bitplanes_kernel import Noise
from hwsim.engine.bitplanes_thresholds import Classes, threshold_of
from hwsim.engine.memory import aligned
from hwsim.engine.noise import GOLDEN, STRIDE, initial_words, is_below, shared_draw, update_draw, update_key
from hwsim.engine.pending import drop, joined, latest_seen, new_queue, newest, next_arrival
from hwsim.engine.schedule import Chunk
from hwsim.engine.shards import Replicas
from hwsim.engine.vector import LANES, VECTOR, WORD, Vec, Words, loop, splat
from hwsim.jit import inline, inner, kernel
from hwsim.program import Program

MOST_READS, _MANY_PBITS, _MOST_OF_MANY = 1, 2**15, 4
"""Replicas of a word that are kept one by one, and of networks whose words leave the cache: a word of 64 takes as long
as so many of them."""
Energies = Callable[[np.ndarray], np.ndarray]
_SOON, _NEXT = np.uint64(16), np.uint64(8)  # events between fetching a p-bit's record into the cache and its use
LOW_33 = 2**33 - 1
_HEAD = 2
"""Words of a record before its inputs."""
_TOGETHER = 2
"""Inputs that are read at once."""
DRAWN = 8
"""Bits of each random number that are drawn before."""


class Sites(NamedTuple):
    """A Program's connections, as bits are read.

    A p-bit's record is where its thresholds begin, how many inputs it has (padded), and of each input the number of the
    bit in `seen`, and whether it pushes towards +1 where the bit is 0: ``bit << 1 | flip``.
    """

    first: np.ndarray  # uint32 (n,): where a p-bit's record begins
    records: np.ndarray  # uint32
    size: np.ndarray  # uint32, beside each input: what it counts; empty where all count one
    longest: int  # thresholds of a class
    classes: Classes
    unit: float  # of integer fields
    delay: int  # ticks, of all values
    random_bit: np.ndarray  # int64 (n,), as in `hwsim.program.Noise`; empty where there is none


class Asked(NamedTuple):
    """Thresholds at one beta, each made when it is first asked for."""

    threshold: np.ndarray  # int64 (classes * longest,), and above 33 bits the number of the (beta, drive) it is for
    now: np.ndarray  # float64 (2,): beta and drive
    number: np.ndarray  # int64 (1,): of these


def new_asked(n: int) -> Asked:
    """No thresholds yet, of ``n``."""
    return Asked(np.zeros(n, dtype=np.int64), np.full(2, np.nan), np.zeros(1, dtype=np.int64))


@kernel
def advance_single(chunk, octets, steps, sites, seen, queue, asked, noise, replica, values):
    """Run all events of a chunk; returns how many of their values have reached the neighbours.

    octets : uint8 (n_events,), first bits of each random number;  seen : uint8 (n // 8 + 1,), bits of the p-bits as
    neighbours see them, 1 where one is +1, then a zero;  queue : values under way from before, rows uint8
    (., 1);  replica : number in its schedule;  values : uint8 (n_events,), out, 1 where the new value is +1
    """
    event, arrived, step, n_events = 0, 0, -1, len(chunk.time)
    while event < n_events:
        now = chunk.time[event]
        latest, at = latest_seen(now, sites.delay), step_at(steps, step, now)
        slot = next_arrival(queue, latest)
        while slot >= 0:
            _show(seen, queue.pbit[slot], queue.rows[slot, 0])
            slot = next_arrival(queue, latest)
        while arrived < event and chunk.time[arrived] <= latest:
            _show(seen, chunk.pbit[arrived], values[arrived])
            arrived += 1
        if at != step:
            step = at
            turn_to(asked, steps.beta[step], steps.drive[step])
        event = _run_instant(chunk, event, now, octets, sites, seen, asked.threshold, asked.number[0], values)
        if event < n_events and chunk.time[event] == now:
            values[event] = _decide(chunk, event, sites, seen, asked, noise, replica)
            event += 1
    return arrived


@inline
def _show(seen, pbit, value):
    """Let the neighbours of a p-bit see its value."""
    place, bit = np.uint64(pbit) >> np.uint64(3), np.uint8(np.uint64(1) << (np.uint64(pbit) & np.uint64(7)))
    seen[place] = seen[place] & ~bit | (np.uint8(0) - value) & bit


@inline
def turn_to(asked, beta, drive):
    """Thresholds are asked for at ``beta`` and ``drive`` from now on; returns whether they were for others before."""
    if asked.now[0] == beta and asked.now[1] == drive:
        return False
    asked.now[0] = beta
    asked.now[1] = drive
    asked.number[0] = asked.number[0] + 1 & 2**30 - 1
    return True


@inline
def _run_instant(chunk, event, now, octets, sites, seen, threshold, number, values):
    """Decide the events at time ``now`` from ``event`` on, up to one that needs more than its first bits, or a
    threshold that is not made yet; returns its number."""
    time, pbit, first, records, size = chunk.time, chunk.pbit, sites.first, sites.records, sites.size
    e, end = np.uint64(event), np.uint64(len(time))
    while e < end and time[e] == now:
        if e + _SOON < end:
            fetch_line(first, np.uint64(pbit[e + _SOON]))
            fetch_line(records, np.uint64(first[np.uint64(pbit[e + _NEXT])]))
        record = np.uint64(first[np.uint64(pbit[e])])
        known = threshold[np.uint64(records[record]) + count_inputs(seen, records, size, record)]
        above = (known & LOW_33) - (np.int64(octets[e]) << (32 - DRAWN))
        if (known >> 33) != number or 0 < above < 2 ** (32 - DRAWN):
            break
        values[e] = np.uint8(above > 0)
        e += np.uint64(1)
    return np.int64(e)


@intrinsic
def fetch_line(typingctx, array, place):
    """Start loading the cache line of ``array[place]``."""
    signature = types.void(array, place)

    def codegen(context, builder, sig, arguments):
        Words(context, builder, sig.args[0], arguments[0]).prefetch(arguments[1])
        return context.get_dummy_value()

    return signature, codegen


def word_32(builder: Any, array: Words, at: Any) -> Any:
    """A number of 32 bits. Atomic, or LLVM would make vectors of a p-bit's few inputs, which take longer."""
    return builder.zext(builder.load_atomic(builder.gep(array.data, [at]), "monotonic", 4), WORD)


@intrinsic
def count_inputs(typingctx, seen, records, size, record):
    """The number of pushing inputs of a record, each times its size. record : uint64, where it begins"""
    signature = types.uint64(seen, records, size, record)

    def codegen(context, builder, sig, arguments):
        record_, octets = arguments[3], ir.IntType(8)
        seen_, records_, size_ = (Words(context, builder, sig.args[k], arguments[k]) for k in range(3))
        sized = context.make_array(sig.args[2])(context, builder, value=arguments[2]).nitems

        def total(by_size: bool) -> Any:
            sum_ = cgutils.alloca_once_value(builder, WORD(0))
            builder.store(WORD(0), sum_)

            def add(pair: Any) -> None:
                value = builder.load(sum_)
                for k in range(_TOGETHER):
                    at = builder.add(builder.add(record_, builder.mul(pair, WORD(_TOGETHER))), WORD(_HEAD + k))
                    packed = word_32(builder, records_, at)
                    octet = builder.load(builder.gep(seen_.data, [builder.lshr(packed, WORD(4))]))
                    bit = builder.trunc(builder.and_(builder.lshr(packed, WORD(1)), WORD(7)), octets)
                    pushes = builder.xor(builder.lshr(octet, bit), builder.trunc(packed, octets))
                    pushes = builder.zext(builder.and_(pushes, octets(1)), WORD)
                    value = builder.add(value, builder.mul(pushes, word_32(builder, size_, at)) if by_size else pushes)
                builder.store(value, sum_)

            many = word_32(builder, records_, builder.add(record_, WORD(1)))
            loop(builder, builder.lshr(many, WORD(_TOGETHER.bit_length() - 1)), add)
            return builder.load(sum_)

        found = cgutils.alloca_once(builder, WORD)
        with builder.if_else(builder.icmp_unsigned("!=", sized, WORD(0))) as (by_size, plain):
            with by_size:
                builder.store(total(True), found)
            with plain:
                builder.store(total(False), found)
        return builder.load(found)

    return signature, codegen


@inner
def _whole_number(sites, key, i, number, replica):
    """The random number of an update of p-bit ``i``."""
    if len(sites.random_bit) > 0:
        return shared_draw(key, sites.random_bit[i], number, replica)
    return update_draw(key, i, number, replica)


@inner
def _is_below(sites, key, i, number, replica, threshold):
    """Whether the random number of an update of p-bit ``i`` is below ``threshold``."""
    if threshold >> 32:
        return True
    if len(sites.random_bit) > 0:
        bit = sites.random_bit[i]
        return is_below(update_key(key, bit >> 6, number), 64 * replica + (bit & 63), threshold)
    return is_below(update_key(key, i, number), replica, threshold)


@inner
def _decide(chunk, event, sites, seen, asked, noise, replica):
    """The new value of an event's p-bit, 1 for +1, by its whole random number."""
    i = np.uint64(chunk.pbit[event])
    record = np.uint64(sites.first[i])
    count = count_inputs(seen, sites.records, sites.size, record)
    place = np.uint64(sites.records[record]) + count
    if asked.threshold[place] >> 33 != asked.number[0]:
        c = np.int64(sites.classes.of[i])
        made = threshold_of(sites.classes, c, np.int64(count), asked.now[0], asked.now[1], sites.unit, 0.0)
        asked.threshold[place] = made | asked.number[0] << 33
    return np.uint8(_is_below(sites, noise.key, i, chunk.number[event], replica, asked.threshold[place] & LOW_33))


def first_planes(begin: Vec) -> list[Vec]:
    """The first words of the sequences that begin at ``begin``: the first bits of the random numbers."""
    shown, hidden = mix_words(begin + GOLDEN), mix_words(begin + 2 * GOLDEN)
    planes = [shown]
    for _ in range(DRAWN - 1):
        shown, hidden = next_words(shown, hidden)
        planes.append(shown)
    return planes


def put_octets(planes: list[Vec], replica: Any, out: Words, place: Any) -> None:
    """The first bits of one replica, an octet for each of eight sequences, to octet number ``place`` of ``out``."""
    builder, octets = planes[0].builder, ir.VectorType(ir.IntType(8), LANES)
    bit = splat(builder, replica).value
    drawn = [Vec(builder, builder.lshr(plane.value, bit)) & 1 for plane in planes]
    total = drawn[0]
    for one in drawn[1:]:
        total = (total + total) | one
    target = builder.bitcast(builder.gep(out.data, [place]), octets.as_pointer())
    builder.store(builder.trunc(total.value, octets), target, align=1)


@intrinsic
def _draw_octets(typingctx, key, word, pbit, number, n, out, n_replicas, width):
    """The first eight bits of the random numbers of ``n`` events, a multiple of eight, in the first replicas of a word.
    out : uint8 (n_replicas, width)"""
    signature = types.void(key, word, pbit, number, n, out, n_replicas, width)

    def codegen(context, builder, sig, arguments):
        key_, word_, n_, n_replicas_, width_ = (arguments[k] for k in (0, 1, 4, 6, 7))
        pbit_, number_, out_ = (Words(context, builder, sig.args[k], arguments[k]) for k in (2, 3, 5))
        key_v = splat(builder, key_)
        moved = splat(builder, builder.mul(word_, WORD(STRIDE * GOLDEN % 2**64)))
        eight = ir.VectorType(ir.IntType(32), LANES)

        def block(index: Any) -> None:
            at = builder.mul(index, WORD(LANES))
            numbers = builder.bitcast(builder.gep(pbit_.data, [at]), eight.as_pointer())
            pbits = Vec(builder, builder.zext(builder.load(numbers, align=4), VECTOR))
            begin = mix_words(mix_words(key_v + pbits * GOLDEN) + number_.load(at) * GOLDEN) + moved
            planes = first_planes(begin)

            def gather(replica: Any) -> None:
                put_octets(planes, replica, out_, builder.add(builder.mul(replica, width_), at))

            loop(builder, n_replicas_, gather)

        loop(builder, builder.udiv(n_, WORD(LANES)), block)
        return context.get_dummy_value()

    return signature, codegen


@kernel
def draw_octets(noise, sites, pbit, number, out):
    """The first eight bits of the random number of each event in the first replicas of a word.

    pbit : int32 (n,), number : int64 (n,);  out : uint8 (replicas, n)
    """
    whole = len(pbit) // LANES * LANES if len(sites.random_bit) == 0 else 0
    _draw_octets(noise.key, np.uint64(noise.first_word), pbit, number, whole, out, out.shape[0], out.shape[1])
    for event in range(whole, len(pbit)):
        for r in range(out.shape[0]):
            drawn = _whole_number(sites, noise.key, np.int64(pbit[event]), number[event], 64 * noise.first_word + r)
            out[r, event] = np.uint8(drawn >> np.uint64(32 - DRAWN))


def sites_of(program: Program, weight: np.ndarray, classes: Classes, *, longest: int, unit: float) -> Sites:
    """The Sites of a program whose connections count ``weight`` int64 (m,)."""
    network, size = program.network, np.abs(weight)
    width = -(-network.degree // _TOGETHER) * _TOGETHER
    first = np.cumsum(_HEAD + width) - (_HEAD + width)
    place = first[network.rows] + _HEAD + np.arange(len(weight)) - network.indptr[network.rows]
    records = np.full(int(np.sum(_HEAD + width)), network.n << 1)
    records[first], records[first + 1] = classes.of.astype(np.int64) * longest, width
    records[place] = network.indices.astype(np.int64) << 1 | (weight > 0)
    sizes = np.zeros(len(records) if np.any(size != 1) else 0)
    if len(sizes):
        sizes[place] = size
    one, two, three = (array.astype(np.uint32) for array in (first, records, sizes))
    bits = given(program.noise.random_bit, np.int64)
    return Sites(one, two, three, longest, classes, unit, program.wires.longest_ticks, bits)


def takes_single(n_pbits: int, reads: int) -> bool:
    """Whether ``reads`` replicas of a word are quicker one by one, by events."""
    return reads <= (_MOST_OF_MANY if n_pbits > _MANY_PBITS else MOST_READS)


class FewShard:
    """The first replicas of a word of 64, each kept for itself."""

    lanes = 64
    n_words = 1

    def __init__(self, n: int, replicas: Replicas, law_energies: Energies, energies: Energies) -> None:
        """``law_energies``, ``energies`` : float64 (64,) of rows uint64 (n + 1, 1)"""
        self._n, self._reads = n, replicas.reads
        self._law_energies, self._energies = law_energies, energies
        self._noise = Noise(np.uint64(replicas.noise_key), replicas.first_word)
        rows = np.zeros((n, 1), dtype=np.uint64)
        initial_words(replicas.initial_key, replicas.first_word, rows)
        self._write(self._bits(rows) if replicas.initial is None else replicas.initial[: self._reads] > 0)

    def _bits(self, rows: np.ndarray) -> np.ndarray:
        """bool (reads, n) of rows uint64 (n, 1)."""
        return (rows >> np.arange(self._reads, dtype=np.uint64) & np.uint64(1)).T > 0

    def _write(self, bits: np.ndarray) -> None:
        """Write bool (reads, n); nothing is under way then."""
        raise NotImplementedError

    def _states(self) -> np.ndarray:
        """bool (reads, n): the newest state of every p-bit."""
        raise NotImplementedError

    def advance(self, chunk: Chunk, anneals: Sequence[Anneal], recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        raise NotImplementedError

    def _rows(self) -> np.ndarray:
        """uint64 (n + 1, 1): the same as bits of words; the last row is empty."""
        rows = np.zeros((self._n + 1, 1), dtype=np.uint64)
        for r, bits in enumerate(self._states()):
            rows[:-1, 0] |= bits.astype(np.uint64) << np.uint64(r)
        return rows

    def settled(self) -> np.ndarray:
        """uint64 (n + 1, 1): the states, after what was under way has arrived; to be moved and written back."""
        states = self._states()
        self._write(states)
        return self._rows()

    def write_rows(self, rows: np.ndarray) -> None:
        """Write uint64 (n + 1, 1), as `settled` gave them; nothing is under way then."""
        self._write(self._bits(rows[:-1, :1]))

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64, n); nothing is under way then."""
        self._write(states[: self._reads] > 0)

    def load(self) -> None:
        """Nothing: other networks are refused."""

    def spins(self) -> np.ndarray:
        """int8 (64, n): the committed states, replicas in order; -1 where there is none."""
        spins = np.full((64, self._n), -1, dtype=np.int8)
        spins[: self._reads] += np.int8(2) * self._states()
        return spins

    def energies(self) -> np.ndarray:
        """float64 (64,): E in problem units."""
        return self._energies(self._rows())

    def law_energies(self) -> np.ndarray:
        """float64 (64,): E in the network that the machine realises."""
        return self._law_energies(self._rows())


class SingleShard(FewShard):
    """Replicas that take one event after the other."""

    def __init__(self, sites: Sites, replicas: Replicas, law_energies: Energies, energies: Energies) -> None:
        self._sites, reads, n = sites, replicas.reads, len(sites.first)
        self._seen = aligned((reads, n // 8 + 1), np.uint8)
        self._queues = [new_queue(1, np.uint8) for _ in range(reads)]
        self._asked = [new_asked(len(sites.classes.device) * sites.longest) for _ in range(reads)]
        super().__init__(n, replicas, law_energies, energies)

    def advance(self, chunk: Chunk, anneals: Sequence[Anneal], recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        n_events, steps, first = len(chunk.time), steps_of(anneals[0]), 64 * self._noise.first_word
        octets, values = (np.empty((self._reads, n_events), dtype=np.uint8) for _ in range(2))
        draw_octets(self._noise, self._sites, chunk.pbit, chunk.number, octets)
        for r, queue in enumerate(self._queues):
            sites, seen, asked, noise, out = self._sites, self._seen[r], self._asked[r], self._noise, values[r]
            arrived = advance_single(chunk, octets[r], steps, sites, seen, queue, asked, noise, first + r, out)
            self._queues[r] = joined(queue, chunk.time[arrived:], chunk.pbit[arrived:], out[arrived:, None])
        return (2 * values[recorded].astype(np.int8) - 1).T

    def _states(self) -> np.ndarray:
        states = np.unpackbits(self._seen, axis=1, count=self._n, bitorder="little")
        return (
            np.stack([newest(queue, bits[:, None])[:, 0] for queue, bits in zip(self._queues, states, strict=True)]) > 0
        )

    def _write(self, bits: np.ndarray) -> None:
        bits = np.pad(bits, ((0, 0), (0, 8 * self._seen.shape[1] - self._n)))
        self._seen[:] = np.packbits(bits, axis=1, bitorder="little")
        for queue in self._queues:
            drop(queue)
