"""From measurements to numbers: gain, offset and times of each device, how devices differ, and whether the law holds.

Enters: a Measured. Leaves: a Fit, every number with its 95 % interval. Model: P(+1) = (1 + tanh z) / 2 with
z = gain (x + offset); the mean dwell time in state m = +-1 is tau exp(m z) (law ``arrhenius``); bits are redrawn at a
mean interval tau (law ``heat-bath``), so that bits T apart have autocorrelation exp(-T / tau). A sigmoid holds no time:
tau and the law are then what the user says.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from hwsim.cell import likelihood
from hwsim.cell.dwell_fit import estimates
from hwsim.cell.likelihood import Cells, Chart, chi_square_tail, covariance, maximise, profile
from hwsim.cell.measured import BITS, DWELLS, SIGMOID, TRACES, Device, Measured
from hwsim.cell.population import LEAST_DEVICES, Estimate, random_effects
from hwsim.cell.signal import Levels
from hwsim.errors import InputError

LEAST_CHANGES = 5
"""A dwell time from fewer changes of state than this is refused: a glitch of the instrument makes two."""
LEAST_EXPECTED = 5.0
"""Bins of a chi-square test are joined until both outcomes are expected this often."""
REJECTED = 1e-3
"""Below this p-value a note says that the law does not describe the data."""
_TIMING = {SIGMOID: "", TRACES: " with dwell times tau exp(m z)", BITS: " with one update interval at every input"}
"""What the test of the law assumes besides the law, by kind."""
_LARGEST_ERROR = 3.0
"""Standard error of log tau beyond which the likelihood has no maximum."""


class Score(NamedTuple):
    """A chi-square statistic and its degrees of freedom; they add over devices."""

    statistic: float
    freedom: int

    @property
    def p(self) -> float | None:
        """Probability of a statistic as large under the model; None without a degree of freedom."""
        return chi_square_tail(self.statistic, self.freedom) if self.freedom > 0 else None


@dataclass(frozen=True, kw_only=True)
class DeviceFit:
    """One device. ``estimates`` by name, SI units; see `fit`.

    centre, z_and_gain : z = z_and_gain[0] + z_and_gain[1] (x - centre);  covariance : float64 (2, 2), of the two
    levels : of the value of a trace;  share : of the samples of traces and bits that are +1
    law, memory : of the tests that `Fit.law` and `Fit.memory` add up
    """

    name: str
    n_samples: float
    n_changes: int | None
    estimates: dict[str, Estimate]
    centre: float
    z_and_gain: tuple[float, float]
    covariance: np.ndarray
    law: Score
    memory: Score
    levels: Levels | None = None
    share: float | None = None


@dataclass(frozen=True, kw_only=True)
class Fit:
    """The fit of a file of measurements.

    separable : whether several inputs were applied; if not, gain is taken as 1 and offset is z - x
    population : mean over devices, of two or more;  spread : gain_dtod, offset_dtod, tau_dtod, of three or more
    law : test of z = gain (x + offset) against the counts at each input
    memory : test that the next sample depends on the last one alone
    tau_s : as the user gave it;  notes : sentences that a reader of the numbers must know
    zeroed : what was taken off every offset, see `at_zero_input`
    """

    file: str
    kind: str
    law_name: str
    separable: bool
    devices: tuple[DeviceFit, ...]
    population: dict[str, Estimate]
    spread: dict[str, Estimate]
    law: Score
    memory: Score
    interval_s: float | None
    tau_s: float | None
    input_unit: str
    input_scale: float | None
    notes: tuple[str, ...]
    zeroed: float = 0.0

    @property
    def headline(self) -> dict[str, Estimate]:
        """Estimates of the one device, or means over devices."""
        return self.devices[0].estimates if len(self.devices) == 1 else self.population


def fit(measured: Measured, *, law_name: str | None = None, tau_s: float | None = None) -> Fit:
    """Maximum likelihood with profile intervals. Raises InputError where the data set no limit to a parameter.

    law_name, tau_s : of the device, where the data show none: a sigmoid has no times, bits may have none
    Estimates: gain, offset; tau (s) of traces and dwell times, and of bits whose interval is known and which are
    correlated; lag1 of bits. Without several inputs: offset, p_plus, and dwell_plus, dwell_minus (s) of traces and
    dwell times.
    """
    several = [np.unique(device.x).size > 1 for device in measured.devices]
    if any(several) and not all(several):
        k = several.index(False)
        raise InputError(
            f"{measured.file}: device {measured.devices[k].name} was measured at one input and others at several; "
            "fit them from files of their own"
        )
    separable = all(several)
    with np.errstate(all="ignore"):  # inputs as large as 1e308 have no maximum, which is refused by name
        devices = tuple(_device(measured, device, separable) for device in measured.devices)
    population, spread, notes = _population(devices)
    if tau_s is not None and ("tau" in population or (len(devices) == 1 and "tau" in devices[0].estimates)):
        raise InputError(f"{measured.file} shows the tau of its devices: leave --tau out")
    law = Score(sum(d.law.statistic for d in devices), sum(d.law.freedom for d in devices))
    memory = Score(sum(d.memory.statistic for d in devices), sum(d.memory.freedom for d in devices))
    return Fit(
        file=measured.file,
        kind=measured.kind,
        law_name=_law_name(measured.kind, law_name),
        separable=separable,
        devices=devices,
        population=population,
        spread=spread,
        law=law,
        memory=memory,
        interval_s=_common_interval(measured),
        tau_s=tau_s,
        input_unit=measured.input_unit,
        input_scale=measured.input_scale,
        notes=(*_unit_notes(measured, separable), *notes, *_of_records(measured), *_doubts(measured, law, memory)),
    )


def at_zero_input(fitted: Fit) -> Fit:
    """The devices biased together so that zero input is the middle of the mean one: its offset is taken off the offset
    of each, and the spread stays."""
    if "offset" not in fitted.headline:
        raise InputError(f"{fitted.file}: most devices set their offset no limit, so none can be biased to it")
    mean = fitted.headline["offset"].value

    def moved(estimates: dict[str, Estimate]) -> dict[str, Estimate]:
        if "offset" not in estimates:
            return estimates
        old = estimates["offset"]
        low, high = (None if end is None else end - mean for end in (old.low, old.high))
        return estimates | {"offset": Estimate(value=old.value - mean, low=low, high=high, error=old.error)}

    note = f"biased so that the mean device is at its middle at zero input: the offset {mean:.4g} is taken off each"
    return replace(
        fitted,
        devices=tuple(replace(device, estimates=moved(device.estimates)) for device in fitted.devices),
        population=moved(fitted.population),
        notes=(*fitted.notes, note),
        zeroed=mean,
    )


def _law_name(kind: str, asked: str | None) -> str:
    """The law of the card. Raises InputError where the data show another one than was asked for."""
    shown = {TRACES: "arrhenius", DWELLS: "arrhenius", BITS: "heat-bath"}.get(kind)
    known = ("heat-bath", "arrhenius", "low-barrier")
    if asked is not None and asked not in known:
        raise InputError(f"law must be one of {', '.join(known)}, got {asked!r}")
    if shown is not None and asked not in (None, shown):
        raise InputError(f"{kind} are fitted with the law {shown}; a law is for a sigmoid, which shows no times")
    return shown or asked or "heat-bath"


def _dwelling(device: Device) -> DeviceFit:
    """A device whose dwell times were measured, at one input."""
    assert device.plus is not None and device.minus is not None
    found, z, error = estimates(device.plus, device.minus)
    tests = [device.plus.test(), device.minus.test()]
    n = device.plus.n + device.minus.n
    return DeviceFit(
        name=device.name,
        n_samples=n,
        n_changes=int(n),
        estimates=found,
        centre=0.0,
        z_and_gain=(z, 0.0),
        covariance=np.diag([error**2, 0.0]),
        law=Score(sum(statistic for statistic, _ in tests), sum(freedom for _, freedom in tests)),
        memory=Score(0.0, 0),
        share=found["p_plus"].value,
    )


def _device(measured: Measured, device: Device, separable: bool) -> DeviceFit:
    if measured.kind == DWELLS:
        return _dwelling(device)
    cells = cells_of(measured.kind, device)
    place = f"{measured.file}: {f'device {device.name}: ' if device.name else ''}"
    centre = float((cells.x * cells.trials).sum() / cells.trials.sum())
    start = _start(cells, place, separable)
    chart = likelihood.sloped(centre) if separable else likelihood.level
    climb = maximise(cells, chart, start)
    errors = np.sqrt(np.diag(covariance(climb.information)))
    if not climb.converged or (measured.kind == TRACES and not errors[-1] < _LARGEST_ERROR):
        raise InputError(
            f"{place}the likelihood has no maximum, so the data set no limit to the parameters; record for longer, "
            "with changes in both directions"
        )
    if separable:
        gain, z = float(climb.p[0]), float(climb.p[1])
        z_and_gain, spread = (z, gain), covariance(climb.information)[1::-1, 1::-1]
    else:
        z_and_gain, spread = (float(climb.p[0]), 0.0), np.diag([errors[0] ** 2, 0.0])
    point = chart(climb.p, cells.x)
    q = likelihood.upward(cells, point.z, point.t)[0]
    return DeviceFit(
        name=device.name,
        n_samples=float(cells.trials.sum()),
        n_changes=None if device.state is None else _changes(device),
        estimates=_estimates(cells, climb.p, centre, separable),
        centre=centre,
        z_and_gain=z_and_gain,
        covariance=spread,
        law=_law_score(cells, q, climb.p.size) if separable else Score(0.0, 0),
        memory=_memory_score(device),
        levels=device.levels,
        share=None if device.state is None else float(device.state.mean()),
    )


def cells_of(kind: str, device: Device) -> Cells:
    """The trials of a device, by input and by the state before. A record's first sample is left out."""
    if kind == SIGMOID:
        unknown = np.full(device.x.size, likelihood.UNKNOWN, dtype=np.int8)
        return Cells(
            kind=kind,
            x=device.x,
            state=unknown,
            trials=_array(device.trials),
            ones=_array(device.ones),
            interval_s=None,
        )
    now = np.flatnonzero(_array(device.linked))
    state = _array(device.state)
    values, at = np.unique(device.x[now], return_inverse=True)
    case = 2 * at + state[now - 1]
    trials = np.bincount(case, minlength=2 * values.size).astype(np.float64)
    ones = np.bincount(case, weights=state[now], minlength=2 * values.size)
    used = trials > 0
    return Cells(
        kind=kind,
        x=np.repeat(values, 2)[used],
        state=np.tile(np.array([0, 1], dtype=np.int8), values.size)[used],
        trials=trials[used],
        ones=ones[used],
        interval_s=device.interval_s,
    )


