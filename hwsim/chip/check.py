"""Check: everything wrong with a card file, and the JSON Schema that editors check cards with."""

from pathlib import Path
from typing import Any

import msgspec

from hwsim.cell.card import CHIP_DIMENSIONS, PBIT_DIMENSIONS, ChipCard, PBitCard, mistakes, read_card
from hwsim.cell.law import CLOCKS, LAWS, SOURCES
from hwsim.chip.library import chip, holds_chip, pbit_from
from hwsim.chip.topology import TOPOLOGIES
from hwsim.errors import HwsimError

KINDS = {"pbit": PBitCard, "chip": ChipCard}


def check_file(path: Path) -> tuple[str, list[str]]:
    """("p-bit" or "chip", mistakes) of the card in ``path``, a sentence each, none for a good one."""
    kind = "chip" if holds_chip(path) else "pbit"
    try:
        card = read_card(path, KINDS[kind])
        found = list(mistakes(card))
        if not found:
            chip(str(path)) if kind == "chip" else pbit_from(card)
    except HwsimError as error:
        found = [str(error).removeprefix(f"{path}: ")]
    return ("chip" if kind == "chip" else "p-bit"), found


def schema(kind: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of the cards of ``kind``, ``pbit`` or ``chip``, with the names that are known."""
    made: dict[str, Any] = msgspec.json.schema(KINDS[kind])
    card = made["$defs"][KINDS[kind].__name__]["properties"]
    keys = PBIT_DIMENSIONS if kind == "pbit" else PBIT_DIMENSIONS | CHIP_DIMENSIONS
    card["parameters"]["propertyNames"] = {"enum": sorted(keys)}
    card["clock"]["enum"] = list(CLOCKS)
    if kind == "pbit":
        card["law"]["enum"], card["random_source"]["enum"] = list(LAWS), list(SOURCES)
    else:
        card["topology"]["enum"] = list(TOPOLOGIES)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"hwsim {kind} card", **made}
