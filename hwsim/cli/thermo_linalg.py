"""``hwsim thermo solve``, ``inverse`` and ``regression``: means and covariances of cells in the bowl of a matrix."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present
from hwsim.command.defaults import MACHINE


def add_parsers(kinds: Any) -> None:
    """Add the subcommands."""
    made = {
        "solve": "x of A x = b",
        "inverse": "the inverse of A, from the covariance",
        "regression": "the posterior of w in y = X w + noise: mean and covariance",
    }
    for name, words in made.items():
        kind = kinds.add_parser(
            name,
            help=words,
            description=words[0].upper() + words[1:] + ", of cells in a bowl.",
            parents=[
                options.seeds("seed of the noise"),
                options.outputs(plot="error against device time, with the predicted line"),
            ],
        )
        if name == "regression":
            kind.add_argument("matrix", metavar="X", help="features, a row each: .npy, .mtx or text")
            kind.add_argument("vector", metavar="y", help="observations: .npy, .mtx or text")
            kind.add_argument(
                "--noise",
                type=options.quantity("noise"),
                default="1",
                metavar="S",
                help="s.d. of the noise of y (%(default)s)",
            )
            kind.add_argument(
                "--prior",
                type=options.quantity("prior"),
                metavar="S",
                help="s.d. of each weight before y was seen (flat: least squares)",
            )
        else:
            kind.add_argument("matrix", metavar="A", help="symmetric positive definite: .npy, .mtx, or text with rows")
            if name == "solve":
                kind.add_argument("vector", metavar="b", help="right-hand side: .npy, .mtx or text")
        machine = kind.add_argument_group("the machine")
        machine.add_argument(
            "--machine",
            default=MACHINE,
            metavar="M",
            help="name or file of a card of continuous cells (%(default)s; see hwsim thermo machines)",
        )
        options.card_changes(machine)
        options.of_card(
            machine, "tau", "TIME", options.time("tau"), "relaxation time of a cell with A = 1 (the machine's)"
        )
        if name != "regression":
            options.of_card(
                machine,
                "beta",
                "X",
                options.quantity("beta"),
                "inverse temperature, which divides the noise (the machine's)",
            )
        for length, what in (
            ("time", "device time of sampling (100 slowest relaxation times)"),
            ("settle", "device time before the first sample (6 slowest relaxation times)"),
            ("interval", "device time between two samples (an eighth of the fastest relaxation time)"),
        ):
            kind.add_argument(f"--{length}", type=options.time(length), metavar="TIME", help=what)
        kind.add_argument(
            "--replicas",
            type=options.whole("replicas", least=1),
            default="1",
            metavar="N",
            help="machines at once (%(default)s)",
        )
        kind.add_argument(
            "--host-power",
            type=options.quantity("host-power", "power", above_zero=True),
            metavar="W",
            help="power of this computer, for the energy of direct solvers",
        )
        kind.set_defaults(run=run, kind=name)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command import thermo

    return present(arguments, ask(arguments, getattr(thermo, arguments.kind)))
