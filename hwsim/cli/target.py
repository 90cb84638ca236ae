"""The energy that ``--target`` names; the terminal shows the progress of the search."""

import argparse
from typing import Any

from hwsim.command import given
from hwsim.command.progress import Progress


def find_target(arguments: argparse.Namespace, problem: Any) -> Any:
    """The Target of ``--target``; without it the known one, or None."""
    with Progress(is_loud=True) as progress:
        how = {"target": arguments.target, "threads": arguments.threads, "progress": progress}
        return given.target_of(problem, how)


def given_target(arguments: argparse.Namespace, problem: Any) -> Any:
    """The Target of ``--target``, or None without it."""
    return None if arguments.target is None else find_target(arguments, problem)


def energy_of(found: Any) -> float | None:
    """The energy of a Target, None of none."""
    return None if found is None else found.energy
