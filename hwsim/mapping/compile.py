"""Compile: how a problem gets onto a chip. The passes in order: place, limits, quantise, delay, colour, die.

Enters: a Problem or a dimod BQM, a Chip and the seed of its die. Leaves: a Program. The chip's graph must hold the
problem as it is; embedding is another pass.
"""

from typing import Any

import numpy as np

from hwsim.cell.law import HEAT_BATH, NO_LIMIT
from hwsim.cell.model import input_quantiser
from hwsim.chip.chip import Chip
from hwsim.chip.die import make_die
from hwsim.decode import encode_labels
from hwsim.errors import DoesNotFitError, InputError
from hwsim.mapping.color import greedy_coloring
from hwsim.mapping.quantize import quantize_weights
from hwsim.program import Program
from hwsim.units import TICK_S, to_ticks


def compile(problem: Any, chip: Chip, *, die_seed: int = 0, delay_s: dict | None = None) -> Program:
    """The Program of ``problem`` on ``chip``.

    ``die_seed`` chooses the die where the chip has device-to-device spread. ``delay_s`` adds wire delay per coupling:
    {(u, v): seconds} in the problem's labels, for the value of v on its way to u; both ways when only one is given.
    Energies of runs are those of the quantised couplings' owner, the problem: see Program.energy_offset.
    Raises DoesNotFitError naming the limit and the value.
    """
    bqm = getattr(problem, "bqm", problem)
    labels = list(bqm.variables)
    if not labels:
        raise InputError("the problem has no variables")
    vartype = bqm.vartype.name
    spin = bqm if vartype == "SPIN" else bqm.change_vartype("SPIN", inplace=False)
    vectors = spin.to_numpy_vectors(variable_order=labels, sort_indices=True)
    bias = np.ascontiguousarray(vectors.linear_biases, dtype=np.float64)
    rows, columns, values = vectors.quadratic
    if not (np.all(np.isfinite(bias)) and np.all(np.isfinite(values))):
        raise InputError("the problem holds a bias or coupling that is not finite")
    kept = values != 0
    n = len(labels)
    indptr, indices, weight = _symmetric_rows(n, rows[kept], columns[kept], values[kept])
    _check_limits(chip, n, indptr)
    if chip.weights.bits is not None:
        bias, weight = quantize_weights(bias, weight, bits=chip.weights.bits, limit=chip.weights.limit)
    die = make_die(chip, n, die_seed)
    pbit = chip.pbit
    period_s = chip.clock.period_s if chip.clock.period_s is not None else pbit.tau_s
    low, high, step = input_quantiser(pbit)
    if step == 0:
        low, high = -NO_LIMIT, NO_LIMIT
    tau = np.asarray(die.tau_s, dtype=np.float64) / TICK_S
    if chip.clock.period_s is not None:
        tau = tau * (chip.clock.period_s / pbit.tau_s)
    delay = np.full(len(weight), to_ticks(pbit.delay_s, name="delay_s"), dtype=np.int64)
    if delay_s:
        delay += _wire_delays(delay_s, labels, indptr, indices)
    chromatic = chip.clock.kind == "chromatic"
    full = np.full(n, 1.0)
    return Program(
        bias=bias,
        indptr=indptr,
        indices=indices,
        weight=weight,
        delay=delay,
        gain=np.asarray(die.gain, dtype=np.float64),
        offset=np.asarray(die.offset, dtype=np.float64),
        input_low=low * full,
        input_high=high * full,
        input_step=step * full,
        threshold_word=2.0 ** (32 - pbit.threshold_bits) * full,
        synapse=pbit.synapse_tau_s / TICK_S * full,
        clock=chip.clock.kind,
        period=to_ticks(period_s, name="period"),
        participation=float(chip.clock.participation),
        color=greedy_coloring(indptr, indices) if chromatic else np.zeros(n, dtype=np.int32),
        tau=tau,
        phase=np.floor(np.asarray(die.phase) * tau).astype(np.int64),
        jitter=pbit.jitter_s / TICK_S * full,
        law=np.full(n, HEAT_BATH, dtype=np.int8),
        parameter=full.copy(),
        bound=0.0 * full,
        noise=0.0 * full,
        flicker=0.0 * full,
        stuck=np.zeros(n, dtype=np.int8),
        labels=encode_labels(labels),
        energy_offset=float(spin.offset),
        vartype=vartype,
    )


def _symmetric_rows(
    n: int, rows: np.ndarray, columns: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each coupling in both rows, sorted by (row, column)."""
    both_rows = np.concatenate((rows, columns)).astype(np.int64)
    both_columns = np.concatenate((columns, rows)).astype(np.int64)
    order = np.lexsort((both_columns, both_rows))
    indptr = np.concatenate(([0], np.cumsum(np.bincount(both_rows, minlength=n)))).astype(np.int64)
    weight = np.concatenate((values, values))[order].astype(np.float64)
    return indptr, both_columns[order].astype(np.int32), weight


def _check_limits(chip: Chip, n: int, indptr: np.ndarray) -> None:
    topology = chip.topology
    if topology.max_pbits is not None and n > topology.max_pbits:
        raise DoesNotFitError(f"the problem has {n} spins and chip {chip.name!r} holds {topology.max_pbits} p-bits")
    degree = int(np.max(np.diff(indptr)))
    if topology.max_degree is not None and degree > topology.max_degree:
        raise DoesNotFitError(
            f"the problem has a spin with {degree} couplings and chip {chip.name!r} allows {topology.max_degree} a "
            "p-bit"
        )


def _wire_delays(delay_s: dict, labels: list, indptr: np.ndarray, indices: np.ndarray) -> np.ndarray:
    place = {label: i for i, label in enumerate(labels)}
    extra = np.zeros(len(indices), dtype=np.int64)
    for (u, v), seconds in delay_s.items():
        if u not in place or v not in place:
            raise InputError(f"delay_s names a coupling {(u, v)!r} that the problem does not have")
        ticks = to_ticks(seconds, name=f"delay_s[{u!r}, {v!r}]")
        directions = [(u, v)] if (v, u) in delay_s else [(u, v), (v, u)]
        for reader, source in directions:
            i, j = place[reader], place[source]
            k = indptr[i] + np.searchsorted(indices[indptr[i] : indptr[i + 1]], j)
            if k == indptr[i + 1] or indices[k] != j:
                raise InputError(f"delay_s names a coupling {(u, v)!r} that the problem does not have")
            extra[k] = ticks
    return extra
