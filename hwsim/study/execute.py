"""Run a plan: shards go to workers, rows come back, and each point's rows enter the store in the order of shards.

Enters: a plan, a store and workers. Leaves: rows. Only the rows in the store decide whether a point goes on. So the
store ends with the same rows, whichever workers ran and however often the study was killed.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from hwsim import __version__
from hwsim.errors import HwsimError
from hwsim.streams import NOISE_VERSION
from hwsim.study.plan import Plan, Point, Stop
from hwsim.study.store import Row, Store
from hwsim.study.summed import rounding_of
from hwsim.study.tally import Tally, enough, shards_left
from hwsim.study.task import Task, TaskResult

_MOST_LOST = 8
"""Workers that may be lost over one shard; a shard for which memory is short ends them all."""


class WorkersLostError(HwsimError):
    """Workers ended again and again without finishing a shard, or all of them are gone."""


class Workers(Protocol):
    """Workers run tasks. ``submit`` returns a handle for each task.

    slots : how many tasks to keep under way;  interrupted : whether Ctrl-C stopped the work itself
    """

    @property
    def slots(self) -> int: ...

    @property
    def interrupted(self) -> bool: ...

    def submit(self, task: Task) -> Any:
        """Start ``task``, or hand it to a worker."""

    def wait(self, handles: Iterable[Any], timeout_s: float) -> list[tuple[Any, TaskResult | Exception | None]]:
        """Those of ``handles`` that are done, after ``timeout_s`` at the latest, each with its result or the exception
        that it raised; None where its worker was lost, so that the task must be submitted again."""


@dataclass(frozen=True, kw_only=True)
class Status:
    """points, points_done : how many in all, how many done;  shards : committed by this call
    left_s : estimated seconds left, or None;  label : the grid values of a point that runs now"""

    points: int
    points_done: int
    shards: int
    left_s: float | None
    label: str = ""


@dataclass(kw_only=True)
class Sampling:
    """The samples of one or several points while the study makes them.

    point : the first point that uses them;  targets : of all points that use them;  tally : of the rows committed
    next : number of the next shard to submit;  waiting : rows that wait for an earlier shard, by shard
    out : shards under way;  reason : why no more are needed;  host_s, timed : seconds of ``timed`` shards
    """

    point: Point
    stop: Stop
    targets: list[float | None]
    tally: Tally = field(default_factory=Tally)
    next: int = 0
    waiting: dict[int, TaskResult] = field(default_factory=dict)
    out: int = 0
    reason: str | None = None
    host_s: float = 0.0
    timed: int = 0


@dataclass(frozen=True, kw_only=True)
class StudyResult:
    """What `execute` did. reasons : why each point stopped, by key, None where it did not;  shards : rows added by this
    call;  refused : why a point cannot run, by key;  interrupted : whether Ctrl-C ended it"""

    reasons: dict[str, str | None]
    shards: int
    refused: dict[str, str]
    interrupted: bool


def execute(
    plan: Plan,
    store: Store,
    workers: Workers,
    *,
    interrupt: Callable[[], bool] = lambda: False,
    progress: Callable[[Status], None] | None = None,
) -> StudyResult:
    """Run every point of ``plan`` until it is done. Raises InputError if the store fails, and WorkersLostError."""
    store.add_points((point.key, point.facts) for point in plan.points)
    samplings: dict[str, Sampling] = {}
    for point in plan.points:
        sampling = samplings.setdefault(point.samples, Sampling(point=point, stop=plan.stop, targets=[]))
        sampling.targets += [point.target] if point.target not in sampling.targets else []
        sampling.tally.independent = point.facts["independent"]
        sampling.tally.rounding = max(sampling.tally.rounding, rounding_of(point.facts))
    refused: dict[str, str] = {}
    for sampling in samplings.values():
        for row in store.rows(sampling.point.samples):
            _commit(sampling, row)
        sampling.next = sampling.tally.shards
    running: dict[Any, tuple[Sampling, int]] = {}
    committed, strikes, stopped, began, shown = 0, 0, False, time.monotonic(), 0.0
    lost: Counter[tuple[str, int]] = Counter()
    while not stopped:
        while len(running) < workers.slots and (chosen := _next(samplings.values())) is not None:
            sampling = chosen
            shard = sampling.next
            sampling.next, sampling.out = shard + 1, sampling.out + 1
            if (stored := store.find(sampling.point.samples, shard)) is not None:
                sampling.out -= 1  # another process has made it
                sampling.waiting[shard] = TaskResult(row=stored, host_s=0.0)
                committed += _settle(sampling, None)
                continue
            running[workers.submit(_task(sampling.point, shard))] = sampling, shard
        if not running:
            break
        for handle, result in workers.wait(running, 0.2):
            sampling, shard = running.pop(handle)
            sampling.out -= 1
            if isinstance(result, TaskResult):
                _check_version(result)
                sampling.waiting[shard] = result
                committed += _settle(sampling, store)
                strikes = 0
            elif isinstance(result, HwsimError):
                sampling.reason = refused[sampling.point.samples] = str(result)
            elif isinstance(result, Exception):
                raise result
            elif not (workers.interrupted or interrupt()):
                strikes += 1
                lost[sampling.point.samples, shard] += 1
                if strikes > 3 * workers.slots or max(lost.values()) > _MOST_LOST:
                    raise WorkersLostError(
                        "workers ended again and again without finishing a shard (out of memory?); "
                        "the store keeps what was finished"
                    )
                sampling.out += 1
                running[workers.submit(_task(sampling.point, shard))] = sampling, shard
        stopped = workers.interrupted or interrupt()
        now = time.monotonic()
        if progress is not None and (now - shown > 0.2 or not running):
            shown = now
            progress(_status(samplings, committed, workers.slots, now - began))
    return StudyResult(
        reasons={point.key: samplings[point.samples].reason for point in plan.points},
        shards=committed,
        refused={point.key: refused[point.samples] for point in plan.points if point.samples in refused},
        interrupted=stopped and any(sampling.reason is None for sampling in samplings.values()),
    )


def _task(point: Point, shard: int) -> Task:
    return Task(
        point=point.samples,
        shard=shard,
        program=point.program,
        recipe=point.recipe,
        reads=point.reads,
        schedules=point.schedules,
        seed=point.shard_seed(shard),
        watched=point.watched,
    )


def _next(samplings: Iterable[Sampling]) -> Sampling | None:
    """Whose shard to submit next: those of the first point with none under way, else of the one with fewest pending."""
    open_ = [c for c in samplings if c.reason is None and c.next < c.stop.max_shards]
    return min(open_, key=lambda sampling: sampling.out + len(sampling.waiting), default=None)


def _commit(sampling: Sampling, row: Row) -> None:
    """Count ``row`` if it is the next shard; rows after a gap do not count until the gap is filled."""
    if row.shard != sampling.tally.shards or sampling.reason is not None:
        return
    sampling.tally.add(row)
    reasons = [enough(sampling.tally, sampling.stop, target) for target in sampling.targets]
    sampling.reason = None if None in reasons else reasons[-1]


def _settle(sampling: Sampling, store: Store | None) -> int:
    """Commit the waiting rows whose turn it is; drop the rest once the point is done. Returns how many were added.

    store : None where the rows are in the store already
    """
    added = 0
    while sampling.reason is None and sampling.tally.shards in sampling.waiting:
        done = sampling.waiting.pop(sampling.tally.shards)
        if store is not None:
            store.add(done.row, host_s=done.host_s)
            added += 1
            sampling.host_s += done.host_s
            sampling.timed += 1
        _commit(sampling, done.row)
    if sampling.reason is not None:
        sampling.waiting.clear()
    return added


def _status(samplings: dict[str, Sampling], committed: int, slots: int, seconds: float) -> Status:
    every = list(samplings.values())
    timed = [c for c in every if c.timed]
    typical = sum(c.host_s for c in timed) / sum(c.timed for c in timed) if timed else None
    left_s = None
    if typical is not None:
        left_s = (
            sum(
                max(shards_left(c.tally, c.stop, target) for target in c.targets)
                * (c.host_s / c.timed if c.timed else typical)
                for c in every
                if c.reason is None
            )
            / slots
        )
    under_way = next((c for c in every if c.out), None)
    words = "" if under_way is None else ", ".join(under_way.point.facts["words"].values())
    return Status(
        points=len(every),
        points_done=sum(c.reason is not None for c in every),
        shards=committed,
        left_s=left_s,
        label=words,
    )


def _check_version(done: TaskResult) -> None:
    if done.version != (__version__, NOISE_VERSION):
        raise WorkersLostError(
            f"a worker runs hwsim {done.version[0]}, this is {__version__}: install the same on every machine"
        )
