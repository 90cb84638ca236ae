"""reference: the law. A SimPy world with one process per p-bit, written to be read.

`hwsim.engine.timeline` says when p-bits tick, read and commit, and when a value arrives; this file says what they read,
decide and send.
"""

from collections.abc import Callable, Sequence

import numpy as np

from hwsim.anneal import Anneal
from hwsim.cell.codes import SOURCES, has_own_clock
from hwsim.cell.law import category, complement, law_threshold, level_inputs, quantised, synapse_step
from hwsim.cell.source import STATE_WORDS, source_next, source_shown, source_tap
from hwsim.engine.contract import Drift, Events, Start, counted_updates, sets_own_rate
from hwsim.engine.feature import ALL
from hwsim.engine.moves import MovesOfCopies
from hwsim.engine.noise import flicker, initial_spin, joins, seed_source, shared_draw, update_draw, white
from hwsim.engine.timeline import DELIVER, Ticker, Timeline
from hwsim.engine.white import white_noise
from hwsim.program import Network, Program

FEATURES = ALL

Listener = Callable[[int, int, int], None]


class PBit(Ticker):
    """One p-bit: its state, and what it has heard of its neighbours."""

    world: "World"

    def __init__(self, world: "World", number: int, spin: int) -> None:
        super().__init__(world, number)
        self.spin, self.takes_part = spin, True
        program = world.program
        row = program.network.row(number)
        self.inputs = range(row.start, row.stop)
        self.load(program.network, 0.0)
        self.synapse = float(program.cells.synapse[number])
        self.targets: list[tuple[PBit, int, int]] = []
        self.heard: dict[int, int] = {}
        self.filtered: dict[int, float] = {}
        self.stepped: dict[int, int] = {}
        self.generator: np.ndarray | None = None
        self.steps = 0  # of the generator so far
        if program.noise.source != "ideal":
            self.generator = np.zeros(STATE_WORDS, dtype=np.uint32)
            seed_source(
                world.noise_key,
                SOURCES[program.noise.source],
                program.noise.source_share,
                program.noise.words_apart,
                program.noise.source_shifts,
                number,
                world.replica,
                self.generator,
            )

    def load(self, network: Network, read_bias: float) -> None:
        """Take the bias and the weights of ``network``, and what this read adds to the bias."""
        is_driven = self.world.program.wires.driven
        self.bias = float(network.bias[self.number]) + read_bias  # h of the sum
        inputs = list(zip(self.inputs, network.weight[network.row(self.number)].tolist(), strict=True))
        self.steady = [(k, weight) for k, weight in inputs if is_driven is None or not is_driven[k]]
        self.driven = None if is_driven is None else [(k, weight) for k, weight in inputs if is_driven[k]]

    def listen(self) -> None:
        """Before the first instant: hear every neighbour's initial value, with settled synapses."""
        program = self.world.program
        for k in self.inputs:
            source = self.world.pbits[program.network.indices[k]]
            source.targets.append((self, k, int(program.wires.delay[k])))
            self.heard[k], self.filtered[k], self.stepped[k] = source.spin, float(source.spin), 0

    def hear(self, connection: int, value: int) -> None:
        """A neighbour's value arrives over ``connection``; a filter first follows the old value up to now."""
        if self.synapse:
            self._settle(connection)
        self.heard[connection] = value

    def _settle(self, connection: int) -> float:
        """The output of the filter of ``connection`` now."""
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
        value, current, driven = self._settle if self.synapse else self.heard.__getitem__, self.bias, 0.0
        for k, weight in self.steady:
            current += weight * value(k)
        if self.driven is None:
            return -current
        for k, weight in self.driven:
            driven += weight * value(k)
        return -(current + self.world.anneal.drive_at(self.world.now) * driven)

    def read(self) -> int:
        """The value that the p-bit decides for, on its input now; its own where it does not take part."""
        field, self.takes_part = self.input(), self.world.takes_part(self)
        return self.world.decide(self, field) if self.takes_part else self.spin

    def commit(self, value: int) -> None:
        """Take the new value and send it; nothing is sent when it did not change, except to a synapse.

        A synapse steps its filter at every arrival, changed or not, so that its steps depend on the schedule alone.
        """
        world, changed, self.spin = self.world, value != self.spin, value
        if world.regular[self.number]:
            world.ticks += 1
        else:
            world.flips += changed
        if self.takes_part:
            world.listener(world.now, self.number, value)
        for target, connection, delay in self.targets:
            if changed or target.synapse:
                world.send(target, connection, value, world.until_exchange(connection) + delay)


