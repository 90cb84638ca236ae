"""``hwsim run --chain-strength J,J,...``: chain strengths side by side."""

import argparse
from typing import Any

from hwsim.cli.output import give, note_line, problem_facts, record
from hwsim.cli.target import energy_of, find_target
from hwsim.command.given import target_facts
from hwsim.command.progress import Progress
from hwsim.errors import InputError


def run_scan(arguments: argparse.Namespace, ready: Any, strengths: list) -> int:
    """Run every strength, print a line for each, write the JSON."""
    from hwsim.experiment.anneals import pace_note
    from hwsim.experiment.chains import scan_chain_strength
    from hwsim.report.answers import scan_text

    problem, machine, program, anneal = ready.problem, ready.chip, ready.program, ready.anneal
    if program.readout.chain is None:
        raise InputError(f"{problem.name} fits {machine.name} without chains, so there is no chain strength to set")
    for name in ("vcd", "samples", "plot", "dies"):
        if getattr(arguments, name):
            raise InputError(f"--{name} is for one chain strength, got {len(strengths)}")
    wanted = find_target(arguments, problem)
    target = energy_of(wanted)
    with Progress(len(strengths)) as progress:
        rows = scan_chain_strength(
            problem,
            machine,
            strengths,
            anneal=anneal,
            embedding=ready.embedding,
            target=target,
            reads=arguments.reads,
            schedules=arguments.schedules,
            seed=arguments.seed,
            die_seed=arguments.die_seed,
            progress=lambda k: progress.watch(f"chain strength {strengths[k]}"),
        )
    ended = len(rows) < len(strengths)
    document = {
        "problem": problem_facts(problem),
        "chip": machine.name,
        "target": target,
        "strengths": rows,
        "note": pace_note(program, anneal.duration_s),
        "interrupted": ended,
    } | target_facts(wanted)
    head = f"{problem.name} on {machine.name}: {program.n_variables} spins on {program.n_pbits} p-bits"
    return give(
        arguments,
        document,
        record(arguments, programs=[program], anneal=anneal),
        text=lambda _: f"{head}\n{scan_text(rows)}{note_line(document['note'])}",
        stopped=f"; {len(rows)} of {len(strengths)} chain strengths shown" if ended else None,
    )
