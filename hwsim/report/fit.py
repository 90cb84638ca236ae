"""The picture of a fit: the data, the fitted law, the residuals, and the times.

Enters: a Fit and the Measured that it came from. Leaves: a drawing.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from hwsim.cell.fit import DeviceFit, Fit, cells_of
from hwsim.cell.likelihood import CUTOFF
from hwsim.cell.measured import BITS, DWELLS, SIGMOID, TRACES, Device, Measured
from hwsim.report.canvas import Drawing, plain, time_unit
from hwsim.units import format_si

_DATA, _LAW, _UP, _DOWN = "0.35", "#d62728", "#1f77b4", "#ff7f0e"
_MAX_LAG = 15
_SNIPPET_CHANGES = 24
"""How many changes of state the shown piece of a trace has."""
_SIGMA = math.sqrt(CUTOFF)


def fit_drawing(fit: Fit, measured: Measured) -> Drawing:
    """Draw ``fit`` of ``measured``. Panels, where the data have them: response, dwells, trace, correlations, runs,
    survival."""
    alone = fit.kind in (SIGMOID, DWELLS)
    wide = not (alone or fit.separable)
    draw: dict[str, Callable[..., None]] = {
        "response": partial(_response, below=None),
        "dwells": _dwells,
        "trace": _snippet,
        "correlations": _correlations,
        "runs": _runs,
        "survival": _survival,
    }
    if fit.kind == DWELLS:
        names = ["survival"]
    elif wide:
        names = ["runs", "trace" if fit.kind == TRACES else "correlations"]
    else:
        names = ["response", *{TRACES: ["dwells", "trace"], BITS: ["correlations", "runs"]}.get(fit.kind, [])]

    def compose(sheet: Any) -> list[Any]:
        if "response" not in names:
            axes = list(sheet.subplots(1, len(names), squeeze=False)[0])
            for one, name in zip(axes, names, strict=True):
                draw[name](one, fit=fit, measured=measured)
        else:
            axes = _grid(sheet, fit, measured)
        for one in axes:
            _plain_look(one)
        return axes

    return Drawing(
        title=_title(fit),
        panels={name: partial(draw[name], fit=fit, measured=measured) for name in names},
        size=(7.0 if alone else 11.0, 4.4 if wide else 6.4),
        compose=compose,
        alone=_plain_look,
        wrap=86 if alone else 140,
        title_size="medium",
    )


def _grid(sheet: Any, fit: Fit, measured: Measured) -> list[Any]:
    """The response with its residuals below, and what the data show of times beside them."""
    grid = sheet.add_gridspec(2, 1 if fit.kind == SIGMOID else 2, height_ratios=(2.2, 1))
    response = sheet.add_subplot(grid[0, 0])
    residual = sheet.add_subplot(grid[1, 0], sharex=response)
    _response(response, residual, fit, measured)
    axes = [response, residual]
    if fit.kind == TRACES:
        axes += [sheet.add_subplot(grid[0, 1], sharex=response), sheet.add_subplot(grid[1, 1])]
        _dwells(axes[2], fit, measured)
        _snippet(axes[3], fit, measured)
    elif fit.kind == BITS:
        axes += [sheet.add_subplot(grid[0, 1]), sheet.add_subplot(grid[1, 1])]
        _correlations(axes[2], fit, measured)
        _runs(axes[3], fit, measured)
    return axes


def _plain_look(axes: Any) -> None:
    axes.grid(True, color="0.92", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _title(fit: Fit) -> str:
    n = len(fit.devices)
    parts = []
    for name in ("gain", "offset", "tau", "lag1"):
        if name in fit.headline:
            e = fit.headline[name]
            low, value, high = (
                "no limit" if v is None else format_si(v, "s") if name == "tau" else f"{v:.3g}"
                for v in (e.low, e.value, e.high)
            )
            parts.append(f"{name} {value} [{low}, {high}]".replace(" ", "\u00a0"))
    who = "one device" if n == 1 else f"{n} devices, means"
    return f"{fit.file}: {fit.kind} of {who}: {', '.join(parts)} (95\u00a0% intervals)"


def _input_label(fit: Fit) -> str:
    if fit.input_scale is not None:
        size = format_si(fit.input_scale, fit.input_unit) if fit.input_unit else f"{fit.input_scale:g}"
        return f"input x (dimensionless; 1 = {size})"
    return f"input x ({fit.input_unit or 'unit of the input column'})"


def _response(axes, below, fit: Fit, measured: Measured) -> None:
    """P(+1) against input with the law, and residuals below; without axes for them, the law alone."""
    n = len(fit.devices)
    points = [_fractions(measured.kind, d, f) for d, f in zip(measured.devices, fit.devices, strict=True)]
    x = np.concatenate([p[0] for p in points])
    margin = 0.05 * (x.max() - x.min())
    along = np.linspace(x.min() - margin, x.max() + margin, 400)
    faint = min(1.0, max(0.15, 6.0 / n))
    for k, (device, (at, p, error, residual)) in enumerate(zip(fit.devices, points, strict=True)):
        label = ("measured, 95 % bars" if n == 1 else f"measured, {n} devices") if k == 0 else None
        axes.errorbar(
            at,
            p,
            yerr=_SIGMA * error if n == 1 else None,
            fmt="o",
            markersize=4 if n == 1 else 3,
            color=_DATA,
            alpha=faint,
            linewidth=1,
            label=label,
            zorder=3,
        )
        if n > 1:
            axes.plot(
                along,
                _law(_z(device, along)),
                color=_DATA,
                alpha=0.5 * faint,
                linewidth=0.8,
                label="fit of each device" if k == 0 else None,
            )
        if below is None:
            continue
        below.plot(at, residual, "o", markersize=4 if n == 1 else 3, color=_DATA, alpha=faint)
    if n == 1:
        device = fit.devices[0]
        z, slope = _z(device, along), along - device.centre
        c = device.covariance
        error = _SIGMA * np.sqrt(c[0, 0] + 2 * slope * c[0, 1] + slope**2 * c[1, 1])
        axes.fill_between(
            along, _law(z - error), _law(z + error), color=_LAW, alpha=0.2, linewidth=0, label="95 % band of the fit"
        )
        axes.plot(along, _law(z), color=_LAW, linewidth=1.8, label="fit: (1 + tanh z) / 2, z = gain (x + offset)")
    elif {"gain", "offset"} <= fit.population.keys():
        gain, offset = fit.population["gain"].value, fit.population["offset"].value
        if {"gain_dtod", "offset_dtod"} <= fit.spread.keys():
            # quantiles of P follow from those of z, a product of two normals: these are sampled, with a fixed seed
            rng = np.random.default_rng(0)
            gains = gain * (1 + fit.spread["gain_dtod"].value * rng.standard_normal((2000, 1)))
            offsets = offset + fit.spread["offset_dtod"].value * rng.standard_normal((2000, 1))
            low, high = np.quantile(gains * (along + offsets), [0.025, 0.975], axis=0)
            axes.fill_between(
                along,
                _law(low),
                _law(high),
                color=_LAW,
                alpha=0.18,
                linewidth=0,
                label="95 % of devices, by the fitted spread",
            )
        axes.plot(along, _law(gain * (along + offset)), color=_LAW, linewidth=2, label="mean device")
    axes.set_ylabel("P(+1)")
    axes.set_ylim(-0.03, 1.03)
    axes.legend(frameon=False, fontsize="small", loc="best")
    if below is None:
        axes.set_xlabel(_input_label(fit))
        return
    axes.tick_params(labelbottom=False)
    below.axhspan(-2, 2, color=_LAW, alpha=0.12, linewidth=0)
    below.axhline(0, color=_LAW, linewidth=1.2)
    below.set_ylabel("residual (s.d.)\nband: ±2")
    below.set_xlabel(_input_label(fit))
    largest = max(3.5, 1.1 * max(float(np.abs(p[3]).max()) for p in points))
    below.set_ylim(-largest, largest)


def _law(z: np.ndarray) -> np.ndarray:
    return (1 + np.tanh(z)) / 2


def _z(device: DeviceFit, x: np.ndarray) -> np.ndarray:
    return device.z_and_gain[0] + device.z_and_gain[1] * (x - device.centre)


def _fractions(kind: str, device: Device, found: DeviceFit) -> tuple[np.ndarray, ...]:
    """(x, share of +1, its s.d., residual in s.d. of the law) float64 (k,), by input; correlation widens the s.d."""
    cells = cells_of(kind, device)
    x, at = np.unique(cells.x, return_inverse=True)
    n, ones = np.bincount(at, weights=cells.trials), np.bincount(at, weights=cells.ones)
    law = _law(_z(found, x))
    rho = _decay(kind, device, found, x)
    worth = n * (1 - rho) / (1 + rho)
    p = ones / n
    # a share of 0 or 1 still has a width: half a count is added to either side
    smooth = (p * worth + 0.5) / (worth + 1)
    deviation = np.sqrt(np.maximum(law * (1 - law), 1e-12) / worth)
    return x, p, np.sqrt(smooth * (1 - smooth) / worth), (p - law) / deviation


def _decay(kind: str, device: Device, found: DeviceFit, x: np.ndarray) -> np.ndarray:
    """Fitted autocorrelation of successive samples at inputs x (k,), float64 (k,)."""
    if kind == TRACES:
        speed = 2 * (device.interval_s or 0.0) / found.estimates["tau"].value
        return np.exp(-speed * np.cosh(_z(found, x)))
    return np.full(x.size, found.estimates["lag1"].value if kind == BITS else 0.0)


def _dwells(axes, fit: Fit, measured: Measured) -> None:
    """Mean dwell time in each state against input, of each input alone, with the law's two exponentials."""
    n = len(fit.devices)
    faint = min(1.0, max(0.15, 6.0 / n))
    largest = max(d.estimates["tau"].value for d in fit.devices)
    unit, scale = time_unit(largest)
    everything = np.concatenate([d.x for d in measured.devices])
    along = np.linspace(everything.min(), everything.max(), 200)
    for k, (device, found) in enumerate(zip(measured.devices, fit.devices, strict=True)):
        cells = cells_of(TRACES, device)
        for m, colour in ((1, _UP), (-1, _DOWN)):
            rows = _dwell_points(cells, m)
            label = f"dwell in {m:+d}, 95 % bars" if n == 1 else f"dwell in {m:+d}, each device"
            if rows:
                x, dwell, error = np.array(rows).T
                # bars are intervals of the logarithm, so that none reaches below zero
                bars = np.stack([dwell - dwell * np.exp(-_SIGMA * error), dwell * np.exp(_SIGMA * error) - dwell])
                axes.errorbar(
                    x,
                    dwell / scale,
                    yerr=bars / scale if n == 1 else None,
                    fmt="o",
                    color=colour,
                    alpha=faint,
                    markersize=4,
                    linewidth=1,
                    label=label if k == 0 else None,
                )
            if n == 1:
                axes.plot(
                    along,
                    found.estimates["tau"].value * np.exp(m * _z(found, along)) / scale,
                    color=colour,
                    linewidth=1.8,
                    label=f"fit: tau exp({'' if m > 0 else '-'}z)",
                )
    if n > 1 and {"gain", "offset", "tau"} <= fit.population.keys():
        gain, offset, tau = (fit.population[name].value for name in ("gain", "offset", "tau"))
        for m, colour in ((1, _UP), (-1, _DOWN)):
            axes.plot(
                along,
                tau * np.exp(m * gain * (along + offset)) / scale,
                color=colour,
                linewidth=2,
                label=f"mean device: tau exp({'' if m > 0 else '-'}z)",
            )
    axes.set_yscale("log")
    axes.set_ylabel(f"mean dwell time ({unit})")
    axes.set_xlabel(_input_label(fit))
    axes.legend(frameon=False, fontsize="small", loc="upper center")


