"""A fit as a p-bit card: every number with the file and the interval it comes from.

Enters: a Fit and the card's name. Leaves: TOML text that `hwsim.chip.read.load_card` reads.
"""

import json

from hwsim.cell.card_text import entry, quoted
from hwsim.cell.fit import Fit
from hwsim.cell.measured import BITS, SIGMOID
from hwsim.cell.measured_die import die_text
from hwsim.cell.population import Estimate
from hwsim.errors import InputError
from hwsim.units import format_si

_NO_TIME = "time between updates: the file holds no times"
_ASK = "whoever can record the device against time (a trace, or bits and their interval)"


def card_text(fit: Fit, name: str) -> str:
    """The card ``name`` of one device, or of the population. Raises InputError where a card cannot hold the numbers."""
    found, n = fit.headline, len(fit.devices)
    source = f"fit of {fit.file} by hwsim fit"
    lines = []
    for key in ("gain", "offset") if fit.separable else ("offset",):
        if key not in found:
            raise InputError(f"a card needs a mean {key}, and most devices of {fit.file} set it no limit")
    if fit.separable:
        gain = found["gain"]
        if gain.value <= 0:
            raise InputError(
                f"a card needs gain > 0, and {fit.file} gives {gain.value:.4g}: change the sign of the input or "
                "of the states"
            )
        lines.append(entry("gain", _number(gain.value), f"{source}, {_interval(gain)}{_per(fit)}", "measured"))
    else:
        lines.append(entry("gain", 1.0, f"{fit.file} has one input: the offset is z - x at gain 1", "assumed"))
    lines.append(entry("offset", _number(found["offset"].value), f"{source}, {_offset(fit)}", "measured"))
    if "tau" in found:
        tau = found["tau"]
        lines.append(entry("tau", _time(tau.value), f"{source}, {_interval(tau, unit='s')}", "measured"))
    elif fit.tau_s is not None:
        lines.append(
            entry("tau", _time(fit.tau_s), f"as given with the fit of {fit.file}, which holds no times", "assumed")
        )
    elif fit.kind == BITS and fit.interval_s is not None:
        words = "one new bit each interval: the bits set no lower limit to the time between updates"
        lines.append(entry("tau", _time(fit.interval_s), words, "assumed"))
    for key, spread in fit.spread.items():
        unit = "s.d." if key == "offset_dtod" else "relative s.d."
        words = f"{source}, {unit} of {n} devices less the noise of the fits, {_interval(spread)}"
        lines.append(entry(key, _number(spread.value), words, "measured"))

    if fit.law_name != "heat-bath":
        words = "modelling choice: dwell times grow without end with the input, so it is clipped here"
        lines.append(entry("input_limit", 5.0, words, "assumed"))
    devices = "one device" if n == 1 else f"{n} devices"
    missing = ""
    if not any(line.startswith("tau =") for line in lines):
        missing = f"\n[missing]\ntau = {{ what = {json.dumps(_NO_TIME)}, ask = {json.dumps(_ASK)} }}\n"
    kind = "sigmoid" if fit.kind == SIGMOID else fit.kind
    summary = f"Measured: {kind} of {devices} in {fit.file}, fitted by hwsim{'' if n == 1 else '; means over devices'}."
    return (
        f"name = {quoted(name)}\n"
        f"title = {quoted(f'Fit of {fit.file}')}\n"
        f"summary = {quoted(summary)}\n"
        f'clock = "poisson"\n'
        f'law = "{fit.law_name}"\n'
        f"\n[parameters]\n" + "\n".join(lines) + "\n" + missing
    )


def _offset(fit: Fit) -> str:
    """Where the offset comes from."""
    words = _interval(fit.headline["offset"])
    return words if fit.zeroed == 0 else f"{words}; {fit.zeroed:.4g} is taken off, as the bias of the lab"


def devices_text(fit: Fit) -> str:
    """The file of a die (see `hwsim.cell.measured_die`): gain, offset and tau of each device, where every one shows
    them. Raises InputError where a die cannot hold the numbers."""
    columns: dict[str, list[float]] = {}
    for key in ("gain", "offset", "tau"):
        known = [device.estimates[key].value for device in fit.devices if key in device.estimates]
        if len(known) == len(fit.devices):
            columns[key] = known
    for device, gain in zip(fit.devices, columns.get("gain", []), strict=False):
        if gain <= 0:
            who = f" for device {device.name}" if device.name else ""
            raise InputError(
                f"a die needs gain > 0, and {fit.file} gives {gain:.4g}{who}: change the sign of the input or of "
                "the states"
            )
    return die_text([device.name for device in fit.devices], columns, source=f"fit of {fit.file} by hwsim fit")


def _number(value: float) -> float:
    return float(f"{value:.6g}")


def _time(value: float) -> str:
    return format_si(value, "s", digits=6)


def _interval(estimate: Estimate, *, unit: str = "") -> str:
    def shown(value: float | None) -> str:
        if value is None:
            return "no limit"
        return format_si(value, unit, digits=4) if unit else f"{value:.4g}"

    return f"95 % interval {shown(estimate.low)} to {shown(estimate.high)}"


def _per(fit: Fit) -> str:
    if fit.input_scale is not None:
        return (
            f", x = input / {format_si(fit.input_scale, fit.input_unit) if fit.input_unit else f'{fit.input_scale:g}'}"
        )
    return f", per {fit.input_unit or 'unit of the input column'}"
