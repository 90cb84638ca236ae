"""Listing cards, for ``hwsim chips`` and ``hwsim devices``."""

import shutil
import textwrap
from typing import Any

from hwsim.cli.output import write_json


def show(cards: list[Any], columns: dict[str, str], json_target: str | None) -> int:
    """Print a table of ``cards`` with ``columns`` {heading: attribute}, or write them all as JSON."""
    if json_target:
        from hwsim.report.card import card_facts

        write_json([card_facts(card) for card in cards], json_target)
    if json_target != "-":
        width = min(110, shutil.get_terminal_size((100, 24)).columns)
        widths = {h: max(len(h), *(len(str(getattr(c, a))) for c in cards)) for h, a in columns.items()}
        print("  ".join(h.ljust(w) for h, w in widths.items()).rstrip())
        for card in cards:
            print("  ".join(str(getattr(card, a)).ljust(widths[h]) for h, a in columns.items()).rstrip())
            print(textwrap.fill(card.summary, width, initial_indent="    ", subsequent_indent="    "))
        print("\nhwsim show NAME: every number of one, with source and grade")
    return 0
