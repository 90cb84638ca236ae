"""How the dies of one design differ: the yield against a limit on the time to solution, and the success of each die.

Enters: one estimate per die with its interval, and the yield curve. Leaves: one file with two panels.
"""

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import InputError
from hwsim.report import canvas
from hwsim.report.provenance import Provenance
from hwsim.units import format_si

# with more dies than this, their intervals would be a grey cloud
MAX_WHISKERS = 120
MARKED = ((0.5, "half of the dies"), (0.9, "90 % of the dies"))


def yield_picture(curve: dict, path: str | os.PathLike, *, title: str, provenance: Provenance | None = None) -> Path:
    """Write the picture of `yield_drawing`; returns the path. Raises InputError also for a suffix other than png, svg,
    pdf."""
    path = canvas.picture_path(path)
    return yield_drawing(curve, title=title).write(path, provenance)


def yield_drawing(curve: dict, *, title: str) -> canvas.Drawing:
    """The share of dies that solve within t, against t; and the dies by their success probability. Panels: yield,
    success.

    ``curve`` holds, all float64 (d,) and one entry per die in the order of rising tts_s:

    tts_s, low_s, high_s : time to solution and its 95 % interval; inf where only a lower bound is known. A die whose
        tts_s is inf never joins the curve, and the picture says how many there are.
    yield, yield_low, yield_high : share of dies with a time of at most tts_s, and its 95 % interval.
    success : success probability of each die.

    and n_dies : int; ideal_tts_s : float or None, drawn dashed; ideal_label : str. Optional success_expected : (low,
    high), the range expected of dies that differ only by the noise of their reads. Raises InputError for arrays that
    are missing, do not match or are out of range.
    """
    where = "the yield curve"
    tts = canvas.numbers(curve, "tts_s", where, finite=False)
    low, high = (canvas.numbers(curve, key, where, tts.size, finite=False) for key in ("low_s", "high_s"))
    shares = [canvas.numbers(curve, key, where, tts.size) for key in ("yield", "yield_low", "yield_high")]
    success = canvas.numbers(curve, "success", where, tts.size)
    if curve.get("n_dies") != tts.size:
        raise InputError(f"{where} needs 'n_dies' to be the number of its times, {tts.size}, got {curve.get('n_dies')}")
    # tts_s may hold inf, whose differences are nan: compare neighbours instead
    if (tts[1:] < tts[:-1]).any() or tts[0] <= 0 or (low < 0).any() or np.isinf(low).any():
        raise InputError(f"{where} needs 'tts_s' > 0 and rising, and every 'low_s' finite and >= 0")
    finite = np.isfinite(tts)
    if (success[finite] == 0).any():
        raise InputError(f"{where} has a die with no success and a finite time; its 'tts_s' must be inf")
    canvas.interval(tts[finite], low[finite], high[finite], where)
    canvas.interval(shares[0], shares[1], shares[2], where)
    for name, values in (("yield", np.concatenate(shares)), ("success", success)):
        if values.min() < 0 or values.max() > 1:
            raise InputError(f"{where} needs {name!r} from 0 to 1, got {values.min():g} to {values.max():g}")
    if (np.diff(shares[0]) < 0).any():
        raise InputError(f"{where} needs 'yield' to rise with 'tts_s'")
    ideal = _ideal(curve, where)
    expected = _expected(curve, where)

    return canvas.Drawing(
        title=title,
        panels={
            "yield": partial(_curve, tts=tts, low=low, high=high, shares=shares, ideal=ideal),
            "success": partial(_histogram, success=success, expected=expected),
        },
        size=(12.0, 4.8),
        layout={"width_ratios": [1.7, 1]},
        finish=lambda sheet, _: canvas.space(sheet, 0.05),
        wrap=120,
    )


def _curve(
    axes: Any, tts: np.ndarray, low: np.ndarray, high: np.ndarray, shares: list, ideal: tuple[float, str] | None
) -> None:
    colour = canvas.palette()[0]
    share, share_low, share_high = shares
    solved = np.isfinite(tts)
    with_whiskers = tts.size <= MAX_WHISKERS or not solved.any()
    spans = [low[low > 0], high[np.isfinite(high)]] if with_whiskers else []
    ends = np.concatenate([*spans, tts[solved], [] if ideal is None else [ideal[0]]])
    if not ends.size:
        raise InputError("the yield curve has no time and no bound > 0, so there is nothing to draw")
    room = (ends.max() / ends.min()) ** 0.06 * 1.02  # on a logarithmic axis
    start, stop = ends.min() / room, ends.max() * room
    axes.set_xscale("log")
    axes.set_xlim(start, stop)
    canvas.log_time(axes)
    canvas.dress(axes, "Yield: share of dies that solve within t")
    if with_whiskers:
        _whiskers(axes, low, high, share, stop)
    if solved.any():
        # before the first die the curve is 0, after the last it stays
        t = np.concatenate([[start], tts[solved], [stop]])
        steps, floor, roof = (np.concatenate([[0], y[solved], [y[solved][-1]]]) for y in (share, share_low, share_high))
        # the band starts at the first die, as before it only the curve is known
        axes.fill_between(
            t[1:],
            floor[1:],
            roof[1:],
            step="post",
            color=colour,
            alpha=0.18,
            linewidth=0,
            label="95 % band for the number of dies",
        )
        axes.step(t, steps, where="post", color=colour, linewidth=1.8, label=f"{tts.size} dies")
    if ideal is not None:
        axes.axvline(ideal[0], color="0.25", linestyle="--", linewidth=1.3, label=ideal[1], zorder=1.5)
    _quantiles(axes, tts, share, solved)
    axes.set_ylim(-0.03, 1.05)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
    axes.set_xlabel("t: limit on the time to solution")
    axes.set_ylabel("yield")
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, frameon=False, fontsize="small")


