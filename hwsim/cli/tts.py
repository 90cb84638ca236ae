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
                beta="constant or start:end (0.1/sigma:10/sigma; a ladder of its own in tempering)", time_default=None,
                length="this length alone, with the reads asked for and no more; else longer and longer ones",
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
    from hwsim.chip.library import chip
    from hwsim.experiment.optimum import find_optimum, optimum_facts
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
        make = _recipes(arguments, name, parameters, problem, machine, program)
        with Progress(12) as progress:

            def watch(length: float, clock: str = clock, progress: Any = progress) -> Any:
                return progress.watch(f"{clock}, {format_si(length, 's')}")

            found = find_optimum(
                program, make, target=target, search=_search(arguments, name, program), engine=arguments.engine,
                threads=arguments.threads, progress=watch,
            )  # fmt: skip
        if found.points:
            rows.append(
                {
                    "clock": clock, "grades": dict(machine.grades),
                    "participation": program.clock.participation if program.clock.kind == "synchronous" else None,
                }
                | optimum_facts(program, found, make)
            )  # fmt: skip
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
            _print(row, alone=arguments.time is not None)
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


def _search(arguments: argparse.Namespace, name: str, program: Any) -> Any:
    """Lengths to try, or the one of ``--time``."""
    from hwsim.experiment.optimum import Search

    if arguments.time is not None and arguments.first is not None:
        raise InputError("--time is the one length, --first the shortest of several: give one of them")
    given: dict[str, Any] = {
        "reads": _reads(arguments, name, program), "schedules": arguments.schedules, "seed": arguments.seed,
        "budget_s": arguments.budget,
    }  # fmt: skip
    if arguments.time is not None:
        return Search(first_s=arguments.time, most=1, most_batches=1, **given)
    shortest = 30 * program.clock.update_ticks * 1e-15
    return Search(first_s=shortest if arguments.first is None else arguments.first, **given)


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
    from hwsim.experiment.anneals import beta_ends, make_anneal

    betas: tuple[float, ...] = ()
    if name != "anneal" and arguments.beta is not None:
        betas = beta_ends(arguments.beta, problem)
        if name == "quantum" and len(betas) != 1:
            raise InputError(f"beta of algorithm quantum must be one number, got {arguments.beta!r}")

    def make(length: float) -> Any:
        anneal = None
        if name == "anneal":
            anneal = make_anneal(
                problem, program, beta=arguments.beta, shape=arguments.anneal, time=length
            )  # fmt: skip
        return Recipe(algorithm=name, time_s=length, parameters=parameters, anneal=anneal, betas=betas)

    return make


def _betas(recipe: Any) -> tuple[float, ...]:
    """The ends of beta of a recipe."""
    from hwsim.report.provenance import beta_ends

    return recipe.betas if recipe.anneal is None else beta_ends(recipe.anneal)


def _print(row: dict[str, Any], *, alone: bool) -> None:
    name = row["clock"] + (f" {row['participation']:g}" if row["participation"] is not None else "")
    print(f"\n{name}")
    apart = any(point["tts99_total_s"] != point["tts99_s"] for point in row["points"])
    more = f"{'with read-out':<34}  " if apart else ""
    print(f"  {'length':>9}  {'P(success)':<30}  {'TTS99':<34}  {more}energy mean")
    for k, point in enumerate(row["points"]):
        low, high = point["p_success_ci"]
        success = f"{point['p_success']:.4g} [{low:.2g}, {high:.2g}]"
        mark = "" if k != row["best"] or alone else "  <- best"
        more = f"{_tts(point, 'tts99_total'):<34}  " if apart else ""
        print(f"  {format_si(point['time_s'], 's'):>9}  {success:<30}  {_tts(point, 'tts99'):<34}  "
              f"{more}{point['energy_mean']:.6g}{mark}")  # fmt: skip
    if row["best"] is None:
        least = format_si(row["tts99_total_s"], "s")
        print(f"  TTS99 with read-out > {least}: no run reached the target (stopped: {row['stopped']})")
        return
    kind = "interior optimum"
    if not row["is_interior"]:
        edges = {
            0: "the shortest length tried is the best",
            len(row["points"]) - 1: "the longest length tried is the best",
        }
        kind = "no optimum shown: " + edges.get(row["best"], "others may be as good")
    more = "" if alone else f", {kind} (stopped: {row['stopped']})"
    print(f"  TTS99 {_tts(row, 'tts99')}, with read-out {_tts(row, 'tts99_total')}{more}")
    fixed = "unknown" if row["program_s"] is None else format_si(row["program_s"], "s")
    parts = [f"{item} {format_si(value, 's')}" for item, value in row["time_split_s"].items() if value]
    unknown = f"; no price, so not in it: {', '.join(row['unknown_time'])}" if row["unknown_time"] else ""
    print(f"  time: programming {fixed} once; {row['runs_to_solution']:.3g} runs of {', '.join(parts)}{unknown}")
    print(f"  energy to solution: {_energy(row)}")


def _energy(row: dict[str, Any]) -> str:
    """The joules of all runs, without read-out and with it, item by item, each with the grade of its price."""
    from hwsim.cost.account import PRICE_OF

    alone, total = ("unknown" if row[key] is None else format_si(row[key], "J") for key in ("ets99_j", "ets99_total_j"))
    sums = f"{alone}, with read-out {total}"
    if row["power_w"] is not None:
        grade = row["grades"].get("power", "given")
        return f"{sums}: {format_si(row['power_w'], 'W')} ({grade}) for all items"
    parts = []
    for item, value in row["energy_split_j"].items():
        if value is None:
            parts.append(f"{item} unknown")
        elif value:
            grade = row["grades"].get(PRICE_OF[item], "given")
            parts.append(f"{item} {format_si(value * row['runs_to_solution'], 'J')} ({grade})")
    return sums + (f": {', '.join(parts)}" if parts else "")


def _tts(row: dict[str, Any], key: str) -> str:
    if row["tts99_is_bound"]:
        return f"> {format_si(row[f'{key}_s'], 's')}"
    low, high = row[f"{key}_ci_s"]
    ends = f"[{format_si(low, 's')}, {'...' if high is None else format_si(high, 's')}]"
    return f"{format_si(row[f'{key}_s'], 's')} {ends}"
