"""A sweep for people: a table with the design rules below it, a file for other programs, curves or a map.

Enters: a `hwsim.study.swept.Swept`. Leaves: text, or a picture with one panel for each quantity. Nothing is computed
here.
"""

import csv
import io
from functools import partial
from typing import Any

import numpy as np

from hwsim.display import counted
from hwsim.report import canvas
from hwsim.report.table import columns, number
from hwsim.study.swept import QUANTITIES, Axis, Rule, Swept, series_of
from hwsim.units import format_si

_MOST_CURVES = 7
"""Values of a second axis up to which each has a curve; more of them make a map."""
LIMIT, PAIR = "0.35", "0.45"
"""Greys of the line of the limit and of the exact law."""


def sweep_text(found: Swept, *, width: int | None = None) -> str:
    """The table, or one for each quantity where there are two axes; then the design rules and notes."""
    parts = [_heading(found)]
    if len(found.axes) == 1:
        parts.append(columns(_lines(found), align=">" * (1 + len(found.quantities)), width=width))
    else:
        for name in found.quantities:
            several = len(found.quantities) > 1
            words = f"{QUANTITIES[name].words}\n" if several else ""
            parts.append(words + columns(_matrix(found, name), align=">" * (1 + len(found.axes[1].words)), width=width))
    rules = [rule_sentence(rule, found) for rule in found.rules]
    return "\n\n".join(part for part in (*parts, "\n".join(rules), "\n".join(_notes(found))) if part)


def _heading(found: Swept) -> str:
    words = " and ".join(QUANTITIES[name].words for name in found.quantities)
    against = " and ".join(axis.key for axis in found.axes)
    if "seeds" in found.facts:
        how = [counted(found.facts["steps"], "step"), counted(len(found.facts["seeds"]), "seed")]
    else:
        how = [f"{found.facts['reads']} reads of {found.facts['schedules']} schedules"]
    if found.facts["beta"] is not None:
        how.append(f"beta {number(found.facts['beta'], 4)}")
    if found.facts["target"] is not None:
        how.append(f"target energy {number(found.facts['target'])}")
    interval = "; [95 % interval]" if len(found.axes) == 1 else ""
    return f"{found.problem} on {found.chip}: {words}, against {against}\n{', '.join(how)}{interval}"


def _lines(found: Swept) -> list[list[str]]:
    axis = found.axes[0]
    lines = [[_label(axis), *found.quantities]]
    for row in found.rows:
        cells = ["does not fit" if "does_not_fit" in row else value_text(row, name) for name in found.quantities]
        lines.append([value_of(axis, row["words"][axis.key]), *cells])
    return lines


def _matrix(found: Swept, name: str) -> list[list[str]]:
    """A line for each value of the first axis, a column for each of the second."""
    first, second = found.axes
    at = {(row["words"][first.key], row["words"][second.key]): row for row in found.rows}
    lines = [[f"{_label(first)} \\ {_label(second)}", *(value_of(second, word) for word in second.words)]]
    for word in first.words:
        cells = []
        for other in second.words:
            row = at.get((word, other))
            cells.append("-" if row is None or "does_not_fit" in row else value_text(row, name, alone=True))
        lines.append([value_of(first, word), *cells])
    return lines


def _label(axis: Axis) -> str:
    """The name of an axis, with the unit of plain numbers in it; SI units stand at each value."""
    return f"{axis.key} ({axis.unit})" if axis.unit in ("tau", "/sigma") else axis.key


def value_of(axis: Axis, word: str) -> str:
    """A value of an axis as people read it, its unit left to the name of the axis where that states it."""
    at = axis.at(word)
    return word if at is None else _of_axis(axis, at)


def _with_unit(axis: Axis, word: str) -> str:
    return value_of(axis, word) + (_unit(axis) if axis.numbers else "")


def _unit(axis: Axis) -> str:
    """The unit that numbers of an axis do without."""
    return {"tau": " tau", "/sigma": "/sigma"}.get(axis.unit, "")


def _of_axis(axis: Axis, at: float, digits: int = 4) -> str:
    if not axis.unit or axis.unit in ("tau", "/sigma"):
        return f"{at:.{digits}g}"
    return f"{at:.{digits}g} {axis.unit}" if axis.unit.endswith("2") else format_si(at, axis.unit, digits=digits)


