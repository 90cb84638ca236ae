"""Exact: a small machine by sums over all its states: its law over the visible units, its distance from the data, the
gradient of that distance.

Enters: a Network, which of its spins are visible, and a law that the machine should follow. Leaves: numbers. P(s) ~
exp(-beta E(s)). State ``k`` has bit ``i`` of ``k`` set where visible unit ``i`` is +1 (the lowest bit is unit 0).

Visible states are enumerated. Hidden spins are summed one after the other, so they may be coupled to each other: a spin
that is summed leaves a table over those of its neighbours that are still there (bucket elimination: Dechter, Artif.
Intell. 113, 41 (1999)). An RBM leaves none, which is the closed form sum ln 2 cosh.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from hwsim.analysis.exact_laws import state_index
from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.equilibrium.partition import log_sum_exp
from hwsim.errors import InputError
from hwsim.program import Network

MAX_VISIBLE = 20
"""Visible units whose states are enumerated."""
_MOST_WORK = 2**30
"""Table entries of a sum over all states at most: about ten seconds."""
_AT_ONCE = 2**21
"""Table entries that are kept at once: 16 MB."""
_WIDEST = 40
"""Neighbours of a spin in the sum, far beyond any table."""
_UP = np.array([-1.0, 1.0])


class Moments(NamedTuple):
    """Means of spins and of their products. first : float64 (n,), <s_i>;  second : float64 (k,), <s_i s_j> of the
    couplings in the order of ``network.pairs``"""

    first: np.ndarray
    second: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Gradient(Shown):
    """Derivatives of the divergence of the machine's law from the data's, in nats per unit of h or J.

    divergence : itself;  bias : float64 (n,), beta (<s_i> of the data less <s_i> of the machine)
    weight : float64 (k,), the same of products, in the order of ``network.pairs``
    data, machine : the moments, with hidden units that follow the visible ones
    """

    divergence: float
    bias: np.ndarray
    weight: np.ndarray
    data: Moments
    machine: Moments


@named
def visible_law(network: Network, visible: Sequence[int] | np.ndarray, *, beta: float = 1.0) -> np.ndarray:
    """P(visible) of the machine: float64 (2**v,). visible : numbers of the visible spins, at most MAX_VISIBLE. Raises
    InputError."""
    exponent = log_weights(network, visible, beta=beta)
    law = np.exp(exponent - exponent.max())
    return law / law.sum()


def log_weights(
    network: Network, visible: Sequence[int] | np.ndarray, rows: np.ndarray | None = None, *, beta: float = 1.0
) -> np.ndarray:
    """ln of the sum over hidden states of exp(-beta E), float64 (k,), for each of ``rows`` int8 (k, v) of +-1; None for
    all 2**v states. Its log-sum-exp over all states is ln Z. Raises InputError."""
    sums = _Sums.of(network, visible, beta)
    values = _all_states(len(sums.visible)) if rows is None else _checked_rows(rows, len(sums.visible))
    return np.concatenate([sums.up(part).total for _, part in sums.parts(values)])


def log_z(network: Network, *, beta: float = 1.0, enumerated: Sequence[int] | np.ndarray = ()) -> float:
    """ln Z of the machine. enumerated : spins whose states are enumerated, the smaller layer of an RBM; the others are
    summed one after the other. Raises InputError where the tables would be too large."""
    return log_sum_exp(log_weights(network, enumerated, beta=beta))


def is_summable(network: Network, visible: Sequence[int] | np.ndarray) -> bool:
    """Whether sums over all states of the machine, ``visible`` ones enumerated, are within reach; nothing is summed."""
    return len(visible) <= MAX_VISIBLE and _Sums.of(network, visible, 1.0).work(2 ** len(visible)) <= _MOST_WORK


@named
def data_law(rows: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The law of ``rows`` int8 (k, v) of +-1, float64 (2**v,). weights : float64 (k,), None for equal ones"""
    rows = np.asarray(rows)
    if rows.ndim != 2 or not len(rows) or not 1 <= rows.shape[1] <= MAX_VISIBLE:
        raise InputError(f"the law of data needs rows of 1 to {MAX_VISIBLE} values, got shape {rows.shape}")
    law = np.bincount(state_index(_checked_rows(rows, rows.shape[1])), weights=weights, minlength=2 ** rows.shape[1])
    return law / law.sum()


@named
def divergence(
    network: Network, visible: Sequence[int] | np.ndarray, target: np.ndarray, *, beta: float = 1.0
) -> float:
    """Kullback-Leibler divergence of the machine's law over its visible units from ``target`` float64 (2**v,), in nats:
    sum p ln(p / q), p the target. Raises InputError."""
    target = _checked_law(target, len(visible))
    exponent = log_weights(network, visible, beta=beta)
    return _divergence(target, exponent)


def moments(
    network: Network, visible: Sequence[int] | np.ndarray, law: np.ndarray | None = None, *, beta: float = 1.0
) -> Moments:
    """Moments of a machine whose visible units follow ``law`` float64 (2**v,), None for its own, and whose hidden units
    follow them. Raises InputError."""
    law = visible_law(network, visible, beta=beta) if law is None else _checked_law(law, len(visible))
    kept = np.nonzero(law)[0]
    return _Sums.of(network, visible, beta).moments(_all_states(len(visible))[kept], law[kept])


