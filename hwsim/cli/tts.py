"""``hwsim tts PROBLEM``: time and energy to solution under one clock or several, at the best length of each."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present
from hwsim.command.defaults import SOLVED_CLOCKS


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "tts",
        help="time and energy to solution: the best anneal time under each clock, with intervals",
        description="Anneal a problem, or run another algorithm on the chip, for longer and longer times, and find the "
        "run length that reaches the target soonest with probability 0.99. It counts as an optimum only if shorter and "
        "longer runs are worse.",
        parents=[
            options.problem("ea3d:L=8,seed=1"),
            options.chip(several=True),
            options.pace(own_clock=False),
            options.anneal(
                beta="constant or start:end (0.1/sigma:10/sigma; a ladder of its own in tempering)",
                length="this length alone, with exactly --reads reads; by default longer and longer ones",
            ),
            options.target("(the known one)"),
            options.sampling(
                None,
                "8",
                least=(2, 1),
                auto=True,
                words="runs of each length at once (for each schedule 512 where they share machine words, else 64; of "
                "what keeps several replicas 4, or as many as fill the words under a clock without chance)",
            ),
            options.seeds(),
            options.computer(),
            options.outputs(plot="time to solution and success against anneal time"),
        ],
    )
    parser.add_argument(
        "--clock",
        type=options.several(options.clock_or_own),
        metavar="C,...",
        help=f"clocks to compare ({','.join(SOLVED_CLOCKS)}; own: the chip's, which is what several chips are "
        "compared by)",
    )
    parser.add_argument(
        "--participation",
        type=options.quantity("participation"),
        default="0.5",
        metavar="P",
        help="share of p-bits that join a synchronous tick (%(default)s)",
    )
    parser.add_argument(
        "--algorithm",
        default="anneal",
        metavar="NAME[:KEY=VALUE,...]",
        help="anneal, tempering, quantum or population, such as tempering:replicas=8,cluster=false (%(default)s)",
    )
    parser.add_argument(
        "--first", type=options.time("first"), metavar="TIME", help="shortest run (30 updates of a p-bit)"
    )
    parser.add_argument(
        "--budget",
        type=options.quantity("budget"),
        default="45",
        metavar="S",
        help="host seconds for each clock (%(default)s)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.tts import tts

    return present(arguments, ask(arguments, tts))
