"""The table of a study on a terminal: one line a point.

Enters: points as `hwsim.study.summed.table` gives them. Leaves: text.
"""

from typing import Any

from hwsim.report.table import columns
from hwsim.units import format_si

_LEAST = 1e-6
"""Residual energy per spin below which the number of digits is that of an extrapolation."""


def study_table(points: list[dict[str, Any]], *, width: int | None = None) -> str:
    """Words of the grid, reads, success, TTS99, energy to solution, residual energy, and why a point stopped."""
    keys = list(dict.fromkeys(key for point in points for key in point["words"]))
    with_target = any(point.get("tts99_s") is not None for point in points)
    head = [*keys, "reads"]
    head += ["P(success)", "TTS99", "energy to sol."] if with_target else ["energy"]
    lines = [[*head, "residual/spin", "stopped"]]
    for point in points:
        words = [point["words"].get(key, "") for key in keys]
        if point["shards"] == 0:
            lines.append(
                [*words, "0", *["-"] * (len(head) - len(keys) - 1), "-", point.get("stopped") or "not yet run"]
            )
            continue
        cells = solution(point) if with_target else [f"{point['energy_mean']:.6g} +- {point['energy_error']:.2g}"]
        lines.append([
            *words, str(point["reads"]), *cells, residual(point), point.get("stopped") or "goes on",
        ])  # fmt: skip
    return "\n".join([columns(lines, width=width), *notes(points)])


def notes(points: list[dict[str, Any]]) -> list[str]:
    """What the numbers leave out: prices that nobody has published."""
    out = []
    for key, what in (("unknown_time", "time"), ("unknown_energy", "energy")):
        missing = sorted({item for point in points for item in point.get(key, ())})
        if missing:
            out.append(f"no price on the card, so not in the {what}: {', '.join(missing)}")
    return out


def solution(point: dict[str, Any]) -> list[str]:
    """Success, TTS99 and energy to solution as text with 95 % intervals."""
    if point.get("tts99_s") is None:
        return ["no target", "-", "-"]
    low, high = point["p_success_ci"]
    success = f"{point['p_success']:.3g} [{low:.2g}, {high:.2g}]"
    joules = point["ets99_j"]
    if point["tts99_is_bound"]:
        more = "unknown" if joules is None else f"> {format_si(joules, 'J')}"
        return [success, f"> {format_si(point['tts99_s'], 's')}", more]
    return [success, between(point["tts99_s"], point["tts99_ci_s"], "s"),
            "unknown" if joules is None else format_si(joules, "J")]  # fmt: skip


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
    """Whether a best length is an optimum."""
    if row["is_interior"]:
        return ""
    if row["lengths"] == 1:
        return " (only one tried)"
    return " (edge)" if row["is_edge"] else " (near a tie)"


def spent(at: float, words: str) -> str:
    """What all series of a comparison spend."""
    return f"{at:.3g} p-bit s" if "p-bit" in words else format_si(at, "s")


def remainder(row: dict[str, Any]) -> str:
    """Residual energy of a comparison, with its interval over instances where there are several."""
    ends = row["residual_ci"]
    if 0 < row["residual"] < _LEAST:
        return f"< {_LEAST:g}"
    return f"{row['residual']:.3g}" + ("" if ends is None else f" [{ends[0]:.2g}, {ends[1]:.2g}]")
