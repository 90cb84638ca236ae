"""``hwsim draw``: samples of a trained model on a chip."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present
from hwsim.command.defaults import OWN
from hwsim.command.progress import tell


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "draw",
        help="samples of a trained model on a chip, as rows or images",
        description="Run a trained model freely on an emulated chip and read its samples. Small models are compared "
        "with their exact law. With --label or --clamp a part is held and the rest follows it.",
        parents=[
            options.chip(OWN),
            options.pace(),
            options.sampling("64", "16", words="samples (%(default)s)"),
            options.seeds(),
            options.computer(),
            options.outputs("the samples", plot="the samples as images, or their shares"),
        ],
    )
    parser.add_argument("model", metavar="MODEL.npz", help="what hwsim train wrote")
    parser.add_argument(
        "--sweeps",
        type=options.whole("sweeps", least=1),
        default="1000",
        metavar="N",
        help="rounds of the clock from random states to a sample (%(default)s)",
    )
    parser.add_argument("--label", metavar="CLASS", help="the class that the label units are held at")
    parser.add_argument(
        "--clamp", type=options.clamps, metavar="V=S,...", help="hold visible units, such as a=1,b=0 (0 stands for -1)"
    )
    parser.add_argument(
        "-o", "--output", type=options.file_out, metavar="FILE.npz", help="the samples as data: x, y, states, units"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.draw import draw
    from hwsim.errors import InputError

    if arguments.output and not arguments.output.lower().endswith(".npz"):
        raise InputError(f"samples are written to a file that ends in .npz, got {str(arguments.output)!r}")
    found = ask(arguments, draw)
    if arguments.output:
        found.save(arguments.output)
        tell(f"samples: {arguments.output}")
    return present(arguments, found)
