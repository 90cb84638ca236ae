"""The moves of bitplanes: states exchanged between replicas as masked words, clusters grown for 512 pairs at a time.

Enters: rows of words of a schedule's replicas, nothing under way, and pairs as runs of bits. Leaves: the rows moved.

A pair of replicas is a pair of bits, in any words. Pairs are numbered; bit p % 64 of word p // 64 belongs to pair p. A
run is a stretch of pairs whose two replicas and whose own bits each lie side by side in one word, so that it moves by
shifts and masks: whole words where a replica fills them.
"""

from functools import cached_property
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
from numba import types
from numba.extending import intrinsic

from hwsim.engine.bitkernels import N_COUNTERS, count_terms
from hwsim.engine.memory import aligned
from hwsim.engine.moves import Pairs
from hwsim.engine.shards import Cluster, Shard, ShardedState
from hwsim.engine.vector import LANES, WORD, Variable, Words, constant, loop
from hwsim.jit import njit

_ONE, _SIX, _LOW = np.uint64(1), np.uint64(6), np.uint64(63)
_PLACE = np.floor_divide, np.remainder


class Runs(NamedTuple):
    """Stretches of pairs, uint64 (k,) each."""

    word_a: np.ndarray
    shift_a: np.ndarray
    word_b: np.ndarray
    shift_b: np.ndarray
    word_p: np.ndarray
    shift_p: np.ndarray
    mask: np.ndarray  # as many low ones as pairs


class Graph(NamedTuple):
    """Who is coupled to whom, for the flood: int64 each."""

    indptr: np.ndarray
    neighbours: np.ndarray  # first word of each neighbour's vector
    left: np.ndarray  # packed, of count_terms: every p-bit once, in septets
    right: np.ndarray  # the empty row as often


def graph_of(indptr: np.ndarray, indices: np.ndarray) -> Graph:
    """The Graph of a Program's connections."""
    n = len(indptr) - 1
    padding = np.full(-n % 7, n)
    left = np.concatenate((np.arange(n), padding)) << 1
    return Graph(indptr, indices.astype(np.int64) * LANES, left, np.full(len(left), n << 1))


def runs_of(first: np.ndarray, second: np.ndarray) -> Runs:
    """The Runs of pairs of lanes int64 (k,)."""
    pair = np.arange(len(first))
    begins = np.ones(len(first), dtype=np.bool_)
    for lane in (first, second, pair):
        begins[1:] &= (np.diff(lane) == 1) & (lane[1:] % 64 != 0)
    begins[1:] = ~begins[1:]
    at = np.flatnonzero(begins)
    length = np.diff(np.append(at, len(first)))
    word, shift = ([place(lane[at], 64).astype(np.uint64) for lane in (first, second, pair)] for place in _PLACE)
    mask = np.uint64(2**64 - 1) >> (64 - length).astype(np.uint64)
    return Runs(word[0], shift[0], word[1], shift[1], word[2], shift[2], mask)


@njit(nogil=True)
def exchange_rows(rows, runs, taken):
    """Exchange the bits of the pairs in the words ``taken`` in all ``rows`` uint64 (n, W)."""
    mask = np.empty_like(runs.mask)
    for r in range(len(mask)):
        mask[r] = (taken[runs.word_p[r]] >> runs.shift_p[r]) & runs.mask[r]
    for i in range(rows.shape[0]):
        for r in range(len(mask)):
            a, b, shift_a, shift_b = runs.word_a[r], runs.word_b[r], runs.shift_a[r], runs.shift_b[r]
            change = ((rows[i, a] >> shift_a) ^ (rows[i, b] >> shift_b)) & mask[r]
            rows[i, a] ^= change << shift_a
            rows[i, b] ^= change << shift_b


@njit(nogil=True)
def take_lanes(rows, source, target):
    """Copy bit ``source[k]`` of each row to bit ``target[k]``; no target is a source."""
    for i in range(rows.shape[0]):
        for k in range(len(source)):
            s, t = source[k], target[k]
            change = ((rows[i, s >> _SIX] >> (s & _LOW)) ^ (rows[i, t >> _SIX] >> (t & _LOW))) & _ONE
            rows[i, t >> _SIX] ^= change << (t & _LOW)


