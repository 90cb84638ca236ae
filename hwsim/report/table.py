"""Tables for people: columns of text, and the table that compares runs of a problem, in ASCII, one row per run.

Enters: lines of cells; or rows (dicts, see :data:`KEYS`) and a few words about the problem. Leaves: text. Nothing is
computed here.
"""

import math
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from hwsim.errors import InputError
from hwsim.program import Program
from hwsim.units import format_si, to_seconds

KEYS = (
    "chip",
    "clock",
    "participation",
    "tau_s",
    "delay_s",
    "engine",
    "reads",
    "schedules",
    "energy_mean",
    "energy_sem",
    "energy_best",
    "cut_mean",
    "cut_best",
    "hits",
    "p_success",
    "p_success_ci",
    "tts99_s",
    "tts99_ci_s",
    "tts99_is_bound",
    "tts99_total_s",
    "tts99_total_ci_s",
    "runs_to_solution",
    "ets99_j",
    "ets99_ci_j",
    "ets99_total_j",
    "ets99_total_ci_j",
    "device_time_s",
    "total_time_s",
    "device_energy_j",
    "total_energy_j",
    "time_split_s",
    "energy_split_j",
    "unknown_time",
    "unknown_energy",
    "power_w",
    "program_s",
    "program_j",
    "updates",
    "flips",
    "host_seconds",
    "updates_per_ns",
    "total_variation",
    "tv_noise_floor",
    "beta",
    "effective_beta",
    "effective_beta_ci",
    "effective_reads",
    "design_effect",
    "schedule_correlation",
    "autocorrelation_s",
    "autocorrelation_bound",
    "note",
)
"""What a row may hold; every key except ``clock`` may be absent or None."""
_LEAST_PLAIN, _PLAIN = 1e-4, 1e12
"""Sizes between which numbers are printed without an exponent."""
_CHIP = 16
"""Characters of a line of a chip's name, which is broken at hyphens."""
_ROUNDING = 2.0**-48
"""A standard error below this part of its mean is the rounding of the sum."""


def columns(lines: Sequence[Sequence[str]], *, align: str = "", width: int | None = None) -> str:
    """``lines`` of equally many cells as columns, two spaces apart.

    align : "<" or ">" for each column, by default to the left;  width : of a terminal, at which cells are folded;
    without it lines are as long as they need to be
    """
    sides = align.ljust(len(lines[0]), "<")
    widths = [max(len(line[k]) for line in lines) for k in range(len(sides))]
    if width is None or sum(widths) + 2 * (len(widths) - 1) <= width:
        plan = list(zip(sides, widths, strict=True))
        rows = ("  ".join(f"{cell:{side}{w}}" for cell, (side, w) in zip(line, plan, strict=True)) for line in lines)
        return "\n".join(row.rstrip() for row in rows)
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_header=False)
    for side in sides:
        table.add_column(justify="right" if side == ">" else "left", overflow="fold")
    for line in lines:
        table.add_row(*(Text(_bound(cell)) for cell in line))
    return _rendered(width, table)


_NO_BREAK = "\ue000"
"""Stands for a space at which no line may break, while rich folds; rich takes every blank for one where it may."""


def _bound(cell: str) -> str:
    """``cell`` with its numbers bound to their units."""
    return re.sub(r"(?<=[\d.\]]) (?=[A-Za-z%])", _NO_BREAK, cell)


def facts_text(facts: dict[str, Any]) -> str:
    """A line for each known fact, with its key in words."""
    known = {key.replace("_", " "): value for key, value in facts.items() if value is not None}
    shown = {key: f"{value:g}" if isinstance(value, float) else str(value) for key, value in known.items()}
    return "\n".join(f"{key:<16} {value}" for key, value in shown.items())


