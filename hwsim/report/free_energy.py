"""A free energy as picture and text: ln Z of each method, the mean energy, and the work of anneals there and back.

Enters: what ``hwsim free-energy --json`` writes. Leaves: a drawing, or text.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from hwsim.report import canvas
from hwsim.units import format_si


def free_energy_drawing(document: dict[str, Any], *, title: str) -> canvas.Drawing:
    """ln Z of each method with interval and bounds; then, where they were measured, the work of the anneals both ways
    and the mean energy against beta. Panels: values, annealing, integration."""
    draw = {"annealing": _work, "integration": _energy}
    panels = [key for key in draw if key in document]
    return canvas.Drawing(
        title=title,
        panels={"values": partial(_values, document=document, panels=panels)}
        | {key: partial(draw[key], document=document) for key in panels},
        size=(4.6 * (1 + len(panels)), 4.8),
        wrap=40 * (1 + len(panels)),
    )


_NAMES = {"annealing": "annealed,\nthere and back", "integration": "integral of\nthe energy"}


def _values(axes: Any, document: dict[str, Any], panels: list[str]) -> None:
    blue, orange = canvas.palette()[:2]
    for place, key in enumerate(panels):
        row = document[key]
        axes.plot(
            [place, place],
            [row["lower"], row["upper"]],
            color=blue,
            alpha=0.25,
            linewidth=9,
            solid_capstyle="butt",
            label="bounds from both sides" if place == 0 else None,
        )
        axes.errorbar(
            place,
            row["log_z"],
            [[row["log_z"] - row["low"]], [row["high"] - row["log_z"]]],
            fmt="o",
            color=blue,
            capsize=4,
            label="measured, 95 % interval" if place == 0 else None,
        )
    if document["exact"] is not None:
        axes.axhline(
            document["exact"]["log_z"], color=orange, linewidth=1.4, label=f"exact ({document['exact']['method']})"
        )
    axes.set_xticks(range(len(panels)), [_NAMES[key] for key in panels])
    axes.set_xlim(-0.6, len(panels) - 0.4)
    axes.set_ylabel("ln Z")
    axes.ticklabel_format(axis="y", useOffset=False)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.4 * (high - low))
    axes.legend(fontsize="small", frameon=False, loc="upper left")
    canvas.dress(axes, "ln Z")


def _work(axes: Any, document: dict[str, Any]) -> None:
    blue, orange, green = canvas.palette()[:3]
    row = document["annealing"]
    # as the estimate of ln Z that each copy gives alone
    up = row["log_z_0"] - np.array(row["forward_work"])
    down = row["log_z_0"] - np.array(row["reverse_work"])
    edges = np.histogram_bin_edges(np.concatenate([up, down]), bins=40)
    for values, colour, words in ((up, blue, "up from beta = 0"), (down, green, "back down")):
        axes.hist(values, edges, density=True, alpha=0.45, color=colour, label=words)
    exact = document["exact"]
    axes.axvline(
        row["log_z"] if exact is None else exact["log_z"],
        color=orange,
        linewidth=1.4,
        label="ln Z, measured" if exact is None else "ln Z, exact",
    )
    axes.set_xlabel("ln Z(0) less the work of one copy / k T")
    axes.set_ylabel("share of copies, per unit")
    axes.set_ylim(0, 1.35 * axes.get_ylim()[1])
    axes.legend(fontsize="small", frameon=False, loc="upper left")
    canvas.dress(axes, "the work of every copy, there and back")


def _energy(axes: Any, document: dict[str, Any]) -> None:
    blue = canvas.palette()[0]
    row = document["integration"]
    betas, energies = np.array(row["betas"]), np.array(row["energies"])
    axes.fill_between(betas, energies, energies.max(), color=blue, alpha=0.12)
    axes.errorbar(betas, energies, 1.96 * np.array(row["errors"]), fmt=".-", color=blue, linewidth=1.0, markersize=4)
    axes.set_xlabel("beta")
    axes.set_ylabel("mean energy, measured")
    canvas.dress(axes, "the mean energy; the area is ln Z - ln Z(0)")


_WORDS = {"annealing": "annealed, there and back", "integration": "integral of the energy"}


def free_energy_text(document: dict[str, Any]) -> str:
    """ln Z and F of each method beside the exact ones, then what each method took, and cautions."""
    facts, exact = document["problem"], document["exact"]
    lines = [
        f"{facts['name']}: {facts['spins']} spins, beta {document['beta']:g}, chip {document['chip']}, "
        f"{document['clock']} clock",
        _line("", "ln Z", "95 % interval", "bounds", "F"),
    ]
    if exact is None:
        lines.append(f"{_line('exact', 'unknown')}  (the graph is too wide to sum over)")
    else:
        lines.append(_line(f"exact, {exact['method']}", f"{exact['log_z']:.4f}", "", "", _number(exact["free_energy"])))
    measured = {key: document[key] for key in _WORDS if key in document}
    for key, row in measured.items():
        between, bounds = (f"[{row[a]:.4f}, {row[b]:.4f}]" for a, b in (("low", "high"), ("lower", "upper")))
        lines.append(_line(_WORDS[key], f"{row['log_z']:.4f}", between, bounds, _number(row["free_energy"])))
    for key, row in measured.items():
        lines += _details(key, row, exact)
    return "\n".join([*lines, *(f"caution: {doubt}" for doubt in document["doubts"])])


def _line(name: str, log_z: str, between: str | None = None, bounds: str = "", free: str = "") -> str:
    start = f"{name:<28}{log_z:>10}"
    return start if between is None else f"{start}  {between:<24}{bounds:<24}{free:>11}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.7g}"


def _joules(value: float | None) -> str:
    return "unknown" if value is None else format_si(value, "J")


def _details(key: str, row: dict[str, Any], exact: dict[str, Any] | None) -> list[str]:
    unpriced = f", of which {', '.join(row['unknown_time'])} have no price" if row["unknown_time"] else ""
    time_s, total_s = (format_si(row[name], "s") for name in ("device_time_s", "total_time_s"))
    lines = [
        f"{key}: {row['steps']} steps of beta; a copy takes {time_s} of device time, with read-out {total_s}"
        f"{unpriced}; energy {_joules(row['device_energy_j'])}, with read-out {_joules(row['total_energy_j'])}"
    ]
    if key == "annealing":
        up, down = (f"{row[way]['log_z']:.4f} +- {row[way]['error']:.4f}" for way in ("forward", "reverse"))
        lines.append(f"  up {up}, down {down}; both ways lose {row['dissipated']:.3g} k T")
    else:
        loop, error = row["hysteresis"]
        lines.append(
            f"  mean energy {row['mean_energy']:.6g}, entropy {row['entropy']:.5g} k; hysteresis {loop:.2g} +- "
            f"{error:.2g} of ln Z"
        )
    if exact is not None and row["error"] > 0 and math.isfinite(row["error"]):
        lines.append(f"  {(row['log_z'] - exact['log_z']) / row['error']:+.1f} standard errors from the exact value")
    return lines
