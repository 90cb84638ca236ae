"""Records of instruments: CSV as oscilloscopes write it becomes times and channels.

Enters: text. Leaves: a Record. The samples are the rows at the end of the file that hold numbers in the same columns;
what stands above or beside them is read for names, units and the interval: Tektronix (facts beside the samples, or
above ``TIME,CH1``), Keysight (units in the second row), LeCroy (segments), Rigol (start and increment in the second
row), Siglent, or bare columns. Commas, semicolons, tabs or blanks part the columns; a decimal comma may stand where
commas do not.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwsim.errors import InputError
from hwsim.text import is_whole

_UNIT_S = {"s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}
_UNIT_S |= {"ns": 1e-9, "ps": 1e-12, "fs": 1e-15}
_VOLTS = {"v", "mv", "uv", "µv", "kv", "a", "ma", "ua", "µa", "volt", "volts", "amp", "amps", "ampere", "unknown"}
_INDEX = ("sequence", "index", "sample", "samples", "nr", "no", "no.", "point", "points", "n", "#")
_TIME = ("time", "t", "x", "x-axis", "source", "zeit", "in s")
_NAME = re.compile(r"\s*(.*?)\s*(?:[(\[]\s*([^)\]]*?)\s*[)\]]|_([a-zµ]+)|\s+in\s+([a-zµ]+))?\s*$", re.IGNORECASE)
_INTERVAL = re.compile(r"sample interval|increment|tinc|\bdt\b|xinc|sampling period", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Record:
    """row : int64 (n,), rows of the file;  time_s : float64 (n,), or None where the file has none
    interval_s : between samples, where the file states it;  channels : float64 (n,) by name"""

    row: np.ndarray
    time_s: np.ndarray | None
    interval_s: float | None
    channels: dict[str, np.ndarray]


@dataclass(frozen=True)
class _Table:
    """What a file holds. names, units : text of each column, lower case where it is compared;  values : float64 (n, k)
    facts : (key, value) above or beside the samples"""

    row: np.ndarray
    names: list[str]
    units: list[str]
    values: np.ndarray
    facts: list[tuple[str, str]]


def read_record(file: str, text: str, *, columns: Sequence[str] | None, needs_time: bool) -> Record | None:
    """The record in ``text`` of ``file``; None where it is none, as far as its header says.

    columns : names (or numbers from 1) of the time and of channels, None for the first column and all others
    needs_time : whether the time must be in the file; if not, it is not looked at. Raises InputError.
    """
    table = _table(file, text)
    if table is None:
        if columns is not None:
            raise InputError(f"{file}: has no rows of numbers at its end")
        return None
    kinds = [_kind(name, unit) for name, unit in zip(table.names, table.units, strict=True)]
    if columns is None:
        if not any(table.names) and len(table.names) > 1:
            kinds[0] = ("time", 1.0)
        if needs_time and kinds[0][0] == "value":
            if len(kinds) == 1:
                raise InputError(f"{file}: is one column of samples without times: give their --interval, such as 1ns")
            return None
        first = None if kinds[0][0] == "value" else 0
        chosen = [k for k in range(len(kinds)) if k != first]
    else:
        picked = [_column(file, table, name) for name in columns]
        first = picked[0] if needs_time or len(picked) > 1 else None
        chosen = picked if first is None else picked[1:]
        if first is not None and kinds[first][0] == "value":
            kinds[first] = ("time", 1.0)
    if not chosen:
        raise InputError(f"{file}: has a time and no other column; a record needs a channel")
    interval_s, time_s = _stated_interval(table), None
    if first is not None and kinds[first][0] == "index":
        if interval_s is None and needs_time:
            raise InputError(f"{file}: samples are numbered, and no increment is stated: give --interval")
    elif first is not None:
        time_s = table.values[:, first] * kinds[first][1]
    channels = {_title(table, k): table.values[:, k] for k in chosen}
    return Record(row=table.row, time_s=time_s, interval_s=interval_s, channels=channels)


def _title(table: _Table, k: int) -> str:
    """The name of a column, without its unit; a channel that the instrument calls by a number, or not at all, is CH and
    its number."""
    match = _NAME.match(table.names[k])
    name = match.group(1) if match and match.group(1) else table.names[k]
    return f"CH{name}" if name.isdigit() else name or f"CH{k}"


def _column(file: str, table: _Table, name: str) -> int:
    for k, known in enumerate(table.names):
        if name.strip().lower() in (known.lower(), _title(table, k).lower(), _plain(known)):
            return k
    if is_whole(name.strip()) and 1 <= int(name) <= len(table.names):
        return int(name) - 1
    held = ", ".join(known or str(k + 1) for k, known in enumerate(table.names))
    raise InputError(f"{file}: has no column {name.strip()!r}; its columns are {held}")


def _plain(name: str) -> str:
    """A name without its unit, lower case."""
    match = _NAME.match(name)
    return match.group(1).lower() if match else name.lower()


def _kind(name: str, unit: str) -> tuple[str, float]:
    """("time", seconds of its unit), ("index", 1) or ("value", 1) of a column."""
    match = _NAME.match(name)
    plain, own = name.lower(), ""
    if match:
        plain, own = match.group(1).lower(), next((g for g in match.groups()[1:] if g), "").lower()
    unit = unit.lower() or own
    if unit in _INDEX or (plain in _INDEX and unit not in _UNIT_S):
        return "index", 1.0
    if unit in _UNIT_S and (plain in _TIME or not plain or unit != "s" or own != unit):
        return "time", _UNIT_S[unit]
    if plain in _UNIT_S or plain in _TIME:
        return "time", _UNIT_S.get(plain, 1.0)
    return "value", 1.0


def _stated_interval(table: _Table) -> float | None:
    for key, value in table.facts:
        if _INTERVAL.search(key):
            number = re.search(r"[+-]?[0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]+)?", value)
            if number and float(number.group()) > 0:
                return float(number.group())
    return None


# rows ---------------------------------------------------------------------------------------------------------------


def _table(file: str, text: str) -> _Table | None:
    lines = [(k, line) for k, line in enumerate(text.splitlines(), 1) if line.strip(" \t,;")]
    while lines and lines[-1][1].lstrip().startswith("#"):
        lines.pop()
    if not lines:
        return None
    mark = next((mark for mark in (";", "\t", ",") if mark in lines[-1][1]), None)
    split = [(k, _cells(line, mark)) for k, line in lines]
    last = split[-1][1]
    used = [c for c, cell in enumerate(last) if _number(cell) is not None]
    if not used:
        return None
    rows: list[int] = []
    values: list[list[float]] = []
    start = len(split)
    while start > 0:
        row, cells = split[start - 1]
        numbers = [_number(cells[c]) if c < len(cells) else None for c in used]
        if any(number is None for number in numbers) and not cells[0].startswith("#"):
            break
        start -= 1
        if not cells[0].startswith("#"):
            rows.append(row)
            values.append(numbers)  # type: ignore[arg-type]
    above = split[:start]
    _refuse_broken(file, above, used)
    beside = [cells for _, cells in split[start:] if used[0] > 1 and any(cells[: used[0]])]
    names, units, facts = _header(above, beside, used)
    return _Table(np.array(rows[::-1]), names, units, np.array(values[::-1]), facts)


def _refuse_broken(file: str, above: list[tuple[int, list[str]]], used: list[int]) -> None:
    """Raise InputError where rows of numbers stand above the row that ends the samples: it is broken, no header."""
    for row, cells in above:
        if len(cells) > used[-1] and all(_number(cells[c]) is not None for c in used):
            bad, found = above[-1]
            what = ", ".join(found)
            raise InputError(f"{file}: row {bad} has no number in each column, as row {row} has; got {what!r}")


def _header(
    above: list[tuple[int, list[str]]], beside: list[list[str]], used: list[int]
) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """(names, units) of the columns ``used``, and facts."""
    facts = [(cells[0], cells[1]) for _, cells in above if len(cells) > 1]
    facts += [(cells[0], cells[1]) for cells in beside if len(cells) > 1]
    names, units = [""] * len(used), [""] * len(used)
    if beside:
        said = {key.lower(): value for key, value in facts}
        names[0], units[0] = "time", said.get("horizontal units", "s")
        if len(used) == 2:
            names[1] = said.get("source", "")
        return names, units, facts
    heads = [[cell.lstrip("# ") for cell in cells] for _, cells in above]
    if not heads or len(heads[-1]) <= used[-1]:
        return names, units, facts
    row = [heads[-1][c] for c in used]
    if len(heads) > 1 and len(heads[-2]) > used[-1] and _are_units(row):
        units = [_bare(cell) for cell in row]
        facts += list(zip(heads[-2], heads[-1], strict=False))  # start and increment stand under their names
        row = [heads[-2][c] for c in used]
    facts += [("tinc", cell) for cells in heads for cell in cells if "tinc" in cell.lower()]
    return row, units, facts


def _are_units(cells: list[str]) -> bool:
    return all(_bare(cell) in (*_UNIT_S, *_VOLTS, *_INDEX, "") for cell in cells)


def _bare(cell: str) -> str:
    """A unit without brackets, lower case."""
    return cell.lower().strip("()[] ")


def _cells(line: str, mark: str | None) -> list[str]:
    cells = [cell.strip().strip('"') for cell in (line.split() if mark is None else line.split(mark))]
    return cells if mark == "," else [cell.replace(",", ".") for cell in cells]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
