"""The laws of one cell, as jitted scalar functions with the randomness passed in. Every engine uses these alone.

A p-bit reads its input I, drives x = beta I through its input quantiser (DAC or fixed point), and is +1 next with
P(+1) = (1 + tanh(gain (x + offset))) / 2 (Camsari et al., PRX 7, 031014 (2017), eq. 1, with a device's gain and
offset). The comparison with a uniform random number is done on 32-bit integers: +1 if and only if ``u < threshold``.
"""

import numba
import numpy as np

from hwsim.cell.elementary import exp, log, normal_quantile
from hwsim.jit import njit

TWO_32 = 4294967296.0


@numba.njit(inline="always")
def threshold(field, beta, gain, offset, low, high, step, word):
    """Threshold in [0, 2**32] as float64 (an integer value): P(+1) = threshold / 2**32.

    ``field``: I in the problem's energy unit. ``low, high, step``: input quantiser, step 0 for none. ``word``: size
    of one unit of the comparator, 2**(32 - threshold_bits).
    """
    x = beta * field
    clipped = min(max(x, low), high)
    quantised = low + step * np.rint((clipped - low) / (step if step > 0.0 else 1.0))
    x = quantised if step > 0.0 else x
    z = gain * (x + offset)
    # the sigmoid 1 / (1 + exp(-2 z)), computed from the negative exponent alone so that nothing overflows
    e = exp(-2.0 * abs(z))
    p = (1.0 if z >= 0.0 else e) / (1.0 + e)
    return word * np.floor(p * (TWO_32 / word) + 0.5)


@numba.njit(inline="always")
def synapse_step(seen, filtered, elapsed, time_constant):
    """RC low-pass after ``elapsed`` ticks at constant input ``seen``: exact solution of tau dF/dt = seen - F."""
    return seen + (filtered - seen) * exp(-elapsed / time_constant)


@njit
def exponential_interval(mean, u):
    """Poisson clock: ticks to the next update, at least 1, from a uniform u in (0, 1)."""
    return max(np.int64(1), np.int64(np.rint(-mean * log(u))))


@njit
def jittered_interval(period, jitter, u):
    """Free-running clock: ticks to the next update, at least 1; jitter is the s.d. of one period."""
    if jitter == 0.0:
        return max(np.int64(1), np.int64(np.rint(period)))
    return max(np.int64(1), np.int64(np.rint(period + jitter * normal_quantile(u))))
