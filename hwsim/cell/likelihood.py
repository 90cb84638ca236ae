"""Likelihood of a p-bit's measured states, its maximum, and intervals by profile likelihood.

Enters: Cells, counts of Bernoulli trials. Leaves: estimates and intervals. P(+1) = (1 + tanh z) / 2 at rest; from state
s (0 or 1) to the next sample the probability of 1 is q = pi + rho (s - pi) with pi = P(+1), where

    sigmoid : s is not known, q = pi
    bits    : rho is a parameter, the lag-1 autocorrelation
    traces  : rho = exp(-2 cosh(z) dt / tau), the exact chain of dwell times tau exp(m z) sampled every dt

so that dwells shorter than dt, and those cut by the ends of a record, bias nothing. All maxima are found by Fisher
scoring; an interval holds the values whose profile log-likelihood is within half the 95 % quantile of chi-square.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hwsim.cell.measured import BITS, TRACES

CUTOFF = 3.841458820694124
"""95 % quantile of chi-square with one degree of freedom."""
UNKNOWN = -1
"""State before a trial whose last state is not known."""


@dataclass(frozen=True, kw_only=True)
class Cells:
    """Trials of one device, by input and state before. Arrays (n,): x, trials, ones float64, state int8 before."""

    kind: str
    x: np.ndarray
    state: np.ndarray
    trials: np.ndarray
    ones: np.ndarray
    interval_s: float | None


class Point(NamedTuple):
    """z (n,) and t (log tau, or rho) at parameters p (k,), with derivatives dz (n, k) and dt (k,)."""

    z: np.ndarray
    t: float
    dz: np.ndarray
    dt: np.ndarray


Chart = Callable[[np.ndarray, np.ndarray], Point]
"""How parameters p (k,) become z at inputs x (n,), and t; the parameter of interest stands first."""


def sloped(centre: float) -> Chart:
    """p = (gain, z at ``centre``[, t])."""

    def chart(p: np.ndarray, x: np.ndarray) -> Point:
        dz = np.zeros((x.size, p.size))
        dz[:, 0], dz[:, 1] = x - centre, 1.0
        return Point(p[1] + p[0] * (x - centre), p[-1], dz, np.arange(p.size) == 2)

    return chart


def timed(centre: float) -> Chart:
    """p = (t, z at ``centre``, gain)."""

    def chart(p: np.ndarray, x: np.ndarray) -> Point:
        dz = np.zeros((x.size, p.size))
        dz[:, 1], dz[:, 2] = 1.0, x - centre
        return Point(p[1] + p[2] * (x - centre), p[0], dz, np.arange(p.size) == 0)

    return chart


def shifted(p: np.ndarray, x: np.ndarray) -> Point:
    """The chart p = (offset, gain[, t])."""
    dz = np.zeros((x.size, p.size))
    dz[:, 0], dz[:, 1] = p[1], x + p[0]
    return Point(p[1] * (x + p[0]), p[-1], dz, np.arange(p.size) == 2)


def level(p: np.ndarray, x: np.ndarray) -> Point:
    """The chart p = (z, t) of one input."""
    dz = np.zeros((x.size, 2))
    dz[:, 0] = 1.0
    return Point(np.full(x.size, p[0]), p[1], dz, np.array([0.0, 1.0]))


def dwelling(m: int) -> Chart:
    """p = (log of the dwell time in state ``m`` = +-1, z) of one input."""

    def chart(p: np.ndarray, x: np.ndarray) -> Point:
        dz = np.zeros((x.size, 2))
        dz[:, 1] = 1.0
        return Point(np.full(x.size, p[1]), p[0] - m * p[1], dz, np.array([1.0, -float(m)]))

    return chart


def upward(cells: Cells, z: np.ndarray, t: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(q, 1 - q, dq/dz, dq/dt), float64 (n,) each: the probability of +1 next, without cancellation at either end."""
    with np.errstate(over="ignore"):
        low = 1.0 / (1.0 + np.exp(2.0 * z))
        rest = 1.0 / (1.0 + np.exp(-2.0 * z))
    slope = 2.0 * low * rest
    known = cells.state != UNKNOWN
    if cells.kind == TRACES:
        cosh, sinh = np.cosh(np.clip(z, -300, 300)), np.sinh(np.clip(z, -300, 300))
        speed = 2.0 * (cells.interval_s or 0.0) * math.exp(min(-t, 600.0))
        moved = -np.expm1(-speed * cosh)
        rho_z, rho_t = -(1.0 - moved) * speed * sinh, (1.0 - moved) * speed * cosh
    elif cells.kind == BITS:
        moved = np.where(known, 1.0 - t, 1.0)
        rho_z, rho_t = np.zeros(z.size), known.astype(np.float64)
    else:
        moved, rho_z, rho_t = np.ones(z.size), np.zeros(z.size), np.zeros(z.size)
    above = cells.state == 1
    leave = np.where(above, low, rest) * moved
    q, stay = np.where(above, 1.0 - leave, leave), np.where(above, leave, 1.0 - leave)
    pull = np.where(known, np.where(above, low, -rest), 0.0)  # s - pi
    return q, stay, slope * moved + pull * rho_z, pull * rho_t


