"""Decisions of p-bits with many inputs in bitplanes: thresholds looked up by count, sixteen bits at once.

Enters: rows of replica words, the packed inputs of a p-bit, its thresholds by count and the start of its noise. Leaves:
the row of new states.

Inputs are counted bit-sliced, as everywhere in bitplanes. Then counts and random numbers are turned from planes into
octets, one for each replica. The leading 16 bits of a threshold are two look-ups in tables of 128 octets, which stay in
registers (one instruction for 64 replicas where the processor has it), and comparisons of octets give a word of new
states. Where the 16 bits tie, once in 65,536 updates, all 32 decide.
"""

from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

from hwsim.engine.bitkernels import SEPTET, Update, count_into, first_words, next_words
from hwsim.engine.noise import draw_bits, update_key, word_start
from hwsim.engine.vector import LANES, VECTOR, WORD, Variable, Vec, Words, add_seven, constant, loop
from hwsim.engine.words import trailing_zeros

MOST_COUNTS = 128
"""Entries of a table: counts of pushing inputs up to 127."""
TABLE_WORDS = 2 * MOST_COUNTS // 8
"""Words of the two tables of a class: the first octets of thresholds, then the second ones."""
MIXED = 2
"""Septets, the last of a p-bit, whose inputs may push both ways; in each before them all inputs push the same way."""
_MOST_INPUTS = MOST_COUNTS + 2 * SEPTET
BUFFER = 2 * _MOST_INPUTS
"""Words of the buffer of a p-bit's inputs."""
_PLANES, _OCTETS = 7, 64
_BYTES = ir.VectorType(ir.IntType(8), _OCTETS)


def settle(seen, inputs, septets, own, start, exact, slot, out, place, tied):
    """Decide the replicas that ``tied`` names, and empty it, by all bits of their random numbers; see
    bitplanes_kernel.decide.

    exact : int64 (slots, 128), thresholds by count
    """
    threshold = exact[slot]
    for w in range(len(tied)):
        left, tied[w] = tied[w], 0
        while left != np.uint64(0):
            bit = trailing_zeros(left)
            left &= left - np.uint64(1)
            count = 0
            for k in range(SEPTET * septets[own], SEPTET * septets[own + 1]):
                entry = np.uint64(inputs[k])
                count += np.int64(((seen[entry >> np.uint64(1), w] >> bit) ^ entry) & np.uint64(1))
            if np.int64(draw_bits(begin_of(start, w), bit)) < threshold[count]:
                flip_bit(out, place + w, bit)


def begin_of(start, word):
    """Where the sequence of word ``word`` begins; ``start`` : as for bitplanes_kernel.decide."""
    raise NotImplementedError("for kernels")


@overload(begin_of, inline="always")
def _begin_by_start(start, word):
    return _begin_of_lane if isinstance(start, types.BaseTuple) else _begin_of_word


def _begin_of_word(start, word):
    return word_start(start, word)


def _begin_of_lane(start, word):
    pbit, number, at, key, first_word, width = start
    row = at // pbit.shape[1]
    return word_start(update_key(key, pbit[row, word], number[row, word]), first_word + (word & (width - 1)))


@intrinsic
def flip_bit(typingctx, words, index, bit):
    """Flip a bit of word ``index`` of ``words``, counted over all rows."""
    signature = types.void(words, index, bit)

    def codegen(context, builder, sig, arguments):
        words_ = Words(context, builder, sig.args[0], arguments[0])
        mask = builder.shl(WORD(1), arguments[2])
        words_.put(arguments[1], builder.xor(words_.word(arguments[1]), mask))
        return context.get_dummy_value()

    return signature, codegen


class OctetThresholds(NamedTuple):
    """Thresholds of a class, as the code of a kernel, and buffers; see bitplanes_thresholds.Octets.

    octets : from word ``table`` on
    """

    octets: Words
    table: Any
    inputs: Words
    tied: Words


