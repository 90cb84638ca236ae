"""Uniforms: the leading 16 random bits of every replica of a shard, side by side in lanes.

Enters: the noise of a shard and its next updates. Leaves: a uint16 for each of them and each lane. The noise comes
bit-sliced, a word for one bit of 64 replicas (see hwsim.engine.noise), so 16 words at a time are transposed as 16 x 16
bits; that leaves the replicas in another order, the order of lanes. The scalar definition draws the other 16 bits where
the first 16 tie with a threshold: once in 65,536 updates.
"""

from typing import Any, NamedTuple

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic

from hwsim.engine.noise import ROMU, ROMU_TURN, first_word, initial_spin, update_key, word_start
from hwsim.engine.vector import LANES, Words
from hwsim.jit import inline, njit

_COLUMNS = 32
_INDEX = numba.types.int64


class Uniforms(NamedTuple):
    """Buffers for some updates of a shard of W words, R = 64 W lanes."""

    leading: np.ndarray  # uint16 (batch, R): leading random bits
    words: np.ndarray  # uint64 (batch, 16, W), the same memory as `leading`
    planes: np.ndarray  # uint64 (18, _COLUMNS): 16 bit planes, and the sequence of each column
    replica: np.ndarray  # int64 (R,): number of each lane's replica in its schedule
    key: np.uint64  # of the schedule's noise
    first_word: int  # of the shard's replicas


def new_uniforms(noise_key: int, words: int, first_word: int, events: int | None = None) -> Uniforms:
    """Buffers for ``words`` words of replicas, from word ``first_word`` of their schedule's noise on, and ``events``,
    or as many as are drawn at a time."""
    batch = max(1, _COLUMNS // words) if events is None else events
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


@inline
def draw_many(uniforms, chunk, first, last):
    """The leading bits of events ``first`` ... ``last`` - 1 of ``chunk``, as many as there are buffers for."""
    batch = max(1, _COLUMNS // uniforms.words.shape[2])
    for begin in range(first, last, batch):
        _draw_leading(
            uniforms.key,
            chunk.pbit,
            chunk.number,
            begin,
            min(batch, last - begin),
            uniforms.first_word,
            uniforms.planes,
            uniforms.words[begin - first :],
        )


@njit
def _draw_leading(key, pbit, number, first, batch, word_0, planes, out):
    """A column for each word of each event, eight columns at a time."""
    words = out.shape[2]
    for e in range(batch):
        start = update_key(key, pbit[first + e], number[first + e])
        for w in range(words):
            shown, hidden = first_word(word_start(start, word_0 + w))
            planes[16, e * words + w] = shown
            planes[17, e * words + w] = hidden
    if words == 8:
        for e in range(batch):
            _draw_eight(planes, 8 * e, out, 16 * 8 * e, 8, 4)
        return
    if words == 4:
        for e in range(0, batch, 2):
            _draw_eight(planes, 4 * e, out, 16 * 4 * e, 4, 16 * 4)
        return
    for q in range(0, batch * words, 8):
        _draw_eight(planes, q, planes, q, _COLUMNS, 4)
    for e in range(batch):
        for k in range(16):
            for w in range(words):
                out[e, k, w] = planes[k, e * words + w]


@intrinsic
def _draw_eight(typingctx, planes, column, out, place, stride, apart):
    """16 planes of random bits in eight columns from ``column`` on, transposed as 16 x 16 bits; plane k goes to word
    ``place`` + k * ``stride`` of ``out``, and the other half of its columns ``apart`` words further on."""
    signature = numba.types.void(planes, _INDEX, out, _INDEX, _INDEX, _INDEX)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source = Words(context, builder, signature.args[0], arguments[0])
        target = Words(context, builder, signature.args[2], arguments[2])

        def at(begin: Any, by: Any, times: int) -> Any:
            return builder.add(begin, builder.mul(by, by.type(times)))

        width = arguments[1].type(_COLUMNS)
        shown, hidden = (source.load(at(arguments[1], width, row)) for row in (16, 17))
        rows: list[Any] = []
        for _ in range(16):
            rows.insert(0, shown)  # the most significant bit comes first
            turned = hidden - shown
            shown, hidden = hidden * ROMU, (turned << ROMU_TURN) | (turned >> (64 - ROMU_TURN))
        for distance, mask in ((8, 0x00FF), (4, 0x0F0F), (2, 0x3333), (1, 0x5555)):
            for row in (row for row in range(16) if not row & distance):
                a, b = rows[row], rows[row + distance]
                swap = ((a >> distance) ^ b) & (mask * 0x0001000100010001)
                rows[row], rows[row + distance] = a ^ (swap << distance), b ^ swap
        for k, row in enumerate(rows):
            place = at(arguments[3], arguments[4], k)
            for half in range(2):
                order = ir.Constant(
                    ir.VectorType(ir.IntType(32), LANES // 2), [4 * half + q for q in range(LANES // 2)]
                )
                target.store_part(place, builder.shuffle_vector(row.value, row.value, order))
                place = builder.add(place, arguments[5])
        return context.get_dummy_value()

    return signature, codegen
