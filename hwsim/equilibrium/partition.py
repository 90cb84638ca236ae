"""The partition function Z = sum exp(-beta E), exactly: enumeration, transfer matrix, tree decomposition, or formula.

Enters: a Problem. Leaves: ln Z and how it was found, or None where the graph is too wide for all of them.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.analysis import exact_laws, tree_decomposition
from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.mapping.compile import spin_network
from hwsim.mapping.layout import breadth_first
from hwsim.program import Network

MOST_FRONTIER = 20
"""The most spins that a transfer matrix keeps open: its table takes 2**20 numbers."""
_MOST_ENUMERATED = 20
_MOST_WIDTH = 25
"""Width that dwave-samplers takes."""
_FREE, _STIFF = 1e-100, 20.0


@dataclass(frozen=True, kw_only=True)
class ExactPartition(Shown):
    """log_z : natural logarithm of Z, the problem's offset included;  method : how it was found"""

    log_z: float
    method: str


@named
def exact_partition(problem: Any, beta: float) -> ExactPartition | None:
    """ln Z of ``problem`` (a Problem or BQM) at ``beta``, by the first of these ways that can; None if none can.

    Up to 20 spins: enumeration. Narrow graphs: a transfer matrix. A ferromagnetic torus numbered row by row: Kaufman's
    formula. Graphs of small tree width, with dwave-samplers: tree decomposition. Raises InputError.
    """
    check_beta(beta)
    _, network, offset, _ = spin_network(problem)
    n = len(network.bias)
    if n <= _MOST_ENUMERATED:
        energies = exact_laws.energies(*network)
        return ExactPartition(log_z=log_sum_exp(-beta * energies) - beta * offset, method="enumeration")
    value = transfer_matrix(network, beta)
    if value is not None:
        return ExactPartition(log_z=value - beta * offset, method="transfer matrix")
    torus = _torus(network)
    if torus is not None:
        rows, columns, coupling = torus
        return ExactPartition(log_z=kaufman(rows, columns, beta * coupling) - beta * offset, method="Kaufman's formula")
    value = tree_decomposition.log_partition(getattr(problem, "bqm", problem), beta, width=_MOST_WIDTH)
    return None if value is None else ExactPartition(log_z=value, method="tree decomposition")


def transfer_matrix(network: Network, beta: float) -> float | None:
    """ln Z without the offset, spin by spin; None where more than MOST_FRONTIER spins would stay open at once.

    A spin joins a table over the spins that still have neighbours to come, and is summed over as soon as it has none.
    This takes n steps of at most 2**width additions, in the given order or a breadth-first one, whichever is better.
    Tables hold logarithms: where couplings frustrate each other at a high beta, entries of a table may fall by a factor
    of exp(-1000), and such small entries decide the result.
    """
    n, indptr, indices = len(network.bias), network.indptr, network.indices
    orders = [np.arange(n), breadth_first(n, indptr, indices)]
    widths = [_width(order, indptr, indices) for order in orders]
    if min(widths) > MOST_FRONTIER:
        return None
    order = orders[int(np.argmin(widths))]
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    last = [max(place[indices[indptr[i] : indptr[i + 1]]], default=-1) for i in range(n)]
    open_: list[int] = []
    table = np.zeros(())
    up = np.array([-1.0, 1.0])
    for k, i in enumerate(order.tolist()):
        near = dict(
            zip(
                indices[indptr[i] : indptr[i + 1]].tolist(),
                network.weight[indptr[i] : indptr[i + 1]].tolist(),
                strict=True,
            )
        )
        joined = table[..., None]
        for axis, j in enumerate(open_):
            if j in near:
                joined = joined + _on_axes(-beta * near[j] * np.outer(up, up), axis, k=len(open_))
        table = joined - beta * network.bias[i] * up
        open_.append(i)
        for j in [j for j in open_ if last[j] <= k]:
            down, up_ = np.moveaxis(table, open_.index(j), 0)
            table = np.maximum(down, up_) + np.log1p(np.exp(-np.abs(down - up_)))
            open_.remove(j)
    return float(table)


