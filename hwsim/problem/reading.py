"""Readings: what the numbers of a carrier mean. One function for each: a QUBO, couplings of spins, a max-cut.

Enters: a dict ``{(i, j): value}``, a numpy or scipy.sparse matrix, or a networkx graph. Leaves: a Problem.

QUBO: E = sum_ij Q_ij x_i x_j over all entries, both triangles and the diagonal, so x^T Q x for a matrix.
Spins: E = sum h s + sum J s s over pairs, each pair once. A matrix J is symmetric, or has one triangle only.
Max-cut: the weights of the cut edges, each pair once, in the same forms as J; the cut is -E.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from hwsim.arguments import named
from hwsim.errors import ArgumentError, InputError
from hwsim.problem.carrier import Entries, entries_of, number
from hwsim.problem.problem import Problem, make_bqm, max_cut

READINGS = ("spin", "qubo", "max-cut", "p-bit")
"""What numbers may mean: E = sum h s + sum J s s, E = sum Q x x, the weights of a cut, or the first with the sign of
the p-bit papers, E = - sum h s - sum J s s."""

KINDS = {"spin": "ising", "qubo": "qubo", "max-cut": "max-cut", "p-bit": "ising"}
"""The kind of problem of each reading."""

SAY = "say which with --as {} (as_= in Python)"

TWO_WAYS = "can be read as couplings of spins (-1 and +1) or as a QUBO (0 and 1)"
THREE_WAYS = "couplings of spins (-1 and +1), as a QUBO (0 and 1) or as a max-cut"


@named
def from_qubo(Q: Any, *, offset: float = 0.0, name: str = "qubo") -> Problem:
    """The problem of least sum_ij Q_ij x_i x_j + offset with x of 0 and 1.

    Q : {(i, j): value}, a numpy or scipy.sparse matrix (upper triangle, symmetric or general: every entry counts), or a
    networkx graph (each edge once, loops and biases of nodes on the diagonal). Raises InputError.
    """
    return as_qubo(entries_of(Q, "Q"), offset=number(offset, "offset"), name=name)


@named
def from_ising(h: Any, J: Any, *, offset: float = 0.0, convention: str = "dimod", name: str = "ising") -> Problem:
    """The problem of least sum_i h_i s_i + sum_(i<j) J_ij s_i s_j + offset with s of -1 and +1.

    h : {i: value}, an array, or None for no biases;  J : {(i, j): value} with each pair once, a numpy or scipy.sparse
    matrix that is symmetric (J_ij = J_ji is one coupling) or has one triangle, or a networkx graph, whose nodes may
    have biases where h is None
    convention : "p-bit" for the sign of the p-bit papers, E = - sum h s - sum J s s + offset. Raises InputError.
    """
    if convention not in ("dimod", "p-bit"):
        raise InputError(
            f'convention must be "dimod" (E = sum h s + sum J s s) or "p-bit" (-J, -h), got {convention!r}'
        )
    entries = entries_of(J, "J")
    if h is not None:
        if entries.biases:
            raise InputError("h is given twice, as an argument and by the nodes of the graph")
        entries = _with_biases(entries, h)
    return as_spins(entries, offset=number(offset, "offset"), sign=-1.0 if convention == "p-bit" else 1.0, name=name)


@named
def from_max_cut(weights: Any, *, name: str = "max-cut") -> Problem:
    """The problem of the largest cut: E = - (weight of edges whose ends differ).

    weights : a networkx graph (edges without a weight have 1), {(i, j): weight} with each pair once, or a numpy or
    scipy.sparse matrix that is symmetric or has one triangle. Raises InputError.
    """
    return as_max_cut(entries_of(weights, "the graph"), name=name)


def read_as(entries: Entries, as_: str, *, name: str, biases: dict[Any, float] | None = None) -> Problem:
    """The problem of ``entries``, whose numbers mean ``as_``, one of READINGS. biases : {label: h} beside a matrix.

    In a list, an entry (i, i) is the bias of i. Raises InputError.
    """
    if biases:
        entries = replace(entries, biases=biases)
    if as_ == "qubo":
        return as_qubo(entries, name=name)
    if as_ == "max-cut":
        return as_max_cut(entries, name=name)
    return as_spins(_loops_as_biases(entries), sign=-1.0 if as_ == "p-bit" else 1.0, name=name)


def read_or_refuse(entries: Entries, as_: str | None, *, name: str) -> Problem:
    """The same for a file, which is refused with all readings where ``as_`` is None."""
    if as_ is not None:
        return read_as(entries, as_, name=name)
    if entries.biases:
        raise entries.refuse(f"{entries.where} has biases and {TWO_WAYS}: {SAY.format('spin or --as qubo')}")
    weights = "" if entries.weighted else " of weights 1"
    raise entries.refuse(
        f"{entries.where} holds a {entries.form}{weights}, which can be read as {THREE_WAYS}: "
        f"{SAY.format('spin, --as qubo or --as max-cut')}"
    )


def in_one_way(problem: Problem, as_: str | None, where: str, option: str = "--as ") -> Problem:
    """``problem``, whose numbers have one meaning and sign. Raises InputError where ``as_`` asks for another."""
    if as_ is not None and (as_ == "p-bit" or problem.kind != KINDS[as_]):
        raise InputError(
            f"{where} holds a problem of kind {problem.kind} and nothing else: {option}{as_} does not apply"
        )
    return problem


def as_qubo(entries: Entries, *, offset: float = 0.0, name: str) -> Problem:
    """E = sum of all entries times x x, and biases times x."""
    import dimod

    loop = entries.rows == entries.columns
    linear = _linear(entries)
    np.add.at(linear, entries.rows[loop], entries.values[loop])
    bqm = dimod.BinaryQuadraticModel.from_numpy_vectors(
        linear,
        (entries.rows[~loop], entries.columns[~loop], entries.values[~loop]),
        offset,
        dimod.BINARY,
        variable_order=list(entries.labels),
    )
    return Problem(bqm=bqm, name=name, kind="qubo")


def as_spins(entries: Entries, *, offset: float = 0.0, sign: float = 1.0, name: str) -> Problem:
    """E = sign (sum h s + sum J s s) + offset, each pair once."""
    rows, columns, values = _once(entries, "spin has no coupling")
    bqm = make_bqm(sign * _linear(entries), rows, columns, sign * values, entries.labels, offset=offset)
    return Problem(bqm=bqm, name=name, kind="ising")


def as_max_cut(entries: Entries, *, name: str) -> Problem:
    """Each pair is an edge."""
    if any(entries.biases.values()):
        raise entries.refuse(f"{entries.where} has biases, which a max-cut has not")
    rows, columns, values = _once(entries, "node has no edge")
    return max_cut(name, entries.labels, rows, columns, values)


def _linear(entries: Entries) -> np.ndarray:
    return np.array([entries.biases.get(label, 0.0) for label in entries.labels], dtype=np.float64)


def _once(entries: Entries, rule: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(rows, columns, values) of each pair once, the smaller index first. Raises where a pair has two values."""
    loop = entries.rows == entries.columns
    if np.any(entries.values[loop]):
        label = entries.labels[int(entries.rows[loop][np.flatnonzero(entries.values[loop])[0]])]
        on_diagonal = "has a nonzero diagonal" if entries.form == "matrix" else f"joins {label!r} to itself"
        raise entries.refuse(f"{entries.where} {on_diagonal}: a {rule} with itself")
    kept = ~loop
    low = np.minimum(entries.rows, entries.columns)[kept]
    high = np.maximum(entries.rows, entries.columns)[kept]
    values, upper = entries.values[kept], (entries.rows < entries.columns)[kept]
    if entries.form == "matrix" and not (np.all(upper) or not np.any(upper)):
        differ = _asymmetry(entries)
        if differ is not None:
            i, j, above, below = differ
            raise entries.refuse(
                f"{entries.where} holds a matrix that is not symmetric: ({i}, {j}) is {above:g} and ({j}, {i}) is "
                f"{below:g}"
            )
        return low[upper], high[upper], values[upper]
    order = np.lexsort((high, low))
    again = np.flatnonzero((np.diff(low[order]) == 0) & (np.diff(high[order]) == 0))
    if len(again):
        u, v = entries.labels[int(low[order][again[0]])], entries.labels[int(high[order][again[0]])]
        raise entries.refuse(
            f"{entries.where} names the pair {u!r} {v!r} in both directions: name each pair once, as they may mean one "
            "coupling or the sum of two"
        )
    return low, high, values


