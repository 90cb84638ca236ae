"""Program: the narrow waist. Flat arrays that an engine reads; no graph objects and no names of cells.

Mapping makes a Program; engines read nothing else. It can be checked, hashed (the hash names a result), saved, loaded.
"""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from hwsim.errors import InputError

CLOCK_CODES = {
    "synchronous": 0,
    "chromatic": 1,
    "sequential": 2,
    "random-sequential": 3,
    "poisson": 4,
    "free-running": 5,
}
"""Integer code of each clock (design: who updates when), as the kernels know it."""

_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class Program:
    """A problem on a chip, ready to run. n p-bits, m stored connections (each coupling is stored in both rows).

    Network (dimod's sign, E = sum h s + sum J s s):
      bias : float64 (n,);  indptr : int64 (n+1,);  indices : int32 (m,);  weight : float64 (m,)
      delay : int64 (m,) ticks from a commit of ``indices[k]`` until the row's p-bit sees it
    Cells, one entry per p-bit:
      gain, offset : float64 (n,), dimensionless;  input_low, input_high, input_step : float64 (n,), quantiser of
      beta I, step 0 for none;  threshold_word : float64 (n,), 2**(32 - comparator bits);
      synapse : float64 (n,), RC time constant of the input in ticks, 0 for none
    Clock:
      clock : a key of CLOCK_CODES;  period : int, ticks of one round;  participation : float in (0, 1];
      color : int32 (n,), colour class of each p-bit;  tau : float64 (n,), mean interval in ticks (poisson,
      free-running);  phase : int64 (n,), first tick (free-running);  jitter : float64 (n,), ticks (free-running)
    Decoding:
      labels : JSON text of the variable names in p-bit order;  energy_offset : float added to every energy;
      vartype : "SPIN" or "BINARY", the problem's own
    """

    bias: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    weight: np.ndarray
    delay: np.ndarray
    gain: np.ndarray
    offset: np.ndarray
    input_low: np.ndarray
    input_high: np.ndarray
    input_step: np.ndarray
    threshold_word: np.ndarray
    synapse: np.ndarray
    clock: str
    period: int
    participation: float
    color: np.ndarray
    tau: np.ndarray
    phase: np.ndarray
    jitter: np.ndarray
    labels: str
    energy_offset: float = 0.0
    vartype: str = "SPIN"

    def __post_init__(self) -> None:
        check(self)

    @property
    def n_pbits(self) -> int:
        """How many p-bits."""
        return len(self.bias)

    @property
    def n_couplings(self) -> int:
        """How many couplings (pairs)."""
        return len(self.weight) // 2

    @property
    def uniform_delay(self) -> int | None:
        """The one delay of every connection in ticks, or None when they differ."""
        if len(self.delay) == 0:
            return 0
        first = int(self.delay[0])
        return first if bool(np.all(self.delay == first)) else None


_PER_PBIT = {
    "bias": np.float64,
    "gain": np.float64,
    "offset": np.float64,
    "input_low": np.float64,
    "input_high": np.float64,
    "input_step": np.float64,
    "threshold_word": np.float64,
    "synapse": np.float64,
    "color": np.int32,
    "tau": np.float64,
    "phase": np.int64,
    "jitter": np.float64,
}
_PER_CONNECTION = {"indices": np.int32, "weight": np.float64, "delay": np.int64}


def check(program: Program) -> None:
    """Raise InputError in one sentence unless every array has its shape, dtype and range."""
    n, m = len(program.bias), len(program.weight)
    if n == 0:
        raise InputError("a program needs at least one p-bit")
    expected = {name: (n, dtype) for name, dtype in _PER_PBIT.items()}
    expected |= {name: (m, dtype) for name, dtype in _PER_CONNECTION.items()} | {"indptr": (n + 1, np.int64)}
    for name, (length, dtype) in expected.items():
        array = getattr(program, name)
        if array.shape != (length,) or array.dtype != dtype or not array.flags.c_contiguous:
            raise InputError(f"program.{name} must be {np.dtype(dtype)} ({length},), got {array.dtype} {array.shape}")
        if array.dtype == np.float64 and not np.all(np.isfinite(array)):
            raise InputError(f"program.{name} holds a value that is not finite")
    if program.indptr[0] != 0 or program.indptr[-1] != m or np.any(np.diff(program.indptr) < 0):
        raise InputError("program.indptr must rise from 0 to the number of connections")
    if m and (program.indices.min() < 0 or program.indices.max() >= n):
        raise InputError("program.indices must lie in [0, n)")
    if np.any(program.indices == np.repeat(np.arange(n), np.diff(program.indptr))):
        raise InputError("program.indices couples a p-bit to itself")
    if np.any(program.delay < 0):
        raise InputError(f"program.delay must be >= 0, got {int(program.delay.min())}")
    if program.clock not in CLOCK_CODES:
        raise InputError(f"clock must be one of {', '.join(CLOCK_CODES)}, got {program.clock!r}")
    if program.period < 1 or np.any(program.tau < 1):
        raise InputError("period and tau must be at least one tick of the time grid")
    if not 0 < program.participation <= 1:
        raise InputError(f"participation must be in (0, 1], got {program.participation}")
    if program.clock == "sequential" and program.period < n:
        raise InputError(f"a sequential round of {n} p-bits needs a period of at least {n} fs, got {program.period}")
    if program.clock == "random-sequential" and program.period < n:
        raise InputError(f"a round of {n} p-bits needs a period of at least {n} fs, got {program.period}")
    if program.clock == "chromatic":
        if int(program.color.min()) < 0 or program.period <= int(program.color.max()):
            raise InputError("program.color must be >= 0 and below the period in ticks")
        rows = np.repeat(np.arange(n), np.diff(program.indptr))
        if np.any(program.color[rows] == program.color[program.indices]):
            raise InputError("program.color gives two coupled p-bits the same colour")
    for name in ("synapse", "jitter", "input_step", "phase"):
        if np.any(getattr(program, name) < 0):
            raise InputError(f"program.{name} must be >= 0")


def content_hash(program: Program) -> str:
    """40 hex digits that depend on everything that matters to a result, and on nothing else."""
    digest = hashlib.blake2b(f"hwsim-program-{_VERSION}".encode(), digest_size=20)
    for field in fields(program):
        value = getattr(program, field.name)
        digest.update(f"|{field.name}:".encode())
        digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return digest.hexdigest()


def save(program: Program, path: str | Path) -> None:
    """Write ``path`` (npz with a JSON manifest), whole or not at all."""
    path = Path(path)
    arrays = {f.name: getattr(program, f.name) for f in fields(program)}
    manifest = {"format": "hwsim-program", "version": _VERSION}
    manifest |= {name: value for name, value in arrays.items() if not isinstance(value, np.ndarray)}
    arrays = {name: value for name, value in arrays.items() if isinstance(value, np.ndarray)}
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            np.savez(file, manifest=np.array(json.dumps(manifest)), **arrays)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def load(path: str | Path) -> Program:
    """Read a Program that :func:`save` wrote. Raises InputError when the file is something else."""
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as data:
            manifest = json.loads(str(data["manifest"]))
            arrays = {name: data[name] for name in data.files if name != "manifest"}
    except FileNotFoundError:
        raise InputError(f"no such file: {path}") from None
    except Exception as error:
        raise InputError(f"{path} is not a saved program ({error})") from None
    if manifest.pop("format", None) != "hwsim-program" or manifest.pop("version", None) != _VERSION:
        raise InputError(f"{path} is not a program of this version of hwsim")
    return Program(**manifest, **arrays)
