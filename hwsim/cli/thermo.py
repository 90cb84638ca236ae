"""``hwsim thermo``: what fluctuating continuous cells compute, and how long they take."""

import argparse
from typing import Any

from hwsim.cli import options, thermo_functions, thermo_linalg, thermo_sample
from hwsim.cli.cards import show


def add_parser(subparsers: Any) -> None:
    """Add the subcommand and those under it."""
    parser = subparsers.add_parser(
        "thermo",
        help="continuous cells: linear algebra by a circuit that settles and fluctuates, cells in a potential",
        description="Cells fluctuate in the bowl of A and b: their mean solves A x = b, their covariance inverts A. "
        "Prints the error against device time, beside the prediction of theory and a direct solver.",
    )
    kinds = parser.add_subparsers(title="what to compute", required=True, metavar="WHAT", parser_class=type(parser))
    for module in (thermo_linalg, thermo_functions, thermo_sample):
        module.add_parsers(kinds)
    machines = kinds.add_parser(
        "machines",
        help="the machines of continuous cells, for --machine",
        parents=[options.outputs("every number with its source and grade")],
    )
    machines.set_defaults(run=run_machines)


def run_machines(arguments: argparse.Namespace) -> int:
    """Run ``hwsim thermo machines``."""
    from hwsim.chip.library import list_modes

    return show(arguments, list_modes(), {"name": "name", "cells": "kind"})
