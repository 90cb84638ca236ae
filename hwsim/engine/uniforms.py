"""Uniforms: the leading 16 random bits of every replica of a shard, side by side in lanes.

Enters: the noise of a shard and its next updates. Leaves: a uint16 for each of them and each lane. The noise comes
bit-sliced, a word for one bit of 64 replicas (see hwsim.engine.noise), so 16 words at a time are transposed as 16 x 16
bits; that leaves the replicas in another order, the order of lanes. The scalar definition draws the other 16 bits where
the first 16 tie with a threshold: once in 65,536 updates.
"""

from typing import NamedTuple

import numpy as np

from hwsim.engine.noise import first_word, initial_spin, next_word, update_key, word_start
from hwsim.jit import inline, njit

_COLUMNS = 32


class Uniforms(NamedTuple):
    """Buffers for some updates of a shard of W words, R = 64 W lanes."""

    leading: np.ndarray  # uint16 (batch, R): leading random bits
    words: np.ndarray  # uint64 (batch, 16, W), the same memory as `leading`
    planes: np.ndarray  # uint64 (18, _COLUMNS): 16 bit planes, and the sequence of each column
    replica: np.ndarray  # int64 (R,): number of each lane's replica in its schedule
    key: np.uint64  # of the schedule's noise
    first_word: int  # of the shard's replicas


def new_uniforms(noise_key: int, words: int, first_word: int) -> Uniforms:
    """Buffers for ``words`` words of replicas, from word ``first_word`` of their schedule's noise on."""
    batch = max(1, _COLUMNS // words)
    buffer = np.empty((batch, 16, words), dtype=np.uint64)
    lane = lane_of_replica(words)
    replica = np.empty_like(lane)
    replica[lane] = np.arange(64 * words) + 64 * first_word
    planes = np.zeros((18, _COLUMNS), dtype=np.uint64)
    leading = buffer.view(np.uint16).reshape(batch, 64 * words)
    return Uniforms(leading, buffer, planes, replica, np.uint64(noise_key), first_word)


def lane_of_replica(words: int) -> np.ndarray:
    """int64 (64 * words,): the lane to which the transposition takes each replica of a shard."""
    replica = np.arange(64 * words)
    word, bit = replica // 64, replica % 64
    return ((bit % 16) * words + word) * 4 + bit // 16


@njit
def random_start(key, replica, value):
    """Random spins int8 (n, R) at time 0."""
    for i in range(value.shape[0]):
        for lane in range(value.shape[1]):
            value[i, lane] = initial_spin(key, i, replica[lane])


@inline
def draw_leading(uniforms, chunk, first, last):
    """The leading bits of events ``first`` ... ``last`` - 1 of ``chunk``, a batch at most."""
    _draw_leading(
        uniforms.key,
        chunk.pbit,
        chunk.number,
        first,
        last - first,
        uniforms.first_word,
        uniforms.planes,
        uniforms.words,
    )


@njit
def _draw_leading(key, pbit, number, first, batch, word_0, planes, out):
    """All loops run over _COLUMNS columns, a column for each word of each event, so that they fill whole vectors."""
    words = out.shape[2]
    for e in range(batch):
        start = update_key(key, pbit[first + e], number[first + e])
        for w in range(words):
            shown, hidden = first_word(word_start(start, word_0 + w))
            planes[16, e * words + w] = shown
            planes[17, e * words + w] = hidden
    for plane in range(16):
        for q in range(_COLUMNS):
            planes[15 - plane, q] = planes[16, q]
            planes[16, q], planes[17, q] = next_word(planes[16, q], planes[17, q])
    _exchange(planes, 8, np.uint64(0x00FF00FF00FF00FF))
    _exchange(planes, 4, np.uint64(0x0F0F0F0F0F0F0F0F))
    _exchange(planes, 2, np.uint64(0x3333333333333333))
    _exchange(planes, 1, np.uint64(0x5555555555555555))
    if words == 8:
        for e in range(batch):
            for k in range(16):
                for w in range(8):
                    out[e, k, w] = planes[k, e * 8 + w]
    elif words == 1:
        for e in range(batch):
            for k in range(16):
                out[e, k, 0] = planes[k, e]
    else:
        for e in range(batch):
            for k in range(16):
                for w in range(words):
                    out[e, k, w] = planes[k, e * words + w]


@njit
def _exchange(planes, distance, mask):
    """One stage of the 16 x 16 bit transposition: swap blocks of ``distance`` rows and bits.

    The inner loop has a constant length: with a variable one it takes more than three times as long.
    """
    shift = np.uint64(distance)
    for block in range(0, 16, 2 * distance):
        for row in range(block, block + distance):
            for q in range(_COLUMNS):
                a, b = planes[row, q], planes[row + distance, q]
                swap = ((a >> shift) ^ b) & mask
                planes[row + distance, q] = b ^ swap
                planes[row, q] = a ^ (swap << shift)
