"""Standard normal numbers, as a function of a key and a place in its stream.

Number i of a stream depends only on the key and on i, so no chunk, thread or resumption changes a number. A block of
256 numbers is 128 pairs of Box and Muller (Ann. Math. Stat. 29, 610 (1958)), r cos and r sin of one angle; pair p makes
numbers p and 128 + p of its block. Without rejections and branches, a block is one loop of vector instructions. Each
pair takes two words of `hwsim.engine.noise`.
"""

import math

import numba
import numpy as np
from numba.extending import intrinsic

from hwsim.cell.elementary import _from_bits, _to_bits
from hwsim.engine.noise import GOLDEN, mix
from hwsim.jit import njit

BLOCK = 256
"""Numbers in a block; a draw from one multiple of it to another wastes none."""
PAIRS = BLOCK // 2

_GOLDEN, _TWICE, _S11 = np.uint64(GOLDEN), np.uint64(2 * GOLDEN % 2**64), np.uint64(11)
_ONE, _TWO = np.uint64(1), np.uint64(2)
_ROOT_HALF = np.int64(0x3FE6A09E667F3BCD)  # bit pattern of sqrt(1/2)
_52 = np.int64(52)
_MINUS_LN4 = -2.0 * math.log(2.0)
_ANGLE = math.pi / 4 * 2.0**-53


@intrinsic
def fma(typingctx, a, b, c):
    """a * b + c, rounded once on every host: by an instruction if the processor has it, else by a call."""
    double = numba.types.float64

    def codegen(context, builder, signature, arguments):
        return builder.fma(*arguments)

    return double(double, double, double), codegen


@intrinsic
def wide_vectors(typingctx):
    """Let LLVM use 512-bit registers in this function; by default it uses 256 bits on some processors that have 512."""

    def codegen(context, builder, signature, arguments):
        # llvmlite's own `add` only knows attributes without a value
        set.add(builder.function.attributes, '"prefer-vector-width"="512"')
        return context.get_dummy_value()

    return numba.types.none(), codegen


@numba.njit(inline="always")
def pair(first, second):
    """Two independent standard normal numbers from two words.

    In r^2 = -2 ln u, u is an odd multiple of 2**-53, so r ends at 8.57, beyond which 1e-17 of all numbers would lie.
    u = 2**k m with m in [sqrt(1/2), sqrt 2); ln m = 2 atanh f. The angle is uniform in an octant on each side of 0; two
    bits of the second word swap and negate. The polynomials have the least relative error, 2e-16, by Remez's exchange.
    """
    bits = _to_bits(np.float64(np.int64((first >> _S11) | _ONE)))
    k = (bits - _ROOT_HALF) >> _52
    m = _from_bits(bits - (k << _52))
    f = (1.0 - m) / (1.0 + m)
    z = f * f
    z2 = z * z
    p = fma(fma(0.08408044690412415, z, 0.09061992650911123), z2, fma(0.1111167989454239, z, 0.14285708660847427))
    p = fma(p, z2, fma(0.2000000002543439, z, 0.333333333332954))
    g = 4.0 * f
    r = np.sqrt(fma(np.float64(k) - 53.0, _MINUS_LN4, fma(g * z, p, g)))
    r = r if (second & _ONE) else -r

    x = np.float64(np.int64(second) >> np.int64(10)) * _ANGLE
    y = x * x
    y2 = y * y
    s = fma(
        fma(1.5897020862403838e-10, y, -2.5050762365249094e-08),
        y2,
        fma(2.755731372221923e-06, y, -0.00019841269829908216),
    )
    s = fma(x * y, fma(s, y2, fma(0.008333333333322564, y, -0.16666666666666632)), x)
    c = fma(
        fma(2.063387942191863e-09, y, -2.7555301942245614e-07), y2, fma(2.480157905703136e-05, y, -0.001388888887186442)
    )
    c = fma(fma(c, y2, fma(0.041666666666505314, y, -0.49999999999999495)), y, 1.0)
    swap = (second & _TWO) != 0
    return r * (s if swap else c), r * (c if swap else s)


@njit(nogil=True)
def fill_block(key, block, out, at):
    """Write the numbers of one block of the stream of ``key`` uint64 into ``out[at:at + BLOCK]`` float64."""
    wide_vectors()
    place = key + np.uint64(block) * np.uint64(PAIRS) * _TWICE
    # views, because the loop does not become vectors where an index may be negative
    low, high = out[at : at + PAIRS], out[at + PAIRS : at + BLOCK]
    for j in range(PAIRS):
        low[j], high[j] = pair(mix(place), mix(place + _GOLDEN))
        place += _TWICE


@njit(nogil=True)
def fill(key, first, out):
    """Write numbers ``first``, ``first`` + 1 ... of the stream of ``key`` uint64 into ``out`` float64 (n,)."""
    n, done, scratch = len(out), 0, np.empty(BLOCK)
    while done < n:
        block, skip = (first + done) // BLOCK, (first + done) % BLOCK
        if skip == 0 and n - done >= BLOCK:
            fill_block(key, block, out, done)
            done += BLOCK
            continue
        fill_block(key, block, scratch, 0)
        count = min(BLOCK - skip, n - done)
        for j in range(count):
            out[done + j] = scratch[skip + j]
        done += count


@numba.njit(inline="always")
def uniform(key, number):
    """Number ``number`` of the stream of ``key``, uint64: uniform in [0, 1), a multiple of 2**-53."""
    return np.float64(np.int64(mix(key + np.uint64(number) * _GOLDEN) >> _S11)) * 2.0**-53
