"""Moves of states between the replicas of a running machine: what they mean, for every engine.

Enters: committed states int8 (reads, n). Leaves: the moved ones, written as `State.assign` writes. An engine that moves
states where it keeps them (bitplanes) must give the same.
"""

from typing import Any

import numpy as np

from hwsim.engine.packing import pack_reads
from hwsim.jit import njit


class Pairs:
    """Pairs of replicas. first, second : int64 (k,), no replica in two of them;  layout : what an engine makes of
    them."""

    def __init__(self, first: np.ndarray, second: np.ndarray, layout: Any = None) -> None:
        self.first, self.second, self.layout = first, second, layout

    def __len__(self) -> int:
        return len(self.first)


class MovesOfCopies:
    """The moves of a State by its ``spins`` and ``assign``, on copies of the states."""

    in_place = False
    _program: Any

    def spins(self, replicas: np.ndarray | None = None) -> np.ndarray:
        """int8 (reads, n)."""
        raise NotImplementedError

    def assign(self, states: np.ndarray) -> None:
        """Write int8 (reads, n)."""
        raise NotImplementedError

    def clamp(self, pbits: np.ndarray, values: np.ndarray) -> None:
        """Write int8 (reads, k) into ``pbits`` alone."""
        states = self.spins()
        states[:, pbits] = values
        self.assign(states)

    def words(self) -> np.ndarray:
        """uint64 (n, W): the states as bits."""
        return pack_reads(self.spins())

    def law_energies(self) -> np.ndarray:
        """float64 (reads,): in the network that the machine realises, without offset."""
        return self._program.network.energies(self.spins())

    def pairs(self, first: np.ndarray, second: np.ndarray) -> Pairs:
        """Pairs for many moves."""
        return Pairs(first, second)

    def exchange(self, pairs: Pairs, taken: np.ndarray) -> None:
        """Exchange the states of the ``pairs`` that bool (k,) ``taken`` names."""
        states, first, second = self.spins(), pairs.first[taken], pairs.second[taken]
        states[first], states[second] = states[second], states[first]
        self.assign(states)

    def clusters(self, pairs: Pairs, sites: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Exchange a cluster within each pair; see exchange_clusters."""
        states, network = self.spins(), self._program.network
        size, differ = np.zeros(len(pairs), dtype=np.int64), np.zeros(len(pairs), dtype=np.int64)
        exchange_clusters(network.indptr, network.indices, pairs.first, pairs.second, sites, states, size, differ)
        self.assign(states)
        return size, differ

    def take(self, parents: np.ndarray) -> None:
        """Every replica takes the state of its parent."""
        self.assign(self.spins()[parents])


@njit(nogil=True)
def exchange_clusters(indptr, indices, first, second, sites, states, size, differ):
    """Houdayer's move (Eur. Phys. J. B 22, 479 (2001)) on pairs of rows ``first[p]``, ``second[p]`` of ``states``.

    The p-bit where the cluster of pair p begins is the first one, from number ``sites[p]`` on and round the end, where
    the two rows differ; the connected set of such p-bits around it is exchanged. The sum of the two energies stays the
    same. The p-bits that differ stay the same too, so any rule that chooses among them keeps detailed balance; this
    one takes no count of them. size, differ : int64 (pairs,), out: p-bits exchanged, and p-bits that differed
    """
    n = states.shape[1]
    stack = np.empty(n, dtype=np.int64)
    for p in range(len(first)):
        a, b = states[first[p]], states[second[p]]
        size[p], differ[p], start = 0, 0, -1
        for k in range(n):
            i = sites[p] + k
            if i >= n:
                i -= n
            if a[i] != b[i]:
                differ[p] += 1
                if start < 0:
                    start = i
        if start < 0:
            continue
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
