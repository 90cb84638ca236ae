"""Program: the narrow waist. Flat arrays that an engine reads; no graph objects and no names of cells.

Mapping makes a Program; engines read nothing else. It can be checked, hashed (the hash names a result), saved, loaded.
"""

import hashlib
import json
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import BinaryIO

import numpy as np

from hwsim.cell.law import HEAT_BATH, P_KIT, RELAXATION, SOURCES, TABLE
from hwsim.errors import InputError
from hwsim.files import replacing

CLOCK_CODES = {
    "synchronous": 0,
    "chromatic": 1,
    "sequential": 2,
    "random-sequential": 3,
    "poisson": 4,
    "free-running": 5,
}
"""Integer code of each clock (design: who updates when), as the kernels know it."""

_VERSION = 2


@dataclass(frozen=True, kw_only=True)
class Program:
    """A problem on a chip, ready to run. n p-bits, m stored connections (each coupling is stored in both rows).

    Network (dimod's sign, E = sum h s + sum J s s):
      bias : float64 (n,);  indptr : int64 (n+1,);  indices : int32 (m,);  weight : float64 (m,)
      delay : int64 (m,) ticks from a commit of ``indices[k]`` until the row's p-bit sees it
      exchange : int64 (m,) or None: a value crosses at multiples of this many ticks only, and then takes ``delay``;
      what is committed at such a moment waits for the next. 0 for a wire within a chip
      driven : bool (m,) or None: couplings whose strength follows the anneal's ``drive``; all others keep theirs
    Cells, one entry per p-bit:
      law : int8 (n,), code of hwsim.cell.law;  parameter, bound : float64 (n,), of that law
      table : float64 (k,), P(+1) at z = table_first + q table_step, for the law TABLE
      gain, offset : float64 (n,), dimensionless;  input_low, input_high, input_step : float64 (n,), quantiser of
      beta I: limits, and step 0 where nothing is rounded;  threshold_word : float64 (n,), 2**(32 - comparator bits);
      synapse : float64 (n,), RC time constant of the input in ticks, 0 for none
      stuck : int8 (n,), +-1 where a p-bit never changes, else 0
      group : int32 (n,), the first line of the p-dit that each line belongs to, or None where all are p-bits. A p-dit
      of k levels is k lines in a row, one of them +1; they tick together, with the first, and level a is drawn with
      probability proportional to exp(2 z_a)
    Noise of the machine:
      noise : float64 (n,), s.d. of white noise at the input, fresh at every update
      flicker : float64 (n,), s.d. of 1/f noise at the input, in octaves: ``flicker_octaves`` of them, the fastest
      changing every ``flicker_block`` ticks. Like the clock, it belongs to a schedule: replicas of one share it
      temperature_drift : float, per second: beta is divided by 1 + temperature_drift * time
      source : a key of hwsim.cell.law.SOURCES;  source_shifts : steps between two words;  source_share : p-bits
      that hold the same sequence;  source_phase : steps between two of them
    Clock:
      clock : a key of CLOCK_CODES;  period : int, ticks of one round;  participation : float in (0, 1];
      color : int32 (n,), colour class of each p-bit;  tau : float64 (n,), mean interval in ticks (poisson,
      free-running);  phase : int64 (n,), first tick (free-running);  jitter : float64 (n,), ticks (free-running)
    Decoding:
      labels : JSON text of the variable names in p-bit order;  energy_offset : float added to every energy;
      vartype : "SPIN", "BINARY" or "DISCRETE", the problem's own
      problem_bias, problem_indptr, problem_indices, problem_weight : the network that energies are counted with, where
      the machine's own couplings are not exactly the problem's (quantised, in error); None: the network above
      chain : int32 (n,), the problem's variable that each p-bit carries, or None where p-bit i is variable i. With
      chains, labels and the problem's network are those of the variables, and a variable's value is its chain's vote
      control_scale : float, units of the chip's control lines per unit of the problem
    Prices:
      update_j : float, energy of one update in J, or None when nobody has published it
      wire_j : float64 (n,), energy of the wires when a p-bit's value toggles, in J, or None likewise
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
    law: np.ndarray
    parameter: np.ndarray
    bound: np.ndarray
    noise: np.ndarray
    flicker: np.ndarray
    stuck: np.ndarray
    table: np.ndarray = field(default_factory=lambda: np.zeros(0))
    table_first: float = 0.0
    table_step: float = 1.0
    flicker_block: int = 1
    flicker_octaves: int = 10
    temperature_drift: float = 0.0
    source: str = "ideal"
    source_shifts: int = 1
    source_share: int = 1
    source_phase: int = 0
    energy_offset: float = 0.0
    vartype: str = "SPIN"
    problem_bias: np.ndarray | None = None
    problem_indptr: np.ndarray | None = None
    problem_indices: np.ndarray | None = None
    problem_weight: np.ndarray | None = None
    update_j: float | None = None
    wire_j: np.ndarray | None = None
    group: np.ndarray | None = None
    chain: np.ndarray | None = None
    exchange: np.ndarray | None = None
    driven: np.ndarray | None = None
    control_scale: float = 1.0

    def __post_init__(self) -> None:
        check(self)

    @property
    def problem_network(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(bias, indptr, indices, weight) that energies are counted with."""
        if self.problem_bias is None or self.problem_indptr is None:
            return self.bias, self.indptr, self.indices, self.weight
        assert self.problem_indices is not None and self.problem_weight is not None
        return self.problem_bias, self.problem_indptr, self.problem_indices, self.problem_weight

    @property
    def is_ideal(self) -> bool:
        """Whether every p-bit follows the ideal law, without noise of the machine's own and with ideal numbers."""
        plain = bool(np.all(self.law == HEAT_BATH)) and self.source == "ideal"
        return plain and self.group is None and not (np.any(self.noise > 0) or np.any(self.flicker > 0))

    @property
    def remembers(self) -> bool:
        """Whether an update depends on the p-bit's own state."""
        return bool(np.any(self.law >= RELAXATION))

    @property
    def n_pbits(self) -> int:
        """How many p-bits."""
        return len(self.bias)

    @property
    def n_variables(self) -> int:
        """How many variables the problem has: fewer than p-bits where chains carry them."""
        return len(self.problem_network[0])

    @property
    def n_couplings(self) -> int:
        """How many couplings (pairs)."""
        return len(self.weight) // 2

    @property
    def uniform_delay(self) -> int | None:
        """The one delay of every connection in ticks, or None when they differ or some cross at intervals."""
        if self.exchange is not None:
            return None
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
    "law": np.int8,
    "parameter": np.float64,
    "bound": np.float64,
    "noise": np.float64,
    "flicker": np.float64,
    "stuck": np.int8,
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
    _check_network(program)
    _check_device(program)
    for name in ("synapse", "jitter", "input_step", "phase", "noise", "flicker", "bound"):
        if np.any(getattr(program, name) < 0):
            raise InputError(f"program.{name} must be >= 0")