@named
def gradient(
    network: Network, visible: Sequence[int] | np.ndarray, target: np.ndarray, *, beta: float = 1.0
) -> Gradient:
    """The gradient of `divergence` in biases and couplings. Raises InputError."""
    target = _checked_law(target, len(visible))
    exponent = log_weights(network, visible, beta=beta)
    data = moments(network, visible, target, beta=beta)
    machine = moments(network, visible, np.exp(exponent - log_sum_exp(exponent)), beta=beta)
    return Gradient(
        divergence=_divergence(target, exponent),
        bias=beta * (data.first - machine.first),
        weight=beta * (data.second - machine.second),
        data=data,
        machine=machine,
    )


class _Summed(NamedTuple):
    """What the sum over hidden spins leaves of b visible states. total : float64 (b,), logarithm of the sum
    alone : float64 (b, a), inputs of the hidden spins without hidden neighbours;  up : of each other one, in the order
    of the sums, P(+1) given the spins of its scope, (b, 2, ..., 2)"""

    total: np.ndarray
    alone: np.ndarray
    up: list[np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sums:
    """How the hidden spins of a network are summed.

    alone : hidden spins without hidden neighbours;  order : the others, in the order of the sums
    scopes : of each of these, its neighbours then still there, in that order
    bias : float64 (n,), -beta h;  coupling : sparse float64 (n, n), -beta J
    """

    network: Network
    visible: np.ndarray
    alone: np.ndarray
    order: list[int]
    scopes: list[tuple[int, ...]]
    bias: np.ndarray
    coupling: csr_array

    @classmethod
    def of(cls, network: Network, visible: Sequence[int] | np.ndarray, beta: float) -> "_Sums":
        seen, n = np.asarray(visible, dtype=np.int64), network.n
        if len(np.unique(seen)) < len(seen) or not np.all((seen >= 0) & (seen < n)):
            raise InputError(f"visible must be different numbers from 0 to {n - 1}")
        is_hidden = np.ones(n, dtype=bool)
        is_hidden[seen] = False
        is_coupled = is_hidden & (network.row_sums(is_hidden[network.indices]) > 0)
        order, scopes = _elimination(network, np.nonzero(is_coupled)[0])
        return cls(
            network=network,
            visible=seen,
            alone=np.nonzero(is_hidden & ~is_coupled)[0],
            order=order,
            scopes=scopes,
            bias=-beta * network.bias,
            coupling=csr_array((-beta * network.weight, network.indices, network.indptr), shape=(n, n)),
        )

    @property
    def entries(self) -> int:
        """Table entries of one visible state."""
        return self.network.n + sum(2 ** (1 + len(scope)) for scope in self.scopes)

    def work(self, states: int) -> int:
        """Table entries of so many visible states."""
        return self.entries * states

    def parts(self, values: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """``values`` (b, v) as float64, in parts whose tables fit _AT_ONCE. Raises InputError where they are too many
        in all."""
        hidden, work = self.network.n - len(self.visible), self.work(len(values))
        if work > _MOST_WORK:
            raise InputError(
                f"the exact sum over {hidden} hidden spins needs {work:.2g} numbers, more than {_MOST_WORK:.2g}: "
                "take fewer spins, or fewer couplings between hidden ones"
            )
        size = max(1, _AT_ONCE // self.entries)
        for first in range(0, len(values), size):
            part = slice(first, first + size)
            yield part, values[part].astype(np.float64)

    def up(self, values: np.ndarray) -> _Summed:
        """Sum over the hidden spins beside visible ``values`` float64 (b, v)."""
        fields = self.bias + (self.coupling[:, self.visible] @ values.T).T
        total = 0.5 * np.sum(values * (fields[:, self.visible] + self.bias[self.visible]), axis=1)
        alone = fields[:, self.alone]
        total += np.sum(np.abs(alone) + np.log1p(np.exp(-2 * np.abs(alone))), axis=1)  # ln 2 cosh
        waiting: dict[int, list[tuple[tuple[int, ...], np.ndarray]]] = {}
        likely: list[np.ndarray] = []
        for unit, scope in zip(self.order, self.scopes, strict=True):
            axes = (unit, *scope)
            table = _along(fields[:, unit, None] * _UP, (unit,), axes)
            near = slice(*self.coupling.indptr[unit : unit + 2])
            for other, strength in zip(self.coupling.indices[near], self.coupling.data[near], strict=True):
                if other in scope:
                    table = table + _along(strength * np.multiply.outer(_UP, _UP)[None], (unit, other), axes)
            for spins, message in waiting.pop(unit, []):
                table = table + _along(message, spins, axes)
            down, up = table[:, 0], table[:, 1]
            likely.append(1 / (1 + np.exp(np.clip(down - up, -700, 700))))
            message = np.logaddexp(down, up)
            if scope:
                waiting.setdefault(scope[0], []).append((scope, message))
            else:
                total = total + message
        return _Summed(total, alone, likely)

    def moments(self, states: np.ndarray, share: np.ndarray) -> Moments:
        """Moments where visible ``states`` int8 (b, v) have the probabilities ``share`` float64 (b,)."""
        i, j, _ = self.network.pairs
        n, v = self.network.n, len(self.visible)
        row = np.full(n, -1)
        row[self.visible] = np.arange(v)
        first, products, between = np.zeros(n), np.zeros((v, n)), np.zeros(len(i))
        hidden = np.nonzero((row[i] < 0) & (row[j] < 0))[0].tolist()
        number = {(int(i[k]), int(j[k])): k for k in hidden}
        for part, values in self.parts(states):
            mean = np.empty((len(values), n))
            mean[:, self.visible] = values
            summed = self.up(values)
            mean[:, self.alone] = np.tanh(summed.alone)
            for unit, scope, table in self._cliques(summed.up):
                mean[:, unit] = table.reshape(len(values), 2, -1).sum(axis=2) @ _UP
                whole: np.ndarray = np.tensordot(share[part], table, axes=1)
                for axis, other in enumerate(scope, 1):
                    k = number.get((min(unit, other), max(unit, other)))
                    if k is not None:
                        rest = tuple(a for a in range(1, whole.ndim) if a != axis)
                        between[k] += _UP @ whole.sum(axis=rest) @ _UP
            first += share[part] @ mean
            products += (share[part, None] * values).T @ mean
        seen = np.maximum(row[i], row[j])  # of a pair that has a visible end, its row, and the other end
        end = np.where(row[i] == seen, j, i)
        return Moments(first, np.where(seen >= 0, products[seen, end] if v else 0.0, between))

    def _cliques(self, likely: list[np.ndarray]) -> Iterator[tuple[int, tuple[int, ...], np.ndarray]]:
        """(spin, scope, P(spin, scope) float64 (b, 2, ..., 2)) of every spin of ``order``, the last one first."""
        place = {unit: k for k, unit in enumerate(self.order)}
        tables: dict[int, np.ndarray] = {}
        for unit, scope, up in zip(self.order[::-1], self.scopes[::-1], likely[::-1], strict=True):
            here = np.ones(1)
            if scope:
                axes = (scope[0], *self.scopes[place[scope[0]]])
                here = tables[scope[0]].sum(axis=tuple(a for a, spin in enumerate(axes, 1) if spin not in scope))
            tables[unit] = np.stack((here * (1 - up), here * up), axis=1)
            yield unit, scope, tables[unit]


def _elimination(network: Network, hidden: np.ndarray) -> tuple[list[int], list[tuple[int, ...]]]:
    """(order, scopes) of the sums over ``hidden`` spins: the one with the fewest neighbours left goes first."""
    among = set(hidden.tolist())
    near = {unit: among & set(network.indices[network.row(unit)].tolist()) for unit in hidden.tolist()}
    order: list[int] = []
    scopes: list[set[int]] = []
    while near:
        unit = min(near, key=lambda spin: (len(near[spin]), spin))
        around = near.pop(unit)
        for other in around:
            near[other] = (near[other] | around) - {other, unit}
        order.append(unit)
        scopes.append(around)
        if len(around) > _WIDEST:
            break
    place = {unit: k for k, unit in enumerate(order)}
    return order, [tuple(sorted(scope, key=lambda spin: (place.get(spin, len(order)), spin))) for scope in scopes]


def _along(values: np.ndarray, spins: tuple[int, ...], axes: tuple[int, ...]) -> np.ndarray:
    """``values`` (b, 2, ..., 2) over ``spins`` as an array over ``axes``, which hold them in the same order."""
    return values.reshape(len(values), *(2 if spin in spins else 1 for spin in axes))


def _all_states(v: int) -> np.ndarray:
    """int8 (2**v, v) in state order."""
    if v > MAX_VISIBLE:
        raise InputError(f"states of at most {MAX_VISIBLE} visible units are enumerated, got {v}")
    return (2 * ((np.arange(2**v)[:, None] >> np.arange(v)) & 1) - 1).astype(np.int8)


def _checked_rows(rows: np.ndarray, v: int) -> np.ndarray:
    rows = np.asarray(rows)
    if rows.ndim != 2 or rows.shape[1] != v or not np.all(np.abs(rows) == 1):
        raise InputError(f"rows must hold {v} values of -1 and +1 each, got an array of shape {rows.shape}")
    return rows


def _checked_law(law: np.ndarray, v: int) -> np.ndarray:
    law = np.asarray(law, dtype=np.float64)
    if v > MAX_VISIBLE or law.shape != (2**v,) or not np.all(law >= 0) or not abs(law.sum() - 1) < 1e-9:
        raise InputError(f"the law of {v} visible units must be 2**{v} probabilities of sum 1, v at most {MAX_VISIBLE}")
    return law


def _divergence(target: np.ndarray, exponent: np.ndarray) -> float:
    """sum p ln(p / q), q ~ exp(exponent), from logarithms, so that no small q is lost."""
    kept = target > 0
    return float(np.sum(target[kept] * (np.log(target[kept]) - exponent[kept] + log_sum_exp(exponent))))
