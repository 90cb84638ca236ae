"""One emulated p-bit beside the law of its card: its answer to an input, its dwell times, its memory.

Enters: measured points with 95 % intervals, and the law as curves. Leaves: one file with three panels.
"""

import math
import os
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.chip.chip import Chip
from hwsim.errors import InputError
from hwsim.report import canvas
from hwsim.report.provenance import Provenance
from hwsim.units import format_si

PANELS = {
    "sigmoid": "Answer to an input",
    "dwell": "Dwell times at zero input",
    "autocorrelation": "Autocorrelation at zero input",
}
LAW = "0.15"
# of a 95 % interval: its half length in standard deviations
HALF_95 = 1.96


def device_picture(data: dict, path: str | os.PathLike, *, title: str, provenance: Provenance | None = None) -> Path:
    """Three panels: P(+1) against beta I, dwell times at zero input, autocorrelation at zero input.

    ``data`` has one dict per panel, or None with the reason as text in ``data["reason"][panel]``:

    sigmoid : x, p, low, high : float64 (k,), dimensionless; law, law_x : float64 (m,). A strip below shows how far p
        lies from the law in standard deviations; the law at x is read from ``law_at_x`` (k,) where given, else between
        the points of ``law_x``, which must then be fine and reach all x.
    dwell : time_s : float64 (b + 1,), bin edges; density_up, density_down : float64 (b,), per second;
        law_time_s, law_up, law_down : float64 (m,), the second per state and drawn once where both are the same;
        mean_up_s, mean_down_s : (mean, low, high), shown in the key; label_down : of law_down where it differs.
    autocorrelation : lag_s, value, low, high : float64 (k,); law_lag_s, law : float64 (m,).

    low and high are 95 % intervals. Each panel has ``label`` : str, the name of its law; a law that is None is not
    drawn. Returns the path written. Raises InputError for a suffix other than png, svg, pdf, and for arrays that are
    missing, do not match or are not finite.
    """
    path = canvas.picture_path(path)
    if not isinstance(data, Mapping):
        raise InputError(f"a picture of a device needs a dict of {', '.join(PANELS)}, got {data!r}")
    reasons = data.get("reason") or {}
    shown = [name for name in PANELS if data.get(name) is not None]
    if not shown:
        raise InputError(f"a picture of a device needs at least one of {', '.join(PANELS)}, got none")
    for name in PANELS:
        if name not in shown and not reasons.get(name):
            raise InputError(f"the panel {name!r} is None and needs a reason in data['reason'][{name!r}]")
        if name in shown and not isinstance(data[name], Mapping):
            raise InputError(f"the panel {name!r} needs a dict or None, got {data[name]!r}")
    figure = canvas.blank(13.0, 4.6)
    figure.get_layout_engine().set(wspace=0.05)
    grid = figure.add_gridspec(2, 3, height_ratios=[4, 1])
    draw = {"dwell": _dwell, "autocorrelation": _autocorrelation}
    for column, (name, heading) in enumerate(PANELS.items()):
        if name not in shown:
            _absent(figure.add_subplot(grid[:, column]), heading, str(reasons[name]))
        elif name == "sigmoid":
            with_law = data[name].get("law") is not None
            top = figure.add_subplot(grid[0 if with_law else slice(None), column])
            strip = figure.add_subplot(grid[1, column], sharex=top) if with_law else None
            _sigmoid(top, strip, data[name], heading)
        else:
            draw[name](figure.add_subplot(grid[:, column]), data[name], heading)
    canvas.headline(figure, title, width=130)
    canvas.write(figure, path, provenance)
    return path


