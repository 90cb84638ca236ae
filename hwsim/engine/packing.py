"""Packing: states as words of bits, 64 reads to a word, so that what is counted over reads costs a few instructions.

Enters: spins int8 of +-1, read by read or lane by lane. Leaves: uint64 (n, W), a row for each p-bit: a bit is set where
a read is at +1. Bits that stand for no read are 0. Counts do not depend on which bit a read has.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from hwsim.jit import njit

_READS = 64
_OCTETS, _WORD = ir.VectorType(ir.IntType(8), _READS), ir.IntType(64)


def pack_reads(states: np.ndarray) -> np.ndarray:
    """uint64 (n, W) of ``states`` int8 (reads, n): read r has bit r % 64 of word r / 64."""
    words = np.zeros((-(-len(states) // _READS), states.shape[1]), dtype=np.uint64)
    _pack_reads(states, words)
    return np.ascontiguousarray(words.T)


@njit(nogil=True)
def _pack_reads(states, words):
    """The same, words uint64 (W, n)."""
    for r in range(states.shape[0]):
        place = np.uint64(r & 63)
        for i in range(states.shape[1]):
            words[r >> 6, i] |= np.uint64(states[r, i] > 0) << place


@intrinsic
def _positives(typingctx, octets, word):
    """uint64: which of the 64 int8 that make word number ``word`` of the array ``octets`` are above 0."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        place = builder.gep(builder.bitcast(array.data, _OCTETS.as_pointer()), [arguments[1]])
        above = builder.icmp_signed(">", builder.load(place, align=1), cgutils.get_null_value(_OCTETS))
        return builder.bitcast(above, _WORD)

    return types.uint64(octets, types.int64), codegen


@njit(nogil=True)
def pack_lanes(rows, which, taken, words):
    """Write to ``words`` uint64 (n, W) rows ``which`` int64 (n,) of ``rows`` int8 (., 64 W). taken : uint64 (W,), the
    lanes that hold a read"""
    n_words = np.int64(len(taken))
    for i in range(len(which)):
        for w in range(n_words):
            words[i, w] = _positives(rows, np.int64(which[i]) * n_words + w) & taken[w]


@njit(nogil=True)
def pack_queued(visible, rows, pbit, ends, taken, words):
    """The same of all rows of ``visible`` int8 (n, 64 W), then of the commits under way in a Queue's ``rows``."""
    n_words = np.int64(len(taken))
    for i in range(len(words)):
        for w in range(n_words):
            words[i, w] = _positives(visible, np.int64(i) * n_words + w) & taken[w]
    for number in range(ends[0], ends[1]):
        slot = np.int64(number & (len(pbit) - 1))
        for w in range(n_words):
            words[pbit[slot], w] = _positives(rows, slot * n_words + w) & taken[w]
