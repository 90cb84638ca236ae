"""Several files of measurements become one Measured: each file a device, or the same devices at another input.

Enters: paths, and what the files cannot say. Leaves: a Measured.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.cell.measured import (
    BITS,
    DIMENSION,
    SAME_INTERVAL,
    TRACES,
    Device,
    Measured,
    Reading,
    input_scale_of,
    read_measured,
)
from hwsim.errors import InputError
from hwsim.units import format_si, parse


def read_all(paths: Sequence[str | Path], how: Reading) -> Measured:
    """The measurements in one file, or in several of one kind, whose devices are named by file; where ``how`` gives the
    input of each file, they are records of the same devices. Raises InputError."""
    if not paths:
        raise InputError("name a file of measurements")
    if how.inputs is not None:
        return at_inputs([read_measured(path, replace(how, input_scale=None)) for path in paths], how)
    found = [read_measured(path, how) for path in paths]
    first = found[0]
    if len(found) == 1:
        return first
    for one in found[1:]:
        for what in ("kind", "has_input", "input_unit"):
            if getattr(one, what) != getattr(first, what):
                raise InputError(
                    f"{one.file} holds {one.kind} and {first.file} {first.kind}, or their inputs differ: files that "
                    "are fitted together hold the same columns"
                )
    stems = [Path(path).stem for path in paths]
    if len(set(stems)) < len(stems):
        raise InputError("files that are fitted together need different names, as devices are named by them")
    devices = [
        replace(device, name=f"{stem} {device.name}".rstrip() if len(one.devices) > 1 or _is_named(one) else stem)
        for stem, one in zip(stems, found, strict=True)
        for device in one.devices
    ]
    notes = tuple(f"{one.file}: {note}" for one in found for note in one.notes)
    file = f"{first.file} and {len(found) - 1} more"
    return replace(first, file=file, devices=tuple(devices), notes=notes)


def at_inputs(found: Sequence[Measured], how: Reading) -> Measured:
    """The measurements of the same devices, each of ``found`` at one of ``how.inputs``. Raises InputError."""
    given = list(how.inputs or ())
    if len(given) != len(found):
        raise InputError(f"{len(found)} files need as many inputs, got {len(given)}")
    first = found[0]
    for one in found:
        if one.kind not in (TRACES, BITS) or one.kind != first.kind or one.has_input:
            raise InputError(f"{one.file}: inputs are given for files of traces, or of bits, that state no input")
        if [device.name for device in one.devices] != [device.name for device in first.devices]:
            raise InputError(f"{one.file} and {first.file} hold different devices or channels")
    unit, values = _inputs(given)
    scale = input_scale_of(how.input_scale, unit)
    x = np.array(values) / (1.0 if scale is None else scale)
    devices = [_joined([one.devices[k] for one in found], x, first.file) for k in range(len(first.devices))]
    notes = tuple(f"{one.file}: {note}" for one in found for note in one.notes)
    file = f"{first.file} and {len(found) - 1} more" if len(found) > 1 else first.file
    return replace(
        first, file=file, devices=tuple(devices), has_input=True, input_unit=unit, input_scale=scale, notes=notes
    )


def _inputs(given: Sequence[str | float]) -> tuple[str, list[float]]:
    """(V, A or empty, SI values) of inputs, all of one unit. Raises InputError."""
    for unit, dimension in (("", "number"), *DIMENSION.items()):
        try:
            return unit, [parse(value, dimension, name="inputs") for value in given]
        except InputError:
            continue
    raise InputError(f"inputs are numbers, all in volts or all in amperes, got {', '.join(map(str, given))}")


def _joined(parts: Sequence[Device], x: np.ndarray, file: str) -> Device:
    """One device from its records, each at one of the inputs ``x`` float64 (k,)."""
    intervals = [part.interval_s for part in parts]
    known = [interval for interval in intervals if interval is not None]
    if known and (len(known) < len(parts) or max(known) > (1 + SAME_INTERVAL) * min(known)):
        shown = ", ".join("none" if one is None else format_si(one, "s") for one in intervals)
        raise InputError(f"{file} and the other files have different intervals between samples: {shown}")
    columns: dict[str, Any] = {}
    for name in ("state", "linked", "time_s", "value"):
        values = [getattr(part, name) for part in parts]
        columns[name] = None if values[0] is None else np.concatenate(values)
    levels = [part.levels for part in parts if part.levels is not None]
    return replace(
        parts[0],
        x=np.repeat(x, [part.x.size for part in parts]),
        interval_s=float(np.mean(known)) if known else None,
        levels=min(levels, key=lambda each: each.separation) if levels else None,
        notes=tuple(f"at x = {at:.4g}: {note}" for at, part in zip(x, parts, strict=True) for note in part.notes),
        **columns,
    )


def _is_named(one: Measured) -> bool:
    """Whether the file itself names its devices, other than by a channel."""
    return bool(one.devices[0].name) and not one.is_record
