"""The problem that a command names. Of a file that could be read otherwise, the terminal shows how it was read."""

import argparse
from typing import Any

from hwsim.command import given
from hwsim.command.progress import Progress


def given_problem(arguments: argparse.Namespace, *, programmed: bool = True) -> Any:
    """The problem of the arguments that `hwsim.cli.options.problem` added. programmed : whether it will be compiled,
    too. Raises InputError."""
    with Progress(is_loud=True) as progress:
        return given.problem_of(arguments.problem, {"as_": arguments.as_, "progress": progress}, programmed=programmed)
