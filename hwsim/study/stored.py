"""What the columns of a store hold: points and rows as text and compressed numbers, checked as they are read.

Enters: the values of a row of the database. Leaves: facts of a point, or the parts of a Row. SQLite checks its pages,
not what is in them: a value that was changed is refused here, and `hwsim.study.store` says which row has it.
"""

import base64
import json
import math
import zlib
from collections.abc import Sequence
from dataclasses import fields
from typing import Annotated, Any

import msgspec
import numpy as np

from hwsim.prices import Prices

_Count = Annotated[int, msgspec.Meta(ge=1, lt=2**53)]
_Amount = Annotated[float, msgspec.Meta(ge=0.0)]
_WATCHED = "watched"
"""The key among the facts of a row under which the file holds what was watched."""


class DamagedError(Exception):
    """A value is not what a store holds."""


class _Point(msgspec.Struct):
    """Facts of a point; keys with a default are missing in stores of older versions."""

    algorithm: str
    area_m2: _Amount | None
    chip: str
    clock: str
    couplers: Annotated[int, msgspec.Meta(ge=0)]
    delay_s: _Amount
    grades: dict[str, str]
    independent: bool
    parameters: dict[str, float | str | bool | None]
    pbits: _Count
    prices: dict[str, float | None]
    problem: str
    program: str
    samples: str
    spins: _Count
    target: float | None
    target_is_exact: bool
    time_s: _Amount
    wires_j: float | None
    words: dict[str, str]
    wanted: float | str | None = None
    target_source: str | None = None
    note: str | None = None
    flips: _Amount | None = None
    rounding: _Amount = 0.0


class _Activity(msgspec.Struct, forbid_unknown_fields=True):
    """`hwsim.session.Activity`, field by field: importing that loads the engines, which reading a store needs not."""

    n_pbits: _Count
    replicas: _Count = 1
    copies: _Count = 1
    run_s: _Amount = 0.0
    settle_s: _Amount = 0.0
    updates: _Amount = 0.0
    flips: _Amount | None = None
    reads: _Amount = 1.0
    writes: _Amount = 0.0
    read_rounds: _Amount = 1.0
    write_rounds: _Amount = 0.0
    swaps: _Amount = 0.0
    programmings: _Amount = 0.0
    data_writes: _Amount = 0.0


class _Learnt(msgspec.Struct):
    """Facts of a row without reads: what a trained model is worth, `hwsim.learn.worth.Worth`, and more."""

    kl: float | None
    kl_error: float | None
    kl_is_bound: bool
    right: float | None
    device_s: _Amount


class _Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """Activity of a row without reads."""


class _Packed(msgspec.Struct):
    """An array of int32: its shape, and its octets as compressed text."""

    shape: list[Annotated[int, msgspec.Meta(ge=0, lt=2**31)]]
    data: str


_PRICES = frozenset(item.name for item in fields(Prices))


def facts_of(text: Any) -> dict[str, Any]:
    """The facts of a point in ``text``. Raises DamagedError."""
    known = _decoded(text, _Point)
    if not set(known.prices) <= _PRICES:
        raise DamagedError
    return _decoded(text, dict[str, Any])


def row_of(sizes: Any, energies: Any, activity: Any, facts: Any) -> dict[str, Any]:
    """The parts of a Row but its name, from its columns; without reads there is no activity. Raises DamagedError."""
    counts = tuple(_decoded(sizes, list[_Count]))
    noted = _decoded(facts, dict[str, Any])
    packed = _converted(noted.pop(_WATCHED, {}), dict[str, _Packed])
    found = _numbers(energies, "<f8", (sum(counts),))
    if not np.all(np.isfinite(found)):
        raise DamagedError
    _decoded(activity, _Activity if counts else _Nothing)
    if not counts:
        check_learnt(noted, ())
    watched = {name: _numbers(_octets(each.data), "<i4", each.shape) for name, each in packed.items()}
    if watched:
        check_watched(watched, counts)
    return {
        "sizes": counts,
        "energies": found,
        "activity": _decoded(activity, dict[str, Any]),
        "facts": noted,
        "watched": watched,
    }


def check_watched(watched: dict[str, np.ndarray], sizes: Sequence[int]) -> None:
    """Raise DamagedError unless ``watched`` is what is counted of the states of schedules of ``sizes`` reads: looks int
    (1,), products int (schedules, couplings) and, of few spins, states int (reads,)."""
    looks, products, states = (watched.get(name) for name in ("looks", "products", "states"))
    if (
        looks is None
        or products is None
        or looks.shape != (1,)
        or looks[0] < 1
        or products.ndim != 2
        or len(products) != len(sizes)
        or (states is not None and (states.shape != (sum(sizes),) or states.min() < 0))
    ):
        raise DamagedError


def check_learnt(facts: dict[str, Any], numbers: Sequence[str]) -> None:
    """Raise DamagedError unless ``facts`` of a row are those of a training, with a number for each of ``numbers``."""
    _converted(facts, _Learnt)
    for name in numbers:
        _converted(facts.get(name), float)


def name_of(key: Any) -> str:
    """The name of a point or of samples. Raises DamagedError where it is no text, or holds octets that are none."""
    if not isinstance(key, str) or any("\ud800" <= letter <= "\udfff" for letter in key):
        raise DamagedError
    return key


def text_of(value: Any) -> str:
    """``value`` as a column holds it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def packed(values: np.ndarray, dtype: str) -> bytes:
    """``values`` as a column holds them."""
    return zlib.compress(np.ascontiguousarray(values, dtype=dtype).tobytes(), 6)


def with_watched(facts: dict[str, Any], watched: dict[str, np.ndarray]) -> dict[str, Any]:
    """``facts`` of a row, and what was watched among them as compressed text."""
    if not watched:
        return facts
    return facts | {
        _WATCHED: {
            name: {"shape": list(values.shape), "data": base64.b64encode(packed(values, "<i4")).decode("ascii")}
            for name, values in watched.items()
        }
    }


def _decoded(text: Any, kind: Any) -> Any:
    if not isinstance(text, str):
        raise DamagedError
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise DamagedError from None


def _converted(value: Any, kind: Any) -> Any:
    try:
        return msgspec.convert(value, type=kind)
    except msgspec.MsgspecError:
        raise DamagedError from None


def _octets(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise DamagedError from None


def _numbers(data: Any, dtype: str, shape: Sequence[int]) -> np.ndarray:
    """The array of ``shape`` in the compressed ``data``, which may unpack to nothing larger. Raises DamagedError."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    try:
        opened = zlib.decompressobj()
        octets = opened.decompress(data, size + 1)
    except (zlib.error, TypeError, OverflowError, MemoryError):
        raise DamagedError from None
    if len(octets) != size or not (opened.eof or not opened.unconsumed_tail):
        raise DamagedError
    return np.frombuffer(octets, dtype).reshape(shape)
