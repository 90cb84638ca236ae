"""Pending commits: new values that neighbours do not see yet. All fast engines keep them here.

Where all delays are equal, all neighbours see a commit at the same time: a Queue holds the commits under way, in order,
and each is copied to the visible rows when it arrives. Where delays differ, every p-bit keeps a ring of its last
commits (Rings), and a reader walks back to the newest that has arrived.

A row is a p-bit's new state in all replicas of a shard, in the engine's own form: spins or words of bits. Kernels read
and write through the functions below; when a queue or a ring is full, a kernel stops and its caller makes a longer one.
"""

from typing import NamedTuple

import numpy as np

from hwsim.engine.memory import aligned
from hwsim.jit import inline

_LONG_AGO = -(2**62)
_FIRST_SLOTS, _FIRST_DEPTH = 64, 2


class Queue(NamedTuple):
    """Commits under way. Q slots, a power of two."""

    rows: np.ndarray  # (Q, width): the p-bit's new state
    time: np.ndarray  # int64 (Q,): of each commit
    pbit: np.ndarray  # int64 (Q,): whose commit it is
    ends: np.ndarray  # int64 (2,): numbers of the oldest commit under way and of the next; number k is in slot k % Q


class Rings(NamedTuple):
    """The last commits of n p-bits. H slots each, a power of two."""

    rows: np.ndarray  # (n * H + 1, width): the p-bit's new state; the last row stays empty
    time: np.ndarray  # int64 (n * H,): of each commit
    commits: np.ndarray  # int64 (n,): commits so far; the newest is in slot commits % H
    depth: int  # H


def new_queue(width: int, dtype: type, slots: int = _FIRST_SLOTS) -> Queue:
    """A queue with nothing under way."""
    ends, time, pbit = (np.zeros(k, dtype=np.int64) for k in (2, slots, slots))
    return Queue(aligned((slots, width), dtype), time, pbit, ends)


def new_rings(state: np.ndarray) -> Rings:
    """Rings as if p-bits had always been in ``state`` (n, width)."""
    n, depth = len(state), _FIRST_DEPTH
    rows = aligned((n * depth + 1, state.shape[1]), state.dtype.type)
    rings = Rings(rows, np.empty(n * depth, dtype=np.int64), np.zeros(n, dtype=np.int64), depth)
    write_rings(rings, state)
    return rings


def grown(pending: Queue | Rings) -> Queue | Rings:
    """The same with twice the slots."""
    return longer(pending) if isinstance(pending, Queue) else deeper(pending)


def longer(queue: Queue) -> Queue:
    """The same queue with twice the slots."""
    size, numbers = len(queue.time), np.arange(*queue.ends)

    def twice(old: np.ndarray) -> np.ndarray:
        new = aligned((2 * size, *old.shape[1:]), old.dtype.type)
        new[numbers % (2 * size)] = old[numbers % size]
        return new

    return queue._replace(rows=twice(queue.rows), time=twice(queue.time), pbit=twice(queue.pbit))


def deeper(rings: Rings) -> Rings:
    """The same rings with twice the slots."""
    pbits, depth = np.arange(len(rings.commits)), rings.depth
    rows = aligned((len(pbits) * 2 * depth + 1, rings.rows.shape[1]), rings.rows.dtype.type)
    time = np.full(len(pbits) * 2 * depth, _LONG_AGO, dtype=np.int64)
    for back in range(depth):
        commit = rings.commits - back
        kept = commit >= 0
        old = pbits[kept] * depth + commit[kept] % depth
        new = pbits[kept] * 2 * depth + commit[kept] % (2 * depth)
        rows[new], time[new] = rings.rows[old], rings.time[old]
    return Rings(rows, time, rings.commits, 2 * depth)


def joined(queue: Queue, time: np.ndarray, pbit: np.ndarray, rows: np.ndarray) -> Queue:
    """The queue with more commits behind those under way: (k,), (k,) and (k, width)."""
    first, end = int(queue.ends[1]), int(queue.ends[1]) + len(time)
    while end - queue.ends[0] > len(queue.time):
        queue = longer(queue)
    slots = np.arange(first, end) & (len(queue.time) - 1)
    queue.rows[slots], queue.time[slots], queue.pbit[slots] = rows, time, pbit
    queue.ends[1] = end
    return queue


