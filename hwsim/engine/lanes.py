"""lanes: the fast engine for any weights. Replicas side by side in SIMD lanes, which share a schedule.

Enters: a Program, a schedule chunk and a Shard (64 to 512 replicas of one schedule). Leaves: the shard advanced.

This file lays a program out for the kernel. The event loop is in lanes_kernel, the sums in lanes_fields, the
comparisons in lanes_decisions, the thresholds in lanes_thresholds, the commits that neighbours do not see in pending.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hwsim.anneal import Anneal
from hwsim.cell.codes import HEAT_BATH, IDEAL, NO_LIMIT, SOURCES, XOSHIRO128, rises
from hwsim.cell.source import STATE_WORDS
from hwsim.engine.arguments import Steps, given, start_rows, steps_of
from hwsim.engine.contract import Columns, Start, columns, sets_own_rate
from hwsim.engine.feature import ALL, Feature, asked, missing
from hwsim.engine.lanes_fields import Filters, Network, fill_reach
from hwsim.engine.lanes_kernel import GENERAL, INTEGER, SCREENED, SIGMOID, Layout, Memory, Plan, Scratch, advance
from hwsim.engine.lanes_patterns import MOST
from hwsim.engine.lanes_sources import Source
from hwsim.engine.lanes_thresholds import MAX_RUNGS, RUNGS, Cells, Tables
from hwsim.engine.memory import aligned
from hwsim.engine.noise import seed_source
from hwsim.engine.packing import pack_lanes, pack_queued
from hwsim.engine.participants import new_absent, part_of
from hwsim.engine.pending import (
    deeper,
    drop,
    longer,
    new_queue,
    new_rings,
    newest,
    newest_of_rings,
    newest_rows,
    write_rings,
)
from hwsim.engine.schedule import Chunk
from hwsim.engine.shards import Replicas, ShardedState
from hwsim.engine.uniforms import Uniforms, lane_of_replica, new_uniforms, random_start
from hwsim.engine.white import white_noise
from hwsim.jit import Often, njit
from hwsim.program import Network as WiredNetwork
from hwsim.program import Program
from hwsim.rounding import power_of_two

FEATURES = ALL - {Feature.SHARED_WORDS}
MAX_LEVELS = 512
_ORDINARY = 2.0**-40, 2.0**41
_ODD = {Feature.OWN_STATE, Feature.DRAWN_NOISE, Feature.SOURCE, Feature.PDITS, Feature.SWAPPED}
"""Features that take the general path."""


def why_not(program: Program) -> str | None:
    """Why this engine cannot run ``program``, or None."""
    return missing(program, FEATURES)


def start(program: Program, start: Start) -> ShardedState:
    """Replicas at time 0."""
    return ShardedState(program, start, Prepared(program))


class Prepared:
    """A Program laid out for the kernels; made once a run and shared by its shards."""

    shard_words, grain, mixes = 8, 1, False  # 512 lanes: a row fills eight cache lines

    def __init__(self, program: Program) -> None:
        device, network, wires = columns(program), program.network, program.wires
        _, drawn = white_noise(program)
        has_synapse = bool(np.any(program.cells.synapse > 0))
        self.biased = program.cells.biased
        unit = None if has_synapse or len(self.biased) else program.network.unit
        levels = _integer_levels(network, unit)
        self._alike_devices = all(bool(np.all(column == column[0])) for column in vars(device).values())
        is_integer = unit is not None and int(levels.n_levels.max()) <= MAX_LEVELS
        path, self._real_path = (_path(program, device, is_integer=whole) for whole in (is_integer, False))
        self.n_pbits = program.n_pbits
        self.layout = Layout(
            Network(
                network.bias,
                network.weight,
                network.reach,
                np.empty((0, 0)),
                given(start_rows(self.biased, self.n_pbits), np.int32),
                network.indptr,
                network.indices,
                _reversed(network),
                wires.delay,
                given(wires.exchange, np.int64),
                given(wires.driven, np.bool_),
                given(program.cells.pdit, np.int32),
                *levels,
            ),
            Cells(
                **vars(device),
                own_rate=sets_own_rate(program),
                drawn=drawn,
                synapse=program.cells.synapse,
                table=given(program.cells.table, np.float64),
                table_first=program.cells.table_first,
                table_step=program.cells.table_step,
            ),
            Plan(
                path=path,
                queued=wires.uniform_delay is not None and not has_synapse,
                has_synapse=has_synapse,
                has_drawn=bool(np.any(drawn > 0)),
                longest=wires.longest_ticks,
                unit=1.0,
                swapped=program.cells.comparison == "swapped",
                source=Source(
                    code=SOURCES[program.noise.source],
                    shifts=program.noise.source_shifts,
                    by_clock=program.noise.source_steps == "clock",
                    held=program.noise.source_shows == "held",
                    share=program.noise.source_share,
                    bits_apart=program.noise.bits_apart,
                    period=program.clock.period,
                    n_slots=1 if program.clock.is_own else program.clock.n_slots,
                ),
            ),
        )
        states = 2 if program.remembers else 1
        has_rungs = _has_rungs(program, device) and self.n_pbits * states * RUNGS < MAX_RUNGS
        self._rungs = (1 if self._alike_devices else self.n_pbits, states, RUNGS) if has_rungs else (1, 0, 0)
        self.part = part_of(program)
        self._words_apart = program.noise.words_apart
        self._unit = unit if unit is not None else 1.0
        self._most_added = np.zeros(len(self.biased))
        self._program = program
        self._write(network.reach.copy())

    def _write(self, reach: np.ndarray) -> None:
        """Lay the numbers of the program's network out; ``reach`` float64 (n,) is that of it alone."""
        network, (wired, cells, plan) = self._program.network, self.layout
        if len(self.biased):
            reach[self.biased] += self._most_added
            self.bias = network.bias[self.biased]
        unit = self.energy_unit = _energy_unit(reach)
        if unit != 1:
            reach /= unit
        if plan.unit != self._unit / unit:
            plan = plan._replace(unit=self._unit / unit)
        numbers = _in_units(network.bias, unit), _in_units(network.weight, unit), reach
        self.layout = Layout(Network(*numbers, *wired[3:]), cells, plan)
        self.energies, self.law_energies = self._program.column_energies, network.column_energies

    def load(self, program: Program) -> None:
        """Take the numbers of another network on the same couplings; the fields are real numbers from now on."""
        network, plan = program.network, self.layout.plan
        if plan.path != self._real_path:
            self._unit = 1.0
            self.layout = self.layout._replace(plan=plan._replace(path=self._real_path))
        self._program, known = program, vars(network).get("reach")  # there already, where the network was `coupled`
        reach = np.empty(network.n) if known is None else known.copy()
        if known is None:
            fill_reach(network.bias, network.weight, network.indptr, reach)
        self._write(reach)

    def bias_reads(self, most: np.ndarray) -> None:
        """Make room for what reads add: at most ``most`` float64 (k,) to the bias of each of the `biased`."""
        self._most_added = most
        self._write(self._program.network.reach.copy())

    def tables(self) -> Tables:
        """Empty tables for one shard."""
        network, _, plan = self.layout
        n, levels, is_integer = self.n_pbits, int(network.n_levels.max()), plan.path == INTEGER
        largest = np.abs(network.start.astype(np.int64)) + np.abs(network.level_first - network.start)
        return Tables(
            np.empty(2 * int(largest.max()) + 1 if is_integer and self._alike_devices else 0),
            np.empty((n, levels) if is_integer and not self._alike_devices else (1, 1)),
            np.empty(levels),
            np.empty(levels + 3, dtype=np.uint16),
            np.empty(self._rungs if plan.path == GENERAL else (1, 0, 0), dtype=np.float32),
            np.full(n, -1, dtype=np.int64),
        )

    def generators(self, uniforms: Uniforms) -> np.ndarray:
        """uint32 (n, R, words): states of the p-bits' random sources before their first update, replicas by lane."""
        source = self.layout.plan.source
        if source.code == IDEAL:
            return np.zeros((0, 0, 0), dtype=np.uint32)
        words = STATE_WORDS if source.code == XOSHIRO128 else 1
        state = np.zeros((self.n_pbits, len(uniforms.replica), words), dtype=np.uint32)
        _seed_sources(
            uniforms.key, source.code, source.share, self._words_apart, source.shifts, uniforms.replica, state
        )
        return state

    def shard(self, replicas: Replicas) -> "Shard":
        """Some of the replicas at time 0."""
        return Shard(self, replicas)


