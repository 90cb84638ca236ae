"""The contract of every engine: its verbs, and the features that it honours.

``start(program, Start) -> State`` makes replicas at time 0; ``State.advance(until, anneal)`` runs all instants before
``until``. Between two advances a controller looks at states, writes them and moves them between replicas, and writes
other biases and weights. The engine does what the hardware does: drift, stuck and held p-bits, faults. hwsim.session
does the rest: progress, Ctrl-C, pacing, checkpoints, counting.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from hwsim.anneal import Anneal, drifted
from hwsim.cell.codes import HEAT_BATH, has_own_clock
from hwsim.engine.feature import Feature
from hwsim.engine.moves import Pairs
from hwsim.engine.white import white_noise
from hwsim.errors import InputError
from hwsim.program import Network, Program
from hwsim.streams import stream_key


@dataclass(frozen=True, kw_only=True)
class Start:
    """The start of a run.

    reads : replicas in all;  schedules : realisations of the clock that they are spread over;  seed : of every stream
    initial : int8 (reads, n) of +-1, or None for random starts
    record : numbers of the replicas of which every update is kept
    rungs : anneals that the replicas of each schedule are spread over, equal numbers to each, in order
    read_bias : float64 (reads, n), what each read adds to the biases of the p-bits of `Cells.read_bias`; None for 0
    loads : whether `State.load` will write weights, so that an engine for any weights is chosen
    """

    reads: int
    schedules: int
    seed: int
    threads: int = 1
    initial: np.ndarray | None = None
    record: tuple[int, ...] = ()
    rungs: int = 1
    read_bias: np.ndarray | None = None
    loads: bool = False

    def __post_init__(self) -> None:
        if self.reads < 1 or self.schedules < 1 or self.schedules > self.reads:
            raise InputError(
                f"reads must be >= 1 and schedules between 1 and reads, got {self.reads} and {self.schedules}"
            )
        if self.rungs < 1 or (self.rungs > 1 and self.reads % (self.schedules * self.rungs)):
            raise InputError(
                f"reads must be a multiple of schedules x rungs, got {self.reads}, {self.schedules} and {self.rungs}"
            )
        if self.threads < 1:
            raise InputError(f"threads must be >= 1, got {self.threads}")
        if any(not 0 <= replica < self.reads for replica in self.record):
            raise InputError(f"a recorded read must lie in [0, {self.reads})")

    def replicas_by_schedule(self) -> list[np.ndarray]:
        """Replica numbers of each schedule: consecutive, numbers as equal as can be."""
        return np.array_split(np.arange(self.reads), self.schedules)

    def lanes(self, n_replicas: int) -> np.ndarray:
        """int64 (n_replicas,): the number of each replica of a schedule in its noise; each rung begins a word of 64."""
        per_rung = n_replicas // self.rungs
        number = np.arange(n_replicas)
        return number if self.rungs == 1 else number // per_rung * (-(-per_rung // 64) * 64) + number % per_rung

    def anneals(self, anneal: Anneal | Sequence[Anneal]) -> Sequence[Anneal]:
        """One anneal for each rung of each schedule, schedule by schedule."""
        many = self.schedules * self.rungs
        each = [anneal] * many if isinstance(anneal, Anneal) else anneal
        if len(each) != many:
            rungs = f" of {self.rungs} rungs" if self.rungs > 1 else ""
            raise InputError(f"{self.schedules} schedules{rungs} need as many anneals, got {len(each)}")
        return each

    def keys(self, schedule: int) -> tuple[int, int, int]:
        """Keys of the noise, the clock and the initial states of schedule number ``schedule``."""
        return tuple(stream_key(self.seed, name, schedule) for name in ("noise", "clock", "initial"))  # type: ignore


@dataclass
class Events:
    """Updates of one recorded replica, ordered by (time, p-bit): int64, int32, int8 arrays of one length."""

    time: list[np.ndarray] = field(default_factory=list)
    pbit: list[np.ndarray] = field(default_factory=list)
    value: list[np.ndarray] = field(default_factory=list)

    def arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The whole trace as (time int64, pbit int32, value int8)."""
        kinds = (np.int64, np.int32, np.int8)
        parts = (self.time, self.pbit, self.value)
        return tuple(np.concatenate([np.empty(0, k), *p]).astype(k) for p, k in zip(parts, kinds, strict=True))  # type: ignore


