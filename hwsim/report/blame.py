"""Which fault of a chip costs the most: each switched off with the rest on, and each alone on a perfect chip.

Enters: estimates with 95 % intervals, per fault and metric. Leaves: one file with a panel per metric, or a table.
"""

import math
import textwrap
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from hwsim.errors import InputError
from hwsim.report import canvas
from hwsim.report.table import columns
from hwsim.units import format_si

MAX_PANELS = 3
# value, low, high; None where nothing is known
Estimate = tuple[float | None, float | None, float | None]
UNKNOWN: Estimate = (None, None, None)


def blame_drawing(rows: list[dict], *, title: str, metrics: list[dict]) -> canvas.Drawing:
    """One panel per metric, one line per fault: the gain from switching it off, and what it costs alone.

    rows : dicts of fault : str, label : str, and without, alone : dicts from a metric's key to an estimate; ``without``
        is this fault off and the rest on, ``alone`` is this fault on and the rest off. They are drawn from the top in
        the order given, which should be that of importance.
    metrics : one to three dicts of key, label : str, lower_is_better : bool, and the estimates all_on (every fault) and
        all_off (none); optional log : bool, and time : bool, where values are seconds and the axis names their unit.

    An estimate is [value, low, high] with a 95 % interval. [None, low, None] means at least low, [None, None, high] at
    most high, [value, low, None] that the interval has no upper end; None or a missing key means nothing is known.
    Panels are named by their metric's key. Raises InputError for malformed estimates.
    """
    if not rows:
        raise InputError("a picture of faults needs at least one fault, got none")
    if not 1 <= len(metrics) <= MAX_PANELS:
        raise InputError(f"a picture of faults needs 1 to {MAX_PANELS} metrics, got {len(metrics)}")
    for where, records, keys in (("a fault", rows, ("label", "without", "alone")), ("a metric", metrics, _OF_METRIC)):
        for record in records:
            for key in keys:
                if not isinstance(record, Mapping) or key not in record:
                    raise InputError(f"{where} needs {key!r}, which is missing in {record!r}")
    for row in rows:
        for kind in ("without", "alone"):
            if not isinstance(row[kind], Mapping):
                raise InputError(f"the fault {row['label']!r} needs {kind!r} as a dict of metrics, got {row[kind]!r}")

    drawn = [_checked(rows, metric) for metric in metrics]

    def names(axes: Any) -> None:
        axes.set_yticks(range(len(rows)))
        labels = (textwrap.fill(canvas.plain(str(row["label"])), 30) for row in rows)
        axes.set_yticklabels([f"{i}. {label}" for i, label in enumerate(labels, 1)])
        axes.set_ylim(len(rows) - 0.5, -1.2)

    def finish(sheet: Any, panels: Sequence[Any]) -> None:
        names(panels[0])
        canvas.space(sheet, 0.04)
        _key(sheet, 1 if len(metrics) == 1 else 2)

    return canvas.Drawing(
        title=title,
        panels={
            str(metric["key"]): partial(_panel, metric=metric, found=found)
            for metric, found in zip(metrics, drawn, strict=True)
        },
        size=(3.2 + 3.6 * len(metrics), 2.6 + 0.52 * len(rows)),
        layout={"sharey": True},
        finish=finish,
        alone=names,
        wrap=40 + 30 * len(metrics),
    )


def blame_table(found: dict[str, Any], *, width: int | None = None) -> str:
    """Two lines per fault: with it switched off, and with it alone; the chip as it is above, the perfect one below.

    found : metrics and rows, with ``all_on`` and ``all_off`` in each metric;  width : of the terminal, if any.
    """
    lines = [["", "", *(metric["label"] for metric in found["metrics"])]]

    def add(name: str, what: str, estimates: dict[str, Any]) -> None:
        lines.append([name, what, *(_words(estimates[m["key"]], bool(m.get("time"))) for m in found["metrics"])])

    add("all faults", "", {m["key"]: m["all_on"] for m in found["metrics"]})
    for row in found["rows"]:
        add(row["label"], "off", row["without"])
        add("", "alone", row["alone"])
    add("no faults", "", {m["key"]: m["all_off"] for m in found["metrics"]})
    return columns(lines, width=width)


