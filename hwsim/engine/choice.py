"""The choice of an engine: the one asked for, or the fastest that can run the program.

A new engine is a file with FEATURES, `why_not` and `start` (see contract.Engine), and its name in names.py.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import cast

from hwsim.anneal import Anneal
from hwsim.engine.contract import Engine, Start, State
from hwsim.engine.feature import Feature
from hwsim.engine.initial import allowed
from hwsim.engine.names import ENGINES, NAMES
from hwsim.errors import InputError, UnsupportedError
from hwsim.program import Program

_MOST_COUNTS = 128  # field values of a p-bit, on average, up to which bitplanes beats lanes
_DENSE_DEGREE = 64  # couplings a p-bit from which dense beats lanes
_DENSE_SHARE = 8  # p-bits per coupling of one up to which it does: dense pays for all p-bits, lanes for neighbours


def engine_of(name: str) -> Engine:
    """The engine called ``name``; its kernels load now."""
    return cast(Engine, import_module(f"hwsim.engine.{name}"))


def choose(engine: str, program: Program) -> tuple[str, str]:
    """(engine, why) for ``program``: the one asked for, or the fastest that can run it."""
    if engine not in ENGINES:
        raise InputError(f"engine must be one of {', '.join(ENGINES)}, got {engine!r}")
    if engine != "auto":
        return engine, "asked for"
    from hwsim.engine.bitplanes import mean_counts

    reason = engine_of("bitplanes").why_not(program)
    if reason is None and mean_counts(program) <= _MOST_COUNTS:
        return "bitplanes", "the fastest for small-integer couplings"
    degree = len(program.network.weight) / program.n_pbits
    is_dense = degree >= _DENSE_DEGREE and program.n_pbits <= _DENSE_SHARE * degree
    if is_dense and engine_of("dense").why_not(program) is None:
        return "dense", f"the fastest for {degree:.0f} couplings a p-bit"
    return "lanes", f"the fastest for {reason or f'fields of {mean_counts(program):.0f} values'}"


def begin(engine: str, program: Program, start: Start, anneal: Anneal | Sequence[Anneal]) -> State:
    """Replicas at time 0 on ``engine`` (see ENGINES), their kernels ready for ``anneal``.

    Stuck p-bits start where they are stuck. Raises UnsupportedError where the engine cannot run the program.
    """
    name, _ = choose(engine, program)
    chosen = engine_of(name)
    reason = chosen.why_not(program)
    if reason is not None:
        able = [other for other in NAMES if engine_of(other).why_not(program) is None]
        raise UnsupportedError(f"engine {name} does not do {reason}; engines {' and '.join(able)} do")
    state = chosen.start(program, replace(start, initial=allowed(program, start)))
    state.compile(start.anneals(anneal)[0])
    return state


def matrix() -> list[tuple[str, dict[str, bool]]]:
    """(words of a feature, {engine: whether it honours it}) for every Feature: the table of the README."""
    return [(feature.value, {name: feature in engine_of(name).FEATURES for name in NAMES}) for feature in Feature]
