"""Losses: how far a machine in equilibrium is from the one that it should be, and where a curve of losses crosses a
limit.

Enters: a statistic of each schedule of two runs, without the fault and with it. Leaves: a loss and its standard error,
from the differences between schedules (jackknife). Runs with the same clocks and noise differ by less than each
scatters, and the jackknife sees that.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np

from hwsim.errors import InputError
from hwsim.program import Program

BURN_IN, LOOKS = 0.2, 40
"""Share of a run before the first look, and how many looks there are in all."""


class Products:
    """Products of coupled spins, summed over the looks at a run: a function to observe it with.

    sums : int64 (schedules, couplings) over reads and looks;  looks : how many looks counted
    """

    def __init__(self, program: Program, *, schedule: np.ndarray, burnt_s: float) -> None:
        """schedule : int (reads,), ascending, of each read;  burnt_s : device seconds before the first look"""
        self._vote, self._burnt_s = program.readout.vote, burnt_s
        self._first, self._second, _ = program.problem_network.pairs
        if not len(self._first):
            raise InputError("the error of the correlations needs a problem with couplings")
        self._starts = np.concatenate(([0], np.flatnonzero(np.diff(schedule)) + 1))
        self.sums = np.zeros((len(self._starts), len(self._first)), dtype=np.int64)
        self.looks = 0

    def __call__(self, time_s: float, states: np.ndarray) -> None:
        """Look at ``states`` int8 (reads, p-bits) at ``time_s``."""
        if time_s > self._burnt_s:
            spins = self._vote(states)
            products = spins[:, self._first] * spins[:, self._second]
            self.sums += np.add.reduceat(products, self._starts, axis=0, dtype=np.int64)
            self.looks += 1


def relative_error(base: np.ndarray, now: np.ndarray) -> float:
    """Error of the correlations, relative, r.m.s.: |now - base| / |base| of the means, corrected for the bias of their
    noise, so that it is below 0 where the noise alone makes it so.

    base, now : float64 (schedules, couplings), mean product of each coupled pair of spins. Raises InputError.
    """
    length = squared_length(base)
    if not length > 0:
        raise InputError("the correlations without delay are within their noise: give more reads, or another beta")
    return _signed_root(squared_length(now - base) / length)


def relative_error_interval(base: np.ndarray, now: np.ndarray, *, reach: float) -> tuple[float, float]:
    """The interval of `relative_error`, ``reach`` standard errors to each side.

    The standard error is that of |now - base| with its noise, whose bias is taken off the ends: the error itself has
    an infinite slope at 0, where its own standard error would be too small or without end.
    """

    def noisy(kept: np.ndarray) -> float:
        return float(np.linalg.norm((now - base)[kept].mean(axis=0)) / math.sqrt(squared_length(base[kept])))

    value, error = jackknife(noisy, len(base))
    bias = value**2 - squared_length(now - base) / squared_length(base)
    low, high = (_signed_root(max(value + side * reach * error, 0.0) ** 2 - bias) for side in (-1, 1))
    return low, high


def _signed_root(square: float) -> float:
    return math.copysign(math.sqrt(abs(square)), square)


def squared_length(means: np.ndarray) -> float:
    """Squared length of the mean of independent rows (g, k), corrected for the bias of their noise."""
    g = len(means)
    return float(np.sum(means.sum(axis=0) ** 2) - np.sum(means**2)) / (g * (g - 1))


def jackknife(of: Callable[[np.ndarray], float], schedules: int) -> tuple[float, float]:
    """The estimate, and its standard error from leaving out one schedule after the other."""
    every = np.arange(schedules)
    left = np.array([of(every[every != g]) for g in every])
    return of(every), float(math.sqrt((schedules - 1) / schedules * np.sum((left - left.mean()) ** 2)))


def crossing(points: Sequence[tuple[float, float]], limit: float, *, log: bool = False) -> float | None:
    """Where a curve first exceeds ``limit``, interpolated between its points, in the logarithm of x where ``log``; its
    first x where it does so from the start, None where it never does. points : (x, loss) by x."""
    before = None
    for x, loss in points:
        if loss > limit:
            if before is None:
                return x
            part = (limit - before[1]) / (loss - before[1])
            return float(before[0] * (x / before[0]) ** part if log else before[0] + part * (x - before[0]))
        before = x, loss
    return None
