"""Blocks of p-bits in bitplanes: single replicas under a clock whose ticks are always the same p-bits.

Enters: events of a chromatic or synchronous schedule, and the states of a replica as octets. Leaves: the replica
advanced, with the same random numbers, to the same states.

Eight p-bits of a tick make a block, one octet each. Where the neighbours of a block are a block too, all eight are one
word of the state, turned if need be: so it is wherever a network repeats and is cut into eight equal parts, lane l for
part l. Other neighbours are gathered one by one. A field is a sum of octets, eight at a time; 64 p-bits then compare
the first eight bits of their random numbers with their thresholds, and one in 256 draws the others.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from hwsim.anneal import Anneal
from hwsim.engine.arguments import step_at, steps_of
from hwsim.engine.bitkernels import mix_words
from hwsim.engine.bitplanes_single import (
    DRAWN,
    LOW_33,
    Energies,
    FewShard,
    first_planes,
    new_asked,
    put_octets,
    turn_to,
)
from hwsim.engine.bitplanes_thresholds import Classes, like_rows, threshold_at
from hwsim.engine.memory import aligned
from hwsim.engine.noise import GOLDEN, STRIDE, mix, update_draw
from hwsim.engine.schedule import Chunk, Slots
from hwsim.engine.shards import Replicas
from hwsim.engine.vector import LANES, WORD, Words, loop, splat
from hwsim.jit import inline, kernel, njit, part
from hwsim.program import Program

_MOST_VALUES = 256
"""Values of a field, as an octet counts them."""
_FEW_VALUES = 32
"""Values up to which 64 p-bits look their thresholds up by comparing with each."""
TILE = 64
"""P-bits that are compared at once: eight blocks."""
MOST_PLACES = 3
"""Places for each p-bit, up to which tiles are worth while."""
_SHARED = 3
"""P-bits of a block whose neighbours must lie alike for a row of its own."""
_OCTETS = ir.VectorType(ir.IntType(8), TILE)


class Blocks(NamedTuple):
    """P-bits in blocks of eight, slot by slot, each slot padded to whole tiles. B blocks."""

    slot: np.ndarray  # int64 (n,): slot of each p-bit, -1 where it never ticks
    first: np.ndarray  # int64 (slots + 1,): where a slot's blocks begin
    ticking: np.ndarray  # int64 (slots,): p-bits that tick in it
    pbit: np.ndarray  # int32 (8 B,): p-bit of each place, -1 for none
    place: np.ndarray  # int64 (n,): of each p-bit
    field: np.ndarray  # uint64 (B,): octets, the number of the field when no input pushes towards +1
    whole: np.ndarray  # uint32 (B + 1,): where a block's rows of whole words begin
    source: np.ndarray  # uint32: of each such row the block that it reads, and bits to turn it right: block << 6 | turn
    sign: np.ndarray  # uint64: of each, octets, 255 where a neighbour at -1 pushes towards +1
    weight: np.ndarray  # uint64: of each, octets, what a neighbour that pushes adds to the number of the field
    single: np.ndarray  # uint32 (B + 1,): where a block's rows of gathered octets begin
    octet: np.ndarray  # uint32 (8 rows,): of each of those the places that it reads
    single_sign: np.ndarray  # uint64
    single_weight: np.ndarray  # uint64
    base: np.ndarray  # uint32 (8 B,): where the thresholds of a p-bit's device begin
    law: "Fields"
    coupled: bool  # whether p-bits of one tick are
    period: int  # ticks of a round


class Fields(NamedTuple):
    """What the number of a field means, to every p-bit alike."""

    first: int  # field / unit of number 0
    step: int  # and of each further one
    values: int  # how many
    devices: np.ndarray  # int64: a class of each device
    classes: Classes
    unit: float


class Compared(NamedTuple):
    """Thresholds as 64 octets compare with them, by number of the field: uint8 (values,) each."""

    top: np.ndarray  # first eight bits
    open: np.ndarray  # 255 where others follow
    always: np.ndarray  # 255 where the threshold is 2**32


class Octets(NamedTuple):
    """One replica, by place: uint8 (8 B,) and uint64 as told."""

    seen: np.ndarray  # 255 where a p-bit is +1
    fresh: np.ndarray  # the same array, or where p-bits of a tick are coupled another, for their new values
    keys: np.ndarray  # uint64 (8 B,): of each place's noise
    counts: np.ndarray  # uint64 (B,): buffer
    octets: np.ndarray  # buffer


def takes_blocks(blocks: Blocks, reads: int) -> bool:
    """Whether ``reads`` replicas of a word are quicker in blocks; costs in nanoseconds, of one core of a Zen 5."""
    n, n_blocks = len(blocks.place), len(blocks.field)
    one = 1.3 + (0.1 * len(blocks.source) + 0.4 * len(blocks.single_sign)) / n_blocks
    word = 18 + (len(blocks.source) + len(blocks.single_sign)) / n_blocks
    return reads * one * LANES * n_blocks <= word * n


def blocks_of(program: Program, classes: Classes, unit: float) -> Blocks | None:
    """The Blocks of a program; None where ticks differ, values are under way at the next, or blocks are mostly empty,
    and where fields have too many values."""
    clock, delay = program.clock, program.wires.uniform_delay
    always = clock.facts.colored or (clock.kind == "synchronous" and clock.participation == 1)
    if not always or delay is None or delay > clock.period // clock.n_slots or program.wires.driven is not None:
        return None
    slot = np.where(program.cells.held, -1, clock.color if clock.facts.colored else 0).astype(np.int64)
    ticking = np.bincount(slot[slot >= 0], minlength=clock.n_slots)
    if np.sum(-(-ticking // TILE)) * TILE > MOST_PLACES * max(1, ticking.sum()):
        return None
    fields = _fields_of(program, classes, unit)
    if fields is None:
        return None
    found = min((_placed(program, slot, strided) for strided in (False, True)), key=lambda one: one.cost)
    law, field, base = fields
    return _packed(program, slot, found, law, field, base)


def _fields_of(program: Program, classes: Classes, unit: float) -> tuple[Fields, np.ndarray, np.ndarray] | None:
    """(Fields, number of each p-bit's lowest field int64 (n,), where its device's thresholds begin int64 (n,))."""
    network, n = program.network, program.n_pbits
    size = np.abs(np.rint(network.weight / unit)).astype(np.int64)
    lowest = -np.rint(network.bias / unit).astype(np.int64) - np.bincount(network.rows, size, n).astype(np.int64)
    least = int(lowest.min())
    step = int(np.gcd.reduce(np.concatenate((2 * size, lowest - least)))) or 1
    most = lowest + 2 * np.bincount(network.rows, size, n).astype(np.int64)
    values = (int(most.max()) - least) // step + 1
    if values > _MOST_VALUES:
        return None
    devices, device = like_rows(classes.device)
    law = Fields(least, step, values, devices.astype(np.int64), classes, unit)
    return law, (lowest - least) // step, device[classes.of] * values


class _Placed(NamedTuple):
    """Where p-bits are, and what a field then takes."""

    first: np.ndarray  # int64 (slots + 1,)
    place: np.ndarray  # int64 (n,)
    n_blocks: int
    key: np.ndarray  # int64 (m,): of each connection its block, the block that it reads and the turn
    whole: np.ndarray  # bool (m,): read by words
    cost: int


def _placed(program: Program, slot: np.ndarray, strided: bool) -> _Placed:
    """P-bits of a slot in order: eight a block, or where ``strided`` cut into eight parts, one for each lane."""
    members = [np.flatnonzero(slot == c) for c in range(program.clock.n_slots)]
    place, first = np.empty(program.n_pbits, dtype=np.int64), [0]
    for own in members:
        length = -(-len(own) // LANES)
        lane, block = np.divmod(np.arange(len(own)), length) if strided else np.divmod(np.arange(len(own)), LANES)[::-1]
        place[own] = LANES * (first[-1] + block) + lane
        first.append(first[-1] + -(-length // 8) * 8)
    idle = np.flatnonzero(slot < 0)
    place[idle] = LANES * first[-1] + np.arange(len(idle))
    n_blocks = first[-1] + -(-len(idle) // LANES)
    to, source = place[program.network.rows], place[program.network.indices]
    key = (to // LANES * n_blocks + source // LANES) * LANES + (source - to) % LANES
    _, of, many = np.unique(key, return_inverse=True, return_counts=True)
    whole = many[of] >= _SHARED
    cost = int(np.sum(many >= _SHARED)) + 8 * int(np.sum(~whole)) // 2
    return _Placed(np.array(first, dtype=np.int64), place, n_blocks, key, whole, cost)


def _packed(
    program: Program, slot: np.ndarray, placed: _Placed, law: Fields, field: np.ndarray, base: np.ndarray
) -> Blocks:
    """The arrays of Blocks."""
    network, place, n_blocks = program.network, placed.place, placed.n_blocks
    weight = np.rint(network.weight / law.unit).astype(np.int64)
    sign, size = np.where(weight > 0, 255, 0), 2 * np.abs(weight) // law.step
    to, source, whole = place[network.rows], place[network.indices], placed.whole
    keys, row = np.unique(placed.key[whole], return_inverse=True)
    reads, turn = keys // LANES % n_blocks, keys % LANES
    by_word = [_octets(len(keys), row, to[whole] % LANES, part[whole]) for part in (sign, size)]
    left = np.flatnonzero(~whole)[np.argsort(to[~whole], kind="stable")]
    lane = to[left]
    rank = np.arange(len(left)) - np.searchsorted(lane, lane)  # of a lane's gathered inputs
    rows = np.zeros(n_blocks, dtype=np.int64)
    np.maximum.at(rows, lane // LANES, rank + 1)
    single = np.concatenate(([0], np.cumsum(rows)))
    at = single[lane // LANES] + rank
    octet = np.zeros((single[-1], LANES), dtype=np.uint32)
    octet[at, lane % LANES] = source[left]
    by_octet = [_octets(int(single[-1]), at, lane % LANES, part[left]) for part in (sign, size)]
    pbit, bases = np.full(LANES * n_blocks, -1, dtype=np.int32), np.zeros(LANES * n_blocks, dtype=np.uint32)
    pbit[place], bases[place] = np.arange(len(place)), base
    ticking = np.bincount(slot[slot >= 0], minlength=len(placed.first) - 1)
    return Blocks(
        slot=slot.astype(np.int64),
        first=placed.first,
        ticking=ticking.astype(np.int64),
        pbit=pbit,
        place=place,
        field=_octets(n_blocks, place // LANES, place % LANES, field),
        whole=np.searchsorted(keys // LANES // n_blocks, np.arange(n_blocks + 1)).astype(np.uint32),
        source=(reads << 6 | 8 * turn).astype(np.uint32),
        sign=by_word[0],
        weight=by_word[1],
        single=single.astype(np.uint32),
        octet=octet.ravel(),
        single_sign=by_octet[0],
        single_weight=by_octet[1],
        base=bases,
        law=law,
        coupled=bool(np.any(slot[network.rows] == slot[network.indices])),
        period=program.clock.period,
    )


def _octets(rows: int, row: np.ndarray, lane: np.ndarray, value: np.ndarray) -> np.ndarray:
    """uint64 (rows,): words of eight octets, of which each ``value`` is one, and the others are 0."""
    octets = np.zeros((rows, LANES), dtype=np.uint8)
    octets[row, lane] = value
    return octets.view("<u8").ravel().astype(np.uint64)


def new_compared(law: Fields) -> Compared:
    """Empty thresholds; of length 0 where 64 p-bits do not compare at once."""
    few = law.values <= _FEW_VALUES and len(law.devices) == 1
    return Compared(*(np.zeros(law.values if few else 0, dtype=np.uint8) for _ in range(3)))


@kernel
def advance_blocks(slots, steps, blocks, state, asked, compared, noise, replica, events, trace):
    """Run the slots ``first`` ... ``last`` - 1.

    state : Octets;  replica : number in its schedule
    events : int32, p-bits of the events of all these slots, in order, and trace : uint8 (n_events,), out, 1 where the
    new value is +1; or both (0,)
    """
    first_slot, last_slot, period, n_slots = slots
    counts, octets, fresh = state.counts, state.octets, state.fresh
    event, step, few = 0, -1, len(compared.top) > 0
    for slot in range(first_slot, last_slot):
        round_, color = slot // n_slots, slot % n_slots
        at, number = step_at(steps, step, round_ * period + color * period // n_slots), round_ + 1
        first, last = blocks.first[color], blocks.first[color + 1]
        if at != step:
            step = at
            if turn_to(asked, steps.beta[step], steps.drive[step]) and few:
                _fill_compared(blocks.law, asked.now[0], compared)
        for b in range(first, last):
            counts[b] = _field(blocks, state.seen, np.uint64(b))
        draw_blocks(
            state.keys, np.uint64(number), np.uint64(noise.first_word), np.uint64(replica & 63), first, last, octets
        )
        if few:
            _compare(blocks, first, last, state, compared, asked, noise, number, replica)
        else:
            _look_up(blocks, first, last, state, asked, noise, number, replica)
        if len(trace) > 0:
            for _ in range(blocks.ticking[color]):
                trace[event] = fresh[blocks.place[events[event]]] & np.uint8(1)
                event += 1
        if blocks.coupled:
            for p in range(8 * first, 8 * last):
                state.seen[p] = fresh[p]


@inline
def _field(blocks, seen, b):
    """The numbers of the fields of a block, an octet each."""
    after = b + np.uint64(1)
    total = whole_rows(
        blocks.field[b], seen, blocks.source, blocks.sign, blocks.weight, blocks.whole[b], blocks.whole[after]
    )
    return single_rows(
        total, seen, blocks.octet, blocks.single_sign, blocks.single_weight, blocks.single[b], blocks.single[after]
    )


@part
def _fill_compared(law, beta, compared):
    """Thresholds of the only device at ``beta``."""
    for k in range(law.values):
        threshold = threshold_at(
            law.classes, law.devices[0], law.unit * np.float64(law.first + k * law.step), beta, 0.0
        )
        compared.top[k] = np.uint8(min(threshold >> (32 - DRAWN), 255))
        compared.open[k] = np.uint8(255 if threshold & (2 ** (32 - DRAWN) - 1) else 0)
        compared.always[k] = np.uint8(255 if threshold >> 32 else 0)


@inline
def _compare(blocks, first, last, state, compared, asked, noise, number, replica):
    """New values of a slot, where its p-bits are one device and their fields have few values."""
    counts, octets, fresh = state.counts, state.octets, state.fresh
    top, more, sure = compared
    for tile in range(first // 8, last // 8):
        left = compare_tile(counts, octets, top, more, sure, blocks.law.values, fresh, tile)
        while left != 0:
            lane = lowest_bit(left)
            left &= left - np.uint64(1)
            place = np.uint64(64 * tile) + lane
            if blocks.pbit[place] >= 0:
                fresh[place] = _decide(blocks, place, octet_at(counts, place), asked, noise, number, replica)


@inline
def _look_up(blocks, first, last, state, asked, noise, number, replica):
    """New values of a slot, each by its threshold."""
    counts, octets, fresh = state.counts, state.octets, state.fresh
    threshold, stamp = asked.threshold, asked.number[0]
    for p in range(8 * first, 8 * last):
        place = np.uint64(p)
        count = octet_at(counts, place)
        known = threshold[np.uint64(blocks.base[place]) + np.uint64(count)]
        above = (known & LOW_33) - (np.int64(octets[place]) << (32 - DRAWN))
        fresh[place] = np.uint8(255) if above > 0 else np.uint8(0)
        if ((known >> 33) != stamp or 0 < above < 2 ** (32 - DRAWN)) and blocks.pbit[place] >= 0:
            fresh[place] = _decide(blocks, place, count, asked, noise, number, replica)


@part
def _decide(blocks, place, count, asked, noise, number, replica):
    """The new value of a p-bit, 255 for +1, by its whole random number."""
    law, at = blocks.law, np.uint64(blocks.base[place]) + np.uint64(count)
    if asked.threshold[at] >> 33 != asked.number[0]:
        device = law.devices[np.int64(blocks.base[place]) // law.values]
        field = law.unit * np.float64(law.first + np.int64(count) * law.step)
        asked.threshold[at] = threshold_at(law.classes, device, field, asked.now[0], 0.0) | asked.number[0] << 33
    drawn = update_draw(noise.key, blocks.pbit[place], number, replica)
    return np.uint8(255) if np.int64(drawn) < asked.threshold[at] & LOW_33 else np.uint8(0)


@njit
def noise_keys(key, pbit, out):
    """What does not change of hwsim.engine.noise.update_key, of each p-bit in order; 0 where there is none."""
    for p in range(len(pbit)):
        out[p] = mix(key + np.uint64(pbit[p]) * np.uint64(GOLDEN)) if pbit[p] >= 0 else np.uint64(0)


def _word(builder: Any, array: Words, at: Any) -> Any:
    """A number of 32 bits. Atomic, or LLVM would make vectors of the few rows of a block, which take longer."""
    return builder.zext(builder.load_atomic(builder.gep(array.data, [at]), "monotonic", 4), WORD)


def _sum_rows(builder: Any, start: Any, begin: Any, end: Any, term: Any) -> Any:
    """``start`` + term(row) of each row."""
    sum_ = cgutils.alloca_once(builder, WORD)
    builder.store(start, sum_)

    def add(index: Any) -> None:
        builder.store(builder.add(builder.load(sum_), term(builder.add(begin, index))), sum_)

    loop(builder, builder.sub(end, begin), add)
    return builder.load(sum_)


@intrinsic
def whole_rows(typingctx, start, seen, source, sign, weight, begin, end):
    """``start`` and the octets of rows ``begin`` ... ``end`` - 1 that read whole words: see Blocks."""
    signature = types.uint64(types.uint64, seen, source, sign, weight, types.uint64, types.uint64)

    def codegen(context, builder, sig, arguments):
        seen_, source_, sign_, weight_ = (Words(context, builder, sig.args[k], arguments[k]) for k in range(1, 5))
        words = builder.bitcast(seen_.data, WORD.as_pointer())

        def term(row: Any) -> Any:
            packed = _word(builder, source_, row)
            word = builder.load(builder.gep(words, [builder.lshr(packed, WORD(6))]))
            turn = builder.and_(packed, WORD(63))
            back = builder.and_(builder.sub(WORD(64), turn), WORD(63))
            turned = builder.or_(builder.lshr(word, turn), builder.shl(word, back))
            return builder.and_(builder.xor(turned, sign_.word(row)), weight_.word(row))

        return _sum_rows(builder, arguments[0], arguments[5], arguments[6], term)

    return signature, codegen


@intrinsic
def single_rows(typingctx, start, seen, octet, sign, weight, begin, end):
    """``start`` and the octets of rows ``begin`` ... ``end`` - 1 that are gathered: see Blocks."""
    signature = types.uint64(types.uint64, seen, octet, sign, weight, types.uint64, types.uint64)

    def codegen(context, builder, sig, arguments):
        seen_, octet_, sign_, weight_ = (Words(context, builder, sig.args[k], arguments[k]) for k in range(1, 5))

        def term(row: Any) -> Any:
            word = WORD(0)
            for lane in range(LANES):
                place = _word(builder, octet_, builder.add(builder.mul(row, WORD(LANES)), WORD(lane)))
                one = builder.zext(builder.load(builder.gep(seen_.data, [place])), WORD)
                word = builder.or_(word, builder.shl(one, WORD(8 * lane)))
            return builder.and_(builder.xor(word, sign_.word(row)), weight_.word(row))

        return _sum_rows(builder, arguments[0], arguments[5], arguments[6], term)

    return signature, codegen


@intrinsic
def draw_blocks(typingctx, keys, number, word, replica, first, last, octets):
    """The first bits of update ``number`` of blocks ``first`` ... ``last`` - 1, to their places in ``octets``."""
    signature = types.void(keys, number, word, replica, first, last, octets)

    def codegen(context, builder, sig, arguments):
        number_, word_, replica_, first_, last_ = arguments[1:6]
        keys_, octets_ = (Words(context, builder, sig.args[k], arguments[k]) for k in (0, 6))
        turn = splat(builder, builder.mul(number_, WORD(GOLDEN)))
        moved = splat(builder, builder.mul(word_, WORD(STRIDE * GOLDEN % 2**64)))

        def block(index: Any) -> None:
            at = builder.mul(builder.add(first_, index), WORD(LANES))
            put_octets(first_planes(mix_words(keys_.load(at) + turn) + moved), replica_, octets_, at)

        loop(builder, builder.sub(last_, first_), block)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def compare_tile(typingctx, counts, octets, top, open_, always, values, out, tile):
    """New values of 64 p-bits, 255 for +1, to ``out``; returns a bit for each whose first bits do not settle it."""
    signature = types.uint64(counts, octets, top, open_, always, types.uint64, out, types.uint64)

    def codegen(context, builder, sig, arguments):
        arrays = [Words(context, builder, sig.args[k], arguments[k]) for k in (0, 1, 2, 3, 4, 6)]
        counts_, octets_, *tables, out_ = (builder.bitcast(a.data, ir.IntType(8).as_pointer()) for a in arrays)
        offset = builder.mul(arguments[7], WORD(TILE))

        def place(array: Any) -> Any:
            return builder.bitcast(builder.gep(array, [offset]), _OCTETS.as_pointer())

        def splat_octet(value: Any) -> Any:
            undefined, order = ir.Constant(_OCTETS, ir.Undefined), ir.VectorType(ir.IntType(32), TILE)
            single = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
            return builder.shuffle_vector(single, undefined, ir.Constant(order, [0] * TILE))

        count, drawn = builder.load(place(counts_), align=8), builder.load(place(octets_), align=8)
        found = [cgutils.alloca_once(builder, _OCTETS) for _ in tables]
        for variable in found:
            builder.store(ir.Constant(_OCTETS, [0] * TILE), variable)

        def look(k: Any) -> None:
            same = builder.icmp_unsigned("==", count, splat_octet(builder.trunc(k, ir.IntType(8))))
            for table, variable in zip(tables, found, strict=True):
                value = splat_octet(builder.load(builder.gep(table, [k])))
                builder.store(builder.select(same, value, builder.load(variable)), variable)

        loop(builder, arguments[5], look)
        limit, more, sure = (builder.load(variable) for variable in found)
        below = builder.sext(builder.icmp_unsigned("<", drawn, limit), _OCTETS)
        builder.store(builder.or_(below, sure), place(out_), align=8)
        equal = builder.and_(
            builder.icmp_unsigned("==", drawn, limit), builder.trunc(more, ir.VectorType(ir.IntType(1), TILE))
        )
        return builder.bitcast(equal, WORD)

    return signature, codegen


@intrinsic
def octet_at(typingctx, words, place):
    """Octet number ``place`` of an array of words, as uint8."""
    signature = types.uint8(words, types.uint64)

    def codegen(context, builder, sig, arguments):
        octets = builder.bitcast(Words(context, builder, sig.args[0], arguments[0]).data, ir.IntType(8).as_pointer())
        return builder.load(builder.gep(octets, [arguments[1]]))

    return signature, codegen


@intrinsic
def lowest_bit(typingctx, word):
    """Number of the lowest bit that is set."""

    def codegen(context, builder, sig, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), codegen


class BlockShard(FewShard):
    """Replicas of a clock whose ticks are always the same p-bits."""

    def __init__(self, blocks: Blocks, replicas: Replicas, law_energies: Energies, energies: Energies) -> None:
        self._blocks, reads, n_blocks = blocks, replicas.reads, len(blocks.field)
        keys, counts = aligned((LANES * n_blocks,), np.uint64), aligned((n_blocks,), np.uint64)
        noise_keys(np.uint64(replicas.noise_key), blocks.pbit, keys)
        octets, fresh = (aligned((LANES * n_blocks,), np.uint8) for _ in range(2))
        self._seen = [aligned((LANES * n_blocks,), np.uint8) for _ in range(reads)]
        self._octets = [Octets(s, fresh if blocks.coupled else s, keys, counts, octets) for s in self._seen]
        self._asked = [new_asked(blocks.law.values * len(blocks.law.devices)) for _ in range(reads)]
        self._compared = [new_compared(blocks.law) for _ in range(reads)]
        super().__init__(len(blocks.place), replicas, law_energies, energies)

    def advance(self, chunk: Chunk, anneals: Sequence[Anneal], recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        n_events, blocks = len(chunk.time), self._blocks
        trace = np.empty((self._reads, n_events if len(recorded) else 0), dtype=np.uint8)
        n_slots = len(blocks.ticking)
        first, last = (
            (int(chunk.number[e]) - 1) * n_slots + int(blocks.slot[chunk.pbit[e]]) if n_events else 0 for e in (0, -1)
        )
        slots = Slots(first, last + 1 if n_events else first, blocks.period, n_slots)
        self._advance(slots, anneals, chunk.pbit, trace)
        return (2 * trace[recorded].astype(np.int8) - 1).T

    def advance_slots(self, slots: Slots, anneals: Sequence[Anneal]) -> None:
        """Run ``slots``."""
        self._advance(slots, anneals, np.empty(0, dtype=np.int32), np.empty((self._reads, 0), dtype=np.uint8))

    def _advance(self, slots: Slots, anneals: Sequence[Anneal], events: np.ndarray, trace: np.ndarray) -> None:
        steps, noise = steps_of(anneals[0]), self._noise
        for r, (state, asked, compared) in enumerate(zip(self._octets, self._asked, self._compared, strict=True)):
            number = 64 * noise.first_word + r
            advance_blocks(slots, steps, self._blocks, state, asked, compared, noise, number, events, trace[r])

    def _states(self) -> np.ndarray:
        return np.stack([seen[self._blocks.place] for seen in self._seen]) > 0

    def _write(self, bits: np.ndarray) -> None:
        for seen, own in zip(self._seen, bits, strict=True):
            seen[self._blocks.place] = np.where(own, 255, 0)
