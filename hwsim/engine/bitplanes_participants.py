"""Participants in bitplanes: after an update, replicas that do not take part get back what they had, as masked words.

Enters: the row of new states of a p-bit, and where its row before that is. Leaves: the row as all replicas have it.
See `hwsim.engine.participants`. The functions are compiled to nothing where ``part``, an argument of the kernel itself,
is None.
"""

import numpy as np

from hwsim.engine.bitkernels import keep_words
from hwsim.engine.noise import join_key, word_start
from hwsim.engine.vector import LANES
from hwsim.jit import inline, inner


@inline
def keep_in_queue(part, noise, i, number, visible, queue, place):
    """In the replicas that do not take part, p-bit ``i`` keeps its state: in the new row, from word ``place`` of the
    queue's rows on."""
    if part is not None:
        _keep_new_row(part, noise, i, number, visible, queue, place)


@inner
def _keep_new_row(part, noise, i, number, visible, queue, place):
    start, width = word_start(join_key(noise.key, i, number), noise.first_word), visible.shape[1]
    share, before = np.int64(part.share), queue.ends[1] - part.lag
    if before >= queue.ends[0]:
        keep_words(queue.rows, (before & (len(queue.time) - 1)) * width, start, share, queue.rows, place, width)
    else:
        keep_words(visible, i * width, start, share, queue.rows, place, width)


@inline
def keep_in_rings(part, noise, i, number, rings, old, new):
    """The same where delays differ; ``old`` : the newest row of ``i``, ``new`` : the one that follows it."""
    if part is not None:
        _keep_new_ring_row(part, noise, i, number, rings, old, new)


@inner
def _keep_new_ring_row(part, noise, i, number, rings, old, new):
    start, width = word_start(join_key(noise.key, i, number), noise.first_word), rings.rows.shape[1]
    keep_words(rings.rows, old * width, start, np.int64(part.share), rings.rows, new * width, width)


@inline
def ticks_again(part, since, now):
    """Whether p-bits tick at ``now`` that may have ticked at ``since`` too, where replicas draw their participants:
    what they keep must be decided first."""
    again = False
    if part is not None:
        again = now > since
    return again


@inline
def keep_in_bucket(part, noise, kind, visible, queue, ahead, buckets):
    """The same for several p-bits that share a vector; see `hwsim.engine.bitplanes_few`."""
    if part is not None:
        _keep_bucket(part, noise, kind, visible, queue, ahead, buckets)


@inner
def _keep_bucket(part, noise, kind, visible, queue, ahead, buckets):
    width, filled = visible.shape[1], buckets.filled[kind]
    for w in range(filled * width):
        k, word = w // width, w & (width - 1)
        i, before = buckets.pbit[kind, w], buckets.event[kind, k] + ahead - part.lag
        if before >= queue.ends[0]:
            buckets.old[w] = queue.rows[before & (len(queue.time) - 1), word]
        else:
            buckets.old[w] = visible[i, word]
        buckets.start[w] = word_start(join_key(noise.key, i, buckets.number[kind, w]), noise.first_word + word)
    words = (filled * width + LANES - 1) // LANES * LANES
    keep_words(buckets.old, 0, buckets.start, np.int64(part.share), buckets.out, 0, words)