def compare_table(rows: list[dict], problem: dict | None = None, *, console_width: int = 110) -> str:
    """The table as ASCII text with a final newline, in lines of at most ``console_width`` characters, more by a
    column of chips where rows name them.

    rows : dicts with keys from KEYS; an interval is a (low, high) pair, where None is "no limit".
    problem : words for the title, such as ``{"name": "G14", "p-bits": 800, "couplings": 4694}``.
    An empty column is dropped; a setting that is the same in every row is stated once, above. Raises InputError for an
    unknown key, and without rows.
    """
    if not rows:
        raise InputError("a table needs at least one row, got none")
    for row in rows:
        unknown = sorted(set(row) - set(KEYS))
        if unknown:
            raise InputError(f"{unknown[0]!r} is not a column of the table; known are {', '.join(KEYS)}")
    from rich.box import Box
    from rich.table import Table
    from rich.text import Text

    common, differing = [], []
    for key, header, cell in _SETTINGS:
        cells = [cell(row) for row in rows]
        if len(set(cells)) == 1:
            if cells[0] != "-":
                common.append(f"{_plain(header)} {cells[0]}")
        else:
            differing.append((key, header, cells))
    for key, header, cell in _RESULTS:
        cells = [cell(row) for row in rows]
        if any(c != "-" for c in cells):
            differing.append((key, header, cells))

    rule = Box("    \n    \n -- \n    \n    \n -- \n    \n    \n", ascii=True)
    table = Table(box=rule, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False, safe_box=True)
    chips = [textwrap.fill(str(row["chip"]), _CHIP) for row in rows if row.get("chip")]
    if chips:
        broad = max(len(line) for chip in chips for line in chip.splitlines())
        console_width += broad + 2
        table.add_column("chip", vertical="top", overflow="fold", min_width=broad)
    table.add_column("clock", vertical="top", overflow="fold")
    for _, header, _ in differing:
        table.add_column(header, justify="right", overflow="fold")
    for i, row in enumerate(rows):
        chip = [Text(textwrap.fill(str(row.get("chip") or "-"), _CHIP))] if chips else []
        table.add_row(*chip, Text(_clock(row)), *(Text(_bound(cells[i])) for _, _, cells in differing))

    parts: list[Any] = [Text(_title(problem))] if problem else []
    if common:
        parts.append(Text("all rows: " + ", ".join(common)))
    parts += ["", table]
    samples = _samples(rows)
    if samples:
        parts += ["", Text(samples)]
    notes = _footnotes(rows, [key for key, _, _ in differing])
    if notes:
        parts += ["", Text(" ".join(notes))]
    parts += [Text(note) for note in _row_notes(rows)]
    return _rendered(console_width, *parts) + "\n"


def _rendered(width: int, *parts: Any) -> str:
    """Rich's parts as plain text, in lines of ``width``; a table takes more where it would break a number."""
    from io import StringIO

    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table

    out = StringIO()
    how: dict[str, Any] = {"color_system": None, "legacy_windows": False, "highlight": False}
    how["force_jupyter"] = False  # a notebook would show the text instead of writing it to ``out``
    console = Console(file=out, width=10 * width, **how)
    for part in parts:
        least = Measurement.get(console, console.options, part).minimum if isinstance(part, Table) else 0
        console.print(part, width=max(width, least))
    return "\n".join(line.rstrip() for line in out.getvalue().replace(_NO_BREAK, " ").splitlines())


def scheme_label(program: Program) -> str:
    """The clock of ``program``, with its participation and its delay where it has them."""
    label = program.clock.kind
    if program.clock.kind == "synchronous":
        label += f" p={program.clock.participation:g}"
    delay = program.wires.uniform_delay
    if delay is None:
        return label + ", per-edge delays"
    return label + (f", delay {format_si(to_seconds(delay), 's')}" if delay else "")


def row_label(row: dict) -> str:
    """A row in the same words, with its chip where it names one."""
    label = " ".join(str(row[key]) for key in ("chip", "clock") if row.get(key))
    if row.get("participation") is not None:
        label += f" p={row['participation']:g}"
    return label + (f", delay {format_si(row['delay_s'], 's')}" if row.get("delay_s") else "")


def _title(problem: dict) -> str:
    said = [f"{key} {number(value)}" for key, value in problem.items() if key != "name" and value is not None]
    return ": ".join(part for part in (str(problem.get("name") or ""), ", ".join(said)) if part)


def _clock(row: dict) -> str:
    """The name of the clock, on two lines if it is long; a row has two lines anyway, for its intervals."""
    name = str(row.get("clock") or "-")
    return name.replace("-", "-\n", 1) if len(name) > 12 else name


def _plain(header: str) -> str:
    return header.replace("\n", " ")


