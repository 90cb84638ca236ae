"""The least energy that long anneals of ideal p-bits find: a target where nobody knows the ground state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.anneal import linear
from hwsim.cell.model import PBit
from hwsim.chip.chip import Chip, Clock
from hwsim.interrupt import Stopped
from hwsim.mapping.compile import compile
from hwsim.problem.problem import input_sigma
from hwsim.session import run

READS = 1024
UPDATES = 6e9
"""How many updates the search spends: a few seconds where the couplings are small integers."""
_SWEEPS = (200, 20_000)
_TAU_S = 1e-9


@dataclass(frozen=True)
class BestFound:
    """The least energy, and how many of the reads ended there; with few hits a lower energy may exist."""

    energy: float
    hits: int
    reads: int
    sweeps: int

    def __str__(self) -> str:
        return f"least of {self.reads} anneals of {self.sweeps} sweeps of ideal p-bits, found by {self.hits} of them"


def best_found(
    problem: Any, *, seed: int = 0, threads: int | None = None, progress: Callable[[float, int], None] | None = None
) -> BestFound:
    """Anneal ``problem`` (a Problem) on an ideal chromatic chip, linearly from 0.1 to 10 over its sigma.

    Its reads are independent, so that all of them share one schedule: ten times as fast as a Poisson clock with enough
    schedules, and as good. Raises Stopped.
    """
    clock = Clock(kind="chromatic")
    ideal = Chip(name="ideal", title="", summary="", pbit=PBit(name="ideal", tau_s=_TAU_S), clock=clock)
    program = compile(problem, ideal)
    sweeps = int(np.clip(UPDATES / READS / program.n_pbits, *_SWEEPS))
    scale = input_sigma(problem.bqm)
    result = run(
        program,
        anneal=linear(0.1 / scale, 10 / scale, sweeps * _TAU_S),
        reads=READS,
        schedules=1,
        seed=seed,
        threads=threads,
        checkpoints=1,
        progress=progress,
    )
    if result.interrupted:
        raise Stopped
    least = float(result.energies.min())
    hits = int(np.sum(program.reached(result.energies, least)))
    return BestFound(least, hits, READS, sweeps)
