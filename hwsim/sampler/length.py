"""Length: the anneal of a request, its device time and its betas.

Enters: a Request, the model and its Program. Leaves: an Anneal, and the name of its shape.
"""

from typing import Any

import dimod
import numpy as np

from hwsim.anneal import DEFAULT_STEPS, Anneal, constant, geometric, linear, stepped
from hwsim.errors import InputError
from hwsim.program import Program
from hwsim.sampler.request import Request
from hwsim.units import TICK_S, parse, seconds

_DEFAULT_SWEEPS = 1000
_HOTTEST = 0.01
"""Where a geometric anneal to a chip's own beta begins, as a share of it; a linear one begins at 0."""


def anneal_of(request: Request, model: Any, program: Program, *, usual_s: float | None) -> tuple[Anneal, str]:
    """(anneal, "linear", "geometric", "constant", "custom" or "anneal_schedule").

    usual_s : time of the chip's usual anneal, or None for 1000 sweeps. Betas are those asked for; else of a chip whose
    hardware fixes beta its own, reached by a ramp where it anneals; else `default_beta_range`. Raises InputError.
    """
    sweep_s = program.clock.period * TICK_S
    if request.anneal_schedule is not None:
        times, fractions = schedule_points(request.anneal_schedule)
        if fractions[0] == 1 and request.initial_state is None and request.initial_states is None:
            raise InputError("an anneal_schedule that begins at 1 is a reverse anneal: give the initial_state")
        last = _own_beta(program) or default_beta_range(model)[1]
        at = np.linspace(0.0, times[-1], DEFAULT_STEPS)
        return stepped(last * np.interp(at, times, fractions), times[-1]), "anneal_schedule"
    if request.beta_schedule_type == "custom":
        return _custom(request, sweep_s), "custom"
    each = request.num_sweeps_per_beta or 1
    time_s = _asked_s(request)
    if time_s is None and request.num_sweeps is None and usual_s is not None and each == 1:
        time_s = usual_s
    sweeps = _DEFAULT_SWEEPS if request.num_sweeps is None else request.num_sweeps
    if sweeps % each:
        raise InputError(f"num_sweeps must be a multiple of num_sweeps_per_beta = {each}, got {sweeps}")
    time_s = sweep_s * min(sweeps, 10**300) if time_s is None else time_s  # what a float holds
    steps = DEFAULT_STEPS if each == 1 else sweeps // each
    kind = request.beta_schedule_type
    own = _own_beta(program)
    if request.beta_range is not None:
        start, end = beta_range_of(request.beta_range)
    elif own is None:
        start, end = default_beta_range(model)
    elif program.placement.ramps:
        kind = kind or "linear"
        start, end = (0.0 if kind == "linear" else _HOTTEST * own), own
    else:
        return constant(own, time_s), "constant"
    kind = kind or "geometric"
    return (linear if kind == "linear" else geometric)(start, end, time_s, steps=steps), kind


def _own_beta(program: Program) -> float | None:
    return program.placement.fixed_beta


def _asked_s(request: Request) -> float | None:
    """The device time that was asked for, in seconds; None where none was, or sweeps were."""
    if request.annealing_time is not None:
        value = request.annealing_time
        if isinstance(value, str):
            return _positive(seconds(value, name="annealing_time"), "annealing_time")
        return _positive(parse(value, "number", name="annealing_time") * 1e-6, "annealing_time")
    if request.anneal_time is None:
        return None
    return _positive(seconds(request.anneal_time, name="anneal_time"), "anneal_time")


def _positive(time_s: float, name: str) -> float:
    if not time_s > 0:
        raise InputError(f"{name} must be > 0, got {time_s:g} s")
    return time_s


def check_betas(request: Request) -> None:
    """Raise InputError for betas that are none, and for a schedule of other sweeps than those asked for: also where
    nothing runs."""
    if request.anneal_schedule is not None:
        schedule_points(request.anneal_schedule)
    if request.beta_range is not None:
        beta_range_of(request.beta_range)
    if request.beta_schedule_type == "custom":
        _betas(request)


