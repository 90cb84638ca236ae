"""Time and energy of one run in words, without read-out and with it.

Enters: a row with the facts of an account (see `hwsim.cost.account`) and the grades of a card. Leaves: lines of text.
"""

from collections.abc import Mapping
from typing import Any

from hwsim.cell.card import YOURS
from hwsim.cost.account import PRICE_OF
from hwsim.units import format_si


def cost_lines(row: Mapping[str, Any], grades: Mapping[str, str]) -> list[str]:
    """Time and energy of a read, and of a solution if there is one; items without a price are listed."""
    time_s, total_s = row["device_time_s"], row["total_time_s"]
    lines = [
        f"time of a read: {format_si(time_s, 's')}, with read-out {format_si(total_s, 's')}"
        + _unknown(row["unknown_time"])
    ]
    if row["device_energy_j"] is None and row["total_energy_j"] is None:
        lines.append("energy: unknown" + _unknown(row["unknown_energy"]))
        return lines
    lines.append(
        f"energy of a read: {_joules(row['device_energy_j'])}, with read-out "
        f"{_joules(row['total_energy_j'])}{_parts(row, grades)}{_unknown(row['unknown_energy'])}"
    )
    if row["ets99_j"] is not None or row["ets99_total_j"] is not None:
        parts = (_to_solution(row[key], row["tts99_is_bound"]) for key in ("ets99_j", "ets99_total_j"))
        lines.append("energy to solution: {}, with read-out {}".format(*parts))
    return lines


def _to_solution(value: float | None, is_bound: bool) -> str:
    """Joules, or a bound of them; more than nothing is none."""
    if is_bound and value == 0:
        return "no bound, as runs that cost nothing never solved it"
    return f"{'> ' * (is_bound and value is not None)}{_joules(value)}"


def _joules(value: float | None) -> str:
    return "unknown" if value is None else format_si(value, "J")


def _parts(row: Mapping[str, Any], grades: Mapping[str, str]) -> str:
    """The items of the energy with the grades of their prices."""
    if row["power_w"] is not None:
        return f" ({format_si(row['power_w'], 'W')}, {grades.get('power', YOURS)})"
    parts = [
        f"{item} {format_si(value, 'J')}, {grades.get(PRICE_OF[item], YOURS)}"
        for item, value in row["energy_split_j"].items()
        if value
    ]
    return f" ({'; '.join(parts)})" if parts else ""


def _unknown(items: list[str]) -> str:
    return f"; no price for: {', '.join(items)}" if items else ""