def _sigmoid(axes: Any, strip: Any, data: dict, heading: str) -> None:
    where = "the panel 'sigmoid'"
    x = canvas.numbers(data, "x", where)
    p, low, high = (canvas.numbers(data, key, where, x.size) for key in ("p", "low", "high"))
    bars = canvas.interval(p, low, high, where)
    law = _law(data, "law_x", "law", where)
    canvas.dress(axes, heading)
    if law is not None:
        axes.plot(*law, color=LAW, linewidth=1.4, label=_label(data), zorder=2)
    _points(axes, x, p, bars)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axes.set_ylabel("P(+1)")
    axes.set_ylim(-0.04, -0.04 + 1.08 * _key(axes, "upper left", 0.75 if strip is not None else 1.0))
    (axes if strip is None else strip).set_xlabel(r"input $\beta I$ (dimensionless)")
    if law is None:
        return
    axes.tick_params(labelbottom=False)
    canvas.dress(strip)
    expected = _law_at(x, law, data, where)
    # a 95 % interval near 0 or 1 is lopsided: measure with its side that faces the law
    sigma = np.where(expected > p, bars[1], bars[0]) / HALF_95
    with np.errstate(divide="ignore", invalid="ignore"):
        off = np.where(p == expected, 0.0, (p - expected) / sigma)
    near = np.isfinite(off)
    reach = max(3.5, 1.15 * float(np.abs(off[near]).max(initial=0.0)))
    strip.axhspan(-2, 2, color="0.92", linewidth=0, zorder=0)
    strip.axhline(0, color=LAW, linewidth=1.0)
    strip.plot(x[near], off[near], "o", markersize=3, color=canvas.palette()[0])
    # an interval of length zero is infinitely many sigma off: mark it at the rim instead of leaving it out
    strip.plot(x[~near], np.sign(off[~near]) * 0.9 * reach, "D", markersize=4, color=canvas.palette()[3])
    strip.set_ylim(-reach, reach)
    if reach < 6:
        strip.set_yticks([-2, 0, 2])
    strip.set_ylabel("off the law\n(sigma)", fontsize="small")
    strip.tick_params(axis="y", labelsize="small")


def _dwell(axes: Any, data: dict, heading: str) -> None:
    where = "the panel 'dwell'"
    edges = canvas.numbers(data, "time_s", where)
    if edges.size < 2 or (np.diff(edges) <= 0).any():
        raise InputError(f"{where} needs 'time_s' to be at least two rising bin edges, got {edges.size} values")
    up, down = (canvas.numbers(data, key, where, edges.size - 1) for key in ("density_up", "density_down"))
    held = np.concatenate([up, down])
    if (held < 0).any() or not (held > 0).any():
        raise InputError(f"{where} needs densities >= 0, with one > 0, or its logarithmic axis has nothing to show")
    laws = [_law(data, "law_time_s", key, where) for key in ("law_up", "law_down")]
    canvas.dress(axes, heading)
    unit, scale = canvas.time_unit(edges[-1])
    colours = canvas.palette()
    states = ((up, "+1", "-", colours[0], "mean_up_s"), (down, "\u22121", "--", colours[1], "mean_down_s"))
    for density, state, style, colour, mean in states:
        # empty bins have no logarithm: a gap, not a fall to the floor
        heights = np.where(density > 0, density * scale, np.nan)
        label = f"emulated, at {state}" + _mean(data, mean, where, unit, scale)
        axes.stairs(heights, edges / scale, baseline=None, linestyle=style, color=colour, linewidth=1.6, label=label)
    alike = laws[0] is None or laws[1] is None or np.allclose(laws[0][1], laws[1][1], rtol=1e-3)
    for law, style in zip(laws[:1] if alike else laws, ("-", "--"), strict=False):
        if law is not None:
            height = np.where(law[1] > 0, law[1] * scale, np.nan)
            axes.plot(law[0] / scale, height, style, color=LAW, linewidth=1.4, label=_label(data), zorder=2.5)
            data = {**data, "label": data.get("label_down")}
    axes.set_yscale("log")
    bottom, top = 0.4 * held[held > 0].min() * scale, 1.6 * held.max() * scale
    axes.set_ylim(bottom, bottom * (top / bottom) ** _key(axes, "upper right"))
    axes.set_xlim(min(0.0, edges[0] / scale), edges[-1] / scale)
    axes.set_xlabel(f"time in one state ({unit})")
    axes.set_ylabel(f"probability density (1/{unit})")


