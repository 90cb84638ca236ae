"""The exact ground state of a small problem: Russian doll search, a branch and bound whose bounds are smaller problems.

Enters: a network of up to some 60 dense or 150 sparse spins. Leaves: its least energy and a state that has it, proved.
The last k spins alone are solved for k = 1, 2, ..., n; the energy of what is left open is at least that of its own
spins plus minus the fields on them (Verfaillie, Lemaitre, Schiex, AAAI 1996).
"""

from dataclasses import dataclass

import numpy as np

from hwsim.jit import njit
from hwsim.mapping.layout import breadth_first
from hwsim.program import rows_of


@dataclass(frozen=True, kw_only=True)
class GroundState:
    """energy : least energy, without a problem's offset;  state : int8 (n,), +-1;  nodes : values tried."""

    energy: float
    state: np.ndarray
    nodes: int


def ground_state(
    bias: np.ndarray, indptr: np.ndarray, indices: np.ndarray, weight: np.ndarray, *, max_nodes: int = 200_000_000
) -> GroundState | None:
    """The ground state of E = sum h s + sum_{i<j} J s s, or None where ``max_nodes`` values do not prove one.

    bias : float64 (n,); indptr : int (n+1,); indices, weight : (m,), each coupling in both rows.
    """
    n = len(bias)
    order = breadth_first(n, indptr, indices)
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    # spin n carries the biases: it is +1, the last to be numbered and the first to be set
    j = np.zeros((n + 1, n + 1))
    j[place[rows_of(indptr)], place[indices]] = weight
    j[n, place] = j[place, n] = bias
    energy, state, nodes = _search(np.ascontiguousarray(j[::-1, ::-1]), max_nodes)
    if nodes < 0:
        return None
    spins = (state * state[0])[::-1][:n]
    return GroundState(energy=float(energy), state=spins[place].astype(np.int8), nodes=int(nodes))


@njit(nogil=True)
def _search(j, max_nodes):
    """(energy, state (n,), values tried or -1) of couplings j (n, n): the last k spins for k = 1 ... n."""
    n = len(j)
    least = np.zeros(n + 1)
    state = np.ones(n)
    field = np.zeros((n + 1, n))
    energy = np.zeros(n + 1)
    tried = np.zeros(n + 1, dtype=np.int64)
    spins = np.ones(n)
    nodes = 0
    for first in range(n - 1, -1, -1):
        # the previous solution beside the new spin is where the search must improve
        pull = 0.0
        for i in range(first + 1, n):
            pull += j[first, i] * state[i]
        if pull > 0:
            for i in range(first + 1, n):
                state[i] = -state[i]
        state[first] = 1.0
        best = least[first + 1] - abs(pull)
        spins[first] = 1.0
        for i in range(first + 1, n):
            field[first + 1, i] = j[first, i]
        energy[first + 1] = 0.0
        tried[first + 1] = 0
        depth = first + 1
        while depth > first:
            if depth == n:
                if energy[n] < best:
                    best = energy[n]
                    state[first:] = spins[first:]
                depth -= 1
                continue
            if tried[depth] == 2:
                depth -= 1
                continue
            value = -1.0 if field[depth, depth] > 0 else 1.0
            if tried[depth] == 1:
                value = -value
            tried[depth] += 1
            nodes += 1
            if nodes > max_nodes:
                return 0.0, state, -1
            reached = energy[depth] + value * field[depth, depth]
            open_ = 0.0
            for i in range(depth + 1, n):
                x = field[depth, i] + value * j[depth, i]
                field[depth + 1, i] = x
                open_ += abs(x)
            # a tie within rounding is no improvement
            if reached + least[depth + 1] - open_ < best - 1e-9 * (1.0 + abs(best)):
                spins[depth] = value
                energy[depth + 1] = reached
                depth += 1
                tried[depth] = 0
        least[first] = best
    return least[0], state, nodes