def value_text(row: dict[str, Any], name: str, *, alone: bool = False) -> str:
    """A quantity of a row, with its interval unless ``alone``."""
    value, ends = row.get(name), row.get(f"{name}_ci")
    if value is None:
        return "unknown" if name == "joules" else "-"
    text = _number(value, name)
    if row.get(f"{name}_is_bound"):
        return f"> {text}"
    if alone or ends is None:
        return text
    low, high = ("..." if end is None else _number(end, name) for end in ends)
    return f"{text} [{low}, {high}]"


def _number(value: float, name: str) -> str:
    unit = QUANTITIES[name].unit
    if unit:
        return format_si(value, unit)
    return number(value) if name == "energy" else f"{value:z.4f}"


def _limit(value: float, name: str) -> str:
    """A limit as it was given."""
    return _number(value, name) if QUANTITIES[name].unit else f"{value:g}"


def rule_sentence(rule: Rule, found: Swept) -> str:
    """A design rule in words."""
    axis = found.axes[0]
    what = f"{QUANTITIES[rule.quantity].words.partition(' (')[0]}"
    where = "" if rule.series is None else f", {found.axes[1].key} {_with_unit(found.axes[1], rule.series)}"
    within = "at least" if QUANTITIES[rule.quantity].least else "within"
    within += f" {_limit(rule.limit, rule.quantity)}"
    head = f"design rule{where}: {what} {within}"
    if rule.side == "all":
        return f"{head} at every {axis.key} tried"
    if rule.side == "none":
        return f"{head} at no {axis.key} tried"
    if rule.side == "several" or rule.value is None:
        return f"{head} in parts of the range of {axis.key} only"
    unit = _unit(axis)
    text = f"{head} {'up to' if rule.side == 'largest' else 'from'} {axis.key} {_of_axis(axis, rule.value, 3)}{unit}"
    if rule.ci == (None, None):
        return text
    low, high = ("..." if end is None else _of_axis(axis, end, 3) for end in rule.ci)
    return f"{text} [{low}, {high}]"


def _notes(found: Swept) -> list[str]:
    notes = [f"note: {note}" for note in dict.fromkeys(row.get("note") for row in found.rows) if note]
    reasons = dict.fromkeys(row["does_not_fit"] for row in found.rows if "does_not_fit" in row)
    notes += [f"does not fit: {reason}" for reason in reasons]
    floors = {row["tv_floor"] for row in found.rows if row.get("tv_floor") is not None}
    if floors:
        notes.append(f"tv of as many perfect samples: {min(floors):.4f}")
    if any(row.get("kl_is_bound") for row in found.rows):
        notes.append('">": rows of the data never came, so this is a lower bound')
    if any(row.get(f"{name}_is_bound") for row in found.rows for name in found.quantities if name != "kl"):
        notes.append('">": no read succeeded, so this is a lower bound (95 %)')
    missing = sorted({price for row in found.rows for price in row.get("unknown_energy") or ()})
    if missing and "joules" in found.quantities:
        notes.append(f"joules without a price on the card: {', '.join(missing)}")
    return notes


def sweep_csv(found: Swept) -> str:
    """A line for each point: the axes as numbers of their units, or as words, then each quantity with its interval."""
    out = io.StringIO()
    bounded = [name for name in found.quantities if name in ("tts", "joules")]
    floor = ["tv_floor"] if "tv" in found.quantities else []
    writer = csv.writer(out, lineterminator="\n")
    head = [f"{axis.key} ({axis.unit})" if axis.unit else axis.key for axis in found.axes]
    for name in found.quantities:
        unit = f" ({QUANTITIES[name].unit})" if QUANTITIES[name].unit else ""
        head += [f"{name}{unit}", f"{name}_low{unit}", f"{name}_high{unit}"]
    head += [f"{name}_is_bound" for name in bounded] + floor
    writer.writerow([*head, "reads", "device_time (s)", "delay (s)", "does_not_fit"])
    for row in found.rows:
        line: list[Any] = []
        for axis in found.axes:
            at = row["at"][axis.key]
            line.append(row["words"][axis.key] if at is None else at)
        for name in found.quantities:
            line += [row.get(name), *(row.get(f"{name}_ci") or (None, None))]
        line += [row.get(f"{name}_is_bound") for name in bounded] + [row.get(name) for name in floor]
        line += [row.get(key) for key in ("reads", "device_time_s", "delay_s", "does_not_fit")]
        writer.writerow(line)
    return out.getvalue()


