"""The table of a study on a terminal: one line for each point.

Enters: points as `hwsim.study.summed.table` gives them. Leaves: text.
"""

import csv
import io
from typing import Any

from hwsim.report.table import columns, mean_and_error
from hwsim.study.curves import Comparisons
from hwsim.units import format_si

_LEAST = 1e-6
"""A residual energy below this part of the ground state's is shown as a bound: its digits would be those of an
extrapolation."""


ALONE = ["TTS99", "energy to sol."]
SOLUTION = ["TTS99", "with read-out", "energy to sol.", "with read-out"]
"""Columns of a solution: of the p-bits alone, and with read-out."""


def study_table(points: list[dict[str, Any]], *, width: int | None = None) -> str:
    """Grid values, reads, success, TTS99, energy to solution, residual energy, and why a point stopped."""
    keys = list(dict.fromkeys(key for point in points for key in point["words"]))
    with_target = any(point.get("tts99_s") is not None for point in points)
    apart = any(point.get("tts99_s") != point.get("tts99_total_s") for point in points)
    head = [*keys, "reads"]
    head += ["P(success)", *(SOLUTION if apart else ALONE)] if with_target else ["energy"]
    lines = [[*head, "residual/spin", "stopped"]]
    for point in points:
        words = [point["words"].get(key, "") for key in keys]
        if point["shards"] == 0:
            lines.append(
                [*words, "0", *["-"] * (len(head) - len(keys) - 1), "-", point.get("stopped") or "not yet run"]
            )
            continue
        cells = [mean_and_error(point["energy_mean"], point["energy_error"], between=" +- ")]
        if with_target:
            cells = solution(point, apart=apart)
        lines.append([*words, str(point["reads"]), *cells, residual(point), point.get("stopped") or "not done"])
    return "\n".join([columns(lines, width=width), *notes(points)])


def notes(points: list[dict[str, Any]]) -> list[str]:
    """What the numbers leave out, because the card has no price for it, and where p-bits hardly update."""
    slow = [point["note"] for point in points if point.get("note")]
    out = [f"note: {note}" for note in dict.fromkeys(slow)]
    for key, what in (("unknown_time", "time"), ("unknown_energy", "energy")):
        missing = sorted({item for point in points for item in point.get(key, ())})
        if missing:
            out.append(f"no price on the card, so not in the {what}: {', '.join(missing)}")
    return out


def solution(point: dict[str, Any], *, apart: bool) -> list[str]:
    """Success, then the columns of SOLUTION as text with 95 % intervals; where the table does not show both sums
    ``apart``, the columns of ALONE, which are those with read-out."""
    if point.get("tts99_s") is None:
        return ["no target", *["-"] * len(SOLUTION if apart else ALONE)]
    low, high = point["p_success_ci"]
    cells = [f"{point['p_success']:.3g} [{low:.2g}, {high:.2g}]"]
    keys = ("tts99_s", "tts99_total_s", "ets99_j", "ets99_total_j") if apart else ("tts99_total_s", "ets99_total_j")
    for key in keys:
        unit = key[-1].upper() if key.endswith("j") else "s"
        if point[key] is None:
            cells.append("unknown")
        elif point["tts99_is_bound"]:
            cells.append(f"> {format_si(point[key], unit)}")
        else:
            ends = point[f"{key[:-2]}_ci_s"] if unit == "s" else None
            cells.append(format_si(point[key], unit) if ends is None else between(point[key], ends, unit))
    return cells


def joules(value: float | None) -> str:
    """An energy, or a word where it is not known."""
    return "unknown" if value is None else format_si(value, "J")


def between(value: float, ends: list[float | None], unit: str) -> str:
    """A value with its interval."""
    low, high = ends
    return f"{format_si(value, unit)} [{format_si(low, unit)}, {'...' if high is None else format_si(high, unit)}]"


def residual(point: dict[str, Any]) -> str:
    """Residual energy per spin."""
    if point["residual"] is None:
        return "-"
    return f"{point['residual']:.3g} +- {point['residual_error']:.1g}"


def length_note(row: dict[str, Any]) -> str:
    """A note on whether a best length is an optimum."""
    if row["is_interior"]:
        return ""
    if row["lengths"] == 1:
        return " (only one tried)"
    return " (edge)" if row["is_edge"] else " (near a tie)"


def spent(at: float, words: str) -> str:
    """What each series of a comparison spends."""
    return f"{at:.3g} p-bit s" if "p-bit" in words else format_si(at, "s")


def remainder(row: dict[str, Any]) -> str:
    """Residual energy of a comparison, with its interval over instances where there are several."""
    ends = row["residual_ci"]
    least = _LEAST * row["energy_scale"]
    if 0 < row["residual"] < least:
        return f"< {least:g}"
    return f"{row['residual']:.3g}" + ("" if ends is None else f" [{ends[0]:.2g}, {ends[1]:.2g}]")


def report_text(
    best: list[dict[str, Any]], slopes: list[dict[str, Any]], comparisons: Comparisons, *, width: int | None = None
) -> str:
    """Each series at its best length, exponents of the residual energy, and residual energies at matched cost."""
    parts = []
    lines = [["problem", "series", "delay", "best length", *SOLUTION, "p-bits", "instances"]]
    for row in best:
        solved = row["tts99_total_s"] is not None
        lines.append(
            [
                row["family"],
                row["series"],
                format_si(row["delay_s"], "s"),
                format_si(row["time_s"], "s") + (length_note(row) or " (interior)") if solved else "-",
                format_si(row["tts99_s"], "s") if solved else "-",
                between(row["tts99_total_s"], row["tts99_total_ci_s"], "s")
                if solved
                else f"> {format_si(row['bound_s'], 's')}",
                joules(row["ets99_j"]),
                joules(row["ets99_total_j"]),
                f"{row['hardware_pbits']:,.0f}",
                f"{row['solved']}/{row['instances']}",
            ]
        )
    if best:
        parts.append(columns(lines, width=width))
    if slopes:
        lines = [["problem", "series", "delay", "exponent"]] + [
            [
                row["family"],
                row["series"],
                format_si(row["delay_s"], "s"),
                f"{row['kappa']:.3g} [{row['kappa_ci'][0]:.3g}, {row['kappa_ci'][1]:.3g}]",
            ]
            for row in slopes
        ]
        parts.append(f"residual energy ~ length^-exponent\n{columns(lines, width=width)}")
    for words, rows in comparisons:
        if rows:
            lines = [["problem", "all spend", "series", "delay", "runs x length", "residual"]] + [
                [
                    row["family"],
                    spent(row["at"], words),
                    row["series"],
                    format_si(row["delay_s"], "s"),
                    f"{row['runs']} x {format_si(row['time_s'], 's')}",
                    remainder(row),
                ]
                for row in rows
            ]
            parts.append(f"residual energy per spin at matched {words}\n{columns(lines, width=width)}")
    return "\n\n".join(parts)


def points_csv(points: list[dict[str, Any]]) -> str:
    """A line for each point; values with parts take a column for each part."""
    flat = [_flat(point) for point in points]
    names = list(dict.fromkeys(name for row in flat for name in row))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue()


def _flat(point: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in point.items():
        if key in ("grades", "facts"):
            continue
        if isinstance(value, dict):
            out |= _flat(value, f"{prefix}{key}.")
        elif key.endswith(("_ci", "_ci_s", "_ci_j")) and isinstance(value, list):
            out |= {f"{prefix}{key}_low": value[0], f"{prefix}{key}_high": value[1]}
        elif isinstance(value, list):
            out[prefix + key] = " ".join(str(item) for item in value)
        else:
            out[prefix + key] = value
    return out
