"""Quantising: biases and couplings rounded to what a chip's weight registers hold."""

import numpy as np

from hwsim.cell.choices import usual
from hwsim.cell.digital import register
from hwsim.errors import InputError


def quantize_weights(
    bias: np.ndarray,
    weight: np.ndarray,
    *,
    bits: int,
    limit: float | None = None,
    rounding: str = usual("weight_rounding"),
    saturation: str = usual("weight_saturation"),
) -> tuple[np.ndarray, np.ndarray]:
    """Round ``bias`` (n,) and ``weight`` (m,) to signed ``bits``-bit integers times one scale.

    The scale maps ``limit`` (the largest magnitude present when None) to 2**(bits-1) - 1; values beyond a given
    limit are clipped to it. One bit has no zero and keeps only the sign of nonzero values. ``rounding`` and
    ``saturation`` are those of `hwsim.cell.digital.register`, which holds minus the number.
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
    held = (register(-a * (top / full), top, rounding=rounding, saturation=saturation) for a in (bias, weight))
    bias, weight = (-a * full / top for a in held)
    return bias, weight


def fixed_point(
    values: np.ndarray,
    integer_bits: int,
    fraction_bits: int,
    *,
    rounding: str = usual("weight_rounding"),
    saturation: str = usual("weight_saturation"),
) -> np.ndarray:
    """Round ``values`` to s<integer>.<fraction>: multiples of 2**-fraction, clipped to less than 2**integer in size. In
    two's complement they reach 2**integer, as the register, which holds minus the number, reaches -2**integer."""
    unit = 2.0**fraction_bits
    top = 2.0 ** (integer_bits + fraction_bits) - 1
    return -register(-values * unit, top, rounding=rounding, saturation=saturation) / unit
