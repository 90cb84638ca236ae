"""Figures of energy against device time. Only means and quantiles over reads are computed here.

Enters: curves over device time. Leaves: one file, png, svg or pdf by its suffix, written whole or not at all.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.anneal import Anneal
from hwsim.errors import InputError
from hwsim.experiment.looks import LOOKS, PHASES, swings
from hwsim.report import canvas
from hwsim.report.provenance import Provenance
from hwsim.report.table import number
from hwsim.session.reads import Reads
from hwsim.units import to_seconds

SAME = 0.015
"""Part of the height of a panel within which two curves, nine tenths of their times, are drawn as one."""
_MOST_BANDS = 3
"""Curves of a panel up to which each has its band; more bands hide each other."""
_WORSE = 0.35
"""A curve that rises by more than this part of the other curves' scale above the start has a panel of its own."""


@dataclass(frozen=True, eq=False)
class _Curve:
    """labels : of all schemes that are drawn as this curve;  times_s : (k,);  mean, low, high : (k,), of the reads"""

    labels: list[str]
    times_s: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def curve_of(run: Reads, label: str | None = None) -> dict:
    """The curve of a run or an outcome, named ``label`` or by its clock; see `hwsim.experiment.looks`."""
    name = run.program.clock.kind if label is None else label
    over = PHASES if swings(run.program) and len(run.checkpoint_times_s) > LOOKS + 1 else 1
    return {"label": name, "times_s": run.checkpoint_times_s, "energies": run.checkpoint_energies, "over": over}


def energy_drawing(
    curves: list[dict],
    *,
    title: str,
    ylabel: str = "energy (dimensionless)",
    target: float | None = None,
    log_time: bool = False,
) -> canvas.Drawing:
    """Mean energy of each scheme against device time, with the band of the middle 80 % of its reads where few enough
    curves have one. Curves that coincide are one; those that rise far above their start have a panel of their own.

    curves : dicts of label : str, times_s : float64 (k,), energies : float64 (k, reads), and over : int, the looks that
    make a point, 1 by default. ``target`` is drawn as a dashed line; ``log_time`` drops times that are zero. Raises
    InputError for arrays that do not match.
    """
    if not curves:
        raise InputError("a figure needs at least one curve, got none")
    drawn = [_checked(curve, log_time) for curve in curves]
    below, above = _parted(drawn, target)
    lower, upper = _merged(below, target), _merged(above, None)
    unit = canvas.time_unit(max(curve.times_s.max() for curve in drawn))

    def draw(axes: Any) -> None:
        _energies(axes, lower, target=target, log_time=log_time, unit=unit)
        axes.set_ylabel(canvas.plain(ylabel))

    def draw_above(axes: Any) -> None:
        _energies(axes, upper, target=None, log_time=log_time, unit=unit, first=len(lower))
        axes.set_ylabel(canvas.plain(ylabel))

    if not above:
        return canvas.Drawing(title=title, panels={"energy": draw}, size=(8.0, 4.8))

    def compose(sheet: Any) -> list[Any]:
        top, bottom = sheet.subplots(2, 1, sharex=True, height_ratios=[2, 3])
        draw(bottom)
        draw_above(top)
        top.set_xlabel("")
        canvas.dress(top, "rows that rise far above their start")
        canvas.dress(bottom, "all other rows")
        return [bottom, top]

    panels = {"energy": draw, "above the start": draw_above}
    return canvas.Drawing(title=title, panels=panels, size=(8.0, 6.4), compose=compose)


def energy_against_time(
    curves: list[dict], path: str | os.PathLike, *, provenance: Provenance | None = None, **how: Any
) -> Path:
    """Write the picture of `energy_drawing`, which takes ``how``. Returns the path written. Raises InputError also for
    a suffix other than png, svg, pdf."""
    path = canvas.picture_path(path)
    return energy_drawing(curves, **how).write(path, provenance)


def run_axes(run: Reads, ax: Any = None, *, label: str | None = None, target: float | None = None) -> Any:
    """Draw the energy of ``run`` against device time on ``ax``, or on new axes; returns the axes."""
    return energy_drawing([curve_of(run, label)], title="", target=target).on(ax)


def anneal_axes(anneal: Anneal, ax: Any = None, *, label: str | None = None) -> Any:
    """Draw beta against device time on ``ax``, or on new axes, and the drive where there is one; returns the axes."""
    times = to_seconds(anneal.end) * np.append(anneal.start, anneal.end) / anneal.end
    unit, scale = canvas.time_unit(float(times[-1]))

    def draw(axes: Any) -> None:
        for name, values in (("beta", anneal.beta), ("drive", anneal.drive)):
            if values is not None:
                words = label or name
                axes.step(times / scale, np.append(values, values[-1]), where="post", label=canvas.plain(words))
        canvas.dress(axes)
        axes.set_xlabel(f"device time ({unit})")
        axes.set_ylabel("beta")
        if anneal.drive is not None or label is not None:
            axes.legend(fontsize="small", frameon=False)

    return canvas.Drawing(title="", panels={"beta": draw}, size=(6.4, 3.6)).on(ax)


