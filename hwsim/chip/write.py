"""Write: a chip as a card of a user's own, and cards to start from.

Enters: a Chip, or the name of a card. Leaves: TOML text that `hwsim.chip.library.chip` reads back as the same chip.
"""

import os
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import msgspec

from hwsim.cell.card import (
    CHIP_DIMENSIONS,
    PBIT_DIMENSIONS,
    YOURS,
    ChipCard,
    Missing,
    PBitCard,
    Quantity,
    Response,
    Wiring,
)
from hwsim.cell.card_text import entry, quantity_text, quoted
from hwsim.chip.chip import Chip
from hwsim.chip.graph import write_graph
from hwsim.chip.keys import FIELDS, number_of
from hwsim.chip.library import chip_card, chip_path
from hwsim.errors import InputError, one_line
from hwsim.files import write_text
from hwsim.text import ending, stem

STARTING_CARD = """\
# A chip of your own. Each line is one fact; delete what your chip has not, and take the # away from what it has.
# Values carry units. They count as yours in tables and in JSON. A number from a paper or a data sheet may say so:
#   tau = { value = "5 ns", source = "my lab book, p. 12", grade = "measured" }
#
#   hwsim check FILE.toml              every mistake in this file
#   hwsim run karate --chip FILE.toml  a problem on this chip
#   hwsim show FILE.toml               the chip in full
#   hwsim check --schema chip          every key there is
name = "own"
title = "My chip"
summary = "What it is, in a sentence."

# who updates when: poisson (each p-bit on its own), free-running, synchronous, chromatic, sequential, random-sequential
clock = "poisson"
# period = "10 ns"            # of a synchronous, chromatic or sequential clock, if it is not tau
# participation = 0.5         # share of the p-bits that join a synchronous tick; clock = "synchronous"
# participants = "own"        # each read draws who joins, which reads of a schedule share otherwise

# which p-bits a wire can join: all-to-all, sparse:1000x6 (p-bits x couplings of each), king:10x10, square:10x10,
# square-torus:10x10, cubic:4x4x4, chimera:8x8, pegasus:4, zephyr:4, bipartite:16x8, regular:64x3, or a file of your own
topology = "all-to-all"
# graph = "wires.txt"         # lines "u v"; the file lies beside this one
# dead_pbits = [3, 17]        # of a chip with wires of its own
# max_pbits = 1000

# a p-bit: here, in a table [pbit] at the end of the file, or by the name of a card, pbit = "dac-input" (hwsim devices)
tau = "5 ns"                  # mean time between updates
delay = "0.5 ns"              # until the neighbours see an update
# law = "heat-bath"           # P(+1) = (1 + tanh z) / 2; arrhenius, linear, low-barrier, p-kit, table
# synapse_tau = "1 ns"        # RC time constant of the input
# dac_bits = 6                # of the input
# random_source = "lfsr32"
# jitter = "0.1 ns"           # of the period of a free-running clock

# how devices differ: standard deviations; hwsim blame says what each costs
# gain_dtod = 0.05            # relative
# offset_dtod = 0.05
# tau_dtod = 0.1              # relative
# stuck_fraction = 0.001

# weight registers
# weight_bits = 8
# weight_dtod = 0.01          # relative to full scale

# prices; without them joules are unknown
# energy_per_update = "1 pJ"
# energy_per_read = "10 pJ"
# energy_per_write = "10 pJ"
# standby_power = "10 mW"
# readout_time = "1 us"
# programming_time = "10 us"

# a floorplan, for hwsim layout
# cell_pitch = "10 um"
# wire_delay = "100 ps/mm"    # with cell_pitch
# wire_energy = "0.2 pJ/mm"   # with cell_pitch
"""
"""What ``hwsim chip new`` writes; a test takes each # away."""


