"""Check: the mistakes in a card file, and the JSON Schema with which editors check cards."""

from pathlib import Path
from typing import Any

import msgspec

from hwsim.cell.card import MODES_KINDS
from hwsim.cell.choices import CHOICES
from hwsim.cell.clock import CLOCKS, PARTICIPANTS
from hwsim.cell.codes import LAWS, SOURCES
from hwsim.chip.library import card_mistakes
from hwsim.chip.read import DIMENSIONS, KINDS, RESPONSE_WORDS, WIRING_KEYS
from hwsim.chip.topology import TOPOLOGIES
from hwsim.errors import InputError

_WORDS = {"chip": "chip", "pbit": "p-bit", "modes": "modes"}


def check_file(path: Path) -> tuple[str, list[str]]:
    """("p-bit", "chip" or "modes", mistakes) of the card in ``path``: one sentence each, none for a valid card."""
    if not path.exists():
        return "p-bit", ["no such file; hwsim show NAME shows a card of the library"]
    try:
        kind, found = card_mistakes(path)
    except InputError as error:
        return "p-bit", [sentence.removeprefix(f"{path}: ").removeprefix(f"{path} ") for sentence in error.mistakes]
    return _WORDS[kind], found


def schema(kind: str) -> dict[str, Any]:
    """JSON Schema (2020-12) of a user's cards of ``kind``, a key of KINDS, with the names that are known."""
    made: dict[str, Any] = msgspec.json.schema(KINDS[kind])
    for of, card in KINDS.items():
        definition = made["$defs"].get(card.__name__)
        if definition is not None:
            _as_written(definition, of)
    response = made["$defs"].get("Response")
    if response is not None:  # words of a table may stand in place of probabilities
        response["required"] = ["first", "step"]
        words, bits = RESPONSE_WORDS
        response["properties"] |= {
            words: {"type": "array", "items": {"type": "integer"}},
            bits: {"type": "integer", "minimum": 1, "maximum": 32},
        }
    if kind == "chip":
        chip, wiring = (made["$defs"][name]["properties"] for name in ("ChipCard", "Wiring"))
        chip |= {key: wiring[key] for key in WIRING_KEYS}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"hwsim {kind} card", **made}


def _as_written(definition: dict[str, Any], kind: str) -> None:
    """Change the schema of a card that was read into that of a card as people write it: bare values, parameters and
    wires above the tables too, and nothing needed but what has no default."""
    number = {"anyOf": [{"type": ["string", "number"]}, {"$ref": "#/$defs/Quantity"}]}
    card = definition["properties"]
    definition["required"] = ["kind"] if kind == "modes" else []
    for table in ("parameters", "notes"):
        card[table]["additionalProperties"] = number
    card["parameters"]["propertyNames"] = {"enum": sorted(DIMENSIONS[kind])}
    if kind == "modes":
        card["kind"]["enum"] = list(MODES_KINDS)
    else:
        card["clock"] = {"enum": list(CLOCKS)}
        card["law"], card["random_source"] = {"enum": list(LAWS)}, {"enum": list(SOURCES)}
        card["response"] = {"$ref": "#/$defs/Response"}
    if kind == "chip":
        card["participants"] = {"enum": list(PARTICIPANTS)}
        card["topology"] = {"type": "string", "pattern": f"^({'|'.join(TOPOLOGIES)})(:[0-9]+(x[0-9]+)*)?$"}
    words = {key: {"anyOf": [{"enum": list(known)}, {"$ref": "#/$defs/Quantity"}]} for key, known in CHOICES.items()}
    more = {key: words.get(key, number) for key in sorted(DIMENSIONS[kind].keys() - card.keys())}
    definition["properties"] = card | more