def _dwell_points(cells, m: int) -> list[tuple[float, float, float]]:
    """(x, dwell time in s, relative s.d.) of the inputs whose own counts allow a logarithm of the chain."""
    rows = []
    for x in np.unique(cells.x):
        pair = [np.flatnonzero((cells.x == x) & (cells.state == s)) for s in (0, 1)]
        if not (pair[0].size and pair[1].size):
            continue
        up = float(cells.ones[pair[0][0]] / cells.trials[pair[0][0]])
        down = float(1 - cells.ones[pair[1][0]] / cells.trials[pair[1][0]])
        if up > 0 and down > 0 and up + down < 1:
            rate = -math.log1p(-up - down) / cells.interval_s * (down if m > 0 else up) / (up + down)
            leaving = pair[1][0] if m > 0 else pair[0][0]
            count = cells.trials[leaving] * (down if m > 0 else up)
            rows.append((float(x), 1 / rate, 1 / math.sqrt(count)))
    return rows


def _snippet(axes, fit: Fit, measured: Measured) -> None:
    """A piece of the first device's record, with its fitted levels."""
    device = measured.devices[0]
    if device.levels is None or device.time_s is None or device.value is None or device.state is None:
        return
    # one record at one input: the one that changes most often
    record = np.cumsum(~device.linked) if device.linked is not None else np.zeros(device.x.size, dtype=int)
    changed = np.flatnonzero((np.diff(device.state) != 0) & (np.diff(record) == 0))
    best = int(np.argmax(np.bincount(record[changed])))
    inside, changed = np.flatnonzero(record == best), changed[record[changed] == best]
    last = min(int(inside[-1]), int(changed[min(_SNIPPET_CHANGES, changed.size) - 1]) + 2) + 1
    first = max(int(inside[0]), int(changed[0]) - 5, last - 4000)
    time_s = device.time_s[first:last] - device.time_s[first]
    unit, scale = time_unit(float(time_s.max()))
    axes.plot(time_s / scale, device.value[first:last], ".-", color=_DATA, markersize=3, linewidth=0.6)
    levels = np.where(device.state[first:last] > 0, device.levels.high, device.levels.low)
    axes.step(time_s / scale, levels, where="mid", color=_LAW, linewidth=1.4)
    axes.set_xlabel(f"time ({unit})")
    axes.set_ylabel("value")
    who = f"device {plain(device.name)}" if device.name else "the record"
    at = f" at x = {device.x[first]:.3g}" if fit.separable else ""
    axes.set_title(f"a piece of {who}{at}: measured (grey) and its state (red)", fontsize="small", loc="left")