def decide_by_table(
    context: Any, builder: Any, update: Update, septets: Words, own: Any, thresholds: OctetThresholds
) -> Any:
    """Emit the new states of a p-bit whose counts are below 128, as far as 16 bits tell; returns an i64 that is not 0
    where replicas are left in ``thresholds.tied``, for `settle`.

    septets : from ``own`` on, the number of its first septet, and the end
    """
    first, end = septets.word(own), septets.word(builder.add(own, WORD(1)))
    tables = _Tables(context, builder, thresholds.octets, thresholds.table)
    pushes = _Inputs(builder, thresholds.inputs, update.inputs, first, end, update.width)
    ties = cgutils.alloca_once_value(builder, WORD(0))
    builder.store(WORD(0), ties)

    def block(index: Any) -> None:
        offset = builder.mul(index, WORD(LANES))
        counts = _transposed([*pushes.count(update.rows, offset), constant(builder, 0)])
        high, low = _random_octets(builder, update.start, index)
        below, even = tables.compare(counts, high, low)
        update.out.store(builder.add(update.out_first, offset), _replicas_in_order(builder, below))
        some = reduce(builder.or_, even)
        builder.store(builder.or_(builder.load(ties), some), ties)
        thresholds.tied.store(offset, constant(builder, 0))
        with builder.if_then(builder.icmp_unsigned("!=", some, WORD(0)), likely=False):
            thresholds.tied.store(offset, _replicas_in_order(builder, even))

    loop(builder, update.vectors, block)
    return builder.load(ties)


class _Inputs:
    """The packed inputs of a p-bit, unpacked into a buffer: starts of rows, and masks of those that push towards -1."""

    def __init__(self, builder: Any, buffer: Words, entries: Words, first: Any, end: Any, width: Any) -> None:
        self._builder, self._buffer = builder, buffer
        n_septets = builder.sub(end, first)
        short = builder.icmp_signed("<", n_septets, WORD(MIXED))
        self._n_even = builder.select(short, WORD(0), builder.sub(n_septets, WORD(MIXED)))
        self._n_mixed = builder.sub(n_septets, self._n_even)
        begin = builder.mul(first, WORD(SEPTET))

        def unpack(k: Any) -> None:
            entry = entries.word(builder.add(begin, k))
            buffer.put(k, builder.mul(builder.lshr(entry, WORD(1)), width))
            buffer.put(builder.add(k, WORD(_MOST_INPUTS)), builder.sub(WORD(0), builder.and_(entry, WORD(1))))

        loop(builder, builder.mul(n_septets, WORD(SEPTET)), unpack)

    def count(self, rows: Words, offset: Any) -> list[Vec]:
        """Planes of the count of pushing inputs in the vectors at ``offset``."""
        builder, buffer = self._builder, self._buffer
        count = [Variable(builder, constant(builder, 0)) for _ in range(_PLANES)]

        def bits(at: Any) -> list[Vec]:
            return [rows.load(builder.add(buffer.word(builder.add(at, WORD(k))), offset)) for k in range(SEPTET)]

        def flip(at: Any) -> Vec:
            return buffer.splat(builder.add(at, WORD(_MOST_INPUTS)))

        def add_even(g: Any) -> None:
            """Seven that push the same way: if towards -1, seven less the count of ones, which inverts its bits."""
            at = builder.mul(g, WORD(SEPTET))
            mask = flip(at)
            one, two, four = add_seven(bits(at))
            count_into(builder, count, 0, (one ^ mask, two ^ mask, four ^ mask))

        def add_mixed(g: Any) -> None:
            at = builder.mul(builder.add(self._n_even, g), WORD(SEPTET))
            pushes = [bit ^ flip(builder.add(at, WORD(k))) for k, bit in enumerate(bits(at))]
            count_into(builder, count, 0, add_seven(pushes))

        loop(builder, self._n_even, add_even)
        loop(builder, self._n_mixed, add_mixed)
        return [c.get() for c in count]


def _transposed(planes: list[Vec]) -> list[Vec]:
    """From eight planes, whose bit x of octet y is of replica (y, x): eight vectors, whose bit p of octet y of vector x
    is that of plane p. Exchanges one bit of (p, x) at a time."""
    planes = list(planes)
    for distance, mask in ((4, 0x0F0F0F0F0F0F0F0F), (2, 0x3333333333333333), (1, 0x5555555555555555)):
        for p in (p for p in range(8) if not p & distance):
            a, b = planes[p], planes[p + distance]
            planes[p] = (a & mask) | ((b << distance) & ~mask)
            planes[p + distance] = ((a >> distance) & mask) | (b & ~mask)
    return planes


