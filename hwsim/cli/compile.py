"""``hwsim compile``: put a problem on a chip, print what it took, and save the program."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, problem_facts, record
from hwsim.cli.source import given_problem
from hwsim.command.progress import Bar


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "compile",
        help="put a problem on a chip: p-bits, chains, colours, precision",
        description="Place a problem on a chip, embed it where the chip has no wires for its couplings, and print what "
        "it took. -o saves the program for hwsim run.",
        parents=[
            options.problem("sk:n=16,seed=1"),
            options.chip(),
            options.pace(),
            options.chains("compile"),
            options.partition(),
            options.seeds("seed of the search for an embedding"),
            options.outputs("the facts"),
        ],
    )
    parser.add_argument(
        "--beta",
        type=options.quantity("beta"),
        metavar="B",
        help="also print how far the registers shift the law at this inverse temperature",
    )
    parser.add_argument(
        "--shared-words",
        action="store_true",
        help="p-bits that tick together share random words: a read takes less time; other states of the same law",
    )
    parser.add_argument("-o", "--output", type=options.file_out, metavar="FILE.npz", help="write the program")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.chip.library import chip
    from hwsim.experiment.compiled import compile_exact, compiled_facts
    from hwsim.mapping.compile import compile, embed
    from hwsim.mapping.partition import partition
    from hwsim.program import save
    from hwsim.report.compiled import compiled_text

    machine = chip(arguments.chip, **arguments.card)
    problem = given_problem(arguments)
    given, part = options.parts(arguments, machine.round_s), None
    with Bar(words=f"placing the problem on {machine.name}") as bar:
        placed = embed(problem, machine, seed=arguments.seed, tell=lambda words: bar.show(0.0, words, now=True))
        bar.show(0.3, "compiling the problem as it is", now=True)
        exact = compile_exact(problem, machine, embedding=placed, chain_strength=arguments.chain_strength)
        if arguments.chips is not None:
            part = given["parts"] = partition(exact.network, arguments.chips)
        bar.show(0.6, "compiling it as the chip holds it", now=True)
        program = compile(
            problem,
            machine,
            die_seed=arguments.die_seed,
            embedding=placed,
            chain_strength=arguments.chain_strength,
            **given,
        )
        if arguments.shared_words:
            from hwsim.engine.bitplanes import shared_words

            program = shared_words(program)
        facts = compiled_facts(program, exact=exact, part=part, beta=arguments.beta)
        if arguments.output:
            bar.show(0.9, f"writing {arguments.output}", now=True)
            save(program, arguments.output)
    beta = () if arguments.beta is None else (arguments.beta,)
    return give(
        arguments,
        {"problem": problem_facts(problem), "chip": machine.name, "program": facts},
        record(arguments, programs=[program], beta=beta),
        text=lambda _: f"{problem.name} on {machine.name}\n{compiled_text(facts)}",
    )
