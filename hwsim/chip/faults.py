"""Faults: what sets a chip apart from the ideal one. Each has a name, by which it can be switched off or kept alone.

A fault is some fields of the chip, and their values on a chip without it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any

from hwsim.arguments import named
from hwsim.cell.card import suggestion
from hwsim.cell.choices import usual
from hwsim.cell.codes import LAWS, NO_LIMIT
from hwsim.cell.model import input_quantiser
from hwsim.chip.chip import Chip, Control
from hwsim.chip.keys import unchanged
from hwsim.errors import InputError, Mistake


@dataclass(frozen=True, kw_only=True)
class Fault:
    """Words for people, and for each part of the chip its values without the fault. die : columns of a measured one,
    without which its p-bits have the mean, or the value that ``pbit`` states."""

    label: str
    pbit: tuple[tuple[str, object], ...] = ()
    die: tuple[str, ...] = ()
    weights: tuple[tuple[str, object], ...] = ()


_WORDS = tuple((key, usual(key)) for key in ("threshold_top", "threshold_rounding", "comparison"))
"""What is said of a table of words, and falls with the levels of the input or the comparator."""

FAULTS = {
    "delay": Fault(label="response delay", pbit=(("delay_s", 0.0),)),
    "wire-delay": Fault(label="wire and fan-in delay"),
    "synapse": Fault(label="RC synapse", pbit=(("synapse_tau_s", 0.0),)),
    "gain-spread": Fault(label="gain spread", pbit=(("gain_dtod", 0.0),), die=("gain",)),
    "offset-spread": Fault(
        label="offset and its spread", pbit=(("offset", 0.0), ("offset_dtod", 0.0)), die=("offset",)
    ),
    "rate-spread": Fault(label="rate spread", pbit=(("tau_dtod", 0.0),), die=("tau_s",)),
    "jitter": Fault(label="cycle-to-cycle jitter", pbit=(("jitter_s", 0.0),)),
    "input-noise": Fault(label="white input noise", pbit=(("noise_white", 0.0),)),
    "flicker-noise": Fault(label="1/f input noise", pbit=(("noise_flicker", 0.0),)),
    "input-quantisation": Fault(label="input resolution"),
    "input-range": Fault(label="input range"),
    "comparator": Fault(label="comparator", pbit=(("threshold_bits", 32), *_WORDS)),
    "random-source": Fault(
        label="random source",
        pbit=(
            ("random_source", "ideal"),
            ("random_shifts", 1),
            ("random_share", 1),
            ("random_phase", 0),
            *((key, usual(key)) for key in ("random_steps", "random_shows", "random_sharing")),
        ),
    ),
    "law": Fault(label="shape of the response", pbit=(("law", "heat-bath"), ("response", None))),
    "stuck-cells": Fault(label="stuck cells", pbit=(("stuck_fraction", 0.0),)),
    "temperature-drift": Fault(label="temperature drift", pbit=(("temperature_drift_per_s", 0.0),)),
    "weight-quantisation": Fault(
        label="weight resolution",
        weights=(
            ("bits", None),
            ("integer_bits", None),
            ("fraction_bits", None),
            ("rounding", usual("weight_rounding")),
            ("saturation", usual("weight_saturation")),
        ),
    ),
    "weight-error": Fault(label="weight error", weights=(("dtod", 0.0),)),
    "control-error": Fault(label="control errors (ICE)"),
}
"""Every fault, by its name in `without`, ``--without`` and `hwsim blame`."""

_MORE = 2.0**20
"""Steps added at both ends of an input that must not saturate."""


def present_faults(chip: Chip) -> list[str]:
    """Names of the faults that the chip has."""
    return [name for name in FAULTS if without(chip, [name]) != chip]


@named
def without(chip: Chip, names: Iterable[str]) -> Chip:
    """The chip with the named faults switched off; a fault that it does not have changes nothing.

    Raises InputError for an unknown name. Laws with a state-dependent rate keep their input range, which limits it.
    """
    names, whole = listed(names), chip
    unknown = unknown_faults(names)
    if unknown:
        raise InputError(*unknown)
    for name in names:
        fault = FAULTS[name]
        if name == "law" and LAWS[chip.pbit.law].own_clock:
            continue  # another way to the same stationary law, not a fault
        pbit, weights, control = dict(fault.pbit), dict(fault.weights), chip.control
        floorplan = chip.floorplan
        if name == "wire-delay":
            floorplan = replace(floorplan, wire_delay_s_per_m=0.0, stage_delay_s=0.0)
        if name == "random-source" and chip.pbit.random_source == "ideal":
            pbit = {}
        if name == "input-quantisation":
            low, high, step = input_quantiser(chip.pbit)
            if step > 0:
                pbit = _unquantised(max(abs(low), abs(high)))
        elif name == "input-range" and not LAWS[chip.pbit.law].own_clock:
            low, high, step = input_quantiser(chip.pbit)
            if step > 0:  # the same levels, and more on either side than any input reaches
                pbit = _unquantised(None) | {"input_low": low - _MORE * step, "input_high": high + _MORE * step}
                pbit["input_step"] = step
                pbit["input_rounding"] = chip.pbit.input_rounding
                if high - low > _MORE * step:
                    pbit = {}
            elif high < NO_LIMIT:
                pbit = _unquantised(None)
        elif name == "control-error" and not control.is_exact:
            clean = {f.name: 0.0 for f in fields(Control) if not f.name.endswith("limit")}
            control = replace(control, **clean)  # type: ignore[arg-type]
        chip = replace(
            chip,
            pbit=replace(chip.pbit, **pbit),  # type: ignore[arg-type]
            weights=replace(chip.weights, **weights),  # type: ignore[arg-type]
            control=control,
            floorplan=floorplan,
            die=chip.die and replace(chip.die, **dict.fromkeys(fault.die)),  # type: ignore[arg-type]
        )
    left_out = list(dict.fromkeys([*whole.settings.get("without", ()), *names]))
    made = unchanged(whole, chip)
    return replace(made, settings={**whole.settings, "without": left_out}) if names else made


def listed(names: Any) -> list[Any]:
    """``names`` of faults as a list; one text is one name."""
    return [names] if isinstance(names, str) else list(names)


def unknown_faults(names: Iterable[str]) -> list[str]:
    """A sentence for each of ``names`` that is no fault."""
    return [
        Mistake(f"unknown fault {name!r}{suggestion(str(name), FAULTS, 'hwsim show')}", ("without",))
        for name in names
        if not isinstance(name, str) or name not in FAULTS
    ]


def alone(chip: Chip, name: str) -> Chip:
    """The chip with every fault but ``name`` switched off."""
    return without(chip, [other for other in present_faults(chip) if other != name])


def _unquantised(limit: float | None) -> dict[str, object]:
    empty = ("dac_bits", "input_integer_bits", "input_fraction_bits", "input_low", "input_high", "input_step")
    numbers: dict[str, object] = {name: None for name in empty} | {"input_limit": limit}
    return numbers | {key: usual(key) for key in ("input_rounding", "input_saturation")} | dict(_WORDS)
