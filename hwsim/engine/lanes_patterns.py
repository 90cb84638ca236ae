"""Decisions in lanes by the pattern of few neighbours: at most six of them have 64 patterns, each with one threshold.

Enters: the rows of int8 spins that the p-bit sees, its couplings, and an Update. Leaves: its new spins.
Lanes outnumber patterns, so the probability is worked out for each pattern, in float32 with a known error, and looked
up in every lane by its neighbours' signs: one instruction for 32 lanes where the processor has it. Lanes whose 16
leading random bits lie within the error are marked in ``tied``; the scalar law on the exact sum settles them.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from hwsim.cell.elementary import rough_sigmoid
from hwsim.jit import inline

MOST = 6
"""Neighbours whose patterns have a table of 2**MOST thresholds."""
_TABLE = 2**MOST
_BITS = ((np.arange(_TABLE) >> np.arange(MOST)[:, None]) & 1).astype(np.float32)
_WIDE = 32
"""Lanes of a look-up."""
_I8, _I16, _I64 = (ir.IntType(bits) for bits in (8, 16, 64))


@inline
def fill_thresholds(network, device, update, error, degree, rough, least):
    """The largest multiple of 2**-16 that is certainly not above P(+1), for every pattern, uint16 into ``least``.

    rough : float32 (2**MOST,), a buffer. Bit k of a pattern is set where neighbour k is at -1.
    """
    first = network.indptr[update.i]
    start = network.bias[update.i]
    for k in range(degree):
        start += network.weight[first + k]
    for c in range(_TABLE):
        rough[c] = np.float32(start)
    for k in range(degree):
        step = np.float32(2.0 * network.weight[first + k])
        for c in range(_TABLE):
            rough[c] -= step * _BITS[k, c]
    slope, shift = np.float32(-device.gain * update.beta), np.float32(device.gain * device.offset)
    margin = np.float32(error * 65536.0)
    for c in range(_TABLE):
        top, bottom = rough_sigmoid(slope * rough[c] + shift)
        p = np.float32(65536.0) * (top / bottom) - margin
        least[c] = np.uint16(np.int32(min(max(p, np.float32(0.0)), np.float32(65535.0))))


@inline
def fill_pattern(rows, degree, value, pattern):
    """Twice the pattern of each lane's neighbours, uint8 (R,): bits of -1 = 0b11111111 that +1 = 0b00000001 lacks."""
    a = rows[0]
    b, c = rows[1 if degree > 1 else 0], rows[2 if degree > 2 else 0]
    d, e, f = rows[3 if degree > 3 else 0], rows[4 if degree > 4 else 0], rows[5 if degree > 5 else 0]
    mb, mc = np.int8(4 if degree > 1 else 0), np.int8(8 if degree > 2 else 0)
    md, me = np.int8(16 if degree > 3 else 0), np.int8(32 if degree > 4 else 0)
    mf = np.int8(64 if degree > 5 else 0)
    for r in range(len(pattern)):
        pattern[r] = np.uint8(
            (value[a, r] & np.int8(2))
            | (value[b, r] & mb)
            | (value[c, r] & mc)
            | (value[d, r] & md)
            | (value[e, r] & me)
            | (value[f, r] & mf)
        )


@inline
def decide_patterns(update, error, threshold, leading, tied, tied_words, out):
    """Decide the lanes whose leading random bits lie clear of their ``threshold`` uint16 (R,); mark others. Returns
    whether there are any."""
    width, ties = np.uint16(1.0 + 2.0 * error * 65536.0), np.uint64(0)
    e, target = np.uint64(update.e), np.uint64(update.target)
    for r in range(len(threshold)):
        u, least = leading[e, r], threshold[r]
        out[target, r] = np.int8(2) * np.int8(u < least) - np.int8(1)
        tied[r] = np.uint8(np.uint16(u - least) <= width)
    for w in range(len(tied_words)):
        ties |= tied_words[w]
    return ties != np.uint64(0)


@intrinsic
def look_up(typingctx, table, index, out):
    """out[r] = table[index[r] / 2] in every lane: uint16 (64,), uint8 (R,) and uint16 (R,), R a multiple of 32."""
    signature = numba.types.void(table, index, out)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        arrays = [
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args, arguments, strict=True)
        ]
        where, which, out = (array.data for array in arrays)
        lanes = cgutils.unpack_tuple(builder, arrays[2].shape, 1)[0]
        if "+avx512bw" in context.codegen()._tm_features:
            _by_vectors(builder, where, which, out, lanes)
        else:
            _one_by_one(builder, where, which, out, lanes)
        return context.get_dummy_value()

    return signature, codegen


def _by_vectors(builder: Any, table: Any, index: Any, out: Any, lanes: Any) -> None:
    """32 lanes an instruction (vpermi2w): it takes each word from one of two vectors, by six bits."""
    words, octets = ir.VectorType(_I16, _WIDE), ir.VectorType(_I8, _WIDE)
    name = "llvm.x86.avx512.vpermi2var.hi.512"
    choose = cgutils.get_or_insert_function(builder.module, ir.FunctionType(words, [words] * 3), name)

    def place(array: Any, at: Any, kind: Any) -> Any:
        return builder.bitcast(builder.gep(array, [at]), kind.as_pointer())

    low = builder.load(place(table, ir.Constant(_I64, 0), words), align=2)
    high = builder.load(place(table, ir.Constant(_I64, _WIDE), words), align=2)
    with cgutils.for_range_slice(builder, ir.Constant(_I64, 0), lanes, ir.Constant(_I64, _WIDE), intp=_I64) as (at, _):
        which = builder.zext(builder.load(place(index, at, octets), align=1), words)
        which = builder.lshr(which, ir.Constant(words, [1] * _WIDE))
        builder.store(builder.call(choose, [low, which, high]), place(out, at, words), align=2)


def _one_by_one(builder: Any, table: Any, index: Any, out: Any, lanes: Any) -> None:
    with cgutils.for_range(builder, lanes, intp=_I64) as loop:
        which = builder.lshr(builder.zext(builder.load(builder.gep(index, [loop.index])), _I64), ir.Constant(_I64, 1))
        builder.store(builder.load(builder.gep(table, [which])), builder.gep(out, [loop.index]))
