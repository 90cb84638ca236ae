"""Carriers: what holds a number for each pair of variables. A dict, a matrix (dense or sparse), a networkx graph.

Enters: the object and what messages call it. Leaves: Entries, the numbers as the object has them. What they mean is
said elsewhere (`hwsim.problem.reading`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwsim.errors import InputError, ReadError

WEIGHTS = ("weight", "J", "bias")
"""Attributes of edges that hold a number: networkx's, the field's, dimod's."""

BIASES = ("h", "bias")
"""Attributes of nodes that hold a bias: the field's, dimod's."""

_MAX_EXACT = 2**53


@dataclass(frozen=True, kw_only=True)
class Entries:
    """The numbers of a carrier: ``values`` float64 (m,) at ``rows`` and ``columns`` int64 (m,), which index ``labels``.

    where : what messages call the carrier, such as ``Q`` or a path;  form : "list" (each entry stands for itself),
    "matrix" (an entry and its mirror image belong together) or "graph";  biases : {label: bias} of a graph's nodes
    weighted : whether the carrier has values at all;  refuse : the class of refusals
    """

    labels: list
    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    where: str
    form: str
    biases: dict[Any, float] = field(default_factory=dict)
    weighted: bool = True
    refuse: type[InputError] = InputError


def is_carrier(given: Any) -> bool:
    """Whether ``given`` is a dict, a matrix or a networkx graph."""
    return isinstance(given, Mapping) or is_graph(given) or is_matrix(given)


def is_graph(given: Any) -> bool:
    """Whether ``given`` is a networkx graph."""
    return hasattr(given, "is_multigraph") and hasattr(given, "is_directed")


def is_matrix(given: Any) -> bool:
    """Whether ``given`` is an array, a sparse matrix or a list of rows."""
    if isinstance(given, list | tuple):
        return bool(given) and all(isinstance(row, list | tuple | np.ndarray) for row in given)
    return isinstance(given, np.ndarray) or _is_sparse(given) or (hasattr(given, "__array__") and _is_table(given))


def _is_sparse(given: Any) -> bool:
    return hasattr(given, "tocsr") and hasattr(given, "shape")


def _is_table(given: Any) -> bool:
    """Arrays of other packages; a data frame would lose its labels."""
    return getattr(given, "ndim", None) == 2 and not hasattr(given, "columns")


def entries_of(carrier: Any, where: str) -> Entries:
    """The numbers of ``carrier``, which messages call ``where``. Raises InputError."""
    if isinstance(carrier, Mapping):
        return _of_dict(carrier, where)
    if is_graph(carrier):
        return of_graph(carrier, where)
    if is_matrix(carrier):
        return of_matrix(carrier, where)
    raise InputError(
        f"{where} must be a dict {{(i, j): value}}, a numpy or scipy.sparse matrix or a networkx graph, "
        f"got {type(carrier).__name__}"
    )


def number(value: Any, where: str, *, refuse: type[InputError] = InputError) -> float:
    """``value`` as a finite float64. Raises ``refuse``."""
    if isinstance(value, bool | np.bool_ | str | bytes | complex):
        raise refuse(f"{where} must be a number, got {value!r}")
    try:
        made = float(value)
    except (TypeError, ValueError, OverflowError):
        raise refuse(f"{where} must be a number, got {str(value)[:60]!r}") from None
    if not np.isfinite(made):
        raise refuse(f"{where} must be finite, got {made}")
    if isinstance(value, int | np.integer) and abs(int(value)) > _MAX_EXACT:
        raise refuse(f"{where} is an integer beyond 2**53, which 64-bit numbers do not hold exactly")
    return made


def _numbers(values: list, name: Callable[[int], str], refuse: type[InputError] = InputError) -> np.ndarray:
    """float64 (m,): ``values``, of which messages call the k-th ``name(k)``. Raises ``refuse``."""
    if set(map(type, values)) <= {float}:  # quick, and the usual case
        made = np.array(values, dtype=np.float64)
        if np.all(np.isfinite(made)):
            return made
    return np.array([number(value, name(k), refuse=refuse) for k, value in enumerate(values)], dtype=np.float64)


def _of_dict(pairs: Mapping, where: str) -> Entries:
    place: dict[Any, int] = {}
    ends, keys = [], list(pairs)
    for key in keys:
        if not (isinstance(key, tuple) and len(key) == 2):
            raise InputError(f"{where} must have keys (i, j), got {key!r}")
        ends.append([place.setdefault(label, len(place)) for label in key])
    values = _numbers(list(pairs.values()), lambda k: f"{where}[{keys[k][0]!r}, {keys[k][1]!r}]")
    rows, columns = np.array(ends, dtype=np.int64).reshape(-1, 2).T
    return Entries(labels=list(place), rows=rows, columns=columns, values=values, where=where, form="list")