class Shard:
    """Words of 64 replicas of one schedule, side by side."""

    def __init__(self, prepared: Prepared, replicas: Replicas) -> None:
        self._prepared = prepared
        self._anneal: Anneal | None = None
        self._steps_unit = 1.0
        self._run = Often(advance)  # loads of numbers keep the types
        words = self._words = replicas.words
        self._lane = lane_of_replica(words)
        self._taken = self._lanes_at(replicas.places)
        uniforms = new_uniforms(replicas.noise_key, words, replicas.first_word)
        network, _, plan = prepared.layout
        n, lanes = prepared.n_pbits, 64 * words
        self._added = aligned((len(prepared.biased), lanes), np.float64)
        self._no_trace = np.empty((0, lanes), dtype=np.int8)
        self._write()
        state = aligned((n, lanes), np.int8)
        random_start(np.uint64(replicas.initial_key), uniforms.replica, state)
        if replicas.initial is not None:
            state[:, self._lane] = replicas.initial.T
        self._memory = Memory(
            visible=state if plan.queued else np.zeros((0, lanes), dtype=np.int8),
            queue=new_queue(lanes, np.int8) if plan.queued else new_queue(lanes, np.int8, 0),
            last=np.zeros(n if plan.queued else 0, dtype=np.int64),
            rings=new_rings(state[:0] if plan.queued else state),
            filters=_settled_filters(state, network.indices[: len(network.indices) if plan.has_synapse else 0]),
            generator=prepared.generators(uniforms),
            slot=np.zeros(n if plan.source.by_clock else 0, dtype=np.int64),
            flips=np.zeros(lanes, dtype=np.int64),
        )
        # each line of a p-dit has an input; driven couplings have one of their own
        inputs = int(np.bincount(network.pdit).max(initial=0)) if len(network.pdit) else min(1, len(network.driven))
        tied = np.zeros(lanes, dtype=np.uint8)
        self._scratch = Scratch(
            uniforms=uniforms,
            tables=prepared.tables(),
            rows=np.empty(max(1, int(np.max(np.diff(network.indptr)))), dtype=np.int64),
            tied=tied,
            tied_words=tied.view(np.uint64),
            field=np.empty(lanes, dtype=np.int16),
            passed=np.empty(lanes, dtype=np.int16),
            rough=np.empty(lanes, dtype=np.float32),
            current=np.empty(lanes),
            least=np.zeros(2**MOST, dtype=np.uint16),
            pattern=np.zeros(lanes, dtype=np.uint8),
            threshold=np.zeros(lanes, dtype=np.uint16),
            white=np.zeros(lanes),
            own=np.empty(lanes, dtype=np.int8),
            drawn=np.empty(lanes, dtype=np.uint32),
            absent=new_absent(prepared.part, words),
            inputs=np.empty((inputs, lanes)),
            z=np.empty(inputs),
        )

    def advance(self, chunk: Chunk, anneals: Sequence[Anneal], recorded: np.ndarray) -> np.ndarray:
        """Run the events of ``chunk``; returns int8 (n_events, len(recorded)), the new values of those replicas."""
        (network, cells, plan), event, steps = self._layout, 0, self._steps_of(anneals[0])
        trace = np.empty((len(chunk.time), self.lanes), dtype=np.int8) if len(recorded) else self._no_trace
        while True:
            event = self._run(event, chunk, steps, network, cells, plan, self._memory, self._scratch, trace)
            if event == len(chunk.time):
                return trace[:, self._lane[recorded]] if len(recorded) else trace
            self._run.renew()
            if plan.queued:
                self._memory = self._memory._replace(queue=longer(self._memory.queue))
            else:
                self._memory = self._memory._replace(rings=deeper(self._memory.rings))

    def _lanes_at(self, places: slice | np.ndarray) -> np.ndarray:
        """uint64 (words,): the lanes of the replicas at ``places`` as bits."""
        taken = np.zeros((1, 64 * self._words), dtype=np.int8)
        taken[0, self._lane[places]] = 1
        words = np.empty((1, self._words), dtype=np.uint64)
        pack_lanes(taken, np.zeros(1, dtype=np.int64), np.full(self._words, -1).view(np.uint64), words)
        return words[0]

    def _steps_of(self, anneal: Anneal) -> Steps:
        """``anneal`` as the kernel reads it, in its unit of energy."""
        unit = self._prepared.energy_unit
        if anneal is not self._anneal:
            self._scratch.tables.stamp[:] = -1  # thresholds are kept by number of the anneal's step
        if anneal is not self._anneal or unit != self._steps_unit:
            self._run.renew()
            steps = steps_of(anneal)
            self._steps = steps if unit == 1 else steps._replace(beta=_in_units(steps.beta, 1 / unit))
            self._anneal, self._steps_unit = anneal, unit
        return self._steps

    def _write(self) -> None:
        """Take the numbers of the program as they are laid out now."""
        prepared = self._prepared
        self._layout = prepared.layout
        if len(self._added):
            starts = aligned(self._added.shape, np.float64)
            np.add(prepared.bias[:, None], self._added, out=starts)
            starts /= prepared.energy_unit
            self._layout = self._layout._replace(network=self._layout.network._replace(starts=starts))

    def load(self) -> None:
        """Take the numbers of another network."""
        if self._layout.plan.path != self._prepared.layout.plan.path:
            self._scratch = self._scratch._replace(tables=self._prepared.tables())
            self._run.renew()
        self._write()

    def bias_reads(self, values: np.ndarray) -> None:
        """Each read adds ``values`` float64 (64 * words, k) to the biases of the `biased`."""
        self._added[:, self._lane] = values.T
        self._write()

    @property
    def lanes(self) -> int:
        """How many replicas, padding included."""
        return 64 * self._words

    @property
    def n_words(self) -> int:
        """How many words of replicas."""
        return self._words

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (64 * words, n); nothing is under way then, and synapses have settled."""
        by_lane = np.empty((self._prepared.n_pbits, self.lanes), dtype=np.int8)
        by_lane[:, self._lane] = states.T
        self._settle(by_lane)

    def clamp(self, pbits: np.ndarray, values: np.ndarray) -> None:
        """The same of int8 (64 * words, k) for ``pbits`` alone."""
        by_lane, own = self._newest(), np.empty((len(pbits), self.lanes), dtype=np.int8)
        own[:, self._lane] = values.T
        by_lane[pbits] = own
        self._settle(by_lane)

    def _settle(self, by_lane: np.ndarray) -> None:
        """Take the states int8 (n, R) as if they had always been so."""
        memory, indices = self._memory, self._prepared.layout.network.indices
        if self._prepared.layout.plan.queued:
            memory.visible[:] = by_lane
            drop(memory.queue)
            return
        write_rings(memory.rings, by_lane)
        if len(memory.filters.value):
            memory.filters.value[:] = by_lane[indices]
            memory.filters.seen[:] = memory.rings.commits[indices]

    def _newest(self) -> np.ndarray:
        """int8 (n, R): the committed states, by lane."""
        if self._prepared.layout.plan.queued:
            return newest(self._memory.queue, self._memory.visible)
        return newest_of_rings(self._memory.rings)

    def packed(self) -> np.ndarray:
        """uint64 (n, words): the committed states as bits, replicas by lane."""
        (visible, queue, _, rings, *_), taken = self._memory, self._taken
        words = np.empty((self._prepared.n_pbits, self._words), dtype=np.uint64)
        if self._prepared.layout.plan.queued:
            pack_queued(visible, queue.rows, queue.pbit, queue.ends, taken, words)
        else:
            pack_lanes(rings.rows, newest_rows(rings), taken, words)
        return words

    def spins(self) -> np.ndarray:
        """int8 (64 * words, n): the committed states, replicas in order."""
        return np.ascontiguousarray(self._newest().T)[self._lane]

    def flips(self) -> np.ndarray:
        """int64 (64 * words,): of p-bits that set their own rate, so far, replicas in order."""
        return self._memory.flips[self._lane]

    def energies(self) -> np.ndarray:
        """float64 (64 * words,): E, in problem units."""
        return self._prepared.energies(self._newest())[self._lane]

    def law_energies(self) -> np.ndarray:
        """float64 (64 * words,): E, in the network that the machine realises."""
        return self._prepared.law_energies(self._newest())[self._lane]


def _energy_unit(reach: np.ndarray) -> float:
    """The power of two in which kernels count energies: 1, but where float32, in which they screen, does not hold
    fields of up to ``reach``. As it is a power of two, no sample depends on it."""
    largest = float(reach.max())
    return 1.0 if _ORDINARY[0] <= largest < _ORDINARY[1] else power_of_two(largest)


def _in_units(values: np.ndarray, unit: float) -> np.ndarray:
    """``values`` over ``unit``, read-only like a Program's."""
    if unit == 1:
        return values
    values = values / unit
    values.flags.writeable = False
    return values