def number(value: Any, digits: int = 6) -> str:
    """Plain digits for counts and for decimals of ordinary size, as no energy should read 1.16e+04."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not math.isfinite(value):
        return str(value)
    if float(value).is_integer() and abs(value) < _PLAIN:
        return str(int(value))
    return f"{value:z.{digits}g}"


def _count(value: float | None) -> str:
    return "-" if value is None else str(value) if abs(value) < 1e6 else f"{value:.3g}".replace("e+0", "e")


def mean_and_error(mean: float | None, error: float | None, *, between: str = "\n+- ") -> str:
    """The mean to two digits of its standard error, ``between`` and the error, at any size: -11432.1 +- 1.3, or
    -1.722e-08 +- 1.2e-10. A mean that the error covers is no minus zero; an error within rounding is left out."""
    if mean is None:
        return "-"
    if not error or not math.isfinite(error) or error <= _ROUNDING * abs(mean):
        return number(mean)
    largest, last = max(abs(mean), error), math.floor(math.log10(error)) - 1
    if _LEAST_PLAIN <= largest < _PLAIN:
        decimals = max(0, -last)
        return f"{mean:z.{decimals}f}{between}{error:.{decimals}f}"
    if abs(mean) < 10.0**last / 2:
        return f"0{between}{error:.1e}"
    digits = max(0, math.floor(math.log10(abs(mean))) - last)
    return f"{mean:.{digits}e}{between}{error:.1e}"


def _mean_alone(mean: float | None, error: float | None) -> str:
    """The same without the error, which stands beside it already: that of a cut is that of its energy."""
    return mean_and_error(mean, error).partition("\n")[0]


def _probability(value: float) -> str:
    return f"{value:.3g}"


def _with_interval(text: str, interval: Any, show: Callable[[float], str]) -> str:
    """The value, and below it the interval; a unit that both ends share is stated once: [30.2,40.9] us."""
    if interval is None:
        return text
    low, high = ("..." if end is None else show(end) for end in interval)
    (low, _, unit), (_, _, other) = low.partition(" "), high.partition(" ")
    if unit == other:
        high = high.removesuffix(f" {unit}") if unit else high
        return f"{text}\n[{low},{high}] {unit}".rstrip()
    return f"{text}\n[{low} {unit},{high}]"


def _success(row: dict) -> str:
    p = row.get("p_success")
    return "-" if p is None else _with_interval(_probability(p), row.get("p_success_ci"), _probability)


def _time_to_solution(row: dict) -> str:
    return _bound_or_interval(row, row.get("tts99_s"), row.get("tts99_ci_s"), _seconds)


def _time_with_read_out(row: dict) -> str:
    return _read_out(row, "tts99", "s", _seconds)


def _energy_to_solution(row: dict) -> str:
    return _bound_or_interval(row, row.get("ets99_j"), None, _joules)


def _energy_with_read_out(row: dict) -> str:
    return _read_out(row, "ets99", "j", _joules)


def _read_out(row: dict, key: str, unit: str, show: Callable[[float], str]) -> str:
    """The value with read-out, where it differs from that of the p-bits alone. Its relative interval is the same."""
    value = row.get(f"{key}_total_{unit}")
    return "-" if value == row.get(f"{key}_{unit}") else _bound_or_interval(row, value, None, show)


def _bound_or_interval(row: dict, value: float | None, ends: Any, show: Callable[[float], str]) -> str:
    if value is None or (row.get("tts99_is_bound") and value == 0):  # more than nothing is no bound
        return "-"
    return "> " + show(value) if row.get("tts99_is_bound") else _with_interval(show(value), ends, show)


def _seconds(value: float | None) -> str:
    return format_si(value, "s")


def _joules(value: float | None) -> str:
    return format_si(value, "J")


def _distance(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}" if value >= 1e-4 or value == 0 else f"{value:.1e}"


_Column = tuple[str, str, Callable[[dict], str]]
_SETTINGS: list[_Column] = [
    ("participation", "part.", lambda row: number(row.get("participation"), 3)),
    ("tau_s", "tau", lambda row: _seconds(row.get("tau_s"))),
    ("delay_s", "delay", lambda row: _seconds(row.get("delay_s"))),
    ("engine", "engine", lambda row: str(row.get("engine") or "-")),
    ("reads", "reads", lambda row: number(row.get("reads"))),
    ("schedules", "schedules", lambda row: number(row.get("schedules"))),
    ("updates", "updates", lambda row: _count(row.get("updates"))),
    ("flips", "flips", lambda row: _count(row.get("flips"))),
    ("device_time_s", "device\ntime", lambda row: _seconds(row.get("device_time_s"))),
]
_RESULTS: list[_Column] = [
    ("energy", "energy\nmean", lambda row: mean_and_error(row.get("energy_mean"), row.get("energy_sem"))),
    ("energy_best", "energy\nbest", lambda row: number(row.get("energy_best"))),
    ("cut_mean", "cut\nmean", lambda row: _mean_alone(row.get("cut_mean"), row.get("energy_sem"))),
    ("cut_best", "cut\nbest", lambda row: number(row.get("cut_best"))),
    ("p_success", "P(success)", _success),
    ("tts99", "TTS99", _time_to_solution),
    ("tts99_total", "TTS99\nread out", _time_with_read_out),
    ("ets99", "energy\nto sol.", _energy_to_solution),
    ("ets99_total", "energy\nread out", _energy_with_read_out),
    ("total_variation", "TV", lambda row: _distance(row.get("total_variation"))),
    ("tv_noise_floor", "TV\nfloor", lambda row: _distance(row.get("tv_noise_floor"))),
    ("host_seconds", "host\ntime", lambda row: _seconds(row.get("host_seconds"))),
    ("updates_per_ns", "upd.\nper ns", lambda row: number(row.get("updates_per_ns"), 3)),
]


def _samples(rows: list[dict]) -> str:
    """How good the reads of each row are as samples of the law; empty where nothing is known."""
    if all(row.get("effective_reads") is None and row.get("effective_beta_ci") is None for row in rows):
        return ""
    timed = any(row.get("autocorrelation_s") is not None for row in rows)
    alike = _are_alike(rows)
    more = [*(["design effect"] if alike else []), *(["autocorrelation"] if timed else [])]
    lines = [["as samples", "effective beta", "of beta", "effective reads", *more]]
    for row in rows:
        worth = row.get("effective_reads")
        length = f"{row.get('autocorrelation_bound') or ''} {_seconds(row.get('autocorrelation_s'))}".strip()
        beta = "-" if row.get("beta") is None else f"{row['beta']:.4g}"
        cells = [row_label(row), _effective_beta(row), beta, "-" if worth is None else f"{worth:.0f}"]
        cells += [number(row.get("design_effect"), 3)] if alike else []
        lines.append([*cells, *([length] if timed else [])])
    return columns(lines, align="<" + ">" * (len(lines[0]) - 1))


def _are_alike(rows: list[dict]) -> bool:
    """Whether the reads of a row are worth so few that the design effect is told."""
    from hwsim.analysis.quality import NOTABLE

    return any((row.get("design_effect") or 1.0) >= NOTABLE for row in rows)


def _effective_beta(row: dict) -> str:
    value, ends = row.get("effective_beta"), row.get("effective_beta_ci")
    if ends is None:
        return "-"
    low, high = ("..." if end is None else f"{end:.3g}" for end in ends)
    if value is None:
        return f"< {high}" if ends[0] is None else f"> {low}"
    return f"{value:.3g} [{low}, {high}]"


def _row_notes(rows: list[dict]) -> list[str]:
    """What a row itself says, with its clock where there are several rows."""
    notes = [(_clock(row).replace("\n", ""), row["note"]) for row in rows if row.get("note")]
    return list(dict.fromkeys(f"note: {f'{clock}: ' if len(rows) > 1 else ''}{note}" for clock, note in notes))


def _pilots(rows: list[dict]) -> list[str]:
    """What the pilots found that chose the schedules."""
    found = [row for row in rows if row.get("schedule_correlation") is not None]
    if not found:
        return []
    words = ", ".join(f"{row['schedule_correlation']:.2g} ({row_label(row)})" for row in found)
    return textwrap.wrap(f"Schedules: by a pilot; the energies of two reads of a schedule correlate by {words}.", 110)


def _footnotes(rows: list[dict], shown: list[str]) -> list[str]:
    notes = _pilots(rows)
    if any(row.get("participation") is not None for row in rows):
        notes.append("part.: share of p-bits that join each tick.")
    if "energy" in shown and any(row.get("energy_sem") for row in rows):
        notes.append("+-: one standard error of the mean.")
    if "p_success" in shown:
        notes.append("P(success): share of reads at or below the target energy.")
    if "tts99" in shown:
        notes.append("TTS99: device time in which the p-bits reach the target once with probability 0.99.")
        if any(row.get("tts99_is_bound") for row in rows):
            notes.append('">": no read succeeded, so this is a lower bound (95 %).')
    if {"tts99_total", "ets99_total"} & {*shown}:
        notes.append("read out: with all reads, writes and transfers.")
    missing = sorted({item for row in rows for item in row.get("unknown_time") or ()})
    if "tts99" in shown and missing:
        notes.append(f"No price for: {', '.join(missing)}.")
    if any("[" in cell(row) for row in rows for cell in (_success, _time_to_solution)):
        notes.append("[low,high]: 95 % interval; ... is no limit.")
    if "total_variation" in shown:
        notes.append("TV: total variation distance from the exact Boltzmann law; TV floor: what as many independent")
        notes.append("samples of the exact law would show.")
    if any(row.get("flips") is not None for row in rows):
        notes.append(
            "Updates: one for each tau of a p-bit, as these set their own rate by their state; flips are counted one "
            "by one."
        )
    if any(row.get("effective_reads") is not None for row in rows):
        notes.append("Effective beta: at which the final states look most like samples, by pseudolikelihood; effective")
        notes.append("reads: independent ones that would know the mean energy as well.")
    if _are_alike(rows):
        notes.append("Design effect: reads over effective reads. Reads of a schedule share who updates when, and are")
        notes.append("alike here: more schedules help (--schedules auto), or participants=own of a synchronous clock.")
    if any(row.get("autocorrelation_s") is not None for row in rows):
        notes.append("Autocorrelation: device time in which a read forgets its energy.")
    if "host_seconds" in shown or "updates_per_ns" in shown:
        notes.append("Host time and updates (upd.) per ns are those of this computer, not of the chip.")
    return notes
