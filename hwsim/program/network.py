"""The network of a Program and its wires: who is coupled to whom, how strongly, and when a value arrives."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwsim.errors import InputError
from hwsim.program.record import CONNECTION, PBIT, ROW, Record, column
from hwsim.rounding import lowest_bit

_MOST_UNITS = 16000
"""A field must be less than this many units, which an int16 holds."""
_MOST_WAIT = 2**59
"""Ticks, about 10 minutes: what leaves at the end of the longest run arrives within 63 bits."""


def rows_of(indptr: np.ndarray) -> np.ndarray:
    """int64 (m,): the row of every stored connection."""
    return np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))


@dataclass(frozen=True, kw_only=True, eq=False)
class Network(Record):
    """Biases and couplings of n spins: dimod's sign, E = sum h s + sum J s s. Each coupling is stored in both rows.

    bias : float64 (n,);  indptr : int64 (n + 1,), indices : int32 (m,), weight : float64 (m,), row by row
    A network unpacks into these four.
    """

    _name = "network"

    bias: np.ndarray = column(np.float64)
    indptr: np.ndarray = column(np.int64, ROW, numbers=CONNECTION)
    indices: np.ndarray = column(np.int32, CONNECTION, numbers=PBIT)
    weight: np.ndarray = column(np.float64, CONNECTION)

    def _check(self) -> None:
        n, m = self.n, len(self.weight)
        if self.indptr[0] != 0 or self.indptr[-1] != m or np.any(np.diff(self.indptr) < 0):
            raise InputError("program.indptr must rise from 0 to the number of connections")
        if m and (self.indices.min() < 0 or self.indices.max() >= n):
            raise InputError("program.indices must lie in [0, n)")
        if np.any(self.indices == self.rows):
            raise InputError("program.indices couples a p-bit to itself")

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter((self.bias, self.indptr, self.indices, self.weight))

    @property
    def n(self) -> int:
        """How many spins."""
        return len(self.bias)

    @property
    def n_couplings(self) -> int:
        """How many couplings (pairs)."""
        return len(self.weight) // 2

    @cached_property
    def degree(self) -> np.ndarray:
        """int64 (n,): couplings of each spin."""
        return np.diff(self.indptr)

    @cached_property
    def rows(self) -> np.ndarray:
        """int64 (m,): the row of every stored connection."""
        return rows_of(self.indptr)

    @cached_property
    def pairs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(i, j, J): int64 (k,), int64 (k,), float64 (k,): every coupling once, i < j, in the order of the rows."""
        once = self.rows < self.indices
        return self.rows[once], self.indices[once].astype(np.int64), self.weight[once]

    @cached_property
    def pair_of(self) -> np.ndarray:
        """int64 (m,): the number of each stored connection's coupling in `pairs`."""
        rows, columns = self.rows, self.indices.astype(np.int64)
        key = np.minimum(rows, columns) * self.n + np.maximum(rows, columns)
        once = key[rows < columns]
        order = np.argsort(once)
        return order[np.searchsorted(once, key, sorter=order)]

    def row(self, i: int) -> slice:
        """Where the connections of spin ``i`` are."""
        return slice(int(self.indptr[i]), int(self.indptr[i + 1]))

    def row_sums(self, values: np.ndarray) -> np.ndarray:
        """float64 (n,): ``values`` (m,), one for each connection, summed by row."""
        return np.bincount(self.rows, weights=values, minlength=self.n)

    @cached_property
    def reach(self) -> np.ndarray:
        """float64 (n,): the largest |field| of each spin, |h| + sum of |J|."""
        return np.abs(self.bias) + self.row_sums(np.abs(self.weight))

    @cached_property
    def unit(self) -> float | None:
        """The power of two of which every bias and coupling is a small multiple, or None.

        With a unit, fields are small whole numbers of it, and their sums are exact in float64.
        """
        values = np.concatenate((self.bias, self.weight))
        values = values[values != 0]
        if len(values) == 0:
            return 1.0
        unit = 2.0 ** lowest_bit(values)
        return unit if self.reach.max() < _MOST_UNITS * unit else None

    def same_couplings(self, other: "Network") -> bool:
        """Whether both couple the same spins, in the same order, however strongly."""
        if self.indptr is other.indptr and self.indices is other.indices:
            return True
        return np.array_equal(self.indptr, other.indptr) and np.array_equal(self.indices, other.indices)

    def reweighted(self, bias: np.ndarray, weight: np.ndarray) -> "Network":
        """The network with other numbers on the same couplings. Only they are checked, so that a controller which
        writes weights thousands of times a second can afford it.

        bias : float64 (n,);  weight : float64 (m,), row by row. Raises InputError.
        """
        known, made = vars(self), self._with(bias=bias, weight=weight)
        for name in ("bias", "weight"):
            what = _COLUMNS[name]
            sizes = {what.axis: len(known[name])}
            vars(made)[name] = self._checked(name, vars(made)[name], what, sizes)
        return made

    def _with(self, **values: np.ndarray) -> "Network":
        """The network with ``values`` that nobody checks."""
        made, known = object.__new__(Network), vars(self)
        vars(made).update({name: known[name] for name in _OF_COUPLINGS if name in known}, **values)
        return made

    def coupled(self, bias: np.ndarray, strength: np.ndarray) -> "Network":
        """The same with ``strength`` float64 (k,) of the couplings of `pairs`, each in both directions."""
        if np.shape(strength) != (self.n_couplings,):
            raise InputError(f"strength must be float64 ({self.n_couplings},), got shape {np.shape(strength)}")
        from hwsim.program.spread import spread

        strength = np.asarray(strength)
        if np.shape(bias) == (self.n,) and getattr(bias, "dtype", None) == strength.dtype == np.float64:
            own = np.array(bias)
            strength = strength if strength.flags.writeable and strength.flags.c_contiguous else strength.copy()
            weight, reach = np.empty(len(self.weight)), np.empty(self.n)
            if spread(own, strength, self.pair_of, self.indptr, weight, reach):
                own.flags.writeable = weight.flags.writeable = False
                return self._with(bias=own, weight=weight, reach=reach)
        return self.reweighted(bias, strength[self.pair_of])

    def same_as(self, other: "Network") -> bool:
        """Whether both hold the same numbers."""
        return self is other or all(np.array_equal(a, b) for a, b in zip(self, other, strict=True))

    def energies(self, states: np.ndarray) -> np.ndarray:
        """float64 (reads,): E of ``states``, int8 (reads, n) of +-1, without any offset."""
        return self.column_energies(np.asarray(states, dtype=np.int8).T)

    def column_energies(self, spins: np.ndarray, offset: float = 0.0) -> np.ndarray:
        """The same of ``spins`` int8 (n, reads), added to ``offset``."""
        from hwsim.program.energy import column_energies

        return column_energies(self.bias, self.indptr, self.indices, self.weight, spins, offset)