def _check_network(program: Program) -> None:
    """Both networks are lists of rows: that of the cells, and that of the problem where it is another."""
    given = [getattr(program, f"problem_{name}") is not None for name in ("bias", "indptr", "indices", "weight")]
    if any(given) != all(given):
        raise InputError("program.problem_bias, _indptr, _indices and _weight come together or not at all")
    chain = program.chain
    n = program.n_pbits
    if chain is not None:
        if not all(given):
            raise InputError("program.chain needs the problem's own network")
        if len(chain) != n or not np.array_equal(np.unique(chain), np.arange(program.n_variables)):
            raise InputError("program.chain must give every p-bit a variable, and every variable a p-bit")
    networks = {"": (program.bias, program.indptr, program.indices, program.weight)}
    if all(given):
        networks["problem_"] = program.problem_network
    for prefix, (bias, indptr, indices, weight) in networks.items():
        m = len(weight)
        if prefix and chain is not None:
            n = program.n_variables
        if len(bias) != n or len(indptr) != n + 1 or len(indices) != m:
            raise InputError(f"program.{prefix}bias, indptr and indices have lengths that do not match")
        if indptr[0] != 0 or indptr[-1] != m or np.any(np.diff(indptr) < 0):
            raise InputError(f"program.{prefix}indptr must rise from 0 to the number of connections")
        if m and (indices.min() < 0 or indices.max() >= n):
            raise InputError(f"program.{prefix}indices must lie in [0, n)")
        if np.any(indices == np.repeat(np.arange(n), np.diff(indptr))):
            raise InputError(f"program.{prefix}indices couples a p-bit to itself")


