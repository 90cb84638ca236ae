"""``hwsim sweep PROBLEM --vary KEY=RANGE``: one quantity against another, with the design rule read off it."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present
from hwsim.command.progress import tell
from hwsim.errors import InputError
from hwsim.files import write_text

_EXAMPLE = """examples:
  hwsim sweep karate --vary delay=0:2tau:24 --plot sweep.png
  hwsim sweep karate --vary dac_bits=1..8 --vary clock=poisson,chromatic
  hwsim sweep ea3d:L=6,seed=1 --vary delay=0:1tau:9 --quantity success,tts --target best --store s.db

a range of values: 1,2,5  1..8  0:2tau:24 (equal steps)  1ns:1us:10log (equal factors)
"""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "sweep",
        help="one quantity against another: error, success, time, joules against any parameter",
        description="Measure a quantity while one parameter varies, or two, and read off how far that may go. A "
        "parameter is one of the cards (hwsim show lists them), or clock, participation, time, beta, chips, reads.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[
            options.problem("karate", nargs="?", words="a file or a generator such as karate; none where it is varied"),
            options.chip(),
            options.pace(),
            options.cells(),
            options.chains("sweep"),
            options.anneal(
                beta="constant or start:end (1/sigma for quantities of equilibrium; 0.1/sigma:10/sigma else)",
                length="400 updates of a p-bit in equilibrium, else 200",
            ),
            options.target("of success, tts and joules"),
            options.sampling("2048", "16", words="reads at each point (%(default)s)"),
            options.seeds(),
            options.computer(with_engine=False),
            options.outputs("all rows", plot="the curves, or a map"),
        ],
    )
    swept = parser.add_argument_group("what is swept")
    swept.add_argument(
        "--vary",
        action=options.Vary,
        required=True,
        metavar="KEY=RANGE",
        default={},
        help="a parameter and its values, such as delay=0:2tau:24; give a second one for a family of curves or a map",
    )
    swept.add_argument(
        "--quantity",
        type=options.several(str),
        default="correlation",
        metavar="Q,...",
        help="correlation (error of the correlations beside ideal p-bits), tv (distance from Boltzmann's law, small "
        "problems), success, tts, joules, energy (%(default)s)",
    )
    swept.add_argument(
        "--limit",
        type=options.limit,
        metavar="X|Q=X,...",
        help="how large the quantity may be (success: how small), for the design rule (correlation 0.05)",
    )
    swept.add_argument("--algorithm", metavar="A", help="of success, tts, joules: tempering, quantum or population")
    files = parser.add_argument_group("output")
    files.add_argument("--csv", type=options.file_out, metavar="FILE", help="the rows as a table for other programs")
    files.add_argument(
        "-o",
        "--store",
        type=options.file_out,
        metavar="FILE",
        help="SQLite file that keeps the points, as that of hwsim study: a rerun continues there",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.sweep import sweep

    if len(arguments.vary) > 2:
        raise InputError(f"a sweep varies one key or two, got {', '.join(arguments.vary)}; hwsim study takes more")
    found = ask(arguments, sweep)
    if arguments.csv and found.rows:
        write_text(arguments.csv, found.csv())
        tell(f"table: {arguments.csv}")
    return present(arguments, found)
