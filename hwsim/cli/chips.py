"""``hwsim chips``: the chips that ship with hwsim or lie in your own folder."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.cards import show


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "chips",
        help="the chips that ship with hwsim or lie in your own folder",
        parents=[options.outputs("every number with its source and grade")],
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.chip.library import list_chips

    columns = {"name": "name", "p-bit": "pbit_name", "clock": "clock", "topology": "topology"}
    return show(arguments, list_chips(), columns)