def _words(estimate: list, is_time: bool) -> str:
    def one(value: float | None) -> str:
        if value is None:
            return "?"
        return format_si(value, "s") if is_time else f"{value:.3g}"

    value, low, high = estimate
    if value is None:
        return f"> {one(low)}"
    return f"{one(value)} [{one(low)}, {one(high)}]"


_OF_METRIC = ("key", "label", "lower_is_better", "all_on", "all_off")


def _checked(rows: list[dict], metric: dict) -> tuple[dict[str, Estimate], list[dict[str, Estimate]], tuple]:
    """(ends, estimates of each row, limits of the axis) of a metric. Raises InputError."""
    key, log = metric["key"], bool(metric.get("log"))
    name = f"the metric {key!r}"
    ends = {end: _estimate(metric[end], f"{name}, {end!r}", log) for end in ("all_on", "all_off")}
    found = [
        {kind: _estimate(row[kind].get(key), f"{name}, {row['label']!r} {kind}", log) for kind in ("without", "alone")}
        for row in rows
    ]
    return ends, found, _limits([*ends.values(), *(e for pair in found for e in pair.values())], log, name)


def _panel(axes: Any, metric: dict, found: tuple) -> None:
    ends, pairs, (left, right) = found
    log = bool(metric.get("log"))
    if log:
        axes.set_xscale("log")
    axes.set_xlim(left, right)
    if log and metric.get("time"):
        canvas.log_time(axes)
    canvas.dress(axes, str(metric["label"]))
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    for i in range(0, len(pairs), 2):
        axes.axhspan(i - 0.5, i + 0.5, color="0.965", linewidth=0, zorder=0)
    for end, height, text in (("all_on", -1.0, "all faults on"), ("all_off", -0.68, "no faults")):
        _reference(axes, ends[end], _colour(end), height, text)
    for i, pair in enumerate(pairs):
        _mark(axes, i - 0.17, pair["without"], ends["all_on"], _colour("all_on"), filled=True)
        _mark(axes, i + 0.17, pair["alone"], ends["all_off"], _colour("all_off"), filled=False)
    axes.set_xlabel("\u2190 better" if metric["lower_is_better"] else "better \u2192")


def _reference(axes: Any, estimate: Estimate, colour: Any, height: float, text: str) -> None:
    """The named band of a chip with all faults or none, open on a side without a bound."""
    value, low, high = estimate
    if estimate == UNKNOWN:
        return
    left, right = axes.get_xlim()
    # an interval narrower than a line would vanish: the edges are drawn too
    axes.axvspan(left if low is None else low, right if high is None else high, color=colour, alpha=0.13, linewidth=0)
    line = value if value is not None else low if low is not None else high
    axes.axvline(line, color=colour, linewidth=1.6, linestyle="-" if value is not None else (0, (1, 1.5)), zorder=1.5)
    # towards the middle of the panel, each text on its own height: they cannot meet or leave the panel
    share = axes.transAxes.inverted().transform(axes.transData.transform((line, 0)))[0]
    axes.annotate(
        text,
        (line, height),
        xytext=(4 if share < 0.5 else -4, 0),
        textcoords="offset points",
        color=colour,
        ha="left" if share < 0.5 else "right",
        va="center",
        fontsize="small",
    )


