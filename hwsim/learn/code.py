"""Code: how rows of numbers become bits for visible units, and labels bits for label units; and the way back.

Enters: numbers, or names of classes. Leaves: bits of -1 and +1. A model keeps its Code, so that other data can be shown
to it in the same way and its samples can be read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError
from hwsim.streams import generator

LABEL_CODES = ("one-hot", "domain-wall")


_MOST_COPIES = 10_000
"""Of a label: more than any chip has p-bits for."""


@dataclass(frozen=True, kw_only=True)
class Code(Shown):
    """How numbers and labels became bits. It holds plain values only.

    columns : names of the numbers of a row;  shape : (height, width) where they are the pixels of an image, else None
    thresholds : of each column, rising: bit k is +1 where the number is at least threshold k; one threshold is a plain
    bit, n are a thermometer of n bits
    drawn : (low, high) in place of thresholds: a bit is +1 with probability (number - low) / (high - low)
    classes : names of the labels, () for none;  copies : of the bits of a label
    label_code : "one-hot" (a bit per class, +1 for the label's) or "domain-wall" (k classes in k - 1 bits, the first
    ones +1: Chancellor, Quantum Sci. Technol. 4, 045004 (2019))
    """

    columns: tuple[str, ...]
    thresholds: tuple[tuple[float, ...], ...] = ()
    drawn: tuple[float, float] | None = None
    shape: tuple[int, int] | None = None
    classes: tuple[str, ...] = ()
    label_code: str = "one-hot"
    copies: int = 1

    def __post_init__(self) -> None:
        for mistake in self._mistakes():
            raise InputError(mistake)

    def _mistakes(self) -> Any:
        n, ways = len(self.columns), (self.drawn is None) + (not self.thresholds)
        if not n or ways != 1:
            yield "a code needs columns, and either thresholds or the range that bits are drawn over"
        elif self.drawn is None and len(self.thresholds) != n:
            yield f"a code of {n} columns needs thresholds of each, got {len(self.thresholds)}"
        for name, levels in zip(self.columns, self.thresholds, strict=False):
            rising = all(a < b for a, b in pairwise(levels))
            if not levels or not rising or not np.all(np.isfinite(levels)):
                yield f"the thresholds of {name!r} must be finite and rise, got {listed(levels)}"
        if self.drawn is not None and not self.drawn[0] < self.drawn[1] < np.inf:
            yield f"the range that bits are drawn over must rise, got {self.drawn[0]:g} to {self.drawn[1]:g}"
        if self.shape is not None and self.shape[0] * self.shape[1] != n:
            yield f"an image of {self.shape[0]} x {self.shape[1]} has not {counted(n, 'pixel')}"
        if self.label_code not in LABEL_CODES:
            yield f"the code of labels must be one of {', '.join(LABEL_CODES)}, got {self.label_code!r}"
        if not 1 <= self.copies <= _MOST_COPIES:
            yield f"copies of a label must be a whole number from 1 to {_MOST_COPIES}, got {self.copies}"
        if len(self.classes) == 1 or len(set(self.classes)) < len(self.classes):
            yield f"labels need two different classes or more, got {listed(self.classes)}"

    def _shown(self) -> tuple[str, Facts]:
        how = "drawn" if self.drawn is not None else f"thresholds {listed(self.thresholds[0])}"
        differ = len(set(self.thresholds)) > 1
        labels = f"{counted(len(self.classes), 'class', 'classes')}, {self.label_code}"
        copies = "" if self.copies == 1 else f", {self.copies} copies"
        return f"Code of {counted(len(self.columns), 'column')} in {counted(self.n_bits, 'bit')}", [
            ("bits", f"{how} (first column)" if differ else how),
            ("labels", labels + copies if self.classes else None),
        ]

    @property
    def plain(self) -> dict[str, Any]:
        """The code as plain data, for a model's file; `of_plain` reads it back."""
        return msgspec.to_builtins(self)

    @classmethod
    def of_plain(cls, found: Mapping[str, Any]) -> "Code":
        """The code that ``found`` holds. Raises InputError."""
        try:
            return msgspec.convert(dict(found), cls)
        except (msgspec.ValidationError, TypeError, ValueError) as error:
            if isinstance(error.__cause__, InputError):
                raise error.__cause__ from None
            raise InputError("the code of the data is damaged") from None

    @property
    def n_bits(self) -> int:
        """Bits of a row, without its label."""
        return len(self.names)

    @property
    def n_label_bits(self) -> int:
        """Bits of a label."""
        return len(self.label_names)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the bits of a row: that of the column, with the threshold where a column has several bits."""
        if self.drawn is not None:
            return self.columns
        return tuple(
            name if len(levels) == 1 else f"{name} >= {word}"
            for name, levels in zip(self.columns, self.thresholds, strict=True)
            for word in words_of(levels)
        )

    @cached_property
    def label_names(self) -> tuple[str, ...]:
        """Of the bits of a label, all bits of a copy in a row."""
        plain = self.classes if self.label_code == "one-hot" else [f"{a}|{b}" for a, b in pairwise(self.classes)]
        copies = [""] if self.copies == 1 else [f" copy {copy}" for copy in range(1, self.copies + 1)]
        return tuple(f"label {name}{copy}" for copy in copies for name in plain)

    def bits_of(self, values: np.ndarray, *, seed: int = 0) -> np.ndarray:
        """int8 (rows, n_bits) of +-1, of ``values`` float64 (rows, columns). seed : of bits that are drawn. Raises
        InputError."""
        values = np.asarray(values, dtype=np.float64)
        if values.ndim != 2 or values.shape[1] != len(self.columns):
            raise InputError(f"a row must have {len(self.columns)} values, got an array of shape {values.shape}")
        if not np.all(np.isfinite(values)):
            row, column = np.argwhere(~np.isfinite(values))[0]
            raise InputError(f"row {row} has {values[row, column]} in {self.columns[column]!r}: values must be finite")
        if self.drawn is not None:
            low, high = self.drawn
            up = generator(seed, "drawn bits").random(values.shape) < (values - low) / (high - low)
        else:
            counts = [len(levels) for levels in self.thresholds]
            up = np.repeat(values, counts, axis=1) >= np.concatenate(self.thresholds)
        return np.where(up, 1, -1).astype(np.int8)

    def levels_of(self, bits: np.ndarray) -> np.ndarray:
        """float64 (rows, columns) in [0, 1], the share of each column's bits that are +1: grey values of an image."""
        bits = np.asarray(bits)
        if self.drawn is not None:
            return (bits + 1) / 2
        counts = np.array([len(levels) for levels in self.thresholds])
        return np.add.reduceat((bits + 1) / 2, np.cumsum(counts) - counts, axis=1) / counts

    @cached_property
    def patterns(self) -> np.ndarray:
        """int8 (classes, bits): the bits of one copy of each class."""
        k = len(self.classes)
        if self.label_code == "one-hot":
            return (2 * np.eye(k) - 1).astype(np.int8)
        return np.where(np.arange(k - 1) < np.arange(k)[:, None], 1, -1).astype(np.int8)

    def class_of(self, label: Any) -> int:
        """The number of the class that ``label`` names. Raises InputError."""
        if str(label) not in self.classes:
            raise InputError(f"label must be one of {', '.join(self.classes)}, got {label!r}")
        return self.classes.index(str(label))

    def label_bits(self, labels: np.ndarray) -> np.ndarray:
        """int8 (rows, n_label_bits) of +-1, of ``labels`` int (rows,), numbers of classes."""
        return np.tile(self.patterns[np.asarray(labels)], (1, self.copies))

    def votes(self, bits: np.ndarray) -> np.ndarray:
        """float64 (..., classes): how far label ``bits`` int8 (..., n_label_bits) speak for each class, 0 to 1. Votes
        of several reads are averaged, and the class with the most wins.

        one-hot : the share of the copies whose bit of the class is +1;  domain-wall : the share of the copies that are
        nearest to the class, several equally near ones in parts
        """
        bits = np.asarray(bits)
        copies = bits.reshape(*bits.shape[:-1], self.copies, -1)
        if self.label_code == "one-hot":
            return (np.mean(copies, axis=-2) + 1) / 2
        alike = copies.astype(np.int64) @ self.patterns.T.astype(np.int64)
        nearest = alike == alike.max(axis=-1, keepdims=True)
        return np.mean(nearest / nearest.sum(axis=-1, keepdims=True), axis=-2)


