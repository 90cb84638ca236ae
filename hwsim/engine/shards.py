"""Shards: the replicas of a fast engine, divided by schedule and then into a few words of 64, over threads.

Enters: a Program, a Start, and the Program laid out for an engine (Prepared). Leaves: a State.
Results do not depend on the number of threads: shards share nothing but their schedule.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol, cast

import numpy as np

from hwsim.anneal import Anneal
from hwsim.engine.contract import Drift, Events, Start, own_updates, sets_own_rate
from hwsim.engine.schedule import Chunk, Schedule
from hwsim.program import Program

_EVENTS_IN_FLIGHT = 2**25
"""Lane updates of one kernel call: well under a second, so that a thread soon stops when told to."""


class Replicas(NamedTuple):
    """Some replicas of a schedule, in words of 64."""

    noise_key: int
    initial_key: int
    first_word: int  # number of their first word in the schedule's noise
    words: int
    initial: np.ndarray | None  # int8 (64 * words, n): states at time 0, or None for random ones


class Shard(Protocol):
    """Some replicas in mid-run, advanced by the same kernel calls."""

    @property
    def lanes(self) -> int:
        """How many replicas, padding included."""

    @property
    def n_words(self) -> int:
        """How many words of replicas, without padding."""

    def advance(self, chunk: Chunk, anneal: Anneal, recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64 * n_words, n); nothing is under way then."""

    def spins(self) -> np.ndarray:
        """int8 (64 * n_words, n): the committed states, replicas in order."""

    def energies(self) -> np.ndarray:
        """float64 (64 * n_words,): E."""


class Flipping(Protocol):
    """A Shard of an engine that honours p-bits which set their own rate."""

    def flips(self) -> np.ndarray:
        """int64 (64 * n_words,): of those p-bits, so far, replicas in order."""


class Prepared(Protocol):
    """A Program laid out for an engine's kernels. A shard has at most ``shard_words`` words, in steps of ``grain``."""

    shard_words: int
    grain: int

    def shard(self, replicas: Replicas) -> Shard:
        """Some of the replicas at time 0."""


