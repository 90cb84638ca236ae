"""What compiling did to a problem: p-bits, wires, chains, colours, and how far the registers are from the problem.

Enters: a Program. Leaves: plain numbers by name.
"""

from typing import Any

import numpy as np

from hwsim.analysis.exact_laws import MAX_SPINS, boltzmann_law, energies
from hwsim.chip.chip import Chip
from hwsim.chip.faults import without
from hwsim.mapping.compile import compile
from hwsim.mapping.quantize import quantize_weights
from hwsim.program import Program

_BITS = (2, 3, 4, 6, 8, 10)
"""Numbers of bits for which the effect of signed-integer weights on the law is reported."""


def compile_exact(
    problem: Any, chip: Chip, *, embedding: Any = None, chain_strength: float | str | None = None
) -> Program:
    """The program of ``problem`` on a ``chip`` whose registers and control lines hold every value exactly."""
    able = without(chip, ["weight-quantisation", "weight-error", "control-error"])
    return compile(problem, able, embedding=embedding, chain_strength=chain_strength)


def compiled_facts(
    program: Program, *, exact: Program | None = None, part: np.ndarray | None = None, beta: float | None = None
) -> dict[str, Any]:
    """Numbers of ``program``; keys end in their unit, and a number that does not apply is None.

    exact : the program of `compile_exact`; None for the problem itself, where there are no chains
    weight_error_rms, weight_error_max : of biases and couplings against those of ``exact``, relative to its largest
    law_total_variation : between the laws of the two networks, for up to 20 p-bits and a ``beta``
    law_total_variation_by_bits : the same for the problem with integer weights of that many bits
    pbits_by_chip, cut_wires_by_chip : where ``part`` int (n,) gives the chip of each p-bit
    """
    bias, indptr, _, weight = program.problem_network
    wired = program if exact is None else exact  # without the cross-talk of control lines
    length = np.ones(program.n_pbits) if program.readout.chain is None else np.bincount(program.readout.chain)
    facts: dict[str, Any] = {
        "spins": program.n_variables,
        "couplings": len(weight) // 2,
        "pbits": program.n_pbits,
        "couplers": wired.network.n_couplings,
        "most_couplers_of_a_pbit": int(np.max(wired.network.degree)),
        "chains": None if program.readout.chain is None else int(np.sum(length > 1)),
        "chain_length_mean": None if program.readout.chain is None else float(length.mean()),
        "chain_length_max": None if program.readout.chain is None else int(length.max()),
        "wires_between_chips": None if program.wires.exchange is None else int(np.sum(program.wires.exchange > 0)) // 2,
        "pbits_by_chip": None,
        "cut_wires_by_chip": None,
        "clock": program.clock.kind,
        "colours": int(program.clock.color.max()) + 1 if program.clock.kind == "chromatic" else None,
        "weight_error_rms": None,
        "weight_error_max": None,
        "law_total_variation": None,
        "law_total_variation_by_bits": None,
    }
    if part is not None:
        rows = program.network.rows
        cut = part[rows] != part[program.network.indices]
        facts["pbits_by_chip"] = np.bincount(part).tolist()
        facts["cut_wires_by_chip"] = np.bincount(part[rows[cut]], minlength=int(part.max()) + 1).tolist()
        facts["wires_between_chips"] = int(cut.sum()) // 2
    held, meant = program.network, program.problem_network if exact is None else exact.network
    if (exact is not None or program.readout.chain is None) and np.array_equal(held.indptr, meant.indptr):
        largest = max((float(np.abs(a).max()) for a in (meant.bias, meant.weight) if len(a)), default=0.0)
        if largest > 0:
            error = np.concatenate((held.bias - meant.bias, held.weight - meant.weight)) / largest
            facts["weight_error_rms"] = float(np.sqrt(np.mean(error**2)))
            facts["weight_error_max"] = float(np.abs(error).max())
    symmetric = program.cells.pdit is None and program.readout.chain is None and program.n_pbits <= MAX_SPINS
    if symmetric and beta is not None and _is_symmetric(program):
        laws = [boltzmann_law(energies(*network), beta) for network in (held, program.problem_network)]
        facts["law_total_variation"] = float(np.abs(laws[0] - laws[1]).sum() / 2)
    if beta is not None and program.cells.pdit is None and program.n_variables <= MAX_SPINS:
        asked = boltzmann_law(energies(*program.problem_network), beta)
        facts["law_total_variation_by_bits"] = {}
        for bits in _BITS:
            h, j = quantize_weights(bias, weight, bits=bits, limit=None)
            law = boltzmann_law(energies(h, indptr, program.problem_network.indices, j), beta)
            facts["law_total_variation_by_bits"][bits] = float(np.abs(law - asked).sum() / 2)
    return facts


def _is_symmetric(program: Program) -> bool:
    rows = program.network.rows
    back = np.lexsort((rows, program.network.indices))
    return bool(np.array_equal(program.network.weight, program.network.weight[back]))
