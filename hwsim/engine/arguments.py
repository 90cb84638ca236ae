"""Kernel arguments that the fast engines share: the anneal as a table, and arrays that may be absent."""

from typing import NamedTuple

import numpy as np

from hwsim.anneal import Anneal
from hwsim.jit import inline


class Steps(NamedTuple):
    """An Anneal as kernels read it, (n_steps,) each."""

    start: np.ndarray  # int64, ticks
    beta: np.ndarray  # float64, 1 / energy unit of the problem
    drive: np.ndarray  # float64, factor of driven couplings


def steps_of(anneal: Anneal) -> Steps:
    """``anneal`` as kernels read it."""
    return Steps(anneal.start, anneal.beta, anneal.drives)


def given(array: np.ndarray | None, dtype: type) -> np.ndarray:
    """``array``, or an empty one where it is None. Read-only like a Program's, or numba would compile again."""
    if array is None:
        array = np.zeros(0, dtype=dtype)
        array.flags.writeable = False
    return array


def start_rows(biased: np.ndarray, n: int) -> np.ndarray | None:
    """int32 (n,): the place among ``biased`` of each p-bit to which each read adds a bias, -1 of the others; None where
    there are none."""
    if not len(biased):
        return None
    row = np.full(n, -1, dtype=np.int32)
    row[biased] = np.arange(len(biased))
    row.flags.writeable = False
    return row


@inline
def start_row(network, i):
    """The row of ``network.starts`` where the sums of p-bit ``i`` begin, or -1 where all begin with its bias."""
    return np.int64(network.start_row[i]) if len(network.start_row) > 0 else np.int64(-1)


@inline
def step_at(steps, step, now):
    """Number of the anneal's step at ``now``; ``step`` is that of an earlier time, -1 at first."""
    step = max(step, 0)
    while step + 1 < len(steps.start) and now >= steps.start[step + 1]:
        step += 1
    return step