@intrinsic
def _flood(typingctx, masks, cluster, differ, indptr, neighbours, n, backward):
    """One pass of the flood over the p-bits, in order or backward: each joins its neighbours' clusters where the pair
    differs. masks : uint64, a vector a p-bit;  cluster, differ : where these begin. Returns whether a word changed."""
    signature = types.boolean(masks, cluster, differ, indptr, neighbours, n, backward)

    def codegen(context, builder, sig, arguments):
        masks_, indptr_, neighbours_ = (Words(context, builder, sig.args[k], arguments[k]) for k in (0, 3, 4))
        cluster_, differ_, n_, backward_ = (arguments[k] for k in (1, 2, 5, 6))
        changed, joined = (Variable(builder, constant(builder, 0)) for _ in range(2))
        last = builder.sub(n_, WORD(1))

        def join(index: Any) -> None:
            i = builder.select(backward_, builder.sub(last, index), index)
            offset, begin = builder.mul(i, WORD(LANES)), indptr_.word(i)
            before = masks_.load(builder.add(cluster_, offset))
            joined.set(before)

            def see(k: Any) -> None:
                place = builder.add(cluster_, neighbours_.word(builder.add(begin, k)))
                joined.set(joined.get() | masks_.load(place))

            loop(builder, builder.sub(indptr_.word(builder.add(i, WORD(1))), begin), see)
            after = joined.get() & masks_.load(builder.add(differ_, offset))
            changed.set(changed.get() | (after ^ before))
            masks_.store(builder.add(cluster_, offset), after)

        loop(builder, n_, join)
        return changed.get().any()

    return signature, codegen


