"""Time to solution and success probability against the length of the anneal, one curve for each clock.

Enters: the rows of ``hwsim tts --json``. Leaves: a drawing of two panels, or text.
"""

from typing import Any

import numpy as np

from hwsim.cell.card import YOURS
from hwsim.cost.account import PRICE_OF
from hwsim.report import canvas
from hwsim.report.table import columns, number, row_label
from hwsim.units import format_si


def tts_drawing(rows: list[dict[str, Any]], *, title: str) -> canvas.Drawing:
    """Draw ``rows``; a ring marks the best length, an open triangle a bound. Panels: tts, success."""

    def solution(axes: Any) -> None:
        for row, colour in zip(rows, canvas.palette(), strict=False):
            _times(axes, row, colour)
        _lengths(axes)
        axes.set_yscale("log")
        _seconds(axes)
        axes.set_ylabel("time to solution, 99 %, with read-out (device time)")
        canvas.dress(axes, "time to solution; ring: the best length; open triangle: at least this")

    def success(axes: Any) -> None:
        for row, colour in zip(rows, canvas.palette(), strict=False):
            _success(axes, row, colour)
        _lengths(axes)
        axes.set_ylabel("success probability of one anneal")
        top = max((point["p_success_ci"][1] for row in rows for point in row["points"]), default=1.0)
        axes.set_ylim(-0.03 * top, min(1.05 * top, 1.02))
        canvas.dress(axes, "success, with 95 % intervals")

    def key(axes: Any) -> None:
        axes.legend(fontsize="small", frameon=False)

    panels = {"tts": solution, "success": success}
    return canvas.Drawing(
        title=title, panels=panels, size=(12.6, 5.4), finish=lambda _, axes: key(axes[1]), alone=key, wrap=110
    )


def _lengths(axes: Any) -> None:
    axes.set_xlabel("length of one anneal (device time)")
    canvas.log_time(axes)


def _success(axes: Any, row: dict[str, Any], colour: Any) -> None:
    times = np.array([point["time_s"] for point in row["points"]])
    p = np.array([point["p_success"] for point in row["points"]])
    ends = np.array([point["p_success_ci"] for point in row["points"]])
    axes.errorbar(
        times,
        p,
        np.maximum([p - ends[:, 0], ends[:, 1] - p], 0),
        color=colour,
        marker="o",
        markersize=4,
        capsize=2,
        linewidth=1.2,
        label=canvas.plain(row_label(row)),
    )


def _times(left: Any, row: dict[str, Any], colour: Any) -> None:
    times = np.array([point["time_s"] for point in row["points"]])
    solved = np.array([not point["tts99_is_bound"] for point in row["points"]])
    tts = np.array([point["tts99_total_s"] for point in row["points"]])
    low = np.array([point["tts99_total_ci_s"][0] for point in row["points"]])
    upper = [point["tts99_total_ci_s"][1] for point in row["points"]]
    high = np.array([np.nan if end is None else end for end in upper])
    reach = np.maximum([tts - low, np.where(np.isnan(high), tts, high) - tts], 0)
    left.errorbar(
        times[solved],
        tts[solved],
        reach[:, solved],
        color=colour,
        marker="o",
        markersize=4,
        capsize=2,
        linewidth=1.2,
        label=canvas.plain(row_label(row)),
    )
    left.plot(times[~solved], tts[~solved], "^", color=colour, fillstyle="none")
    for x, y in zip(times[solved & np.isnan(high)], tts[solved & np.isnan(high)], strict=True):
        left.annotate("", (x, 2 * y), (x, y), arrowprops={"arrowstyle": "->", "color": colour})
    if row["best"] is not None:
        k = row["best"]
        left.plot(times[k], tts[k], marker="o", markersize=13, fillstyle="none", color=colour, markeredgewidth=1.6)
        words = format_si(tts[k], "s") + ("" if row["is_interior"] else " (no optimum shown)")
        left.annotate(words, (times[k], tts[k]), (8, -14), textcoords="offset points", color=colour, fontsize="small")


