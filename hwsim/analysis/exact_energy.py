"""The exact ground energy of a small problem, proved by tree decomposition where the graph is narrow, else by Russian
doll search: branch and bound whose bounds are smaller problems.

Enters: a network of up to some 60 dense or 150 sparse spins, or a Problem. Leaves: its least energy, and a state that
has it. The search solves the last k spins alone for k = 1, 2, ..., n; the energy of the open spins is at least their
own least energy minus the sum of the |fields| on them (Verfaillie, Lemaitre, Schiex, AAAI 1996).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from hwsim.analysis import tree_decomposition
from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.jit import njit
from hwsim.mapping.compile import spin_network
from hwsim.mapping.layout import breadth_first
from hwsim.problem.problem import own_energies, terms_of
from hwsim.program import rows_of
from hwsim.rounding import indistinct, power_of_two, rounding

MOST_WIDTH = 22
"""Width of a graph up to which a tree decomposition is tried; its tables take 2**width numbers each."""

MOST_SPINS = 2000
"""Spins that are searched: their couplings are a matrix, and their least energy is hardly ever proved."""
_AT_ONCE = 100_000_000
"""Values tried between two looks at Ctrl-C, times spins: a tenth of a second."""


@dataclass(frozen=True, kw_only=True)
class GroundState(Shown):
    """energy : least energy, without a problem's offset;  state : int8 (n,), +-1;  nodes : values tried."""

    energy: float
    state: np.ndarray
    nodes: int


