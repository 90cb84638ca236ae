"""Chains: how often they break, what each way of reading broken ones gives, and chain strengths side by side.

Enters: runs of embedded or sparsified programs. Leaves: plain numbers by name.
"""

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import numpy as np

from hwsim.analysis.interval import wilson
from hwsim.anneal import Anneal
from hwsim.chip.chip import Chip
from hwsim.decode import UNEMBEDDINGS, unembed_states
from hwsim.interrupt import CtrlC
from hwsim.mapping.chains import chain_strength_of, torque_chain_strength
from hwsim.mapping.compile import compile
from hwsim.session import ReadKeywords, Run
from hwsim.session import run as emulate


def chain_facts(run: Run, *, target: float | None = None) -> dict[str, Any]:
    """Shares of broken chains and of whole reads; for each unembedding: reads kept, energies, success at ``target``.

    A discarded read counts as a failure, because the machine spent the time.
    """
    program = run.program
    wrong = program.readout.broken(run.states)
    methods = {}
    for method in UNEMBEDDINGS:
        values, kept = unembed_states(program, run.states, method)
        energy = program.value_energies(values)
        row: dict[str, Any] = {"reads": int(kept.sum()), "energy_mean": None, "energy_best": None}
        if len(energy):
            row |= {"energy_mean": float(energy.mean()), "energy_best": float(energy.min())}
        if target is not None and program.indistinct is None:
            hits = int(np.sum(program.reached(energy, target)))
            row |= {"p_success": hits / run.reads, "p_success_ci": wilson(hits, run.reads)}
        methods[method] = row
    return {
        "broken_chains": float(wrong.mean()),
        "whole_reads": float(np.mean(~wrong.any(axis=1))),
        "weakest": np.argsort(-wrong.mean(axis=0))[:5].tolist(),
        "by_unembedding": methods,
    }


def scan_chain_strength(
    problem: Any,
    chip: Chip,
    strengths: Sequence[float | str | None],
    *,
    anneal: Anneal,
    embedding: Any = None,
    target: float | None = None,
    die_seed: int = 0,
    progress: Callable[[int], Any] | None = None,
    **settings: Unpack[ReadKeywords],
) -> list[dict[str, Any]]:
    """`chain_facts` at each of ``strengths`` (as in `compile`), with the strength in problem units and relative to
    torque compensation."""
    rows = []
    with CtrlC() as ctrl_c:
        for k, asked in enumerate(strengths):
            whole = False
            with ctrl_c.part():
                program = compile(problem, chip, embedding=embedding, chain_strength=asked, die_seed=die_seed)
                hears = None if progress is None else progress(k)
                run = emulate(program, anneal=anneal, progress=hears, **settings)
                network = program.problem_network
                strength = chain_strength_of(network, asked)
                ratio = strength / torque_chain_strength(network)
                rows.append({"strength": strength, "over_torque": ratio} | chain_facts(run, target=target))
                whole = not run.interrupted
            if not whole or ctrl_c.heard:
                break
    return rows
