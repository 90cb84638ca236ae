"""``hwsim tts PROBLEM``: how long, how many joules, under one clock or several; the best anneal time of each."""

import argparse
import sys
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import write_json
from hwsim.errors import InputError
from hwsim.units import format_si

_CLOCKS = "chromatic,poisson,synchronous"


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "tts",
        help="time and energy to solution: the best anneal time under each clock, with intervals",
        description="Anneal a problem for longer and longer times and find the one that reaches the target soonest "
        "with probability 0.99. An optimum counts only where shorter and longer anneals are worse.",
    )
    parser.add_argument("problem", metavar="PROBLEM", help="a file, or a generator such as ea3d:L=8,seed=1")
    parser.add_argument("--chip", default="generic-all-to-all", help="name or file of a chip card (%(default)s)")
    options.add_card_options(parser)
    parser.add_argument("--clock", metavar="C,...", help=f"clocks to compare ({_CLOCKS}; own: the chip's)")
    parser.add_argument("--participation", default="0.5", metavar="P", help="of a synchronous clock (%(default)s)")
    parser.add_argument("--tau", metavar="TIME", help="mean time between updates of a p-bit")
    parser.add_argument("--delay", metavar="TIME", help="commit to visible at the neighbours")
    parser.add_argument("--target", metavar="E|known|exact|best", help="target energy (the known one)")
    parser.add_argument("--beta", metavar="B | B0:B1", help="inverse temperature (0.1/sigma:10/sigma)")
    parser.add_argument("--anneal", choices=("linear", "geometric"), default="linear", help="shape of start:end")
    parser.add_argument("--first", metavar="TIME", help="shortest anneal (30 updates of a p-bit)")
    parser.add_argument("--reads", default="512", metavar="N", help="reads of each anneal time (%(default)s)")
    parser.add_argument("--schedules", default="8", metavar="N", help="realisations of the clock (%(default)s)")
    parser.add_argument("--budget", default="45", metavar="S", help="host seconds for each clock (%(default)s)")
    parser.add_argument("--seed", default="0", metavar="N", help="seed of everything random (%(default)s)")
    parser.add_argument("--die-seed", default="0", metavar="N", help="which die (%(default)s)")
    parser.add_argument("--engine", default="auto", help="auto, lanes or reference (%(default)s)")
    parser.add_argument("--threads", metavar="N", help="threads (all cores)")
    parser.add_argument("--plot", metavar="FILE", help="picture: time to solution and success against anneal time")
    parser.add_argument("--json", metavar="FILE|-", help="the numbers as JSON, to a file or standard output")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    options.check_outputs(arguments)
    from hwsim.analysis.design_rule import update_ticks
    from hwsim.analysis.optimum import find_optimum
    from hwsim.chip.library import chip
    from hwsim.mapping.compile import compile, embed
    from hwsim.problem.read import read

    problem = read(arguments.problem)
    given = options.card_options(arguments)
    given |= {name: getattr(arguments, name) for name in ("tau", "delay") if getattr(arguments, name) is not None}
    machines = {}
    for clock in (arguments.clock or _CLOCKS).split(","):
        extra = {"participation": options.number(arguments.participation, "participation")}
        scheme = {} if clock == "own" else {"clock": clock} | (extra if clock == "synchronous" else {})
        machines[clock] = chip(arguments.chip, **given, **scheme)
    target = options.target_energy(arguments.target, problem, threads=options.threads(arguments))
    if target is None:
        raise InputError(f"no known energy of {problem.name} is on record: give --target a number, exact or best")
    budget = options.number(arguments.budget, "budget")
    first = next(iter(machines.values()))
    placed = embed(problem, first)
    prices = first.prices
    per_read = (prices.readout_time_s or 0.0) + (prices.readout_delay_s or 0.0)
    rows, interrupted = [], False
    for clock, machine in machines.items():
        program = compile(
            problem, machine, die_seed=options.integer(arguments.die_seed, "die-seed"), embedding=placed
        )  # fmt: skip
        update_s = update_ticks(program) * 1e-15
        shortest = 30 * update_s if arguments.first is None else options.seconds(arguments.first, name="first")

        def make(length: float, machine: Any = machine, program: Any = program) -> Any:
            chosen = argparse.Namespace(beta=arguments.beta, anneal=arguments.anneal, time=length)
            return options.make_anneal(chosen, problem, machine, program)

        progress = options.Progress(12)

        def watch(length: float, clock: str = clock, progress: Any = progress) -> Any:
            return progress.watch(f"{clock}, {format_si(length, 's')}")

        found = find_optimum(
            program, make, target=target, first_s=shortest,
            reads=options.integer(arguments.reads, "reads", least=2),
            schedules=options.integer(arguments.schedules, "schedules", least=1),
            seed=options.integer(arguments.seed, "seed"), budget_s=budget, overhead_s=per_read,
            engine=arguments.engine, threads=options.threads(arguments),
            progress=watch,
        )  # fmt: skip
        progress.close()
        if found.points:
            rows.append(_row(clock, machine, program, found, problem.kind))
        if found.interrupted:
            interrupted = True
            break
    if arguments.json:
        facts = {"problem": options.problem_facts(problem), "chip": first.name, "target": target}
        write_json(facts | {"clocks": rows, "interrupted": interrupted}, arguments.json)
    if arguments.json != "-":
        print(f"{problem.name} on {first.name}, target energy {target:g}")
        for row in rows:
            _print(row, first)
    if arguments.plot and rows:
        from hwsim.report.tts import tts_picture

        title = f"{problem.name} on {first.name}: time to solution, target energy {target:g}"
        tts_picture(rows, arguments.plot, title=title)
        print(f"picture: {arguments.plot}", file=sys.stderr)
    if interrupted:
        print(f"hwsim: interrupted; {len(rows)} of {len(machines)} clocks shown", file=sys.stderr)
        return 130
    return 0


