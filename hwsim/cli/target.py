"""The energy that ``--target`` names; the terminal shows the progress of the search."""

import argparse
import sys
from typing import Any

from hwsim.cli.progress import Progress


def find_target(arguments: argparse.Namespace, problem: Any) -> float | None:
    """The energy of ``--target``; without it the known one, or None."""
    return target_of(arguments.target, problem, threads=arguments.threads)


def given_target(arguments: argparse.Namespace, problem: Any) -> float | None:
    """The energy of ``--target``, or None without it."""
    return None if arguments.target is None else find_target(arguments, problem)


def target_of(text: str | None, problem: Any, *, threads: int | None) -> float | None:
    """The energy that ``text`` names; without text the known one, or None."""
    if text is None:
        return problem.known_energy
    from hwsim.experiment.target import target_energy

    def tell(found: Any) -> None:
        print(f"target {found.energy:g}: {found}", file=sys.stderr)

    with Progress(1) as progress:
        return target_energy(text, problem, threads=threads, progress=progress.watch("looking for a target"), tell=tell)


def target_words(target: float, given: float | None) -> str:
    """The target, and what it means where none was ``given``."""
    words = "" if given is not None else ", which half of the reads without faults reach (--target sets another)"
    return f"target energy {target:g}{words}"
