"""Participants in bitplanes: after an update, replicas that do not take part get back what they had, as masked words.

Enters: the row of new states of a p-bit, and where its row before that is. Leaves: the row as all replicas have it.
See `hwsim.engine.participants`. The functions are compiled to nothing where the noise of a shard has no part.
"""

import numpy as np
from numba import types
from numba.extending import overload

from hwsim.engine.bitkernels import keep_words
from hwsim.engine.noise import join_key, word_start
from hwsim.jit import njit


def keep_in_queue(noise, i, number, visible, queue, place):
    """In the replicas that do not take part, p-bit ``i`` keeps its state: in the new row, from word ``place`` of the
    queue's rows on. noise : with a part, or None for that"""
    raise NotImplementedError("for kernels")


@overload(keep_in_queue, inline="always")
def _keep_in_queue_by_part(noise, i, number, visible, queue, place):
    return _nothing_in_queue if isinstance(noise.types[-1], types.NoneType) else _keep_in_queue


def _nothing_in_queue(noise, i, number, visible, queue, place):
    pass


def _keep_in_queue(noise, i, number, visible, queue, place):
    _keep_new_row(noise, i, number, visible, queue, place)


@njit
def _keep_new_row(noise, i, number, visible, queue, place):
    start, width = word_start(join_key(noise.key, i, number), noise.first_word), visible.shape[1]
    share, before = np.int64(noise.part.share), queue.ends[1] - noise.part.lag
    if before >= queue.ends[0]:
        keep_words(queue.rows, (before & (len(queue.time) - 1)) * width, start, share, queue.rows, place, width)
    else:
        keep_words(visible, i * width, start, share, queue.rows, place, width)


def keep_in_rings(noise, i, number, rings, own, place):
    """The same where delays differ; ``own`` : where the newest row of ``i`` begins."""
    raise NotImplementedError("for kernels")


@overload(keep_in_rings, inline="always")
def _keep_in_rings_by_part(noise, i, number, rings, own, place):
    return _nothing_in_rings if isinstance(noise.types[-1], types.NoneType) else _keep_in_rings


def _nothing_in_rings(noise, i, number, rings, own, place):
    pass


def _keep_in_rings(noise, i, number, rings, own, place):
    start = word_start(join_key(noise.key, i, number), noise.first_word)
    keep_words(rings.rows, own, start, np.int64(noise.part.share), rings.rows, place, rings.rows.shape[1])


def ticks_again(noise, since, now):
    """Whether p-bits tick at ``now`` that may have ticked at ``since`` too, where replicas draw their participants:
    what they keep must be decided first."""
    raise NotImplementedError("for kernels")


@overload(ticks_again, inline="always")
def _ticks_again_by_part(noise, since, now):
    return _never if isinstance(noise.types[-1], types.NoneType) else _later


def _never(noise, since, now):
    return False


def _later(noise, since, now):
    return now > since


def keep_in_bucket(noise, kind, visible, queue, ahead, buckets):
    """The same for several p-bits that share a vector; see `hwsim.engine.bitplanes_few`."""
    raise NotImplementedError("for kernels")


@overload(keep_in_bucket, inline="always")
def _keep_in_bucket_by_part(noise, kind, visible, queue, ahead, buckets):
    return _nothing_in_bucket if isinstance(noise.types[-1], types.NoneType) else _keep_in_bucket


def _nothing_in_bucket(noise, kind, visible, queue, ahead, buckets):
    pass


def _keep_in_bucket(noise, kind, visible, queue, ahead, buckets):
    _keep_bucket(noise, kind, visible, queue, ahead, buckets)


@njit
def _keep_bucket(noise, kind, visible, queue, ahead, buckets):
    width = visible.shape[1]
    for w in range(buckets.filled[kind] * width):
        i = buckets.pbit[kind, w]
        before, word = buckets.event[kind, w // width] + ahead - noise.part.lag, w & (width - 1)
        if before >= queue.ends[0]:
            buckets.old[w] = queue.rows[before & (len(queue.time) - 1), word]
        else:
            buckets.old[w] = visible[i, word]
        buckets.start[w] = word_start(join_key(noise.key, i, buckets.number[kind, w]), noise.first_word + word)
    keep_words(buckets.old, 0, buckets.start, np.int64(noise.part.share), buckets.out, 0, np.int64(len(buckets.out)))
