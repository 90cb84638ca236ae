"""The energy that ``--target`` names; the terminal shows the progress of the search."""

import argparse
import sys
from typing import Any

from hwsim.command.progress import Progress


def find_target(arguments: argparse.Namespace, problem: Any) -> Any:
    """The Target of ``--target``; without it the known one, or None."""
    return target_of(arguments.target, problem, threads=arguments.threads)


def given_target(arguments: argparse.Namespace, problem: Any) -> Any:
    """The Target of ``--target``, or None without it."""
    return None if arguments.target is None else find_target(arguments, problem)


def target_of(text: str | None, problem: Any, *, threads: int | None) -> Any:
    """The Target that ``text`` names; without text the known one, or None."""
    from hwsim.experiment import target
    from hwsim.report.table import number

    if text is None:
        return target.known_target(problem)

    def tell(found: Any) -> None:
        print(f"target {number(found.energy)}: {found}", file=sys.stderr)

    with Progress(1) as progress:
        watch = progress.watch("looking for a target")
        return target.find_target(text, problem, threads=threads, progress=watch, tell=tell)


def energy_of(found: Any) -> float | None:
    """The energy of a Target, None of none."""
    return None if found is None else found.energy


def target_facts(found: Any) -> dict[str, Any]:
    """``target_energy`` and ``target_source`` of a Target, for JSON; None where there is none."""
    if found is None:
        return {"target_energy": None, "target_source": None}
    return {"target_energy": found.energy, "target_source": found.source}


def typical_target(energy: float) -> Any:
    """The Target that half of the reads without faults reach."""
    from hwsim.experiment.target import typical_target

    return typical_target(energy)


def target_words(target: float, given: Any) -> str:
    """The target, and what it means where none was ``given``."""
    words = "" if given is not None else ", which half of the reads without faults reach (--target sets another)"
    from hwsim.report.table import number

    return f"target energy {number(target)}{words}"