def _runs(axes, fit: Fit, measured: Measured) -> None:
    """Share of dwells longer than t against t in units of the fitted mean: the law says exp(-t)."""
    longest = 0.0
    for m, colour in ((1, _UP), (-1, _DOWN)):
        lengths = []
        for device, found in zip(measured.devices, fit.devices, strict=True):
            lengths.append(_scaled_runs(measured.kind, device, found, m))
        u = np.sort(np.concatenate(lengths))
        values, count = np.unique(u, return_counts=True)
        share = 1 - np.cumsum(count) / max(u.size, 1)
        # no run outlasts the longest one, and this axis cannot show zero
        values, share = values[:-1], share[:-1]
        if not values.size:
            continue
        # few enough marks to see the line through them
        shown = np.unique(np.searchsorted(values, np.linspace(0, values[-1], 80)).clip(0, values.size - 1))
        axes.plot(
            values[shown],
            share[shown],
            "o" if m > 0 else "s",
            color=colour,
            markersize=4,
            markerfacecolor="none",
            label=f"runs in {m:+d} ({u.size:,})",
        )
        longest = max(longest, float(values[-1]))
    along = np.linspace(0, max(longest, 1.0), 100)
    axes.plot(along, np.exp(-along), color=_LAW, linewidth=1.6, label="fit: exp(-length)")
    axes.set_yscale("log")
    axes.set_xlabel("length of a run / its fitted 1/e length")
    axes.set_ylabel("share of longer runs")
    axes.legend(frameon=False, fontsize="small")


