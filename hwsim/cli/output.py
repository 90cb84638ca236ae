"""How commands write: text and JSON to a file, JSON to standard output too, whole or not at all."""

import json
import sys
from typing import Any

from hwsim.errors import InputError
from hwsim.files import replacing


def problem_facts(problem: Any) -> dict[str, Any]:
    """The ``problem`` part of a document."""
    return {
        "name": problem.name,
        "kind": problem.kind,
        "spins": problem.bqm.num_variables,
        "couplings": problem.bqm.num_interactions,
        "known_energy": problem.known_energy,
        "known_source": problem.known_source,
    }


def write_json(data: Any, target: str) -> None:
    """``target`` is a path, or ``-`` for standard output. NaN and infinity are refused: JSON has neither."""
    try:
        text = json.dumps(data, indent=2, allow_nan=False) + "\n"
    except ValueError:
        raise InputError("a result is no finite number, which JSON cannot hold: the input is too extreme") from None
    if target == "-":
        sys.stdout.write(text)
        return
    write_text(text, target)


def write_text(text: str, target: str) -> None:
    """``target`` is a path; a reader never sees half of the text."""
    with replacing(target) as part:
        part.write_text(text, encoding="utf-8")
