"""Embed: a problem on a chip whose wires are not its couplings. A spin becomes a chain of p-bits that hold one value.

Enters: a network and a chip with a fixed graph. Leaves: the network of the chip's p-bits. The search is minorminer's
(Cai, Macready, Roy, arXiv:1406.2741); complete graphs on D-Wave's topologies are constructed (Boothby, King, Roy,
arXiv:1507.04774).
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from hwsim.chip.chip import Chip
from hwsim.chip.family import family, family_graph
from hwsim.chip.topology import GRIDS, Topology, n_sites, sites, wires
from hwsim.errors import DoesNotFitError, InputError, MissingExtraError
from hwsim.mapping.chains import Embedded, torque_chain_strength
from hwsim.mapping.registers import symmetric_rows
from hwsim.mapping.sparsify import copies_needed
from hwsim.moved import names_of
from hwsim.program import Network

_SEARCH_S = 60
_SEARCH_LARGER_S = 10
_SEARCH_SIDE = 64


def find_embedding(network: Network, labels: list, chip: Chip, *, seed: int = 0) -> dict[Any, list[int]]:
    """{label: p-bits}: a chain for every spin; of a complete graph by construction, where the topology has one.

    Raises DoesNotFitError with what would fit, MissingExtraError.
    """
    began = time.perf_counter()
    is_complete = len(network.weight) == network.n * (network.n - 1) > 2
    found = _constructed(network.n, chip.topology) if is_complete else None
    if found is None:
        found = _search(network, chip.topology, seed, _SEARCH_S)
    if found is None and not is_complete:  # chains that all touch each other hold any couplings
        found = _constructed(network.n, chip.topology)
    searched_s = time.perf_counter() - began
    if found is None:
        n, most = len(labels), n_sites(chip.topology)
        fits = (size for size in _larger(chip.topology) if _search(network, size, seed, _SEARCH_LARGER_S) is not None)
        larger = next(fits, None)
        what = f"one fits on {_words(larger)}" if larger is not None else _with_wires_of_choice(network, chip.topology)
        if not chip.topology.sizes:
            what = f"the graph is your own, of one size; {_with_wires_of_choice(network, chip.topology)}"
        if (n_wires := len(wires(chip.topology))) < len(network.weight) // 2:
            raise DoesNotFitError(
                f"chip {chip.name!r} has {n_wires} wires, fewer than the {len(network.weight) // 2} couplings of the "
                f"problem; {what}"
            )
        raise DoesNotFitError(
            f"no embedding of {n} spins and {len(network.weight) // 2} couplings was found on the {most} p-bits of "
            f"chip {chip.name!r} in {searched_s:.2g} s; {what}"
        )
    return {label: found[k] for k, label in enumerate(labels)}


def _with_wires_of_choice(network: Network, topology: Topology) -> str:
    """Words on what always fits: copies of spins, on p-bits of as many couplings as this graph has."""
    most = max(int(np.bincount(wires(topology).ravel(), minlength=1).max()) if len(wires(topology)) else 0, 3)
    total = int(copies_needed(network.degree, most).sum())
    return f"where wires can be chosen (topology sparse), {total} p-bits of {most} couplings hold it"


def _constructed(n: int, topology: Topology) -> dict[int, list[int]] | None:
    """Chains of ``n`` spins that are all joined, on one of D-Wave's graphs; None on others and where too few work."""
    kind_and_shape = family(topology)
    if kind_and_shape is None or not 0 < n <= (n_sites(topology) or 0):
        return None
    clique = _import_minorminer("minorminer.busclique")
    try:
        found = clique.find_clique_embedding(n, family_graph(topology))
    except ValueError:
        return None
    return {k: sorted(int(q) for q in found[k]) for k in range(n)} if len(found) == n else None