@njit(nogil=True)
def exchange_clusters(rows, runs, graph, sites, masks):
    """Exchange a cluster within each pair; see hwsim.engine.moves.exchange_clusters.

    masks : uint64 (2, vectors, n + 1, 8), buffers, by pair: of the clusters, and of p-bits that differ. The last rows
    are empty. Returns int64 (2, 512 vectors): how many p-bits were exchanged, and how many differed.
    """
    cluster, differ, n = masks[0], masks[1], rows.shape[0] - 1
    masks[:] = 0
    for i in range(n):
        for r in range(len(runs.mask)):
            a, b = rows[i, runs.word_a[r]] >> runs.shift_a[r], rows[i, runs.word_b[r]] >> runs.shift_b[r]
            p = runs.word_p[r]
            differ[p >> np.uint64(3), i, p & np.uint64(7)] |= ((a ^ b) & runs.mask[r]) << runs.shift_p[r]
    for p in range(len(sites)):
        cluster[p >> 9, sites[p], (p >> 6) & 7] |= _ONE << (np.uint64(p) & _LOW)
    counts = np.zeros((2, 512 * len(differ)), dtype=np.int64)
    flat, planes = masks.reshape(-1), np.empty((N_COUNTERS, 8), dtype=np.uint64)
    for v in range(len(differ)):
        _seed(differ[v], cluster[v], n)
        base, backward = v * (n + 1) * 8, False
        while _flood(flat, base, base + cluster.size, graph.indptr, graph.neighbours, n, backward):
            backward = not backward
        for kind in range(2):
            planes[:] = 0
            count_terms(masks[kind, v], 8, graph.left, graph.right, 0, len(graph.left) // 7, 0, planes)
            count_of(planes, counts[kind, 512 * v : 512 * (v + 1)])
    for i in range(n):
        for r in range(len(runs.mask)):
            p = runs.word_p[r]
            change = (cluster[p >> np.uint64(3), i, p & np.uint64(7)] >> runs.shift_p[r]) & runs.mask[r]
            rows[i, runs.word_a[r]] ^= change << runs.shift_a[r]
            rows[i, runs.word_b[r]] ^= change << runs.shift_b[r]
    return counts


@njit
def _seed(differ, cluster, n):
    """Replace the site of each pair in ``cluster`` (n + 1, 8) by the first one at or after it that differs."""
    for w in range(8):
        looking = np.uint64(0)
        for i in range(n):
            looking |= cluster[i, w]
            cluster[i, w] = looking & differ[i, w]
            looking &= ~differ[i, w]
        for i in range(n):
            if looking == 0:
                break
            cluster[i, w] |= looking & differ[i, w]
            looking &= ~differ[i, w]


@njit(nogil=True)
def count_of(planes, out):
    """int64 (64 * W,), out: the counters whose bit k is in ``planes`` uint64 (N_COUNTERS, W), row k."""
    out[:] = 0
    for bit in range(planes.shape[0]):
        for w in range(planes.shape[1]):
            word = planes[bit, w]
            if word != 0:
                for k in range(64):
                    out[64 * w + k] += np.int64((word >> np.uint64(k)) & _ONE) << bit


class _WordShard(Shard, Protocol):
    """A shard that keeps words of replicas."""

    def settled(self) -> np.ndarray:
        """uint64 (n + 1, at least n_words): the states, after what was under way has arrived; to be moved and written
        back."""

    def write_rows(self, rows: np.ndarray) -> None:
        """Write what `settled` gave, moved."""


class PlanesState(ShardedState):
    """Replicas of bitplanes in mid-run: moves are made on words."""

    in_place = True
    _buffers: np.ndarray | None = None

    def pairs(self, first: np.ndarray, second: np.ndarray) -> Pairs:
        """Pairs for many moves. Where the two of a pair are in different schedules, they move as copies."""
        layout = []
        for cluster in self._clusters:
            number = cluster.replicas[0]
            inside = [(rows >= number) & (rows < number + len(cluster.replicas)) for rows in (first, second)]
            if np.any(inside[0] != inside[1]):
                return Pairs(first, second)
            own = np.flatnonzero(inside[0])
            layout.append((own, runs_of(*(cluster.lanes[rows[own] - number] for rows in (first, second)))))
        return Pairs(first, second, layout)

    def exchange(self, pairs: Pairs, taken: np.ndarray) -> None:
        """Exchange the states of the ``pairs`` that bool (k,) ``taken`` names."""
        if pairs.layout is None:
            return super().exchange(pairs, taken)
        for cluster, (own, runs) in zip(self._clusters, pairs.layout, strict=True):
            rows = _settled(cluster)
            exchange_rows(rows[:-1], runs, _bits(taken[own]))
            _write(cluster, rows)

    def clusters(self, pairs: Pairs, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Exchange a cluster within each pair; (p-bits exchanged, p-bits that differed)."""
        if pairs.layout is None:
            return super().clusters(pairs, sites)
        size, differ = np.zeros(len(pairs), dtype=np.int64), np.zeros(len(pairs), dtype=np.int64)
        for cluster, (own, runs) in zip(self._clusters, pairs.layout, strict=True):
            rows = _settled(cluster)
            counts = exchange_clusters(rows, runs, self._graph, sites[own], self._masks(-(-len(own) // 512)))
            size[own], differ[own] = counts[:, : len(own)]
            _write(cluster, rows)
        return size, differ

    def _masks(self, vectors: int) -> np.ndarray:
        """Buffers uint64 (2, vectors, n + 1, 8), kept for the next move."""
        if self._buffers is None or self._buffers.shape[1] != vectors:
            self._buffers = aligned((2, vectors, self._program.n_pbits + 1, LANES), np.uint64)
        return self._buffers

    def take(self, parents: np.ndarray) -> None:
        """Every replica takes the state of its parent."""
        moved = np.flatnonzero(parents != np.arange(len(parents)))
        sources = parents[moved]
        schedule = np.repeat(np.arange(len(self._clusters)), [len(c.replicas) for c in self._clusters])
        if np.any(schedule[moved] != schedule[sources]) or np.any(np.isin(sources, moved)):
            return super().take(parents)
        for number, cluster in enumerate(self._clusters):
            rows, own = _settled(cluster), schedule[moved] == number
            lanes = (cluster.lanes[kind[own] - cluster.replicas[0]].astype(np.uint64) for kind in (sources, moved))
            take_lanes(rows[:-1], *lanes)
            _write(cluster, rows)
        return None

    @cached_property
    def _graph(self) -> Graph:
        return graph_of(self._program.network.indptr, self._program.network.indices)


def _bits(flags: np.ndarray) -> np.ndarray:
    """uint64 (words,) from bool (k,)."""
    padded = np.zeros(-(-len(flags) // 64) * 64, dtype=np.bool_)
    padded[: len(flags)] = flags
    return np.packbits(padded, bitorder="little").view("<u8").astype(np.uint64)


def _settled(cluster: Cluster) -> np.ndarray:
    """uint64 (n + 1, W): the states of a schedule's replicas with nothing under way; the last row is empty. Those of a
    single shard may be the shard's own."""
    shards = [cast(_WordShard, part.shard) for part in cluster.parts]
    if len(shards) == 1:
        return shards[0].settled()
    return np.concatenate([shard.settled()[:, : shard.n_words] for shard in shards], axis=1)


def _write(cluster: Cluster, rows: np.ndarray) -> None:
    """Give the ``rows`` of _settled back to the shards."""
    for part in cluster.parts:
        first = part.first_lane // 64
        cast(_WordShard, part.shard).write_rows(
            rows if len(cluster.parts) == 1 else rows[:, first : first + part.shard.n_words]
        )
