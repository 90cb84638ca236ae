"""The noise: the random number that a p-bit compares with, as a function of counters alone.

Replicas are numbered within their schedule; 64 of them share a word. Update m of p-bit i starts a sequence of
words for each word of replicas: word k (from 0) holds, in bit r % 64, bit k (most significant first) of the 32-bit
uniform of replica r. A bit-sliced engine takes whole words, a scalar engine gathers single bits, and both see the same
numbers, whatever the threads, the chunks and the pauses. Where p-bits share words, replicas do not: words are numbered
by replica, and the bit of one is that of the p-bit (`shared_draw`).
The two words that start a sequence are hashes of (key, i, m, r // 64) by SplitMix64 (Steele, Lea, Flood, OOPSLA 2014),
and RomuDuoJr (Overton, arXiv:2002.11331) makes the rest: a multiplication, a subtraction and a rotation a word. To hash
every word would take three times as many instructions. At most 32 words of a sequence are used.
"""

import numba
import numpy as np

from hwsim.cell.elementary import normal_quantile
from hwsim.cell.source import source_next, source_start
from hwsim.jit import njit

GOLDEN = 0x9E3779B97F4A7C15
MIX_1 = 0xBF58476D1CE4E5B9
MIX_2 = 0x94D049BB133111EB
"""Constants of SplitMix64."""
ROMU = 15241094284759029579
ROMU_TURN = 27
"""Multiplier and rotation of RomuDuoJr."""
STRIDE = 2
"""Hashes that the sequence of a word takes."""
_GOLDEN, _MIX_1, _MIX_2 = np.uint64(GOLDEN), np.uint64(MIX_1), np.uint64(MIX_2)
_ROMU, _TURN = np.uint64(ROMU), np.uint64(ROMU_TURN)
_FLICKER, _SOURCE = np.uint64(0x5DEECE66D), np.uint64(0xB5297A4D)  # set these streams apart from the others
_WHITE = np.uint64(0x9E6C63D0876A9A47)
_JOIN = np.uint64(0xD1342543DE82EF95)
_CACHED_WORDS = 2**12
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)


@numba.njit(inline="always")
def mix(x):
    """SplitMix64's finaliser, a bijection of 64-bit words."""
    x = (x ^ (x >> _S30)) * _MIX_1
    x = (x ^ (x >> _S27)) * _MIX_2
    return x ^ (x >> _S31)


@numba.njit(inline="always")
def update_key(key, pbit, update):
    """Where the words of one update start; ``key`` uint64."""
    return mix(mix(key + np.uint64(pbit) * _GOLDEN) + np.uint64(update) * _GOLDEN)


@numba.njit(inline="always")
def word_start(start, word):
    """Where the sequence of word ``word`` of one update begins."""
    return start + np.uint64(word) * np.uint64(STRIDE) * _GOLDEN


@numba.njit(inline="always")
def first_word(begin):
    """Word 0 of the sequence that begins at ``begin``, and the hidden word beside it."""
    return mix(begin + _GOLDEN), mix(begin + _GOLDEN + _GOLDEN)


@numba.njit(inline="always")
def next_word(shown, hidden):
    """The word after ``shown``, and the hidden word beside it."""
    turned = hidden - shown
    return _ROMU * hidden, (turned << _TURN) | (turned >> (np.uint64(64) - _TURN))


@njit
def draw(start, replica):
    """The 32-bit uniform of one replica, gathered bit by bit: the scalar definition."""
    return draw_bits(word_start(start, np.uint64(replica) >> np.uint64(6)), np.uint64(replica) & np.uint64(63))


@njit
def draw_bits(begin, bit):
    """The 32-bit uniform that is bit ``bit`` of the words of the sequence that begins at ``begin``."""
    shown, hidden = first_word(begin)
    u = np.uint64(0)
    for _ in range(32):
        u = (u << np.uint64(1)) | ((shown >> bit) & np.uint64(1))
        shown, hidden = next_word(shown, hidden)
    return u


@numba.njit(inline="always")
def unit(bits):
    """A float64 strictly between 0 and 1, from 64 random bits; signed on the way, for vector instructions."""
    return (np.float64(np.int64(bits >> _S11)) + 0.5) * 2.0**-53


@njit(inline="always")
def uniform(key, pbit, number, place=1):
    """A float64 strictly between 0 and 1: draw ``number`` of a clock's stream, from the hash at ``place``."""
    return unit(mix(update_key(key, pbit, number) + np.uint64(place) * _GOLDEN))


