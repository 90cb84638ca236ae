"""A training as text and picture: the learning curve, the numbers that were learnt, samples as images.

Enters: a Training, or what ``hwsim train --json`` writes. Leaves: text, or a drawing.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from hwsim.display import counted
from hwsim.report import canvas
from hwsim.report.table import columns
from hwsim.units import format_si

_ROWS = 11
"""Judgements that the text shows at most."""
_NAMES = 16
"""Columns of data that a picture names at most."""
_SAMPLES = 36
"""Samples that a picture shows at most."""
MEASURES = {
    "kl": ("KL", "KL(data || model) / nats"),
    "log_likelihood": ("log-likelihood", "log-likelihood / nats a row"),
}
"""What a judgement may hold, the first that it holds is drawn: (a table's head, an axis's label)."""


def measure_of(rows: Sequence[Mapping[str, Any]]) -> str | None:
    """The measure that ``rows`` of a history hold, None where they hold none."""
    return next((key for key in MEASURES if rows and all(row.get(key) is not None for row in rows)), None)


def shown_rows(rows: Sequence[Any]) -> list[Any]:
    """Those of ``rows`` that a text shows, the first and the last among them."""
    if len(rows) <= _ROWS:
        return list(rows)
    return [rows[k] for k in np.linspace(0, len(rows) - 1, _ROWS).round().astype(int)]


def training_text(document: Mapping[str, Any], *, width: int | None = None) -> str:
    """What was learnt, where; a line for each judgement; what it came to."""
    facts, rows = document["model"], document["rows"]
    sizes = ", ".join(f"{facts[key]} {key}" for key in ("visible", "label", "hidden") if facts[key])
    head = [
        f"{document['data']['name']}: {counted(document['data']['rows'], 'row')} of "
        f"{counted(document['data']['bits'], 'bit')}; {sizes} units, {counted(facts['couplings'], 'coupling')}",
        f"chip {document['chip']}, {document['clock']} clock, engine {document['engine']}",
    ]
    if not rows:
        return "\n".join(head)
    measure = measure_of(rows)
    lines = [["step", "epoch", *([MEASURES[measure][0]] if measure else []), "max |h|", "max |J|", "rate", "device"]]
    for row in shown_rows(rows):
        value = [] if measure is None else [f"{row[measure]:.4g}"]
        lines.append(
            [
                str(row["step"]),
                f"{row['epoch']:.4g}",
                *value,
                f"{row['max_h']:.3g}",
                f"{row['max_j']:.3g}",
                f"{row['rate']:.3g}",
                format_si(row["device_s"], "s"),
            ]
        )
    return "\n".join([*head, columns(lines, align=">" * len(lines[0]), width=width), *_last(document, measure)])


def _last(document: Mapping[str, Any], measure: str | None) -> list[str]:
    """What the training came to."""
    row = document["rows"][-1]
    found = [f"after {row['step']} of {document['steps']} steps"]
    if measure == "kl":
        found.append(f"KL {row['kl']:.4g} nats, exact, of what the registers hold")
    elif measure is not None:
        found.append(f"log-likelihood between {row['log_likelihood_reverse']:.5g} and {row[measure]:.5g} nats a row")
    found.append(f"max |J| {row['max_j']:.3g}")
    return [f"{found[0]}: {', '.join(found[1:])}"]


def training_drawing(document: Mapping[str, Any]) -> canvas.Drawing:
    """Panels: curve, weights and, where there are some, samples."""
    panels: dict[str, Callable[[Any], Any]] = {
        "curve": partial(_curve, rows=document["rows"]),
        "weights": partial(_weights, bias=document["bias"], weight=document["weight"]),
    }
    if len(document["samples"]):
        names = document["data"]["names"][: document["model"]["visible"]]
        shape = document["data"]["shape"]
        panels["samples"] = partial(samples_panel, samples=document["samples"], shape=shape, names=names)
    return canvas.Drawing(
        title=f"Training of {document['data']['name']} on {document['chip']}, {document['clock']} clock",
        panels=panels,
        size=(4.4 * len(panels), 4.2),
        wrap=40 * len(panels),
    )


def training_axes(training: Any, ax: Any = None) -> Any:
    """The learning curve of a `hwsim.learn.training.Training`."""
    drawing = canvas.Drawing(title="", panels={"curve": partial(_curve, rows=training.history)}, size=(5, 4))
    return drawing.on(ax)


def _curve(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """The measure against the step, and the largest coupling beside it."""
    blue, orange = canvas.palette()[:2]
    measure, steps = measure_of(rows), [row["step"] for row in rows]
    if measure is not None:
        values = [row[measure] for row in rows]
        axes.plot(steps, values, "o-", color=blue, markersize=3)
        axes.set_ylabel(MEASURES[measure][1], color=blue)
        if measure == "kl" and min(values) > 0:
            axes.set_yscale("log")
        side = axes.twinx()
        side.spines[["top", "left"]].set_visible(False)
    else:
        side = axes
    line = "-" if len(rows) > 1 else "o"  # a line of one point would not be seen
    side.plot(steps, [row["max_j"] for row in rows], line, color=orange, linewidth=1, markersize=3)
    side.set_ylabel("max |J|", color=orange)
    side.set_ylim(bottom=0)
    axes.set_xlabel("step")
    canvas.dress(axes, "learning curve")


def _weights(axes: Any, bias: Sequence[float], weight: Sequence[float]) -> None:
    """How biases and couplings are spread."""
    blue, orange = canvas.palette()[:2]
    edges = np.histogram_bin_edges(np.concatenate((np.asarray(bias), np.asarray(weight))), bins=40)
    axes.hist(np.asarray(weight), edges, color=blue, alpha=0.6, label=f"{len(weight)} couplings J")
    axes.hist(np.asarray(bias), edges, color=orange, alpha=0.6, label=f"{len(bias)} biases h")
    axes.set_xlabel("value at beta = 1")
    axes.set_ylabel("how many")
    if len(weight) > 100:
        axes.set_yscale("symlog", linthresh=1)
    axes.legend(fontsize="small", frameon=False)
    canvas.dress(axes, "what was learnt")


def samples_panel(
    axes: Any, samples: Sequence[Sequence[float]], shape: tuple[int, int] | None, names: Sequence[str]
) -> None:
    """Samples of the machine as images side by side, or as rows of bits where the data are none."""
    levels = np.asarray(samples, dtype=np.float64)[:_SAMPLES]
    if shape is None:
        picture = levels
        if len(names) <= _NAMES:
            axes.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) > 5 else 0)
        else:
            axes.set_xlabel("column of the data")
        axes.set_ylabel("sample")
    else:
        side = int(np.ceil(np.sqrt(len(levels))))
        rows, width = shape
        picture = np.full((side * (rows + 1) - 1, side * (width + 1) - 1), np.nan)
        for k, one in enumerate(levels):
            top, left = k // side * (rows + 1), k % side * (width + 1)
            picture[top : top + rows, left : left + width] = one.reshape(rows, width)
        axes.set_xticks([])
        axes.set_yticks([])
    axes.imshow(picture, cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="auto" if shape is None else 1)
    axes.set_facecolor(canvas.palette()[0])
    axes.set_title("samples of the machine", loc="left", fontsize="medium")
