"""``hwsim study PLAN.toml``: many points on many workers, kept in a file with which a rerun continues."""

import argparse
import os
import time
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, record
from hwsim.command.progress import Bar, tell
from hwsim.errors import InputError

_EXAMPLE = """an example of a plan:
  problem = "ea3d:L=6,seed=1..5"
  chip = "generic-all-to-all"
  target = "best"
  [set]
  tau = "5 ns"
  [grid]
  time = ["0.5 us", "2 us", "8 us"]
  scheme = [
    { name = "annealing, chromatic", clock = "chromatic" },
    { name = "annealing, Poisson", clock = "poisson" },
    { name = "APT+ICM", clock = "chromatic", algorithm = "tempering", reads = 16 },
  ]
  [stop]
  relative_width = 0.3
  max_shards = 8
a range as text is several values: delay = "0:2tau:5", dac_bits = "1..8", tau = "1ns:1us:4log"
"""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "study",
        help="many points on many workers: time and energy to solution, resumable",
        description="Run the points of a plan, shard by shard, until each interval is narrow enough or its shards are "
        "spent. If the study ends early for any reason, the same command continues it; hwsim report shows the results.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[options.outputs("all points")],
    )
    parser.add_argument("plan", metavar="PLAN.toml", help="problems, chips, algorithms and what to vary")
    parser.add_argument(
        "--store", type=options.file_out, required=True, metavar="FILE", help="SQLite file of the results, which grows"
    )
    parser.add_argument(
        "--workers",
        type=options.whole("workers", least=1),
        metavar="N",
        help="processes on this machine (one for each core)",
    )
    parser.add_argument("--dask", metavar="ADDRESS", help="scheduler of a Dask cluster, such as tcp://10.0.0.1:8786")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.interrupt import CtrlC
    from hwsim.report.study_table import study_table
    from hwsim.scratch import scratch_folder
    from hwsim.study.execute import execute
    from hwsim.study.plan import build, read_plan
    from hwsim.study.store import Store
    from hwsim.study.summed import table
    from hwsim.study.workers import ProgramFolder

    if arguments.dask is not None and arguments.workers is not None:
        raise InputError("--workers are processes on this machine, --dask is a cluster: give only one of them")
    if (arguments.workers or 1) > _MOST_WORKERS:
        raise InputError(f"workers must be at most {_MOST_WORKERS} on one computer, got {arguments.workers}")
    spec = read_plan(arguments.plan)
    with Store(arguments.store) as store, scratch_folder("hwsim-study") as folder, Bar() as bar:
        programs = ProgramFolder(folder)
        ctrl_c = CtrlC()
        workers = _workers(arguments, programs, lambda: ctrl_c.heard)
        try:
            plan = build(
                spec,
                programs.keep,
                recall=store.points().get,
                progress=lambda done, of, what: bar.show(done / of, f"preparing {done + 1}/{of}  {what}"),
            )
            for source, reading in plan.readings.items():
                bar.say(f"{source}: read as {reading}")
            for words, reason in plan.unfit:
                bar.say(f"left out, {', '.join(words.values())}: {reason}")
            for point in plan.points:
                if "pilot" in point.facts:
                    bar.say(f"{', '.join(point.facts['words'].values())}: {point.facts['pilot']}")
            if not plan.points:
                raise InputError(f"{arguments.plan}: no point of the plan fits its chip")
            began = time.monotonic()
            with ctrl_c:  # Ctrl-C ends the preparation, which the store does not need, at once
                result = execute(
                    plan, store, workers, interrupt=lambda: ctrl_c.heard, progress=lambda status: _show(bar, status)
                )
        finally:
            workers.close()
        bar.close()
        keys = [point.key for point in plan.points]
        rows = table(store, keys)
    for point in plan.points:
        if point.key in result.refused:
            where = ", ".join(point.facts["words"].values())
            tell(f"hwsim: cannot run {where}: {result.refused[point.key]}")
    for row in rows:
        row["stopped"] = result.reasons.get(row["key"])
    seeds = {point.seed for point in plan.points}
    made = record(
        arguments,
        seed=seeds.pop() if len(seeds) == 1 else None,
        programs=dict.fromkeys(point.program for point in plan.points),
    )
    spent = time.monotonic() - began

    def text(width: int | None) -> str:
        shards = f"{sum(row['shards'] for row in rows)} shards, of which {result.shards} new in {spent:.1f} s"
        return f"{study_table(rows, width=width)}\n{len(rows)} points, {shards}: {arguments.store}"

    document = {"plan": spec, "points": rows, "interrupted": result.interrupted}
    again = f"; hwsim study {arguments.plan} --store {arguments.store} continues"
    return give(arguments, document, made, text=text, stopped=again if result.interrupted else None)


_MOST_WORKERS = 1024


def _workers(arguments: argparse.Namespace, programs: Any, interrupt: Any) -> Any:
    from hwsim.study.workers import Processes, ThisProcess

    if arguments.dask is not None:
        from hwsim.study.cluster import Cluster

        return Cluster(programs, arguments.dask)
    count = arguments.workers or os.cpu_count() or 1
    return ThisProcess(programs, interrupt=interrupt) if count == 1 else Processes(programs, count)


def _show(bar: Bar, status: Any) -> None:
    """Show points, shards and the time left."""
    left = "" if status.left_s is None else f", about {_duration(status.left_s)} left"
    bar.show(
        status.points_done / status.points,
        f"{status.points_done}/{status.points} points, {status.shards} shards{left}  {status.label}",
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
