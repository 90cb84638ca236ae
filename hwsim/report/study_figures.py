"""The pictures of a study: time and energy to solution, residual energy, against length, size and delay.

Enters: rows of `hwsim.study.curves`. Leaves: SVG, each picture with a title and a caption.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

import numpy as np

from hwsim.report import canvas
from hwsim.study.curves import unequal
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


def pictures(rows: Sequence[dict[str, Any]], best: Sequence[dict[str, Any]]) -> list[Picture]:
    """Those of the pictures for which there are data: two or more lengths, sizes or delays."""
    out: list[Picture] = []
    names = list(dict.fromkeys(row["series"] for row in rows))
    delays = sorted({row["delay_s"] for row in rows})
    first_delay = "" if len(delays) < 2 else f" At a delay of {format_si(delays[0], 's')}."
    label = _labeller(False)
    families = list(dict.fromkeys((row["family"], row["spins"]) for row in rows))[:MOST_FAMILIES]
    for family, spins in families:
        here = [row for row in rows if (row["family"], row["spins"], row["delay_s"]) == (family, spins, delays[0])]
        if len({row["time_s"] for row in here}) < 2:
            continue
        where = family if f"{spins}" in family else f"{family}, {spins} spins"
        if any(row["bound_s"] is not None for row in here):
            out.append(_draw(
                f"Time to solution with read-out against length: {where}",
                "Median over instances, 95 % intervals over instances and schedules. A ring marks the best length, an "
                "open triangle a lower bound where half the instances or more were never solved." + first_delay,
                here, lambda row: row["time_s"], "tts99_total_s", "tts99_total_ci_s", names, label, "s",
                "length of one run (device time)", "time to solution, 99 %", rings=best,
            ))  # fmt: skip
        if any(row["residual"] > 0 for row in here):
            for cost, words, unit in (
                (lambda row: row["total_time_s"], "device time of one run, reads and swaps included", "s"),
                (lambda row: row["total_time_s"] * row["hardware_pbits"], "p-bit seconds of one run", "p-bit s"),
            ):
                if unit != "s" and not unequal(here):
                    continue  # the same picture, another scale
                matched = "matched device time" if unit == "s" else "matched hardware cost"
                out.append(_draw(
                    f"Residual energy at {matched}: {where}",
                    "Mean energy above the least known, per spin, of one run; 95 % intervals over instances and "
                    f"schedules. What is one above the other has {matched}; a residual of 0 is not drawn."
                    + first_delay
                    + ("" if unit == "s" else " A replica that runs beside others takes p-bits of its own."),
                    here, cost, "residual", "residual_ci", names, label, unit, words, "residual energy per spin",
                ))  # fmt: skip
    solved = [row for row in best if row["bound_s"] is not None]
    for axis, name_of, words in (("spins", "kind", "spins of the problem"), ("delay_s", "family", "longest delay")):
        for name in dict.fromkeys(row[name_of] for row in solved):
            here = [row for row in solved if row[name_of] == name]
            if len({row[axis] for row in here}) > 1:
                out += _against(axis, words, name, here, names, len(delays) > 1)
    return out


def _against(
    axis: str, words: str, name: str, rows: Sequence[dict[str, Any]], names: Sequence[str], delays: bool
) -> list[Picture]:
    """Time and energy to solution against size or delay."""

    def x(row: dict[str, Any]) -> float:
        return row[axis]

    is_delay, out = axis == "delay_s", []
    for key, ends, unit, what in (
        ("tts99_total_s", "tts99_total_ci_s", "s", "Time"), ("ets99_total_j", None, "J", "Energy"),
    ):
        if any(row.get(key) for row in rows):
            out.append(_draw(
                f"{what} to solution with read-out against {'delay' if is_delay else 'size'}: {name}",
                "Each at its own best length. Median over instances"
                + (", 95 % intervals over instances and schedules." if ends else "."),
                rows, x, key, ends, names, _labeller(delays and not is_delay), "s" if is_delay else "", words,
                f"{what.lower()} to solution, 99 %", linear=is_delay, y_unit=unit,
            ))  # fmt: skip
    return out


def _labeller(with_delay: bool) -> Callable[[dict[str, Any]], str]:
    def label(row: dict[str, Any]) -> str:
        return row["series"] + (f", delay {format_si(row['delay_s'], 's')}" if with_delay else "")

    return label


def _draw(
    title: str, caption: str, rows: Sequence[dict[str, Any]], x: Callable[[dict[str, Any]], float], key: str,
    ends: str | None, names: Sequence[str], label: Callable[[dict[str, Any]], str], x_unit: str, x_words: str,
    y_words: str, *, rings: Sequence[dict[str, Any]] = (), linear: bool = False, y_unit: str = "",
) -> Picture:  # fmt: skip
    figure = canvas.blank(_WIDE_IN, _HIGH_IN)
    axes = figure.subplots()
    curves: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        curves.setdefault(label(row), []).append(row)
    colours = canvas.palette()
    styles = ("-", "--", ":", "-.")
    drawn: dict[str, int] = {}
    for name, curve in curves.items():
        colour = colours[names.index(curve[0]["series"]) % len(colours)]
        nth = drawn[curve[0]["series"]] = drawn.get(curve[0]["series"], -1) + 1
        _curve(axes, sorted(curve, key=x), x, key, ends, name, colour, styles[nth % 4], rings)
    axes.set_yscale("log")
    if linear:
        axes.xaxis.set_major_formatter(lambda value, _: format_si(value, x_unit))
    else:
        axes.set_xscale("log")
        _decades(axes.xaxis, axes.get_xlim(), x_unit)
        if not x_unit and len(sizes := sorted({x(row) for row in rows})) <= _MOST_TICKS:
            axes.set_xticks(sizes)
    _decades(axes.yaxis, axes.get_ylim(), y_unit or ("s" if key == "tts99_total_s" else ""))
    axes.set_xlabel(x_words)
    axes.set_ylabel(y_words)
    canvas.dress(axes)
    if len(curves) > 1:
        figure.legend(loc="outside lower left", fontsize="small", frameon=False, ncols=2)
    file = StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None})
    return Picture(title=title, caption=caption, svg=file.getvalue())


def _curve(
    axes: Any, rows: Sequence[dict[str, Any]], x: Callable[[dict[str, Any]], float], key: str, ends: str | None,
    name: str, colour: Any, style: str, rings: Sequence[dict[str, Any]],
) -> None:  # fmt: skip
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
    axes.errorbar(at, value, reach, color=colour, marker="o", markersize=4, capsize=2, linewidth=1.3, linestyle=style,
                  label=name)  # fmt: skip
    bounds = [row for row in rows if key == "tts99_total_s" and row[key] is None and row["bound_s"] is not None]
    axes.plot([x(row) for row in bounds], [row["bound_s"] for row in bounds], "^", color=colour, fillstyle="none")
    for ring in rings:
        same = ("series", "family", "delay_s", "time_s")
        if ring["tts99_total_s"] is not None and any(all(ring[k] == row[k] for k in same) for row in known):
            axes.plot(x(ring), ring["tts99_total_s"], marker="o", markersize=12, fillstyle="none", color=colour)


def _decades(axis: Any, limits: tuple[float, float], unit: str) -> None:
    """Ticks of a logarithmic axis that say their unit."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = limits
    if low > 0 and high < 30 * low:
        axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    si = unit in ("s", "J")
    words = (lambda value, _: format_si(value, unit)) if si else (lambda value, _: f"{value:g}")
    axis.set_major_formatter(FuncFormatter(words))
    axis.set_minor_formatter(NullFormatter())
