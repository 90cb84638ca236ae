"""Likelihood: how probable a machine finds rows of data, ln p(v) = ln sum_h exp(-beta E(v, h)) - ln Z, in nats.

Enters: a model and data. Leaves: the mean over the rows, with ln Z by annealed importance sampling both ways. The
sampling is this computer's own, on ideal p-bits: it judges a model, and no chip takes part.

Forward (Neal, Stat. Comput. 11, 125 (2001); Salakhutdinov and Murray, ICML 2008): chains begin with independent units
and anneal to the machine; ln of the mean weight is on average below ln Z, so that the likelihood is over-stated.
Reverse (Burda, Grosse and Salakhutdinov, arXiv:1412.8566): chains begin at the machine's law and anneal back, and the
likelihood is under-stated. Where both agree, both are right, if the chains of the way back had that law.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from hwsim.arguments import named
from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.learn.exact import log_weights
from hwsim.mapping.color import greedy_coloring
from hwsim.program import Network
from hwsim.streams import generator
from hwsim.units import whole

if TYPE_CHECKING:
    from hwsim.learn.data import Data
    from hwsim.learn.model import Model

_DENSE = 0.1
"""Share of couplings above which a block of them is a matrix of all numbers."""
_SETTLE = 50
"""Sweeps at the machine's law before the way back."""
_ROWS_AT_ONCE = 4096
"""Chains side by side where each row of the data has its own."""


@dataclass(frozen=True, kw_only=True, eq=False)
class AnnealedLogZ(Shown):
    """ln Z by annealed importance sampling.

    forward, reverse : (value, standard error) of each way;  log_z_0 : ln Z of the independent units
    forward_work, reverse_work : float64 (chains,), logarithms of the weights;  steps : of the anneal
    """

    forward: tuple[float, float]
    reverse: tuple[float, float]
    log_z_0: float
    forward_work: np.ndarray
    reverse_work: np.ndarray
    steps: int

    def _shown(self) -> tuple[str, Facts]:
        return f"ln Z by {len(self.forward_work)} chains of {self.steps} steps", [
            ("forward", f"{self.forward[0]:.6g} +- {self.forward[1]:.2g}"),
            ("reverse", f"{self.reverse[0]:.6g} +- {self.reverse[1]:.2g}"),
        ]


@dataclass(frozen=True, kw_only=True)
class Likelihood(Shown):
    """Mean ln p(v) over rows of data, in nats.

    forward, reverse : (value, standard error), the error that of the sampling alone;  rows : how many
    between_rows : standard error of the mean of so many rows
    exact_rows : whether sums over hidden units are exact; else they are annealed, and on average too low
    log_z : of all units
    """

    forward: tuple[float, float]
    reverse: tuple[float, float]
    between_rows: float
    rows: int
    exact_rows: bool
    log_z: AnnealedLogZ

    def _shown(self) -> tuple[str, Facts]:
        gap = abs(self.forward[0] - self.reverse[0])
        return f"Likelihood of {self.rows} rows: {self.forward[0]:.5g} to {self.reverse[0]:.5g} nats a row", [
            ("forward", f"{self.forward[0]:.5g} +- {self.forward[1]:.2g}, on average too high"),
            ("reverse", f"{self.reverse[0]:.5g} +- {self.reverse[1]:.2g}, on average too low; {gap:.2g} apart"),
            ("between rows", f"+- {self.between_rows:.2g}"),
            ("hidden units", "summed exactly" if self.exact_rows else "annealed for each row, on average too low"),
        ]


