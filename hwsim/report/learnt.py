"""What a trained model answers, as text and picture: its samples, and the classes that it gives to rows of data.

Enters: what ``hwsim draw --json`` and ``hwsim classify --json`` write, samples as grey values, a bill. Leaves: text, or
a drawing.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from hwsim.learn.bill import Bill
from hwsim.report import canvas
from hwsim.report.table import columns

_STATES, _ROWS, _IMAGES, _DIES = 16, 16, 16, 40
"""What a text shows at most."""
_PICTURES = 64
"""Images that a picture shows at most."""
_NAMES = 40
"""Characters of the names of columns that have a column each."""
_WIDTH = 100
_SHADES = " .:-=+*#%@"
"""Of an image in characters, dark to light."""


def samples_text(
    title: str, document: Mapping[str, Any], levels: np.ndarray, bill: Bill, *, width: int | None = None
) -> str:
    """States with their shares where these are known, images as characters, else rows of bits; then the bill."""
    head = f"{title}, after {document['sweeps']} sweeps, {document['clock']} clock"
    held = ", ".join(f"{name} = {value:+d}" for name, value in list(document["held"].items())[:12])
    more = ", ..." if len(document["held"]) > 12 else ""
    lines = [head, *([f"held: {held}{more}"] if held else [])]
    if document["law"] is not None:
        lines.append(_states(document, width))
    elif levels.ndim == 3:
        lines.append(_characters(levels[:_IMAGES], [row["label"] for row in document["rows"]], width or _WIDTH))
    else:
        shown = [[str(row["sample"]), row["label"] or "", row["bits"]] for row in document["rows"][:_ROWS]]
        lines.append(columns([["sample", "label", "bits"], *shown], align="><<", width=width))
    return "\n".join([*lines, bill.text(per=len(document["rows"]), what="sample")])


def _states(document: Mapping[str, Any], width: int | None) -> str:
    law, names = document["law"], document["columns"]
    total = sum(state["count"] for state in law["states"])
    is_narrow = sum(map(len, names)) <= _NAMES
    rows = [[*(names if is_narrow else ["bits"]), "samples", "share", "law of the model"]]
    for state in law["states"][:_STATES]:
        share = f"{state['count'] / total:.3f}"
        rows.append(
            [
                *(state["bits"] if is_narrow else [state["bits"]]),
                str(state["count"]),
                share,
                f"{state['probability']:.3f}",
            ]
        )
    table = columns(rows, align=">" * len(rows[0]), width=width)
    left = len(law["states"]) - _STATES
    more = f"\n{left} more states" if left > 0 else ""
    return (
        f"{table}{more}\ntotal variation from the law of the model {law['total_variation']:.3g}, of which the noise of "
        f"{total} samples makes {law['noise_floor']:.3g}"
    )


def _characters(images: np.ndarray, labels: Sequence[str | None], width: int) -> str:
    """Images side by side, two characters a pixel, with their classes above."""
    _, height, across = images.shape
    each = max(1, (width + 2) // (2 * across + 2))
    blocks = []
    for first in range(0, len(images), each):
        part = images[first : first + each]
        if labels[0] is not None:
            blocks.append("  ".join(f"{labels[first + k]:<{2 * across}}" for k in range(len(part))).rstrip())
        shades = np.array(list(_SHADES))[np.rint(part * (len(_SHADES) - 1)).astype(int)]
        for row in range(height):
            blocks.append("  ".join("".join(shade * 2 for shade in image[row]) for image in shades).rstrip())
    return "\n".join(blocks)


def samples_drawing(title: str, document: Mapping[str, Any], levels: np.ndarray) -> canvas.Drawing:
    """Images in a grid, or shares of states beside the law, or rows of bits. Panel: samples."""
    if levels.ndim == 3:
        labels = [row["label"] for row in document["rows"]]
        draw, size = partial(_image_grid, levels=levels[:_PICTURES], labels=labels), (6.4, 6.6)
    elif document["law"] is not None:
        draw, size = partial(_shares, document=document), (7.0, 4.4)
    else:
        draw, size = partial(_bit_rows, levels=levels), (7.0, 4.4)
    return canvas.Drawing(title=title, panels={"samples": draw}, size=size, wrap=64)


def _image_grid(axes: Any, levels: np.ndarray, labels: Sequence[str | None]) -> None:
    """Images with their classes above."""
    side = int(np.ceil(np.sqrt(len(levels))))
    height, across = levels.shape[1:]
    above = 0.35 if labels[0] is not None else 0.0
    for k, image in enumerate(levels):
        left, top = (k % side) * 1.12, (k // side) * (1.12 + above)
        axes.imshow(
            image,
            cmap="gray",
            vmin=0,
            vmax=1,
            extent=(left, left + 1, top + height / across, top),
            interpolation="nearest",
        )
        if labels[0] is not None:
            axes.text(left, top - 0.06, canvas.plain(str(labels[k])), fontsize=7, va="bottom")
    lines = -(-len(levels) // side)
    axes.set_xlim(-0.1, 1.12 * side)
    axes.set_ylim(lines * (1.12 + above) - above, -0.1 - above)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_facecolor("lightsteelblue")  # so that a white image has an edge


def _shares(axes: Any, document: Mapping[str, Any]) -> None:
    blue, orange = canvas.palette()[:2]
    states = document["law"]["states"][:32]
    total = len(document["rows"])
    share = np.array([state["count"] for state in states]) / total
    law = np.array([state["probability"] for state in states])
    place = np.arange(len(states))
    axes.bar(place, share, color=blue, alpha=0.7, label=f"share of {total} samples, +- one standard error")
    axes.errorbar(place, share, np.sqrt(share * (1 - share) / total), fmt="none", color=blue, capsize=2)
    axes.plot(place, law, "o", color=orange, markersize=4, label="law of the model")
    axes.set_xticks(place, [state["bits"] for state in states], rotation=90, fontsize=7)
    axes.set_xlabel(canvas.plain(" ".join(document["columns"])))
    axes.set_ylabel("share")
    axes.legend(fontsize="small", frameon=False)
    canvas.dress(axes)


def _bit_rows(axes: Any, levels: np.ndarray) -> None:
    axes.imshow(levels[:_PICTURES], cmap="gray", vmin=0, vmax=1, interpolation="nearest", aspect="auto")
    axes.set_xlabel("column of the data")
    axes.set_ylabel("sample")


def classes_text(title: str, document: Mapping[str, Any], bill: Bill, *, width: int | None = None) -> str:
    """The accuracy on each die, and of all; what a row costs."""
    rows, n = document["rows"], document["n_rows"]
    head = f"{title}, {document['clock']} clock, {document['reads']} x {document['sweeps']} sweeps a row"
    lines = [head]
    if rows[0]["accuracy"] is None:
        counts = np.bincount(rows[0]["predicted"], minlength=len(document["classes"]))
        table = [["class", "rows"], *([name, str(k)] for name, k in zip(document["classes"], counts, strict=True))]
        lines.append(columns(table, align="<>", width=width))
    else:
        table = [["die", "accuracy", "95 %", "right"]]
        for row in rows[:_DIES]:
            low, high = row["accuracy_ci"]
            share = f"{row['accuracy']:.3f}"
            table.append([str(row["die_seed"]), share, f"[{low:.3f}, {high:.3f}]", f"{row['right']} of {n}"])
        lines.append(columns(table, align=">>>>", width=width))
        if len(rows) > _DIES:
            lines.append(f"{len(rows) - _DIES} more dies")
        if len(rows) > 1:
            lines.append(_over_dies(np.array([row["accuracy"] for row in rows])))
    return "\n".join([*lines, bill.text(per=n * document["reads"], what="row and read")])


def _over_dies(shares: np.ndarray) -> str:
    return (
        f"{len(shares)} dies: mean {shares.mean():.3f}, s.d. {shares.std(ddof=1):.3f}, worst {shares.min():.3f}, "
        f"best {shares.max():.3f}"
    )


def classes_drawing(title: str, document: Mapping[str, Any]) -> canvas.Drawing:
    """Panels: confusion, all dies together, where the rows have labels, else counts; dies, where there are several."""
    rows = document["rows"]
    panels: dict[str, Any] = {}
    if rows[0]["confusion"] is None:
        panels["counts"] = partial(_counts, document=document)
    else:
        panels["confusion"] = partial(_confusion, document=document)
        if len(rows) > 1:
            panels["dies"] = partial(_dies, document=document)
    return canvas.Drawing(title=title, panels=panels, size=(5.2 * len(panels), 4.8), wrap=46 * len(panels))


def _confusion(axes: Any, document: Mapping[str, Any]) -> None:
    table = np.sum([row["confusion"] for row in document["rows"]], axis=0)
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for i, j in np.argwhere(table):
        axes.text(j, i, str(table[i, j]), ha="center", va="center", fontsize=7, color="w" if share[i, j] > 0.5 else "k")
    names = [canvas.plain(name) for name in document["classes"]]
    axes.set_xticks(range(len(names)), names, rotation=90 if max(map(len, names)) > 3 else 0)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("class that the chip gives")
    axes.set_ylabel("true class")
    axes.set_title("rows", loc="left", fontsize="medium")


def _dies(axes: Any, document: Mapping[str, Any]) -> None:
    blue = canvas.palette()[0]
    rows = document["rows"]
    order = np.argsort([row["accuracy"] for row in rows])
    value = np.array([row["accuracy"] for row in rows])[order]
    ends = np.array([row["accuracy_ci"] for row in rows])[order]
    place = np.arange(1, len(rows) + 1)
    axes.errorbar(place, value, np.abs(ends.T - value), fmt="o", color=blue, markersize=3, linewidth=0.8)
    axes.set_xlabel("die, worst first")
    axes.set_ylabel("accuracy, 95 % interval")
    canvas.dress(axes, f"{len(rows)} dies")


def _counts(axes: Any, document: Mapping[str, Any]) -> None:
    names = [canvas.plain(name) for name in document["classes"]]
    counts = np.bincount(document["rows"][0]["predicted"], minlength=len(names))
    axes.bar(range(len(names)), counts, color=canvas.palette()[0])
    axes.set_xticks(range(len(names)), names)
    axes.set_xlabel("class that the chip gives")
    axes.set_ylabel("rows")
    canvas.dress(axes)
