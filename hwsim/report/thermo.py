"""Pictures of continuous cells.

Enters: what ``hwsim thermo --json`` writes. Leaves: one file.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.report import canvas


def error_picture(document: dict[str, Any], path: str | os.PathLike, *, title: str) -> Path:
    """Errors of mean and covariance against device time, each with its predicted line.

    Raises InputError for a suffix other than png, svg, pdf.
    """
    path = canvas.picture_path(path)
    figure = canvas.blank(8.4, 5.4)
    axes = figure.subplots()
    canvas.headline(figure, title, width=90)
    times = np.array([point["device_time_s"] for point in document["curve"]])
    kinds = [("covariance_error", "predicted_covariance_error", "covariance against the inverse of A")]
    if document["kind"] == "solve":
        kinds.insert(0, ("relative_error", "predicted_error", "mean against x"))
    for (key, predicted, words), colour in zip(kinds, canvas.palette(), strict=False):
        axes.plot(times, [point[key] for point in document["curve"]], "o", color=colour, markersize=5, label=words)
        axes.plot(times, [point[predicted] for point in document["curve"]], color=colour, linewidth=1.2,
                  label="theory, root mean square, of many samples")  # fmt: skip
    axes.set_yscale("log")
    axes.set_xlabel("device time, settling included")
    canvas.log_time(axes)
    axes.set_ylabel("relative error")
    canvas.dress(axes)
    axes.legend(fontsize="small", frameon=False)
    canvas.write(figure, path)
    return path
