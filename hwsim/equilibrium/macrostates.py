"""Macrostates: how many microstates look alike, the entropy that follows, and the temperature from the entropy.

Enters: a number of coins, energies of all states, or a Program. Leaves: macrostates with ln of their multiplicities,
which is the entropy in units of Boltzmann's constant, and 1/T = dS/dU.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from hwsim.analysis import exact_laws
from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.equilibrium.partition import check_beta, log_sum_exp
from hwsim.errors import InputError
from hwsim.program import Program

_SAME = 2.0**-44
"""Energies this close, relative to the largest, are one level that rounding has split, where no rounding is stated."""


@dataclass(frozen=True, kw_only=True, eq=False)
class CoinMacrostates(Shown):
    """The macrostates of n coins, by ascending number of heads.

    heads : int64 (n + 1,);  log_multiplicity : float64 (n + 1,), ln of the number of sequences with that many heads,
    which is the entropy in units of k;  probability : float64 (n + 1,)
    """

    heads: np.ndarray
    log_multiplicity: np.ndarray
    probability: np.ndarray


@named
def coin_macrostates(n: int, *, p: float = 0.5) -> CoinMacrostates:
    """The macrostates of ``n`` coins that each show heads with probability ``p``.

    ln Omega = ln n! - ln k! - ln (n - k)!, P = Omega p^k (1 - p)^(n - k). At n = 10^6 logarithms, and ratios of
    probabilities, are right to 1e-8, the rounding error of ln n!. Raises InputError.
    """
    _check_count(n, "n")
    if not 0 <= p <= 1:
        raise InputError(f"p must lie in [0, 1], got {p}")
    heads = np.arange(n + 1)
    log_multiplicity = log_binomial(n, heads)
    exponent = log_multiplicity + xlogy(heads, p) + xlog1py(n - heads, -p)
    return CoinMacrostates(
        heads=heads, log_multiplicity=log_multiplicity, probability=np.exp(exponent - log_sum_exp(exponent))
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class DensityOfStates(Shown):
    """The levels of a system.

    energies : float64 (k,), ascending;  log_multiplicity : float64 (k,), ln of the number of states at each level,
    which is the entropy S(U) in units of k
    """

    energies: np.ndarray
    log_multiplicity: np.ndarray


@named
def density_of_states(energies: Any, *, rounding: float | None = None) -> DensityOfStates:
    """The levels of a list of states, float64 (n_states,). States within ``rounding`` of each other make one level, at
    their mean; None is 2**-44 of the largest energy.

    Raises InputError.
    """
    ordered = np.sort(np.asarray(energies, dtype=np.float64), axis=None)
    if ordered.size == 0 or not np.isfinite(ordered[[0, -1]]).all():
        raise InputError(f"energies must be finite, and at least one, got {ordered.size} of them")
    if rounding is None:
        rounding = _SAME * float(np.abs(ordered[[0, -1]]).max())
    apart = np.diff(ordered) > rounding
    first = np.concatenate([[0], np.flatnonzero(apart) + 1])
    count = np.diff(np.append(first, ordered.size))
    return DensityOfStates(energies=np.add.reduceat(ordered, first) / count, log_multiplicity=np.log(count))


def network_density_of_states(program: Program) -> DensityOfStates:
    """Levels of the problem of ``program``, its offset included, by enumeration of at most 20 p-bits.

    Raises InputError, also for p-dits, whose lines are not independent.
    """
    if program.cells.pdit is not None:
        raise InputError("the density of states counts p-bits, and this program has p-dits (cells of several levels)")
    bias, indptr, indices, weight = program.problem_network
    energies = exact_laws.energies(bias, indptr, indices, weight, offset=program.readout.energy_offset)
    return density_of_states(energies, rounding=program.rounding)


def paramagnet_density_of_states(n: int, *, field: float) -> DensityOfStates:
    """Levels of ``n`` uncoupled p-bits of bias ``field`` > 0: E = field (2 k - n), with C(n, k) states.

    Raises InputError.
    """
    _check_count(n, "n")
    if not (field > 0 and np.isfinite(field)):
        raise InputError(f"field must be finite and > 0, got {field}")
    up = np.arange(n + 1)
    return DensityOfStates(energies=field * (2.0 * up - n), log_multiplicity=log_binomial(n, up))


def level_law(density: DensityOfStates, beta: float) -> np.ndarray:
    """Boltzmann's law of the levels, float64 (k,): Omega(E) exp(-beta E) / Z. Raises InputError."""
    check_beta(beta)
    exponent = density.log_multiplicity - beta * density.energies
    return np.exp(exponent - log_sum_exp(exponent))


@dataclass(frozen=True, kw_only=True, eq=False)
class InverseTemperature(Shown):
    """beta = dS/dU between neighbouring levels.

    energies : float64 (k - 1,), the middle of each gap;  beta : float64 (k - 1,), 1 / energy
    error : float64 (k - 1,), estimated error as the slope of a smooth S(U) there; nan for fewer than 4 levels
    """

    energies: np.ndarray
    beta: np.ndarray
    error: np.ndarray


@named
def inverse_temperature(density: DensityOfStates) -> InverseTemperature:
    """(S(b) - S(a)) / (b - a) of neighbouring levels a < b, on the density's own grid. Raises InputError.

    This is the beta at which the two levels are equally likely, for which S need not be smooth. As the derivative of a
    smooth S in the middle of the gap it has the error (b - a)^2 S''' / 24; S''' comes from the second divided
    difference of the three betas around it, at either end of the last three.
    """
    gap = np.diff(density.energies)
    if len(gap) < 1:
        raise InputError("a temperature needs two levels, got 1")
    beta = np.diff(density.log_multiplicity) / gap
    middle = (density.energies[1:] + density.energies[:-1]) / 2
    if len(gap) < 3:
        error = np.full(len(gap), np.nan)
    else:
        slope = np.diff(beta) / np.diff(middle)
        third = 2 * np.diff(slope) / (middle[2:] - middle[:-2])
        error = gap**2 / 24 * np.abs(np.pad(third, 1, mode="edge"))
    return InverseTemperature(energies=middle, beta=beta, error=error)


def log_binomial(n: int, k: np.ndarray) -> np.ndarray:
    """ln C(n, k), float64 of the shape of ``k``, 0 <= k <= n."""
    return gammaln(n + 1.0) - gammaln(k + 1.0) - gammaln(n - k + 1.0)


def _check_count(value: int, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise InputError(f"{name} must be a whole number >= 1, got {value!r}")
