"""The fast run of mixed machines: replicas side by side; p-bits tick, and modes move exactly between ticks.

Enters: a MixedNetwork, beta, a clock. Leaves: a MixedRun. Between two events the p-bits keep their values, so each
normal mode moves by the exact transition of an Ornstein-Uhlenbeck process, without a time step. The replicas of a
schedule share their events. A probe between two events is drawn from the law of a mode that is known at both, so it
changes nothing that comes after it. ``mixed_reference`` does the same in SimPy and is the definition.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict, Unpack

import numpy as np

from hwsim.display import Shown
from hwsim.errors import InputError
from hwsim.thermo.mixed import MixedNetwork
from hwsim.thermo.mixed_events import READ, Schedule, clock_of, nothing
from hwsim.thermo.mixed_kernel import Out, advance, begin, cells, normal_form
from hwsim.thermo.mixed_noise import Keys, schedule_keys
from hwsim.units import to_seconds, to_ticks

_BUFFER = 2_000_000
_MOST_RECORDED = 100_000_000
"""The most numbers that a record holds."""
_MOST_LOOKS = 200_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class MixedMoments(Shown):
    """Averages over the probes of a run, for each of R replicas.

    samples : probes;  spin : float64 (R, n), mean of s;  x : float64 (R, m), mean of x
    second : float64 (R, m, m), mean of x x^T;  cross : float64 (R, m, n), mean of x s^T
    """

    samples: int
    spin: np.ndarray
    x: np.ndarray
    second: np.ndarray
    cross: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class MixedRecord(Shown):
    """Every update of all R replicas of a run with one schedule, in order.

    time : int64 (e,), ticks;  pbit : int64 (e,);  value : int8 (e, R), new;  x : float64 (e, R, m), as read then
    """

    time: np.ndarray
    pbit: np.ndarray
    value: np.ndarray
    x: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class MixedRun(Shown):
    """spins : int8 (R, n) and x : float64 (R, m), of every replica at the end;  device_time_s : of one machine
    updates : of p-bits, in all replicas together;  moments, record : None unless asked for"""

    spins: np.ndarray
    x: np.ndarray
    device_time_s: float
    updates: int
    moments: MixedMoments | None = None
    record: MixedRecord | None = None


class KeptKeywords(TypedDict, total=False):
    """The keywords of `run` for looks and records; see there."""

    every_s: float | None
    settle_s: float
    observe: Callable[[float, np.ndarray, np.ndarray], None] | None
    record: bool


def run(
    network: MixedNetwork,
    *,
    beta: float,
    time_s: float,
    replicas: int = 1,
    seed: int = 0,
    clock: str = "poisson",
    delay_s: float = 0.0,
    schedules: int = 1,
    start: tuple[np.ndarray, np.ndarray] | None = None,
    force: np.ndarray | None = None,
    **kept: Unpack[KeptKeywords],
) -> MixedRun:
    """Run ``replicas`` of the machine for ``time_s`` of device time at inverse temperature ``beta``.

    clock : one of `hwsim.cell.clock.CLOCKS`. With "poisson" each p-bit ticks after exponential intervals of mean
    pbit_tau_s, with "free-running" after equal ones; all others have a round every pbit_tau_s, from time 0 on. P-bits
    that tick together, as with "synchronous", follow the law only if no two of them are coupled by J
    delay_s : from an update until modes and other p-bits see it; with any delay the law is no longer exact
    schedules : realisations of the clock, which replicas share evenly
    start : spins int8 (n,) or (replicas, n), and x float64 (m,) or (replicas, m); None for coins, with x from its law
    given the coins;  force : float64 (replicas, m), a b for each replica
    every_s : look at the machine at settle_s, settle_s + every_s, ... up to time_s, for ``moments`` and ``observe``,
    which is called with the time, spins int8 (replicas, n) and x float64 (replicas, m). Looks change nothing
    record : keep every update; needs a single schedule. Raises InputError.
    """
    _positive(beta=beta, time_s=time_s)
    observe, record = kept.get("observe"), kept.get("record", False)
    ticking = clock_of(network, clock)
    if not 1 <= schedules <= replicas:
        raise InputError(f"replicas and schedules must be >= 1, and no more schedules, got {replicas} and {schedules}")
    end, delay = to_ticks(time_s), to_ticks(delay_s, name="delay_s")
    if end < 1:
        raise InputError(f"time_s must be at least 1 fs, got {time_s:g}")
    n, m = network.n_pbits, network.n_modes
    pull = np.tile(network.force, (replicas, 1)) if force is None else np.asarray(force, dtype=float)
    if pull.shape != (replicas, m) or not np.isfinite(pull).all():
        raise InputError(f"force must be finite with shape {(replicas, m)}, got {pull.shape}")
    spins, x = (None, None) if start is None else _checked_start(start, replicas, n, m)
    probes = _probe_times(kept.get("every_s"), kept.get("settle_s", 0.0), end)
    if observe is not None and not len(probes):
        raise InputError("observe needs every_s: how often to look")
    if record:
        count = int(np.sum(time_s / network.pbit_tau_s)) * replicas * (m + 1)
        if schedules > 1 or count > _MOST_RECORDED:
            raise InputError(
                f"a record needs one schedule and at most {_MOST_RECORDED:g} numbers, got {schedules} and {count:g}"
            )
    parts = [
        _Replicas(
            network,
            beta,
            pull[part],
            None if spins is None else spins[part],
            None if x is None else x[part],
            Schedule(ticking, key=schedule_keys(seed, g).clock, delay=delay, end=end),
            schedule_keys(seed, g),
            record,
        )
        for g, part in enumerate(np.array_split(np.arange(replicas), schedules))
    ]
    sums = _Sums(replicas, n, m) if len(probes) else None
    batch = max(1, _BUFFER // (replicas * (n + m)))
    for first in range(0, len(probes), batch):
        times = np.array(probes[first : first + batch], dtype=np.int64)
        advanced = [part.advance(times) for part in parts]
        seen = [np.concatenate(values, axis=1) for values in zip(*advanced, strict=True)]
        assert sums is not None
        sums.add(*seen)
        if observe is not None:
            for time, at_spins, at_x in zip(times, *seen, strict=True):
                observe(to_seconds(int(time)), at_spins, at_x)
    for part in parts:
        part.advance(np.zeros(0, dtype=np.int64))
    return MixedRun(
        spins=np.concatenate([part.spins for part in parts]),
        x=np.concatenate([part.x for part in parts]),
        device_time_s=to_seconds(end),
        updates=sum(part.updates for part in parts),
        moments=None if sums is None else sums.moments(),
        record=parts[0].recorded() if record else None,
    )


class _Replicas:
    """The replicas of one schedule, and how far they have come."""

    def __init__(
        self,
        network: MixedNetwork,
        beta: float,
        force: np.ndarray,
        spins: np.ndarray | None,
        x: np.ndarray | None,
        schedule: Schedule,
        keys: Keys,
        record: bool,
    ) -> None:
        self._shapes, self._keys, self._schedule = network.normal_modes[1], keys, schedule
        self._net = normal_form(network, beta)
        self._state = begin(network, self._net, force, spins, x, keys)
        self._queue = np.empty((1, len(force)), dtype=np.int8)
        self._events, self._done, self._records = nothing(), 0, record
        self._value, self._at = self._blank(0)
        self._kept: list[tuple[np.ndarray, ...]] = []

    def advance(self, probes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(int8 (p, R, n), float64 (p, R, m)): spins and x at the next ``probes`` int64 (p,); without probes it runs to
        the end."""
        (m, R), n, p = self._state.y.shape, len(self._state.own), len(probes)
        spins, y, filled = np.empty((p, n, R), dtype=np.int8), np.empty((p, m, R)), 0
        while filled < p or not p:
            if self._done == len(self._events.time):
                if self._schedule.ended:
                    break
                self._next_chunk()
            out = Out(probes, spins, y, self._value, self._at)
            self._done, filled = advance(
                self._events, self._done, self._net, self._keys, self._state, self._queue, out, filled
            )
        return spins.transpose(0, 2, 1), cells(self._shapes, y)

    @property
    def spins(self) -> np.ndarray:
        """int8 (R, n)."""
        return self._state.own.T.copy()

    @property
    def x(self) -> np.ndarray:
        """float64 (R, m)."""
        return cells(self._shapes, self._state.y[None])[0]

    @property
    def updates(self) -> int:
        """Updates in all replicas."""
        return self._schedule.updates * self._state.y.shape[1]

    def recorded(self) -> MixedRecord:
        """Every update, once the run has ended."""
        time, kind, pbit, _, value, at = (np.concatenate(column) for column in zip(*self._kept, strict=True))
        reads = kind == READ
        return MixedRecord(time=time[reads], pbit=pbit[reads], value=value[reads], x=cells(self._shapes, at[reads]))

    def _next_chunk(self) -> None:
        events = self._events = self._schedule.chunk()
        self._done = 0
        sent, arrived = (int(mark) for mark in self._state.marks[2:])
        waiting = sent - arrived + np.cumsum(np.where(events.kind == READ, 1, -1))
        most = int(waiting.max(initial=1))
        if most > len(self._queue):
            longer = np.empty((2 * most, self._queue.shape[1]), dtype=np.int8)
            for number in range(arrived, sent):
                longer[number % len(longer)] = self._queue[number % len(self._queue)]
            self._queue = longer
        if self._records:
            self._value, self._at = self._blank(len(events.time))
            self._kept.append((*events, self._value, self._at))

    def _blank(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        m, R = self._state.y.shape
        return np.empty((count, R), dtype=np.int8), np.empty((count, m, R))


class _Sums:
    """Sums over probes."""

    def __init__(self, replicas: int, n: int, m: int) -> None:
        self._samples = 0
        self._spin, self._x = np.zeros((replicas, n)), np.zeros((replicas, m))
        self._second, self._cross = np.zeros((replicas, m, m)), np.zeros((replicas, m, n))

    def add(self, spins: np.ndarray, x: np.ndarray) -> None:
        """Add ``spins`` int8 (p, R, n) and ``x`` float64 (p, R, m)."""
        self._samples += len(x)
        self._spin += spins.sum(axis=0)
        self._x += x.sum(axis=0)
        across = x.transpose(1, 2, 0)
        self._second += across @ x.transpose(1, 0, 2)
        self._cross += across @ spins.transpose(1, 0, 2).astype(float)

    def moments(self) -> MixedMoments:
        """The means."""
        k = self._samples
        return MixedMoments(
            samples=k, spin=self._spin / k, x=self._x / k, second=self._second / k, cross=self._cross / k
        )


def _checked_start(start: tuple, replicas: int, n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    if len(start) != 2:
        raise InputError(f"start must be spins and x, got {len(start)} arrays")
    spins, x = np.asarray(start[0]), np.asarray(start[1], dtype=float)
    for name, array, size in (("spins", spins, n), ("x", x, m)):
        if array.shape not in ((size,), (replicas, size)):
            raise InputError(f"{name} at the start must have shape {(size,)} or {(replicas, size)}, got {array.shape}")
    if not (np.abs(spins) == 1).all() or not np.isfinite(x).all():
        raise InputError("at the start spins must be +-1 and x finite")
    return np.broadcast_to(spins, (replicas, n)), np.broadcast_to(x, (replicas, m))


def _probe_times(every_s: float | None, settle_s: float, end: int) -> range:
    if every_s is None:
        return range(0)
    every, settle = to_ticks(every_s, name="every_s"), to_ticks(settle_s, name="settle_s")
    if every < 1 or settle > end:
        raise InputError(f"every_s must be at least 1 fs and settle_s at most time_s, got {every_s:g} and {settle_s:g}")
    probes = range(settle, end + 1, every)
    if len(probes) > _MOST_LOOKS:
        raise InputError(
            f"a run looks at most {_MOST_LOOKS:g} times, but every {every_s:g} s makes {len(probes):.3g} looks: "
            "raise every_s or settle_s"
        )
    return probes


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not (value > 0 and np.isfinite(value)):
            raise InputError(f"{name} must be > 0, got {value}")
