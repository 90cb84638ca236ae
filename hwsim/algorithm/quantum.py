"""Simulated quantum annealing in discrete time: a ring of replicas, coupled as a transverse field couples them.

Enters: a Program and the number of replicas. Leaves: the Program of all replicas, the anneal that drives the couplings
between them, and an Outcome. ``copies`` counts the replicas: all are on the machine at once.
"""

import math
import time
from dataclasses import replace
from typing import Unpack

import numpy as np

from hwsim.algorithm.outcome import Outcome
from hwsim.anneal import Anneal, check_steps, stepped
from hwsim.arguments import named
from hwsim.errors import InputError, UnsupportedError
from hwsim.memory import check_program
from hwsim.program import Network, Program, Readout, Wires
from hwsim.session import Activity, RunKeywords, RunSettings
from hwsim.session import run as emulate
from hwsim.units import to_seconds

BETA, FIELD, LEAST_FIELD = 0.5, 3.0, 1e-5
"""As in the published script of Chowdhury et al., Nat. Commun. 16, 9193 (2025), for couplings of size 1."""
_PER_RING_COUPLING = 110
"""Bytes for a coupling while the copies are joined, besides those of a program."""


def coupled_copies(program: Program, copies: int) -> Program:
    """``copies`` of ``program``, in which driven couplings of -1 join each p-bit to itself in the two copies beside it.

    P-bit i of copy r has number r n + i. Couplings between copies have the longest delay of the program. A chromatic
    clock keeps its two colours, shifted from copy to copy, where the ring is even; else it takes twice as many colours,
    or three times as many. Raises UnsupportedError for p-dits and RC synapses, InputError for fewer than 2 copies.
    """
    if copies < 2:
        raise InputError(f"quantum annealing needs at least 2 copies, got {copies}")
    if program.cells.pdit is not None or np.any(program.cells.synapse > 0):
        raise UnsupportedError("quantum annealing does not support p-dits or RC synapses")
    network, wires = program.network, program.wires
    n, m, rows = network.n, len(network.weight), network.rows
    check_program(copies * n, copies * (m // 2 + n), more=_PER_RING_COUPLING)
    ring = 1 if copies == 2 else 2
    # in every row: its own connections, then those to the copies before and behind it
    within = np.arange(m) - network.indptr[rows]
    indptr = np.concatenate(([0], np.cumsum(np.tile(network.degree + ring, copies)))).astype(np.int64)
    own = (indptr[:-1].reshape(copies, n)[:, rows] + within).ravel()
    size = int(indptr[-1])
    first = np.arange(copies)[:, None] * n
    many = replace(program, readout=Readout(labels="[]", energy_offset=program.readout.energy_offset)).tile(copies)
    indices, driven = np.empty(size, dtype=np.int32), np.ones(size, dtype=np.bool_)
    indices[own], driven[own] = many.network.indices, False
    for k in range(ring):
        beside = (first + (n if k == 0 else -n)) % (copies * n)
        indices[(indptr[1:].reshape(copies, n) - ring + k).ravel()] = (beside + np.arange(n)).ravel()

    def spread(values: np.ndarray, between: float) -> np.ndarray:
        """``values`` for connections within copies, ``between`` for those from copy to copy."""
        out = np.full(size, between, dtype=values.dtype)
        out[own] = values
        return out

    crossing = None if many.wires.exchange is None else spread(many.wires.exchange, 0)
    return replace(
        many,
        network=Network(
            bias=many.network.bias, indptr=indptr, indices=indices, weight=spread(many.network.weight, -1.0)
        ),
        wires=Wires(delay=spread(many.wires.delay, int(wires.delay.max(initial=0))), exchange=crossing, driven=driven),
        clock=replace(many.clock, color=_colors(program.clock.color, copies)),
        readout=Readout(labels="[]", energy_offset=program.readout.energy_offset),
    )


def _colors(color: np.ndarray, copies: int) -> np.ndarray:
    """int32 (copies * n,): a proper colouring of a ring of copies, each coloured properly by ``color``."""
    side = np.arange(copies) % 2
    if copies % 2 and copies > 1:
        side[-1] = 2
    n_colors = int(color.max()) + 1
    if n_colors == 2 and copies % 2 == 0:
        return ((color + side[:, None]) % 2).astype(np.int32).ravel()
    return (color + n_colors * side[:, None]).astype(np.int32).ravel()


def transverse_anneal(
    sweeps: int, sweep_ticks: int, *, beta: float = BETA, field: float = FIELD, factor: float = 1.0
) -> Anneal:
    """Constant ``beta`` of each copy; the coupling between copies is K = -factor ln tanh(beta G), as the field G falls.

    G = field (1 - k/T) + LEAST_FIELD in sweep k = 1 ... T. factor : 1 as in the p-bit papers, 1/2 for the Trotter
    formula of a quantum partition function (Suzuki, Prog. Theor. Phys. 56, 1454 (1976)). Raises InputError.
    """
    check_steps(sweeps)
    beta, field, factor = float(beta), float(field), float(factor)
    if not (0 < beta < math.inf and 0 < field < math.inf and 0 < factor < math.inf):
        raise InputError(f"beta, field and factor must be > 0 and finite, got {beta:g}, {field:g} and {factor:g}")
    falling = field * (1 - np.arange(1, sweeps + 1) / sweeps) + LEAST_FIELD
    with np.errstate(over="ignore", divide="ignore"):
        strength = -factor * np.log(np.tanh(beta * falling))
        if not np.isfinite(strength / beta).all():
            raise InputError(
                f"beta {beta:g}, field {field:g} and factor {factor:g} give couplings of copies that are not finite"
            )
    table = stepped(np.full(sweeps, beta), to_seconds(sweeps * sweep_ticks))
    return replace(table, drive=strength / beta)


@named
def quantum_annealing(
    program: Program,
    *,
    sweeps: int,
    copies: int = 32,
    beta: float = BETA,
    field: float = FIELD,
    factor: float = 1.0,
    **settings: Unpack[RunKeywords],
) -> Outcome:
    """Run ``reads`` independent anneals of ``copies`` coupled networks; the answer is the best copy at the end.

    All copies are on the machine at once. sweeps, beta, field, factor : as in `transverse_anneal`;  settings : see
    RunSettings; 64 reads of one schedule by default. Raises InputError and UnsupportedError.
    """
    how, began = RunSettings.of(settings, reads=64, schedules=1), time.perf_counter()
    all_copies = coupled_copies(program, copies)
    anneal = transverse_anneal(sweeps, program.clock.round_ticks, beta=beta, field=field, factor=factor)
    result = emulate(all_copies, anneal=anneal, checkpoints=1, **vars(how))
    reads = how.reads
    states = result.states.reshape(reads * copies, program.n_pbits)
    energies = program.energies(states).reshape(reads, copies)
    best = np.argmin(energies, axis=1)
    least = energies[np.arange(reads), best]
    return Outcome(
        program=program,
        algorithm="quantum annealing",
        engine=result.engine,
        engine_reason=result.engine_reason,
        seed=how.seed,
        energies=least,
        states=program.readout.vote(states.reshape(reads, copies, -1)[np.arange(reads), best]),
        schedule=result.schedule,
        checkpoint_times_s=np.array([result.device_time_s]),
        checkpoint_energies=least[None],
        best_energies=least[None],
        host_seconds=time.perf_counter() - began,
        interrupted=result.interrupted,
        activity=Activity(
            n_pbits=program.n_pbits,
            replicas=copies,
            copies=copies,
            run_s=result.device_time_s,
            settle_s=to_seconds(all_copies.wires.longest_ticks),
            updates=result.updates / reads,
            flips=None if result.flips is None else result.flips / reads,
            reads=float(copies),
        ),
    )