class _Levels(NamedTuple):
    """Fields as integers: the columns of Network from ``push`` to ``n_levels``."""

    push: np.ndarray
    start: np.ndarray
    level_first: np.ndarray
    level_step: np.ndarray
    n_levels: np.ndarray


def _integer_levels(network: WiredNetwork, unit: float | None) -> _Levels:
    n = network.n
    if unit is None:
        none, one = np.zeros(n, dtype=np.int32), np.ones(n, dtype=np.int32)
        return _Levels(np.zeros(len(network.weight), dtype=np.int16), np.zeros(n, dtype=np.int16), none, one, one)
    weight = np.rint(network.weight / unit).astype(np.int64)
    bias = np.rint(network.bias / unit).astype(np.int64)
    total = network.row_sums(np.abs(weight)).astype(np.int64)
    common, linked = np.ones(n, dtype=np.int64), network.degree > 0
    # a row of zeros has divisor 0
    common[linked] = np.maximum(np.gcd.reduceat(np.abs(weight), network.indptr[:-1][linked]), 1)
    first, step, count = -bias - total, 2 * common, total // common + 1
    return _Levels(
        (-weight).astype(np.int16), (-bias).astype(np.int16), *(a.astype(np.int32) for a in (first, step, count))
    )


def _reversed(network: WiredNetwork) -> np.ndarray:
    """int64 (m,): where row j holds the connection back to i."""
    reverse = np.empty(len(network.weight), dtype=np.int64)
    reverse[np.lexsort((network.rows, network.indices))] = np.arange(len(reverse))
    return reverse