def _random_octets(builder: Any, start: Any, block: Any) -> tuple[list[Vec], list[Vec]]:
    """The first octet of the random numbers of ``block``, and the second: eight vectors each, as `_transposed` has."""
    shown, hidden = first_words(builder, start, block)
    planes: list[Vec] = []
    for _ in range(16):
        planes.insert(0, shown)  # the most significant bit comes first
        shown, hidden = next_words(shown, hidden)
    return _transposed(planes[8:]), _transposed(planes[:8])


def _replicas_in_order(builder: Any, words: list[Any]) -> Vec:
    """A row of replicas from eight i64, whose bit y of word x is of replica (y, x)."""
    row = ir.Constant(VECTOR, ir.Undefined)
    for x, word in enumerate(words):
        row = builder.insert_element(row, word, ir.IntType(32)(x))
    octets = builder.bitcast(row, _BYTES)
    order = ir.Constant(ir.VectorType(ir.IntType(32), _OCTETS), [8 * (k % 8) + k // 8 for k in range(_OCTETS)])
    turned = Vec(builder, builder.bitcast(builder.shuffle_vector(octets, octets, order), VECTOR))
    for distance, mask in ((7, 0x00AA00AA00AA00AA), (14, 0x0000CCCC0000CCCC), (28, 0x00000000F0F0F0F0)):
        swap = (turned ^ (turned >> distance)) & mask
        turned = turned ^ swap ^ (swap << distance)
    return turned


class _Tables:
    """The tables of octets of one class."""

    def __init__(self, context: Any, builder: Any, octets: Words, first: Any) -> None:
        self._builder, self._octets, self._first = builder, octets, first
        self._at_once = "+avx512vbmi" in context.codegen()._tm_features
        halves = [octets.load(builder.add(first, WORD(LANES * k))) for k in range(4)]
        self._halves = [builder.bitcast(half.value, _BYTES) for half in halves]

    def compare(self, counts: list[Vec], high: list[Vec], low: list[Vec]) -> tuple[list[Any], list[Any]]:
        """(below, even): i64 each, a bit for each octet: whether the random number is below the threshold of the count,
        and whether they tie."""
        builder, below, even = self._builder, [], []
        for x in range(8):
            which, one, two = (builder.bitcast(v[x].value, _BYTES) for v in (counts, high, low))
            first, second = self._of(which, 0), self._of(which, 1)
            same = builder.icmp_unsigned("==", one, first)
            less = builder.or_(
                builder.icmp_unsigned("<", one, first), builder.and_(same, builder.icmp_unsigned("<", two, second))
            )
            below.append(builder.bitcast(less, WORD))
            even.append(builder.bitcast(builder.and_(same, builder.icmp_unsigned("==", two, second)), WORD))
        return below, even

    def _of(self, which: Any, table: int) -> Any:
        """The octets of ``table`` that ``which`` names."""
        builder = self._builder
        if self._at_once:
            name = "llvm.x86.avx512.vpermi2var.qi.512"
            choose = cgutils.get_or_insert_function(builder.module, ir.FunctionType(_BYTES, [_BYTES] * 3), name)
            return builder.call(choose, [self._halves[2 * table], which, self._halves[2 * table + 1]])
        return self._one_by_one(which, table)

    def _one_by_one(self, which: Any, table: int) -> Any:
        builder, pointer = self._builder, ir.IntType(8).as_pointer()
        numbers, found = (cgutils.alloca_once(builder, _BYTES) for _ in range(2))
        builder.store(which, numbers)
        source, target = (builder.bitcast(place, pointer) for place in (numbers, found))
        place = builder.mul(self._first, WORD(8))
        octets = builder.gep(
            builder.bitcast(self._octets.data, pointer), [builder.add(place, WORD(MOST_COUNTS * table))]
        )

        def take(k: Any) -> None:
            number = builder.zext(builder.load(builder.gep(source, [k])), WORD)
            builder.store(builder.load(builder.gep(octets, [number])), builder.gep(target, [k]))

        loop(builder, WORD(_OCTETS), take)
        return builder.load(found)