def _survival(axes, fit: Fit, measured: Measured) -> None:
    """Share of dwell times longer than t against t in units of the fitted mean: the law says exp(-t)."""
    longest = 1.0
    faint = min(1.0, max(0.15, 6.0 / len(fit.devices)))
    for k, (device, found) in enumerate(zip(measured.devices, fit.devices, strict=True)):
        for m, listed, colour in ((1, device.plus, _UP), (-1, device.minus, _DOWN)):
            assert listed is not None
            mean = found.estimates["dwell_plus" if m > 0 else "dwell_minus"].value
            time, share = listed.survival()
            u, share = time[:-1] / mean, share[:-1]
            shown = np.unique(np.searchsorted(u, np.linspace(0, u[-1], 80)).clip(0, u.size - 1))
            axes.plot(
                u[shown],
                share[shown],
                "o" if m > 0 else "s",
                color=colour,
                alpha=faint,
                markersize=4,
                markerfacecolor="none",
                label=f"dwell times in {m:+d}" if k == 0 else None,
            )
            longest = max(longest, float(u[-1]))
    along = np.linspace(0, longest, 100)
    axes.plot(along, np.exp(-along), color=_LAW, linewidth=1.6, label="fit: exp(-t / mean)")
    axes.set_yscale("log")
    axes.set_xlabel("dwell time / its fitted mean")
    axes.set_ylabel("share that lasts longer")
    axes.legend(frameon=False, fontsize="small")


