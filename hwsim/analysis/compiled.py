"""What compiling did to a problem: p-bits, wires, chains, colours, and how far the registers are from what was asked.

Enters: a Program. Leaves: plain numbers by name.
"""

from typing import Any

import numpy as np

from hwsim.analysis.exact import MAX_SPINS, boltzmann_law, energies
from hwsim.program import Program


def compiled_facts(program: Program, *, beta: float | None = None) -> dict[str, Any]:
    """Numbers of ``program``; keys end in their unit, None where one does not apply.

    Without chains: weight_error_rms and weight_error_max, of biases and couplings against the problem's, relative to
    its largest; for up to 20 p-bits and a ``beta``, the total variation between the laws of the two networks.
    """
    bias, indptr, _, weight = program.problem_network
    length = np.ones(program.n_pbits) if program.chain is None else np.bincount(program.chain)
    facts: dict[str, Any] = {
        "spins": program.n_variables,
        "couplings": len(weight) // 2,
        "pbits": program.n_pbits,
        "couplers": program.n_couplings,
        "most_couplers_of_a_pbit": int(np.max(np.diff(program.indptr))),
        "chains": None if program.chain is None else int(np.sum(length > 1)),
        "chain_length_mean": None if program.chain is None else float(length.mean()),
        "chain_length_max": None if program.chain is None else int(length.max()),
        "wires_between_chips": None if program.exchange is None else int(np.sum(program.exchange > 0)) // 2,
        "clock": program.clock,
        "colours": int(program.color.max()) + 1 if program.clock == "chromatic" else None,
        "weight_error_rms": None,
        "weight_error_max": None,
        "law_total_variation": None,
    }
    if program.chain is None and len(program.weight) == len(weight) and np.array_equal(program.indptr, indptr):
        largest = max((float(np.abs(a).max()) for a in (bias, weight) if len(a)), default=0.0)
        if largest > 0:
            error = np.concatenate((program.bias - bias, program.weight - weight)) / largest
            facts["weight_error_rms"] = float(np.sqrt(np.mean(error**2)))
            facts["weight_error_max"] = float(np.abs(error).max())
    symmetric = program.group is None and program.chain is None and program.n_pbits <= MAX_SPINS
    if symmetric and beta is not None and _is_symmetric(program):
        held = boltzmann_law(energies(program.bias, program.indptr, program.indices, program.weight), beta)
        facts["law_total_variation"] = float(
            np.abs(held - boltzmann_law(energies(*program.problem_network), beta)).sum() / 2
        )
    return facts


def _is_symmetric(program: Program) -> bool:
    rows = np.repeat(np.arange(program.n_pbits), np.diff(program.indptr))
    back = np.lexsort((rows, program.indices))
    return bool(np.array_equal(program.weight, program.weight[back]))
