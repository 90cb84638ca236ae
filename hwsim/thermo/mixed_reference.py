"""The law of mixed machines in time: a SimPy world with one process per p-bit, and modes that move when looked at.

One instant has three phases. Values that were sent earlier and arrive now are seen first; then every p-bit that ticks
now reads; then values that are sent without delay are seen. So p-bits that tick together do not see each other's new
value. Between two instants nobody changes, so the modes are left where they are until somebody reads them or pulls them
otherwise, and then moved over all the time that has passed at once.
"""

from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import simpy
from simpy.core import EventPriority

from hwsim.cell.law import exponential_interval
from hwsim.thermo.mixed import MixedNetwork
from hwsim.thermo.mixed_events import (
    READ,
    SEEN,
    SEEN_AT_ONCE,
    Keys,
    decide,
    group_keys,
    one_normal,
    one_uniform,
    rounds,
    transition,
)  # fmt: skip
from hwsim.units import TICK_S, to_ticks

Listener = Callable[[int, int, int, np.ndarray], None]
"""Hears of each update: time in ticks, p-bit, new value, x float64 (m,) as the p-bit read it."""


class Modes:
    """The continuous cells of one replica, as independent normal modes y: x = shapes @ y."""

    def __init__(self, world: "World") -> None:
        self.world, self.time = world, 0
        self.rates, self.shapes = world.network.normal_modes
        self.spread = 1 / np.sqrt(world.beta * self.rates)
        noise = [self.noise(world.keys.scatter, k, 0) for k in range(len(self.rates))]
        self.y = self.centre() + self.spread * noise

    def centre(self) -> np.ndarray:
        """float64 (m,): where the modes are pulled now."""
        network = self.world.network
        return self.shapes.T @ (network.force + network.weights @ self.world.seen) / self.rates

    def x(self) -> np.ndarray:
        """float64 (m,): the cells now."""
        self.settle()
        return self.shapes @ self.y

    def settle(self) -> None:
        """Move each mode from when it was last moved to now: the exact law of an Ornstein-Uhlenbeck process whose
        centre stood still. Its deviation shrinks by exp(-rate t), and it gains a variance of 1 - exp(-2 rate t) times
        1 / (beta rate)."""
        now = self.world.now
        if now == self.time:
            return
        for k, centre in enumerate(self.centre()):
            shrink, spread = transition(self.rates[k] * TICK_S, now - self.time)
            noise = spread * self.spread[k] * self.noise(self.world.keys.mode, k, now)
            self.y[k] = centre + (self.y[k] - centre) * shrink + noise
        self.time = now

    def noise(self, key: np.uint64, mode: int, when: int) -> float:
        """A standard normal number: that of this replica, this mode and this instant."""
        return float(one_normal(key, mode, when, self.world.replica))


class PBit:
    """One p-bit: its value and its process. ``number`` counts its updates."""

    def __init__(self, world: "World", i: int) -> None:
        self.world, self.i, self.number = world, i, 0
        self.value = int(decide(0.0, 0.0, one_uniform(world.keys.start, i, 0, world.replica)))

    def process(self) -> Generator[simpy.Event, Any, None]:
        """Wait for the clock, read, draw, send; for ever."""
        world = self.world
        while True:
            self.number += 1
            yield world.at(world.tick(self), READ)
            x = world.modes.x()
            u = one_uniform(world.keys.spin, self.i, self.number, world.replica)
            self.value = int(decide(world.input(self.i, x), world.beta, u))
            world.listener(world.now, self.i, self.value, x)
            world.send(self)


class World:
    """One replica of a network. ``env`` is open to users' own processes."""

    def __init__(
        self, network: MixedNetwork, *, beta: float, seed: int, group: int = 0, replica: int = 0,
        clock: str = "poisson", delay_s: float = 0.0,
        listener: Listener = lambda time, pbit, value, x: None,
    ) -> None:  # fmt: skip
        self.network, self.beta, self.replica, self.listener = network, beta, replica, listener
        self.keys: Keys = group_keys(seed, group)
        self.delay = to_ticks(delay_s, name="delay_s")
        self.round = None if clock == "poisson" else rounds(network, clock)
        self.env = simpy.Environment()
        self.pbits = [PBit(self, i) for i in range(network.n_pbits)]
        self.seen = np.array([pbit.value for pbit in self.pbits], dtype=float)
        self.modes = Modes(self)
        self.last = [0] * network.n_pbits
        for pbit in self.pbits:
            self.env.process(pbit.process())

    @property
    def now(self) -> int:
        """Grid time."""
        return int(self.env.now)

    def run(self, until: int) -> tuple[np.ndarray, np.ndarray]:
        """(int8 (n,), float64 (m,)): values and x at grid time ``until``, after everything before it."""
        self.env.run(until=until)
        return np.array([pbit.value for pbit in self.pbits], dtype=np.int8), self.modes.x()

    def input(self, i: int, x: np.ndarray) -> float:
        """I = -(h + sum J s) + sum W x, of what p-bit i sees."""
        network = self.network
        return float(-(network.bias[i] + network.coupling[i] @ self.seen) + network.weights[:, i] @ x)

    def tick(self, pbit: PBit) -> int:
        """Grid time of the p-bit's update number ``pbit.number``."""
        i, number = pbit.i, pbit.number
        if self.round is not None:
            period, instants, members = self.round
            return (number - 1) * period + int(instants[members == i][0])
        u = one_uniform(self.keys.clock, i, number, 0)
        self.last[i] += int(exponential_interval(self.network.pbit_tau_s[i] / TICK_S, u))
        return self.last[i]

    def send(self, pbit: PBit) -> None:
        """Let everybody see the p-bit's value, in due time."""
        value, phase = pbit.value, SEEN if self.delay else SEEN_AT_ONCE
        arrival = self.at(self.now + self.delay, phase)
        assert arrival.callbacks is not None
        arrival.callbacks.append(lambda _: self.arrive(pbit.i, value))

    def arrive(self, i: int, value: int) -> None:
        """The value of p-bit i pulls the modes and its neighbours from now on."""
        self.modes.settle()
        self.seen[i] = value

    def at(self, time: int, phase: int) -> simpy.Event:
        """An event in a phase of an instant."""
        event = self.env.event()
        event._ok, event._value = True, None
        self.env.schedule(event, priority=EventPriority(phase), delay=time - self.now)
        return event
