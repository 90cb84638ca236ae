"""The laws of one cell, as jitted scalar functions with the randomness passed in. Every engine uses these alone.

A p-bit reads its input I, drives x = beta I through its input quantiser (DAC, fixed point or a limit), and is +1 next
with a probability that its law gives for z = gain (x + offset). The ideal law is P(+1) = (1 + tanh z) / 2 (Camsari et
al., PRX 7, 031014 (2017), eq. 1). The comparison with a uniform random number is done on 32-bit integers: +1 if and
only if ``u < threshold``. Laws are known by integer codes, since a kernel that takes functions misses the disk cache.
"""

import numba
import numpy as np

from hwsim.cell.codes import LINEAR, NO_LIMIT, P_KIT, RELAXATION, TABLE
from hwsim.cell.elementary import exp, log, normal_quantile
from hwsim.jit import njit
from hwsim.moved import names_of

TWO_32 = 4294967296.0
LAST_TICK = 2**63 - 1024
"""Of the time grid: the largest float64 below 2**63. A run ends before it, see `hwsim.units.MOST_TICKS`."""

NOISE_NODES = 16
"""White noise at the input is averaged over 2 * NOISE_NODES + 1 equal steps of NOISE_REACH / NOISE_NODES."""
NOISE_REACH = 6.0
MOST_AVERAGED = 1.0
"""Largest gain * noise that is averaged: its nearest pole then lies pi / 2 / (gain * noise) from the real axis, and the
sum errs by exp(-2 pi (pi / 2) / (gain * noise) / (NOISE_REACH / NOISE_NODES)) = 4e-12."""


@numba.njit(inline="always")
def quantised(x, low, high, step):
    """What the input quantiser makes of ``x``: clipped to [low, high], and rounded to low + k step where step > 0.

    Half a step rounds up, as a table indexed by the leading bits does. The last level is the highest that is not above
    ``high``, but for the rounding of the three numbers (a thousandth of a step).
    """
    clipped = min(max(x, low), high)
    level = np.floor((clipped - low) / (step if step > 0.0 else 1.0) + 0.5)
    level -= 1.0 if low + step * level > high + 2.0**-10 * step else 0.0
    return low + step * level if step > 0.0 else clipped


@numba.njit(inline="always")
def complement(word, x):
    """The 32-bit ``word`` as a swapped comparison takes it at the quantised input ``x``: its complement where that is
    negative. It lies below a threshold t where the word itself is 2**32 - t or more."""
    return np.uint32(0xFFFFFFFF) - np.uint32(word) if x < 0.0 else np.uint32(word)


@numba.njit(inline="always")
def sigmoid(z):
    """1 / (1 + exp(-2 z)), from the negative exponent alone so that nothing overflows."""
    e = exp(-2.0 * abs(z))
    return (1.0 if z >= 0.0 else e) / (1.0 + e)


@numba.njit(inline="always")
def ideal_threshold(field, beta, gain, offset, low, high, step, comparator_step):
    """Threshold of the ideal law in [0, 2**32] as float64 (an integer value): P(+1) = threshold / 2**32.

    ``field``: I in the problem's energy unit. ``low, high, step``: input quantiser, step 0 for none.
    ``comparator_step``: the threshold is a multiple of it, 2**(32 - threshold_bits).
    """
    p = sigmoid(gain * (quantised(beta * field, low, high, step) + offset))
    return comparator_step * np.floor(p * (TWO_32 / comparator_step) + 0.5)


@njit
def _exp(x):
    """The exponential, compiled once: inlined eight times, it would take most of the time that `response` takes."""
    return exp(x)


@njit
def response(own, z, law, parameter, z_limit, table, table_first, table_step):
    """P(+1 after the tick) of a p-bit at ``own`` (+-1) under law ``law``.

    HEAT_BATH : (1 + tanh z) / 2
    LINEAR : (1 + z) / 2, z clipped to +-1
    TABLE : interpolated in ``table`` (k,), P at z = table_first + q table_step; the end values outside
    RELAXATION : relaxation rate proportional to cosh(z)**parameter, 1 for two Arrhenius dwell times tau exp(+-z), by
        uniformisation: z is clipped to +-``z_limit``, ticks come at the rate there, and a tick draws a new value with
        the ratio of the rates as its probability
    P_KIT : flips with probability 1 - exp(-parameter exp(-own z)), parameter = time step / dwell time at z = 0
    """
    if law == LINEAR:
        return 0.5 + 0.5 * min(max(z, -1.0), 1.0)
    if law == TABLE:
        place = min(max((z - table_first) / table_step, 0.0), np.float64(len(table) - 1))
        q = min(np.int64(place), len(table) - 2)
        part = place - np.float64(q)
        return table[q] if part == 0.0 else table[q] + part * (table[q + 1] - table[q])
    if law == P_KIT:
        stays = _exp(-parameter * _exp(-z if own > 0 else z))
        return stays if own > 0 else 1.0 - stays
    accepted = 1.0
    if law == RELAXATION:
        z = min(max(z, -z_limit), z_limit)
        # (cosh z / cosh z_limit)**parameter, from logarithms of 2 cosh
        ratio = abs(z) + log(1.0 + _exp(-2.0 * abs(z))) - z_limit - log(1.0 + _exp(-2.0 * z_limit))
        accepted = _exp(parameter * ratio)
    e = _exp(-2.0 * abs(z))  # as in `sigmoid`
    return accepted * ((1.0 if z >= 0.0 else e) / (1.0 + e)) + (1.0 - accepted if own > 0 else 0.0)


