"""What one p-bit does by its law: how likely it is up, how long it stays, how long it remembers.

Enters: a Program of independent p-bits that are all alike. Leaves: numbers and curves to compare with measurements.

Under any law, a p-bit at -1 turns up at an update with chance ``up``, one at +1 turns down with chance ``down``. The
rest follows from these two and from the times of the updates:

    P(+1) = up / (up + down),   E[s(0) s(k)] - m^2 = (1 - m^2) (1 - up - down)^k   after k updates,
    P(k updates in one state) = q (1 - q)^(k - 1),   q = down at +1 and up at -1.
"""

import math
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

import numpy as np

from hwsim.cell.codes import LAWS
from hwsim.cell.law import TWO_32
from hwsim.cell.model import PBit, input_quantiser
from hwsim.engine.lanes_thresholds import Device, device_threshold
from hwsim.engine.white import white_noise
from hwsim.jit import njit
from hwsim.program import Program
from hwsim.units import TICKS_PER_S, format_si

_normal = np.vectorize(lambda x: 0.5 * math.erfc(-x / math.sqrt(2.0)), otypes=[np.float64])


@dataclass(frozen=True, kw_only=True)
class Flips:
    """A p-bit at one input, which may change every interval.

    update_s : mean time between its updates;  interval_s : mean time between two chances of an update, the same except
    under a random-sequential clock, whose slots come more often than the p-bit's turn
    jitter_s : s.d. of an interval;  is_random : whether intervals are exponential
    up, down : probability that an interval turns the p-bit up when it is down, and down when it is up
    """

    update_s: float
    interval_s: float
    jitter_s: float
    is_random: bool
    up: float
    down: float

    @property
    def kept(self) -> float:
        """The share of the correlation with the state before that is left after an interval."""
        return 1.0 - self.up - self.down

    @property
    def mean_dwell_s(self) -> tuple[float, float]:
        """Mean time at +1 and at -1, infinite where the p-bit never leaves."""
        return tuple(self.interval_s / q if q > 0 else math.inf for q in (self.down, self.up))  # type: ignore

    @property
    def relaxation_s(self) -> float:
        """Time in which the memory of a state falls by 1/e; at least a tenth of an interval, perhaps infinite."""
        regular = -math.log(max(abs(self.kept), math.exp(-10.0)))
        rate = self.up + self.down if self.is_random else regular
        return self.interval_s / rate if rate > 0 else math.inf


