"""Program: the narrow waist. A few records of flat arrays that an engine reads; no graph objects.

Mapping makes a Program; engines read nothing else. It checks itself, cannot be changed, and has a content hash that
identifies a result for ever.
"""

import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np

from hwsim.cell.codes import has_own_clock
from hwsim.display import Facts, Shown, counted, short
from hwsim.errors import InputError
from hwsim.memory import check_program
from hwsim.program.cells import Cells
from hwsim.program.clock import Clock
from hwsim.program.network import Network, Wires
from hwsim.program.noise import Noise
from hwsim.program.placement import Placement
from hwsim.program.prices import Prices
from hwsim.program.readout import Readout
from hwsim.program.record import CONNECTION, PBIT, ROW, VARIABLE, Record
from hwsim.rounding import indistinct, is_exact, reached, rounding
from hwsim.streams import NOISE_VERSION
from hwsim.units import format_si, to_seconds

HASH_VERSION = 3
_LARGEST_ENERGY = 1e154
"""Its square, of which errors of means are made, is the largest that float64 holds."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Program(Shown):
    """A problem on a chip, ready to run: n p-bits, m stored connections. See each record for what it holds.

    network : who is coupled to whom;  wires : when a value arrives;  cells : the devices and their faults
    noise : of the machine, and its random numbers;  clock : who updates when
    readout : what states mean;  prices : what the machine charges;  placement : which chip, and where on it
    """

    network: Network
    wires: Wires
    cells: Cells
    noise: Noise
    clock: Clock
    readout: Readout
    prices: Prices = field(default_factory=Prices)
    placement: Placement = field(default_factory=Placement)

    def __post_init__(self) -> None:
        _check_lengths(self)
        _check_together(self)
        _check_energies(self)

    def _shown(self) -> tuple[str, Facts]:
        clock, on, delay = self.clock, self.placement.chip, self.wires.delay
        spans = sorted({int(delay.min(initial=0)), int(delay.max(initial=0))})
        carried = None if self.readout.chain is None else f"{counted(self.n_variables, 'variable')} in chains"
        share = f" p={clock.participation:g}" if clock.kind == "synchronous" else ""
        name = self.readout.problem_name
        what = f"Program of {short(name, 30)}: " if name else "Program of "
        what += f"{counted(self.n_pbits, 'p-bit')}, {counted(self.network.n_couplings, 'coupling')}"
        return what + (f" on {on}" if on else ""), [
            ("clock", f"{clock.kind}{share}, tau {format_si(to_seconds(clock.round_ticks), 's')}"),
            ("delay", " to ".join(format_si(to_seconds(ticks), "s") for ticks in spans)),
            ("carries", carried),
            ("p-dits", None if self.cells.pdit is None else int(self.cells.pdit.max()) + 1),
        ]

    @property
    def records(self) -> Iterator[Record]:
        """All of them, in order."""
        return (getattr(self, item.name) for item in fields(self))

    @property
    def n_pbits(self) -> int:
        """How many p-bits."""
        return self.network.n

    @property
    def n_variables(self) -> int:
        """How many variables the problem has: fewer than p-bits where chains carry them."""
        return self.problem_network.n

    @property
    def problem_network(self) -> Network:
        """The network that energies are counted with."""
        return self.network if self.readout.problem is None else self.readout.problem

    @cached_property
    def remembers(self) -> bool:
        """Whether an update depends on the p-bit's own state."""
        return self.cells.remembers

    @cached_property
    def reads_are_independent(self) -> bool:
        """Whether the clock has but one schedule and no slow noise is shared, so that reads of one schedule are
        independent."""
        return not (self.clock.is_drawn or np.any(self.noise.flicker > 0))

    def energies(self, states: np.ndarray) -> np.ndarray:
        """float64 (reads,): of ``states`` int8 (reads, n) of the p-bits, chains by their vote, the offset included."""
        return self.value_energies(self.readout.vote(states))

    def value_energies(self, values: np.ndarray) -> np.ndarray:
        """float64 (reads,): energies of ``values`` int8 (reads, variables) of the problem's variables, +-1."""
        return self.column_energies(np.asarray(values, dtype=np.int8).T)

    def column_energies(self, values: np.ndarray) -> np.ndarray:
        """The same of ``values`` int8 (variables, reads): counted in the problem's own variables, as dimod counts."""
        readout = self.readout
        if readout.own is None:
            return self.problem_network.column_energies(values, readout.energy_offset)
        own = (values > 0).astype(np.int8)
        energies = readout.own.column_energies(own, readout.own_offset)
        if readout.violations is None:
            return energies
        return energies + readout.penalty * readout.violations.column_energies(own, readout.violations_offset)

    @cached_property
    def is_exact(self) -> bool:
        """Whether energies are counted over the spins, and sums without rounding errors in any order."""
        return self.readout.own is None and is_exact(*self._terms)

    @cached_property
    def rounding(self) -> float:
        """How far two computed energies of the same value may lie apart; see `hwsim.rounding.rounding`."""
        squares = self.readout.violations
        if squares is None:
            return rounding(*self._terms)
        extra = rounding(squares.bias, squares.pairs[2], self.readout.violations_offset)
        return rounding(*self._terms) + self.readout.penalty * extra

    @property
    def _terms(self) -> tuple[Any, ...]:
        """Biases, couplings and offset that energies are counted with."""
        readout = self.readout
        if readout.own is not None:
            return readout.own.bias, readout.own.pairs[2], readout.own_offset
        return self.problem_network.bias, self.problem_network.pairs[2], readout.energy_offset

    @cached_property
    def indistinct(self) -> str | None:
        """Why float64 cannot tell the problem's energies apart, in a sentence; None where it can."""
        counted = self.problem_network if self.readout.own is None else self.readout.own
        return indistinct(counted.reach, self.rounding)

    def reached(self, energies: np.ndarray, target: float) -> np.ndarray:
        """bool (reads,): which ``energies`` are at ``target`` or below, up to `rounding`. Raises InputError where they
        are `indistinct`."""
        if self.indistinct is not None:
            raise InputError(self.indistinct)
        return reached(energies, target, self.rounding)

    def changed(self, **changes: Any) -> "Program":
        """The program with other values of some fields, each named as in its record."""
        by_record: dict[str, dict[str, Any]] = {}
        for name, value in changes.items():
            if name in _RECORDS:
                by_record.setdefault("", {})[name] = value
            elif name in _HOME:
                by_record.setdefault(_HOME[name], {})[name] = value
            else:
                raise InputError(f"a program has no field {name!r}")
        whole = by_record.pop("", {})
        return replace(
            self, **whole, **{record: replace(getattr(self, record), **values) for record, values in by_record.items()}
        )

    def with_network(self, network: Network) -> "Program":
        """The program with other numbers on the same couplings. Nothing else can change, so nothing else is checked.

        Raises InputError where ``network`` couples other p-bits.
        """
        if network is self.network:
            return self
        if not self.network.same_couplings(network):
            raise InputError("a network to be loaded must couple the p-bits that the program couples, in its order")
        made, own = object.__new__(Program), vars(self)
        vars(made).update({name: own[name] for name in _RECORDS}, network=network)
        return made

    def tile(self, copies: int) -> "Program":
        """``copies`` of the program side by side, not coupled: p-bit i of copy r has number r n + i.

        One clock serves all. The sites and registers of a chip are those of one copy, so they are left out.
        """
        if copies < 1:
            raise InputError(f"copies must be >= 1, got {copies}")
        check_program(copies * self.n_pbits, copies * len(self.network.weight) // 2)
        sizes = self._sizes
        bare = replace(self.placement, sites=None, bias_code=None, weight_code=None)
        many = {item.name: getattr(self, item.name) for item in fields(self)} | {"placement": bare}
        return replace(self, **{name: record.tile(copies, sizes) for name, record in many.items()})

    def take(self, pbits: np.ndarray) -> "Program":
        """The part of the program on ``pbits`` (int, ascending), with the couplings among them.

        Energies are counted with the machine's own couplings of that part, without offset. Raises InputError for a part
        of a p-dit, and for a program with chains.
        """
        pbits = np.asarray(pbits, dtype=np.int64)
        if self.readout.chain is not None:
            raise InputError("a program with chains cannot be cut")
        if len(pbits) == 0 or np.any(np.diff(pbits) <= 0) or pbits[0] < 0 or pbits[-1] >= self.n_pbits:
            raise InputError(f"pbits must be one or more ascending numbers in [0, {self.n_pbits})")
        inside = np.zeros(self.n_pbits, dtype=bool)
        inside[pbits] = True
        if self.cells.pdit is not None and np.any(inside != inside[self.cells.pdit]):
            raise InputError("pbits must hold all lines of a p-dit or none")
        network = self.network
        connections = np.flatnonzero(inside[network.rows] & inside[network.indices])
        degree = np.bincount(network.rows[connections], minlength=network.n)[pbits]
        indptr = np.concatenate(([0], np.cumsum(degree))).astype(np.int64)
        kept = {PBIT: pbits, CONNECTION: connections, VARIABLE: pbits}
        place = np.cumsum(inside) - 1
        part = Network(
            bias=network.bias[pbits],
            indptr=indptr,
            weight=network.weight[connections],
            indices=place[network.indices[connections]].astype(np.int32),
        )
        rest = ("wires", "cells", "noise", "clock", "prices", "placement")
        return replace(
            self,
            network=part,
            readout=self.readout.part(pbits),
            **{name: getattr(self, name).take(kept, self._sizes) for name in rest},
        )

    @property
    def _sizes(self) -> dict[str, int]:
        n, m = self.n_pbits, len(self.network.weight)
        return {PBIT: n, CONNECTION: m, ROW: n + 1, VARIABLE: self.n_variables}

    def __getattr__(self, name: str) -> Any:
        """Fields by the flat names of hwsim 0.1, for one release."""
        if name.startswith("_") or name not in _FLAT:
            raise AttributeError(f"a Program has no attribute {name!r}")
        record, inside = _FLAT[name]
        warnings.warn(f"program.{name} is now program.{record}.{inside}", DeprecationWarning, stacklevel=2)
        value = getattr(getattr(self, record), inside)
        if name.startswith("problem_"):
            return None if value is None else getattr(value, name.removeprefix("problem_"))
        return value


_RECORDS = {item.name: item.type for item in fields(Program)}
_HOME = {item.name: record for record, kind in _RECORDS.items() for item in fields(kind)}  # type: ignore[arg-type]
"""The record that each field belongs to; no two records share a name."""
_FLAT = {name: (record, name) for name, record in _HOME.items()} | {
    "group": ("cells", "pdit"),
    "bound": ("cells", "z_limit"),
    "threshold_word": ("cells", "comparator_step"),
    "problem_bias": ("readout", "problem"),
    "problem_indptr": ("readout", "problem"),
    "problem_indices": ("readout", "problem"),
    "problem_weight": ("readout", "problem"),
    "uniform_delay": ("wires", "uniform_delay"),
    "n_couplings": ("network", "n_couplings"),
}


def _check_lengths(program: Program) -> None:
    """Raise InputError unless every array is as long as there are p-bits or connections."""
    if program.n_pbits == 0:
        raise InputError("a program needs at least one p-bit")
    sizes = program._sizes
    for record in program.records:
        for item, what in record._columns():
            value = getattr(record, item.name)
            if value is not None and what.axis in sizes and len(value) != sizes[what.axis]:
                raise InputError(
                    f"program.{item.name} must be {what.dtype} ({sizes[what.axis]},), got {value.dtype} {value.shape}"
                )


def _check_together(program: Program) -> None:
    """Raise InputError where values, each valid in its record, contradict each other."""
    network, cells, noise, clock = program.network, program.cells, program.noise, program.clock
    if clock.facts.colored and np.any(clock.color[network.rows] == clock.color[network.indices]):
        raise InputError("program.color gives two coupled p-bits the same colour")
    if np.any(has_own_clock(cells.law)) and clock.kind != "poisson":
        raise InputError(
            "p-bits of a law whose rate depends on the state set it themselves and run on the poisson clock alone; got "
            f"the {clock.kind} clock"
        )
    if noise.source_steps == "clock":
        _check_clocked_source(clock)
    if program.wires.driven is not None and (np.any(cells.synapse > 0) or cells.pdit is not None):
        raise InputError("driven couplings cannot reach a p-bit with an RC synapse or a p-dit")
    own = program.readout.problem
    if own is not None and program.readout.chain is None and own.n != program.n_pbits:
        raise InputError(f"program.problem must have a spin for each of the {program.n_pbits} p-bits, got {own.n}")
    for name in ("own", "violations"):
        counted = getattr(program.readout, name)
        if counted is not None and counted.n != program.n_variables:
            raise InputError(
                f"program.{name} must have an entry for each of the {program.n_variables} variables, got {counted.n}"
            )
    if cells.pdit is not None and noise.random_bit is not None:
        raise InputError("a p-dit needs random words of its own")
    if cells.pdit is not None:
        if np.any(cells.pdit[network.rows] == cells.pdit[network.indices]):
            raise InputError("program.indices couples two levels of one p-dit")
        many = np.bincount(cells.pdit, minlength=program.n_pbits)[cells.pdit] > 1
        noisy = (noise.white > 0) | (noise.flicker > 0)
        if np.any(many & noisy) or (np.any(many) and noise.source != "ideal"):
            raise InputError("a p-dit needs ideal random numbers, and no noise at its input")


def _check_energies(program: Program) -> None:
    """Raise InputError where sums over energies may leave float64."""
    readout = program.readout
    with np.errstate(over="ignore", invalid="ignore"):
        reach = max(
            float(counted.reach.sum()) for counted in (program.network, readout.problem, readout.own) if counted
        )
        reach += abs(readout.energy_offset) + abs(readout.own_offset)
        if readout.violations is not None:
            reach += readout.penalty * (float(readout.violations.reach.sum()) + abs(readout.violations_offset))
    if not reach <= _LARGEST_ENERGY:
        raise InputError(
            f"program.network makes energies of up to {reach:g}, and float64 does not hold their squares: scale the "
            "problem"
        )


def _check_clocked_source(clock: Clock) -> None:
    """Raise InputError unless ``clock`` has slots in which a random source can step."""
    if clock.is_own:
        raise InputError(
            f"a random source that steps with the clock needs one clock for all p-bits, and the {clock.kind} clock is "
            "each one's own: let it step at updates"
        )
    if clock.period * clock.n_slots >= 2**63:
        raise InputError(
            f"a random source that steps with the clock needs period x slots below 2**63 fs, got {clock.period} x "
            f"{clock.n_slots}"
        )


def content_hash(program: Program) -> str:
    """40 hex digits that identify what ``program`` samples.

    They depend on all that changes a state or an energy, and on the version of the noise; not on labels or prices.
    """
    digest = hashlib.blake2b(f"hwsim-program-{HASH_VERSION}-noise-{NOISE_VERSION}".encode(), digest_size=20)
    for item in fields(program):
        record = getattr(program, item.name)
        for name, octets in record.hashed():
            digest.update(f"|{item.name}.{name}:{len(octets)}:".encode())
            digest.update(octets)
    return digest.hexdigest()
