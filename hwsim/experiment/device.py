"""One p-bit of a chip, measured by emulation: its answer to an input, its dwell times, its memory.

Enters: a Chip and a seed. Leaves: a Measurement, with the law of the card beside each measured number.

One device means: no spread between devices, no stuck cells, no drift, no couplings. Independent p-bits, each with its
own bias, are copies of it.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hwsim.analysis.device_law import (
    Flips,
    chances,
    correlation_law,
    correlation_words,
    dwell_law,
    dwell_words,
    flips,
    sigmoid_words,
    stationary,
)
from hwsim.analysis.interval import wilson
from hwsim.anneal import constant
from hwsim.cell.codes import LAWS, TABLE
from hwsim.cell.model import PBit, input_quantiser
from hwsim.chip.chip import Chip, Control, Weights
from hwsim.chip.topology import Topology
from hwsim.display import Shown
from hwsim.mapping.compile import compile
from hwsim.program import Program
from hwsim.session import Run, run
from hwsim.streams import generator, stream_key
from hwsim.units import TICKS_PER_S

N_INPUTS = 21
N_COPIES = 64
"""p-bits at zero input, each with its own clock and noise; the scatter between them gives the intervals."""
_T_95 = 1.998
"""Student's t for 95 % and 63 degrees of freedom, as for N_COPIES means; for more means the interval is too wide."""
_FORGOTTEN = 12.0
"""Relaxation times until a random start is forgotten: exp(-12) is far below any interval here."""
_DWELLS, _LONGEST = (50, 400), 7
"""In mean dwell times: the least and the greatest length of a trace, and the end of a histogram."""
_BINS, _LAGS, _MOMENTS = 28, 16, 400
_UPDATES, _MOST_READS = 12_000_000, 16_384
"""Updates that a sigmoid may take, about two seconds with the slowest law."""
_EVENTS, _MOST_EVENTS = 60_000, 200_000
"""Updates that each of the 64 reads at zero input should record, and may record at most, 13 bytes each."""


@dataclass(frozen=True, kw_only=True)
class Sigmoid(Shown):
    """Share of +1 at inputs x = beta I; float64 (k,) dimensionless unless said otherwise.

    x, p, low, high : measured, 95 % intervals;  law_at_x : law at x;  law_x, law : (m,), a fine curve, or None
    reads : independent samples of each input
    """

    x: np.ndarray
    p: np.ndarray
    low: np.ndarray
    high: np.ndarray
    law_at_x: np.ndarray | None
    law_x: np.ndarray | None
    law: np.ndarray | None
    label: str
    reads: int


@dataclass(frozen=True, kw_only=True)
class Dwell(Shown):
    """Times that the p-bit stays at +1 (up) and at -1 (down) at zero input.

    time_s : float64 (b + 1,), bin edges;  density_up, density_down, law_up, law_down : (b,), 1/s
    law_time_s : (b,), middles of the bins;  mean_up_s, mean_down_s : (mean, low, high), 95 % intervals
    """

    time_s: np.ndarray
    density_up: np.ndarray
    density_down: np.ndarray
    law_time_s: np.ndarray | None
    law_up: np.ndarray | None
    law_down: np.ndarray | None
    mean_up_s: tuple[float, float, float]
    mean_down_s: tuple[float, float, float]
    law_mean_up_s: float | None
    law_mean_down_s: float | None
    label: str
    label_down: str


@dataclass(frozen=True, kw_only=True)
class Autocorrelation(Shown):
    """Correlation of the state with itself at zero input, at random device times.

    lag_s, value, low, high, law_at_lag : float64 (k,), 95 % intervals;  law_lag_s, law : (m,), a fine curve, or None
    """

    lag_s: np.ndarray
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    law_at_lag: np.ndarray | None
    law_lag_s: np.ndarray | None
    law: np.ndarray | None
    label: str


@dataclass(frozen=True, kw_only=True)
class Measurement(Shown):
    """One device: its measured parts, and by name the reason why a part is None."""

    sigmoid: Sigmoid | None
    dwell: Dwell | None
    autocorrelation: Autocorrelation | None
    reason: dict[str, str]


