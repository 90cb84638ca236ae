"""Explore: one problem on many designs. A design is a chip card with some parameters changed.

Enters: a plain dict, such as a TOML file gives (see `checked`). Leaves: a row of numbers per design, and which designs
no other beats. Prices that nobody knows make a design's energy unknown, never zero.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from hwsim.chip.library import chip
from hwsim.cost.solution import NO_SOLUTION, account_of, time_to_solution
from hwsim.errors import DoesNotFitError, InputError
from hwsim.experiment.anneals import make_anneal
from hwsim.experiment.chains import chain_facts
from hwsim.mapping.compile import compile, embed, laid_out
from hwsim.session import run as emulate

KEYS = ("problem", "chip", "target", "beta", "anneal", "time", "reads", "schedules", "seed", "set", "sweep")
OWN = ("chip", "time", "chips", "exchange", "chain_strength", "beta")
"""Keys of a design that are no parameters of a card."""
_DEFAULTS: dict[str, Any] = {
    "chip": "generic-floorplan", "target": None, "beta": "0.1/sigma:10/sigma", "anneal": "linear", "time": "1 us",
    "reads": 256, "schedules": 4, "seed": 0, "set": {}, "sweep": {},
}  # fmt: skip


def checked(spec: Mapping[str, Any]) -> dict[str, Any]:
    """``spec`` with its defaults. Raises InputError.

    problem : file or generator;  chip : card;  target : energy, known, exact or best;  beta, anneal, time, reads,
    schedules, seed : as in ``hwsim run``;  set : parameters of every design;  sweep : {key: list of values}, whose
    combinations are the designs. A key is a parameter of cards, or of OWN; a value may be a table of several
    parameters, with a ``name``.
    """
    unknown = [key for key in spec if key not in KEYS]
    if unknown:
        raise InputError(f"unknown key {unknown[0]!r}; known are {', '.join(KEYS)}")
    if not isinstance(spec.get("problem"), str):
        raise InputError("a spec needs problem, a file or a generator such as sk:n=24,seed=1")
    full = _DEFAULTS | dict(spec)
    for key in ("set", "sweep"):
        if not isinstance(full[key], Mapping):
            raise InputError(f"{key} must be a table, got {full[key]!r}")
    for key, values in full["sweep"].items():
        if not isinstance(values, list) or not values:
            raise InputError(f"sweep.{key} must be a list of values, got {values!r}")
    for key in ("reads", "schedules", "seed"):
        if not isinstance(full[key], int) or full[key] < (0 if key == "seed" else 1):
            raise InputError(f"{key} must be a whole number, got {full[key]!r}")
    return full


def designs(spec: Mapping[str, Any]) -> Iterator[tuple[dict[str, str], dict[str, Any]]]:
    """(words by swept key, parameters) of every combination."""
    keys = list(spec["sweep"])
    for values in itertools.product(*(spec["sweep"][key] for key in keys)):
        words, parameters = {}, dict(spec["set"])
        for key, value in zip(keys, values, strict=True):
            if isinstance(value, Mapping):
                inner = {k: v for k, v in value.items() if k != "name"}
                words[key] = str(value.get("name", ", ".join(f"{k} {v}" for k, v in inner.items())))
                parameters |= inner
            else:
                words[key] = str(value)
                parameters[key] = value
        yield words, parameters


def identity(spec: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    """16 hex digits of everything that a design's row depends on but the version of hwsim."""
    what = {key: spec[key] for key in KEYS if key not in ("set", "sweep")} | {"parameters": dict(parameters)}
    return hashlib.sha256(json.dumps(what, sort_keys=True, default=str).encode()).hexdigest()[:16]


def explore_one(
    spec: Mapping[str, Any],
    parameters: Mapping[str, Any],
    problem: Any,
    target: float | None,
    *,
    threads: int | None = None,
    progress: Callable[[float, int], None] | None = None,
) -> dict[str, Any] | None:
    """The row of one design; None where it was interrupted.

    A design that the problem does not fit has the reason under ``does_not_fit`` and nothing else.
    """
    from hwsim.units import seconds

    own = {key: parameters[key] for key in OWN if key in parameters}
    card = {key: value for key, value in parameters.items() if key not in OWN}
    machine = chip(own.get("chip", spec["chip"]), **card)
    options: dict[str, Any] = {"chain_strength": own.get("chain_strength")}
    try:
        options["embedding"] = embed(problem, machine)
        if "chips" in own:
            options["parts"] = int(own["chips"])
            if "exchange" in own:
                options["exchange_s"] = seconds(own["exchange"], name="exchange")
            program = compile(problem, machine, **options)
            _, layout = laid_out(
                problem, machine, embedding=options["embedding"], chain_strength=options["chain_strength"]
            )
        else:
            program, layout = laid_out(problem, machine, **options)
    except DoesNotFitError as error:
        return {"does_not_fit": str(error)}
    beta = own.get("beta", spec["beta"])
    anneal = make_anneal(
        problem, program, beta=None if beta is None else str(beta), shape=spec["anneal"],
        time=str(own.get("time", spec["time"])),
    )  # fmt: skip
    run = emulate(
        program, anneal=anneal, reads=spec["reads"], schedules=spec["schedules"], seed=spec["seed"], threads=threads,
        progress=progress,
    )  # fmt: skip
    if run.interrupted:
        return None
    pitch = layout.pitch_m
    row: dict[str, Any] = {
        "pbits": program.n_pbits,
        "couplers": int(layout.wired.sum()) // 2,
        "area_m2": None if pitch is None else program.n_pbits * pitch**2,
        "critical_delay_s": float(program.wires.delay.max(initial=0)) * 1e-15,
        "energy_mean": float(run.energies.mean()),
        "energy_best": float(run.energies.min()),
        "broken_chains": None if program.readout.chain is None else chain_facts(run)["broken_chains"],
    }
    found = None if target is None else time_to_solution(run, target=target)
    row |= (account_of(run) if found is None else found.account).facts
    return row | (NO_SOLUTION if found is None else found.facts)


def best_designs(rows: list[dict[str, Any]], keys: tuple[str, ...]) -> list[bool]:
    """Whether each row is one that no other beats in every one of ``keys``, less being better; a row where one of them
    is unknown, or only a bound, is not compared."""
    values = np.array([[_number(row, key) for key in keys] for row in rows], dtype=np.float64)
    known = np.all(np.isfinite(values), axis=1) if len(rows) else np.zeros(0, dtype=bool)
    out = []
    for k in range(len(rows)):
        beaten = known & np.all(values <= values[k], axis=1) & np.any(values < values[k], axis=1)
        out.append(bool(known[k] and not beaten.any()))
    return out


def _number(row: Mapping[str, Any], key: str) -> float:
    value = row.get(key)
    return float("nan") if value is None or row.get("tts99_is_bound") else float(value)


def mark_best(rows: list[dict[str, Any]]) -> None:
    """``best_by_area`` and ``best_by_energy`` in each row: no other design is better in both, with read-out."""
    for name, other in (("best_by_area", "area_m2"), ("best_by_energy", "ets99_total_j")):
        for row, best in zip(rows, best_designs(rows, ("tts99_total_s", other)), strict=True):
            row[name] = best