def _row(clock: str, machine: Any, program: Any, found: Any, kind: str) -> dict[str, Any]:
    """One clock as plain numbers: its points, its optimum, and what a solution costs there."""
    points = [
        {
            "time_s": p.time_s, "p_success": p.found.p_success, "p_success_ci": list(p.found.p_success_ci),
            "tts99_s": p.found.tts_s, "tts99_ci_s": list(p.found.tts_ci_s), "tts99_is_bound": p.found.tts_is_bound,
            "energy_mean": p.energy_mean, "energy_best": p.energy_best, "read_update_j": p.read_j, "host_s": p.host_s,
        }
        for p in found.points
    ]  # fmt: skip
    prices = machine.prices
    row: dict[str, Any] = {
        "clock": clock,
        "participation": machine.clock.participation if machine.clock.kind == "synchronous" else None,
        "points": points, "best": found.best, "is_interior": found.is_interior, "tts99_s": found.tts_s,
        "tts99_ci_s": list(found.tts_ci_s), "stopped": found.stopped,
        "time_split_s": {
            "programming": prices.programming_time_s, "anneal": None, "readout": prices.readout_time_s,
            "delay": prices.readout_delay_s,
        },
        "reads_to_solution": None, "energy_split_j": None, "energy_j": None, "grades": dict(machine.grades),
    }  # fmt: skip
    if found.best is not None:
        best = found.points[found.best]
        per_read = best.time_s + (prices.readout_time_s or 0.0) + (prices.readout_delay_s or 0.0)
        repeats = found.tts_s / per_read
        split = {
            "updates": best.read_j,
            "reading": None if prices.read_j is None else prices.read_j * program.n_pbits,
        }
        row["time_split_s"]["anneal"] = best.time_s
        row["reads_to_solution"] = repeats
        row["energy_split_j"] = {key: None if value is None else value * repeats for key, value in split.items()}
        if all(value is not None for value in split.values()):
            row["energy_j"] = sum(split.values()) * repeats
    return row


def _print(row: dict[str, Any], machine: Any) -> None:
    name = row["clock"] + (f" {row['participation']:g}" if row["participation"] is not None else "")
    print(f"\n{name}")
    print(f"  {'anneal':>9}  {'P(success)':<30}  {'TTS99':<34}  energy mean")
    for k, point in enumerate(row["points"]):
        low, high = point["p_success_ci"]
        success = f"{point['p_success']:.4g} [{low:.2g}, {high:.2g}]"
        mark = "" if k != row["best"] else "  <- best"
        print(f"  {format_si(point['time_s'], 's'):>9}  {success:<30}  {_tts(point):<34}  "
              f"{point['energy_mean']:.6g}{mark}")  # fmt: skip
    if row["best"] is None:
        print(f"  TTS99 > {format_si(row['tts99_s'], 's')}: no read reached the target (stopped: {row['stopped']})")
        return
    low, high = row["tts99_ci_s"]
    ends = f"[{format_si(low, 's')}, {'...' if high is None else format_si(high, 's')}]"
    kind = "interior optimum"
    if not row["is_interior"]:
        edges = {
            0: "the shortest anneal tried is the best",
            len(row["points"]) - 1: "the longest anneal tried is the best",
        }
        kind = "no optimum shown: " + edges.get(row["best"], "others may be as good")
    print(f"  TTS99 {format_si(row['tts99_s'], 's')} {ends}, {kind} (stopped: {row['stopped']})")
    split = row["time_split_s"]
    parts = [
        f"{key} {format_si(value, 's')}" for key, value in split.items() if value is not None and key != "programming"
    ]
    fixed = "unknown" if split["programming"] is None else format_si(split["programming"], "s")
    print(f"  time: programming {fixed} once; {row['reads_to_solution']:.3g} reads of {', '.join(parts)}")
    keys = {"updates": "energy_per_update", "reading": "energy_per_read"}
    joules = []
    for key, value in row["energy_split_j"].items():
        grade = row["grades"].get(keys[key], "given")
        joules.append(f"{key} unknown" if value is None else f"{key} {format_si(value, 'J')} ({grade})")
    print(f"  energy to solution: {format_si(row['energy_j'], 'J') if row['energy_j'] is not None else 'unknown'}: "
          + ", ".join(joules))  # fmt: skip


def _tts(point: dict[str, Any]) -> str:
    if point["tts99_is_bound"]:
        return f"> {format_si(point['tts99_s'], 's')}"
    low, high = point["tts99_ci_s"]
    return (
        f"{format_si(point['tts99_s'], 's')} [{format_si(low, 's')}, {'...' if high is None else format_si(high, 's')}]"
    )
