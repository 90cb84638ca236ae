"""``hwsim chip generic``: a random but plausible die, as a chip card of your own."""

import argparse
import sys
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import write_text


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser("chip", help="make a chip card: chip generic draws a random but plausible die")
    kinds = parser.add_subparsers(title="kinds", required=True, metavar="KIND", parser_class=type(parser))
    generic = kinds.add_parser(
        "generic",
        help="a random but plausible die",
        description="Draw a chip with spread, noise, delay and few bits, and write its card (TOML). Use it with "
        "--chip FILE.toml.",
        parents=[options.seeds("which die", die=False)],
    )
    generic.add_argument(
        "-o", "--output", type=options.file_out, metavar="FILE.toml", help="instead of standard output"
    )
    generic.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.chip.generic import generic_card

    text = generic_card(arguments.seed)
    if arguments.output:
        write_text(text, arguments.output)
    else:
        sys.stdout.write(text)
    return 0