@njit
def law_threshold(
    own,
    field,
    beta,
    gain,
    offset,
    low,
    high,
    step,
    comparator_step,
    law,
    parameter,
    z_limit,
    noise,
    table,
    table_first,
    table_step,
):
    """The same threshold under any law, with white noise of s.d. ``noise`` (in units of x) at the input.

    Where the noise of an update is independent of all else and the comparison as fine as the random number, a p-bit
    with noise is a p-bit whose response is the average over it. The average is a sum over equal steps: for the heat
    bath, whose response is analytic, exact to 1e-10 where gain * noise is at most MOST_AVERAGED. Everywhere else the
    engines draw the noise (see hwsim.engine.white), add it to ``offset`` and give ``noise`` = 0.
    """
    x = quantised(beta * field, low, high, step) + offset
    nodes, p, total = 0 if noise == 0.0 else NOISE_NODES, 0.0, 0.0
    for k in range(-nodes, nodes + 1):
        deviation = NOISE_REACH * np.float64(k) / np.float64(NOISE_NODES)
        share = 1.0 if noise == 0.0 else _exp(-0.5 * deviation * deviation)
        total += share
        p += share * response(
            own, gain * (x + noise * deviation), law, parameter, z_limit, table, table_first, table_step
        )
    p /= total
    return comparator_step * np.floor(p * (TWO_32 / comparator_step) + 0.5)


@njit
def level_inputs(z, leader, gain, offset, low, high, step):
    """What a p-dit's levels see of the inputs ``z`` float64 (k,) = beta I, in place; the rest (n,), by line.

    A shift of all levels means nothing to a p-dit, so where there is a quantiser it acts on the differences from their
    mean. With two levels that is the quantiser of a p-bit on half their difference.
    """
    mean = 0.0
    if step[leader] > 0.0 or low[leader] > -NO_LIMIT or high[leader] < NO_LIMIT:
        for a in range(len(z)):
            mean += z[a]
        mean /= np.float64(len(z))
    for a in range(len(z)):
        b = leader + a
        z[a] = gain[b] * (quantised(z[a] - mean, low[b], high[b], step[b]) + offset[b])


@njit
def category(z, u, comparator_step):
    """The level of a p-dit that the uniform ``u`` in [0, 2**32) draws: level a with probability e**(2 z_a) / sum.

    z : float64 (k,). Two levels at z and -z are a p-bit at 2 z. ``comparator_step``: as for p-bits.
    """
    top = z[0]
    for a in range(1, len(z)):
        top = max(top, z[a])
    total = 0.0
    for a in range(len(z)):
        total += exp(2.0 * (z[a] - top))
    below = 0.0
    for a in range(len(z) - 1):
        below += exp(2.0 * (z[a] - top))
        if u < comparator_step * np.floor((TWO_32 / comparator_step) * (below / total) + 0.5):
            return a
    return len(z) - 1


@numba.njit(inline="always")
def synapse_step(seen, filtered, elapsed, time_constant):
    """RC low-pass after ``elapsed`` ticks at constant input ``seen``: exact solution of tau dF/dt = seen - F."""
    return seen + (filtered - seen) * exp(-elapsed / time_constant)


@njit
def exponential_interval(mean, u):
    """Poisson clock: ticks to the next update, at least 1, from a uniform u in (0, 1)."""
    return max(np.int64(1), np.int64(min(np.rint(-mean * log(u)), float(LAST_TICK))))


@njit
def jittered_interval(period, jitter, u):
    """Free-running clock: ticks to the next update, at least 1; jitter is the s.d. of one period."""
    if jitter == 0.0:
        return max(np.int64(1), np.int64(np.rint(period)))
    drawn = np.rint(period + jitter * normal_quantile(u))
    return np.int64(min(max(drawn, 1.0), float(LAST_TICK)))


@njit(inline="always")
def later(time, interval):
    """The tick ``interval`` >= 1 after ``time`` >= 0, at most LAST_TICK, after which no run goes on."""
    return time + min(interval, np.int64(LAST_TICK) - time)


_CODES = ("HEAT_BATH", "SOURCES", "IDEAL", "LFSR32", "LFSR16", "XORSHIFT32", "XOSHIRO128")
__getattr__ = names_of(__name__, **dict.fromkeys(_CODES, "hwsim.cell.codes"))
