"""The machine that learns: a model on a chip card, with its registers, and phases that run on it and are counted.

Enters: a Model, a chip, biases and couplings as the controller holds them. Leaves: moments that the chip measures as it
is, under its own clock, delay, noise, registers and faults; and what all that asked of the machine.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, Unpack, cast

import numpy as np

from hwsim.algorithm.moves import accepted
from hwsim.anneal import constant
from hwsim.chip.chip import Chip
from hwsim.chip.library import made_chip
from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError
from hwsim.learn.exact import Moments
from hwsim.learn.model import Model, check_fits
from hwsim.learn.registers import Registers
from hwsim.mapping.compile import compile as compiled
from hwsim.program import Network, Program
from hwsim.session import Activity, ReadKeywords, RunSettings, Session, added
from hwsim.session.moments import means_of_words, moments_of_pairs
from hwsim.streams import generator, stream_key
from hwsim.units import to_seconds, whole

_FAR = 2**62
"""Ticks that a phase may run at most: 77 minutes of the device."""


@dataclass(frozen=True, kw_only=True)
class Timing(Shown):
    """When a phase is looked at: after ``warm_up`` sweeps, then ``looks`` times, ``spacing`` sweeps apart."""

    warm_up: int = 1
    looks: int = 1
    spacing: int = 1

    def __post_init__(self) -> None:
        whole(self.warm_up, name="warm_up")
        whole(self.looks, name="looks", least=1)
        whole(self.spacing, name="spacing", least=1)

    @property
    def sweeps(self) -> int:
        """Sweeps in all."""
        return self.warm_up + (self.looks - 1) * self.spacing


class MachineKeywords(ReadKeywords, total=False):
    """Keywords of a LearningMachine; those of ReadKeywords are for its phases, of which each says its reads itself.

    die_seed : which die (0);  rounding : of the registers, "nearest", or "stochastic", drawn at every load
    parts : chips that the p-bits are spread over, how many, or the chip of each;  exchange_s : see hwsim.compile
    """

    die_seed: int
    rounding: str
    parts: int | Sequence[int] | None
    exchange_s: float | None


_OWN = ("die_seed", "rounding", "parts", "exchange_s")


class LearningMachine(Shown):
    """A model on a die of a chip. The controller holds real numbers; `load` writes what its registers make of them.

    model : whose structure runs;  chip : the card;  program : the free machine, p-bit i carrying unit i
    bias, weight : float64 (n,), (k,), what the controller loaded last;  network : what the registers then hold
    loads : how often the registers were written
    settings : seed, schedules, engine and threads of every phase
    """

    def __init__(self, model: Model, chip: Chip | str | Path, **how: Unpack[MachineKeywords]) -> None:
        """how : see MachineKeywords; all chains of a phase share one schedule of the clock by default. Raises
        InputError, and DoesNotFitError where the chip lacks p-bits or wires."""
        self.model, self.chip = model, made_chip(chip)
        check_fits(model, self.chip)
        settings = {key: value for key, value in how.items() if key not in _OWN}
        self.settings = RunSettings.of(settings, schedules=1)  # type: ignore[arg-type]
        die_seed = how.get("die_seed", 0)
        self.program = _program(model, self.chip, die_seed, how.get("parts"), how.get("exchange_s"))
        self.registers = Registers(model.network, self.chip, die_seed, how.get("rounding", "nearest"))
        self.phases: dict[str, Phase] = {}
        self._spent: dict[str, list[Activity]] = {}
        self._kept: dict[str, np.ndarray] = {}
        self._batch: tuple[np.ndarray, Moments] | None = None
        self._part = self._started = self.loads = 0
        self._ran_on = self.settings.engine
        self.load(model.bias, model.weight)

    def _shown(self) -> tuple[str, Facts]:
        return f"LearningMachine of {counted(self.model.n, 'p-bit')} on {self.chip.name}", [
            ("model", self.model.name),
            ("phases", ", ".join(self.phases) or None),
        ]

    def load(self, bias: np.ndarray, weight: np.ndarray, *, number: int = 0) -> Network:
        """Write ``bias`` (n,) and ``weight`` (k,) to the registers; running phases go on with what these hold, which is
        returned. number : of the load, which chooses the draws of stochastic rounding"""
        self.bias, self.weight = bias, weight
        self.loads += 1
        self.network = self.registers.hold(bias, weight, self.settings.seed, number)
        for phase in self.phases.values():
            phase.load(self.network)
        return self.network

    def phase(self, name: str, reads: int, *, held: np.ndarray | None = None, **how: Any) -> "Phase":
        """Start, or start anew, the phase ``name``: ``reads`` chains side by side, in which the units of bool (n,)
        ``held`` keep the values that they are given. how : see Phase."""
        self.close(name)
        states = self._kept.pop(name, None)
        if states is not None and len(states) == reads * len(how.get("betas", (1,))):
            how = {"states": states} | how
        self.phases[name] = Phase(self, name, reads, held=held, numbers=(self._part, self._started), **how)
        self._started += 1
        return self.phases[name]

    def close(self, name: str) -> None:
        """End the phase ``name``; what it asked of the machine stays counted."""
        if name in self.phases:
            self._spent.setdefault(name, []).append(self.phases.pop(name).activity)

    @property
    def states(self) -> dict[str, np.ndarray]:
        """int8 (reads, n) by phase: the states that the phases have, or will start from."""
        return self._kept | {name: phase.states for name, phase in self.phases.items()}

    @property
    def engine(self) -> str:
        """The engine of a phase that runs; where none does, that of the machine before, or the one asked for."""
        return next((phase.session.engine for phase in self.phases.values()), self._ran_on)

    def begin_part(self, number: int, states: Mapping[str, np.ndarray]) -> None:
        """End all phases. Those that start from now on take ``states`` by name, and random numbers of part ``number``:
        what happens then depends on the registers, these two, and the seed."""
        for name in list(self.phases):
            self.close(name)
        self._kept, self._part, self._started = dict(states), number, 0

    def goes_on(self, activities: Mapping[str, Activity], loads: int, engine: str) -> None:
        """Count on from what a machine before this one was asked, by phase, and from its ``loads``. Sums go on from the
        left, so that they are those of one machine to the last bit. engine : that ran it"""
        self._spent = {name: [activity] for name, activity in activities.items()}
        self.loads, self._ran_on = loads, engine

    @property
    def activities(self) -> dict[str, Activity]:
        """What each phase asked of the machine in all, by name."""
        parts = {name: list(each) for name, each in self._spent.items()}
        for name, phase in self.phases.items():
            parts.setdefault(name, []).append(phase.activity)
        return {name: added(each) for name, each in parts.items()}

    def drawn(self, reads: int, draw: np.random.Generator) -> np.ndarray:
        """int8 (reads, n): every unit drawn by the bias alone that the controller loaded last."""
        up = (1 - np.tanh(self.model.beta * self.bias)) / 2
        return np.where(draw.random((reads, len(up))) < up, 1, -1).astype(np.int8)

    def moments(self, states: np.ndarray) -> Moments:
        """The moments of ``states`` int8 (reads, n) over the model's couplings."""
        return moments_of(states, self.model.first, self.model.second)

    def measured(self, session: Session) -> Moments:
        """The moments of the states now of all reads of a running ``session`` of the machine, read by the
        controller."""
        model = self.model
        return Moments(*means_of_words(session.read_words(), session.settings.reads, model.first, model.second))

    def data_moments(self, batch: np.ndarray) -> Moments:
        """The moments of ``batch`` int8 (rows, n), whose values nobody changes: of the same array again, the same."""
        if self._batch is None or self._batch[0] is not batch:
            self._batch = batch, self.moments(batch)
        return self._batch[1]


