"""``hwsim fit``: numbers of a p-bit, and a card, from measurements of one or many devices."""

import argparse
from pathlib import Path
from typing import Any

from hwsim.cli.output import write_json, write_text
from hwsim.errors import InputError


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "fit",
        help="gain, offset, times and spread of measured p-bits, and a card of them",
        description="Fit P(+1) = (1 + tanh z) / 2, z = gain (x + offset), to a CSV file. The header says the kind: "
        "input, n and one of p, mean, ones (a sigmoid); time (or time_ns, ...) and value (traces); bit. "
        "A column device separates devices; traces and bits may have an input.",
    )
    parser.add_argument("data", metavar="DATA.csv", help="the measurements")
    parser.add_argument(
        "--input-scale", metavar="X",
        help="input that is x = 1: a number, or 50mV where the header says input_mV; without it gain is per input unit",
    )  # fmt: skip
    parser.add_argument("--interval", metavar="TIME", help="time between bits, where the file has no time")
    parser.add_argument("--card", metavar="FILE.toml", help="write a p-bit card")
    parser.add_argument("--figure", metavar="FILE", help="picture: data and fit (png, svg, pdf)")
    parser.add_argument("--json", metavar="FILE|-", help="the numbers as JSON, to a file or standard output")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.cell.fit import fit
    from hwsim.cell.fit_card import card_text
    from hwsim.cell.measured import read_measured
    from hwsim.report.fit_table import fit_facts, fit_table
    from hwsim.units import seconds

    if arguments.card and not arguments.card.endswith(".toml"):
        raise InputError(f"a card must end in .toml, got {arguments.card!r}")
    if arguments.figure:
        from hwsim.report.canvas import SUFFIXES

        if Path(arguments.figure).suffix.lower() not in SUFFIXES:
            raise InputError(f"a figure must end in {', '.join(SUFFIXES)}, got {arguments.figure!r}")
    interval_s = None if arguments.interval is None else seconds(arguments.interval, name="interval")
    measured = read_measured(arguments.data, interval_s=interval_s, input_scale=arguments.input_scale)
    result = fit(measured)
    card = card_text(result, Path(arguments.card).stem) if arguments.card else None
    if card is not None:
        write_text(card, arguments.card)
    if arguments.figure:
        from hwsim.report.fit import fit_figure

        fit_figure(result, measured, arguments.figure)
    if arguments.json:
        write_json(fit_facts(result), arguments.json)
    if arguments.json != "-":
        print(fit_table(result), end="")
    return 0
