"""``hwsim check``: every mistake of a card, one sentence each. Also the JSON Schema of cards."""

import argparse
import sys
from pathlib import Path
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import record, write_json
from hwsim.errors import MOST_MISTAKES, InputError, one_line


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "check",
        help="every mistake of a card of your own, one sentence each",
        description="Check card files; exit code 2 when one has a mistake.",
        parents=[options.outputs("the findings")],
    )
    parser.add_argument("cards", metavar="CARD.toml", nargs="*", help="cards of p-bits, chips or continuous cells")
    parser.add_argument(
        "--schema", choices=("pbit", "chip", "modes"), help="print the JSON Schema of such cards instead"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.chip.check import check_file, schema

    if arguments.schema:
        write_json(schema(arguments.schema), "-", record(arguments))
        return 0
    if not arguments.cards:
        raise InputError("check needs a card file, or --schema pbit, chip or modes")
    findings = {path: check_file(Path(path)) for path in arguments.cards}
    if arguments.json:
        files = {path: {"kind": kind, "mistakes": found} for path, (kind, found) in findings.items()}
        write_json({"files": files}, arguments.json, record(arguments))
    if arguments.json != "-":
        for path, (kind, found) in findings.items():
            if not found:
                print(f"{path}: a good {kind} card")
            for mistake in found[:MOST_MISTAKES]:
                print(one_line(f"{path}: {mistake}"), file=sys.stderr)
            if len(found) > MOST_MISTAKES:
                print(f"{path}: {len(found)} mistakes, of which these are the first {MOST_MISTAKES}", file=sys.stderr)
    return 2 if any(found for _, found in findings.values()) else 0
