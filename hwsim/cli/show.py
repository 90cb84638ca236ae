"""``hwsim show``: one card in full, and on request one device of it as emulated."""

import argparse
import shutil
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import record, write_json


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "show",
        help="one card in full, and what a device of it does",
        description="Print a card: every number with its source and grade, and what nobody has published. --plot and "
        "--measure emulate one device of it and lay its answer to an input, its dwell times and its memory beside the "
        "law of the card.",
        parents=[
            options.seeds("seed of the emulation", die=False), options.outputs("all of it", plot="one emulated device")
        ],
    )
    parser.add_argument(
        "name",
        metavar="NAME",
        help="a chip, p-bit or machine of continuous cells, or a .toml file",
    )
    parser.add_argument("--measure", action="store_true", help="the numbers of that picture, without drawing it")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.cell.card import ModesCard
    from hwsim.chip.library import any_card
    from hwsim.errors import InputError
    from hwsim.report.card import card_facts, card_table, machine_facts

    card = any_card(arguments.name)
    facts = card_facts(card)
    made = record(arguments)
    if isinstance(card, ModesCard) and (arguments.plot or arguments.measure):
        raise InputError(f"{card.name} has continuous cells: hwsim thermo inverse A.npy --machine {card.name} runs it")
    try:
        chip = _machine(arguments.name, card)
    except InputError as error:
        if arguments.plot or arguments.measure:
            raise
        facts["no_machine"] = str(error)
    else:
        if chip is not None:
            facts["machine"] = machine_facts(chip)
        if arguments.plot or arguments.measure:
            facts["measured"] = _measure(chip, arguments.seed, arguments.plot, made)
    if arguments.json:
        write_json(facts, arguments.json, made)
    if arguments.json != "-":
        print(card_table(facts, width=min(100, max(80, shutil.get_terminal_size((92, 24)).columns))), end="")
    return 0


def _machine(name: str, card: Any) -> Any:
    from hwsim.cell.card import ChipCard, ModesCard
    from hwsim.chip.library import chip, pbit_chip

    if isinstance(card, ModesCard):
        return None
    return chip(name) if isinstance(card, ChipCard) else pbit_chip(name)


def _measure(chip: Any, seed: int, plot: str | None, made: Any) -> dict[str, Any]:
    """The measurement as plain data; its picture goes to ``plot``."""
    from dataclasses import asdict

    from hwsim.analysis.device import measure_device

    measured = asdict(measure_device(chip, seed=seed))
    if plot:
        from hwsim.report.device import device_picture

        device_picture(measured, plot, title=_title(chip), provenance=made)
    return {"seed": seed} | _plain(measured)


def _title(chip: Any) -> str:
    from hwsim.units import format_si

    pbit, clock = chip.pbit, chip.clock
    time = format_si(pbit.tau_s if clock.period_s is None else clock.period_s, "s")
    pace = f"{clock.kind} clock, tau {time}" if clock.kind == "poisson" else f"{clock.kind} clock of period {time}"
    return f"{chip.title} ({chip.name}), one p-bit emulated: law {pbit.law}, {pace}; 95\u00a0% intervals"


def _plain(value: Any) -> Any:
    """Arrays as lists, within dicts."""
    if isinstance(value, dict):
        return {key: _plain(entry) for key, entry in value.items()}
    return value.tolist() if hasattr(value, "tolist") else value
