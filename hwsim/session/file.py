"""Runs as files: the program, the states and energies, and the traces that were recorded, in one archive."""

from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from hwsim import archive
from hwsim.anneal import Anneal
from hwsim.arguments import named
from hwsim.errors import InputError
from hwsim.program import file as program_file
from hwsim.session.run import Run

KIND = "run"
VERSION = 1


class Facts(archive.Head, forbid_unknown_fields=True):
    """Scalars of a run, and the manifest of its program."""

    program: program_file.Manifest
    anneal_end: int
    engine: str
    engine_reason: str
    seed: int
    device_time_s: float
    host_seconds: float
    updates: int
    interrupted: bool
    device_energy_j: float | None
    traces: list[int]
    flips: int | None = None


_SCALARS = (
    "engine",
    "engine_reason",
    "seed",
    "device_time_s",
    "host_seconds",
    "updates",
    "flips",
    "interrupted",
    "device_energy_j",
)
_ARRAYS: dict[str, Any] = {
    "states": np.int8,
    "initial_states": np.int8,
    "read_bias": np.float64,
    "energies": np.float64,
    "schedule": np.int64,
    "checkpoint_times_s": np.float64,
    "checkpoint_energies": np.float64,
}
_OPTIONAL = ("initial_states", "read_bias")
_ANNEAL: dict[str, Any] = {"start": np.int64, "beta": np.float64, "drive": np.float64}
_TRACE: dict[str, Any] = {"time": np.int64, "pbit": np.int32, "value": np.int8}


@named
def save_run(run: Run, path: str | Path) -> None:
    """Write ``run`` to ``path`` (npz with a JSON manifest), whole or not at all."""
    manifest, arrays = program_file.parts(run.program)
    arrays = {f"program/{name}": value for name, value in arrays.items()}
    arrays |= {name: getattr(run, name) for name in _ARRAYS if getattr(run, name) is not None}
    arrays |= {f"anneal/{name}": getattr(run.anneal, name) for name in _ANNEAL if getattr(run.anneal, name) is not None}
    for read, trace in run.traces.items():
        arrays |= {f"trace/{read}/{name}": values for name, values in zip(_TRACE, trace, strict=True)}
    facts = Facts(
        format=f"hwsim-{KIND}",
        version=VERSION,
        program=manifest,
        anneal_end=run.anneal.end,
        traces=list(run.traces),
        **{name: getattr(run, name) for name in _SCALARS},
    )
    archive.write(path, facts, arrays)


@named
def load_run(path: str | Path | BinaryIO) -> Run:
    """The Run that `save_run` wrote. Raises InputError for anything else."""
    facts, arrays = archive.read(path, KIND, {VERSION: Facts})
    try:
        return _of_parts(facts, arrays)
    except InputError as error:
        raise InputError(f"{archive.name_of(path)} is not a saved run: {error}") from None


def _of_parts(facts: Facts, arrays: dict[str, np.ndarray]) -> Run:
    def pick(prefix: str, kinds: dict[str, Any]) -> dict[str, np.ndarray]:
        found = {name: arrays[prefix + name] for name in kinds if prefix + name in arrays}
        for name, values in found.items():
            if values.dtype != kinds[name]:
                raise InputError(f"{prefix}{name} must be {np.dtype(kinds[name])}, got {values.dtype}")
        return found

    if "group" in arrays:  # the schedule of each read, as the first files named it
        arrays["schedule"] = arrays.pop("group")
    own = {key.partition("/")[2]: value for key, value in arrays.items() if key.startswith("program/")}
    program = program_file.of_parts(facts.program, own)
    program_file.check_texts(program)
    values, anneal = pick("", _ARRAYS), pick("anneal/", _ANNEAL)
    traces = {read: pick(f"trace/{read}/", _TRACE) for read in facts.traces}
    lacking = [name for name in _ARRAYS if name not in values and name not in _OPTIONAL]
    lacking += [f"anneal/{name}" for name in ("start", "beta") if name not in anneal]
    lacking += [f"trace/{read}" for read, trace in traces.items() if len(trace) != len(_TRACE)]
    if lacking:
        raise InputError(f"{lacking[0]} is missing")
    _check_arrays(values, program.n_pbits)
    for read, trace in traces.items():
        _check_trace(read, trace, facts.anneal_end, values["states"].shape)
    return Run(
        program=program,
        anneal=Anneal(end=facts.anneal_end, **anneal),  # type: ignore[arg-type]
        traces={read: tuple(trace[name] for name in _TRACE) for read, trace in traces.items()},  # type: ignore[misc]
        **dict.fromkeys(_OPTIONAL) | values,  # type: ignore[arg-type]
        **{name: getattr(facts, name) for name in _SCALARS},
    )


def _check_arrays(values: dict[str, np.ndarray], n_pbits: int) -> None:
    """Raise InputError unless the arrays of a run fit each other, states are +-1 and all numbers finite."""
    reads, looks = values["energies"].size, values["checkpoint_times_s"].size
    each = (reads, n_pbits)
    shapes: dict[str, tuple[int, ...]] = {"energies": (reads,), "schedule": (reads,), "checkpoint_times_s": (looks,)}
    shapes |= {"states": each, "initial_states": each, "read_bias": each, "checkpoint_energies": (looks, reads)}
    for name, value in values.items():
        if value.shape != shapes[name]:
            raise InputError(f"{name} must have the shape {shapes[name]}, got {value.shape}")
        if value.dtype == np.float64 and not np.isfinite(value).all():
            raise InputError(f"{name} holds a value that is not finite")
        if value.dtype == np.int8 and not np.all(np.abs(value) == 1):
            raise InputError(f"{name} must hold -1 and +1")
    if not (reads and looks and np.all((values["schedule"] >= 0) & (values["schedule"] < reads))):
        raise InputError("a run needs a read, a checkpoint, and schedules with numbers below that of its reads")


def _check_trace(read: int, trace: dict[str, np.ndarray], end: int, shape: tuple[int, ...]) -> None:
    """Raise InputError unless ``trace`` is one of ``read``. end : of the run, ticks;  shape : (reads, p-bits)"""
    time, pbit, value = (trace[name] for name in _TRACE)
    is_whole = 0 <= read < shape[0] and time.ndim == 1 and time.shape == pbit.shape == value.shape
    if not (
        is_whole
        and np.all((time >= 0) & (time < end) & (pbit >= 0) & (pbit < shape[1]) & (np.abs(value) == 1))
        and np.all(np.diff(time) >= 0)
    ):
        raise InputError(f"the trace of read {read} is none of this run")


_UNSAVED = {item.name for item in fields(Run)} - set(_SCALARS) - set(_ARRAYS) - {"program", "anneal", "traces"}
if _UNSAVED:  # a new field of Run needs a place in the file
    raise TypeError(f"fields of a Run that files do not hold: {', '.join(sorted(_UNSAVED))}")
