"""Blocks of p-bits in bitplanes: single replicas under a clock whose ticks are always the same p-bits.

Enters: events of a chromatic or synchronous schedule, and the states of a replica as octets. Leaves: the replica
advanced, with the same random numbers, to the same states.

Eight p-bits of a tick make a block, one octet each (see block_layout). Fields are sums of octets, 64 at a time, of what
neighbours in blocks add, and of what other neighbours tell when they flip. 64 p-bits then compare the first eight bits
of their random numbers with their thresholds; one in 256 draws the others.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

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
    word_32,
)
from hwsim.engine.bitplanes_thresholds import threshold_at
from hwsim.engine.block_layout import TILE, Blocks, Fields, cost_ns
from hwsim.engine.memory import aligned
from hwsim.engine.noise import GOLDEN, STRIDE, is_below, mix, update_key
from hwsim.engine.schedule import Chunk, Slots, slot_tick
from hwsim.engine.shards import Replicas
from hwsim.engine.vector import LANES, WORD, Variable, Vec, Words, loop, repeated, splat
from hwsim.engine.words import trailing_zeros
from hwsim.jit import inline, inner, kernel, njit

_FEW_VALUES = 64
"""Values up to which 64 p-bits look their thresholds up by comparing with each."""
_OCTETS = ir.VectorType(ir.IntType(8), TILE)


class Octets(NamedTuple):
    """One replica, by place: uint8 (8 B,) and uint64 as told."""

    seen: np.ndarray  # 255 where a p-bit is +1
    fresh: np.ndarray  # the new values of a tick
    told: np.ndarray  # number of the field, what rows add left out
    words: "OwnWords | SharedWords"
    counts: np.ndarray  # uint64 (B,): buffer
    octets: np.ndarray  # buffer


class OwnWords(NamedTuple):
    """Each p-bit has random words of its own."""

    keys: np.ndarray  # uint64 (8 B,): what does not change of hwsim.engine.noise.update_key, by place


class SharedWords(NamedTuple):
    """The p-bits of a tile share random words."""

    keys: np.ndarray  # uint64 (B / 8 + 8,): the same by tile
    number: np.ndarray  # int64 (B / 8,): of each tile's words


def new_top(law: Fields) -> np.ndarray:
    """uint8 (values,): room for the first eight bits of thresholds; (0,) where 64 p-bits do not compare at once."""
    return np.zeros(law.values if law.values <= _FEW_VALUES and len(law.devices) == 1 else 0, dtype=np.uint8)


@kernel
def advance_blocks(slots, steps, blocks, state, asked, top, noise, replica, events, trace):
    """Run the slots ``first`` ... ``last`` - 1.

    state : Octets;  top : of new_top;  replica : number in its schedule
    events : int32, p-bits of the events of all these slots, in order, and trace : uint8 (n_events,), out, 1 where the
    new value is +1; or both (0,)
    """
    first_slot, last_slot, period, n_slots = slots
    counts, fresh = state.counts, state.fresh
    event, step, few = 0, -1, len(top) > 0
    for slot in range(first_slot, last_slot):
        round_, color = slot // n_slots, slot % n_slots
        at, number = step_at(steps, step, slot_tick(slot, period, n_slots)), round_ + 1
        first, last = blocks.first[color], blocks.first[color + 1]
        if at != step:
            step = at
            if turn_to(asked, steps.beta[step], steps.drive[step]) and few:
                _fill_top(blocks.law, asked, top)
        _count_fields(blocks, np.uint64(first // 8), np.uint64(last // 8), state.seen, state.told, counts)
        _draw(state.words, number, replica, first, last, state.octets)
        if few:
            _compare(blocks, first, last, state, top, asked, noise, number, replica)
        else:
            _look_up(blocks, first, last, state, asked, noise, number, replica)
        if len(trace) > 0:
            for _ in range(blocks.ticking[color]):
                trace[event] = fresh[blocks.place[events[event]]] & np.uint8(1)
                event += 1
        _commit(blocks, np.uint64(first // 8), np.uint64(last // 8), state)


@inline
def _count_fields(blocks, tile, end, seen, told, counts):
    """The numbers of the fields of tiles ``tile`` ... ``end`` - 1, an octet each."""
    one, (source, sign, weight), (words, word_sign, word_weight) = np.uint64(1), blocks.tiled, blocks.whole
    while tile < end:
        after = tile + one
        tile_rows(told, seen, source, sign, weight, blocks.of_tile[tile], blocks.of_tile[after], counts, tile)
        for k in range(blocks.of_rest[tile], blocks.of_rest[after]):
            b = np.uint64(blocks.rest[k])
            begin, stop = blocks.of_whole[b], blocks.of_whole[b + one]
            counts[b] = whole_rows(counts[b], seen, words, word_sign, word_weight, begin, stop)
        tile = after


@inline
def _commit(blocks, tile, end, state):
    """Let neighbours see the new values of tiles ``tile`` ... ``end`` - 1, and tell those that are told."""
    while tile < end:
        flipped = show_tile(state.seen, state.fresh, tile)
        while flipped != 0 and len(blocks.told) > 0:
            lane = trailing_zeros(flipped)
            flipped &= flipped - np.uint64(1)
            _tell(blocks, np.uint64(TILE) * tile + lane, state.fresh, state.told)
        tile += np.uint64(1)


@inline
def _tell(blocks, place, values, told):
    """Change the fields of those that ``place`` tells, as it has flipped to its value."""
    turn = np.uint8(0) if values[place] else np.uint8(255)
    for k in range(np.uint64(blocks.of_told[place]), np.uint64(blocks.of_told[place + np.uint64(1)])):
        told[blocks.told[k]] += (blocks.change[k] ^ turn) - turn


@njit
def tell_all(blocks, seen, told):
    """The numbers of fields with what rows add left out, from the states ``seen``."""
    told[:] = blocks.field
    for p in range(len(seen)):
        if seen[p]:
            _tell(blocks, np.uint64(p), seen, told)


def _draw(words, number, replica, first, last, octets):
    """The first bits of update ``number`` of blocks ``first`` ... ``last`` - 1, to their places in ``octets``."""
    raise NotImplementedError("for kernels")


@overload(_draw, inline="always")
def _draw_by_words(words, number, replica, first, last, octets):
    return _draw_shared if words.instance_class is SharedWords else _draw_own


def _draw_own(words, number, replica, first, last, octets):
    draw_blocks(words.keys, np.uint64(number), np.uint64(replica >> 6), np.uint64(replica & 63), first, last, octets)


def _draw_shared(words, number, replica, first, last, octets):
    for tile in range(first >> 3, last >> 3, LANES):
        end = min(tile + LANES, last >> 3)
        draw_tiles(words.keys, np.uint64(number), np.uint64(replica), np.uint64(tile), np.uint64(end), octets)


def _is_below(words, key, pbit, place, number, replica, threshold):
    """Whether the random number of a p-bit is below ``threshold``."""
    raise NotImplementedError("for kernels")


@overload(_is_below)
def _is_below_by_words(words, key, pbit, place, number, replica, threshold):
    return _shared_is_below if words.instance_class is SharedWords else _own_is_below


def _own_is_below(words, key, pbit, place, number, replica, threshold):
    return is_below(update_key(key, pbit, number), replica, threshold)


def _shared_is_below(words, key, pbit, place, number, replica, threshold):
    start = update_key(key, words.number[place >> np.uint64(6)], number)
    return is_below(start, 64 * replica + np.int64(place & np.uint64(63)), threshold)


@inner
def _fill_top(law, asked, top):
    """Thresholds of the only device at the beta of now."""
    for k in range(law.values):
        field = law.unit * np.float64(law.first + k * law.step)
        threshold = threshold_at(law.classes, law.devices[0], field, asked.now[0], 0.0)
        asked.threshold[k] = threshold | asked.number[0] << 33
        top[k] = np.uint8(min(threshold >> (32 - DRAWN), 255))


@inline
def _compare(blocks, first, last, state, top, asked, noise, number, replica):
    """New values of a slot, where its p-bits are one device and their fields have few values."""
    for tile in range(first // 8, last // 8):
        left = compare_tile(state.counts, state.octets, top, blocks.law.values, state.fresh, tile)
        while left != 0:
            lane = trailing_zeros(left)
            left &= left - np.uint64(1)
            place = np.uint64(TILE * tile) + lane
            if blocks.pbit[place] >= 0:
                state.fresh[place] = _decide(blocks, place, state, asked, noise.key, number, replica)


@inline
def _look_up(blocks, first, last, state, asked, noise, number, replica):
    """New values of a slot, each by its threshold."""
    threshold, stamp = asked.threshold, asked.number[0]
    for p in range(8 * first, 8 * last):
        place = np.uint64(p)
        known = threshold[np.uint64(blocks.base[place]) + np.uint64(octet_at(state.counts, place))]
        above = (known & LOW_33) - (np.int64(state.octets[place]) << (32 - DRAWN))
        state.fresh[place] = np.uint8(255) if above > 0 else np.uint8(0)
        if ((known >> 33) != stamp or 0 < above < 2 ** (32 - DRAWN)) and blocks.pbit[place] >= 0:
            state.fresh[place] = _decide(blocks, place, state, asked, noise.key, number, replica)


@inner
def _decide(blocks, place, state, asked, key, number, replica):
    """The new value of a p-bit, 255 for +1, by as many bits of its random number as it takes."""
    law, count = blocks.law, np.int64(octet_at(state.counts, place))
    at = np.uint64(blocks.base[place]) + np.uint64(count)
    if asked.threshold[at] >> 33 != asked.number[0]:
        device = law.devices[np.int64(blocks.base[place]) // law.values]
        field = law.unit * np.float64(law.first + count * law.step)
        asked.threshold[at] = threshold_at(law.classes, device, field, asked.now[0], 0.0) | asked.number[0] << 33
    threshold = asked.threshold[at] & LOW_33
    above = threshold - (np.int64(state.octets[place]) << (32 - DRAWN))
    if 0 < above < 2 ** (32 - DRAWN):
        below = _is_below(state.words, key, blocks.pbit[place], place, number, replica, threshold)
        return np.uint8(255) if below else np.uint8(0)
    return np.uint8(255) if above > 0 else np.uint8(0)


@njit
def noise_keys(key, pbit, out):
    """What does not change of hwsim.engine.noise.update_key, of each number in order; 0 where there is none."""
    for p in range(len(pbit)):
        out[p] = mix(key + np.uint64(pbit[p]) * np.uint64(GOLDEN)) if pbit[p] >= 0 else np.uint64(0)


@intrinsic
def tile_rows(typingctx, field, seen, source, sign, weight, begin, end, counts, tile):
    """The octets of ``field`` of a tile and of its rows ``begin`` ... ``end`` - 1, to words ``counts``: see Blocks."""
    signature = types.void(field, seen, source, sign, weight, types.uint64, types.uint64, counts, types.uint64)

    def codegen(context, builder, sig, arguments):
        field_, seen_, source_, sign_, weight_, counts_ = (
            Words(context, builder, sig.args[k], arguments[k]) for k in (0, 1, 2, 3, 4, 7)
        )
        seen_.data, field_.data = (builder.bitcast(array.data, WORD.as_pointer()) for array in (seen_, field_))
        begin_, end_, place = arguments[5], arguments[6], builder.mul(arguments[8], WORD(LANES))
        total = Variable(builder, field_.load(place))

        def add(index: Any) -> None:
            row = builder.add(begin_, index)
            packed, words = word_32(builder, source_, row), builder.mul(row, WORD(LANES))
            value, turn = seen_.load(builder.lshr(packed, WORD(6))).value, builder.and_(packed, WORD(63))
            back = builder.and_(builder.sub(WORD(64), turn), WORD(63))
            right = builder.lshr(value, splat(builder, turn).value)
            turned = Vec(builder, builder.or_(right, builder.shl(value, splat(builder, back).value)))
            total.set(total.get() + ((turned ^ sign_.load(words)) & weight_.load(words)))

        loop(builder, builder.sub(end_, begin_), add)
        counts_.store(place, total.get())
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def whole_rows(typingctx, start, seen, source, sign, weight, begin, end):
    """``start`` and the octets of rows ``begin`` ... ``end`` - 1 that read whole words: see Blocks."""
    signature = types.uint64(types.uint64, seen, source, sign, weight, types.uint64, types.uint64)

    def codegen(context, builder, sig, arguments):
        seen_, source_, sign_, weight_ = (Words(context, builder, sig.args[k], arguments[k]) for k in range(1, 5))
        words, begin, end = builder.bitcast(seen_.data, WORD.as_pointer()), arguments[5], arguments[6]
        total = cgutils.alloca_once(builder, WORD)
        builder.store(arguments[0], total)

        def add(index: Any) -> None:
            row = builder.add(begin, index)
            packed = word_32(builder, source_, row)
            word = builder.load(builder.gep(words, [builder.lshr(packed, WORD(6))]))
            turn = builder.and_(packed, WORD(63))
            back = builder.and_(builder.sub(WORD(64), turn), WORD(63))
            turned = builder.or_(builder.lshr(word, turn), builder.shl(word, back))
            term = builder.and_(builder.xor(turned, sign_.word(row)), weight_.word(row))
            builder.store(builder.add(builder.load(total), term), total)

        loop(builder, builder.sub(end, begin), add)
        return builder.load(total)

    return signature, codegen


@intrinsic
def show_tile(typingctx, seen, fresh, tile):
    """Copy a tile of ``fresh`` to ``seen``; returns a bit for each octet that changed."""
    signature = types.uint64(seen, fresh, types.uint64)

    def codegen(context, builder, sig, arguments):
        offset = builder.mul(arguments[2], WORD(TILE))
        seen_, fresh_ = (
            builder.bitcast(
                builder.gep(Words(context, builder, sig.args[k], arguments[k]).data, [offset]), _OCTETS.as_pointer()
            )
            for k in (0, 1)
        )
        old, new = builder.load(seen_, align=8), builder.load(fresh_, align=8)
        builder.store(new, seen_, align=8)
        return builder.bitcast(builder.icmp_unsigned("!=", old, new), WORD)

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
def draw_tiles(typingctx, keys, number, replica, tile, end, octets):
    """The same of tiles ``tile`` ... ``end`` - 1, eight at most, that share words. keys : of each tile"""
    signature = types.void(keys, number, replica, tile, end, octets)

    def codegen(context, builder, sig, arguments):
        number_, replica_, tile_, end_ = arguments[1:5]
        keys_, octets_ = (Words(context, builder, sig.args[k], arguments[k]) for k in (0, 5))
        turn = splat(builder, builder.mul(number_, WORD(GOLDEN)))
        moved = splat(builder, builder.mul(replica_, WORD(STRIDE * GOLDEN % 2**64)))
        planes = cgutils.alloca_once(builder, WORD, DRAWN * LANES)
        for k, plane in enumerate(first_planes(mix_words(keys_.load(tile_) + turn) + moved)):
            to = builder.bitcast(builder.gep(planes, [WORD(k * LANES)]), plane.value.type.as_pointer())
            builder.store(plane.value, to, align=8)

        def spread(index: Any) -> None:
            total = ir.Constant(_OCTETS, [0] * TILE)
            for k in range(DRAWN):
                word = builder.load(builder.gep(planes, [builder.add(index, WORD(k * LANES))]))
                ones = builder.sext(builder.bitcast(word, ir.VectorType(ir.IntType(1), TILE)), _OCTETS)
                total = builder.sub(builder.add(total, total), ones)
            at = builder.mul(builder.add(tile_, index), WORD(TILE))
            builder.store(total, builder.bitcast(builder.gep(octets_.data, [at]), _OCTETS.as_pointer()), align=8)

        loop(builder, builder.sub(end_, tile_), spread)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def compare_tile(typingctx, counts, octets, top, values, out, tile):
    """New values of 64 p-bits, 255 for +1, to ``out``; returns a bit for each whose first bits do not settle it."""
    signature = types.uint64(counts, octets, top, types.uint64, out, types.uint64)

    def codegen(context, builder, sig, arguments):
        arrays = [Words(context, builder, sig.args[k], arguments[k]) for k in (0, 1, 2, 4)]
        counts_, octets_, top_, out_ = (builder.bitcast(a.data, ir.IntType(8).as_pointer()) for a in arrays)
        offset = builder.mul(arguments[5], WORD(TILE))
        zeros, ones = (ir.Constant(_OCTETS, [k] * TILE) for k in (0, 1))

        def place(array: Any) -> Any:
            return builder.bitcast(builder.gep(array, [offset]), _OCTETS.as_pointer())

        drawn = builder.load(place(octets_), align=8)
        count, limit = (cgutils.alloca_once(builder, _OCTETS) for _ in range(2))
        builder.store(builder.load(place(counts_), align=8), count)
        builder.store(zeros, limit)

        def look(k: Any) -> None:
            left = builder.load(count)  # the number of the field, less k
            value = repeated(builder, builder.load(builder.gep(top_, [k])), TILE)
            builder.store(builder.select(builder.icmp_unsigned("==", left, zeros), value, builder.load(limit)), limit)
            builder.store(builder.sub(left, ones), count)

        loop(builder, arguments[3], look)
        found = builder.load(limit)
        builder.store(builder.sext(builder.icmp_unsigned("<", drawn, found), _OCTETS), place(out_), align=8)
        return builder.bitcast(builder.icmp_unsigned("==", drawn, found), WORD)

    return signature, codegen


@intrinsic
def octet_at(typingctx, words, place):
    """Octet number ``place`` of an array of words, as uint8."""
    signature = types.uint8(words, types.uint64)

    def codegen(context, builder, sig, arguments):
        octets = builder.bitcast(Words(context, builder, sig.args[0], arguments[0]).data, ir.IntType(8).as_pointer())
        return builder.load(builder.gep(octets, [arguments[1]]))

    return signature, codegen


def takes_blocks(blocks: Blocks, reads: int) -> bool:
    """Whether ``reads`` replicas of a word are quicker one by one than together."""
    inputs = LANES * (len(blocks.tiled.weight) + len(blocks.whole.weight)) + len(blocks.told)
    return reads * cost_ns(blocks) <= 18 + inputs / len(blocks.place)


class BlockShard(FewShard):
    """Replicas of a clock whose ticks are always the same p-bits."""

    def __init__(
        self, blocks: Blocks, shared: np.ndarray | None, replicas: Replicas, law_energies: Energies, energies: Energies
    ) -> None:
        """``shared`` : number of the random words that each tile shares, or None"""
        self._blocks, reads, n = blocks, replicas.reads, len(blocks.field)
        counts = aligned((n // LANES,), np.uint64)
        keys = aligned((n if shared is None else n // TILE + LANES,), np.uint64)
        noise_keys(np.uint64(replicas.noise_key), blocks.pbit if shared is None else shared, keys)
        words = OwnWords(keys) if shared is None else SharedWords(keys, shared)
        octets, fresh = (aligned((n,), np.uint8) for _ in range(2))
        seen, told = ([aligned((n,), np.uint8) for _ in range(reads)] for _ in range(2))
        self._octets = [Octets(s, fresh, t, words, counts, octets) for s, t in zip(seen, told, strict=True)]
        self._asked = [new_asked(blocks.law.values * len(blocks.law.devices)) for _ in range(reads)]
        self._top = [new_top(blocks.law) for _ in range(reads)]
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
        for r, (state, asked, top) in enumerate(zip(self._octets, self._asked, self._top, strict=True)):
            number = 64 * noise.first_word + r
            advance_blocks(slots, steps, self._blocks, state, asked, top, noise, number, events, trace[r])

    def _states(self) -> np.ndarray:
        return np.stack([state.seen[self._blocks.place] for state in self._octets]) > 0

    def _write(self, bits: np.ndarray) -> None:
        for state, own in zip(self._octets, bits, strict=True):
            state.seen[self._blocks.place] = np.where(own, 255, 0)
            tell_all(self._blocks, state.seen, state.told)