def _array(values: np.ndarray | None) -> np.ndarray:
    return np.empty(0) if values is None else values


def _changes(device: Device) -> int:
    state, linked = _array(device.state), _array(device.linked)
    return int((np.diff(state) != 0)[linked[1:]].sum())


def _start(cells: Cells, place: str, separable: bool) -> np.ndarray:
    """The start of the search: no gain, the mean, and the correlation of successive states. Raises InputError."""
    zeros = cells.trials - cells.ones
    if cells.kind != TRACES and separable:
        with_ones, with_zeros = cells.x[cells.ones > 0], cells.x[zeros > 0]
        if not (with_ones.size and with_zeros.size) or (
            with_zeros.max() <= with_ones.min() or with_ones.max() <= with_zeros.min()
        ):
            raise InputError(
                f"{place}the data are a perfect step between inputs, so nothing limits the gain from above; measure "
                "inputs within the transition, or more samples"
            )
    n, k = float(cells.trials.sum()), float(cells.ones.sum())
    if n == 0:
        raise InputError(f"{place}has no two samples in a row")
    z = 0.5 * math.log((k + 0.5) / (n - k + 0.5))
    if cells.kind == SIGMOID:
        return np.array([0.0, z])
    before = cells.state == 1
    if cells.kind == TRACES:
        changes = float(zeros[before].sum() + cells.ones[~before].sum())
        if changes < LEAST_CHANGES:
            raise InputError(
                f"{place}{changes:g} changes of state are too few, a dwell time needs at least {LEAST_CHANGES}; "
                "record for longer"
            )
    rho = _correlation(cells)
    if cells.kind == TRACES:
        dt = cells.interval_s or 0.0
        if rho <= 3.0 / math.sqrt(n):
            raise InputError(
                f"{place}successive samples, {dt:.3g} s apart, are no more alike than by chance, so dwell times are "
                "much shorter and cannot be seen; sample faster"
            )
        t = math.log(2.0 * dt * math.cosh(z) / -math.log(min(rho, 1.0 - 1.0 / n)))
    else:
        t = min(max(rho, 0.0), 0.999)
    return np.array([0.0, z, t] if separable else [z, t])


