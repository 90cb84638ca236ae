"""A user's own graph of wires, with positions where the file has them.

Enters: a file. Leaves: a Graph. GraphML, GML and node-link JSON through networkx; JSON with lists of p-bits and wires,
as vendors give for their machines (``qubits`` and ``couplers``, also under ``properties``; ``nodes`` and ``edges``;
``nodelist`` and ``edgelist``); or a text of lines ``u v`` (a wire) and ``node u x y`` (a position in cell pitches). A
p-bit that is not listed is dead: the others keep their numbers.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import InputError, ReadError
from hwsim.files import write_text
from hwsim.graphs import gml, graphml, is_node_link, node_link
from hwsim.text import ending, is_real, is_whole, json_of, read_text, real


@dataclass(frozen=True, eq=False)
class Graph:
    """sites int64 (n,), ascending; wires int64 (m, 2), the smaller p-bit first, sorted; place float64 (n, 2) in cell
    pitches, or None. Two graphs are equal when all their arrays are."""

    sites: np.ndarray
    wires: np.ndarray
    place: np.ndarray | None

    def __post_init__(self) -> None:
        arrays = [self.sites, self.wires] + ([] if self.place is None else [self.place])
        digest = hashlib.sha256()
        for array in arrays:
            digest.update(str(array.shape).encode() + np.ascontiguousarray(array).tobytes())
        object.__setattr__(self, "key", digest.hexdigest())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Graph) and self.key == other.key  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(self.key)  # type: ignore[attr-defined]


def read_graph(path: str | Path) -> Graph:
    """The graph in ``path``. Whole-number names, however they are written, are the numbers of the p-bits; other names
    are numbered in the order of the file, and a mixture of both is refused. Positions are node attributes ``x`` and
    ``y``, or ``pos``. Raises ReadError."""
    path = Path(path)
    text = read_text(path)
    keyed = text.lstrip().startswith("{") and '"' in text  # not {30, 31}, a pair in brackets
    reader = _json if keyed else _READERS.get(ending(path), _edge_list)
    try:
        parts = reader(path, text)
    except InputError:
        raise
    except Exception:  # of a position
        raise ReadError(f"{path} holds a position that is not two numbers") from None
    return _graph(path, *parts)


def graph_of(given: Any) -> Graph:
    """The graph that ``given`` is: a file, a networkx graph (as in a file), or pairs of p-bits. Raises InputError."""
    if isinstance(given, Graph):
        return given
    if isinstance(given, str | Path):
        return read_graph(given)
    if hasattr(given, "nodes") and hasattr(given, "edges"):
        return _graph("the graph", *_parts(given))
    try:
        pairs = [(int(a), int(b)) for a, b in given]
    except (TypeError, ValueError):
        words = "graph must be a file, a networkx graph, or pairs of numbers of p-bits, such as [(0, 1), (1, 2)]"
        raise InputError(f"{words}, got {str(given)[:60]}") from None
    return _graph("the graph", list(dict.fromkeys(p for pair in pairs for p in pair)), pairs, {})


def write_graph(graph: Graph, path: str | Path) -> None:
    """Write ``graph`` as node-link JSON, which `read_graph` reads back. Raises InputError."""
    place: Any = [{}] * len(graph.sites)
    if graph.place is not None:
        place = [{"x": float(x), "y": float(y)} for x, y in graph.place]
    nodes = [{"id": int(site), **at} for site, at in zip(graph.sites, place, strict=True)]
    edges = [{"source": int(a), "target": int(b)} for a, b in graph.wires]
    document = {"directed": False, "multigraph": False, "graph": {}, "nodes": nodes, "edges": edges}
    write_text(path, json.dumps(document) + "\n")


def _graph(path: str | Path, names: list, edges: list, place: dict[Any, tuple[float, float]]) -> Graph:
    if not names or not edges:
        raise ReadError(f"{path} holds no wires")
    number = _numbers(path, names)
    order = sorted(names, key=lambda name: number[name])
    ends = np.array([(number[u], number[v]) for u, v in edges], dtype=np.int64)
    if np.any(ends[:, 0] == ends[:, 1]):
        raise ReadError(f"{path} joins p-bit {int(ends[ends[:, 0] == ends[:, 1]][0, 0])} to itself")
    where = None
    if place:
        without = [name for name in order if name not in place]
        if without:
            raise ReadError(f"{path} gives some p-bits a position but not {str(without[0])!r}")
        where = np.array([place[name] for name in order], dtype=np.float64)
        if not np.all(np.isfinite(where)):
            raise ReadError(f"{path} holds a position that is not finite")
    return Graph(np.array([number[name] for name in order]), np.unique(np.sort(ends, axis=1), axis=0), where)


def _numbers(path: str | Path, names: list) -> dict[Any, int]:
    """{name: number of the p-bit} of the distinct ``names``. Raises ReadError."""
    values = {name: _number(str(name)) for name in names}
    numbered = [name for name, value in values.items() if value is not None]
    if not numbered:
        return {name: k for k, name in enumerate(names)}
    for name, value in values.items():
        if value is None:
            raise ReadError(
                f"{path} names p-bits by number, such as {numbered[0]}, and one {str(name)[:60]!r}: keep one"
            )
        _check_number(str(path), value, str(name))
    number = {name: int(value) for name, value in values.items() if value is not None}
    if len(set(number.values())) < len(number):
        twice = next(k for k in number.values() if list(number.values()).count(k) > 1)
        raise ReadError(
            f"{path} names p-bit {twice} in two ways: {', '.join(str(n) for n in names if number[n] == twice)}"
        )
    return number


def _check_number(where: str, value: float, text: str) -> None:
    """Raise ReadError where ``value``, spelt ``text``, cannot be the number of a p-bit."""
    if not (value.is_integer() and 0 <= value < 2**31):
        raise ReadError(f"{where}: the number of a p-bit is whole, from 0 to 2147483647, got {text[:60]}")


def _number(name: str) -> float | None:
    """The number that ``name`` spells, None for another name."""
    return float(name) if is_real(name) else None


Parts = tuple[list, list, dict[Any, tuple[float, float]]]


def _parts(graph: Any) -> Parts:
    place = {}
    for node, data in graph.nodes(data=True):
        if "x" in data and "y" in data:
            place[node] = (float(data["x"]), float(data["y"]))
        elif "pos" in data:
            x, y = json.loads(data["pos"]) if isinstance(data["pos"], str) else data["pos"]
            place[node] = (float(x), float(y))
    return list(graph.nodes()), [(u, v) for u, v in graph.edges()], place


_LISTS = (("qubits", "couplers"), ("nodes", "edges"), ("nodelist", "edgelist"))
"""Keys of the p-bits and wires in vendors' JSON."""