def _mark(axes: Any, y: float, estimate: Estimate, start: Estimate, colour: Any, *, filled: bool) -> None:
    value, low, high = estimate
    if estimate == UNKNOWN:
        axes.text(
            0.99,
            y,
            "no estimate",
            transform=axes.get_yaxis_transform(),
            ha="right",
            va="center",
            fontsize="x-small",
            color="0.5",
        )
        return
    left, right = axes.get_xlim()
    distance = _distance(start, estimate)
    if distance is not None:
        # the distance from the reference is the message: the gain without the fault, or its cost alone
        axes.plot(distance, [y, y], color=colour, linewidth=4.5, alpha=0.3, solid_capstyle="butt", zorder=2)
    bar = {"color": colour, "linewidth": 1.3, "zorder": 3}
    axes.plot([left if low is None else low, right if high is None else high], [y, y], **bar)
    for bound, rim, arrow in ((low, left, "<"), (high, right, ">")):
        if bound is None:
            axes.plot([rim], [y], arrow, color=colour, markersize=7, clip_on=False, zorder=4)
        else:
            axes.plot([bound], [y], "|", color=colour, markersize=6, zorder=3)
    if value is not None:
        face = colour if filled else "white"
        axes.plot([value], [y], "o", markersize=7, color=colour, markerfacecolor=face, markeredgewidth=1.6, zorder=5)


def _distance(start: Estimate, end: Estimate) -> tuple[float, float] | None:
    """The span from one value to the other; where one is only a bound, the least span that the two allow, or None."""
    if UNKNOWN in (start, end):
        return None
    (start_low, start_high), (end_low, end_high) = (
        (value, value) if value is not None else (-math.inf if low is None else low, math.inf if high is None else high)
        for value, low, high in (start, end)
    )
    if start_high < end_low:
        return start_high, end_low
    return (start_low, end_high) if end_high < start_low else None


def _limits(estimates: list[Estimate], log: bool, name: str) -> tuple[float, float]:
    known = [number for estimate in estimates for number in estimate if number is not None]
    if not known:
        raise InputError(f"{name} has no estimate at all, so there is nothing to draw")
    low, high = min(known), max(known)
    if log:
        margin = max((high / low) ** 0.08, 1.3)
        return low / margin, high * margin
    margin = 0.07 * (high - low) or 0.1 * abs(high) or 1.0
    return low - margin, high + margin


def _estimate(values: Any, where: str, log: bool) -> Estimate:
    if values is None:
        return UNKNOWN
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != 3:
        raise InputError(f"{where} needs [value, low, high], got {values!r}")
    try:
        value, low, high = (None if v is None or math.isinf(float(v)) else float(v) for v in values)
    except (TypeError, ValueError):
        raise InputError(f"{where} needs numbers or None, got {values!r}") from None
    known = [v for v in (low, value, high) if v is not None]
    if any(math.isnan(v) for v in known) or known != sorted(known):
        raise InputError(f"{where} needs low <= value <= high, got {list(values)!r}")
    if log and value is not None and value <= 0:
        raise InputError(f"{where} needs a value > 0 for its logarithmic axis, got {value:g}")
    if log and low is not None and low <= 0:
        # zero lies infinitely far to the left: the interval has no end there
        low = None
    if log and high is not None and high <= 0:
        raise InputError(f"{where} needs an upper end > 0 for its logarithmic axis, got {high:g}")
    return value, low, high


def _colour(end: str) -> Any:
    """Red for the chip with all faults, blue for the perfect one; a marker has the colour of its reference."""
    return canvas.palette()[{"all_on": 3, "all_off": 0}[end]]


def _key(figure: Any, n_columns: int) -> None:
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    entries = []
    for end, face, mark in (
        ("all_on", None, "this fault switched off, the rest on (thick line: the gain)"),
        ("all_off", "white", "this fault alone (thick line: its cost)"),
    ):
        colour = _colour(end)
        line = Line2D([], [], color=colour, linewidth=4.5, alpha=0.3)
        dot = Line2D(
            [],
            [],
            color=colour,
            marker="o",
            markersize=7,
            linewidth=1.3,
            markerfacecolor=face or colour,
            markeredgewidth=1.6,
        )
        entries.append(((line, dot), mark))
    figure.legend(
        [handles for handles, _ in entries],
        [text for _, text in entries],
        loc="outside lower left",
        ncols=n_columns,
        frameon=False,
        fontsize="small",
        handler_map={tuple: HandlerTuple(ndivide=1)},
        title="bands and bars: 95 % intervals; arrow: no bound on that side",
        title_fontsize="small",
        alignment="left",
    )
