"""Columns of a CSV file with a header: text by name, and the rows of the file that hold it.

Enters: text. Leaves: columns, and numbers of them, refused with the row as a spreadsheet counts it.
"""

import csv
import io
from collections.abc import Iterator, Sequence

import numpy as np

from hwsim.errors import InputError

TIMES = {
    "time": 1.0,
    "time_s": 1.0,
    "time_ms": 1e-3,
    "time_us": 1e-6,
    "time_µs": 1e-6,
    "time_ns": 1e-9,
    "time_ps": 1e-12,
    "time_fs": 1e-15,
}
"""Columns of times and their units in s."""


def _first_line(text: str) -> tuple[str, str]:
    """(the first line that is no remark, what parts its cells)."""
    start = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    return start, next((mark for mark in (",", ";", "\t") if mark in start), ",")


def header(text: str) -> list[str]:
    """The cells of the first line, lower case."""
    line, separator = _first_line(text)
    return [cell.strip().strip('"').lower() for cell in line.split(separator)]


def table(file: str, text: str) -> tuple[dict[str, list[str]], np.ndarray]:
    """Columns as text by lower-case name, and the row of the file of each entry."""
    separator = _first_line(text)[1]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names: list[str] = []
    rows, lines = [], []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                continue
            if not names:
                names = [cell.strip().lower() for cell in cells]
            elif len(cells) != len(names):
                raise InputError(
                    f"{file}: row {reader.line_num} has {len(cells)} values, the header has {len(names)} names"
                )
            else:
                rows.append(cells)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise InputError(f"{file}: row {reader.line_num} is not CSV ({error})") from None
    if not names:
        raise InputError(f"{file}: is empty; a header and rows are needed")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"{file}: has two columns named {twice[0]!r}")
    if not rows:
        raise InputError(f"{file}: has a header ({', '.join(names)}) and no rows")
    return {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}, np.array(lines)


def by_device(file: str, columns: dict[str, list[str]], row: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """(name, numbers of its rows) of each device, in the order of the file; one without a name where none is told."""
    names = np.array([text.strip() for text in columns["device"]] if "device" in columns else [""] * row.size)
    if (names == "").any() and "device" in columns:
        raise InputError(f"{file}: row {row[np.argmax(names == '')]} has an empty device")
    _, first, member = np.unique(names, return_index=True, return_inverse=True)
    for code in np.argsort(first, kind="stable"):
        rows = np.flatnonzero(member == code)
        yield str(names[rows[0]]), rows


def numbers(file: str, name: str, column: list[str], row: np.ndarray) -> np.ndarray:
    """float64 (n,). Raises InputError with the first row that holds no finite number."""
    try:
        values = np.array(column, dtype=np.float64)
    except ValueError:
        values = np.array([_number(text) for text in column])
    bad = ~np.isfinite(values)
    if bad.any():
        k = int(np.argmax(bad))
        raise InputError(f"{file}: row {row[k]}: {name} must be a finite number, got {column[k].strip()!r}")
    return values


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def unused(name: str, column: list[str]) -> str:
    """A sentence on a column that the fit does not look at."""
    values = list(dict.fromkeys(text.strip() for text in column))
    if 1 < len(values) <= len(column) / 2:
        some = ", ".join(values[:3]) + (", ..." if len(values) > 3 else "")
        return (
            f"column {name} is not used: rows of its {len(values)} values ({some}) are fitted together; call it device "
            "to tell them apart"
        )
    return f"column {name} is not used"


def unused_columns(columns: dict[str, list[str]], used: Sequence[str]) -> tuple[str, ...]:
    """A sentence on each column that is not ``used``."""
    return tuple(unused(name, columns[name]) for name in columns if name not in used)
