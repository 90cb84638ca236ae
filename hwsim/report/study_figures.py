"""The pictures of a study: time and energy to solution and residual energy, against length, size and delay.

Enters: rows of `hwsim.study.curves`. Leaves: SVG, each picture with a title and a caption.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hwsim.report import canvas
from hwsim.report.pareto import AREA, ENERGY, pareto_svg
from hwsim.report.provenance import Provenance
from hwsim.study.curves import unequal
from hwsim.study.designs import mark_best
from hwsim.units import format_si

MOST_FAMILIES = 6
_MOST_TICKS = 8
_WIDE_IN, _HIGH_IN = 6.4, 4.4


@dataclass(frozen=True, kw_only=True)
class Picture:
    """title and caption : plain text;  svg : the picture."""

    title: str
    caption: str
    svg: str


@dataclass(frozen=True, kw_only=True)
class _View:
    """What a picture shows of rows: ``key`` with its interval against ``x``, with units and labels."""

    title: str
    caption: str
    x: Callable[[dict[str, Any]], float]
    x_words: str
    x_unit: str
    key: str
    ends: str | None
    y_words: str
    y_unit: str = ""
    linear: bool = False


@dataclass(frozen=True, kw_only=True)
class _Look:
    """names : of all series; the place of a name is its colour;  label : of a row's curve;  rings : best lengths"""

    names: Sequence[str]
    made: Provenance | None
    label: Callable[[dict[str, Any]], str]
    rings: Sequence[dict[str, Any]] = ()


def pictures(
    rows: Sequence[dict[str, Any]], best: Sequence[dict[str, Any]], made: Provenance | None = None
) -> list[Picture]:
    """The pictures that have data: two or more lengths, sizes or delays."""
    out: list[Picture] = []
    look = _Look(names=list(dict.fromkeys(row["series"] for row in rows)), made=made, label=_labeller(False))
    delays = sorted({row["delay_s"] for row in rows})
    note = "" if len(delays) < 2 else f" At a delay of {format_si(delays[0], 's')}."
    families = list(dict.fromkeys((row["family"], row["spins"]) for row in rows))[:MOST_FAMILIES]
    for family, spins in families:
        here = [row for row in rows if (row["family"], row["spins"], row["delay_s"]) == (family, spins, delays[0])]
        if len({row["time_s"] for row in here}) < 2:
            continue
        where = family if f"{spins}" in family else f"{family}, {spins} spins"
        if any(row["bound_s"] is not None for row in here):
            out.append(_draw(_solution(where, note), here, replace(look, rings=best)))
        if any(row["residual"] > 0 for row in here):
            out += [_draw(view, here, look) for view in _residuals(where, note, cost_too=bool(unequal(here)))]
    solved = [row for row in best if row["bound_s"] is not None]
    for family, spins in families:
        out += _fronts(family, [row for row in solved if (row["family"], row["spins"]) == (family, spins)], made)
    for axis, name_of, words in (("spins", "kind", "spins of the problem"), ("delay_s", "family", "longest delay")):
        for name in dict.fromkeys(row[name_of] for row in solved):
            here = [row for row in solved if row[name_of] == name]
            if len({row[axis] for row in here}) > 1:
                own = replace(look, label=_labeller(len(delays) > 1 and axis != "delay_s"))
                views = [view for view in _against(axis, words, name) if any(row.get(view.key) for row in here)]
                out += [_draw(view, here, own) for view in views]
    return out


def _fronts(family: str, best: Sequence[dict[str, Any]], made: Provenance | None) -> list[Picture]:
    """Time to solution against area and against energy, if the series differ in them."""
    delays = len({row["delay_s"] for row in best}) > 1
    rows = [
        {
            "design": {"series": row["series"] + (f", delay {format_si(row['delay_s'], 's')}" if delays else "")},
            "area_m2": row["area_m2"],
            "ets99_total_j": row["ets99_total_j"],
            "tts99_is_bound": row["tts99_total_s"] is None,
            "tts99_total_ci_s": row["tts99_total_ci_s"],
            "tts99_total_s": row["bound_s"] if row["tts99_total_s"] is None else row["tts99_total_s"],
        }
        for row in best
    ]
    mark_best(rows)
    return [
        Picture(
            title=f"Time to solution with read-out against {what}: {family}",
            caption="Each series at its own best length. Rings and the dashed line mark what no other beats in both.",
            svg=pareto_svg(rows, axis, made),
        )
        for axis, what in ((AREA, "area"), (ENERGY, "energy"))
        if len({row[axis.key] for row in rows if row[axis.key] is not None}) > 1
    ]


def _solution(where: str, note: str) -> _View:
    return _View(
        title=f"Time to solution with read-out against length: {where}",
        caption="Median over instances, 95 % intervals over instances and schedules. A ring marks the best length, an "
        f"open triangle a lower bound where half the instances or more were never solved.{note}",
        x=lambda row: row["time_s"],
        x_words="length of one run (device time)",
        x_unit="s",
        key="tts99_total_s",
        ends="tts99_total_ci_s",
        y_words="time to solution, 99 %",
        y_unit="s",
    )


