"""The library: finds cards and makes chips of them.

Cards are looked for in the folders of ``HWSIM_DEVICES`` first, then among those that ship with hwsim: in the installed
package, or in ``devices/`` at the top of a source checkout or editable install.
"""

import os
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from hwsim.cell.card import (
    CHIP_DIMENSIONS,
    PBIT_DIMENSIONS,
    ChipCard,
    Missing,
    ModesCard,
    PBitCard,
    load_card,
    pbit_model,
    si_value,
    suggestion,
)
from hwsim.cell.measured_die import MeasuredDie, read_die
from hwsim.cell.model import PBit
from hwsim.chip.chip import Chip, Clock, Control, Floorplan, Weights
from hwsim.chip.faults import without as switched_off
from hwsim.chip.graph import read_graph
from hwsim.chip.topology import Topology
from hwsim.errors import CardError, InputError
from hwsim.prices import PRICES, Prices
from hwsim.ranges import in_tau
from hwsim.text import ending, read_toml


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
    if name not in cards:
        kind = "card of continuous cells" if folder == "modes" else f"{folder[:-1]} card"
        raise InputError(f"no {kind} is called {str(name)!r}{suggestion(str(name), cards)}")
    return cards[str(name)]


def pbit_card(name: str | Path) -> PBitCard:
    """The p-bit card called ``name``, or in the file ``name``."""
    return load_card(_path(name, "pbits"), PBitCard)


def chip_card(name: str | Path) -> ChipCard:
    """The chip card called ``name``, or in the file ``name``."""
    return load_card(_path(name, "chips"), ChipCard)


def modes_card(name: str | Path) -> ModesCard:
    """The card of continuous cells called ``name``, or in the file ``name``."""
    return load_card(_path(name, "modes"), ModesCard)


CARD_KINDS = {"chip": ChipCard, "pbit": PBitCard, "modes": ModesCard}
"""Kinds of card, in the order in which a name is looked for."""


def any_card(name: str | Path) -> PBitCard | ChipCard | ModesCard:
    """The card called ``name``, or in the file ``name``; where several kinds share a name, the first of CARD_KINDS."""
    if ending(name) == ".toml":
        return load_card(Path(name), CARD_KINDS[kind_of(Path(name))])
    held = {kind: _cards(f"{kind.removesuffix('s')}s") for kind in CARD_KINDS}
    for kind, cards in held.items():
        if name in cards:
            return load_card(cards[str(name)], CARD_KINDS[kind])
    known = [known for cards in held.values() for known in cards]
    raise InputError(f"no card of a chip, p-bit or modes is called {str(name)!r}{suggestion(str(name), known)}")


def kind_of(path: Path) -> str:
    """A key of CARD_KINDS: "chip" where the file names a topology or a p-bit, else "modes" where it names a kind of
    cells and neither law nor clock, else "pbit", also for a file that cannot be read."""
    try:
        keys = read_toml(path)
    except InputError:
        return "pbit"
    if "topology" in keys or "pbit" in keys:
        return "chip"
    return "modes" if "kind" in keys and not keys.keys() & {"law", "clock"} else "pbit"


def list_pbits() -> list[PBitCard]:
    """Every p-bit card, by name."""
    return [pbit_card(name) for name in sorted(_cards("pbits"))]


def list_modes() -> list[ModesCard]:
    """Every card of continuous cells, by name."""
    return [modes_card(name) for name in sorted(_cards("modes"))]


def list_chips() -> list[ChipCard]:
    """Every chip card, by name."""
    return [chip_card(name) for name in sorted(_cards("chips"))]