def _correlation(cells: Cells) -> float:
    """Autocorrelation of successive states at one input, weighted by the information at each."""
    top = bottom = 0.0
    for x in np.unique(cells.x):
        pair = [np.flatnonzero((cells.x == x) & (cells.state == s)) for s in (0, 1)]
        if pair[0].size and pair[1].size:
            (n0, n1), (k0, k1) = ([float(a[i[0]]) for i in pair] for a in (cells.trials, cells.ones))
            weight = n0 * n1 / (n0 + n1)
            top, bottom = top + weight * (k1 / n1 - k0 / n0), bottom + weight
    return top / bottom if bottom else 0.5


def _estimates(cells: Cells, p: np.ndarray, centre: float, separable: bool) -> dict[str, Estimate]:
    """Every parameter with its profile interval, from the maximum ``p``."""

    def interval(chart: Chart, *best: float) -> Estimate:
        low, high, error = profile(cells, chart, np.array(best))
        return Estimate(value=best[0], low=low, high=high, error=error)

    found: dict[str, Estimate] = {}
    if separable:
        gain, z, rest = float(p[0]), float(p[1]), [float(v) for v in p[2:]]
        found["gain"] = interval(likelihood.sloped(centre), gain, z, *rest)
        found["offset"] = interval(likelihood.shifted, z / gain - centre, gain, *rest)
        last = interval(likelihood.timed(centre), *rest, z, gain) if rest else None
    else:
        z, t = float(p[0]), float(p[1])
        at = interval(likelihood.level, z, t)
        found["offset"] = _mapped(at, lambda v: v - centre, 1.0)
        plus = (1 + math.tanh(z)) / 2
        found["p_plus"] = _mapped(at, lambda v: (1 + math.tanh(v)) / 2, 2 * plus * (1 - plus))
        if cells.kind == TRACES:
            for m, name in ((1, "dwell_plus"), (-1, "dwell_minus")):
                u = t + m * z
                found[name] = _mapped(interval(likelihood.dwelling(m), u, z), math.exp, math.exp(u))
        last = interval(_swapped, t, z)
    if last is None:
        return found
    if cells.kind == TRACES:
        # where log tau has no lower limit, tau may be zero
        tau = _mapped(last, math.exp, math.exp(last.value))
        found["tau"] = Estimate(value=tau.value, low=tau.low or 0.0, high=tau.high, error=tau.error)
        return found
    found["lag1"] = last
    if cells.interval_s is not None and last.low is not None and last.low > 0:
        dt = cells.interval_s
        slope = dt / (last.value * math.log(last.value) ** 2)
        found["tau"] = _mapped(last, lambda rho: -dt / math.log(rho), slope)
    return found


