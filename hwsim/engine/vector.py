"""Vectors of eight 64-bit words as numba sees them: Python operators that emit LLVM instructions.

Enters: an LLVM builder inside a numba intrinsic. Leaves: straight vector code. LLVM makes one 512-bit register of a
vector where the processor has them and splits it where not; the bits are the same. Written this way because the loop
vectoriser gives up on a kernel that reads many rows and writes one (it cannot prove that they differ).
"""

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir
from numba.core import cgutils

LANES = 8
WORD = ir.IntType(64)
VECTOR = ir.VectorType(WORD, LANES)
_ALL = 2**64 - 1


class Vec:
    """Eight words; ``&``, ``|``, ``^``, ``~``, ``+``, ``-``, ``*``, ``<<``, ``>>`` act word by word, modulo 2**64."""

    def __init__(self, builder: Any, value: Any) -> None:
        self.builder, self.value = builder, value

    def _of(self, other: "Vec | int") -> Any:
        return other.value if isinstance(other, Vec) else constant(self.builder, other).value

    def __and__(self, other: "Vec | int") -> "Vec":
        return Vec(self.builder, self.builder.and_(self.value, self._of(other)))

    def __or__(self, other: "Vec | int") -> "Vec":
        return Vec(self.builder, self.builder.or_(self.value, self._of(other)))

    def __xor__(self, other: "Vec | int") -> "Vec":
        return Vec(self.builder, self.builder.xor(self.value, self._of(other)))

    def __invert__(self) -> "Vec":
        return self ^ _ALL

    def __add__(self, other: "Vec | int") -> "Vec":
        return Vec(self.builder, self.builder.add(self.value, self._of(other)))

    def __mul__(self, other: "Vec | int") -> "Vec":
        return Vec(self.builder, self.builder.mul(self.value, self._of(other)))

    def __sub__(self, other: "Vec | int") -> "Vec":
        return Vec(self.builder, self.builder.sub(self.value, self._of(other)))

    def __lshift__(self, distance: int) -> "Vec":
        return Vec(self.builder, self.builder.shl(self.value, self._of(distance)))

    def __rshift__(self, distance: int) -> "Vec":
        return Vec(self.builder, self.builder.lshr(self.value, self._of(distance)))

    def merged(self, chosen: Any, other: "Vec") -> "Vec":
        """``other`` in the words that the mask ``chosen`` (see Words.mask) names, else this."""
        return Vec(self.builder, self.builder.select(chosen, other.value, self.value))

    def any(self) -> Any:
        """i1: whether any bit is set."""
        bits = self.builder.bitcast(self.value, ir.IntType(64 * LANES))
        return self.builder.icmp_unsigned("!=", bits, ir.Constant(bits.type, 0))


def constant(builder: Any, words: int | Sequence[int]) -> Vec:
    """The same word eight times, or eight given words."""
    values = [words] * LANES if isinstance(words, int) else list(words)
    return Vec(builder, ir.Constant(VECTOR, [w & _ALL for w in values]))


def repeated(builder: Any, value: Any, times: int) -> Any:
    """An LLVM vector of a number ``times`` times."""
    undefined, index = ir.Constant(ir.VectorType(value.type, times), ir.Undefined), ir.IntType(32)
    single = builder.insert_element(undefined, value, index(0))
    return builder.shuffle_vector(single, undefined, ir.Constant(ir.VectorType(index, times), [0] * times))


def splat(builder: Any, word: Any) -> Vec:
    """The i64 ``word`` eight times."""
    return Vec(builder, repeated(builder, word, LANES))


class Words:
    """A contiguous array of 64-bit words; every index is in words."""

    def __init__(self, context: Any, builder: Any, array_type: Any, array: Any) -> None:
        self.builder = builder
        made = context.make_array(array_type)(context, builder, value=array)
        self.data, self._shape = made.data, made.shape

    def length(self, axis: int) -> Any:
        """The i64 length of an axis."""
        return self.builder.extract_value(self._shape, axis)

    def word(self, index: Any) -> Any:
        """The i64 at ``index``."""
        return self.builder.load(self.builder.gep(self.data, [index]))

    def put(self, index: Any, word: Any) -> None:
        """The i64 ``word`` to ``index``."""
        self.builder.store(word, self.builder.gep(self.data, [index]))

    def splat(self, index: Any) -> Vec:
        """The word at ``index``, eight times."""
        return splat(self.builder, self.word(index))

    def mask(self, octet: Any) -> Any:
        """Bits of the octet number ``octet``, one for each word of a vector: a mask register where the processor has
        them."""
        octets = self.builder.bitcast(self.data, ir.IntType(8).as_pointer())
        return self.builder.bitcast(
            self.builder.load(self.builder.gep(octets, [octet])), ir.VectorType(ir.IntType(1), LANES)
        )

    def load(self, index: Any) -> Vec:
        """Eight words from ``index`` on."""
        return Vec(self.builder, self.builder.load(self._place(index), align=8))

    def store(self, index: Any, vector: Vec) -> None:
        """Eight words to ``index`` on."""
        self.builder.store(vector.value, self._place(index), align=8)

    def store_part(self, index: Any, value: Any) -> None:
        """A shorter LLVM vector of words to ``index`` on."""
        place = self.builder.bitcast(self.builder.gep(self.data, [index]), value.type.as_pointer())
        self.builder.store(value, place, align=8)

    def prefetch(self, index: Any) -> None:
        """Start loading the cache line of the word at ``index``."""
        _prefetch(self.builder, self.builder.gep(self.data, [index]))

    def _place(self, index: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(self.data, [index]), VECTOR.as_pointer())


def _prefetch(builder: Any, place: Any) -> None:
    place = builder.bitcast(place, ir.IntType(8).as_pointer())
    kind = ir.FunctionType(ir.VoidType(), [place.type] + 3 * [ir.IntType(32)])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    # for reading, into all levels, data
    builder.call(function, [place, *(ir.Constant(ir.IntType(32), k) for k in (0, 3, 1))])


class Variable:
    """A vector that changes inside a loop; LLVM turns it into a register."""

    def __init__(self, builder: Any, start: Vec) -> None:
        self.builder, self._place = builder, cgutils.alloca_once(builder, VECTOR)
        self.set(start)

    def get(self) -> Vec:
        """The present value."""
        return Vec(self.builder, self.builder.load(self._place))

    def set(self, vector: Vec) -> None:
        """Take a value."""
        self.builder.store(vector.value, self._place)


def full_add(a: Vec, b: Vec, c: Vec) -> tuple[Vec, Vec]:
    """Sum and carry of three bits: three instructions where the processor has ternary logic. (LLVM does not find the
    majority, but a choice by a mask.)"""
    differ = a ^ b
    return differ ^ c, (differ & c) | (~differ & a)


def add_seven(bits: Sequence[Vec]) -> tuple[Vec, Vec, Vec]:
    """The number of ones among seven bits, as planes 1, 2 and 4: four full adders."""
    a, b, c, d, e, f, g = bits
    low_1, high_1 = full_add(a, b, c)
    low_2, high_2 = full_add(d, e, f)
    ones, high_3 = full_add(low_1, low_2, g)
    twos, fours = full_add(high_1, high_2, high_3)
    return ones, twos, fours


def loop(builder: Any, count: Any, body: Callable[[Any], None]) -> None:
    """``body(index)`` for index 0 ... count - 1."""
    with cgutils.for_range(builder, count, intp=WORD) as state:
        body(state.index)
