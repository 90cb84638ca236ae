"""Chains: several p-bits that hold the value of one spin, and how strongly they are held together.

Enters: a network of spins. Leaves: strengths in problem units. Embedding and copies both make chains.
"""

import math
from dataclasses import dataclass

import numpy as np

from hwsim.errors import InputError
from hwsim.program import Network
from hwsim.rounding import power_of_two

_LARGEST = 1e150
_TORQUE = 1.414
"""Prefactor of uniform torque compensation (D-Wave, dwave.embedding.chain_strength)."""


@dataclass(frozen=True, kw_only=True)
class Embedded:
    """Where the problem sits.

    sites : int64 (n,), numbers of the p-bits used;  chain : int32 (n,), the spin that each carries, or None where each
    carries a spin of its own;  network : of those p-bits, in their order, in problem units
    """

    sites: np.ndarray
    chain: np.ndarray | None
    network: Network


def torque_chain_strength(network: Network) -> float:
    """Chain strength by uniform torque compensation: 1.414 times the r.m.s. coupling times sqrt(mean degree); the
    largest bias where there is no coupling.

    Raises InputError for couplings and biases whose squares may overflow, here or elsewhere.
    """
    largest = max(np.abs(network.weight).max(initial=0), np.abs(network.bias).max(initial=0))
    if largest > _LARGEST:
        raise InputError(
            f"couplings and biases of spins must be at most {_LARGEST:g} in size, got {largest:g}: scale the problem"
        )
    if not len(network.weight):
        return float(largest) or 1.0
    unit = power_of_two(network.weight)
    squares = float(np.mean((network.weight / unit) ** 2))
    degree = len(network.weight) / len(network.bias)
    return _TORQUE * unit * math.sqrt(squares) * math.sqrt(degree)


def sufficient_chain_strength(network: Network) -> float:
    """Chain strength beyond which no ground state breaks a chain: half of the largest |h_i| + sum_j |J_ij|.

    Flipping the lesser part of a broken chain raises the rest of the energy by at most twice that part's share of the
    sum, which is at most half of it, and saves at least twice the strength.
    """
    return float(np.max(network.reach)) / 2


def chain_strength_of(network: Network, asked: float | str | None) -> float:
    """``asked`` in problem units: a number, "torque" (None) or "sufficient". Raises InputError."""
    torque = torque_chain_strength(network)
    if asked is None or asked == "torque":
        return torque
    if asked == "sufficient":
        return sufficient_chain_strength(network)
    if isinstance(asked, str) or not 0 < asked < math.inf:
        raise InputError(f'chain strength must be a number > 0, "torque" or "sufficient", got {asked!r}')
    return float(asked)
