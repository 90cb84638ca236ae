"""Units: text such as ``"5 ns"`` to SI floats and back, and the integer time grid of a Program.

Enters: a number (already SI) or text with a unit. Leaves: an SI float, or an integer count of grid ticks.
"""

import math
import re
from numbers import Integral, Real
from typing import Any

from hwsim.errors import ArgumentError, InputError

TICK_S = 1e-15
"""The time grid: one femtosecond."""
TICKS_PER_S = 10**15
MOST_TICKS = 2**63 - 2**60
"""About 2 hours: 2**60 more fit into 63 bits."""

_PREFIX = {"f": -15, "p": -12, "n": -9, "u": -6, "µ": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12}
SI_UNIT = {
    "time": "s",
    "frequency": "Hz",
    "energy": "J",
    "power": "W",
    "voltage": "V",
    "current": "A",
    "temperature": "K",
    "length": "m",
    "resistance": "Ohm",
    "capacitance": "F",
    "inductance": "H",
    "area": "m2",
    "time per length": "s/m",
    "energy per length": "J/m",
}
"""The SI unit of each dimension."""
_TEXT = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,1000})?)\s*(\S*)\s*\Z")


def parse(value: str | float, dimension: str, *, name: str = "value") -> float:
    """SI value of ``value``; text must carry a unit of ``dimension``, a number is taken as SI already.

    ``dimension`` is a key of SI_UNIT, such as area ("25 um2") or time per length ("100 ps/mm"), or ``"number"`` (no
    unit). Raises InputError, naming ``name``.
    """
    if isinstance(value, bool) or not isinstance(value, str | Real):
        raise InputError(f"{name} must be a {dimension}, got {value!r}")
    if not isinstance(value, str):
        try:
            number = float(value)
        except OverflowError:
            raise InputError(f"{name} must be finite, got a number of more than 300 digits") from None
        if not math.isfinite(number):
            raise InputError(f"{name} must be finite, got {value}")
        return number
    match = _TEXT.match(value)
    if match is None:
        raise InputError(f"{name} must be a number{_example(dimension)}, got {value!r}")
    digits, suffix = match.groups()
    if dimension == "number":
        if suffix:
            raise InputError(f"{name} must be a plain number, got {value!r}")
        return _finite(digits, value, name)
    unit = SI_UNIT[dimension]
    if not suffix and float(digits) == 0:
        return 0.0
    above, slash, below = suffix.partition("/")
    power = _power(above, unit.partition("/")[0])
    if slash and power is not None:
        per = _power(below, unit.partition("/")[2])
        power = None if per is None else power - per
    if power is None or bool(slash) != ("/" in unit):
        raise InputError(f"{name} must be a {dimension}{_example(dimension)}, got {value!r}")
    # the decimal point is moved in the text, so that "5 ns" is the float closest to 5e-9
    mantissa, _, exponent = digits.lower().partition("e")
    return _finite(f"{mantissa}e{int(exponent or 0) + power}", value, name)


def _power(suffix: str, unit: str) -> int | None:
    """The power of ten of a prefix and ``unit``, None where ``suffix`` is not one."""
    power = _PREFIX.get(suffix.removesuffix(unit)) if unit and suffix.endswith(unit) else None
    return 2 * power if power is not None and unit.endswith("2") else power


def _finite(digits: str, value: str, name: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise InputError(f"{name} must be finite, got {value!r}")
    return number


def _example(dimension: str) -> str:
    unit = SI_UNIT.get(dimension)
    if unit == "m2":
        return " with a unit such as '5 um2'"
    if unit and "/" in unit:
        return f" with a unit such as '5 p{unit[0]}/mm'"
    return f" with a unit such as '5 {'n' if unit == 's' else ''}{unit}'" if unit else ""


def whole(value: Any, *, name: str, least: int = 0) -> int:
    """``value`` as an int, if it is a whole number >= ``least``; text, floats and True are refused by name."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ArgumentError(f"{name} must be a whole number, got {value!r}")
    if int(value) < least:
        raise InputError(f"{name} must be >= {least}, got {value}")
    return int(value)


def plain(value: Any) -> Any:
    """``value``, a number of numpy or an array of one as Python's own."""
    return value.item() if hasattr(value, "item") and getattr(value, "size", 1) == 1 else value


def seconds(value: str | float, *, name: str = "time") -> float:
    """Seconds of ``"5 ns"`` or of a float that is seconds already."""
    return parse(value, "time", name=name)


def to_ticks(time_s: float, *, name: str = "time_s") -> int:
    """The grid point nearest to ``time_s`` seconds. Raises InputError when negative or beyond MOST_TICKS."""
    exact = time_s / TICK_S  # of a huge time infinite
    if not exact >= -0.5:
        raise InputError(f"{name} must be >= 0, got {time_s:g} s")
    if not exact < MOST_TICKS:
        raise InputError(f"{name} is beyond the time grid (about 2 hours at 1 fs), got {time_s:g} s")
    return round(exact)


def to_seconds(ticks: int) -> float:
    """The float nearest to ``ticks`` grid ticks, in seconds (multiplying by 1e-15 would round twice)."""
    return min(int(ticks), 10**300) / TICKS_PER_S  # what a float holds


def format_si(value: float | None, unit: str, *, digits: int = 3) -> str:
    """Text for people: ``5e-9, "s"`` gives ``"5 ns"``; None gives a dash."""
    if value is None:
        return "-"
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}"
    exponent = min(12, max(-15, 3 * math.floor(math.log10(abs(value)) / 3)))
    scaled = float(f"{value / 10.0**exponent:.{digits}g}")
    if abs(scaled) >= 1000 and exponent < 12:
        exponent, scaled = exponent + 3, scaled / 1000
    prefix = {power: letter for letter, power in _PREFIX.items() if letter != "µ"}[exponent]
    return f"{scaled:g} {prefix}{unit}"