def measure_device(chip: Chip, *, seed: int = 0) -> Measurement:
    """Measure one p-bit of ``chip`` under its own clock. Raises InputError where its times do not fit the time grid."""
    reach = _reach(chip.pbit)
    x = np.linspace(-reach, reach, N_INPUTS) / chip.pbit.gain - chip.pbit.offset
    reason = {}
    sigmoid = _sigmoid(_one_device(chip, float(np.abs(x).max())), x, seed)
    if sigmoid is None:
        reason["sigmoid"] = "the p-bit keeps its state for too many updates to forget where it began"
    dwell = autocorrelation = None
    program = _program(_one_device(chip, 1.0 / chip.pbit.gain), np.zeros(N_COPIES))
    law = flips(program, 0.0)
    window = _window(law)
    if not all(math.isfinite(mean) for mean in law.mean_dwell_s):
        said = "the p-bit never leaves one of its states at zero input"
    elif window.end_s * N_COPIES / law.update_s > _MOST_EVENTS:
        n = max(law.mean_dwell_s) / law.update_s
        said = f"the emulator updates this p-bit {n:.3g} times before its state changes, too many to record"
    else:
        said = ""
        result = run(
            program,
            anneal=constant(1.0, window.end_s),
            reads=N_COPIES,
            schedules=1,
            checkpoints=1,
            seed=stream_key(seed, "device at zero input"),
            record=tuple(range(N_COPIES)),
        )
        traces = _traces(result)
        known = law if chip.pbit.noise_flicker == 0 else None
        dwell = _dwell(traces, window, law, known)
        autocorrelation = _autocorrelation(traces, window, law, known, seed)
    if said:
        reason |= {"dwell": said, "autocorrelation": said}
    return Measurement(sigmoid=sigmoid, dwell=dwell, autocorrelation=autocorrelation, reason=reason)


def _one_device(chip: Chip, largest: float) -> Chip:
    """A chip of independent p-bits, all nominal, for inputs up to ``largest``.

    The input limit of a law with rates only sets how often the emulator updates; within the limit it changes no result.
    Two more units of input make it update seven times as often.
    """
    pbit = replace(
        chip.pbit,
        gain_dtod=0.0,
        offset_dtod=0.0,
        tau_dtod=0.0,
        stuck_fraction=0.0,
        temperature_drift_per_s=0.0,
        random_share=1,
        random_phase=0,
    )
    low, high, step = input_quantiser(pbit)
    if LAWS[pbit.law].own_clock and step == 0:
        pbit = replace(pbit, input_limit=min(high, -low, largest))
    return replace(chip, pbit=pbit, die=None, topology=Topology(), weights=Weights(), control=Control())


def _reach(pbit: PBit) -> float:
    """The largest |z| to measure: P is then within 0.3 % of its end."""
    noise = pbit.gain * math.hypot(pbit.noise_white, pbit.noise_flicker)
    if pbit.response is not None and LAWS[pbit.law].code == TABLE:
        first, steps = pbit.response.first, len(pbit.response.probability) - 1
        return 1.1 * max(abs(first), abs(first + steps * pbit.response.step)) + 2 * noise
    return (1.25 if pbit.law == "linear" else 3.0) + 2 * noise


def _program(chip: Chip, x: np.ndarray) -> Program:
    """Independent p-bits with inputs ``x`` float64 (n,) at beta = 1; the bias is minus the input."""
    import dimod

    return compile(dimod.BinaryQuadraticModel(dict(enumerate((-x).tolist())), {}, 0.0, "SPIN"), chip)


