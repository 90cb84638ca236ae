"""Measurements of p-bits: a CSV file becomes frozen records, one per device, or is refused in one sentence.

Enters: a path, and what the file cannot say (interval between bits, size of one unit of input). Leaves: a Measured.

The kind follows from the header, whose names may be in any case; a ``device`` column separates devices:
sigmoid (``input``; ``p``, ``mean`` or ``ones``; ``n``), traces (``time``, ``value``) and bits (``bit``), the last two
with an optional ``input``. ``time_ns`` or ``input_mV`` carry their unit.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwsim.cell.signal import Levels, read_signal
from hwsim.errors import InputError
from hwsim.text import read_text
from hwsim.units import format_si, parse

SIGMOID, TRACES, BITS = "sigmoid", "traces", "bits"
KINDS = (SIGMOID, TRACES, BITS)

_TIME = {
    "time": 1.0,
    "time_s": 1.0,
    "time_ms": 1e-3,
    "time_us": 1e-6,
    "time_µs": 1e-6,
    "time_ns": 1e-9,
    "time_ps": 1e-12,
    "time_fs": 1e-15,
}
_INPUT = {"input": (1.0, "")} | {
    f"input_{prefix}{unit}": (size, unit.upper())
    for unit in ("v", "a")
    for prefix, size in (("", 1.0), ("m", 1e-3), ("u", 1e-6), ("µ", 1e-6), ("n", 1e-9))
}
_RESULT = {"p": SIGMOID, "mean": SIGMOID, "ones": SIGMOID, "value": TRACES, "bit": BITS}
_DIMENSION = {"V": "voltage", "A": "current"}

REGULAR = 0.1
"""Two samples are one interval apart when their distance is within this fraction of the median distance."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """The measurements of one device, row by row.

    x : float64 (n,) dimensionless (or in the unit of the column), 0 where no input was recorded
    trials, ones : float64 (n,), of a sigmoid, else None
    state : int8 (n,), 1 for +1 and 0 for -1, of traces and bits, else None
    linked : bool (n,), True where row i follows row i - 1 by one interval
    interval_s : mean distance of linked samples, None where no time is known
    time_s, value, levels : of traces; value is float64 (n,)
    notes : sentences on the record
    """

    name: str
    x: np.ndarray
    trials: np.ndarray | None = None
    ones: np.ndarray | None = None
    state: np.ndarray | None = None
    linked: np.ndarray | None = None
    interval_s: float | None = None
    time_s: np.ndarray | None = None
    value: np.ndarray | None = None
    levels: Levels | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A file of measurements. ``input_unit``: V, A or empty; ``input_scale``: the input of x = 1, None if not given.
    ``notes``: sentences on the file, such as the columns that are not used."""

    file: str
    kind: str
    devices: tuple[Device, ...]
    has_input: bool
    input_unit: str
    input_scale: float | None
    notes: tuple[str, ...] = ()


def read_measured(
    path: str | Path, *, interval_s: float | None = None, input_scale: str | float | None = None
) -> Measured:
    """The measurements in ``path``.

    ``interval_s`` is the time between bits where the file has no time; ``input_scale`` the input that is x = 1, in the
    unit of the column: a number, or text such as ``"50 mV"`` where the header says volts or amperes.
    Raises InputError, with the row as a spreadsheet counts it.
    """
    path = Path(path)
    columns, row = _table(path)
    kind, result = _kind(path.name, columns)
    times = [name for name in columns if name in _TIME]
    inputs = [name for name in columns if name in _INPUT]
    for found, word in ((times, "time"), (inputs, "input")):
        if len(found) > 1:
            raise InputError(f"{path.name}: has both {found[0]} and {found[1]}; keep one {word} column")
    _need(path.name, kind, columns, times, inputs)
    if interval_s is not None:
        if kind != BITS or times:
            raise InputError(
                f"an interval is for bits without a time column; {path.name} holds {kind}"
                f"{' with their time' if times else ''}"
            )
        if not (np.isfinite(interval_s) and interval_s > 0):
            raise InputError(f"interval must be > 0, got {interval_s:g} s")

    wanted = [result, *times, *inputs] + (["n"] if kind == SIGMOID else [])
    data = {name: _numbers(path.name, name, columns[name], row) for name in wanted}
    unit, scale = "", None
    x = np.zeros(row.size)
    if inputs:
        size, unit = _INPUT[inputs[0]]
        scale = _scale(input_scale, unit)
        x = data[inputs[0]] * (size / (1.0 if scale is None else scale))
    elif input_scale is not None:
        raise InputError(f"{path.name}: an input scale needs an input column, found {', '.join(columns)}")
    time_s = data[times[0]] * _TIME[times[0]] if times else np.zeros(row.size)

    names = np.array([text.strip() for text in columns["device"]] if "device" in columns else [""] * row.size)
    if (names == "").any() and "device" in columns:
        raise InputError(f"{path.name}: row {row[np.argmax(names == '')]} has an empty device")
    _, first, member = np.unique(names, return_index=True, return_inverse=True)
    devices = []
    for code in np.argsort(first, kind="stable"):
        rows = np.flatnonzero(member == code)
        device = _Rows(path.name, str(names[rows[0]]), row[rows], x[rows])
        if kind == SIGMOID:
            devices.append(_sigmoid(device, result, data[result][rows], data["n"][rows]))
        elif kind == TRACES:
            devices.append(_trace(device, time_s[rows], data["value"][rows]))
        else:
            devices.append(_bits(device, data["bit"][rows], time_s[rows] if times else None, interval_s))
    return Measured(
        file=path.name,
        kind=kind,
        devices=tuple(devices),
        has_input=bool(inputs),
        input_unit=unit,
        input_scale=scale,
        notes=tuple(_unused(name, columns[name]) for name in columns if name not in (*wanted, "device")),
    )


