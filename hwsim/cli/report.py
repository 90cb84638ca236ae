"""``hwsim report RESULTS.db``: what a study found: tables, pictures, one page."""

import argparse
import csv
import io
import sys
from pathlib import Path
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import record, write_json, write_text
from hwsim.errors import InputError

N_BOOT = 1000


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "report",
        help="what a study found: tables, pictures, one HTML page",
        description="Join the points of a study over instances and show time and energy to solution against length, "
        "size and delay, and all series at matched device time and matched hardware cost.",
        parents=[options.outputs("points, curves and exponents")],
    )
    parser.add_argument("store", metavar="RESULTS.db", help="store of hwsim study; a running study may be shown")
    parser.add_argument(
        "--html", type=options.file_out, metavar="FILE", help="the page (RESULTS.html); it needs no other file"
    )
    parser.add_argument("--csv", type=options.file_out, metavar="FILE", help="all points as a table for other programs")
    parser.add_argument("--title", metavar="TEXT", help="title of the page (the name of the store)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.files import check_writable
    from hwsim.study.curves import best_lengths, exponents, joined, matched, plain, unequal
    from hwsim.study.store import Store
    from hwsim.study.summed import table

    page = Path(arguments.html) if arguments.html else Path(arguments.store).with_suffix(".html")
    check_writable(page)
    with Store(arguments.store, create=False) as store:
        points = table(store, n_boot=N_BOOT)
        programs = dict.fromkeys(facts["program"] for facts in store.points().values())
    if not any(point["shards"] for point in points):
        raise InputError(f"{arguments.store} has no results yet")
    rows = joined(points)
    best = best_lengths(rows)
    slopes = exponents(rows)
    comparisons = [
        ("device time", matched(rows, lambda row: row["total_time_s"])),
        (
            "hardware cost (p-bits x device time of a run)",
            matched(unequal(rows), lambda row: row["total_time_s"] * row["hardware_pbits"]),
        ),
    ]
    points = [plain(point) for point in points]
    made = record(arguments, programs=programs)
    if arguments.json:
        write_json(
            {"points": points, "curves": [plain(row) for row in rows], "best": [plain(row) for row in best],
             "exponents": slopes, "matched": {words: rows for words, rows in comparisons}},
            arguments.json, made,
        )  # fmt: skip
    if arguments.csv:
        write_text(_csv(points), arguments.csv)
    if arguments.json != "-":
        _print(best, slopes, comparisons)
    from hwsim.report.study_figures import pictures
    from hwsim.report.study_page import study_page

    title = arguments.title or f"Study {Path(arguments.store).stem}"
    write_text(study_page(title, points, best, slopes, comparisons, pictures(rows, best), made), str(page))
    print(f"page: {page}", file=sys.stderr)
    return 0


def _print(best: list[dict[str, Any]], slopes: list[dict[str, Any]], comparisons: Any) -> None:
    from hwsim.report.study_table import SOLUTION, between, joules, length_note, remainder, spent
    from hwsim.units import format_si

    lines = [["problem", "series", "delay", "best length", *SOLUTION, "p-bits", "instances"]]
    for row in best:
        solved = row["tts99_total_s"] is not None
        lines.append([
            row["family"], row["series"], format_si(row["delay_s"], "s"),
            format_si(row["time_s"], "s") + (length_note(row) or " (interior)") if solved else "-",
            format_si(row["tts99_s"], "s") if solved else "-",
            between(row["tts99_total_s"], row["tts99_total_ci_s"], "s") if solved
            else f"> {format_si(row['bound_s'], 's')}",
            joules(row["ets99_j"]), joules(row["ets99_total_j"]), f"{row['hardware_pbits']:,.0f}",
            f"{row['solved']}/{row['instances']}",
        ])  # fmt: skip
    if len(lines) > 1:
        _columns(lines)
    if slopes:
        print("\nresidual energy ~ length^-exponent")
        _columns([["problem", "series", "delay", "exponent"]] + [
            [row["family"], row["series"], format_si(row["delay_s"], "s"),
             f"{row['kappa']:.3g} [{row['kappa_ci'][0]:.3g}, {row['kappa_ci'][1]:.3g}]"]
            for row in slopes
        ])  # fmt: skip
    for words, rows in comparisons:
        if rows:
            print(f"\nresidual energy per spin at matched {words}")
            _columns([["problem", "all spend", "series", "delay", "runs x length", "residual"]] + [
                [row["family"], spent(row["at"], words), row["series"], format_si(row["delay_s"], "s"),
                 f"{row['runs']} x {format_si(row['time_s'], 's')}", remainder(row)]
                for row in rows
            ])  # fmt: skip


def _columns(lines: list[list[str]]) -> None:
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _csv(points: list[dict[str, Any]]) -> str:
    """One line a point; what has parts is flattened."""
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