def new_card(like: str | None = None, *, path: str | Path | None = None) -> str:
    """A card to start from: `STARTING_CARD`, or the card ``like`` of the library. path : where it will lie, from
    which it gets its name. Raises InputError."""
    name = "own" if path is None else stem(path)
    if like is None:
        shown = "FILE.toml" if path is None else one_line(str(path))
        return STARTING_CARD.replace("FILE.toml", shown).replace('name = "own"', f"name = {quoted(name)}")
    card, folder = chip_card(like), Path() if path is None else Path(path).parent
    card = msgspec.structs.replace(card, name=name, **_moved(card, chip_path(like).parent, folder))
    words = (
        f'# Made like {like}. Give a number of yours as a bare value, such as tau = "5 ns": it counts as yours. Where\n'
        "# it takes the place of a number with a source, the source goes too.\n"
    )
    return words + card_text(card)


def _moved(card: ChipCard, old: Path, new: Path) -> dict[str, Any]:
    """The files that ``card`` names, as seen from the folder ``new``."""
    moved: dict[str, Any] = {}
    if card.wiring is not None and card.wiring.graph is not None:
        moved["wiring"] = msgspec.structs.replace(card.wiring, graph=os.path.relpath(old / card.wiring.graph, new))
    if card.die:
        moved["die"] = os.path.relpath(old / card.die, new)
    if isinstance(card.pbit, str) and ending(card.pbit) == ".toml":
        moved["pbit"] = os.path.relpath(old / card.pbit, new)
    return moved


def save_chip(chip: Chip, path: str | Path) -> None:
    """Write ``chip`` as the card ``path``, and its own graph beside it. Raises InputError."""
    path = Path(path)
    if ending(path) != ".toml":
        raise InputError(f"a card's name ends in .toml, got {path}")
    if chip.die is not None:
        raise InputError(
            f"the measured die {chip.die.file} has a file of its own: write the card by hand, with die = ..."
        )
    card = card_of(chip)
    graph = chip.topology.graph
    if graph is not None:
        beside = path.with_suffix(".json")
        if beside.name.encode("utf-8", "replace").decode() != beside.name:
            raise InputError(f"a card names the graph beside it in UTF-8, which {path} is not: give it another name")
        write_graph(graph, beside)
        wiring = msgspec.structs.replace(card.wiring or Wiring(), graph=beside.name)
        card = msgspec.structs.replace(card, wiring=wiring)
    write_text(path, card_text(card))


def card_of(chip: Chip) -> ChipCard:
    """The card that states every number of ``chip``, without the file of its graph."""
    dimensions = PBIT_DIMENSIONS | CHIP_DIMENSIONS
    numbers: dict[str, Quantity] = {}
    for key in FIELDS:
        value = number_of(chip, key)
        if value is not None and (key in chip.grades or value != _usual(chip, key)):
            source = chip.sources.get(key, "")
            grade = chip.grades.get(key, YOURS) if source else YOURS
            numbers[key] = Quantity(value=quantity_text(value, dimensions[key]), source=source, grade=grade)  # type: ignore[arg-type]
    pbit, topology = chip.pbit, chip.topology
    response = None
    if pbit.response is not None:
        table = pbit.response
        response = Response(first=table.first, step=table.step, probability=[float(p) for p in table.probability])
    wiring = Wiring(
        offsets=[list(pair) for pair in topology.offsets],
        rotations=topology.rotations,
        dead_pbits=list(topology.dead_pbits),
        dead_wires=[list(pair) for pair in topology.dead_wires],
    )
    missing = {}
    for key, words in chip.missing.items():
        what, _, ask = words.removesuffix(" would know").rpartition("; ")
        missing[key] = Missing(what=what, ask=ask)
    return ChipCard(
        name=chip.name,
        title=chip.title,
        summary=chip.summary,
        pbit=PBitCard(
            name=pbit.name,
            title=pbit.name,
            summary="",
            clock=chip.clock.kind,
            law=pbit.law,
            random_source=pbit.random_source,
            response=response,
            parameters={key: number for key, number in numbers.items() if FIELDS[key][0] == "pbit"},
        ),
        clock=chip.clock.kind,
        participants=chip.clock.participants if chip.clock.participants != "shared" else "",
        topology=topology.kind,
        wiring=wiring,
        parameters={key: number for key, number in numbers.items() if FIELDS[key][0] != "pbit"},
        notes=dict(chip.notes),
        missing=missing,
    )


