"""The best length of a run: time to solution against length, and whether the lengths tried contain an optimum.

Enters: a Program, a recipe as a function of its length, a target. Leaves: a point per length and an Optimum. Lengths
grow until they have passed the optimum, every read succeeds, or the budget of host time is spent.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from hwsim.algorithm.outcome import Outcome
from hwsim.algorithm.recipe import Recipe, run_recipe
from hwsim.analysis.clusters import clusters
from hwsim.analysis.interval import clustered_bootstrap, percentile_interval, standard_error
from hwsim.analysis.tts import repeats, scaled
from hwsim.cost.account import account
from hwsim.cost.solution import Solution, solution
from hwsim.cost.toggles import wires_of, with_flips
from hwsim.display import Shown
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
"""The optimum is passed when two lengths in a row are worse by this factor and their intervals lie above its own."""
_SEEMS_WORSE = 1.15
"""A length that seems worse by this factor gets more reads, to show that it is."""
_BOOT = 400
_ENOUGH, _SHARE, _SHARE_OF_NONE = 30, 0.05, 0.02
"""A length gets batches of reads until so many succeed or it has spent the first share of the budget; while none
succeeds, the second share, as it is not the best length."""
_BATCH_SHARE, _LEAST_SCHEDULES = 0.1, 4
"""Share of the budget that a batch may take, and its least number of schedules, with which an interval means
something; they may take more."""


_VECTOR, _LANES, _FIRST_UPDATES = 512, 64, 30


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which lengths to try.

    most : how many at most, of which the first takes ``first_s`` and each next one ``factor`` times longer
    budget_s : seconds of this computer;  reads, schedules : of a batch;  most_batches : of one length
    Raises InputError for a factor of at most 1, and for lengths that are not positive.
    """

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
                f"the first length must be > 0 s and the factor > 1, got {self.first_s:g} s and {self.factor:g}"
            )


@dataclass(frozen=True, kw_only=True)
class Point(Shown):
    """One length. time_s : in which p-bits update;  found : success, time and energy to solution, with the account of
    one run without the energy of wires;  energy_mean, energy_error, energy_best : at the end of a run
    activity : what a run asks of the machine;  host_s : seconds of this computer"""

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
        """Device seconds of one run with read-out, by which lengths are compared."""
        return self.found.account.total_time_s


@dataclass(frozen=True, kw_only=True)
class Optimum(Shown):
    """best : number of the best point, None where no read succeeded at any length
    is_interior : whether a shorter and a longer length are significantly worse, so that the best one is an optimum and
    not the edge of what was tried;  stopped : why no longer length was tried
    total_s, total_ci_s : the least time to solution with read-out and its 95 % interval, by a bootstrap over schedules
    and reads that takes the least of all lengths; a bound where ``best`` is None"""

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
    """Try the lengths of ``search`` and compare their time to solution with read-out, at the prices of the program.

    make : gives the recipe of a length in seconds;  progress : makes the progress callback of a length
    """
    budget_s, factor, first_s = search.budget_s, search.factor, search.first_s
    reads, schedules = search.reads, search.schedules
    least = 1 if program.reads_are_independent else _LEAST_SCHEDULES
    points: list[Point] = []
    batches: list[list[Outcome]] = []
    began, stopped, interrupted = time.monotonic(), f"{search.most} lengths", False

    def cost_s(k: int) -> tuple[float, int]:
        """(estimated host seconds of a batch of length ``k``, its schedules): fewer schedules if all take too long."""
        if not points:
            return 0.0, schedules
        near = points[min(k, len(points) - 1)]
        each = near.host_s / near.found.n_reads * first_s * factor**k / near.time_s * reads / schedules
        part = int(min(max(_BATCH_SHARE * budget_s / max(each, 1e-9), min(least, schedules)), schedules))
        return each * part, part

    def batch(k: int) -> bool:
        """Run one more batch of reads of length ``k``; returns False if it was interrupted."""
        length, part = first_s * factor**k, cost_s(k)[1]
        whole = False
        with ctrl_c.part():
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
            whole = not run.interrupted
            if whole:
                batches[k].append(run)
        return whole and not ctrl_c.heard

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
                stopped = "the optimum is passed"
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
    hits = sum(int(run.program.reached(run.energies, target).sum()) for run in runs)
    spent = sum(run.host_seconds for run in runs) + runs[-1].host_seconds
    share = search.budget_s * (_SHARE if hits else _SHARE_OF_NONE)
    return hits < _ENOUGH and len(runs) < search.most_batches and spent < share


def _point(runs: list[Outcome], target: float, length_s: float, seed: int) -> Point:
    """The point of one length, from all its batches; each batch has schedules of its own."""
    program = runs[0].program
    success = np.concatenate([program.reached(run.energies, target) for run in runs])
    energy = np.concatenate([run.energies for run in runs])
    first = np.cumsum([0] + [int(run.schedule.max()) + 1 for run in runs])
    schedule = np.concatenate([run.schedule + start for run, start in zip(runs, first, strict=False)])
    cluster = clusters(program, schedule)
    if program.reads_are_independent:
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
    """The length whose next batch helps most to decide whether the best length is an optimum; None where that is
    decided, or where no length on one side seems worse."""
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
    """About how many standard errors lie between two times to solution."""
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
    # the least of several lengths is biased low, so the interval takes in the best point's own
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
    """The points and the optimum as plain numbers. A solution is that of the best length, energy of wires included."""
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
    anneal = make(best.time_s).anneal
    done = with_flips(best.activity, program, anneal)
    paid = account(done, program.prices, wires_j=wires_of(program, anneal))
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


def reads_at_once(
    program: Program, *, algorithm: str, parameters: Mapping[str, Any], schedules: int, engine: str = "auto"
) -> int:
    """How many reads to run at once: for each schedule as many as fill a vector of the engine, as fewer take no less
    time. Of an algorithm that keeps several replicas 4; where all reads are independent of each other and share one
    schedule, as many as fill a vector with the replicas that are at one beta (a ring of copies fills none)."""
    vector = _VECTOR if choose(engine, program)[0] == "bitplanes" else _LANES
    if algorithm == "anneal":
        return max(2, schedules * vector)
    if not program.reads_are_independent:
        return 4 * schedules
    alike = {"tempering": "replicas", "population": "population"}.get(algorithm)
    return max(4, vector // int(parameters[alike])) if alike else _LANES


def shortest_s(program: Program) -> float:
    """The first length of a search: _FIRST_UPDATES updates of a p-bit."""
    return _FIRST_UPDATES * program.clock.update_ticks * TICK_S