def chip(name: str | Path, *, without: Iterable[str] = (), **overrides: Any) -> Chip:
    """The chip of card ``name`` (or of a .toml file), with parameters overridden and faults switched off.

    Overrides are the parameters of p-bit and chip cards (``tau="5 ns"``, ``delay=1e-9``, ``dac_bits=4``) and ``pbit``
    (another p-bit card), ``clock``, ``participation``, ``random_source``, ``topology`` (another kind), ``graph`` (a
    file with the user's own), ``die`` (a file with the p-bits of a measured one). Text carries a unit, for a time also
    ``tau``, the chip's own (``delay="0.5 tau"``); numbers are SI.
    ``without`` names faults, keys of hwsim.chip.faults.FAULTS. Raises InputError or CardError in one sentence.
    """
    card = chip_card(name)
    known = (*_WORDS, *PBIT_DIMENSIONS, *CHIP_DIMENSIONS)
    for key in overrides:
        if key not in known:
            raise InputError(f"unknown parameter {key!r}{suggestion(key, known)}")
    overrides = {key: value for key, value in overrides.items() if value is not None}
    cell = pbit_card(overrides.get("pbit", card.pbit))
    die = read_die(overrides["die"]) if "die" in overrides else None
    measured = {} if die is None else _means(die, overrides)
    layers = [_si_values(cell), _si_values(card), measured]
    layers.append(_given(overrides, layers[0] | layers[1] | measured))
    values: dict[str, float | int] = {}
    for layer in layers:
        _drop_rivals(values, layer)
        values |= layer
    _check_signs(values)
    made = Chip(
        name=card.name,
        title=card.title,
        summary=card.summary,
        pbit=pbit_model(
            cell,
            {key: value for key, value in values.items() if key in PBIT_DIMENSIONS},
            random_source=overrides.get("random_source"),
        ),
        clock=Clock(
            kind=overrides.get("clock", card.clock),
            period_s=values.get("period"),
            participation=float(overrides.get("participation", 1.0)),
        ),
        topology=_topology(card, values, overrides, _path(name, "chips").parent),
        weights=Weights(
            bits=_count(values, "weight_bits"),
            limit=values.get("weight_limit"),
            integer_bits=_count(values, "weight_integer_bits"),
            fraction_bits=_count(values, "weight_fraction_bits"),
            dtod=values.get("weight_dtod", 0.0),
        ),
        control=Control(**{field.name: values[field.name] for field in fields(Control) if field.name in values}),
        prices=_prices(values),
        floorplan=Floorplan(
            cell_pitch_m=values.get("cell_pitch"),
            coupling_area_m2=values.get("coupling_area", 0.0),
            wire_delay_s_per_m=values.get("wire_delay", 0.0),
            stage_delay_s=values.get("stage_delay", 0.0),
            wire_energy_j_per_m=values.get("wire_energy"),
        ),
        fixed_beta=values.get("fixed_beta"),
        n_chips=int(values.get("n_chips", 1)),
        link_rate_per_s=values.get("link_rate"),
        die=die,
        grades={
            key: "given" if key in layers[3] else "measured" if key in measured else quantity.grade
            for key, quantity in (cell.parameters | card.parameters).items()
        },
        missing=_missing(cell.missing | card.missing),
        notes={key: quantity.value for key, quantity in card.notes.items()},
    )
    return switched_off(made, without)


def _means(die: MeasuredDie, given: Iterable[str]) -> dict[str, float | int]:
    """What a measured die says in place of the card's numbers: the means of its p-bits, without a spread. given :
    parameters that are set beside it. Raises InputError where one is measured."""
    means: dict[str, float | int] = {}
    for key in die.known:
        beside = next((name for name in given if name in (key, f"{key}_dtod")), None)
        if beside is not None:
            raise InputError(f"{die.file} gives each p-bit its own {key}: leave {beside} out, or that column")
        means |= {key: die.mean(key), f"{key}_dtod": 0.0}
    return means


def _given(overrides: dict[str, Any], own: dict[str, float | int]) -> dict[str, float | int]:
    """SI values of ``overrides``; those in tau are of the period of the clock, or of the p-bit's tau where the clock
    has none, in ``overrides`` or else in the values ``own`` of the cards. Raises InputError."""
    in_own = {key: factor for key, value in overrides.items() if (factor := in_tau(value)) is not None}
    given = {key: si_value(key, value) for key, value in overrides.items() if key not in _WORDS and key not in in_own}
    known = own | given
    tau_s = known.get("period", known.get("tau"))
    for key, factor in in_own.items():
        if (PBIT_DIMENSIONS | CHIP_DIMENSIONS).get(key) != "time" or key in ("tau", "period"):
            raise InputError(f"{key} cannot be a multiple of tau, got {overrides[key]!r}")
        if tau_s is None:
            raise InputError(f"{key} is a multiple of tau, which this chip does not state: give --set tau too")
        given[key] = factor * tau_s
    return given


