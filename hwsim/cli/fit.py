"""``hwsim fit``: numbers of a p-bit, and a card, from measurements of one or many devices."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import ask, present
from hwsim.files import write_text
from hwsim.text import ending, stem


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "fit",
        help="gain, offset, times and spread of measured p-bits, and a card with them",
        description="Fit P(+1) = (1 + tanh z) / 2, z = gain (x + offset), to CSV files. The header names the kind: "
        "input, n and one of p, mean, ones (a sigmoid); time (or time_ns, ...) and value (traces); bit; dwell and "
        "state, or dwell_plus and dwell_minus (dwell times; with count, a histogram). Anything else is a record of an "
        "oscilloscope (Tektronix, Keysight, LeCroy, Rigol, Siglent, or bare columns), whose channels are devices. A "
        "column device separates devices, and so do files; traces and bits may have an input.",
        parents=[options.outputs()],
    )
    parser.add_argument("data", metavar="DATA.csv", nargs="+", help="the measurements; several files hold devices each")
    parser.add_argument(
        "--input-scale",
        metavar="X",
        help="the input at which x = 1: a number, or 50mV if the header says input_mV; by default one input unit",
    )
    parser.add_argument(
        "--interval",
        type=options.time("interval"),
        metavar="TIME",
        help="time between bits or samples, where the file has no times or rounded ones",
    )
    parser.add_argument(
        "--columns",
        type=options.several(str),
        metavar="TIME,CH1,...",
        help="columns of a record, by name or number: its time, and channels (the first, and all others)",
    )
    parser.add_argument(
        "--threshold",
        type=options.quantity("threshold"),
        metavar="X",
        help="a sample of a trace above X is +1 (two levels are looked for)",
    )
    parser.add_argument(
        "--inputs",
        type=options.several(str),
        metavar="X,...",
        help="the input of each file, such as --inputs=-40mV,0V,40mV, where they are records of the same devices",
    )
    parser.add_argument(
        "--tau",
        type=options.time("tau", above_zero=True),
        metavar="TIME",
        help="tau of the card, where the data show no time",
    )
    parser.add_argument(
        "--law", metavar="LAW", help="law of a sigmoid's card: heat-bath, arrhenius or low-barrier (heat-bath)"
    )
    parser.add_argument(
        "--at-zero",
        action="store_true",
        help="take the mean offset off, as a lab biases its devices to the middle at zero input; the spread stays",
    )
    parser.add_argument(
        "--devices",
        type=options.file_out,
        metavar="FILE.csv",
        help="write gain, offset and tau of each device, which --die of other commands reads",
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
    from hwsim.command.fit import fit

    found = ask(arguments, fit)
    texts = {}
    if arguments.card:
        texts[arguments.card] = found.card(stem(arguments.card))
    if arguments.devices:
        texts[arguments.devices] = found.devices()
    for path, text in texts.items():
        write_text(path, text)
    if arguments.figure:
        found.drawing().write(arguments.figure, found.made_by(arguments.command_line))
    return present(arguments, found)