class World(Timeline):
    """All p-bits of a program, for one replica, under its clock. ``env`` is open to users' own SimPy processes."""

    def __init__(
        self,
        program: Program,
        *,
        noise_key: int,
        clock_key: int,
        initial_key: int,
        replica: int,
        initial: np.ndarray | None = None,
        listener: Listener = lambda time, pbit, value: None,
    ) -> None:
        super().__init__(program.clock, clock_key)
        self.program, self.replica, self.listener = program, replica, listener
        self.anneal: Anneal  # of the next stretch; whoever runs the world sets it
        self.noise_key = np.uint64(noise_key)
        self.averaged_noise, self.drawn_noise = white_noise(program)
        self.written = 0  # how often the states were written from outside
        self.regular = ~has_own_clock(program.cells.law)
        self.ticks = 0  # of p-bits that do not set their own rate
        self.flips = 0  # of the others
        n = program.n_pbits
        spins = [initial_spin(np.uint64(initial_key), i, replica) for i in range(n)] if initial is None else initial
        self.pbits = [PBit(self, i, int(spins[i])) for i in range(n)]
        for pbit in self.pbits:
            pbit.listen()
        self.begin(self.pbits, together=[self.ticking_with(i) for i in range(n)])

    def run(self, until: int) -> None:
        """Everything before grid time ``until``."""
        self.env.run(until=until)

    def assign(self, spins: np.ndarray) -> None:
        """Write the states int8 (n,): neighbours see them at once, and signals that were under way are lost."""
        self.written += 1
        for pbit in self.pbits:
            pbit.spin = int(spins[pbit.number])
        for pbit in self.pbits:
            for k in pbit.inputs:
                value = self.pbits[self.program.network.indices[k]].spin
                pbit.heard[k], pbit.filtered[k], pbit.stepped[k] = value, float(value), self.now

    def load(self, network: Network, read_bias: np.ndarray) -> None:
        """Take other biases and weights, and what the read adds to the biases, float64 (n,); the rest goes on."""
        for pbit in self.pbits:
            pbit.load(network, float(read_bias[pbit.number]))

    @property
    def spins(self) -> np.ndarray:
        """int8 (n,): the committed states now."""
        return np.array([pbit.spin for pbit in self.pbits], dtype=np.int8)

    def decide(self, pbit: PBit, field: float) -> int:
        """The next value of ``pbit`` at the input ``field``, by its law and its random number."""
        cells, noise, i = self.program.cells, self.program.noise, pbit.number
        if cells.stuck[i]:
            return int(cells.stuck[i])
        if cells.pdit is not None and len(self.lines(i)) > 1:
            return self.decide_level(pbit)
        offset = cells.offset[i]
        if noise.flicker[i]:
            wave = flicker(self.clock_key, i, self.now, noise.flicker_block, noise.flicker_octaves)
            offset += noise.flicker[i] * wave
        if self.drawn_noise[i]:
            offset += self.drawn_noise[i] * white(self.noise_key, i, pbit.updates, self.replica)
        threshold = law_threshold(
            pbit.spin,
            field,
            self.anneal.beta_at(self.now),
            cells.gain[i],
            offset,
            cells.input_low[i],
            cells.input_high[i],
            cells.input_step[i],
            cells.comparator_step[i],
            cells.law[i],
            cells.parameter[i],
            cells.z_limit[i],
            self.averaged_noise[i],
            cells.points,
            cells.table_first,
            cells.table_step,
        )
        word = self.draw(pbit)
        if cells.comparison == "swapped":
            x = self.anneal.beta_at(self.now) * field
            word = complement(word, quantised(x, cells.input_low[i], cells.input_high[i], cells.input_step[i]))
        return 1 if float(word) < threshold else -1

    def ticking_with(self, i: int) -> list[int]:
        """The p-bits that tick when i does: all lines of a p-dit with its first, none with another; held ones never."""
        lines, held = self.lines(i), self.program.cells.held
        return [line for line in lines if not held[line]] if i == lines[0] else []

    def lines(self, i: int) -> range:
        """The lines of the p-dit that line i belongs to; a p-bit is its own only line."""
        pdit = self.program.cells.pdit
        if pdit is None:
            return range(i, i + 1)
        first = int(pdit[i])
        return range(first, first + int(np.sum(pdit == first)))

    def decide_level(self, pbit: PBit) -> int:
        """The next value of a line: +1 where the p-dit draws its level, by the random number of the first line."""
        p, lines, beta = self.program, self.lines(pbit.number), self.anneal.beta_at(self.now)
        cells = p.cells
        z = np.array([beta * self.pbits[b].input() for b in lines])
        level_inputs(z, lines[0], cells.gain, cells.offset, cells.input_low, cells.input_high, cells.input_step)
        u = update_draw(self.noise_key, lines[0], pbit.updates, self.replica)
        return 1 if lines[0] + int(category(z, float(u), cells.comparator_step[lines[0]])) == pbit.number else -1

    def takes_part(self, pbit: PBit) -> bool:
        """Whether ``pbit`` takes part in its tick now, all lines of a p-dit with the first. Where each replica draws
        its participants, every p-bit ticks; else only those tick that take part."""
        share = self.program.clock.own_share
        if share is None:
            return True
        return bool(joins(self.noise_key, self.lines(pbit.number)[0], pbit.updates, self.replica, share))

    def draw(self, pbit: PBit) -> int:
        """The 32-bit uniform of this update: of the engines' own noise, or of the p-bit's generator."""
        if pbit.generator is None:
            shared = self.program.noise.random_bit
            if shared is not None:
                return int(shared_draw(self.noise_key, shared[pbit.number], pbit.updates, self.replica))
            return int(update_draw(self.noise_key, pbit.number, pbit.updates, self.replica))
        return self.word(pbit, pbit.generator)

    def word(self, pbit: PBit, generator: np.ndarray) -> int:
        """What ``generator`` shows to ``pbit`` at this update: after its steps for it or, where it is held, before.
        A source that steps with the clock first makes up for the slots in which the p-bit did not tick."""
        noise = self.program.noise
        code, shifts = SOURCES[noise.source], noise.source_shifts
        missed = self.slot * shifts - pbit.steps if noise.source_steps == "clock" else 0
        if missed:
            source_next(code, missed, generator)
        before = source_shown(code, generator)
        after = source_next(code, shifts, generator)
        pbit.steps += missed + shifts
        shown = before if noise.source_shows == "held" else after
        return int(source_tap(code, shown, pbit.number % noise.source_share * noise.bits_apart))

    def until_exchange(self, connection: int) -> int:
        """Ticks until a value committed now leaves over ``connection``: at once, or at the chips' next exchange."""
        exchange = self.program.wires.exchange
        if exchange is None or exchange[connection] == 0:
            return 0
        every = int(exchange[connection])
        return (self.now // every + 1) * every - self.now

    def send(self, target: PBit, connection: int, value: int, delay: int) -> None:
        """Deliver ``value`` after ``delay`` ticks, before anybody reads at that instant."""
        written = self.written
        self.at(DELIVER, lambda _: target.hear(connection, value) if written == self.written else None, delay)


class ReferenceState(MovesOfCopies):
    """Replicas in mid-run. worlds : one SimPy world each, in order"""

    def __init__(self, program: Program, start: Start) -> None:
        self._program, self._start, self.updates = program, start, 0
        self.flips = 0 if np.any(sets_own_rate(program)) else None
        self._events = {replica: Events() for replica in start.record}
        self._logs: dict[int, list[tuple[int, int, int]]] = {replica: [] for replica in start.record}
        self._drift = Drift(program.noise.temperature_drift)
        self._read_bias = np.zeros((start.reads, program.n_pbits))
        self.worlds: list[World] = []
        self._anneal_of: list[int] = []  # of each world: the number of its anneal
        for number, replicas in enumerate(start.replicas_by_schedule()):
            noise, clock, initial_key = start.keys(number)
            per_rung = len(replicas) // start.rungs
            for k, (replica, lane) in enumerate(zip(replicas, start.lanes(len(replicas)), strict=True)):
                self._anneal_of.append(number * start.rungs + (k // per_rung if start.rungs > 1 else 0))
                initial = None if start.initial is None else start.initial[replica]
                self.worlds.append(
                    World(
                        program,
                        noise_key=noise,
                        clock_key=clock,
                        initial_key=initial_key,
                        replica=int(lane),
                        initial=initial,
                        listener=self._listener(int(replica)),
                    )
                )
        if start.read_bias is not None:
            self.bias_reads(start.read_bias)

    def _listener(self, replica: int) -> Callable[[int, int, int], None]:
        log = self._logs.get(replica)

        def listen(time: int, pbit: int, value: int) -> None:
            if log is not None:
                log.append((time, pbit, value))

        return listen

    def compile(self, anneal: Anneal) -> None:
        """Nothing to compile."""

    def advance(self, until: int, anneal: Anneal | Sequence[Anneal]) -> None:
        """Run every world up to ``until``."""
        anneals = self._drift.applied(self._start.anneals(anneal))
        for world, number in zip(self.worlds, self._anneal_of, strict=True):
            world.anneal = anneals[number]
            if until > world.now:
                world.run(until)
        ticks, run_ticks = (sum(counted) for counted in zip(*((w.ticks, w.now) for w in self.worlds), strict=True))
        self.updates = counted_updates(self._program, ticks, run_ticks)
        if self.flips is not None:
            self.flips = sum(world.flips for world in self.worlds)

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (reads, n) into the p-bits; see contract.State."""
        for world, spins in zip(self.worlds, states, strict=True):
            world.assign(spins)

    def bias_reads(self, values: np.ndarray) -> None:
        """Each read adds ``values`` float64 (reads, n) to its biases; see contract.State."""
        self._read_bias = np.where(self._program.cells.read_bias, values, 0.0)
        self._write()

    def load(self, network: Network) -> None:
        """Write other biases and weights; see contract.State."""
        self._program = self._program.with_network(network)
        self._write()

    def _write(self) -> None:
        for world, read_bias in zip(self.worlds, self._read_bias, strict=True):
            world.load(self._program.network, read_bias)

    def spins(self, replicas: np.ndarray | None = None) -> np.ndarray:
        """int8 (reads, n), or of ``replicas`` alone."""
        states = np.array([world.spins for world in self.worlds], dtype=np.int8)
        return states if replicas is None else states[replicas]

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
