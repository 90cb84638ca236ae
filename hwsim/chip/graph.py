"""A user's own graph of wires, with positions where the file has them.

Enters: a file. Leaves: a Graph. GraphML, GML and node-link JSON through networkx, or a text of lines ``u v`` (a wire)
and ``node u x y`` (a position in cell pitches).
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import InputError, ReadError


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
    """The graph in ``path``. Whole-number names are the numbers of the p-bits; other names are numbered in the order of
    the file. Positions are node attributes ``x`` and ``y``, or ``pos``. Raises ReadError."""
    path = Path(path)
    readers = {".graphml": _graphml, ".gml": _gml, ".json": _node_link}
    try:
        names, edges, place = readers.get(path.suffix.lower(), _edge_list)(path)
    except FileNotFoundError:
        raise ReadError(f"no such graph file: {path}") from None
    except OSError as error:
        raise ReadError(f"cannot read graph {path}: {error.strerror}") from None
    except InputError:
        raise
    except Exception as error:
        raise ReadError(f"{path} is not a graph that networkx reads ({error})") from None
    if not names or not edges:
        raise ReadError(f"{path} holds no wires")
    texts = [str(name) for name in names]
    numbered = all(text.isdecimal() for text in texts) and len({int(text) for text in texts}) == len(texts)
    number = {name: int(text) if numbered else k for k, (name, text) in enumerate(zip(names, texts, strict=True))}
    if max(number.values()) >= 2**31:
        raise ReadError(f"{path} names p-bit {max(number.values())}; numbers end at 2147483647")
    order = sorted(names, key=lambda name: number[name])
    ends = np.array([(number[u], number[v]) for u, v in edges], dtype=np.int64)
    if np.any(ends[:, 0] == ends[:, 1]):
        raise ReadError(f"{path} joins p-bit {int(ends[ends[:, 0] == ends[:, 1]][0, 0])} to itself")
    where = None
    if place:
        without = [name for name in order if name not in place]
        if without:
            raise ReadError(f"{path} gives some p-bits a position but not {without[0]!r}")
        where = np.array([place[name] for name in order], dtype=np.float64)
        if not np.all(np.isfinite(where)):
            raise ReadError(f"{path} holds a position that is not finite")
    return Graph(np.array([number[name] for name in order]), np.unique(np.sort(ends, axis=1), axis=0), where)


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


def _graphml(path: Path) -> Parts:
    import networkx

    return _parts(networkx.read_graphml(path))


def _gml(path: Path) -> Parts:
    import networkx

    return _parts(networkx.read_gml(path))


def _node_link(path: Path) -> Parts:
    import networkx

    data = json.loads(path.read_text(encoding="utf-8"))
    return _parts(networkx.node_link_graph(data, edges="links" if "links" in data else "edges"))


def _edge_list(path: Path) -> Parts:
    names: dict[str, None] = {}
    edges, place = [], {}
    for k, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        parts = line.split()
        if not parts or parts[0].startswith("#"):
            continue
        if parts[0] == "node" and len(parts) == 4:
            try:
                place[parts[1]] = (float(parts[2]), float(parts[3]))
            except ValueError:
                raise ReadError(f"{path} line {k}: a position is two numbers, got {' '.join(parts[2:])!r}") from None
            names[parts[1]] = None
        elif len(parts) == 2:
            edges.append((parts[0], parts[1]))
            names |= dict.fromkeys(parts)
        else:
            raise ReadError(f"{path} line {k}: expected 'u v' or 'node u x y', got {line.strip()[:60]!r}")
    return list(names), edges, place
