"""Lists and histograms of dwell times, and the exponential that is most likely for them.

Enters: dwell times of the states +1 and -1, one by one or counted in equal bins. Leaves: a Dwells. Of bins of width w
from the first one on, an exponential leaves the share 1 - q in each, q = exp(-w / mean), of what has outlasted the ones
before: shorter dwells that the instrument loses change nothing.
"""

import math
from dataclasses import dataclass

import numpy as np

from hwsim.cell.columns import TIMES, by_device, numbers
from hwsim.errors import InputError

DWELL_COLUMNS = {
    name + unit.removeprefix("time"): (state, size)
    for name, state in (("dwell", 0), ("dwell_plus", 1), ("dwell_minus", -1))
    for unit, size in TIMES.items()
}
"""State (0: in a column of its own) and unit of columns of dwell times."""
LEAST_DWELLS = 5
"""Fewer dwells of a state set no useful limit to its mean."""
REGULAR = 0.02
"""Distances of the centres of bins may differ by this part."""
_BINS = 12
"""Equally likely bins of the test of a list; half as many where a list is short."""
_PER_BIN = 10.0


@dataclass(frozen=True, kw_only=True)
class Dwells:
    """Dwell times of one state of one device. time_s : float64 (n,), of dwells, or of the centres of bins
    count : float64 (n,), dwells in each bin, or None for a list;  width_s : of a bin, 0 for a list"""

    time_s: np.ndarray
    count: np.ndarray | None = None
    width_s: float = 0.0

    @property
    def n(self) -> float:
        """How many dwells."""
        return float(self.time_s.size if self.count is None else self.count.sum())

    @property
    def mean_s(self) -> float:
        """The most likely mean of an exponential."""
        if self.count is None:
            return float(self.time_s.mean())
        steps = float((self.count * np.rint((self.time_s - self.time_s[0]) / self.width_s)).sum())
        return self.width_s / math.log1p(self.n / steps)

    @property
    def relative_error(self) -> float:
        """Standard error of the mean over the mean: that of the logarithm."""
        if self.count is None:
            return 1 / math.sqrt(self.n)
        bins = self.width_s / self.mean_s
        return 2 * math.sinh(bins / 2) / (bins * math.sqrt(self.n))

    def test(self) -> tuple[float, int]:
        """(chi-square, degrees of freedom) of the counts against the exponential with that mean."""
        if self.count is None:
            bins = int(min(_BINS, self.n // _PER_BIN))
            if bins < 3:
                return 0.0, 0
            edges = -self.mean_s * np.log1p(-np.arange(bins) / bins)
            found = np.histogram(self.time_s, np.append(edges, np.inf))[0]
            expected = np.full(bins, self.n / bins)
        else:
            k = np.rint((self.time_s - self.time_s[0]) / self.width_s).astype(int)
            q = math.exp(-self.width_s / self.mean_s)
            last = int(min(k.max(), max(0, math.floor(math.log(_PER_BIN / max(self.n, 1)) / math.log(q)))))
            found = np.bincount(np.minimum(k, last), weights=self.count, minlength=last + 1)
            expected = self.n * (1 - q) * q ** np.arange(last + 1)
            expected[-1] = self.n * q**last
            if last < 2:
                return 0.0, 0
        return float(((found - expected) ** 2 / expected).sum()), len(expected) - 2

    def survival(self) -> tuple[np.ndarray, np.ndarray]:
        """(times from the first bin on, share of dwells that last longer), float64 (k,) each; bins without a dwell are
        left out."""
        if self.count is None:
            return np.sort(self.time_s), 1 - np.arange(1, self.time_s.size + 1) / self.time_s.size
        seen = self.count > 0
        time = self.time_s[seen] - self.time_s[0] + self.width_s
        return time, 1 - np.cumsum(self.count[seen]) / self.count.sum()


def read_dwells(file: str, columns: dict[str, list[str]], row: np.ndarray) -> list[tuple[str, Dwells, Dwells]]:
    """(name, dwells in +1, dwells in -1) of each device. Raises InputError."""
    named = [name for name in columns if name in DWELL_COLUMNS]
    states = sorted(DWELL_COLUMNS[name][0] for name in named)
    if states not in ([0], [-1, 1]) or ((0 in states) == ("state" not in columns)):
        raise InputError(
            f"{file}: dwell times are in dwell and state, or in dwell_plus and dwell_minus; found {', '.join(columns)}"
        )
    found = []
    for name, rows in by_device(file, columns, row):
        own = {key: [column[k] for k in rows] for key, column in columns.items()}
        place = f"{file}: {f'device {name}: ' if name else ''}"
        parts = {state: _dwells_of(file, place, own, row[rows], named, state) for state in (1, -1)}
        found.append((name, parts[1], parts[-1]))
    return found


def _dwells_of(
    file: str, place: str, own: dict[str, list[str]], row: np.ndarray, named: list[str], state: int
) -> Dwells:
    """The dwells of one state."""
    key = next(name for name in named if DWELL_COLUMNS[name][0] in (0, state))
    texts = own[key]
    if "state" in own:
        kept = [k for k, text in enumerate(own["state"]) if _state(file, int(row[k]), text) == state]
    else:
        kept = [k for k, text in enumerate(texts) if text.strip()]  # lists may differ in length
    if not kept:
        raise InputError(f"{place}there are no dwell times in {state:+d}; both states are needed")
    rows = row[kept]
    time_s = numbers(file, key, [texts[k] for k in kept], rows) * DWELL_COLUMNS[key][1]
    if "count" not in own:
        return checked(place, Dwells(time_s=time_s))
    count = numbers(file, "count", [own["count"][k] for k in kept], rows)
    width_s = float(np.diff(time_s).min(initial=np.inf)) if time_s.size > 1 else 1.0
    return checked(place, Dwells(time_s=time_s, count=count, width_s=max(width_s, 1e-300)))


def _state(file: str, row: int, text: str) -> int:
    word = text.strip().lower()
    for state, words in (
        (1, ("1", "+1", "+", "high", "up", "plus", "p")),
        (-1, ("-1", "0", "-", "low", "down", "minus", "ap")),
    ):
        if word in words:
            return state
    raise InputError(f"{file}: row {row}: state must be +1 or -1 (or 1 and 0, high and low), got {text.strip()!r}")


def checked(place: str, dwells: Dwells) -> Dwells:
    """``dwells``, if a mean can be taken of them. Raises InputError, which begins with ``place``."""
    if not (dwells.time_s > 0).all() or (dwells.count is not None and (dwells.count < 0).any()):
        raise InputError(f"{place}dwell times must be > 0 and counts >= 0")
    if dwells.count is not None:
        if dwells.time_s.size < 3 or np.any(np.diff(dwells.time_s) <= 0):
            raise InputError(f"{place}a histogram needs at least three bins, in ascending order")
        steps = np.diff(dwells.time_s) / dwells.width_s
        if np.any(np.abs(steps - np.rint(steps)) > REGULAR) or np.any(np.rint(steps) < 1):
            raise InputError(f"{place}the bins of a histogram must be equally wide")
        if np.count_nonzero(dwells.count) < 2:
            raise InputError(f"{place}all dwells are in one bin, so their mean has no limit; use narrower bins")
    if dwells.n < LEAST_DWELLS:
        raise InputError(f"{place}{dwells.n:g} dwell times are too few, a mean needs at least {LEAST_DWELLS}")
    return dwells
