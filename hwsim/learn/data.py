"""Data: rows of bits that a machine learns, with their labels.

Enters: a file, the name of a set, or arrays. Leaves: Data, coded as `hwsim.learn.code` says. Numbers that are not
finite, rows of different widths and classes without rows are refused in one sentence.
"""

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from hwsim import text
from hwsim.arguments import named
from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError, ReadError
from hwsim.learn.code import Code, thermometer
from hwsim.learn.sets import Table, is_set, table_of
from hwsim.npy import arrays_of

_VALUES = ("x", "data", "images", "values", "bits")
_LABELS = ("y", "labels", "label", "target", "class")
"""Names that arrays of an archive, or the column of a table, have in any case of letters."""


_MOST = 1e300
"""Of a number: the range of larger ones is none of float64."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Data(Shown):
    """Rows of bits.

    bits : int8 (rows, v), -1 and +1;  labels : int64 (rows,), numbers of classes, or None
    weights : float64 (rows,), how often a row counts, None for once;  code : how they became bits
    """

    bits: np.ndarray
    code: Code
    labels: np.ndarray | None = None
    weights: np.ndarray | None = None
    name: str = "data"

    def __post_init__(self) -> None:
        rows, v = self.bits.shape if self.bits.ndim == 2 else (0, 0)
        if not rows or v != self.code.n_bits or not np.all(np.abs(self.bits) == 1):
            raise InputError(
                f"{self.name}: bits must be rows of {self.code.n_bits} values of -1 and +1, got shape {self.bits.shape}"
            )
        if (self.labels is None) != (not self.code.classes):
            raise InputError(f"{self.name}: labels and their classes go together")
        n = len(self.code.classes)
        if self.labels is not None and (
            self.labels.shape != (rows,) or not np.all((self.labels >= 0) & (self.labels < n))
        ):
            raise InputError(f"{self.name}: {rows} rows need a label each, a number from 0 to {n - 1}")
        weights = self.weights
        if weights is not None and (
            weights.shape != (rows,) or not np.all((weights >= 0) & np.isfinite(weights)) or not weights.sum() > 0
        ):
            raise InputError(f"{self.name}: {rows} rows need a weight >= 0 each, not all of them 0")

    def __len__(self) -> int:
        return len(self.bits)

    def _shown(self) -> tuple[str, Facts]:
        title, facts = self.code._shown()
        return f"Data {self.name}: {counted(len(self), 'row')}", [
            ("code", title.removeprefix("Code of ")),
            *facts,
            ("weights", None if self.weights is None else f"of sum {self.weights.sum():g}"),
        ]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the bits."""
        return self.code.names

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, () for none."""
        return self.code.classes

    @property
    def label_bits(self) -> np.ndarray:
        """int8 (rows, n_label_bits): the labels as bits; of no columns where there are none."""
        return np.empty((len(self), 0), np.int8) if self.labels is None else self.code.label_bits(self.labels)

    @property
    def levels(self) -> np.ndarray:
        """float64 (rows, columns) in [0, 1]: grey values of the rows."""
        return self.code.levels_of(self.bits)

    def seen(self, *, with_labels: bool) -> np.ndarray:
        """int8 (rows, seen): the bits, and after them those of the labels where these are learnt too."""
        return np.hstack((self.bits, self.label_bits)) if with_labels else self.bits

    def take(self, rows: np.ndarray) -> "Data":
        """The rows with these numbers."""
        labels, weights = (None if part is None else part[rows] for part in (self.labels, self.weights))
        return replace(self, bits=self.bits[rows], labels=labels, weights=weights)

    def split(
        self, test: float = 0.2, *, seed: int = 0, shuffled: bool = True, stratified: bool = False
    ) -> tuple["Data", "Data"]:
        """(training data, test data). test : share of the rows that are for the test, rounded up

        shuffled : as scikit-learn's train_test_split(random_state=seed) draws them; else the last rows are for the test
        stratified : each class is divided alike. Raises InputError, also for a class without training rows.
        """
        if not 0 < test < 1:
            raise InputError(f"the share of the rows for a test must lie between 0 and 1, got {test}")
        if not 0 <= seed < 2**32:
            raise InputError(f"the seed of a split must lie between 0 and 2**32 - 1, got {seed}")
        n = len(self)
        n_test = math.ceil(test * n)
        if n_test >= n:
            raise InputError(f"{self.name}: {counted(n, 'row')} cannot be divided by {test:g}")
        if stratified:
            chosen = _stratified(self, n_test, seed)
        elif shuffled:
            # numpy's older generator, which scikit-learn draws from
            order = np.random.RandomState(seed).permutation(n)
            chosen = order[n_test:], order[:n_test]
        else:
            chosen = np.arange(n - n_test), np.arange(n - n_test, n)
        train, held = (self.take(rows) for rows in chosen)
        train.check_classes()
        return train, held

    def check_classes(self) -> None:
        """Raise InputError where a class has no row."""
        if self.labels is not None:
            absent = np.setdiff1d(np.arange(len(self.classes)), self.labels)
            if len(absent):
                raise InputError(f"{self.name}: class {self.classes[absent[0]]!r} has no row to learn from")


def _stratified(data: Data, n_test: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """As train_test_split(stratify=labels) draws them where the shares of all classes are whole numbers of rows; others
    are rounded, the largest remainders up."""
    if data.labels is None:
        raise InputError(f"{data.name} has no labels to divide alike")
    source, n = np.random.RandomState(seed), len(data)
    counts = np.bincount(data.labels, minlength=len(data.classes))
    wanted = counts * (n - n_test) / n
    kept = np.floor(wanted).astype(np.int64)
    kept[np.argsort(-(wanted - kept), kind="stable")[: n - n_test - kept.sum()]] += 1
    parts: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for number, count in enumerate(counts):
        mixed = np.nonzero(data.labels == number)[0][source.permutation(count)]
        parts[0].append(mixed[: kept[number]])
        parts[1].append(mixed[kept[number] :])
    train, held = (source.permutation(np.concatenate(part)) for part in parts)
    return train, held


@named
def read_data(
    source: Any,
    *,
    values: str | None = None,
    labels: Any = None,
    threshold: float | Sequence[float] | None = None,
    levels: int | None = None,
    drawn: bool = False,
    label_code: str = "one-hot",
    copies: int = 1,
    seed: int = 0,
    code: Code | None = None,
) -> Data:
    """Data from a file (.npy, .npz, CSV), a set by name, or arrays.

    source : a path; a name such as "digits", "mnist5000", "adder", "bars-and-stripes:rows=4,columns=4" or
    "parity:bits=4"; numbers (rows, columns) or images (rows, height, width); a pair (numbers, labels); Data
    values, labels : names of the arrays in an archive, or the column of a table that holds the labels; found by
    themselves where they have one of the usual names
    threshold : one number, or the rising numbers of a thermometer;  levels : bits of a thermometer that divides the
    range of the values (of each column of a table); 1 where neither is given
    drawn : draw a bit for each value, by ``seed``, with the probability that its place in the range gives
    label_code, copies : see Code;  code : that of other data, in place of all the above. Raises InputError, ReadError.
    """
    if isinstance(source, Data):
        return source
    table = _table(source, values, labels)
    _check_numbers(table)
    if code is not None:
        return _coded_alike(table, code, seed)
    found, names = _classes(table.labels)
    if sum([threshold is not None, levels is not None, bool(drawn)]) > 1:
        raise InputError("give one of threshold, levels and drawn")
    n = table.values.shape[1]
    if threshold is not None:
        given = np.atleast_1d(np.asarray(threshold, dtype=np.float64)).tolist()
        thresholds = (tuple(given),) * n
    else:
        thresholds = thermometer(table.values, 1 if levels is None else levels, by_column=table.by_column)
    made = Code(
        columns=table.columns,
        thresholds=() if drawn else thresholds,
        drawn=(float(table.values.min()), float(table.values.max())) if drawn else None,
        shape=table.shape,
        classes=names,
        label_code=label_code,
        copies=copies,
    )
    return Data(bits=made.bits_of(table.values, seed=seed), code=made, labels=found, name=table.name)


def _coded_alike(table: Table, code: Code, seed: int) -> Data:
    if table.values.shape[1] != len(code.columns):
        raise InputError(
            f"{table.name} has {counted(table.values.shape[1], 'column')}, and the model was trained on "
            f"{len(code.columns)}"
        )
    labels = None
    if table.labels is not None and code.classes:
        place = {name: number for number, name in enumerate(code.classes)}
        words = [_word(label) for label in table.labels.tolist()]
        unknown = next((word for word in words if word not in place), None)
        if unknown is not None:
            raise InputError(f"{table.name} has the label {unknown!r}, which the model was not trained on")
        labels = np.array([place[word] for word in words], dtype=np.int64)
    kept = code if labels is not None else replace(code, classes=())
    return Data(bits=code.bits_of(table.values, seed=seed), code=kept, labels=labels, name=table.name)


def _classes(labels: np.ndarray | None) -> tuple[np.ndarray | None, tuple[str, ...]]:
    """(number of the class of each row, names of the classes), numbers in order, words by their letters."""
    if labels is None:
        return None, ()
    each, number = np.unique(labels, return_inverse=True)
    return number.astype(np.int64), tuple(_word(label) for label in each.tolist())


def _word(label: Any) -> str:
    if not isinstance(label, float):
        return str(label)
    short = f"{label:g}"
    return short if float(short) == label else repr(label)


def _check_numbers(table: Table) -> None:
    if not len(table.values) or not table.values.shape[1]:
        raise InputError(f"{table.name} holds no rows of numbers, but an array of shape {table.values.shape}")
    wrong = np.argwhere(~(np.abs(table.values) < _MOST))  # NaN too
    if len(wrong):
        row, column = wrong[0]
        raise InputError(
            f"{table.name} row {row}: {table.columns[column]} is {table.values[row, column]:g}, and must be a finite "
            f"number below {_MOST:g}"
        )
    if table.labels is not None and len(table.labels) != len(table.values):
        raise InputError(
            f"{table.name} has {counted(len(table.values), 'row')} and {counted(len(table.labels), 'label')}"
        )
    if table.labels is not None and table.labels.dtype.kind == "f" and not np.all(np.isfinite(table.labels)):
        raise InputError(f"{table.name}: a label is not a finite number")


def _table(source: Any, values: str | None, labels: Any) -> Table:
    """The numbers and labels that ``source`` is, names or holds."""
    if isinstance(source, tuple) and len(source) == 2:
        return _arrays("the data", source[0], source[1])
    if not isinstance(source, str | PathLike):
        return _arrays("the data", source, None)
    path = Path(source)
    if not path.exists():
        if is_set(str(source)):
            if values is not None or labels is not None:
                raise InputError(f"{source} is a set, without an array or a column named {values or labels!r}")
            return table_of(str(source))
        if path.suffix or "/" in str(source):
            raise ReadError(f"no such file: {source}")
        return table_of(str(source))
    kind = text.ending(path)
    if kind in (".npy", ".npz"):
        return _archive(path, values, labels)
    return _csv(path, labels)


def _arrays(name: str, values: Any, labels: Any) -> Table:
    """The table of an array of numbers (rows, columns) or (rows, height, width), and of labels (rows,) or None."""
    try:
        if np.iscomplexobj(values):
            raise TypeError
        numbers = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} must be rows of numbers, got {_kind(values)}") from None
    if numbers.ndim not in (2, 3):
        raise InputError(f"{name} must be rows (rows, columns) or images (rows, height, width), got {numbers.shape}")
    shape = (numbers.shape[1], numbers.shape[2]) if numbers.ndim == 3 else None
    numbers = numbers.reshape(len(numbers), math.prod(numbers.shape[1:]))
    if labels is not None:
        labels = np.asarray(labels)
        if labels.ndim != 1 or labels.dtype.kind not in "iufUSb":
            raise InputError(f"{name}: labels must be one number or word for each row, got shape {labels.shape}")
    return Table(name=name, values=numbers, labels=labels, shape=shape)


def _kind(values: Any) -> str:
    dtype = getattr(values, "dtype", None)
    return type(values).__name__ if dtype is None else f"an array of {dtype}"


def _archive(path: Path, values: str | None, labels: str | None) -> Table:
    try:
        arrays = arrays_of(text.read_data(path), str(path))
    except InputError as error:
        raise ReadError(*error.mistakes) from None
    if "" in arrays:
        if values is not None or labels is not None:
            raise InputError(f"{path} holds one array without a name, so it has no {values or labels!r}")
        return _arrays(str(path), arrays[""], None)
    found = _named(path, arrays, values, _VALUES, "numbers")
    if found is None:
        raise ReadError(f"{path} must hold an array named x or data, got {', '.join(arrays) or 'none'}: name it")
    marks = _named(path, arrays, labels, _LABELS, "labels")
    return _arrays(str(path), arrays[found], None if marks is None else arrays[marks])


def _named(path: Path, arrays: dict[str, Any], asked: str | None, usual: Sequence[str], what: str) -> str | None:
    """The name of ``arrays`` that is ``asked``, or one of the ``usual`` ones."""
    if asked is not None:
        if asked not in arrays:
            raise InputError(f"{path} has no {what} named {asked!r}; it holds {', '.join(arrays)}")
        return asked
    return next((key for word in usual for key in arrays if key.lower() == word), None)


def _csv(path: Path, labels: str | None) -> Table:
    """A table of numbers with commas, semicolons, tabs or blanks between them, and names in its first line or none."""
    content = text.read_text(path)
    split = _splitter(content)
    rows = [(number, split(line)) for number, line in enumerate(content.split("\n"), 1) if line.strip()]
    if not rows:
        raise ReadError(f"{path} is empty")
    first = rows[0][1]
    has_names = not any(text.is_real(word) for word in first)
    names = first if has_names else [f"x{k}" for k in range(len(first))]
    rows = rows[has_names:]
    for number, words in rows:
        if len(words) != len(names):
            raise ReadError(f"{path} line {number} has {counted(len(words), 'value')}, and {len(names)} are expected")
    if not rows:
        raise ReadError(f"{path} holds names, and no rows")
    twice = next((name for k, name in enumerate(names) if name in names[:k]), None)
    if twice is not None:
        raise ReadError(f"{path} has two columns named {twice!r}: give each a name of its own")
    where = _named(path, dict.fromkeys(names), labels, _LABELS, "column of labels")
    place = None if where is None else names.index(where)
    kept = [k for k in range(len(names)) if k != place]
    numbers = np.array([[text.real(path, number, words[k]) for k in kept] for number, words in rows])
    marks = None
    if place is not None:
        words_ = [words[place] for _, words in rows]
        whole = all(text.is_whole(word) for word in words_)
        marks = np.array([int(word) for word in words_]) if whole else np.array(words_)
    columns = tuple(names[k] for k in kept)
    numbers = numbers.reshape(len(rows), len(kept))
    return Table(name=str(path), values=numbers, labels=marks, names=columns, by_column=True)


def _splitter(content: str) -> Callable[[str], list[str]]:
    first = content.lstrip("\n").partition("\n")[0]
    mark = next((mark for mark in (",", ";", "\t") if mark in first), None)
    if mark is None:
        return str.split
    return lambda line: [word.strip() for word in next(csv.reader([line], delimiter=mark))]
