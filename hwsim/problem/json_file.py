"""JSON: a problem told apart by its keys. bqpjson, dimod's, node-link, Fujitsu's, rows of a matrix.

Enters: the text of a file and, where the user says it, what the values mean. Leaves: a Problem.

bqpjson (``variable_domain``): E = scale (sum of terms + offset) over spins or bits; its best solution is the known
energy. dimod (``type``): a BinaryQuadraticModel as to_serializable writes it. Fujitsu's Digital Annealer
(``binary_polynomial``): a QUBO as terms. node-link (``nodes`` and ``links`` or ``edges``) is a networkx graph.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hwsim.display import short
from hwsim.errors import ReadError
from hwsim.graphs import is_node_link, node_link
from hwsim.problem.carrier import number, of_graph, of_matrix
from hwsim.problem.problem import Problem
from hwsim.problem.reading import in_one_way, read_or_refuse
from hwsim.text import json_of, stem

_READ = "bqpjson, dimod's models, node-link, Fujitsu's binary_polynomial and rows of a matrix"


def read_json(path: Path, text: str, as_: str | None) -> Problem:
    """The problem in a JSON file. Raises ReadError."""
    document = json_of(path, text)
    if isinstance(document, list) and document and all(isinstance(row, list) for row in document):
        return read_or_refuse(of_matrix(document, str(path), refuse=ReadError), as_, name=stem(path))
    if not isinstance(document, dict):
        raise ReadError(f"{path} holds JSON that is no problem: read are {_READ} (hwsim formats lists all)")
    if is_node_link(document):
        return read_or_refuse(of_graph(node_link(path, document), str(path), refuse=ReadError), as_, name=stem(path))
    for key, reader in _BY_KEY:
        if key in document:
            return in_one_way(reader(path, document), as_, str(path))
    if {"qubits", "couplers"} <= document.keys() or {"nodes", "edges"} <= document.keys():
        raise ReadError(f"{path} holds a graph without weights, as of a chip: --set graph={path} takes it")
    keys = short(", ".join(document), 40) or "none"
    raise ReadError(f"{path} holds JSON with the keys {keys}: read are {_READ} (hwsim formats lists all)")


def _bqpjson(path: Path, document: dict[str, Any]) -> Problem:
    import dimod

    domain = document["variable_domain"]
    if domain not in ("spin", "boolean"):
        raise ReadError(f"{path}: variable_domain must be spin or boolean, got {domain!r}")
    scale, offset = (_number(path, document.get(key, value), key) for key, value in (("scale", 1.0), ("offset", 0.0)))
    if not scale > 0:
        raise ReadError(f"{path}: scale must be > 0, got {scale:g}")
    variables = dict.fromkeys(_list(path, document, "variable_ids"), 0.0)
    bqm = dimod.BinaryQuadraticModel(variables, {}, offset, "SPIN" if domain == "spin" else "BINARY")
    seen = set()
    for key, ends in (("linear_terms", ("id",)), ("quadratic_terms", ("id_head", "id_tail"))):
        for term in _list(path, document, key):
            label = tuple(_entry(path, term, key, end) for end in ends)
            for v in label:
                if v not in variables:
                    raise ReadError(f"{path}: {key} names the variable {v}, which variable_ids does not list")
            if frozenset(label) in seen or (len(label) == 2 and label[0] == label[1]):
                raise ReadError(f"{path}: {key} gives {' '.join(map(str, label))} twice, or joins it to itself")
            seen.add(frozenset(label))
            value = _number(path, _entry(path, term, key, "coeff"), f"{key} of {' '.join(map(str, label))}")
            bqm.add_linear(*label, value) if len(label) == 1 else bqm.add_quadratic(*label, value)
    bqm.scale(scale)
    kind = "ising" if domain == "spin" else "qubo"
    return Problem(bqm=bqm, name=stem(path), kind=kind, **_solved(path, document, bqm))


def _solved(path: Path, document: dict[str, Any], bqm: Any) -> dict[str, Any]:
    """The known energy: of the best of the solutions that the file holds, computed from its assignment."""
    allowed = set(bqm.vartype.value)
    energies = []
    for solution in _list(path, document, "solutions", required=False):
        values = {
            _entry(path, pair, "assignment", "id"): _entry(path, pair, "assignment", "value")
            for pair in _list(path, solution, "assignment")
        }
        if set(values) != set(bqm.variables) or not set(values.values()) <= allowed:
            raise ReadError(f"{path}: a solution must give each variable one of the values {sorted(allowed)}")
        energies.append(float(bqm.energy(values)))
    if not energies:
        return {}
    return {"known_energy": min(energies), "known_source": f"the best of {len(energies)} solutions in the file"}


def _dimod(path: Path, document: dict[str, Any]) -> Problem:
    import dimod

    if document["type"] != "BinaryQuadraticModel":
        raise ReadError(f"{path} holds a {str(document['type'])[:60]} of dimod: read is a BinaryQuadraticModel")
    damaged = ReadError(f"{path} is not a readable BinaryQuadraticModel of dimod: it may be damaged")
    if not _has_vectors(document):
        raise damaged
    try:
        bqm = dimod.BinaryQuadraticModel.from_serializable(document)
    except Exception:
        raise damaged from None
    for value in (*bqm.linear.values(), *bqm.quadratic.values()):
        _number(path, value, "a bias")
    return Problem(bqm=bqm, name=stem(path), kind="ising" if bqm.vartype.name == "SPIN" else "qubo")


def _has_vectors(document: dict[str, Any]) -> bool:
    """Whether a model of dimod holds a bias for each of its variables, and a bias and two of them for each coupling: an
    index outside would end the process."""
    keys = ("variable_labels", "linear_biases", "quadratic_biases", "quadratic_head", "quadratic_tail")
    parts: list[Any] = [document.get(key) for key in keys]
    names, biases, *pairs = parts
    if not (isinstance(names, list) and isinstance(biases, list) and len(names) == len(biases)):
        return False
    if document.get("use_bytes") or not all(isinstance(each, list) and len(each) == len(pairs[0]) for each in pairs):
        return False
    ends = zip(*pairs[1:], strict=True)
    return all(type(i) is int and type(j) is int and 0 <= i < len(names) > j >= 0 and i != j for i, j in ends)


def _fujitsu(path: Path, document: dict[str, Any]) -> Problem:
    import dimod

    for key in ("penalty_binary_polynomial", "inequalities", "one_way_one_hot_groups", "two_way_one_hot_groups"):
        if document.get(key):
            raise ReadError(f"{path}: {key} is not read: fold it into binary_polynomial")
    polynomial = document["binary_polynomial"]
    bqm = dimod.BinaryQuadraticModel("BINARY")
    for term in _list(path, polynomial, "terms"):
        short = isinstance(term, dict) and "c" in term
        value = _number(path, _entry(path, term, "terms", "c" if short else "coefficient"), "a coefficient")
        # an empty list, which may be left out, is the constant
        ends = term.get("p" if short else "polynomials", [])
        if not (isinstance(ends, list) and all(type(v) is int and v >= 0 for v in ends)):
            raise ReadError(f"{path}: the polynomials of a term are whole numbers from 0, got {str(ends)[:60]}")
        names = sorted(set(ends))
        if len(names) > 2:
            raise ReadError(f"{path}: a term of {len(names)} variables, {names[:6]}: at most two are read")
        if not names:
            bqm.offset += value
        elif len(names) == 1:
            bqm.add_linear(names[0], value)
        else:
            bqm.add_quadratic(*names, value)
    return Problem(bqm=bqm, name=stem(path), kind="qubo")


_BY_KEY: tuple[tuple[str, Callable[[Path, dict[str, Any]], Problem]], ...] = (
    ("variable_domain", _bqpjson),
    ("binary_polynomial", _fujitsu),
    ("type", _dimod),
)
"""The key that tells a format, and its reader."""


def _number(path: Path, value: Any, what: str) -> float:
    return number(value, f"{path}: {what}", refuse=ReadError)


def _list(path: Path, document: Any, key: str, *, required: bool = True) -> list:
    found = document.get(key) if isinstance(document, dict) else None
    if found is None and not required:
        return []
    if not isinstance(found, list):
        raise ReadError(f"{path}: {key} must be a list")
    if any(isinstance(each, list) or (key == "variable_ids" and type(each) is not int) for each in found):
        raise ReadError(f"{path}: an entry of {key} has another form")
    return found


def _entry(path: Path, held: Any, where: str, key: str) -> Any:
    if not (isinstance(held, dict) and key in held):
        raise ReadError(f"{path}: an entry of {where} must have {key}")
    if key in ("id", "id_head", "id_tail", "value") and type(held[key]) is not int:
        raise ReadError(f"{path}: {key} must be a whole number, got {str(held[key])[:60]!r}")
    return held[key]
