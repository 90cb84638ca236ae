"""Listing cards, for ``hwsim chips``, ``hwsim devices`` and ``hwsim thermo machines``."""

import argparse
from typing import Any

from hwsim.cli.output import give, record


def show(arguments: argparse.Namespace, cards: list[Any], columns: dict[str, str]) -> int:
    """Print a table of ``cards`` with ``columns`` {heading: attribute}, or write them all as JSON."""
    from hwsim.report.card import card_facts, list_table

    document = {"cards": [card_facts(card) for card in cards]}
    return give(arguments, document, record(arguments), text=lambda width: list_table(cards, columns, width=width))