class Phase(Shown):
    """Chains that run on the machine: those of the positive or the negative phase of a training, or a generation.

    session : the running machine;  held : bool (n,);  reads : chains at the model's own beta
    betas : of a tempered phase: each chain has one partner at each of these, and neighbours exchange their states after
    every sweep; only the chains of the last one, at the model's own beta, are measured
    seed : of its random numbers
    """

    def __init__(
        self,
        machine: LearningMachine,
        name: str,
        reads: int,
        *,
        held: np.ndarray | None = None,
        betas: Sequence[float] = (1.0,),
        states: np.ndarray | None = None,
        numbers: tuple[int, int] = (0, 0),
        like: "Phase | None" = None,
    ) -> None:
        """betas : ascending to 1, in units of the model's own;  states : int8 (reads len(betas), n) at the start, None
        for random ones;  numbers : of the part and of the phase in it, which choose its random numbers;  like : another
        phase, whose random numbers this one draws too, sweep by sweep"""
        self.machine, self.name, self.reads = machine, name, whole(reads, name="reads", least=1)
        n = machine.model.n
        self.held = np.zeros(n, dtype=bool) if held is None else np.asarray(held, dtype=bool)
        program = machine.program.changed(network=machine.network, held=self.held)
        seed = stream_key(machine.settings.seed, f"phase {name}", *numbers) >> 1 if like is None else like.seed
        self.seed: int = seed
        self._ladder = _Ladder(betas, self.reads, machine, seed)
        many = self.reads * len(self._ladder.betas)
        how = replace(machine.settings, reads=many, seed=seed, schedules=self._ladder.schedules)
        draw = generator(seed, "states")
        given = (2 * draw.integers(0, 2, (many, n)) - 1).astype(np.int8) if states is None else states
        anneals = [constant(beta, to_seconds(_FAR)) for beta in self._ladder.betas] * how.schedules
        self.session = Session(
            program,
            how,
            anneals[0] if len(self._ladder.betas) == 1 else anneals,
            end=_FAR,
            initial_states=given,
            rungs=len(self._ladder.betas),
            loads=True,
        )
        self._held_pbits = np.flatnonzero(self.held)
        self._clamped = 0

    def _shown(self) -> tuple[str, Facts]:
        return f"Phase {self.name}: {counted(self.reads, 'chain')}", [("held", int(self.held.sum()) or None)]

    @property
    def states(self) -> np.ndarray:
        """int8 (reads, n): the states now; nothing is counted."""
        return self.session.peek()

    @property
    def cold_states(self) -> np.ndarray:
        """int8 (reads, n): the states now of the chains at the model's own beta; nothing is counted."""
        return self.session.peek()[self._ladder.cold]

    @property
    def activity(self) -> Activity:
        """What the phase asked of the machine, all chains on one network in turn. Values that were clamped count as
        data; loads of the registers serve all phases, and the machine counts them."""
        found = self.session.activity(runs=1, copies=1)
        return replace(found, programmings=0.0, data_writes=found.data_writes + self._clamped)

    def load(self, network: Network) -> None:
        """Go on with the biases and couplings of ``network``."""
        self.session.load(network)

    def start(self, states: np.ndarray) -> Self:
        """Write ``states`` int8 (reads, n) into all p-bits."""
        self.session.write(states)
        return self

    def clamp(self, values: np.ndarray) -> Self:
        """Write ``values`` int8 (reads, held) into the held p-bits, in their order; the others keep their states."""
        self.session.clamp(self._held_pbits, values)
        self._clamped += self.reads * len(self._held_pbits)
        return self

    def sweep(self, sweeps: int) -> Self:
        """Run so many rounds of the chip's clock."""
        session = self.session
        once = session.program.clock.round_ticks
        check_time(session, sweeps)
        if len(self._ladder.betas) == 1:
            session.advance(session.now + sweeps * once)
            return self
        for _ in range(sweeps):
            session.advance(session.now + once)
            session.wrote(self._ladder.swap(session))
        return self

    def read(self) -> np.ndarray:
        """int8 (reads, n): the states now at the model's own beta, read by the controller."""
        states = self.session.read()
        return states if len(self._ladder.betas) == 1 else states[self._ladder.cold]

    def looks(self, timing: Timing) -> Iterator[np.ndarray]:
        """int8 (reads, n): the states at each look of ``timing``, as `read` gives them. Raises InputError."""
        check_time(self.session, timing.sweeps)
        for look in range(timing.looks):
            self.sweep(timing.spacing if look else timing.warm_up)
            yield self.read()

    def measure(self, timing: Timing) -> Moments:
        """The moments over all reads and the looks of ``timing``."""
        machine, looks = self.machine, []
        check_time(self.session, timing.sweeps)
        for look in range(timing.looks):
            self.sweep(timing.spacing if look else timing.warm_up)
            tempered = len(self._ladder.betas) > 1
            looks.append(machine.moments(self.read()) if tempered else machine.measured(self.session))
        return mean_of(looks)


