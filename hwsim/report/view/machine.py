"""A Program as the page knows it: who is coupled to whom, when values arrive, what each cell does, where it is drawn.

Enters: a Program, its Places. Leaves: plain data for JSON, with references to arrays (see `codec`).
"""

from typing import Any

import numpy as np

from hwsim.program import Network, Program
from hwsim.report.view.codec import Arrays
from hwsim.report.view.places import Places
from hwsim.units import format_si, to_seconds

MOST_NAMES = 20_000
"""Of more variables than this the page holds no names, only numbers."""
MOST_COUPLED = 100_000
"""Of more p-bits than this the page holds no couplings."""
_LAWS = ("heat bath", "linear", "table", "relaxation", "p-kit")


def machine_facts(arrays: Arrays, program: Program, where: Places) -> dict[str, Any]:
    """The ``machine`` of a view. Couplings stand row by row: connection k of row i tells p-bit i of ``indices[k]``."""
    wires, clock, readout = program.wires, program.clock, program.readout
    is_bare = program.n_pbits > MOST_COUPLED
    names = _names(program)
    facts: dict[str, Any] = {
        "n": program.n_pbits,
        "chip": program.placement.chip or "unknown chip",
        "clock": clock.kind,
        "round": clock.round_ticks,
        "tau_words": format_si(to_seconds(clock.round_ticks), "s"),
        "network": _network(arrays, _bare(program.network) if is_bare else program.network),
        "delay": arrays.whole([] if is_bare else wires.delay),
        "exchange": None if wires.exchange is None or is_bare else arrays.whole(wires.exchange),
        "bare": is_bare,
        "cells": _cells(arrays, program),
        "names": names,
        "binary": readout.vartype == "BINARY",
        "chain": None if readout.chain is None else arrays.whole(readout.chain),
        "problem": None if readout.problem is None or is_bare else _network(arrays, readout.problem),
        "variables": program.n_variables,
        "offset": readout.energy_offset,
        "x": arrays.real(where.at[:, 0], n_bytes=4),
        "y": arrays.real(where.at[:, 1], n_bytes=4),
        "place_words": where.words,
        "part": None if where.part is None else arrays.whole(where.part),
        "unused": _spots(arrays, where.unused),
        "dead": _spots(arrays, where.dead),
        "logical": None if where.logical is None else _spots(arrays, where.logical),
    }
    return facts | _delay_words(program)


def _delay_words(program: Program) -> dict[str, Any]:
    delay = program.wires.delay
    low, high = (int(delay.min()), int(delay.max())) if len(delay) else (0, 0)
    words = [format_si(to_seconds(ticks), "s") for ticks in sorted({low, high})]
    exchange = program.wires.exchange
    facts: dict[str, Any] = {"delay_words": " to ".join(words), "delay_max": high}
    if exchange is not None and exchange.any():
        facts["exchange_words"] = format_si(to_seconds(int(exchange.max())), "s")
    return facts


def _network(arrays: Arrays, network: Network) -> dict[str, Any]:
    return {
        "degree": arrays.whole(network.degree),
        "indices": arrays.whole(network.indices),
        "weight": arrays.real(network.weight),
        "bias": arrays.real(network.bias),
    }


def _bare(network: Network) -> Network:
    """``network`` without its couplings."""
    return Network(
        bias=network.bias,
        indptr=np.zeros(network.n + 1, dtype=np.int64),
        indices=np.zeros(0, dtype=np.int32),
        weight=np.zeros(0),
    )


def _spots(arrays: Arrays, spots: np.ndarray) -> dict[str, Any]:
    return {"x": arrays.real(spots[:, 0], n_bytes=4), "y": arrays.real(spots[:, 1], n_bytes=4)}


def _cells(arrays: Arrays, program: Program) -> dict[str, Any]:
    """The devices: law, response and faults of each p-bit."""
    cells, noise = program.cells, program.noise
    return {
        "law": arrays.whole(cells.law),
        "laws": list(_LAWS),
        "parameter": arrays.real(cells.parameter),
        "z_limit": arrays.real(cells.z_limit),
        "table": None if cells.table is None else cells.table.tolist(),
        "table_first": cells.table_first,
        "table_step": cells.table_step,
        "gain": arrays.real(cells.gain),
        "offset": arrays.real(cells.offset),
        "low": arrays.real(cells.input_low),
        "high": arrays.real(cells.input_high),
        "step": arrays.real(cells.input_step),
        "comparator": arrays.real(cells.comparator_step),
        "synapse": arrays.real(cells.synapse),
        "white": arrays.real(noise.white),
        "flicker": arrays.real(noise.flicker),
        "stuck": arrays.whole(cells.stuck.astype(np.int64) + 1),
        "held": arrays.bits(cells.held),
    }


def _names(program: Program) -> list[str] | None:
    """The variables' names; None where there are too many."""
    if program.n_variables > MOST_NAMES:
        return None
    return [str(name) for name in program.readout.names]
