"""``hwsim problem``: what a problem file or generator holds; converts it to a dimod BQM file."""

import argparse
import os
from pathlib import Path
from typing import Any

from hwsim.cli.output import write_json


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("problem", help="what a problem file or generator holds")
    parser.add_argument("problem", metavar="PROBLEM", help="a file, or a generator such as ea3d:L=8,seed=1")
    parser.add_argument("-o", "--output", metavar="FILE", help="write it as a dimod BQM file")
    parser.add_argument("--json", metavar="FILE|-", help="the facts as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.problem.read import describe, read

    problem = read(arguments.problem)
    facts = describe(problem)
    if arguments.output:
        part = Path(arguments.output + ".part")
        with problem.bqm.to_file() as source, part.open("wb") as target:
            target.write(source.read())
        os.replace(part, arguments.output)
    if arguments.json:
        write_json(facts, arguments.json)
    if arguments.json != "-":
        for key, value in facts.items():
            if value is not None:
                print(f"{key.replace('_', ' '):<16} {value:g}" if isinstance(value, float) else
                      f"{key.replace('_', ' '):<16} {value}")  # fmt: skip
    return 0
