"""The noise: what random number a p-bit compares with, as a function of counters alone.

Replicas are numbered within their schedule group; 64 of them share a word. Bit k (most significant first) of the
32-bit uniform of replica r at update m of p-bit i is bit r % 64 of ``noise_word(update_key(key, i, m), r // 64, k)``.
So a bit-sliced engine takes whole words, a scalar engine gathers single bits, and both see the same numbers; and no
thread count, chunk or resumption can change them. The mixing is SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
"""

import numba
import numpy as np

from hwsim.jit import njit

NOISE_VERSION = 1
"""Part of every content hash: two results with the same version used the same numbers."""

GOLDEN = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
"""Constants of SplitMix64."""
_GOLDEN, _MIX_1, _MIX_2 = np.uint64(GOLDEN), np.uint64(MIX_1), np.uint64(MIX_2)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)


@numba.njit(inline="always")
def mix(x):
    """SplitMix64's finaliser, a bijection of 64-bit words."""
    x = (x ^ (x >> _S30)) * _MIX_1
    x = (x ^ (x >> _S27)) * _MIX_2
    return x ^ (x >> _S31)


@numba.njit(inline="always")
def update_key(key, pbit, update):
    """Start of the words of one update; ``key`` uint64."""
    return mix(mix(key + np.uint64(pbit) * _GOLDEN) + np.uint64(update) * _GOLDEN)


@numba.njit(inline="always")
def word_start(start, word):
    """Where the bit planes of word ``word`` of one update begin."""
    return start + np.uint64(word) * np.uint64(32) * _GOLDEN


@numba.njit(inline="always")
def plane_word(begin, plane):
    """Bit plane ``plane`` (0 is most significant) of the word that begins at ``begin``."""
    return mix(begin + (np.uint64(plane) + np.uint64(1)) * _GOLDEN)


@numba.njit(inline="always")
def noise_word(start, word, plane):
    """64 random bits: bit plane ``plane`` of replicas 64 word ... 64 word + 63."""
    return plane_word(word_start(start, word), plane)


@njit
def draw(start, replica):
    """The 32-bit uniform of one replica, gathered bit by bit: the scalar definition."""
    word = np.uint64(replica) >> np.uint64(6)
    bit = np.uint64(replica) & np.uint64(63)
    u = np.uint64(0)
    for plane in range(32):
        u = (u << np.uint64(1)) | ((noise_word(start, word, plane) >> bit) & np.uint64(1))
    return u


@njit
def uniform(key, pbit, number):
    """A float64 strictly between 0 and 1: draw ``number`` of a clock's stream."""
    bits = noise_word(update_key(key, pbit, number), 0, 0)
    return (np.float64(bits >> np.uint64(11)) + 0.5) * 2.0**-53


@njit
def initial_spin(key, pbit, replica):
    """Random start: +1 or -1 with equal probability."""
    word = np.uint64(replica) >> np.uint64(6)
    bit = np.uint64(replica) & np.uint64(63)
    return np.int8(2 * np.int64((noise_word(update_key(key, pbit, 0), word, 0) >> bit) & np.uint64(1)) - 1)


@njit
def update_draw(key, pbit, update, replica):
    """The 32-bit uniform that replica ``replica`` of p-bit ``pbit`` compares with at its update number ``update``."""
    return draw(update_key(key, pbit, update), replica)
