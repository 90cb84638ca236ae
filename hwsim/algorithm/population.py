"""Population annealing: a population of replicas is cooled step by step; better ones multiply, worse ones die out.

Enters: a Program and a ladder. Leaves: an Outcome, with ln Z from the weights of the replicas.
"""

import time
from dataclasses import replace
from typing import Unpack

import numpy as np

from hwsim.algorithm.ladder import ladder_of
from hwsim.algorithm.moves import resample, stay
from hwsim.algorithm.outcome import History, Outcome, checked_copies, refuse_pdits
from hwsim.anneal import constant
from hwsim.arguments import named
from hwsim.errors import InputError
from hwsim.memory import check_replicas
from hwsim.program import Program
from hwsim.session import RunKeywords, RunSettings, Session
from hwsim.streams import generator
from hwsim.units import to_seconds


@named
def population_annealing(
    program: Program,
    *,
    betas: np.ndarray | None = None,
    sweeps_per_step: int = 10,
    population: int = 256,
    copies: int | None = None,
    **settings: Unpack[RunKeywords],
) -> Outcome:
    """Run ``reads`` independent populations of ``population`` replicas, each under a schedule of its own.

    betas : float64 (m,), ascending, or None for `adaptive_ladder`;  copies : as in `parallel_tempering`
    settings : see RunSettings; 4 reads by default
    A population starts at beta 0; at each beta it is resampled with weights exp(-(b' - b) E) and updated for
    ``sweeps_per_step`` sweeps (Hukushima and Iba, AIP Conf. Proc. 690, 200 (2003); Machta, Phys. Rev. E 82, 026704
    (2010)). facts["log_partition"] : ln Z of each read at the last beta, by the mean weights; its exponential has no
    bias. facts["family_size"] : mean square family size of each read, in replicas. The population is large enough where
    this is far below ``population`` (Wang, Machta and Katzgraber, Phys. Rev. E 92, 063307 (2015)). A replica that lives
    on stays where it is, and only the places of the others are written. Raises InputError and UnsupportedError.
    """
    how, began = RunSettings.of(settings, reads=4), time.perf_counter()
    if sweeps_per_step < 1 or population < 2:
        raise InputError(f"sweeps_per_step must be >= 1 and population >= 2, got {sweeps_per_step} and {population}")
    refuse_pdits(program, "population annealing")
    check_replicas(program.n_pbits, how.reads, population)
    betas = ladder_of(program, betas, how, least=0.0)
    copies = checked_copies(copies, population)
    reads, source = how.reads, generator(how.seed, "population annealing")
    many = replace(how, reads=reads * population, schedules=reads)
    end = len(betas) * sweeps_per_step * program.clock.round_ticks
    rows = np.arange(reads * population).reshape(reads, population)
    family, log_z = np.tile(np.arange(population), reads), np.full(reads, program.n_pbits * np.log(2.0))
    history, before = History(rows), 0.0
    with Session(program, many, constant(float(betas[0]), to_seconds(end)), end=end) as session:
        for beta in betas:
            log_weights = -(beta - before) * session.read_energies(law=True).reshape(reads, population)
            top = log_weights.max(axis=1, keepdims=True)
            weights = np.exp(log_weights - top)
            log_z += top[:, 0] + np.log(np.mean(weights, axis=1))
            parents = np.concatenate([rows[r][stay(resample(weights[r], source.random()))] for r in range(reads)])
            family, before = family[parents], float(beta)
            session.state.take(parents)
            session.wrote(int(np.count_nonzero(parents != rows.ravel())))
            session.hold(before, sweeps_per_step)
            history.look(session.time_s, session.state.energies())
            if session.stopped:
                break
        session.read_energies()
    sizes = np.stack([np.bincount(family[own], minlength=population) for own in rows])
    return history.outcome(
        session,
        algorithm="population annealing",
        copies=copies,
        states=session.state.spins(history.best),
        schedule=np.arange(reads),
        swaps=float(history.n_looks * population),
        betas=betas[: history.n_looks],
        began=began,
        facts={
            "log_partition": log_z.tolist(),
            "family_size": (np.sum(sizes.astype(np.float64) ** 2, axis=1) / population).tolist(),
        },
    )
