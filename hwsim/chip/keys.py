"""Keys: the part and the field of a Chip that hold each number of its cards, in one table.

Enters: a Chip, or numbers by card key. Leaves: its numbers by card key, or fields by part. What makes a chip, writes it
as a card, and compares two chips asks here.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from hwsim.cell.card import PBIT_DIMENSIONS, pbit_field
from hwsim.chip.chip import Chip, Control
from hwsim.prices import PRICES

PARTS = ("pbit", "clock", "topology", "weights", "control", "prices", "floorplan", "")
"""Parts of a chip that are records; "" is the chip itself."""
_WEIGHTS = (
    "weight_bits",
    "weight_limit",
    "weight_integer_bits",
    "weight_fraction_bits",
    "weight_rounding",
    "weight_saturation",
    "weight_dtod",
)
_TOPOLOGY = (
    "max_pbits",
    "max_degree",
    "rows",
    "columns",
    "layers",
    "size",
    "graph_seed",
    "dead_fraction",
    "dead_wire_fraction",
    "dead_seed",
)
FIELDS: dict[str, tuple[str, str]] = (
    {key: ("pbit", pbit_field(key)) for key in PBIT_DIMENSIONS if key not in PRICES}
    | {"period": ("clock", "period_s"), "participation": ("clock", "participation")}
    | {key: ("topology", key) for key in _TOPOLOGY}
    | {key: ("weights", key.removeprefix("weight_")) for key in _WEIGHTS}
    | {part.name: ("control", part.name) for part in fields(Control)}
    | {key: ("prices", price.field) for key, price in PRICES.items()}
    | {
        "cell_pitch": ("floorplan", "cell_pitch_m"),
        "coupling_area": ("floorplan", "coupling_area_m2"),
        "wire_delay": ("floorplan", "wire_delay_s_per_m"),
        "stage_delay": ("floorplan", "stage_delay_s"),
        "wire_energy": ("floorplan", "wire_energy_j_per_m"),
        "fixed_beta": ("", "fixed_beta"),
        "n_chips": ("", "n_chips"),
        "link_rate": ("", "link_rate_per_s"),
    }
)
"""(part, field) of each parameter of p-bit and chip cards."""


def number_of(chip: Chip, key: str) -> Any:
    """The number, or word, that the chip holds for the card key ``key``."""
    part, field = FIELDS[key]
    value = getattr(getattr(chip, part) if part else chip, field)
    return value


def by_part(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Fields by part, of SI ``values`` by card key."""
    made: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    for key, value in values.items():
        part, field = FIELDS[key]
        made[part][field] = value
    return made


def unchanged(before: Chip, after: Chip) -> Chip:
    """``after``, with grades and sources of the numbers alone that are those of ``before``."""
    same = {key for key in before.grades if number_of(before, key) == number_of(after, key)}
    if len(same) == len(before.grades):
        return after
    kept = [{key: word for key, word in words.items() if key in same} for words in (before.grades, before.sources)]
    return replace(after, grades=kept[0], sources=kept[1])
