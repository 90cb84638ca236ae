"""Cards as TOML text: how hwsim writes an entry."""

import json


def entry(key: str, value: str | float, source: str, grade: str) -> str:
    """One line of ``[parameters]``."""
    shown = quoted(value) if isinstance(value, str) else repr(value)
    return f'{key} = {{ value = {shown}, source = {quoted(source)}, grade = "{grade}" }}'


def quoted(text: str) -> str:
    """A basic string of TOML: JSON's escapes are all among TOML's, which also wants DEL escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