def _swapped(p: np.ndarray, x: np.ndarray) -> likelihood.Point:
    """The chart p = (t, z) of one input."""
    point = likelihood.level(p[::-1], x)
    return likelihood.Point(point.z, point.t, point.dz[:, ::-1], point.dt[::-1])


def _mapped(estimate: Estimate, function: Callable[[float], float], slope: float) -> Estimate:
    """The estimate of an increasing function of the parameter: it maps the ends of the interval too."""
    low, high = (None if v is None else function(v) for v in (estimate.low, estimate.high))
    return Estimate(value=function(estimate.value), low=low, high=high, error=abs(slope) * estimate.error)


def _law_score(cells: Cells, q: np.ndarray, n_parameters: int) -> Score:
    """Pearson's statistic of the counts against q (n,), inputs joined until both outcomes are expected often enough."""
    total, n_bins = 0.0, 0
    for state in np.unique(cells.state):
        rows = np.flatnonzero(cells.state == state)
        rows = rows[np.argsort(cells.x[rows], kind="stable")]
        n, k = cells.trials[rows], cells.ones[rows]
        expected, variance = n * q[rows], n * q[rows] * (1 - q[rows])
        bins: list[list[float]] = []
        open_bin = [0.0, 0.0, 0.0, 0.0]
        for one in zip(k, expected, n - expected, variance, strict=True):
            open_bin = [a + b for a, b in zip(open_bin, one, strict=True)]
            if min(open_bin[1], open_bin[2]) >= LEAST_EXPECTED:
                bins.append(open_bin)
                open_bin = [0.0, 0.0, 0.0, 0.0]
        if bins:
            bins[-1] = [a + b for a, b in zip(bins[-1], open_bin, strict=True)]
        total += sum((b[0] - b[1]) ** 2 / b[3] for b in bins)
        n_bins += len(bins)
    return Score(float(total), n_bins - n_parameters) if n_bins > n_parameters else Score(0.0, 0)


