"""Colouring: classes of p-bits that share no coupling and may update together."""

import numpy as np

from hwsim.errors import InputError
from hwsim.program import rows_of


def greedy_coloring(indptr: np.ndarray, indices: np.ndarray) -> np.ndarray:
    """int32 (n,): a proper colouring. Two colours where the graph is bipartite, else greedy by falling degree.

    Greedy needs at most (largest degree + 1) colours (Welsh and Powell, 1967).
    """
    color = _two_coloring(indptr, indices)
    if color is None:
        color = first_fit(indptr, indices, np.argsort(-np.diff(indptr), kind="stable"))
    check_coloring(color, indptr, indices)
    return color


def check_coloring(color: np.ndarray, indptr: np.ndarray, indices: np.ndarray) -> None:
    """Raise InputError when two coupled p-bits have the same colour."""
    rows = rows_of(indptr)
    same = np.nonzero(color[rows] == color[indices])[0]
    if len(same):
        raise InputError(f"p-bits {rows[same[0]]} and {indices[same[0]]} are coupled and have the same colour")


def _two_coloring(indptr: np.ndarray, indices: np.ndarray) -> np.ndarray | None:
    """Breadth first, a whole frontier at a time; None where there is an odd cycle."""
    n = len(indptr) - 1
    color = np.full(n, -1, dtype=np.int32)
    for root in range(n):
        if color[root] >= 0:
            continue
        color[root] = 0
        frontier, shade = np.array([root]), 1
        while len(frontier):
            lengths = indptr[frontier + 1] - indptr[frontier]
            starts = np.repeat(indptr[frontier] - np.concatenate(([0], np.cumsum(lengths)[:-1])), lengths)
            near = np.sort(indices[starts + np.arange(int(lengths.sum()))])
            neighbours = near[np.diff(near, prepend=-1) > 0]
            if np.any(color[neighbours] == 1 - shade):
                return None
            frontier = neighbours[color[neighbours] < 0]
            color[frontier] = shade
            shade = 1 - shade
    return color


def first_fit(indptr: np.ndarray, indices: np.ndarray, order: np.ndarray) -> np.ndarray:
    """int32 (n,): a proper colouring, each p-bit in turn in the first colour that no neighbour has.

    order : int64 (n,), p-bits in the order of their turns
    """
    n = len(indptr) - 1
    color = np.full(n, -1, dtype=np.int32)
    for i in order:
        taken = color[indices[indptr[i] : indptr[i + 1]]]
        free = np.ones(len(taken) + 1, dtype=bool)
        free[taken[(taken >= 0) & (taken <= len(taken))]] = False
        color[i] = np.argmax(free)
    return color
