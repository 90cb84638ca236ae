"""Benchmarks as tables: updates and states per second, steps of a training, time to an estimate of a time to solution.

Enters: rows of `hwsim.bench`. Leaves: text, empty where there are no rows.
"""

from typing import Any

from hwsim.report.table import columns, number

_Rows = list[dict[str, Any]]


def speed_table(rows: _Rows, *, width: int | None = None) -> str:
    """Updates per nanosecond on each graph under each clock, beside a peer where one was timed."""
    if not rows:
        return ""
    shared = any(row["words"] == "shared" for row in rows)
    lines = [["graph", "clock", "delay", *["words"] * shared, "engine", "repl.", "upd./ns", "peer"]]
    for row in rows:
        lines.append(
            [
                row["graph"],
                row["clock"],
                row["delay"],
                *[row["words"]] * shared,
                row["engine"],
                str(row["replicas"]),
                f"{row['updates_per_ns']:.3g}",
                _peer(row, "peer_updates_per_ns"),
            ]
        )
    return columns(lines, align="<<<" + "<" * shared + "<>>", width=width)


def algorithms_table(rows: _Rows, *, width: int | None = None) -> str:
    """Updates per nanosecond of each algorithm, all that its controller does included."""
    if not rows:
        return ""
    lines = [["algorithm", "graph", "replicas", "engine", "upd./ns", "peer"]]
    for row in rows:
        peer = _peer(row, "peer_updates_per_ns")
        lines.append([row["case"], row["graph"], row["replicas"], row["engine"], f"{row['updates_per_ns']:.3g}", peer])
    return columns(lines, align="<<<<>>", width=width)


def states_table(rows: _Rows, *, width: int | None = None) -> str:
    """States of continuous cells per millisecond; ``what`` names what is counted."""
    if not rows:
        return ""
    lines = [["continuous cells", "per ms", "peer"]]
    for row in rows:
        lines.append([row["what"], f"{row['states_per_ms']:,.4g}", _peer(row, "peer_states_per_ms")])
    return columns(lines, align="<>", width=width)


def steps_table(rows: _Rows, *, width: int | None = None) -> str:
    """Updates per nanosecond inside a training beside the engine's own, and the time of a step."""
    if not rows:
        return ""
    lines = [["training", "engine", "upd./ns", "engine's own", "share", "step, ms", "beside updates, us", "peer"]]
    for row in rows:
        rates = [f"{row[key]:.3g}" for key in ("updates_per_ns", "engine_updates_per_ns")]
        step = [f"{row['share']:.0%}", f"{row['step_ms']:.3g}", f"{row['beside_us']:.3g}"]
        lines.append([row["name"], row["engine"], *rates, *step, _peer(row, "peer_step_ms")])
    return columns(lines, align="<<>>>>>>", width=width)


def simulated_table(rows: _Rows, *, width: int | None = None) -> str:
    """Updates per second of simulated RTL and of the engines, on one core, of one machine and of many replicas."""
    if not rows:
        return ""
    lines = [["RTL of " + rows[0]["graph"], "random source", "replicas", "million upd./s", "build, s"]]
    for row in rows:
        built = "" if row["build_s"] is None else f"{row['build_s']:.3g}"
        lines.append([row["what"], row["source"], str(row["replicas"]), f"{row['updates_per_s'] / 1e6:.3g}", built])
    return columns(lines, align="<<>>>", width=width)


def solution_table(rows: _Rows, *, width: int | None = None) -> str:
    """Reads, hits, and the seconds until the interval of a time to solution is narrow, compared with the first tool."""
    if not rows:
        return ""
    first = rows[0]
    lines = [["tool", "reads", "hits", "P(success)", "TTS99 in sweeps", "width", "seconds", ""]]
    for row in rows:
        low, high = row["tts99_ci_sweeps"]
        bound = "" if row["reached"] else ">= "
        lines.append(
            [
                row["tool"],
                str(row["reads"]),
                str(row["hits"]),
                f"{row['p_success']:.4f}",
                f"{row['tts99_sweeps']:.3g} [{low:.3g}, {'...' if high is None else format(high, '.3g')}]",
                "-" if row["width"] is None else f"{row['width']:.2f}",
                f"{row['seconds']:.3g}",
                "" if row["ratio"] is None else f"{bound}{row['ratio']:.3g} x {first['tool']}",
            ]
        )
    head = f"{first['graph']}, anneals of {first['sweeps']} sweeps to {number(first['target'])}, the least energy found"
    return f"{head}\n{columns(lines, align='<>>><>>', width=width)}"


def _peer(row: dict[str, Any], speed: str) -> str:
    return f"{row['ratio']:,.3g} x {row['peer']} ({row[speed]:.3g})" if row["peer"] else ""
