"""The page of a study: tables and pictures in one HTML file that needs no other file.

Enters: points and curves of `hwsim.study`. Leaves: text of a page.
"""

import base64
import re
from collections.abc import Sequence
from html import escape
from typing import Any

from hwsim import __version__
from hwsim.prices import PRICES
from hwsim.report.provenance import Provenance
from hwsim.report.study_figures import Picture
from hwsim.report.study_table import SOLUTION, between, joules, length_note, notes, remainder, residual, solution, spent
from hwsim.report.view.page import source
from hwsim.units import format_si

_DARK = re.compile(r':root\[data-theme="dark"\]([^{]*) \{([^}]*)\}')


def study_page(
    title: str,
    points: Sequence[dict[str, Any]],
    best: Sequence[dict[str, Any]],
    exponents: Sequence[dict[str, Any]],
    matched: Sequence[tuple[str, Sequence[dict[str, Any]]]],
    pictures: Sequence[Picture],
    made: Provenance,
) -> str:
    """HTML of the whole study. matched : (cost in words, rows) of each comparison;  made : its provenance."""
    done = [point for point in points if point["shards"]]
    reads, host_s = sum(point["reads"] for point in done), sum(point["host_s"] for point in done)
    problems = list(dict.fromkeys(point["problem"] for point in points))
    chips = list(dict.fromkeys(point["chip"] for point in points))
    head = (
        f'<header class="top"><h1>{escape(title)}</h1>'
        f"<p>{_count(len(problems), 'problem')} on {escape(', '.join(chips))}; "
        f"{_count(len(points), 'point')}, of which {len(done)} have results; {_count(reads, 'independent run')} that "
        f"took {_host(host_s)} of computer time. Times and energies below are those of the emulated machine.</p>"
        "</header>"
    )
    parts = [_best(best)]
    if pictures:
        parts.append('<h2>Pictures</h2><div class="figures">' + "\n".join(map(_figure, pictures)) + "</div>")
    parts += [_matched(matched), _exponents(exponents), _split(done), _points(points), _method(points), _made(made)]
    panels = [f'<section class="panel">{part}</section>' for part in parts if part]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="generator" content="hwsim {escape(__version__)}">'
        f"<title>{escape(title)}</title><style>\n{_style()}</style></head>\n<body>\n"
        + "\n".join([head, *panels])
        + "\n</body></html>\n"
    )


def _style() -> str:
    """The style: that of the page of a machine, whose dark colours the reader's own choice switches on here, since
    this page has no script."""
    style = source("look.css", "study.css")
    return _DARK.sub(r"@media screen and (prefers-color-scheme: dark) { :root\1 {\2} }", style)


def _best(best: Sequence[dict[str, Any]]) -> str:
    rows = [row for row in best if row["bound_s"] is not None]
    if not rows:
        return ""
    with_delay = len({row["delay_s"] for row in rows}) > 1
    head = [
        "problem",
        "series",
        *(["delay"] if with_delay else []),
        "best length",
        "success",
        "TTS99",
        "with read-out",
        "energy to solution",
        "with read-out",
        "p-bits",
        "p-bit seconds",
        "instances",
    ]
    body = []
    for row in rows:
        solved = row["tts99_total_s"] is not None
        note = length_note(row)
        body.append(
            [
                f"{row['family']} ({row['spins']} spins)",
                row["series"],
                *([format_si(row["delay_s"], "s")] if with_delay else []),
                (format_si(row["time_s"], "s") + note) if solved else "-",
                f"{row['p_success']:.3g}",
                format_si(row["tts99_s"], "s") if solved else "-",
                between(row["tts99_total_s"], row["tts99_total_ci_s"], "s")
                if solved
                else f"> {format_si(row['bound_s'], 's')}",
                joules(row["ets99_j"]),
                joules(row["ets99_total_j"]),
                f"{row['hardware_pbits']:,.0f}",
                f"{row['pbit_s']:.3g}" if solved else "-",
                f"{row['solved']} of {row['instances']} solved",
            ]
        )
    return (
        "<h2>Time and energy to solution</h2><p>Each series at its best length, with probability 99 %, for the p-bits "
        "alone and with read-out; medians over instances with 95 % intervals. Edge: the best length is the shortest or "
        "longest that was tried, so a better one may lie beyond. Near a tie: on one side at least, no length is "
        "significantly worse. P-bits are those of all replicas on the machine at once; p-bit seconds to solution "
        "measure the cost in hardware.</p>" + _table(head, body)
    )


def _matched(comparisons: Sequence[tuple[str, Sequence[dict[str, Any]]]]) -> str:
    parts = []
    for words, rows in comparisons:
        if rows:
            with_delay = len({row["delay_s"] for row in rows}) > 1
            head = [
                "problem",
                "all spend",
                "series",
                *(["delay"] if with_delay else []),
                "residual energy per spin",
                "runs x length",
            ]
            body = [
                [
                    row["family"],
                    spent(row["at"], words),
                    row["series"],
                    *([format_si(row["delay_s"], "s")] if with_delay else []),
                    remainder(row),
                    f"{row['runs']} x {format_si(row['time_s'], 's')}",
                ]
                for row in rows
            ]
            parts.append(f"<h2>At matched {escape(words)}</h2>" + _table(head, body))
    if parts:
        parts.insert(
            1,
            "<p>Every series spends the same, on as many runs as that allows at the length that is best for "
            "it; the best run counts.</p>",
        )
        parts[0], parts[1] = parts[0].replace("</h2>", "</h2>" + parts[1], 1), ""
    return "".join(parts)


