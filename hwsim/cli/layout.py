"""``hwsim layout``: where p-bits sit, what their wires cost, and how much delay the problem tolerates."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present
from hwsim.command.defaults import FLOORPLAN


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "layout",
        help="a floorplan: wires, crowding, delay, energy, and the design rule",
        description="Place a problem on a chip's die and print what distance costs. The design rule is the largest "
        "ratio of delay to update time at which the loss stays below --limit; emulation of this problem finds it. "
        "Without a problem: the whole die of a chip with fixed wires.",
        parents=[
            options.problem("", nargs="?", words="a file or a generator; without one, the die alone"),
            options.chip(FLOORPLAN),
            options.pace(),
            options.chains("layout"),
            options.anneal(
                beta="constant or start:end (1/sigma; success 0.1/sigma:10/sigma)", length="400 updates of a p-bit"
            ),
            options.target("of success"),
            options.sampling("1024", "16", words="reads at each ratio (%(default)s)"),
            options.seeds(),
            options.computer(with_engine=False),
            options.outputs(plot="the die"),
        ],
    )
    parser.add_argument(
        "--measure",
        choices=("correlation", "kl", "success", "none"),
        default="correlation",
        help="the loss that the rule limits: error of the correlations, divergence from the exact law (small "
        "problems), lost success; none: no emulation (%(default)s)",
    )
    parser.add_argument(
        "--limit",
        type=options.quantity("limit"),
        metavar="X",
        help="how large the loss may be (correlation 0.05, kl 0.01, success 0.1)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.layout import layout

    return present(arguments, ask(arguments, layout))
