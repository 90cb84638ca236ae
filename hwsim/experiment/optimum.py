"""The best length of a run: time to solution against it, and whether an optimum lies in what was tried.

Enters: a Program, a recipe as a function of its length, a target. Leaves: a point per length and an Optimum. Lengths
grow until the optimum is behind, every read succeeds, or the budget of host time is spent.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hwsim.algorithm.outcome import Outcome
from hwsim.algorithm.recipe import Recipe, run_recipe
from hwsim.analysis.interval import clustered_bootstrap, percentile_interval, standard_error
from hwsim.analysis.tts import reached, repeats, scaled
from hwsim.cost.account import account
from hwsim.cost.solution import Solution, clusters, is_fixed, solution
from hwsim.cost.toggles import wires_of
from hwsim.engine.choice import choose
from hwsim.errors import InputError
from hwsim.experiment.anneals import beta_ends, make_anneal
from hwsim.interrupt import CtrlC
from hwsim.problem.problem import Problem
from hwsim.program import Program
from hwsim.session import Activity, mean_activity
from hwsim.streams import generator
from hwsim.units import TICK_S

_PASSED = 2.0
"""The optimum is behind where two lengths in a row are this many times worse, beyond their intervals."""
_SEEMS_WORSE = 1.15
"""A length is looked at again, to show that it is worse, where it seems to be by this."""
_BOOT = 400
_ENOUGH, _SHARE, _SHARE_OF_NONE = 30, 0.05, 0.02
"""Batches of reads are added to a length until so many succeed, or it has this share of the budget; the lesser share
while none does, for the best length is not among those."""
_BATCH_SHARE, _LEAST_SCHEDULES = 0.1, 4
"""Share of the budget that a batch may take, unless so many schedules take more: of fewer, an interval says little."""


_VECTOR, _LANES, _FIRST_UPDATES = 512, 64, 30


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is tried: ``most`` lengths, the first of ``first_s`` and each ``factor`` times the last, while ``budget_s``
    seconds of this computer last; of each, batches of ``reads`` runs under ``schedules`` realisations of the clock, at
    most ``most_batches``. Raises InputError for a factor of at most 1 or lengths that are not positive."""

    first_s: float
    factor: float = 10**0.25
    most: int = 24
    budget_s: float = 60.0
    reads: int = 512
    schedules: int = 8
    most_batches: int = 64
    seed: int = 0

    def __post_init__(self) -> None:
        if not (self.factor > 1 and self.first_s > 0 and self.most >= 1 and self.budget_s > 0):
            raise InputError(
                f"lengths start above 0 s and grow by more than 1, got {self.first_s:g} s and a factor of "
                f"{self.factor:g}"
            )


@dataclass(frozen=True, kw_only=True)
class Point:
    """One length: time_s for which p-bits are updated;  found : success, time and energy to solution, with the account
    of one run, in which wires are left out;  energy_mean, energy_error : at its end;  activity : what a run asks of the
    machine;  host_s : time it took here."""

    time_s: float
    found: Solution
    energy_mean: float
    energy_error: float | None
    energy_best: float
    activity: Activity
    host_s: float
    boot: np.ndarray = field(repr=False, compare=False, default_factory=lambda: np.zeros(0))

    @property
    def run_s(self) -> float:
        """Device seconds of one run with its read-out: what lengths are compared by."""
        return self.found.account.total_time_s


@dataclass(frozen=True, kw_only=True)
class Optimum:
    """best : number of the best point, None where no read succeeded at any length;  is_interior : a shorter and a
    longer one are worse beyond their intervals, so that it is an optimum and not the edge of what was tried
    total_s, total_ci_s : least time to solution with read-out, 95 % by a bootstrap over schedules and reads of the
    least of all lengths; a bound where ``best`` is None;  stopped : why no longer one was tried."""

    points: list[Point]
    best: int | None
    is_interior: bool
    total_s: float
    total_ci_s: tuple[float, float | None]
    stopped: str
    interrupted: bool = False