def _check_device(program: Program) -> None:
    if program.law.min() < HEAT_BATH or program.law.max() > P_KIT:
        raise InputError(f"program.law must be one of 0 to {P_KIT}, got {int(program.law.max())}")
    if np.any(program.law == TABLE):
        table = program.table
        if len(table) < 2 or not (np.all(table >= 0) and np.all(table <= 1)) or not program.table_step > 0:
            raise InputError("a tabulated law needs a table of at least two probabilities and a step above 0")
    if np.any(program.input_low > program.input_high):
        raise InputError("program.input_low must not lie above input_high")
    relaxes = program.law == RELAXATION
    if np.any(relaxes) and program.clock != "poisson":
        raise InputError(
            f"a law whose rate depends on the state runs on the poisson clock, at the bounding rate, not on the "
            f"{program.clock} one"
        )
    if program.source not in SOURCES:
        raise InputError(f"random source must be one of {', '.join(SOURCES)}, got {program.source!r}")
    if program.source_shifts < 1 or program.source_share < 1 or not 0 <= program.source_phase <= 4096:
        raise InputError("a random source needs shifts and share of at least 1 and a phase of 0 to 4096 steps")
    if program.flicker_block < 1 or not 1 <= program.flicker_octaves <= 40:
        raise InputError("1/f noise needs a block of at least one tick and 1 to 40 octaves")
    if not np.isfinite(program.temperature_drift):
        raise InputError("program.temperature_drift must be finite")
    if np.any(np.abs(program.stuck) > 1):
        raise InputError("program.stuck must be -1, 0 or +1")
    if program.exchange is not None and (len(program.exchange) != len(program.weight) or np.any(program.exchange < 0)):
        raise InputError("program.exchange must give every connection an interval of at least 0 ticks")
    if program.driven is not None:
        if program.driven.dtype != np.bool_ or len(program.driven) != len(program.weight):
            raise InputError("program.driven must give every connection true or false")
        if np.any(program.synapse > 0) or program.group is not None:
            raise InputError("couplings that are driven reach p-bits without RC synapse, and not p-dits")
    if program.wire_j is not None and (len(program.wire_j) != program.n_pbits or not np.all(program.wire_j >= 0)):
        raise InputError("program.wire_j must give every p-bit an energy of at least 0")
    if program.group is not None:
        _check_groups(program, program.group)


def _check_groups(program: Program, group: np.ndarray) -> None:
    n = program.n_pbits
    if len(group) != n or group[0] != 0 or np.any((np.diff(group) != 0) & (group[1:] != np.arange(1, n))):
        raise InputError("program.group must give each line the number of the first line of its p-dit, lines in a row")
    rows = np.repeat(np.arange(n), np.diff(program.indptr))
    if np.any(group[rows] == group[program.indices]):
        raise InputError("program.indices couples two levels of one p-dit")
    many = np.bincount(group, minlength=n)[group] > 1
    plain = (program.law == HEAT_BATH) & (program.noise == 0) & (program.flicker == 0) & (program.synapse == 0)
    if np.any(many & (~plain | (program.stuck != 0))) or (np.any(many) and program.source != "ideal"):
        raise InputError(
            "a p-dit follows the heat bath with ideal random numbers: no other law, input noise, RC synapse or stuck "
            "line"
        )


def content_hash(program: Program) -> str:
    """40 hex digits that depend on everything that matters to a result, and on nothing else."""
    digest = hashlib.blake2b(f"hwsim-program-{_VERSION}".encode(), digest_size=20)
    for entry in fields(program):
        value = getattr(program, entry.name)
        digest.update(f"|{entry.name}:".encode())
        digest.update(value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode())
    return digest.hexdigest()


def save(program: Program, path: str | Path) -> None:
    """Write ``path`` (npz with a JSON manifest), whole or not at all."""
    arrays = {f.name: getattr(program, f.name) for f in fields(program)}
    manifest = {"format": "hwsim-program", "version": _VERSION}
    manifest |= {name: value for name, value in arrays.items() if not isinstance(value, np.ndarray)}
    arrays = {name: value for name, value in arrays.items() if isinstance(value, np.ndarray)}
    with replacing(path) as part, part.open("wb") as file:
        np.savez(file, manifest=np.array(json.dumps(manifest)), **arrays)


def load(path: str | Path | BinaryIO) -> Program:
    """Read a Program that :func:`save` wrote, from a path or an open file. Raises InputError for anything else."""
    try:
        with ExitStack() as opened:
            file = opened.enter_context(open(path, "rb")) if isinstance(path, str | Path) else path
            data = opened.enter_context(np.load(file, allow_pickle=False))  # numpy leaves a file of its own open
            manifest = json.loads(str(data["manifest"]))
            arrays = {name: data[name] for name in data.files if name != "manifest"}
    except FileNotFoundError:
        raise InputError(f"no such file: {path}") from None
    except Exception as error:
        raise InputError(f"{path} is not a saved program ({error})") from None
    if manifest.pop("format", None) != "hwsim-program" or manifest.pop("version", None) != _VERSION:
        raise InputError(f"{path} is not a program of this version of hwsim")
    return Program(**manifest, **arrays)
