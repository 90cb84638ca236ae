"""The chip: what the machine is. A p-bit, a clock, a graph that can be wired, weight registers, control, floorplan,
prices."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from inspect import Parameter, Signature
from pathlib import Path
from typing import Any

from hwsim.cell.card import Quantity, nearest
from hwsim.cell.choices import CHOICES, usual
from hwsim.cell.clock import CLOCKS, PARTICIPANTS
from hwsim.cell.limits import beyond
from hwsim.cell.measured_die import MeasuredDie
from hwsim.cell.model import PBit
from hwsim.chip.read import card_keys
from hwsim.chip.topology import Topology
from hwsim.display import Facts, Shown
from hwsim.errors import InputError, Mistake
from hwsim.prices import Prices
from hwsim.units import format_si


def _refuse(found: Sequence[Mistake]) -> None:
    if found:
        raise InputError(*found)


@dataclass(frozen=True, kw_only=True)
class Clock(Shown):
    """Who updates when. ``period_s``: one round, in which each p-bit updates once on average; None: the p-bit's tau.

    participation : share of the p-bits that join a synchronous tick;  participants : of PARTICIPANTS
    """

    kind: str
    period_s: float | None = None
    participation: float = 1.0
    participants: str = "shared"

    def __post_init__(self) -> None:
        found = [*beyond("period", self.period_s, unit="s"), *beyond("participation", self.participation)]
        if not isinstance(self.kind, str) or self.kind not in CLOCKS:
            found.append(Mistake(f"clock must be one of {', '.join(CLOCKS)}, got {self.kind!r}", ("clock",)))
        elif self.participation != 1 and self.kind != "synchronous":
            words = f"participation belongs to the synchronous clock, not to {self.kind}"
            found.append(Mistake(words, ("clock", "participation")))
        if not isinstance(self.participants, str) or self.participants not in PARTICIPANTS:
            words = f"participants must be one of {', '.join(PARTICIPANTS)}, got {self.participants!r}"
            found.append(Mistake(words, ("participants",)))
        _refuse(found)


_MOST_FIXED = 51
"""Integer and fraction bits of a weight: with its sign it is a float64, as one of weight_bits is."""


@dataclass(frozen=True, kw_only=True)
class Weights(Shown):
    """Weight registers. They hold real numbers where all fields are None or 0.

    bits : signed integers of that many bits times one scale, full scale ``limit`` (None: the problem's largest weight)
    integer_bits, fraction_bits : fixed point s<integer>.<fraction> in the problem's own unit, instead
    rounding, saturation : of what a register holds, minus the bias or coupling, in the words of hwsim.cell.choices
    dtod : error of each register, relative to full scale, s.d.; drawn per die, per direction of a coupling
    """

    bits: int | None = None
    limit: float | None = None
    integer_bits: int | None = None
    fraction_bits: int | None = None
    rounding: str = usual("weight_rounding")
    saturation: str = usual("weight_saturation")
    dtod: float = 0.0

    def __post_init__(self) -> None:
        keys = {name: f"weight_{name}" for name in vars(self)}
        numbers = [name for name, key in keys.items() if key not in CHOICES]
        found = [mistake for name in numbers for mistake in beyond(keys[name], getattr(self, name))]
        for name, key in keys.items():
            if key in CHOICES and getattr(self, name) not in CHOICES[key]:
                words = f"{key} must be one of {', '.join(CHOICES[key])}, got {getattr(self, name)!r}"
                found.append(Mistake(words, (key,)))
        fixed = ("weight_integer_bits", "weight_fraction_bits")
        if (self.integer_bits is None) != (self.fraction_bits is None):
            words = "fixed-point weights need both weight_integer_bits and weight_fraction_bits"
            found.append(Mistake(words, fixed))
        elif not found and (self.integer_bits or 0) + (self.fraction_bits or 0) > _MOST_FIXED:
            words = f"weight_integer_bits and weight_fraction_bits must add up to at most {_MOST_FIXED}"
            found.append(Mistake(words, fixed))
        if self.integer_bits is not None and self.bits is not None:
            words = "weights are integers of weight_bits or fixed point, not both"
            found.append(Mistake(words, ("weight_bits", *fixed)))
        _refuse(found)


@dataclass(frozen=True, kw_only=True)
class Control(Shown):
    """How an analog annealer realises biases and couplings, in units where the largest coupling is ``j_limit``.

    h_limit, j_limit : ranges into which the problem is scaled; None: not scaled;  j_extended_limit : that of negative
    couplings where it is wider, as a positive number
    h_noise, j_noise : Gaussian error of each bias and coupling, s.d.;  h_quantization, j_quantization : uniform error
    of the control DACs, half width;  background_susceptibility : chi, which adds chi h_j J_ij to h_i and chi J_ij J_jk
    to the coupling of i and k (D-Wave, "Error sources for problem representation")
    """

    h_limit: float | None = None
    j_limit: float | None = None
    j_extended_limit: float | None = None
    h_noise: float = 0.0
    j_noise: float = 0.0
    h_quantization: float = 0.0
    j_quantization: float = 0.0
    background_susceptibility: float = 0.0

    def __post_init__(self) -> None:
        found = [mistake for name in vars(self) for mistake in beyond(name, getattr(self, name))]
        if self.j_extended_limit is not None and self.j_extended_limit < (self.j_limit or math.inf):
            words = f"j_extended_limit, {self.j_extended_limit:g}, widens a smaller j_limit: give that too"
            found.append(Mistake(words, ("j_extended_limit", "j_limit")))
        _refuse(found)

    @property
    def is_exact(self) -> bool:
        """Whether biases and couplings are realised as asked."""
        errors = (self.h_noise, self.j_noise, self.h_quantization, self.j_quantization, self.background_susceptibility)
        return not any(errors)


@dataclass(frozen=True, kw_only=True)
class Floorplan(Shown):
    """What distance costs. None: unknown;  0: no cost.

    cell_pitch_m : side of a p-bit's cell without couplings;  coupling_area_m2 : area that each coupling adds to it,
    mostly a weight register. All cells are as large as that of the most coupled p-bit
    wire_delay_s_per_m : of a coupling's wire;  stage_delay_s : of each stage of the tree that adds up a p-bit's inputs
    wire_energy_j_per_m : per toggle and length of wire
    """

    cell_pitch_m: float | None = None
    coupling_area_m2: float = 0.0
    wire_delay_s_per_m: float = 0.0
    stage_delay_s: float = 0.0
    wire_energy_j_per_m: float | None = None

    def __post_init__(self) -> None:
        found = [*beyond("cell_pitch", self.cell_pitch_m, unit="m"), *beyond("coupling_area", self.coupling_area_m2)]
        if self.cell_pitch_m is None and (self.wire_delay_s_per_m > 0 or self.wire_energy_j_per_m is not None):
            words = "wire_delay and wire_energy are per length: give cell_pitch too"
            found.append(Mistake(words, ("wire_delay", "wire_energy", "cell_pitch")))
        _refuse(found)

    def pitch_m(self, degree: int) -> float | None:
        """Side of a cell of ``degree`` couplings; None where no pitch is known."""
        if self.cell_pitch_m is None:
            return None
        return math.sqrt(self.cell_pitch_m**2 + degree * self.coupling_area_m2)

    @property
    def has_delay(self) -> bool:
        """Whether a commit takes longer over longer wires or into more inputs."""
        return self.wire_delay_s_per_m > 0 or self.stage_delay_s > 0


@dataclass(frozen=True, kw_only=True, init=False)
class Chip(Shown):
    """A machine to which a problem can be compiled, made of the keys of a card: ``Chip(topology="king:10x10",
    tau="5 ns", weight_bits=8)``.

    The keys, their units and their checks are those of a chip card (devices/README.md); ``pbit`` is the name or file of
    a p-bit card, or a dict of its keys. ``graph`` may also be a networkx graph or pairs of p-bits. Or a chip is made of
    the records below, throughout. Raises InputError with a sentence for every mistake.

    fixed_beta : inverse temperature per unit of programmed weight where the hardware fixes it, else None
    n_chips : of which the machine is made;  link_rate_per_s : words per second between two of them, None if unknown
    die : the p-bits that a lab has measured, in place of the spread on the card
    missing : words on numbers that nobody has published;  grades, sources : how good the numbers are and where they
    come from;  notes : numbers of the card that no emulation uses; all by card key
    settings : what was set beside the card, by key; the faults that were switched off under ``without``, the file of a
    card under ``card``. Two chips that differ in these alone are equal.
    """

    name: str
    title: str
    summary: str
    pbit: PBit
    clock: Clock
    topology: Topology = field(default_factory=Topology)
    weights: Weights = field(default_factory=Weights)
    control: Control = field(default_factory=Control)
    prices: Prices = field(default_factory=Prices)
    floorplan: Floorplan = field(default_factory=Floorplan)
    fixed_beta: float | None = None
    n_chips: int = 1
    link_rate_per_s: float | None = None
    die: MeasuredDie | None = None
    missing: Mapping[str, str] = field(default_factory=dict)
    grades: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, Quantity] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def __init__(self, *unnamed: Any, **given: Any) -> None:
        if unnamed:
            raise InputError(
                "hwsim.Chip takes the keys of a card by name, such as hwsim.Chip(topology='king:8x8', tau='5 ns'), got "
                f"{unnamed[0]!r}; hwsim.chip takes the name or file of a card"
            )
        parts = given if any(isinstance(value, _RECORDS) for value in given.values()) else _parts_of_keys(given)
        names = {part.name for part in fields(self)}
        for name in parts:
            if name not in names:
                words = f"unknown part {name!r} of a chip made of records{nearest(name, names)}"
                raise InputError(words + "; numbers by card key make a chip without records")
        for part in fields(self):
            if part.name in parts:
                value = parts[part.name]
            elif part.default_factory is not MISSING:
                value = part.default_factory()
            elif part.default is not MISSING:
                value = part.default
            else:
                raise InputError(f"a chip made of records needs {part.name}")
            object.__setattr__(self, part.name, value)

    @property
    def round_s(self) -> float:
        """Seconds of a round of the clock: its period, or tau of a p-bit where it states none."""
        return self.pbit.tau_s if self.clock.period_s is None else self.clock.period_s

    def _shown(self) -> tuple[str, Facts]:
        clock, pbit, graph = self.clock, self.pbit, self.topology
        pace = format_si(self.round_s, "s")
        share = f" p={clock.participation:g}" if clock.kind == "synchronous" else ""
        weights, beta = self.weights, self.fixed_beta
        registers = None if weights.bits is None else f"{weights.bits} bits"
        if weights.integer_bits is not None:
            registers = f"fixed point s{weights.integer_bits}.{weights.fraction_bits}"
        return f"Chip {self.name}: {self.title}" if self.title else f"Chip {self.name}", [
            ("p-bit", f"{pbit.name}, law {pbit.law}, delay {format_si(pbit.delay_s, 's')}"),
            ("clock", f"{clock.kind}{share}, {pace} a round"),
            ("topology", graph.kind + ("" if graph.max_pbits is None else f", {graph.max_pbits} p-bits")),
            ("weights", registers),
            ("beta", None if beta is None else f"{beta:g}, fixed"),
        ]

    def save(self, path: str | Path) -> None:
        """Write the chip as a card, which `hwsim.chip` reads back as the same chip. A graph of its own goes to a file
        of the same name that ends in .json. Raises InputError where that cannot be done."""
        from hwsim.chip.write import save_chip

        save_chip(self, path)


_RECORDS = (PBit, Clock, Topology, Weights, Control, Prices, Floorplan)


def _parts_of_keys(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a chip that the keys of a card make."""
    from hwsim.chip.library import own_chip

    return vars(own_chip(given))


Chip.__signature__ = Signature(  # type: ignore[attr-defined]
    [Parameter(key, Parameter.KEYWORD_ONLY, default=None) for key in sorted(card_keys("chip"))]
)
