"""Cards as TOML text: how hwsim writes an entry."""

import json
from typing import Any

from hwsim.cell.card import YOURS
from hwsim.units import SI_UNIT, format_si, parse


def entry(key: str, value: str | float, source: str = "", grade: str = YOURS) -> str:
    """One line of a card: a bare value where it has no source, else with source and grade."""
    shown = quoted(value) if isinstance(value, str) else repr(value)
    if not source:
        return f"{key} = {shown}"
    return f'{key} = {{ value = {shown}, source = {quoted(source)}, grade = "{grade}" }}'


def quoted(text: str) -> str:
    """A basic string of TOML: JSON's escapes are all among TOML's, which also wants DEL escaped. Bytes of a file's name
    that are no UTF-8, which TOML cannot hold, are question marks."""
    held = text.encode("utf-8", "replace").decode()
    return json.dumps(held, ensure_ascii=False).replace("\x7f", "\\u007f")


def quantity_text(value: Any, dimension: str) -> str | float | int:
    """What a card says for the SI number ``value``: read back, it is the same float. Words are as they are."""
    if dimension == "word":
        return str(value)
    unit = SI_UNIT.get(dimension)
    if unit is None:
        return int(value) if dimension == "count" else float(value)
    if "/" not in unit and unit != "m2":
        for digits in (3, 6, 9, 12, 15, 17):
            text = format_si(value, unit, digits=digits)
            if parse(text, dimension) == value:
                return text
    return f"{float(value)!r} {unit}"
