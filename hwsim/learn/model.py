"""Model: a Boltzmann machine that is trained: units with roles, biases and couplings, and where it sits on a chip.

Enters: sizes, a chip or a graph; or a file. Leaves: a Model. Energy is dimod's, E = sum h s + sum J s s with s = +-1,
and P(s) ~ exp(-beta E). Units are in one order throughout: visible (the data's columns), then label, then hidden ones.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from hwsim import archive
from hwsim.arguments import named
from hwsim.chip.chip import Chip
from hwsim.chip.library import made_chip
from hwsim.chip.topology import n_sites, wires
from hwsim.chip.topology import sites as sites_of
from hwsim.display import Facts, Shown, counted
from hwsim.errors import ArgumentError, DoesNotFitError, InputError
from hwsim.learn.memory import check_couplings
from hwsim.mapping.registers import symmetric_rows
from hwsim.problem.model_file import (
    HIDDEN,
    KIND,
    LABEL,
    MOST,
    TRAINING,
    VERSION,
    VISIBLE,
    Manifest,
    check_units,
    model_problem,
    read_model_file,
    unit_names,
)
from hwsim.problem.problem import Problem
from hwsim.program import Network
from hwsim.streams import generator
from hwsim.units import whole

if TYPE_CHECKING:
    from hwsim.learn.registers import Codes

__all__ = ["HIDDEN", "LABEL", "VISIBLE", "Model", "dbm", "fully", "on_chip", "on_graph", "rbm"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Model(Shown):
    """A Boltzmann machine of n units and k couplings. Raises InputError for arrays that are no model.

    bias : float64 (n,);  first, second : int64 (k,), i < j, every coupling once, ascending by (i, j): the order of
    ``network.pairs``;  weight : float64 (k,), zeros allowed
    role : int8 (n,), VISIBLE, LABEL or HIDDEN, ascending
    sites : int64 (n,), the p-bits of the chip on which the units sit, or None where the chip's wires can be chosen
    names : of the visible and the label units;  code : how data became bits, a plain dict, or None for bits as given
    beta : inverse temperature of the training;  chip : name of the card of the training, or None;  notes : of the
    training, plain data
    """

    bias: np.ndarray
    first: np.ndarray
    second: np.ndarray
    weight: np.ndarray
    role: np.ndarray
    names: tuple[str, ...]
    sites: np.ndarray | None = None
    code: Mapping[str, Any] | None = None
    beta: float = 1.0
    chip: str | None = None
    name: str = "model"
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_units(self.bias, self.first, self.second, self.weight, self.role, self.sites, self.names)
        for key in ("bias", "first", "second", "weight", "role", "sites"):
            value = getattr(self, key)
            if value is not None and value.flags.writeable:
                value = value.copy()
                value.flags.writeable = False
                object.__setattr__(self, key, value)

    def _shown(self) -> tuple[str, Facts]:
        parts = [counted(n, f"{word} unit") for word, n in self._counts() if n]
        return f"Model {self.name}: {', '.join(parts)}, {counted(len(self.weight), 'coupling')}", [
            ("values", f"max |h| {np.abs(self.bias).max():.3g}, max |J| {np.abs(self.weight).max(initial=0):.3g}"),
            ("trained on", self.chip),
            ("placed", None if self.sites is None else "on p-bits of the chip"),
        ]

    def _counts(self) -> list[tuple[str, int]]:
        return [("visible", self.n_visible), ("label", self.n_label), ("hidden", self.n_hidden)]

    @property
    def n(self) -> int:
        """How many units."""
        return len(self.bias)

    @cached_property
    def n_visible(self) -> int:
        """How many visible units: the first ones."""
        return int(np.sum(self.role == VISIBLE))

    @cached_property
    def n_label(self) -> int:
        """How many label units: those after the visible ones."""
        return int(np.sum(self.role == LABEL))

    @cached_property
    def n_seen(self) -> int:
        """How many visible and label units: those that the data hold."""
        return self.n_visible + self.n_label

    @cached_property
    def n_hidden(self) -> int:
        """How many hidden units: the last ones."""
        return self.n - self.n_seen

    @cached_property
    def labels(self) -> list[str]:
        """The names of all units, in order."""
        return unit_names(self.names, self.n)

    @cached_property
    def hidden_is_free(self) -> bool:
        """Whether no two hidden units are coupled, so that their sums have a closed form given the others."""
        return not np.any((self.role[self.first] == HIDDEN) & (self.role[self.second] == HIDDEN))

    @cached_property
    def network(self) -> Network:
        """The network of all units, couplings of 0 included; its ``pairs`` are the couplings in their order."""
        ones = np.ones(len(self.weight))
        indptr, indices, weight = symmetric_rows(self.n, self.first, self.second, ones)
        return Network(bias=self.bias, indptr=indptr, indices=indices, weight=weight).coupled(self.bias, self.weight)

    def problem(self) -> Problem:
        """The model as a problem, whose variables have the names of the data's columns."""
        return model_problem(self._manifest(), self._arrays())

    def codes(self, chip: Chip | str | Path) -> "Codes":
        """The integers that the registers of ``chip`` hold for the model. Raises InputError where they hold real
        numbers."""
        from hwsim.learn.registers import codes_of

        machine = made_chip(chip)
        found = codes_of(self.network, machine)
        if found is None:
            raise InputError(f"the registers of chip {machine.name!r} hold real numbers, which have no codes")
        return found

    def with_values(self, bias: np.ndarray, weight: np.ndarray, **changes: Any) -> Self:
        """The same structure with another ``bias`` (n,) and ``weight`` (k,), and other ``changes``."""
        made = replace(self, bias=bias, weight=weight, **changes)
        if not {"first", "second", "role", "names"} & set(changes):
            for key in ("labels", "hidden_is_free"):
                if key in self.__dict__:
                    made.__dict__[key] = self.__dict__[key]
            made.__dict__["network"] = self.network.coupled(made.bias, made.weight)
        return made

    def save(self, path: str | Path, *, training: Mapping[str, np.ndarray] | None = None) -> None:
        """Write the model to ``path`` (npz with a JSON manifest), whole or not at all. training : arrays by name with
        which a training goes on."""
        more = {TRAINING + key: value for key, value in (training or {}).items()}
        archive.write(path, self._manifest(), self._arrays() | more)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The model that `save` wrote to ``path``. Raises InputError for another file, and a damaged one."""
        return cls.resume(path)[0]

    @classmethod
    def resume(cls, path: str | Path) -> tuple[Self, dict[str, np.ndarray]]:
        """(model, arrays of its training) of ``path``; see `save`. Raises InputError."""
        manifest, arrays = read_model_file(path)
        own = {key: value for key, value in arrays.items() if not key.startswith(TRAINING)}
        model = cls(
            **own,
            names=tuple(manifest.names),
            code=manifest.code,
            beta=manifest.beta,
            chip=manifest.chip,
            name=manifest.name,
            notes=manifest.notes,
        )
        return model, {key.removeprefix(TRAINING): arrays[key] for key in arrays if key.startswith(TRAINING)}

    def _manifest(self) -> Manifest:
        return Manifest(
            format=f"hwsim-{KIND}",
            version=VERSION,
            name=self.name,
            names=list(self.names),
            beta=float(self.beta),
            chip=self.chip,
            code=None if self.code is None else dict(self.code),
            notes=dict(self.notes),
        )

    def _arrays(self) -> dict[str, np.ndarray]:
        keys = ("bias", "first", "second", "weight", "role", "sites")
        return {key: getattr(self, key) for key in keys if getattr(self, key) is not None}


@named
def rbm(visible: int, hidden: int, *, labels: int = 0, **how: Any) -> Model:
    """A restricted Boltzmann machine: each of ``visible`` + ``labels`` units is coupled to each of ``hidden`` ones.

    how : see `_made`: names, scale, seed, code, name. Raises InputError.
    """
    seen = whole(visible, name="visible", least=1) + whole(labels, name="labels")
    hidden = whole(hidden, name="hidden", least=1)
    check_couplings(seen + hidden, seen * hidden)
    first, second = (each.ravel() for each in np.indices((seen, hidden)))
    return _made((visible, labels, hidden), first, seen + second, **{"name": "rbm"} | how)


@named
def dbm(layers: Sequence[int], *, labels: int = 0, **how: Any) -> Model:
    """A deep Boltzmann machine: layer 0 is visible, each layer is coupled to the next; ``labels`` to the last one.

    how : see `rbm`. Raises InputError.
    """
    sizes = [whole(size, name="layers", least=1) for size in layers]
    if len(sizes) < 2:
        raise InputError(f"a deep machine has two or more layers, got {list(layers)}")
    seen = sizes[0] + whole(labels, name="labels")
    starts = [0, *(seen + sum(sizes[1:k]) for k in range(1, len(sizes)))]
    check_couplings(seen + sum(sizes[1:]), sum(a * b for a, b in zip(sizes, [*sizes[1:], labels], strict=True)))
    pairs = [_between(starts[k], sizes[k], starts[k + 1], sizes[k + 1]) for k in range(len(sizes) - 1)]
    pairs.append(_between(sizes[0], labels, starts[-1], sizes[-1]))
    first, second = np.concatenate(pairs, axis=1)
    return _made((sizes[0], labels, sum(sizes[1:])), first, second, **{"name": "dbm"} | how)


@named
def fully(visible: int, *, labels: int = 0, hidden: int = 0, **how: Any) -> Model:
    """A Boltzmann machine in which every two units are coupled. how : see `rbm`. Raises InputError."""
    n = whole(visible, name="visible", least=1) + whole(labels, name="labels") + whole(hidden, name="hidden")
    check_couplings(n, n * (n - 1) // 2)
    first, second = np.triu_indices(n, 1)
    return _made((visible, labels, hidden), first, second, **{"name": "boltzmann machine"} | how)


@named
def on_graph(
    edges: Any, visible: int, *, labels: int = 0, placement: str | Sequence[int] = "random", seed: int = 0, **how: Any
) -> Model:
    """A Boltzmann machine on the graph ``edges``, a networkx graph of whole numbers or pairs (i, j): every node a unit.

    placement : "random", the nodes of the visible and label units drawn by ``seed``, or those nodes, in order
    how : see `rbm`. Raises InputError and DoesNotFitError.
    """
    pairs = getattr(edges, "edges", edges)
    try:
        wire = np.array(list(pairs() if callable(pairs) else pairs), dtype=np.int64).reshape(-1, 2)
    except (TypeError, ValueError):
        raise InputError("a graph is pairs of whole numbers, or a networkx graph of them") from None
    own = getattr(edges, "nodes", None)
    nodes = np.unique(wire) if own is None else np.unique(np.array(list(own), dtype=np.int64))
    model = _placed(nodes, wire, (visible, labels, None), placement, seed, "the graph", **how)
    return replace(model, sites=None)


@named
def on_chip(
    chip: Chip | str | Path,
    visible: int,
    *,
    labels: int = 0,
    hidden: int | None = None,
    placement: str | Sequence[int] = "random",
    seed: int = 0,
    **how: Any,
) -> Model:
    """A Boltzmann machine on the p-bits and the wires of ``chip`` themselves, without embedding.

    hidden : how many, None for all the p-bits that are left;  placement : "random", drawn by ``seed``, or the p-bits
    of the visible and label units, in order;  how : see `rbm`. Raises InputError and DoesNotFitError.
    """
    machine = made_chip(chip)
    if not machine.topology.is_fixed:
        raise InputError(
            f"chip {machine.name!r} has no wires of its own: give the model a graph, such as hwsim.learn.model.rbm"
        )
    nodes, wire = sites_of(machine.topology), wires(machine.topology)
    return _placed(nodes, wire, (visible, labels, hidden), placement, seed, f"chip {machine.name!r}", **how)


def _placed(
    nodes: np.ndarray,
    wire: np.ndarray,
    sizes: tuple[int, int, int | None],
    placement: str | Sequence[int],
    seed: int,
    where: str,
    **how: Any,
) -> Model:
    """The model on ``nodes`` (m,), ascending, and ``wire`` (k, 2) between them. Raises DoesNotFitError."""
    seen = whole(sizes[0], name="visible", least=1) + whole(sizes[1], name="labels")
    hidden = len(nodes) - seen if sizes[2] is None else whole(sizes[2], name="hidden")
    if seen + max(hidden, 0) > len(nodes):
        raise DoesNotFitError(f"the model has {seen + max(hidden, 0)} units and {where} holds {len(nodes)} p-bits")
    if isinstance(placement, str):
        if placement != "random":
            raise InputError(f'placement must be "random" or the p-bits of the seen units, got {placement!r}')
        draw = generator(seed, "placement of units")
        region = nodes
        if seen + hidden < len(nodes):
            start = draw.choice(nodes, 1)
            region = np.concatenate((start, _near(nodes[nodes != start], start, wire, seen + hidden - 1)))
        front = draw.permutation(np.sort(region))[:seen]
        rest = np.setdiff1d(region, front)
    else:
        front = np.array(list(placement), dtype=np.int64)
        if len(front) != seen or len(np.unique(front)) != seen or not np.all(np.isin(front, nodes)):
            raise InputError(f"placement must be {seen} different p-bits of {where}")
        rest = np.setdiff1d(nodes, front)
        rest = rest if hidden == len(rest) else _near(rest, front, wire, hidden)
    sites = np.concatenate((front, rest))
    unit = np.full(int(max(nodes.max(), wire.max(initial=0))) + 1, -1, dtype=np.int64)
    unit[sites] = np.arange(len(sites))
    ends = np.sort(unit[wire], axis=1)
    ends = ends[(ends[:, 0] >= 0) & (ends[:, 0] != ends[:, 1])]
    ends = np.unique(ends, axis=0)
    made = (sizes[0], sizes[1], hidden)
    return _made(made, ends[:, 0], ends[:, 1], sites=sites, seed=seed, **{"name": "sparse machine"} | how)


def _near(rest: np.ndarray, front: np.ndarray, wire: np.ndarray, count: int) -> np.ndarray:
    """int64 (count,): the p-bits of ``rest`` with the most wires to ``front`` and to those already taken, one by one;
    ascending."""
    near: dict[int, list[int]] = {site: [] for site in (*rest.tolist(), *front.tolist())}
    for a, b in wire.tolist():
        if a in near and b in near:
            near[a].append(b)
            near[b].append(a)
    links = dict.fromkeys(rest.tolist(), 0)
    taken: list[int] = []
    heap = [(0, site) for site in sorted(links)]

    def join(site: int) -> None:
        for other in near[site]:
            if other in links:
                links[other] += 1
                heapq.heappush(heap, (-links[other], other))

    for site in front.tolist():
        join(site)
    while len(taken) < count:
        most, site = heapq.heappop(heap)
        if links.get(site) != -most:  # taken, or an entry from before its last link
            continue
        del links[site]
        taken.append(site)
        join(site)
    return np.array(sorted(taken), dtype=np.int64)


def _between(start: int, size: int, other_start: int, other_size: int) -> np.ndarray:
    """int64 (2, size * other_size): every pair of the units of two layers."""
    first, second = np.indices((size, other_size)).reshape(2, -1)
    return np.stack((start + first, other_start + second))


def _made(
    sizes: tuple[int, int, int],
    first: np.ndarray,
    second: np.ndarray,
    *,
    names: Iterable[str] | None = None,
    scale: float = 0.01,
    seed: int = 0,
    sites: np.ndarray | None = None,
    code: Mapping[str, Any] | None = None,
    name: str = "model",
) -> Model:
    """The model with couplings drawn from N(0, scale**2) by ``seed`` and no biases.

    sizes : visible, label and hidden units;  names : of the visible and label units, v0.. and label 0.. by default
    """
    visible, labels, hidden = (whole(size, name="units") for size in sizes)
    own = [f"v{k}" for k in range(visible)] + [f"label {k}" for k in range(labels)]
    own = own if names is None else [str(each) for each in names]
    role = np.repeat(np.array([VISIBLE, LABEL, HIDDEN], dtype=np.int8), [visible, labels, hidden])
    if not 0 <= scale < MOST:
        raise InputError(f"scale must lie between 0 and {MOST:g}, got {scale}")
    order = np.lexsort((second, first))
    return Model(
        bias=np.zeros(len(role)),
        first=np.asarray(first, dtype=np.int64)[order],
        second=np.asarray(second, dtype=np.int64)[order],
        weight=scale * generator(seed, "first weights").standard_normal(len(first)),
        role=role,
        names=tuple(own),
        sites=sites,
        code=code,
        name=name,
    )


def plain_settings(chip: Chip) -> dict[str, Any]:
    """What was set of ``chip`` beside its card, as a file holds it: text, numbers, lists of these."""

    def plain(value: Any) -> Any:
        if isinstance(value, list | tuple | np.ndarray):
            return [plain(each) for each in value]
        if isinstance(value, np.generic):
            return value.item()
        return value if isinstance(value, bool | int | float | str) else str(value)

    return {key: plain(value) for key, value in chip.settings.items()}


def check_fits(model: Model, chip: Chip) -> None:
    """Raise DoesNotFitError where ``chip`` holds fewer p-bits than the model has units."""
    most = n_sites(chip.topology)
    if most is not None and model.n > most:
        raise DoesNotFitError(f"the model has {model.n} units and chip {chip.name!r} holds {most} p-bits")


def model_of(source: Any) -> Model:
    """``source``, a Model or the path of its file. Raises InputError."""
    if isinstance(source, Model):
        return source
    if not isinstance(source, str | Path):
        raise ArgumentError(f"a model is a Model or its file, got an object of {type(source).__name__}")
    return Model.load(source)
