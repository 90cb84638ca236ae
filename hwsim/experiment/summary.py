"""Summary: one run as a row of numbers, for tables, JSON and users.

Enters: a Run and, where known, the target energy. Leaves: a plain dict in SI units; a quantity that does not apply is
None.
"""

from typing import Any

import numpy as np

from hwsim.analysis.clusters import clusters
from hwsim.analysis.exact_laws import MAX_SPINS, boltzmann_law, state_index
from hwsim.analysis.exact_laws import energies as enumerate_energies
from hwsim.analysis.fidelity import total_variation, tv_noise_floor
from hwsim.analysis.interval import standard_error
from hwsim.cost.solution import NO_SOLUTION, account_of, solution
from hwsim.experiment.anneals import pace_note
from hwsim.session import Run
from hwsim.units import to_seconds


def summarise(run: Run, *, kind: str = "ising", target: float | None = None) -> dict:
    """The row of ``hwsim compare --json`` for one run; keys end in their unit, a number that does not apply is None.
    There is no success where ``program.indistinct`` says why energies cannot be compared."""
    program = run.program
    delay = program.wires.uniform_delay
    paid = account_of(run)
    is_cut, cluster = kind == "max-cut", clusters(program, run.schedule)
    row: dict[str, Any] = {
        "clock": program.clock.kind,
        "participation": program.clock.participation if program.clock.kind == "synchronous" else None,
        "tau_s": to_seconds(program.clock.round_ticks),
        "delay_s": to_seconds(round(float(np.mean(program.wires.delay))) if delay is None else delay),
        "engine": run.engine,
        "reads": run.reads,
        "schedules": run.schedules,
        "energy_mean": float(np.mean(run.energies)),
        "energy_sem": standard_error(run.energies, cluster),
        "energy_best": float(np.min(run.energies)),
        "cut_mean": -float(np.mean(run.energies)) + 0.0 if is_cut else None,
        "cut_best": -float(np.min(run.energies)) + 0.0 if is_cut else None,
        "updates": run.updates,
        "flips": run.flips,
        "host_seconds": run.host_seconds,
        "updates_per_ns": run.updates / run.host_seconds / 1e9 if run.host_seconds > 0 else None,
        "total_variation": None,
        "tv_noise_floor": None,
        "note": pace_note(program, run.device_time_s),
    }
    row |= paid.facts | NO_SOLUTION | run.quality.facts
    if target is not None and run.device_time_s > 0 and program.indistinct is None:
        row |= solution(program.reached(run.energies, target), cluster, paid).facts
    if program.n_variables <= MAX_SPINS and program.cells.pdit is None:
        energies = enumerate_energies(*program.problem_network)
        law = boltzmann_law(energies, float(run.anneal.beta[-1]))
        row["total_variation"] = float(total_variation(state_index(run.variables), law))
        row["tv_noise_floor"] = float(tv_noise_floor(law, run.reads))
    return row
