"""Where results go: JSON, pictures, text, and the exit code. Files are written whole or not at all."""

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from hwsim.errors import InputError
from hwsim.files import replacing

if TYPE_CHECKING:
    from hwsim.report.provenance import Provenance

INTERRUPTED = 130


def record(
    arguments: argparse.Namespace,
    *,
    programs: Iterable[Any] = (),
    anneal: Any = None,
    beta: Iterable[float] = (),
    seed: int | None = None,
) -> "Provenance":
    """The provenance of this command's results: the command line, its seed (or ``seed``), the programs that ran or
    their hashes, their anneal or beta."""
    from hwsim.report.provenance import provenance

    return provenance(
        command=arguments.command_line,
        seed=getattr(arguments, "seed", seed),
        anneal=anneal,
        beta=beta,
        programs=programs,
    )


def give(
    arguments: argparse.Namespace,
    document: dict[str, Any],
    made: "Provenance",
    *,
    text: Callable[[int | None], str] | None,
    draw: Callable[[str], Any] | None = None,
    stopped: str | None = None,
) -> int:
    """Write ``document`` to ``--json``, print ``text`` unless the JSON is printed, ``draw`` the picture of ``--plot``.

    text : called with the width of the terminal, None where standard output is not one;  stopped : how far an
    interrupted command got, as the end of a sentence. Returns the exit code.
    """
    if arguments.json:
        write_json(document, arguments.json, made)
    if text is not None and arguments.json != "-":
        print(text(shutil.get_terminal_size().columns if sys.stdout.isatty() else None))
    if draw is not None and arguments.plot:
        draw(arguments.plot)
        print(f"picture: {arguments.plot}", file=sys.stderr)
    if stopped is not None:
        print(f"hwsim: interrupted{stopped}", file=sys.stderr)
        return INTERRUPTED
    return 0


def write_json(document: dict[str, Any], target: str, made: "Provenance") -> None:
    """Write ``document`` to ``target``, a path or ``-`` for standard output. Raises InputError for NaN and infinity,
    which JSON does not have."""
    try:
        text = json.dumps(document | {"provenance": made.facts()}, indent=2, allow_nan=False) + "\n"
    except ValueError:
        raise InputError("a result is not finite, which JSON cannot hold: the input is too extreme") from None
    if target == "-":
        sys.stdout.write(text)
        return
    write_text(text, target)


def write_text(text: str, target: str) -> None:
    """Write ``text`` to the path ``target``; a reader never sees half of it."""
    with replacing(target) as part:
        part.write_text(text, encoding="utf-8")


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