def sweep_drawing(found: Swept) -> canvas.Drawing | None:
    """Each quantity against the first axis: one curve, a family of curves for a few values of a second axis, or a map
    for more. None where no point has run."""
    shown = [name for name in found.quantities if any(row.get(name) is not None for row in found.rows)]
    if not shown:
        return None
    second = found.axes[1] if len(found.axes) == 2 else None
    is_map = (
        second is not None
        and len(second.words) > _MOST_CURVES
        and len(found.axes[0].words) > 2
        and all(axis.numbers is not None for axis in found.axes)
    )
    against = " and ".join(axis.key for axis in found.axes)
    return canvas.Drawing(
        title=f"{found.problem} on {found.chip}: {', '.join(_short(name) for name in shown)} against {against}",
        panels={name: partial(_map if is_map else _curves, found=found, name=name) for name in shown},
        size=(6.8 * len(shown), 4.6),
        wrap=84 * len(shown),
    )


def _short(name: str) -> str:
    return QUANTITIES[name].words.partition(" (")[0]


def _curves(axes: Any, found: Swept, name: str) -> None:
    """One curve for each value of the second axis."""
    canvas.dress(axes)
    first = found.axes[0]
    colours = _colours(found)
    limit = found.limits.get(name)
    for (word, rows), colour in zip(series_of(found.axes, found.rows), colours, strict=True):
        _curve(axes, found, name, [row for row in rows if row.get(name) is not None], colour, word)
        rule = next((rule for rule in found.rules if (rule.quantity, rule.series) == (name, word)), None)
        if rule is not None and rule.value is not None and limit is not None:
            axes.plot([rule.value], [limit], "D", color=colour, markersize=6, markeredgecolor="white", zorder=5)
    if name == "correlation" and found.pair:
        x, y = np.array(found.pair).T
        axes.plot(
            x,
            y,
            color=PAIR,
            linewidth=1.3,
            linestyle=(0, (5, 2)),
            zorder=1.5,
            label="two p-bits of its r.m.s. coupling, exact",
        )
    floors = [row["tv_floor"] for row in found.rows if row.get("tv_floor") is not None] if name == "tv" else []
    if floors:
        axes.axhline(min(floors), color=PAIR, linestyle=":", linewidth=1.3, label="as many perfect samples")
    if limit is not None:
        axes.axhline(limit, color=LIMIT, linestyle="--", linewidth=1.1, zorder=1)
    _abscissa(axes, first)
    _ordinate(axes, name)
    if limit is not None:
        axes.annotate(
            f"limit {_limit(limit, name)}",
            (1.0, limit),
            xycoords=("axes fraction", "data"),
            xytext=(-2, 3),
            textcoords="offset points",
            ha="right",
            fontsize="small",
            color=LIMIT,
        )
    handles, labels = axes.get_legend_handles_labels()
    lines = [k for k, handle in enumerate(handles) if hasattr(handle, "get_linestyle")]  # laws and floors come last
    order = [*(k for k in range(len(handles)) if k not in lines), *lines]
    handles, labels = [handles[k] for k in order], [labels[k] for k in order]
    if len(handles) > 1 or len(found.axes) == 2:
        title = _label(found.axes[1]) if len(found.axes) == 2 else None
        key = axes.legend(handles, labels, frameon=False, fontsize="small", title=title, title_fontsize="small")
        key.set_alignment("left")


def _curve(axes: Any, found: Swept, name: str, rows: list[dict[str, Any]], colour: Any, word: str | None) -> None:
    first = found.axes[0]
    x = np.array(
        [first.words.index(row["words"][first.key]) if first.numbers is None else row["at"][first.key] for row in rows],
        dtype=float,
    )
    y = np.array([row[name] for row in rows], dtype=float)
    bound = np.array([bool(row.get(f"{name}_is_bound")) for row in rows], dtype=bool)
    label = found.problem if word is None else value_of(found.axes[1], word)
    ends = [row.get(f"{name}_ci") or (row[name], row[name]) for row in rows]
    low = np.array([v if e[0] is None else e[0] for v, e in zip(y, ends, strict=True)])
    high = np.array([v if e[1] is None else e[1] for v, e in zip(y, ends, strict=True)])
    order = np.argsort(x)
    line = "none" if first.numbers is None else "-"
    bars = np.maximum([y - low, high - y], 0.0)
    sure = order[~bound[order]]
    axes.errorbar(
        x[sure],
        y[sure],
        yerr=bars[:, sure],
        marker="o",
        markersize=3.5,
        linewidth=1.5,
        linestyle=line,
        elinewidth=1.1,
        capsize=2,
        color=colour,
        label=canvas.plain(label),
        zorder=3,
    )
    for k in order[bound[order]]:
        axes.plot(x[k], y[k], "o", color=colour, fillstyle="none", zorder=3)
        axes.annotate(
            "",
            (x[k], y[k]),
            xytext=(0, 16),
            textcoords="offset points",
            arrowprops={"arrowstyle": "<-", "color": colour},
        )


