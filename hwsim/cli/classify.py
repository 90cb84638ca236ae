"""``hwsim classify``: the class that a trained model on a chip gives to rows of data."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present
from hwsim.command.defaults import OWN, PARTS


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "classify",
        help="the class that a trained model on a chip gives to rows of data, on one die or many",
        description="Hold each row of data on the visible p-bits of an emulated chip, let the label p-bits run, and "
        "count their votes. Without data: the rows that the training held back for a test.",
        parents=[
            options.chip(OWN),
            options.pace(),
            options.sampling("1", "16", words="chains of each row (%(default)s)"),
            options.seeds(),
            options.computer(),
            options.outputs("accuracy and classes", plot="confusion, and the accuracy of the dies"),
        ],
    )
    parser.add_argument("model", metavar="MODEL.npz", help="what hwsim train wrote")
    parser.add_argument("data", metavar="DATA", nargs="?", help="a file (npy, npz, CSV) or a set such as digits")
    parser.add_argument(
        "--dies",
        type=options.whole("dies", least=1),
        default="1",
        metavar="N",
        help="how many dies, from --die-seed on (%(default)s)",
    )
    parser.add_argument(
        "--part",
        type=options.one_of("part", PARTS),
        metavar="P",
        help="which rows of the training's own split: test, train or all (test without DATA, else all)",
    )
    for name, default, least, words in (
        ("warm-up", "50", 0, "rounds of the clock before the first look at the labels"),
        ("looks", "10", 1, "looks at the labels of each row"),
        ("spacing", "5", 1, "rounds of the clock between looks"),
    ):
        parser.add_argument(
            f"--{name}",
            type=options.whole(name, least=least),
            default=default,
            metavar="N",
            help=f"{words} (%(default)s)",
        )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.classify import classify

    return present(arguments, ask(arguments, classify))
