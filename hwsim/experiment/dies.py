"""Dies: one design, many chips. Each virtual die of a chip runs the same problem; dies differ in their spread.

Enters: a problem and a chip. Leaves: one Run per die, and the yield curve: the share of dies that solve within t.
"""

import math
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Unpack

import numpy as np

from hwsim.analysis.clusters import clusters
from hwsim.analysis.interval import standard_error, wilson
from hwsim.analysis.tts import time_to_solution
from hwsim.anneal import Anneal
from hwsim.chip.chip import Chip
from hwsim.errors import InputError
from hwsim.interrupt import CtrlC
from hwsim.mapping.compile import compile
from hwsim.memory import check_reads
from hwsim.session import Run, RunKeywords, RunSettings, run

_AT_ONCE = 1024
"""Dies that wait for a thread: a million would be slow to cancel."""
SHARES = (0.1, 0.5, 0.9)
"""Shares of dies for which the time to solution is reported."""


def has_spread(chip: Chip) -> bool:
    """Whether two dies of the chip differ at all."""
    pbit = chip.pbit
    drawn = (pbit.gain_dtod, pbit.offset_dtod, pbit.tau_dtod, pbit.stuck_fraction, chip.weights.dtod)
    control = chip.control
    errors = (control.h_noise, control.j_noise, control.h_quantization, control.j_quantization)
    return any(value > 0 for value in (*drawn, *errors))


def run_dies(
    problem: Any,
    chip: Chip,
    *,
    dies: int,
    anneal: Anneal,
    first_die: int = 0,
    embedding: Any = None,
    **settings: Unpack[RunKeywords],
) -> list[Run]:
    """One Run of ``reads`` reads on each of the dies ``first_die``, ..., with one thread for each die.

    embedding : of `hwsim.mapping.compile.embed`, shared by all dies;  settings : see RunSettings
    progress : called with (share of dies done, updates so far)
    Die k takes the seed ``seed + k``: dies are independent, and the same die of another chip has the same noise. The
    function ends at Ctrl-C, or where ``interrupt`` returns true, and returns the complete dies. Raises InputError.
    """
    how = RunSettings.of(settings)
    if dies < 1:
        raise InputError(f"dies must be >= 1, got {dies}")
    size = getattr(getattr(problem, "bqm", problem), "num_variables", 1)
    check_reads(int(size), how.reads, schedules=how.schedules, looks=2, dies=dies)
    updates, done, lock = 0, 0, threading.Lock()

    def one(k: int, stop: Callable[[], bool]) -> Run | None:
        nonlocal updates, done
        if stop():
            return None
        program = compile(problem, chip, die_seed=first_die + k, embedding=embedding)
        own = replace(how, seed=how.seed + k, threads=1, progress=None, interrupt=stop)
        result = run(program, anneal=anneal, checkpoints=1, **vars(own))
        if result.interrupted:
            return None
        with lock:
            done, updates = done + 1, updates + result.updates
            if how.progress is not None:
                how.progress(done / dies, updates)
        return result

    workers = min(dies, how.n_threads)
    with CtrlC() as ctrl_c, ThreadPoolExecutor(workers) as pool:

        def stop() -> bool:
            return ctrl_c.heard or (how.interrupt is not None and how.interrupt())

        runs: list[Run | None] = []
        with ctrl_c.part():
            runs.append(one(0, stop))  # the first die runs alone, so that kernels are compiled once
            for first in range(1, dies, _AT_ONCE):
                if runs[-1] is None:
                    break
                runs.extend(pool.map(lambda k: one(k, stop), range(first, min(first + _AT_ONCE, dies))))
    return [result for result in runs if result is not None]


def yield_curve(runs: list[Run], *, target: float) -> dict[str, Any]:
    """The yield curve for `hwsim.report.dies.yield_picture`: dies in order of time to solution, float64 (d,) each.

    tts_s, low_s, high_s : seconds; inf where no read of the die succeeded, or where the interval has no upper end
    yield, yield_low, yield_high : share of dies with at most this time, 95 % interval over dies (Wilson)
    success : of each die;  success_expected : 95 % range of dies that differ only by the noise of their reads and of
    their schedules
    """
    if not runs:
        raise InputError("no die was completed")
    successes = [run.program.reached(run.energies, target) for run in runs]
    members = [clusters(run.program, run.schedule) for run in runs]
    answers = [time_to_solution(s, m, run.device_time_s) for s, m, run in zip(successes, members, runs, strict=True)]
    tts = np.array([np.inf if a.tts_is_bound else a.tts_s for a in answers])
    order = np.argsort(tts, kind="stable")
    n = len(runs)
    solved = np.arange(1, n + 1) - np.cumsum(np.isinf(tts[order]))
    bounds = np.array([wilson(int(k), n) for k in solved])
    success = np.array([a.p_success for a in answers])
    reads = np.array([a.n_reads for a in answers])
    mean = float(np.average(success, weights=reads))
    scatter = [standard_error(s.astype(float), m) for s, m in zip(successes, members, strict=True)]
    variance = np.mean([error**2 for error in scatter if error is not None] or [0.0])
    half = 1.96 * np.sqrt(max(float(variance), mean * (1 - mean) / reads.mean()))
    return {
        "die": [int(k) for k in order],
        "tts_s": tts[order],
        "low_s": np.array([answers[k].tts_ci_s[0] for k in order]),
        "high_s": np.array([np.inf if answers[k].tts_ci_s[1] is None else answers[k].tts_ci_s[1] for k in order]),
        "yield": solved / n,
        "yield_low": bounds[:, 0],
        "yield_high": bounds[:, 1],
        "success": success[order],
        "success_expected": (max(0.0, mean - half), min(1.0, mean + half)),
        "n_dies": n,
    }


def beside_ideal(curve: dict[str, Any], ideal: list[Run], *, target: float) -> dict[str, Any]:
    """``curve`` of `yield_curve` with more keys: ``tts99_s_of_share``, the time within which a share of the dies solves
    (None where it never does); ``ideal_tts_s`` and ``ideal_label``, the time of dies without faults."""
    typical = float(np.median(yield_curve(ideal, target=target)["tts_s"]))
    return curve | {
        "ideal_tts_s": typical if math.isfinite(typical) else None,
        "ideal_label": "a die without faults",
        "tts99_s_of_share": {f"{share:g}": _time_of_share(curve, share) for share in SHARES},
    }


def _time_of_share(curve: dict[str, Any], share: float) -> float | None:
    reached = np.nonzero((curve["yield"] >= share) & np.isfinite(curve["tts_s"]))[0]
    return float(curve["tts_s"][reached[0]]) if len(reached) else None


def yield_facts(curve: dict[str, Any]) -> dict[str, Any]:
    """A curve as plain data: lists of numbers, None where a number is infinite."""
    return {key: value if isinstance(value, dict) else _plain(value) for key, value in curve.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(x) for x in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def typical_energy(runs: list[Run]) -> float:
    """The least energy that at least half of all reads reach: a target that shows differences between chips."""
    energies = np.sort(np.concatenate([result.energies for result in runs]))
    return float(energies[(len(energies) - 1) // 2])
