"""``hwsim devices``: the p-bits that ship with hwsim or lie in your own folder."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.cards import show


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "devices",
        help="the p-bits that ship with hwsim or lie in your own folder",
        parents=[options.outputs("every number with its source and grade")],
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.chip.library import list_pbits

    return show(arguments, list_pbits(), {"name": "name", "clock": "clock"})
