"""The library: finds cards and makes chips of them.

Cards are looked for in the folders of ``HWSIM_DEVICES`` first, then among those that ship with hwsim: in the installed
package, or in ``devices/`` at the top of a source checkout or editable install.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hwsim.arguments import named
from hwsim.cell.card import ChipCard, ModesCard, PBitCard, suggestion
from hwsim.chip.chip import Chip
from hwsim.chip.faults import listed, unknown_faults
from hwsim.chip.faults import without as switched_off
from hwsim.chip.make import WORDS, Making, keys_of, numbers_of
from hwsim.chip.read import KINDS, card_from, load_card, read_card
from hwsim.errors import CardError, InputError, Mistake
from hwsim.text import ending


def card_folders() -> list[Path]:
    """Folders that hold ``pbits/`` and ``chips/``, in the order they are searched."""
    package = Path(__file__).resolve().parents[1]
    users = [Path(part) for part in os.environ.get("HWSIM_DEVICES", "").split(os.pathsep) if part]
    shipped = [package / "devices", package.parent / "devices"]
    return users + [folder for folder in shipped if (folder / "chips").is_dir()][:1]


def _cards(kind: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder in card_folders():
        for path in sorted((folder / kind).glob("*.toml")):
            found.setdefault(path.stem, path)
    return found


def _path(name: str | Path, folder: str) -> Path:
    if isinstance(name, str | Path) and ending(name) == ".toml":
        return Path(name)
    cards = _cards(folder)
    if not isinstance(name, str | Path) or name not in cards:
        command = {"chips": "hwsim chips", "modes": "hwsim thermo machines"}.get(folder, "hwsim devices")
        kind = "card of continuous cells" if folder == "modes" else f"{folder[:-1]} card"
        raise InputError(f"no {kind} is called {str(name)!r}{suggestion(str(name), cards, command)}")
    return cards[str(name)]


def chip_path(name: str | Path) -> Path:
    """The file of the chip card ``name``, or of the p-bit card where no chip is called so. Raises InputError where
    there is none."""
    if not isinstance(name, str | Path):
        raise InputError(f"a chip must be a hwsim.Chip, or the name or file of a card, got {name!r}")
    kind = "chips" if ending(name) == ".toml" or name in _cards("chips") or name not in _cards("pbits") else "pbits"
    return _path(name, kind)


def pbit_card(name: str | Path) -> PBitCard:
    """The p-bit card called ``name``, or in the file ``name``."""
    card: PBitCard = load_card(_path(name, "pbits"), "pbit")
    return card


def chip_card(name: str | Path) -> ChipCard:
    """The chip card called ``name``, or in the file ``name``; of a p-bit card, a chip of such p-bits with any wiring.
    Raises CardError."""
    path = chip_path(name)
    card, found = _read_chip(path)
    if found:
        raise CardError(*found, where=str(path))
    return card


def modes_card(name: str | Path) -> ModesCard:
    """The card of continuous cells called ``name``, or in the file ``name``."""
    card: ModesCard = load_card(_path(name, "modes"), "modes")
    return card


def any_card(name: str | Path) -> PBitCard | ChipCard | ModesCard:
    """The card called ``name``, or in the file ``name``; where several kinds share a name, the first of KINDS."""
    card: PBitCard | ChipCard | ModesCard
    if ending(name) == ".toml":
        card, found = read_card(Path(name))
        if found:
            raise CardError(*card_mistakes(Path(name))[1], where=str(name))
        return card
    held = {kind: _cards(f"{kind.removesuffix('s')}s") for kind in KINDS}
    for kind, cards in held.items():
        if name in cards:
            card = load_card(cards[str(name)], kind)
            return card
    known = [known for cards in held.values() for known in cards]
    near = suggestion(str(name), known, "hwsim chips")
    raise InputError(f"no card of a chip, p-bit or modes is called {str(name)!r}{near}")


@named
def list_pbits() -> list[PBitCard]:
    """Every p-bit card, by name."""
    return [pbit_card(name) for name in sorted(_cards("pbits"))]


def list_modes() -> list[ModesCard]:
    """Every card of continuous cells, by name."""
    return [modes_card(name) for name in sorted(_cards("modes"))]


@named
def list_chips() -> list[ChipCard]:
    """Every chip card, by name."""
    return [chip_card(name) for name in sorted(_cards("chips"))]


@named
def chip(name: str | Path, *, without: Iterable[str] = (), **overrides: Any) -> Chip:
    """The chip of card ``name`` (or of a .toml file), with parameters overridden and faults switched off.

    Overrides are the parameters of p-bit and chip cards (``tau="5 ns"``, ``delay=1e-9``, ``dac_bits=4``) and ``pbit``
    (another p-bit card), ``clock``, ``participants``, ``random_source``, ``topology`` (another kind, as "king" or
    "king:10x10"), ``graph`` (a file with the user's own), ``die`` (a file with the p-bits of a measured one). Text
    carries a unit, for a time also ``tau``, the chip's own (``delay="0.5 tau"``); numbers are SI. The card of a p-bit
    makes a chip of such p-bits with any wiring. ``without`` names faults, keys of hwsim.chip.faults.FAULTS. Raises
    InputError, or CardError for the card, with a sentence for every mistake.
    """
    without, path = listed(without), chip_path(name)
    card, mistakes = _read_chip(path)
    made, found = _made(card, mistakes, overrides, path.parent, without)
    if made is not None:
        own = {key: value for key, value in overrides.items() if value is not None}
        own |= {"card": str(name)} if ending(name) == ".toml" else {}
        return switched_off(replace(made, settings=own), without)
    given = {"without", *(key for key, value in overrides.items() if value is not None)}
    of_card = [mistake for mistake in found if not keys_of(mistake) & given]
    rest = [mistake for mistake in found if mistake not in of_card]
    if of_card:
        raise CardError(*of_card, *rest, where=str(path))
    raise (CardError if any(mistake.startswith(_OF_PBIT) for mistake in rest) else InputError)(*rest)


def own_chip(table: Mapping[str, Any]) -> Chip:
    """The chip of ``table``, whose keys are those of a card; ``graph`` may also be a graph itself. Raises InputError
    with a sentence for every mistake."""
    table = {key: value for key, value in table.items() if value is not None}
    graph = table.get("graph")
    drawn = {} if graph is None or isinstance(graph, str) else {"graph": table.pop("graph")}
    card, found = card_from("chip", table, name="own")
    made, mistakes = _made(card, found, drawn, Path(), ())
    if made is None:
        raise InputError(*mistakes)
    return made


def _made(
    card: ChipCard, found: Iterable[str], overrides: Mapping[str, Any], folder: Path, without: Iterable[str]
) -> tuple[Chip | None, list[str]]:
    """(chip, mistakes) of ``card``, in which ``found`` was found before."""
    making = Making(found)
    given = {key: value for key, value in overrides.items() if value is not None}
    words = {key: value for key, value in given.items() if key in WORDS}
    for mistake in unknown_faults(without):
        making.say(mistake)
    cell = _cell(making, words.get("pbit", card.pbit), Path() if "pbit" in words else folder)
    changed = making.changes(given, numbers_of(cell) | numbers_of(card))
    return making.chip(card, cell, changed, words, folder), making.found


_OF_PBIT = "p-bit card "
"""Begins the mistakes in the card of a chip's p-bit."""


def _cell(making: Making, pbit: str | Path | PBitCard, folder: Path) -> PBitCard:
    """The card of a p-bit by name, in a file of ``folder``, or as it stands on the chip's card."""
    if isinstance(pbit, PBitCard):
        return pbit
    try:
        in_file = isinstance(pbit, str | Path) and ending(pbit) == ".toml"
        path = folder / pbit if in_file else _path(pbit, "pbits")
        card, found = read_card(path, "pbit")
    except InputError as error:
        for sentence in error.mistakes:
            making.say(Mistake(f"pbit: {sentence}", ("pbit", "tau")))
        return PBitCard(name=str(pbit), title="", summary="", clock="poisson")
    for mistake in found:
        making.say(Mistake(f"{_OF_PBIT}{path}: {mistake}", keys_of(mistake) | {"pbit"}))
    cell: PBitCard = card
    return cell


def _read_chip(path: Path) -> tuple[ChipCard, list[Mistake]]:
    """(card, mistakes) of the chip in the file ``path``."""
    card, found = read_card(path)
    if isinstance(card, ModesCard):
        raise CardError(f"{path} has continuous cells and is no chip of p-bits: hwsim thermo --machine takes it")
    return (_chip_of(card), found) if isinstance(card, PBitCard) else (card, found)


def _chip_of(card: PBitCard) -> ChipCard:
    return ChipCard(name=card.name, title=card.title, summary=card.summary, pbit=card)


def made_chip(given: Chip | str | Path) -> Chip:
    """``given``, a Chip or the name or file of its card. Raises InputError or CardError."""
    if isinstance(given, Chip):
        return given
    if not isinstance(given, str | Path):
        raise InputError(f"a chip is a Chip, or the name or file of a card, got {type(given).__name__}")
    return chip(given)


def pbit_chip(name: str | Path) -> Chip:
    """A chip of the p-bits of card ``name`` under their own clock, with any wiring. Raises InputError or CardError."""
    made, found = _made(_chip_of(pbit_card(name)), (), {}, Path(), ())
    if made is None:
        raise InputError(*found)
    return made


def card_chip(name: str | Path, card: PBitCard | ChipCard) -> Chip:
    """The chip of ``card``, found under ``name``; of a p-bit card, `pbit_chip`. Raises InputError or CardError."""
    return chip(name) if isinstance(card, ChipCard) else pbit_chip(name)


def card_mistakes(path: Path) -> tuple[str, list[str]]:
    """(kind of card, a key of KINDS; every mistake in it and in the chip that it makes) of the file ``path``.

    Raises CardError for a file that cannot be read.
    """
    card, found = read_card(path)
    if isinstance(card, ModesCard):
        return "modes", list(found)
    whole = card if isinstance(card, ChipCard) else _chip_of(card)
    return ("chip" if whole is card else "pbit"), _made(whole, found, {}, path.parent, ())[1]
