"""``hwsim problem``: what a problem file or generator holds; converts it to a dimod BQM file."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import record, write_json
from hwsim.files import replacing


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "problem", help="what a problem file or generator holds",
        parents=[options.problem("ea3d:L=8,seed=1"), options.outputs("the facts")],
    )  # fmt: skip
    parser.add_argument(
        "-o", "--output", type=options.file_out, metavar="FILE", help="write it as a dimod BQM file"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.problem.read import describe, read

    problem = read(arguments.problem)
    facts = describe(problem)
    if arguments.output:
        with problem.bqm.to_file() as source, replacing(arguments.output) as part:
            part.write_bytes(source.read())
    if arguments.json:
        write_json(facts, arguments.json, record(arguments))
    if arguments.json != "-":
        for key, value in facts.items():
            if value is not None:
                print(f"{key.replace('_', ' '):<16} {value:g}" if isinstance(value, float) else
                      f"{key.replace('_', ' '):<16} {value}")  # fmt: skip
    return 0
