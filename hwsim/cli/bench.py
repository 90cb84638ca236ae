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
        help="lattice, pegasus, zephyr, gnp, gauss, sk, million (all of these), sizes",
    )  # fmt: skip
    parser.add_argument(
        "--peers", action="store_true", help="also dwave-samplers, OpenJij, a SimPy network, where installed"
    )
    parser.add_argument("--rounds", default="3", metavar="N", help="of which the median is taken (%(default)s)")
    parser.add_argument("--threads", default="1", metavar="N", help="(%(default)s; peers always use one)")
    parser.add_argument("--engine", default="auto", help="auto, bitplanes, lanes or reference (%(default)s)")
    parser.add_argument("--json", metavar="FILE|-", help="the numbers as JSON, to a file or standard output")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.bench.cases import choose, measure

    rounds = options.integer(arguments.rounds, "rounds", least=1)
    threads = options.integer(arguments.threads, "threads", least=1)
    cases = choose(arguments.case.split(",") if arguments.case else None)
    live = sys.stderr.isatty()

    def progress(done: int, total: int, name: str) -> None:
        if live:
            sys.stderr.write(f"\r{done + 1} of {total}: {name:<60.60}")
            sys.stderr.flush()

    rows = measure(
        cases, rounds=rounds, threads=threads, engine=arguments.engine, peers=arguments.peers, progress=progress
    )
    if live:
        sys.stderr.write("\r" + " " * 80 + "\r")
    if arguments.json:
        write_json({"rows": rows}, arguments.json)
    if arguments.json != "-":
        print(f"{'graph':<32} {'clock':<18} {'delay':<9} {'engine':<10} {'repl.':>5} {'upd./ns':>8}  peer")
        for row in rows:
            text = (
                f"{row['graph']:<32} {row['clock']:<18} {row['delay']:<9} {row['engine']:<10} {row['replicas']:>5} "
                f"{row['updates_per_ns']:>8.3g}"
            )
            if row["peer"]:
                text += f"  {row['ratio']:,.3g} x {row['peer']} ({row['peer_updates_per_ns']:.3g})"
            print(text)
    return 0
