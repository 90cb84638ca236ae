"""Instances of every generator, and what compiling draws by seed: embeddings, dies, generic cards.

Enters: nothing. Leaves: rows, a digest of names, biases and couplings each.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from digest import digest, of_run, public

import hwsim

Row = tuple[str, Callable[[], Any]]
_TEXTS = (
    "ea3d:L=3,seed=1",
    "ea2d:L=4,seed=2,weights=gauss",
    "ising2d:L=4",
    "sk:n=9,seed=3",
    "maxcut:n=12,p=0.4,seed=4",
    "ring:n=7",
    "adder:n=3,s=9",
    "multiplier:n=2,m=3,p=15",
    "xorsat:n=9,seed=6",
    "rbm:v=4,h=3,seed=7",
    "dbm:v=4,h=3,k=3,seed=8",
    "sat:n=9,m=20,seed=9",
    "sat:n=7,m=14,k=2,seed=9,planted=0",
    "planted:L=4,seed=10,loops=20",
    "tile2d:L=4,seed=11,c1=0.5",
    "tile3d:L=4,seed=12",
    "karate",
    "les-miserables",
    "florentine",
    "davis",
)


_OF_PACKAGES = ("regular:n=12,d=3,seed=1", "pegasus:m=2,seed=1", "zephyr:m=1,seed=2", "wishart:n=8,alpha=0.75,seed=5")


def rows(quick: bool) -> Iterator[Row]:
    """(name, work) of every generator that draws its own numbers."""
    for text in _TEXTS:
        yield text, lambda text=text: _instance(text)
    card = public("hwsim.chip.generic:generic_card")
    yield "generic card", lambda: {"text": digest(*(card(seed) for seed in range(3)))}


def rows_of_packages(quick: bool) -> Iterator[Row]:
    """(name, work) of what other packages draw, search or solve: graphs, embeddings, parts, matrices."""
    for text in _OF_PACKAGES:
        yield text, lambda text=text: _instance(text)
    card, cut = "generic-all-to-all", hwsim.generate("maxcut:n=14,p=0.5,seed=1")
    how = {"anneal": hwsim.linear(0.1, 2.0, "60 ns"), "reads": 70, "schedules": 2, "seed": 4, "record": (0, 69)}

    def searched() -> Any:
        chip = hwsim.chip(card, topology="chimera", rows=4, columns=4, clock="chromatic", gain_dtod=0.05)
        chains = hwsim.embed(cut, chip, seed=3)
        program = hwsim.compile(cut, chip, embedding=chains, die_seed=2)
        return {"chains": digest(sorted(chains.items()))} | of_run(program, engine="auto", **how)

    def parted() -> Any:
        program = hwsim.compile(cut, hwsim.chip(card, delay="0.5 ns"), parts=3, exchange_s=3e-9)
        return of_run(program, engine="auto", **how)

    yield "chains on chimera, searched", searched
    yield "three chips, searched", parted


def _instance(text: str) -> Any:
    problem = hwsim.generate(text)
    labels = list(problem.bqm.variables)
    vectors = problem.bqm.to_numpy_vectors(variable_order=labels, sort_indices=True)
    arrays = [np.asarray(part) for part in (vectors.linear_biases, *vectors.quadratic)]
    return {
        "bqm": digest(problem.bqm.vartype.name, *map(str, labels), *arrays, float(vectors.offset)),
        "known_energy": problem.known_energy,
    }