def newest(queue: Queue, visible: np.ndarray) -> np.ndarray:
    """The committed states: a copy of ``visible`` with the commits under way."""
    state = visible.copy()
    _arrive(queue, state)
    return state


def _arrive(queue: Queue, state: np.ndarray) -> None:
    """Write the commits under way to the rows ``state``; of several of a p-bit the last one stays."""
    slots = np.arange(*queue.ends) & (len(queue.time) - 1)
    state[queue.pbit[slots]] = queue.rows[slots]


def newest_of_rings(rings: Rings) -> np.ndarray:
    """The committed states (n, width)."""
    return rings.rows[newest_rows(rings)]


def newest_rows(rings: Rings) -> np.ndarray:
    """int64 (n,): the row of each p-bit's newest commit."""
    return np.arange(len(rings.commits)) * rings.depth + rings.commits % rings.depth


def write_rings(rings: Rings, state: np.ndarray) -> None:
    """Write ``state`` (n, width), as if p-bits had always been in it."""
    n, width = state.shape
    rings.rows[:-1].reshape(n, rings.depth, width)[:] = state[:, None]
    rings.time[:] = _LONG_AGO


def settle(queue: Queue, visible: np.ndarray) -> None:
    """Let the commits under way arrive now."""
    _arrive(queue, visible)
    drop(queue)


def drop(queue: Queue) -> None:
    """Drop the commits under way."""
    queue.ends[0] = queue.ends[1]


@inline
def latest_seen(now, delay):
    """Time of the latest commit that a reader at ``now`` sees."""
    return min(now - 1, now - delay)


@inline
def next_arrival(queue, latest):
    """Take the oldest commit out of the queue if it was made by ``latest``; returns its slot, else -1."""
    number = queue.ends[0]
    slot = number & (len(queue.time) - 1)
    if number == queue.ends[1] or queue.time[slot] > latest:
        return -1
    queue.ends[0] = number + 1
    return slot


@inline
def is_full(queue):
    """Whether one more commit would overwrite one under way."""
    return queue.ends[1] - queue.ends[0] == len(queue.time)


@inline
def next_slot(queue):
    """The slot of the next commit."""
    return queue.ends[1] & (len(queue.time) - 1)


@inline
def push(queue, i, now):
    """Count the row in the next slot as a commit of p-bit ``i`` at ``now``; returns the number after it."""
    number = queue.ends[1]
    slot = number & (len(queue.time) - 1)
    queue.time[slot] = now
    queue.pbit[slot] = i
    queue.ends[1] = number + 1
    return number + 1


@inline
def row_of(rings, i, number):
    """Row of commit ``number`` of p-bit ``i``."""
    return i * rings.depth + (number & (rings.depth - 1))


@inline
def would_lose(rings, i, now, longest):
    """Whether a commit of ``i`` at ``now`` would overwrite one that a neighbour may still look up."""
    lost = rings.commits[i] + 1 - rings.depth
    return lost >= 0 and rings.time[row_of(rings, i, lost + 1)] > latest_seen(now, longest)


@inline
def commit(rings, i, row, now):
    """Count ``row``, the one after the newest, as a commit of ``i`` at ``now``."""
    rings.commits[i] += 1
    rings.time[row] = now


@inline
def find_rows(rings, network, i, now, rows):
    """Write to ``rows`` the row of each neighbour's newest commit that ``i`` sees at ``now``.

    It was made before ``now``, and by now - delay; where values wait for an exchange, before the last one by then.
    """
    first = network.indptr[i]
    for k in range(network.indptr[i + 1] - first):
        j, delay = np.int64(network.indices[first + k]), network.delay[first + k]
        latest = latest_seen(now, delay)
        if len(network.exchange) > 0 and network.exchange[first + k] > 0:
            latest = (now - delay) // network.exchange[first + k] * network.exchange[first + k] - 1
        number = rings.commits[j]
        while rings.time[row_of(rings, j, number)] > latest:
            number -= 1
        rows[k] = row_of(rings, j, number)