def _json(path: Path, text: str) -> Parts:
    """Node-link, or lists of p-bits and wires."""
    document = json_of(path, text)
    if is_node_link(document):
        return _parts(node_link(path, document))
    inner = document.get("properties")
    for held in (document, inner if isinstance(inner, dict) else {}):
        for nodes, edges in _LISTS:
            if nodes in held and edges in held:
                return _listed(path, held[nodes], held[edges], nodes, edges)
    known = ", ".join(f"{nodes} and {edges}" for nodes, edges in _LISTS)
    raise ReadError(f"{path} holds JSON that is no graph: read are node-link, or lists {known}")


def _listed(path: Path, names: Any, wires: Any, key: str, wires_key: str) -> Parts:
    """The p-bits ``names`` and the ``wires`` between them."""
    if not isinstance(names, list) or any(type(name) not in (int, str) for name in names):
        raise ReadError(f"{path}: {key} must be a list of numbers or names")
    alive = set(names)
    if len(alive) < len(names):
        raise ReadError(f"{path}: {key} lists a p-bit twice")
    if not isinstance(wires, list) or any(not isinstance(wire, list) or len(wire) != 2 for wire in wires):
        raise ReadError(f"{path}: {wires_key} must be a list of pairs")
    for wire in wires:
        for end in wire:
            if isinstance(end, list | dict) or end not in alive:
                raise ReadError(f"{path}: a wire of {wires_key} ends at {str(end)[:60]!r}, which {key} does not list")
    return names, [tuple(wire) for wire in wires], {}