def _exponents(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return ""
    with_delay = len({row["delay_s"] for row in rows}) > 1
    head = ["problem", "series", *(["delay"] if with_delay else []), "exponent", "between", "instances"]
    body = [
        [
            row["family"],
            row["series"],
            *([format_si(row["delay_s"], "s")] if with_delay else []),
            f"{row['kappa']:.3g} [{row['kappa_ci'][0]:.2g}, {row['kappa_ci'][1]:.2g}]",
            f"{format_si(row['from_s'], 's')} and {format_si(row['to_s'], 's')} ({row['lengths']} lengths)",
            str(row["instances"]),
        ]
        for row in rows
    ]
    return (
        "<h2>How fast the residual energy falls</h2><p>Residual energy ~ length<sup>-exponent</sup>, least squares in "
        "logarithms over all lengths at which it is not zero.</p>" + _table(head, body)
    )


def _split(points: Sequence[dict[str, Any]]) -> str:
    if not points:
        return ""
    items = list(points[0]["time_split_s"])
    joules = list(points[0]["energy_split_j"])
    head = [
        "problem",
        *_keys(points),
        "programming, once",
        *(f"{item}, time" for item in items),
        *(f"{item}, energy" for item in joules),
    ]
    body = [
        [
            point["problem"],
            *_words(point, _keys(points)),
            _price(point["program_s"], "s"),
            *(_price(point["time_split_s"][item], "s") for item in items),
            *(_price(point["energy_split_j"][item], "J") for item in joules),
        ]
        for point in points
    ]
    return (
        "<details><summary>Time and energy of one run by item</summary><p>Update includes settling before a read. "
        "Unknown: the card has no price.</p>" + _table(head, body) + "</details>"
    )


def _points(points: Sequence[dict[str, Any]]) -> str:
    keys = _keys(points)
    head = ["problem", *keys, "runs", "success", *SOLUTION, "residual per spin"]
    body = []
    for point in points:
        start = [point["problem"], *_words(point, keys)]
        body.append(
            [*start, str(point["reads"]), *solution(point, apart=True), residual(point)]
            if point["shards"]
            else [*start, "0", "-", *["-"] * len(SOLUTION), "-"]
        )
    return f"<details><summary>All {len(points)} points</summary>" + _table(head, body) + "</details>"


def _method(points: Sequence[dict[str, Any]]) -> str:
    grades = {
        f"{key.replace('_', ' ')}: {grade}"
        for point in points
        for key, grade in point["grades"].items()
        if key in PRICES or key == "wire_energy"
    }
    lines = [
        "A run succeeds when the energy of its answer is at or below the target. TTS99 is the device time after which "
        "repeated runs have succeeded at least once with probability 0.99 (Ronnow et al., Science 345, 420 (2014)). "
        "It counts the time in which p-bits update and settle; with read-out it also includes reads, writes, exchanges "
        "and transfers that have a price on the card. Programming is paid once per problem and is listed apart.",
        "Intervals of one instance are Wilson's, with the schedules of the clock as clusters; those over instances are "
        "bootstraps that draw instances, and schedules within each.",
        "The residual energy is counted from the exact energy where one is on record, else from the least energy that "
        "any run of this study found, which makes it too small if a lower energy exists.",
    ]
    if grades:
        lines.append("Prices and their grades: " + "; ".join(sorted(grades)) + ".")
    lines += [line[0].upper() + line[1:] + "." for line in notes(list(points))]
    return "<h2>How to read this</h2>" + "".join(f"<p>{escape(line)}</p>" for line in lines)


def _made(made: Provenance) -> str:
    lines = []
    for name, value in made.facts().items():
        if value not in (None, []):
            words = " ".join(map(str, value)) if isinstance(value, list) else str(value)
            lines.append(f'<p class="made"><b>{escape(name)}</b> {escape(words)}</p>')
    return "<h2>Where it comes from</h2>" + "".join(lines)


def _figure(picture: Picture) -> str:
    data = base64.b64encode(picture.svg.encode()).decode()
    return (
        f'<figure><h3>{escape(picture.title)}</h3><img alt="{escape(picture.title)}" '
        f'src="data:image/svg+xml;base64,{data}"><figcaption>{escape(picture.caption)}</figcaption></figure>'
    )


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th>{escape(text)}</th>" for text in head)
    lines = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>" for line in body)
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Table, scrolls sideways where it is wide">'
        '<p class="sideways" aria-hidden="true">&larr; scroll the table sideways &rarr;</p>'
        f"<table><thead><tr>{cells}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _keys(points: Sequence[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(key for point in points for key in point["words"] if key != "problem"))


def _words(point: dict[str, Any], keys: Sequence[str]) -> list[str]:
    return [point["words"].get(key, "") for key in keys]


def _price(value: float | None, unit: str) -> str:
    return "unknown" if value is None else format_si(value, unit)


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}" + ("" if n == 1 else "s")


def _host(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )
