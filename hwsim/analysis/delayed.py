"""The exact law of a small machine whose wires have different delays: a Markov chain on states and their history.

Enters: a network with a lag per connection, under a common tick that each p-bit joins with some probability. Leaves:
the stationary law. The chain is augmented: it remembers each p-bit for as long as a reader still sees an old value.
"""

import numpy as np

from hwsim.arguments import named
from hwsim.errors import InputError

MAX_BITS = 20
"""History and new values together: 2**20 numbers a step."""


def lags_of(delay_ticks: np.ndarray, period_ticks: int) -> np.ndarray:
    """int64 (m,): rounds until a commit is read, at least 1: a p-bit never reads what is committed at the same tick."""
    return np.maximum(1, -(-np.asarray(delay_ticks, dtype=np.int64) // period_ticks))


@named
def delayed_law(
    bias: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    weight: np.ndarray,
    lag: np.ndarray,
    beta: float,
    *,
    participation: float,
    tolerance: float = 1e-13,
) -> np.ndarray:
    """float64 (2**n,): law of the present states, in the order of `hwsim.analysis.exact_laws.energies`.

    At every tick p-bit i joins with probability ``participation`` and draws +1 with (1 + tanh(beta I_i)) / 2, where
    I_i = -(h_i + sum_j J_ij s_j(t - lag_ij)); lag : int (m,), rounds, at least 1. Stationary to ``tolerance`` a step.
    Raises InputError where history and new values are more than MAX_BITS bits, or the chain does not mix (at
    participation 1 states may alternate for ever).
    """
    n = len(bias)
    lag = np.asarray(lag, dtype=np.int64)
    depth = np.ones(n, dtype=np.int64)
    np.maximum.at(depth, indices, lag)
    bits = int(depth.sum())
    if bits + n > MAX_BITS:
        raise InputError(f"a history of {bits} values of {n} p-bits is more than {MAX_BITS - n} bits")
    # bit first[i] is s_i after the last tick, first[i] + 1 the one before
    first = np.concatenate(([0], np.cumsum(depth)[:-1]))
    history = np.arange(2**bits)
    spin = [np.where((history >> b) & 1, 1.0, -1.0) for b in range(bits)]
    up = []
    for i in range(n):
        current = np.full(2**bits, -float(bias[i]))
        for k in range(indptr[i], indptr[i + 1]):
            current -= weight[k] * spin[first[indices[k]] + lag[k] - 1]
        drawn = (1 + np.tanh(beta * current)) / 2
        up.append(participation * drawn + (1 - participation) * (spin[first[i]] > 0))
    # the history that follows: every value one older, the oldest gone, the new ones drawn
    older = np.zeros(2**bits, dtype=np.int64)
    for i in range(n):
        for d in range(1, depth[i]):
            older |= ((history >> (first[i] + d - 1)) & 1) << (first[i] + d)
    law = np.full(2**bits, 2.0**-bits)
    for _ in range(200_000):
        new = np.zeros_like(law)
        for values in range(2**n):
            share, place = law, older
            for i in range(n):
                one = (values >> i) & 1
                share = share * (up[i] if one else 1 - up[i])
                place = place | (one << first[i])
            new += np.bincount(place, weights=share, minlength=2**bits)
        change = float(np.abs(new - law).sum())
        law = new
        if change < tolerance:
            break
    else:
        raise InputError("the chain does not settle: with participation 1 states may alternate for ever")
    state = np.zeros(2**bits, dtype=np.int64)
    for i in range(n):
        state |= ((history >> first[i]) & 1) << i
    return np.bincount(state, weights=law, minlength=2**n) / law.sum()
