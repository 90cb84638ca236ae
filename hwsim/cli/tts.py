"""``hwsim tts PROBLEM``: how long, how many joules, under one clock or several; the best length of each."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import problem_facts, record, write_json
from hwsim.cli.progress import Progress
from hwsim.cli.target import find_target
from hwsim.errors import InputError
from hwsim.units import format_si

_VECTOR = 512
_CLOCKS = "chromatic,poisson,synchronous"
_PRICE_OF = {
    "update": "energy_per_update", "swap": "energy_per_swap", "write": "energy_per_write", "read": "energy_per_read",
    "transfer": "energy_per_transfer", "wires": "wire_energy", "standby": "standby_power",
}  # fmt: skip
"""The card's price of each item of a bill."""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "tts",
        help="time and energy to solution: the best anneal time under each clock, with intervals",
        description="Anneal a problem, or run another algorithm on the chip, for longer and longer times and find the "
        "one that reaches the target soonest with probability 0.99. An optimum counts only where shorter and longer "
        "runs are worse.",
        parents=[
            options.problem("ea3d:L=8,seed=1"), options.chip(), options.pace(own_clock=False),
            options.anneal(
                beta="constant or start:end (0.1/sigma:10/sigma; a ladder of its own in tempering)", length=""
            ),
            options.target("(the known one)"),
            options.sampling(
                None, "8", least=(2, 1),
                words="runs of each length at once (for each schedule 512 where they share machine words, else 64; 4 "
                "of what keeps several replicas)",
            ),
            options.seeds(), options.computer(),
            options.outputs(plot="time to solution and success against anneal time"),
        ],
    )  # fmt: skip
    parser.add_argument(
        "--clock", type=options.several(str), default=_CLOCKS, metavar="C,...",
        help="clocks to compare (%(default)s; own: the chip's)",
    )  # fmt: skip
    parser.add_argument(
        "--participation", type=options.quantity("participation"), default="0.5", metavar="P",
        help="of a synchronous clock (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--algorithm", default="anneal", metavar="NAME[:KEY=VALUE,...]",
        help="anneal, tempering, quantum or population, such as tempering:replicas=8,cluster=false (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--first", type=options.time("first"), metavar="TIME", help="shortest run (30 updates of a p-bit)"
    )
    parser.add_argument(
        "--budget", type=options.quantity("budget"), default="45", metavar="S",
        help="host seconds for each clock (%(default)s)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.algorithm.recipe import parse_algorithm
    from hwsim.analysis.bill import bill
    from hwsim.analysis.design_rule import update_ticks
    from hwsim.analysis.optimum import find_optimum
    from hwsim.chip.library import chip
    from hwsim.mapping.compile import compile, embed
    from hwsim.problem.read import read

    problem = read(arguments.problem)
    machines = {}
    for clock in arguments.clock:
        extra = {"participation": arguments.participation} if clock == "synchronous" else {}
        machines[clock] = chip(arguments.chip, **arguments.card, **({} if clock == "own" else {"clock": clock} | extra))
    target = find_target(arguments, problem)
    if target is None:
        raise InputError(f"no known energy of {problem.name} is on record: give --target a number, exact or best")
    name, parameters = parse_algorithm(arguments.algorithm)
    first = next(iter(machines.values()))
    placed = embed(problem, first)
    rows, programs, interrupted = [], [], False
    for clock, machine in machines.items():
        program = compile(problem, machine, die_seed=arguments.die_seed, embedding=placed)
        programs.append(program)
        update_s = update_ticks(program) * 1e-15
        shortest = 30 * update_s if arguments.first is None else arguments.first
        make = _recipes(arguments, name, parameters, problem, machine, program)
        def cost(activity: Any, machine: Any = machine) -> float:
            return bill(activity, machine.prices, update_j=None).run_s

        with Progress(12) as progress:

            def watch(length: float, clock: str = clock, progress: Any = progress) -> Any:
                return progress.watch(f"{clock}, {format_si(length, 's')}")

            found = find_optimum(
                program, make, target=target, first_s=shortest, schedules=arguments.schedules,
                reads=_reads(arguments, name, program), seed=arguments.seed, budget_s=arguments.budget, cost=cost,
                engine=arguments.engine, threads=arguments.threads, progress=watch,
            )  # fmt: skip
        if found.points:
            rows.append(_row(clock, machine, program, found, make))
        if found.interrupted:
            interrupted = True
            break
    made = record(arguments, programs=programs, beta=_betas(make(1e-6)))
    if arguments.json:
        facts = {"problem": problem_facts(problem), "chip": first.name, "target": target}
        facts |= {"algorithm": name, "parameters": parameters}
        write_json(facts | {"clocks": rows, "interrupted": interrupted}, arguments.json, made)
    if arguments.json != "-":
        words = "" if name == "anneal" else f", {arguments.algorithm}"
        print(f"{problem.name} on {first.name}, target energy {target:g}{words}")
        for row in rows:
            _print(row)
    if arguments.plot and rows:
        from hwsim.report.tts import tts_picture

        how = "" if name == "anneal" else f" by {arguments.algorithm}"
        title = f"{problem.name} on {first.name}: time to solution{how}, target energy {target:g}"
        tts_picture(rows, arguments.plot, title=title, provenance=made)
        print(f"picture: {arguments.plot}", file=sys.stderr)
    if interrupted:
        print(f"hwsim: interrupted; {len(rows)} of {len(machines)} clocks shown", file=sys.stderr)
        return 130
    return 0


def _reads(arguments: argparse.Namespace, name: str, program: Any) -> int:
    """``--reads``, or what a vector of the engine holds for each schedule, which costs as much as fewer."""
    from hwsim.engine.choice import choose

    schedules = arguments.schedules
    if arguments.reads is not None:
        return arguments.reads
    if name != "anneal":
        return 4 * schedules
    return max(2, schedules * (_VECTOR if choose(arguments.engine, program)[0] == "bitplanes" else 64))


def _recipes(
    arguments: argparse.Namespace, name: str, parameters: dict[str, Any], problem: Any, machine: Any, program: Any
) -> Callable[[float], Any]:
    """The recipe of a length in seconds."""
    from hwsim.algorithm.recipe import Recipe
    from hwsim.analysis.anneals import beta_ends, make_anneal

    betas: tuple[float, ...] = ()
    if name != "anneal" and arguments.beta is not None:
        betas = beta_ends(arguments.beta, problem)
        if name == "quantum" and len(betas) != 1:
            raise InputError(f"beta of algorithm quantum must be one number, got {arguments.beta!r}")

    def make(length: float) -> Any:
        anneal = None
        if name == "anneal":
            anneal = make_anneal(
                problem, machine, program, beta=arguments.beta, shape=arguments.anneal, time=length
            )  # fmt: skip
        return Recipe(algorithm=name, time_s=length, parameters=parameters, anneal=anneal, betas=betas)

    return make


def _betas(recipe: Any) -> tuple[float, ...]:
    """The ends of beta of a recipe."""
    from hwsim.report.provenance import beta_ends

    return recipe.betas if recipe.anneal is None else beta_ends(recipe.anneal)


def _row(clock: str, machine: Any, program: Any, found: Any, make: Callable[[float], Any]) -> dict[str, Any]:
    """One clock as plain numbers: its points, its optimum, and what a solution costs there."""
    from hwsim.analysis.bill import bill
    from hwsim.analysis.toggles import toggled

    points = [
        {
            "time_s": p.time_s, "run_s": p.run_s, "p_success": p.found.p_success,
            "p_success_ci": list(p.found.p_success_ci), "tts99_s": p.found.tts_s,
            "tts99_ci_s": list(p.found.tts_ci_s), "tts99_is_bound": p.found.tts_is_bound,
            "energy_mean": p.energy_mean, "energy_best": p.energy_best, "updates": p.activity.updates,
            "host_s": p.host_s,
        }
        for p in found.points
    ]  # fmt: skip
    row: dict[str, Any] = {
        "clock": clock,
        "participation": machine.clock.participation if machine.clock.kind == "synchronous" else None,
        "points": points, "best": found.best, "is_interior": found.is_interior, "tts99_s": found.tts_s,
        "tts99_ci_s": list(found.tts_ci_s), "stopped": found.stopped,
        "programming_s": machine.prices.programming_time_s,
        "run_s": None, "run_j": None, "time_split_s": None, "energy_split_j": None, "energy_j": None,
        "unknown_time": [], "unknown_energy": [], "power_w": machine.prices.power_w, "hardware_pbits": None,
        "runs_to_solution": None, "grades": dict(machine.grades),
    }  # fmt: skip
    if found.best is None:
        return row
    best = found.points[found.best]
    wires_j = 0.0 if program.prices.wire_j is None else None
    anneal = make(best.time_s).anneal
    if program.prices.wire_j is not None and anneal is not None and (wires := toggled(program, anneal)) is not None:
        wires_j = wires.wire_j
    account = bill(best.activity, machine.prices, update_j=program.prices.update_j, wires_j=wires_j)
    runs = found.tts_s / best.run_s
    return row | {
        "run_s": account.run_s, "run_j": account.run_j, "time_split_s": dict(account.time_s),
        "energy_split_j": dict(account.energy_j), "unknown_time": account.unknown_s,
        "unknown_energy": account.unknown_j, "runs_to_solution": runs,
        "hardware_pbits": best.activity.n_pbits * best.activity.copies,
        "energy_j": None if account.run_j is None else account.run_j * runs,
    }  # fmt: skip


def _print(row: dict[str, Any]) -> None:
    name = row["clock"] + (f" {row['participation']:g}" if row["participation"] is not None else "")
    print(f"\n{name}")
    print(f"  {'length':>9}  {'P(success)':<30}  {'TTS99':<34}  energy mean")
    for k, point in enumerate(row["points"]):
        low, high = point["p_success_ci"]
        success = f"{point['p_success']:.4g} [{low:.2g}, {high:.2g}]"
        mark = "" if k != row["best"] else "  <- best"
        print(f"  {format_si(point['time_s'], 's'):>9}  {success:<30}  {_tts(point):<34}  "
              f"{point['energy_mean']:.6g}{mark}")  # fmt: skip
    if row["best"] is None:
        print(f"  TTS99 > {format_si(row['tts99_s'], 's')}: no run reached the target (stopped: {row['stopped']})")
        return
    low, high = row["tts99_ci_s"]
    ends = f"[{format_si(low, 's')}, {'...' if high is None else format_si(high, 's')}]"
    kind = "interior optimum"
    if not row["is_interior"]:
        edges = {
            0: "the shortest length tried is the best",
            len(row["points"]) - 1: "the longest length tried is the best",
        }
        kind = "no optimum shown: " + edges.get(row["best"], "others may be as good")
    print(f"  TTS99 {format_si(row['tts99_s'], 's')} {ends}, {kind} (stopped: {row['stopped']})")
    fixed = "unknown" if row["programming_s"] is None else format_si(row["programming_s"], "s")
    parts = [f"{item} {format_si(value, 's')}" for item, value in row["time_split_s"].items() if value]
    unknown = f"; no price, so not in it: {', '.join(row['unknown_time'])}" if row["unknown_time"] else ""
    print(f"  time: programming {fixed} once; {row['runs_to_solution']:.3g} runs of {', '.join(parts)}{unknown}")
    print(f"  energy to solution: {_energy(row)}")


def _energy(row: dict[str, Any]) -> str:
    """The joules of all runs, item by item, each with the grade of its price."""
    if row["power_w"] is not None:
        grade = row["grades"].get("power", "given")
        return f"{format_si(row['energy_j'], 'J')}: {format_si(row['power_w'], 'W')} ({grade}) for all items"
    parts = []
    for item, value in row["energy_split_j"].items():
        if value is None:
            parts.append(f"{item} unknown")
        elif value:
            grade = row["grades"].get(_PRICE_OF.get(item, ""), "given")
            parts.append(f"{item} {format_si(value * row['runs_to_solution'], 'J')} ({grade})")
    total = "unknown" if row["energy_j"] is None else format_si(row["energy_j"], "J")
    return total + (f": {', '.join(parts)}" if parts else "")


def _tts(point: dict[str, Any]) -> str:
    if point["tts99_is_bound"]:
        return f"> {format_si(point['tts99_s'], 's')}"
    low, high = point["tts99_ci_s"]
    return (
        f"{format_si(point['tts99_s'], 's')} [{format_si(low, 's')}, {'...' if high is None else format_si(high, 's')}]"
    )