@named
def log_likelihood(
    model: "Model",
    data: "Data",
    *,
    with_labels: bool = True,
    steps: int = 1000,
    chains: int = 100,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Likelihood:
    """Mean ln p of the rows of ``data`` under ``model`` at its beta.

    with_labels : whether labels, where both have them, belong to the rows; else they are summed like hidden units
    steps, chains : of the anneals;  progress : called with the share of ln Z that is done. Raises InputError.
    """
    rows = data.bits
    if rows.shape[1] != model.n_visible:
        raise InputError(f"the model has {model.n_visible} visible units, and the data {rows.shape[1]} bits")
    if with_labels and model.n_label and data.labels is not None:
        rows = np.hstack((rows, data.label_bits))
        if rows.shape[1] != model.n_seen:
            raise InputError(f"the model has {model.n_label} label units, and the data {data.code.n_label_bits} bits")
    visible = np.arange(rows.shape[1])
    base = base_bias(model.network, visible, rows, beta=model.beta)
    how: dict[str, Any] = {"beta": model.beta, "steps": steps, "seed": seed, "base": base}
    log_z = annealed_log_z(model.network, chains=chains, progress=progress, **how)
    exact = True
    try:
        each, error = log_weights(model.network, visible, rows, beta=model.beta), 0.0
    except InputError:  # hidden units that are coupled too widely
        exact = False
        each, error = annealed_log_weights(model.network, visible, rows, **how)
    mean, n = float(np.average(each, weights=data.weights)), len(rows)
    return Likelihood(
        forward=(mean - log_z.forward[0], math.hypot(log_z.forward[1], error)),
        reverse=(mean - log_z.reverse[0], math.hypot(log_z.reverse[1], error)),
        between_rows=float(np.std(each, ddof=1) / math.sqrt(n)) if n > 1 else math.inf,
        rows=n,
        exact_rows=exact,
        log_z=log_z,
    )


def base_bias(
    network: Network, visible: Sequence[int] | np.ndarray, rows: np.ndarray, *, beta: float = 1.0
) -> np.ndarray:
    """float64 (n,): biases of independent units whose ``visible`` ones have the means of ``rows`` int8 (k, v), with one
    row of +1 and one of -1 added, and whose hidden ones are fair."""
    bias = np.zeros(network.n)
    bias[np.asarray(visible)] = -np.arctanh(rows.sum(axis=0, dtype=np.float64) / (len(rows) + 2)) / beta
    return bias


@named
def annealed_log_z(
    network: Network,
    *,
    beta: float = 1.0,
    base: np.ndarray | None = None,
    steps: int = 1000,
    chains: int = 100,
    seed: int = 0,
    start: np.ndarray | None = None,
    progress: Callable[[float], None] | None = None,
) -> AnnealedLogZ:
    """ln Z of ``network`` at ``beta`` by ``chains`` anneals of ``steps`` steps, a sweep each, and as many back.

    base : float64 (n,), biases of the independent units at the start, None for the network's own
    start : int8 (chains, n), states of the machine's law for the way back; None for the ends of the way there,
    resampled by their weights and settled. Raises InputError.
    """
    whole(steps, name="steps", least=1)
    whole(chains, name="chains", least=2)
    path = _Path(network, network.bias if base is None else base, beta, generator(seed, "annealed log Z"))
    spins = path.independent(chains)
    times = np.linspace(0.0, 1.0, steps + 1)
    forward = path.anneal(spins, times, _told(progress, 0.0))
    if start is None:
        share = np.exp(forward - forward.max())
        spins = spins[:, path.source.choice(chains, chains, p=share / share.sum())]
        for _ in range(_SETTLE):
            path.sweep(spins, 1.0)
    else:
        spins = np.ascontiguousarray(start.T, dtype=np.float32)
    reverse = path.anneal(spins, times[::-1], _told(progress, 0.5))
    up, down = _log_mean(forward), _log_mean(reverse)
    return AnnealedLogZ(
        forward=(path.log_z_0 + up[0], up[1]),
        reverse=(path.log_z_0 - down[0], down[1]),
        log_z_0=path.log_z_0,
        forward_work=forward,
        reverse_work=reverse,
        steps=steps,
    )


def annealed_log_weights(
    network: Network,
    visible: Sequence[int] | np.ndarray,
    rows: np.ndarray,
    *,
    beta: float = 1.0,
    base: np.ndarray | None = None,
    steps: int = 1000,
    copies: int = 8,
    seed: int = 0,
) -> tuple[np.ndarray, float]:
    """(float64 (k,), standard error of their mean): ln of the sum over hidden states of exp(-beta E) for each of
    ``rows`` int8 (k, v), by ``copies`` anneals of each with its visible units held."""
    path = _Path(network, network.bias if base is None else base, beta, generator(seed, "annealed rows"), held=visible)
    values, errors = [], []
    together = max(1, _ROWS_AT_ONCE // copies)
    for first in range(0, len(rows), together):
        part = np.repeat(rows[first : first + together], copies, axis=0)
        spins = path.independent(len(part), part)
        start = -beta * (path.base[path.held] @ spins[path.held]) + path.log_z_0
        work = path.anneal(spins, np.linspace(0.0, 1.0, steps + 1), None)
        for each, begun in zip(work.reshape(-1, copies), start[::copies], strict=True):
            value, error = _log_mean(each)
            values.append(begun + value)
            errors.append(error)
    return np.array(values), float(np.sqrt(np.sum(np.square(errors)))) / len(rows)


class _Block:
    """Units of one colour, which update together. couplings : of each with all units, float32 (m, c) over ``near``"""

    def __init__(self, network: Network, units: np.ndarray) -> None:
        from scipy.sparse import csr_array

        n = network.n
        rows = csr_array((network.weight, network.indices, network.indptr), shape=(n, n))[units]
        self.units, self.near = units, np.unique(rows.indices)
        part = rows[:, self.near].astype(np.float32)
        is_dense = part.nnz > _DENSE * part.shape[0] * part.shape[1]
        self.couplings: Any = part.toarray() if is_dense else part

    def pull(self, spins: np.ndarray) -> np.ndarray:
        """float32 (m, chains): sum of J s over the neighbours of each unit."""
        return self.couplings @ spins[self.near]


class _Path:
    """Energies between independent units and a machine, E(t) = (1 - t) sum a s + t E, and moves at each.

    The units of the largest colour are summed over in closed form in every weight: their chains then tell less noise.
    """

    def __init__(
        self,
        network: Network,
        base: np.ndarray,
        beta: float,
        source: np.random.Generator,
        held: Sequence[int] | np.ndarray = (),
    ) -> None:
        if base.shape != (network.n,) or not np.all(np.isfinite(base)):
            raise InputError(f"the base must be {network.n} finite biases, got shape {base.shape}")
        self.beta, self.source = beta, source
        self.base, self.bias = base.astype(np.float32), network.bias.astype(np.float32)
        self.held = np.asarray(held, dtype=np.int64)
        color = greedy_coloring(network.indptr, network.indices)
        color[self.held] = -1
        sizes = np.bincount(color[color >= 0], minlength=1)
        self.blocks = [
            _Block(network, np.nonzero(color == c)[0]) for c in np.argsort(-sizes, kind="stable") if sizes[c]
        ]
        self.summed = self.blocks[0] if self.blocks else _Block(network, np.empty(0, dtype=np.int64))
        self.rest = np.setdiff1d(np.arange(network.n), self.summed.units)
        inside = np.isin(network.rows, self.rest) & np.isin(network.indices, self.rest)
        self._among = _Block(_kept(network, inside), self.rest) if np.any(inside) else None
        free = np.setdiff1d(np.arange(network.n), self.held)
        self.log_z_0 = float(
            np.sum(np.logaddexp(*(sign * beta * self.base[free].astype(np.float64) for sign in (1, -1))))
        )

    def independent(self, chains: int, values: np.ndarray | None = None) -> np.ndarray:
        """float32 (n, chains): independent units, and ``values`` int8 (chains, v) in the held ones."""
        n = len(self.base)
        up = self.source.random((n, chains), dtype=np.float32) < _chance(self.beta * self.base)[:, None]
        spins = np.where(up, np.float32(1), np.float32(-1))
        if values is not None:
            spins[self.held] = values.T
        return spins

    def anneal(self, spins: np.ndarray, times: np.ndarray, tell: Callable[[float], None] | None) -> np.ndarray:
        """float64 (chains,): ln of the weights of an anneal of ``spins`` along ``times``, which changes them."""
        work = np.zeros(spins.shape[1])
        for k, (now, after) in enumerate(pairwise(times)):
            work += self._weight(spins, now, after)
            self.sweep(spins, after)
            if tell is not None and k % 16 == 0:
                tell(k / len(times))
        return work

    def _weight(self, spins: np.ndarray, now: float, after: float) -> np.ndarray:
        """float64 (chains,): ln of the ratio of the summed weights at ``after`` and ``now``."""
        change: np.ndarray = ((self.bias - self.base)[self.rest] @ spins[self.rest]).astype(np.float64)
        if self._among is not None:
            change += 0.5 * np.sum(spins[self.rest] * self._among.pull(spins), axis=0, dtype=np.float64)
        units = self.summed.units
        field = self.bias[units, None] + self.summed.pull(spins)
        ends = [self._log_cosh((1 - t) * self.base[units, None] + t * field) for t in (now, after)]
        return ends[1] - ends[0] - self.beta * (after - now) * change

    def _log_cosh(self, field: np.ndarray) -> np.ndarray:
        """float64 (chains,): sum of ln 2 cosh(beta field), less a constant."""
        x = np.abs(np.float32(self.beta) * field)
        return np.asarray(np.sum(x + np.log1p(np.exp(-2 * x)), axis=0, dtype=np.float64))

    def sweep(self, spins: np.ndarray, t: float) -> None:
        """One update of every free unit, colour by colour, at time ``t`` of the path."""
        for block in self.blocks:
            field = block.pull(spins)
            field += self.bias[block.units, None]
            field *= np.float32(t)
            field += np.float32(1 - t) * self.base[block.units, None]
            up = self.source.random(field.shape, dtype=np.float32) < _chance(np.float32(self.beta) * field)
            spins[block.units] = np.where(up, np.float32(1), np.float32(-1))


def _kept(network: Network, kept: np.ndarray) -> Network:
    """``network`` with the connections ``kept`` bool (m,) alone."""
    indptr = np.concatenate(([0], np.cumsum(np.bincount(network.rows[kept], minlength=network.n)))).astype(np.int64)
    return Network(bias=network.bias, indptr=indptr, indices=network.indices[kept], weight=network.weight[kept])


def _chance(field: np.ndarray) -> np.ndarray:
    """P(+1) of units whose h + sum J s, times beta, is ``field``."""
    return 1 / (1 + np.exp(np.clip(2 * field, -80, 80)))


def _log_mean(work: np.ndarray) -> tuple[float, float]:
    """(ln of the mean of exp(work), its standard error)."""
    top = float(work.max())
    weight = np.exp(work - top)
    mean = float(weight.mean())
    return top + math.log(mean), float(np.std(weight, ddof=1)) / math.sqrt(len(work)) / mean


def _told(progress: Callable[[float], None] | None, begun: float) -> Callable[[float], None] | None:
    return None if progress is None else lambda share: progress(begun + share / 2)
