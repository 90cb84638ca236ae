"""``hwsim thermo sample``: one cell in a potential, beside exp(-beta U) / Z."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present


def add_parsers(kinds: Any) -> None:
    """Add the subcommand."""
    sample = kinds.add_parser(
        "sample",
        help="one cell in a potential: a ball in a bowl, in two wells, in any U(x)",
        description="Let a cell fluctuate in a potential and compare its positions with exp(-beta U) / Z.",
        parents=[
            options.seeds("seed of the noise", die=False),
            options.outputs(plot="one cell in time, and the histogram against the law"),
        ],
    )
    sample.add_argument(
        "potential",
        metavar="U",
        help="bowl:stiffness=1,centre=0; wells:barrier=4,distance=1; or an expression such as 'x**4/4 - x**2/2'",
    )
    sample.add_argument(
        "--beta",
        type=options.quantity("beta", above_zero=True),
        default="1",
        metavar="X",
        help="inverse temperature (%(default)s)",
    )
    for name, default, words in (
        ("tau", "1us", "relaxation time in a bowl of stiffness 1 (%(default)s)"),
        ("relax", None, "gives the cell inertia: its velocity relaxes in TIME (by default the cell is overdamped)"),
        ("time", None, "device time of each replica (100 tau, or 20 relax if longer)"),
    ):
        sample.add_argument(
            f"--{name}", type=options.time(name, above_zero=True), default=default, metavar="TIME", help=words
        )
    sample.add_argument(
        "--step",
        type=options.time("step"),
        metavar="TIME",
        help="step of the integrator (a twentieth of the fastest relaxation time)",
    )
    sample.add_argument(
        "--start",
        type=options.quantity("start"),
        metavar="X",
        help="where every replica starts (the centre of a bowl, else 0)",
    )
    sample.add_argument(
        "--replicas",
        type=options.whole("replicas", least=1),
        default="4096",
        metavar="N",
        help="independent cells (%(default)s)",
    )
    sample.add_argument(
        "--bins",
        type=options.whole("bins", least=2),
        default="60",
        metavar="N",
        help="bins of the histogram (%(default)s)",
    )
    sample.set_defaults(run=run_sample)


def run_sample(arguments: argparse.Namespace) -> int:
    """Run ``hwsim thermo sample``."""
    from hwsim.command.thermo import sample

    return present(arguments, ask(arguments, sample))
