"""Best cuts on record, found by the content of a graph and never by its name."""

import hashlib
import tomllib
from functools import cache
from pathlib import Path

import numpy as np


def fingerprint(n: int, rows: np.ndarray, columns: np.ndarray, weights: np.ndarray) -> str:
    """16 hex digits of the graph: node count and sorted (low, high, weight) triples."""
    low, high = np.minimum(rows, columns).astype(np.int64), np.maximum(rows, columns).astype(np.int64)
    order = np.lexsort((high, low))
    digest = hashlib.sha256(f"{n}:".encode())
    for array in (low[order], high[order], np.asarray(weights, dtype=np.float64)[order]):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


@cache
def _table() -> dict:
    with (Path(__file__).parent / "known.toml").open("rb") as file:
        return {entry["fingerprint"]: entry for entry in tomllib.load(file)["graph"]}


def best_known_cut(n: int, rows: np.ndarray, columns: np.ndarray, weights: np.ndarray) -> dict | None:
    """The entry {name, cut, source, exact} of a graph on record, or None."""
    return _table().get(fingerprint(n, rows, columns, weights))