@njit
def initial_spin(key, pbit, replica):
    """Random start: +1 or -1 with equal probability."""
    bits, _ = first_word(word_start(update_key(key, pbit, 0), np.uint64(replica) >> np.uint64(6)))
    return np.int8(2 * np.int64((bits >> (np.uint64(replica) & np.uint64(63))) & np.uint64(1)) - 1)


@njit
def initial_states(key, n_replicas, n_pbits):
    """int8 (n_replicas, n_pbits): the random starts of a schedule."""
    out = np.empty((n_replicas, n_pbits), dtype=np.int8)
    for replica in range(n_replicas):
        for i in range(n_pbits):
            out[replica, i] = initial_spin(key, i, replica)
    return out


def initial_words(key: int, first_word: int, out: np.ndarray) -> None:
    """Write to ``out`` uint64 (n, W) the same as words of 64 replicas, from word ``first_word`` of them on. No kernel,
    because it would take longer to compile than all starts of a large machine to draw."""
    n, width = out.shape
    word = np.arange(first_word, first_word + width, dtype=np.uint64) * np.uint64(STRIDE) * _GOLDEN
    stretch = max(1, _CACHED_WORDS // width)
    for begin in range(0, n, stretch):
        pbit = np.arange(begin, min(begin + stretch, n), dtype=np.uint64)
        start = mix.py_func(mix.py_func(np.uint64(key) + pbit * _GOLDEN))
        out[begin : begin + stretch] = mix.py_func(start[:, None] + word + _GOLDEN)


@njit
def update_draw(key, pbit, update, replica):
    """The 32-bit uniform that replica ``replica`` of p-bit ``pbit`` compares with at its update number ``update``."""
    return draw(update_key(key, pbit, update), replica)


@numba.njit(inline="always")
def join_key(key, pbit, tick):
    """Where the words of the draw begin that decides who takes part in tick ``tick`` of ``pbit``: in each replica, a
    32-bit uniform below the share does."""
    return update_key(np.uint64(key) + _JOIN, pbit, tick)


@njit
def joins(key, pbit, tick, replica, share):
    """Whether ``pbit`` takes part in its tick number ``tick`` in one replica; ``share`` : in units of 2**-32."""
    return draw(join_key(key, pbit, tick), replica) < np.uint64(share)


@njit
def is_below(start, replica, threshold):
    """Whether the uniform of one replica is below ``threshold``, int64 in [0, 2**32): `draw`, as far as it takes."""
    bit = np.uint64(replica) & np.uint64(63)
    shown, hidden = first_word(word_start(start, np.uint64(replica) >> np.uint64(6)))
    for plane in range(31, -1, -1):
        drawn, limit = (shown >> bit) & np.uint64(1), np.uint64(threshold >> plane) & np.uint64(1)
        if drawn != limit:
            return drawn < limit
        shown, hidden = next_word(shown, hidden)
    return False


@njit
def shared_draw(key, bit, update, replica):
    """The same where p-bits share words: ``bit`` is that of `hwsim.program.Noise.random_bit`, each replica a word."""
    return draw(update_key(key, bit >> 6, update), 64 * replica + (bit & 63))


@njit
def white(key, pbit, update, replica):
    """White noise of unit variance in one replica at one update of ``pbit``, apart from the number it compares with."""
    begin = update_key(np.uint64(key) + _WHITE, pbit, update)
    return normal_quantile(unit(mix(begin + (np.uint64(replica) + np.uint64(1)) * _GOLDEN)))


@njit
def flicker(key, pbit, time, block, octaves):
    """1/f noise of unit variance at grid time ``time``: the sum of ``octaves`` values that hold for block, 2 block, 4
    block ... ticks, each with a phase of its own (Voss's generator: Gardner, Sci. Am. 238(4), 16 (1978))."""
    total, length = 0.0, min(np.int64(block), np.int64(2**60))
    for octave in range(octaves):
        own = mix(np.uint64(key) + _FLICKER + np.uint64(octave))
        place = time + np.int64(uniform(own, pbit, 0) * np.float64(length))
        total += normal_quantile(uniform(own, pbit, place // length + 1))
        length = min(2 * length, np.int64(2**60))  # time + length stays within 63 bits
    return total / np.sqrt(np.float64(octaves))


@njit
def seed_source(key, source, share, phase, shifts, pbit, replica, state):
    """State uint32 (4,) of the generator of one p-bit in one replica, before its first update.

    ``share`` p-bits in a row hold one sequence, each ``phase`` words further on than the one before.
    """
    begin = update_key(np.uint64(key) + _SOURCE, np.int64(pbit) // np.int64(share), 0)
    source_start(source, mix(begin + np.uint64(replica) * _GOLDEN), state)
    for _ in range((np.int64(pbit) % np.int64(share)) * phase):
        source_next(source, shifts, state)