def _parted(drawn: list[_Curve], target: float | None) -> tuple[list[_Curve], list[_Curve]]:
    """(curves that share a scale, curves that rise far above their start). The scale is from the start of all curves
    down to the least mean, or to ``target``."""
    start = max(float(curve.mean[0]) for curve in drawn)
    least = min(float(curve.mean.min()) for curve in drawn)
    least = least if target is None else min(least, target)
    above = [curve for curve in drawn if curve.mean.max() > start + _WORSE * (start - least) > start]
    return ([curve for curve in drawn if curve not in above], above) if len(above) < len(drawn) else (drawn, [])


def _merged(drawn: list[_Curve], target: float | None) -> list[_Curve]:
    """The curves, those that coincide in one."""
    if not drawn:
        return []
    ends = [float(value) for curve in drawn for value in (curve.mean.min(), curve.mean.max())]
    reach = SAME * (max(ends) - min([*ends, target] if target is not None else ends))
    out: list[_Curve] = []
    for curve in drawn:
        twin = next((k for k, other in enumerate(out) if _coincide(curve, other, reach)), None)
        if twin is None:
            out.append(curve)
        else:
            out[twin] = replace(out[twin], labels=[*out[twin].labels, *curve.labels])
    return out


def _coincide(one: _Curve, other: _Curve, reach: float) -> bool:
    """Whether the means of two curves that end at one time are hardly ever further apart than ``reach``."""
    if one.times_s[-1] != other.times_s[-1]:
        return False
    apart = np.abs(np.interp(one.times_s, other.times_s, other.mean) - one.mean)
    return bool(np.quantile(apart, 0.9) <= reach and apart[-1] <= reach)


def _energies(
    axes: Any, drawn: list[_Curve], *, target: float | None, log_time: bool, unit: tuple[str, float], first: int = 0
) -> None:
    """Draw curves that share a scale. first : number of the colour of the first one"""
    palette = canvas.palette()
    styles = ("-", "--", "-.", ":")
    with_bands = len(drawn) <= _MOST_BANDS
    for i, curve in enumerate(drawn, start=first):
        colour, style = palette[i % len(palette)], styles[i // len(palette) % len(styles)]
        x = curve.times_s / unit[1]
        if with_bands:
            axes.fill_between(x, curve.low, curve.high, color=colour, alpha=0.18, linewidth=0)
        # a single instant is drawn as a point: a line would be invisible
        marker = "o" if x.size == 1 else None
        label = "\n".join(canvas.plain(label) for label in curve.labels)
        axes.plot(x, curve.mean, style, marker=marker, color=colour, linewidth=1.8, label=label)
    if target is not None:
        axes.axhline(
            target, color="0.25", linestyle="--", linewidth=1.2, label=f"best known: {number(target)}", zorder=1
        )
    if log_time:
        axes.set_xscale("log")
    axes.margins(x=0.01)
    axes.ticklabel_format(axis="y", useOffset=False, style="plain")
    canvas.dress(axes)
    axes.set_xlabel(f"device time ({unit[0]})")
    key = axes.legend(
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        fontsize="small",
        title="line: mean over reads" + ("\nband: middle 80 % of reads" if with_bands else ""),
        title_fontsize="small",
    )
    key.set_alignment("left")


def _checked(curve: dict, log_time: bool) -> _Curve:
    label = str(curve["label"])
    times = np.asarray(curve["times_s"], dtype=np.float64)
    energies = np.asarray(curve["energies"], dtype=np.float64)
    if times.ndim != 1 or energies.ndim != 2 or energies.shape[0] != times.size or energies.size == 0:
        raise InputError(
            f"curve {label!r} needs times_s (k,) and energies (k, reads), got shapes {times.shape} and {energies.shape}"
        )
    if not (np.isfinite(times).all() and np.isfinite(energies).all()):
        raise InputError(f"curve {label!r} has a time or an energy that is not finite")
    if log_time:
        if not (times > 0).any():
            raise InputError(f"curve {label!r} has no time > 0, which a logarithmic axis needs")
        times, energies = times[times > 0], energies[times > 0]
    over = int(curve.get("over", 1))
    low, high = np.quantile(energies, [0.1, 0.9], axis=1)
    mean, low, high = (_averaged(values, over) for values in (energies.mean(axis=1), low, high))
    return _Curve([label], times, mean, low, high)


def _averaged(values: np.ndarray, over: int) -> np.ndarray:
    """Each value's mean with its neighbours: ``over`` looks around it, or as many as there are on both sides alike. An
    even window counts its outermost two by half."""
    out = values.copy()
    for k in range(len(values)):
        half = min(over // 2, k, len(values) - 1 - k)
        if half:
            part = values[k - half : k + half + 1]
            out[k] = (part.sum() - (part[0] + part[-1]) / 2) / (2 * half) if over % 2 == 0 else part.mean()
    return out