def _colours(found: Swept) -> list[Any]:
    """A colour for each curve: ordered ones where the second axis is ordered."""
    if len(found.axes) == 1:
        return [canvas.palette()[0]]
    words, numbers = found.axes[1].words, found.axes[1].numbers
    if numbers is None or len(words) > len(canvas.palette()):
        return [canvas.palette()[k % 10] for k in range(len(words))]
    import matplotlib

    shades = matplotlib.colormaps["viridis"](np.linspace(0.0, 0.88, len(words)))
    place = np.argsort(np.argsort(numbers))
    return [shades[k] for k in place]


def _abscissa(axes: Any, axis: Axis) -> None:
    axes.set_xlabel(canvas.plain(_label(axis)))
    if axis.numbers is None:
        axes.set_xticks(range(len(axis.words)), axis.words, rotation=20 if len(axis.words) > 4 else 0)
        axes.set_xlim(-0.5, len(axis.words) - 0.5)
        return
    _scale(axes.xaxis, axis, axes.set_xscale)


def _scale(side: Any, axis: Axis, set_scale: Any) -> None:
    """Ticks with their units on one side of a panel."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    if axis.log:
        set_scale("log")
        numbers = axis.numbers or (1.0, 1.0)
        if max(numbers) < 30 * min(numbers):
            side.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
        side.set_minor_formatter(NullFormatter())
    elif axis.is_whole:
        side.set_major_locator(MaxNLocator(integer=True))
    if axis.unit and axis.unit not in ("tau", "/sigma"):
        side.set_major_formatter(FuncFormatter(lambda value, _: _of_axis(axis, value)))
    elif axis.log:
        side.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def _ordinate(axes: Any, name: str) -> None:
    """The side of the quantity: in its unit, and logarithmic where it spans a decade."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    quantity = QUANTITIES[name]
    axes.set_ylabel(quantity.words)
    if not quantity.unit:
        if name in ("success", "kl"):
            axes.set_ylim(bottom=0.0)
        return
    low, high = axes.get_ylim()
    if low <= 0 or high > 10 * low:
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        if high < 100 * low:
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_si(value, quantity.unit)))


def _map(axes: Any, found: Swept, name: str) -> None:
    """The quantity as colours over both axes, with the line on which it meets its limit."""
    first, second = found.axes
    x, y = (np.sort(np.array(axis.numbers, dtype=float)) for axis in found.axes)
    values = np.full((len(y), len(x)), np.nan)
    for row in found.rows:
        if row.get(name) is not None and not row.get(f"{name}_is_bound"):
            at = np.searchsorted(y, row["at"][second.key]), np.searchsorted(x, row["at"][first.key])
            values[at] = row[name]
    from matplotlib.colors import LogNorm

    is_log = bool(QUANTITIES[name].unit) and np.nanmin(values) > 0
    mesh = axes.pcolormesh(
        _edges(x, first.log), _edges(y, second.log), values, cmap="viridis", norm=LogNorm() if is_log else None
    )
    bar = axes.figure.colorbar(mesh, ax=axes, label=QUANTITIES[name].words)
    if QUANTITIES[name].unit:
        from matplotlib.ticker import FuncFormatter

        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format_si(value, QUANTITIES[name].unit)))
    limit = found.limits.get(name)
    if limit is not None and np.nanmin(values) < limit < np.nanmax(values):
        lines = axes.contour(x, y, values, levels=[limit], colors="white", linewidths=1.8)
        axes.clabel(lines, fmt=lambda value: _limit(value, name), fontsize="small")
    _scale(axes.xaxis, first, axes.set_xscale)
    _scale(axes.yaxis, second, axes.set_yscale)
    axes.set_xlabel(canvas.plain(_label(first)))
    axes.set_ylabel(canvas.plain(_label(second)))


def _edges(at: np.ndarray, log: bool) -> np.ndarray:
    """The edges of the cells around the values ``at``, half way to their neighbours."""
    x = np.log(at) if log else at
    middle = (x[1:] + x[:-1]) / 2
    edges = np.concatenate(([x[0] - (middle[0] - x[0])], middle, [x[-1] + (x[-1] - middle[-1])]))
    return np.exp(edges) if log else edges
