"""Designs side by side: time to solution against area, and against energy, with those that no other beats.

Enters: rows of `hwsim.experiment.explore`. Leaves: one file with two panels.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.report import canvas
from hwsim.report.provenance import Provenance
from hwsim.report.study_table import SOLUTION, solution
from hwsim.report.table import columns
from hwsim.units import format_si

_MARKERS = "osD^vP*X<>"


def explore_picture(
    rows: list[dict[str, Any]], path: str | os.PathLike, *, title: str, provenance: Provenance | None = None
) -> Path:
    """Draw ``rows``. The first swept key is the colour, the second the marker; a bound is an open marker with an arrow.

    Raises InputError for a suffix other than png, svg, pdf.
    """
    path = canvas.picture_path(path)
    figure = canvas.blank(13.2, 6.2)
    left, right = figure.subplots(1, 2, sharey=True)
    canvas.headline(figure, title, width=110)
    drawn = [row for row in rows if row.get("tts99_total_s") is not None]
    keys = list(rows[0]["design"])
    colour_of, marker_of = _looks(rows, keys)
    _panel(left, drawn, "area_m2", "area of the p-bits' cells (mm2)", 1e6, "best_by_area", keys, colour_of, marker_of)
    label = "energy to solution, with read-out"
    _panel(right, drawn, "ets99_total_j", label, 1.0, "best_by_energy", keys, colour_of, marker_of)
    left.set_ylabel("time to solution, 99 %, with read-out (device time)")
    _times(left)
    left.set_title("time against area", loc="left", fontsize="medium")
    right.set_title("time against energy", loc="left", fontsize="medium")
    _legend(figure, keys, colour_of, marker_of, len(rows) - len(drawn))
    canvas.write(figure, path, provenance)
    return path


def explore_table(rows: list[dict[str, Any]], *, width: int | None = None) -> str:
    """One line a design, what has no price, and what does not fit."""
    keys = list(rows[0]["design"])
    lines = [[*keys, "p-bits", "area", "delay", "P(success)", *SOLUTION, "best"]]
    for row in rows:
        words = [row["design"][key] for key in keys]
        if "does_not_fit" in row:
            lines.append([*words, "-", "-", "-", "does not fit", *["-"] * (len(SOLUTION) - 1), "", ""])
            continue
        area = row["area_m2"]
        marks = [name for name, key in (("area", "best_by_area"), ("energy", "best_by_energy")) if row[key]]
        lines.append([
            *words, str(row["pbits"]), "unknown" if area is None else f"{area * 1e6:.3g} mm2",
            format_si(row["critical_delay_s"], "s"), *solution(row, apart=True), ", ".join(marks),
        ])  # fmt: skip
    text = [columns(lines, width=width)]
    missing = sorted({price for row in rows for price in row.get("unknown_energy", ())})
    if missing:
        text.append(f"energy unknown where there is no price of: {', '.join(missing)}")
    reasons = sorted({row["does_not_fit"] for row in rows if "does_not_fit" in row})
    return "\n".join(text + [f"does not fit: {reason}" for reason in reasons])


def _looks(rows: list[dict[str, Any]], keys: list[str]) -> tuple[dict[str, Any], dict[str, str]]:
    colours, markers = {}, {}
    palette = canvas.palette()
    if keys:
        for k, word in enumerate(dict.fromkeys(row["design"][keys[0]] for row in rows)):
            colours[word] = palette[k % len(palette)]
    if len(keys) > 1:
        for k, word in enumerate(dict.fromkeys(_second(row, keys) for row in rows)):
            markers[word] = _MARKERS[k % len(_MARKERS)]
    return colours, markers


def _second(row: dict[str, Any], keys: list[str]) -> str:
    return ", ".join(row["design"][key] for key in keys[1:])


def _panel(
    axes: Any, rows: list[dict[str, Any]], key: str, label: str, scale: float, best: str, keys: list[str],
    colour_of: dict[str, Any], marker_of: dict[str, str],
) -> None:  # fmt: skip
    known = [row for row in rows if row.get(key) is not None]
    for row in known:
        colour = colour_of.get(row["design"][keys[0]], canvas.palette()[0]) if keys else canvas.palette()[0]
        marker = marker_of.get(_second(row, keys), "o") if keys else "o"
        x, y = row[key] * scale, row["tts99_total_s"]
        if row["tts99_is_bound"]:
            axes.plot(x, y, marker=marker, markersize=8, color=colour, fillstyle="none", linestyle="none")
            axes.annotate("", (x, y * 1.6), (x, y), arrowprops={"arrowstyle": "->", "color": colour})
            continue
        low, high = row["tts99_total_ci_s"]
        axes.errorbar(
            x, y, yerr=[[y - low], [0 if high is None else high - y]], color=colour, marker=marker, markersize=8,
            capsize=2, linewidth=1,
        )  # fmt: skip
        if high is None:  # the data rule out no length
            axes.annotate("", (x, y * 1.8), (x, y), arrowprops={"arrowstyle": "->", "color": colour})
    front = sorted((row[key] * scale, row["tts99_total_s"]) for row in known if row.get(best))
    if front:
        x, y = np.array(front).T
        axes.plot(x, y, color="0.3", linewidth=1.2, linestyle="--", zorder=0, drawstyle="steps-post")
        axes.scatter(x, y, s=220, facecolors="none", edgecolors="0.2", linewidths=1.2, zorder=5)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(label)
    canvas.dress(axes)
    if known:
        from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

        low, high = axes.get_xlim()
        if high < 30 * low:
            axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 3.0, 5.0), numticks=12))
        unit = "J" if key.endswith("_j") else ""
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format_si(value, unit) if unit else f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    lost = len(rows) - len(known)
    if not known:
        missing = sorted({price for row in rows for price in row.get("unknown_energy", ())})
        words = f"energy unknown: no price of {', '.join(missing)}" if missing else "nothing to show"
        words = words if key.endswith("_j") else "area unknown: no cell_pitch"
        axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color="0.35")
        axes.xaxis.set_major_formatter("")
        axes.xaxis.set_minor_formatter("")
    elif lost:
        what = "area: no cell_pitch" if key == "area_m2" else "energy: a price is missing"
        axes.text(0.02, 0.02, f"{lost} of {len(rows)} designs of unknown {what}", transform=axes.transAxes,
                  fontsize="small", color="0.35")  # fmt: skip


def _times(axes: Any) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axes.get_ylim()
    if high < 30 * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: format_si(seconds, "s")))
    axes.yaxis.set_minor_formatter(NullFormatter())


def _legend(figure: Any, keys: list[str], colour_of: dict[str, Any], marker_of: dict[str, str], absent: int) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, marker="o", linestyle="none", markersize=8, label=f"{keys[0]} {word}")
        for word, colour in colour_of.items()
    ]
    named = ", ".join(keys[1:])
    handles += [
        Line2D([], [], color="0.4", marker=marker, linestyle="none", markersize=8, label=f"{named}: {word}")
        for word, marker in marker_of.items()
    ]
    handles += [
        Line2D([], [], color="0.3", linestyle="--", marker="o", markersize=11, fillstyle="none",
               label="no other is better in both"),
        Line2D([], [], color="0.4", marker="o", fillstyle="none", linestyle="none", label="never solved: a bound"),
    ]  # fmt: skip
    title = f"{absent} designs do not fit" if absent else None
    figure.legend(handles=handles, loc="outside right upper", fontsize="small", frameon=False, title=title)
