"""Graphs from files: GraphML, GML and node-link JSON, as networkx reads them.

Enters: the text of a file, or the document that it holds. Leaves: a networkx graph. Nodes that are whole numbers in
every name are numbers, also where the format holds text.
"""

import re
import warnings
from pathlib import Path
from typing import Any

from hwsim.errors import ReadError
from hwsim.text import is_whole


def graphml(path: Path, text: str) -> Any:
    """The graph in GraphML. Raises ReadError."""
    import networkx

    return _read(path, "GraphML", lambda: networkx.parse_graphml(text))


def gml(path: Path, text: str) -> Any:
    """The graph in GML, its nodes by label, or by id where they have no labels. Raises ReadError."""
    import networkx

    labelled = "label" in text.split()
    return _read(path, "GML", lambda: networkx.parse_gml(text, label="label" if labelled else "id"))


def node_link(path: Path, document: dict[str, Any]) -> Any:
    """The graph in node-link JSON, whose edges are called ``links`` or ``edges``. Raises ReadError."""
    import networkx

    key = "links" if "links" in document else "edges"
    return _read(path, "node-link JSON", lambda: networkx.node_link_graph(document, edges=key))


def is_node_link(document: Any) -> bool:
    """Whether ``document`` has nodes as networkx writes them, and their edges."""
    if not (isinstance(document, dict) and isinstance(document.get("nodes"), list)):
        return False
    edges = document.get("links", document.get("edges"))
    entries = [*document["nodes"], *(edges if isinstance(edges, list) else [None])]
    return all(isinstance(entry, dict) for entry in entries)


def _read(path: Path, name: str, parse: Any) -> Any:
    import networkx

    try:
        with warnings.catch_warnings():  # what is wrong is refused, or read as networkx reads it
            warnings.simplefilter("ignore")
            graph = parse()
    except Exception as error:
        found = re.search(r"line (\d+)|at \((\d+), ", str(error))  # as expat and networkx say
        where = "" if found is None else f" line {found.group(1) or found.group(2)}"
        raise ReadError(f"{path}{where} is not readable {name}") from None
    if all(isinstance(node, str) and is_whole(node) for node in graph) and len({int(node) for node in graph}) == len(
        graph
    ):
        graph = networkx.relabel_nodes(graph, {node: int(node) for node in graph})
    return graph