def _whiskers(axes: Any, low: np.ndarray, high: np.ndarray, share: np.ndarray, stop: float) -> None:
    known = np.isfinite(high)
    axes.hlines(
        share,
        np.maximum(low, axes.get_xlim()[0]),
        np.where(known, high, stop),
        color="0.75",
        linewidth=0.7,
        zorder=1.2,
        label="95 % interval of one die's time",
    )
    if not known.all():
        axes.plot(
            np.full((~known).sum(), stop),
            share[~known],
            ">",
            color="0.6",
            markersize=4,
            clip_on=False,
            zorder=1.2,
            linestyle="none",
            label="only a lower bound is known",
        )


def _quantiles(axes: Any, tts: np.ndarray, share: np.ndarray, solved: np.ndarray) -> None:
    colour = canvas.palette()[3]
    notes = []
    for level, name in MARKED:
        reached = np.flatnonzero(solved & (share >= level - 1e-12))
        if reached.size:
            t = tts[reached[0]]
            axes.plot([axes.get_xlim()[0], t, t], [level, level, -0.03], ":", color=colour, linewidth=1.3, zorder=2.5)
            axes.plot([t], [level], "o", color=colour, markersize=6, zorder=4)
            notes.append(f"{name} within {format_si(t, 's')}")
        else:
            notes.append(f"{name}: not reached")
    if not solved.all():
        notes.append(f"{(~solved).sum()} of {tts.size} dies: no success seen")
    axes.text(
        0.02,
        0.97,
        "\n".join(reversed(notes)),
        transform=axes.transAxes,
        va="top",
        color=colour,
        fontsize="small",
        bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 2},
    )


def _histogram(axes: Any, success: np.ndarray, expected: tuple[float, float] | None) -> None:
    from matplotlib.ticker import MaxNLocator

    colours = canvas.palette()
    canvas.dress(axes, "Success probability of each die")
    reach = [success.min(), success.max(), *(expected or ())]
    margin = 0.05 * (max(reach) - min(reach)) or 0.01
    left, right = max(0.0, min(reach) - margin), min(1.0, max(reach) + margin)
    bins = np.linspace(left, right, int(np.clip(2 * np.sqrt(success.size), 8, 30)) + 1)
    axes.hist(success, bins=bins, color=colours[0], alpha=0.75, edgecolor="white", linewidth=0.6)
    axes.axvline(success.mean(), color="0.15", linewidth=1.6, label=f"mean of the dies: {success.mean():.3g}")
    if expected is not None:
        axes.axvspan(
            *expected,
            color=colours[1],
            alpha=0.25,
            linewidth=0,
            zorder=0.5,
            label="95 % of equal dies fall here (noise of reads alone)",
        )
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("success probability of one read")
    axes.set_ylabel("number of dies")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=1, frameon=False, fontsize="small")


def _ideal(curve: Mapping, where: str) -> tuple[float, str] | None:
    time_s = curve.get("ideal_tts_s")
    if time_s is None:
        return None
    if not isinstance(time_s, int | float | np.number) or not 0 < time_s < np.inf:
        raise InputError(f"{where} needs 'ideal_tts_s' to be a finite time > 0 or None, got {time_s!r}")
    label = canvas.plain(str(curve.get("ideal_label") or "ideal die"))
    return float(time_s), f"{label}: {format_si(float(time_s), 's')}"


def _expected(curve: Mapping, where: str) -> tuple[float, float] | None:
    if curve.get("success_expected") is None:
        return None
    low, high = canvas.numbers(curve, "success_expected", where, 2)
    if not 0 <= low <= high <= 1:
        raise InputError(f"{where} needs 'success_expected' as 0 <= low <= high <= 1, got {low:g} to {high:g}")
    return float(low), float(high)


def yield_text(curve: dict) -> str:
    """The success of the dies, and the time within which shares of them solve. curve : with ``tts99_s_of_share``"""
    success = curve["success"]
    low, high = curve["success_expected"]
    lines = [
        f"success of a die     mean {success.mean():.3g}, {success.min():.3g} to {success.max():.3g}; "
        f"if they were equal, reads alone would spread 95 % of them over {low:.3g} to {high:.3g}",
        f"TTS99 without faults {format_si(curve['ideal_tts_s'], 's')}",
    ]
    for share, value in curve["tts99_s_of_share"].items():
        shown = "not reached" if value is None else format_si(value, "s")
        lines.append(f"TTS99, {float(share):4.0%} of dies {shown}")
    return "\n".join(lines)
