"""Numbers of couplings spread over the rows of a network, in one pass: for controllers that write them thousands of
times a second."""

import numpy as np

from hwsim.jit import njit


@njit(nogil=True)
def spread(bias, strength, pair_of, indptr, weight, reach):
    """Write ``strength`` float64 (k,) of each coupling to both of its connections, ``weight`` (m,), and |bias| + sum of
    |weight| of each row to ``reach`` (n,), as `Network.reach` sums; returns whether all of these are finite."""
    finite = True
    for i in range(len(bias)):
        total = 0.0
        for k in range(indptr[i], indptr[i + 1]):
            weight[k] = strength[pair_of[k]]
            total += abs(weight[k])
        reach[i] = abs(bias[i]) + total
        finite &= np.isfinite(reach[i])
    return finite
