"""Commits under way against a plain list of all commits: who sees what, and that growing loses nothing."""

from typing import NamedTuple

import numba
import numpy as np
import pytest

from hwsim.engine.pending import (
    commit,
    deeper,
    drop,
    find_rows,
    grown,
    is_full,
    latest_seen,
    longer,
    new_queue,
    new_rings,
    newest,
    newest_of_rings,
    next_arrival,
    next_slot,
    push,
    row_of,
    would_lose,
    write_rings,
)
from hwsim.jit import kernel

N, WIDTH = 5, 3


def history(rng, events=300):
    """(time, p-bit, row) of commits, several of them at one time, and the initial states."""
    time = np.sort(rng.integers(1, 120, events))
    pbit = rng.integers(0, N, events)
    first = np.unique(np.stack((time, pbit), axis=1), axis=0)  # a p-bit commits once an instant
    rows = rng.integers(-100, 100, (len(first), WIDTH)).astype(np.int8)
    return [(int(t), int(i), row) for (t, i), row in zip(first, rows, strict=True)], rng.integers(
        -100, 100, (N, WIDTH)
    ).astype(np.int8)


def seen(commits, initial, i, latest):
    """What p-bit ``i`` had become by ``latest``."""
    return next((row for t, j, row in reversed(commits) if j == i and t <= latest), initial[i])


@pytest.mark.parametrize("delay", [0, 1, 7, 200])
def test_a_queue_shows_every_commit_when_its_delay_has_passed_and_grows_without_loss(delay):
    commits, initial = history(np.random.default_rng(1))
    queue, visible, made, sizes = new_queue(WIDTH, np.int8, 2), initial.copy(), [], set()
    for now, i, row in commits:
        latest = latest_seen(now, delay)
        while (slot := next_arrival(queue, latest)) >= 0:
            visible[queue.pbit[slot]] = queue.rows[slot]
        assert all(np.array_equal(visible[j], seen(made, initial, j, latest)) for j in range(N))
        if is_full(queue):
            queue = longer(queue)
        queue.rows[next_slot(queue)] = row
        assert push(queue, i, now) == len(made) + 1
        made.append((now, i, row))
        sizes.add(len(queue.time))
        assert all(np.array_equal(newest(queue, visible)[j], seen(made, initial, j, now)) for j in range(N))
    assert len(sizes) > 1
    drop(queue)
    assert next_arrival(queue, 10**9) == -1 and np.array_equal(newest(queue, visible), visible)


class Wires(NamedTuple):
    """All-to-all connections of N p-bits."""

    indptr: np.ndarray
    indices: np.ndarray
    delay: np.ndarray
    exchange: np.ndarray


@pytest.mark.parametrize("interval", [0, 9])
def test_rings_give_each_reader_the_newest_commit_that_has_arrived_and_deepen_without_loss(interval):
    rng = np.random.default_rng(2)
    commits, initial = history(rng)
    indices = np.concatenate([np.delete(np.arange(N), i) for i in range(N)]).astype(np.int32)
    m = len(indices)
    exchange = interval * rng.integers(0, 2, m) if interval else np.zeros(0, dtype=np.int64)
    wires = Wires(np.arange(0, m + 1, N - 1), indices, rng.integers(0, 15, m), exchange)
    longest = int(np.max(wires.delay + (exchange if interval else 0)))
    rings, made, rows, depths = new_rings(initial), [], np.zeros(N, dtype=np.int64), set()
    for now, i, row in commits:
        while would_lose(rings, i, now, longest):
            rings = deeper(rings)
        find_rows(rings, wires, i, now, rows)
        for at, k in enumerate(range(wires.indptr[i], wires.indptr[i + 1])):
            latest = min(now - 1, now - wires.delay[k])
            if interval and exchange[k]:
                latest = (now - wires.delay[k]) // interval * interval - 1
            assert np.array_equal(rings.rows[rows[at]], seen(made, initial, indices[k], latest))
        target = row_of(rings, i, rings.commits[i] + 1)
        rings.rows[target] = row
        commit(rings, i, target, now)
        made.append((now, i, row))
        depths.add(rings.depth)
        assert np.array_equal(newest_of_rings(rings), [seen(made, initial, j, now) for j in range(N)])
    assert len(depths) > 1 and not rings.rows[-1].any()
    write_rings(rings, initial)
    find_rows(rings, wires, 0, 0, rows)
    assert np.array_equal(rings.rows[rows[: N - 1]], initial[1:]) and np.array_equal(newest_of_rings(rings), initial)


def test_either_grows_to_twice_its_slots():
    assert len(grown(new_queue(WIDTH, np.uint64, 4)).time) == 8
    assert grown(new_rings(np.zeros((N, WIDTH), dtype=np.uint64))).depth == 4


def test_a_kernel_that_allocates_is_not_compiled():
    def allocates(n):
        return np.zeros(n).sum()

    with pytest.raises(numba.TypingError, match="zeros"):
        kernel(allocates)(3)
