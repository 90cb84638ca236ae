"""Levels: a problem over p-dits as one over their lines. A p-dit of k levels is k lines, the drawn one +1, the rest -1.

Enters: a dimod DiscreteQuadraticModel. Leaves: a BinaryQuadraticModel over (variable, level), and the lines' p-dits.
"""

from typing import Any

import numpy as np

from hwsim.errors import InputError
from hwsim.mapping.color import greedy_coloring
from hwsim.program import Network


def is_discrete(problem: Any) -> bool:
    """Whether ``problem`` is a dimod DiscreteQuadraticModel."""
    return hasattr(problem, "num_cases") and hasattr(problem, "get_linear")


def lines_of(model: Any) -> tuple[Any, np.ndarray]:
    """(BinaryQuadraticModel of vartype BINARY, pdit int32 (n,)): line (u, a) is one where variable u is at level a.

    Raises InputError for a variable of one case.
    """
    import dimod

    lines = dimod.BinaryQuadraticModel("BINARY")
    pdit: list[int] = []
    for u in model.variables:
        first = len(pdit)
        if model.num_cases(u) < 2:
            raise InputError(f"variable {u!r} has {model.num_cases(u)} case: a p-dit has at least two levels")
        for a, energy in enumerate(model.get_linear(u)):
            lines.add_linear((u, a), float(energy))
            pdit.append(first)
    place = {u: k for k, u in enumerate(model.variables)}
    for u in model.variables:
        for v in model.adj[u]:
            if place[u] < place[v]:
                for (a, b), energy in model.get_quadratic(u, v).items():
                    if energy:
                        lines.add_quadratic((u, a), (v, b), float(energy))
    lines.offset = float(model.offset)
    return lines, np.array(pdit, dtype=np.int32)


def pdit_coloring(network: Network, pdit: np.ndarray) -> np.ndarray:
    """int32 (n,): a colour of each line, that of its p-dit, no two coupled p-dits of one colour."""
    n = len(pdit)
    pairs = np.unique(pdit[network.rows].astype(np.int64) * n + pdit[network.indices])
    first, second = pairs // max(n, 1), pairs % max(n, 1)
    between = np.concatenate(([0], np.cumsum(np.bincount(first, minlength=n)))).astype(np.int64)
    return greedy_coloring(between, second.astype(np.int32))[pdit]
