"""Pictures of continuous cells.

Enters: what ``hwsim thermo --json`` writes. Leaves: drawings.
"""

from functools import partial
from typing import Any

import numpy as np

from hwsim.equilibrium.potential import FORGOTTEN
from hwsim.report import canvas
from hwsim.units import format_si

_SHOWN = 8
"""How many numbers of a vector, or rows and columns of a matrix, are printed."""


def error_drawing(document: dict[str, Any], *, title: str) -> canvas.Drawing:
    """Errors of mean and covariance against device time, each with the line that theory predicts."""
    return canvas.Drawing(title=title, panels={"error": partial(_errors, document=document)}, size=(8.4, 5.4), wrap=90)


def _errors(axes: Any, document: dict[str, Any]) -> None:
    times = np.array([point["device_time_s"] for point in document["curve"]]) - document["settle_s"]
    kinds = [("covariance_error", "predicted_covariance_error", "the covariance against A^-1")]
    if document["kind"] != "inverse":
        what = "the inverse times b" if document["cells"] == "rlc" else "the mean"
        kinds.insert(0, ("relative_error", "predicted_error", f"{what} against A^-1 b"))
    for (key, predicted, words), colour in zip(kinds, canvas.palette(), strict=False):
        axes.plot(times, [point[key] for point in document["curve"]], "o", color=colour, markersize=5, label=words)
        axes.plot(
            times,
            [point[predicted] for point in document["curve"]],
            color=colour,
            linewidth=1.2,
            label="its theory: root mean square over machines",
        )
    axes.set_yscale("log")
    axes.set_xlabel(f"device time of sampling, after settling for {format_si(document['settle_s'], 's')}")
    canvas.log_time(axes)
    axes.set_ylabel("relative error")
    canvas.dress(axes)
    axes.legend(fontsize="small", frameon=False)


def potential_drawing(document: dict[str, Any], *, title: str) -> canvas.Drawing:
    """One cell in time; beside it, on the same axis of x, the histogram of all cells with the law, and the potential.
    Panels: cell, histogram, potential."""
    edges, law = np.array(document["edges"]), np.array(document["law"])
    at, width = (edges[1:] + edges[:-1]) / 2, np.diff(edges)

    def finish(sheet: Any, axes: Any) -> None:
        seen = law / width > 1e-4 * (law / width).max()
        axes[0].set_ylim(at[seen][0] - width[0], at[seen][-1] + width[0])
        keys = axes[1].get_legend_handles_labels()
        sheet.legend(*keys, loc="outside lower center", fontsize="small", frameon=False, ncols=2)

    def alone(axes: Any) -> None:
        axes.set_ylabel("x")
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize="small", frameon=False)

    return canvas.Drawing(
        title=title,
        panels={
            "cell": partial(_one_cell, trace=np.array(document["trace"])),
            "histogram": partial(_histogram, document=document, at=at, width=width, law=law),
            "potential": partial(_potential, document=document, at=at),
        },
        size=(12.0, 5.0),
        layout={"sharey": True, "width_ratios": (2.2, 1.2, 1.0)},
        finish=finish,
        alone=alone,
        wrap=110,
    )


def _one_cell(axes: Any, trace: np.ndarray) -> None:
    axes.plot(trace[:, 0] * 1e6, trace[:, 1], color=canvas.palette()[0], linewidth=0.7)
    axes.set_xlabel("device time (us)")
    axes.set_ylabel("x")
    canvas.dress(axes, "one cell")


def _histogram(axes: Any, document: dict[str, Any], at: np.ndarray, width: np.ndarray, law: np.ndarray) -> None:
    blue, orange = canvas.palette()[:2]
    counts = np.array(document["counts"])
    axes.barh(at, counts / counts.sum() / width, height=width, color=blue, alpha=0.35, label="all cells at the end")
    axes.plot(law / width, at, color=orange, linewidth=1.8, label="exp(-beta U) / Z")
    axes.set_xlabel("probability density")
    canvas.dress(axes, f"{document['replicas']} cells and the law")


def _potential(axes: Any, document: dict[str, Any], at: np.ndarray) -> None:
    energy = np.array(document["energy"])
    axes.plot(document["beta"] * (energy - energy.min()), at, color="0.25", linewidth=1.5)
    axes.set_xlabel("beta (U - its least)")
    canvas.dress(axes, "the potential")
    axes.set_xlim(0, 12)


def function_drawing(document: dict[str, Any], *, title: str) -> canvas.Drawing:
    """Entries of a measured matrix against the exact ones; of a determinant, its slope on the way from the diagonal."""
    return canvas.Drawing(title=title, panels={"values": partial(_values, document=document)}, size=(6.4, 5.4), wrap=70)


def _values(axes: Any, document: dict[str, Any]) -> None:
    blue, orange = canvas.palette()[:2]
    if document["kind"] == "determinant":
        slopes, errors = np.array(document["slopes"]), np.array(document["slope_errors"])
        axes.errorbar(
            document["way"], slopes, 1.96 * errors, fmt="o", color=blue, capsize=3, label="measured, 95 % intervals"
        )
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
        axes.errorbar(
            exact, found, 1.96 * error, fmt=".", color=blue, capsize=2, linewidth=0.8, label="entries, 95 % intervals"
        )
        axes.set_xlabel("entry by a direct solver")
        axes.set_ylabel("entry as measured")
        words = f"relative error {document['relative_error']:.2g}"
    axes.legend(fontsize="small", frameon=False)
    canvas.dress(axes, words)