def _memory_score(device: Device) -> Score:
    """Test that the next state does not depend on the one before last (Anderson and Goodman 1957), at each input."""
    if device.state is None or device.linked is None:
        return Score(0.0, 0)
    now = np.flatnonzero(device.linked[2:] & device.linked[1:-1]) + 2
    values, at = np.unique(device.x[now], return_inverse=True)
    state = device.state.astype(np.int64)
    code = 8 * at + 4 * state[now - 1] + 2 * state[now - 2] + state[now]
    tables = np.bincount(code, minlength=8 * values.size).reshape(-1, 2, 2).astype(np.float64)
    total, freedom = 0.0, 0
    for table in tables:
        n = table.sum()
        if n == 0:
            continue
        expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / n
        if expected.min() >= LEAST_EXPECTED:
            total += float(((table - expected) ** 2 / expected).sum())
            freedom += 1
    return Score(total, freedom)


def _population(devices: tuple[DeviceFit, ...]) -> tuple[dict[str, Estimate], dict[str, Estimate], list[str]]:
    """Means over devices, spreads, and notes on them."""
    mean: dict[str, Estimate] = {}
    spread: dict[str, Estimate] = {}
    notes: list[str] = []
    if len(devices) < 2:
        return mean, spread, ["one device: nothing is known of the spread between devices"]
    if len(devices) < LEAST_DEVICES:
        notes.append(f"{len(devices)} devices: a spread between devices needs at least {LEAST_DEVICES}")
    for name in ("gain", "offset", "tau", "lag1"):
        known = [d.estimates[name] for d in devices if name in d.estimates]
        if len(known) < len(devices):
            if known:
                notes.append(
                    f"{name}: {len(known)} of {len(devices)} devices have one, so no mean and no spread is given"
                )
            continue
        values, errors = np.array([e.value for e in known]), np.array([e.error for e in known])
        if name == "tau":
            # the error of a time grows with the time itself: with its own error, a short one would weigh too much
            errors = errors / values * values.mean()
        usable = np.isfinite(errors)
        if usable.sum() < 2:
            continue
        if not usable.all():
            notes.append(f"{name}: {(~usable).sum()} devices without a limit are left out of mean and spread")
        average, between = random_effects(values[usable], errors[usable], relative=name in ("gain", "tau"))
        mean[name] = average
        if between is not None and name != "lag1":
            spread[f"{name}_dtod"] = between
    return mean, spread, notes


def _common_interval(measured: Measured) -> float | None:
    known = [device.interval_s for device in measured.devices if device.interval_s is not None]
    return float(np.median(known)) if known else None


def _unit_notes(measured: Measured, separable: bool) -> list[str]:
    if not separable:
        which = "one input" if measured.has_input else "no input"
        return [f"{which}: gain and offset cannot be told apart, so gain is taken as 1 and offset is z - x"]
    if measured.input_scale is None:
        unit = f"per {measured.input_unit}" if measured.input_unit else "per unit of the input column"
        return [f"gain is {unit} and offset in the same unit: no input scale was given"]
    return [f"x is the input divided by {measured.input_scale:g} {measured.input_unit}".rstrip()]


def _of_records(measured: Measured) -> list[str]:
    """What the file and each record say of themselves."""
    return [
        *measured.notes,
        *(f"device {d.name}: {note}" if d.name else note for d in measured.devices for note in d.notes),
    ]


def _doubts(measured: Measured, law: Score, memory: Score) -> list[str]:
    notes = []
    if law.p is not None and law.p < REJECTED and measured.kind == DWELLS:
        notes.append("the dwell times of a state are not those of one exponential, so the intervals are too narrow")
    elif law.p is not None and law.p < REJECTED:
        notes.append(
            f"the tanh law{_TIMING[measured.kind]} does not describe the data, so the intervals are too narrow"
            + (
                " (or the samples of one point depend on one another, which n cannot show)"
                if measured.kind == SIGMOID
                else ""
            )
        )
    if memory.p is not None and memory.p < REJECTED:
        notes.append(
            "the next sample depends on more than the last one, so two states and one time do not describe the device "
            "(or the instrument filters it), and the intervals are too narrow"
        )
    near = [d.levels.separation for d in measured.devices if d.levels is not None]
    if near and min(near) < 6:
        notes.append(f"the levels are {min(near):.2g} s.d. of the noise apart: noise may add changes of state")
    if measured.kind == BITS and all(d.interval_s is None for d in measured.devices):
        notes.append("no time and no interval was given: the update interval is not estimated")
    return notes
