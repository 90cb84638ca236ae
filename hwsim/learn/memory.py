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


def check_chains(chains: int, units: int) -> None:
    """Raise InputError where so many chains side by side, of so many units each, do not fit."""
    check_memory(_PER_STATE * chains * units, f"{many(chains)} chains of {many(units)} units, side by side,")
