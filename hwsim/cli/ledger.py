"""``hwsim ledger``: what a chip charges for updates, reads and writes."""

import argparse
from dataclasses import asdict
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import record, write_json


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "ledger",
        help="what a chip charges for updates, reads and writes",
        description="Prices of a chip from its card; those that are not public stay unknown, with who would know.",
        parents=[options.outputs()],
    )
    parser.add_argument("chip", metavar="CHIP", help="name or file of a chip card (see hwsim chips)")
    options.card_changes(parser)
    parser.add_argument(
        "--pbits", type=options.whole("pbits", least=1), metavar="N", help="p-bits that take part (all of the chip's)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.analysis.ledger import ledger
    from hwsim.chip.library import chip
    from hwsim.units import format_si

    machine = chip(arguments.chip, **arguments.card)
    lines = ledger(machine, n_pbits=arguments.pbits)
    if arguments.json:
        write_json({"chip": machine.name, "lines": [asdict(line) for line in lines]}, arguments.json, record(arguments))
    if arguments.json != "-":
        width = max(len(line.label) for line in lines)
        for line in lines:
            if line.value is None:
                shown = "unknown"
            else:
                shown = format_si(line.value, line.unit) if line.unit else f"{line.value:,.1f}"
            print(f"{line.label:<{width}}  {shown:>12}  {line.note}")
    return 0
