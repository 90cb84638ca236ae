"""A die that a lab has measured: the numbers of each of its p-bits, as ``hwsim fit --devices`` writes them.

Enters: a CSV file, a row for each p-bit. Leaves: a MeasuredDie, which takes the place of the spread on the card.

Columns, in any order: ``gain``, ``offset`` and ``tau`` (text such as 12 ns, or ``tau_s`` in seconds), each optional, as
on the card; ``pbit``, the number of the p-bit (without it rows count from 0); ``device``, a name that only people read.
"""

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwsim.errors import InputError
from hwsim.text import is_whole, read_text
from hwsim.units import parse

KEYS = ("gain", "offset", "tau")
_COLUMNS = ("pbit", "device", *KEYS, "tau_s")


@dataclass(frozen=True, kw_only=True)
class MeasuredDie:
    """file : where the numbers come from;  pbit : numbers of the p-bits, ascending
    gain, offset, tau_s : of each, or None where they were not measured and stay those of the card"""

    file: str
    pbit: tuple[int, ...]
    gain: tuple[float, ...] | None = None
    offset: tuple[float, ...] | None = None
    tau_s: tuple[float, ...] | None = None

    @property
    def known(self) -> dict[str, tuple[float, ...]]:
        """The columns that were measured, by card key."""
        columns = {"gain": self.gain, "offset": self.offset, "tau": self.tau_s}
        return {key: values for key, values in columns.items() if values is not None}

    def mean(self, key: str) -> float:
        """The mean over p-bits of a measured column."""
        return float(np.mean(self.known[key]))

    def rows_of(self, sites: np.ndarray) -> np.ndarray:
        """int64 (n,): the row of each of the p-bits ``sites``. Raises InputError where one has none."""
        row = {number: k for k, number in enumerate(self.pbit)}
        without = [int(site) for site in sites if int(site) not in row]
        if without:
            several = f" and {len(without) - 1} more" if len(without) > 1 else ""
            raise InputError(
                f"{self.file} has rows for {len(row)} p-bits, and the problem needs {len(sites)}: p-bit {without[0]}"
                f"{several} of the chip is not among them"
            )
        return np.array([row[int(site)] for site in sites], dtype=np.int64)


def read_die(path: str | Path) -> MeasuredDie:
    """The die in the file ``path``. Raises InputError, with the row as a spreadsheet counts it."""
    if not isinstance(path, str | Path):
        raise InputError(f"die must be a file of measured p-bits, got {path!r}")
    file = Path(path).name
    header, rows = _table(file, read_text(path, refuse=InputError))
    unknown = [name for name in header if name not in _COLUMNS]
    if unknown or len(set(header)) < len(header) or {"tau", "tau_s"} <= set(header):
        raise InputError(
            f"{file}: the columns of a die are {', '.join(_COLUMNS)} (tau or tau_s, each once), got {', '.join(header)}"
        )
    columns = dict(zip(header, zip(*(cells for _, cells in rows), strict=True), strict=True))
    lines = [line for line, _ in rows]
    pbit = tuple(range(len(rows)))
    if "pbit" in columns:
        pbit = tuple(_whole(file, line, text) for line, text in zip(lines, columns["pbit"], strict=True))
        twice = next((number for number, times in Counter(pbit).items() if times > 1), None)
        if twice is not None:
            raise InputError(f"{file}: p-bit {twice} has two rows")
    order = np.argsort(pbit, kind="stable")
    values = {}
    for name in ("gain", "offset", "tau", "tau_s"):
        if name in columns:
            read = [_real(file, line, name, text) for line, text in zip(lines, columns[name], strict=True)]
            values["tau_s" if name == "tau" else name] = tuple(read[k] for k in order)
    if not values:
        raise InputError(f"{file}: a die needs a column gain, offset or tau, got {', '.join(header)}")
    return MeasuredDie(file=file, pbit=tuple(pbit[k] for k in order), **values)


def die_text(names: Sequence[str], columns: Mapping[str, Sequence[float]], *, source: str) -> str:
    """The file of a die. names : of the devices, which become p-bits 0, 1, ...;  columns : (n,) by card key, SI"""
    heads = ["tau_s" if key == "tau" else key for key in columns]
    out = io.StringIO()
    out.write(f"# {source}\n")
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["pbit", "device", *heads])
    for k, name in enumerate(names):
        rows.writerow([k, name, *(f"{values[k]:.6g}" for values in columns.values())])
    return out.getvalue()


def _table(file: str, text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """(names of the columns, (line, cells) of each row)."""
    reader = csv.reader(io.StringIO(text, newline=""))
    header: list[str] = []
    rows = []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells) or cells[0].lstrip().startswith("#"):
                continue
            cells = [cell.strip() for cell in cells]
            if not header:
                header = [cell.lower() for cell in cells]
            elif len(cells) != len(header):
                raise InputError(
                    f"{file}: row {reader.line_num} has {len(cells)} values, the header {len(header)} names"
                )
            else:
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        raise InputError(f"{file}: row {reader.line_num} is not CSV ({error})") from None
    if not rows:
        raise InputError(f"{file}: a die needs a header and a row for each p-bit")
    return header, rows


def _whole(file: str, line: int, text: str) -> int:
    if not is_whole(text) or int(text) < 0:
        raise InputError(f"{file}: row {line}: pbit must be a whole number >= 0, got {text!r}")
    return int(text)


def _real(file: str, line: int, name: str, text: str) -> float:
    try:
        value = parse(text, "time", name=name) if name == "tau" else float(text)
    except (InputError, ValueError):
        value = math.nan
    if not math.isfinite(value) or (name != "offset" and value <= 0):
        rule = {"gain": "a number > 0", "offset": "a finite number", "tau": "a time > 0, such as 12 ns"}
        raise InputError(f"{file}: row {line}: {name} must be {rule.get(name, 'seconds > 0')}, got {text!r}")
    return value
