"""Rounding: how exactly float64 knows an energy, and when a target is reached. The one definition of both.

Enters: the terms of a sum (biases, couplings, an offset) and energies. Leaves: a tolerance in the unit of the terms,
or a sentence where float64 cannot tell energies apart. Nothing here has a scale of its own, so the unit of energy does
not matter.
"""

from typing import Any

import numpy as np

_ULP = 2.0**-52
_DIGITS = 53
"""Binary digits of a float64."""


def reached(energies: Any, target: float, rounding: float) -> Any:
    """bool, like ``energies``: which of them are at ``target`` or below, up to ``rounding`` of their sums."""
    return energies <= target + rounding


def rounding(*terms: Any) -> float:
    """How far two float64 sums of the same value may lie apart, in the unit of ``terms`` (arrays or numbers).

    0 where every sum of +-terms `is_exact`. Else 2 + sqrt(m) / 2 units in the last place of the sum of all m absolute
    terms: each of m additions errs by at most half a unit of a partial sum, either way.
    """
    values = _absolute(terms)
    if is_exact(values):
        return 0.0
    return float(_ULP * (2 + np.sqrt(len(values)) / 2) * _total(values))


def is_exact(*terms: Any, spare_bits: int = 0) -> bool:
    """Whether float64 holds every sum of +-``terms``, in any order, without an error: they are whole multiples of a
    power of two and add up to less than 2**(53 - spare_bits) of it."""
    values = _absolute(terms)
    total = _total(values)
    return not total or (total < np.inf and int(np.frexp(total)[1]) - lowest_bit(values) <= _DIGITS - spare_bits)


def lowest_bit(values: np.ndarray) -> int:
    """The largest k such that all ``values`` float64 (m,), none of them 0, are whole multiples of 2**k."""
    mantissa, exponent = np.frexp(np.abs(values))
    bits = (mantissa * 2.0**_DIGITS).astype(np.int64)
    trailing = np.frexp((bits & -bits).astype(np.float64))[1] - 1
    return int((exponent + trailing).min()) - _DIGITS


def indistinct(reach: np.ndarray, tolerance: float) -> str | None:
    """Why energies cannot be told apart, or None where they can.

    reach : float64 (n,), the most that each variable can change an energy;  tolerance : of `rounding`
    """
    least = float(reach[reach > 0].min(initial=np.inf))
    if not least <= tolerance:
        return None
    return (
        f"float64 cannot tell energies apart that differ by a variable's {least:.3g}, as sums round by up to "
        f"{tolerance:.3g}: drop that variable, or lower the largest biases and couplings"
    )


def power_of_two(values: Any) -> float:
    """The power of two at or below the largest |value|, 1 where all are 0: by it, numbers are divided without an error
    before they are squared, so that no square underflows or overflows."""
    largest = float(np.max(np.abs(values), initial=0.0))
    return float(2.0 ** (np.frexp(largest)[1] - 1)) if 0 < largest < np.inf else 1.0


def _total(values: np.ndarray) -> float:
    """The sum of ``values`` >= 0, which may be infinite."""
    with np.errstate(over="ignore"):
        return float(np.sum(values))


def _absolute(terms: Any) -> np.ndarray:
    """float64 (m,): the |terms| that are not 0."""
    values = np.abs(np.concatenate([np.ravel(np.asarray(part, dtype=np.float64)) for part in terms]))
    return values[values != 0]