def _path(program: Program, device: Columns, *, is_integer: bool) -> int:
    """The cheapest path that honours the devices."""
    odd = not _ODD.isdisjoint(asked(program))
    rising = bool(np.all(device.gain > 0)) and bool(np.all(np.diff(program.cells.points) >= 0))
    if is_integer and rising and not odd and program.wires.driven is None:
        return INTEGER
    if odd or bool(np.any(device.law != HEAT_BATH) or np.any(device.noise > 0)):
        return GENERAL
    # a quantised input jumps, so that a small error may become a large one
    smooth = bool(np.all(device.step == 0) and np.all(device.high >= NO_LIMIT))
    plain = program.wires.driven is None and not np.any(program.cells.synapse > 0)
    return SCREENED if smooth and plain else SIGMOID


def _has_rungs(program: Program, device: Columns) -> bool:
    """Whether thresholds may be kept in a table: P(+1) must rise with the input."""
    rising = bool(np.all(rises(device.law, device.parameter)) and np.all(device.gain > 0))
    return rising and {Feature.SOURCE, Feature.DRAWN_NOISE, Feature.SWAPPED}.isdisjoint(asked(program))


def _settled_filters(state: np.ndarray, indices: np.ndarray) -> Filters:
    """Filters of the connections from p-bits ``indices``, settled at their values in ``state`` int8 (n, R)."""
    stepped, seen = (np.zeros(len(indices), dtype=np.int64) for _ in range(2))
    return Filters(state[indices].astype(np.float64), stepped, seen)


@njit
def _seed_sources(key, source, share, phase, shifts, replica, state):
    own = np.zeros(4, dtype=np.uint32)
    for i in range(state.shape[0]):
        for lane in range(state.shape[1]):
            seed_source(key, source, share, phase, shifts, i, replica[lane], own)
            for word in range(state.shape[2]):
                state[i, lane, word] = own[word]
