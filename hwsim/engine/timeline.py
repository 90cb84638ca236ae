"""A timeline: instants of three phases and a clock that ticks in them, in SimPy. Both references run on it.

Enters: a clock, and cells that tick. Within an instant, values that were sent earlier and arrive now are delivered
first; then all cells that tick now read; then all of them commit and send. So two that tick together do not see each
other's new value, and one that ticks a period of delay later does. A signal is an event with a callback and not a
process, because a process would insert an event of its own into the order.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Any

import numpy as np
import simpy
from simpy.core import EventPriority

from hwsim.engine.schedule import drawn_pbit, next_tick, slot_time, takes_part
from hwsim.program import Clock

DELIVER, READ, COMMIT = (EventPriority(k) for k in range(3))
"""Phases of an instant."""


class Ticker:
    """A cell of a timeline and its process. ``updates`` counts its ticks from 1."""

    def __init__(self, world: "Timeline", number: int) -> None:
        self.world, self.number, self.updates = world, number, 0
        self.ticked = simpy.Event(world.env)

    def read(self) -> int:
        """The next value, from what the cell sees now."""
        raise NotImplementedError

    def commit(self, value: int) -> None:
        """Take the value, and send it."""
        raise NotImplementedError

    def process(self) -> Generator[simpy.Event, Any, None]:
        """Wait for a tick, read, commit; for ever."""
        world = self.world
        while True:
            yield self.ticked
            self.ticked = simpy.Event(world.env)
            self.updates += 1
            if not world.uncommitted:
                world.at(COMMIT, world.commit)
            world.uncommitted.append((self, self.read()))


class Timeline:
    """Cells under one clock. ``env`` is open to users' own SimPy processes.

    clock_key, place : the stream of the clock's numbers, as in `hwsim.engine.schedule.Instants`
    """

    def __init__(self, clock: Clock, clock_key: int, *, place: int = 1) -> None:
        self.clock, self.clock_key, self.place = clock, np.uint64(clock_key), np.uint64(place)
        self.env = simpy.Environment()
        self.uncommitted: list[tuple[Ticker, int]] = []
        self.slot = 0  # of a common clock: its number, from 0, of the instant at hand

    def begin(self, cells: Sequence[Ticker], together: Sequence[Sequence[int]] | None = None) -> None:
        """Start the processes of ``cells``, one for each p-bit of the clock, and then the clock's own.

        together : for each cell, the cells that tick when it does; None where each ticks alone
        """
        self.cells = cells
        self.together = [(number,) for number in range(len(cells))] if together is None else together
        for cell in cells:
            self.env.process(cell.process())
        if self.clock.is_own:
            for number in range(len(cells)):
                self.env.process(self._own_clock(number))
        else:
            self.env.process(self._common_clock())

    @property
    def now(self) -> int:
        """Grid time."""
        return int(self.env.now)

    def at(self, phase: EventPriority, then: Callable[[simpy.Event], None], delay: int = 0) -> None:
        """Call ``then`` with an event, in a phase of the instant ``delay`` ticks from now."""
        event = simpy.Event(self.env)
        event._ok, event._value, event.callbacks = True, None, [then]
        self.env.schedule(event, phase, delay)

    def commit(self, _: simpy.Event) -> None:
        """Let the cells that have read commit, in that order."""
        cells, self.uncommitted = self.uncommitted, []
        for cell, value in cells:
            cell.commit(value)

    def tick(self, number: int) -> None:
        """Let cell ``number``, and all that tick with it, read in this instant."""
        for cell in self.together[number]:
            ticked = self.cells[cell].ticked
            ticked._ok, ticked._value = True, None
            self.env.schedule(ticked, READ)

    def _wait(self, time: int) -> simpy.Event:
        return simpy.Timeout(self.env, int(time) - self.env.now)

    def _own_clock(self, i: int) -> Generator[simpy.Event, Any, None]:
        clock, code, time, number = self.clock, self.clock.facts.code, 0, 0
        while True:
            number += 1
            time = next_tick(
                code, self.clock_key, i, number, time, clock.tau[i], clock.phase[i], clock.jitter[i], self.place
            )
            yield self._wait(time)
            self.tick(i)

    def _common_clock(self) -> Generator[simpy.Event, Any, None]:
        slot, n_slots = 0, self.clock.n_slots
        while True:
            yield self._wait(slot_time(slot, self.clock.period, n_slots))
            self.slot = slot
            for number in self._members(slot):
                self.tick(number)
            slot += 1

    def _members(self, slot: int) -> Iterable[int]:
        """The cells that tick in slot number ``slot``."""
        clock, n = self.clock, len(self.cells)
        if clock.kind == "random-sequential":
            return (int(drawn_pbit(self.clock_key, slot, n, self.place)),)
        if clock.kind == "sequential":
            return (slot % n,)
        if clock.kind == "chromatic":
            return np.flatnonzero(clock.color == slot % clock.n_slots).tolist()
        if clock.schedule_share == 1:
            return range(n)
        return [i for i in range(n) if takes_part(self.clock_key, i, slot, clock.participation, self.place)]
