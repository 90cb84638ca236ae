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


@inline
def step_at(steps, step, now):
    """Number of the anneal's step at ``now``; ``step`` is that of an earlier time, -1 at first."""
    step = max(step, 0)
    while step + 1 < len(steps.start) and now >= steps.start[step + 1]:
        step += 1
    return step
