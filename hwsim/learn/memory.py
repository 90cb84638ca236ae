"""Memory: whether this computer holds a model or its chains, asked before either is made.

Enters: how many bytes are needed at least, and for what. Leaves: nothing, or a refusal in one sentence.
"""

import os

from hwsim.errors import InputError
from hwsim.units import format_si

_PER_COUPLING = 64
"""Bytes: both units, the weight, and the rows of the network, in which each coupling stands twice."""
_PER_STATE = 9
"""Bytes: a state, and the number that it is drawn from."""


def check_couplings(units: int, couplings: int) -> None:
    """Raise InputError where a model of so many units and couplings does not fit."""
    needed = _PER_COUPLING * (units + couplings)
    _check(needed, f"{_many(units)} units with {_many(couplings)} couplings")


def check_chains(chains: int, units: int) -> None:
    """Raise InputError where so many chains side by side, of so many units each, do not fit."""
    _check(_PER_STATE * chains * units, f"{_many(chains)} chains of {_many(units)} units, side by side,")


def _check(needed: int, what: str) -> None:
    most = memory_bytes()
    if most is not None and needed > most:
        raise InputError(f"{what} need at least {format_si(needed, 'B')}, and this computer has {format_si(most, 'B')}")


def _many(count: int) -> str:
    return str(count) if count < 10**6 else f"{count:.3g}"


def memory_bytes() -> int | None:
    """Bytes of memory of this computer; None where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
