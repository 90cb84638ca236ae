"""Saved: the file of a training, from which it goes on, and which another process may write at the same time.

Enters: a path and the notes of the model or chain there. Leaves: the turn to write it, or a refusal.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec

from hwsim.errors import InputError
from hwsim.files import alone


@dataclass(kw_only=True)
class Saved:
    """The file of one training. what : a model or a chain, in a word;  plan : plain data that a saved training must
    share to go on;  steps : of the whole training"""

    what: str
    plan: Mapping[str, Any] | None
    steps: int
    _written: tuple[int, int] | None = field(default=None, init=False)

    def is_there(self, path: str | Path | None) -> bool:
        """Whether there is something to go on from. Raises InputError for a FIFO or the like, from which a training
        would wait for ever."""
        if path is None or not Path(path).exists():
            return False
        if not Path(path).is_file():
            raise InputError(f"a training goes on from -o, so it must be a regular file, and {path} is none")
        return True

    @contextmanager
    def going_on(self, path: str | Path, notes: Mapping[str, Any]) -> Iterator[None]:
        """Restore the training of ``path``, whose model or chain has these ``notes``, within the ``with`` block.
        Raises InputError where it was trained otherwise, and where it is damaged."""
        self._check(path, notes)
        try:
            yield
        except (KeyError, IndexError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise self._damaged(path) from None

    @contextmanager
    def turn(self, path: str | Path, step: int, notes: Callable[[], Mapping[str, Any]]) -> Iterator[bool]:
        """Write ``path`` within the ``with`` block, if its value is true: another process that makes the same training
        may have got further than ``step``. notes : of the file that is there. Raises InputError where another training
        has been written there since this one began."""
        with alone(path):
            if self.is_there(path) and _mark(path) != self._written:
                found = notes()
                self._check(path, found)
                if found["step"] >= step:
                    yield False
                    return
            yield True
            self._written = _mark(path)

    def _check(self, path: str | Path, notes: Mapping[str, Any]) -> None:
        """Raise InputError where ``notes`` are those of another training, or damaged."""
        wanted = None if self.plan is None else dict(self.plan)
        if not isinstance(notes.get("plan"), Mapping | None) or not isinstance(notes.get("step"), int | None):
            raise self._damaged(path)
        if notes.get("step") is None or notes.get("plan") != wanted or notes.get("steps") != self.steps:
            other = _difference(notes.get("plan"), wanted)
            raise InputError(f"{path} is there already and was trained otherwise ({other}): give -o another name")

    def _damaged(self, path: str | Path) -> InputError:
        return InputError(f"{path} is a damaged {self.what}: its training cannot go on")


class _Judged(msgspec.Struct, kw_only=True):
    """A row of a history; what a judge may leave out has a default."""

    step: int
    epoch: float
    rate: float
    device_s: float
    host_s: float


class _OfModel(_Judged, kw_only=True):
    max_h: float
    max_j: float
    kl: float = 0.0
    log_likelihood: float = 0.0
    log_likelihood_reverse: float = 0.0


_OfMachines = Annotated[list[float], msgspec.Meta(min_length=1)]


class _OfChain(_Judged, kw_only=True):
    max_j: _OfMachines
    autocorrelation: _OfMachines
    autocorrelation_error: _OfMachines
    penalty: _OfMachines
    frechet: float = 0.0


def history_of(rows: Any, *, is_chain: bool) -> list[dict[str, Any]]:
    """``rows``, if they are those of the judgements of a model, or of a chain of them. Raises ValueError."""
    found = read_as(rows, list[_OfChain]) if is_chain else read_as(rows, list[_OfModel])
    if is_chain and any(len(row.autocorrelation) != len(row.autocorrelation_error) for row in found):
        raise ValueError("a history")
    if any(row.keys() != rows[0].keys() for row in rows):
        raise ValueError("a history")
    return list(rows)


def read_as(value: Any, kind: Any) -> Any:
    """Plain data as ``kind``. Raises ValueError."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise ValueError(str(error)) from None


def _mark(path: str | Path) -> tuple[int, int]:
    """What is the same as long as nobody else has written ``path``."""
    found = os.stat(path)
    return found.st_ino, found.st_mtime_ns


def _difference(found: Mapping[str, Any] | None, wanted: Mapping[str, Any] | None) -> str:
    """The first key in which two plans differ, in words."""
    found, wanted = found or {}, wanted or {}
    for key in (*wanted, *found):
        if found.get(key) != wanted.get(key):
            return f"{key} differs"
    return "its steps differ"