def _sigmoid(chip: Chip, x: np.ndarray, seed: int) -> Sigmoid | None:
    program = _program(chip, x)
    settle_s = max(_settle_s(flips(program, at)) for at in x.tolist())
    n_updates = settle_s / flips(program, 0.0).update_s * len(x) if math.isfinite(settle_s) else math.inf
    reads = int(min(_MOST_READS, _UPDATES / n_updates)) // 64 * 64
    # 1/f noise is shared within a schedule, whose reads are then one sample
    flickers = chip.pbit.noise_flicker > 0
    schedules = reads // 64 if flickers else 1
    if reads < 64 or (flickers and schedules < N_COPIES):
        return None
    anneal = constant(1.0, settle_s)
    result = run(program, anneal=anneal, reads=reads, schedules=schedules, seed=seed, checkpoints=1)
    ones = (result.states == 1).sum(axis=0)
    p = ones / reads
    low, high = np.array([wilson(int(count), reads) for count in ones]).T
    if flickers:
        means = np.array([(result.states[result.schedule == g] == 1).mean(axis=0) for g in range(schedules)])
        half = _T_95 * means.std(axis=0, ddof=1) / math.sqrt(schedules)
        low, high = np.minimum(low, np.maximum(p - half, 0.0)), np.maximum(high, np.minimum(p + half, 1.0))
    fine = np.linspace(x[0], x[-1], 1201)
    curves: list[Any] = [None, None]
    if not (flickers and program.remembers):  # slow noise and memory together have no known law
        noise = math.hypot(chip.pbit.noise_white, chip.pbit.noise_flicker)
        curves = [stationary(*chances(program, at, noise=noise)) for at in (x, fine)]
    return Sigmoid(
        x=x,
        p=p,
        low=low,
        high=high,
        law_at_x=curves[0],
        law_x=None if curves[1] is None else fine,
        law=curves[1],
        label=sigmoid_words(chip.pbit),
        reads=reads,
    )


def _settle_s(law: Flips) -> float:
    """Device time until a random start is forgotten."""
    return _FORGOTTEN * law.relaxation_s + 2 * law.interval_s


@dataclass(frozen=True)
class _Window:
    """The window of a trace, in s: dwell times that begin between ``start`` and ``last`` count, up to ``longest``
    lags : float64 (k,)"""

    start_s: float
    last_s: float
    longest_s: float
    end_s: float
    lags_s: np.ndarray


def _window(law: Flips) -> _Window:
    mean = max(law.mean_dwell_s)
    longest = _LONGEST * mean
    reach = 4 * law.relaxation_s
    if not law.is_random:
        reach = max(reach, 4 * law.interval_s)
    fitting = _EVENTS * law.update_s / (N_COPIES * mean) if math.isfinite(mean) else 0.0
    start = _settle_s(law)
    end = start + min(max(fitting, _DWELLS[0]), _DWELLS[1]) * mean + longest + reach
    return _Window(start, end - longest, longest, end, np.linspace(0, reach, _LAGS + 1)[1:])


def _traces(result: Run) -> list[tuple[np.ndarray, np.ndarray]]:
    """Per p-bit: times of its updates in s, the first of them 0, and states int8 (reads, updates) from then on."""
    assert result.initial_states is not None
    time, pbit, _ = result.traces[0]
    value = np.array([result.traces[read][2] for read in range(result.reads)])
    order = np.argsort(pbit, kind="stable")
    found = []
    for i, own in enumerate(np.split(order, np.searchsorted(pbit[order], np.arange(1, N_COPIES)))):
        states = np.concatenate((result.initial_states[:, i : i + 1], value[:, own]), axis=1)
        found.append((np.concatenate(([0.0], time[own] / TICKS_PER_S)), states))
    return found


