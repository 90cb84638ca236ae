"""Parallel tempering: replicas at a ladder of temperatures exchange states, and pairs exchange clusters.

Enters: a Program and a ladder. Leaves: an Outcome. Every replica is a copy of the network that runs under the chip's
own clock and delays between two exchanges; the controller then reads all states and writes what moved.
"""

import time
from collections.abc import Callable

import numpy as np

from hwsim.algorithm.ladder import adaptive_ladder, own_energies
from hwsim.algorithm.moves import cluster_moves, exchange
from hwsim.algorithm.outcome import Activity, Outcome, settle_s, turns
from hwsim.anneal import constant, drifted
from hwsim.engine.contract import Start
from hwsim.engine.run import CtrlC, all_cores, begin, choose
from hwsim.errors import InputError, UnsupportedError
from hwsim.program import Program
from hwsim.streams import generator
from hwsim.units import to_seconds


def parallel_tempering(
    program: Program,
    *,
    sweeps: int,
    betas: np.ndarray | None = None,
    replicas: int = 4,
    sweeps_per_swap: int = 1,
    cluster: bool = True,
    reads: int = 16,
    schedules: int = 1,
    copies: int | None = None,
    checkpoints: int | list[int] = 20,
    seed: int = 0,
    engine: str = "auto",
    threads: int | None = None,
    observe: Callable[[float, np.ndarray], None] | None = None,
    progress: Callable[[float, int], None] | None = None,
    interrupt: Callable[[], bool] | None = None,
) -> Outcome:
    """``reads`` independent runs of ``sweeps`` sweeps, each with ``replicas`` states at every beta.

    betas : float64 (m,), ascending, or None for `adaptive_ladder`, which is made before the clock starts
    cluster : pairs of the replicas at one beta exchange a cluster after every ``sweeps_per_swap`` sweeps (Houdayer's
    move, isoenergetic: Zhu, Ochoa and Katzgraber, Phys. Rev. Lett. 115, 077201 (2015)), then neighbouring betas
    exchange states, even and odd pairs in turn
    schedules : realisations of the clock; replicas at one beta in the reads of one schedule share it
    copies : networks on the machine at once, all replicas by default; fewer take turns, and each turn writes and
    reads its states
    checkpoints : sweeps at which energies are kept, or how many of them
    observe : called before every exchange with (device seconds, states int8 (m, reads, replicas, n))
    With faults the machine's law is not exactly that of the energies which the controller weighs an exchange by: it
    sees what a controller would see. Raises InputError.
    """
    if sweeps < 1 or sweeps_per_swap < 1 or replicas < 1 or reads < 1 or schedules < 1:
        raise InputError(
            "sweeps, sweeps_per_swap, replicas, reads and schedules must be >= 1, got "
            f"{sweeps}, {sweeps_per_swap}, {replicas}, {reads} and {schedules}"
        )
    if reads % schedules:
        raise InputError(f"reads must be a multiple of schedules, got {reads} and {schedules}")
    if program.cells.pdit is not None:
        raise UnsupportedError("parallel tempering does not do p-dits (cells of more than two levels)")
    engine, _ = choose(engine, program)
    began = time.perf_counter()
    if betas is None:
        betas = adaptive_ladder(program, seed=seed, engine=engine, threads=threads)
    betas = np.asarray(betas, dtype=np.float64)
    if betas.ndim != 1 or len(betas) < 1 or np.any(np.diff(betas) <= 0) or not np.all(np.isfinite(betas)):
        raise InputError("betas must be finite and ascend")
    n_betas, n_replicas = len(betas), len(betas) * replicas
    copies = n_replicas if copies is None else min(copies, n_replicas)
    if copies < 1:
        raise InputError(f"copies must be >= 1, got {copies}")
    n_rounds, sweep = -(-sweeps // sweeps_per_swap), program.clock.round_ticks
    wanted = _rounds(checkpoints, sweeps, sweeps_per_swap)
    # a schedule group is one beta of one schedule; in it, the replicas of the first read, of the second, ...
    rows = np.arange(reads * n_replicas).reshape(schedules, n_betas, reads // schedules, replicas)
    place = np.ascontiguousarray(np.moveaxis(rows, 1, 0)).reshape(n_betas, reads, replicas)
    by_beta = place.reshape(n_betas, -1)
    long = to_seconds(sweep * sweeps)
    anneals = [drifted(constant(float(beta), long), program.noise.temperature_drift) for beta in betas] * schedules
    source = generator(seed, "parallel tempering")
    start = Start(reads=reads * n_replicas, schedules=n_betas * schedules, seed=seed, threads=all_cores(threads))
    state = begin(engine, program, start, anneals)
    best, row, _ = _best(program, state.spins(), place)
    lowest = best.copy()
    times, table, least = [0.0], [best], [best]
    pairs = replicas // 2 if cluster else 0
    accepted = np.zeros(max(0, n_betas - 1))
    size = np.zeros(max(1, n_betas * reads * pairs), dtype=np.int64)
    n_moved, n_written, n_swaps, number, stopped = 0, 0, 0, 0, False
    with CtrlC() as ctrl_c:
        for number in range(1, n_rounds + 1):
            now = min(sweeps, number * sweeps_per_swap) * sweep
            state.advance(now, anneals)
            states = state.spins()
            if observe is not None:
                observe(to_seconds(now), states[place])
            best, row, energies = _best(program, states, place)
            lowest = np.minimum(lowest, best)
            stopped = (ctrl_c.heard or (interrupt is not None and interrupt())) and number < n_rounds
            if number in wanted or stopped:
                times.append(to_seconds(now))
                table.append(best)
                least.append(lowest)
            if progress is not None:
                progress(number / n_rounds, state.updates)
            if stopped or number == n_rounds:
                break
            if pairs:
                mixed = np.take_along_axis(place, np.argsort(source.random(place.shape), axis=2), axis=2)
                first, second = (np.ascontiguousarray(mixed[..., k : 2 * pairs : 2]).ravel() for k in (0, 1))
                cluster_moves(
                    program.network.indptr, program.network.indices, first, second, source.random(len(first)), states,
                    size,
                )  # fmt: skip
                n_moved += int(size.sum())
                n_written += 2 * int(np.count_nonzero(size))
            if n_betas > 1:
                own = own_energies(program, states) if pairs or program.readout.problem is not None else energies
                order, taken = exchange(betas, own[by_beta], n_swaps % 2, source.random(by_beta.shape))
                accepted[n_swaps % 2 :: 2] += taken.mean(axis=1)
                n_written += 2 * int(taken.sum())
                new = np.empty_like(states)
                new[by_beta] = states[by_beta[order, np.arange(order.shape[1])]]
                states = new
            n_swaps += 1
            state.assign(states)
    in_turn, written = turns(n_replicas, copies), n_written / reads
    if in_turn > 1:
        written = float(n_swaps * n_replicas)
    return Outcome(
        program=program, algorithm="parallel tempering", engine=engine, seed=seed, energies=best,
        states=program.readout.vote(states[row]), group=np.repeat(np.arange(schedules), reads // schedules),
        checkpoint_times_s=np.array(times) * in_turn, checkpoint_energies=np.array(table),
        best_energies=np.array(least), host_seconds=time.perf_counter() - began, interrupted=stopped, betas=betas,
        activity=Activity(
            n_pbits=program.n_pbits, replicas=n_replicas, copies=copies, run_s=to_seconds(now) * in_turn,
            settle_s=settle_s(program) * (n_swaps + 1) * in_turn, updates=state.updates / reads,
            reads=float((n_swaps + 1) * n_replicas), read_rounds=float((n_swaps + 1) * in_turn), writes=written,
            write_rounds=float(n_swaps * in_turn), swaps=float(n_swaps * (n_replicas // 2 + n_betas * pairs)),
        ),
        facts={
            "exchange_rate": [float(a) / max(1, (n_swaps + 1 - k % 2) // 2) for k, a in enumerate(accepted)],
            "cluster_size": [n_moved / max(1, n_swaps * n_betas * pairs * reads)],
        },
    )  # fmt: skip


def _rounds(checkpoints: int | list[int], sweeps: int, per_swap: int) -> set[int]:
    """Numbers of the rounds after which energies are kept; the last is always one."""
    if isinstance(checkpoints, int):
        if checkpoints < 1:
            raise InputError(f"checkpoints must be >= 1, got {checkpoints}")
        at = [sweeps * k / checkpoints for k in range(1, checkpoints + 1)]
    else:
        at = [float(k) for k in checkpoints]
    last = -(-sweeps // per_swap)
    return {min(last, max(1, round(k / per_swap))) for k in at if k <= sweeps} | {last}


def _best(program: Program, states: np.ndarray, place: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(least energy of each read, its row, energies of all rows)."""
    energies = program.energies(states)
    by_read = np.moveaxis(place, 1, 0).reshape(place.shape[1], -1)
    which = np.argmin(energies[by_read], axis=1)
    row = by_read[np.arange(len(by_read)), which]
    return energies[row], row, energies