def find_optimum(
    program: Program,
    make: Callable[[float], Recipe],
    *,
    target: float,
    search: Search,
    engine: str = "auto",
    threads: int | None = None,
    progress: Callable[[float], Callable[[float, int], None]] | None = None,
) -> Optimum:
    """Runs of ``search.first_s``, ``search.factor`` times that, and so on; ``make`` gives the recipe of a length in
    seconds. Lengths are compared by their time to solution with read-out, at the prices of the program."""
    budget_s, factor, first_s = search.budget_s, search.factor, search.first_s
    reads, schedules = search.reads, search.schedules
    least = 1 if is_fixed(program) else _LEAST_SCHEDULES
    points: list[Point] = []
    batches: list[list[Outcome]] = []
    began, stopped, interrupted = time.monotonic(), f"{search.most} lengths", False

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
        run = run_recipe(
            program,
            make(length),
            reads=max(1, reads * part // schedules),
            schedules=part,
            seed=search.seed + (len(batches[k]) << 32),
            engine=engine,
            threads=threads,
            progress=None if progress is None else progress(length),
        )
        if not run.interrupted:
            batches[k].append(run)
        return not (run.interrupted or ctrl_c.heard)

    def point(k: int) -> Point:
        return _point(batches[k], target, first_s * factor**k, search.seed + k)

    with CtrlC() as ctrl_c:
        for k in range(search.most):
            if points and time.monotonic() - began + cost_s(k)[0] > budget_s:
                stopped = f"the budget of {budget_s:g} s of host time"
                break
            batches.append([])
            while not batches[k] or _wants_more(batches[k], target, search):
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
        while search.most > 1 and not interrupted and (unsure := _unsure(points)) is not None:
            if time.monotonic() - began + cost_s(unsure)[0] > budget_s:
                break
            interrupted = not batch(unsure)
            points[unsure] = point(unsure)
    return _summed(points, stopped, interrupted)


def _wants_more(runs: list[Outcome], target: float, search: Search) -> bool:
    hits = sum(int(reached(run.energies, target).sum()) for run in runs)
    spent = sum(run.host_seconds for run in runs) + runs[-1].host_seconds
    share = search.budget_s * (_SHARE if hits else _SHARE_OF_NONE)
    return hits < _ENOUGH and len(runs) < search.most_batches and spent < share


def _point(runs: list[Outcome], target: float, length_s: float, seed: int) -> Point:
    """Batches of one length together; each has schedules of its own."""
    program = runs[0].program
    success = np.concatenate([reached(run.energies, target) for run in runs])
    energy = np.concatenate([run.energies for run in runs])
    first = np.cumsum([0] + [int(run.schedule.max()) + 1 for run in runs])
    schedule = np.concatenate([run.schedule + start for run, start in zip(runs, first, strict=False)])
    cluster = clusters(program, schedule)
    if is_fixed(program):
        boot = generator(seed, "reads").binomial(len(success), success.mean(), _BOOT) / len(success)
    else:
        boot = clustered_bootstrap(success, cluster, n_boot=_BOOT, seed=seed)
    activity = mean_activity([run.activity for run in runs])
    paid = account(activity, program.prices, wires_j=wires_of(program, None))
    return Point(
        time_s=length_s,
        found=solution(success, cluster, paid),
        energy_mean=float(energy.mean()),
        energy_error=standard_error(energy, cluster),
        energy_best=float(energy.min()),
        activity=activity,
        host_s=sum(run.host_seconds for run in runs),
        boot=boot,
    )


def _is_behind(points: list[Point]) -> bool:
    solved = [p for p in points if not p.found.tts_is_bound]
    if len(solved) < 3:
        return False
    best = min(solved, key=lambda p: p.found.total_s)
    high = best.found.total_ci_s[1]
    later = [p for p in points if p.time_s > best.time_s]
    return (
        len(later) >= 2
        and high is not None
        and all(p.found.total_s > _PASSED * best.found.total_s and p.found.total_ci_s[0] > high for p in later[-2:])
    )


def _unsure(points: list[Point]) -> int | None:
    """The length whose next batch tells most about whether the best one is an optimum; None where that is settled, or
    where a side has none that seems worse."""
    solved = [k for k, p in enumerate(points) if not p.found.tts_is_bound]
    if not solved:
        return None
    best = min(solved, key=lambda k: points[k].found.total_s)
    worse = _worse(points, best)
    chosen = []
    for side in (range(best), range(best + 1, len(points))):
        if any(worse[k] for k in side):
            continue
        limit_s = _SEEMS_WORSE * points[best].found.total_s
        rivals = [k for k in side if k in solved and points[k].found.total_s > limit_s]
        if not rivals:
            return None
        chosen.append(max(rivals, key=lambda k: _evidence(points[k], points[best])))
    if not chosen:
        return None
    return min([*chosen, best], key=lambda k: points[k].found.n_success)


def _evidence(point: Point, best: Point) -> float:
    """Sigmas, about, between two times to solution."""
    error = math.sqrt(1 / point.found.n_success + 1 / best.found.n_success)
    return math.log(point.found.total_s / best.found.total_s) / error


def _worse(points: list[Point], best: int) -> list[bool]:
    return [p.found.total_ci_s[0] > points[best].found.total_s for p in points]


def _summed(points: list[Point], stopped: str, interrupted: bool) -> Optimum:
    solved = [k for k, p in enumerate(points) if not p.found.tts_is_bound]
    if not solved:
        least = min((p.found.total_s for p in points), default=math.inf)
        return Optimum(
            points=points,
            best=None,
            is_interior=False,
            total_s=least,
            total_ci_s=(least, None),
            stopped=stopped,
            interrupted=interrupted,
        )
    best = min(solved, key=lambda k: points[k].found.total_s)
    own_low, own_high = points[best].found.total_ci_s
    if len(points) == 1:
        return Optimum(
            points=points,
            best=best,
            is_interior=False,
            total_s=points[best].found.total_s,
            total_ci_s=(own_low, own_high),
            stopped=stopped,
            interrupted=interrupted,
        )
    replicas = np.min([repeats(points[k].boot) * points[k].run_s for k in solved], axis=0)
    low, high = percentile_interval(np.where(np.isfinite(replicas), replicas, np.finfo(float).max), 0.95)
    # the least of several lengths is biased low; the chosen point's own interval may reach further up
    worse = _worse(points, best)
    return Optimum(
        points=points,
        best=best,
        is_interior=any(worse[:best]) and any(worse[best + 1 :]),
        total_s=points[best].found.total_s,
        stopped=stopped,
        interrupted=interrupted,
        total_ci_s=(min(low, own_low), None if own_high is None or high > 1e300 else max(high, own_high)),
    )


def optimum_facts(program: Program, found: Optimum, make: Callable[[float], Recipe]) -> dict[str, Any]:
    """The points and the optimum as plain numbers; what a solution takes is that of the best length, wires included."""
    points = [
        {"time_s": p.time_s, "device_time_s": p.found.account.device_time_s, "total_time_s": p.run_s}
        | {key: value for key, value in p.found.facts.items() if not key.startswith("ets99")}
        | {
            "energy_mean": p.energy_mean,
            "energy_best": p.energy_best,
            "updates": p.activity.updates,
            "host_s": p.host_s,
        }
        for p in found.points
    ]
    row: dict[str, Any] = {
        "points": points,
        "best": found.best,
        "is_interior": found.is_interior,
        "stopped": found.stopped,
    }
    if found.best is None:
        least = min(found.points, key=lambda p: p.found.total_s).found
        return row | least.account.facts | least.facts | {"hardware_pbits": None}
    best = found.points[found.best]
    paid = account(best.activity, program.prices, wires_j=wires_of(program, make(best.time_s).anneal))
    solved = replace(best.found, account=paid)
    row |= solved.account.facts | solved.facts
    row["hardware_pbits"] = best.activity.n_pbits * best.activity.copies
    if len(found.points) > 1:
        part = solved.account.device_time_s / solved.account.total_time_s
        row |= {"tts99_ci_s": list(scaled(found.total_ci_s, part)), "tts99_total_ci_s": list(found.total_ci_s)}
    return row


def recipes(
    problem: Problem, program: Program, *, algorithm: str, parameters: Mapping[str, Any], beta: str | None, shape: str
) -> Callable[[float], Recipe]:
    """The recipe of a length in seconds; ``beta`` as people write it, see `hwsim.experiment.anneals`. Raises
    InputError."""
    betas: tuple[float, ...] = ()
    if algorithm != "anneal" and beta is not None:
        betas = beta_ends(beta, problem)
        if algorithm == "quantum" and len(betas) != 1:
            raise InputError(f"beta of algorithm quantum must be one number, got {beta!r}")

    def make(length_s: float) -> Recipe:
        anneal = None
        if algorithm == "anneal":
            anneal = make_anneal(problem, program, beta=beta, shape=shape, time=length_s)
        return Recipe(algorithm=algorithm, time_s=length_s, parameters=parameters, anneal=anneal, betas=betas)

    return make


def reads_at_once(program: Program, *, algorithm: str, schedules: int, engine: str = "auto") -> int:
    """What a vector of the engine holds for each schedule, which costs as much as fewer; 4 replicas of what keeps
    several."""
    if algorithm != "anneal":
        return 4 * schedules
    return max(2, schedules * (_VECTOR if choose(engine, program)[0] == "bitplanes" else _LANES))


def shortest_s(program: Program) -> float:
    """The length that a search begins with: some updates of a p-bit."""
    return _FIRST_UPDATES * program.clock.update_ticks * TICK_S
