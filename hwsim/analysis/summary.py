"""Summary: what one run means, as the row of numbers that tables, JSON and users read.

Enters: a Run and, where known, the target energy. Leaves: a TimeToSolution or a plain dict (SI units, None where a
quantity does not apply).
"""

from typing import Any

import numpy as np

from hwsim.algorithm.outcome import Outcome
from hwsim.analysis.exact import MAX_SPINS, boltzmann_law, state_index
from hwsim.analysis.exact import energies as enumerate_energies
from hwsim.analysis.fidelity import total_variation, tv_noise_floor
from hwsim.analysis.tts import TimeToSolution
from hwsim.analysis.tts import time_to_solution as from_successes
from hwsim.errors import InputError
from hwsim.program import Program
from hwsim.session import Run
from hwsim.units import to_seconds


def successes(run: Run | Outcome, target: float) -> np.ndarray:
    """bool (reads,): which reads ended at ``target`` or below, up to rounding of the energy sum."""
    return run.energies <= target + 1e-9 * max(1.0, abs(target))


def time_to_solution(run: Run, *, target: float, overhead_s: float = 0.0) -> TimeToSolution:
    """TTS99 of ``run`` for the energy ``target``, in device seconds, with its interval or as a bound."""
    if not run.device_time_s > 0:
        raise InputError("the run was ended before its first checkpoint; it has no time to solution")
    return from_successes(successes(run, target), run.group, run.device_time_s, overhead_s=overhead_s)


def standard_error(values: np.ndarray, group: np.ndarray) -> float | None:
    """Standard error of the mean of ``values`` (reads,) when reads of one schedule may be correlated.

    Between schedules when there are at least two (cluster means, exact for equal clusters), never below the one that
    takes reads as independent; None for a single read.
    """
    n = len(values)
    if n < 2:
        return None
    independent = float(np.std(values, ddof=1) / np.sqrt(n))
    counts = np.bincount(group)
    if len(counts) < 2:
        return independent
    sums = np.bincount(group, weights=values - values.mean())
    between = float(np.sqrt(len(counts) / (len(counts) - 1) * np.sum(sums**2)) / n)
    return max(independent, between)


def _round_ticks(program: Program) -> float:
    """Mean time between updates of a p-bit, in ticks."""
    own = program.clock.kind in ("poisson", "free-running")
    return float(np.mean(program.clock.tau)) if own else float(program.clock.period)


def summarise(run: Run, *, kind: str = "ising", target: float | None = None) -> dict:
    """The row of ``hwsim compare --json`` for one run; keys carry their unit, None where a number does not apply."""
    program = run.program
    delay = program.wires.uniform_delay
    is_cut = kind == "max-cut"
    row: dict[str, Any] = {
        "clock": program.clock.kind,
        "participation": program.clock.participation if program.clock.kind == "synchronous" else None,
        "tau_s": to_seconds(round(_round_ticks(program))),
        "delay_s": to_seconds(round(float(np.mean(program.wires.delay))) if delay is None else delay),
        "engine": run.engine,
        "reads": run.reads,
        "schedules": run.schedules,
        "energy_mean": float(np.mean(run.energies)),
        "energy_sem": standard_error(run.energies, run.group),
        "energy_best": float(np.min(run.energies)),
        "cut_mean": -float(np.mean(run.energies)) + 0.0 if is_cut else None,
        "cut_best": -float(np.min(run.energies)) + 0.0 if is_cut else None,
        "p_success": None,
        "p_success_ci": None,
        "tts99_s": None,
        "tts99_ci_s": None,
        "tts99_is_bound": None,
        "device_time_s": run.device_time_s,
        "updates": run.updates,
        "host_seconds": run.host_seconds,
        "updates_per_ns": run.updates / run.host_seconds / 1e9 if run.host_seconds > 0 else None,
        "total_variation": None,
        "tv_noise_floor": None,
    }
    if target is not None and run.device_time_s > 0:
        answer = time_to_solution(run, target=target)
        row |= {
            "p_success": answer.p_success,
            "p_success_ci": list(answer.p_success_ci),
            "tts99_s": answer.tts_s,
            "tts99_ci_s": list(answer.tts_ci_s),
            "tts99_is_bound": answer.tts_is_bound,
        }
    if program.n_variables <= MAX_SPINS and program.cells.pdit is None:
        energies = enumerate_energies(*program.problem_network)
        law = boltzmann_law(energies, float(run.anneal.beta[-1]))
        row["total_variation"] = float(total_variation(state_index(run.variables), law))
        row["tv_noise_floor"] = float(tv_noise_floor(law, run.reads))
    return row
