"""``hwsim show``: one card in full, and on request an emulation of one of its devices."""

import argparse
from dataclasses import asdict
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, record
from hwsim.errors import CardError, InputError


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "show",
        help="one card in full, and how one of its devices behaves",
        description="Print a card: every number with its source and grade, and what nobody has published. --plot and "
        "--measure emulate one device and compare its answer to an input, its dwell times and its memory with the law "
        "of the card.",
        parents=[
            options.seeds("seed of the emulation", die=False),
            options.outputs("all of it", plot="one emulated device"),
        ],
    )
    parser.add_argument("name", metavar="NAME", help="a chip, p-bit or machine of continuous cells, or a .toml file")
    parser.add_argument("--measure", action="store_true", help="print the numbers of that picture without drawing it")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.cell.card import ModesCard
    from hwsim.chip.library import any_card, card_chip
    from hwsim.experiment.device import measure_device
    from hwsim.report.card import card_facts, card_table, machine_facts
    from hwsim.report.device import device_picture, device_title

    card, measure = any_card(arguments.name), bool(arguments.plot or arguments.measure)
    facts = card_facts(card)
    if isinstance(card, ModesCard):
        if measure:
            raise InputError(
                f"{card.name} has continuous cells: hwsim thermo inverse A.npy --machine {card.name} runs it"
            )
    else:
        try:
            chip = card_chip(arguments.name, card)
        except CardError:
            raise
        except InputError as error:
            if measure:
                raise
            facts["no_machine"] = str(error)
        else:
            facts["machine"] = machine_facts(chip)
    if measure:
        measured = asdict(measure_device(chip, seed=arguments.seed))
        facts["measured"] = {"seed": arguments.seed} | _plain(measured)
    made = record(arguments)
    return give(
        arguments,
        facts,
        made,
        text=lambda width: card_table(facts, width=min(100, max(80, width or 92))),
        draw=lambda path: device_picture(measured, path, title=device_title(chip), provenance=made),
    )


def _plain(value: Any) -> Any:
    """Arrays as lists, within dicts."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return value.tolist() if hasattr(value, "tolist") else value
