"""The least energy that a long anneal of ideal p-bits finds: a target where nobody knows the ground state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.analysis.ground import ground_state
from hwsim.anneal import linear
from hwsim.cell.model import PBit
from hwsim.chip.chip import Chip, Clock
from hwsim.errors import InputError
from hwsim.mapping.compile import compile, spin_network
from hwsim.problem.problem import coupling_sigma
from hwsim.session import run

READS = 1024
UPDATES = 6e9
"""Updates spent on the search: a few seconds where the couplings are small integers."""
_SWEEPS = (200, 20_000)
_TAU_S = 1e-9
MOST_WIDTH = 22
"""Width of a graph up to which a tree decomposition is tried; its tables take 2**width numbers each."""


@dataclass(frozen=True)
class BestFound:
    """The least energy, and how many of the reads ended there: few hits leave room for a lower one."""

    energy: float
    hits: int
    reads: int
    sweeps: int

    def __str__(self) -> str:
        return f"least of {self.reads} anneals of {self.sweeps} sweeps of ideal p-bits, found by {self.hits} of them"


def best_found(
    problem: Any, *, seed: int = 0, threads: int | None = None, progress: Callable[[float, int], None] | None = None
) -> BestFound:
    """Anneal ``problem`` (a Problem) on an ideal autonomous chip, linearly from 0.1 to 10 over its coupling scale."""
    ideal = Chip(name="ideal", title="", summary="", pbit=PBit(name="ideal", tau_s=_TAU_S), clock=Clock(kind="poisson"))
    program = compile(problem, ideal)
    sweeps = int(np.clip(UPDATES / READS / program.n_pbits, *_SWEEPS))
    scale = coupling_sigma(problem.bqm) or 1.0
    result = run(
        program, anneal=linear(0.1 / scale, 10 / scale, sweeps * _TAU_S), reads=READS, schedules=16, seed=seed,
        threads=threads, checkpoints=1, progress=progress,
    )  # fmt: skip
    least = float(result.energies.min())
    hits = int(np.sum(result.energies <= least + 1e-9 * max(1.0, abs(least))))
    return BestFound(least, hits, READS, sweeps)


def exact_energy(problem: Any) -> float:
    """The energy of the ground state of ``problem`` (a Problem), proved. Raises InputError where neither way ends.

    By tree decomposition where dwave-samplers is installed and the graph is narrow (a lattice of 20 x 200, say, of any
    couplings), else by branch and bound.
    """
    energy = narrow_energy(problem)
    if energy is not None:
        return energy
    _, network, offset, _ = spin_network(problem)
    found = ground_state(*network)
    if found is None:
        missing = not _has_solver()
        raise InputError(
            f"the ground state of {problem.name} was not proved by branch and bound: take --target best, or a number"
            + ("; for narrow graphs, pip install 'hwsim[exact]' may help" if missing else "")
        )
    return found.energy + offset


def narrow_energy(problem: Any) -> float | None:
    """The energy of the ground state by tree decomposition; None where the graph is wider than MOST_WIDTH or
    dwave-samplers is not installed."""
    if not _has_solver():
        return None
    import networkx
    from dwave.samplers import TreeDecompositionSolver

    if len(problem.bqm.quadratic) == 0:
        return None
    graph = networkx.Graph(list(problem.bqm.quadratic))
    if graph.number_of_edges() > MOST_WIDTH * len(graph):
        return None  # a graph of width w has at most w n edges
    width, _ = networkx.algorithms.approximation.treewidth_min_degree(graph)
    if width > MOST_WIDTH:
        return None
    try:
        return float(TreeDecompositionSolver().sample(problem.bqm, num_reads=1).first.energy)
    except ValueError:  # its own order of elimination is wider than it takes
        return None


def _has_solver() -> bool:
    from importlib.util import find_spec

    try:
        return find_spec("dwave.samplers") is not None
    except ModuleNotFoundError:
        return False
