"""Shards: the replicas of a fast engine, divided by schedule and then into a few words of 64, over threads.

Enters: a Program, a Start, and the Program laid out for an engine (Prepared). Leaves: a State.
Results do not depend on the number of threads: shards share nothing but their schedule.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import NamedTuple, Protocol, cast

import numpy as np

from hwsim.anneal import Anneal
from hwsim.engine.contract import Drift, Events, Start, counted_updates, sets_own_rate
from hwsim.engine.moves import MovesOfCopies
from hwsim.engine.participants import taking_part
from hwsim.engine.schedule import Chunk, Schedule, Slots
from hwsim.program import Network, Program

_EVENTS_IN_FLIGHT = 2**25
"""Lane updates of one kernel call: well under a second, so that a thread soon stops when told to."""
_EVENTS, _MOST_EVENTS = 2**14, 2**18
"""Events of a chunk of the schedule, which then stays in the cache; and for large networks, of which each chunk looks
at every p-bit."""

_OWN_COST, _SHORT = 8, 2**21
"""What an update of a replica costs beside its couplings, in their unit; and the work, in that unit, which takes about
as long as threads take to begin: 0.1 to 0.3 ms."""
_ROUNDS = 8
"""Rounds of the clock that a controller which loads weights runs between two loads, at the least."""


class Replicas(NamedTuple):
    """Some replicas of a schedule, in words of 64."""

    noise_key: int
    initial_key: int
    first_word: int  # number of their first word in the schedule's noise
    words: int
    reads: int  # lanes that have a replica; of a shard of one word, the first of it
    initial: np.ndarray | None  # int8 (64 * words, n): states at time 0, or None for random ones
    rungs: np.ndarray  # int64 (words,): which of the shard's anneals each word follows
    places: slice | np.ndarray = slice(None)  # the lanes that have a replica, a slice where they stand in a row


class Shard(Protocol):
    """Some replicas in mid-run, advanced by the same kernel calls."""

    @property
    def lanes(self) -> int:
        """How many replicas, padding included."""

    @property
    def n_words(self) -> int:
        """How many words of replicas, without padding."""

    def advance(self, chunk: Chunk, anneals: Sequence[Anneal], recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``, each rung under its anneal; returns int8 (n_events, len(recorded)), the new
        values of those replicas."""

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64 * n_words, n); nothing is under way then."""

    def load(self) -> None:
        """Take the numbers of another network, as `Prepared.load` has laid them out."""

    def spins(self) -> np.ndarray:
        """int8 (64 * n_words, n): the committed states, replicas in order."""

    def energies(self) -> np.ndarray:
        """float64 (64 * n_words,): E, in problem units."""

    def law_energies(self) -> np.ndarray:
        """float64 (64 * n_words,): E, in the network that the machine realises."""


class BySlots(Protocol):
    """A Shard that needs no list of events where each slot of the clock has the p-bits that it always has."""

    def advance_slots(self, slots: Slots, anneals: Sequence[Anneal]) -> None:
        """Run ``slots``, each rung under its anneal."""


class Packing(Protocol):
    """A Shard that packs states as it keeps them, and writes those of some p-bits alone."""

    def packed(self) -> np.ndarray:
        """uint64 (n, W): the committed states of its replicas as bits; see `State.words`."""

    def clamp(self, pbits: np.ndarray, values: np.ndarray) -> None:
        """Write int8 (64 * n_words, k) into ``pbits`` alone; nothing is under way then."""


class Flipping(Protocol):
    """A Shard of an engine that honours p-bits which set their own rate."""

    def flips(self) -> np.ndarray:
        """int64 (64 * n_words,): of those p-bits, so far, replicas in order."""


class Biased(Protocol):
    """A Shard of an engine that honours a bias of each read's own."""

    def bias_reads(self, values: np.ndarray) -> None:
        """Each read adds ``values`` float64 (64 * n_words, k) to the biases of the k p-bits of `Cells.biased`."""


