"""Peers: other samplers on the same graph and one core, in updates per nanosecond.

Enters: a spin BQM, the end of the anneal and how many spin updates to make. Leaves: a rate. Peers are not dependencies;
one that is not installed is left out.
"""

import importlib.util
import math
import random
import time
from collections.abc import Callable
from functools import partial
from typing import Any

Rate = Callable[..., float]


def installed() -> dict[str, Rate]:
    """The peers that are installed, by name."""
    return {name: rate for name, (module, rate) in _PEERS.items() if is_there(module)}


def is_there(module: str) -> bool:
    """Whether ``module`` is installed, the packages that it is in included."""
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _effort(n: int, updates: float, reads: int) -> tuple[int, int]:
    """(reads, sweeps) that make about ``updates`` updates of ``n`` spins, with at most ``reads`` reads."""
    reads = max(1, min(reads, int(updates / n / 20)))
    return reads, max(10, int(updates / n / reads))


def _dwave(bqm: Any, *, beta: float, updates: float, seed: int, reads: int = 20) -> float:
    from dwave.samplers import SimulatedAnnealingSampler

    reads, sweeps = _effort(bqm.num_variables, updates, reads)
    began = time.process_time()
    SimulatedAnnealingSampler().sample(
        bqm, num_reads=reads, num_sweeps=sweeps, beta_range=(beta / 100, beta), seed=seed
    )
    return reads * sweeps * bqm.num_variables / (time.process_time() - began) / 1e9


def sampled(bqm: Any, *, beta: float, sweeps: int) -> dict[str, Callable[[int, int], Any]]:
    """dwave-samplers' SA as functions of (reads, seed) that return final energies; empty where it is not installed.

    Beta grows linearly from ``beta / 100`` to ``beta``, one step a sweep. With Gibbs updates it samples the law of
    p-bits that update in sequence. Its default, Metropolis, is another dynamics with a time to solution of its own.
    """
    if not is_there("dwave.samplers"):
        return {}
    from dwave.samplers import SimulatedAnnealingSampler

    sampler = SimulatedAnnealingSampler()

    def sample(criterion: str, reads: int, seed: int) -> Any:
        return sampler.sample(
            bqm,
            num_reads=reads,
            num_sweeps=sweeps,
            beta_range=(beta / 100, beta),
            beta_schedule_type="linear",
            proposal_acceptance_criteria=criterion,
            seed=seed,
        ).record.energy

    return {f"dwave-samplers {name}": partial(sample, name) for name in ("Gibbs", "Metropolis")}


def _openjij(bqm: Any, *, beta: float, updates: float, seed: int, reads: int = 20) -> float:
    import openjij

    reads, sweeps = _effort(bqm.num_variables, updates, reads)
    sampler = openjij.SASampler()
    began = time.process_time()
    sampler.sample(bqm, beta_min=beta / 100, beta_max=beta, num_sweeps=sweeps, num_reads=reads, seed=seed)
    return reads * sweeps * bqm.num_variables / (time.process_time() - began) / 1e9


def _simpy(bqm: Any, *, beta: float, updates: float, seed: int, reads: int = 20) -> float:
    """The shortest program of a SimPy user: one process per p-bit, one callback per commit."""
    import simpy

    place = {v: i for i, v in enumerate(bqm.variables)}
    neighbours = [[(place[u], w) for u, w in bqm.iter_neighborhood(v)] for v in bqm.variables]
    draw = random.Random(seed)
    spins = [draw.choice((-1, 1)) for _ in neighbours]
    env = simpy.Environment()
    made = 0

    def commit(event: Any) -> None:
        i, value = event.value
        spins[i] = value

    def pbit(i: int) -> Any:
        nonlocal made
        while True:
            yield env.timeout(draw.expovariate(1.0))
            field = -sum(w * spins[j] for j, w in neighbours[i])
            value = 1 if draw.random() < (1 + math.tanh(beta * field)) / 2 else -1
            env.timeout(0.1, (i, value)).callbacks.append(commit)
            made += 1

    for i in range(len(neighbours)):
        env.process(pbit(i))
    began = time.process_time()
    env.run(until=max(1.0, updates / 200 / len(neighbours)))
    return made / (time.process_time() - began) / 1e9


_PEERS: dict[str, tuple[str, Rate]] = {
    "dwave-samplers SA": ("dwave.samplers", _dwave),
    "openjij SA": ("openjij", _openjij),
    "SimPy network": ("simpy", _simpy),
}
