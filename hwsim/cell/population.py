"""How devices differ: mean and spread of a parameter over devices, less the noise of each estimate.

Enters: estimates and their standard errors. Leaves: mean and spread with 95 % intervals. Normal-normal random effects,
theta_i ~ N(mean, spread**2) measured with error e_i, by restricted maximum likelihood (Patterson and Thompson 1971):
plain maximum likelihood puts the spread of a few devices too low. Intervals are profile intervals; that of the mean is
widened so that it is Student's t interval where the errors e_i vanish.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hwsim.cell.likelihood import CUTOFF

LEAST_DEVICES = 3
"""The fewest devices that show a spread."""


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number with its 95 % interval; None where the data set no limit. ``error`` is its standard error."""

    value: float
    low: float | None
    high: float | None
    error: float = math.inf


def random_effects(values: np.ndarray, errors: np.ndarray, *, relative: bool) -> tuple[Estimate, Estimate | None]:
    """(mean, spread) of a parameter over devices; the spread is None below three devices.

    values, errors : float64 (n,), n >= 2. ``relative`` gives the spread as a fraction of the mean.
    """
    values, n = np.asarray(values, dtype=np.float64), len(values)
    scale = max(float(values.std()), float(np.median(errors)), 1e-12 * float(np.abs(values).max()), 1e-300)
    # in units of the scale, so that dwell times of nanoseconds and of seconds are the same problem
    theta, noise = values / scale, np.maximum(np.asarray(errors) / scale, 1e-9)

    def loglik(mean: float, spread: float) -> float:
        weight = 1.0 / (spread**2 + noise**2)
        return float(
            0.5 * np.log(weight).sum() - 0.5 * (weight * (theta - mean) ** 2).sum() - 0.5 * math.log(weight.sum())
        )

    def centre(spread: float) -> float:
        weight = 1.0 / (spread**2 + noise**2)
        return float((weight * theta).sum() / weight.sum())

    grid = np.concatenate(([0.0], np.geomspace(1e-3, 1e3, 1200)))
    weight = 1.0 / (grid[:, None] ** 2 + noise**2)
    total = weight.sum(axis=1)
    middle = (weight * theta).sum(axis=1) / total
    along = (
        0.5 * np.log(weight).sum(axis=1)
        - 0.5 * (weight * (theta - middle[:, None]) ** 2).sum(axis=1)
        - 0.5 * np.log(total)
    )
    k = int(np.argmax(along))
    spread = 0.0
    if k > 0:
        low, high = grid[max(k - 1, 1)], grid[min(k + 1, grid.size - 1)]
        spread = _largest(lambda s: loglik(centre(s), s), float(low), float(high))
    mean = centre(spread)
    top = loglik(mean, spread)

    t = student_quantile(n - 1)
    reach = (n - 1) * math.log1p(t * t / (n - 1))
    weight = 1.0 / (spread**2 + noise**2)
    error = 1.0 / math.sqrt(weight.sum())

    def lost(at: float) -> float:
        return 2.0 * (top - float((along - 0.5 * total * (at - middle) ** 2).max())) - reach

    ends = [_end(lost, mean, sign * error, limit=1e6) for sign in (-1.0, 1.0)]
    average = Estimate(
        value=mean * scale,
        low=None if ends[0] is None else ends[0] * scale,
        high=None if ends[1] is None else ends[1] * scale,
        error=error * scale,
    )
    if n < LEAST_DEVICES:
        return average, None

    unit = abs(mean) if relative else 1.0

    def lost_spread(ratio: float) -> float:
        if not relative:
            return 2.0 * (top - loglik(centre(ratio), ratio)) - CUTOFF
        best = _largest(
            lambda u: loglik(math.copysign(math.exp(u), mean), ratio * math.exp(u)),
            math.log(unit) - 3.0,
            math.log(unit) + 3.0,
        )
        return 2.0 * (top - loglik(math.copysign(math.exp(best), mean), ratio * math.exp(best))) - CUTOFF

    value, size = spread / unit, 1.0 if relative else scale
    step = max(value, error / unit) * 0.5
    lowest = 0.0
    if value > 0 and lost_spread(0.0) > 0:
        lowest = _end(lambda u: lost_spread(value - u) if u < value else lost_spread(0.0), 0.0, value, limit=2.0) or 0.0
        lowest = value - lowest
    highest = _end(lost_spread, value, step, limit=1e4)
    return average, Estimate(value=value * size, low=lowest * size, high=None if highest is None else highest * size)


def _end(lost: Callable[[float], float], start: float, step: float, *, limit: float) -> float | None:
    """Where ``lost`` passes zero, from ``start`` on by growing steps; None if not within ``limit`` steps."""
    inside, reach = start, 1.0
    while lost(start + reach * step) < 0:
        inside = start + reach * step
        reach *= 1.7
        if reach > limit:
            return None
    outside = start + reach * step
    for _ in range(50):
        middle = 0.5 * (inside + outside)
        if lost(middle) < 0:
            inside = middle
        else:
            outside = middle
    return 0.5 * (inside + outside)


def _largest(function: Callable[[float], float], low: float, high: float) -> float:
    """The place of the maximum of ``function``, which has one hump in [low, high]: golden section."""
    golden = (math.sqrt(5.0) - 1.0) / 2.0
    a, b = high - golden * (high - low), low + golden * (high - low)
    at_a, at_b = function(a), function(b)
    for _ in range(45):
        if at_a < at_b:
            low, a, at_a = a, b, at_b
            b = low + golden * (high - low)
            at_b = function(b)
        else:
            high, b, at_b = b, a, at_a
            a = high - golden * (high - low)
            at_a = function(a)
    return 0.5 * (low + high)


def student_quantile(freedom: int, confidence: float = 0.95) -> float:
    """Two-sided quantile of Student's t: with t = sqrt(freedom) tan(phi) its density is cos(phi)**(freedom - 1)."""
    phi = np.linspace(0.0, math.pi / 2, 20_001)
    density = np.cos(phi) ** (freedom - 1)
    share = np.concatenate(([0.0], np.cumsum(0.5 * (density[1:] + density[:-1]))))
    return math.sqrt(freedom) * math.tan(float(np.interp(confidence * share[-1], share, phi)))
