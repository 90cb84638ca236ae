"""``hwsim bench``: updates per nanosecond of the engines, beside other tools on the same graphs."""

import argparse
import sys
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import write_json


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "bench",
        help="how fast the engines are here, beside other tools",
        description="Time the engines on standard graphs, one thread unless told otherwise; medians of the rounds.",
    )
    parser.add_argument(
        "--case", metavar="NAME,...",
        help="lattice, pegasus, zephyr, gnp, gauss, sk, million (all of these), sizes; tts: how long an estimate "
        "of the time to solution takes; thermo: states of continuous cells",
    )  # fmt: skip
    parser.add_argument(
        "--peers", action="store_true", help="also dwave-samplers, OpenJij, SimPy, numpy, thermox, where installed"
    )
    parser.add_argument("--rounds", default="3", metavar="N", help="of which the median is taken (%(default)s)")
    parser.add_argument("--threads", default="1", metavar="N", help="(%(default)s; peers always use one)")
    parser.add_argument("--engine", default="auto", help="auto, bitplanes, lanes or reference (%(default)s)")
    parser.add_argument("--json", metavar="FILE|-", help="the numbers as JSON, to a file or standard output")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.bench.cases import choose, measure
    from hwsim.bench.solution import measure_solution

    rounds = options.integer(arguments.rounds, "rounds", least=1)
    threads = options.integer(arguments.threads, "threads", least=1)
    names = arguments.case.split(",") if arguments.case else None
    cases = choose(None if names is None else [name for name in names if name not in ("tts", "thermo")])
    live = sys.stderr.isatty()

    def progress(done: int, total: int, name: str) -> None:
        if live:
            sys.stderr.write(f"\r{done + 1} of {total}: {name:<60.60}")
            sys.stderr.flush()

    def watch(tool: str, width: float, seconds: float) -> None:
        if live:
            sys.stderr.write(f"\r{tool}: interval of {width:.2g} x TTS99 after {seconds:.3g} s{'':<20}")
            sys.stderr.flush()

    how = {"threads": threads, "engine": arguments.engine, "peers": arguments.peers}
    rows = measure(cases, rounds=rounds, progress=progress, **how)
    answers = measure_solution(progress=watch, **how) if names is not None and "tts" in names else []
    continuous = _continuous(rounds, arguments.peers) if names is not None and "thermo" in names else []
    if live:
        sys.stderr.write("\r" + " " * 80 + "\r")
    if arguments.json:
        write_json({"rows": rows, "tts": answers, "thermo": continuous}, arguments.json)
    if arguments.json != "-":
        _print(rows, answers)
        _print_continuous(continuous)
    return 0


def _continuous(rounds: int, peers: bool) -> list[dict]:
    from hwsim.bench.thermo import ABSENT, has_thermox, in_one_thread

    if peers and not has_thermox():
        print(f"hwsim: {ABSENT}", file=sys.stderr)
    return in_one_thread(rounds=rounds, peers=peers)


def _print_continuous(rows: list[dict]) -> None:
    from hwsim.bench.thermo import describe

    if rows:
        print(f"{'continuous cells':<52} {'per ms':>9}  peer")
    for row in rows:
        text = f"{describe(row):<52} {row['states_per_ms']:>9,.4g}"
        if row["peer"]:
            text += f"  {row['ratio']:,.3g} x {row['peer']} ({row['peer_states_per_ms']:.3g})"
        print(text)


def _print(rows: list[dict], answers: list[dict]) -> None:
    if rows:
        print(f"{'graph':<32} {'clock':<18} {'delay':<9} {'engine':<10} {'repl.':>5} {'upd./ns':>8}  peer")
    for row in rows:
        text = (
            f"{row['graph']:<32} {row['clock']:<18} {row['delay']:<9} {row['engine']:<10} {row['replicas']:>5} "
            f"{row['updates_per_ns']:>8.3g}"
        )
        if row["peer"]:
            text += f"  {row['ratio']:,.3g} x {row['peer']} ({row['peer_updates_per_ns']:.3g})"
        print(text)
    if answers:
        first = answers[0]
        print(f"{first['graph']}, anneals of {first['sweeps']} sweeps to {first['target']:g}, the least energy found")
        print(
            f"{'tool':<25} {'reads':>7} {'hits':>5} {'P(success)':>10}  {'TTS99 in sweeps':<26} {'width':>5} "
            f"{'seconds':>8}"
        )
    for row in answers:
        low, high = row["tts99_ci_sweeps"]
        ends = f"{row['tts99_sweeps']:.3g} [{low:.3g}, {'...' if high is None else format(high, '.3g')}]"
        width = "-" if row["width"] is None else f"{row['width']:.2f}"
        bound = "" if row["reached"] else ">= "
        ratio = "" if row["ratio"] is None else f"  {bound}{row['ratio']:.3g} x {answers[0]['tool']}"
        print(
            f"{row['tool']:<25} {row['reads']:>7} {row['hits']:>5} {row['p_success']:>10.4f}  {ends:<26} {width:>5} "
            f"{row['seconds']:>8.3g}{ratio}"
        )
