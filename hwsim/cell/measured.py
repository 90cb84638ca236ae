"""Measurements of p-bits: a CSV file becomes frozen records, one per device, or is refused in one sentence.

Enters: a path, and what the file cannot say (interval between bits, size of one unit of input). Leaves: a Measured.

The kind follows from the header, whose names may be in any case; a ``device`` column separates devices:
sigmoid (``input``; ``p``, ``mean`` or ``ones``; ``n``), traces (``time``, ``value``) and bits (``bit``), the last two
with an optional ``input``; dwell times (``dwell``, ``state`` and, of a histogram, ``count``; or ``dwell_plus`` and
``dwell_minus``). ``time_ns``, ``input_mV`` or ``dwell_us`` carry their unit. A file whose columns are none of these is
a record of an instrument, see `hwsim.cell.instrument`: each channel is a device.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.cell.columns import TIMES, by_device, header, numbers, table, unused_columns
from hwsim.cell.dwells import DWELL_COLUMNS, Dwells, read_dwells
from hwsim.cell.instrument import Record, read_record
from hwsim.cell.signal import Levels, parted_signal, read_signal
from hwsim.display import short
from hwsim.errors import InputError
from hwsim.text import read_text
from hwsim.units import format_si, parse

SIGMOID, TRACES, BITS, DWELLS = "sigmoid", "traces", "bits", "dwell times"

_INPUT = {"input": (1.0, "")} | {
    f"input_{prefix}{unit}": (size, unit.upper())
    for unit in ("v", "a")
    for prefix, size in (("", 1.0), ("m", 1e-3), ("u", 1e-6), ("µ", 1e-6), ("n", 1e-9))
}
_RESULT = {"p": SIGMOID, "mean": SIGMOID, "ones": SIGMOID, "value": TRACES, "bit": BITS}
DIMENSION = {"V": "voltage", "A": "current"}

SAME_INTERVAL = 0.01
"""The mean distance of times may differ by this part from the interval that the instrument states."""
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
    plus, minus : dwell times of the two states, else None
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
    plus: Dwells | None = None
    minus: Dwells | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A file of measurements. ``input_unit``: V, A or empty; ``input_scale``: the input of x = 1, None if not given.
    ``notes``: sentences on the file, such as the columns that are not used;  ``is_record``: of an instrument, whose
    channels are the devices."""

    file: str
    kind: str
    devices: tuple[Device, ...]
    has_input: bool
    input_unit: str
    input_scale: float | None
    notes: tuple[str, ...] = ()
    is_record: bool = False


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a file cannot say. interval_s : between samples, in place of the file's times;  input_scale : the input that
    is x = 1, in the unit of the column: a number, or text such as ``"50 mV"`` where the header says volts or amperes
    columns : names of the time and of the channels of a record;  threshold : between the two levels of a record
    inputs : at which each of several files of one device was recorded: numbers, or text such as ``"-40 mV"``"""

    interval_s: float | None = None
    input_scale: str | float | None = None
    columns: Sequence[str] | None = None
    threshold: float | None = None
    inputs: Sequence[str | float] | None = None

    def __post_init__(self) -> None:
        if self.interval_s is not None and not (np.isfinite(self.interval_s) and self.interval_s > 0):
            raise InputError(f"interval must be > 0, got {self.interval_s:g} s")


def read_measured(path: str | Path, how: Reading | None = None) -> Measured:
    """The measurements in ``path``, read as ``how`` says. Raises InputError, with the row as spreadsheets count it."""
    path, how = Path(path), Reading() if how is None else how
    text = read_text(path, refuse=InputError)
    heads = header(text)
    if how.columns is not None or not set(heads) & (_RESULT.keys() | DWELL_COLUMNS.keys()):
        record = read_record(path.name, text, columns=how.columns, needs_time=how.interval_s is None)
        if record is not None:
            return _recorded(path.name, record, how)
    columns, row = table(path.name, text)
    if set(columns) & DWELL_COLUMNS.keys() and not set(columns) & _RESULT.keys():
        return _of_dwells(path.name, columns, row, how)
    return _of_columns(path.name, columns, row, how)


def _of_columns(file: str, columns: dict[str, list[str]], row: np.ndarray, how: Reading) -> Measured:
    """The measurements of a file whose header names their kind."""
    kind, result = _kind(file, columns)
    times = [name for name in columns if name in TIMES]
    inputs = [name for name in columns if name in _INPUT]
    for found, word in ((times, "time"), (inputs, "input")):
        if len(found) > 1:
            raise InputError(f"{file}: has both {found[0]} and {found[1]}; keep one {word} column")
    _need(file, kind, columns, times or how.interval_s is not None, inputs)
    if how.interval_s is not None and kind == SIGMOID:
        raise InputError(f"an interval is for bits and traces; {file} holds a sigmoid")
    if how.threshold is not None and kind != TRACES:
        raise InputError(f"a threshold is for traces; {file} holds {kind}")
    wanted = [result, *times, *inputs] + (["n"] if kind == SIGMOID else [])
    data = {name: numbers(file, name, columns[name], row) for name in wanted}
    unit, scale = "", None
    x = np.zeros(row.size)
    if inputs:
        size, unit = _INPUT[inputs[0]]
        scale = input_scale_of(how.input_scale, unit)
        x = data[inputs[0]] * (size / (1.0 if scale is None else scale))
    elif how.input_scale is not None:
        raise InputError(f"{file}: an input scale needs an input column, found {', '.join(columns)}")
    time_s = data[times[0]] * TIMES[times[0]] if times and how.interval_s is None else None
    devices = []
    for name, rows in by_device(file, columns, row):
        device = _Rows(file, name, row[rows], x[rows])
        own = None if time_s is None else time_s[rows]
        if kind == SIGMOID:
            devices.append(_sigmoid(device, result, data[result][rows], data["n"][rows]))
        elif kind == TRACES:
            devices.append(_trace(device, own, data["value"][rows], how))
        else:
            devices.append(_bits(device, data["bit"][rows], own, how.interval_s))
    return Measured(
        file=file,
        kind=kind,
        devices=tuple(devices),
        has_input=bool(inputs),
        input_unit=unit,
        input_scale=scale,
        notes=unused_columns(columns, (*wanted, "device")),
    )


def _recorded(file: str, record: Record, how: Reading) -> Measured:
    """The devices of a record: its channels."""
    if how.input_scale is not None:
        raise InputError(f"{file}: is a record of an instrument, which has no input to scale")
    time_s, interval_s = record.time_s, how.interval_s
    if interval_s is None and _is_rounded(time_s, record.interval_s):
        interval_s = record.interval_s
    several = len(record.channels) > 1
    devices = []
    for name, value in record.channels.items():
        bad = ~np.isfinite(value)
        if bad.any():
            raise InputError(f"{file}: row {record.row[int(np.argmax(bad))]}: {name} must be a finite number")
        rows = _Rows(file, name if several else "", record.row, np.zeros(value.size))
        try:
            devices.append(
                _trace(rows, None if interval_s is not None else time_s, value, replace(how, interval_s=interval_s))
            )
        except InputError as error:
            if not several:
                raise
            raise InputError(f"{error} (to leave a column out, name those to use: --columns)") from None
    return Measured(
        file=file, kind=TRACES, devices=tuple(devices), has_input=False, input_unit="", input_scale=None, is_record=True
    )


def _is_rounded(time_s: np.ndarray | None, interval_s: float | None) -> bool:
    """Whether the ``interval_s`` that an instrument states is to be used in place of the times that it wrote: there are
    none, or they are evenly spaced but for rounding."""
    if time_s is None or interval_s is None:
        return time_s is None
    return time_s.size > 1 and abs((time_s[-1] - time_s[0]) / (time_s.size - 1) / interval_s - 1) < SAME_INTERVAL


def _of_dwells(file: str, columns: dict[str, list[str]], row: np.ndarray, how: Reading) -> Measured:
    """Lists or histograms of dwell times."""
    if how.interval_s is not None or how.threshold is not None or how.input_scale is not None:
        raise InputError(f"{file}: holds dwell times, which have no interval, threshold or input")
    found = read_dwells(file, columns, row)
    return Measured(
        file=file,
        kind=DWELLS,
        devices=tuple(Device(name=name, x=np.zeros(1), plus=plus, minus=minus) for name, plus, minus in found),
        has_input=False,
        input_unit="",
        input_scale=None,
        notes=unused_columns(columns, (*DWELL_COLUMNS, "device", "count", "state")),
    )


@dataclass(frozen=True)
class _Rows:
    """The rows of a device in its file. row : int64 (n,), rows of the file; x : float64 (n,)."""

    file: str
    name: str
    row: np.ndarray
    x: np.ndarray

    def refuse(self, message: str) -> InputError:
        return InputError(f"{self.file}: {f'device {self.name}: ' if self.name else ''}{message}")


def _kind(file: str, columns: dict[str, list[str]]) -> tuple[str, str]:
    """(kind, column that holds the result)."""
    results = [name for name in columns if name in _RESULT]
    if not results:
        raise InputError(
            f"{file}: no known kind of measurement has the columns {short(', '.join(columns), 40)}: give input, n "
            "and one of p, mean, ones, or time and value, or bit, or dwell and state (--columns names others)"
        )
    if len(results) > 1:
        raise InputError(f"{file}: has both {results[0]} and {results[1]}; keep one, so that the kind is clear")
    return _RESULT[results[0]], results[0]


def _need(file: str, kind: str, columns: dict[str, list[str]], times: Any, inputs: list[str]) -> None:
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


def input_scale_of(given: str | float | None, unit: str) -> float | None:
    """The input at which x = 1, in SI; ``unit`` is V, A or empty. Raises InputError."""
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
        value = parse(given, DIMENSION[unit] if unit else "number", name="input-scale")
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
            f"{rows.file}: row {rows.row[k]}: time must increase, got {time_s[k]:g} s after {time_s[k - 1]:g} s; "
            "if times are rounded, give --interval"
        )
    usable = (step > 0) & (same | across_inputs)
    if not usable.any():
        raise rows.refuse("the input changes in every row; a dwell time needs successive rows at one input")
    median = np.median(step[usable])
    regular = usable & (np.abs(step - median) <= REGULAR * median)
    if 2 * regular.sum() <= usable.sum():
        raise rows.refuse(
            "samples must be evenly spaced in time, and a list of switching times is not a trace; if times are "
            "rounded, give --interval"
        )
    interval_s = float(step[regular].mean())
    left_out = int(usable.sum() - regular.sum())
    notes: tuple[str, ...] = ()
    if left_out:
        notes = (
            f"{left_out} of {step.size + 1} samples ({100 * left_out / (step.size + 1):.2g} %) do not follow the one "
            f"before by {format_si(interval_s, 's')}, so the changes to them are left out",
        )
    return np.concatenate(([False], regular)), interval_s, notes


def _trace(rows: _Rows, time_s: np.ndarray | None, value: np.ndarray, how: Reading) -> Device:
    """A trace with its own times, or with samples ``how.interval_s`` apart where it has none."""
    n = rows.x.size
    linked, interval_s = np.zeros(1, dtype=bool), how.interval_s
    notes: tuple[str, ...] = ()
    if time_s is None:
        assert interval_s is not None
        time_s = np.arange(n) * interval_s
        linked = np.concatenate(([False], np.diff(rows.x) == 0))
    elif n > 1:
        linked, interval_s, notes = _links(rows, time_s, across_inputs=False)
    try:
        if how.threshold is None:
            signal = read_signal(value, linked, interval_s)
        else:
            signal = parted_signal(value, how.threshold)
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