def _dwell(traces: list, window: _Window, law: Flips, known: Flips | None) -> Dwell:
    edges = _edges(law, window.longest_s)
    counts, begun = np.zeros((2, len(edges) - 1)), np.zeros(2)
    spent, left = np.zeros((2, N_COPIES)), np.zeros((2, N_COPIES))
    for i, (time, states) in enumerate(traces):
        read, k = np.nonzero(states[:, 1:] != states[:, :-1])
        at, to = time[k + 1], states[read, k + 1]
        follows = read[1:] == read[:-1]
        lasted = np.append(np.where(follows, np.diff(at), math.inf), math.inf)
        stop = np.append(time[1:], window.end_s)
        within = np.clip(stop, window.start_s, None) - np.clip(time, window.start_s, None)
        for state in (0, 1):  # +1 first
            value = 1 - 2 * state
            chosen = (to == value) & (at >= window.start_s) & (at < window.last_s)
            begun[state] += chosen.sum()
            counts[state] += np.histogram(lasted[chosen], edges)[0]
            spent[state, i] = ((states == value) * within).sum()
            left[state, i] = ((to == -value) & (at >= window.start_s)).sum()
    width = np.diff(edges)
    density = counts / (np.maximum(begun, 1)[:, None] * width)
    means = [_ratio(spent[state], left[state]) for state in (0, 1)]
    curves: list[Any] = [None, None]
    if known is not None:
        curves = [dwell_law(known, leaves, edges) / width for leaves in (known.down, known.up)]
    expected = (None, None) if known is None else known.mean_dwell_s
    return Dwell(
        time_s=edges,
        density_up=density[0],
        density_down=density[1],
        law_time_s=None if known is None else (edges[1:] + edges[:-1]) / 2,
        law_up=curves[0],
        law_down=curves[1],
        mean_up_s=means[0],
        mean_down_s=means[1],
        law_mean_up_s=expected[0],
        law_mean_down_s=expected[1],
        label=dwell_words(law)[0],
        label_down=dwell_words(law)[1],
    )


def _edges(law: Flips, longest_s: float) -> np.ndarray:
    """Bin edges, s. With a regular clock each bin has one interval of the clock in its middle, or equally many."""
    if law.is_random:
        return np.linspace(0.0, longest_s, _BINS + 1)
    each = max(1, round(longest_s / law.interval_s / _BINS))
    n_bins = max(2, math.floor(longest_s / law.interval_s / each))
    return (0.5 + each * np.arange(n_bins + 1)) * law.interval_s


def _ratio(total: np.ndarray, count: np.ndarray) -> tuple[float, float, float]:
    """(mean, low, high) of sum(total) / sum(count) over independent p-bits, float64 (n,) each."""
    n, events = len(total), max(count.sum(), 1.0)
    mean = total.sum() / events
    half = _T_95 * math.sqrt(n / (n - 1) * ((total - mean * count) ** 2).sum()) / events
    return float(mean), float(max(mean - half, 0.0)), float(mean + half)


def _autocorrelation(traces: list, window: _Window, law: Flips, known: Flips | None, seed: int) -> Autocorrelation:
    source = generator(seed, "moments of autocorrelation")
    product, mean = np.zeros((N_COPIES, _LAGS)), np.zeros(N_COPIES)
    for i, (time, states) in enumerate(traces):
        moments = source.uniform(window.start_s, window.end_s - window.lags_s[-1], _MOMENTS)

        def state_at(moments: np.ndarray, time: np.ndarray = time, states: np.ndarray = states) -> np.ndarray:
            return states[:, np.searchsorted(time, moments, side="right") - 1].astype(np.float64)

        now = state_at(moments)
        mean[i] = now.mean()
        product[i] = [(now * state_at(moments + lag)).mean() for lag in window.lags_s]
    square = mean.mean() ** 2
    value = (product.mean(axis=0) - square) / (1 - square)
    # to first order, what each p-bit adds: product and mean come from the same states
    parts = (product - 2 * mean.mean() * (1 - value) * mean[:, None]) / (1 - square)
    half = _T_95 * parts.std(axis=0, ddof=1) / math.sqrt(N_COPIES)
    fine = np.linspace(0.0, window.lags_s[-1], 20 * _LAGS + 1)
    return Autocorrelation(
        lag_s=window.lags_s,
        value=value,
        low=value - half,
        high=value + half,
        law_at_lag=None if known is None else correlation_law(known, window.lags_s),
        law_lag_s=None if known is None else fine,
        law=None if known is None else correlation_law(known, fine),
        label=correlation_words(law),
    )
