"""Anneals as people write them, such as ``0.1/sigma:10/sigma``, and the default of a chip.

Enters: text. Leaves: betas, or an Anneal.
"""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.anneal import DEFAULT_STEPS, Anneal, constant, geometric, linear
from hwsim.errors import InputError
from hwsim.problem.problem import input_sigma
from hwsim.program import Program
from hwsim.ranges import seconds_in
from hwsim.units import format_si, parse, to_seconds

DEFAULT_BETA = "0.1/sigma:10/sigma"
DEFAULT_UPDATES = 200
"""The default length of an anneal, in updates of a p-bit."""
STILL_UPDATES = 400
"""The default length of a read at one temperature, in updates of a p-bit."""
FEW_UPDATES = 3.0
"""With fewer updates of a p-bit, on average, a run says so: under a Poisson clock exp(-3), 5 % of the p-bits, would
still be in their first state."""

_MOST_BETA = 1e150
"""Beyond it, beta times an energy need not be a number."""


def beta_ends(text: str, problem: Any) -> tuple[float, ...]:
    """One beta, or the first and the last, of text such as ``2``, ``0.1:3`` or ``0.1/sigma:10/sigma``, sigma being
    `input_sigma` of ``problem``. Raises InputError."""
    ends = tuple(_beta(part, problem) for part in text.split(":"))
    if len(ends) > 2:
        raise InputError(f"beta must be one number or start:end, got {text!r}")
    return ends


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """An anneal as people write it; see `make_anneal`."""

    beta: str | None = None
    shape: str = "linear"
    time: str | float | None = None
    steps: int = DEFAULT_STEPS


def default_time_s(program: Program) -> float:
    """DEFAULT_UPDATES times the device's own time, the period of a clock or the tau of its p-bits."""
    return to_seconds(DEFAULT_UPDATES * program.clock.period)


def length_s(program: Program, time: str | float | None) -> float:
    """Seconds of ``time``: text with a unit or in tau, the device's own time (``200 tau``), or seconds; None:
    `default_time_s`. Raises InputError."""
    if time is None:
        return default_time_s(program)
    return seconds_in(time, to_seconds(program.clock.period), name="time")


def pace_note(program: Program, time_s: float) -> str | None:
    """What is odd about the updates of ``program`` in ``time_s`` seconds, in a sentence: p-bits that hardly update,
    numbers of the card that its clock does not ask for. None where nothing is."""
    found = [note for note in (_slow(program, time_s), _idle(program)) if note]
    return "; ".join(found) or None


def _idle(program: Program) -> str | None:
    """A sentence where intervals spread or jitter, and the clock has others."""
    clock = program.clock
    idle = ["the spread of tau"] if not clock.is_own and np.ptp(clock.tau) > 0 else []
    idle += ["jitter"] if clock.kind != "free-running" and np.any(clock.jitter > 0) else []
    if not idle:
        return None
    verb = "changes" if len(idle) == 1 else "change"
    has = "draws its ticks at random" if clock.is_own else "has one period for all p-bits"
    return f"{' and '.join(idle)} {verb} nothing: a {clock.kind} clock {has}"


def _slow(program: Program, time_s: float) -> str | None:
    """A sentence where p-bits hardly update."""
    clock = program.clock
    updates = time_s / to_seconds(clock.period) * clock.share
    if updates >= FEW_UPDATES:
        return None
    return (
        f"the p-bits hardly update ({updates:.2g} times each in {format_si(time_s, 's')}, as tau is "
        f"{format_si(to_seconds(clock.period), 's')}), so states are near those at the start: give a longer time"
    )


def make_anneal(
    problem: Any,
    program: Program,
    *,
    beta: str | None,
    shape: str = "linear",
    time: str | float | None,
    steps: int = DEFAULT_STEPS,
) -> Anneal:
    """The anneal of ``beta`` (see `beta_ends`; None: the chip's own where its hardware fixes it, else DEFAULT_BETA),
    ``shape`` linear or geometric, in so many ``steps``, and length ``time`` (None: `default_time_s`). Raises
    InputError."""
    on = program.placement
    if beta is None and on.fixed_beta is not None:
        if on.fixed_beta > _MOST_BETA:
            raise InputError(f"beta must be at most {_MOST_BETA:g}, got {on.fixed_beta:g} by fixed_beta of the chip")
        # a machine that anneals ramps up to its beta; any other is at its beta all the time
        ends: tuple[float, ...] = (0.0, on.fixed_beta) if on.ramps else (on.fixed_beta,)
    else:
        ends = beta_ends(DEFAULT_BETA if beta is None else beta, problem)
    duration = length_s(program, time)
    if duration <= 0:
        raise InputError(f"time must be > 0, got {time}")
    if shape not in ("linear", "geometric"):
        raise InputError(f"anneal must be linear or geometric, got {shape!r}")
    if len(ends) == 1:
        return constant(ends[0], duration)
    return (linear if shape == "linear" else geometric)(ends[0], ends[1], duration, steps=steps)


def still_time_s(program: Program) -> float:
    """STILL_UPDATES times the mean time between two updates of a p-bit."""
    return to_seconds(round(STILL_UPDATES * program.clock.update_ticks))


def still_anneal(
    problem: Any, program: Program, *, beta: str | None, shape: str = "linear", time: str | float | None
) -> Anneal:
    """The anneal at one temperature, for a machine in equilibrium: as `make_anneal`, but beta is by default 1/sigma or
    the chip's own, and the length `still_time_s`. Raises InputError where beta changes."""
    if beta is None and program.placement.fixed_beta is None:
        beta = "1/sigma"
    length = still_time_s(program) if time is None else time
    anneal = make_anneal(problem, program, beta=beta, shape=shape, time=length)
    if len(anneal.beta) > 1:
        raise InputError("equilibrium needs one temperature: give beta one number, or ask for success")
    return anneal


def _beta(text: str, problem: Any) -> float:
    match = re.fullmatch(r"\s*([^/]+?)\s*(/\s*sigma\s*)?", text)
    if match is None:
        raise InputError(f"beta must be a number, or a number over sigma such as 0.1/sigma, got {text!r}")
    value = parse(match.group(1), "number", name="beta")
    if abs(value) > _MOST_BETA:
        raise InputError(f"beta must be at most {_MOST_BETA:g}, got {value:g}")
    if not match.group(2):
        return value
    scale = input_sigma(problem.bqm)
    if not abs(value) / _MOST_BETA <= scale:
        raise InputError(f"beta must be at most {_MOST_BETA:g}, and {text} is more: sigma is {scale:g}")
    return value / scale
