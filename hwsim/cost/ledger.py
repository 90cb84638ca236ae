"""The ledger: a chip's prices for updates, reads and writes, from its card. Unknown prices stay unknown.

Enters: a chip and how many p-bits take part. Leaves: energies and times, or who may know them.
"""

from dataclasses import dataclass

from hwsim.cell.card import YOURS
from hwsim.chip.chip import Chip
from hwsim.chip.topology import n_sites
from hwsim.errors import InputError
from hwsim.prices import PRICES, Price, price_of


def price(chip: Chip, key: str) -> float:
    """SI value of the price ``key``. Raises InputError, which says what is missing and who may know it."""
    value = known_price(chip, key)
    if value is None:
        what = chip.missing.get(key, f"{PRICES[key].label}; ask its builders")
        raise InputError(f"chip {chip.name!r} states no {key}: {what}; give {key} yourself")
    return value


def known_price(chip: Chip, key: str) -> float | None:
    """SI value of the price ``key``, None where nobody has published it. Raises InputError for an unknown key."""
    value: float | None = getattr(chip.prices, price_of(key).field)
    return value


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the ledger: a quantity, its value in ``unit`` (None: not public), its grade or whom to ask."""

    key: str
    label: str
    value: float | None
    unit: str
    note: str


def ledger(chip: Chip, *, n_pbits: int | None = None) -> list[Line]:
    """The prices of ``chip``, their ratios, and the cost of one sweep, read and write of ``n_pbits`` (None: of all)."""
    n = n_pbits if n_pbits is not None else n_sites(chip.topology)
    if n is None:
        raise InputError(f"chip {chip.name!r} states no number of p-bits: give it")
    if n < 1:
        raise InputError(f"the number of p-bits must be >= 1, got {n}")
    lines = [
        _line(chip, price)
        for key, price in PRICES.items()
        if price.is_charged
        if not (price.of_controller or price.is_rare) or known_price(chip, key) is not None or key in chip.missing
    ]
    update, read, write = (known_price(chip, f"energy_per_{what}") for what in ("update", "read", "write"))
    period = chip.round_s
    totals = (
        ("write_over_update", "writing over updating a p-bit", _over(write, update), ""),
        ("read_over_update", "reading over updating a p-bit", _over(read, update), ""),
        ("sweep_j", f"one sweep of {n:,} p-bits", _times(update, n), "J"),
        ("read_all_j", f"one read of {n:,} p-bits", _times(read, n), "J"),
        ("write_all_j", f"one write of {n:,} p-bits", _times(write, n), "J"),
        ("sweep_s", "time of one sweep", period, "s"),
        ("sampling_w", "power of sweeping without pause", _times(_times(update, n), 1 / period), "W"),
    )
    return lines + [
        Line(key=key, label=label, value=value, unit=unit, note="derived" if value is not None else "needs the above")
        for key, label, value, unit in totals
    ]


def _line(chip: Chip, price: Price) -> Line:
    key = price.key
    value = known_price(chip, key)
    note = chip.grades.get(key, YOURS) if value is not None else chip.missing.get(key, "not public")
    return Line(key=key, label=price.label, value=value, unit=price.unit, note=note)


def _over(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a / b


def _times(a: float | None, b: float) -> float | None:
    return None if a is None else a * b
