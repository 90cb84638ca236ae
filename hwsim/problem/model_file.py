"""Model files: the ``.npz`` of a trained network, read as a problem whose variables have the names of the data.

Enters: a file. Leaves: its manifest and arrays, checked, or a Problem. `hwsim.learn.model` writes these files.
"""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from hwsim import archive
from hwsim.display import counted
from hwsim.errors import InputError, ReadError
from hwsim.problem.problem import Problem, make_bqm

KIND = "model"
VERSION = 1
VISIBLE, LABEL, HIDDEN = 0, 1, 2
"""Roles of a unit: a column of the data, a p-bit that codes a label, or neither."""
ROLES = ("visible", "label", "hidden")
MOST = 1e100
"""Of a bias or a coupling: sums of larger ones, and products of them, may leave the range of float64."""
TRAINING = "training."
"""What the names of arrays begin with that only a training that goes on needs."""


class _Settings(msgspec.Struct):
    """What was set of the chip of a training: a card, faults that were left out, and parameters by name."""

    card: str | None = None
    without: str | list[str] = ()  # type: ignore[assignment]


class _Notes(msgspec.Struct):
    """What commands read in the notes of a training; a user's own may hold more."""

    plan: dict[str, Any] | None = None
    settings: _Settings | None = None


class Manifest(archive.Head, forbid_unknown_fields=True):
    """What a model is besides its arrays.

    names : of the visible and the label units, in order;  beta : at which it was trained;  chip : card on which it was
    trained;  code : how data became bits (see `hwsim.learn.data`);  notes : of its training, plain data
    """

    name: str
    names: list[str]
    beta: float
    chip: str | None
    code: dict[str, Any] | None
    notes: dict[str, Any]


_ARRAYS: dict[str, Any] = {
    "bias": np.float64,
    "first": np.int64,
    "second": np.int64,
    "weight": np.float64,
    "role": np.int8,
    "sites": np.int64,
}


def read_model_file(path: Any) -> tuple[Manifest, dict[str, np.ndarray]]:
    """(manifest, arrays) of the model file ``path``, a path or an open file. Raises InputError."""
    manifest, arrays = archive.read(path, KIND, {VERSION: Manifest})
    name = archive.name_of(path)
    unknown = [key for key in arrays if key not in _ARRAYS and not key.startswith(TRAINING)]
    if unknown:
        raise InputError(f"{name} is a damaged model: this version of hwsim does not know its array {unknown[0]!r}")
    try:
        for key in _ARRAYS:
            if key != "sites" or key in arrays:
                check_array(arrays.get(key), key)
        check_notes(manifest.notes)
        check_units(**{key: arrays.get(key) for key in _ARRAYS}, names=manifest.names)  # type: ignore[arg-type]
    except InputError as error:
        raise InputError(f"{name} is a damaged model: {error}") from None
    return manifest, arrays


def check_notes(notes: Mapping[str, Any]) -> None:
    """Raise InputError where the notes of a training are not what commands read in them."""
    try:
        msgspec.convert(notes, _Notes)
    except msgspec.ValidationError:
        raise InputError("the notes of its training are damaged") from None


def check_array(value: np.ndarray | None, key: str, *, dimensions: int = 1) -> None:
    """Raise InputError unless ``value`` has the type of the array ``key`` of a model."""
    dtype = np.dtype(_ARRAYS[key])
    if value is None or value.dtype != dtype or value.ndim != dimensions:
        raise InputError(f"{key} must be an array of {dtype} in {counted(dimensions, 'dimension')}")


def check_units(
    bias: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    weight: np.ndarray,
    role: np.ndarray,
    sites: np.ndarray | None,
    names: Sequence[str],
) -> None:
    """Raise InputError unless these arrays are a model: see `hwsim.learn.model.Model`."""
    n, k = len(bias), len(weight)
    if n == 0:
        raise InputError("a model needs at least one unit")
    if len(role) != n or (sites is not None and len(sites) != n):
        raise InputError(f"role and sites must have an entry for each of the {n} units")
    if len(first) != k or len(second) != k:
        raise InputError(f"first and second must have an entry for each of the {k} couplings")
    if not (np.all(np.abs(bias) < MOST) and np.all(np.abs(weight) < MOST)):  # NaN too
        raise InputError(f"a bias or a coupling is not finite, or beyond {MOST:g}")
    if np.any(np.diff(role) < 0) or role[0] != VISIBLE or role[-1] > HIDDEN:
        raise InputError("units must be visible, then label, then hidden, with at least one that is visible")
    if k and (first.min() < 0 or second.max() >= n or np.any(first >= second)):
        raise InputError(f"a coupling must join units i < j below {n}")
    if np.any(np.diff(first * n + second) <= 0):
        raise InputError("couplings must ascend, by their first and then their second unit, each given once")
    if sites is not None and (len(np.unique(sites)) != n or sites.min() < 0):
        raise InputError("sites must be different numbers of p-bits")
    seen = int(np.sum(role != HIDDEN))
    twice = next((name for k, name in enumerate(names) if name in names[:k]), None) if len(set(names)) < seen else None
    if twice is not None:
        raise InputError(f"two visible or label units are named {twice!r}: give each column a name of its own")
    if len(names) != seen:
        raise InputError(f"names must be one for each of the {seen} visible and label units")


def unit_names(names: Sequence[str], n: int) -> list[str]:
    """The names of all ``n`` units: ``names``, then those of the hidden ones."""
    taken = set(names)
    word = "hidden" if not any(name.startswith("hidden ") for name in taken) else "hidden unit"
    return [*names, *(f"{word} {k}" for k in range(n - len(names)))]


def model_problem(manifest: Manifest, arrays: dict[str, np.ndarray]) -> Problem:
    """The model as a problem: units without a coupling are kept, couplings of 0 are left out."""
    bias, role, sites = arrays["bias"], arrays["role"], arrays.get("sites")
    labels = unit_names(manifest.names, len(bias))
    used = arrays["weight"] != 0
    bqm = make_bqm(bias, arrays["first"][used], arrays["second"][used], arrays["weight"][used], labels)
    of_role = {word: [labels[i] for i in np.flatnonzero(role == number)] for number, word in enumerate(ROLES)}
    return Problem(
        bqm=bqm,
        name=manifest.name,
        kind="boltzmann",
        roles={word: members for word, members in of_role.items() if members},
        sites={} if sites is None else dict(zip(labels, sites.tolist(), strict=True)),
    )


def is_model(names: Sequence[str]) -> bool:
    """Whether the arrays called ``names`` may be those of a model."""
    return {"manifest", "bias", "role", "first", "second"} <= set(names)


def read_model(path: Path, data: bytes) -> Problem:
    """The Problem of the model file that holds ``data``. Raises ReadError."""
    try:
        return model_problem(*read_model_file(io.BytesIO(data)))
    except InputError as error:
        raise ReadError(str(error).replace(archive.name_of(None), str(path), 1)) from None
