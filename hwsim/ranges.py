"""Ranges: several values as one text. The command line, study plans and explore specs share this grammar.

Enters: text. Leaves: a list of numbers, or of texts with a unit.

    1,2,5              a list
    1..8               whole numbers, both ends included
    0:2tau:24          24 values from 0 to 2 tau at equal steps, both ends included
    1ns:1us:4log       4 values at equal factors: 1 ns, 10 ns, 100 ns, 1 us
    ea3d:L=4,seed=1..3 a generator for each of the numbers

Both ends of a range carry the same unit, or units of one dimension; a zero needs none. tau is the time between two
updates of a p-bit of the chip. Values are rounded to six digits.
"""

import math
import re
from collections.abc import Iterable
from typing import Any

from hwsim.errors import InputError
from hwsim.text import is_real, is_whole
from hwsim.units import SI_UNIT, format_si, parse, seconds

EXAMPLES = "1,2,5 or 1..8 or 0:2tau:24 or 1ns:1us:4log"
_MOST = 100_000
"""Values in one range, fewer than that."""
_NUMBER = r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*([^\s:,\d.+-][^\s:,]*)?"
_SPREAD = re.compile(rf"\s*{_NUMBER}\s*:\s*{_NUMBER}\s*:\s*([^\s:,]+?)\s*(log)?\s*\Z")
_WHOLE = re.compile(r"\s*([+-]?[0-9]+)\.\.([+-]?[0-9]+)\s*\Z")
_INSIDE = re.compile(r"=([0-9]+)\.\.([0-9]+)")
_SIZE = re.compile(rf"\s*{_NUMBER}\s*\Z")
_GOES_ON = re.compile(r"\s*\w+=")
"""A part of a list that continues the one before: ``seed=1`` in ``ea3d:L=4,seed=1``."""


def values(text: str, *, name: str = "value") -> list[Any]:
    """Every value of ``text``, a list of single values and ranges. Raises InputError, naming ``name``."""
    found = [value for part in parts(text) for value in _of_part(part, name)]
    if any(value == "" for value in found):
        raise InputError(f"{name} must be a list or a range such as {EXAMPLES}, got {text!r}")
    return found


def parts(text: str) -> list[str]:
    """The parts of a list, between its commas. A generator keeps the commas between its own parameters."""
    out: list[str] = []
    for part in text.split(","):
        if out and ":" in out[-1] and _GOES_ON.match(part):
            out[-1] += "," + part
        else:
            out.append(part)
    return [part.strip() for part in out]


def expanded(listed: Iterable[Any], *, name: str = "value") -> list[Any]:
    """The list ``listed`` with the values of each text in it that is a range. Raises InputError."""
    return [
        value
        for entry in listed
        for value in ((_spread(entry, name) or spelt(entry)) if isinstance(entry, str) else [entry])
    ]


def _of_part(part: str, name: str) -> list[Any]:
    """The values of a range, of a generator with ranges, or the one value that ``part`` is."""
    found = _spread(part, name)
    if found is not None:
        return found
    if part in ("true", "false"):
        return [part == "true"]
    if is_whole(part):
        return [int(part)]
    return [float(part)] if is_real(part) else list(spelt(part))


def spelt(text: Any) -> list[Any]:
    """A generator with ``seed=1..3`` as three generators; anything else as it is. Raises InputError."""
    found = _INSIDE.search(text) if isinstance(text, str) else None
    if found is None:
        return [text]
    return [
        rest
        for number in _ascending(found.group(1), found.group(2), text)
        for rest in spelt(f"{text[: found.start()]}={number}{text[found.end() :]}")
    ]


def _ascending(first: str, last: str, text: str) -> range:
    if not (is_whole(first) and is_whole(last) and 0 <= int(last) - int(first) < _MOST):
        raise InputError(f"the range {first}..{last} in {text!r} must ascend, by less than {_MOST:,}")
    return range(int(first), int(last) + 1)


def _spread(text: str, name: str) -> list[Any] | None:
    """The values of ``a..b`` or ``a:b:n``; None where ``text`` is no range. Raises InputError."""
    whole = _WHOLE.match(text)
    if whole is not None:
        return list(_ascending(whole.group(1), whole.group(2), text))
    found = _SPREAD.match(text)
    if found is None:
        return None
    first, its_unit, last, other_unit, many, log = found.groups()
    if not is_whole(many) or not 2 <= int(many) < _MOST:
        raise InputError(
            f"{name}: a range ends in how many values it has, from 2 to {_MOST - 1:,}, such as 0:2tau:24, got "
            f"{text.strip()!r}"
        )
    low, high, unit = _ends(first, its_unit or "", last, other_unit or "", text.strip(), name)
    if log and not (low > 0 and high > 0):
        raise InputError(f"{name}: both ends of a range at equal factors must be above 0, got {text.strip()!r}")
    steps = int(many) - 1
    if log:
        reached = [low * (high / low) ** (k / steps) for k in range(steps)] + [high]
    else:
        reached = [low + (high - low) * k / steps for k in range(steps)] + [high]
    rounded = [float(f"{value:.6g}") for value in reached]
    if not all(map(math.isfinite, rounded)):
        raise InputError(f"{name}: the ends of a range must be finite, and no further apart than 1e308, got {text!r}")
    if unit:
        return [_text(value, unit) for value in rounded]
    return [int(value) for value in rounded] if all(value.is_integer() for value in rounded) else rounded


def _ends(first: str, unit: str, last: str, other: str, text: str, name: str) -> tuple[float, float, str]:
    """Both ends as numbers of one unit, and that unit."""
    low, high = float(first), float(last)
    unit = other if not unit and low == 0 else unit
    other = unit if not other and high == 0 else other
    if unit == other:
        return low, high, unit
    for dimension, si in SI_UNIT.items():
        try:
            return parse(first + unit, dimension), parse(last + other, dimension), si
        except InputError:
            continue
    raise InputError(f"{name}: both ends of a range need the same unit, got {text!r}")


def _text(value: float, unit: str) -> str:
    """``value`` with its unit, as `hwsim.units.parse` and `in_tau` read it."""
    if unit in SI_UNIT.values() and not unit.endswith("2"):
        return format_si(value, unit, digits=6)
    return f"{value:g}{unit}" if unit.startswith("/") else f"{value:.6g} {unit}"


def in_tau(value: Any) -> float | None:
    """How many tau ``value`` is, where it is text such as ``0.5tau`` or ``tau``; else None."""
    if not isinstance(value, str):
        return None
    if value.strip() == "tau":
        return 1.0
    found = _SIZE.match(value)
    return float(found.group(1)) if found is not None and found.group(2) == "tau" else None


def seconds_in(value: str | float, tau_s: float, *, name: str) -> float:
    """Seconds of ``value``: text with a unit of time or in tau, which is ``tau_s`` seconds, or seconds. Raises
    InputError."""
    factor = in_tau(value)
    return seconds(value, name=name) if factor is None else factor * tau_s


def size(value: Any) -> tuple[float, str] | None:
    """(number, unit) of a value for an axis: SI units, tau, or "" for a plain number; None of a word."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value), ""
    if (own := in_tau(value)) is not None:
        return own, "tau"
    found = _SIZE.match(value) if isinstance(value, str) else None
    if found is None:
        return None
    number, unit = found.group(1), found.group(2) or ""
    if not unit or unit.startswith("/"):
        return float(number), unit
    for dimension, si in SI_UNIT.items():
        try:
            return parse(number + unit, dimension), si
        except InputError:
            continue
    return None
