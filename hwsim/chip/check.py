"""Check: the mistakes in a card file, and the JSON Schema with which editors check cards."""

from pathlib import Path
from typing import Any

import msgspec

from hwsim.cell.card import CHIP_DIMENSIONS, MODES_DIMENSIONS, MODES_KINDS, PBIT_DIMENSIONS, mistakes, read_card
from hwsim.cell.clock import CLOCKS
from hwsim.cell.codes import LAWS, SOURCES
from hwsim.chip.library import CARD_KINDS, chip, kind_of, pbit_from
from hwsim.chip.topology import TOPOLOGIES
from hwsim.errors import HwsimError

_WORDS = {"chip": "chip", "pbit": "p-bit", "modes": "modes"}


def check_file(path: Path) -> tuple[str, list[str]]:
    """("p-bit", "chip" or "modes", mistakes) of the card in ``path``: one sentence each, none for a valid card."""
    kind = kind_of(path)
    try:
        card = read_card(path, CARD_KINDS[kind])
        found = list(mistakes(card))
        if not found and kind == "chip":
            chip(str(path))
        elif not found and kind == "pbit":
            pbit_from(card)
    except HwsimError as error:
        found = [str(error).removeprefix(f"{path}: ")]
    return _WORDS[kind], found


def schema(kind: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of the cards of ``kind``, a key of CARD_KINDS, with the names that are known."""
    made: dict[str, Any] = msgspec.json.schema(CARD_KINDS[kind])
    card = made["$defs"][CARD_KINDS[kind].__name__]["properties"]
    keys = {"pbit": PBIT_DIMENSIONS, "modes": MODES_DIMENSIONS}.get(kind, PBIT_DIMENSIONS | CHIP_DIMENSIONS)
    card["parameters"]["propertyNames"] = {"enum": sorted(keys)}
    if kind == "modes":
        card["kind"]["enum"] = list(MODES_KINDS)
    else:
        card["clock"]["enum"] = list(CLOCKS)
    if kind == "pbit":
        card["law"]["enum"], card["random_source"]["enum"] = list(LAWS), list(SOURCES)
    elif kind == "chip":
        card["topology"]["enum"] = list(TOPOLOGIES)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"hwsim {kind} card", **made}