_OF_COUPLINGS = ("indptr", "indices", "degree", "rows", "pair_of")
"""What depends on who is coupled to whom alone."""
_COLUMNS = {item.name: what for item, what in Network._columns()}


@dataclass(frozen=True, kw_only=True, eq=False)
class Wires(Record):
    """What the m stored connections of a network do to a signal. Times are ticks of the grid.

    delay : int64 (m,), from a commit of ``indices[k]`` until the row's p-bit sees it
    exchange : int64 (m,) or None: a value leaves only at multiples of this many ticks, then takes ``delay``. A value
    committed at such a moment waits for the next. 0 for a wire within a chip
    driven : bool (m,) or None: couplings whose strength follows the anneal's ``drive``; the others are constant
    """

    _name = "wires"

    delay: np.ndarray = column(np.int64, CONNECTION, least=0, most=_MOST_WAIT)
    exchange: np.ndarray | None = column(np.int64, CONNECTION, least=0, most=_MOST_WAIT, optional=True)
    driven: np.ndarray | None = column(np.bool_, CONNECTION, optional=True)

    @cached_property
    def uniform_delay(self) -> int | None:
        """The delay of all connections in ticks, or None where delays differ or values cross at intervals."""
        if self.exchange is not None:
            return None
        if len(self.delay) == 0:
            return 0
        first = int(self.delay[0])
        return first if bool(np.all(self.delay == first)) else None

    @property
    def longest_ticks(self) -> int:
        """Ticks until every signal under way has arrived: the longest delay, and the longest wait for an exchange."""
        wait = 0 if self.exchange is None else int(self.exchange.max(initial=0))
        return int(self.delay.max(initial=0)) + wait
