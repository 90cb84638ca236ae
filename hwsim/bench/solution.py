"""Time to an estimate: how long hwsim and its peers take to find a time to solution equally well.

Enters: a graph, an anneal and a relative width of the 95 % interval of TTS99. Leaves: for each tool, how many reads and
seconds of processor time its estimate took. All tools take the same network, betas and number of sweeps.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwsim.analysis.tts import TimeToSolution, time_to_solution
from hwsim.anneal import linear
from hwsim.bench.peers import sampled
from hwsim.chip.library import chip
from hwsim.errors import InputError
from hwsim.experiment.best import best_found
from hwsim.interrupt import Stopped
from hwsim.mapping.compile import compile as compile_program
from hwsim.problem.problem import input_sigma
from hwsim.problem.read import read
from hwsim.rounding import reached
from hwsim.session import run
from hwsim.units import seconds

TAU = "5 ns"
GRAPH, SWEEPS, WIDTH, BUDGET_S = "ea3d:L=10,seed=1", 10_000, 0.5, 300.0
OWN = "hwsim"
_BATCH, _PEER_BATCH = 1024, 32
_LEAST_HITS = 5
"""With fewer successes the interval is too wide and too random to stop at."""

Sample = Callable[[int, int], np.ndarray]


@dataclass(kw_only=True)
class Series:
    """One tool: ``sample(reads, seed)`` returns final energies. energies, seconds : so far
    rounding : of the energies of the problem"""

    name: str
    sample: Sample
    batch: int
    rounding: float = 0.0
    seconds: float = 0.0
    energies: list[np.ndarray] = field(default_factory=list)

    def step(self) -> None:
        """Run one more batch of reads."""
        began = time.process_time()
        found = self.sample(self.batch, len(self.energies))
        self.seconds += time.process_time() - began
        self.energies.append(found)

    def is_done(self, target: float, length_s: float, width: float, budget_s: float) -> bool:
        """Whether the interval is narrow enough or the budget of seconds is spent."""
        if not self.energies:
            return False
        return self.seconds >= budget_s or relative_width(self.estimate(target, length_s)) <= width

    @property
    def least(self) -> float:
        """The least energy so far."""
        return min((float(e.min()) for e in self.energies), default=math.inf)

    def estimate(self, target: float, length_s: float) -> TimeToSolution:
        """TTS99 of all reads so far."""
        success = reached(np.concatenate(self.energies), target, self.rounding)
        return time_to_solution(success, np.arange(len(success)), length_s)


def relative_width(found: TimeToSolution) -> float:
    """Width of the 95 % interval of TTS99 over TTS99; inf where there are too few successes."""
    low, high = found.tts_ci_s
    if high is None or found.n_success < _LEAST_HITS:
        return math.inf
    return (high - low) / found.tts_s


def measure_solution(
    *,
    graph: str = GRAPH,
    sweeps: int = SWEEPS,
    width: float = WIDTH,
    budget_s: float = BUDGET_S,
    threads: int = 1,
    engine: str = "auto",
    peers: bool = False,
    progress: Callable[[str, float, float], None] | None = None,
) -> list[dict]:
    """Rows of tool, reads, hits, p_success, tts99_sweeps and its interval, width, seconds, ratio (peer over hwsim).

    The target is the least energy that any tool, or a search before, has found. A tool runs until its interval is
    ``width`` wide or ``budget_s`` is spent; ``reached`` tells which, and where the budget ended it the ratio is a lower
    bound. progress : called with (tool, width, seconds). Raises InputError and Stopped.
    """
    if not (width > 0 and sweeps >= 1 and budget_s > 0):
        raise InputError("width, sweeps and budget must be positive")
    problem = read(graph)
    machine = chip("generic-all-to-all", clock="chromatic", tau=TAU, delay="0 s")
    program = compile_program(problem, machine)
    beta = 10 / input_sigma(problem.bqm)
    length_s = sweeps * seconds(TAU)
    anneal = linear(beta / 100, beta, length_s)

    def own(reads: int, seed: int) -> np.ndarray:
        found = run(
            program, anneal=anneal, reads=reads, schedules=1, seed=seed, threads=threads, engine=engine, checkpoints=1
        )
        if found.interrupted:
            raise Stopped
        return found.energies

    tools = [Series(name=OWN, sample=own, batch=_BATCH, rounding=program.rounding)]
    if peers:
        theirs = sampled(problem.bqm, beta=beta, sweeps=sweeps)
        tools += [
            Series(name=name, sample=sample, batch=_PEER_BATCH, rounding=program.rounding)
            for name, sample in theirs.items()
        ]
    target = best_found(problem, threads=threads).energy
    if problem.known_energy is not None:
        target = min(target, problem.known_energy)
    run(
        program,
        anneal=linear(beta, beta, length_s / sweeps),
        reads=_BATCH,
        schedules=1,
        seed=0,
        threads=threads,
        engine=engine,
        checkpoints=1,
    )  # compiled before anything is timed
    while waiting := [tool for tool in tools if not tool.is_done(target, length_s, width, budget_s)]:
        tool = min(waiting, key=lambda t: t.seconds)  # in turn, so that other work of this computer slows all
        tool.step()
        target = min(target, tool.least)
        if progress is not None:
            progress(tool.name, relative_width(tool.estimate(target, length_s)), tool.seconds)
    return [_row(tool, tools[0], target, length_s, sweeps, width, graph, threads) for tool in tools]


def _row(
    tool: Series, first: Series, target: float, length_s: float, sweeps: int, width: float, graph: str, threads: int
) -> dict[str, Any]:
    found = tool.estimate(target, length_s)
    per_sweep = length_s / sweeps
    low, high = found.tts_ci_s
    own_width = relative_width(found)
    return {
        "graph": graph,
        "target": target,
        "sweeps": sweeps,
        "tool": tool.name,
        "threads": threads if tool is first else 1,
        "reads": found.n_reads,
        "hits": found.n_success,
        "p_success": found.p_success,
        "tts99_sweeps": found.tts_s / per_sweep,
        "tts99_ci_sweeps": [low / per_sweep, None if high is None else high / per_sweep],
        "width": own_width if math.isfinite(own_width) else None,
        "reached": own_width <= width,
        "seconds": tool.seconds,
        "ratio": None if tool is first else tool.seconds / first.seconds,
    }
