"""Baths: why a small system that can only exchange energy with many others follows exp(-beta E).

Enters: the levels of a small system, and a reservoir of two-level cells that shares a fixed energy with it. Leaves: the
law of the system, exactly and by emulated exchanges, and its distance from the canonical law. Also an atom of
infinitely many levels in an infinite bath, cut off with a bound on what is lost.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.equilibrium.demon import below, stream_keys
from hwsim.equilibrium.macrostates import log_binomial
from hwsim.equilibrium.partition import log_sum_exp
from hwsim.errors import InputError
from hwsim.jit import njit


@dataclass(frozen=True, kw_only=True, eq=False)
class Levels(Shown):
    """A small system. energies : float64 (k,);  degeneracies : int64 (k,), states at each. Raises InputError."""

    energies: np.ndarray
    degeneracies: np.ndarray

    def __post_init__(self) -> None:
        energies, counts = np.asarray(self.energies), np.asarray(self.degeneracies)
        if energies.ndim != 1 or len(energies) == 0 or not np.isfinite(energies).all():
            raise InputError(f"energies must be a list of finite numbers, got shape {energies.shape}")
        if counts.shape != energies.shape or counts.dtype.kind not in "iu" or np.any(counts < 1):
            raise InputError("degeneracies must be a whole number >= 1 for each level")


@named
def canonical_law(levels: Levels, beta: float) -> np.ndarray:
    """P(level) = g exp(-beta e) / Z, float64 (k,); beta may be negative. Raises InputError."""
    if not math.isfinite(beta):
        raise InputError(f"beta must be finite, got {beta}")
    exponent = np.log(levels.degeneracies) - beta * np.asarray(levels.energies, dtype=np.float64)
    return np.exp(exponent - log_sum_exp(exponent))


def bath_beta(*, cells: int, quanta: int, quantum: float) -> float:
    """Beta of ``cells`` two-level cells that hold ``quanta`` of ``quantum``: ln((1 - f) / f) / quantum, at which such a
    cell is up with probability f = quanta / cells. Raises InputError."""
    _check_bath(cells, quanta, quantum)
    return math.log((cells - quanta) / quanta) / quantum


@named
def finite_bath_law(levels: Levels, *, cells: int, quanta: int, quantum: float) -> np.ndarray:
    """P(level), float64 (k,), of a system that shares ``quanta`` above its lowest level with ``cells`` two-level cells.

    All joint states of that energy are equally likely: P ~ g C(cells, quanta - m), where m counts the quanta of a level
    above the lowest. Raises InputError unless every level is a whole number of quanta above the lowest.
    """
    _check_bath(cells, quanta, quantum)
    left = quanta - _rungs(levels, quantum)
    held = (left >= 0) & (left <= cells)
    exponent = np.where(held, np.log(levels.degeneracies) + log_binomial(cells, np.clip(left, 0, cells)), -np.inf)
    return np.exp(exponent - log_sum_exp(exponent))


def distance_coefficient(levels: Levels, *, filling: float, quantum: float) -> float:
    """Limit of N times the total variation between `finite_bath_law` and the canonical law, for N cells and f N quanta.

    The canonical law is that at `bath_beta`: the cells hold all the energy, and the system is at its lowest level.
    Relative to it ln C(N, fN - m) has the terms ln((fN - i) / ((1 - f)N + 1 + i)), i < m. Their part of order 1 is
    ln(f / (1 - f)), and their part of order 1/N sums to c(m) = -m (m - 1 + 2 f) / (2 f (1 - f)). So P = p (1 + (c -
    <c>) / N + ...), and the limit is <|c - <c>|> / 2, with canonical means. Raises InputError.
    """
    if not 0 < filling < 1:
        raise InputError(f"filling must be between 0 and 1, got {filling}")
    m = _rungs(levels, quantum)
    p = canonical_law(levels, math.log((1 - filling) / filling) / quantum)
    c = -m * (m - 1 + 2 * filling) / (2 * filling * (1 - filling))
    return float(p @ np.abs(c - p @ c) / 2)


@dataclass(frozen=True, kw_only=True, eq=False)
class Contact(Shown):
    """Systems after they exchanged energy, each with cells of its own.

    level : int64 (replicas,), of each system;  state : int64 (replicas,), its state, counted level by level
    cells : int8 (replicas, cells), 1 where a cell is up
    """

    level: np.ndarray
    state: np.ndarray
    cells: np.ndarray


@named
def contact(
    levels: Levels, *, cells: int, quanta: int, quantum: float, exchanges: int, replicas: int, seed: int = 0
) -> Contact:
    """Emulate ``replicas`` systems, each with cells of its own. At first the system is at its lowest level, and the
    first cells hold the ``quanta``.

    An exchange: two cells drawn at random trade places. Then a state of the system is drawn, and a row of as many cells
    as the step needs quanta, anywhere. The system goes to that state if these cells are all up, and they fall; or,
    where it gives energy away, if they are all down, and they rise. Every step is as likely as its reverse, so after
    some exchanges per cell all joint states of one energy are equally likely. Raises InputError.
    """
    _check_bath(cells, quanta, quantum)
    if exchanges < 1 or replicas < 1:
        raise InputError(f"exchanges and replicas must be >= 1, got {exchanges} and {replicas}")
    rungs = np.repeat(_rungs(levels, quantum), levels.degeneracies)
    place = np.tile((np.arange(cells) < quanta).astype(np.int8), (replicas, 1))
    state = np.full(replicas, np.argmin(rungs), dtype=np.int64)
    _exchange(rungs, stream_keys(seed, "bath", replicas), exchanges, state, place)
    return Contact(
        level=np.repeat(np.arange(len(levels.energies)), levels.degeneracies)[state], state=state, cells=place
    )


@njit(nogil=True)
def _exchange(rungs, keys, exchanges, state, cells):
    """Exchanges, in place. rungs : int64 (g,), quanta of each state;  state : int64 (replicas,)
    cells : int8 (replicas, N)"""
    n = cells.shape[1]
    for r in range(len(state)):
        row, held = cells[r], state[r]
        for number in range(0, 4 * exchanges, 4):  # four draws each
            i, j = below(keys[r], number, n), below(keys[r], number + 1, n)
            row[i], row[j] = row[j], row[i]
            wanted = below(keys[r], number + 2, len(rungs))
            needed = rungs[wanted] - rungs[held]
            length, full = abs(needed), np.int8(needed > 0)
            if length > n:
                continue
            first, ready = below(keys[r], number + 3, n), True
            for k in range(first, first + length):
                ready = ready and row[k % n] == full
            if ready:
                for k in range(first, first + length):
                    row[k % n] = 1 - full
                held = wanted
        state[r] = held


_LEAST_GAP = 1e-15


@dataclass(frozen=True, kw_only=True, eq=False)
class Truncation(Shown):
    """An atom of infinitely many levels, cut off.

    energies : float64 (k,), of the levels kept;  probability : float64 (k,), their law without the other levels
    left_out : upper bound on the probability of all other levels
    log_partition, mean_level, mean_energy, heat_capacity : (lower bound, upper bound) for the whole atom, rounding
    aside: ln Z, <n>, <E>, and dE/dT in units of k
    """

    energies: np.ndarray
    probability: np.ndarray
    left_out: float
    log_partition: tuple[float, float]
    mean_level: tuple[float, float]
    mean_energy: tuple[float, float]
    heat_capacity: tuple[float, float]


def harmonic(quantum: float) -> Callable[[np.ndarray], np.ndarray]:
    """Energies n * ``quantum`` of the levels n = 0, 1, ..."""
    return lambda n: quantum * n


def truncated(energy: Callable[[np.ndarray], np.ndarray], *, beta: float, levels: int, growth: float) -> Truncation:
    """The first ``levels`` levels of an atom in a bath at ``beta``, and bounds on what the others can add.

    energy : function of int64 (k,) level numbers from 0, ascending;  growth : > 0, the least step from level ``levels``
    on. With K levels kept and energies above the lowest, exp(-beta e_(K+j)) <= exp(-beta e_K) r^j, r = exp(-beta
    growth). This is a geometric series, and so are its moments where e exp(-beta e) and e^2 exp(-beta e) fall. Steps
    are checked up to level 2 K; beyond it the user answers for ``growth``. Raises InputError, also where e_K is less
    than 2 / beta above the lowest.
    """
    if not (beta > 0 and growth > 0 and math.isfinite(beta) and math.isfinite(growth)):
        raise InputError(f"beta and growth must be finite and > 0, got {beta} and {growth}")
    if levels < 2:
        raise InputError(f"an atom needs at least two levels, got {levels}")
    ladder = np.asarray(energy(np.arange(2 * levels)), dtype=np.float64)
    if ladder.shape != (2 * levels,) or not np.isfinite(ladder).all() or np.any(np.diff(ladder) < 0):
        raise InputError("energies must be finite and ascend, one for each level")
    if np.diff(ladder)[levels:].min() < growth * (1 - 1e-9):
        raise InputError(
            f"growth must be at most every step from level {levels} on, got {growth} and a step of "
            f"{np.diff(ladder)[levels:].min():g}"
        )
    above = ladder[:levels] - ladder[0]
    first = float(ladder[levels] - ladder[0])
    if beta * first < 2:
        raise InputError(f"level {levels} must be at least 2 / beta above the lowest: keep more levels than {levels}")
    gap = -math.expm1(-beta * growth)
    if not gap > _LEAST_GAP:
        raise InputError(f"beta growth must be > {_LEAST_GAP:g}, got {beta * growth:g}: smaller steps give no bound")
    weights, w, r = np.exp(-beta * above), math.exp(-beta * first), math.exp(-beta * growth)
    kept = float(weights.sum())
    # sums of r^j, j r^j and j^2 r^j
    s0, s1, s2 = 1 / gap, r / gap**2, r * (1 + r) / gap**3
    tail = {
        "number": w * (levels * s0 + s1),
        "energy": w * (first * s0 + growth * s1),
        "square": w * (first**2 * s0 + 2 * first * growth * s1 + growth**2 * s2),
    }

    def bounds(value: np.ndarray, rest: float) -> tuple[float, float]:
        # the levels left out are above all others, so they can only raise a mean
        mean = float(weights @ value)
        return mean / kept, (mean + rest) / (kept + w)

    low, high = bounds(above, tail["energy"])
    square = bounds(above**2, tail["square"])
    base = -beta * float(ladder[0])
    return Truncation(
        energies=ladder[:levels],
        probability=weights / kept,
        left_out=w * s0 / (kept + w * s0),
        log_partition=(base + math.log(kept + w), base + math.log(kept + w * s0)),
        mean_level=bounds(np.arange(levels), tail["number"]),
        mean_energy=(low + ladder[0], high + ladder[0]),
        heat_capacity=(beta**2 * max(square[0] - high**2, 0.0), beta**2 * (square[1] - low**2)),
    )


def atom_problem(energies: np.ndarray) -> Any:
    """dimod DiscreteQuadraticModel of one variable, "atom", with these energies (k,); on a chip it is one p-dit."""
    import dimod

    model = dimod.DiscreteQuadraticModel()
    model.add_variable(len(energies), label="atom")
    model.set_linear("atom", np.asarray(energies, dtype=np.float64))
    return model


def _rungs(levels: Levels, quantum: float) -> np.ndarray:
    """int64 (k,): quanta of each level above the lowest."""
    steps = (levels.energies - np.min(levels.energies)) / quantum
    rungs = np.rint(steps)
    if not np.all(np.abs(steps - rungs) < 1e-6):
        raise InputError(f"every level must be whole quanta of {quantum:g} above the lowest, got {levels.energies}")
    return rungs.astype(np.int64)


def _check_bath(cells: int, quanta: int, quantum: float) -> None:
    if not (quantum > 0 and math.isfinite(quantum)):
        raise InputError(f"quantum must be finite and > 0, got {quantum}")
    if not 0 < quanta < cells:
        raise InputError(f"quanta must be above 0 and below the {cells} cells, got {quanta}")