class State(Protocol):
    """Replicas in mid-run.

    in_place : whether the moves are made where the engine keeps states, and not on copies
    A move means what `assign` of the moved states means: all replicas are written, so nothing is under way then.
    """

    in_place: bool

    @property
    def updates(self) -> int:
        """Of p-bits so far; of those that set their own rate, see `own_updates`."""

    @property
    def flips(self) -> int | None:
        """Of p-bits that set their own rate, one by one; None where there are none."""

    def compile(self, anneal: Anneal) -> None:
        """Make the kernels ready, where an engine has any."""

    def advance(self, until: int, anneal: Anneal | Sequence[Anneal]) -> None:
        """Run every instant before grid time ``until``; all under one anneal, or each rung of each schedule under its
        own."""

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (reads, n) into the p-bits between two advances: neighbours see the new values at once, and values
        that were under way are lost."""

    def clamp(self, pbits: np.ndarray, values: np.ndarray) -> None:
        """What `assign` does with the committed states of which those of ``pbits`` int64 (k,) are ``values`` int8
        (reads, k)."""

    def bias_reads(self, values: np.ndarray) -> None:
        """Each read adds ``values`` float64 (reads, n) to its biases from now on, as in Start.read_bias. A p-bit's sum
        begins with its bias and that value, added first. Nothing else changes: values under way stay so. A bias
        belongs to the read, not to the state: moves leave it."""

    def load(self, network: Network) -> None:
        """Write other biases and weights into the running machine, on the same couplings. Nothing else changes: states,
        clock, noise and values under way stay. Energies are those of ``network`` from now on, but for a problem that
        the program counts on its own. Raises InputError, and UnsupportedError where the engine's limits forbid it."""

    def pairs(self, first: np.ndarray, second: np.ndarray) -> Pairs:
        """Pairs of replicas, int64 (k,) each, no replica twice: to be made once and used in many moves."""

    def exchange(self, pairs: Pairs, taken: np.ndarray) -> None:
        """Exchange the states of the ``pairs`` that bool (k,) ``taken`` names."""

    def clusters(self, pairs: Pairs, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Exchange a cluster within each of ``pairs``; see `hwsim.engine.moves.exchange_clusters`. sites : int64 (k,),
        p-bits. Returns int64 (k,) each: p-bits exchanged, and p-bits that differed."""

    def take(self, parents: np.ndarray) -> None:
        """Every replica takes the state of replica ``parents[r]``, int64 (reads,)."""

    def spins(self, replicas: np.ndarray | None = None) -> np.ndarray:
        """int8 (reads, n): committed states; of the given replicas alone where they are given."""

    def words(self) -> np.ndarray:
        """uint64 (n, W): the committed states as bits, 1 at +1, the reads in an order of the engine's own, the same for
        all p-bits; bits that stand for no read are 0."""

    def energies(self) -> np.ndarray:
        """float64 (reads,): energies of the committed states, in problem units, offset included."""

    def law_energies(self) -> np.ndarray:
        """float64 (reads,): energies of the committed states in the network that the machine realises, no offset. Like
        `energies` they leave out what each read adds to its biases."""

    def events(self) -> dict[int, Events]:
        """Traces of the recorded replicas so far."""


class Engine(Protocol):
    """A module of this folder. FEATURES : what it honours; refusals and the table of examples/engines.md say it."""

    FEATURES: Set[Feature]

    def why_not(self, program: Program) -> str | None:
        """Why this engine cannot run ``program``: features that it lacks, or a limit; None where it can."""

    def start(self, program: Program, start: Start) -> State:
        """Replicas at time 0."""


class Drift:
    """The temperature drift of a machine, applied to anneals; the same anneal gives the same object again.

    per_second : relative warming
    """

    def __init__(self, per_second: float) -> None:
        self._per_second = per_second
        self._known: dict[int, tuple[Anneal, Anneal]] = {}

    def applied(self, anneals: Sequence[Anneal]) -> list[Anneal]:
        """The anneals that p-bits follow."""
        if self._per_second == 0.0:
            return list(anneals)
        known = {}
        for anneal in anneals:
            key = id(anneal)
            if key not in known:
                known[key] = self._known.get(key) or (anneal, drifted(anneal, self._per_second))
        self._known = known
        return [known[id(anneal)][1] for anneal in anneals]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """A Program's devices, (n,) each. A stuck p-bit is a device that always chooses the same value."""

    gain: np.ndarray
    offset: np.ndarray
    low: np.ndarray
    high: np.ndarray
    step: np.ndarray
    comparator_step: np.ndarray
    law: np.ndarray
    parameter: np.ndarray
    z_limit: np.ndarray
    noise: np.ndarray


def sets_own_rate(program: Program) -> np.ndarray:
    """bool (n,): p-bits whose rate depends on their state; stuck and held ones never change and are left out."""
    cells = program.cells
    return has_own_clock(cells.law) & (cells.stuck == 0) & ~cells.held


def own_updates(program: Program, ticks: int) -> float:
    """How often the p-bits of one read that set their own rate update in ``ticks``: once in each tau of theirs.

    The clock that bounds their rate ticks far more often, and the device knows nothing of it. What happens at such a
    device is its flips.
    """
    clock = program.clock
    tau = clock.tau if clock.own_tau is None else clock.own_tau
    return float(ticks * np.sum(1.0 / tau[sets_own_rate(program)]))


def counted_updates(program: Program, ticks: int, run_ticks: int) -> int:
    """Updates in all reads, of ``ticks`` that p-bits had in all of them and grid time ``run_ticks`` of all together.

    Where each read draws its own participants they are as many as take part on average, and p-bits that set their own
    rate have `own_updates`.
    """
    clock = program.clock
    regular = ticks if clock.own_share is None else round(ticks * clock.share)
    return regular + (round(own_updates(program, run_ticks)) if np.any(sets_own_rate(program)) else 0)


_FAR = 1e6
"""Input at which every law has saturated."""


def columns(program: Program) -> Columns:
    """The devices of ``program`` as the kernels of the fast engines read them."""
    stuck = program.cells.stuck != 0
    free = np.where(stuck, 0.0, 1.0)
    return Columns(
        gain=np.where(stuck, 1.0, program.cells.gain),
        offset=np.where(stuck, _FAR * program.cells.stuck, program.cells.offset),
        low=program.cells.input_low * free,
        high=program.cells.input_high * free,
        step=program.cells.input_step * free,
        comparator_step=program.cells.comparator_step,
        law=np.where(stuck, HEAT_BATH, program.cells.law).astype(np.int8),
        parameter=program.cells.parameter * free,
        z_limit=program.cells.z_limit * free,
        noise=white_noise(program)[0],
    )