def _residuals(where: str, note: str, *, cost_too: bool) -> list[_View]:
    """Residual energy against device time, and against hardware cost unless that differs only by a factor."""

    def view(matched: str, x: Callable[[dict[str, Any]], float], words: str, unit: str, more: str = "") -> _View:
        return _View(
            title=f"Residual energy at {matched}: {where}",
            caption="Mean energy above the least known, per spin, of one run; 95 % intervals over instances and "
            f"schedules. Points above each other have {matched}; a residual of 0 is not drawn.{note}{more}",
            x=x,
            x_words=words,
            x_unit=unit,
            key="residual",
            ends="residual_ci",
            y_words="residual energy per spin",
        )

    views = [
        view(
            "matched device time",
            lambda row: row["total_time_s"],
            "device time of one run, reads and swaps included",
            "s",
        )
    ]
    if cost_too:
        views.append(
            view(
                "matched hardware cost",
                lambda row: row["total_time_s"] * row["hardware_pbits"],
                "p-bit seconds of one run",
                "p-bit s",
                " Replicas that run side by side each take p-bits of their own.",
            )
        )
    return views


def _against(axis: str, words: str, name: str) -> list[_View]:
    """Time and energy to solution against size or delay."""
    is_delay = axis == "delay_s"
    return [
        _View(
            title=f"{what} to solution with read-out against {'delay' if is_delay else 'size'}: {name}",
            caption="Each at its own best length. Median over instances"
            + (", 95 % intervals over instances and schedules." if ends else "."),
            x=lambda row: row[axis],
            x_words=words,
            x_unit="s" if is_delay else "",
            key=key,
            ends=ends,
            y_words=f"{what.lower()} to solution, 99 %",
            y_unit=unit,
            linear=is_delay,
        )
        for key, ends, unit, what in (
            ("tts99_total_s", "tts99_total_ci_s", "s", "Time"),
            ("ets99_total_j", None, "J", "Energy"),
        )
    ]


def _labeller(with_delay: bool) -> Callable[[dict[str, Any]], str]:
    def label(row: dict[str, Any]) -> str:
        return row["series"] + (f", delay {format_si(row['delay_s'], 's')}" if with_delay else "")

    return label


def _draw(view: _View, rows: Sequence[dict[str, Any]], look: _Look) -> Picture:
    figure = canvas.blank(_WIDE_IN, _HIGH_IN)
    axes = figure.subplots()
    curves: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        curves.setdefault(look.label(row), []).append(row)
    colours = canvas.palette()
    styles = ("-", "--", ":", "-.")
    drawn: dict[str, int] = {}
    for name, curve in curves.items():
        series = curve[0]["series"]
        colour = colours[look.names.index(series) % len(colours)]
        nth = drawn[series] = drawn.get(series, -1) + 1
        _curve(axes, sorted(curve, key=view.x), view, name, colour, styles[nth % 4], look.rings)
    axes.set_yscale("log")
    if view.linear:
        axes.xaxis.set_major_formatter(lambda value, _: format_si(value, view.x_unit))
    else:
        axes.set_xscale("log")
        _decades(axes.xaxis, axes.get_xlim(), view.x_unit)
        if not view.x_unit and len(sizes := sorted({view.x(row) for row in rows})) <= _MOST_TICKS:
            axes.set_xticks(sizes)
    _decades(axes.yaxis, axes.get_ylim(), view.y_unit)
    axes.set_xlabel(view.x_words)
    axes.set_ylabel(view.y_words)
    canvas.dress(axes)
    if len(curves) > 1:
        figure.legend(loc="outside lower left", fontsize="small", frameon=False, ncols=2)
    return Picture(title=view.title, caption=view.caption, svg=canvas.svg(figure, look.made))


def _curve(
    axes: Any,
    rows: Sequence[dict[str, Any]],
    view: _View,
    name: str,
    colour: Any,
    style: str,
    rings: Sequence[dict[str, Any]],
) -> None:
    x, key, ends = view.x, view.key, view.ends
    known = [row for row in rows if row.get(key) is not None and row[key] > 0]
    at = np.array([x(row) for row in known])
    value = np.array([row[key] for row in known])
    reach = None
    if ends is not None and known:
        low = np.array([row[ends][0] or math.nan for row in known])
        high = np.array([row[ends][1] or math.nan for row in known])
        reach = np.nan_to_num(np.maximum([value - low, high - value], 0))
        # an interval that reaches 0 has no lower end on a logarithmic axis
        reach[0] = np.where(np.isnan(low) | (low <= 0), value * 0.9, reach[0])
    axes.errorbar(
        at,
        value,
        reach,
        color=colour,
        marker="o",
        markersize=4,
        capsize=2,
        linewidth=1.3,
        linestyle=style,
        label=canvas.plain(name),
    )
    bounds = [row for row in rows if key == "tts99_total_s" and row[key] is None and row["bound_s"] is not None]
    axes.plot([x(row) for row in bounds], [row["bound_s"] for row in bounds], "^", color=colour, fillstyle="none")
    for ring in rings:
        same = ("series", "family", "delay_s", "time_s")
        if ring["tts99_total_s"] is not None and any(all(ring[k] == row[k] for k in same) for row in known):
            axes.plot(x(ring), ring["tts99_total_s"], marker="o", markersize=12, fillstyle="none", color=colour)


def _decades(axis: Any, limits: tuple[float, float], unit: str) -> None:
    """Ticks of a logarithmic axis, with their unit."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = limits
    if low > 0 and high < 30 * low:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    si = unit in ("s", "J")
    words = (lambda value, _: format_si(value, unit)) if si else (lambda value, _: f"{value:g}")
    axis.set_major_formatter(FuncFormatter(words))
    axis.set_minor_formatter(NullFormatter())