def kaufman(rows: int, columns: int, coupling: float) -> float:
    """ln Z of the Ising model on a torus of rows x columns spins, E/(k T) = -coupling sum s s, coupling >= 0.

    Kaufman, Phys. Rev. 76, 1232 (1949): Z = (2 sinh 2K)^(mn/2) / 2 times four products over m momenta, with
    cosh g_q = cosh 2K coth 2K - cos(pi q / m); g_0 has the sign of K - K_c. Beyond K = 20 every g_q is 2K up to
    rounding. Raises InputError.
    """
    if rows < 3 or columns < 3 or not (coupling >= 0 and math.isfinite(coupling)):
        raise InputError(f"Kaufman's formula needs 3 x 3 spins and a coupling >= 0, got {rows} x {columns}, {coupling}")
    m, n, k = columns, rows, coupling
    if k < _FREE:
        return m * n * math.log(2)
    q = np.arange(2 * m)
    if k > _STIFF:
        g = np.full(2 * m, 2 * k)
    else:
        # 2 sinh^2(g/2) = cosh g - 1, without the difference of large numbers near criticality
        least = (1 - math.sinh(2 * k)) ** 2 / math.sinh(2 * k) + 2 * np.sin(math.pi * q / (2 * m)) ** 2
        g = 2 * np.arcsinh(np.sqrt(least / 2))
        g[0] = math.copysign(g[0], math.sinh(2 * k) - 1)
    odd, even = g[1::2], g[0::2]

    def log_cosh(x: np.ndarray) -> float:
        return float(np.sum(np.logaddexp(x, -x)))

    def log_sinh(x: np.ndarray) -> float:
        with np.errstate(divide="ignore"):
            return float(np.sum(np.abs(x) + np.log(-np.expm1(-2 * np.abs(x)))))

    # each row of spins adds n/2 of g
    terms = [log_cosh(n / 2 * odd), log_sinh(n / 2 * odd), log_cosh(n / 2 * even), log_sinh(n / 2 * even)]
    signs = [1.0, 1.0, 1.0, float(np.prod(np.sign(even)))]
    top = max(terms)
    total = sum(sign * math.exp(term - top) for sign, term in zip(signs, terms, strict=True))
    return top + math.log(total) + m * n / 2 * (2 * k + math.log(-math.expm1(-4 * k))) - math.log(2)


def log_sum_exp(exponent: np.ndarray) -> float:
    """ln sum exp(x) of float64 (n,), without overflow."""
    top = float(np.max(exponent))
    return top + float(np.log(np.sum(np.exp(exponent - top))))


def log_mean_exp(exponent: np.ndarray) -> float:
    """ln of the mean of exp(x)."""
    return log_sum_exp(exponent) - math.log(len(exponent))


def check_beta(beta: float) -> None:
    """Raise InputError unless ``beta`` is a number >= 0."""
    if not (beta >= 0 and math.isfinite(beta)):
        raise InputError(f"beta must be finite and >= 0, got {beta}")


def _on_axes(factor: np.ndarray, axis: int, *, k: int) -> np.ndarray:
    """``factor`` (2, 2) as an array over ``axis`` and the last of k + 1 axes."""
    shape = [1] * (k + 1)
    shape[axis] = shape[k] = 2
    return factor.reshape(shape)


def _width(order: np.ndarray, indptr: np.ndarray, indices: np.ndarray) -> int:
    """The most spins that are open at once when they join in ``order``."""
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    last = np.array([max(place[indices[indptr[i] : indptr[i + 1]]], default=-1) for i in order])
    closed = np.bincount(np.maximum(last, np.arange(len(order))), minlength=len(order))
    return int((1 + np.arange(len(order)) - np.concatenate([[0], np.cumsum(closed)[:-1]])).max())


def _torus(network: Network) -> tuple[int, int, float] | None:
    """(rows, columns, strength) of a ferromagnet on a torus that is numbered row by row, or None."""
    n, weight = len(network.bias), network.weight
    if np.any(network.bias) or len(weight) != 4 * n or np.any(weight != weight[0]) or weight[0] >= 0:
        return None
    have = set(zip(network.rows.tolist(), network.indices.tolist(), strict=True))
    for columns in range(3, n // 3 + 1):
        if n % columns == 0:
            index = np.arange(n).reshape(-1, columns)
            there = [(np.roll(index, -1, axis)).ravel().tolist() for axis in (0, 1)]
            if all((i, j) in have for near in there for i, j in enumerate(near)):
                return n // columns, columns, float(-weight[0])
    return None
