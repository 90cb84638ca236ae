"""The training of a denoising chain as text and picture.

Enters: what ``hwsim train --json`` writes for a model of kind "denoising". Leaves: text, or a drawing.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from hwsim.display import counted
from hwsim.report import canvas
from hwsim.report.learn import samples_panel, shown_rows
from hwsim.report.table import columns
from hwsim.units import format_si


def chain_text(document: Mapping[str, Any], *, width: int | None = None) -> str:
    """What was learnt, where; a line for each part; what it came to."""
    facts, rows, data = document["model"], document["rows"], document["data"]
    sizes = ", ".join(f"{facts[key]} {key}" for key in ("visible", "label", "hidden") if facts[key])
    kept = ", ".join(f"{share:.3f}" for share in document["noise"]["kept"])
    head = [
        f"{data['name']}: {counted(data['rows'], 'row')} of {counted(data['bits'], 'bit')}; chain of "
        f"{counted(facts['machines'], 'machine')}, {sizes} units and {counted(facts['couplings'], 'coupling')} in each",
        f"bits kept after each step of noise: {kept}; chip {document['chip']}, {document['clock']} clock",
    ]
    if not rows:
        return "\n".join(head)
    is_judged = all("frechet" in row for row in rows)
    lines = [
        [
            "step",
            "epoch",
            *(["Frechet"] if is_judged else []),
            "autocorrelation",
            "penalty",
            "max |J|",
            "rate",
            "device",
        ]
    ]
    for row in shown_rows(rows):
        worst = int(np.argmax(row["autocorrelation"]))
        lines.append(
            [
                str(row["step"]),
                f"{row['epoch']:.4g}",
                *([f"{row['frechet']:.3f}"] if is_judged else []),
                f"{row['autocorrelation'][worst]:.3f} +- {row['autocorrelation_error'][worst]:.3f}",
                f"{max(row['penalty']):.4f}",
                f"{max(row['max_j']):.3g}",
                f"{row['rate']:.3g}",
                format_si(row["device_s"], "s"),
            ]
        )
    return "\n".join([*head, columns(lines, align=">" * len(lines[0]), width=width), *_last(document, rows)])


def _last(document: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the training came to."""
    found = ["autocorrelation and penalty are those of the worst machine"]
    if all("frechet" in row for row in rows):
        best = min(rows, key=lambda row: row["frechet"])
        found.append(
            f"Frechet distance of {counted(document['images'], 'image')} in {document['components']} components, "
            f"{document['sweeps']} sweeps a machine: {rows[-1]['frechet']:.3f} at the end, {best['frechet']:.3f} at "
            f"epoch {best['epoch']:.4g}"
        )
    return found


def chain_drawing(document: Mapping[str, Any]) -> canvas.Drawing:
    """Panels: curve, mixing and, where there are some, samples."""
    rows = document["rows"]
    panels: dict[str, Any] = {"mixing": partial(_mixing, rows=rows)}
    if all("frechet" in row for row in rows):
        panels = {"curve": partial(_curve, rows=rows), **panels}
    if document["samples"]:
        shape = document["data"]["shape"]
        panels["samples"] = partial(samples_panel, samples=document["samples"], shape=shape, names=())
    return canvas.Drawing(
        title=f"Denoising chain of {document['data']['name']} on {document['chip']}",
        panels=panels,
        size=(4.4 * len(panels), 4.2),
        wrap=40 * len(panels),
    )


def _curve(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """The distance by epoch."""
    axes.plot([row["epoch"] for row in rows], [row["frechet"] for row in rows], "o-", markersize=3)
    axes.set_yscale("log")
    axes.set_xlabel("epoch")
    axes.set_ylabel("Frechet distance")
    canvas.dress(axes, "quality of the images")


def _mixing(axes: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Autocorrelation of every machine by epoch, with standard errors."""
    epoch = [row["epoch"] for row in rows]
    value, error = (np.array([row[key] for row in rows]) for key in ("autocorrelation", "autocorrelation_error"))
    for k in range(value.shape[1]):
        axes.errorbar(epoch, value[:, k], error[:, k], fmt="o-", markersize=3, linewidth=0.8, label=f"machine {k + 1}")
    axes.set_xlabel("epoch")
    axes.set_ylabel("autocorrelation, +- one standard error")
    axes.legend(fontsize="small", frameon=False)
    canvas.dress(axes, "how the chains mix")
