"""Quantising: biases and couplings rounded to what a chip's weight registers hold."""

import numpy as np

from hwsim.errors import InputError


def quantize_weights(
    bias: np.ndarray, weight: np.ndarray, *, bits: int, limit: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Round ``bias`` (n,) and ``weight`` (m,) to signed ``bits``-bit integers times one scale.

    The scale maps ``limit`` (the largest magnitude present when None) to 2**(bits-1) - 1; values beyond a given
    limit are clipped to it. One bit has no zero and keeps only the sign of nonzero values.
    """
    if not 1 <= bits <= 52:
        raise InputError(f"weight_bits must be between 1 and 52, got {bits}")
    largest = max((float(np.max(np.abs(a))) for a in (bias, weight) if len(a)), default=0.0)
    full = largest if limit is None else limit
    if full == 0.0:
        return bias, weight
    if bits == 1:
        return np.sign(bias) * full, np.sign(weight) * full
    top = 2 ** (bits - 1) - 1
    bias, weight = (np.clip(np.rint(a * (top / full)), -top, top) * full / top for a in (bias, weight))
    return bias, weight


def fixed_point(values: np.ndarray, integer_bits: int, fraction_bits: int) -> np.ndarray:
    """Round ``values`` to s<integer>.<fraction>: multiples of 2**-fraction, clipped to less than 2**integer in size."""
    unit = 2.0**fraction_bits
    top = 2.0 ** (integer_bits + fraction_bits) - 1
    return np.clip(np.rint(values * unit), -top, top) / unit
