"""Listing cards, for ``hwsim chips`` and ``hwsim devices``."""

from typing import Any

from hwsim.cli.output import write_json


def show(cards: list[Any], columns: dict[str, str], json_target: str | None) -> int:
    """Print a table of ``cards`` with ``columns`` {heading: attribute}, or write them all as JSON."""
    if json_target:
        from hwsim.report.card import card_facts

        write_json([card_facts(card) for card in cards], json_target)
    if json_target != "-":
        widths = {h: max(len(h), *(len(str(getattr(c, a))) for c in cards)) for h, a in columns.items()}
        print("  ".join(h.ljust(w) for h, w in widths.items()) + "  parameters")
        for card in cards:
            numbers = ", ".join(f"{key} {q.value} ({q.grade})" for key, q in card.parameters.items())
            print("  ".join(str(getattr(card, a)).ljust(widths[h]) for h, a in columns.items()) + "  " + numbers)
            print(f"    {card.summary}")
    return 0