def _words_per_shard(start: Start, prepared: Prepared) -> int:
    """Words of a shard: the most that the engine takes, fewer where threads would be idle."""
    if start.schedules >= start.threads:
        return prepared.shard_words
    share = -(-start.reads // (64 * start.threads))
    return min(prepared.shard_words, -(-share // prepared.grain) * prepared.grain)


class Cluster(NamedTuple):
    """The replicas that share a schedule."""

    schedule: Schedule
    shards: list[Shard]
    replicas: np.ndarray  # int64: their numbers among all reads


def _in_words(replicas: np.ndarray, first: int, words: int) -> np.ndarray:
    """The ``replicas`` of a schedule that are in ``words`` words from word ``first`` on; spare lanes repeat some."""
    return replicas[np.arange(64 * first, 64 * (first + words)) % len(replicas)]


def _flips(shards: list[Shard]) -> np.ndarray:
    """int64: flips of each replica, spare lanes last."""
    return np.concatenate([cast(Flipping, shard).flips() for shard in shards])


class ShardedState:
    """Replicas in mid-run."""

    def __init__(self, program: Program, start: Start, prepared: Prepared) -> None:
        self._program, self._start, self.updates = program, start, 0
        self.flips = 0 if np.any(sets_own_rate(program)) else None
        self._stop = threading.Event()
        self._drift = Drift(program.noise.temperature_drift)
        self._words_per_shard = _words_per_shard(start, prepared)
        self._clusters: list[Cluster] = []
        for number, replicas in enumerate(start.replicas_by_schedule()):
            noise, clock, initial_key = start.keys(number)
            n_words = -(-len(replicas) // 64)
            shards = []
            for first in range(0, n_words, self._words_per_shard):
                words = min(self._words_per_shard, n_words - first)
                initial = None
                if start.initial is not None:
                    initial = start.initial[_in_words(replicas, first, words)]
                shards.append(prepared.shard(Replicas(noise, initial_key, first, words, initial)))
            self._clusters.append(Cluster(Schedule(program, clock), shards, replicas))
        self._events = {replica: Events() for replica in start.record}
        threads = min(start.threads, sum(len(cluster.shards) for cluster in self._clusters))
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def compile(self, anneal: Anneal) -> None:
        """Compile or load the kernels, so that the first advance is timed without it."""
        schedule, shards, _ = self._clusters[0]
        shards[0].advance(schedule.chunk(0, 1), anneal, np.empty(0, dtype=np.int64))
        shards[0].energies()

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (reads, n) into the p-bits; see contract.State."""
        for _, shards, replicas in self._clusters:
            for number, shard in enumerate(shards):
                words = shard.n_words
                shard.assign(states[_in_words(replicas, number * self._words_per_shard, words)])

    def advance(self, until: int, anneal: Anneal | Sequence[Anneal]) -> None:
        """Run every instant before grid time ``until``; threads take clusters, or the shards of few clusters."""
        anneals = self._drift.applied(self._start.anneals(anneal))
        self._stop.clear()
        workers = self._pool._max_workers if self._pool is not None else 1
        try:
            if self._pool is None:
                for cluster, own in zip(self._clusters, anneals, strict=True):
                    self._advance_cluster(cluster, until, own, map)
            elif len(self._clusters) >= workers:
                jobs = [
                    self._pool.submit(self._advance_cluster, cluster, until, own, map)
                    for cluster, own in zip(self._clusters, anneals, strict=True)
                ]
                for job in jobs:
                    job.result()
            else:
                for cluster, own in zip(self._clusters, anneals, strict=True):
                    self._advance_cluster(cluster, until, own, self._pool.map)
        except BaseException:
            self._stop.set()
            raise
        finally:
            self._count()

    def _count(self) -> None:
        clusters = self._clusters
        self.updates = sum(schedule.updates * len(replicas) for schedule, _, replicas in clusters)
        if self.flips is not None:
            ticks = sum(schedule.horizon * len(replicas) for schedule, _, replicas in clusters)
            self.updates += round(own_updates(self._program, ticks))
            self.flips = sum(int(_flips(shards)[: len(replicas)].sum()) for _, shards, replicas in clusters)

    def _advance_cluster(self, cluster: Cluster, until: int, anneal: Anneal, over: Callable) -> None:
        schedule, shards, replicas = cluster
        n_events = max(1024, min(65536, _EVENTS_IN_FLIGHT // sum(shard.lanes for shard in shards)))
        local = [r - int(replicas[0]) for r in self._start.record if replicas[0] <= r <= replicas[-1]]
        per_shard = 64 * self._words_per_shard
        recorded = [
            np.array([r - k * per_shard for r in local if r // per_shard == k], dtype=np.int64)
            for k in range(len(shards))
        ]
        while schedule.horizon < until and not self._stop.is_set():
            chunk = schedule.chunk(until, n_events)
            values = list(
                over(lambda job, chunk=chunk: job[0].advance(chunk, anneal, job[1]), zip(shards, recorded, strict=True))
            )
            for k, (wanted, value) in enumerate(zip(recorded, values, strict=True)):
                for column, replica in enumerate(wanted):
                    self._keep(int(replicas[0] + k * per_shard + replica), chunk, value[:, column])

    def _keep(self, replica: int, chunk: Chunk, value: np.ndarray) -> None:
        events = self._events[replica]
        events.time.append(chunk.time)
        events.pbit.append(chunk.pbit)
        events.value.append(value.copy())

    def spins(self) -> np.ndarray:
        """int8 (reads, n)."""
        states = np.empty((self._start.reads, self._program.n_pbits), dtype=np.int8)
        for _, shards, replicas in self._clusters:
            first, last = int(replicas[0]), int(replicas[-1]) + 1
            for shard in shards:
                part = shard.spins()[: last - first]
                states[first : first + len(part)] = part
                first += len(part)
        return states

    def energies(self) -> np.ndarray:
        """float64 (reads,)."""
        if self._program.readout.chain is not None:
            return self._program.energies(self.spins())
        parts = [
            np.concatenate([shard.energies() for shard in shards])[: len(replicas)]
            for _, shards, replicas in self._clusters
        ]
        return np.concatenate(parts)

    def events(self) -> dict[int, Events]:
        """Traces of the recorded replicas."""
        return self._events
