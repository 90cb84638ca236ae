"""The problem that a command names. Of a file that could be read otherwise, the terminal shows how it was read."""

import argparse
import sys
from typing import Any


def given_problem(arguments: argparse.Namespace) -> Any:
    """The problem of the arguments that `hwsim.cli.options.problem` added. Raises InputError."""
    return problem_of(arguments.problem, arguments.as_)


def problem_of(source: str, as_: str | None) -> Any:
    """The problem in the file ``source``, read ``as_``, or of the generator that it names. Raises InputError."""
    from hwsim.problem.read import read

    problem = read(source, as_=as_)
    if problem.reading is not None:
        print(f"{source}: read as {problem.reading}", file=sys.stderr)
    return problem