def _usual(chip: Chip, key: str) -> Any:
    """The value of a field that nobody gave."""
    part, field = FIELDS[key]
    (known,) = (f for f in fields(getattr(chip, part) if part else chip) if f.name == field)
    return None if known.default is MISSING else known.default


def card_text(card: ChipCard) -> str:
    """TOML of ``card``. A p-bit of the chip's own name that is no more than numbers stands among those of the chip."""
    usual = {"title": card.name} | dict.fromkeys(("summary", "clock", "participants", "random_source", "die"), "")
    words = ("name", "title", "summary", "clock", "participants", "topology", "random_source", "die")
    head = [f"{key} = {quoted(getattr(card, key))}" for key in words if getattr(card, key) != usual.get(key)]
    body, tables = _numbers(card.parameters), []
    pbit = card.pbit
    if isinstance(pbit, str):
        head.append(f"pbit = {quoted(pbit)}")
    elif pbit.name == card.name and not (pbit.response or pbit.notes or pbit.missing):
        head += _laws(pbit)
        body = _numbers(pbit.parameters) + body
    else:
        tables += _pbit_tables(pbit, card.name)
    if card.wiring is not None:
        lines, origin = _wiring(card.wiring), _origin(card.wiring)
        if origin:
            tables.append(["[wiring]", *lines, *origin])
        else:
            body += lines
    tables += [["[notes]", *_numbers(card.notes)], ["[missing]", *_missing(card)]]
    parts = [[*head, *([""] if body else []), *body], *(lines for lines in tables if len(lines) > 1)]
    return "\n".join("\n".join(lines) + "\n" for lines in parts)


def _numbers(quantities: Mapping[str, Quantity]) -> list[str]:
    return [entry(key, q.value, q.source, q.grade) for key, q in quantities.items()]


def _laws(card: PBitCard) -> list[str]:
    usual = {"law": "heat-bath", "random_source": "ideal"}
    return [f'{key} = "{getattr(card, key)}"' for key in usual if getattr(card, key) != usual[key]]


def _pbit_tables(card: PBitCard, chip: str) -> list[list[str]]:
    name = [f"name = {quoted(card.name)}"] if card.name != chip else []
    tables = [["[pbit]", *name, *_laws(card), *_numbers(card.parameters)]]
    if card.response is not None:
        tables.append(["[pbit.response]", *_response(card.response)])
    return [*tables, ["[pbit.notes]", *_numbers(card.notes)], ["[pbit.missing]", *_missing(card)]]


def _origin(part: Response | Wiring) -> list[str]:
    return [f"source = {quoted(part.source)}", f'grade = "{part.grade}"'] if part.source else []


def _response(response: Response) -> list[str]:
    lines = [f"{key} = {getattr(response, key)!r}" for key in ("first", "step", "probability")]
    return lines + _origin(response)


def _wiring(wiring: Wiring) -> list[str]:
    lines = [] if wiring.graph is None else [f"graph = {quoted(wiring.graph)}"]
    lines += [
        f"{key} = {getattr(wiring, key)!r}" for key in ("offsets", "dead_pbits", "dead_wires") if getattr(wiring, key)
    ]
    return lines + ([f"rotations = {wiring.rotations}"] if wiring.rotations != 1 else [])


def _missing(card: ChipCard | PBitCard) -> list[str]:
    return [f"{key} = {{ what = {quoted(e.what)}, ask = {quoted(e.ask)} }}" for key, e in card.missing.items()]