_READERS = {
    ".graphml": lambda path, text: _parts(graphml(path, text)),
    ".gml": lambda path, text: _parts(gml(path, text)),
    ".json": _json,
}


_PAIR = re.compile(
    r"[(\[{]?\s*([^\s,;()\[\]{}'\"]+)(?:\s*[,;]\s*|\s+)([^\s,;()\[\]{}'\"]+)\s*[)\]}]?\s*[,;]?(?:\s*\{\})?"
)
"""Two names, with a comma or brackets, as programs print pairs, and the empty attributes that networkx writes."""


def _edge_list(path: Path, text: str) -> Parts:
    names: dict[str, int] = {}
    edges: list[tuple[str, str]] = []
    place: dict[str, tuple[float, float]] = {}
    first: tuple[int, str] = (0, "")
    for k, line in enumerate(text.split("\n"), 1):
        entry = line.partition("#")[0].strip()
        parts = entry.split()
        if not parts:
            continue
        if parts[0] == "node" and len(parts) == 4:
            name = _whole_name(path, k, parts[1])
            if name in place:
                raise ReadError(f"{path} line {k}: a second position of {name}")
            if not (is_real(parts[2]) and is_real(parts[3])):
                raise ReadError(f"{path} line {k}: a position is two numbers, got {' '.join(parts[2:])!r}")
            place[name] = (float(parts[2]), float(parts[3]))
            names.setdefault(name, k)
            continue
        found = _PAIR.fullmatch(entry)
        if found is None:
            raise ReadError(f"{path} line {k}: expected 'u v' or 'node u x y', got {entry[:60]!r}")
        u, v = (_whole_name(path, k, end) for end in found.groups())
        first = first if edges else (k, entry)
        edges.append((u, v))
        names.setdefault(u, k)
        names.setdefault(v, k)
    _check_names(path, names)
    _check_first(path, edges, *first)
    return list(names), edges, place


def _whole_name(path: Path, line: int, text: str) -> str:
    """``text``, a whole number in plain digits. Raises ReadError for a number that cannot be a p-bit's."""
    if not is_real(text):
        return text
    value = real(path, line, text)
    _check_number(f"{path} line {line}", value, text)
    return str(int(value))


def _check_names(path: Path, names: dict[str, int]) -> None:
    """Raise ReadError with the line where numbers and other names mix: one of them is a header or a slip."""
    numbered = [name for name in names if is_whole(name)]
    others = [name for name in names if not is_whole(name)]
    if numbered and others:
        odd = others[0] if len(others) <= len(numbered) else numbered[0]
        rest = "numbers" if odd in others else "words"
        raise ReadError(
            f"{path} line {names[odd]}: {odd[:60]!r} names a p-bit where others are {rest}; a header begins with #"
        )


def _check_first(path: Path, edges: list[tuple[str, str]], line: int, entry: str) -> None:
    """Raise ReadError where the first line may be the size of the graph as well as a wire."""
    if len(edges) < 2 or not all(is_whole(part) for part in entry.split()):
        return
    n, m = int(edges[0][0]), int(edges[0][1])
    rest = {name for ends in edges[1:] for name in ends}
    if m == len(edges) - 1 and n in (len(rest), max(int(name) for name in rest), max(int(name) for name in rest) + 1):
        raise ReadError(
            f"{path} line {line}: '{n} {m}' may be a wire or the numbers of p-bits and wires; write # before a "
            f"header, and ({n}, {m}) for a wire"
        )