def of_matrix(matrix: Any, where: str, *, refuse: type[InputError] = InputError) -> Entries:
    """The entries of a square ``matrix`` that are not 0. Raises ``refuse``."""
    import scipy.sparse

    if not _is_sparse(matrix):
        try:
            matrix = np.asarray(matrix)
        except ValueError:
            raise refuse(f"{where} must be a square matrix, got rows of different lengths") from None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise refuse(f"{where} must hold a square matrix, got shape {matrix.shape}")
    check_numbers(matrix.dtype, where, refuse)
    if matrix.dtype.kind == "f":
        matrix = matrix.astype(np.float64)  # scipy has no halves and no other byte order
    table = scipy.sparse.csr_array(matrix.astype(matrix.dtype.newbyteorder("=")))
    whole = table.dtype.kind in "iu" and len(table.data) > 0
    if whole and (table.data.max() > _MAX_EXACT or table.data.min() < -_MAX_EXACT):
        raise refuse(f"{where} holds an integer beyond 2**53, which 64-bit numbers do not hold exactly")
    weighted = table.dtype.kind != "b"
    table = table.astype(np.float64)
    table.sum_duplicates()
    if not np.all(np.isfinite(table.data)):
        raise refuse(f"{where} holds a value that is not finite")
    table.eliminate_zeros()
    entries = table.tocoo()
    return Entries(
        labels=list(range(table.shape[0])),
        rows=entries.row.astype(np.int64),
        columns=entries.col.astype(np.int64),
        values=entries.data,
        where=where,
        form="matrix",
        weighted=weighted,
        refuse=refuse,
    )


def check_numbers(dtype: np.dtype, where: Any, refuse: type[InputError] = ReadError) -> None:
    """Raise ``refuse`` where ``dtype`` is not one of real numbers."""
    if dtype.kind not in "fiub":
        what = {"c": "complex numbers", "O": "objects", "U": "text", "S": "text"}.get(dtype.kind, f"type {dtype}")
        raise refuse(f"{where} must hold real numbers, got {what}")


def of_graph(graph: Any, where: str, *, refuse: type[InputError] = InputError) -> Entries:
    """The edges of an undirected networkx graph and the biases of its nodes. Raises ``refuse``."""
    if graph.is_directed():
        raise refuse(f"{where} is a directed graph: give an undirected one, such as graph.to_undirected()")
    labels = list(graph.nodes())
    place = {label: k for k, label in enumerate(labels)}
    edges = list(graph.edges(data=True))
    if graph.is_multigraph():
        seen = set()
        for u, v, _ in edges:
            if frozenset((u, v)) in seen:
                raise refuse(f"{where} joins {u!r} and {v!r} twice: add the weights up first")
            seen.add(frozenset((u, v)))
    key = _attribute([data for _, _, data in edges], WEIGHTS, f"the edges of {where}", refuse)
    own = _attribute([data for _, data in graph.nodes(data=True)], BIASES, f"the nodes of {where}", refuse)
    values = np.ones(len(edges))
    if key is not None:
        held = [data[key] for _, _, data in edges]
        values = _numbers(held, lambda k: f"{key} of the edge {edges[k][0]!r} {edges[k][1]!r} of {where}", refuse)
    biases = {}
    if own is not None:
        held = [data[own] for _, data in graph.nodes(data=True)]
        named = _numbers(held, lambda k: f"{own} of the node {labels[k]!r} of {where}", refuse)
        biases = dict(zip(labels, named.tolist(), strict=True))
    rows, columns = np.array([(place[u], place[v]) for u, v, _ in edges], dtype=np.int64).reshape(-1, 2).T
    return Entries(
        labels=labels,
        rows=rows,
        columns=columns,
        values=values,
        where=where,
        form="graph",
        biases=biases,
        weighted=key is not None,
        refuse=refuse,
    )


def _attribute(data: list[dict], known: tuple[str, ...], what: str, refuse: type[InputError]) -> str | None:
    """Which attribute all of ``data`` have; None where none has any. Raises ``refuse`` where only some have it."""
    held = [key for key in known if any(key in each for each in data)]
    if len(held) > 1:
        raise refuse(f"{what} have the attributes {' and '.join(held)}: keep the one that counts")
    if held and not all(held[0] in each for each in data):
        raise refuse(f"some of {what} have a {held[0]} and some have none: give all of them one")
    return held[0] if held else None