def _seconds(axes: Any) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    low, high = axes.get_ylim()
    if high < 30 * low:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=12))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda seconds, _: format_si(seconds, "s")))
    axes.yaxis.set_minor_formatter(NullFormatter())


def tts_text(row: dict[str, Any], *, alone: bool = False, width: int | None = None) -> str:
    """One clock: a line for each length, the best length, and what a solution takes at that length.

    row : facts of `hwsim.experiment.optimum` with clock, participation and grades;  alone : only one length was run
    """
    name = row_label(row)
    apart = any(point["tts99_total_s"] != point["tts99_s"] for point in row["points"])
    cells = [["length", "P(success)", "TTS99", *(["with read-out"] if apart else []), "energy mean"]]
    for k, point in enumerate(row["points"]):
        low, high = point["p_success_ci"]
        mark = "" if k != row["best"] or alone else "  <- best"
        cells.append(
            [
                format_si(point["time_s"], "s"),
                f"{point['p_success']:.4g} [{low:.2g}, {high:.2g}]",
                _ends(point, "tts99"),
                *([_ends(point, "tts99_total")] if apart else []),
                f"{number(point['energy_mean'])}{mark}",
            ]
        )
    table = columns(cells, align=">", width=None if width is None else width - 2)
    return "\n".join([name, *(f"  {line}" for line in [*table.splitlines(), *_best(row, alone)])])


def _best(row: dict[str, Any], alone: bool) -> list[str]:
    if row["best"] is None:
        least = format_si(row["tts99_total_s"], "s")
        found = min(point["energy_best"] for point in row["points"])
        return [
            f"TTS99 with read-out > {least}: no run reached the target (stopped: {row['stopped']})",
            f"least energy found: {number(found)}{_cut(row, found)}",
        ]
    kind = "interior optimum"
    if not row["is_interior"]:
        edges = {
            0: "the shortest length tried is the best",
            len(row["points"]) - 1: "the longest length tried is the best",
        }
        kind = "no optimum shown: " + edges.get(row["best"], "other lengths may be as good")
    more = "" if alone else f", {kind} (stopped: {row['stopped']})"
    fixed = "unknown" if row["program_s"] is None else format_si(row["program_s"], "s")
    parts = [f"{item} {format_si(value, 's')}" for item, value in row["time_split_s"].items() if value]
    unknown = f"; without {', '.join(row['unknown_time'])}, which have no price" if row["unknown_time"] else ""
    return [
        f"TTS99 {_ends(row, 'tts99')}, with read-out {_ends(row, 'tts99_total')}{more}",
        f"time: programming {fixed} once; {row['runs_to_solution']:.3g} runs of {', '.join(parts)}{unknown}",
        f"energy to solution: {_energy(row)}",
    ]


def _cut(row: dict[str, Any], energy: float) -> str:
    """The cut that has ``energy``, of a max-cut problem."""
    return f", a cut of {number(-energy + 0.0)}" if row.get("kind") == "max-cut" else ""


def _energy(row: dict[str, Any]) -> str:
    """The joules of all runs, without read-out and with it, and by item with the grade of each price."""
    alone, total = ("unknown" if row[key] is None else format_si(row[key], "J") for key in ("ets99_j", "ets99_total_j"))
    sums = f"{alone}, with read-out {total}"
    if row["power_w"] is not None:
        grade = row["grades"].get("power", YOURS)
        return f"{sums}: {format_si(row['power_w'], 'W')} ({grade}) for all items"
    parts = []
    for item, value in row["energy_split_j"].items():
        if value is None:
            parts.append(f"{item} unknown")
        elif value:
            grade = row["grades"].get(PRICE_OF[item], YOURS)
            parts.append(f"{item} {format_si(value * row['runs_to_solution'], 'J')} ({grade})")
    return sums + (f": {', '.join(parts)}" if parts else "")


def _ends(row: dict[str, Any], key: str) -> str:
    if row["tts99_is_bound"]:
        return f"> {format_si(row[f'{key}_s'], 's')}"
    low, high = row[f"{key}_ci_s"]
    ends = f"[{format_si(low, 's')}, {'...' if high is None else format_si(high, 's')}]"
    return f"{format_si(row[f'{key}_s'], 's')} {ends}"