def made_chip(given: Chip | str | Path) -> Chip:
    """``given``, a Chip or the name or file of its card. Raises InputError or CardError."""
    if isinstance(given, Chip):
        return given
    if not isinstance(given, str | Path):
        raise InputError(f"a chip is a Chip, or the name or file of a card, got {type(given).__name__}")
    return chip(given)


def pbit_chip(name: str | Path) -> Chip:
    """A chip of the p-bits of card ``name`` under their own clock, with any wiring. Raises InputError or CardError."""
    card = pbit_card(name)
    values = _si_values(card)
    _check_signs(values)
    return Chip(
        name=card.name,
        title=card.title,
        summary=card.summary,
        pbit=pbit_model(card, values),
        clock=Clock(kind=card.clock),
        prices=_prices(values),
        missing=_missing(card.missing),
        grades={key: quantity.grade for key, quantity in card.parameters.items()},
    )


def card_chip(name: str | Path, card: PBitCard | ChipCard) -> Chip:
    """The chip of ``card``, found under ``name``; of a p-bit card, `pbit_chip`. Raises InputError or CardError."""
    return chip(name) if isinstance(card, ChipCard) else pbit_chip(name)


def pbit_from(card: PBitCard) -> PBit:
    """The model of a p-bit card, without overrides. Raises InputError where a number is missing or out of range."""
    return pbit_model(card, _si_values(card))


_WORDS = ("pbit", "clock", "participation", "random_source", "topology", "graph", "die")
_SIGNED = ("offset", "input_low", "background_susceptibility")
_RIVALS = (
    (("dac_bits",), ("input_integer_bits", "input_fraction_bits"), ("input_low", "input_high", "input_step")),
    (("weight_bits", "weight_limit"), ("weight_integer_bits", "weight_fraction_bits")),
)
"""Different descriptions of one thing, each a tuple of parameters."""


def _si_values(card: PBitCard | ChipCard) -> dict[str, float | int]:
    return {key: si_value(key, quantity.value) for key, quantity in card.parameters.items()}


def _prices(values: dict[str, float | int]) -> Prices:
    return Prices(**{price.field: values[key] for key, price in PRICES.items() if key in values})


def _check_signs(values: dict[str, float | int]) -> None:
    for key, value in values.items():
        if value < 0 and key not in _SIGNED:
            raise InputError(f"{key} must be >= 0, got {value:g}")


def _missing(entries: dict[str, Missing]) -> dict[str, str]:
    return {key: f"{entry.what}; {entry.ask} would know" for key, entry in entries.items()}


def _drop_rivals(values: dict[str, float | int], given: dict[str, float | int]) -> None:
    """Remove from ``values`` the other descriptions of what ``given`` describes."""
    for rivals in _RIVALS:
        chosen = [rival for rival in rivals if any(key in given for key in rival)]
        if chosen:
            for rival in rivals:
                if rival not in chosen:
                    for key in rival:
                        values.pop(key, None)


_SHAPE = ("max_pbits", "max_degree", "rows", "columns", "layers", "size")


def _topology(card: ChipCard, values: dict[str, float | int], overrides: dict[str, Any], folder: Path) -> Topology:
    wiring = card.wiring
    pairs = [] if wiring is None else [*wiring.offsets, *wiring.dead_wires]
    if any(len(pair) != 2 for pair in pairs):
        raise CardError(f"{card.name}: each wiring offset is a pair [rows, columns], each dead wire a pair of p-bits")
    file = overrides.get("graph")
    if file is None and wiring is not None and wiring.graph is not None:
        file = folder / wiring.graph
    kind = overrides.get("topology", card.topology if overrides.get("graph") is None else "graph")
    named: dict[str, Any] = {key: _count(values, key) for key in _SHAPE}
    named |= {key: int(values[key]) for key in ("graph_seed", "dead_seed") if key in values}
    named |= {key: values[key] for key in ("dead_fraction", "dead_wire_fraction") if key in values}
    if wiring is not None:
        named |= {
            "offsets": tuple((pair[0], pair[1]) for pair in wiring.offsets),
            "rotations": wiring.rotations,
            "dead_pbits": tuple(wiring.dead_pbits),
            "dead_wires": tuple((pair[0], pair[1]) for pair in wiring.dead_wires),
        }
    return Topology(kind=kind, graph=read_graph(file) if file is not None and kind == "graph" else None, **named)


def _count(values: dict[str, float | int], key: str) -> int | None:
    return int(values[key]) if key in values else None