class _Ladder:
    """The betas of a phase, and the exchanges of states between neighbours (Hukushima and Nemoto, J. Phys. Soc. Jpn.
    65, 1604 (1996)), decided by the energies in the network that the registers hold.

    betas : float64 (m,);  schedules : of the clock;  cold : int64 (reads,), rows of the chains at the last beta
    """

    def __init__(self, betas: Sequence[float], reads: int, machine: LearningMachine, seed: int) -> None:
        given = np.asarray(betas, dtype=np.float64)
        if given.ndim != 1 or not len(given) or given[-1] != 1 or np.any(np.diff(given) <= 0) or given[0] < 0:
            raise InputError(f"betas must ascend from 0 or more to 1, got {list(betas)}")
        if len(given) > 1 and machine.chip.fixed_beta is not None:
            raise InputError(f"chip {machine.chip.name!r} fixes beta, so its chains cannot have several betas")
        self.betas = given * machine.model.beta
        self.schedules = math.gcd(machine.settings.schedules, reads) if len(given) > 1 else machine.settings.schedules
        self.schedules = min(self.schedules, reads)
        rows = np.arange(reads * len(given)).reshape(self.schedules, len(given), -1) if len(given) > 1 else None
        self._ladders = None if rows is None else np.moveaxis(rows, 1, 0).reshape(len(given), -1)
        self.cold = np.arange(reads) if self._ladders is None else self._ladders[-1]
        self._draw, self._swaps = generator(seed, "exchanges"), 0

    def swap(self, session: Session) -> int:
        """Exchange neighbours, even and odd pairs in turn: how many states moved."""
        odd, self._swaps = self._swaps % 2, self._swaps + 1
        ladders = cast(np.ndarray, self._ladders)
        energies = session.read_energies(law=True)[ladders]
        lower, upper = ladders[odd:-1:2], ladders[odd + 1 :: 2]
        taken = accepted(self.betas, energies, odd, self._draw.random(lower.shape))
        session.state.exchange(session.state.pairs(lower.ravel(), upper.ravel()), taken.ravel())
        return 2 * int(taken.sum())


