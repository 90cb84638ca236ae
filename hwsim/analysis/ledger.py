"""The ledger: what a chip charges for updates, reads and writes, from its card. Unknown prices stay unknown.

Enters: a chip and how many p-bits take part. Leaves: energies and times, or a sentence on who would know them.
"""

from dataclasses import dataclass

from hwsim.chip.chip import Chip
from hwsim.chip.topology import n_sites
from hwsim.errors import InputError

_PRICES = {
    "energy_per_update": "energy of one update of a p-bit",
    "energy_per_read": "energy to read one p-bit",
    "energy_per_write": "energy to write one p-bit",
    "energy_per_transfer": "energy to send one p-bit to or from the controller",
    "energy_per_swap": "energy to decide one exchange of replicas",
    "standby_power": "power of the idle machine",
    "power": "power of the running machine",
    "programming_time": "time to program a problem",
    "readout_time": "time to read a state",
    "readout_delay": "pause after a read",
    "write_time": "time to write a state",
    "swap_time": "time to decide an exchange of replicas",
    "transfer_time": "time to send a state",
    "transfer_time_per_pbit": "time to send a state, per p-bit",
}
_CONTROLLER = (
    "energy_per_transfer", "energy_per_swap", "write_time", "swap_time", "transfer_time", "transfer_time_per_pbit",
)  # fmt: skip
"""Prices that a machine has only as part of an algorithm that reads and writes it in mid-run."""


def price(chip: Chip, key: str) -> float:
    """SI value of the price ``key``. Raises InputError that says what is missing and who would know."""
    value = known_price(chip, key)
    if value is None:
        what = chip.missing.get(key, f"{_PRICES.get(key, key)}; whoever built it would know")
        raise InputError(f"chip {chip.name!r} states no {key}: {what}; give {key} yourself")
    return value


def known_price(chip: Chip, key: str) -> float | None:
    """SI value of the price ``key``, None where nobody has published it. Raises InputError for an unknown key."""
    if key not in _PRICES:
        raise InputError(f"unknown price {key!r}; known are {', '.join(_PRICES)}")
    if key == "energy_per_update":
        return chip.pbit.energy_per_update_j
    prices = chip.prices
    return {
        "energy_per_read": prices.read_j,
        "energy_per_write": prices.write_j,
        "energy_per_transfer": prices.transfer_j,
        "energy_per_swap": prices.swap_j,
        "standby_power": prices.standby_w,
        "power": prices.power_w,
        "programming_time": prices.programming_time_s,
        "readout_time": prices.readout_time_s,
        "readout_delay": prices.readout_delay_s,
        "write_time": prices.write_time_s,
        "swap_time": prices.swap_time_s,
        "transfer_time": prices.transfer_time_s,
        "transfer_time_per_pbit": prices.transfer_pbit_s,
    }[key]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line: a quantity, its value in ``unit`` (None: not public), and its grade or who would know."""

    key: str
    label: str
    value: float | None
    unit: str
    note: str


def ledger(chip: Chip, *, n_pbits: int | None = None) -> list[Line]:
    """Prices of ``chip``, their ratios, and what one sweep, read and write of ``n_pbits`` (all of it) costs."""
    n = n_pbits if n_pbits is not None else n_sites(chip.topology)
    if n is None:
        raise InputError(f"chip {chip.name!r} sets no number of p-bits: say how many")
    if n < 1:
        raise InputError(f"the number of p-bits must be >= 1, got {n}")
    lines = [
        _line(chip, key, words) for key, words in _PRICES.items()
        if key not in _CONTROLLER or known_price(chip, key) is not None or key in chip.missing
    ]  # fmt: skip
    update, read, write = (known_price(chip, f"energy_per_{what}") for what in ("update", "read", "write"))
    period = chip.clock.period_s if chip.clock.period_s is not None else chip.pbit.tau_s
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


def _line(chip: Chip, key: str, words: str) -> Line:
    value = known_price(chip, key)
    unit = "J" if key.startswith("energy") else "W" if key.endswith("power") else "s"
    note = chip.grades.get(key, "given") if value is not None else chip.missing.get(key, "not public")
    return Line(key=key, label=words, value=value, unit=unit, note=note)


def _over(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a / b


def _times(a: float | None, b: float) -> float | None:
    return None if a is None else a * b
