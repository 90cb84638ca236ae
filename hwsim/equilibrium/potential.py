"""A cell in a potential, beside exp(-beta U) / Z: where many cells are at the end of a run, and where the law has them.

Enters: a potential and a plan. Leaves: plain numbers by name, as JSON holds them.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.analysis.fidelity import total_variation, tv_noise_floor
from hwsim.errors import InputError
from hwsim.thermo.potential import Potential, law, memory_s, overdamped, reach, stable_step, underdamped
from hwsim.units import format_si

FORGOTTEN = 5
"""After so many memory times a cell has forgotten its start, to about exp(-5)."""
_TRACED = 2000
_MOST_WORK = 2e11
"""The most steps of all cells: some six minutes in a compiled kernel."""
_NOWHERE = 1e-200
_FINE = 4001

_MOST_BINS = 10**6


@dataclass(frozen=True, kw_only=True)
class CellPlan:
    """replicas : how many cells;  tau_s : relaxation time in a bowl of stiffness 1;  bins : of the histogram
    start : where cells start, None for the potential's own start
    time_s : length of the run, None for 100 tau_s, or 20 relax_s if that is longer
    step_s : of the integrator, None for a twentieth of the fastest relaxation time
    relax_s : relaxation time of the velocity of a cell with inertia, None for overdamped cells
    """

    beta: float = 1.0
    tau_s: float = 1e-6
    relax_s: float | None = None
    time_s: float | None = None
    step_s: float | None = None
    start: float | None = None
    replicas: int = 4096
    bins: int = 60
    seed: int = 0


def sample_cell(
    potential: Potential,
    plan: CellPlan,
    *,
    progress: Callable[[float, int], None] | None = None,
    interrupt: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Mean, variance and histogram of the cells and of the law, their distance and its noise floor, the first cell in
    time, and the memory time of a cell (memory_s, None where a wall keeps it on its side). Raises InputError."""
    if plan.bins > _MOST_BINS:
        raise InputError(f"bins must be at most {_MOST_BINS}, got {plan.bins}")
    start = potential.start if plan.start is None else plan.start
    beta, relax_s = plan.beta, plan.relax_s
    low, high = reach(potential, beta=beta, start=start)
    time_s, step_s = _lengths(potential, plan, start)
    trace: list[tuple[float, float]] = [(0.0, start)]
    ended = False

    def observe(now_s: float, x: np.ndarray) -> bool:
        nonlocal ended
        trace.append((now_s, float(x[0])))
        if progress is not None:
            progress(min(now_s / time_s, 1.0), len(trace))
        ended = interrupt is not None and interrupt()
        return ended

    how: dict[str, Any] = {
        "beta": beta,
        "time_s": time_s,
        "step_s": step_s,
        "replicas": plan.replicas,
        "start": start,
        "every": max(1, round(time_s / step_s / _TRACED)) if step_s > 0 else 1,
        "seed": plan.seed,
    }
    kinetic = None
    if relax_s is None:
        x = overdamped(potential, tau_s=plan.tau_s, observe=observe, **how)
    else:
        mass = plan.tau_s * relax_s
        x, v = underdamped(potential, mass=mass, relax_s=relax_s, observe=lambda t, x, _: observe(t, x), **how)
        kinetic = float(np.mean(v**2)) * plan.tau_s * relax_s * beta / 2
    return {
        "potential": potential.name,
        "beta": beta,
        "tau_s": plan.tau_s,
        "device_time_s": trace[-1][0],
        "step_s": step_s,
        "replicas": plan.replicas,
        "mean": float(x.mean()),
        "variance": float(x.var()),
        "relax_s": relax_s,
        "kinetic_energy_kt": kinetic,
        **_beside_law(potential, plan, x, low, high),
        "trace": [list(point) for point in trace],
        "interrupted": ended,
    }


def _lengths(potential: Potential, plan: CellPlan, start: float) -> tuple[float, float]:
    """The time and the step, in seconds."""
    time_s = plan.time_s
    if time_s is None:
        time_s = max(100 * plan.tau_s, 20 * (plan.relax_s or 0.0))
    if plan.step_s is None:
        step_s = stable_step(potential, beta=plan.beta, tau_s=plan.tau_s, start=start)
        if plan.relax_s is not None:
            # a sixtieth of the fastest oscillation: 0.05 tau / curvature is the step without inertia
            step_s = 0.1 * math.sqrt(plan.relax_s * step_s / 0.05)
        step_s = min(step_s, time_s)
    else:
        step_s = plan.step_s
        if step_s > time_s:
            raise InputError(f"a step must not be longer than the run of {time_s:g} s, got {step_s:g} s")
    if step_s > 0 and plan.replicas * time_s / step_s > _MOST_WORK:
        raise InputError(
            f"{time_s / step_s:.3g} steps of {format_si(step_s, 's')} for {plan.replicas} cells are "
            f"{plan.replicas * time_s / step_s:.3g} moves, and the limit is {_MOST_WORK:g}: give a shorter --time, "
            "a longer --step or fewer --replicas"
        )
    return time_s, step_s


def _beside_law(potential: Potential, plan: CellPlan, x: np.ndarray, low: float, high: float) -> dict[str, Any]:
    """The law between ``low`` and ``high``, and the distance of the cells at ``x`` from it."""
    edges = np.linspace(low, high, plan.bins + 1)
    share = law(potential, plan.beta, edges)
    share[share < _NOWHERE] = 0.0
    place = np.clip(np.digitize(x, edges) - 1, 0, len(share) - 1)
    fine = np.linspace(low, high, _FINE)
    weight, points = law(potential, plan.beta, fine), (fine[1:] + fine[:-1]) / 2
    memory = max(memory_s(potential, beta=plan.beta, tau_s=plan.tau_s, edges=fine), 2 * (plan.relax_s or 0.0))
    mean = float(weight @ points)
    spread = float(weight @ (points - mean) ** 2)
    return {
        "law_mean": 0.0 if abs(mean) < 1e-9 * math.sqrt(spread) else mean,
        "law_variance": spread,
        "total_variation": float(total_variation(place, share)),
        "tv_noise_floor": float(tv_noise_floor(share, plan.replicas)),
        "edges": edges.tolist(),
        "counts": np.bincount(place, minlength=len(share)).tolist(),
        "law": share.tolist(),
        "memory_s": memory if math.isfinite(memory) else None,
        "energy": potential.energy((edges[1:] + edges[:-1]) / 2).tolist(),
    }