def _autocorrelation(axes: Any, data: dict, heading: str) -> None:
    where = "the panel 'autocorrelation'"
    lags = canvas.numbers(data, "lag_s", where)
    value, low, high = (canvas.numbers(data, key, where, lags.size) for key in ("value", "low", "high"))
    bars = canvas.interval(value, low, high, where)
    law = _law(data, "law_lag_s", "law", where)
    unit, scale = canvas.time_unit(lags.max())
    canvas.dress(axes, heading)
    axes.axhline(0, color="0.6", linewidth=0.8)
    if law is not None:
        axes.plot(law[0] / scale, law[1], color=LAW, linewidth=1.4, label=_label(data), zorder=2)
    _points(axes, lags / scale, value, bars)
    bottom, top = axes.get_ylim()
    axes.set_yticks([tick for tick in axes.get_yticks() if bottom <= tick <= top])
    axes.set_ylim(bottom, bottom + (top - bottom) * _key(axes, "upper right"))
    axes.set_xlabel(f"lag ({unit})")
    axes.set_ylabel("correlation of the state with itself")


def _key(axes: Any, place: str, height: float = 1.0) -> float:
    """Draw the key of ``axes``. Returns how far to stretch an axis so that the key stands above the data.

    height : of the panel, 1 for a whole column of the figure.
    """
    key = axes.legend(loc=place, frameon=False, fontsize="small")
    lines = sum(text.get_text().count("\n") + 1 for text in key.get_texts())
    return 1.0 / (1.0 - (0.03 + 0.043 * lines) / height)


def _absent(axes: Any, heading: str, reason: str) -> None:
    axes.set_title(canvas.plain(heading), loc="left", fontsize="medium")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color("0.85")
    text = "\n".join(textwrap.wrap("not measured: " + canvas.plain(reason), 38))
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color="0.35")


def _points(axes: Any, x: np.ndarray, y: np.ndarray, bars: np.ndarray) -> None:
    axes.errorbar(
        x,
        y,
        yerr=bars,
        fmt="o",
        markersize=3.5,
        elinewidth=1.2,
        capsize=2,
        color=canvas.palette()[0],
        label="emulated, with 95 % interval",
    )


def _mean(data: dict, key: str, where: str, unit: str, scale: float) -> str:
    if data.get(key) is None:
        return ""
    mean, low, high = canvas.numbers(data, key, where, 3) / scale
    digits = max(0, 1 - math.floor(math.log10(high - low))) if high > low else 3
    return f": mean {mean:.{digits}f} \u00b1 {(high - low) / 2:.{digits}f} {unit}"


def _law(data: dict, x: str, y: str, where: str) -> tuple[np.ndarray, np.ndarray] | None:
    if data.get(y) is None:
        return None
    at = canvas.numbers(data, x, where)
    return at, canvas.numbers(data, y, where, at.size)


def _law_at(x: np.ndarray, law: tuple[np.ndarray, np.ndarray], data: dict, where: str) -> np.ndarray:
    if data.get("law_at_x") is not None:
        return canvas.numbers(data, "law_at_x", where, x.size)
    order = np.argsort(law[0])
    at, values = law[0][order], law[1][order]
    if x.min() < at[0] or x.max() > at[-1]:
        raise InputError(f"{where} needs 'law_x' to reach every x, from {x.min():g} to {x.max():g}")
    return np.interp(x, at, values)


def _label(data: dict) -> str:
    return "\n".join(textwrap.wrap(canvas.plain(str(data.get("label") or "law on the card")), 46))


def device_title(chip: Chip) -> str:
    """The title of the picture: one p-bit of ``chip``, its law and its clock."""
    pbit, clock = chip.pbit, chip.clock
    time = format_si(chip.round_s, "s")
    pace = f"{clock.kind} clock, tau {time}" if clock.kind == "poisson" else f"{clock.kind} clock of period {time}"
    return f"{chip.title} ({chip.name}), one p-bit emulated: law {pbit.law}, {pace}; 95\u00a0% intervals"
