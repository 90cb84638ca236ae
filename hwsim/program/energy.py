"""Energies of states: the one definition, which all engines use."""

import numpy as np

from hwsim.jit import njit


def column_energies(
    bias: np.ndarray, indptr: np.ndarray, indices: np.ndarray, weight: np.ndarray, spins: np.ndarray
) -> np.ndarray:
    """float64 (replicas,) of spins int8 (n, replicas), without the program's offset."""
    out = np.empty(spins.shape[1])
    _energies(bias, indptr, indices, weight, np.ascontiguousarray(spins), out)
    return out


@njit(nogil=True)
def _energies(bias, indptr, indices, weight, spins, out):
    """Each coupling once (column below row); spins int8 (n, reads) so that the inner loop runs over reads."""
    reads = spins.shape[1]
    local = np.empty(reads)
    for r in range(reads):
        out[r] = 0.0
    for i in range(len(bias)):
        for r in range(reads):
            local[r] = bias[i]
        for k in range(indptr[i], indptr[i + 1]):
            if indices[k] < i:
                row, w = spins[indices[k]], weight[k]
                for r in range(reads):
                    local[r] += w * row[r]
        for r in range(reads):
            out[r] += spins[i, r] * local[r]
