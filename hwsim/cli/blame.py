"""``hwsim blame``: what each fault of a chip costs on a problem, so that one sees which to remove first."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, note_line, problem_facts, record
from hwsim.cli.source import given_problem
from hwsim.cli.target import energy_of, given_target, target_facts, target_words, typical_target
from hwsim.command.progress import Progress


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "blame",
        help="what each fault of a chip costs: all on, each off, each alone",
        description="Run one problem on a chip with all its faults, with each switched off and with each alone, over "
        "several dies. Times are device times.",
        parents=[
            options.problem("ea3d:L=8,seed=1 or karate"),
            options.chip(),
            options.pace(),
            options.cells(),
            options.anneal(),
            options.target(),
            options.sampling("128", "2", least=(2, 2)),
            options.seeds(),
            options.computer(),
            options.outputs(plot="what each fault costs"),
        ],
    )
    parser.add_argument(
        "--dies",
        type=options.whole("dies", least=2),
        default="8",
        metavar="N",
        help="virtual dies to average over (%(default)s)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.chip.faults import present_faults
    from hwsim.chip.library import chip
    from hwsim.experiment.anneals import slow_note
    from hwsim.experiment.blame import blame
    from hwsim.experiment.prepare import prepare
    from hwsim.report.blame import blame_picture, blame_table
    from hwsim.report.table import number

    machine = chip(arguments.chip, **arguments.card)
    problem = given_problem(arguments)
    names = present_faults(machine)
    given = given_target(arguments, problem) if names else None
    ready: Any = prepare(problem, machine, ramp=options.ramp(arguments))
    with Progress(2 + 2 * len(names)) as progress:
        labels: dict[str, Any] = {}

        def report(label: str, fraction: float, updates: int) -> None:
            if label not in labels:
                labels[label] = progress.watch(label)
            labels[label](fraction, updates)

        found = blame(
            problem,
            machine,
            anneal=ready.anneal,
            embedding=ready.embedding,
            target=energy_of(given),
            dies=arguments.dies,
            reads=arguments.reads,
            schedules=arguments.schedules,
            seed=arguments.seed,
            first_die=arguments.die_seed,
            engine=arguments.engine,
            threads=arguments.threads,
            progress=report,
        )
    made = record(arguments, programs=[ready.program], anneal=ready.anneal)
    facts = {"problem": problem_facts(problem), "chip": machine.name}
    note = slow_note(ready.program, ready.anneal.duration_s)
    facts |= {"dies": arguments.dies, "reads": arguments.reads, "note": note} | found
    used = typical_target(found["target"]) if given is None and found["target"] is not None else given
    facts |= target_facts(used)
    what = f"{problem.name} on {machine.name}"

    def text(width: int | None) -> str:
        head = f"{what}: {arguments.dies} dies of {arguments.reads} reads"
        lines = [head, target_words(found["target"], given), blame_table(found, width=width)]
        return "\n".join(lines) + note_line(note)

    def draw(path: str) -> None:
        title = f"What each fault costs: {what}, target energy {number(found['target'])}"
        blame_picture(found["rows"], path, title=title, metrics=found["metrics"], provenance=made)

    return give(
        arguments,
        facts,
        made,
        text=text if found["metrics"] else None,
        draw=draw if found["rows"] else None,
        stopped=f"; {len(found['rows'])} of {len(names)} faults shown" if found["interrupted"] else None,
    )
