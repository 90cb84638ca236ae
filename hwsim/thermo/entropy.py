"""Entropy that a linear network produces: the cost of holding cells away from equilibrium.

Enters: a LinearNetwork, and states along its paths. Leaves: the exact rate, and the entropy of each path. With detailed
balance a network produces none; with cells at two temperatures, or couplings that are not mutual, it always does.
Entropies are in units of k. Cells are even under time reversal, as overdamped cells are.
"""

import numpy as np

from hwsim.errors import InputError
from hwsim.thermo.network import LinearNetwork


def entropy_production_per_s(network: LinearNetwork) -> float:
    """Mean rate in the stationary state, k per second: trace(F' D^-1 F C) - trace(F), at least 0.

    F is the drift, D half the noise, C the stationary covariance. The rate is the mean of v' D^-1 v, where v = -(F - D
    C^-1) x is the mean local velocity of the probability current (Seifert, Rep. Prog. Phys. 75, 126001 (2012), sec. 2
    and 6, for linear forces). Raises InputError where noise does not reach every cell.
    """
    inverse = _inverse(network.noise / 2, "noise")
    drift = network.drift
    return max(float(np.trace(drift.T @ inverse @ drift @ network.covariance) - np.trace(drift)), 0.0)


def path_entropy(network: LinearNetwork, states: np.ndarray, interval_s: float) -> np.ndarray:
    """float64 (replicas,): ln of the probability of each path over that of its reverse, both from the stationary law.

    states : float64 (k, replicas, d), an interval apart, as `hwsim.thermo.run.run` gives them with ``start`` None
    At any interval <exp(-S)> = 1. The mean of S is less than the rate times the time, because it misses what happens
    between two looks. Raises InputError.
    """
    if states.ndim != 3 or states.shape[2] != network.size or len(states) < 2:
        raise InputError(f"states must have shape (k >= 2, replicas, {network.size}), got {states.shape}")
    if not (interval_s > 0 and np.isfinite(interval_s)):
        raise InputError(f"interval_s must be > 0, got {interval_s}")
    _inverse(network.noise / 2, "noise")
    step, far = network.propagator(interval_s), states - network.mean
    covariance = network.covariance_at(interval_s)
    inverse = _inverse((covariance + covariance.T) / 2, "noise of an interval")
    before, after = far[:-1], far[1:]
    ahead, back = after - before @ step.T, before - after @ step.T
    moves = (_square(back, inverse) - _square(ahead, inverse)).sum(axis=0) / 2
    law = _inverse(network.covariance, "covariance")
    return moves + (_square(far[-1], law) - _square(far[0], law)) / 2


def _square(x: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    return np.einsum("...i,ij,...j->...", x, matrix, x)


def _inverse(matrix: np.ndarray, name: str) -> np.ndarray:
    if np.linalg.eigvalsh(matrix)[0] <= 1e-14 * np.abs(matrix).max(initial=0):
        raise InputError(f"entropy needs {name} that reaches every cell: this one is singular")
    return np.linalg.inv(matrix)
