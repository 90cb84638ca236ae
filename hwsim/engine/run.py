"""Run: choose an engine, advance from checkpoint to checkpoint, hand back what the hardware did.

Enters: a Program, an Anneal and how many reads. Leaves: a Run.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from hwsim.anneal import Anneal, drifted
from hwsim.engine.contract import Events, Start, State
from hwsim.errors import InputError
from hwsim.program import Program
from hwsim.streams import generator
from hwsim.units import to_seconds

ENGINES = ("auto", "bitplanes", "dense", "lanes", "reference")
_MOST_COUNTS = 128  # field values of a p-bit, on average, up to which bitplanes beats lanes
_DENSE_DEGREE = 64  # couplings a p-bit from which dense beats lanes
_SLICE_SECONDS = 0.2  # host time between two looks at Ctrl-C and two reports of progress


class ReferenceState:
    """Replicas of the reference engine: one SimPy world each."""

    def __init__(self, program: Program, start: Start, anneal: Anneal) -> None:
        from hwsim.engine.reference import World

        self._program, self._start, self.updates = program, start, 0
        self._group = np.repeat(np.arange(start.schedules), [len(group) for group in start.groups()])
        self._events = {replica: Events() for replica in start.record}
        self._logs: dict[int, list[tuple[int, int, int]]] = {replica: [] for replica in start.record}
        self._worlds = []
        for number, replicas in enumerate(start.groups()):
            noise, clock, initial_key = start.keys(number)
            for replica in replicas:
                initial = None if start.initial is None else start.initial[replica]
                self._worlds.append(
                    World(
                        program,
                        anneal,
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
        anneals = self._start.anneals(anneal)
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
        return energies(self._program, self.spins())

    def events(self) -> dict[int, Events]:
        """Traces of the recorded replicas, ordered by (time, p-bit)."""
        for replica, log in self._logs.items():
            ordered = np.array(sorted(log), dtype=np.int64).reshape(-1, 3)
            self._events[replica] = Events([ordered[:, 0]], [ordered[:, 1]], [ordered[:, 2]])
        return self._events


@dataclass(frozen=True, kw_only=True)
class Run:
    """What the hardware did.

    states : int8 (reads, n), +-1, in p-bit order;  energies : float64 (reads,), problem units, offset included
    initial_states : the same at time 0, where a read was recorded or they were given
    group : int64 (reads,), schedule group of each read
    checkpoint_times_s : float64 (k,), device seconds;  checkpoint_energies : float64 (k, reads)
    device_time_s : emulated time of one read;  host_seconds : time this computer took,
    without compiling, never mixed with it
    device_energy_j : energy of one read in J without reading it out, mean over reads; None where a price is not known,
    and where wires have one, whose toggles `hwsim.time_to_solution` counts
    """

    program: Program
    anneal: Anneal
    engine: str
    engine_reason: str
    seed: int
    states: np.ndarray
    initial_states: np.ndarray | None
    energies: np.ndarray
    group: np.ndarray
    checkpoint_times_s: np.ndarray
    checkpoint_energies: np.ndarray
    device_time_s: float
    host_seconds: float
    updates: int
    interrupted: bool = False
    device_energy_j: float | None = None
    traces: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)

    @property
    def reads(self) -> int:
        """How many replicas."""
        return len(self.energies)

    @property
    def schedules(self) -> int:
        """How many schedule groups."""
        return int(self.group.max()) + 1

    @property
    def variables(self) -> np.ndarray:
        """int8 (reads, variables): the final states of the problem's variables, chains by their vote."""
        return self.program.readout.vote(self.states)

    @property
    def best_energies(self) -> np.ndarray:
        """float64 (reads,): the least energy of each read at any checkpoint."""
        return self.checkpoint_energies.min(axis=0)

    @cached_property
    def sampleset(self) -> Any:
        """The final states as a dimod SampleSet in the problem's own labels and vartype."""
        from hwsim.decode import unembed

        return unembed(self)


def energies(program: Program, states: np.ndarray) -> np.ndarray:
    """float64 (reads,): E = sum h s + sum_{i<j} J s s + offset of states int8 (reads, n)."""

    return program.energies(np.ascontiguousarray(states))


