"""``hwsim fit``: numbers of a p-bit, and a card, from measurements of one or many devices."""

import argparse
from pathlib import Path
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, record, write_text
from hwsim.text import ending


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "fit",
        help="gain, offset, times and spread of measured p-bits, and a card with them",
        description="Fit P(+1) = (1 + tanh z) / 2, z = gain (x + offset), to a CSV file. The header names the kind: "
        "input, n and one of p, mean, ones (a sigmoid); time (or time_ns, ...) and value (traces); bit. "
        "A column device separates devices; traces and bits may have an input.",
        parents=[options.outputs()],
    )
    parser.add_argument("data", metavar="DATA.csv", help="the measurements")
    parser.add_argument(
        "--input-scale",
        metavar="X",
        help="the input at which x = 1: a number, or 50mV if the header says input_mV; by default one input unit",
    )
    parser.add_argument(
        "--interval", type=options.time("interval"), metavar="TIME", help="time between bits, if the file has no times"
    )
    parser.add_argument("--card", type=_card, metavar="FILE.toml", help="write a p-bit card")
    parser.add_argument("--figure", type=options.picture, metavar="FILE", help="picture: data and fit (png, svg, pdf)")
    parser.set_defaults(run=run)


def _card(text: str) -> str:
    """A file for a card."""
    if ending(text) != ".toml":
        raise options.UsageError(f"a card must end in .toml, got {text!r}")
    return options.file_out(text)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.cell.fit import fit
    from hwsim.cell.fit_card import card_text
    from hwsim.cell.measured import read_measured
    from hwsim.report.fit import fit_figure
    from hwsim.report.fit_table import fit_facts, fit_table

    measured = read_measured(arguments.data, interval_s=arguments.interval, input_scale=arguments.input_scale)
    result = fit(measured)
    card = card_text(result, Path(arguments.card).stem) if arguments.card else None
    if card is not None:
        write_text(card, arguments.card)
    made = record(arguments)
    if arguments.figure:
        fit_figure(result, measured, arguments.figure, provenance=made)
    return give(arguments, fit_facts(result), made, text=lambda width: fit_table(result, width=width))
