"""``hwsim ledger``: a chip's prices for updates, reads and writes."""

import argparse
from dataclasses import asdict
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, record


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "ledger",
        help="a chip's prices for updates, reads and writes",
        description="Print the prices of a chip from its card; where one is not public, whom to ask.",
        parents=[options.outputs()],
    )
    parser.add_argument("chip", metavar="CHIP", help="name or file of a chip card (see hwsim chips)")
    options.card_changes(parser)
    parser.add_argument(
        "--pbits", type=options.whole("pbits", least=1), metavar="N", help="p-bits that take part (all of the chip's)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.chip.library import chip
    from hwsim.cost.ledger import ledger
    from hwsim.report.card import ledger_text

    machine = chip(arguments.chip, **arguments.card)
    lines = ledger(machine, n_pbits=arguments.pbits)
    document = {"chip": machine.name, "lines": [asdict(line) for line in lines]}
    return give(arguments, document, record(arguments), text=lambda _: ledger_text(lines))
