"""Documents: results as JSON, with their provenance, written whole or not at all."""

import json
import sys
from typing import Any

from hwsim.errors import InputError
from hwsim.files import write_text
from hwsim.report.provenance import Provenance


def write_document(document: dict[str, Any], target: str, made: Provenance) -> None:
    """Write ``document`` to ``target``, a path or ``-`` for standard output. Raises InputError for NaN and infinity,
    which JSON does not have."""
    try:
        text = json.dumps(document | {"provenance": made.facts()}, indent=2, allow_nan=False) + "\n"
    except ValueError:
        raise InputError("a result is not finite, which JSON cannot hold: the input is too extreme") from None
    if target == "-":
        sys.stdout.write(text)
        return
    write_text(target, text)
