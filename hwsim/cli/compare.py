"""``hwsim compare``: one problem under several update schemes, in device time."""

import argparse
import sys
from dataclasses import replace
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, problem_facts, record
from hwsim.cli.progress import Progress
from hwsim.cli.source import given_problem
from hwsim.cli.target import energy_of, find_target, target_facts


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "compare",
        help="synchronous or asynchronous? one problem under several clocks",
        description="Run one problem under several clocks and delays for the same device time and compare the answers. "
        "Every clock updates each p-bit once per tau on average (times the participation).",
        parents=[
            options.problem("ea3d:L=8,seed=1 or karate"),
            options.chip(),
            options.cells(),
            options.anneal(),
            options.target(),
            options.sampling("256", "4"),
            options.seeds(),
            options.computer(),
            options.outputs(plot="energy against device time", vcd=True),
        ],
    )
    schemes = parser.add_argument_group("what is compared")
    schemes.add_argument(
        "--clock",
        type=options.several(options.clock),
        default="poisson,synchronous,chromatic,random-sequential",
        metavar="C,...",
        help="clocks to compare (%(default)s)",
    )
    schemes.add_argument(
        "--participation",
        type=options.several(options.quantity("participation")),
        default="0.5,1",
        metavar="P,...",
        help="share of p-bits that join a synchronous tick (%(default)s)",
    )
    schemes.add_argument(
        "--tau",
        type=options.several(options.time("tau")),
        metavar="TIME,...",
        help="mean time between updates of a p-bit",
    )
    schemes.add_argument(
        "--delay",
        type=options.several(options.own_time("delay")),
        metavar="TIME,...",
        help="time until the neighbours see a commit: a list, or a range such as 0:2tau:5",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.chip.library import chip
    from hwsim.experiment.anneals import make_anneal
    from hwsim.experiment.prepare import prepare
    from hwsim.experiment.summary import summarise
    from hwsim.interrupt import CtrlC
    from hwsim.mapping.compile import Settings
    from hwsim.report.figure import curve_of, energy_against_time
    from hwsim.report.table import compare_table, scheme_label
    from hwsim.report.waveform import write_run
    from hwsim.session import run as emulate

    chips = [chip(arguments.chip, **arguments.card, **scheme) for scheme in _schemes(arguments)]
    problem = given_problem(arguments)
    die = Settings(die_seed=arguments.die_seed)
    wanted = find_target(arguments, problem)
    target = energy_of(wanted)
    first: Any = prepare(problem, chips[0], die)
    others = (prepare(problem, chip, replace(die, embedding=first.embedding)) for chip in chips[1:])
    programs = [first.program, *(ready.program for ready in others)]
    slowest = max(programs, key=lambda program: program.clock.period)  # all schemes get the same device time
    anneal = make_anneal(problem, slowest, **vars(options.ramp(arguments)))
    indistinct = next((program.indistinct for program in programs if target is not None and program.indistinct), None)
    rows, curves, interrupted = [], [], False
    with CtrlC() as ctrl_c, Progress(len(programs)) as progress:
        for index, program in enumerate(programs):
            result = emulate(
                program,
                anneal=anneal,
                reads=arguments.reads,
                schedules=arguments.schedules,
                seed=arguments.seed,
                engine=arguments.engine,
                threads=arguments.threads,
                progress=progress.watch(scheme_label(program)),
                record=(0,) if arguments.vcd and index == 0 else (),
            )
            if result.device_time_s > 0:
                rows.append(summarise(result, kind=problem.kind, target=target))
                curves.append(curve_of(result, scheme_label(program)))
            if arguments.vcd and index == 0:
                write_run(result, arguments.vcd)
                print(f"waveform of the first scheme, read 0: {arguments.vcd}", file=sys.stderr)
            interrupted = result.interrupted or (ctrl_c.heard and index + 1 < len(programs))
            if interrupted:
                break
    made = record(arguments, programs=programs, anneal=anneal)
    facts = problem_facts(problem)

    def text(_: int | None) -> str:
        shown = {
            "name": problem.name,
            "kind": problem.kind,
            "spins": facts["spins"],
            "couplings": facts["couplings"],
            "known energy": problem.known_energy,
            "chip": chips[0].name,
            "p-bits": None if programs[0].readout.chain is None else f"{programs[0].n_pbits} in chains",
        }
        table = compare_table(rows, {key: value for key, value in shown.items() if value is not None})
        return table if indistinct is None else f"{table}{indistinct}\n"

    def draw(path: str) -> None:
        title = f"{problem.name}: energy against device time"
        energy_against_time(curves, path, title=title, target=target, provenance=made)

    stopped = None
    if interrupted:
        done = rows[-1]["device_time_s"] if rows else 0.0
        stopped = f"; {len(rows)} of {len(programs)} schemes shown, the last one up to {done:.3g} s"
    document = {"problem": facts, "rows": rows, "interrupted": interrupted, "indistinct": indistinct}
    document |= target_facts(wanted)
    return give(arguments, document, made, text=text, draw=draw if curves else None, stopped=stopped)


def _schemes(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Every combination of clock, participation, tau and delay, in that order; None is the chip's own."""
    return [
        {"clock": clock, "participation": part, "tau": tau, "delay": delay}
        for clock in arguments.clock
        for part in (arguments.participation if clock == "synchronous" else [1.0])
        for tau in arguments.tau or [None]
        for delay in arguments.delay or [None]
    ]
