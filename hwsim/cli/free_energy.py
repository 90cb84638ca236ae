"""``hwsim free-energy``: ln Z and the free energy of a problem, exact where possible, and measured on a chip."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, problem_facts, record
from hwsim.cli.source import given_problem
from hwsim.command.progress import Progress
from hwsim.errors import InputError

_METHODS = ("annealing", "integration")


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "free-energy",
        help="ln Z and free energy of a problem: exact, and measured on the chip with bounds and intervals",
        description="Find the partition function Z = sum exp(-beta E) and F = -ln(Z) / beta: exactly, where "
        "enumeration, a transfer matrix or a tree decomposition can; and on the emulated chip, by annealed importance "
        "sampling there and back (bounds from both sides) and by thermodynamic integration.",
        parents=[
            options.problem("sk:n=20,seed=1 or ising2d:L=16"),
            options.chip(),
            options.pace(),
            options.sampling("1024", "16", words="copies (%(default)s)"),
            options.seeds(),
            options.computer(),
            options.outputs(plot="energy against beta, and the work there and back"),
        ],
    )
    parser.add_argument(
        "--beta", default="1", metavar="B", help="inverse temperature: a number, or such as 2/sigma (%(default)s)"
    )
    parser.add_argument(
        "--method",
        type=options.several(options.one_of("method", _METHODS, rule="must be of")),
        default=",".join(_METHODS),
        metavar="M,...",
        help=f"of {', '.join(_METHODS)} (%(default)s)",
    )
    parser.add_argument(
        "--sweeps",
        type=options.whole("sweeps", least=1),
        metavar="N",
        help="at each step of beta (10 for annealing, 100 for integration)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.chip.library import chip
    from hwsim.experiment.anneals import beta_ends
    from hwsim.experiment.free_energy import exact_facts, measure
    from hwsim.mapping.compile import compile
    from hwsim.report.free_energy import free_energy_picture, free_energy_text

    problem = given_problem(arguments)
    ends = beta_ends(arguments.beta, problem)
    if len(ends) != 1:
        raise InputError(f"a free energy needs one beta, got {arguments.beta!r}")
    beta = ends[0]
    machine = chip(arguments.chip, **arguments.card)
    program = compile(problem, machine, die_seed=arguments.die_seed)
    with Progress(len(arguments.method)) as progress:
        found = measure(
            program,
            beta,
            arguments.method,
            reads=arguments.reads,
            schedules=arguments.schedules,
            seed=arguments.seed,
            sweeps=arguments.sweeps,
            engine=arguments.engine,
            threads=arguments.threads,
            progress=progress.watch,
        )
    document = {
        "problem": problem_facts(problem),
        "chip": machine.name,
        "clock": program.clock.kind,
        "beta": beta,
        "exact": exact_facts(problem, beta),
    } | found
    made = record(arguments, programs=[program], beta=[beta])

    def draw(path: str) -> None:
        title = f"Free energy of {problem.name} at beta = {beta:g} on {machine.name}, {program.clock.kind} clock"
        free_energy_picture(document, path, title=title, provenance=made)

    return give(arguments, document, made, text=lambda _: free_energy_text(document), draw=draw)
