"""Population annealing: a population of replicas is cooled step by step, the better ones multiply, the worse die out.

Enters: a Program and a ladder. Leaves: an Outcome, with the free energy that the survivors' weights give.
"""

import time
from collections.abc import Callable

import numpy as np

from hwsim.algorithm.ladder import adaptive_ladder, own_energies
from hwsim.algorithm.moves import resample
from hwsim.algorithm.outcome import Activity, Outcome, settle_s, turns
from hwsim.anneal import constant, drifted
from hwsim.engine.contract import Start
from hwsim.engine.run import CtrlC, all_cores, begin, choose
from hwsim.errors import InputError, UnsupportedError
from hwsim.program import Program
from hwsim.streams import generator
from hwsim.units import to_seconds


def population_annealing(
    program: Program,
    *,
    betas: np.ndarray | None = None,
    sweeps_per_step: int = 10,
    population: int = 256,
    reads: int = 4,
    copies: int | None = None,
    seed: int = 0,
    engine: str = "auto",
    threads: int | None = None,
    progress: Callable[[float, int], None] | None = None,
    interrupt: Callable[[], bool] | None = None,
) -> Outcome:
    """``reads`` independent populations of ``population`` replicas, each with a schedule of its own.

    betas : float64 (m,), ascending, or None for `adaptive_ladder`. The population starts at beta 0; at each beta it is
    resampled with weights exp(-(b' - b) E) and updated for ``sweeps_per_step`` sweeps (Hukushima and Iba, AIP Conf.
    Proc. 690, 200 (2003); Machta, Phys. Rev. E 82, 026704 (2010)). copies : as in `parallel_tempering`.
    facts["log_partition"] : ln Z at the last beta of each read, by the mean weights; its exponential has no bias.
    facts["family_size"] : mean square family size of each read, in replicas: the population is large enough where
    this is far below ``population`` (Wang, Machta and Katzgraber, Phys. Rev. E 92, 063307 (2015)).
    """
    if sweeps_per_step < 1 or population < 2 or reads < 1:
        raise InputError(
            "sweeps_per_step and reads must be >= 1 and population >= 2, got "
            f"{sweeps_per_step}, {reads} and {population}"
        )
    if program.cells.pdit is not None:
        raise UnsupportedError("population annealing does not do p-dits (cells of more than two levels)")
    engine, _ = choose(engine, program)
    began = time.perf_counter()
    if betas is None:
        betas = adaptive_ladder(program, seed=seed, engine=engine, threads=threads)
    betas = np.asarray(betas, dtype=np.float64)
    if betas.ndim != 1 or len(betas) < 1 or betas[0] < 0 or np.any(np.diff(betas) <= 0) or not np.isfinite(betas[-1]):
        raise InputError("betas must be finite, >= 0, and ascend")
    copies = population if copies is None else min(copies, population)
    if copies < 1:
        raise InputError(f"copies must be >= 1, got {copies}")
    sweep, total, source = program.clock.round_ticks, reads * population, generator(seed, "population annealing")
    long = to_seconds(len(betas) * sweeps_per_step * sweep)
    start = Start(reads=total, schedules=reads, seed=seed, threads=all_cores(threads))
    state = begin(engine, program, start, constant(float(betas[0]), long))
    group = np.repeat(np.arange(reads), population)
    family = np.tile(np.arange(population), reads)
    log_z = np.full(reads, program.n_pbits * np.log(2.0))
    now, before, drawn, stopped = 0, 0.0, 0, False
    lowest = np.full(reads, np.inf)
    times, table, least = [], [], []
    with CtrlC() as ctrl_c:
        for number, beta in enumerate(betas):
            states = state.spins()
            energies = own_energies(program, states).reshape(reads, population)
            weights = -(beta - before) * energies
            top = weights.max(axis=1, keepdims=True)
            log_z += top[:, 0] + np.log(np.mean(np.exp(weights - top), axis=1))
            rows = np.concatenate([
                r * population + resample(np.exp(weights[r] - top[r]), source.random()) for r in range(reads)
            ])  # fmt: skip
            drawn += int(np.count_nonzero(rows != np.arange(total)))
            family = family[rows]
            state.assign(states[rows])
            now, before = now + sweeps_per_step * sweep, float(beta)
            state.advance(now, drifted(constant(float(beta), long), program.noise.temperature_drift))
            of_problem = program.energies(state.spins()).reshape(reads, population)
            lowest = np.minimum(lowest, of_problem.min(axis=1))
            times.append(to_seconds(now))
            table.append(of_problem.min(axis=1))
            least.append(lowest)
            if progress is not None:
                progress((number + 1) / len(betas), state.updates)
            stopped = (ctrl_c.heard or (interrupt is not None and interrupt())) and number + 1 < len(betas)
            if stopped:
                break
    states, steps = state.spins(), len(times)
    row = np.arange(reads) * population + of_problem.argmin(axis=1)
    in_turn = turns(population, copies)
    sizes = np.stack([np.bincount(family[group == r], minlength=population) for r in range(reads)])
    return Outcome(
        program=program, algorithm="population annealing", engine=engine, seed=seed, energies=table[-1],
        states=program.readout.vote(states[row]), group=np.arange(reads), checkpoint_times_s=np.array(times) * in_turn,
        checkpoint_energies=np.array(table), best_energies=np.array(least),
        host_seconds=time.perf_counter() - began, interrupted=stopped, betas=betas[:steps],
        activity=Activity(
            n_pbits=program.n_pbits, replicas=population, copies=copies, run_s=to_seconds(now) * in_turn,
            settle_s=settle_s(program) * steps * in_turn, updates=state.updates / reads,
            reads=float((steps + 1) * population), read_rounds=float((steps + 1) * in_turn),
            writes=float(steps * population) if in_turn > 1 else drawn / reads, write_rounds=float(steps * in_turn),
            swaps=float(steps * population),
        ),
        facts={
            "log_partition": log_z.tolist(),
            "family_size": (np.sum(sizes.astype(np.float64) ** 2, axis=1) / population).tolist(),
        },
    )  # fmt: skip
