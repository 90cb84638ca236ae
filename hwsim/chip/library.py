"""The library: finds cards and makes chips of them.

Cards are looked for in the folders of ``HWSIM_DEVICES`` first, then among those that ship with hwsim: in the installed
package, or in ``devices/`` at the top of a source checkout or editable install.
"""

import os
from pathlib import Path
from typing import Any

from hwsim.cell.card import (
    CHIP_DIMENSIONS,
    PBIT_DIMENSIONS,
    ChipCard,
    PBitCard,
    load_card,
    pbit_model,
    si_value,
    suggestion,
)
from hwsim.chip.chip import Chip, Clock, Topology, Weights
from hwsim.errors import InputError

_CHIP_OVERRIDES = ("clock", "participation", "pbit", *CHIP_DIMENSIONS)


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


def _card(name: str | Path, folder: str, kind: type) -> Any:
    if str(name).endswith(".toml"):
        return load_card(Path(name), kind)
    cards = _cards(folder)
    if name not in cards:
        raise InputError(f"no {folder[:-1]} card is called {str(name)!r}{suggestion(str(name), cards)}")
    return load_card(cards[str(name)], kind)


def pbit_card(name: str | Path) -> PBitCard:
    """The p-bit card called ``name``, or in the file ``name``."""
    return _card(name, "pbits", PBitCard)


def chip_card(name: str | Path) -> ChipCard:
    """The chip card called ``name``, or in the file ``name``."""
    return _card(name, "chips", ChipCard)


def list_pbits() -> list[PBitCard]:
    """Every p-bit card, by name."""
    return [pbit_card(name) for name in sorted(_cards("pbits"))]


def list_chips() -> list[ChipCard]:
    """Every chip card, by name."""
    return [chip_card(name) for name in sorted(_cards("chips"))]


def chip(name: str | Path, **overrides: Any) -> Chip:
    """The chip of card ``name`` (or of a .toml file), with parameters overridden.

    Overrides are the keys of the cards (``tau="5 ns"``, ``delay=1e-9``, ``dac_bits=4``) and ``clock``,
    ``participation``, ``period``, ``pbit`` (another p-bit card), ``weight_bits``, ``max_pbits``, ``max_degree``. Text
    carries a unit; numbers are SI. Raises InputError or CardError in one sentence.
    """
    card = chip_card(name)
    for key in overrides:
        if key not in PBIT_DIMENSIONS and key not in _CHIP_OVERRIDES:
            raise InputError(f"unknown parameter {key!r}{suggestion(key, [*PBIT_DIMENSIONS, *_CHIP_OVERRIDES])}")
    overrides = {key: value for key, value in overrides.items() if value is not None}
    cell = pbit_card(overrides.get("pbit", card.pbit))
    values = {key: si_value(key, quantity.value) for key, quantity in cell.parameters.items()}
    values |= {key: si_value(key, quantity.value) for key, quantity in card.parameters.items()}
    if "dac_bits" in overrides:
        values.pop("input_integer_bits", None)
        values.pop("input_fraction_bits", None)
    for key, value in overrides.items():
        if key in PBIT_DIMENSIONS or key in CHIP_DIMENSIONS:
            values[key] = si_value(key, value)
            if values[key] < 0 and key != "offset":
                raise InputError(f"{key} must be >= 0, got {value}")
    return Chip(
        name=card.name,
        title=card.title,
        summary=card.summary,
        pbit=pbit_model(cell.name, {key: value for key, value in values.items() if key in PBIT_DIMENSIONS}),
        clock=Clock(
            kind=overrides.get("clock", card.clock),
            period_s=values.get("period"),
            participation=float(overrides.get("participation", 1.0)),
        ),
        topology=Topology(
            kind=card.topology, max_pbits=_count(values, "max_pbits"), max_degree=_count(values, "max_degree")
        ),
        weights=Weights(bits=_count(values, "weight_bits")),
    )


def _count(values: dict[str, float | int], key: str) -> int | None:
    return int(values[key]) if key in values else None
