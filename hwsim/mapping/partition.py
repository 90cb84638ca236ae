"""Partition: one network over several chips, few wires cut, p-bits spread evenly."""

from importlib import import_module
from numbers import Integral
from typing import Any

import numpy as np

from hwsim.errors import ArgumentError, InputError, MissingExtraError
from hwsim.program import Network


def check_parts(parts: int, n: int) -> None:
    """Raise InputError unless ``n`` p-bits can be split over so many chips."""
    if not 1 <= parts <= n:
        raise InputError(f"a problem of {n} p-bits goes on 1 to {n} chips, got {parts}")


def checked_parts(parts: Any, n: int) -> int | np.ndarray | None:
    """``parts`` of ``n`` p-bits as a number of chips, or as int32 (n,), the chip of each p-bit; None is none. Raises
    InputError."""
    if parts is None:
        return None
    if isinstance(parts, Integral) and not isinstance(parts, bool):
        check_parts(int(parts), n)
        return int(parts)
    try:
        part = np.asarray(parts)
    except ValueError:  # rows of several lengths
        part = np.zeros(0)
    if part.shape != (n,) or part.dtype.kind not in "iu" or part.min() < 0 or part.max() >= n:
        raise ArgumentError(
            f"parts must be a number of chips, or for each of the {n} p-bits a number of its chip from 0 to {n - 1}, "
            f"got {parts!r}"
        )
    return part.astype(np.int32)


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
