"""reference: the law. A SimPy world with one process per p-bit, written to be read.

One instant has two phases. Signals that were sent earlier and arrive now are delivered first (priority 0); then every
p-bit that ticks now reads (priority 1); then all of them commit and send (priority 2). So two p-bits that tick
together do not see each other's new value, and a p-bit one period of delay away does. A signal is a timeout with a
callback and not
a process of its own, because that would insert an event of its own into the order.
"""

from collections.abc import Callable, Generator, Sequence
from functools import partial
from typing import Any

import numpy as np
import simpy
from simpy.core import EventPriority

from hwsim.anneal import Anneal
from hwsim.cell.codes import SOURCES
from hwsim.cell.law import category, law_threshold, quantised, synapse_step
from hwsim.cell.source import STATE_WORDS, source_next
from hwsim.engine.contract import Events, Felt, Start
from hwsim.engine.feature import ALL
from hwsim.engine.noise import flicker, initial_spin, seed_source, update_draw
from hwsim.engine.schedule import drawn_pbit, next_tick, slot_time, takes_part
from hwsim.program import Program

FEATURES = ALL
DELIVER, READ, COMMIT = (EventPriority(k) for k in range(3))
"""Phases of an instant."""

Listener = Callable[[int, int, int], None]


class PBit:
    """One p-bit: its state, what it has heard of its neighbours, and its process."""

    def __init__(self, world: "World", number: int, spin: int) -> None:
        self.world, self.number, self.spin, self.updates = world, number, spin, 0
        program = world.program
        self.inputs = range(program.network.indptr[number], program.network.indptr[number + 1])
        self.synapse = float(program.cells.synapse[number])
        self.ticked = world.env.event()
        self.targets: list[tuple[PBit, int, int]] = []
        self.heard: dict[int, int] = {}
        self.filtered: dict[int, float] = {}
        self.stepped: dict[int, int] = {}
        self.generator: np.ndarray | None = None
        if program.noise.source != "ideal":
            self.generator = np.zeros(STATE_WORDS, dtype=np.uint32)
            seed_source(
                world.noise_key, SOURCES[program.noise.source], program.noise.source_share, program.noise.source_phase,
                program.noise.source_shifts, number, world.replica, self.generator,
            )  # fmt: skip

    def listen(self) -> None:
        """Before the first instant: hear every neighbour's initial value, with settled synapses."""
        program = self.world.program
        for k in self.inputs:
            source = self.world.pbits[program.network.indices[k]]
            source.targets.append((self, k, int(program.wires.delay[k])))
            self.heard[k], self.filtered[k], self.stepped[k] = source.spin, float(source.spin), 0

    def hear(self, connection: int, value: int) -> None:
        """A neighbour's value arrives over ``connection``; a filter first follows the old value up to now."""
        self._settle(connection)
        self.heard[connection] = value

    def _settle(self, connection: int) -> float:
        if not self.synapse:
            return float(self.heard[connection])
        now = self.world.now
        if now > self.stepped[connection]:
            elapsed = float(now - self.stepped[connection])
            self.filtered[connection] = synapse_step(
                float(self.heard[connection]), self.filtered[connection], elapsed, self.synapse
            )
            self.stepped[connection] = now
        return self.filtered[connection]

    def input(self) -> float:
        """I = -(h + sum J s), summed in the order of the program's row; driven couplings in a sum of their own."""
        program = self.world.program
        current, driven = float(program.network.bias[self.number]), 0.0
        for k in self.inputs:
            if program.wires.driven is not None and program.wires.driven[k]:
                driven += float(program.network.weight[k]) * self._settle(k)
            else:
                current += float(program.network.weight[k]) * self._settle(k)
        if program.wires.driven is None:
            return -current
        return -(current + self.world.anneal.drive_at(self.world.now) * driven)

    def process(self) -> Generator[simpy.Event, Any, None]:
        """Wait for a tick, read, commit; for ever."""
        env = self.world.env
        while True:
            yield self.ticked
            self.ticked = env.event()
            self.updates += 1
            value = self.world.decide(self, self.input())
            commit = env.event()
            commit._ok, commit._value = True, None
            commit.callbacks.append(partial(self._on_commit, value))
            env.schedule(commit, priority=COMMIT)

    def _on_commit(self, value: int, _: simpy.Event) -> None:
        self.commit(value)

    def commit(self, value: int) -> None:
        """Take the new value and send it; nothing is sent when it did not change, except to a synapse.

        A synapse steps its filter at every arrival, changed or not, so that the lengths of its steps depend on
        the schedule alone.
        """
        changed, self.spin = value != self.spin, value
        self.world.listener(self.world.now, self.number, value)
        for target, connection, delay in self.targets:
            if changed or target.synapse:
                self.world.send(target, connection, value, self.world.until_exchange(connection) + delay)


