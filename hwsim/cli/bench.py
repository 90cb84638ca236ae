"""``hwsim bench``: updates per nanosecond of the engines, beside other tools on the same graphs."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, record
from hwsim.command.progress import Bar


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "bench",
        help="speed of the engines on this computer, beside other tools",
        description="Time the engines on standard graphs, by default on one thread, and print medians over rounds.",
        parents=[options.computer(threads="1"), options.outputs()],
    )
    parser.add_argument(
        "--case",
        type=options.several(str),
        metavar="NAME,...",
        help="lattice, pegasus, zephyr, gnp, gauss, sk, million (all of these), sizes, one read, few reads; tts: how "
        "long an estimate of the time to solution takes; algorithms: tempering, cluster moves, quantum and population "
        "annealing; thermo: states of continuous cells; learning: steps of a training; rtl: simulated Verilog",
    )
    parser.add_argument(
        "--peers",
        action="store_true",
        help="also dwave-samplers, OpenJij, peapods, SimPy, numpy, thermox, thrml, where installed",
    )
    parser.add_argument(
        "--rounds",
        type=options.whole("rounds", least=1),
        default="3",
        metavar="N",
        help="of which the median is taken (%(default)s)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.bench import learning
    from hwsim.bench.algorithms import measure_algorithms
    from hwsim.bench.cases import choose, measure
    from hwsim.bench.child import in_one_thread
    from hwsim.bench.peers import is_there
    from hwsim.bench.solution import measure_solution
    from hwsim.bench.thermo import ABSENT, describe, has_thermox
    from hwsim.interrupt import CtrlC
    from hwsim.report.bench import (
        algorithms_table,
        simulated_table,
        solution_table,
        speed_table,
        states_table,
        steps_table,
    )

    names = arguments.case or []
    cases = choose(
        [name for name in names if name not in ("tts", "algorithms", "thermo", "learning", "rtl")] if names else None
    )
    how = {"threads": arguments.threads, "engine": arguments.engine, "peers": arguments.peers}
    own = {"rounds": arguments.rounds, "peers": arguments.peers}
    rows: list[Any] = []
    answers: list[Any] = []
    controlled: list[Any] = []
    continuous: list[Any] = []
    learnt: list[Any] = []
    simulated: list[Any] = []
    with Bar() as bar, CtrlC() as ctrl_c:

        def count(done: int, total: int, name: str) -> None:
            bar.show(done / total, f"{done + 1} of {total}: {name}")

        def watch(tool: str, width: float, seconds: float) -> None:
            bar.show(0.5, f"{tool}: interval of {width:.2g} x TTS99 after {seconds:.3g} s")

        with ctrl_c.part():
            rows = measure(cases, rounds=arguments.rounds, progress=count, **how)
        with ctrl_c.part():
            if "tts" in names and not ctrl_c.heard:
                answers = measure_solution(progress=watch, **how)
        with ctrl_c.part():
            if "algorithms" in names and not ctrl_c.heard:
                controlled = measure_algorithms(rounds=arguments.rounds, progress=count, **how)
        with ctrl_c.part():
            if "thermo" in names and not ctrl_c.heard:
                if arguments.peers and not has_thermox():
                    bar.say(ABSENT)
                continuous = in_one_thread(("-m", "hwsim.bench.thermo"), progress=count, **own)
        with ctrl_c.part():
            if "learning" in names and not ctrl_c.heard:
                if arguments.peers and not is_there("thrml"):
                    bar.say(learning.ABSENT)
                learnt = in_one_thread(("-m", "hwsim.bench.learning"), progress=count, **own)
        with ctrl_c.part():
            if "rtl" in names and not ctrl_c.heard:
                from hwsim.rtl.speed import measure_rtl

                simulated = measure_rtl(rounds=arguments.rounds, progress=count)

    def text(width: int | None) -> str:
        parts = [speed_table(rows, width=width), algorithms_table(controlled, width=width)]
        parts.append(solution_table(answers, width=width))
        parts.append(states_table([{"what": describe(row)} | row for row in continuous], width=width))
        parts.append(steps_table(learnt, width=width))
        parts.append(simulated_table(simulated, width=width))
        return "\n".join(part for part in parts if part)

    document = {"rows": rows, "tts": answers, "algorithms": controlled, "thermo": continuous, "learning": learnt}
    document["rtl"] = simulated
    stopped = "; what was measured is shown" if ctrl_c.heard else None
    return give(arguments, document, record(arguments), text=text, stopped=stopped)
