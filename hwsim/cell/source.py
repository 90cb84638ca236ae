"""Random sources of digital p-bits, as jitted scalar functions: the word that a generator shows after some steps.

Fibonacci shift registers with XNOR feedback, as in the public p-bit designs: all bits of the register are the uniform,
and it moves ``shifts`` bits between two numbers, so that few shifts leave successive numbers dependent
(r' = 2 r mod 1 for one shift). xorshift32 (Marsaglia, J. Stat. Softw. 8 (2003)) and Xoshiro128+ (Blackman, Vigna, ACM
TOMS 47 (2021)) are good ones. ``ideal`` is the counter-based noise of the engines and has no state.
"""

import numba
import numpy as np

from hwsim.cell.codes import LFSR16, LFSR32, XORSHIFT32, XOSHIRO128
from hwsim.jit import njit

STATE_WORDS = 4
"""32-bit words of state; all but Xoshiro use the first alone."""

_ALL = np.uint32(0xFFFFFFFF)


@numba.njit(inline="always")
def _turned(word, by):
    return np.uint32((word << np.uint32(by)) | (word >> np.uint32(32 - by)))


@njit
def source_start(source, seed, state):
    """Make ``state`` uint32 (4,) of the 64-bit ``seed``; a state that would never move is replaced."""
    x = np.uint64(seed)
    for k in range(4):
        x = x * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
        state[k] = np.uint32(x >> np.uint64(32))
    if source == LFSR16:
        state[0] &= np.uint32(0xFFFF)
        if state[0] == np.uint32(0xFFFF):
            state[0] = np.uint32(0)
    elif source == LFSR32:
        if state[0] == _ALL:
            state[0] = np.uint32(0)
    elif state[0] == np.uint32(0):
        state[0] = np.uint32(1)


@njit
def source_shown(source, state):
    """The word that the generator shows as it stands; Xoshiro shows that of the next step."""
    if source not in (LFSR16, XOSHIRO128):
        return state[0]
    return np.uint32(state[0] << np.uint32(16)) if source == LFSR16 else np.uint32(state[0] + state[3])


@njit
def source_tap(source, word, turn):
    """``word`` as a p-bit reads it whose wires take the bits of the register turned left by ``turn``."""
    by = np.uint32(turn % (16 if source == LFSR16 else 32))
    if by == np.uint32(0):
        return word
    if source == LFSR16:
        return np.uint32(word << by) | ((word >> np.uint32(np.uint32(16) - by)) & np.uint32(0xFFFF0000))
    return _turned(word, by)


@njit
def source_next(source, shifts, state):
    """Step the generator ``shifts`` times; returns the word it then shows, a uint32 to compare with a threshold."""
    s = state[0]
    if source == LFSR32:
        for _ in range(shifts):  # taps 32, 22, 2, 1
            bit = (s >> np.uint32(31)) ^ (s >> np.uint32(21)) ^ (s >> np.uint32(1)) ^ s
            s = np.uint32(s << np.uint32(1)) | (~bit & np.uint32(1))
        state[0] = s
        return s
    if source == LFSR16:
        for _ in range(shifts):  # taps 16, 15, 13, 4
            bit = (s >> np.uint32(15)) ^ (s >> np.uint32(14)) ^ (s >> np.uint32(12)) ^ (s >> np.uint32(3))
            s = (np.uint32(s << np.uint32(1)) | (~bit & np.uint32(1))) & np.uint32(0xFFFF)
        state[0] = s
        return np.uint32(s << np.uint32(16))
    if source == XORSHIFT32:
        for _ in range(shifts):
            s ^= np.uint32(s << np.uint32(13))
            s ^= s >> np.uint32(17)
            s ^= np.uint32(s << np.uint32(5))
        state[0] = s
        return s
    shown = np.uint32(0)
    for _ in range(shifts):
        shown = np.uint32(state[0] + state[3])
        t = np.uint32(state[1] << np.uint32(9))
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= t
        state[3] = _turned(state[3], 11)
    return shown
