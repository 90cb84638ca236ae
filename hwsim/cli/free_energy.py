"""``hwsim free-energy``: ln Z and the free energy of a problem, exact where possible, and measured on a chip."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present
from hwsim.command.defaults import METHODS


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "free-energy",
        help="ln Z and free energy of a problem: exact, and measured on the chip with bounds and intervals",
        description="Find the partition function Z = sum exp(-beta E) and F = -ln(Z) / beta: exactly, where "
        "enumeration, a transfer matrix or a tree decomposition can; and on the emulated chip, by annealed importance "
        "sampling there and back (bounds from both sides) and by thermodynamic integration.",
        parents=[
            options.problem("sk:n=20,seed=1 or ising2d:L=16"),
            options.chip(),
            options.pace(),
            options.sampling("1024", "16", words="copies (%(default)s)"),
            options.seeds(),
            options.computer(),
            options.outputs(plot="energy against beta, and the work there and back"),
        ],
    )
    parser.add_argument(
        "--beta", default="1", metavar="B", help="inverse temperature: a number, or such as 2/sigma (%(default)s)"
    )
    parser.add_argument(
        "--method",
        type=options.several(options.one_of("method", METHODS, rule="must be of")),
        default=",".join(METHODS),
        metavar="M,...",
        help=f"of {', '.join(METHODS)} (%(default)s)",
    )
    parser.add_argument(
        "--sweeps",
        type=options.whole("sweeps", least=1),
        metavar="N",
        help="at each step of beta (10 for annealing, 100 for integration)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.free_energy import free_energy

    return present(arguments, ask(arguments, free_energy))
