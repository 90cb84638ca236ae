"""The vector code of dense in blocks: sixteen 32-bit numbers at a time, as LLVM instructions.

Enters: flat arrays and places in them, counted in elements. Leaves: decisions of 64 replicas, or fields. Written as
such because the loop vectoriser would make gathers of a transposition, and tests of overlap in front of each loop.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from hwsim.engine.vector import loop, repeated

WIDE, LANES, TILE = 16, 64, 64
"""Numbers of a vector; replicas that are decided together; p-bits whose fields stand side by side."""
FIGURES = 8
"""float32 of an update: log2 of the odds per unit of field, its shift, the factors by which the odds may be larger and
smaller, and what is added to the random number to decide for +1, and against."""
_PARTS = LANES // WIDE
_I32, _I64, _F32 = ir.IntType(32), ir.IntType(64), ir.FloatType()
_INTS, _FLOATS, _FLAGS = (ir.VectorType(kind, WIDE) for kind in (_I32, _F32, ir.IntType(1)))
_LN2 = 0.6931471805599453
_EXP = [_LN2**k / f for k, f in ((5, 120.0), (4, 24.0), (3, 6.0), (2, 2.0), (1, 1.0), (0, 1.0))]
"""Taylor series of 2**r: for |r| <= 1/2 the first term left out is below 2.4e-6."""
_MAGIC = 1.5 * 2.0**23  # added to a number below 2**22, it leaves the nearest integer in the lowest bits
_FAR = 126.0  # binary exponents of the odds that are told apart: then the odds are no subnormal number
_FUSED = ("contract",)  # a screen: what is rounded once or twice does not matter


class _Array:
    """A contiguous array, by element."""

    def __init__(self, context: Any, builder: Any, kind: Any, array: Any) -> None:
        self._builder, self._data = builder, context.make_array(kind)(context, builder, value=array).data

    def at(self, index: Any, kind: Any = None) -> Any:
        """Pointer to element ``index``, of a vector of type ``kind`` where one is given."""
        place = self._builder.gep(self._data, [index])
        return place if kind is None else self._builder.bitcast(place, kind.as_pointer())

    def load(self, index: Any, kind: Any = None) -> Any:
        """An element, or a vector from it on."""
        return self._builder.load(self.at(index, kind), align=None if kind is None else 4)

    def store(self, index: Any, value: Any) -> None:
        """A vector to element ``index`` on."""
        self._builder.store(value, self.at(index, value.type), align=4)


def _arrays(context: Any, builder: Any, sig: Any, arguments: Any) -> list[Any]:
    """Arrays as such, numbers as they are."""
    return [
        _Array(context, builder, kind, value) if isinstance(kind, types.Array) else value
        for kind, value in zip(sig.args, arguments, strict=True)
    ]


def _splat(builder: Any, value: Any) -> Any:
    return repeated(builder, value, WIDE)


def _number(value: float) -> Any:
    return ir.Constant(_FLOATS, [value] * WIDE)


@intrinsic
def turn(typingctx, source, first, stride, target, place):
    """The transpose of 16 x 16 numbers of ``source``, rows ``stride`` apart, to ``target``, rows 64 apart."""
    signature = types.void(source, first, stride, target, place)

    def codegen(context, builder, sig, arguments):
        source_, first_, stride_, target_, place_ = _arrays(context, builder, sig, arguments)
        rows = [source_.load(builder.add(first_, builder.mul(stride_, _I64(k))), _INTS) for k in range(WIDE)]
        for distance in (8, 4, 2, 1):
            lanes = range(WIDE)
            low = [k if not k & distance else WIDE + k - distance for k in lanes]
            high = [k + distance if not k & distance else WIDE + k for k in lanes]
            for k in (k for k in range(WIDE) if not k & distance):
                a, b = rows[k], rows[k + distance]
                rows[k], rows[k + distance] = (
                    builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(_I32, WIDE), order)) for order in (low, high)
                )
        for k, row in enumerate(rows):
            target_.store(builder.add(place_, _I64(LANES * k)), row)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def expand(typingctx, flipped, states, change, place):
    """float32 (64,) to ``change`` from ``place`` on: 1 where a replica's bit is set in ``flipped`` and in ``states``,
    -1 where in ``flipped`` alone, else 0."""
    signature = types.void(flipped, states, change, place)

    def codegen(context, builder, sig, arguments):
        flipped_, states_, change_, place_ = _arrays(context, builder, sig, arguments)
        for part in range(_PARTS):
            flips, ups = (_flags(builder, word, part) for word in (flipped_, states_))
            value = builder.select(ups, _number(1.0), _number(-1.0))
            change_.store(builder.add(place_, _I64(WIDE * part)), builder.select(flips, value, _number(0.0)))
        return context.get_dummy_value()

    return signature, codegen


def _flags(builder: Any, word: Any, part: int) -> Any:
    """16 bits of a word as flags."""
    bits = builder.trunc(builder.lshr(word, _I64(WIDE * part)), ir.IntType(WIDE))
    return builder.bitcast(bits, _FLAGS)


@intrinsic
def screen(typingctx, near, first, weights, weight, n_weights, change, changed, leading, lead, figures, figure):
    """(new states, replicas left open), a word each, of one update.

    near : int32, 64 fields from ``first`` on
    weights : float32, what ``n_weights`` commits add to them, from ``weight`` on, times
    change : float32 (n_weights, 64), from ``changed`` on
    leading : uint16, 64 from ``lead`` on;  figures : see FIGURES
    """
    pair = types.UniTuple(types.uint64, 2)
    signature = pair(near, first, weights, weight, n_weights, change, changed, leading, lead, figures, figure)

    def codegen(context, builder, sig, arguments):
        near_, first_, weights_, weight_, n_weights_, change_, changed_, leading_, lead_, figures_, figure_ = _arrays(
            context, builder, sig, arguments
        )
        fields = []
        for part in range(_PARTS):
            whole = near_.load(builder.add(first_, _I64(WIDE * part)), _INTS)
            fields.append(cgutils.alloca_once_value(builder, builder.sitofp(whole, _FLOATS)))

        def add(k: Any) -> None:
            size = _splat(builder, weights_.load(builder.add(weight_, k)))
            for part, field in enumerate(fields):
                at = builder.add(changed_, builder.mul(k, _I64(LANES)))
                moved = change_.load(builder.add(at, _I64(WIDE * part)), _FLOATS)
                builder.store(_plus(builder, builder.load(field), size, moved), field)

        loop(builder, n_weights_, add)
        own = [_splat(builder, figures_.load(builder.add(figure_, _I64(k)))) for k in range(6)]
        words = ir.VectorType(ir.IntType(16), WIDE)
        up, maybe = _I64(0), _I64(0)
        for part, field in enumerate(fields):
            bits = leading_.load(builder.add(lead_, _I64(WIDE * part)), words)
            for k, flags in enumerate(_compare(builder, builder.load(field), bits, own)):
                word = builder.zext(builder.bitcast(flags, ir.IntType(WIDE)), _I64)
                word = builder.shl(word, _I64(WIDE * part))
                up, maybe = (builder.or_(up, word), maybe) if k == 0 else (up, builder.or_(maybe, word))
        open_ = builder.and_(maybe, builder.not_(up))
        return context.make_tuple(builder, sig.return_type, [up, open_])

    return signature, codegen


def _plus(builder: Any, start: Any, a: Any, b: Any) -> Any:
    """start + a b."""
    return builder.fadd(start, builder.fmul(a, b, flags=_FUSED), flags=_FUSED)


def _compare(builder: Any, field: Any, bits: Any, figures: list[Any]) -> tuple[Any, Any]:
    """(certainly +1, perhaps +1): P(+1) = 1 / (1 + E), E = 2**x with x linear in the field."""
    scale, shift, more, less, below, above = figures
    x = _plus(builder, shift, field, scale)
    x = builder.select(builder.fcmp_ordered("<", x, _number(_FAR)), x, _number(_FAR))
    x = builder.select(builder.fcmp_ordered(">", x, _number(-_FAR)), x, _number(-_FAR))
    shifted = builder.fadd(x, _number(_MAGIC))
    rest = builder.fsub(x, builder.fsub(shifted, _number(_MAGIC)))
    p = _number(_EXP[0])
    for c in _EXP[1:]:
        p = _plus(builder, _number(c), p, rest)
    power = builder.shl(builder.bitcast(shifted, _INTS), ir.Constant(_INTS, [23] * WIDE))
    odds = builder.bitcast(builder.add(builder.bitcast(p, _INTS), power), _FLOATS)
    u = builder.sitofp(builder.zext(bits, _INTS), _FLOATS)
    one = _number(1.0)
    found = []
    for factor, margin in ((more, below), (less, above)):
        whole = _plus(builder, one, odds, factor)
        drawn = _plus(builder, margin, u, _number(2.0**-16))
        found.append(builder.fcmp_ordered("<", builder.fmul(drawn, whole), one))
    return found[0], found[1]


@intrinsic
def push_row(typingctx, near, place, weights, weight, n_vectors, sign):
    """Add ``n_vectors`` vectors of int32 ``weights`` to those of ``near``, or subtract them where ``sign`` is -1."""
    signature = types.void(near, place, weights, weight, n_vectors, sign)

    def codegen(context, builder, sig, arguments):
        near_, place_, weights_, weight_, n_vectors_, sign_ = _arrays(context, builder, sig, arguments)
        flip = _splat(builder, builder.trunc(sign_, _I32))

        def add(k: Any) -> None:
            offset = builder.mul(k, _I64(WIDE))
            size = weights_.load(builder.add(weight_, offset), _INTS)
            size = builder.sub(builder.xor(size, flip), flip)
            at = builder.add(place_, offset)
            near_.store(at, builder.add(near_.load(at, _INTS), size))

        loop(builder, n_vectors_, add)
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def add_rows(typingctx, field, place, matrix, tile, listed, begin, length, n_down):
    """Add to 64 fields the rows of ``matrix``, from ``tile`` on, that ``listed`` int32 names: the place of a row, or
    its bitwise inverse where the row is to be subtracted, as ``n_down`` of them are."""
    signature = types.void(field, place, matrix, tile, listed, begin, length, n_down)

    def codegen(context, builder, sig, arguments):
        field_, place_, matrix_, tile_, listed_, begin_, length_, n_down_ = _arrays(context, builder, sig, arguments)
        places = [builder.add(place_, _I64(WIDE * k)) for k in range(TILE // WIDE)]
        # -w is the inverse of w, plus one
        downs = _splat(builder, builder.trunc(n_down_, _I32))
        sums = [cgutils.alloca_once_value(builder, builder.add(field_.load(at, _INTS), downs)) for at in places]

        def add(k: Any) -> None:
            entry = listed_.load(builder.add(begin_, k))
            inverse = builder.ashr(entry, _I32(31))
            row = builder.add(tile_, builder.zext(builder.xor(entry, inverse), _I64))
            flip = _splat(builder, inverse)
            for part, total in enumerate(sums):
                size = matrix_.load(builder.add(row, _I64(WIDE * part)), _INTS)
                builder.store(builder.add(builder.load(total), builder.xor(size, flip)), total)

        loop(builder, length_, add)
        for at, total in zip(places, sums, strict=True):
            field_.store(at, builder.load(total))
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def take_column(typingctx, source, first, target, place, stride):
    """64 int32 of ``source``, from ``first`` on, 64 apart, to ``target`` from ``place`` on, ``stride`` apart."""
    signature = types.void(source, first, target, place, stride)

    def codegen(context, builder, sig, arguments):
        source_, first_, target_, place_, stride_ = _arrays(context, builder, sig, arguments)
        for k in range(LANES):
            value = source_.load(builder.add(first_, _I64(TILE * k)))
            builder.store(value, target_.at(builder.add(place_, builder.mul(stride_, _I64(k)))))
        return context.get_dummy_value()

    return signature, codegen


@intrinsic
def add_terms(typingctx, states, n_words, word, i, indices, weight, first, end, sums):
    """Add to ``sums`` float64 (64,) the energies of the couplings ``first`` ... ``end`` - 1 of p-bit ``i`` with p-bits
    of lower numbers, one after the other. states : uint64, rows of ``n_words``, of which number ``word`` counts"""
    signature = types.void(states, n_words, word, i, indices, weight, first, end, sums)

    def codegen(context, builder, sig, arguments):
        states_, n_words_, word_, i_, indices_, weight_, first_, end_, sums_ = _arrays(context, builder, sig, arguments)
        eight, words = ir.VectorType(ir.DoubleType(), 8), ir.VectorType(_I64, 8)
        totals = [cgutils.alloca_once_value(builder, sums_.load(_I64(8 * k), eight)) for k in range(LANES // 8)]
        own = states_.load(builder.add(builder.mul(i_, n_words_), word_))

        def add(k: Any) -> None:
            at = builder.add(first_, k)
            j = builder.sext(indices_.load(at), _I64)
            with builder.if_then(builder.icmp_signed("<", j, i_)):
                differ = builder.xor(own, states_.load(builder.add(builder.mul(j, n_words_), word_)))
                size = weight_.load(at)
                alike, unlike, bits = (repeated(builder, one, 8) for one in (size, builder.fneg(size), differ))
                for part, total in enumerate(totals):
                    ones = ir.Constant(words, [1 << (8 * part + lane) for lane in range(8)])
                    flags = builder.icmp_unsigned("!=", builder.and_(bits, ones), ir.Constant(words, [0] * 8))
                    builder.store(builder.fadd(builder.load(total), builder.select(flags, unlike, alike)), total)

        loop(builder, builder.sub(end_, first_), add)
        for k, total in enumerate(totals):
            sums_.store(_I64(8 * k), builder.load(total))
        return context.get_dummy_value()

    return signature, codegen
