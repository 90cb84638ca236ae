"""Moves between replicas: exchanges of temperature, and cluster moves that keep the energy of a pair.

Enters: states int8 (rows, n), energies, uniforms. Leaves: the same, moved in place, or an order of rows.
"""

import numpy as np

from hwsim.jit import njit


def exchange(betas: np.ndarray, energies: np.ndarray, odd: int, uniforms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Decide which neighbouring temperatures exchange their states: (order, accepted).

    betas : float64 (m,);  energies : float64 (m, k), of k ladders side by side;  odd : 0 for the pairs (0, 1),
    (2, 3) ..., 1 for (1, 2) ...;  uniforms : float64 (m, k)
    order : int64 (m, k), from which temperature each takes its state;  accepted : bool (pairs, k)
    A pair exchanges with probability min(1, exp((b' - b)(E' - E))): Hukushima and Nemoto, J. Phys. Soc. Jpn. 65, 1604.
    """
    order = np.tile(np.arange(len(betas))[:, None], (1, energies.shape[1]))
    lower = np.arange(odd, len(betas) - 1, 2)
    gain = (betas[lower + 1] - betas[lower])[:, None] * (energies[lower + 1] - energies[lower])
    accepted = uniforms[lower] < np.exp(np.minimum(gain, 0.0))
    order[lower] += accepted
    order[lower + 1] -= accepted
    return order, accepted


@njit(nogil=True)
def cluster_moves(indptr, indices, first, second, seeds, states, size):
    """Houdayer's move (Eur. Phys. J. B 22, 479 (2001)) on pairs of rows ``first[p]``, ``second[p]`` of ``states``.

    ``seeds[p]`` in [0, 1) draws one of the p-bits where the two rows differ; the connected set of such p-bits around it
    is exchanged. The sum of the two energies stays the same. size : int64 (pairs,), out: p-bits exchanged.
    """
    n = states.shape[1]
    stack = np.empty(n, dtype=np.int64)
    for p in range(len(first)):
        a, b = states[first[p]], states[second[p]]
        differ = 0
        for i in range(n):
            differ += a[i] != b[i]
        size[p] = 0
        if differ == 0:
            continue
        wanted, start = min(np.int64(seeds[p] * differ), differ - 1), 0
        for i in range(n):
            if a[i] != b[i]:
                if wanted == 0:
                    start = i
                    break
                wanted -= 1
        mark = np.zeros(n, dtype=np.bool_)
        mark[start] = True
        stack[0] = start
        filled = 1
        while filled > 0:
            filled -= 1
            i = stack[filled]
            size[p] += 1
            for k in range(indptr[i], indptr[i + 1]):
                j = indices[k]
                if not mark[j] and a[j] != b[j]:
                    mark[j] = True
                    stack[filled] = j
                    filled += 1
        for i in range(n):
            if mark[i]:
                a[i], b[i] = b[i], a[i]


def resample(weights: np.ndarray, uniform: float) -> np.ndarray:
    """int64 (k,): rows drawn with replacement in proportion to ``weights`` (k,), by one uniform in [0, 1).

    The draw is systematic: row r comes floor or ceiling of its expected number of times. Gessert, Janke and Weigel,
    Phys. Rev. E 108, 065309 (2023), compare the ways to draw.
    """
    edges = np.cumsum(weights) / np.sum(weights)
    places = (np.arange(len(weights)) + uniform) / len(weights)
    return np.minimum(np.searchsorted(edges, places, side="right"), len(weights) - 1)
