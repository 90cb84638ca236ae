"""A model that moved to other dies, as text and picture: quantiles over dies, and the yield against a limit.

Enters: what ``hwsim train --dies --json`` writes. Leaves: text, or a drawing.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from hwsim.report import canvas
from hwsim.report.table import columns

_WORDS = {"kl": "KL", "right": "right"}
_SIDES = {"kl": "KL(data || machine) / nats, as measured", "right": "share of answers that are right"}


def moved_text(title: str, document: Mapping[str, Any], *, width: int | None = None) -> str:
    """The die of the training, then a line for each way."""
    home = document["home"]
    if not home:
        return title
    known = ", ".join(_home(home, name) for name in document["quantities"])
    head = [title, f"die {document['die']}, on which it was trained: {known}"]
    if not document["ways"]:
        return "\n".join(head)
    names = [_WORDS[name] for name in document["quantities"]]
    lines = [["", *(cell for name in names for cell in (f"median {name}", "5 to 95 %")), *_limit_heads(document)]]
    for way in document["ways"]:
        cells = [way["way"]]
        for name in document["quantities"]:
            cells += [_number(way[name]["median"], name)]
            cells += [f"{_number(way[name]['q05'], name)} to {_number(way[name]['q95'], name)}"]
        lines.append(cells + [f"{way[name]['share_within']:.0%}" for name in document["limits"]])
    table = columns(lines, align="<" + ">" * (len(lines[0]) - 1), width=width)
    bound = any(row["kl_is_bound"] for row in [home, *document["rows"]])
    more = ["note: on some dies rows of the data never came, so that their KL is a lower bound"] if bound else []
    return "\n".join([*head, table, *more])


def _home(home: Mapping[str, Any], name: str) -> str:
    if name == "right":
        return f"{100 * home['right']:.1f} % right"
    return f"KL {'> ' if home['kl_is_bound'] else ''}{home['kl']:.4f} nats"


def _number(value: float, name: str) -> str:
    return f"{value:.4f}" if name == "kl" else f"{value:.3f}"


def _limit_heads(document: Mapping[str, Any]) -> list[str]:
    """The heads of the columns of shares within a limit."""
    signs = {"kl": "<=", "right": ">="}
    return [f"{_WORDS[name]} {signs[name]} {limit:g}" for name, limit in document["limits"].items()]


def moved_drawing(title: str, document: Mapping[str, Any]) -> canvas.Drawing:
    """A panel for each quantity: the share of the dies at least as good, for each way."""
    return canvas.Drawing(
        title=title,
        panels={name: partial(_yield, document=document, name=name) for name in document["quantities"]},
        size=(6.4 * len(document["quantities"]), 4.4),
        wrap=70 * len(document["quantities"]),
    )


def _yield(axes: Any, document: Mapping[str, Any], name: str) -> None:
    """The yield against the limit of ``name``."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    canvas.dress(axes, "yield: share of the dies within a limit")
    colours = canvas.palette()
    for way, colour in zip(document["ways"], colours, strict=False):
        values = np.sort([row[name] for row in document["rows"] if row["way"] == way["way"]])
        share = (np.arange(len(values)) + 1) / len(values)
        if name == "right":  # more is better
            values = values[::-1]
        axes.step(values, share, where="post", color=colour, linewidth=1.6, label=way["way"])
        axes.plot(values[:1], share[:1], "o", color=colour, markersize=3)
    home = f"die {document['die']} itself"
    axes.axvline(document["home"][name], color="0.4", linestyle=":", label=home)
    if name in document["limits"]:
        axes.axvline(document["limits"][name], color="0.35", linestyle="--", linewidth=1.1, label="limit")
    if name == "right":
        axes.invert_xaxis()
    elif min(row["kl"] for row in [document["home"], *document["rows"]]) > 0:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_ylim(0, 1.03)
    axes.set_xlabel(_SIDES[name])
    axes.set_ylabel("share of dies")
    axes.legend(fontsize="small", frameon=False, loc="best")
