"""exp, log and the normal quantile from IEEE additions, multiplications and divisions alone.

The C library's versions differ in the last bit between hosts and between scalar and vector code; these do not, because
every operation is exactly rounded and numba compiles it without reassociation or contraction. They also contain no
branch, so a loop over replicas turns into SIMD instructions.
"""

import numba
import numpy as np

from hwsim.jit import njit

_LN2_HIGH = 6.93147180369123816490e-01  # the two-part ln 2 of Cody and Waite (1980)
_LN2_LOW = 1.90821492927058770002e-10
_LOG2_E = 1.4426950408889634


@numba.njit(inline="always")
def exp(x):
    """e**x for -700 <= x <= 700 (clipped outside); relative error below 4e-16."""
    x = min(max(x, -700.0), 700.0)
    k = np.rint(x * _LOG2_E)
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    # Taylor series to degree 13 on |r| <= ln(2)/2: the first term left out is below 5e-18
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    bits = (np.int64(k) + np.int64(1023)) << np.int64(52)
    return p * _from_bits(bits)


@numba.extending.intrinsic
def _from_bits(typingctx, bits):
    """The float64 whose bit pattern is the int64 ``bits``."""
    signature = numba.types.float64(numba.types.int64)

    def codegen(context, builder, sig, args):
        return builder.bitcast(args[0], context.get_value_type(sig.return_type))

    return signature, codegen


@numba.njit(inline="always")
def rough_sigmoid(z):
    """(a, b) with 1 / (1 + e**(-2 z)) = a / b, 1 <= b <= 2, in float32; for screening only.

    The absolute error of a, and of b, is below 2**-21 given z exactly. (A division costs as much as all the rest.)
    """
    a = abs(z)
    x = np.float32(-2.8853900817779268) * min(a, np.float32(40.0))  # powers of two, down to 2**-116: no underflow
    k = np.rint(x)
    r = (x - k) * np.float32(0.6931471805599453)
    p = np.float32(1.0 / 720.0)
    p = p * r + np.float32(1.0 / 120.0)
    p = p * r + np.float32(1.0 / 24.0)
    p = p * r + np.float32(1.0 / 6.0)
    p = p * r + np.float32(0.5)
    p = p * r + np.float32(1.0)
    p = p * r + np.float32(1.0)
    e = p * _from_bits_32((np.int32(k) + np.int32(127)) << np.int32(23))
    return (e if z < np.float32(0.0) else np.float32(1.0)), np.float32(1.0) + e


@numba.extending.intrinsic
def _from_bits_32(typingctx, bits):
    """The float32 whose bit pattern is the int32 ``bits``."""
    signature = numba.types.float32(numba.types.int32)

    def codegen(context, builder, sig, args):
        value = args[0]
        if sig.args[0].bitwidth != 32:
            value = builder.trunc(value, context.get_value_type(numba.types.int32))
        return builder.bitcast(value, context.get_value_type(sig.return_type))

    return signature, codegen


@numba.extending.intrinsic
def _to_bits(typingctx, number):
    """The int64 that is the bit pattern of the float64 ``number``."""
    signature = numba.types.int64(numba.types.float64)

    def codegen(context, builder, sig, args):
        return builder.bitcast(args[0], context.get_value_type(sig.return_type))

    return signature, codegen


@njit
def log(x):
    """Natural logarithm of a positive normal x; relative error below 1e-15, no branch."""
    bits = _to_bits(x)
    mantissa = _from_bits((bits & np.int64(0x000FFFFFFFFFFFFF)) | np.int64(0x3FF0000000000000))
    large = mantissa > 1.4142135623730951
    exponent = np.float64((bits >> np.int64(52)) - np.int64(1023) + np.int64(large))
    x = mantissa * (0.5 if large else 1.0)
    f = (x - 1.0) / (x + 1.0)
    f2 = f * f
    # atanh series: |f| <= 0.1716, so the first term left out is below 1e-17
    p = 1.0 / 21.0
    p = p * f2 + 1.0 / 19.0
    p = p * f2 + 1.0 / 17.0
    p = p * f2 + 1.0 / 15.0
    p = p * f2 + 1.0 / 13.0
    p = p * f2 + 1.0 / 11.0
    p = p * f2 + 1.0 / 9.0
    p = p * f2 + 1.0 / 7.0
    p = p * f2 + 1.0 / 5.0
    p = p * f2 + 1.0 / 3.0
    p = p * f2 + 1.0
    return exponent * _LN2_HIGH + (2.0 * f * p + exponent * _LN2_LOW)


@njit
def normal_quantile(u):
    """x with Phi(x) = u, 0 < u < 1; absolute error below 1e-9 after one Newton-free rational fit.

    Acklam's rational approximation (relative error 1.15e-9), enough for jitter that is rounded to a femtosecond.
    """
    if u < 0.02425:
        q = np.sqrt(-2.0 * log(u))
        return _tail(q)
    if u > 1.0 - 0.02425:
        q = np.sqrt(-2.0 * log(1.0 - u))
        return -_tail(q)
    q = u - 0.5
    r = q * q
    top = -3.969683028665376e01 * r + 2.209460984245205e02
    top = (top * r - 2.759285104469687e02) * r + 1.383577518672690e02
    top = (top * r - 3.066479806614716e01) * r + 2.506628277459239e00
    low = -5.447609879822406e01 * r + 1.615858368580409e02
    low = (low * r - 1.556989798598866e02) * r + 6.680131188771972e01
    low = (low * r - 1.328068155288572e01) * r + 1.0
    return top * q / low


@njit
def _tail(q):
    top = -7.784894002430293e-03 * q - 3.223964580411365e-01
    top = (top * q - 2.400758277161838e00) * q - 2.549732539343734e00
    top = (top * q + 4.374664141464968e00) * q + 2.938163982698783e00
    low = 7.784695709041462e-03 * q + 3.224671290700398e-01
    low = (low * q + 2.445134137142996e00) * q + 3.754408661907416e00
    return top / (low * q + 1.0)