def is_symmetric(entries: Entries) -> bool:
    """Whether a matrix equals its transpose."""
    return _asymmetry(entries) is None


def _asymmetry(entries: Entries) -> tuple[int, int, float, float] | None:
    """(i, j, value at (i, j), value at (j, i)), i < j, of a place where a matrix is not symmetric."""
    import scipy.sparse

    n = len(entries.labels)
    table = scipy.sparse.csr_array((entries.values, (entries.rows, entries.columns)), shape=(n, n))
    different = scipy.sparse.triu(table != table.T, 1, format="coo")
    if not different.nnz:
        return None
    i, j = int(different.row[0]), int(different.col[0])
    return i, j, float(table[i, j]), float(table[j, i])


def _loops_as_biases(entries: Entries) -> Entries:
    """A list with its entries (i, i) as biases."""
    if entries.form != "list":
        return entries
    loop = entries.rows == entries.columns
    biases = {entries.labels[int(k)]: float(v) for k, v in zip(entries.rows[loop], entries.values[loop], strict=True)}
    kept = {"rows": entries.rows[~loop], "columns": entries.columns[~loop], "values": entries.values[~loop]}
    return replace(entries, biases=entries.biases | biases, **kept)


def _with_biases(entries: Entries, h: Any) -> Entries:
    """``entries`` with the argument ``h``. Labels that only ``h`` names follow those of a dict J."""
    labels, known = list(entries.labels), set(entries.labels)
    if isinstance(h, Mapping):
        given = dict(h)
    else:
        try:
            values = np.asarray(h)
        except ValueError:  # rows of several lengths
            raise ArgumentError("h must be a dict {label: value} or an array of numbers") from None
        n = len(labels) if entries.form != "list" else values.size
        if values.shape != (n,):
            raise InputError(f"h must have {n} values, one for each variable of J, got shape {values.shape}")
        if entries.form == "list" and not known <= set(range(n)):
            raise InputError("an array h goes with a J over 0, 1, ...: give h as a dict {label: value}")
        given = dict(zip(labels if entries.form == "graph" else range(n), values.tolist(), strict=True))
    more = [label for label in given if label not in known]
    if more and entries.form != "list":
        raise InputError(f"h names {more[0]!r}, which J does not have")
    biases = {label: number(value, f"h[{label!r}]") for label, value in given.items()}
    return replace(entries, labels=labels + more, biases=biases)
