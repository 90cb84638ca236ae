"""``hwsim report RESULTS.db``: the results of a study as tables, pictures and one page."""

import argparse
from pathlib import Path
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import check_outputs, give, record
from hwsim.command.progress import tell
from hwsim.errors import InputError
from hwsim.files import write_text
from hwsim.text import stem

N_BOOT = 1000


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "report",
        help="the results of a study: tables, pictures, one HTML page",
        description="Join the points of a study over instances and show time and energy to solution against length, "
        "size and delay, and all series at matched device time and matched hardware cost.",
        parents=[options.outputs("points, curves and exponents")],
    )
    parser.add_argument("store", metavar="RESULTS.db", help="store of hwsim study, which may still run")
    parser.add_argument(
        "--html", type=options.file_out, metavar="FILE", help="the page (RESULTS.html), which needs no other file"
    )
    parser.add_argument("--csv", type=options.file_out, metavar="FILE", help="all points as a table for other programs")
    parser.add_argument("--title", metavar="TEXT", help="title of the page (the name of the store)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.report.study_figures import pictures
    from hwsim.report.study_page import study_page
    from hwsim.report.study_table import points_csv, report_text
    from hwsim.study.curves import best_lengths, comparisons, exponents, joined, plain
    from hwsim.study.store import Store
    from hwsim.study.summed import table

    if not arguments.html:
        if not Path(arguments.store).name:
            Store(arguments.store, create=False).close()  # refuses it
        arguments.html = options.file_out(str(Path(arguments.store).with_suffix(".html")))
        check_outputs(arguments)
    page = Path(arguments.html)
    with Store(arguments.store, create=False) as store:
        points = table(store, n_boot=N_BOOT)
        programs = dict.fromkeys(facts["program"] for facts in store.points().values())
        n_rows = store.count()[1]
    if not any(point["shards"] for point in points):
        others = " of hwsim study; it holds trainings, which hwsim train prints" if n_rows else " yet"
        raise InputError(f"{arguments.store} has no results{others}")
    rows = joined(points)
    best = best_lengths(rows)
    slopes = exponents(rows)
    matches = comparisons(rows)
    points = [plain(point) for point in points]
    made = record(arguments, programs=programs)
    if arguments.csv:
        write_text(arguments.csv, points_csv(points))
    title = arguments.title or f"Study {stem(arguments.store)}"
    write_text(page, study_page(title, points, best, slopes, matches, pictures(rows, best, made), made))
    tell(f"page: {page}")
    document = {
        "points": points,
        "curves": [plain(row) for row in rows],
        "best": [plain(row) for row in best],
        "exponents": slopes,
        "matched": dict(matches),
    }
    return give(arguments, document, made, text=lambda width: report_text(best, slopes, matches, width=width))
