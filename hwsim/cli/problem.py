"""``hwsim problem``: what a problem file or generator holds; converts it to a dimod BQM file."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, record
from hwsim.cli.source import given_problem
from hwsim.files import replacing


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "problem",
        help="what a problem file or generator holds",
        parents=[options.problem("ea3d:L=8,seed=1"), options.outputs("the facts")],
    )
    parser.add_argument("-o", "--output", type=options.file_out, metavar="FILE", help="write it as a dimod BQM file")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.problem.read import describe
    from hwsim.report.table import facts_text

    problem = given_problem(arguments, programmed=False)
    facts = describe(problem)
    if arguments.output:
        with problem.bqm.to_file() as source, replacing(arguments.output) as part:
            part.write_bytes(source.read())
    return give(arguments, facts, record(arguments), text=lambda _: facts_text(_shown(facts)))


def _shown(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts without those that say no."""
    return {key: value for key, value in facts.items() if value is not False}
