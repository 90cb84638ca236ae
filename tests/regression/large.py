"""Larger runs on the fast engines: several machine words and vectors of replicas, many chunks of a schedule, threads.

Enters: nothing. Leaves: rows. The reference would take hours; that the fast engines agree is seen at a glance, since
the digests of one program and number of reads are the same for each.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from digest import STAR, of_run

import hwsim

Row = tuple[str, Callable[[], Any]]
_MADE: dict[str, tuple[str, dict[str, Any]]] = {
    "chromatic": ("ea3d:L=6,seed=1", {"clock": "chromatic"}),
    "poisson, delay": ("ea3d:L=6,seed=1", {"delay": "0.5 ns"}),
    "poisson, wires": ("ea3d:L=6,seed=1", {"tau_dtod": 0.1}),
    "free-running": ("ea3d:L=5,seed=2", {"clock": "free-running", "jitter": "0.3 ns", "delay": "2 ns"}),
    "synchronous": ("ea2d:L=12,seed=2", {"clock": "synchronous", "participation": 0.4, "gain_dtod": 0.1}),
    "sequential": ("ea2d:L=8,seed=3", {"clock": "sequential", "delay": "1 ns", "dac_bits": 5}),
    "many couplings": ("maxcut:n=200,p=0.2,seed=1", {"delay": "0.5 ns"}),
    "noisy": ("ea3d:L=4,seed=1", {"noise_white": 0.2, "noise_flicker": 0.2, "stuck_fraction": 0.02}),
    "gauss": ("ea3d:L=5,seed=1,weights=gauss", {"gain_dtod": 0.1, "offset_dtod": 0.1, "delay": "0.5 ns"}),
    "dense": ("sk:n=96,seed=1", {"clock": "random-sequential"}),
    "dense, delay": ("sk:n=80,seed=2", {"delay": "0.7 ns", "gain_dtod": 0.05}),
    "shift registers": ("ea3d:L=4,seed=3", {"random_source": "lfsr32", "clock": "chromatic"}),
    f"magnets{STAR}": ("ea2d:L=6,seed=4", {"pbit": "smtj-inplane-ns", "input_limit": 2.0, "synapse_tau": "1 ns"}),
}
_HOW: tuple[dict[str, Any], ...] = (
    {"reads": 70, "schedules": 1, "threads": 1},
    {"reads": 600, "schedules": 3, "threads": 2},
    {"reads": 1500, "schedules": 1, "threads": 2},
)


def rows(quick: bool) -> Iterator[Row]:
    """(name, work) of every program, number of reads and fast engine; ``quick``: those that few reads share."""
    for name in _MADE:
        for how in _HOW[:1] if quick else _HOW:
            for engine in ("auto",) if quick else ("auto", "lanes", "bitplanes", "dense"):
                yield f"{name}, {how['reads']} reads, {engine}", lambda n=name, h=how, e=engine: _run(n, h, e)


def _run(name: str, how: dict[str, Any], engine: str) -> Any:
    time_s = 150e-9 if STAR in name else 600e-9
    anneal = hwsim.linear(0.05, 3.0, time_s)
    return of_run(_program(name), engine=engine, anneal=anneal, seed=11, checkpoints=5, record=(0, 69), **how)


@cache
def _program(name: str) -> Any:
    text, chip = _MADE[name]
    problem, options = hwsim.generate(text), {}
    if name == "poisson, wires":
        ticks = np.random.default_rng(1).integers(0, 1_000_000, problem.bqm.num_interactions)
        options["delay_s"] = dict(zip(problem.bqm.quadratic, (ticks * 1e-15).tolist(), strict=True))
    return hwsim.compile(problem, hwsim.chip("generic-all-to-all", **({"tau": "5 ns"} | chip)), die_seed=4, **options)
