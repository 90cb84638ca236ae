"""The best length of a run: time to solution against it, and whether an optimum lies in what was tried.

Enters: a Program, a recipe as a function of its length, a target. Leaves: a point per length and an Optimum. Lengths
grow until the optimum is behind, every read succeeds, or the budget of host time is spent.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hwsim.algorithm.outcome import Outcome
from hwsim.algorithm.recipe import Recipe, carry_out
from hwsim.analysis.interval import clustered_bootstrap, percentile_interval
from hwsim.analysis.summary import standard_error, successes
from hwsim.analysis.tts import TimeToSolution, time_to_solution
from hwsim.errors import InputError
from hwsim.interrupt import CtrlC
from hwsim.program import Program
from hwsim.session import Activity, mean_activity
from hwsim.streams import generator

_PASSED = 2.0
"""The optimum is behind where two lengths in a row are this many times worse, beyond their intervals."""
_SEEMS_WORSE = 1.15
"""A length is looked at again, to show that it is worse, where it seems to be by this."""
_BOOT = 400
_ENOUGH, _SHARE, _SHARE_OF_NONE, _MOST_BATCHES = 30, 0.05, 0.02, 64
"""Batches of reads are added to a length until so many succeed, or it has this share of the budget; the lesser share
while none does, for the best length is not among those."""
_BATCH_SHARE, _LEAST_SCHEDULES = 0.1, 4
"""Share of the budget that a batch may take, unless so many schedules take more: of fewer, an interval says little."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One length: time_s for which p-bits are updated;  run_s : of one run with all that has a price;  found : success
    and TTS in multiples of that;  energy_mean, energy_error : at its end;  activity : what a run asks of the machine;
    host_s : time it took here."""

    time_s: float
    run_s: float
    found: TimeToSolution
    energy_mean: float
    energy_error: float | None
    energy_best: float
    activity: Activity
    host_s: float
    boot: np.ndarray = field(repr=False, compare=False, default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """best : number of the best point, None where no read succeeded at any length;  is_interior : a shorter and a
    longer one are worse beyond their intervals, so that it is an optimum and not the edge of what was tried;  tts_s,
    tts_ci_s : 95 %, by a bootstrap over schedules and reads of the least of all lengths; a bound where ``best`` is
    None;  stopped : why no longer one was tried."""

    points: list[Point]
    best: int | None
    is_interior: bool
    tts_s: float
    tts_ci_s: tuple[float, float | None]
    stopped: str
    interrupted: bool = False


def find_optimum(
    program: Program,
    make: Callable[[float], Recipe],
    *,
    target: float,
    first_s: float,
    factor: float = 10**0.25,
    most: int = 24,
    reads: int = 512,
    schedules: int = 8,
    seed: int = 0,
    budget_s: float = 60.0,
    cost: Callable[[Activity], float] = lambda activity: activity.device_time_s,
    engine: str = "auto",
    threads: int | None = None,
    progress: Callable[[float], Callable[[float, int], None]] | None = None,
) -> Optimum:
    """Runs of ``first_s``, ``factor`` times that, and so on.

    make : recipe of a length in seconds;  cost : device seconds of one run, reads and swaps included. Raises
    InputError for a factor of at most 1 or lengths that are not positive.
    """
    if not (factor > 1 and first_s > 0 and most >= 1 and budget_s > 0):
        raise InputError(
            f"lengths start above 0 s and grow by more than 1, got {first_s:g} s and a factor of {factor:g}"
        )
    fixed = program.clock.kind in ("chromatic", "sequential") or (
        program.clock.kind == "synchronous" and program.clock.participation == 1
    )
    least = 1 if fixed else _LEAST_SCHEDULES
    points: list[Point] = []
    batches: list[list[Outcome]] = []
    began, stopped, interrupted = time.monotonic(), f"{most} lengths", False

    def cost_s(k: int) -> tuple[float, int]:
        """Host seconds of a batch of length ``k``, about, and its schedules: fewer where all would take long."""
        if not points:
            return 0.0, schedules
        near = points[min(k, len(points) - 1)]
        each = near.host_s / near.found.n_reads * first_s * factor**k / near.time_s * reads / schedules
        part = int(min(max(_BATCH_SHARE * budget_s / max(each, 1e-9), min(least, schedules)), schedules))
        return each * part, part

    def batch(k: int) -> bool:
        """One more batch of reads of length ``k``; False where it was ended."""
        length, part = first_s * factor**k, cost_s(k)[1]
        run = carry_out(
            program, make(length), reads=max(1, reads * part // schedules), schedules=part,
            seed=seed + (len(batches[k]) << 32), engine=engine, threads=threads,
            progress=None if progress is None else progress(length),
        )  # fmt: skip
        if not run.interrupted:
            batches[k].append(run)
        return not (run.interrupted or ctrl_c.heard)

    def point(k: int) -> Point:
        return _point(batches[k], target, first_s * factor**k, cost, seed + k, fixed)

    with CtrlC() as ctrl_c:
        for k in range(most):
            if points and time.monotonic() - began + cost_s(k)[0] > budget_s:
                stopped = f"the budget of {budget_s:g} s of host time"
                break
            batches.append([])
            while not batches[k] or _wants_more(batches[k], target, budget_s):
                interrupted = not batch(k)
                if interrupted:
                    break
            if batches[k]:
                points.append(point(k))
            if interrupted:
                stopped = "Ctrl-C"
                break
            if _is_behind(points):
                stopped = "the optimum is behind"
                break
            if points[-1].found.p_success == 1 and len(points) > 1:
                stopped = "every read succeeds"
                break
        while not interrupted and (unsure := _unsure(points)) is not None:
            if time.monotonic() - began + cost_s(unsure)[0] > budget_s:
                break
            interrupted = not batch(unsure)
            points[unsure] = point(unsure)
    return _summed(points, stopped, interrupted)


def _wants_more(runs: list[Outcome], target: float, budget_s: float) -> bool:
    hits = sum(int(successes(run, target).sum()) for run in runs)
    spent = sum(run.host_seconds for run in runs) + runs[-1].host_seconds
    return hits < _ENOUGH and len(runs) < _MOST_BATCHES and spent < budget_s * (_SHARE if hits else _SHARE_OF_NONE)


def _point(
    runs: list[Outcome], target: float, length_s: float, cost: Callable[[Activity], float], seed: int, fixed: bool
) -> Point:
    """Batches of one length together; each has schedules of its own. fixed : the clock has but one, so that reads are
    independent."""
    success = np.concatenate([successes(run, target) for run in runs])
    energy = np.concatenate([run.energies for run in runs])
    first = np.cumsum([0] + [int(run.group.max()) + 1 for run in runs])
    group = np.concatenate([run.group + start for run, start in zip(runs, first, strict=False)])
    if fixed:
        group = np.arange(len(success))
        boot = generator(seed, "reads").binomial(len(success), success.mean(), _BOOT) / len(success)
    else:
        boot = clustered_bootstrap(success, group, n_boot=_BOOT, seed=seed)
    activity = mean_activity([run.activity for run in runs])
    run_s = cost(activity)
    return Point(
        time_s=length_s, run_s=run_s, found=time_to_solution(success, group, run_s),
        energy_mean=float(energy.mean()), energy_error=standard_error(energy, group), energy_best=float(energy.min()),
        activity=activity, host_s=sum(run.host_seconds for run in runs),
        boot=boot,
    )  # fmt: skip


def _is_behind(points: list[Point]) -> bool:
    solved = [p for p in points if not p.found.tts_is_bound]
    if len(solved) < 3:
        return False
    best = min(solved, key=lambda p: p.found.tts_s)
    high = best.found.tts_ci_s[1]
    later = [p for p in points if p.time_s > best.time_s]
    return len(later) >= 2 and high is not None and all(
        p.found.tts_s > _PASSED * best.found.tts_s and p.found.tts_ci_s[0] > high for p in later[-2:]
    )  # fmt: skip


def _unsure(points: list[Point]) -> int | None:
    """The length whose next batch tells most about whether the best one is an optimum; None where that is settled, or
    where a side has none that seems worse."""
    solved = [k for k, p in enumerate(points) if not p.found.tts_is_bound]
    if not solved:
        return None
    best = min(solved, key=lambda k: points[k].found.tts_s)
    worse = _worse(points, best)
    chosen = []
    for side in (range(best), range(best + 1, len(points))):
        if any(worse[k] for k in side):
            continue
        rivals = [k for k in side if k in solved and points[k].found.tts_s > _SEEMS_WORSE * points[best].found.tts_s]
        if not rivals:
            return None
        chosen.append(max(rivals, key=lambda k: _evidence(points[k], points[best])))
    if not chosen:
        return None
    return min([*chosen, best], key=lambda k: points[k].found.n_success)


def _evidence(point: Point, best: Point) -> float:
    """Sigmas, about, between two times to solution."""
    error = math.sqrt(1 / point.found.n_success + 1 / best.found.n_success)
    return math.log(point.found.tts_s / best.found.tts_s) / error


def _worse(points: list[Point], best: int) -> list[bool]:
    return [p.found.tts_ci_s[0] > points[best].found.tts_s for p in points]


def _summed(points: list[Point], stopped: str, interrupted: bool) -> Optimum:
    solved = [k for k, p in enumerate(points) if not p.found.tts_is_bound]
    if not solved:
        least = min((p.found.tts_s for p in points), default=math.inf)
        return Optimum(
            points=points, best=None, is_interior=False, tts_s=least, tts_ci_s=(least, None), stopped=stopped,
            interrupted=interrupted,
        )  # fmt: skip
    best = min(solved, key=lambda k: points[k].found.tts_s)
    replicas = np.min([_tts(points[k].boot, points[k].run_s) for k in solved], axis=0)
    low, high = percentile_interval(np.where(np.isfinite(replicas), replicas, np.finfo(float).max), 0.95)
    # the least of several lengths is biased low; the chosen point's own interval may reach further up
    own_low, own_high = points[best].found.tts_ci_s
    worse = _worse(points, best)
    return Optimum(
        points=points, best=best, is_interior=any(worse[:best]) and any(worse[best + 1 :]),
        tts_s=points[best].found.tts_s, stopped=stopped, interrupted=interrupted,
        tts_ci_s=(min(low, own_low), None if own_high is None or high > 1e300 else max(high, own_high)),
    )  # fmt: skip


def _tts(p: np.ndarray, time_s: float) -> Any:
    """TTS99 of success probabilities ``p``, inf at 0 and the time itself from 0.99 on."""
    with np.errstate(divide="ignore"):
        repeats = np.where(p > 0, math.log(0.01) / np.log1p(-np.minimum(p, 1 - 1e-15)), np.inf)
    return np.where(p >= 0.99, 1.0, repeats) * time_s
