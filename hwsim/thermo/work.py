"""Work done on a cell while its potential changes, and the free-energy difference that follows from it.

Enters: a family of potentials and the path of its parameter. Leaves: the work on every replica, and a free-energy
difference by Jarzynski's equality, <exp(-beta W)> = exp(-beta dF) (Phys. Rev. Lett. 78, 2690 (1997)).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.thermo.potential import Potential, overdamped


def driven(
    family: Callable[[float], Potential],
    path: Sequence[float],
    start: np.ndarray,
    *,
    beta: float,
    tau_s: float,
    time_s: float,
    step_s: float,
    seed: int = 0,
) -> np.ndarray:
    """float64 (replicas,): work on each replica while the parameter goes along ``path`` in ``time_s``.

    start : float64 (replicas,), in equilibrium at ``path[0]``. The parameter jumps from value to value, which does
    work; the cell relaxes for an equal time at each value, which exchanges heat. Raises InputError.
    """
    if len(path) < 2:
        raise InputError("a path needs at least two values of the parameter")
    x, work = np.array(start, dtype=float), np.zeros(len(start))
    stay_s = time_s / (len(path) - 1)
    before = family(path[0])
    for number, value in enumerate(path[1:]):
        after = family(value)
        work += after.energy(x) - before.energy(x)
        x = overdamped(
            after,
            beta=beta,
            tau_s=tau_s,
            time_s=stay_s,
            step_s=min(step_s, stay_s),
            replicas=len(x),
            start=x,
            seed=seed + (number << 32),
        )
        before = after
    return work


@dataclass(frozen=True, kw_only=True)
class FreeEnergy(Shown):
    """difference : free energy at the end minus that at the start, with its standard error;  mean_work : no less than
    that;  dissipated : the rest, which is temperature times the entropy produced"""

    difference: float
    error: float
    mean_work: float
    mean_work_error: float

    @property
    def dissipated(self) -> float:
        """Mean work above the free-energy difference."""
        return self.mean_work - self.difference


@named
def jarzynski(work: np.ndarray, beta: float) -> FreeEnergy:
    """The free-energy difference from ``work`` float64 (n,). Its error is that of the exponential average to first
    order, which is good if the dissipated work is at most a few k T. Raises InputError."""
    work = np.asarray(work, dtype=float)
    if work.ndim != 1 or len(work) < 2 or not np.isfinite(work).all():
        raise InputError("work must be at least two finite numbers")
    least = work.min()
    weights = np.exp(-beta * (work - least))
    mean = weights.mean()
    return FreeEnergy(
        difference=float(least - math.log(mean) / beta),
        error=float(weights.std(ddof=1) / mean / beta / math.sqrt(len(work))),
        mean_work=float(work.mean()),
        mean_work_error=float(work.std(ddof=1) / math.sqrt(len(work))),
    )
