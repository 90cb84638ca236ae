"""Words of 64 bits: how many are set, and where the first is, each one instruction of the processor."""

import numba
from numba.extending import intrinsic

_WORD = numba.types.uint64


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
