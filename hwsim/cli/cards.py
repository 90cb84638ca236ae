"""Listing cards, for ``hwsim chips`` and ``hwsim devices``."""

import argparse
import shutil
import textwrap
from typing import Any

from hwsim.cli.output import record, write_json


def show(arguments: argparse.Namespace, cards: list[Any], columns: dict[str, str]) -> int:
    """Print a table of ``cards`` with ``columns`` {heading: attribute}, or write them all as JSON."""
    if arguments.json:
        from hwsim.report.card import card_facts

        write_json({"cards": [card_facts(card) for card in cards]}, arguments.json, record(arguments))
    if arguments.json != "-":
        width = min(110, shutil.get_terminal_size((100, 24)).columns)
        widths = {h: max(len(h), *(len(str(getattr(c, a))) for c in cards)) for h, a in columns.items()}
        print("  ".join(h.ljust(w) for h, w in widths.items()).rstrip())
        for card in cards:
            print("  ".join(str(getattr(card, a)).ljust(widths[h]) for h, a in columns.items()).rstrip())
            print(textwrap.fill(card.summary, width, initial_indent="    ", subsequent_indent="    "))
        print("\nhwsim show NAME: every number of one, with source and grade")
    return 0
