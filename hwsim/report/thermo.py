"""Pictures of continuous cells.

Enters: what ``hwsim thermo --json`` writes. Leaves: one file.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.report import canvas
from hwsim.report.provenance import Provenance
from hwsim.units import format_si


def error_picture(
    document: dict[str, Any], path: str | os.PathLike, *, title: str, provenance: Provenance | None = None
) -> Path:
    """Errors of mean and covariance against device time, each with its predicted line.

    Raises InputError for a suffix other than png, svg, pdf.
    """
    path = canvas.picture_path(path)
    figure = canvas.blank(8.4, 5.4)
    axes = figure.subplots()
    canvas.headline(figure, title, width=90)
    times = np.array([point["device_time_s"] for point in document["curve"]]) - document["settle_s"]
    kinds = [("covariance_error", "predicted_covariance_error", "the covariance against A^-1")]
    if document["kind"] != "inverse":
        what = "the inverse times b" if document["cells"] == "rlc" else "the mean"
        kinds.insert(0, ("relative_error", "predicted_error", f"{what} against A^-1 b"))
    for (key, predicted, words), colour in zip(kinds, canvas.palette(), strict=False):
        axes.plot(times, [point[key] for point in document["curve"]], "o", color=colour, markersize=5, label=words)
        axes.plot(times, [point[predicted] for point in document["curve"]], color=colour, linewidth=1.2,
                  label="its theory: root mean square over machines")  # fmt: skip
    axes.set_yscale("log")
    axes.set_xlabel(f"device time of sampling, after settling for {format_si(document['settle_s'], 's')}")
    canvas.log_time(axes)
    axes.set_ylabel("relative error")
    canvas.dress(axes)
    axes.legend(fontsize="small", frameon=False)
    canvas.write(figure, path, provenance)
    return path


def potential_picture(
    document: dict[str, Any], path: str | os.PathLike, *, title: str, provenance: Provenance | None = None
) -> Path:
    """One cell in time; beside it, on the same axis of x, the histogram of all with the law, and the potential.

    Raises InputError for a suffix other than png, svg, pdf.
    """
    path = canvas.picture_path(path)
    figure = canvas.blank(12.0, 5.0)
    left, middle, right = figure.subplots(1, 3, sharey=True, width_ratios=(2.2, 1.2, 1.0))
    canvas.headline(figure, title, width=110)
    blue, orange = canvas.palette()[:2]
    trace = np.array(document["trace"])
    edges, law = np.array(document["edges"]), np.array(document["law"])
    at, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)
    left.plot(trace[:, 0] * 1e6, trace[:, 1], color=blue, linewidth=0.7)
    left.set_xlabel("device time (us)")
    left.set_ylabel("x")
    counts = np.array(document["counts"])
    middle.barh(at, counts / counts.sum() / width, height=width, color=blue, alpha=0.35, label="all cells at the end")
    middle.plot(law / width, at, color=orange, linewidth=1.8, label="exp(-beta U) / Z")
    middle.set_xlabel("probability density")
    energy = np.array(document["energy"])
    right.plot(document["beta"] * (energy - energy.min()), at, color="0.25", linewidth=1.5)
    right.set_xlabel("beta (U - its least)")
    seen = law / width > 1e-4 * (law / width).max()
    left.set_ylim(at[seen][0] - width[0], at[seen][-1] + width[0])
    canvas.dress(left, "one cell")
    canvas.dress(middle, f"{document['replicas']} cells and the law")
    canvas.dress(right, "the potential")
    right.set_xlim(0, 12)
    figure.legend(
        *middle.get_legend_handles_labels(), loc="outside lower center", fontsize="small", frameon=False, ncols=2
    )
    canvas.write(figure, path, provenance)
    return path


def function_picture(
    document: dict[str, Any], path: str | os.PathLike, *, title: str, provenance: Provenance | None = None
) -> Path:
    """Entries of a measured matrix against the exact ones; of a determinant, its slope on the way from the diagonal.

    Raises InputError for a suffix other than png, svg, pdf.
    """
    path = canvas.picture_path(path)
    figure = canvas.blank(6.4, 5.4)
    axes = figure.subplots()
    canvas.headline(figure, title, width=70)
    blue, orange = canvas.palette()[:2]
    if document["kind"] == "determinant":
        slopes, errors = np.array(document["slopes"]), np.array(document["slope_errors"])
        axes.errorbar(document["way"], slopes, 1.96 * errors, fmt="o", color=blue, capsize=3,
                      label="measured, 95 % intervals")  # fmt: skip
        axes.axhline(0, color="0.6", linewidth=0.8)
        axes.set_xlabel("l, from the diagonal of A (0) to A (1)")
        axes.set_ylabel("d ln det / dl")
        axes.set_xlim(0, 1)
        words = (
            f"ln det A = {document['log_determinant']:.5g} +- {document['error']:.2g}, exact {document['exact']:.5g}"
        )
    else:
        exact, found, error = (np.ravel(document[key]) for key in ("exact", "matrix", "error"))
        ends = [min(exact.min(), found.min()), max(exact.max(), found.max())]
        axes.plot(ends, ends, color=orange, linewidth=1.4, label="equal")
        axes.errorbar(exact, found, 1.96 * error, fmt=".", color=blue, capsize=2, linewidth=0.8,
                      label="entries, 95 % intervals")  # fmt: skip
        axes.set_xlabel("entry by a direct solver")
        axes.set_ylabel("entry as measured")
        words = f"relative error {document['relative_error']:.2g}"
    axes.legend(fontsize="small", frameon=False)
    canvas.dress(axes, words)
    canvas.write(figure, path, provenance)
    return path
