"""``hwsim thermo determinant``, ``exponential`` and ``lyapunov``: functions of a matrix that ideal cells measure."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present

_WORDS = {
    "determinant": "ln det A, as a free energy",
    "exponential": "exp(-A), as a correlation in time",
    "lyapunov": "X of A X + X A' = Q, as a covariance",
}


def add_parsers(kinds: Any) -> None:
    """Add the subcommands."""
    for name, words in _WORDS.items():
        held = "its eigenvalues have positive real parts" if name == "lyapunov" else "symmetric positive definite"
        kind = kinds.add_parser(
            name,
            help=words,
            description=words[0].upper() + words[1:] + ", of ideal cells.",
            parents=[
                options.seeds("seed of the noise", die=False),
                options.outputs(plot="what was measured beside the exact values"),
            ],
        )
        kind.add_argument("matrix", metavar="A", help=f"{held}: .npy, .mtx, or text with rows")
        if name == "lyapunov":
            kind.add_argument("noise", metavar="Q", help="a covariance: .npy, .mtx or text")
        kind.add_argument(
            "--tau",
            type=options.time("tau"),
            default="1us",
            metavar="TIME",
            help="relaxation time of a cell with A = 1 (%(default)s)",
        )
        kind.add_argument(
            "--replicas",
            type=options.whole("replicas", least=2),
            default="64",
            metavar="N",
            help="machines at once (%(default)s)",
        )
        kind.add_argument(
            "--samples",
            type=options.whole("samples", least=1),
            default="1000",
            metavar="N",
            help="samples of each machine (%(default)s)",
        )
        kind.set_defaults(run=run, kind=name)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.command import thermo

    return present(arguments, ask(arguments, getattr(thermo, arguments.kind)))
