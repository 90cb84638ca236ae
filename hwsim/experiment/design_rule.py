"""The design rule: the largest delay, relative to the update time, at which a machine loses no more than a limit.

Enters: a Program with the delays of its layout, an anneal, a measure of the loss and its limit. Leaves: the measured
curve and where it crosses the limit. All delays are scaled by one factor, so that the longest is the ratio times the
mean update interval. Every ratio runs with the same clocks and noise; errors come from the differences between
schedules (jackknife).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Unpack

import numpy as np

from hwsim.analysis.exact_laws import MAX_SPINS, boltzmann_law, energies, state_index
from hwsim.anneal import Anneal
from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.experiment.anneals import make_anneal, still_anneal, still_time_s
from hwsim.experiment.loss import BURN_IN, LOOKS, crossing, jackknife, relative_error
from hwsim.interrupt import CtrlC
from hwsim.memory import check_reads
from hwsim.program import Program
from hwsim.session import ReadKeywords, RunSettings
from hwsim.session import run as emulate

MEASURES = {
    "correlation": "error of the correlations of coupled p-bits, relative, r.m.s.",
    "kl": "Kullback-Leibler divergence from the exact law, nats, above that without delay",
    "success": "success probability lost, relative",
}
"""The losses that can be limited."""
LIMITS = {"correlation": 0.05, "kl": 0.01, "success": 0.1}
"""The default limit of each."""
RATIOS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_REFINEMENTS = 3
_Z = 1.96


@dataclass(frozen=True, kw_only=True)
class DesignRule(Shown):
    """ratio : the largest delay over update time whose loss stays below ``limit``, None where all measured ones do
    ratio_ci : 95 % interval; an end outside the measured range is None;  is_bound : whether the smallest measured ratio
    already loses too much;  curve : (ratio, loss, standard error) by ratio
    critical_delay_s, update_s : of the program itself;  loss_here : (loss, standard error) at its own delay, or None"""

    measure: str
    limit: float
    ratio: float | None
    ratio_ci: tuple[float | None, float | None]
    is_bound: bool
    curve: list[tuple[float, float, float]] = field(default_factory=list)
    critical_delay_s: float = 0.0
    update_s: float = 0.0
    loss_here: tuple[float, float] | None = None
    interrupted: bool = False


def rule_anneal(
    problem: Any, program: Program, *, measure: str, beta: str | None, shape: str, time: str | float | None
) -> Anneal:
    """The anneal under which ``measure`` is taken. By default beta is 1/sigma or the chip's own, the default ramp for
    success, and the length is 400 updates of a p-bit. Raises InputError where beta changes, except for success."""
    if measure != "success":
        return still_anneal(problem, program, beta=beta, shape=shape, time=time)
    return make_anneal(problem, program, beta=beta, shape=shape, time=still_time_s(program) if time is None else time)


def design_rule(
    program: Program,
    *,
    anneal: Anneal,
    measure: str = "correlation",
    limit: float = 0.05,
    target: float | None = None,
    ratios: Sequence[float] = RATIOS,
    progress: Callable[[float], Callable[[float, int], None]] | None = None,
    **settings: Unpack[ReadKeywords],
) -> DesignRule:
    """Find where ``measure`` (a key of MEASURES) crosses ``limit`` on ``program``.

    It emulates each of ``ratios`` and a few between them. target : energy of a success;  settings : see RunSettings;
    4096 reads of 16 schedules by default. Raises InputError.
    """
    how = RunSettings.of(settings, reads=4096, schedules=16)
    _check(program, measure, limit, target, how)
    check_reads(program.n_pbits, how.reads, schedules=how.schedules, looks=2)
    longest, update = int(program.wires.delay.max(initial=0)), program.clock.update_ticks
    pattern = program.wires.delay / longest if longest else np.ones(len(program.wires.delay))

    gather, statistic = _statistic(measure, program, anneal, target)

    def at(ratio: float) -> tuple[np.ndarray, bool]:
        """The statistic of each schedule, (schedules, k), and whether the run was interrupted."""
        scaled = program.changed(delay=np.rint(pattern * ratio * update).astype(np.int64), exchange=None)
        seen: list[np.ndarray] = []
        parts = np.array_split(np.arange(how.reads), how.schedules)
        schedule = np.repeat(np.arange(how.schedules), [len(part) for part in parts])
        burnt = BURN_IN * anneal.duration_s

        def observe(time_s: float, states: np.ndarray) -> None:
            if time_s > burnt:
                seen.append(gather(scaled, states, schedule))

        whole = False
        with CtrlC() as ctrl_c, ctrl_c.part():
            own = vars(how) | {"progress": None if progress is None else progress(ratio)}
            looks = 1 if measure == "success" else LOOKS
            run = emulate(scaled, anneal=anneal, checkpoints=looks, observe=observe, **own)
            whole = not run.interrupted and np.array_equal(run.schedule, schedule)
        if not whole or ctrl_c.heard:
            return np.zeros((how.schedules, 1)), True
        return np.mean(seen, axis=0), False

    base, interrupted = at(0.0)
    curve: dict[float, tuple[float, float]] = {}

    def measured(ratio: float) -> None:
        nonlocal interrupted
        if interrupted or ratio in curve:
            return
        now, interrupted = at(ratio)
        if not interrupted:
            curve[ratio] = jackknife(lambda kept: statistic(base[kept], now[kept]), how.schedules)

    for ratio in sorted(ratios):
        measured(ratio)
        if curve and max(loss for loss, _ in curve.values()) > max(3 * limit, 0.9) and measure != "kl":
            break
    for _ in range(_REFINEMENTS):
        low, high = _bracket(curve, limit)
        if low is None or high is None:
            break
        measured(math.sqrt(low * high))
    own = longest / update
    if longest and own not in curve:
        measured(own)
    points = sorted((r, *value) for r, value in curve.items())
    crossed = crossing([(r, loss) for r, loss, _ in points], limit, log=True)
    early = crossing([(r, loss + _Z * error) for r, loss, error in points], limit, log=True)
    late = crossing([(r, loss - _Z * error) for r, loss, error in points], limit, log=True)
    return DesignRule(
        measure=measure,
        limit=limit,
        ratio=crossed,
        ratio_ci=(early, late),
        is_bound=crossed is not None and bool(points) and crossed <= points[0][0],
        curve=points,
        critical_delay_s=longest * 1e-15,
        update_s=update * 1e-15,
        loss_here=curve.get(own),
        interrupted=interrupted,
    )


def _check(program: Program, measure: str, limit: float, target: float | None, how: RunSettings) -> None:
    if measure not in MEASURES:
        raise InputError(f"measure must be one of {', '.join(MEASURES)}, got {measure!r}")
    if not limit > 0:
        raise InputError(f"limit must be > 0, got {limit:g}")
    if how.schedules < 4 or how.reads < 2 * how.schedules:
        raise InputError(
            f"a design rule needs at least 4 schedules of 2 reads, got {how.schedules} and {how.reads} reads"
        )
    if measure == "success" and target is None:
        raise InputError("success needs a target energy")
    if measure == "kl" and program.n_variables > MAX_SPINS:
        raise InputError(f"kl needs a problem of at most {MAX_SPINS} spins, got {program.n_variables}")


def _bracket(curve: dict[float, tuple[float, float]], limit: float) -> tuple[float | None, float | None]:
    """(the last ratio below the limit, the first above it)."""
    above = [r for r in sorted(curve) if curve[r][0] > limit]
    if not above:
        return None, None
    below = [r for r in sorted(curve) if r < above[0]]
    return (below[-1] if below else None), above[0]


Gather = Callable[[Program, np.ndarray, np.ndarray], np.ndarray]
Compare = Callable[[np.ndarray, np.ndarray], float]


def _statistic(measure: str, program: Program, anneal: Anneal, target: float | None) -> tuple[Gather, Compare]:
    """(function of states that gives the statistic of each schedule, loss as a function of two such statistics, without
    delay and with)."""
    network = program.problem_network
    if measure == "correlation":
        first, second, _ = network.pairs
        if not len(first):
            raise InputError("correlation needs a problem with couplings")

        def correlations(scaled: Program, states: np.ndarray, schedule: np.ndarray) -> np.ndarray:
            values = scaled.readout.vote(states)
            return _means((values[:, first] * values[:, second]).astype(np.float64), schedule)

        return correlations, relative_error
    if measure == "kl":
        law = boltzmann_law(energies(*network), float(anneal.beta[-1]))

        def frequencies(scaled: Program, states: np.ndarray, schedule: np.ndarray) -> np.ndarray:
            counts = np.zeros((int(schedule.max()) + 1, len(law)))
            np.add.at(counts, (schedule, state_index(scaled.readout.vote(states))), 1.0)
            return counts

        return frequencies, lambda base, now: _kl(now.sum(axis=0), law) - _kl(base.sum(axis=0), law)
    assert target is not None

    def solved(scaled: Program, states: np.ndarray, schedule: np.ndarray) -> np.ndarray:
        energy = scaled.energies(states)
        return _means(scaled.reached(energy, target)[:, None].astype(np.float64), schedule)

    def lost(base: np.ndarray, now: np.ndarray) -> float:
        if not base.sum() > 0:
            raise InputError(
                f"too few reads reach the target {target:g} without delay: give more time, or another target"
            )
        return 1 - float(now.sum() / base.sum())

    return solved, lost


def _means(values: np.ndarray, schedule: np.ndarray) -> np.ndarray:
    """(schedules, k): means of ``values`` (reads, k) over the reads of each schedule."""
    first = np.concatenate(([0], np.flatnonzero(np.diff(schedule)) + 1))
    return np.add.reduceat(values, first, axis=0) / np.bincount(schedule)[:, None]


def _kl(counts: np.ndarray, law: np.ndarray) -> float:
    share = counts / counts.sum()
    seen = share > 0
    return float(np.sum(share[seen] * np.log(share[seen] / law[seen])))
