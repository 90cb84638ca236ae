"""What is timed: the rows of ``hwsim bench``, and runs that it has no row for.

Enters: a name of TASKS. Leaves: a function that does the work once, given a seed. Only public names, which two versions
of hwsim share; the few that are not public are looked for where they are now, then where they were.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np

import hwsim

Work = Callable[[int], Any]
_CARD = "generic-all-to-all"
_CELLS = 4096
_CONDITION = 20.0


def public(*places: str) -> Any:
    """The first of ``places`` ("package.module:name") that is there."""
    for place in places:
        module, _, name = place.partition(":")
        try:
            return getattr(import_module(module), name)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"none of {', '.join(places)} is there")


@dataclass(frozen=True, kw_only=True)
class Anneals:
    """One ``hwsim.run`` of a graph under a clock; beta from 0.1 / sigma to 10 / sigma, as in ``hwsim bench``.

    delay : none, uniform (0.1 tau) or per edge (uniform in 0 ... 0.2 tau);  chip : further parameters
    """

    graph: str
    clock: str = "poisson"
    delay: str = "none"
    replicas: int = 2048
    sweeps: int = 100
    chip: tuple[tuple[str, Any], ...] = ()
    engine: str = "auto"
    schedules: int = 1

    def prepared(self, part: float) -> Work:
        """The work, of ``part`` of the sweeps."""
        problem = hwsim.generate(self.graph)
        program = compiled(problem, self.clock, self.delay, dict(self.chip))
        beta, sweeps = 10 / sigma(problem), max(1, round(self.sweeps * part))
        how = {
            "anneal": hwsim.linear(beta / 100, beta, sweeps * 5e-9),
            "reads": self.replicas,
            "engine": self.engine,
            "schedules": self.schedules,
            "threads": 1,
            "checkpoints": 1,
        }
        return lambda seed: hwsim.run(program, seed=seed, **how)


def compiled(problem: Any, clock: str, delay: str, chip: dict[str, Any]) -> Any:
    """The program of ``problem`` on the generic chip with tau of 5 ns."""
    wires = None
    if delay == "per edge":
        seconds = np.random.default_rng(1).random(problem.bqm.num_interactions) * 1e-9
        wires = dict(zip(problem.bqm.quadratic, seconds.tolist(), strict=True))
    uniform = "0.5 ns" if delay == "uniform" else "0 s"
    machine = hwsim.chip(_CARD, **({"clock": clock, "tau": "5 ns", "delay": uniform} | chip))
    return hwsim.compile(problem, machine, delay_s=wires)


def sigma(problem: Any) -> float:
    """Root mean square of the couplings of a p-bit, summed."""
    values = np.array(list(problem.bqm.quadratic.values()))
    return float(np.sqrt(2 * np.sum(values**2) / len(problem.bqm.variables)))


def _solution(part: float) -> Work:
    """Anneals and the interval of their time to solution, as the row ``tts``."""
    problem = hwsim.generate("ea3d:L=10,seed=1")
    program = compiled(problem, "chromatic", "none", {})
    beta = 10 / sigma(problem)
    anneal = hwsim.linear(beta / 100, beta, max(1, round(1000 * part)) * 5e-9)

    def work(seed: int) -> Any:
        run = hwsim.run(program, anneal=anneal, reads=1024, schedules=1, seed=seed, threads=1, checkpoints=1)
        return hwsim.time_to_solution(run, target=float(np.quantile(run.energies, 0.1)))

    return work


def _tempering(part: float, **changes: Any) -> Work:
    program = compiled(hwsim.generate("ea3d:L=8,seed=1"), "chromatic", "none", {})
    how = {
        "sweeps": max(2, round(60 * part)),
        "betas": np.linspace(0.2, 1.6, 12),
        "replicas": 4,
        "reads": 16,
        "threads": 1,
        "checkpoints": 5,
    }
    return lambda seed: hwsim.parallel_tempering(program, seed=seed, **(how | changes))


def _quantum(part: float) -> Work:
    program = compiled(hwsim.generate("ea3d:L=6,seed=1"), "chromatic", "none", {})
    sweeps = max(2, round(100 * part))
    return lambda seed: hwsim.quantum_annealing(program, sweeps=sweeps, copies=16, reads=128, seed=seed, threads=1)


def _population(part: float) -> Work:
    program = compiled(hwsim.generate("ea3d:L=8,seed=1"), "chromatic", "none", {})
    how = {"betas": np.linspace(0.1, 1.6, max(2, round(20 * part))), "population": 512, "reads": 2, "threads": 1}
    return lambda seed: hwsim.population_annealing(program, seed=seed, **how)


def _importance(part: float) -> Work:
    program = compiled(hwsim.generate("ea3d:L=6,seed=1"), "poisson", "none", {})
    betas = np.linspace(0.0, 0.8, max(3, round(40 * part)))
    return lambda seed: hwsim.annealed_importance(program, 0.8, betas=betas, reads=1024, seed=seed, threads=1)


def _thermometer(part: float) -> Work:
    program = compiled(hwsim.generate("ea3d:L=6,seed=1"), "chromatic", "none", {})
    measure, rounds = public("hwsim.equilibrium.demon:thermometer"), max(2, round(30 * part))
    return lambda seed: measure(program, beta=0.5, rounds=rounds, settle=2, replicas=256, seed=seed, threads=1)


def _compile(text: str, part: float, **chip: Any) -> Work:
    problem, machine = hwsim.generate(text), hwsim.chip(_CARD, **chip)
    return lambda seed: hwsim.compile(problem, machine, die_seed=seed)


def _short_runs(part: float) -> Work:
    """Runs of a few microseconds each, one after the other: what a run costs beside its updates."""
    program = compiled(hwsim.generate("karate"), "poisson", "uniform", {})
    anneal, runs = hwsim.linear(0.1, 2.0, "20 ns"), max(1, round(40 * part))
    return lambda seed: [hwsim.run(program, anneal=anneal, reads=64, seed=seed + k, threads=1) for k in range(runs)]


def _linear_cells(kind: str, d: int, states: int, part: float) -> Work:
    """Rows of ``hwsim bench --case thermo``: independent states, states along a path, and with set-up."""
    ensemble = public("hwsim.thermo.integrate:Ensemble")
    bowl = public("hwsim.thermo.network:bowl")
    basis, _ = np.linalg.qr(np.random.default_rng(d).normal(size=(d, d)))
    A, zero, states = (basis * np.geomspace(1 / _CONDITION, 1, d)) @ basis.T, np.zeros(d), max(1, round(states * part))
    network = bowl(A, zero, tau_s=1.0)

    def work(seed: int) -> Any:
        own = bowl(A, zero, tau_s=1.0) if kind == "set-up" else network
        if kind == "path":
            return ensemble(own, replicas=1, seed=seed, start=zero).path(states, 1.0)
        cells = ensemble(own, replicas=states, seed=seed, start=zero)
        cells.advance(60.0)
        return cells.states

    return work


def _wells(part: float) -> Work:
    over, wells = (public(f"hwsim.thermo.potential:{name}") for name in ("overdamped", "double_well"))
    potential = wells(4.0)
    how = {"beta": 1.0, "tau_s": 1.0, "time_s": 5.0 * part, "step_s": 0.005, "replicas": _CELLS, "start": 1.0}
    return lambda seed: over(potential, seed=seed, **how)


def _mixed(part: float) -> Work:
    network, run = public("hwsim.thermo.mixed:MixedNetwork"), public("hwsim.thermo.mixed_run:run")
    draw = np.random.default_rng(3)
    made = network(
        bias=np.zeros(16), stiffness=np.eye(8), force=np.zeros(8), weights=0.3 * draw.standard_normal((8, 16))
    )
    how = {"beta": 1.0, "time_s": 4e-8 * part, "replicas": 256, "every_s": 1e-9}
    return lambda seed: run(made, seed=seed, **how)


_LATTICE, _GAUSS = "ea3d:L=16,seed=1", "ea3d:L=16,seed=1,weights=gauss"
_SPREAD = (("gain_dtod", 0.1), ("offset_dtod", 0.1))
_BENCH = {
    "lattice, chromatic": Anneals(graph=_LATTICE, clock="chromatic"),
    "lattice, poisson, uniform": Anneals(graph=_LATTICE, delay="uniform"),
    "lattice, poisson, per edge": Anneals(graph=_LATTICE, delay="per edge"),
    "pegasus, chromatic": Anneals(graph="pegasus:m=8,seed=1", clock="chromatic"),
    "pegasus, poisson, uniform": Anneals(graph="pegasus:m=8,seed=1", delay="uniform"),
    "zephyr, chromatic": Anneals(graph="zephyr:m=6,seed=1", clock="chromatic"),
    "zephyr, poisson, uniform": Anneals(graph="zephyr:m=6,seed=1", delay="uniform"),
    "gnp": Anneals(graph="maxcut:n=800,p=0.06,seed=1", delay="uniform"),
    "gauss": Anneals(graph=_GAUSS, delay="uniform", chip=_SPREAD, sweeps=40),
    "sk": Anneals(graph="sk:n=512,seed=1", clock="random-sequential", replicas=512, sweeps=50),
    "million": Anneals(graph="ea3d:L=100,seed=1", clock="chromatic", replicas=1024, sweeps=2),
}
_SIZES = {
    f"sizes, L={side}, {replicas} reads": Anneals(
        graph=f"ea3d:L={side},seed=1", delay="uniform", replicas=replicas, sweeps=max(2, 200_000 // side**3)
    )
    for side, replicas in [
        (8, 2048),
        (16, 2048),
        (32, 2048),
        (64, 2048),
        (16, 64),
        (16, 256),
        (16, 512),
        (16, 1024),
        (16, 4096),
    ]
}
_THERMO: dict[str, Callable[[float], Work]] = {
    f"{kind}, d={d}": partial(_linear_cells, kind, d, states)
    for kind, d, states in [
        ("independent", 8, 64_000),
        ("independent", 64, 8000),
        ("independent", 256, 2000),
        ("path", 8, 64_000),
        ("path", 64, 20_000),
        ("path", 256, 10_000),
        ("set-up", 256, 2000),
    ]
}
_OTHERS = {
    "one read": Anneals(graph="ea3d:L=10,seed=1", delay="uniform", replicas=1, sweeps=1000),
    "64 reads, chromatic": Anneals(graph="ea3d:L=10,seed=1", clock="chromatic", replicas=64, sweeps=1000),
    "schedules": Anneals(graph="ea3d:L=10,seed=1", delay="uniform", replicas=1024, sweeps=100, schedules=16),
    "synchronous": Anneals(graph=_LATTICE, clock="synchronous", chip=(("participation", 0.3),), sweeps=200),
    "sequential": Anneals(graph="ea3d:L=10,seed=1", clock="sequential", delay="uniform"),
    "free-running": Anneals(graph=_LATTICE, clock="free-running", delay="uniform", chip=(("jitter", "0.2 ns"),)),
    "dac": Anneals(graph=_LATTICE, delay="uniform", chip=(("dac_bits", 6),)),
    "noise": Anneals(graph="ea3d:L=8,seed=1", chip=(("noise_white", 0.2), ("noise_flicker", 0.2)), sweeps=20),
    "synapse": Anneals(graph="ea3d:L=8,seed=1", chip=(("synapse_tau", "1 ns"),), replicas=512),
    "shift registers": Anneals(
        graph="ea3d:L=8,seed=1", clock="chromatic", replicas=512, chip=(("random_source", "lfsr32"),)
    ),
    "magnets": Anneals(graph="ea3d:L=6,seed=1", replicas=512, sweeps=2, chip=(("pbit", "smtj-inplane-ns"),)),
    "lanes, whole numbers": Anneals(graph="ea3d:L=10,seed=1", delay="per edge", engine="lanes", replicas=1024),
    "dense, delay": Anneals(graph="sk:n=256,seed=1", delay="uniform", replicas=256, sweeps=40),
    "reference": Anneals(graph="ea2d:L=5,seed=1", delay="uniform", engine="reference", replicas=2, sweeps=200),
}
TASKS: dict[str, Callable[[float], Work]] = {
    **{name: case.prepared for name, case in (_BENCH | _SIZES).items()},
    "tts": _solution,
    **_THERMO,
    "wells": _wells,
    **{name: case.prepared for name, case in _OTHERS.items()},
    "tempering": _tempering,
    "tempering, own energies": partial(_tempering, cluster=False, replicas=2, reads=64),
    "quantum annealing": _quantum,
    "population annealing": _population,
    "annealed importance": _importance,
    "thermometer": _thermometer,
    "mixed": _mixed,
    "short runs": _short_runs,
    "compile, lattice": partial(_compile, "ea3d:L=20,seed=1", clock="chromatic"),
    "compile, many couplings": partial(_compile, "sk:n=300,seed=1", gain_dtod=0.1, weight_dtod=0.02),
}
"""Name, and what prepares the work: called with the part of it that is wanted, 1 for all. The first rows, up to
``wells``, are those of ``hwsim bench``; longer ones have fewer sweeps here."""
BENCH_ROWS = (*_BENCH, *_SIZES, "tts", *_THERMO, "wells")
