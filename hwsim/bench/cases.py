"""Cases: standard graphs, clocks and delays, and how the speed of each is measured.

Enters: a case. Leaves: updates per nanosecond of one thread, the median of several rounds. Peers run in the same
rounds, so that other work of this computer slows both. Time is that of the processor: of a run, which is timed without
its set-up, the share of it that the process had meanwhile; with several threads, time that passed.
"""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from hwsim.anneal import linear
from hwsim.bench.peers import installed
from hwsim.chip.library import chip
from hwsim.engine.bitplanes import shared_words
from hwsim.errors import InputError
from hwsim.interrupt import CtrlC, Stopped
from hwsim.mapping.compile import compile as compile_program
from hwsim.problem.generate import generate
from hwsim.problem.problem import input_sigma
from hwsim.program import Program
from hwsim.session import run
from hwsim.streams import generator

TAU = "5 ns"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A graph under a clock. ``delay``: none, uniform (0.1 tau) or per edge (uniform in 0 ... 0.2 tau).
    ``words``: random words of each p-bit's own, or shared ones (see `hwsim.shared_words`).

    The anneal is that of ``hwsim compare``: beta from 0.1/sigma to 10/sigma, linear; peers take the same one.
    """

    name: str
    graph: str
    clock: str
    delay: str
    replicas: int = 2048
    sweeps: int = 100
    spread: float = 0.0
    peers: tuple[str, ...] = ("dwave-samplers SA", "openjij SA")
    words: str = "own"


_LATTICE = "ea3d:L=16,seed=1"
_LARGE = "ea3d:L=64,seed=1"
_GAUSS = "ea3d:L=16,seed=1,weights=gauss"
_SA = ("dwave-samplers SA",)
_EVERY = ("dwave-samplers SA", "openjij SA", "SimPy network")
CASES = (
    Case(name="lattice", graph=_LATTICE, clock="chromatic", delay="none"),
    Case(name="lattice", graph=_LATTICE, clock="poisson", delay="uniform", peers=_EVERY),
    Case(name="lattice", graph=_LATTICE, clock="poisson", delay="per edge"),
    Case(name="pegasus", graph="pegasus:m=8,seed=1", clock="chromatic", delay="none"),
    Case(name="pegasus", graph="pegasus:m=8,seed=1", clock="poisson", delay="uniform"),
    Case(name="zephyr", graph="zephyr:m=6,seed=1", clock="chromatic", delay="none"),
    Case(name="zephyr", graph="zephyr:m=6,seed=1", clock="poisson", delay="uniform"),
    Case(name="gnp", graph="maxcut:n=800,p=0.06,seed=1", clock="poisson", delay="uniform"),
    Case(name="gauss", graph=_GAUSS, clock="poisson", delay="uniform", spread=0.1, replicas=2048),
    Case(name="sk", graph="sk:n=512,seed=1", clock="random-sequential", delay="none", replicas=512, peers=_SA),
    Case(
        name="million", graph="ea3d:L=100,seed=1", clock="chromatic", delay="none", replicas=1024, sweeps=5, peers=_SA
    ),
)
SIZES = tuple(
    Case(
        name="sizes",
        graph=f"ea3d:L={side},seed=1",
        clock="poisson",
        delay="uniform",
        replicas=replicas,
        sweeps=max(20, 400_000 // side**3),
        peers=(),
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
)
"""Cases for the cost against size, and against the number of replicas."""


ONE = tuple(
    Case(name="one read", graph=graph, clock=clock, delay=delay, words=words, replicas=1, sweeps=sweeps, peers=_SA)
    for graph, clock, delay, words, sweeps in (
        (_LATTICE, "chromatic", "none", "own", 10_000),
        (_LATTICE, "chromatic", "none", "shared", 30_000),
        (_LATTICE, "poisson", "uniform", "own", 1000),
        (_LARGE, "chromatic", "none", "own", 50),
        (_LARGE, "chromatic", "none", "shared", 100),
        (_LARGE, "poisson", "uniform", "own", 20),
        ("regular:n=4096,d=6,seed=1", "chromatic", "none", "own", 5000),
        ("zephyr:m=6,seed=1", "chromatic", "none", "own", 5000),
    )
)
"""One read at a time; peers make one, too."""
FEW = tuple(
    Case(name="few reads", graph=graph, clock=clock, delay="none", replicas=10, sweeps=1000, peers=_SA)
    for graph, clock in (("sk:n=1000,seed=1", "random-sequential"), (_GAUSS, "poisson"))
)
"""Ten reads, of peers too."""


def choose(names: Sequence[str] | None) -> tuple[Case, ...]:
    """The cases called ``names``, or all but `sizes`, `one read` and `few reads`."""
    if names is None:
        return CASES
    known = dict.fromkeys([case.name for case in CASES + SIZES + ONE + FEW])
    for name in names:
        if name not in known:
            raise InputError(f"no case is called {name!r}; known are {', '.join(known)}")
    return tuple(case for case in CASES + SIZES + ONE + FEW if case.name in names)


def _program(case: Case, bqm: Any) -> Program:
    wires = None
    if case.delay == "per edge":
        seconds = generator(1, "bench wires").random(bqm.num_interactions) * 1e-9
        wires = dict(zip(bqm.quadratic, seconds.tolist(), strict=True))
    machine = chip(
        "generic-all-to-all",
        clock=case.clock,
        tau=TAU,
        delay="0.5 ns" if case.delay == "uniform" else "0 s",
        gain_dtod=case.spread,
        offset_dtod=case.spread,
    )
    program = compile_program(bqm, machine, delay_s=wires)
    return shared_words(program) if case.words == "shared" else program


def measure(
    cases: Sequence[Case],
    *,
    rounds: int = 3,
    threads: int = 1,
    engine: str = "auto",
    peers: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[dict]:
    """Rows of case, graph, clock, delay, words, engine, replicas, threads, updates_per_ns, peer and its rate, ratio.

    Each case has a row for each of its peers that is installed, or one row without a peer; at Ctrl-C those
    that are done. Raises InputError.
    """
    if rounds < 1:
        raise InputError(f"rounds must be >= 1, got {rounds}")
    there = installed() if peers else {}
    rows: list[dict] = []
    with CtrlC() as ctrl_c:
        for number, case in enumerate(cases):
            with ctrl_c.part():
                told = None if progress is None else partial(progress, number, len(cases))
                rows += _timed(case, there, rounds=rounds, threads=threads, engine=engine, tell=told)
            if ctrl_c.heard:
                break
    return rows


def _timed(
    case: Case, there: Mapping[str, Any], *, rounds: int, threads: int, engine: str, tell: Callable[[str], None] | None
) -> list[dict]:
    """The rows of one case. Raises InputError and Stopped."""
    bqm = generate(case.graph).bqm
    program = _program(case, bqm)
    beta = 10 / input_sigma(bqm)
    anneal = linear(beta / 100, beta, case.sweeps * 5e-9)
    own: list[float] = []
    others: dict[str, list[float]] = {name: [] for name in case.peers if name in there}
    for number in range(rounds):
        if tell is not None:
            tell(f"{case.graph}, {case.clock}")
        began = time.perf_counter(), time.process_time()
        result = run(
            program,
            anneal=anneal,
            reads=case.replicas,
            schedules=1,
            seed=number,
            threads=threads,
            engine=engine,
            checkpoints=1,
        )
        if result.interrupted:
            raise Stopped
        share = 1.0
        if threads == 1:
            share = min(1.0, (time.process_time() - began[1]) / (time.perf_counter() - began[0]))
        own.append(result.updates / (result.host_seconds * share) / 1e9)
        for name, rates in others.items():
            reads = min(case.replicas, 20)
            rates.append(there[name](bqm, beta=beta, updates=max(2e7, 100 * len(bqm)), reads=reads, seed=number))
    rate = statistics.median(own)
    if not np.isfinite(rate):
        raise InputError(f"{case.graph} was too quick to be timed")
    row = {
        "case": case.name,
        "graph": case.graph,
        "clock": case.clock,
        "delay": case.delay,
        "words": case.words,
        "engine": result.engine,
        "replicas": case.replicas,
        "threads": threads,
        "updates_per_ns": rate,
    }
    if not others:
        return [row | {"peer": None, "peer_updates_per_ns": None, "ratio": None}]
    medians = {peer: statistics.median(rates) for peer, rates in others.items()}
    return [row | {"peer": peer, "peer_updates_per_ns": each, "ratio": rate / each} for peer, each in medians.items()]