def _scaled_runs(kind: str, device: Device, found: DeviceFit, m: int) -> np.ndarray:
    """Lengths of the complete runs in state ``m``, times -log P(stay): exponential with mean about 1. float64 (k,)."""
    state, linked = device.state, device.linked
    if state is None or linked is None:
        return np.empty(0)
    change = np.flatnonzero((np.diff(state) != 0) | ~linked[1:] | (np.diff(device.x) != 0)) + 1
    start, end = change[:-1], change[1:]
    # a run is complete when it begins and ends with a change of state within one record at one input
    whole = (
        linked[start] & linked[end] & (device.x[start] == device.x[start - 1]) & (device.x[end] == device.x[end - 1])
    )
    start, end = start[whole & (state[start] == (m > 0))], end[whole & (state[start] == (m > 0))]
    x = device.x[start]
    rest = _law(_z(found, x))
    leave = (1 - _decay(kind, device, found, x)) * (1 - rest if m > 0 else rest)
    return (end - start) * -np.log1p(-np.clip(leave, 0, 1 - 1e-9))


def _correlations(axes, fit: Fit, measured: Measured) -> None:
    """Autocorrelation of the bits about the fitted mean, with the powers of its first value."""
    top, bottom = np.zeros(_MAX_LAG + 1), np.zeros(_MAX_LAG + 1)
    count = np.zeros(_MAX_LAG + 1)
    for device, found in zip(measured.devices, fit.devices, strict=True):
        if device.state is None or device.linked is None:
            continue
        law = _law(_z(found, device.x))
        deviation = (device.state - law) / np.sqrt(np.maximum(law * (1 - law), 1e-12))
        record = np.cumsum(~device.linked)
        for lag in range(min(_MAX_LAG + 1, record.size)):
            together = record[lag:] == record[: record.size - lag]
            top[lag] += (deviation[lag:] * deviation[: deviation.size - lag])[together].sum()
            bottom[lag] += together.sum()
            count[lag] += together.sum()
    lags = np.arange(_MAX_LAG + 1)
    seen = bottom > 0
    noise = 1 / np.sqrt(np.maximum(count[seen], 1))
    axes.plot(lags[seen], top[seen] / bottom[seen], "o", color=_DATA, markersize=5, label="measured")
    axes.fill_between(
        lags[seen], -_SIGMA * noise, _SIGMA * noise, color="0.85", linewidth=0, label="95 % of uncorrelated bits"
    )
    rho = fit.headline["lag1"].value
    axes.plot(lags, rho**lags, color=_LAW, linewidth=1.6, label=f"fit: {rho:.3g} to the power of the distance")
    axes.set_xlabel(
        "distance (bits)" if fit.interval_s is None else f"distance (bits of {format_si(fit.interval_s, 's')})"
    )
    axes.set_ylabel("autocorrelation")
    axes.legend(frameon=False, fontsize="small")
