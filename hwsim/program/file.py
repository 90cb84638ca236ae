"""Programs as files: an array for each field that differs from its default, and scalars in the manifest."""

from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import numpy as np

from hwsim import archive
from hwsim.errors import InputError
from hwsim.program.program import Program
from hwsim.program.record import Record, stored_name

KIND = "program"
VERSION = 3
Scalar = int | float | str | bool | None


class Manifest(archive.Head, forbid_unknown_fields=True):
    """Scalars by record and field."""

    records: dict[str, dict[str, Scalar]]


class FlatManifest(archive.Head):
    """Version 2, of hwsim 0.1: the scalars of one flat Program, and the names of arrays that were None."""

    clock: str
    period: int
    participation: float
    labels: str
    table_first: float
    table_step: float
    flicker_block: int
    flicker_octaves: int
    temperature_drift: float
    source: str
    source_shifts: int
    source_share: int
    source_phase: int
    energy_offset: float
    vartype: str
    update_j: float | None
    control_scale: float


def save(program: Program, path: str | Path) -> None:
    """Write ``path`` (npz with a JSON manifest), whole or not at all."""
    manifest, arrays = parts(program)
    archive.write(path, manifest, arrays)


def load(path: str | Path | BinaryIO) -> Program:
    """Read a Program that `save` wrote, from a path or an open file. Raises InputError for anything else."""
    kinds: dict[int, type[FlatManifest | Manifest]] = {2: FlatManifest, VERSION: Manifest}
    manifest, arrays = archive.read(path, KIND, kinds)
    try:
        program = of_parts(manifest, arrays) if isinstance(manifest, Manifest) else _of_flat(manifest, arrays)
        check_texts(program)
        return program
    except InputError as error:
        raise InputError(f"{archive.name_of(path)} is not a saved program: {error}") from None


def check_texts(program: Program) -> None:
    """Raise InputError unless the texts of a file are the names of the variables and the grades of the prices."""
    try:
        names = program.readout.names
        is_named = len(set(names)) == len(names) and all(_is_label(name) for name in names)
    except (ValueError, TypeError, RecursionError):
        names, is_named = [], False
    if not is_named or len(names) not in (0, program.n_variables):
        raise InputError(f"readout.labels must be {program.n_variables} different names, text, numbers or tuples")
    try:
        msgspec.json.decode(program.prices.grades_text, type=dict[str, str])
    except (msgspec.MsgspecError, UnicodeError):
        raise InputError("prices.grades_text must hold a grade for each price that is known") from None


def _is_label(name: Any) -> bool:
    if isinstance(name, tuple):
        return all(_is_label(part) for part in name)
    return isinstance(name, str | float | bool) or name is None or (isinstance(name, int) and abs(name) < 2**63)


def parts(program: Program) -> tuple[Manifest, dict[str, np.ndarray]]:
    """(manifest, arrays) of ``program``; arrays are called record.field, by the names that files keep."""
    scalars: dict[str, dict[str, Scalar]] = {}
    arrays: dict[str, np.ndarray] = {}
    for item in fields(program):
        own, columns = getattr(program, item.name).parts()
        scalars[item.name] = own
        arrays |= {f"{item.name}.{name}": value for name, value in columns.items()}
    return Manifest(format=f"hwsim-{KIND}", version=VERSION, records=scalars), arrays


def of_parts(manifest: Manifest, arrays: dict[str, np.ndarray]) -> Program:
    """The Program whose `parts` these are. Raises InputError."""
    records: dict[str, Record] = {}
    names = {item.name: item.type for item in fields(Program)}
    strange = [name for name in (*manifest.records, *(key.partition(".")[0] for key in arrays)) if name not in names]
    if strange:
        raise InputError(f"this version of hwsim does not know {strange[0]}")
    for name, kind in names.items():
        known = {part.name for part in fields(kind)}  # type: ignore[arg-type]
        strange = [part for part in manifest.records.get(name, {}) if part not in known]
        if strange:
            raise InputError(f"this version of hwsim does not know {name}.{strange[0]}")
    for name, kind in names.items():
        own = {key.partition(".")[2]: value for key, value in arrays.items() if key.partition(".")[0] == name}
        records[name] = kind.of_parts(manifest.records.get(name, {}), own)  # type: ignore[union-attr]
    return Program(**records)  # type: ignore[arg-type]


_RENAMED = {"clock": "kind", "noise": "white", "group": "pdit"}
"""Names in files of version 2 that are others in version 3."""
_RECORD_OF = {
    stored_name(part): item.name
    for item in fields(Program)
    for part in fields(item.type)  # type: ignore[arg-type]
}
"""The record of each field, by its name in files."""


def _of_flat(manifest: FlatManifest, arrays: dict[str, np.ndarray]) -> Program:
    """The Program of a file of version 2, whose fields had no records."""
    scalars: dict[str, dict[str, Scalar]] = {}
    columns: dict[str, np.ndarray] = {}
    for name, value in (msgspec.structs.asdict(manifest) | arrays).items():
        if name in ("format", "version") or (name == "table" and not len(value)):
            continue
        if name.startswith("problem_"):
            columns[f"readout.problem.{name.removeprefix('problem_')}"] = value
            continue
        name = _RENAMED.get(name, name)
        if name not in _RECORD_OF:
            raise InputError(f"this version of hwsim does not know {name}")
        record = _RECORD_OF[name]
        if isinstance(value, np.ndarray):
            columns[f"{record}.{name}"] = value
        else:
            scalars.setdefault(record, {})[name] = value
    return of_parts(Manifest(format=f"hwsim-{KIND}", version=VERSION, records=scalars), columns)
