"""Designs side by side: time to solution against area, and against energy; the designs that no other beats are marked.

Enters: rows of `hwsim.study.designs`. Leaves: text, a file with two panels, or a panel for a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from hwsim.report import canvas
from hwsim.report.provenance import Provenance
from hwsim.report.study_table import SOLUTION, solution
from hwsim.report.table import columns
from hwsim.units import format_si

_MARKERS = "osD^vP*X<>"
_TIME = "time to solution, 99 %, with read-out (device time)"


@dataclass(frozen=True, kw_only=True)
class Axis:
    """What time to solution is drawn against: ``key`` of a row, times ``scale``;  name : of its panel

    best : the key that marks rows that no other beats in both;  absent : why a row may lack the number
    """

    name: str
    key: str
    label: str
    scale: float
    best: str
    absent: str


AREA = Axis(
    name="area",
    key="area_m2",
    label="area of the p-bits' cells (mm2)",
    scale=1e6,
    best="best_by_area",
    absent="area unknown, no cell_pitch",
)
ENERGY = Axis(
    name="energy",
    key="ets99_total_j",
    label="energy to solution, with read-out",
    scale=1.0,
    best="best_by_energy",
    absent="energy unknown",
)


def pareto_drawing(rows: list[dict[str, Any]], *, title: str) -> canvas.Drawing:
    """Draw ``rows``. The first swept key sets the colour, the others the marker; open markers with arrows are bounds.
    Panels: area and energy, those that some row knows; times, where no row knows either."""
    drawn = [row for row in rows if row.get("tts99_total_s") is not None]
    looks = _looks(rows)
    absent = len(rows) - len(drawn)

    def panel(axes: Any, axis: Axis, words: str) -> None:
        _panel(axes, drawn, axis, looks)
        axes.set_title(words, loc="left", fontsize="medium")

    known = [axis for axis in (AREA, ENERGY) if any(row.get(axis.key) is not None for row in drawn)]
    if drawn and not known:
        return _times_drawing(drawn, looks, title=title, absent=absent)

    def time(axes: Any) -> None:
        axes.set_ylabel(_TIME)
        _times(axes)

    def alone(axes: Any) -> None:
        time(axes)
        axes.legend(handles=_handles(looks), fontsize="x-small", frameon=False)

    def finish(sheet: Any, axes: Sequence[Any]) -> None:
        time(axes[0])
        words = f"{absent} designs do not fit" if absent else None
        sheet.legend(handles=_handles(looks), loc="outside right upper", fontsize="small", frameon=False, title=words)

    return canvas.Drawing(
        title=title,
        panels={
            axis.name: partial(panel, axis=axis, words=f"time against {axis.name}") for axis in known or (AREA, ENERGY)
        },
        size=(13.2, 6.2) if len(known) != 1 else (8.2, 5.4),
        layout={"sharey": True},
        finish=finish,
        alone=alone,
        wrap=110,
    )


def _times_drawing(drawn: list[dict[str, Any]], looks: "_Looks", *, title: str, absent: int) -> canvas.Drawing:
    """A line for each design, in order: its time to solution with the interval."""

    def panel(axes: Any) -> None:
        for k, row in enumerate(drawn):
            colour, marker = looks.of(row)
            low, high = row["tts99_total_ci_s"]
            x = row["tts99_total_s"]
            if row["tts99_is_bound"]:
                axes.plot(x, k, marker=marker, markersize=8, color=colour, fillstyle="none", linestyle="none")
                axes.annotate("", (1.6 * x, k), (x, k), arrowprops={"arrowstyle": "->", "color": colour})
                continue
            reach = [[0 if low is None else x - low], [0 if high is None else high - x]]
            axes.errorbar(x, k, xerr=reach, color=colour, marker=marker, markersize=7, capsize=3, linewidth=1.2)
        axes.set_yticks(range(len(drawn)), [canvas.plain(", ".join(row["design"].values())) for row in drawn])
        axes.set_ylim(len(drawn) - 0.5, -0.5)
        axes.set_ylabel(canvas.plain(", ".join(looks.keys)))
        bounds = [row["tts99_total_s"] for row in drawn if row["tts99_is_bound"]]
        axes.set_xscale("log")
        axes.set_xlim(right=max([axes.get_xlim()[1], *(1.8 * bound for bound in bounds)]))
        canvas.log_time(axes)
        canvas.dress(axes, f"{absent} designs do not fit" if absent else "")
        axes.set_xlabel(f"{_TIME}; 95 % intervals" + ("; open: never solved" if any_bound else ""))

    any_bound = any(row["tts99_is_bound"] for row in drawn)
    height = 1.8 + 0.34 * len(drawn)
    return canvas.Drawing(title=title, panels={"times": panel}, size=(8.6, height), wrap=90)


def pareto_svg(rows: list[dict[str, Any]], axis: Axis, provenance: Provenance | None = None) -> str:
    """One panel for a page."""
    figure = canvas.blank(6.4, 4.4)
    axes, looks = figure.subplots(), _looks(rows)
    _panel(axes, rows, axis, looks)
    axes.set_ylabel("time to solution, 99 %")
    _times(axes)
    figure.legend(handles=_handles(looks), loc="outside lower left", fontsize="small", frameon=False, ncols=2)
    return canvas.svg(figure, provenance)


def pareto_table(rows: list[dict[str, Any]], *, width: int | None = None) -> str:
    """A line for each design, then the items without a price and the designs that do not fit."""
    keys = list(rows[0]["design"])
    lines = [[*keys, "p-bits", "area", "delay", "P(success)", *SOLUTION, "best"]]
    for row in rows:
        words = [row["design"][key] for key in keys]
        if "does_not_fit" in row:
            lines.append([*words, "-", "-", "-", "does not fit", *["-"] * (len(SOLUTION) - 1), "", ""])
            continue
        area = row["area_m2"]
        marks = [name for name, key in (("area", "best_by_area"), ("energy", "best_by_energy")) if row[key]]
        lines.append(
            [
                *words,
                str(row["pbits"]),
                "unknown" if area is None else f"{area * 1e6:.3g} mm2",
                format_si(row["critical_delay_s"], "s"),
                *solution(row, apart=True),
                ", ".join(marks),
            ]
        )
    text = [columns(lines, width=width)]
    missing = sorted({price for row in rows for price in row.get("unknown_energy", ())})
    if missing:
        text.append(f"energy unknown: no price for: {', '.join(missing)}")
    reasons = sorted({row["does_not_fit"] for row in rows if "does_not_fit" in row})
    text += [f"note: {note}" for note in dict.fromkeys(row["note"] for row in rows if row.get("note"))]
    return "\n".join(text + [f"does not fit: {reason}" for reason in reasons])


@dataclass(frozen=True, kw_only=True)
class _Looks:
    """The looks of designs: the first of ``keys`` has a colour for each word, the others together a marker."""

    keys: list[str]
    colour_of: dict[str, Any]
    marker_of: dict[str, str]

    def of(self, row: dict[str, Any]) -> tuple[Any, str]:
        """(colour, marker) of a row."""
        if not self.keys:
            return canvas.palette()[0], "o"
        return self.colour_of[row["design"][self.keys[0]]], self.marker_of.get(_others(row, self.keys), "o")


def _looks(rows: list[dict[str, Any]]) -> _Looks:
    keys, palette = list(rows[0]["design"]), canvas.palette()
    first = dict.fromkeys(row["design"][keys[0]] for row in rows) if keys else {}
    rest = dict.fromkeys(_others(row, keys) for row in rows) if len(keys) > 1 else {}
    return _Looks(
        keys=keys,
        colour_of={word: palette[k % len(palette)] for k, word in enumerate(first)},
        marker_of={word: _MARKERS[k % len(_MARKERS)] for k, word in enumerate(rest)},
    )


def _others(row: dict[str, Any], keys: list[str]) -> str:
    return ", ".join(row["design"][key] for key in keys[1:])


def _panel(axes: Any, rows: list[dict[str, Any]], axis: Axis, looks: _Looks) -> None:
    known = [row for row in rows if row.get(axis.key) is not None]
    for row in known:
        colour, marker = looks.of(row)
        x, y = row[axis.key] * axis.scale, row["tts99_total_s"]
        if row["tts99_is_bound"]:
            axes.plot(x, y, marker=marker, markersize=8, color=colour, fillstyle="none", linestyle="none")
            axes.annotate("", (x, y * 1.6), (x, y), arrowprops={"arrowstyle": "->", "color": colour})
            continue
        low, high = row["tts99_total_ci_s"]
        axes.errorbar(
            x,
            y,
            yerr=[[0 if low is None else y - low], [0 if high is None else high - y]],
            color=colour,
            marker=marker,
            markersize=8,
            capsize=2,
            linewidth=1,
        )
        if high is None:  # the interval has no upper end
            axes.annotate("", (x, y * 1.8), (x, y), arrowprops={"arrowstyle": "->", "color": colour})
    front = sorted((row[axis.key] * axis.scale, row["tts99_total_s"]) for row in known if row.get(axis.best))
    if front:
        x, y = np.array(front).T
        axes.plot(x, y, color="0.3", linewidth=1.2, linestyle="--", zorder=0, drawstyle="steps-post")
        axes.scatter(x, y, s=220, facecolors="none", edgecolors="0.2", linewidths=1.2, zorder=5)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(axis.label)
    canvas.dress(axes)
    _abscissa(axes, rows, known, axis)


def _abscissa(axes: Any, rows: list[dict[str, Any]], known: list[dict[str, Any]], axis: Axis) -> None:
    """Ticks, and words about rows that cannot be shown."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    unit = "J" if axis.key.endswith("_j") else ""
    if known:
        low, high = axes.get_xlim()
        if high < 30 * low:
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 3.0, 5.0), numticks=12))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_si(value, unit) if unit else f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    lost = len(rows) - len(known)
    if not known:
        missing = sorted({price for row in rows for price in row.get("unknown_energy", ())})
        words = f"energy unknown: no price for: {', '.join(missing)}" if missing else "nothing to show"
        words = words if unit else "area unknown: no cell_pitch"
        axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color="0.35")
        axes.xaxis.set_major_formatter("")
        axes.xaxis.set_minor_formatter("")
    elif lost:
        axes.text(
            0.02,
            0.02,
            f"{lost} of {len(rows)} not shown: {axis.absent}",
            transform=axes.transAxes,
            fontsize="small",
            color="0.35",
        )


def _times(axes: Any) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axes.get_ylim()
    if high < 30 * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: format_si(seconds, "s")))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _handles(looks: _Looks) -> list[Any]:
    """The key: what colours, markers, rings and open markers mean."""
    from matplotlib.lines import Line2D

    named = ", ".join(looks.keys[1:])
    return [
        *(
            Line2D(
                [],
                [],
                color=colour,
                marker="o",
                linestyle="none",
                markersize=8,
                label=canvas.plain(f"{looks.keys[0]} {word}"),
            )
            for word, colour in looks.colour_of.items()
        ),
        *(
            Line2D(
                [],
                [],
                color="0.4",
                marker=marker,
                linestyle="none",
                markersize=8,
                label=canvas.plain(f"{named}: {word}"),
            )
            for word, marker in looks.marker_of.items()
        ),
        Line2D(
            [],
            [],
            color="0.3",
            linestyle="--",
            marker="o",
            markersize=11,
            fillstyle="none",
            label="no other is better in both",
        ),
        Line2D([], [], color="0.4", marker="o", fillstyle="none", linestyle="none", label="never solved: a bound"),
    ]
