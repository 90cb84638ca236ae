"""Energies of states: the one definition, which all engines use."""

import numpy as np

from hwsim.jit import kernel


def column_energies(
    bias: np.ndarray,
    indptr: np.ndarray,
    indices: np.ndarray,
    weight: np.ndarray,
    spins: np.ndarray,
    offset: float = 0.0,
) -> np.ndarray:
    """float64 (replicas,) of spins int8 (n, replicas): terms are added to ``offset`` in dimod's order, so that the
    energies are those of ``bqm.energies`` to the last bit. Values of 0 and 1 do as well as -1 and +1."""
    out = np.empty(spins.shape[1])
    _energies(bias, indptr, indices, weight, offset, np.ascontiguousarray(spins), out)
    return out


@kernel
def _energies(bias, indptr, indices, weight, offset, spins, out):
    """Each coupling once (column below row); spins int8 (n, reads) so that the inner loop runs over reads."""
    reads = spins.shape[1]
    for r in range(reads):
        out[r] = offset
    for i in range(len(bias)):
        h = bias[i]
        for r in range(reads):
            out[r] += h * spins[i, r]
        for k in range(indptr[i], indptr[i + 1]):
            if indices[k] < i:
                j, w = indices[k], weight[k]
                for r in range(reads):
                    out[r] += w * (np.float64(spins[i, r]) * np.float64(spins[j, r]))
