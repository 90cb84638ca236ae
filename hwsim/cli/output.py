"""How commands write: text and JSON to a file, JSON to standard output too, whole or not at all."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from hwsim.errors import InputError


def write_json(data: Any, target: str) -> None:
    """``target`` is a path, or ``-`` for standard output. NaN and infinity are refused: JSON has neither."""
    text = json.dumps(data, indent=2, allow_nan=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    write_text(text, target)


def write_text(text: str, target: str) -> None:
    """``target`` is a path; a reader never sees half of the text."""
    path = Path(target)
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)