def thermometer(values: np.ndarray, levels: int, *, by_column: bool) -> tuple[tuple[float, ...], ...]:
    """Thresholds of each column of ``values`` float64 (rows, columns): they divide its range, or that of all columns,
    into ``levels`` + 1 equal parts. Raises InputError."""
    if isinstance(levels, bool) or not isinstance(levels, int | np.integer) or not 1 <= levels <= 64:
        raise InputError(f"levels must be a whole number from 1 to 64, got {levels!r}")
    n = values.shape[1]
    low = values.min(axis=0) if by_column else np.full(n, values.min())
    high = values.max(axis=0) if by_column else np.full(n, values.max())
    high = np.where(high > low, high, low + 1)  # a column of one value
    parts = np.arange(1, levels + 1) / (levels + 1)
    return tuple(tuple(row) for row in (low[:, None] + (high - low)[:, None] * parts).tolist())


def words_of(numbers: Sequence[float]) -> list[str]:
    """Short words for ``numbers``, with all their digits where short ones are not different."""
    words = [f"{number:g}" for number in numbers]
    return words if len(set(words)) == len(words) else [repr(number) for number in numbers]


def listed(values: Iterable[Any]) -> str:
    """``values`` with commas, the first five of many."""
    words = [f"{value:g}" if isinstance(value, float) else str(value) for value in values]
    return ", ".join(words if len(words) <= 6 else [*words[:5], "..."]) or "none"
