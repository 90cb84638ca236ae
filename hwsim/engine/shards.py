"""Shards: the replicas of a fast engine, by schedule group and then by a few words of 64, over threads.

Enters: a Program, a Start, and the Program laid out for an engine (Prepared). Leaves: a State.
Results do not depend on the number of threads: shards share nothing but the schedule of their group.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, Protocol

import numpy as np

from hwsim.anneal import Anneal
from hwsim.engine.contract import Events, Felt, Start
from hwsim.engine.schedule import Chunk, Schedule
from hwsim.program import Program

_EVENTS_IN_FLIGHT = 2**25
"""Lane updates of one kernel call: well under a second, so that a thread hears when it should stop."""


class Replicas(NamedTuple):
    """Some replicas of a schedule group, in words of 64."""

    noise_key: int
    initial_key: int
    first_word: int  # word of the group's noise that the first of them take
    words: int
    initial: np.ndarray | None  # int8 (64 * words, n): states at time 0, or None for random ones


class Shard(Protocol):
    """Some replicas in mid-run, which share an engine's kernel calls."""

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
        """float64 (64 * n_words,): E without the program's offset."""


class Prepared(Protocol):
    """A Program laid out for an engine's kernels. shard_words, grain : words of a shard, at most and in steps of."""

    shard_words: int
    grain: int

    def shard(self, replicas: Replicas) -> Shard:
        """Some of the replicas at time 0."""


def _words_per_shard(start: Start, prepared: Prepared) -> int:
    """As many as the engine likes, fewer where threads would otherwise have nothing to do."""
    if start.schedules >= start.threads:
        return prepared.shard_words
    share = -(-start.reads // (64 * start.threads))
    return min(prepared.shard_words, -(-share // prepared.grain) * prepared.grain)


def _held(replicas: np.ndarray, first: int, words: int) -> np.ndarray:
    """Replicas in ``words`` words from word ``first`` of a group on; lanes to spare repeat the group's."""
    return replicas[np.arange(64 * first, 64 * (first + words)) % len(replicas)]


class ShardedState:
    """Replicas in mid-run."""

    def __init__(self, program: Program, start: Start, prepared: Prepared) -> None:
        self._program, self._start, self.updates = program, start, 0
        self._stop = threading.Event()
        self._felt = Felt(program.noise.temperature_drift)
        self._words_per_shard = _words_per_shard(start, prepared)
        self._groups: list[tuple[Schedule, list[Shard], np.ndarray]] = []
        for number, replicas in enumerate(start.groups()):
            noise, clock, initial_key = start.keys(number)
            n_words = -(-len(replicas) // 64)
            shards = []
            for first in range(0, n_words, self._words_per_shard):
                words = min(self._words_per_shard, n_words - first)
                initial = None
                if start.initial is not None:
                    initial = start.initial[_held(replicas, first, words)]
                shards.append(prepared.shard(Replicas(noise, initial_key, first, words, initial)))
            self._groups.append((Schedule(program, clock), shards, replicas))
        self._events = {replica: Events() for replica in start.record}
        threads = min(start.threads, sum(len(shards) for _, shards, _ in self._groups))
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def compile(self, anneal: Anneal) -> None:
        """Compile or load the kernels, so that the first advance is timed without it."""
        schedule, shards, _ = self._groups[0]
        shards[0].advance(schedule.chunk(0, 1), anneal, np.empty(0, dtype=np.int64))
        shards[0].energies()

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (reads, n) into the p-bits; see contract.State."""
        for _, shards, replicas in self._groups:
            for number, shard in enumerate(shards):
                words = shard.n_words
                shard.assign(states[_held(replicas, number * self._words_per_shard, words)])

    def advance(self, until: int, anneal: Anneal | Sequence[Anneal]) -> None:
        """Run every instant before grid time ``until``; threads take groups, or the shards of few groups."""
        anneals = self._felt.of(self._start.anneals(anneal))
        self._stop.clear()
        workers = self._pool._max_workers if self._pool is not None else 1
        try:
            if self._pool is None:
                for group, own in zip(self._groups, anneals, strict=True):
                    self._advance_group(group, until, own, map)
            elif len(self._groups) >= workers:
                jobs = [
                    self._pool.submit(self._advance_group, group, until, own, map)
                    for group, own in zip(self._groups, anneals, strict=True)
                ]
                for job in jobs:
                    job.result()
            else:
                for group, own in zip(self._groups, anneals, strict=True):
                    self._advance_group(group, until, own, self._pool.map)
        except BaseException:
            self._stop.set()
            raise
        finally:
            self.updates = sum(schedule.events * len(replicas) for schedule, _, replicas in self._groups)

    def _advance_group(self, group: tuple, until: int, anneal: Anneal, over: Callable) -> None:
        schedule, shards, replicas = group
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
        for _, shards, replicas in self._groups:
            first, last = int(replicas[0]), int(replicas[-1]) + 1
            for shard in shards:
                part = shard.spins()[: last - first]
                states[first : first + len(part)] = part
                first += len(part)
        return states

    def energies(self) -> np.ndarray:
        """float64 (reads,), the program's offset included."""
        if self._program.readout.chain is not None:
            return self._program.energies(self.spins())
        parts = [
            np.concatenate([shard.energies() for shard in shards])[: len(replicas)]
            for _, shards, replicas in self._groups
        ]
        return np.concatenate(parts) + self._program.readout.energy_offset

    def events(self) -> dict[int, Events]:
        """Traces of the recorded replicas."""
        return self._events
