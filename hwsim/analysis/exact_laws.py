"""The laws a small machine must follow, by enumeration and in closed form: the oracles that engines are tested against.

Enters: biases, and couplings as a symmetric CSR (each coupling stored in both rows). Leaves: one number per state.
State ``k`` has bit ``i`` of ``k`` (the lowest bit is p-bit 0) equal to 1 when s_i = +1.
"""

import math

import numpy as np

from hwsim.arguments import named
from hwsim.errors import InputError
from hwsim.program import rows_of

MAX_SPINS = 20
"""Enumeration stops here: 2**20 states, about a million numbers per array."""

ONSAGER_BETA = math.log(1 + math.sqrt(2)) / 2
"""Inverse critical temperature of the square-lattice Ising model, 0.4407 (Onsager 1944)."""


@named
def energies(bias, indptr, indices, weight, offset: float = 0.0) -> np.ndarray:
    """Energy of every state, E = offset + sum_i h_i s_i + sum_{i<j} J_ij s_i s_j.

    bias : float64 (n,); indptr : int (n + 1,); indices, weight : int, float64 (2 * n_couplings,).
    Returns float64 (2**n,) in state order. Cost O(2**n): states are doubled one p-bit at a time, and the field on the
    new p-bit is doubled likewise. Raises InputError beyond 20 p-bits, or when the couplings are not symmetric.
    """
    bias, coupling = _dense(bias, indptr, indices, weight)
    energy = np.full(1, float(offset))
    for i in range(bias.size):
        change = bias[i] + _signed_sums(coupling[i, :i])
        energy = np.concatenate([energy - change, energy + change])
    return energy


@named
def boltzmann_law(energies, beta: float) -> np.ndarray:
    """P(s) = exp(-beta E(s)) / Z : float64 (n_states,), from energies : float64 (n_states,)."""
    energies = np.asarray(energies, dtype=np.float64)
    if energies.ndim != 1 or energies.size == 0:
        raise InputError(f"energies must be a list of at least one number, got shape {energies.shape}")
    return _normalised(-beta * energies)


@named
def little_peretto_law(bias, indptr, indices, weight, beta: float) -> np.ndarray:
    """Stationary law when every p-bit updates at every tick: float64 (2**n,) in state order.

    pi(s) ~ exp(-beta sum_i h_i s_i) prod_i 2 cosh(beta I_i(s)), with I_i = -(h_i + sum_j J_ij s_j): then pi(s) P(s'|s)
    ~ exp(-beta (h.s + h.s' + s'.J.s)) is symmetric in s and s'. Little 1974, Peretto 1984 (who write h' = -h).
    Arguments and errors as for :func:`energies`.
    """
    bias, coupling = _dense(bias, indptr, indices, weight)
    exponent = -beta * _signed_sums(bias)
    for i in range(bias.size):
        current = beta * (bias[i] + _signed_sums(coupling[i]))
        exponent += np.logaddexp(current, -current)
    return _normalised(exponent)


@named
def state_index(states) -> np.ndarray:
    """State number of each read: int64 (reads,), from states : int8 (reads, n) of -1 and +1; at most 62 p-bits."""
    states = np.atleast_2d(np.asarray(states))
    if states.shape[1] > 62:
        raise InputError(f"a state number holds at most 62 p-bits, got {states.shape[1]}")
    return (states > 0).astype(np.int64) @ (np.int64(1) << np.arange(states.shape[1], dtype=np.int64))


def tick_random_pair(*, beta_j: float, participation: float) -> float:
    """<s1 s2> of two p-bits without bias under a common tick that each p-bit joins with probability ``participation``.

    2 (1 - p) T / (2 - p - p T**2) with T = tanh(beta_j): zero at p = 1, the Boltzmann value T as p -> 0.
    ``beta_j`` is beta times the coupling that aligns, that is -beta J_12 in the energy of :func:`energies`.
    Checked in the tests against the chain of four states.
    """
    if not 0 <= participation <= 1:
        raise InputError(f"participation must lie in [0, 1], got {participation}")
    t = math.tanh(beta_j)
    return 2 * (1 - participation) * t / (2 - participation - participation * t * t)


