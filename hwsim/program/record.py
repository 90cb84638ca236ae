"""Record: what all parts of a Program have in common. A field says once what it holds; the rest follows.

Enters: dataclasses whose fields are made by `column` (arrays) or `scalar`. Leaves: records that check themselves, are
read-only, hash, save, tile and cut. A new field is one line in one record: with a default it leaves the hashes and the
files of old programs alone.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any, Self, get_args

import numpy as np

from hwsim.display import Shown
from hwsim.errors import InputError

PBIT, CONNECTION, ROW, VARIABLE, ENTRY = "p-bit", "connection", "row", "variable", "entry"
"""What an axis counts: p-bits, stored connections, rows and their end, variables of the problem, entries of a table."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """What an array holds: its dtype, what its axis counts, the range of its values, and whether results depend on it.

    numbers : what its values are numbers of (CONNECTION, PBIT or VARIABLE), so that copies and cuts renumber them
    default : of every entry, or None for a field that must be given;  optional : the whole array may be None
    stored : the name in files and hashes, which stays when the field is renamed; None where it is the field's own
    """

    dtype: Any
    axis: str
    numbers: str | None = None
    least: float | None = None
    most: float | None = None
    default: float | None = None
    optional: bool = False
    hashed: bool = True
    stored: str | None = None


def column(dtype: Any, axis: str = PBIT, *, default: float | None = None, optional: bool = False, **rest: Any) -> Any:
    """A field that holds one array; see Column."""
    meta = {"column": Column(dtype=np.dtype(dtype), axis=axis, default=default, optional=optional, **rest)}
    return field(default=None, metadata=meta) if optional or default is not None else field(metadata=meta)


@dataclass(frozen=True, kw_only=True)
class Scalar:
    """What one number or word may be: within [least, most] or (above, most], or one of a list."""

    least: float | None = None
    most: float | None = None
    above: float | None = None
    one_of: Collection[str] | None = None
    hashed: bool = True


def scalar(*, default: Any = MISSING, **rules: Any) -> Any:
    """A field that holds one number or word; see Scalar."""
    return field(default=default, metadata={"scalar": Scalar(**rules)})


def stored_name(item: Field) -> str:
    """What files and hashes call the field ``item``."""
    what = item.metadata.get("column")
    return item.name if what is None else what.stored or item.name


def _plain(item: Field, value: Any) -> Any:
    """``value`` in the type that the field declares; numpy's numbers become Python's. Raises InputError."""
    kinds = get_args(item.type) or (item.type,)
    if isinstance(value, np.generic):
        value = value.item()
    if float in kinds and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        words = " or ".join("none" if kind is type(None) else kind.__name__ for kind in kinds)
        raise InputError(f"program.{item.name} must be {words}, got {value!r}")
    return value


class Record(Shown):
    """A frozen dataclass of columns and scalars.

    _name : what a Program, and a file, calls it;  _within : fields that are records themselves
    """

    _name = "record"
    _unmarked = Scalar(hashed=False)
    _within: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        sizes = self._sizes()
        for item, what in self._columns():
            value = getattr(self, item.name)
            if value is None and what.default is not None:
                value = np.full(sizes[what.axis], what.default, dtype=what.dtype)
            if value is None and what.optional:
                continue
            object.__setattr__(self, item.name, self._checked(item.name, value, what, sizes))
        for item in self._scalars():
            object.__setattr__(self, item.name, _plain(item, getattr(self, item.name)))
            self._check_scalar(item)
        self._check()

    def _check(self) -> None:
        """Check what single fields cannot. Raises InputError."""

    def _sizes(self) -> dict[str, int]:
        """Lengths by axis, from the first column that is given."""
        sizes: dict[str, int] = {}
        for item, what in self._columns():
            value = getattr(self, item.name)
            if value is not None and np.ndim(value) == 1:
                sizes.setdefault(what.axis, len(value))
        if ROW in sizes:
            sizes[PBIT] = sizes.get(PBIT, sizes[ROW] - 1)
            sizes[ROW] = sizes[PBIT] + 1
        return sizes

    def _checked(self, name: str, value: Any, what: Column, sizes: Mapping[str, int]) -> np.ndarray:
        """``value`` as a read-only array that nobody else holds. Raises InputError unless it is as ``what`` says."""
        full = f"program.{name}"
        length = sizes.get(what.axis)
        if not isinstance(value, np.ndarray) or value.shape != (length,) or value.dtype != what.dtype:
            got = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else repr(value)
            raise InputError(f"{full} must be {what.dtype} ({'n' if length is None else length},), got {got}")
        if what.dtype == np.float64 and not np.isfinite(value).all():
            raise InputError(f"{full} holds a value that is not finite")
        if what.least is not None and length and value.min() < what.least:
            raise InputError(f"{full} must be >= {what.least:g}, got {value.min()}")
        if what.most is not None and length and value.max() > what.most:
            raise InputError(f"{full} must be <= {what.most:g}, got {value.max()}")
        if value.flags.writeable or value.base is not None or not value.flags.c_contiguous:
            value = np.array(value, order="C")
            value.flags.writeable = False
        return value

    def _check_scalar(self, item: Field) -> None:
        value, rule = getattr(self, item.name), item.metadata.get("scalar", Scalar())
        full = f"program.{item.name}"
        if isinstance(value, float) and not np.isfinite(value):
            raise InputError(f"{full} must be finite, got {value}")
        if rule.one_of is not None and value not in rule.one_of:
            raise InputError(f"{full} must be one of {', '.join(rule.one_of)}, got {value!r}")
        if value is None:
            return
        if rule.above is not None and not value > rule.above:
            raise InputError(f"{full} must be above {rule.above:g}, got {value}")
        if rule.least is not None and not value >= rule.least:
            raise InputError(f"{full} must be >= {rule.least:g}, got {value}")
        if rule.most is not None and not value <= rule.most:
            raise InputError(f"{full} must be <= {rule.most:g}, got {value}")

    @classmethod
    def _columns(cls) -> Iterator[tuple[Field, Column]]:
        return ((item, item.metadata["column"]) for item in fields(cls) if "column" in item.metadata)  # type: ignore

    @classmethod
    def _scalars(cls) -> Iterator[Field]:
        return (item for item in fields(cls) if "column" not in item.metadata and item.name not in cls._within)  # type: ignore

    def _given(self) -> Iterator[tuple[Field, Any]]:
        """Fields whose value is not the default: what files and hashes hold."""
        for item, what in self._columns():
            value = getattr(self, item.name)
            if value is None or (what.default is not None and bool(np.all(value == what.default))):
                continue
            yield item, value
        for item in self._scalars():
            value = getattr(self, item.name)
            if item.default is MISSING or value != item.default:
                yield item, value

    def hashed(self) -> Iterator[tuple[str, bytes]]:
        """(stored name, octets) of every field on which results depend and whose value is not the default."""
        for item, value in self._given():
            if item.metadata.get("column", item.metadata.get("scalar", self._unmarked)).hashed:
                yield stored_name(item), value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
        for outer in self._within:
            inner = getattr(self, outer)
            if inner is not None:
                yield from ((f"{outer}.{name}", octets) for name, octets in inner.hashed())

    def parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """(scalars, arrays) that differ from the default, by the names that files keep."""
        scalars: dict[str, Any] = {}
        arrays: dict[str, np.ndarray] = {}
        for item, value in self._given():
            (arrays if isinstance(value, np.ndarray) else scalars)[stored_name(item)] = value
        for outer in self._within:
            inner = getattr(self, outer)
            if inner is not None:
                arrays |= {f"{outer}.{name}": value for name, value in inner.parts()[1].items()}
        return scalars, arrays

    @classmethod
    def of_parts(cls, scalars: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The record whose `parts` these are. Raises InputError for a field that is unknown, missing or invalid."""
        own = {name: value for name, value in (*scalars.items(), *arrays.items()) if "." not in name}
        known = {stored_name(item): item for item in fields(cls)}  # type: ignore[arg-type]
        for name in own:
            if name not in known:
                raise InputError(f"this version of hwsim does not know {cls._name}.{name}")
        values = {known[name].name: value for name, value in own.items()}
        for outer in cls._within:
            inner = {name.partition(".")[2]: value for name, value in arrays.items() if name.startswith(f"{outer}.")}
            if inner:
                kind = next(kind for kind in get_args(known[outer].type) if issubclass(kind, Record))
                values[outer] = kind.of_parts({}, inner)
        for name, item in known.items():
            if item.name not in values and item.default is MISSING and item.default_factory is MISSING:
                raise InputError(f"{cls._name}.{name} is missing")
        return cls(**values)

    def tile(self, copies: int, sizes: Mapping[str, int]) -> Self:
        """``copies`` of the record side by side; p-bits, connections and variables are numbered on from copy to copy.

        sizes : lengths by axis, of the whole Program.
        """

        def tiled(value: np.ndarray, what: Column) -> np.ndarray:
            if what.axis == ENTRY:
                return value
            shift = 0 if what.numbers is None else np.arange(copies)[:, None] * sizes[what.numbers]
            many = (np.tile(value, (copies, 1)) + shift).astype(what.dtype)
            if what.axis == ROW:
                return np.append(many[:, :-1].ravel(), copies * sizes[CONNECTION]).astype(what.dtype)
            return many.ravel()

        return self._mapped(tiled)

    def take(self, kept: Mapping[str, np.ndarray], sizes: Mapping[str, int]) -> Self:
        """The record of the ``kept`` items, int64 arrays by axis; they are numbered anew from 0."""

        def taken(value: np.ndarray, what: Column) -> np.ndarray:
            if what.axis in kept:
                value = value[kept[what.axis]]
            if what.numbers is not None and what.numbers in kept:
                place = np.full(sizes[what.numbers], -1, dtype=np.int64)
                place[kept[what.numbers]] = np.arange(len(kept[what.numbers]))
                value = place[value].astype(what.dtype)
            return value

        return self._mapped(taken)

    def _mapped(self, change: Callable[[np.ndarray, Column], np.ndarray]) -> Self:
        values = {item.name: getattr(self, item.name) for item in fields(self)}  # type: ignore[arg-type]
        for item, what in self._columns():
            if values[item.name] is not None:
                values[item.name] = change(values[item.name], what)
        return type(self)(**values)
