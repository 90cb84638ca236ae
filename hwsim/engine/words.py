"""Words of 64 bits: how many are set, and where the first is, each one instruction of the processor; and states of 64
replicas as a word."""

import numba
import numpy as np
from numba.extending import intrinsic

_WORD = numba.types.uint64
_CACHED_OCTETS = 2**17


@intrinsic
def trailing_zeros(typingctx, word):
    """uint64: zeros below the lowest bit that is set in the uint64 ``word``, which is not 0."""

    def codegen(context, builder, signature, arguments):
        return builder.cttz(arguments[0], context.get_constant(numba.types.boolean, True))

    return _WORD(_WORD), codegen


@intrinsic
def ones(typingctx, word):
    """uint64: bits that are set in the uint64 ``word``."""

    def codegen(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return _WORD(_WORD), codegen


def unpack_replicas(words: np.ndarray) -> np.ndarray:
    """int8 (64 * W, rows) of +-1 from uint64 (rows, W), stretch by stretch, each of which stays in a cache."""
    by_row = np.ascontiguousarray(words).astype("<u8", copy=False).view(np.uint8)
    n, n_octets = by_row.shape
    octets = np.empty((n_octets, n), dtype=np.uint8)
    for first in range(0, n, _CACHED_OCTETS // n_octets):
        stretch = slice(first, first + _CACHED_OCTETS // n_octets)
        octets[:, stretch] = by_row[stretch].T
    out = np.empty((n_octets, 8, n), dtype=np.int8)
    lines = max(1, _CACHED_OCTETS // n)
    for first in range(0, n_octets, lines):
        some = out[first : first + lines]
        for bit in range(8):
            np.right_shift(octets[first : first + lines], bit, out=some[:, bit].view(np.uint8))
        some &= 1
        some *= 2
        some -= 1
    return out.reshape(-1, n)


def pack_bits(spins: np.ndarray) -> np.ndarray:
    """uint64 (rows, W) from int8 (rows, 64 * W) of +-1."""
    packed = np.ascontiguousarray(np.packbits(spins > 0, axis=1, bitorder="little"))
    return packed.view("<u8").astype(np.uint64)
