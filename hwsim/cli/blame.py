"""``hwsim blame``: what each fault of a chip costs on a problem, so that one sees which to remove first."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "blame",
        help="what each fault of a chip costs: all on, each off, each alone",
        description="Run one problem on a chip with all its faults, with each switched off and with each alone, over "
        "several dies. Times are device times.",
        parents=[
            options.problem("ea3d:L=8,seed=1 or karate"),
            options.chip(several=True),
            options.pace(),
            options.cells(),
            options.anneal(),
            options.target(),
            options.sampling("128", "2", least=(2, 2)),
            options.seeds(),
            options.computer(),
            options.outputs(plot="what each fault costs"),
        ],
    )
    parser.add_argument(
        "--dies",
        type=options.whole("dies", least=2),
        default="8",
        metavar="N",
        help="virtual dies to average over (%(default)s)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.blame import blame

    return present(arguments, ask(arguments, blame))