def _betas(request: Request) -> np.ndarray:
    """float64 (n,): the betas of a custom schedule. Raises InputError."""
    each = request.num_sweeps_per_beta or 1
    betas = betas_of(request.beta_schedule)
    sweeps = len(betas) * each
    if request.num_sweeps not in (None, sweeps):
        raise InputError(
            f"a beta_schedule of {len(betas)} betas, {each} sweeps each, has {sweeps} sweeps, and num_sweeps is "
            f"{request.num_sweeps}: leave num_sweeps out"
        )
    ends = (float(betas[0]), float(betas[-1]))
    if request.beta_range is not None and beta_range_of(request.beta_range) != ends:
        raise InputError(f"beta_schedule goes from {ends[0]:g} to {ends[1]:g}: leave beta_range out")
    return betas


def _custom(request: Request, sweep_s: float) -> Anneal:
    betas, time_s = _betas(request), _asked_s(request)
    sweeps = len(betas) * (request.num_sweeps_per_beta or 1)
    return stepped(betas, sweep_s * sweeps if time_s is None else time_s)


def schedule_points(points: Any) -> tuple[np.ndarray, np.ndarray]:
    """(seconds, fractions) of D-Wave's ``anneal_schedule``, pairs of microseconds and the fraction of the anneal that
    is done. Raises InputError."""
    try:
        table = np.array([[float(time), float(fraction)] for time, fraction in points])
    except (TypeError, ValueError):
        table = np.empty((0, 2))
    if len(table) < 2 or not np.all(np.isfinite(table)):
        raise InputError(f"anneal_schedule must be two or more pairs of microseconds and fraction, got {points!r}")
    times, fractions = table.T
    if times[0] != 0 or np.any(np.diff(times) <= 0):
        raise InputError("the times of an anneal_schedule must begin at 0 and increase")
    if np.any(fractions < 0) or np.any(fractions > 1) or fractions[-1] != 1 or fractions[0] not in (0, 1):
        raise InputError(
            "the fractions of an anneal_schedule lie between 0 and 1, begin at 0 (or at 1, a reverse anneal from an "
            "initial_state) and end at 1"
        )
    return times * 1e-6, fractions


def betas_of(values: Any) -> np.ndarray:
    """``values`` as float64 (n,), n >= 1, finite and >= 0. Raises InputError."""
    try:
        betas = np.empty(0) if np.iscomplexobj(values) else np.array(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        betas = np.empty(0)
    if betas.ndim != 1 or not len(betas) or not np.all(np.isfinite(betas)) or np.any(betas < 0):
        raise InputError(f"betas must be a row of finite numbers >= 0, got {values!r}")
    return betas


def beta_range_of(values: Any) -> tuple[float, float]:
    """``values`` as (first, last) beta. Raises InputError."""
    betas = betas_of(values)
    if len(betas) != 2:
        raise InputError(f"beta_range must be (start, end), got {values!r}")
    return float(betas[0]), float(betas[1])


def default_beta_range(bqm: Any) -> tuple[float, float]:
    """From 0.1 over the largest input of any p-bit to 10 over the smallest nonzero bias or coupling."""
    spin = bqm if bqm.vartype is dimod.SPIN else bqm.change_vartype("SPIN", inplace=False)
    inputs = [abs(spin.linear[v]) + sum(abs(w) for _, w in spin.iter_neighborhood(v)) for v in spin.variables]
    values = [abs(b) for b in (*spin.linear.values(), *spin.quadratic.values()) if b]
    if not values:
        return 0.1, 1.0
    return 0.1 / max(inputs), 10.0 / min(values)


def repeated(anneal: Anneal, times: int) -> Anneal:
    """``anneal``, ``times`` times in a row."""
    starts = (anneal.start + anneal.end * np.arange(times, dtype=np.int64)[:, None]).ravel()
    return Anneal(start=starts, beta=np.tile(anneal.beta, times), end=anneal.end * times)
