"""All random numbers of a mixed machine, and the scalar laws that use them, for the fast run and its reference.

A random number is a function of its purpose: the seed, the schedule, the p-bit and its update or the mode and the
instant, and the replica. So chunks, probes and more replicas change no number. `hwsim.engine.noise.update_key` gives
the start of the numbers of one purpose, a word for each replica. Normal numbers come in pairs, for two modes.
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.elementary import exp
from hwsim.cell.law import sigmoid
from hwsim.engine.noise import GOLDEN, mix, unit, update_key
from hwsim.jit import njit
from hwsim.streams import stream_key
from hwsim.thermo.normal import pair, wide_vectors

CLOCK_PLACE = 0
"""The place, among the words of an update, of the one that its clock takes."""
_GOLDEN, _TWICE = np.uint64(GOLDEN), np.uint64(2 * GOLDEN % 2**64)


class Keys(NamedTuple):
    """uint64 keys of a schedule's streams."""

    clock: np.uint64
    start: np.uint64
    scatter: np.uint64
    spin: np.uint64
    mode: np.uint64
    probe: np.uint64


def schedule_keys(seed: int, schedule: int) -> Keys:
    """The streams of schedule number ``schedule``."""
    return Keys(*(np.uint64(stream_key(seed, f"mixed {name}", schedule)) for name in Keys._fields))


@njit(inline="always")
def of_replica(start, replica):
    """A float64 strictly between 0 and 1: the number of one replica, among those that begin at ``start``."""
    return unit(mix(start + np.uint64(replica) * _GOLDEN))


@njit
def normals(start, first, out):
    """Write the standard normal numbers of replicas ``first`` and on for two modes into ``out`` float64 (2, R)."""
    wide_vectors()
    even, odd = out[0], out[1]
    place = start + np.uint64(first) * _TWICE
    for r in range(len(even)):
        even[r], odd[r] = pair(mix(place), mix(place + _GOLDEN))
        place += _TWICE


@njit
def one_normal(key, mode, when, replica):
    """The standard normal number of one replica and one mode."""
    out = np.empty((2, 1))
    normals(update_key(key, mode // 2, when), replica, out)
    return out[mode % 2, 0]


@njit(inline="always")
def decide(field, beta, u):
    """The new value of a p-bit with input ``field``."""
    return np.int8(1) if u < sigmoid(beta * field) else np.int8(-1)


@njit
def lost(z):
    """1 - exp(-z), z >= 0, with a relative error below 1e-15 even for small z."""
    if z > 0.2:
        return 1.0 - exp(-z)
    p = 1.0
    for k in range(11, 1, -1):
        p = 1.0 - z / np.float64(k) * p
    return z * p


@njit
def transition(rate, ticks):
    """(factor of a deviation, s.d. of the noise in units of the stationary s.d.) of a mode after ``ticks``."""
    return exp(-rate * np.float64(ticks)), np.sqrt(lost(2.0 * rate * np.float64(ticks)))


@njit
def bridge(rate, before, after):
    """The law of a mode whose value is known ``before`` ticks earlier and ``after`` ticks later: (factor of the earlier
    deviation, factor of the later one, s.d. of the noise in units of the stationary s.d.)."""
    near, far = lost(2.0 * rate * np.float64(before)), lost(2.0 * rate * np.float64(after))
    whole = lost(2.0 * rate * np.float64(before + after))
    first = exp(-rate * np.float64(before)) * far / whole
    return first, exp(-rate * np.float64(after)) * near / whole, np.sqrt(near * far / whole)
