"""``hwsim bench``: updates per nanosecond of the engines, beside other tools on the same graphs."""

import argparse
import sys
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import record, write_json
from hwsim.cli.progress import Bar


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "bench",
        help="how fast the engines are here, beside other tools",
        description="Time the engines on standard graphs, one thread unless told otherwise; medians of the rounds.",
        parents=[options.computer(threads="1"), options.outputs()],
    )
    parser.add_argument(
        "--case", type=options.several(str), metavar="NAME,...",
        help="lattice, pegasus, zephyr, gnp, gauss, sk, million (all of these), sizes; tts: how long an estimate "
        "of the time to solution takes; thermo: states of continuous cells",
    )  # fmt: skip
    parser.add_argument(
        "--peers", action="store_true", help="also dwave-samplers, OpenJij, SimPy, numpy, thermox, where installed"
    )
    parser.add_argument(
        "--rounds", type=options.whole("rounds", least=1), default="3", metavar="N",
        help="of which the median is taken (%(default)s)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.bench.cases import choose, measure
    from hwsim.bench.solution import measure_solution

    names = arguments.case or []
    cases = choose([name for name in names if name not in ("tts", "thermo")] if names else None)
    how = {"threads": arguments.threads, "engine": arguments.engine, "peers": arguments.peers}
    with Bar() as bar:

        def watch(tool: str, width: float, seconds: float) -> None:
            bar.show(0.5, f"{tool}: interval of {width:.2g} x TTS99 after {seconds:.3g} s")

        rows = measure(
            cases, rounds=arguments.rounds,
            progress=lambda done, total, name: bar.show(done / total, f"{done + 1} of {total}: {name}"), **how,
        )  # fmt: skip
        answers = measure_solution(progress=watch, **how) if "tts" in names else []
    continuous = _continuous(arguments.rounds, arguments.peers) if "thermo" in names else []
    if arguments.json:
        write_json({"rows": rows, "tts": answers, "thermo": continuous}, arguments.json, record(arguments))
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
