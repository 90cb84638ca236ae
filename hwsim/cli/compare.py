"""``hwsim compare``: one problem under several update schemes, in device time."""

import argparse
import sys
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import write_json
from hwsim.errors import InputError


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "compare",
        help="synchronous or asynchronous? one problem under several clocks",
        description="Run one problem under several clocks and delays for the same device time and compare the answers. "
        "Every clock updates each p-bit once per tau on average (times the participation).",
    )
    options.add_common(parser)
    parser.add_argument(
        "--clock",
        default="poisson,synchronous,chromatic,random-sequential",
        metavar="C,...",
        help="clocks to compare (%(default)s)",
    )
    parser.add_argument("--participation", default="0.5,1", metavar="P,...", help="of synchronous clocks (%(default)s)")
    parser.add_argument("--tau", default=None, metavar="TIME,...", help="mean time between updates of a p-bit")
    parser.add_argument("--delay", default=None, metavar="TIME,...", help="commit to visible at the neighbours")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    options.check_outputs(arguments)
    schemes = _schemes(arguments)
    reads = options.integer(arguments.reads, "reads", least=1)
    schedules = options.integer(arguments.schedules, "schedules", least=1)
    seed = options.integer(arguments.seed, "seed")
    die_seed = options.integer(arguments.die_seed, "die-seed")
    threads = options.threads(arguments)
    from hwsim.chip.library import chip
    from hwsim.engine.run import ENGINES
    from hwsim.problem.read import read

    if arguments.engine not in ENGINES:
        raise InputError(f"engine must be one of {', '.join(ENGINES)}, got {arguments.engine!r}")
    common = options.overrides(arguments)
    chips = [chip(arguments.chip, **common, **scheme) for scheme in schemes]
    problem = read(arguments.problem)
    target = options.target_energy(arguments.target, problem, threads=threads)
    from hwsim.mapping.compile import compile, embed

    placed = embed(problem, chips[0])
    programs = [compile(problem, c, die_seed=die_seed, embedding=placed) for c in chips]
    anneal = options.make_anneal(arguments, problem, chips[0], programs[0])
    from hwsim.analysis.summary import summarise
    from hwsim.engine.run import CtrlC
    from hwsim.engine.run import run as emulate

    rows, curves, interrupted = [], [], False
    progress = options.Progress(len(programs))
    with CtrlC() as ctrl_c:
        for index, program in enumerate(programs):
            result = emulate(
                program, anneal=anneal, reads=reads, schedules=schedules, seed=seed, engine=arguments.engine,
                threads=threads, progress=progress.watch(_label(program)),
                record=(0,) if arguments.vcd and index == 0 else (),
            )  # fmt: skip
            if result.device_time_s > 0:
                rows.append(summarise(result, kind=problem.kind, target=target))
                curves.append(
                    {
                        "label": _label(program),
                        "times_s": result.checkpoint_times_s,
                        "energies": result.checkpoint_energies,
                    }
                )
            if arguments.vcd and index == 0:
                options.write_waveform(result, arguments.vcd)
            interrupted = result.interrupted or (ctrl_c.heard and index + 1 < len(programs))
            if interrupted:
                break
    progress.close()
    facts = options.problem_facts(problem)
    if arguments.json:
        write_json({"problem": facts, "rows": rows, "interrupted": interrupted}, arguments.json)
    if arguments.json != "-":
        from hwsim.report.table import compare_table

        shown = {
            "name": problem.name,
            "kind": problem.kind,
            "spins": facts["spins"],
            "couplings": facts["couplings"],
            "known energy": problem.known_energy,
            "chip": chips[0].name,
            "p-bits": None if programs[0].readout.chain is None else f"{programs[0].n_pbits} in chains",
        }
        print(compare_table(rows, {k: v for k, v in shown.items() if v is not None}))
    if arguments.plot and curves:
        from hwsim.report.figure import energy_against_time

        energy_against_time(
            curves, arguments.plot, title=f"{problem.name}: energy against device time", target=target
        )  # fmt: skip
        print(f"picture: {arguments.plot}", file=sys.stderr)
    if arguments.vcd:
        print(f"waveform of the first scheme, read 0: {arguments.vcd}", file=sys.stderr)
    if interrupted:
        done = rows[-1]["device_time_s"] if rows else 0.0
        print(
            f"hwsim: interrupted; {len(rows)} of {len(programs)} schemes shown, the last one up to {done:.3g} s",
            file=sys.stderr,
        )
        return 130
    return 0


def _schemes(arguments: argparse.Namespace) -> list[dict[str, Any]]:
    """Every combination of clock, participation, tau and delay, in that order."""
    from hwsim.cell.clock import CLOCKS

    schemes = []
    taus = arguments.tau.split(",") if arguments.tau else [None]
    delays = arguments.delay.split(",") if arguments.delay else [None]
    for clock in arguments.clock.split(","):
        if clock not in CLOCKS:
            raise InputError(f"clock must be one of {', '.join(CLOCKS)}, got {clock!r}")
        parts = arguments.participation.split(",") if clock == "synchronous" else [None]
        for part in parts:
            for tau in taus:
                for delay in delays:
                    scheme: dict[str, Any] = {"clock": clock, "participation": 1.0}
                    if part is not None:
                        scheme["participation"] = options.number(part, "participation")
                    if tau is not None:
                        scheme["tau"] = tau
                    if delay is not None:
                        scheme["delay"] = delay
                    schemes.append(scheme)
    return schemes


def _label(program: Any) -> str:
    from hwsim.units import format_si, to_seconds

    label = program.clock.kind
    if program.clock.kind == "synchronous":
        label += f" p={program.clock.participation:g}"
    delay = program.wires.uniform_delay
    if delay is None:
        return label + ", per-edge delays"
    return label + (f", delay {format_si(to_seconds(delay), 's')}" if delay else "")