def _unused(name: str, column: list[str]) -> str:
    """A sentence on a column that the fit does not look at."""
    values = list(dict.fromkeys(text.strip() for text in column))
    if 1 < len(values) <= len(column) / 2:
        some = ", ".join(values[:3]) + (", ..." if len(values) > 3 else "")
        return (
            f"column {name} is not used: rows of its {len(values)} values ({some}) are fitted together; call it device "
            "to tell them apart"
        )
    return f"column {name} is not used"


@dataclass(frozen=True)
class _Rows:
    """The rows of a device in its file. row : int64 (n,), rows of the file; x : float64 (n,)."""

    file: str
    name: str
    row: np.ndarray
    x: np.ndarray

    def refuse(self, message: str) -> InputError:
        return InputError(f"{self.file}: {f'device {self.name}: ' if self.name else ''}{message}")


def _table(path: Path) -> tuple[dict[str, list[str]], np.ndarray]:
    """Columns as text by lower-case name, and the row of the file of each entry."""
    text = read_text(path, refuse=InputError)
    start = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    separator = next((mark for mark in (",", ";", "\t") if mark in start), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    header: list[str] = []
    rows, numbers = [], []
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
                continue
            if not header:
                header = [cell.strip().lower() for cell in cells]
            elif len(cells) != len(header):
                raise InputError(
                    f"{path.name}: row {reader.line_num} has {len(cells)} values, the header has {len(header)} names"
                )
            else:
                rows.append(cells)
                numbers.append(reader.line_num)
    except csv.Error as error:
        raise InputError(f"{path.name}: row {reader.line_num} is not CSV ({error})") from None
    if not header:
        raise InputError(f"{path.name}: is empty; a header and rows are needed")
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise InputError(f"{path.name}: has two columns named {twice[0]!r}")
    if not rows:
        raise InputError(f"{path.name}: has a header ({', '.join(header)}) and no rows")
    return {name: list(column) for name, column in zip(header, zip(*rows, strict=True), strict=True)}, np.array(numbers)


def _kind(file: str, columns: dict[str, list[str]]) -> tuple[str, str]:
    """(kind, column that holds the result)."""
    results = [name for name in columns if name in _RESULT]
    if not results:
        raise InputError(
            f"{file}: the columns {', '.join(columns)} are no known kind of measurement; needed are input, n and one "
            "of p, mean, ones for a sigmoid, time and value for traces, or bit for bits"
        )
    if len(results) > 1:
        raise InputError(f"{file}: has both {results[0]} and {results[1]}; keep one, so that the kind is clear")
    return _RESULT[results[0]], results[0]


def _need(file: str, kind: str, columns: dict[str, list[str]], times: list[str], inputs: list[str]) -> None:
    missing = []
    if kind == SIGMOID:
        missing += [] if inputs else ["input"]
        missing += [] if "n" in columns else ["n (samples per point)"]
    if kind == TRACES and not times:
        missing.append("time (or time_ns, time_us, ...)")
    if missing:
        raise InputError(
            f"{file}: {kind} need{'s' if kind == SIGMOID else ''} a column {' and '.join(missing)}, "
            f"found {', '.join(columns)}"
        )


def _numbers(file: str, name: str, column: list[str], row: np.ndarray) -> np.ndarray:
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


def _scale(given: str | float | None, unit: str) -> float | None:
    if given is None:
        return None
    if isinstance(given, str) and not unit:
        try:
            value = parse(given, "number", name="input-scale")
        except InputError:
            raise InputError(
                f"input-scale must be a plain number where the header says input without a unit, got {given!r}"
            ) from None
    else:
        value = parse(given, _DIMENSION[unit] if unit else "number", name="input-scale")
    if value <= 0:
        raise InputError(f"input-scale must be > 0, got {given}")
    return value


def _sigmoid(rows: _Rows, result: str, value: np.ndarray, n: np.ndarray) -> Device:
    if (n <= 0).any():
        k = int(np.argmax(n <= 0))
        raise InputError(f"{rows.file}: row {rows.row[k]}: n must be > 0, got {n[k]:g}")
    low, high = {"p": (0.0, 1.0), "mean": (-1.0, 1.0), "ones": (0.0, np.inf)}[result]
    outside = (value < low) | (value > (n if result == "ones" else high))
    if outside.any():
        k = int(np.argmax(outside))
        rule = f"between 0 and n = {n[k]:g}" if result == "ones" else f"between {low:g} and {high:g}"
        raise InputError(f"{rows.file}: row {rows.row[k]}: {result} must be {rule}, got {value[k]:g}")
    ones = {"p": n * value, "mean": n * (1 + value) / 2, "ones": value}[result]
    if np.unique(rows.x).size < 2:
        raise rows.refuse(f"every row has the same input, {rows.x[0]:g}; gain and offset need at least two inputs")
    for count, word in ((ones, "-1"), (n - ones, "+1")):
        if not (count > 0).any():
            raise rows.refuse(f"every sample is {word}; a fit needs both states")
    return Device(name=rows.name, x=rows.x, trials=n, ones=ones)


def _links(rows: _Rows, time_s: np.ndarray, *, across_inputs: bool) -> tuple[np.ndarray, float, tuple[str, ...]]:
    """(linked (n,), interval in s, notes) of samples that should be evenly spaced; a gap or a new input breaks the
    link, and a note says how many samples are left out for a gap.

    Each block at one input may start its own time.
    """
    step = np.diff(time_s)
    same = np.diff(rows.x) == 0
    late = (step <= 0) & same
    if late.any():
        k = int(np.argmax(late)) + 1
        raise InputError(
            f"{rows.file}: row {rows.row[k]}: time must increase, got {time_s[k]:g} s after {time_s[k - 1]:g} s"
        )
    usable = (step > 0) & (same | across_inputs)
    if not usable.any():
        raise rows.refuse("the input changes in every row; a dwell time needs successive rows at one input")
    median = np.median(step[usable])
    regular = usable & (np.abs(step - median) <= REGULAR * median)
    if 2 * regular.sum() <= usable.sum():
        raise rows.refuse("samples must be evenly spaced in time; a list of switching times is not a trace")
    interval_s = float(step[regular].mean())
    left_out = int(usable.sum() - regular.sum())
    notes: tuple[str, ...] = ()
    if left_out:
        notes = (
            f"{left_out} of {step.size + 1} samples ({100 * left_out / (step.size + 1):.2g} %) do not follow the one "
            f"before by {format_si(interval_s, 's')}, so the changes to them are left out",
        )
    return np.concatenate(([False], regular)), interval_s, notes


def _trace(rows: _Rows, time_s: np.ndarray, value: np.ndarray) -> Device:
    linked, interval_s = np.zeros(1, dtype=bool), None
    notes: tuple[str, ...] = ()
    if rows.x.size > 1:
        linked, interval_s, notes = _links(rows, time_s, across_inputs=False)
    try:
        signal = read_signal(value, linked, interval_s)
    except InputError as error:
        raise rows.refuse(str(error)) from None
    return Device(
        name=rows.name,
        x=rows.x,
        state=signal.state,
        linked=linked,
        interval_s=interval_s,
        time_s=time_s,
        value=value,
        levels=signal.levels,
        notes=(*notes, *signal.notes),
    )


def _bits(rows: _Rows, bit: np.ndarray, time_s: np.ndarray | None, interval_s: float | None) -> Device:
    bad = ~np.isin(bit, (0.0, 1.0) if (bit == 0).any() else (-1.0, 1.0))
    if bad.any():
        k = int(np.argmax(bad))
        raise InputError(f"{rows.file}: row {rows.row[k]}: bit must be 0 or 1, or -1 or 1, got {bit[k]:g}")
    if np.unique(bit).size < 2:
        raise rows.refuse(f"every bit is {bit[0]:g}; a fit needs both states")
    linked = np.arange(bit.size) > 0
    notes: tuple[str, ...] = ()
    if time_s is not None:
        # a bit is drawn under its own input from the one before it, so a change of input breaks no link
        linked, interval_s, notes = _links(rows, time_s, across_inputs=True)
    return Device(
        name=rows.name,
        x=rows.x,
        state=(bit > 0).astype(np.int8),
        linked=linked,
        interval_s=interval_s,
        time_s=time_s,
        notes=notes,
    )
