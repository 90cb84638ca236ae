"""``hwsim generators``: the problems that a name makes."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, record


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "generators",
        help="the problems that a name makes, with an example of each",
        description="List the generators of problems. A name stands wherever a command takes a problem.",
        parents=[options.outputs("every generator with its parameters and an example")],
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.problem.generate import generators

    found = generators()

    def text(width: int | None) -> str:
        from hwsim.report.table import columns

        head = ("example", "what it is", "parameters, and defaults of those that may be left out")
        rows = [(each.example, each.holds, _parameters(each)) for each in found]
        return columns([head, *rows], width=width)

    return give(arguments, {"generators": [vars(each) for each in found]}, record(arguments), text=text)


def _parameters(generator: Any) -> str:
    """The parameters that must be given, then the others with their defaults, ``free`` where there is none."""
    free = (f"{key}={'free' if value is None else value}" for key, value in generator.optional.items())
    return ", ".join((*generator.required, *free))
