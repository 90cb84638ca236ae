"""Tree decomposition by dwave-samplers: exact for graphs that are narrow, in a process of its own where it takes long.

Enters: a dimod BQM. Leaves: a state of least energy, or ln Z; None where the graph is wider than asked for, its tables
do not fit into memory, or dwave-samplers is missing. The library runs no Python while it works and hears no Ctrl-C, so
what takes longer than a second runs in a child, which ends with this process.
"""

import pickle
import subprocess
import sys
from heapq import heapify, heappop, heappush
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from hwsim.interrupt import ended_with_this, python_calling
from hwsim.mapping.layout import breadth_first
from hwsim.memory import available

_AT_ONCE = 1e7
"""Numbers of all tables that this process makes itself, in a second at most."""
_PER_NUMBER = {"least_state": 16, "log_partition": 4}
"""Bytes that are taken at least, as measured (1e7 to 4e7 numbers of lattices, cubes, complete and random graphs)."""


class Order(NamedTuple):
    """An order in which variables are eliminated, and the numbers that the tables along it hold."""

    variables: list
    numbers: float


def is_there() -> bool:
    """Whether dwave-samplers is installed."""
    try:
        return find_spec("dwave.samplers") is not None
    except ModuleNotFoundError:
        return False


def least_state(bqm: Any, *, width: int, unit: float) -> dict[Any, int] | None:
    """A state of least energy, by variable; None where the graph is wider than ``width``. unit : of energy, in which
    the library adds"""
    return _asked("least_state", bqm, width, unit)


def log_partition(bqm: Any, beta: float, *, width: int) -> float | None:
    """ln Z at ``beta``; None where the graph is wider than ``width``."""
    return _asked("log_partition", bqm, width, beta)


def narrow_order(bqm: Any, width: int) -> Order | None:
    """The order of fewer numbers among two: breadth first, and by least degree; None where a variable of each has more
    than ``width`` neighbours when its turn comes."""
    if bqm.num_interactions > width * bqm.num_variables:
        return None  # a graph of this width has no more
    found = [_by_degree(_near(bqm), width), _breadth_first(_near(bqm), width)]
    return min((each for each in found if each is not None), key=lambda each: each.numbers, default=None)


def _near(bqm: Any) -> dict[Any, set]:
    """The neighbours of each variable."""
    return {v: set(bqm.adj[v]) for v in bqm.variables}


def _by_degree(near: dict[Any, set], width: int) -> Order | None:
    names = list(near)
    place = {v: k for k, v in enumerate(names)}
    waiting = [(len(near[v]), k) for v, k in place.items()]
    heapify(waiting)
    order, numbers = [], 0.0
    while waiting:
        degree, k = heappop(waiting)
        v = names[k]
        if v not in near or degree != len(near[v]):
            continue  # an older entry
        if degree > width:
            return None
        order.append(v)
        numbers += 2.0 ** (degree + 1)
        for u in _eliminated(near, v):
            heappush(waiting, (len(near[u]), place[u]))
    return Order(order, numbers)


def _breadth_first(near: dict[Any, set], width: int) -> Order | None:
    names = list(near)
    place = {v: k for k, v in enumerate(names)}
    indptr = np.cumsum([0, *map(len, near.values())])
    indices = np.array([place[u] for found in near.values() for u in found], dtype=np.int64)
    order, numbers = [names[k] for k in breadth_first(len(names), indptr, indices).tolist()], 0.0
    for v in order:
        if len(near[v]) > width:
            return None
        numbers += 2.0 ** (len(near[v]) + 1)
        _eliminated(near, v)
    return Order(order, numbers)


def _eliminated(near: dict[Any, set], v: Any) -> set:
    """Take ``v`` out of the graph, and join all its neighbours, which are returned."""
    around = near.pop(v)
    for u in around:
        near[u] |= around
        near[u] -= {u, v}
    return around


def _asked(what: str, bqm: Any, width: int, *more: Any) -> Any:
    """The answer of the function ``what`` below, from this process or a child."""
    if not is_there():
        return None
    found = narrow_order(bqm, width)
    if found is None or not found.variables:
        return None
    most = available()
    if most is not None and _PER_NUMBER[what] * found.numbers > most:
        return None
    if found.numbers <= _AT_ONCE:
        return _HOW[what](bqm, found.variables, *more)
    plain, names = bqm.relabel_variables_as_integers(inplace=False)
    place = {v: k for k, v in enumerate(bqm.variables)}
    answer = _in_child(what, plain, [place[v] for v in found.variables], *more)
    return {names.get(k, k): value for k, value in answer.items()} if isinstance(answer, dict) else answer


def _least_state(bqm: Any, order: list, unit: float) -> dict[Any, int]:
    from dwave.samplers import TreeDecompositionSolver

    bqm = bqm.copy()
    bqm.scale(1 / unit)
    found = TreeDecompositionSolver().sample(bqm, num_reads=1, elimination_order=order)
    return {v: int(value) for v, value in found.first.sample.items()}


def _log_partition(bqm: Any, order: list, beta: float) -> float:
    from dwave.samplers import TreeDecompositionSampler

    found = TreeDecompositionSampler().sample(bqm, num_reads=1, beta=beta, marginals=False, elimination_order=order)
    return float(found.info["log_partition_function"])


_HOW = {"least_state": _least_state, "log_partition": _log_partition}
_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux."""


def _in_child(*asked: Any) -> Any:
    """The answer of a child to ``asked``; None where it ended without one, as where its memory was too little."""
    with (
        subprocess.Popen(
            python_calling(__name__, "answer"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for this process, which ends the child
        ) as child,
        ended_with_this(child),
    ):
        said, _ = child.communicate(pickle.dumps(asked))
    return pickle.loads(said) if child.returncode == 0 else None


def answer() -> None:
    """In the child: read what is asked, write the answer."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, 9)  # its parent may be killed
    what, bqm, order, *more = pickle.load(sys.stdin.buffer)
    sys.stdout.buffer.write(pickle.dumps(_HOW[what](bqm, order, *more)))
