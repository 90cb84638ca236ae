"""``hwsim blame``: what each fault of a chip costs on a problem, so that one sees what to cure first."""

import argparse
import sys
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import problem_facts, record, write_json
from hwsim.cli.progress import Progress
from hwsim.cli.target import given_target, target_words
from hwsim.units import format_si


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "blame",
        help="what each fault of a chip costs: all on, each off, each alone",
        description="Run one problem on a chip with all its faults, with each switched off and with each alone, over "
        "several dies. Times are device times.",
        parents=[
            options.problem("ea3d:L=8,seed=1 or karate"), options.chip(), options.pace(), options.cells(),
            options.anneal(), options.target(), options.sampling("128", "2", least=(2, 2)), options.seeds(),
            options.computer(), options.outputs(plot="what each fault costs"),
        ],
    )  # fmt: skip
    parser.add_argument(
        "--dies", type=options.whole("dies", least=2), default="8", metavar="N",
        help="virtual dies the chip is averaged over (%(default)s)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.analysis.anneals import make_anneal
    from hwsim.analysis.blame import blame
    from hwsim.chip.faults import present_faults
    from hwsim.chip.library import chip
    from hwsim.mapping.compile import compile, embed
    from hwsim.problem.read import read

    machine = chip(arguments.chip, **arguments.card)
    problem = read(arguments.problem)
    names = present_faults(machine)
    target = given_target(arguments, problem) if names else None
    placed = embed(problem, machine)
    program = compile(problem, machine, embedding=placed)
    anneal = make_anneal(
        problem, machine, program, beta=arguments.beta, shape=arguments.anneal, time=arguments.time
    )  # fmt: skip
    with Progress(2 + 2 * len(names)) as progress:
        labels: dict[str, Any] = {}

        def report(label: str, fraction: float, updates: int) -> None:
            if label not in labels:
                labels[label] = progress.watch(label)
            labels[label](fraction, updates)

        found = blame(
            problem, machine, anneal=anneal, embedding=placed, target=target, dies=arguments.dies,
            reads=arguments.reads, schedules=arguments.schedules, seed=arguments.seed, first_die=arguments.die_seed,
            engine=arguments.engine, threads=arguments.threads, progress=report,
        )  # fmt: skip
    made = record(arguments, programs=[program], anneal=anneal)
    if arguments.json:
        facts = {"problem": problem_facts(problem), "chip": machine.name}
        write_json(facts | {"dies": arguments.dies, "reads": arguments.reads} | found, arguments.json, made)
    if arguments.json != "-" and found["metrics"]:
        print(f"{problem.name} on {machine.name}: {arguments.dies} dies of {arguments.reads} reads")
        print(target_words(found["target"], target))
        print(_table(found))
    if arguments.plot and found["rows"]:
        from hwsim.report.blame import blame_picture

        title = f"What to cure first: {problem.name} on {machine.name}, target energy {found['target']:g}"
        blame_picture(found["rows"], arguments.plot, title=title, metrics=found["metrics"], provenance=made)
        print(f"picture: {arguments.plot}", file=sys.stderr)
    if found["interrupted"]:
        print(f"hwsim: interrupted; {len(found['rows'])} of {len(names)} faults shown", file=sys.stderr)
        return 130
    return 0


def _table(found: dict[str, Any]) -> str:
    """Two lines per fault: cured, and alone; between the chip as it is and the perfect one."""
    lines = [["", "", *(metric["label"] for metric in found["metrics"])]]

    def add(name: str, what: str, estimates: dict[str, Any]) -> None:
        lines.append([name, what, *(_text(estimates[m["key"]], bool(m.get("time"))) for m in found["metrics"])])

    add("all faults", "", {m["key"]: m["all_on"] for m in found["metrics"]})
    for row in found["rows"]:
        add(row["label"], "cured", row["without"])
        add("", "alone", row["alone"])
    add("no faults", "", {m["key"]: m["all_off"] for m in found["metrics"]})
    widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def _text(estimate: list, is_time: bool) -> str:
    def one(value: float | None) -> str:
        if value is None:
            return "?"
        return format_si(value, "s") if is_time else f"{value:.3g}"

    value, low, high = estimate
    if value is None:
        return f"> {one(low)}"
    return f"{one(value)} [{one(low)}, {one(high)}]"
