"""From the dwell times of both states to the numbers of a p-bit.

Enters: Dwells of +1 and of -1. Leaves: estimates. Mean dwell times tau exp(m z) in state m give tau, their geometric
mean, and z, half the logarithm of their ratio.
"""

import math

from hwsim.cell.dwells import Dwells
from hwsim.cell.population import Estimate


def estimates(plus: Dwells, minus: Dwells) -> tuple[dict[str, Estimate], float, float]:
    """(estimates by name, z, its standard error): dwell_plus, dwell_minus, tau (s), offset, p_plus.

    Intervals are normal in the logarithms of the means, whose errors are 1 / sqrt(n).
    """
    found = {
        name: _log_normal(dwells.mean_s, dwells.relative_error)
        for name, dwells in (("dwell_plus", plus), ("dwell_minus", minus))
    }
    half = 0.5 * math.hypot(plus.relative_error, minus.relative_error)
    z = 0.5 * math.log(plus.mean_s / minus.mean_s)
    found["tau"] = _log_normal(math.sqrt(plus.mean_s * minus.mean_s), half)
    found["offset"] = Estimate(value=z, low=z - 1.96 * half, high=z + 1.96 * half, error=half)
    low, value, high = ((1 + math.tanh(v)) / 2 for v in (z - 1.96 * half, z, z + 1.96 * half))
    found["p_plus"] = Estimate(value=value, low=low, high=high, error=2 * value * (1 - value) * half)
    return found, z, half


def _log_normal(value: float, relative: float) -> Estimate:
    reach = math.exp(1.96 * relative)
    return Estimate(value=value, low=value / reach, high=value * reach, error=value * relative)
