"""One core, 3D +-J lattice of 16^3: lanes (Poisson, delay 0.1 tau) beside dwave-samplers' SA and a SimPy network."""

import math
import random
import statistics
import time

import simpy
from dwave.samplers import SimulatedAnnealingSampler

from hwsim.anneal import linear
from hwsim.chip.library import chip
from hwsim.mapping.compile import compile as compile_program
from hwsim.problem.generate import generate
from hwsim.session import run

ROUNDS, SWEEPS, READS = 3, 100, 512


def plain_network(bqm, *, beta: float, tau: float, delay: float, until: float) -> tuple[int, float]:
    """A SimPy user's shortest program: one process per p-bit, one callback per commit. Returns (updates, seconds)."""
    neighbours = [[(j, w) for j, w in bqm.iter_neighborhood(i)] for i in range(bqm.num_variables)]
    spins = [random.choice((-1, 1)) for _ in neighbours]
    env = simpy.Environment()
    updates = 0

    def commit(event):
        i, value = event.value
        spins[i] = value

    def pbit(i):
        nonlocal updates
        while True:
            yield env.timeout(random.expovariate(1 / tau))
            field = -sum(w * spins[j] for j, w in neighbours[i])
            value = 1 if random.random() < (1 + math.tanh(beta * field)) / 2 else -1
            env.timeout(delay, (i, value)).callbacks.append(commit)
            updates += 1

    for i in range(len(neighbours)):
        env.process(pbit(i))
    began = time.perf_counter()
    env.run(until=until)
    return updates, time.perf_counter() - began


def main() -> None:
    """Print updates per ns and ratios, medians of ROUNDS rounds run in turn."""
    problem = generate("ea3d:L=16,seed=1")
    n = problem.bqm.num_variables
    program = compile_program(problem, chip("generic-all-to-all", tau="5 ns", delay="0.5 ns"))
    anneal = linear(0.1, 3.0, SWEEPS * 5e-9)
    short = linear(0.1, 3.0, 1e-9)
    sampler = SimulatedAnnealingSampler()
    run(program, anneal=short, reads=READS, schedules=1, seed=0, threads=1, checkpoints=1)
    rates: dict[str, list[float]] = {"lanes": [], "dwave-samplers SA": [], "SimPy network": []}
    for seed in range(ROUNDS):
        fast = run(program, anneal=anneal, reads=READS, schedules=1, seed=seed, threads=1, checkpoints=1)
        rates["lanes"].append(fast.updates / fast.host_seconds / 1e9)
        began = time.perf_counter()
        sampler.sample(problem.bqm, num_reads=20, num_sweeps=SWEEPS * 5, beta_range=(0.1, 3.0), seed=seed)
        rates["dwave-samplers SA"].append(20 * SWEEPS * 5 * n / (time.perf_counter() - began) / 1e9)
        updates, seconds = plain_network(problem.bqm, beta=1.0, tau=5.0, delay=0.5, until=100.0)
        rates["SimPy network"].append(updates / seconds / 1e9)
    median = {name: statistics.median(values) for name, values in rates.items()}
    for name, value in median.items():
        print(f"{name:<20} {value:10.6f} updates/ns   lanes is {median['lanes'] / value:10.1f} x")


if __name__ == "__main__":
    main()
