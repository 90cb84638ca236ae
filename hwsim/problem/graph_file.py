"""Graphs as problems: GraphML, GML, DIMACS ``.col``, METIS ``.graph``.

Enters: the text of a file and what the graph means. Leaves: a Problem. GraphML and GML may hold weights of edges and
biases of nodes (see `hwsim.problem.carrier`). A graph of DIMACS or METIS is meant to be coloured or cut into parts,
which is another problem: it is read as a max-cut where the user says so, and refused otherwise.
"""

import re
from pathlib import Path

import numpy as np

from hwsim.errors import ReadError
from hwsim.graphs import gml, graphml
from hwsim.problem.carrier import Entries, of_graph
from hwsim.problem.problem import Problem, check_size
from hwsim.problem.reading import read_as, read_or_refuse
from hwsim.text import count, real, stem

_DIMACS = re.compile(r"^p[ \t]+(?:edges?|col)\b", re.MULTILINE)


def is_dimacs_graph(text: str) -> bool:
    """Whether a line of ``text`` begins with ``p edge`` or ``p col``."""
    return _DIMACS.search(text) is not None


def is_gml(text: str) -> bool:
    """Whether ``text`` holds a GML graph."""
    return re.search(r"^\s*graph\s*\[", text, re.MULTILINE) is not None


def read_graphml(path: Path, text: str, as_: str | None) -> Problem:
    """The graph in GraphML. Raises ReadError."""
    return read_or_refuse(of_graph(graphml(path, text), str(path), refuse=ReadError), as_, name=stem(path))


def read_gml(path: Path, text: str, as_: str | None) -> Problem:
    """The graph in GML. Raises ReadError."""
    return read_or_refuse(of_graph(gml(path, text), str(path), refuse=ReadError), as_, name=stem(path))


def read_dimacs_graph(path: Path, text: str, as_: str | None) -> Problem:
    """Max-cut of weights 1 of a DIMACS graph: ``p edge nodes edges``, then ``e i j``. Some files name each edge in both
    directions, and count either. Raises ReadError."""
    _only_max_cut(path, as_, "a graph to be coloured (DIMACS)")
    header: tuple[int, int, int] | None = None
    lines: dict[tuple[int, int], int] = {}
    for k, line in enumerate(text.split("\n"), 1):
        parts = line.split()
        if not parts or parts[0] in ("c", "n"):  # a comment, the colour or weight of a node
            continue
        if parts[0] == "p" and len(parts) == 4 and header is None:
            header = (k, count(path, k, parts[2]), count(path, k, parts[3]))
            check_size(path, k, header[1])
        elif parts[0] == "e" and len(parts) == 3 and header is not None:
            i, j = count(path, k, parts[1]), count(path, k, parts[2])
            if i == j or not (1 <= i <= header[1] and 1 <= j <= header[1]):
                raise ReadError(f"{path} line {k}: an edge joins two nodes of 1..{header[1]}, got {i} {j}")
            if (i, j) in lines:
                raise ReadError(f"{path} line {k}: the edge {i} {j} is already in line {lines[i, j]}")
            lines[i, j] = k
        else:
            raise ReadError(f"{path} line {k}: expected one 'p edge nodes edges' and then 'e i j', got {line[:60]!r}")
    if header is None:
        raise ReadError(f"{path} has no line 'p edge nodes edges'")
    edges = {(min(ends), max(ends)): 1.0 for ends in lines}
    if header[2] not in (len(lines), len(edges)):
        raise ReadError(f"{path} line {header[0]} promises {header[2]} edges, found {len(lines)}")
    return _cut(path, header[1], edges)


def read_metis(path: Path, text: str, as_: str | None) -> Problem:
    """Max-cut of a METIS graph: ``nodes edges [fmt [ncon]]``, then the neighbours of each node, with the weights of
    edges where fmt says so. Raises ReadError."""
    _only_max_cut(path, as_, "a graph to be cut into parts (METIS)")
    lines = text.removesuffix("\n").split("\n")  # an empty line is a node without neighbours
    rows = [(k, line.split()) for k, line in enumerate(lines, 1) if not line.lstrip().startswith("%")]
    while rows and not rows[0][1]:
        rows.pop(0)
    first, head = rows[0] if rows else (1, [])
    numbers = [count(path, first, part) for part in head]
    fmt = head[2].zfill(3) if len(head) > 2 else "000"
    if len(head) not in (2, 3, 4) or not re.fullmatch("[01]{3}", fmt):
        raise ReadError(f"{path} line {first}: the header must be 'nodes edges [fmt [ncon]]', got {' '.join(head)!r}")
    n, m = numbers[:2]
    check_size(path, first, n)
    before = (fmt[0] == "1") + (numbers[3] if len(head) == 4 else 1) * (fmt[1] == "1")
    step = 1 + (fmt[2] == "1")
    body = rows[1:]
    while len(body) > n and not body[-1][1]:
        body.pop()
    if len(body) != n:
        raise ReadError(f"{path} line {first} promises {n} nodes, found {len(body)} lines")
    edges: dict[tuple[int, int], float] = {}
    for node, (k, parts) in enumerate(body, 1):
        for at in range(before, len(parts), step):
            other = count(path, k, parts[at])
            if other == node or not 1 <= other <= n or at + step > len(parts) or (node, other) in edges:
                raise ReadError(f"{path} line {k}: node {node} must list other nodes of 1..{n} once, got {other}")
            edges[node, other] = real(path, k, parts[at + 1]) if step == 2 else 1.0
    for (i, j), weight in edges.items():
        if edges.get((j, i)) != weight:
            raise ReadError(f"{path} line {body[i - 1][0]}: node {i} lists {j}, and node {j} lists {i} otherwise")
    once = {(i, j): weight for (i, j), weight in edges.items() if i < j}
    if len(once) != m:
        raise ReadError(f"{path} line {first} promises {m} edges, found {len(once)}")
    return _cut(path, n, once)


def _only_max_cut(path: Path, as_: str | None, what: str) -> None:
    if as_ is None:
        raise ReadError(f"{path} holds {what}, and no problem that hwsim reads: --as max-cut reads it as a max-cut")
    if as_ != "max-cut":
        raise ReadError(f"{path} holds {what}: --as {as_} does not apply, --as max-cut reads it as a max-cut")


def _cut(path: Path, n: int, edges: dict[tuple[int, int], float]) -> Problem:
    """Max-cut over the nodes 1..n."""
    ends = np.array(list(edges), dtype=np.int64).reshape(-1, 2) - 1
    entries = Entries(
        labels=list(range(1, n + 1)),
        rows=ends[:, 0],
        columns=ends[:, 1],
        values=np.array(list(edges.values()), dtype=np.float64),
        where=str(path),
        form="list",
        refuse=ReadError,
    )
    return read_as(entries, "max-cut", name=stem(path))