class World:
    """All p-bits of a program, for one replica, under one clock. ``env`` is open to users' own SimPy processes."""

    def __init__(
        self, program: Program, *, noise_key: int, clock_key: int, initial_key: int, replica: int,
        initial: np.ndarray | None = None, listener: Listener = lambda time, pbit, value: None,
    ) -> None:  # fmt: skip
        self.program, self.replica, self.listener = program, replica, listener
        self.anneal: Anneal  # of the next stretch; whoever runs the world sets it
        self.noise_key, self.clock_key = np.uint64(noise_key), np.uint64(clock_key)
        self.env = simpy.Environment()
        self.written = 0  # how often the states were written from outside
        n = program.n_pbits
        spins = [initial_spin(np.uint64(initial_key), i, replica) for i in range(n)] if initial is None else initial
        self.pbits = [PBit(self, i, int(spins[i])) for i in range(n)]
        for pbit in self.pbits:
            pbit.listen()
        for pbit in self.pbits:
            self.env.process(pbit.process())
        if program.clock.is_own:
            for pbit in self.pbits:
                self.env.process(self._own_clock(pbit))
        else:
            self.env.process(self._common_clock())

    def run(self, until: int) -> None:
        """Everything before grid time ``until``."""
        self.env.run(until=until)

    def assign(self, spins: np.ndarray) -> None:
        """Write the states int8 (n,): everybody sees them at once, and no signal sent before arrives any more."""
        self.written += 1
        for pbit in self.pbits:
            pbit.spin = int(spins[pbit.number])
        for pbit in self.pbits:
            for k in pbit.inputs:
                value = self.pbits[self.program.network.indices[k]].spin
                pbit.heard[k], pbit.filtered[k], pbit.stepped[k] = value, float(value), self.now

    @property
    def now(self) -> int:
        """Grid time."""
        return int(self.env.now)

    @property
    def spins(self) -> np.ndarray:
        """int8 (n,): the committed states now."""
        return np.array([pbit.spin for pbit in self.pbits], dtype=np.int8)

    def decide(self, pbit: PBit, field: float) -> int:
        """The law of the cell, with its own random number."""
        p, i = self.program, pbit.number
        if p.cells.stuck[i]:
            return int(p.cells.stuck[i])
        if p.cells.pdit is not None and len(self.lines(i)) > 1:
            return self.decide_level(pbit)
        offset = p.cells.offset[i]
        cells, noise = p.cells, p.noise
        if noise.flicker[i]:
            wave = flicker(self.clock_key, i, self.now, noise.flicker_block, noise.flicker_octaves)
            offset += noise.flicker[i] * wave
        bound = law_threshold(
            pbit.spin, field, self.anneal.beta_at(self.now), cells.gain[i], offset, cells.input_low[i],
            cells.input_high[i], cells.input_step[i], cells.threshold_word[i], cells.law[i], cells.parameter[i],
            cells.bound[i], noise.white[i], cells.points, cells.table_first, cells.table_step,
        )  # fmt: skip
        return 1 if float(self.draw(pbit)) < bound else -1

    def lines(self, i: int) -> range:
        """The lines of the p-dit that line i belongs to; a p-bit is its own and only one."""
        group = self.program.cells.pdit
        if group is None:
            return range(i, i + 1)
        first = int(group[i])
        return range(first, first + int(np.sum(group == first)))

    def decide_level(self, pbit: PBit) -> int:
        """A line of a p-dit: +1 where the p-dit draws its level, from the random number of the first line."""
        p, lines, beta = self.program, self.lines(pbit.number), self.anneal.beta_at(self.now)
        cells = p.cells
        z = np.empty(len(lines))
        for a, b in enumerate(lines):
            x = quantised(beta * self.pbits[b].input(), cells.input_low[b], cells.input_high[b], cells.input_step[b])
            z[a] = cells.gain[b] * (x + cells.offset[b])
        u = update_draw(self.noise_key, lines[0], pbit.updates, self.replica)
        return 1 if lines[0] + int(category(z, float(u))) == pbit.number else -1

    def draw(self, pbit: PBit) -> int:
        """The 32-bit uniform of this update: of the engines' own noise, or of the p-bit's generator."""
        if pbit.generator is None:
            return int(update_draw(self.noise_key, pbit.number, pbit.updates, self.replica))
        return int(source_next(SOURCES[self.program.noise.source], self.program.noise.source_shifts, pbit.generator))

    def until_exchange(self, connection: int) -> int:
        """Ticks until a value committed now leaves over ``connection``: at once, or at the chips' next exchange."""
        exchange = self.program.wires.exchange
        if exchange is None or exchange[connection] == 0:
            return 0
        every = int(exchange[connection])
        return (self.now // every + 1) * every - self.now

    def send(self, target: PBit, connection: int, value: int, delay: int) -> None:
        """Deliver ``value`` after ``delay`` ticks, before anybody reads at that instant."""
        arrival = self.env.event()
        arrival._ok, arrival._value = True, None
        written = self.written
        arrival.callbacks.append(lambda _: target.hear(connection, value) if written == self.written else None)
        self.env.schedule(arrival, priority=DELIVER, delay=delay)

    def _tick(self, pbit: PBit) -> None:
        """All lines of a p-dit tick with the first; a tick of another line is nothing, nor that of a held p-bit."""
        if self.program.cells.held[pbit.number]:
            return
        lines = self.lines(pbit.number)
        for line in lines if pbit.number == lines[0] else ():
            ticked = self.pbits[line].ticked
            ticked._ok, ticked._value = True, None
            self.env.schedule(ticked, priority=READ)

    def _wait(self, time: int) -> simpy.Event:
        return self.env.timeout(int(time) - self.env.now)

    def _own_clock(self, pbit: PBit) -> Generator[simpy.Event, Any, None]:
        p, i, time, number = self.program, pbit.number, 0, 0
        code, clock = p.clock.facts.code, p.clock
        while True:
            number += 1
            time = int(
                next_tick(code, self.clock_key, i, number, time, clock.tau[i], clock.phase[i], clock.jitter[i])
            )
            yield self._wait(time)
            self._tick(pbit)

    def _common_clock(self) -> Generator[simpy.Event, Any, None]:
        p, clock, slot = self.program, self.program.clock, 0
        n_slots = clock.n_slots
        while True:
            yield self._wait(slot_time(slot, clock.period, n_slots))
            if clock.kind == "random-sequential":
                self._tick(self.pbits[int(drawn_pbit(self.clock_key, slot, p.n_pbits))])
            elif clock.kind == "sequential":
                self._tick(self.pbits[slot % n_slots])
            else:
                for pbit in self.pbits:
                    if clock.kind == "chromatic":
                        if clock.color[pbit.number] == slot % n_slots:
                            self._tick(pbit)
                    elif takes_part(self.clock_key, pbit.number, slot, clock.participation):
                        self._tick(pbit)
            slot += 1


class ReferenceState:
    """Replicas in mid-run: one SimPy world each."""

    def __init__(self, program: Program, start: Start) -> None:
        self._program, self._start, self.updates = program, start, 0
        self._group = np.repeat(np.arange(start.schedules), [len(group) for group in start.groups()])
        self._events = {replica: Events() for replica in start.record}
        self._logs: dict[int, list[tuple[int, int, int]]] = {replica: [] for replica in start.record}
        self._felt = Felt(program.noise.temperature_drift)
        self._worlds = []
        for number, replicas in enumerate(start.groups()):
            noise, clock, initial_key = start.keys(number)
            for replica in replicas:
                initial = None if start.initial is None else start.initial[replica]
                self._worlds.append(
                    World(
                        program,
                        noise_key=noise,
                        clock_key=clock,
                        initial_key=initial_key,
                        replica=int(replica - replicas[0]),
                        initial=initial,
                        listener=self._listener(int(replica)),
                    )
                )

    def _listener(self, replica: int) -> Callable[[int, int, int], None]:
        log = self._logs.get(replica)

        def listen(time: int, pbit: int, value: int) -> None:
            self.updates += 1
            if log is not None:
                log.append((time, pbit, value))

        return listen

    def compile(self, anneal: Anneal) -> None:
        """Nothing to compile."""

    def advance(self, until: int, anneal: Anneal | Sequence[Anneal]) -> None:
        """Run every world up to ``until``."""
        anneals = self._felt.of(self._start.anneals(anneal))
        for world, group in zip(self._worlds, self._group.tolist(), strict=True):
            world.anneal = anneals[group]
            world.run(until)

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (reads, n) into the p-bits; see contract.State."""
        for world, spins in zip(self._worlds, states, strict=True):
            world.assign(spins)

    def spins(self) -> np.ndarray:
        """int8 (reads, n)."""
        return np.array([world.spins for world in self._worlds], dtype=np.int8)

    def energies(self) -> np.ndarray:
        """float64 (reads,), the program's offset included."""
        return self._program.energies(self.spins())

    def events(self) -> dict[int, Events]:
        """Traces of the recorded replicas, ordered by (time, p-bit)."""
        for replica, log in self._logs.items():
            ordered = np.array(sorted(log), dtype=np.int64).reshape(-1, 3)
            self._events[replica] = Events([ordered[:, 0]], [ordered[:, 1]], [ordered[:, 2]])
        return self._events


def why_not(program: Program) -> None:
    """None: the reference runs every program."""


def start(program: Program, start: Start) -> ReferenceState:
    """Replicas at time 0."""
    return ReferenceState(program, start)
