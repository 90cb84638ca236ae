"""Session: a running machine, with all that its controllers and watchers need, written once.

Enters: a Program, RunSettings, an anneal. Leaves: a machine. It advances under an anneal or holds a beta, looks at
Ctrl-C on the way, lets a controller read and write its states, counts its activity, and shows frames.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self, Unpack, cast

import numpy as np

from hwsim.anneal import Anneal, constant
from hwsim.display import Facts, Shown, counted
from hwsim.engine.choice import begin, choose, side_by_side
from hwsim.engine.contract import Start
from hwsim.engine.initial import checked, checked_biases
from hwsim.errors import InputError, UnsupportedError
from hwsim.interrupt import CtrlC
from hwsim.memory import check_reads
from hwsim.program import Network, Program
from hwsim.session.activity import Activity, turns
from hwsim.session.pace import Pace
from hwsim.session.settings import RunKeywords, RunSettings
from hwsim.units import format_si, to_seconds

if TYPE_CHECKING:
    from hwsim.engine.reference import World
    from hwsim.session.moments import Moments

_ROUNDS_UNHEARD = 64
"""Rounds of the clock that a machine may run before its speed is known."""


class Session(Shown):
    """A running machine. As a context manager it hears Ctrl-C. `Session.of` makes one from keywords.

    program, engine, engine_reason : what runs, on which engine and why;  now, end : ticks, of the present and the end
    schedule : int64 (reads,), number of each read's schedule;  stopped : whether Ctrl-C or ``interrupt`` stopped it
    state : the engine's State, for looks that are not counted (``state.energies()``, ``state.updates``,
    ``state.events()``), and for moves of states between replicas, which the controller counts by `wrote`
    rungs, read_bias, loads : as in Start
    """

    def __init__(
        self,
        program: Program,
        settings: RunSettings,
        anneal: Anneal | Sequence[Anneal],
        *,
        end: int,
        initial_states: np.ndarray | None = None,
        record: tuple[int, ...] = (),
        rungs: int = 1,
        read_bias: np.ndarray | None = None,
        loads: bool = False,
    ) -> None:
        check_reads(program.n_pbits, settings.reads, schedules=settings.schedules)
        self.program, self.settings, self.anneal = program, settings, anneal
        self.now, self.end, self.stopped = 0, end, False
        start = Start(
            reads=settings.reads,
            schedules=min(settings.schedules, settings.reads),
            seed=settings.seed,
            threads=settings.n_threads,
            initial=checked(program, initial_states, settings.reads),
            record=tuple(record),
            rungs=rungs,
            read_bias=checked_biases(program, read_bias, settings.reads),
            loads=loads,
        )
        self.engine, self.engine_reason = choose(settings.engine, program, side_by_side(start), loads=loads)
        self.schedule = np.repeat(np.arange(start.schedules), [len(reads) for reads in start.replicas_by_schedule()])
        self.state = begin(self.engine, program, start, anneal)
        self._pace = Pace(max(1, min(end, _ROUNDS_UNHEARD * program.clock.round_ticks)))
        self._ctrl_c = CtrlC()
        self._looks = self._settles = self._writings = self._loads = 0
        self._data_writings = int(read_bias is not None)
        self._written = 0.0
        self._settled_at = 0
        self._constant: Anneal | None = None
        self._began = time.perf_counter()

    @classmethod
    def of(
        cls,
        program: Program,
        anneal: Anneal,
        *,
        initial_states: np.ndarray | None = None,
        record: tuple[int, ...] = (),
        read_bias: np.ndarray | None = None,
        loads: bool = False,
        **settings: Unpack[RunKeywords],
    ) -> Self:
        """The session of ``program`` under ``anneal``, to its end, with keywords as those of `hwsim.run`: reads (256),
        schedules (4), seed, engine, threads, progress, interrupt. Raises InputError."""
        how = RunSettings.of(settings)
        given = {"initial_states": initial_states, "record": record, "read_bias": read_bias, "loads": loads}
        return cls(program, how, anneal, end=anneal.end, **given)  # type: ignore[arg-type]

    def _shown(self) -> tuple[str, Facts]:
        reads, on = counted(self.settings.reads, "read"), counted(self.program.n_pbits, "p-bit")
        return f"Session of {reads}, {on}, engine {self.engine}", [
            ("at", f"{format_si(self.time_s, 's')} of {format_si(to_seconds(self.end), 's')}"),
            ("so far", f"{self.state.updates:.3g} updates, {self._looks} reads and {self._writings} writes of all"),
        ]

    @property
    def worlds(self) -> "list[World]":
        """The SimPy worlds of the engine ``reference``, one for each read, in order: ``env`` takes processes of your
        own, whose time is in ticks of 1 fs; ``pbits`` are the cells. Raises UnsupportedError for another engine."""
        worlds = getattr(self.state, "worlds", None)
        if worlds is None:
            raise UnsupportedError(f'the engine {self.engine} has no SimPy worlds: give engine="reference"')
        return worlds

    def __enter__(self) -> Self:
        self._ctrl_c.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._ctrl_c.__exit__(*exception)

    @property
    def time_s(self) -> float:
        """Device seconds so far."""
        return to_seconds(self.now)

    @property
    def host_seconds(self) -> float:
        """Seconds of this computer since the machine started, without compiling."""
        return time.perf_counter() - self._began

    def advance(self, until: int, anneal: Anneal | Sequence[Anneal] | None = None) -> bool:
        """Run up to tick ``until`` under ``anneal`` (by default the session's own). Returns whether it got there.

        Every fifth of a second of work it reports progress and looks at Ctrl-C and ``interrupt``.
        """
        settings, anneal = self.settings, self.anneal if anneal is None else anneal
        while self.now < until and not self.stopped:
            step, began = min(until, self.now + self._pace.ticks), time.perf_counter()
            self.state.advance(step, anneal)
            self._pace.learn(step - self.now, time.perf_counter() - began)
            self.now = step
            if settings.progress is not None:
                settings.progress(min(1.0, self.now / self.end), self.state.updates)
            self.stopped = self._ctrl_c.heard or (settings.interrupt is not None and settings.interrupt())
        return self.now >= until

    def hold(self, beta: float | Sequence[float], sweeps: int) -> bool:
        """Run ``sweeps`` rounds of the clock at ``beta``, or each schedule at its own. Returns whether it got there."""
        until = self.now + sweeps * self.program.clock.round_ticks
        return self.advance(until, self._at(beta) if isinstance(beta, int | float) else [self._at(b) for b in beta])

    def _at(self, beta: float) -> Anneal:
        """The anneal at constant ``beta``; the last one is used again, so that engines need no new tables."""
        if self._constant is None or self._constant.beta[0] != beta:
            self._constant = constant(float(beta), to_seconds(self.end))
        return self._constant

    def peek(self) -> np.ndarray:
        """int8 (reads, n): the states now, for a watcher; nothing is counted."""
        return self.state.spins()

    def read(self) -> np.ndarray:
        """int8 (reads, n): the states now, for the controller. Counts a read and, before it, the time in which signals
        under way arrive."""
        self._count_read()
        return self.state.spins()

    def read_words(self) -> np.ndarray:
        """uint64 (n, W): what `read` reads as bits, as `State.words` gives them."""
        self._count_read()
        return self.state.words()

    def read_energies(self, *, law: bool = False) -> np.ndarray:
        """float64 (reads,): energies of the states now, for a controller that reads all of them; they stay where the
        engine keeps them. Counts what `read` counts. law : in the network that the machine realises, without offset,
        instead of problem units"""
        self._count_read()
        return self.state.law_energies() if law else self.state.energies()

    def moments(self, pairs: Sequence[np.ndarray]) -> "Moments":
        """The means of s_i, and of s_i s_j over ``pairs`` (int64 (k,), int64 (k,); `Network.pairs` begins with such),
        of the states now. Counts what `read` counts. Raises InputError."""
        from hwsim.session.moments import checked_pairs, moments_of_words

        first, second = checked_pairs(pairs, self.program.n_pbits)
        return moments_of_words(self.read_words(), self.settings.reads, first, second)

    def _count_read(self) -> None:
        self._looks += 1
        self._settles += self.now > self._settled_at
        self._settled_at = self.now

    def write(self, states: np.ndarray, *, changed: int | None = None) -> None:
        """Write ``states`` int8 (reads, n) into the p-bits. changed : how many of them differ and are written; None for
        all."""
        self.wrote(len(states) if changed is None else changed)
        self.state.assign(states)

    def clamp(self, pbits: np.ndarray, values: np.ndarray) -> None:
        """Write ``values`` int8 (reads, k) into ``pbits`` int64 (k,) alone, as data, which the controller counts."""
        self.state.clamp(pbits, values)

    def wrote(self, changed: int) -> None:
        """Count one round of writes, in which moves between replicas changed so many states."""
        self._writings += 1
        self._written += changed
        self._settled_at = self.now

    def bias_reads(self, values: np.ndarray) -> None:
        """Each read adds ``values`` float64 (reads, n) to its biases from now on, 0 where `Cells.read_bias` declares
        none: data, such as the pixels of an image for each read. States and signals under way stay. Raises
        InputError."""
        values = cast(np.ndarray, checked_biases(self.program, np.asarray(values), self.settings.reads))
        self.state.bias_reads(values)
        self._data_writings += 1

    def load(self, network: Network) -> None:
        """Write other biases and weights into the running machine, on the couplings that it has (see
        `Network.reweighted`). States, clock, noise and signals under way stay. Raises InputError for other couplings,
        UnsupportedError where the engine cannot hold the numbers."""
        if not isinstance(network, Network):
            raise InputError(f"a session loads a network, such as program.network.coupled makes, got {network!r}")
        self.state.load(network)
        self.program = self.program.with_network(network)
        self._loads += 1

    def frames(self, checkpoints: int) -> Iterator["Frame"]:
        """Run to the end under the session's own anneal: a Frame after each of ``checkpoints`` equal parts, and where
        the session stops."""
        ticks = sorted({self.end * k // checkpoints for k in range(1, checkpoints + 1)} - {0})
        self._pace = Pace(max(1, ticks[0] // 64))
        for tick in ticks:
            self.advance(tick)
            yield Frame(session=self, time_s=self.time_s)
            if self.stopped:
                return

    def activity(self, *, runs: int | None = None, copies: int | None = None, swaps: float = 0.0) -> Activity:
        """What each of ``runs`` independent runs asked of the machine. runs : None where each read is one

        copies : networks on the machine at once, None for as many as a run has replicas; fewer take turns, and each
        turn writes and reads its states;  swaps : decided exchanges and cluster moves of a run
        """
        runs = self.settings.reads if runs is None else runs
        replicas = self.settings.reads // runs
        copies = replicas if copies is None else copies
        in_turn = turns(replicas, copies)
        written = float(self._writings * replicas) if in_turn > 1 else self._written / runs
        return Activity(
            n_pbits=self.program.n_pbits,
            replicas=replicas,
            copies=copies,
            run_s=self.time_s * in_turn,
            settle_s=to_seconds(self.program.wires.longest_ticks) * self._settles * in_turn,
            updates=self.state.updates / runs,
            flips=None if self.state.flips is None else self.state.flips / runs,
            reads=float(self._looks * replicas),
            read_rounds=float(self._looks * in_turn),
            writes=written,
            write_rounds=float(self._writings * in_turn),
            swaps=swaps,
            programmings=float(self._loads * in_turn),
            data_writes=float(self._data_writings * np.count_nonzero(self.program.cells.read_bias) * replicas),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame(Shown):
    """A moment of a session; look at it before the session goes on. time_s : device seconds."""

    session: Session
    time_s: float

    @cached_property
    def energies(self) -> np.ndarray:
        """float64 (reads,), problem units, offset included."""
        return self.session.state.energies()

    @cached_property
    def states(self) -> np.ndarray:
        """int8 (reads, n)."""
        return self.session.peek()
