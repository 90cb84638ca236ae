"""Cards: TOML files about real devices and chips, validated on load.

Enters: a path. Leaves: a frozen card. Every number is ``{ value = "5 ns", source = "...", grade = "measured" }``; any
error is one sentence that names the file, the key and what was expected.
"""

import difflib
from pathlib import Path
from typing import Any, Literal

import msgspec

from hwsim.cell.model import PBit
from hwsim.errors import CardError, InputError
from hwsim.units import parse

GRADES = ("measured", "datasheet", "simulated", "projected", "assumed")

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
    "dac_bits": "count",
    "dac_limit": "number",
    "input_integer_bits": "count",
    "input_fraction_bits": "count",
    "threshold_bits": "count",
}
"""Parameters of a p-bit card and their dimensions."""

CHIP_DIMENSIONS = {"period": "time", "max_pbits": "count", "max_degree": "count", "weight_bits": "count"}
"""Parameters of a chip card and their dimensions; a chip may also override any parameter of its p-bit."""


class Quantity(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A number with where it comes from."""

    value: str | int | float
    source: str
    grade: Literal["measured", "datasheet", "simulated", "projected", "assumed"]


class PBitCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A p-bit as somebody built or proposed it."""

    name: str
    title: str
    summary: str
    clock: str
    parameters: dict[str, Quantity]


class ChipCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A machine made of one kind of p-bit."""

    name: str
    title: str
    summary: str
    pbit: str
    clock: str
    topology: str
    parameters: dict[str, Quantity]


def load_card(path: Path, kind: type) -> Any:
    """The card in ``path``; ``kind`` is PBitCard or ChipCard. Raises CardError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise CardError(f"cannot read card {path}: {error.strerror}") from None
    try:
        card: Any = msgspec.toml.decode(text, type=kind)
    except msgspec.ValidationError as error:
        raise CardError(f"{path}: {_explain(str(error), kind)}") from None
    except msgspec.DecodeError as error:
        raise CardError(f"{path}: not valid TOML ({error})") from None
    known = PBIT_DIMENSIONS if kind is PBitCard else PBIT_DIMENSIONS | CHIP_DIMENSIONS
    for key, quantity in card.parameters.items():
        if key not in known:
            raise CardError(f"{path}: unknown key parameters.{key}{suggestion(key, known)}")
        if not quantity.source.strip():
            raise CardError(f"{path}: parameters.{key} needs a source, got an empty text")
        try:
            si_value(key, quantity.value)
        except InputError as error:
            raise CardError(f"{path}: parameters.{key}: {error}") from None
    return card


def _explain(message: str, kind: Any) -> str:
    if "unknown field" in message:
        key = message.split("`")[1]
        names = kind.__struct_fields__ if "$." not in message else Quantity.__struct_fields__
        return f"unknown key {key}{suggestion(key, names)} ({message.split(' - ')[-1]})"
    return message


def suggestion(key: str, known: Any) -> str:
    """Text that offers the closest known key, or lists them."""
    close = difflib.get_close_matches(key, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else f"; known are {', '.join(known)}"


def si_value(key: str, value: Any) -> float | int:
    """SI value of parameter ``key``. Raises InputError naming it."""
    dimension = (PBIT_DIMENSIONS | CHIP_DIMENSIONS)[key]
    if dimension != "count":
        return parse(value, dimension, name=key)
    number = parse(value, "number", name=key)
    if number != int(number) or number < 0:
        raise InputError(f"{key} must be a whole number >= 0, got {value!r}")
    return int(number)


def pbit_model(name: str, values: dict[str, float | int]) -> PBit:
    """The PBit of SI ``values`` by card key."""
    fields = {f"{key}_s" if PBIT_DIMENSIONS[key] == "time" else key: value for key, value in values.items()}
    if "tau_s" not in fields:
        raise InputError(f"p-bit {name!r} states no tau (mean time between updates): give tau")
    return PBit(name=name, **fields)  # type: ignore[arg-type]