class Prepared(Protocol):
    """A Program laid out for an engine's kernels. A shard has at most ``shard_words`` words, in steps of ``grain``.

    mixes : whether a shard may have several rungs
    """

    shard_words: int
    grain: int
    mixes: bool

    def shard(self, replicas: Replicas) -> Shard:
        """Some of the replicas at time 0."""

    def load(self, program: Program) -> None:
        """Lay out the numbers of another network on the same couplings. Raises UnsupportedError, changing nothing."""

    def bias_reads(self, most: np.ndarray) -> None:
        """Make room for what reads add: at most ``most`` float64 (k,) to the biases of `Cells.biased`."""


def _words_per_shard(start: Start, prepared: Prepared) -> int:
    """Words of a shard: the most that the engine takes, fewer where threads would be idle."""
    if start.schedules >= start.threads:
        return prepared.shard_words
    share = -(-start.reads // (64 * start.threads))
    return min(prepared.shard_words, -(-share // prepared.grain) * prepared.grain)


class Part(NamedTuple):
    """A shard of a schedule's replicas."""

    shard: Shard
    first_lane: int
    rungs: range  # of the schedule's
    own: slice  # the replicas that are in it
    places: slice | np.ndarray  # int64: their lanes in it, a slice where they stand in a row
    kept: np.ndarray  # int64: those whose updates are kept
    recorded: np.ndarray  # int64: and their lanes in it

    @property
    def end_lane(self) -> int:
        """The lane after its last."""
        return self.first_lane + 64 * self.shard.n_words


class Cluster(NamedTuple):
    """The replicas that share a schedule."""

    schedule: Schedule
    parts: list[Part]
    noise_key: int
    replicas: np.ndarray  # int64: their numbers among all reads, consecutive
    lanes: np.ndarray  # int64: of each of them, ascending
    in_lane: np.ndarray  # int64 (64 * words,): the replica in each lane
    n_events: int  # of a chunk
    by_slots: bool  # whether its parts need no lists of events


def _replica_of_lane(replicas: np.ndarray, lanes: np.ndarray) -> np.ndarray:
    """int64 (64 * words,): the replica in each lane of a schedule; spare lanes repeat the one before."""
    every = np.arange(-(-(int(lanes[-1]) + 1) // 64) * 64)
    return replicas[np.searchsorted(lanes, every, side="right") - 1]


def _in_a_row(places: np.ndarray) -> slice | np.ndarray:
    """``places`` as a slice where they stand in a row, which then takes no copy."""
    first, last = int(places[0]), int(places[-1])
    return slice(first, last + 1) if last - first + 1 == len(places) else places


def _stretches(start: Start, prepared: Prepared, n_replicas: int) -> list[tuple[int, int]]:
    """(first word, words) of each shard of a schedule."""
    n_words = int(start.lanes(n_replicas)[-1]) // 64 + 1
    most = _words_per_shard(start, prepared)
    stretch = n_words if prepared.mixes else n_words // start.rungs
    return [
        (first, min(most, begin + stretch - first))
        for begin in range(0, n_words, stretch)
        for first in range(begin, begin + stretch, most)
    ]


class ShardedState(MovesOfCopies):
    """Replicas in mid-run."""

    def __init__(self, program: Program, start: Start, prepared: Prepared) -> None:
        self._round_cost = start.reads * (_OWN_COST * program.n_pbits + len(program.network.weight))
        if start.loads and self._round_cost < _SHORT / _ROUNDS:
            start = replace(start, threads=1)
        self._program, self._start, self._prepared = program, start, prepared
        self._has_flips = bool(np.any(sets_own_rate(program)))
        self._stop = threading.Event()
        self._drift = Drift(program.noise.temperature_drift)
        self._clusters: list[Cluster] = []
        for number, replicas in enumerate(start.replicas_by_schedule()):
            noise, clock, initial_key = start.keys(number)
            lanes = start.lanes(len(replicas))
            in_lane = _replica_of_lane(replicas, lanes)
            rung = np.arange(len(in_lane) // 64) // (len(in_lane) // 64 // start.rungs)
            parts: list[Part] = []
            record = np.array([replica for replica in start.record if replica in replicas], dtype=np.int64)
            for first, words in _stretches(start, prepared, len(replicas)):
                initial = None if start.initial is None else start.initial[in_lane[64 * first : 64 * (first + words)]]
                own = rung[first : first + words]
                begin, end = (int(place) for place in np.searchsorted(lanes, (64 * first, 64 * (first + words))))
                rungs, places = range(int(own[0]), int(own[-1]) + 1), lanes[begin:end] - 64 * first
                row = _in_a_row(places)
                shard = prepared.shard(
                    Replicas(noise, initial_key, first, words, end - begin, initial, own - own[0], row)
                )
                mine = slice(int(replicas[0]) + begin, int(replicas[0]) + end)
                kept = record[(record >= mine.start) & (record < mine.stop)]
                recorded = places[kept - mine.start]
                parts.append(Part(shard, 64 * first, rungs, mine, row, kept, recorded))
            n_events = self._chunk_of(parts)
            by_slots = not start.record and all(hasattr(part.shard, "advance_slots") for part in parts)
            schedule = Schedule(program, clock)
            self._clusters.append(Cluster(schedule, parts, noise, replicas, lanes, in_lane, n_events, by_slots))
        shards = [part.shard for cluster in self._clusters for part in cluster.parts]
        self._packs = all(hasattr(shard, "packed") for shard in shards)
        self._events = {replica: Events() for replica in start.record}
        threads = min(start.threads, sum(len(cluster.parts) for cluster in self._clusters))
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        if start.read_bias is not None:
            self.bias_reads(start.read_bias)

    def _chunk_of(self, parts: list[Part]) -> int:
        """Events of a chunk of a schedule."""
        most = min(_MOST_EVENTS, max(_EVENTS, self._program.n_pbits // 4))
        return max(1024, min(most, _EVENTS_IN_FLIGHT // sum(part.shard.lanes for part in parts)))

    def compile(self, anneal: Anneal) -> None:
        """Compile or load the kernels, so that the first advance is timed without it."""
        schedule, parts, *_ = self._clusters[0]
        parts[0].shard.advance(schedule.chunk(0, 1), [anneal] * len(parts[0].rungs), np.empty(0, dtype=np.int64))
        parts[0].shard.energies()

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (reads, n) into the p-bits; see contract.State."""
        for cluster in self._clusters:
            for part in cluster.parts:
                part.shard.assign(states[cluster.in_lane[part.first_lane : part.end_lane]])

    def clamp(self, pbits: np.ndarray, values: np.ndarray) -> None:
        """Write int8 (reads, k) into ``pbits`` alone; see contract.State."""
        if not self._packs:
            super().clamp(pbits, values)
            return
        for cluster in self._clusters:
            for part in cluster.parts:
                in_lane = cluster.in_lane[part.first_lane : part.end_lane]
                cast(Packing, part.shard).clamp(pbits, values[in_lane])

    def bias_reads(self, values: np.ndarray) -> None:
        """Each read adds ``values`` float64 (reads, n) to its biases; see contract.State."""
        biased = self._program.cells.biased
        if not len(biased):
            return
        values = values if len(biased) == values.shape[1] else values[:, biased]
        self._prepared.bias_reads(np.abs(values).max(axis=0))
        for cluster in self._clusters:
            for part in cluster.parts:
                in_lane = cluster.in_lane[part.first_lane : part.end_lane]
                cast(Biased, part.shard).bias_reads(values[in_lane])

    def load(self, network: Network) -> None:
        """Write other biases and weights; see contract.State."""
        program = self._program.with_network(network)
        self._prepared.load(program)
        self._program = program
        for cluster in self._clusters:
            for part in cluster.parts:
                part.shard.load()

    def advance(self, until: int, anneal: Anneal | Sequence[Anneal]) -> None:
        """Run every instant before grid time ``until``; threads take clusters, or the shards of few clusters."""
        anneals = self._drift.applied(self._start.anneals(anneal))
        rungs = self._start.rungs
        jobs = [(cluster, until, anneals[k * rungs : (k + 1) * rungs]) for k, cluster in enumerate(self._clusters)]
        self._stop.clear()
        pool = None if self._pool is None or self._is_short(until) else self._pool
        try:
            if pool is not None and len(self._clusters) >= pool._max_workers:
                running = [pool.submit(self._advance_cluster, *job, map) for job in jobs]
                for one in running:
                    one.result()
            else:
                for job in jobs:
                    self._advance_cluster(*job, map if pool is None else pool.map)
        except BaseException:
            self._stop.set()
            raise

    def _is_short(self, until: int) -> bool:
        """Whether the work up to ``until`` takes no longer than threads take to begin."""
        rounds = (until - self._clusters[0].schedule.horizon) / self._program.clock.round_ticks
        return rounds * self._round_cost < _SHORT

    @property
    def updates(self) -> int:
        """Of p-bits so far; see contract.State."""
        clusters = self._clusters
        ticks = sum(cluster.schedule.updates * len(cluster.replicas) for cluster in clusters)
        run_ticks = sum(cluster.schedule.horizon * len(cluster.replicas) for cluster in clusters)
        return counted_updates(self._program, ticks, run_ticks)

    @property
    def flips(self) -> int | None:
        """Of p-bits that set their own rate, one by one; None where there are none."""
        if not self._has_flips:
            return None
        return int(self._by_replica(lambda shard: cast(Flipping, shard).flips()).sum())

    def _advance_cluster(self, cluster: Cluster, until: int, anneals: Sequence[Anneal], over: Callable) -> None:
        schedule, parts = cluster.schedule, cluster.parts
        work = [(part.shard, anneals[part.rungs.start : part.rungs.stop], part.recorded) for part in parts]
        if cluster.by_slots:
            while schedule.horizon < until and not self._stop.is_set():
                slots = schedule.slots(until, _EVENTS_IN_FLIGHT // sum(part.shard.lanes for part in parts))
                list(over(lambda job, slots=slots: cast(BySlots, job[0]).advance_slots(slots, job[1]), work))
            return
        while schedule.horizon < until and not self._stop.is_set():
            chunk = schedule.chunk(until, cluster.n_events)
            values = list(over(lambda job, chunk=chunk: job[0].advance(chunk, *job[1:]), work))
            for part, value in zip(parts, values, strict=True):
                for column, replica in enumerate(part.kept):
                    self._keep(int(replica), cluster, chunk, value[:, column])

    def _keep(self, replica: int, cluster: Cluster, chunk: Chunk, value: np.ndarray) -> None:
        events, lane = self._events[replica], int(cluster.lanes[replica - cluster.replicas[0]])
        updates = taking_part(self._program, cluster.noise_key, chunk.pbit, chunk.number, lane)
        events.time.append(chunk.time[updates])
        events.pbit.append(chunk.pbit[updates])
        events.value.append(value[updates].copy())

    def spins(self, replicas: np.ndarray | None = None) -> np.ndarray:
        """int8 (reads, n), or of ``replicas`` alone."""
        shards = [part.shard for cluster in self._clusters for part in cluster.parts]
        if len(shards) == 1 and 64 * shards[0].n_words == self._start.reads:  # full: no copy of what may be gigabytes
            states = shards[0].spins()
            return states if replicas is None else states[replicas]
        states = np.empty((self._start.reads, self._program.n_pbits), dtype=np.int8)
        for cluster in self._clusters:
            for part in cluster.parts:
                states[part.own] = part.shard.spins()[part.places]
        return states if replicas is None else states[replicas]

    def words(self) -> np.ndarray:
        """uint64 (n, W): the states as bits; see contract.State."""
        if not self._packs:
            return super().words()
        found = [cast(Packing, part.shard).packed() for cluster in self._clusters for part in cluster.parts]
        return found[0] if len(found) == 1 else np.concatenate(found, axis=1)

    def energies(self) -> np.ndarray:
        """float64 (reads,)."""
        if self._program.readout.chain is not None:
            return self._program.energies(self.spins())
        return self._by_replica(lambda shard: shard.energies())

    def law_energies(self) -> np.ndarray:
        """float64 (reads,)."""
        return self._by_replica(lambda shard: shard.law_energies())

    def _by_replica(self, of_lanes: Callable[[Shard], np.ndarray]) -> np.ndarray:
        """(reads,): what ``of_lanes`` finds in each lane of a shard."""
        return np.concatenate(
            [of_lanes(part.shard)[part.places] for cluster in self._clusters for part in cluster.parts]
        )

    def events(self) -> dict[int, Events]:
        """Traces of the recorded replicas."""
        return self._events
