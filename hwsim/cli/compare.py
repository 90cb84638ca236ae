"""``hwsim compare``: one problem under several update schemes, in device time."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present
from hwsim.command.defaults import COMPARED_CLOCKS, PARTICIPATIONS
from hwsim.command.progress import tell


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "compare",
        help="synchronous or asynchronous? one problem under several clocks",
        description="Run one problem under several clocks and delays for the same device time and compare the answers. "
        "Every clock updates each p-bit once per tau on average (times the participation).",
        parents=[
            options.problem("ea3d:L=8,seed=1 or karate"),
            options.chip(several=True),
            options.cells(),
            options.anneal(),
            options.target(),
            options.sampling("256", "4", auto=True),
            options.seeds(),
            options.computer(),
            options.outputs(plot="energy against device time", vcd=True),
        ],
    )
    schemes = parser.add_argument_group("what is compared")
    schemes.add_argument(
        "--clock",
        type=options.several(options.clock_or_own),
        metavar="C,...",
        help=f"clocks to compare ({','.join(COMPARED_CLOCKS)}; own: the chip's, which is what several chips are "
        "compared by)",
    )
    schemes.add_argument(
        "--participation",
        type=options.several(options.quantity("participation")),
        default=",".join(f"{part:g}" for part in PARTICIPATIONS),
        metavar="P,...",
        help="share of p-bits that join a synchronous tick (%(default)s)",
    )
    schemes.add_argument(
        "--tau",
        type=options.several(options.time("tau")),
        metavar="TIME,...",
        help="mean time between updates of a p-bit",
    )
    schemes.add_argument(
        "--delay",
        type=options.several(options.own_time("delay")),
        metavar="TIME,...",
        help="time until the neighbours see a commit: a list, or a range such as 0:2tau:5",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.compare import compare

    found = ask(arguments, compare, record=(0,) if arguments.vcd else ())
    if arguments.vcd and found.runs:
        from hwsim.report.waveform import write_run

        write_run(found.runs[0], arguments.vcd)
        tell(f"waveform of the first scheme, read 0: {arguments.vcd}")
    return present(arguments, found)