class Climb(NamedTuple):
    """The end of a search: parameters, log-likelihood, Fisher information (k, k), whether it is a maximum."""

    p: np.ndarray
    loglik: float
    information: np.ndarray
    converged: bool


def _evaluate(cells: Cells, chart: Chart, p: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """(log-likelihood, score (k,), information (k, k)); minus infinity where a probability leaves (0, 1)."""
    point = chart(p, cells.x)
    with np.errstate(all="ignore"):
        q, stay, q_z, q_t = upward(cells, point.z, point.t)
        zeros = cells.trials - cells.ones
        terms = np.where(cells.ones > 0, cells.ones * np.log(q), 0.0) + np.where(zeros > 0, zeros * np.log(stay), 0.0)
        loglik = float(terms.sum())
        if not math.isfinite(loglik) or (q < 0).any() or (stay < 0).any():
            return -math.inf, np.zeros(p.size), np.eye(p.size)
        jacobian = q_z[:, None] * point.dz + q_t[:, None] * point.dt
        variance = np.maximum(q * stay, 1e-300)
        residual = (cells.ones * stay - zeros * q) / variance
        information = (jacobian * (cells.trials / variance)[:, None]).T @ jacobian
    return loglik, residual @ jacobian, information


def maximise(cells: Cells, chart: Chart, start: np.ndarray, *, hold: bool = False) -> Climb:
    """The maximum of the likelihood, from ``start`` (k,); with ``hold`` the first parameter stays fixed."""
    p = np.array(start, dtype=np.float64)
    free = slice(1 if hold else 0, None)
    loglik, score, information = _evaluate(cells, chart, p)
    if not math.isfinite(loglik):
        return Climb(p, loglik, information, False)
    for _ in range(200):
        step = _solve(information[free, free], score[free])
        if step is None:
            return Climb(p, loglik, information, False)
        gain = float(score[free] @ step)
        if gain < 1e-9:
            # one step more doubles the number of right digits
            trial = p.copy()
            trial[free] += step
            result = _evaluate(cells, chart, trial)
            return (
                Climb(trial, result[0], result[2], True) if result[0] >= loglik else Climb(p, loglik, information, True)
            )
        for halving in range(40):
            trial = p.copy()
            trial[free] += step * 0.5**halving
            result = _evaluate(cells, chart, trial)
            if result[0] >= loglik:
                break
        else:
            # no step rises: rounding of a long sum, unless the promised gain is real
            return Climb(p, loglik, information, gain < 1e-4)
        p, (loglik, score, information) = trial, result
    return Climb(p, loglik, information, False)


def _solve(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray | None:
    """Solution of a positive definite system whose rows may have very different units, or None."""
    diagonal = np.diag(matrix)
    if vector.size == 0:
        return vector
    if not (np.isfinite(matrix).all() and (diagonal > 1e-200).all()):
        return None
    size = 1.0 / np.sqrt(diagonal)
    try:
        return size * np.linalg.solve(matrix * np.outer(size, size) + 1e-12 * np.eye(size.size), size * vector)
    except np.linalg.LinAlgError:
        return None


def covariance(information: np.ndarray) -> np.ndarray:
    """Inverse of an information matrix (k, k); infinite where it has none."""
    columns = [_solve(information, unit) for unit in np.eye(len(information))]
    if any(column is None for column in columns):
        return np.full(information.shape, np.inf)
    return np.array(columns).T


def profile(cells: Cells, chart: Chart, best: np.ndarray) -> tuple[float | None, float | None, float]:
    """(low, high, standard error) of the first parameter at the maximum ``best`` (k,); None where there is no limit.

    An end is where the signed root of twice the loss of log-likelihood, nearly linear, reaches 1.96.
    """
    top = _evaluate(cells, chart, best)
    error = math.sqrt(covariance(top[2])[0, 0])
    if not (math.isfinite(error) and error > 0):
        return None, None, math.inf

    ends: list[float | None] = []
    for sign in (-1.0, 1.0):
        warm = best

        def loss(value: float) -> float:
            nonlocal warm
            climb = maximise(cells, chart, np.concatenate(([value], warm[1:])), hold=True)
            if not climb.converged and not math.isfinite(climb.loglik):
                climb = maximise(cells, chart, np.concatenate(([value], best[1:])), hold=True)
            if math.isfinite(climb.loglik):
                warm = climb.p
            return math.sqrt(max(0.0, 2.0 * (top[0] - climb.loglik))) - math.sqrt(CUTOFF)

        ends.append(_crossing(loss, float(best[0]), sign * math.sqrt(CUTOFF) * error))
    return ends[0], ends[1], error


def _crossing(loss: Callable[[float], float], centre: float, step: float) -> float | None:
    """Where ``loss`` passes zero, going from ``centre`` (where it is -1.96) by growing steps; None if it never does."""
    inside, at_inside = centre, -math.sqrt(CUTOFF)
    for _ in range(30):
        outside = centre + step
        at_outside = loss(outside)
        if at_outside >= 0:
            break
        inside, at_inside = outside, at_outside
        step *= 1.7
    else:
        return None
    for k in range(60):
        if abs(at_outside) < 1e-5:
            return outside
        if abs(at_inside) < 1e-5 or abs(outside - inside) <= 1e-9 * abs(step):
            return inside
        # secant, and a bisection now and then, for curves on which the secant fails
        share = 0.5 if k % 3 == 2 or not math.isfinite(at_outside) else at_inside / (at_inside - at_outside)
        middle = inside + share * (outside - inside)
        value = loss(middle)
        if value < 0:
            inside, at_inside = middle, value
        else:
            outside, at_outside = middle, value
    return outside


def chi_square_tail(statistic: float, freedom: int) -> float:
    """P(chi-square with ``freedom`` degrees of freedom > ``statistic``): the regularised incomplete gamma function.

    Series below the mean, Lentz's continued fraction above (Abramowitz and Stegun 1964, 6.5.29 and 6.5.31).
    """
    a, x = freedom / 2.0, statistic / 2.0
    if x <= 0:
        return 1.0
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1.0:
        term = total = 1.0 / a
        k = a
        while term > total * 1e-16:
            k += 1.0
            term *= x / k
            total += term
        return max(0.0, 1.0 - front * total)
    b = x + 1.0 - a
    c, d = 1e300, 1.0 / b
    fraction = d
    for i in range(1, 10_000):
        n = -i * (i - a)
        b += 2.0
        d = 1.0 / (n * d + b)
        c = b + n / c
        fraction *= d * c
        if abs(d * c - 1.0) < 1e-15:
            break
    return front * fraction
