"""TOML of cards as people write it: what can be read, and a sentence for each line that cannot."""

import re
import tomllib
from typing import Any

from hwsim.errors import Mistake
from hwsim.text import toml_of

_AT = re.compile(r"at line (\d+), column \d+")
_LINE = re.compile(r"\s*([A-Za-z0-9_.-]+)\s*=")
_MOST = 20
"""Lines that are refused one by one; a file with more is no card."""


def tables(text: str) -> tuple[dict[str, Any], list[Mistake]]:
    """(tables, mistakes) of TOML text. A line ``key = ...`` that is not TOML is left out and named; the key may be
    meant by other mistakes, and is among the keys of this one."""
    lines = text.split("\n")
    found: list[Mistake] = []
    for _ in range(_MOST):
        try:
            return toml_of("\n".join(lines)), found
        except tomllib.TOMLDecodeError as error:
            said = str(error)
        if not said.endswith(")"):  # of the whole file, not of a line
            return {}, [Mistake(f"is not readable TOML: {said}")]
        k = _place(said, lines)
        line = lines[k]
        key = _LINE.match(line)
        found.append(Mistake(_sentence(said, k + 1, line), () if key is None else (key[1].split(".")[-1],)))
        if key is None:
            return {}, found
        lines[k] = ""
    return {}, found


def _place(said: str, lines: list[str]) -> int:
    """The index of the line that an error names; the last line with text where it names the end."""
    at = _AT.search(said)
    if at is not None:
        return int(at[1]) - 1
    return max((k for k, line in enumerate(lines) if line.strip()), default=0)


def _sentence(said: str, number: int, line: str) -> str:
    shown = line.strip()[:60]
    if said.startswith("Cannot"):
        return f"line {number} gives a key or a table a second time: {shown!r}"
    hint = ""
    key, equals, value = shown.partition("=")
    bare = value.partition("#")[0].strip()
    if equals and re.fullmatch(r"[^\"'{}\[\]]+", bare):
        hint = f': text and numbers with a unit stand in quotes, {key.strip()} = "{bare}"'
    elif equals and not bare:
        hint = f": a value is missing after {key.strip()} ="
    return f"line {number} is not TOML, got {shown!r}{hint}"
