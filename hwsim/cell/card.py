"""Cards: what TOML files say about p-bits, chips and machines of continuous cells, and the keys that they may hold.

Each number has a source and a grade, ``{ value = "5 ns", source = "...", grade = "measured" }``. A user's own card may
give a bare value, ``tau = "5 ns"``, whose grade is "yours". `hwsim.chip.read` makes cards of files.
"""

import difflib
import math
from collections.abc import Collection, Iterator
from typing import Any, Literal

import msgspec

from hwsim.cell.choices import CHOICES
from hwsim.cell.model import PBit, Table
from hwsim.display import short
from hwsim.errors import InputError, Mistake
from hwsim.prices import PRICES
from hwsim.units import parse

GRADES = ("measured", "datasheet", "simulated", "projected", "assumed")
"""How good a number of the library is."""
YOURS = "yours"
"""The grade of a number that the user gives: on a card of their own, in Python, or with ``--set``."""

PBIT_DIMENSIONS = {
    "tau": "time",
    "delay": "time",
    "gain": "number",
    "offset": "number",
    "gain_dtod": "number",
    "offset_dtod": "number",
    "tau_dtod": "number",
    "jitter": "time",
    "synapse_tau": "time",
    "relaxation_exponent": "number",
    "attempt_time": "time",
    "step_ratio": "number",
    "dac_bits": "count",
    "dac_limit": "number",
    "input_integer_bits": "count",
    "input_fraction_bits": "count",
    "input_low": "number",
    "input_high": "number",
    "input_step": "number",
    "input_limit": "number",
    "threshold_bits": "count",
    "random_shifts": "count",
    "random_share": "count",
    "random_phase": "count",
    "noise_white": "number",
    "noise_flicker": "number",
    "flicker_shortest": "time",
    "stuck_fraction": "number",
    "temperature_drift": "rate",
    "random_steps": "word",
    "random_shows": "word",
    "random_sharing": "word",
    "input_rounding": "word",
    "input_saturation": "word",
    "threshold_top": "word",
    "threshold_rounding": "word",
    "comparison": "word",
} | {key: price.dimension for key, price in PRICES.items() if price.of_pbit}
"""Parameters of a p-bit card and their dimensions; see hwsim.cell.model.PBit and hwsim.prices for their meaning."""

CHIP_DIMENSIONS = {
    "period": "time",
    "participation": "number",
    "max_pbits": "count",
    "max_degree": "count",
    "rows": "count",
    "columns": "count",
    "layers": "count",
    "size": "count",
    "graph_seed": "count",
    "dead_fraction": "number",
    "dead_wire_fraction": "number",
    "dead_seed": "count",
    "n_chips": "count",
    "weight_bits": "count",
    "weight_limit": "number",
    "weight_integer_bits": "count",
    "weight_fraction_bits": "count",
    "weight_rounding": "word",
    "weight_saturation": "word",
    "weight_dtod": "number",
    "fixed_beta": "number",
    "h_noise": "number",
    "j_noise": "number",
    "h_limit": "number",
    "j_limit": "number",
    "j_extended_limit": "number",
    "h_quantization": "number",
    "j_quantization": "number",
    "background_susceptibility": "number",
    "link_rate": "number",
    "cell_pitch": "length",
    "coupling_area": "area",
    "wire_delay": "time per length",
    "stage_delay": "time",
    "wire_energy": "energy per length",
} | {key: price.dimension for key, price in PRICES.items() if not price.of_pbit}
"""Parameters of a chip card and their dimensions; a chip may also override any parameter of its p-bit.

period : of the clock;  participation : share of the p-bits that join a synchronous tick
rows, columns, layers : of a grid; rows and columns of cells of a Chimera graph; visible and hidden units;  size : m of
a Pegasus or Zephyr graph, p-bits of a Chimera cell's shore;  graph_seed : of a random regular graph of max_pbits and
max_degree;  dead_* : shares of p-bits and wires that do not work, and the seed that draws them
weight_* : registers, weight_dtod relative to full scale, words as in hwsim.cell.choices;  fixed_beta : inverse
temperature per unit of programmed weight, where the hardware fixes it
h_noise, j_noise, h_quantization, j_quantization, background_susceptibility : control errors where the largest coupling
is j_limit;  j_extended_limit : of negative couplings, where it is wider
link_rate : words per second
cell_pitch : side of a p-bit's cell without couplings;  coupling_area : what each coupling of a p-bit adds to it;
wire_delay : per length of a coupling's wire;  stage_delay : per stage of the tree that adds up a p-bit's inputs;
wire_energy : per length of wire whose value toggles
The prices are those of hwsim.prices
"""


