"""Algorithms: updates per nanosecond of tempering, cluster moves, quantum and population annealing, beside other tools.

Enters: cases. Leaves: a row for each and each of its peers. All take the same +-J lattice and ladder; controllers,
exchanges and energies are in the time. Peers run in the same rounds, on one core; time is that of the processor, in
which what else the computer does counts least.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from hwsim.algorithm.outcome import Outcome
from hwsim.algorithm.population import population_annealing
from hwsim.algorithm.quantum import BETA, FIELD, quantum_annealing
from hwsim.algorithm.tempering import parallel_tempering
from hwsim.bench.peers import is_there
from hwsim.chip.library import chip
from hwsim.interrupt import CtrlC, Stopped
from hwsim.mapping.compile import compile as compile_program
from hwsim.problem.generate import generate
from hwsim.program import Program

GRAPH, SIDE = "ea3d:L=8,seed=1", 8
BETAS = np.linspace(0.2, 1.6, 17)
REPLICAS, READS, COPIES = 4, 64, 50
Rate = Callable[[Any, int], float]
"""Of (spin BQM, seed): updates of spins per nanosecond."""


def _tempering(program: Program, *, sweeps: int, cluster: bool, **how: Any) -> Outcome:
    return parallel_tempering(
        program, betas=BETAS, sweeps=sweeps, replicas=REPLICAS, reads=READS, cluster=cluster, **how
    )


def _quantum(program: Program, *, sweeps: int, **how: Any) -> Outcome:
    return quantum_annealing(program, sweeps=sweeps, copies=COPIES, reads=READS, **how)


def _population(program: Program, *, sweeps: int, **how: Any) -> Outcome:
    each = -(-sweeps // len(BETAS))
    return population_annealing(program, betas=BETAS, sweeps_per_step=each, population=1024, reads=4, **how)


def _peapods(cluster: bool) -> Rate:
    def rate(bqm: Any, seed: int) -> float:
        from peapods import Ising

        couplings = np.zeros((SIDE, SIDE, SIDE, 3), dtype=np.float32)
        for axis in range(3):
            for place in np.ndindex(SIDE, SIDE, SIDE):
                beside = list(place)
                beside[axis] = (place[axis] + 1) % SIDE
                pair = [int(np.ravel_multi_index(tuple(p), (SIDE,) * 3)) for p in (place, beside)]
                couplings[place][axis] = -bqm.get_quadratic(*pair)
        model = Ising((SIDE,) * 3, couplings=couplings, temperatures=1 / BETAS[::-1], n_replicas=REPLICAS)
        sweeps = 200
        began = time.process_time()
        model.sample(
            sweeps,
            sweep_mode="gibbs",
            pt_interval=1,
            overlap_cluster_update_interval=1 if cluster else None,
            sequential=True,
        )
        return float(sweeps * len(BETAS) * REPLICAS * SIDE**3 / (time.process_time() - began) / 1e9)

    return rate


def _path_integral(bqm: Any, seed: int) -> float:
    from dwave.samplers import PathIntegralAnnealingSampler

    reads, sweeps = 8, 500
    began = time.process_time()
    PathIntegralAnnealingSampler().sample(bqm, num_reads=reads, num_sweeps=sweeps, seed=seed)
    return reads * sweeps * bqm.num_variables / (time.process_time() - began) / 1e9


def _openjij(bqm: Any, seed: int) -> float:
    import openjij

    sweeps = 100
    sampler = openjij.SQASampler()
    began = time.process_time()
    sampler.sample(bqm, beta=BETA * COPIES, gamma=FIELD, num_sweeps=sweeps, trotter=COPIES, num_reads=1, seed=seed)
    return sweeps * COPIES * bqm.num_variables / (time.process_time() - began) / 1e9


PEERS: dict[str, tuple[str, Rate]] = {
    "peapods PT": ("peapods", _peapods(False)),
    "peapods PT+ICM": ("peapods", _peapods(True)),
    "dwave-samplers path integral": ("dwave.samplers", _path_integral),
    "openjij SQA": ("openjij", _openjij),
}
"""Module and rate of each. A path integral in continuous time updates the whole world line of a spin at once, here
counted as one update."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """``work`` runs an algorithm for some sweeps;  replicas : in words;  peers : names of PEERS."""

    name: str
    replicas: str
    work: Callable[..., Outcome]
    sweeps: int
    options: tuple[tuple[str, Any], ...] = ()
    peers: tuple[str, ...] = ()


_LADDER = f"{len(BETAS)} betas x {REPLICAS} x {READS} reads"
CASES = (
    Case(
        name="tempering",
        replicas=_LADDER,
        work=_tempering,
        sweeps=300,
        options=(("cluster", False),),
        peers=("peapods PT",),
    ),
    Case(
        name="cluster moves",
        replicas=_LADDER,
        work=_tempering,
        sweeps=300,
        options=(("cluster", True),),
        peers=("peapods PT+ICM",),
    ),
    Case(
        name="quantum annealing",
        replicas=f"{COPIES} copies x {READS} reads",
        work=_quantum,
        sweeps=300,
        peers=("dwave-samplers path integral", "openjij SQA"),
    ),
    Case(name="population", replicas="1024 x 4 reads", work=_population, sweeps=510),
)


def measure_algorithms(
    *,
    rounds: int = 3,
    threads: int = 1,
    engine: str = "auto",
    peers: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[dict[str, Any]]:
    """Rows of case, graph, replicas, engine, threads, updates_per_ns, peer, peer_updates_per_ns, ratio; medians.

    Each case has a row for each of its peers that is installed, or one row without a peer.
    """
    bqm = generate(GRAPH).bqm
    program = compile_program(bqm, chip("generic-all-to-all", clock="chromatic", tau="5 ns"))
    rows: list[dict[str, Any]] = []
    with CtrlC() as ctrl_c:
        for number, case in enumerate(CASES):
            with ctrl_c.part():
                told = None if progress is None else partial(progress, number, len(CASES), case.name)
                there = [name for name in case.peers if peers and is_there(PEERS[name][0])]
                rows += _timed(case, program, bqm, there, rounds=rounds, threads=threads, engine=engine, tell=told)
            if ctrl_c.heard:
                break
    return rows


def _timed(
    case: Case,
    program: Program,
    bqm: Any,
    there: list[str],
    *,
    rounds: int,
    threads: int,
    engine: str,
    tell: Callable[[], None] | None,
) -> list[dict[str, Any]]:
    """The rows of one case. Raises Stopped."""
    own: list[float] = []
    others: dict[str, list[float]] = {name: [] for name in there}
    how = dict(case.options) | {"threads": threads, "engine": engine}
    case.work(program, sweeps=2, seed=0, **how)  # kernels load
    for round_ in range(rounds):
        if tell is not None:
            tell()
        began = time.process_time()
        found = case.work(program, sweeps=case.sweeps, seed=round_, **how)
        if found.interrupted:
            raise Stopped
        own.append(found.updates / (time.process_time() - began) / 1e9)
        for name in there:
            others[name].append(PEERS[name][1](bqm, round_))
    row = {"case": case.name, "graph": GRAPH, "replicas": case.replicas, "engine": found.engine, "threads": threads}
    row["updates_per_ns"] = rate = statistics.median(own)
    if not there:
        return [row | {"peer": None, "peer_updates_per_ns": None, "ratio": None}]
    medians = {name: statistics.median(rates) for name, rates in others.items()}
    return [row | {"peer": name, "peer_updates_per_ns": each, "ratio": rate / each} for name, each in medians.items()]