def _program(
    model: Model, chip: Chip, die_seed: int, parts: int | Sequence[int] | None, exchange_s: float | None
) -> Program:
    """The program of the model's whole structure on ``chip``, whose registers are written later."""
    ones = model.with_values(np.zeros(model.n), np.ones(len(model.weight)))
    problem = ones.problem()
    program = compiled(problem, chip, die_seed=die_seed, embedding="never", parts=parts, exchange_s=exchange_s)
    return program.changed(problem=None, energy_offset=0.0)


def moments_of(states: np.ndarray, first: np.ndarray, second: np.ndarray) -> Moments:
    """The means of s_i, and of s_i s_j over pairs, of ``states`` int8 (reads, n) of +-1."""
    found = moments_of_pairs(states, first, second)
    return Moments(found.first, found.second)


def mean_of(looks: Sequence[Moments]) -> Moments:
    """The mean of the moments of one or more ``looks``."""
    return looks[0] if len(looks) == 1 else Moments(*(np.mean(part, axis=0) for part in zip(*looks, strict=True)))


def check_time(session: Session, sweeps: int) -> None:
    """Raise InputError where so many more ``sweeps`` last longer than ``session``."""
    if session.now + sweeps * session.program.clock.round_ticks > session.end:
        raise InputError(
            f"a phase runs for at most {to_seconds(session.end):.0f} s of the device: judge the training more often, "
            "or take fewer sweeps"
        )
