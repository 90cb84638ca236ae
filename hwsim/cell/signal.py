"""The signal of a fluctuator: which levels an analog record has, and what else it shows that two states do not explain.

Enters: the values of a record, evenly spaced in time. Leaves: two levels, the state at every sample, and sentences on
glitches, drift, hum, correlated noise and a slow instrument; or a refusal with the reason.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hwsim.errors import InputError
from hwsim.units import format_si

LEAST_SEPARATION = 4.0
"""Levels nearer than this many s.d. of the noise count as one: the halves of a Gaussian lie 2.9 of their s.d. apart."""
HYSTERESIS = 0.2
"""A state changes when the value passes the middle by this fraction of the distance of the levels."""
RARE = 0.02
"""A cluster with a smaller share of the samples is a level only if the value stays there, for _STAY samples."""
_STAY, _VISITS = 3.0, 5
_HALVINGS = 4
_FEW_VALUES = 8
"""A record of so few distinct values has been digitised: its levels are parted by the wide gaps between them."""
_BLOCKS = 8
_MOVES, _DRIFTS, _LOST = 0.4, 0.05, 0.3
"""Drift, in distances of the levels: refused, said, and looked for where no two levels are found."""
_LINE = 0.2
"""A hum with more than this share of the variance is named where no two levels are found."""
_LEAST_HUM = 0.02
"""A hum of a smaller amplitude, in distances of the levels, is not worth a sentence."""
_BEND = 0.8
"""Second differences below this many first ones are those of a smooth curve."""
_FALSE_ALARM = 12.0
"""-log of the chance that noise makes the line of a hum."""
_PASSING, _SLOW = 0.3, 0.5
"""A slow instrument: share of the changes with a sample between the levels (said); its time in dwells (refused)."""
_ALIKE = 0.1
"""Noise whose successive samples have a larger correlation is said to be correlated."""


@dataclass(frozen=True, kw_only=True)
class Levels:
    """The two levels of an analog value; their distance in s.d. of the noise, infinite without noise."""

    low: float
    high: float
    separation: float


@dataclass(frozen=True, kw_only=True)
class Signal:
    """levels : the two;  state : int8 (n,), 1 in the upper one;  notes : what a reader of the numbers must know"""

    levels: Levels
    state: np.ndarray
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Cluster:
    """Values that lie together. member : bool (n,)."""

    centre: float
    share: float
    member: np.ndarray

    @property
    def stays(self) -> bool:
        """Whether this is a level: often there, or there for several samples at a time."""
        visits = int(np.count_nonzero(np.diff(self.member.astype(np.int8), prepend=0) == 1))
        return self.share >= RARE or (visits >= _VISITS and self.member.sum() >= _STAY * visits)


def read_signal(value: np.ndarray, linked: np.ndarray, interval_s: float | None) -> Signal:
    """The signal in ``value`` float64 (n,), where ``linked`` bool (n,) says which sample follows its predecessor by
    ``interval_s``. Raises InputError unless it has two levels that stay where they are."""
    clusters = _clusters(value)
    levels, glitch = _two_of(value, clusters)
    if levels is None:
        raise InputError(_why_not_two(value, clusters, linked, interval_s))
    state = digital(value, levels, glitch)
    _refuse_slow(value, levels, state)
    notes = [] if not glitch.any() else [_glitches(glitch)]
    residual = np.where(glitch, 0.0, value - np.where(state > 0, levels.high, levels.low))
    steady = _steady(state, linked) & ~glitch
    drift = _drift(residual, steady, levels)
    hum = _hum(residual, steady, linked, interval_s, levels)
    slow = _passing(value, levels, state)
    alike = None if drift or hum or slow else _correlated(residual, steady)
    return Signal(levels=levels, state=state, notes=(*notes, *(said for said in (drift, hum, slow, alike) if said)))


def parted_signal(value: np.ndarray, threshold: float) -> Signal:
    """The signal in ``value`` float64 (n,) that is +1 above ``threshold``. Raises InputError where it stays on one
    side."""
    state = (value > threshold).astype(np.int8)
    if state.min() == state.max():
        side = "above" if state[0] else "at or below"
        raise InputError(f"every sample is {side} the threshold {threshold:g}; a trace needs both sides")
    low, high = (float(np.median(value[state == s])) for s in (0, 1))
    noise = _spread(value - np.where(state > 0, high, low))
    levels = Levels(low=low, high=high, separation=(high - low) / noise if noise > 0 else math.inf)
    return Signal(levels=levels, state=state, notes=(f"+1 is a value above {threshold:g}, as given",))


def two_levels(value: np.ndarray) -> Levels | None:
    """The two levels of ``value`` (n,), or None where it has one or more than two. A few glitches are no level."""
    return _two_of(value, _clusters(value))[0]


def digital(value: np.ndarray, levels: Levels, glitch: np.ndarray | None = None) -> np.ndarray:
    """States int8 (n,) of an analog ``value``: it changes only when the value is clearly on the other side, and not
    at a ``glitch`` bool (n,)."""
    place = (value - levels.low) / (levels.high - levels.low)
    clear = np.abs(place - 0.5) >= HYSTERESIS
    if glitch is not None:
        clear &= ~glitch
    first = int(np.argmax(clear))
    last = np.maximum.accumulate(np.where(clear, np.arange(value.size), first))
    return (place[last] > 0.5).astype(np.int8)


# levels -------------------------------------------------------------------------------------------------------------


def _clusters(value: np.ndarray) -> list[_Cluster]:
    """The clusters of ``value``, from the lowest on: pieces of the sorted values, halved where the sum of distances
    from the medians falls most, and joined again until neighbours are LEAST_SEPARATION apart."""
    order = np.sort(value)
    distinct = np.unique(order)
    if distinct.size == 1:
        edges = [0, order.size]
    elif distinct.size <= _FEW_VALUES:
        gap = np.diff(distinct)
        wide = distinct[1:][gap > 0.25 * gap.max()]
        edges = [0, *np.searchsorted(order, wide).tolist(), order.size]
    else:
        # a digitised value has no noise within a step
        step = 0.5 * float(np.median(np.diff(distinct)))
        edges = _joined(order, _halved(order), floor=step)
        # a piece of few samples looks less noisy than it is: all pieces together say more
        pieces = [order[a:b] for a, b in pairwise(edges)]
        noise = _spread(np.concatenate([piece - np.median(piece) for piece in pieces]))
        edges = _joined(order, edges, floor=max(step, noise))
    lows = [order[k] for k in edges[1:-1]]
    which = np.searchsorted(np.array(lows), value, side="right")
    found = []
    for k in range(len(edges) - 1):
        member = which == k
        if member.any():
            centre = float(np.median(value[member]))
            found.append(_Cluster(centre=centre, share=float(member.mean()), member=member))
    return found


def _halved(order: np.ndarray) -> list[int]:
    """Edges of pieces of the sorted values ``order``: each is split in two, _HALVINGS times."""
    total = np.concatenate(([0.0], np.cumsum(order - order[0])))
    base = order - order[0]

    def cost(first: np.ndarray, last: np.ndarray) -> np.ndarray:
        middle = (first + last) // 2
        at = base[np.minimum(middle, base.size - 1)]
        below = at * (middle - first) - (total[middle] - total[first])
        return below + (total[last] - total[middle]) - at * (last - middle)

    edges = [0, order.size]
    for _ in range(_HALVINGS):
        cuts = []
        for a, b in pairwise(edges):
            k = np.arange(a + 1, b)
            k = k[order[k] > order[k - 1]]
            if k.size:
                cuts.append(int(k[np.argmin(cost(np.full_like(k, a), k) + cost(k, np.full_like(k, b)))]))
        edges = sorted({*edges, *cuts})
    return edges


def _joined(order: np.ndarray, edges: list[int], *, floor: float) -> list[int]:
    """``edges`` without those between pieces that are nearer than LEAST_SEPARATION s.d. of their common noise."""
    edges = list(edges)
    while len(edges) > 2:
        apart = [_apart(order[a:b], order[b:c], floor) for a, b, c in zip(edges, edges[1:], edges[2:], strict=False)]
        k = int(np.argmin(apart))
        if apart[k] >= LEAST_SEPARATION:
            break
        del edges[k + 1]
    return edges


def _apart(one: np.ndarray, other: np.ndarray, floor: float) -> float:
    """Distance of the medians in s.d. of the noise about them, at least ``floor``."""
    low, high = np.median(one), np.median(other)
    noise = max(_spread(np.concatenate((one - low, other - high))), floor)
    return float((high - low) / noise) if noise > 0 else math.inf


def _spread(residual: np.ndarray) -> float:
    """The s.d. of a Gaussian with the same median of absolute values; outliers do not matter."""
    return 1.4826 * float(np.median(np.abs(residual)))


def _two_of(value: np.ndarray, clusters: list[_Cluster]) -> tuple[Levels | None, np.ndarray]:
    """(the levels, or None unless they are two; bool (n,): samples beyond them in clusters that are no levels)."""
    none = np.zeros(value.size, dtype=bool)
    staying = [cluster for cluster in clusters if cluster.stays]
    if len(staying) > 2 and _smooth(value, np.any([cluster.member for cluster in staying[1:-1]], axis=0)):
        staying = [staying[0], staying[-1]]  # the instrument passes through what lies between
    if len(clusters) == 2 and np.unique(value).size == 2:
        staying = clusters  # digital: no glitch hits the same number every time
    if len(staying) != 2:
        return None, none
    low, high = staying
    noise = _spread(np.concatenate([value[c.member] - c.centre for c in staying]))
    distance = high.centre - low.centre
    separation = distance / noise if noise > 0 else math.inf
    if separation < LEAST_SEPARATION:
        return None, none
    glitch = none
    for cluster in clusters:
        if cluster.centre < low.centre or cluster.centre > high.centre:
            glitch = glitch | cluster.member
    return Levels(low=low.centre, high=high.centre, separation=separation), glitch


def _smooth(value: np.ndarray, where: np.ndarray) -> bool:
    """Whether ``value`` passes through the samples ``where`` bool (n,): there the second difference is smaller than the
    first. Noise about a level makes it sqrt(3) times larger."""
    inside = where[1:-1]
    if not inside.any():
        return False
    slope = np.abs(np.diff(value))
    bend = np.abs(np.diff(value, n=2))
    return float(np.median(bend[inside])) < _BEND * float(np.median(np.maximum(slope[:-1], slope[1:])[inside]))


def _why_not_two(value: np.ndarray, clusters: list[_Cluster], linked: np.ndarray, interval_s: float | None) -> str:
    """One sentence on a value that has not two levels."""
    moved = _moved(value)
    if moved is not None:
        return moved
    line = _line(value - value.mean(), linked, interval_s, least=20)
    if line is not None and line[2] > _LINE:
        return f"value has a hum at {line[0]}, {100 * line[2]:.0f} % of its variance, and no two levels; remove it"
    staying = [cluster for cluster in clusters if cluster.stays]
    if len(staying) > 2:
        each = [f"{cluster.centre:.4g} ({100 * cluster.share:.2g} %)" for cluster in staying]
        return (
            f"value has {len(staying)} levels, near {', '.join(each[:-1])} and {each[-1]}, so it is not two-valued: "
            "there is a second fluctuator, or the device has more states"
        )
    if _smooth(value, np.ones(value.size, dtype=bool)):
        return "value moves smoothly, and so the instrument is slower than the samples; record with more bandwidth"
    return f"value has one level only, near {np.median(value):g}; a trace needs two"


def _moved(value: np.ndarray) -> str | None:
    """A sentence where parts of the record have two levels each, which move smoothly."""
    middles, distances = [], []
    for part in np.array_split(value, _BLOCKS):
        found = two_levels(part) if part.size >= 20 else None
        if found is not None:
            middles.append((found.low + found.high) / 2)
            distances.append(found.high - found.low)
    if len(middles) < _BLOCKS / 2:
        return None
    distance, reach = float(np.median(distances)), max(middles) - min(middles)
    smooth = np.abs(np.diff(middles)).max() <= 0.5 * reach
    if reach < _LOST * distance or not smooth:
        return None
    return _moving(reach / distance)


def _moving(part: float) -> str:
    return (
        f"the levels drift during the record, by {part:.2g} of their distance, so a sample's state cannot be told; "
        "remove the drift, or record for a shorter time"
    )


# what else there is -------------------------------------------------------------------------------------------------


def _glitches(glitch: np.ndarray) -> str:
    return (
        f"{glitch.sum()} samples ({100 * glitch.mean():.2g} %) are far from both levels and are taken as glitches: the "
        "state before them is kept"
    )


def _steady(state: np.ndarray, linked: np.ndarray) -> np.ndarray:
    """bool (n,): samples with no change of state at them or next to them."""
    changed = np.concatenate(([True], np.diff(state) != 0)) | ~linked
    near = changed | np.roll(changed, -1) | np.roll(changed, 1)
    near[-1] = changed[-1]
    return ~near


def _drift(residual: np.ndarray, steady: np.ndarray, levels: Levels) -> str | None:
    """A sentence on levels that move by much more than chance between parts of the record. Raises InputError where
    they move so far that states cannot be told."""
    parts = [part[kept] for part, kept in zip(*(np.array_split(v, _BLOCKS) for v in (residual, steady)), strict=True)]
    parts = [part for part in parts if part.size >= 20]
    if len(parts) < 2:
        return None
    middle = [float(np.median(part)) for part in parts]
    reach, distance = max(middle) - min(middle), levels.high - levels.low
    chance = max(1.25 * _spread(part - np.median(part)) / math.sqrt(part.size) for part in parts)
    if reach > _MOVES * distance:
        raise InputError(_moving(reach / distance))
    if reach < _DRIFTS * distance or reach < 8 * chance:
        return None
    return f"the levels drift by {reach / distance:.2g} of their distance during the record"


def _line(
    value: np.ndarray, linked: np.ndarray, interval_s: float | None, *, least: int = 5
) -> tuple[str, float, float] | None:
    """(frequency in words, amplitude, share of the variance) of the strongest line in the spectrum of the longest
    unbroken piece of ``value``, if it has ``least`` periods and noise does not make it by chance; else None."""
    breaks = np.concatenate((np.flatnonzero(~linked), [value.size]))
    k = int(np.argmax(np.diff(breaks))) if breaks.size > 1 else 0
    piece = value[breaks[k] : breaks[k + 1]] if breaks.size > 1 else value
    if piece.size < 128 or not piece.any():
        return None
    power = np.abs(np.fft.rfft(piece - piece.mean())) ** 2
    power[:3] = 0.0  # drift
    at = int(np.argmax(power))
    around = np.concatenate((power[max(3, at - 50) : max(3, at - 2)], power[at + 3 : at + 51]))
    background = float(np.median(around)) / math.log(2)
    if at < least or not power[at] > (math.log(power.size) + _FALSE_ALARM) * background:
        return None
    if interval_s is None:
        where = f"{at / piece.size:.3g} per sample"
    else:
        where = format_si(at / (piece.size * interval_s), "Hz")
    share = float(power[at - 1 : at + 2].sum() / power.sum())
    return where, 2 * math.sqrt(float(power[at - 1 : at + 2].sum())) / piece.size, share


def _hum(
    residual: np.ndarray, steady: np.ndarray, linked: np.ndarray, interval_s: float | None, levels: Levels
) -> str | None:
    """A sentence on a periodic disturbance. Raises InputError where it moves the levels by 0.4 of their distance."""
    line = _line(np.where(steady, residual, 0.0), linked, interval_s)
    if line is None:
        return None
    size = line[1] / float(steady.mean()) / (levels.high - levels.low)  # the samples next to a change are left out
    if size < _LEAST_HUM:
        return None
    if size > _MOVES:
        raise InputError(f"value has a hum at {line[0]} of {size:.2g} of the levels' distance; remove it")
    return f"there is a hum at {line[0]}, with an amplitude of {size:.2g} of the levels' distance"


def _on_the_way(value: np.ndarray, levels: Levels) -> np.ndarray:
    return np.abs((value - levels.low) / (levels.high - levels.low) - 0.5) < 0.25


def _rise(value: np.ndarray, levels: Levels, state: np.ndarray) -> tuple[float, float]:
    """(share of the changes with a sample between the levels just before, mean number of those samples)."""
    change = np.flatnonzero(np.diff(state) != 0) + 1
    between = _on_the_way(value, levels)
    # how many samples in a row, up to each one, lie between the levels
    last = np.maximum.accumulate(np.where(between, 0, np.arange(1, value.size + 1)))
    run = (np.arange(1, value.size + 1) - last)[change - 1] if change.size else np.zeros(0)
    return (float((run > 0).mean()), float(run.mean())) if change.size else (0.0, 0.0)


def _refuse_slow(value: np.ndarray, levels: Levels, state: np.ndarray) -> None:
    """Raise InputError where the instrument takes about as long to follow as the state lasts."""
    share, rise = _rise(value, levels, state)
    visits = [max(1, int(np.count_nonzero(np.diff((state == s).astype(np.int8), prepend=0) == 1))) for s in (0, 1)]
    dwell = min(float((state == s).sum()) / visits[s] for s in (0, 1))
    if share > _PASSING and rise > 1 and rise > _SLOW * dwell:
        raise InputError(
            f"the instrument takes {rise:.2g} samples to follow a change and the state lasts {dwell:.2g}, so dwell "
            "times cannot be seen; record with more bandwidth"
        )


def _passing(value: np.ndarray, levels: Levels, state: np.ndarray) -> str | None:
    """A sentence on an instrument of little bandwidth."""
    share, rise = _rise(value, levels, state)
    if share <= _PASSING:
        return None
    return (
        f"the instrument's bandwidth shows: {100 * share:.0f} % of the changes pass through samples between the "
        f"levels, {rise:.2g} on average, so dwells shorter than that are lost"
    )


def _correlated(residual: np.ndarray, steady: np.ndarray) -> str | None:
    """A sentence on noise whose successive samples are alike."""
    both = steady[1:] & steady[:-1]
    if both.sum() < 200:
        return None
    before, after = residual[:-1][both], residual[1:][both]
    if not (before.any() and after.any()):
        return None
    r = float(np.corrcoef(before, after)[0, 1])
    if r < max(_ALIKE, 6 / math.sqrt(both.sum())):
        return None
    return (
        f"the noise at a level is correlated from sample to sample ({r:.2g}): the instrument filters it, or there is a "
        "second, weaker fluctuator"
    )
