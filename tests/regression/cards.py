"""Every chip card with a small problem as it fits, and where wires are missing one in chains or copies.

Enters: the cards of devices/. Leaves: rows, a digest for each card, problem and engine.
"""

from collections.abc import Callable, Iterator
from typing import Any

import dimod
import numpy as np
from digest import ENGINES, STAR, of_run

import hwsim

Row = tuple[str, Callable[[], Any]]
_ROUNDS = 12


def rows(quick: bool) -> Iterator[Row]:
    """(name, work) of every card; ``quick``: the engine chosen by itself, as each problem fits, without big graphs."""
    for card in sorted(listed.name for listed in hwsim.list_chips()):
        if quick and card.startswith("dwave"):
            continue
        chip = hwsim.chip(card)
        for what, make in {"as it is": _as_it_is, "chains": _in_chains, "copies": _in_copies}.items():
            if (found := make(chip)) is None or (quick and what != "as it is"):
                continue
            problem, options = found
            program = hwsim.compile(problem, chip, die_seed=3, **options)
            for engine in ENGINES[:1] if quick else ENGINES:
                star = STAR if chip.pbit.law == "arrhenius" or chip.floorplan.has_delay else ""
                yield f"{card}{star}, {what}, {engine}", _work(program, chip, engine)


def _work(program: Any, chip: Any, engine: str) -> Callable[[], Any]:
    """70 reads of a linear anneal. A law with rates looks so much more often that two rounds are long."""
    round_s = chip.pbit.tau_s if chip.clock.period_s is None else chip.clock.period_s
    rounds = 1.5 if chip.pbit.law in ("arrhenius", "low-barrier") else _ROUNDS
    anneal = hwsim.linear(0.05, 1.5, rounds * round_s, steps=20)
    how = {"anneal": anneal, "reads": 70, "schedules": 2, "seed": 5, "checkpoints": 2, "record": (0, 69)}
    return lambda: of_run(program, engine=engine, **how)


def _as_it_is(chip: Any) -> tuple[Any, dict[str, Any]] | None:
    """A problem whose couplings are wires of ``chip``: a glass of some of them, and max-cut where all are allowed."""
    kind = chip.topology.kind
    if chip.topology.max_pbits == 6:  # a byte of weight, in its own unit
        pairs = {(i, j): -40.0 for i in range(3) for j in range(3, 6)}
        return dimod.BinaryQuadraticModel({}, pairs, 0.0, "SPIN"), {}
    if kind == "sparse":
        return hwsim.generate("ea2d:L=4,seed=2"), {"embedding": "never"}
    if kind == "all-to-all":
        n, p = (8, 0.6) if chip.pbit.law == "arrhenius" else (16, 0.35)
        return hwsim.generate(f"maxcut:n={n},p={p},seed=2"), {"embedding": "never"}
    draw = np.random.default_rng(7)
    pairs = {wire: float(draw.choice((-1.0, 1.0))) for wire in _some_wires(chip)}
    first = next(iter(pairs))[0]
    return dimod.BinaryQuadraticModel({first: 0.5}, pairs, 0.0, "SPIN"), {"embedding": "never"}


def _some_wires(chip: Any) -> list[tuple[int, int]]:
    """Wires between a few p-bits of a fixed graph: a patch of its grid, or the first cells of an annealer's graph."""
    topology = chip.topology
    if topology.kind in ("pegasus", "zephyr"):
        import dwave.graphs

        graph = getattr(dwave.graphs, f"{topology.kind}_graph")(topology.size)
        middle = sorted(graph.nodes())[len(graph) // 2]
        kept = sorted({middle, *graph[middle], *(w for v in sorted(graph[middle])[:4] for w in graph[v])})
        return sorted(tuple(sorted(edge)) for edge in graph.subgraph(kept).edges())
    steps = [(0, 1), (1, 0)] + ([(1, 1), (1, -1)] if topology.kind == "king" else [])
    place = [(r, c) for r in range(3, 9) for c in range(2, 7)]
    number = {(r, c): r * topology.columns + c for r, c in place}
    return [
        (number[r, c], number[r + down, c + across])
        for r, c in place
        for down, across in steps
        if (r + down, c + across) in number
    ]


def _in_chains(chip: Any) -> tuple[Any, dict[str, Any]] | None:
    """Spins that are rows of four p-bits, side by side on a grid; an annealer's graph is none."""
    topology = chip.topology
    if not topology.is_fixed or topology.kind in ("pegasus", "zephyr"):
        return None
    chains = {name: [(3 + k) * topology.columns + c for c in range(2, 6)] for k, name in enumerate("abcd")}
    pairs = {("a", "b"): 1.0, ("b", "c"): -1.0, ("c", "d"): 1.0}
    return dimod.BinaryQuadraticModel({"a": 0.5}, pairs, 0.0, "SPIN"), {"embedding": chains}


def _in_copies(chip: Any) -> tuple[Any, dict[str, Any]] | None:
    """All spins coupled, each to one more than a p-bit of ``chip`` has wires for."""
    most = chip.topology.max_degree
    if chip.topology.is_fixed or most is None:
        return None
    return hwsim.generate(f"maxcut:n={most + 2},p=1,seed=0"), {}
