"""``hwsim tts PROBLEM``: time and energy to solution under one clock or several, at the best length of each."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, note_line, problem_facts, record
from hwsim.cli.source import given_problem
from hwsim.cli.target import find_target, target_facts
from hwsim.command.progress import Progress
from hwsim.errors import InputError
from hwsim.units import format_si

_CLOCKS = "chromatic,poisson,synchronous"


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "tts",
        help="time and energy to solution: the best anneal time under each clock, with intervals",
        description="Anneal a problem, or run another algorithm on the chip, for longer and longer times, and find the "
        "run length that reaches the target soonest with probability 0.99. It counts as an optimum only if shorter and "
        "longer runs are worse.",
        parents=[
            options.problem("ea3d:L=8,seed=1"),
            options.chip(),
            options.pace(own_clock=False),
            options.anneal(
                beta="constant or start:end (0.1/sigma:10/sigma; a ladder of its own in tempering)",
                length="this length alone, with exactly --reads reads; by default longer and longer ones",
            ),
            options.target("(the known one)"),
            options.sampling(
                None,
                "8",
                least=(2, 1),
                words="runs of each length at once (for each schedule 512 where they share machine words, else 64; 4 "
                "of what keeps several replicas)",
            ),
            options.seeds(),
            options.computer(),
            options.outputs(plot="time to solution and success against anneal time"),
        ],
    )
    parser.add_argument(
        "--clock",
        type=options.several(str),
        default=_CLOCKS,
        metavar="C,...",
        help="clocks to compare (%(default)s; own: the chip's)",
    )
    parser.add_argument(
        "--participation",
        type=options.quantity("participation"),
        default="0.5",
        metavar="P",
        help="share of p-bits that join a synchronous tick (%(default)s)",
    )
    parser.add_argument(
        "--algorithm",
        default="anneal",
        metavar="NAME[:KEY=VALUE,...]",
        help="anneal, tempering, quantum or population, such as tempering:replicas=8,cluster=false (%(default)s)",
    )
    parser.add_argument(
        "--first", type=options.time("first"), metavar="TIME", help="shortest run (30 updates of a p-bit)"
    )
    parser.add_argument(
        "--budget",
        type=options.quantity("budget"),
        default="45",
        metavar="S",
        help="host seconds for each clock (%(default)s)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.algorithm.recipe import parse_algorithm
    from hwsim.chip.library import chip
    from hwsim.experiment.anneals import slow_note
    from hwsim.experiment.optimum import find_optimum, optimum_facts, recipes
    from hwsim.experiment.prepare import prepare
    from hwsim.mapping.compile import Settings
    from hwsim.report.table import number
    from hwsim.report.tts import tts_picture, tts_text

    problem = given_problem(arguments)
    machines = {}
    for clock in arguments.clock:
        extra = {"participation": arguments.participation} if clock == "synchronous" else {}
        machines[clock] = chip(arguments.chip, **arguments.card, **({} if clock == "own" else {"clock": clock} | extra))
    wanted = find_target(arguments, problem)
    if wanted is None:
        raise InputError(f"no known energy of {problem.name} is on record: give --target a number, exact or best")
    target = wanted.energy
    name, parameters = parse_algorithm(arguments.algorithm)
    first = next(iter(machines.values()))
    rows, programs, placed, interrupted = [], [], None, False
    for clock, machine in machines.items():
        ready = prepare(problem, machine, Settings(die_seed=arguments.die_seed, embedding=placed))
        placed, program = ready.embedding, ready.program
        programs.append(program)
        make = recipes(
            problem, program, algorithm=name, parameters=parameters, beta=arguments.beta, shape=arguments.anneal
        )
        with Progress(12) as progress:

            def watch(length: float, clock: str = clock, progress: Any = progress) -> Any:
                return progress.watch(f"{clock}, {format_si(length, 's')}")

            found = find_optimum(
                program,
                make,
                target=target,
                search=_search(arguments, name, program),
                engine=arguments.engine,
                threads=arguments.threads,
                progress=watch,
            )
        if found.points:
            rows.append(
                {
                    "clock": clock,
                    "note": slow_note(program, found.points[-1].time_s),
                    "grades": dict(machine.grades),
                    "participation": program.clock.participation if program.clock.kind == "synchronous" else None,
                }
                | optimum_facts(program, found, make)
            )
        if found.interrupted:
            interrupted = True
            break
    document = {"problem": problem_facts(problem), "chip": first.name, "target": target, "algorithm": name}
    document |= {"parameters": parameters, "clocks": rows, "interrupted": interrupted}
    document |= target_facts(wanted)
    recipe = make(1e-6)  # of any length: all begin and end at the same beta
    made = record(arguments, programs=programs, anneal=recipe.anneal, beta=recipe.betas)

    def text(width: int | None) -> str:
        words = "" if name == "anneal" else f", {arguments.algorithm}"
        head = f"{problem.name} on {first.name}, target energy {number(target)}{words}"
        alone = arguments.time is not None
        parts = (tts_text(row, alone=alone, width=width) + note_line(row["note"]) for row in rows)
        return "\n\n".join([head, *parts])

    def draw(path: str) -> None:
        how = "" if name == "anneal" else f" by {arguments.algorithm}"
        title = f"{problem.name} on {first.name}: time to solution{how}, target energy {number(target)}"
        tts_picture(rows, path, title=title, provenance=made)

    stopped = f"; {len(rows)} of {len(machines)} clocks shown" if interrupted else None
    return give(arguments, document, made, text=text, draw=draw if rows else None, stopped=stopped)


def _search(arguments: argparse.Namespace, name: str, program: Any) -> Any:
    """The lengths to try, or that of ``--time`` alone."""
    from hwsim.experiment.anneals import length_s
    from hwsim.experiment.optimum import Search, reads_at_once, shortest_s

    if arguments.time is not None and arguments.first is not None:
        raise InputError("--time is the only length, --first the shortest of several: give only one of them")
    reads = arguments.reads
    if reads is None:
        reads = reads_at_once(program, algorithm=name, schedules=arguments.schedules, engine=arguments.engine)
    given: dict[str, Any] = {
        "reads": reads,
        "schedules": arguments.schedules,
        "seed": arguments.seed,
        "budget_s": arguments.budget,
    }
    if arguments.time is not None:
        return Search(first_s=length_s(program, arguments.time), most=1, most_batches=1, **given)
    return Search(first_s=shortest_s(program) if arguments.first is None else arguments.first, **given)
