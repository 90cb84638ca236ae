"""``hwsim formats``: what a problem file may be, with an example of each."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, record


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "formats",
        help="the files that a problem may come in, with an example of each",
        description="List the formats of problem files. With a name, print its example: a file, or the Python that "
        "writes one. A file is told by its content; endings in brackets are usual, others are needed.",
        parents=[options.outputs("every format with its example")],
    )
    parser.add_argument("name", metavar="NAME", nargs="?", help="a format, such as bqpjson: print its example")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.problem.formats import FORMATS, format_called

    shown = FORMATS if arguments.name is None else (format_called(arguments.name),)

    def text(width: int | None) -> str:
        from hwsim.report.table import columns

        if arguments.name is not None:
            return (shown[0].text or shown[0].python).rstrip("\n")
        head = ("format", "endings", "what it holds", "its example (hwsim formats NAME) is read by")
        return columns([head, *((each.name, each.endings, each.holds, each.command) for each in shown)], width=width)

    return give(arguments, {"formats": [each.facts() for each in shown]}, record(arguments), text=text)
