"""The choice of an engine: the one asked for, or the fastest that can run the program.

A new engine is a file with FEATURES, `why_not` and `start` (see contract.Engine), and its name in names.py.
"""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from typing import cast

from hwsim.anneal import Anneal
from hwsim.engine.contract import Engine, Start, State
from hwsim.engine.feature import Feature, lacking
from hwsim.engine.initial import allowed
from hwsim.engine.names import ENGINES, NAMES
from hwsim.errors import MOST_CHARACTERS, InputError, UnsupportedError
from hwsim.program import Program

_MOST_COUNTS = 128
"""Field values of a p-bit, on average, up to which bitplanes beats lanes where couplings are not all of one size."""
MANY = 2048
"""Replicas side by side, where nobody says how many."""


def engine_of(name: str) -> Engine:
    """The engine called ``name``; its kernels load now."""
    return cast(Engine, import_module(f"hwsim.engine.{name}"))


def choose(engine: str, program: Program, reads: int = MANY, *, loads: bool = False) -> tuple[str, str]:
    """(engine, why) for ``program``: the one asked for, or the fastest that can run it with ``reads`` replicas of a
    schedule side by side. loads : whether any weights may be written into the running machine"""
    if engine not in ENGINES:
        raise InputError(f"engine must be one of {', '.join(ENGINES)}, got {engine!r}")
    if engine != "auto":
        return engine, "asked for"
    from hwsim.engine.bitplanes import mean_counts

    reason = engine_of("bitplanes").why_not(program)
    if loads and reason is None:
        reason = "any weights that are loaded"
    counts = mean_counts(program) if reason is None else float("inf")
    best, why = "lanes", f"the fastest for {reason or f'fields of {counts:.0f} values'}"
    if engine_of(best).why_not(program) is not None:
        best, why = "reference", "the only engine that can"
    if counts <= _MOST_COUNTS or (reason is None and (best == "reference" or _counts_once(program))):
        best, why = "bitplanes", "the fastest for small-integer couplings"
    cost = _bitplanes_ns(program, reads) if best == "bitplanes" else _lanes_ns(program, reads)
    if not loads and engine_of("dense").why_not(program) is None and _dense_ns(program, reads) < cost:
        n = _degree(program)
        return "dense", f"the fastest for {n:.0f} couplings a p-bit and {reads} read{'s' * (reads != 1)} of a schedule"
    return best, why


def _degree(program: Program) -> float:
    return len(program.network.weight) / program.n_pbits


def _counts_once(program: Program) -> bool:
    """Whether all couplings of a p-bit count one, so that bitplanes counts inputs alone."""
    from hwsim.engine.bitplanes import mean_counts

    return mean_counts(program) < _degree(program) + 2


def _dense_ns(program: Program, reads: int) -> float:
    """Nanoseconds an update of all ``reads`` takes. These three were fitted, on one core of a Zen 5, to 1 to 2,048
    reads of Gaussian and +-1 couplings among 64 to 20,000 p-bits, beta from 0.1 / sigma to 10 / sigma; they err by a
    third, but in blocks of 1,024 p-bits or more, whose fields leave the caches, an update takes two to six times as
    long."""
    from hwsim.engine.dense import keeps_matrix
    from hwsim.engine.dense_kernel import VECTOR

    if reads > VECTOR and keeps_matrix(program.network):  # in blocks, words of 64
        return 75 + 64 * -(-reads // 64) * (1.25 + 0.0025 * program.n_pbits)
    octets = 4 * program.n_pbits * min(reads, 64)
    coupling = 0.05 if octets <= 2**18 else 0.1 if octets <= 2**20 else 0.23  # by the cache that holds the fields
    own = 2 + (0.008 * program.n_pbits if keeps_matrix(program.network) else coupling * _degree(program))
    return 70 * -(-reads // 64) + reads * own


def _lanes_ns(program: Program, reads: int) -> float:
    words = -(-reads // 64)
    return 60 * -(-words // 8) + 30 * words + _degree(program) * (1.8 * -(-words // 8) + 1.35 * words)


def _bitplanes_ns(program: Program, reads: int) -> float:
    in_blocks = reads * (1.3 + 0.1 * _degree(program))  # where the clock allows them
    if program.clock.kind in ("chromatic", "synchronous") and in_blocks < 18 + _degree(program):
        return in_blocks
    if reads == 1:
        return 20 + 2.1 * _degree(program)
    if reads <= 64 and _degree(program) <= 24:  # eight updates then share a vector, as a rule
        return 30 + 2.5 * _degree(program)
    if _degree(program) > 31 and _counts_once(program):  # up to 127 looked up, more of them listed
        return (90 + 1.5 * _degree(program)) * -(-reads // 512)
    return (20 + 7.5 * _degree(program)) * -(-reads // 512)


def begin(engine: str, program: Program, start: Start, anneal: Anneal | Sequence[Anneal]) -> State:
    """Replicas at time 0 on ``engine`` (see ENGINES), their kernels ready for ``anneal``.

    Stuck p-bits start where they are stuck. Raises UnsupportedError where the engine cannot run the program.
    """
    name, _ = choose(engine, program, side_by_side(start), loads=start.loads)
    chosen = engine_of(name)
    reason = chosen.why_not(program)
    if reason is not None:
        able = [other for other in NAMES if engine_of(other).why_not(program) is None]
        raise UnsupportedError(*_refusal(name, reason, lacking(program, chosen.FEATURES), " and ".join(able)))
    state = chosen.start(program, replace(start, initial=allowed(program, start)))
    state.compile(start.anneals(anneal)[0])
    return state


def _refusal(name: str, reason: str, lacks: list[str], able: str) -> list[str]:
    """The sentence that refuses for ``reason``; where it would be cut, a line for each feature that is lacking."""
    sentence = f"engine {name} does not do {reason}; engines {able} do"
    if len(sentence) <= MOST_CHARACTERS or len(lacks) < 2:
        return [sentence]
    return [f"engine {name} does not do {len(lacks)} things that the program asks for; engines {able} do", *lacks]


def side_by_side(start: Start) -> int:
    """Replicas of one schedule, and of one rung of it."""
    return -(-start.reads // (start.schedules * start.rungs))


def matrix() -> list[tuple[str, dict[str, bool]]]:
    """(words of a feature, {engine: whether it honours it}) for every Feature: the table of examples/engines.md."""
    return [(feature.value, {name: feature in engine_of(name).FEATURES for name in NAMES}) for feature in Feature]
