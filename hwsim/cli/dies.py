"""``hwsim run --dies N``: many virtual dies of one design, and the yield curve."""

import argparse
import sys
from typing import Any

from hwsim.cli.output import INTERRUPTED, give, note_line, problem_facts, record
from hwsim.cli.target import given_target
from hwsim.command.given import target_facts, target_words
from hwsim.command.progress import Progress
from hwsim.errors import InputError
from hwsim.memory import check_reads


def run_wafer(arguments: argparse.Namespace, ready: Any) -> int:
    """Run the dies, print the yield, write the picture and the JSON."""
    from hwsim.chip.faults import present_faults, without
    from hwsim.experiment.anneals import pace_note
    from hwsim.experiment.dies import beside_ideal, has_spread, run_dies, typical_energy, yield_curve, yield_facts
    from hwsim.experiment.target import typical_target
    from hwsim.report.dies import yield_picture, yield_text
    from hwsim.report.table import number

    problem, machine = ready.problem, ready.chip
    if arguments.vcd or arguments.samples:
        raise InputError("--vcd and --samples are for one die: give --die-seed instead of --dies")
    if machine.die is not None:
        raise InputError("--die gives one measured die, and --dies draws several from the card's spread: leave one out")
    if not has_spread(machine):
        raise InputError(
            f"chip {machine.name!r} has no device-to-device spread, so all its dies are alike; give it some, such as "
            "--gain-dtod 0.1"
        )
    dies, anneal = arguments.dies, ready.anneal
    check_reads(ready.program.n_pbits, arguments.reads, schedules=arguments.schedules, looks=2, dies=dies)
    shared = {
        "anneal": anneal,
        "embedding": ready.embedding,
        "reads": arguments.reads,  # of each die
        "schedules": arguments.schedules,
        "seed": arguments.seed,
        "first_die": arguments.die_seed,
        "engine": arguments.engine,
        "threads": arguments.threads,
    }
    perfect = without(machine, present_faults(machine))
    with Progress(2) as progress:
        ideal = run_dies(problem, perfect, dies=min(dies, 8), progress=progress.watch("ideal die"), **shared)
        runs = run_dies(problem, machine, dies=dies, progress=progress.watch(f"{dies} dies"), **shared) if ideal else []
    if not runs:
        print("hwsim: interrupted before a die was complete", file=sys.stderr)
        return INTERRUPTED
    given = given_target(arguments, problem)
    wanted = typical_target(typical_energy(ideal)) if given is None else given
    target = wanted.energy
    curve = beside_ideal(yield_curve(runs, target=target), ideal, target=target)
    made = record(arguments, anneal=anneal)
    document = {
        "problem": problem_facts(problem),
        "chip": machine.name,
        "target": target,
        "dies": yield_facts(curve),
        "note": pace_note(ready.program, anneal.duration_s),
        "interrupted": len(runs) < dies,
    } | target_facts(wanted)

    def draw(path: str) -> None:
        title = f"{len(runs)} dies of {machine.name} on {problem.name}, target energy {number(target)}"
        yield_picture(curve, path, title=title, provenance=made)

    head = f"{problem.name} on {len(runs)} dies of {machine.name}\n{target_words(target_facts(wanted))}"
    stopped = f"; {len(runs)} of {dies} dies shown" if len(runs) < dies else None
    text = f"{head}\n{yield_text(curve)}{note_line(document['note'])}"
    return give(arguments, document, made, text=lambda _: text, draw=draw, stopped=stopped)