def linalg_text(document: dict[str, Any]) -> str:
    """The results of ``hwsim thermo solve``, ``inverse`` or ``regression``, beside theory and direct solvers."""
    d, kind = document["size"], document["kind"]
    word = "machine" if document["replicas"] == 1 else "machines"
    settled, apart, device, host = (
        format_si(document[key], "s") for key in ("settle_s", "interval_s", "device_time_s", "host_s")
    )
    lines = [
        f"{d} cells of {document['machine']}, {document['replicas']} {word}: settled {settled}, then "
        f"{document['samples']} samples {apart} apart, {device} of device time ({host} here)"
    ]
    if document["unit"]:
        lines.append(f"readings of {format_si(document['rms_reading'], document['unit'])}, root mean square")
    if kind == "regression":
        lines += _weights(document)
    elif kind == "solve":
        shown = ", ".join(f"{value:.4g}" for value in document["x"][:_SHOWN])
        lines.append(f"x = {shown}{', ...' if d > _SHOWN else ''}")
    mean = {"solve": "x", "regression": "the mean"}.get(kind)
    errors = [] if mean is None else [(mean, "relative_error", "predicted_error")]
    name = "the covariance" if kind == "regression" else "the inverse"
    errors.append((name, "covariance_error", "predicted_covariance_error"))
    for what, key, theory in errors:
        lines.append(f"relative error of {what + ' ':<16}{document[key]:.3g} (theory: {document[theory]:.3g})")
    lines += [_energy(document), "on this computer:"]
    for row in document["direct"]:
        steps = f", {row['iterations']} iterations" if row["iterations"] != 1 else ""
        joules = "" if row["host_energy_j"] is None else f", {format_si(row['host_energy_j'], 'J')}"
        lines.append(
            f"  {row['name']:<20} {format_si(row['host_s'], 's'):>9}{joules}, {row['operations']:,} operations, "
            f"relative error {row['relative_error']:.2g}{steps}"
        )
    return "\n".join(lines)


def _energy(document: dict[str, Any]) -> str:
    joules = document["device_energy_j"]
    if joules is None:
        machine = document["machine"]
        return f"energy: unknown, the power of {machine} is not on its card; --set power=1mW gives one"
    left = "".join(f", without the price of {part}, which is not known" for part in document["unpriced_energy"])
    return f"energy: {format_si(joules, 'J')} ({document['energy_grade']}){left}"


def _weights(document: dict[str, Any]) -> list[str]:
    law = document["closed_form"]
    lines = ["weight      mean  closed form    spread  closed form"]
    for k in range(min(document["size"], _SHOWN)):
        mean, spread = document["x"][k], document["covariance"][k][k] ** 0.5
        lines.append(f"{k:6d} {mean:+9.4g}  {law['mean'][k]:+11.4g} {spread:9.4g}  {law['spread'][k]:11.4g}")
    if document["size"] > _SHOWN:
        lines.append(f"   ... and {document['size'] - _SHOWN} more")
    return lines


def function_text(document: dict[str, Any]) -> str:
    """The results of ``hwsim thermo determinant``, ``exponential`` or ``lyapunov``, beside a direct solver."""
    error = document["error"]
    if document["kind"] == "determinant":
        value, exact = document["log_determinant"], document["exact"]
        lines = [
            f"ln det A = {value:.6g} +- {error:.2g}, by Cholesky {exact:.6g} "
            f"({(value - exact) / (error or 1.0):+.1f} standard errors)"
        ]
    else:
        lines = ["  ".join(f"{value:9.4f}" for value in row[:_SHOWN]) for row in document["matrix"][:_SHOWN]]
        if document["size"] > _SHOWN:
            lines.append(f"(the first {_SHOWN} rows and columns)")
        lines.append(
            f"relative error {document['relative_error']:.3g} against a direct solver; standard errors of the entries "
            f"{np.min(error):.2g} to {np.max(error):.2g}"
        )
    lines.append(f"{document['replicas']} machines, {format_si(document['device_time_s'], 's')} of device time each")
    return "\n".join(lines)


def potential_text(document: dict[str, Any]) -> str:
    """Where cells in a potential were, by `hwsim.equilibrium.potential`, beside the law."""
    device, step = (format_si(document[key], "s") for key in ("device_time_s", "step_s"))
    cells = document["replicas"]
    lines = [
        f"{document['potential']} at beta {document['beta']:g}: {cells} cells for {device}, steps of {step}",
        f"mean {document['mean']:.5g} (law {document['law_mean']:.5g}), variance {document['variance']:.5g} "
        f"(law {document['law_variance']:.5g})",
    ]
    if document["kinetic_energy_kt"] is not None:
        lines.append(f"kinetic energy {document['kinetic_energy_kt']:.4g} k T (law 0.5)")
    lines.append(
        f"distance from exp(-beta U) / Z: total variation {document['total_variation']:.3g}, of which noise of "
        f"{cells} samples makes {document['tv_noise_floor']:.3g}"
    )
    memory = document["memory_s"]
    if memory is None:
        lines.append("remark: a wall divides this potential, so cells stay on the side on which they start")
    elif document["device_time_s"] < FORGOTTEN * memory:
        lines.append(
            f"remark: a cell remembers where it was for {format_si(memory, 's')}, and this run is too short to forget "
            "the start: give a longer --time"
        )
    return "\n".join(lines)
