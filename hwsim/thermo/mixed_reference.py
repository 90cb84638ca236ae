"""The reference of mixed machines in time: a SimPy world with one process per p-bit, and modes that move when read.

`hwsim.engine.timeline` says when p-bits tick and read, and when a value is seen. Between two instants no p-bit changes,
so the modes stay where they are until a p-bit reads them or pulls them differently; then they move over all the time
that has passed at once.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from hwsim.engine.noise import uniform
from hwsim.engine.timeline import DELIVER, Ticker, Timeline
from hwsim.thermo.mixed import MixedNetwork
from hwsim.thermo.mixed_events import clock_of
from hwsim.thermo.mixed_noise import CLOCK_PLACE, Keys, decide, one_normal, schedule_keys, transition
from hwsim.units import TICK_S, to_ticks

Listener = Callable[[int, int, int, np.ndarray], None]
"""Called at each update with the time in ticks, the p-bit, its new value, and x float64 (m,) as the p-bit read it."""


class Modes:
    """The continuous cells of one replica, as independent normal modes y: x = shapes @ y."""

    def __init__(self, world: "World") -> None:
        self.world, self.time = world, 0
        self.rates, self.shapes = world.network.normal_modes
        self.spread = 1 / np.sqrt(world.beta * self.rates)
        noise = [self.noise(world.keys.scatter, k, 0) for k in range(len(self.rates))]
        self._centre: np.ndarray | None = None
        self.y = self.centre() + self.spread * noise

    def centre(self) -> np.ndarray:
        """float64 (m,): where the modes are pulled; cached until a new value of a p-bit is seen."""
        if self._centre is None:
            network = self.world.network
            self._centre = self.shapes.T @ (network.force + network.weights @ self.world.seen) / self.rates
        return self._centre

    def forget_centre(self) -> None:
        """Compute the centre anew: a new value is seen from now on."""
        self._centre = None

    def x(self) -> np.ndarray:
        """float64 (m,): the cells now."""
        self.settle()
        return self.shapes @ self.y

    def settle(self) -> None:
        """Move each mode from its last move to now, by the exact law of an Ornstein-Uhlenbeck process with a fixed
        centre: the deviation shrinks by exp(-rate t), and the variance (1 - exp(-2 rate t)) / (beta rate) is added."""
        now = self.world.now
        if now == self.time:
            return
        for k, centre in enumerate(self.centre()):
            shrink, spread = transition(self.rates[k] * TICK_S, now - self.time)
            noise = spread * self.spread[k] * self.noise(self.world.keys.mode, k, now)
            self.y[k] = centre + (self.y[k] - centre) * shrink + noise
        self.time = now

    def noise(self, key: np.uint64, mode: int, when: int) -> float:
        """The standard normal number of this replica, mode and instant."""
        return float(one_normal(key, mode, when, self.world.replica))


class PBit(Ticker):
    """One p-bit and its value."""

    world: "World"

    def __init__(self, world: "World", i: int) -> None:
        super().__init__(world, i)
        self.value = int(decide(0.0, 0.0, uniform(world.keys.start, i, 0, world.replica)))

    def read(self) -> int:
        """The value that the p-bit draws, given the modes and the values that it sees."""
        world = self.world
        x = world.modes.x()
        u = uniform(world.keys.spin, self.number, self.updates, world.replica)
        value = int(decide(world.input(self.number, x), world.beta, u))
        world.listener(world.now, self.number, value, x)
        return value

    def commit(self, value: int) -> None:
        """Take the value; others see it after the delay."""
        self.value = value
        self.world.at(DELIVER, partial(self.world.arrive, self.number, value), self.world.delay)


class World(Timeline):
    """One replica of a network. ``env`` takes users' own processes."""

    def __init__(
        self,
        network: MixedNetwork,
        *,
        beta: float,
        seed: int,
        schedule: int = 0,
        replica: int = 0,
        clock: str = "poisson",
        delay_s: float = 0.0,
        listener: Listener = lambda time, pbit, value, x: None,
    ) -> None:
        self.keys: Keys = schedule_keys(seed, schedule)
        super().__init__(clock_of(network, clock), int(self.keys.clock), place=CLOCK_PLACE)
        self.network, self.beta, self.replica, self.listener = network, beta, replica, listener
        self.delay = to_ticks(delay_s, name="delay_s")
        self.pbits = [PBit(self, i) for i in range(network.n_pbits)]
        self.seen = np.array([pbit.value for pbit in self.pbits], dtype=float)
        self.modes = Modes(self)
        self.begin(self.pbits)

    def run(self, until: int) -> tuple[np.ndarray, np.ndarray]:
        """(int8 (n,), float64 (m,)): values and x at grid time ``until``, after all earlier events."""
        self.env.run(until=until)
        return np.array([pbit.value for pbit in self.pbits], dtype=np.int8), self.modes.x()

    def input(self, i: int, x: np.ndarray) -> float:
        """I = -(h + sum J s) + sum W x, from what p-bit i sees."""
        network = self.network
        return float(-(network.bias[i] + network.coupling[i] @ self.seen) + network.weights[:, i] @ x)

    def arrive(self, i: int, value: int, _: object = None) -> None:
        """The value of p-bit i pulls the modes and its neighbours from now on."""
        self.modes.settle()
        if value != self.seen[i]:
            self.seen[i] = value
            self.modes.forget_centre()
