"""Sparsify: a spin with more couplings than a p-bit has wires becomes a path of copies that hold one value.

Enters: a network and the most couplings of a p-bit. Leaves: an Embedded whose reads, where all copies agree, follow
the law of the problem (Aadit et al., Nat. Electron. 5, 460 (2022); arXiv:2503.01177).
"""

import numpy as np

from hwsim.errors import DoesNotFitError
from hwsim.mapping.chains import Embedded, torque_chain_strength
from hwsim.mapping.registers import symmetric_rows
from hwsim.program import Network


def copies_needed(degree: np.ndarray, most: int) -> np.ndarray:
    """int64 (n,): copies of spins with ``degree`` couplings. A path of c copies has room for c (most - 2) + 2."""
    if most < 3 and np.any(degree > most):
        raise DoesNotFitError(f"copies of a spin need p-bits of at least 3 couplings, got {most}")
    return np.where(degree <= most, 1, -(-(degree - 2) // max(most - 2, 1)))


def sparsified(network: Network, most: int, *, strength: float | None = None) -> Embedded:
    """``network`` with no p-bit of more than ``most`` couplings, copies held together by -``strength`` (None: torque
    compensation). Biases are shared along a path; its couplings are dealt out evenly, in the order of the spins.

    Raises DoesNotFitError where ``most`` is below 3 and too few.
    """
    strength = torque_chain_strength(network) if strength is None else strength
    n, degree = len(network.bias), network.degree
    copies = copies_needed(degree, most)
    first = np.concatenate(([0], np.cumsum(copies)))
    chain = np.repeat(np.arange(n), copies)
    # the port of each coupling of a row: end copies have one port more than the others, a single copy has all
    port = np.empty(len(network.weight), dtype=np.int64)
    for i in range(n):
        row = slice(network.indptr[i], network.indptr[i + 1])
        port[row] = first[i] + _deal(int(degree[i]), int(copies[i]), most)
    rows = network.rows
    upper = rows < network.indices
    back = np.lexsort((rows, network.indices))  # the place of (j, i) for the k-th (i, j)
    ends = port[upper], port[back][upper]
    link = np.flatnonzero(chain[:-1] == chain[1:])
    indptr, indices, weight = symmetric_rows(
        len(chain),
        np.concatenate((ends[0], link)),
        np.concatenate((ends[1], link + 1)),
        np.concatenate((network.weight[upper], np.full(len(link), -strength))),
    )
    physical = Network(bias=network.bias[chain] / copies[chain], indptr=indptr, indices=indices, weight=weight)
    return Embedded(sites=np.arange(len(chain)), chain=chain.astype(np.int32), network=physical)


def _deal(degree: int, copies: int, most: int) -> np.ndarray:
    """int64 (degree,): the copy of each coupling, as evenly as the ports allow, those of one copy in a row."""
    if copies == 1:
        return np.zeros(degree, dtype=np.int64)
    ports = np.full(copies, most - 2)
    ports[[0, -1]] += 1
    share = np.minimum(ports, degree // copies)
    for c in range(copies):
        share[c] = min(ports[c], share[c] + degree - share.sum())
    return np.repeat(np.arange(copies), share)