def _import_minorminer(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise MissingExtraError("embedding needs the package minorminer: pip install 'hwsim[graphs]'") from None


def _search(network: Network, topology: Topology, seed: int, limit_s: float) -> dict[int, list[int]] | None:
    minorminer = _import_minorminer("minorminer")
    n = network.n
    if n > (n_sites(topology) or 0):
        return None
    first, second, _ = network.pairs
    edges = list(zip(first.tolist(), second.tolist(), strict=True))
    target = _region(topology)
    if len(edges) > len(wires(topology)) or (edges and not len(target)):
        return None
    try:
        found = minorminer.find_embedding(edges, target.tolist(), random_seed=seed, timeout=limit_s) if edges else {}
    except RuntimeError:  # it cannot begin: chains of this many couplings are too long for the graph
        return None
    if edges and not found:
        return None
    # spins without couplings take p-bits that are left
    used = {q for chain in found.values() for q in chain}
    near = np.unique(target)
    free = (q for q in (*near.tolist(), *np.setdiff1d(sites(topology), near).tolist()) if q not in used)
    try:
        return {k: sorted(found[k]) if k in found else [next(free)] for k in range(n)}
    except StopIteration:
        return None


def _region(topology: Topology) -> np.ndarray:
    """int64 (m, 2): the wires to search; of a grid, those of its first rows and columns, since the search is slow."""
    all_wires = wires(topology)
    if topology.kind not in GRIDS or topology.columns is None or topology.rows is None:
        return all_wires
    row, column = np.divmod(all_wires, topology.columns)
    row %= topology.rows  # layers after one another
    return all_wires[np.all((row < _SEARCH_SIDE) & (column < _SEARCH_SIDE), axis=1)]


def _larger(topology: Topology) -> Iterator[Topology]:
    for factor in (1.5, 2.0, 3.0):
        larger: dict[str, Any] = {name: math.ceil(getattr(topology, name) * factor) for name in topology.sizes}
        if larger:
            larger |= {"dead_pbits": (), "dead_wires": ()}
            if topology.kind == "regular":
                larger["max_pbits"] += larger["max_pbits"] % 2
            yield replace(topology, **larger)


def _words(topology: Topology) -> str:
    sizes = ", ".join(f"{name} {getattr(topology, name)}" for name in topology.sizes)
    return f"a {topology.kind} graph of {sizes}"


def embedded(
    network: Network, labels: list, chip: Chip, embedding: Mapping[Any, Sequence[int]], *, strength: float | None = None
) -> Embedded:
    """The network of the p-bits: biases shared along a chain, couplings shared by all wires between two chains, and
    -``strength`` (None: torque compensation) on the wires of a chain. Raises InputError for an invalid embedding."""
    strength = torque_chain_strength(network) if strength is None else strength
    missing = [label for label in labels if not embedding.get(label)]
    if missing:
        raise InputError(f"the embedding has no p-bits for {missing[0]!r}")
    sites = np.array([q for label in labels for q in embedding[label]], dtype=np.int64)
    chain = np.repeat(np.arange(len(labels)), [len(embedding[label]) for label in labels]).astype(np.int32)
    order = np.argsort(sites, kind="stable")
    sites, chain = sites[order], chain[order]
    if np.any(np.diff(sites) == 0):
        raise InputError(f"the embedding uses p-bit {int(sites[:-1][np.diff(sites) == 0][0])} twice")
    size = np.bincount(chain, minlength=len(labels))
    place = np.full(int(max(wires(chip.topology).max(initial=0), sites.max())) + 1, -1, dtype=np.int64)
    place[sites] = np.arange(len(sites))
    first, second = place[wires(chip.topology)].T
    used = (first >= 0) & (second >= 0)
    first, second = first[used], second[used]
    within = chain[first] == chain[second]
    _check_chains(labels, chain, first[within], second[within])
    a, b = chain[first[~within]].astype(np.int64), chain[second[~within]].astype(np.int64)
    n = len(labels)
    rows = network.rows
    key = rows * n + network.indices
    wanted = np.minimum(a, b) * n + np.maximum(a, b)
    at = np.minimum(np.searchsorted(key, wanted), max(len(key) - 1, 0))
    coupled = key[at] == wanted if len(key) else np.zeros(len(wanted), dtype=bool)
    upper = rows < network.indices
    lost = ~np.isin(key[upper], wanted[coupled])
    if np.any(lost):
        k = int(key[upper][lost][0])
        raise InputError(f"the embedding has no wire between the chains of {labels[k // n]!r} and {labels[k % n]!r}")
    _, pair, shared = np.unique(wanted[coupled], return_inverse=True, return_counts=True)
    values = network.weight[at[coupled]] / shared[pair]
    ends = [
        np.concatenate(pair)
        for pair in ((first[within], first[~within][coupled]), (second[within], second[~within][coupled]))
    ]
    weight = np.concatenate((np.full(int(within.sum()), -strength), values))
    indptr, indices, both = symmetric_rows(len(sites), ends[0], ends[1], weight)
    physical = Network(bias=network.bias[chain] / size[chain], indptr=indptr, indices=indices, weight=both)
    return Embedded(sites=sites, chain=chain, network=physical)


def _check_chains(labels: list, chain: np.ndarray, first: np.ndarray, second: np.ndarray) -> None:
    """Raise InputError where the p-bits of a chain are not connected by its wires."""
    root = np.arange(len(chain))
    for _ in range(len(chain)):
        least = np.minimum(root[first], root[second])
        new = root.copy()
        np.minimum.at(new, first, least)
        np.minimum.at(new, second, least)
        if np.array_equal(new, root):
            break
        root = new
    pieces = np.bincount(chain[np.unique(root)], minlength=len(labels))
    if np.any(pieces > 1):
        raise InputError(f"the chain of {labels[int(np.argmax(pieces > 1))]!r} is in {int(pieces.max())} pieces")


__getattr__ = names_of(
    __name__, sufficient_chain_strength="hwsim.mapping.chains", chain_strength_of="hwsim.mapping.chains"
)
