"""Figures of energy against device time. Only means and quantiles over reads are computed here.

Enters: curves over device time. Leaves: one file, png, svg or pdf by its suffix, written whole or not at all.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import InputError
from hwsim.report import canvas
from hwsim.report.provenance import Provenance
from hwsim.report.table import number
from hwsim.session import Run


def curve_of(run: Run, label: str | None = None) -> dict:
    """The curve of a run, named ``label`` or by its clock."""
    name = run.program.clock.kind if label is None else label
    return {"label": name, "times_s": run.checkpoint_times_s, "energies": run.checkpoint_energies}


def energy_drawing(
    curves: list[dict],
    *,
    title: str,
    ylabel: str = "energy (dimensionless)",
    target: float | None = None,
    log_time: bool = False,
) -> canvas.Drawing:
    """Mean energy of each scheme against device time, with the band of the middle 80 % of its reads.

    curves : dicts of label : str, times_s : float64 (k,), energies : float64 (k, reads).
    ``target`` is drawn as a dashed line; ``log_time`` drops times that are zero. Raises InputError for arrays that do
    not match.
    """
    if not curves:
        raise InputError("a figure needs at least one curve, got none")
    drawn = [_checked(curve, log_time) for curve in curves]

    def draw(axes: Any) -> None:
        _energies(axes, drawn, target=target, log_time=log_time)
        axes.set_ylabel(canvas.plain(ylabel))

    return canvas.Drawing(title=title, panels={"energy": draw}, size=(8.0, 4.8))


def energy_against_time(
    curves: list[dict], path: str | os.PathLike, *, provenance: Provenance | None = None, **how: Any
) -> Path:
    """Write the picture of `energy_drawing`, which takes ``how``. Returns the path written. Raises InputError also for
    a suffix other than png, svg, pdf."""
    path = canvas.picture_path(path)
    return energy_drawing(curves, **how).write(path, provenance)


def run_axes(run: Run, ax: Any = None, *, label: str | None = None, target: float | None = None) -> Any:
    """Draw the energy of ``run`` against device time on ``ax``, or on new axes; returns the axes."""
    return energy_drawing([curve_of(run, label)], title="", target=target).on(ax)


def _energies(axes: Any, drawn: list[tuple], *, target: float | None, log_time: bool) -> None:
    unit, scale = canvas.time_unit(max(times.max() for _, times, _ in drawn))
    palette = canvas.palette()
    styles = ("-", "--", "-.", ":")
    for i, (label, times, energies) in enumerate(drawn):
        colour, style = palette[i % len(palette)], styles[i // len(palette) % len(styles)]
        x = times / scale
        low, high = np.quantile(energies, [0.1, 0.9], axis=1)
        axes.fill_between(x, low, high, color=colour, alpha=0.18, linewidth=0)
        # a single instant is drawn as a point: a line would be invisible
        marker = "o" if x.size == 1 else None
        axes.plot(
            x, energies.mean(axis=1), style, marker=marker, color=colour, linewidth=1.8, label=canvas.plain(label)
        )
    if target is not None:
        axes.axhline(
            target, color="0.25", linestyle="--", linewidth=1.2, label=f"best known: {number(target)}", zorder=1
        )
    if log_time:
        axes.set_xscale("log")
    axes.margins(x=0.01)
    axes.ticklabel_format(axis="y", useOffset=False, style="plain")
    canvas.dress(axes)
    axes.set_xlabel(f"device time ({unit})")
    key = axes.legend(
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        frameon=False,
        fontsize="small",
        title="line: mean over reads\nband: middle 80 % of reads",
        title_fontsize="small",
    )
    key.set_alignment("left")


def _checked(curve: dict, log_time: bool) -> tuple[str, np.ndarray, np.ndarray]:
    label = str(curve["label"])
    times = np.asarray(curve["times_s"], dtype=np.float64)
    energies = np.asarray(curve["energies"], dtype=np.float64)
    if times.ndim != 1 or energies.ndim != 2 or energies.shape[0] != times.size or energies.size == 0:
        raise InputError(
            f"curve {label!r} needs times_s (k,) and energies (k, reads), got shapes {times.shape} and {energies.shape}"
        )
    if not (np.isfinite(times).all() and np.isfinite(energies).all()):
        raise InputError(f"curve {label!r} has a time or an energy that is not finite")
    if log_time:
        if not (times > 0).any():
            raise InputError(f"curve {label!r} has no time > 0, which a logarithmic axis needs")
        times, energies = times[times > 0], energies[times > 0]
    return label, times, energies
