"""The picture of a die: cells and wires, where wires crowd, how long wires are, and what their delay costs.

Enters: places in cell pitches, wires, roles, a crowding map, the curve of a design rule. Leaves: one file.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from hwsim.errors import InputError
from hwsim.mapping.layout import Layout
from hwsim.report import canvas
from hwsim.units import format_si

MOST_WIRES = 6000
"""With more lines than this the die would be one grey field; then a part is drawn, the longest among them."""
_MARKERS = "soD^vP"
_LONGEST, _TIED = 0.02, 0.1
"""Share of couplings drawn red; none where so many have one length that red would mean nothing."""
_MOST_CELLS, _CUT_OUT = 120, 24
"""Of a die with more cells on a side than this, so many in its middle are drawn: else none could be seen."""
_ZOOM, _FLAT = 0.5, 0.5
"""A die of which less than this part is in use is drawn without the rest; what is drawn has sides of this ratio or
more."""


def layout_drawing(die: Mapping[str, Any], *, title: str) -> canvas.Drawing:
    """Draw ``die`` and the design rule, or where ``rule`` is None the longest wire of every p-bit. Panels: die,
    crowding, lengths, and rule or waits.

    die : place (n, 2), in cell pitches; role (n,), words; chain (n,), int or None; unused and dead (k, 2); first,
    second, length (m,) of wires; delay_s (m,) or None; crowding (rows, columns) and corner (2,), its first cell
    rule : measure, limit, curve [(ratio, loss, error)], ratio, ratio_ci, and here, (loss, error) of this layout

    Raises InputError for places of another shape.
    """
    place = np.asarray(die["place"], dtype=np.float64)
    if place.ndim != 2 or place.shape[1] != 2 or not len(place):
        raise InputError(f"a layout needs places of shape (n, 2), got {place.shape}")
    rule = die.get("rule")
    panels = {
        "die": partial(_die, die=die, place=place),
        "crowding": partial(_crowding, die=die),
        "lengths": partial(_lengths, die=die),
    }
    if rule is not None and rule["curve"]:
        panels["rule"] = partial(_rule, rule=rule)
    else:
        panels["waits"] = partial(_slowest, die=die, place=place)
    ratios = {"gridspec_kw": {"height_ratios": [1.55, 1]}}
    return canvas.Drawing(title=title, panels=panels, size=(12.6, 9.4), grid=(2, 2), layout=ratios, wrap=110)


def layout_axes(layout: Layout, ax: Any = None) -> Any:
    """Draw where p-bits sit on ``ax``, or on new axes; returns the axes. Wires are in the picture of `hwsim.layout`,
    which knows whom they connect."""

    def draw(axes: Any) -> None:
        side = max(float(np.ptp(layout.place, axis=0).max()) + 1, 2.0)
        axes.scatter(*layout.place.T, s=(230.0 / side) ** 2, marker="s", linewidths=0, color=canvas.palette()[0])
        _frame(axes)

    return canvas.Drawing(title="", panels={"die": draw}, size=(5.6, 5.0)).on(ax)


def _die(axes: Any, die: Mapping[str, Any], place: np.ndarray) -> None:
    chain, colours = die.get("chain"), canvas.palette()
    low, high, words = _window(die, place)
    with_longest = _wires(axes, die, place, low, high)
    _cells(axes, die, place, side=max(float((high - low).max()), 3.0))
    axes.plot([], [], color="0.35", linewidth=0.9, label="coupling")
    if with_longest:
        axes.plot([], [], color="crimson", linewidth=1.2, label=f"longest {_LONGEST:.0%} of couplings")
    if chain is not None:
        axes.plot([], [], color=colours[0], linewidth=2.4, label="p-bits of one spin: one colour")
    _frame(axes)
    axes.set_title(f"the die: {words}", loc="left", fontsize="medium")
    legend = axes.legend(
        loc="upper left", bbox_to_anchor=(0, 0), borderaxespad=4.5, ncols=2, fontsize="small", frameon=False
    )
    for handle in legend.legend_handles:
        if hasattr(handle, "set_sizes"):
            handle.set_sizes([36.0])
            if chain is not None and " (" in handle.get_label() and not handle.get_label().startswith(("unu", "dead")):
                handle.set_color("0.35")
    axes.set_xlim(low[0], high[0])
    axes.set_ylim(low[1], high[1])


def _others(die: Mapping[str, Any], key: str) -> np.ndarray:
    """(k, 2): the places of cells that are ``unused`` or ``dead``."""
    return np.asarray(die.get(key, ()), dtype=np.float64).reshape(-1, 2)


def _window(die: Mapping[str, Any], place: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """(lowest and highest x and y that are drawn, what they are in words)."""
    everything = np.concatenate([place, _others(die, "unused"), _others(die, "dead")])
    low, high = everything.min(axis=0) - 1, everything.max(axis=0) + 1
    whole = high - low
    size = f"of {whole[0] - 1:.0f} x {whole[1] - 1:.0f} cells"
    words = "cells and couplings"
    used_low, used_high = place.min(axis=0) - 2, place.max(axis=0) + 2
    used = used_high - used_low
    if np.prod(used) < _ZOOM * np.prod(whole):
        words = f"the part in use, {size}"
        flat = np.maximum(_FLAT * used.max() - used, 0.0) / 2
        low, high = np.maximum(used_low - flat, low), np.minimum(used_high + flat, high)
    if (high - low).max() > _MOST_CELLS:
        words = f"the middle, {size}"
        middle = np.round((low + high) / 2)
        low, high = np.maximum(middle - _CUT_OUT / 2, low), np.minimum(middle + _CUT_OUT / 2, high)
    return low, high, words


def _wires(axes: Any, die: Mapping[str, Any], place: np.ndarray, low: np.ndarray, high: np.ndarray) -> bool:
    """Draw the couplings whose ends are both seen; returns whether some are marked as the longest."""
    from matplotlib.collections import LineCollection

    first, second, length = (np.asarray(die[key]) for key in ("first", "second", "length"))
    chain = die.get("chain")
    seen = np.all((place >= low) & (place <= high), axis=1)
    drawn = np.flatnonzero(seen[first] & seen[second])
    if len(drawn) > MOST_WIRES:
        by_length = drawn[np.argsort(-length[drawn], kind="stable")]
        drawn = np.sort(by_length[np.linspace(0, len(drawn) - 1, MOST_WIRES).astype(int)])
    inside = (
        np.zeros(len(first), dtype=bool) if chain is None else np.asarray(chain)[first] == np.asarray(chain)[second]
    )
    many = max(int(_LONGEST * len(first)), 1) if len(first) > 8 else 0
    cut = np.sort(length)[-many] if many else np.inf
    longest = (length >= cut) & ~inside if many else np.zeros(len(first), dtype=bool)
    if longest.mean() > _TIED if len(longest) else True:
        longest = np.zeros(len(first), dtype=bool)
    plain = drawn[~inside[drawn] & ~longest[drawn]]
    alpha = float(np.clip(60 / max(len(plain), 1) ** 0.75, 0.06, 0.6))
    lines = np.stack((place[first], place[second]), axis=1) if len(first) else np.zeros((0, 2, 2))
    axes.add_collection(LineCollection(list(lines[plain]), colors="0.35", linewidths=0.6, alpha=alpha, zorder=1))
    red = np.flatnonzero(longest)[:MOST_WIRES]
    axes.add_collection(LineCollection(list(lines[red]), colors="crimson", linewidths=0.9, alpha=0.75, zorder=2))
    if chain is not None and inside.any():
        colours = canvas.palette()
        of = np.asarray(chain)[first[inside]]
        shades = [colours[k % len(colours)] for k in of]
        axes.add_collection(LineCollection(list(lines[inside]), colors=shades, linewidths=2.4, zorder=3))
    return bool(longest.any())


def _cells(axes: Any, die: Mapping[str, Any], place: np.ndarray, *, side: float) -> None:
    """Draw the p-bits, and the cells without one. side : cells along the longer side of what is drawn"""
    chain, colours = die.get("chain"), canvas.palette()
    area = (430.0 / side) ** 2 * 0.16
    for key, marker, colour, name in (("unused", "s", "0.88", "unused"), ("dead", "x", "black", "dead")):
        spots = _others(die, key)
        if len(spots):
            axes.scatter(
                *spots.T,
                s=area * (0.5 if key == "dead" else 0.7),
                marker=marker,
                color=colour,
                linewidths=0.8 if key == "dead" else 0,
                label=f"{name} ({len(spots)})",
                zorder=0,
            )
    is_part = len(_others(die, "unused")) + len(_others(die, "dead")) > 0
    roles = np.asarray(die["role"])
    for k, name in enumerate(dict.fromkeys(roles.tolist())):
        here = roles == name
        face = [colours[c % len(colours)] for c in np.asarray(chain)[here]] if chain is not None else colours[k % 10]
        marker = "s" if chain is None else _MARKERS[k % len(_MARKERS)]  # with chains, the colour tells the chain
        axes.scatter(
            *place[here].T,
            s=max(2.0 * area, 18.0) if is_part else area,  # among cells that are not in use
            marker=marker,
            c=face if chain is not None else [face],
            edgecolors="black" if is_part else None,
            linewidths=0.5 if is_part else 0,
            label=f"{name} ({int(here.sum())})",
            zorder=4,
        )


def _frame(axes: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_aspect("equal")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("x (cell pitches)")
    axes.set_ylabel("y (cell pitches)")
    axes.spines[["top", "right"]].set_visible(False)


def _crowding(axes: Any, die: Mapping[str, Any]) -> None:
    crowd = np.asarray(die["crowding"], dtype=np.float64)
    x, y = die["corner"]
    rows, columns = crowd.shape
    image = axes.imshow(
        crowd, origin="lower", cmap="inferno", extent=(x - 0.5, x + columns - 0.5, y - 0.5, y + rows - 0.5), vmin=0
    )
    bar = axes.figure.colorbar(image, ax=axes, shrink=0.85)
    bar.set_label("wires through a cell")
    worst = np.unravel_index(np.argmax(crowd), crowd.shape)
    axes.plot(
        x + worst[1], y + worst[0], marker="o", markersize=13, fillstyle="none", color="cyan", markeredgewidth=1.8
    )
    _frame(axes)
    axes.set_title(
        f"crowding: {crowd.max():.0f} wires through the worst cell (ring), {crowd.mean():.0f} on average",
        loc="left",
        fontsize="medium",
    )


def _lengths(axes: Any, die: Mapping[str, Any]) -> None:
    from matplotlib.ticker import MaxNLocator

    length = np.asarray(die["length"], dtype=np.float64)
    delay = die.get("delay_s")
    if not len(length):
        axes.text(0.5, 0.5, "no couplings", ha="center", va="center", transform=axes.transAxes)
        axes.set_axis_off()
        return
    top = float(length.max())
    step = max(1.0, np.ceil(top / 40))
    axes.hist(length, bins=np.arange(0, top + 2 * step, step) - step / 2, color=canvas.palette()[0], rwidth=0.9)
    axes.set_xlim(0, top + step)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("length of a coupling's wire (cell pitches)")
    axes.set_ylabel("couplings")
    canvas.dress(axes, f"wire length: mean {length.mean():.1f}, longest {top:.0f}")
    if delay is None or not np.max(delay) > 0:
        return
    delay = np.asarray(delay, dtype=np.float64)
    unit, scale = canvas.time_unit(float(delay.max()))
    twin = axes.twinx()
    for spine in ("top",):
        twin.spines[spine].set_visible(False)
    marks = np.unique(length)
    middle = np.array([delay[length == mark].mean() for mark in marks]) / scale
    twin.plot(marks, middle, color="crimson", linewidth=1.6, marker="o" if len(marks) < 30 else None, markersize=3)
    twin.set_ylim(bottom=0)
    twin.set_ylabel(f"delay, mean ({unit})", color="crimson")
    twin.tick_params(axis="y", colors="crimson")
    slowest = format_si(float(delay.max()), "s")
    axes.set_title(
        f"wire length: mean {length.mean():.1f}, longest {top:.0f};  longest delay {slowest}",
        loc="left",
        fontsize="medium",
    )


def _slowest(axes: Any, die: Mapping[str, Any], place: np.ndarray) -> None:
    """The longest wire of each p-bit, drawn at its place."""
    longest = np.zeros(len(place))
    for end in ("first", "second"):
        np.maximum.at(longest, np.asarray(die[end]), np.asarray(die["length"], dtype=np.float64))
    side = max(float(np.ptp(place, axis=0).max()) + 1, 2.0)
    spots = axes.scatter(*place.T, c=longest, s=(230.0 / side) ** 2, marker="s", linewidths=0, cmap="viridis", vmin=0)
    bar = axes.figure.colorbar(spots, ax=axes, shrink=0.9)
    bar.set_label("longest wire (pitches)")
    _frame(axes)
    axes.set_title("the longest wire of each p-bit: how long it waits", loc="left", fontsize="medium")


def _rule(axes: Any, rule: Mapping[str, Any]) -> None:
    ratio, loss, error = np.array(rule["curve"]).T
    axes.errorbar(
        ratio,
        loss,
        yerr=1.96 * error,
        color=canvas.palette()[0],
        marker="o",
        markersize=4,
        linewidth=1.2,
        capsize=2,
        label="measured, 95 %",
    )
    axes.axhline(rule["limit"], color="0.3", linestyle="--", linewidth=1, label=f"limit {rule['limit']:g}")
    axes.set_xscale("log")
    low, high = rule["ratio_ci"]
    if rule["ratio"] is not None:
        axes.axvspan(low or ratio[0], high or ratio[-1], color="tab:green", alpha=0.2, linewidth=0)
        axes.axvline(rule["ratio"], color="tab:green", linewidth=1.4, label=f"design rule: {rule['ratio']:.2g}")
    here = rule.get("here")
    if here:
        axes.axvline(here, color="crimson", linewidth=1.4, label=f"this layout: {here:.2g}")
    axes.set_xlabel("longest delay / mean time between updates")
    axes.set_ylabel(
        {"correlation": "correlation error", "kl": "KL divergence (nats)"}.get(rule["measure"], "success lost")
    )
    canvas.dress(axes, "what delay costs, and the largest that is allowed")
    axes.legend(fontsize="small", framealpha=0.8, edgecolor="none", loc="best")


def layout_title(name: str, facts: dict[str, Any]) -> str:
    """The title: what is laid out, on how many cells and what area."""
    area = "" if facts["area_m2"] is None else f", {_area(facts['area_m2'])}"
    return f"{name}: {facts['pbits']} p-bits on {facts['columns']} x {facts['rows']} cells{area}"


def _area(area_m2: float) -> str:
    return f"{area_m2 * 1e6:.3g} mm2"


def layout_text(title: str, facts: dict[str, Any], rule: Any) -> str:
    """The numbers of `hwsim.experiment.layout_facts`, and those of the design rule if there is one."""
    pitch, critical = facts["cell_pitch_m"], facts["critical_delay_s"]
    lines = [title]

    def line(label: str, text: str) -> None:
        lines.append(f"  {label:<30} {text}")

    unit = "pitches" if pitch is None else f"pitches of {format_si(pitch, 'm')}"
    total = "" if pitch is None else f", {format_si(facts['wire_total_m'], 'm')}"
    x, y = facts["crowded_cell"]
    line("couplings", f"{facts['wires']}")
    line("wire of a coupling", f"mean {facts['wire_length_mean']:.2f}, longest {facts['wire_length_max']:.0f} {unit}")
    line("all wires", f"{facts['wire_length_total']:.0f} pitches{total}")
    line("wires through a cell", f"mean {facts['crowding_mean']:.1f}, most {facts['crowding_max']:.0f} at ({x}, {y})")
    delay = "unknown: this chip states no wire_delay, stage_delay or delay"
    if critical > 0:
        mean, share = format_si(facts["delay_mean_s"], "s"), facts["delay_over_update"]
        delay = f"mean {mean}, longest {format_si(critical, 's')} ({share:.3g} of an update)"
    line("delay of a coupling", delay)
    toggle = facts["toggle_j_mean"]
    unknown = "unknown: this chip states no wire_energy"
    line("energy of a toggle's wires", unknown if toggle is None else f"mean {format_si(toggle, 'J')}")
    if facts["chromatic_hz"] is not None:
        rate, phases = format_si(facts["chromatic_hz"], "Hz"), facts["colours"]
        line("chromatic clock, exact", f"up to {rate} sweeps, with {phases} phases no shorter than the longest delay")
    if rule is None:
        return "\n".join(lines)
    what = {"correlation": "correlation error", "kl": "KL divergence", "success": "success lost"}[rule.measure]
    lines.append(f"design rule: {what} below {rule.limit:g}")
    line("delay / update time", _ratio(rule))
    if facts["update_hz"] is not None:
        most, now = format_si(facts["update_hz"], "Hz"), format_si(1 / rule.update_s, "Hz")
        line("updates of a p-bit", f"up to {most} by the design rule, now {now}")
    if rule.loss_here is not None:
        loss, error = rule.loss_here
        line(f"{what}, this layout", f"{loss:.3g} +- {error:.2g}")
    return "\n".join(lines)


def _ratio(rule: Any) -> str:
    if rule.ratio is None:
        return f"no limit up to {rule.curve[-1][0]:.3g}" if rule.curve else "not measured"
    if rule.is_bound:
        return f"below {rule.curve[0][0]:.3g}, the smallest that was tried"
    low, high = rule.ratio_ci
    least = f"below {rule.curve[0][0]:.2g}" if low is None or low <= rule.curve[0][0] else f"{low:.3g}"
    return f"at most {rule.ratio:.3g} [{least}, {'no limit' if high is None else format(high, '.3g')}]"
