"""Partition: one network over several chips, few wires cut, p-bits spread evenly."""

from importlib import import_module

import numpy as np

from hwsim.errors import InputError, MissingExtraError
from hwsim.program import Network


def check_parts(parts: int, n: int) -> None:
    """Raise InputError unless ``n`` p-bits can be split over so many chips."""
    if not 1 <= parts <= n:
        raise InputError(f"a problem of {n} p-bits goes on 1 to {n} chips, got {parts}")


def partition(network: Network, parts: int) -> np.ndarray:
    """int32 (n,): the chip of each p-bit, by METIS (Karypis and Kumar 1998). Raises InputError, MissingExtraError."""
    n = len(network.bias)
    check_parts(parts, n)
    if parts == 1:
        return np.zeros(n, dtype=np.int32)
    try:
        metis = import_module("pymetis")
    except ImportError:
        raise MissingExtraError("splitting over chips needs the package pymetis: pip install 'hwsim[graphs]'") from None
    neighbours = [row.tolist() for row in np.split(network.indices, network.indptr[1:-1])]
    _, part = metis.part_graph(parts, adjacency=neighbours)
    return np.array(part, dtype=np.int32)


def cut_wires(network: Network, part: np.ndarray) -> np.ndarray:
    """bool (m,): connections whose ends lie on two chips."""
    rows = network.rows
    return part[rows] != part[network.indices]
