"""Represented: the least divergence from the data that a machine's numbers can express, real or as registers hold them.

Enters: a small Model, a law of its seen units, the limit and the step of the registers. Leaves: the best numbers found.
Without hidden units the divergence is convex in the real numbers (Amari, Kurata and Nagaoka, IEEE Trans. Neural Netw.
3, 260 (1992)), so that the least over them bounds what any registers within the limit can do.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.learn.exact import divergence, gradient
from hwsim.learn.model import Model
from hwsim.streams import generator


@dataclass(frozen=True, kw_only=True, eq=False)
class Represented(Shown):
    """The least divergence found, nats.

    real : with real numbers up to the limit;  is_least : whether ``real`` is the least there is (no hidden units), or
    the best of several descents;  registers : with multiples of the step, the best of several searches, None where no
    step was given;  bias, weight : float64 (n,), (k,), the numbers of the last of the two
    """

    real: float
    is_least: bool
    registers: float | None
    bias: np.ndarray
    weight: np.ndarray

    def _shown(self) -> tuple[str, Facts]:
        return f"KL {self.real:.4g} nats with real numbers", [
            ("is", "the least there is" if self.is_least else "the best of several descents"),
            ("with registers", None if self.registers is None else f"{self.registers:.4g} nats, the best found"),
        ]


def represented(
    model: Model, target: np.ndarray, *, limit: float, step: float | None = None, starts: int = 4, seed: int = 0
) -> Represented:
    """The least divergence from ``target`` float64 (2**seen,) that ``model`` can express at its beta.

    limit : of every |bias| and |coupling|;  step : between two numbers that a register holds, None for real numbers
    starts : descents, from couplings drawn anew, and searches, from roundings drawn anew. Raises InputError.
    """
    if not 0 < limit < np.inf:
        raise InputError(f"limit must be > 0, got {limit}")
    n, network, seen, beta = model.n, model.network, range(model.n_seen), model.beta

    def slope(values: np.ndarray) -> tuple[float, np.ndarray]:
        found = gradient(network.coupled(values[:n], values[n:]), seen, target, beta=beta)
        return found.divergence, np.concatenate((found.bias, found.weight))

    def cost(values: np.ndarray) -> float:
        return divergence(network.coupled(values[:n], values[n:]), seen, target, beta=beta)

    draw = generator(seed, "represented")
    best, value = np.zeros(n + len(model.weight)), np.inf
    for _ in range(1 if model.n_hidden == 0 else starts):
        first = np.clip(0.3 * draw.standard_normal(len(best)), -limit, limit)
        found = minimize(
            slope, first, jac=True, method="L-BFGS-B", bounds=[(-limit, limit)] * len(best), options={"maxiter": 1000}
        )
        if found.fun < value:
            best, value = found.x, float(found.fun)
    held = None
    if step is not None:
        top = np.floor(limit / step + 1e-9)
        searched = [_descended(np.clip(np.rint(best / step), -top, top), top, step, cost)]
        for _ in range(starts - 1):
            rounded = np.clip(np.floor(best / step + draw.random(len(best))), -top, top)
            searched.append(_descended(rounded, top, step, cost))
        held, best = min(searched, key=lambda pair: pair[0])
    return Represented(real=value, is_least=model.n_hidden == 0, registers=held, bias=best[:n], weight=best[n:])


def _descended(
    code: np.ndarray, top: float, step: float, cost: Callable[[np.ndarray], float]
) -> tuple[float, np.ndarray]:
    """(divergence, numbers) where no change of one code by one, nor of two at once by one, lowers it any more."""
    value, size = cost(code * step), len(code)
    moves: list[tuple[tuple[int, int], ...]] = [((i, d),) for i in range(size) for d in (-1, 1)]
    pairs = [((i, d), (j, e)) for i in range(size) for j in range(i) for d in (-1, 1) for e in (-1, 1)]
    if len(pairs) <= 2000:
        moves.extend(pairs)
    improved = True
    while improved:
        improved = False
        for move in moves:
            tried = code.copy()
            for place, change in move:
                tried[place] += change
            if np.abs(tried).max() > top:
                continue
            new = cost(tried * step)
            if new < value - 1e-12:
                code, value, improved = tried, new, True
    return value, code * step
