"""``hwsim chip``: a chip card of your own. ``new`` writes one to start from, ``generic`` draws a plausible die."""

import argparse
import sys
from pathlib import Path
from typing import Any

from hwsim.cli import options
from hwsim.errors import InputError
from hwsim.files import write_text


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "chip", help="a chip card of your own: chip new writes one to start from, chip generic draws a plausible die"
    )
    kinds = parser.add_subparsers(title="kinds", required=True, metavar="KIND", parser_class=type(parser))
    new = kinds.add_parser(
        "new",
        help="a card to start from",
        description="Write a chip card (TOML) with a line on each thing that you may say of a chip. It is a good card "
        "as it is: hwsim run karate --chip FILE.toml runs it. With --like it is a copy of another card.",
    )
    new.add_argument("--like", metavar="CHIP", help="name or file of a card to start from (see hwsim chips)")
    new.set_defaults(run=run_new)
    generic = kinds.add_parser(
        "generic",
        help="a random but plausible die",
        description="Draw a chip with spread, noise, delay and few bits, and write its card (TOML). Use it with "
        "--chip FILE.toml.",
        parents=[options.seeds("which die", die=False)],
    )
    generic.set_defaults(run=run_generic)
    for kind in (new, generic):
        kind.add_argument(
            "-o", "--output", type=options.file_out, metavar="FILE.toml", help="instead of standard output"
        )


def run_new(arguments: argparse.Namespace) -> int:
    """Run ``hwsim chip new``."""
    from hwsim.chip.write import new_card

    if arguments.output and Path(arguments.output).is_file():
        raise InputError(
            f"{arguments.output} is there already, perhaps with your changes: name another file, or remove it"
        )
    return _give(new_card(arguments.like, path=arguments.output), arguments)


def run_generic(arguments: argparse.Namespace) -> int:
    """Run ``hwsim chip generic``."""
    from hwsim.chip.generic import generic_card

    return _give(generic_card(arguments.seed), arguments)


def _give(text: str, arguments: argparse.Namespace) -> int:
    if arguments.output:
        write_text(arguments.output, text)
    else:
        sys.stdout.write(text)
    return 0
