"""A recipe: an algorithm by name with its parameters, and how to run it on a Program.

Enters: names and numbers, as a plan or a command line gives them. Leaves: an Outcome, whatever the algorithm.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Unpack

import numpy as np

from hwsim.algorithm.ladder import adaptive_ladder
from hwsim.algorithm.outcome import Outcome
from hwsim.algorithm.population import population_annealing
from hwsim.algorithm.quantum import BETA, FIELD, quantum_annealing
from hwsim.algorithm.tempering import parallel_tempering
from hwsim.anneal import Anneal
from hwsim.errors import InputError
from hwsim.program import Program, content_hash
from hwsim.session import RunKeywords, RunSettings
from hwsim.session import run as emulate
from hwsim.session.run import activity_of
from hwsim.text import pairs
from hwsim.units import to_ticks

PARAMETERS: dict[str, dict[str, Any]] = {
    "anneal": {},
    "tempering": {"replicas": 4, "sweeps_per_swap": 1, "cluster": True, "copies": None},
    "quantum": {"replicas": 32, "field": FIELD, "factor": 1.0},
    "population": {"population": 256, "copies": None},
}
"""Algorithms and the parameters of each, with their defaults.

replicas : of tempering at each beta, of quantum in the ring;  copies : networks on the machine at once, None for as
many as there are replicas
"""
_LEAST = {"replicas": 1, "sweeps_per_swap": 1, "copies": 1, "population": 2}


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """algorithm : a key of PARAMETERS;  time_s : device time in which each replica updates in one run
    parameters : all of those that PARAMETERS lists;  anneal : of the algorithm anneal, which has no betas
    betas : () for the algorithm's own; the first and last of the ladder for tempering and population, one for quantum
    """

    algorithm: str
    time_s: float
    parameters: Mapping[str, Any] = field(default_factory=dict)
    anneal: Anneal | None = None
    betas: tuple[float, ...] = ()


def complete(algorithm: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters of ``algorithm``: those ``given``, and the defaults of the others. Raises InputError."""
    if algorithm not in PARAMETERS:
        raise InputError(f"algorithm must be one of {', '.join(PARAMETERS)}, got {algorithm!r}")
    known = PARAMETERS[algorithm]
    for key, value in given.items():
        if key not in known:
            raise InputError(
                f"algorithm {algorithm} takes {', '.join(known) if known else 'no parameters'}, got {key!r}"
            )
        if key == "cluster":
            if not isinstance(value, bool):
                raise InputError(f"{key} of algorithm {algorithm} must be true or false, got {value!r}")
        elif key in _LEAST:
            optional = value is None and known[key] is None
            if not optional and (isinstance(value, bool) or not isinstance(value, int) or value < _LEAST[key]):
                raise InputError(
                    f"{key} of algorithm {algorithm} must be a whole number >= {_LEAST[key]}, got {value!r}"
                )
        elif isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise InputError(f"{key} of algorithm {algorithm} must be a number > 0, got {value!r}")
    return known | dict(given)


def parse_algorithm(text: str) -> tuple[str, dict[str, Any]]:
    """Name and complete parameters of text such as ``tempering:replicas=8,cluster=false``. Raises InputError."""
    name, _, rest = text.partition(":")

    def wrong(part: str) -> InputError:
        return InputError(f"an algorithm is written like tempering:replicas=8, got {part!r} in {text!r}")

    given = {key: _value(word) for key, word in pairs(rest, wrong).items()}
    return name.strip(), complete(name.strip(), given)


def _value(word: str) -> Any:
    if word in ("true", "false"):
        return word == "true"
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            pass
    return word


def run_recipe(program: Program, recipe: Recipe, **settings: Unpack[RunKeywords]) -> Outcome:
    """Run ``recipe`` independently for each read. settings : see RunSettings. Raises InputError, UnsupportedError."""
    how = RunSettings.of(settings)
    if recipe.algorithm == "anneal":
        return annealing(program, recipe.anneal, **vars(how))
    parameters = complete(recipe.algorithm, recipe.parameters)
    sweeps = max(1, round(to_ticks(recipe.time_s) / program.clock.round_ticks))
    if recipe.algorithm == "quantum":
        beta = recipe.betas[0] if recipe.betas else BETA
        return quantum_annealing(
            program,
            sweeps=sweeps,
            copies=parameters["replicas"],
            beta=beta,
            field=parameters["field"],
            factor=parameters["factor"],
            **vars(how),
        )
    betas = ladder(program, recipe.betas, engine=how.engine, threads=how.threads)
    if recipe.algorithm == "tempering":
        return parallel_tempering(program, sweeps=sweeps, betas=betas, **parameters, **vars(how))
    each = max(1, sweeps // len(betas))
    return population_annealing(program, betas=betas, sweeps_per_step=each, **parameters, **vars(how))


def annealing(program: Program, anneal: Anneal | None, *, checkpoints: int = 1, **how: Any) -> Outcome:
    """One anneal per run; the answer is its final state, read once. Arguments as in `hwsim.run`."""
    if anneal is None:
        raise InputError("the algorithm anneal needs an anneal")
    run = emulate(program, anneal=anneal, checkpoints=checkpoints, **how)
    chained = program.readout.chain is not None
    return Outcome(
        program=program,
        algorithm="anneal",
        engine=run.engine,
        engine_reason=run.engine_reason,
        seed=run.seed,
        energies=run.energies,
        states=run.variables,
        schedule=run.schedule,
        checkpoint_times_s=run.checkpoint_times_s[1:],
        checkpoint_energies=run.checkpoint_energies[1:],
        best_energies=run.checkpoint_energies[1:],
        host_seconds=run.host_seconds,
        interrupted=run.interrupted,
        activity=activity_of(run),
        facts={"broken_chains": [float(program.readout.broken(run.states).mean())]} if chained else {},
    )


_LADDERS: dict[tuple[str, tuple[float, ...]], np.ndarray] = {}


def ladder(
    program: Program, ends: tuple[float, ...], *, engine: str = "auto", threads: int | None = None
) -> np.ndarray:
    """The adaptive ladder between ``ends`` (or with its own), always from the same seed, and cached. A single end is
    the whole ladder."""
    if len(ends) == 1:
        return np.array(ends)
    key = (content_hash(program), ends)
    if key not in _LADDERS:
        first, last = ends if ends else (None, None)
        _LADDERS[key] = adaptive_ladder(program, first=first, last=last, engine=engine, threads=threads)
    return _LADDERS[key]