def chances(program: Program, x: np.ndarray, *, noise: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(up, down) of p-bit 0 at inputs ``x`` = beta I float64 (k,): float64 (k,) each, in [0, 1].

    ``noise`` : s.d. of fresh noise of x, the program's own where None. Noise that engines draw is averaged after the
    comparator has rounded, as it is on the machine.
    """
    if noise is not None:
        program = program.changed(white=np.full(program.n_pbits, float(noise)))
    averaged, drawn = (float(part[0]) for part in white_noise(program))
    cells = program.cells
    device = Device(
        gain=float(cells.gain[0]),
        offset=float(cells.offset[0]),
        low=float(cells.input_low[0]),
        high=float(cells.input_high[0]),
        step=float(cells.input_step[0]),
        comparator_step=float(cells.comparator_step[0]),
        law=int(cells.law[0]),
        parameter=float(cells.parameter[0]),
        z_limit=float(cells.z_limit[0]),
        noise=averaged,
        table=cells.points,
        table_first=cells.table_first,
        table_step=cells.table_step,
    )
    white = drawn * _normal_values() if drawn > 0 else np.zeros(1)
    to_up = [[_mean_threshold(device, own, at, white) / TWO_32 for at in x.tolist()] for own in (-1, 1)]
    return np.array(to_up[0]), 1.0 - np.array(to_up[1])


@cache
def _normal_values() -> np.ndarray:
    """Equally probable values of noise of unit variance."""
    return np.array([NormalDist().inv_cdf((k + 0.5) / 4000) for k in range(4000)])


@njit
def _mean_threshold(device, own, x, white):
    """The mean over noise ``white`` (k,) of the threshold at input ``x``."""
    total = 0.0
    for deviation in white:
        total += device_threshold(device, own, x, 1.0, deviation)
    return total / len(white)


def flips(program: Program, x: float) -> Flips:
    """The p-bit at input ``x`` under the program's clock."""
    up, down = (float(chance[0]) for chance in chances(program, np.array([x])))
    own_clock = program.clock.is_own
    update = interval = float(program.clock.tau[0]) if own_clock else float(program.clock.period)
    if program.clock.kind == "synchronous":
        up, down = program.clock.participation * up, program.clock.participation * down
    if program.clock.kind == "random-sequential":  # each slot of the period draws one of all p-bits
        interval, up, down = interval / program.n_pbits, up / program.n_pbits, down / program.n_pbits
    return Flips(
        update_s=update / TICKS_PER_S,
        interval_s=interval / TICKS_PER_S,
        jitter_s=float(program.clock.jitter[0]) / TICKS_PER_S if program.clock.kind == "free-running" else 0.0,
        is_random=program.clock.kind == "poisson",
        up=up,
        down=down,
    )


def stationary(up: np.ndarray, down: np.ndarray) -> np.ndarray:
    """P(+1), float64 (k,), one half where a p-bit never changes."""
    total = up + down
    return np.where(total > 0, up / np.where(total > 0, total, 1.0), 0.5)


def dwell_law(flips: Flips, leaves: float, edges: np.ndarray) -> np.ndarray:
    """float64 (b,): probability of a dwell time between ``edges`` (b + 1,), s, where an update ends it with ``leaves``.

    Of a regular clock: k intervals with probability leaves (1 - leaves)^(k - 1), normally spread by the jitter.
    """
    if flips.is_random:
        return -np.diff(np.exp(-edges * (leaves / flips.interval_s)))
    k = np.arange(1, 2 + math.ceil((edges[-1] + 6 * flips.jitter_s) / flips.interval_s))[:, None]
    late = edges[None, :] - k * flips.interval_s
    before = _normal(late / (flips.jitter_s * np.sqrt(k))) if flips.jitter_s > 0 else (late >= 0).astype(np.float64)
    return leaves * ((1.0 - leaves) ** (k[:, 0] - 1)) @ np.diff(before, axis=1)


def correlation_law(flips: Flips, lags: np.ndarray) -> np.ndarray:
    """float64 (k,): correlation of the state at any time with the state ``lags`` (k,), s, later.

    exp(-(up + down) t / interval) between random updates. Else the sum of kept^k P(k updates in t), where from a
    time independent of the clock P(at least k) = (H_(k-1) - H_k) / interval, H_k(t) the integral to t of the
    probability that k intervals have passed (renewal theory: Cox 1962, section 4.2): without jitter, a straight line
    from each whole interval to the next.
    """
    if flips.is_random:
        return np.exp(-lags * ((flips.up + flips.down) / flips.interval_s))
    law, earlier = np.ones(len(lags)), lags
    for k in range(1, 2 + math.ceil((lags.max() + 6 * flips.jitter_s) / flips.interval_s)):
        spread, late = flips.jitter_s * math.sqrt(k), lags - k * flips.interval_s
        passed = np.maximum(late, 0.0)
        if spread > 0:
            passed = late * _normal(late / spread) + spread * np.exp(-0.5 * (late / spread) ** 2) / math.sqrt(math.tau)
        law += (flips.kept**k - flips.kept ** (k - 1)) * (earlier - passed) / flips.interval_s
        earlier = passed
    return law


def sigmoid_words(pbit: PBit) -> str:
    """The law of P(+1), in words and a formula."""
    inside = "\u03b2I" if pbit.offset == 0 else f"(\u03b2I {pbit.offset:+g})"
    # no-break spaces hold a formula together where the picture wraps it
    z = f"z = {inside if pbit.gain == 1 else f'{pbit.gain:g} {inside}'}".replace(" ", "\u00a0")
    words = [f"law ({pbit.law}): {LAWS[pbit.law].formula}, {z}"]
    step = input_quantiser(pbit)[2]
    if step > 0:
        words.append(f"input in steps of {step:.3g}")
    if pbit.threshold_bits < 32:
        words.append(f"{pbit.threshold_bits}-bit comparison")
    if pbit.noise_white > 0 or pbit.noise_flicker > 0:
        words.append("averaged over noise")
    return ", ".join(words)


def dwell_words(flips: Flips) -> tuple[str, str]:
    """The law of dwell times, at +1 and at -1."""
    kind = "exponential" if flips.is_random else f"multiples of {format_si(flips.interval_s, 's')}"
    means = [format_si(mean, "s") for mean in flips.mean_dwell_s]
    states = ("law", "law") if means[0] == means[1] else ("law at +1", "law at \u22121")
    up, down = (f"{state}: {kind}, mean {mean}" for state, mean in zip(states, means, strict=True))
    return up, down


def correlation_words(flips: Flips) -> str:
    """The law of the autocorrelation."""
    if flips.is_random:
        return f"law: exp(\u2212t / {format_si(flips.relaxation_s, 's')})"
    interval = format_si(flips.interval_s, "s")
    if abs(flips.kept) < 1e-3:
        return f"law: a fresh state every {interval}"
    return f"law: {flips.kept:.3g} of the memory left every {interval}"