MODES_DIMENSIONS = {
    "cells": "count",
    "tau": "time",
    "beta": "number",
    "capacitance": "capacitance",
    "inductance": "inductance",
    "resistance": "resistance",
    "noise_power": "number",
    "step": "time",
    "spacing": "number",
    "settle": "time",
    "interval": "time",
    "matrix_bits": "count",
    "component_dtod": "number",
    "noise_dtod": "number",
    "noise_bandwidth": "frequency",
    "adc_bits": "count",
    "adc_range": "number",
    "power": "power",
    "energy_per_sample": "energy",
    "programming_time": "time",
}
"""Parameters of a card of continuous cells; see hwsim.thermo.machine.Modes for their meaning."""

_NOT_OF_KIND = {
    "overdamped": ("capacitance", "inductance", "resistance", "noise_power", "step", "spacing"),
    "rlc": ("tau", "beta", "step", "spacing"),
    "walk": ("capacitance", "inductance", "resistance", "noise_power", "noise_dtod", "noise_bandwidth"),
}
BOTH_OF_READOUT = "a readout needs both adc_bits and adc_range, or neither"
MODES_KINDS = tuple(_NOT_OF_KIND)
"""Cells with friction alone, RLC resonators joined by capacitors, and a digital lattice random walk."""


_POSITIVE = (
    "cells",
    "tau",
    "beta",
    "capacitance",
    "inductance",
    "resistance",
    "noise_power",
    "step",
    "spacing",
    "interval",
    "noise_bandwidth",
    "adc_range",
)
_BITS = {"matrix_bits": (2, 52), "adc_bits": (1, 52)}
"""Fewest and most bits that mean something: a sign and a digit at least, and no more than a float64 holds."""


def modes_mistakes(values: dict[str, float | int]) -> Iterator[str]:
    """The mistakes in SI ``values`` of continuous cells, by keys of MODES_DIMENSIONS, a sentence each."""
    for key, value in values.items():
        if key in _BITS:
            least, most = _BITS[key]
            if value != value // 1 or not least <= value <= most:
                yield f"{key} must be a whole number from {least} to {most}, got {value:g}"
        elif not (math.isfinite(value) and value >= 0 and (value > 0 or key not in _POSITIVE)):
            yield f"{key} must be {'> 0' if key in _POSITIVE else 'finite and >= 0'}, got {value:g}"
        elif key == "beta" and not 1e-60 <= value <= 1e60:
            yield f"beta must be between 1e-60 and 1e60, got {value:g}"


def modes_keys(kind: str) -> list[str]:
    """The keys of MODES_DIMENSIONS that cells of ``kind`` have."""
    return [key for key in MODES_DIMENSIONS if key not in _NOT_OF_KIND.get(kind, ())]


Grade = Literal["measured", "datasheet", "simulated", "projected", "assumed", "yours"]


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number with where it comes from; a bare value of a user's own card has no source."""

    value: str | int | float
    source: str = ""
    grade: Grade = "yours"


class Missing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number that nobody has published: what it is, and who would know."""

    what: str
    ask: str


class Response(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A measured response: P(+1) at z = first + k step. A card may give words and word_bits in place of probability:
    the integers of a table, each P(+1) in units of 2**-word_bits."""

    first: float
    step: float
    probability: list[float]
    source: str = ""
    grade: Grade = "yours"


