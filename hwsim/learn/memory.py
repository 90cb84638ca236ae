"""Memory: whether this computer holds a model or its chains, asked before either is made.

Enters: units, couplings, chains. Leaves: nothing, or a refusal in one sentence.
"""

from hwsim.memory import check_memory, many

_PER_COUPLING = 64
"""Bytes: both units, the weight, and the rows of the network, in which each coupling stands twice."""
_PER_STATE = 9
"""Bytes: a state, and the number that it is drawn from."""


def check_couplings(units: int, couplings: int) -> None:
    """Raise InputError where a model of so many units and couplings does not fit."""
    check_memory(_PER_COUPLING * (units + couplings), f"{many(units)} units with {many(couplings)} couplings")


def check_chains(chains: int, units: int, *, together: int | None = None, kept: int = 0) -> None:
    """Raise InputError where so many chains of so many units each do not fit.

    together : how many run side by side, all by default;  kept : bytes that stay of each chain
    """
    needed = _PER_STATE * min(chains, together or chains) * units + kept * chains
    check_memory(needed, f"{many(chains)} chains of {many(units)} units")