_COLD = 700.0
"""Beyond it, 1 / cosh is zero but for underflow, and cosh overflows."""


@named
def delayed_pair(*, beta_j: float, delay_over_tau: float, back_over_tau: float | None = None) -> float:
    """<s1 s2> of two autonomous p-bits without bias whose commits, one per mean time tau, are seen a delay d later.

    T / (cosh(q d/tau) + q sinh(q d/tau)), T = tanh(beta_j), q = sqrt(1 - T**2). ``beta_j`` as in
    :func:`tick_random_pair`. Where the way back takes another delay e, a shift of one p-bit's time makes both ways
    (d + e)/2, and the equal-time value lies (d - e)/2 off its centre: times cosh(q (d - e)/2 tau).
    Derived for this project; no published form is known to it.
    """
    back = delay_over_tau if back_over_tau is None else back_over_tau
    if min(delay_over_tau, back) < 0:
        raise InputError(f"delays over tau must be >= 0, got {delay_over_tau} and {back}")
    q = 1 / math.cosh(min(abs(beta_j), _COLD))
    x, shift = q * (delay_over_tau + back) / 2, q * (delay_over_tau - back) / 2
    # cosh x + q sinh x, times exp(-x), so that a long delay underflows to zero instead of overflowing
    shifted = (math.exp(abs(shift) - x) + math.exp(-abs(shift) - x)) / 2
    return math.tanh(beta_j) * shifted / ((1 + q) / 2 + (1 - q) / 2 * math.exp(-2 * x))


def plateau_cut_fraction(participation: float) -> float:
    """Cut over edges at which a dense, cold max-cut gets stuck under a tick-random clock: (1 - m**2)/2, m = p/(2 - p).

    Mean field: the whole graph flips together with period two. A half (no better than chance) as p -> 0, none at p = 1.
    """
    if not 0 <= participation <= 1:
        raise InputError(f"participation must lie in [0, 1], got {participation}")
    m = participation / (2 - participation)
    return (1 - m * m) / 2


def onsager_magnetisation(beta: float) -> float:
    """Spontaneous |magnetisation| per spin of the infinite square lattice, J = 1: (1 - sinh(2 beta)**-4)**(1/8).

    Zero at and above the critical temperature. Onsager 1949, Yang 1952.
    """
    if beta <= ONSAGER_BETA:
        return 0.0
    return (1 - math.sinh(2 * beta) ** -4) ** 0.125 if beta < 100 else 1.0


def _signed_sums(coefficient: np.ndarray) -> np.ndarray:
    """sum_j c_j s_j for each of the 2**len(c) states, in state order."""
    total = np.zeros(1)
    for c in coefficient:
        total = np.concatenate([total - c, total + c])
    return total


def _normalised(exponent: np.ndarray) -> np.ndarray:
    law = np.exp(exponent - exponent.max())
    return law / law.sum()


def _dense(bias, indptr, indices, weight) -> tuple[np.ndarray, np.ndarray]:
    bias = np.asarray(bias, dtype=np.float64)
    indptr, indices = np.asarray(indptr), np.asarray(indices)
    n = bias.size
    if n > MAX_SPINS:
        raise InputError(f"enumeration takes at most {MAX_SPINS} p-bits, got {n}")
    if indptr.size != n + 1:
        raise InputError(f"indptr must have one entry more than there are p-bits ({n + 1}), got {indptr.size}")
    coupling = np.zeros((n, n))
    np.add.at(coupling, (rows_of(indptr), indices), np.asarray(weight, dtype=np.float64))
    if np.any(coupling != coupling.T) or np.any(np.diag(coupling)):
        raise InputError("the couplings must be symmetric, each stored in both rows, and none from a p-bit to itself")
    return bias, coupling