def run(
    program: Program,
    *,
    anneal: Anneal,
    reads: int = 256,
    schedules: int = 4,
    seed: int = 0,
    engine: str = "auto",
    threads: int | None = None,
    checkpoints: int = 50,
    record: tuple[int, ...] = (),
    initial_states: np.ndarray | None = None,
    observe: Callable[[float, np.ndarray], None] | None = None,
    progress: Callable[[float, int], None] | None = None,
    interrupt: Callable[[], bool] | None = None,
) -> Run:
    """Emulate ``reads`` runs of the hardware through ``anneal``; they share ``schedules`` realisations of the clock.

    ``record`` lists reads whose every update is kept. ``initial_states``: int8 (reads, n) of +-1. ``observe`` is called
    with (device seconds, states int8 (reads, n)) at every checkpoint that is reached. ``progress`` is called with
    (fraction done, updates so far) a few times a second; Ctrl-C, or ``interrupt`` returning true, ends the run there
    and returns what it has, with ``interrupted`` set; a second Ctrl-C ends it at once. Raises InputError on
    a bad argument.
    """
    engine, reason = choose(engine, program)
    if checkpoints < 1:
        raise InputError(f"checkpoints must be >= 1, got {checkpoints}")
    start = Start(
        reads=reads, schedules=min(schedules, reads) if schedules >= 1 else schedules, seed=seed,
        threads=all_cores(threads),
        initial=_initial(program, initial_states, reads), record=tuple(record),
    )  # fmt: skip
    anneal = drifted(anneal, program.noise.temperature_drift)
    state = begin(engine, program, start, anneal)
    group = np.repeat(np.arange(start.schedules), [len(g) for g in start.groups()])
    initial = state.spins() if record or initial_states is not None else None
    times, table = [0.0], [state.energies()]
    began = time.perf_counter()
    ticks = sorted({anneal.end * k // checkpoints for k in range(1, checkpoints + 1)} - {0})
    now, pace, stopped = 0, Pace(max(1, ticks[0] // 64)), False
    with CtrlC() as ctrl_c:
        for tick in ticks:
            while now < tick and not stopped:
                until, begun = min(tick, now + pace.ticks), time.perf_counter()
                state.advance(until, anneal)
                pace.learn(until - now, time.perf_counter() - begun)
                now = until
                if progress is not None:
                    progress(now / anneal.end, state.updates)
                stopped = ctrl_c.heard or (interrupt is not None and interrupt())
            times.append(to_seconds(now))
            table.append(state.energies())
            if stopped:
                break
            if observe is not None:
                observe(times[-1], state.spins())
    host_seconds = time.perf_counter() - began
    traces = {replica: events.arrays() for replica, events in state.events().items()}
    return Run(
        program=program, anneal=anneal, engine=engine, engine_reason=reason, seed=seed, states=state.spins(),
        initial_states=initial, energies=table[-1], group=group,
        checkpoint_times_s=np.array(times), checkpoint_energies=np.array(table),
        device_time_s=times[-1], host_seconds=host_seconds, updates=state.updates,
        interrupted=now < anneal.end, traces=traces,
        device_energy_j=device_energy_j(program, updates=state.updates / reads, time_s=times[-1]),
    )  # fmt: skip


def device_energy_j(program: Program, *, updates: float, time_s: float) -> float | None:
    """Joules of p-bits that make ``updates`` in ``time_s`` seconds; None where toggles would have to be counted."""
    wires_j = 0.0 if program.prices.wire_j is None else None
    return program.prices.device_energy_j(updates=updates, time_s=time_s, wires_j=wires_j)


def all_cores(threads: int | None) -> int:
    """``threads``, or one for each core where that is None."""
    return os.cpu_count() or 1 if threads is None else threads


class Pace:
    """How many ticks to advance between two looks at Ctrl-C: about _SLICE_SECONDS of work, from the last two slices.

    A slice costs something whatever its length (a call per schedule group, say), and that is taken to be at most half.
    """

    def __init__(self, ticks: int) -> None:
        self.ticks = ticks
        self._before: tuple[int, float] | None = None

    def learn(self, ticks: int, seconds: float) -> None:
        """A slice of ``ticks`` took ``seconds``."""
        per_tick = seconds / ticks
        if self._before is not None and self._before[0] != ticks:
            slope = (seconds - self._before[1]) / (ticks - self._before[0])
            per_tick = min(per_tick, max(slope, 0.01 * per_tick))
        fixed = seconds - per_tick * ticks
        wanted = (max(_SLICE_SECONDS, 2 * fixed) - fixed) / max(per_tick, 1e-30)
        self._before = ticks, seconds
        self.ticks = max(1, int(min(8.0 * ticks, max(0.125 * ticks, wanted))))


class CtrlC:
    """Turns the first Ctrl-C into a note to stop at the next opportunity; works in the main thread, elsewhere idles.

    One within another passes the note on: what ends while a run ends is not to begin the next.
    """

    def __init__(self) -> None:
        self.heard = False
        self._before: Any = None

    def __enter__(self) -> "CtrlC":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._hear)
        return self

    def _hear(self, number: int, frame: Any) -> None:
        self.heard = True
        if self._around is None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        else:
            self._around._hear(number, frame)

    @property
    def _around(self) -> "CtrlC | None":
        """The one that listened before this."""
        owner = getattr(self._before, "__self__", None)
        return owner if isinstance(owner, CtrlC) else None

    def __exit__(self, *exception: object) -> None:
        heard_around = self.heard and self._around is not None
        if self._before is not None and not heard_around:  # the next Ctrl-C ends at once, until the outermost is left
            signal.signal(signal.SIGINT, self._before)


def choose(engine: str, program: Program) -> tuple[str, str]:
    """(engine, why) for ``program``: the one asked for, or the fastest that can run it."""
    if engine not in ENGINES:
        raise InputError(f"engine must be one of {', '.join(ENGINES)}, got {engine!r}")
    if engine != "auto":
        return engine, "asked for"
    from hwsim.engine import dense
    from hwsim.engine.bitplanes import mean_counts, why_not

    reason = why_not(program)
    if reason is None and mean_counts(program) <= _MOST_COUNTS:
        return "bitplanes", "the fastest for small-integer couplings"
    degree = len(program.network.weight) / program.n_pbits
    if degree >= _DENSE_DEGREE and dense.why_not(program) is None:
        return "dense", f"the fastest for {degree:.0f} couplings a p-bit"
    return "lanes", f"the fastest for {reason or f'fields of {mean_counts(program):.0f} values'}"


def begin(engine: str, program: Program, start: Start, anneal: Anneal | Sequence[Anneal]) -> State:
    """Replicas at time 0 on ``engine`` (see ENGINES), for a controller that advances them itself.

    Stuck p-bits start where they are stuck. Raises UnsupportedError where the engine cannot run the program.
    """
    engine, _ = choose(engine, program)
    if np.any(program.cells.stuck != 0) or program.cells.pdit is not None:
        start = replace(start, initial=_allowed(program, start))
    first = start.anneals(anneal)[0]
    state: State
    if engine == "reference":
        state = ReferenceState(program, start, first)
    else:
        from importlib import import_module

        from hwsim.engine.shards import ShardedState

        state = ShardedState(program, start, import_module(f"hwsim.engine.{engine}"))
    state.compile(first)
    return state


def _allowed(program: Program, start: Start) -> np.ndarray:
    """The initial states int8 (reads, n), given or drawn: stuck p-bits where they are stuck, p-dits at one level each.

    A p-dit of which several lines are +1, or none, takes a level of its own random number.
    """
    from hwsim.engine.noise import initial_states

    if start.initial is not None:
        states = start.initial.copy()
    else:
        states = np.empty((start.reads, program.n_pbits), dtype=np.int8)
        for number, replicas in enumerate(start.groups()):
            states[replicas] = initial_states(np.uint64(start.keys(number)[2]), len(replicas), program.n_pbits)
    stuck = program.cells.stuck != 0
    states[:, stuck] = program.cells.stuck[stuck]
    if program.cells.pdit is not None:
        source = generator(start.seed, "levels at the start")
        for first, k in zip(*np.unique(program.cells.pdit, return_counts=True), strict=True):
            lines = states[:, first : first + k]
            level = source.integers(0, k, len(states))
            wrong = (np.sum(lines == 1, axis=1) != 1) & (k > 1)
            lines[wrong] = np.where(np.arange(k) == level[wrong, None], 1, -1)
    return states


def _initial(program: Program, states: np.ndarray | None, reads: int) -> np.ndarray | None:
    if states is None:
        return None
    states = np.asarray(states)
    if states.shape != (reads, program.n_pbits) or not np.all(np.abs(states) == 1):
        raise InputError(f"initial_states must be +-1 of shape ({reads}, {program.n_pbits}), got {states.shape}")
    return states.astype(np.int8)
