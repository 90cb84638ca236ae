"""``hwsim view``: a page on which one sees a machine run."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, give, record
from hwsim.command.progress import tell

_EXAMPLE = """examples:
  hwsim view karate --vary delay=0:2tau:24 -o karate.html
  hwsim view ea3d:L=10 --delay 0.2tau -o glass.html
  hwsim view karate --compare poisson,synchronous -o clocks.html
  hwsim run karate -o run.npz && hwsim view run.npz -o run.html
"""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "view",
        help="a page to watch: p-bits that flip, commits under way, and the law beside them",
        description="Write one HTML file that plays a machine in device time. It needs no network and no other file.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[
            options.problem(
                "karate",
                words="a file or a generator such as karate; a run of hwsim run -o, a program of hwsim compile -o",
            ),
            options.chip(),
            options.pace(),
            options.chains("view"),
            options.partition(),
            options.anneal(
                beta="constant or start:end (1/sigma, or the chip's own)", length="as long as --events updates take"
            ),
            options.sampling("64", "8", words="reads whose correlations are counted; the first is shown (%(default)s)"),
            options.seeds(),
            options.computer(),
            options.outputs("what the page shows, without its traces"),
        ],
    )
    shown = parser.add_argument_group("what is shown")
    shown.add_argument(
        "--vary",
        action=options.Vary,
        metavar="KEY=RANGE",
        default={},
        help="a slider over the values of a parameter, such as delay=0:2tau:24, as in hwsim sweep; or two",
    )
    shown.add_argument("--compare", metavar="CLOCK,CLOCK", help="two clocks side by side, in the same device time")
    shown.add_argument(
        "--events",
        type=options.whole("events", least=100),
        metavar="N",
        help="about how many updates of each setting are shown (100,000 of one, 20,000 of each of several)",
    )
    files = parser.add_argument_group("output")
    files.add_argument(
        "-o", "--output", type=options.file_out, metavar="FILE.html", default="view.html", help="the page (%(default)s)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command.view import view

    found = ask(arguments, view, vary=arguments.vary or None).made_by(arguments.command_line)
    found.save(arguments.output)
    programs = [scene.program for scene in found.scenes]
    made = record(arguments, programs=programs, anneal=found.scenes[0].anneal)
    tell(f"page: {arguments.output}")
    return give(arguments, found.document, made, text=found.text)