@named
def ground_state(
    bias: np.ndarray, indptr: np.ndarray, indices: np.ndarray, weight: np.ndarray, *, max_nodes: int = 200_000_000
) -> GroundState | None:
    """The ground state of E = sum h s + sum_{i<j} J s s, or None where ``max_nodes`` values do not prove one, and for
    more than MOST_SPINS.

    bias : float64 (n,); indptr : int (n+1,); indices, weight : (m,), each coupling in both rows.
    """
    n = len(bias)
    if n > MOST_SPINS:
        return None
    order = breadth_first(n, indptr, indices)
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n)
    # spin n carries the biases: it is +1, the last to be numbered and the first to be set
    j = np.zeros((n + 1, n + 1))
    j[place[rows_of(indptr)], place[indices]] = weight
    j[n, place] = j[place, n] = bias
    slack = rounding(np.triu(j))
    j, work = np.ascontiguousarray(j[::-1, ::-1]), _work(n + 1)
    while not _search(j, work, slack, min(int(work.at[2]) + _AT_ONCE // (n + 1) + 1, max_nodes)):
        if work.at[2] >= max_nodes:
            return None
    spins = (work.state * work.state[0])[::-1][:n]
    return GroundState(energy=float(work.least[0]), state=spins[place].astype(np.int8), nodes=int(work.at[2]))


@named
def exact_energy(problem: Any) -> float:
    """The energy of the ground state of ``problem`` (a Problem), proved. Raises InputError where neither method ends.

    By tree decomposition where dwave-samplers is installed and the graph is narrow (a lattice of 16 x 60, say, of any
    couplings), else by branch and bound.
    """
    _check_told_apart(problem)
    energy = narrow_energy(problem)
    if energy is not None:
        return energy
    _, network, _, vartype = spin_network(problem)
    found = ground_state(*network)
    if found is None:
        limit = f", which takes at most {MOST_SPINS} spins" if network.n > MOST_SPINS else ""
        raise InputError(
            f"the ground state of {problem.name} was not proved by branch and bound{limit}: take --target best, or a "
            "number"
            + ("" if tree_decomposition.is_there() else "; for narrow graphs, pip install 'hwsim[exact]' may help")
        )
    state = found.state if vartype == "SPIN" else (found.state + 1) // 2
    return float(own_energies(problem, state[None])[0])


def _check_told_apart(problem: Any) -> None:
    """Raise InputError where float64 cannot tell energies of the whole sum apart, on which both methods rest."""
    whole = rounding(*terms_of(problem.bqm))
    counted = problem.bqm if problem.parts is None else problem.parts[0]
    reach = [
        abs(bias) + sum(abs(coupling) for _, coupling in counted.iter_neighborhood(v))
        for v, bias in counted.linear.items()
    ]
    why = indistinct(np.array(reach), whole)
    if why is not None:
        raise InputError(f"the ground state of {problem.name} cannot be proved: {why}")


def narrow_energy(problem: Any) -> float | None:
    """The energy of the ground state by tree decomposition; None where the graph is wider than MOST_WIDTH, its tables
    do not fit into memory, or dwave-samplers is not installed."""
    values = np.concatenate([np.ravel(part) for part in terms_of(problem.bqm)[:2]])
    found = tree_decomposition.least_state(problem.bqm, width=MOST_WIDTH, unit=power_of_two(values))
    if found is None:
        return None
    state = np.array([[found[v] for v in problem.bqm.variables]], dtype=np.int8)
    return float(own_energies(problem, state)[0])


class _Work(NamedTuple):
    """A search that goes on from call to call.

    at : int64 (3,), first spin of the subproblem, depth, values tried;  best : float64 (1,), of the subproblem
    least : float64 (n+1,), of the subproblems solved;  state, spins : float64 (n,), the best one and the one tried
    field : float64 (n+1, n);  energy : float64 (n+1,);  tried : int64 (n+1,)
    """

    at: np.ndarray
    best: np.ndarray
    least: np.ndarray
    state: np.ndarray
    spins: np.ndarray
    field: np.ndarray
    energy: np.ndarray
    tried: np.ndarray


def _work(n: int) -> _Work:
    return _Work(
        at=np.array([n, n, 0], dtype=np.int64),
        best=np.zeros(1),
        least=np.zeros(n + 1),
        state=np.ones(n),
        spins=np.ones(n),
        field=np.zeros((n + 1, n)),
        energy=np.zeros(n + 1),
        tried=np.zeros(n + 1, dtype=np.int64),
    )


@njit(nogil=True)
def _begin(j, work):
    """The next subproblem, of one spin more, which stands at depth n where the last one is solved."""
    n = len(j)
    first, state = work.at[0] - 1, work.state
    # the search must improve on the previous solution with the new spin added
    pull = 0.0
    for i in range(first + 1, n):
        pull += j[first, i] * state[i]
    if pull > 0:
        for i in range(first + 1, n):
            state[i] = -state[i]
    state[first] = 1.0
    work.best[0] = work.least[first + 1] - abs(pull)
    work.spins[first] = 1.0
    for i in range(first + 1, n):
        work.field[first + 1, i] = j[first, i]
    work.energy[first + 1] = 0.0
    work.tried[first + 1] = 0
    work.at[0], work.at[1] = first, first + 1


@njit(nogil=True)
def _search(j, work, slack, until):
    """Search on in couplings j (n, n), the last k spins for k = 1 ... n, until ``until`` values are tried. Returns
    whether all is proved; work.least[0] is then the least energy, work.state has it.

    slack : rounding of the sums
    """
    n = len(j)
    at, best, least, state, spins, field, energy, tried = work
    while True:
        first, depth = at[0], at[1]
        if depth <= first or first == n:
            if first < n:
                least[first] = best[0]
                if first == 0:
                    return True
            _begin(j, work)
            continue
        if at[2] >= until:
            return False
        if depth == n:
            if energy[n] < best[0]:
                best[0] = energy[n]
                state[first:] = spins[first:]
            at[1] -= 1
            continue
        if tried[depth] == 2:
            at[1] -= 1
            continue
        value = -1.0 if field[depth, depth] > 0 else 1.0
        if tried[depth] == 1:
            value = -value
        tried[depth] += 1
        at[2] += 1
        reached = energy[depth] + value * field[depth, depth]
        open_ = 0.0
        for i in range(depth + 1, n):
            x = field[depth, i] + value * j[depth, i]
            field[depth + 1, i] = x
            open_ += abs(x)
        # a tie within rounding is no improvement
        if reached + least[depth + 1] - open_ < best[0] - slack:
            spins[depth] = value
            energy[depth + 1] = reached
            at[1] += 1
            tried[depth + 1] = 0