class Wiring(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Wires that need more than a few numbers.

    offsets : (rows, columns) from a p-bit of an offset grid to its neighbours;  rotations : turns of each by 90 degrees
    graph : file of the user's own graph, in the card's folder;  dead_pbits, dead_wires : by number
    """

    offsets: list[list[int]] = []
    rotations: int = 1
    graph: str | None = None
    dead_pbits: list[int] = []
    dead_wires: list[list[int]] = []
    source: str = ""
    grade: Grade = "yours"


class PBitCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A p-bit that was built or proposed. ``notes`` are numbers that no emulation uses."""

    name: str
    title: str
    summary: str
    clock: str
    law: str = "heat-bath"
    random_source: str = "ideal"
    response: Response | None = None
    parameters: dict[str, Quantity] = {}
    notes: dict[str, Quantity] = {}
    missing: dict[str, Missing] = {}

    def __repr__(self) -> str:
        return short(f"PBitCard {self.name}: {self.title} (law {self.law}, clock {self.clock})")


class ChipCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A machine made of one kind of p-bit.

    pbit : name or file of its card, or the p-bit itself;  clock : "" for the p-bit's own;  random_source : "" likewise
    participants : of a synchronous tick, drawn by each read ("own") or for all reads of a schedule ("shared", or "")
    die : file with the p-bits of a measured one, in the card's folder
    """

    name: str
    title: str
    summary: str
    pbit: str | PBitCard
    clock: str = ""
    participants: str = ""
    topology: str = "all-to-all"
    random_source: str = ""
    die: str = ""
    wiring: Wiring | None = None
    parameters: dict[str, Quantity] = {}
    notes: dict[str, Quantity] = {}
    missing: dict[str, Missing] = {}

    @property
    def pbit_name(self) -> str:
        """The name of the p-bit's card; "own" where the p-bit stands on this card."""
        return self.pbit if isinstance(self.pbit, str) else "own"

    def __repr__(self) -> str:
        return short(f"ChipCard {self.name}: {self.title} ({self.topology}, clock {self.clock})")


class ModesCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A machine of continuous cells. kind : of MODES_KINDS."""

    name: str
    title: str
    summary: str
    kind: str
    parameters: dict[str, Quantity] = {}
    notes: dict[str, Quantity] = {}
    missing: dict[str, Missing] = {}

    def __repr__(self) -> str:
        return short(f"ModesCard {self.name}: {self.title} ({self.kind})")


def dimensions(card: Any) -> dict[str, str]:
    """Keys that ``[parameters]`` of the card may hold, and their dimensions."""
    if isinstance(card, ModesCard):
        return {key: MODES_DIMENSIONS[key] for key in modes_keys(card.kind)}
    return PBIT_DIMENSIONS if isinstance(card, PBitCard) else PBIT_DIMENSIONS | CHIP_DIMENSIONS


_MOST_LISTED = 80
"""Characters of a list in a sentence."""


def suggestion(key: str, known: Collection[str], command: str = "") -> str:
    """Text that offers the closest known key, or lists them where they are few. command : that lists many"""
    close = difflib.get_close_matches(str(key), list(known), n=1)
    if close:
        return f"; did you mean {close[0]}?"
    listed = ", ".join(known)
    if len(listed) <= _MOST_LISTED:
        return f"; known are {listed}"
    return nearest(key, known).replace("nearest known key", "nearest") + (f" ({command} lists all)" if command else "")


def nearest(key: str, known: Collection[str]) -> str:
    """Text that offers the closest of many known keys, however far."""
    close = difflib.get_close_matches(str(key), list(known), n=1)
    if close:
        return f"; did you mean {close[0]}?"
    found = difflib.get_close_matches(str(key), list(known), n=1, cutoff=0.0)
    return f"; the nearest known key is {found[0]}" if found else ""


def si_value(key: str, value: Any, *, name: str = "") -> Any:
    """SI value of parameter ``key``: a number, or one of the words of CHOICES. Raises InputError naming it, as ``name``
    if that is given."""
    dimension, name = (MODES_DIMENSIONS | PBIT_DIMENSIONS | CHIP_DIMENSIONS)[key], name or key
    if dimension == "word":
        if not isinstance(value, str) or value not in CHOICES[key]:
            close = difflib.get_close_matches(str(value), CHOICES[key], n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise InputError(f"{name} must be one of {', '.join(CHOICES[key])}, got {value!r}{hint}")
        return str(value)
    if dimension == "rate":
        dimension = "number"  # per second
    if dimension != "count":
        return parse(value, dimension, name=name)
    number = parse(value, "number", name=name)
    if number != int(number) or number < 0:
        raise InputError(f"{name} must be a whole number >= 0, got {value!r}")
    return int(number)


_SI_SUFFIX = {"time": "_s", "rate": "_per_s"}


def pbit_field(key: str) -> str:
    """The field of PBit that holds the parameter ``key``."""
    return key + _SI_SUFFIX.get(PBIT_DIMENSIONS[key], "")


def pbit_model(card: PBitCard, values: dict[str, float | int], *, random_source: str | None = None) -> PBit:
    """The PBit of SI ``values`` by card key; prices among them are left to the chip. Raises InputError where the
    model needs a number that was not given."""
    fields = {pbit_field(key): value for key, value in values.items() if key not in PRICES}
    if "tau_s" not in fields:
        words = (
            absent(card, "tau", "mean time between updates")
            if "tau" in card.missing
            else ("give tau, the mean time between its updates, such as '5 ns', or the name of its card, pbit")
        )
        raise InputError(Mistake(f"p-bit {card.name!r} states no tau: {words}", ("tau",)))
    response = None
    if card.response is not None:
        table = card.response
        response = Table(first=table.first, step=table.step, probability=tuple(table.probability))
    source = card.random_source if random_source is None else random_source
    return PBit(name=card.name, law=card.law, response=response, random_source=source, **fields)  # type: ignore[arg-type]


def absent(card: Any, key: str, what: str = "") -> str:
    """Words on a number that ``card`` does not state: what it is, and who would know."""
    entry = card.missing.get(key)
    if entry is None:
        return f"{what or key} is not on the card; give {key} yourself"
    return f"{entry.what.rstrip('.')}; {entry.ask.rstrip('.')} would know; give {key} yourself"
