"""``hwsim explore SPEC.toml``: one problem on many designs: a table, and a picture that marks the best designs."""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, problem_facts, record, write_json
from hwsim.cli.source import problem_of
from hwsim.cli.target import energy_of, target_facts, target_of
from hwsim.command.progress import Bar
from hwsim.errors import InputError

_EXAMPLE = """an example of a spec:
  problem = "sk:n=24,seed=1"
  chip = "generic-floorplan"
  target = "exact"
  time = "2 us"
  [set]
  energy_per_update = "2 fJ"
  energy_per_read = "1 pJ"
  [sweep]
  max_degree = [4, 6, 23]
  weight_bits = [3, 8]
  wiring = [
    { name = "short wires", wire_delay = "100 ps/mm" },
    { name = "slow wires", wire_delay = "10 ns/mm" },
  ]
"""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "explore",
        help="one problem on many designs: time and energy to solution against area",
        description="Run every combination of the swept parameters: topology, degree, weight bits, delay, chips, "
        "clock, any parameter of a card.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[options.computer(with_engine=False), options.outputs("all rows", plot="time, energy and area")],
    )
    parser.add_argument("spec", metavar="SPEC.toml", help="problem, chip, target and what to sweep")
    parser.add_argument(
        "-o",
        "--output",
        type=options.file_out,
        metavar="FILE",
        help="rows as JSON, saved one by one: a rerun continues there",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.interrupt import CtrlC
    from hwsim.report.pareto import pareto_picture, pareto_table
    from hwsim.report.table import number
    from hwsim.study.designs import checked, design_rows, mark_best, plan_of
    from hwsim.study.plan import build
    from hwsim.study.workers import ProgramFolder
    from hwsim.text import read_toml

    spec = checked(read_toml(arguments.spec))
    problem = problem_of(spec["problem"], spec["as"])
    wanted = None if spec["target"] is None else str(spec["target"])
    named = target_of(wanted, problem, threads=arguments.threads)
    target = energy_of(named)
    kept = _kept(arguments.output)
    rows: list[dict[str, Any]] = []
    with (
        CtrlC() as ctrl_c,
        Bar(left=True) as bar,
        tempfile.TemporaryDirectory(prefix="hwsim-explore-", ignore_cleanup_errors=True) as folder,
    ):
        programs = ProgramFolder(folder)
        plan = build(
            plan_of(spec, target),
            programs.keep,
            as_given=True,
            progress=lambda done, of, what: bar.show(done / of, f"preparing {done + 1}/{of}  {what}"),
        )
        made = record(arguments, seed=spec["seed"], programs=dict.fromkeys(point.program for point in plan.points))
        for row in design_rows(
            plan, kept, programs, threads=arguments.threads, interrupt=lambda: ctrl_c.heard, progress=bar.show
        ):
            row |= {key: value for key, value in target_facts(named).items() if key in row}
            rows.append(row)
            if arguments.output:
                kept[row["key"]] = row
                write_json({"spec": spec, "target": target, "rows": list(kept.values())}, arguments.output, made)
            if ctrl_c.heard:
                break
    mark_best(rows)
    document = {"problem": problem_facts(problem), "target": target, "spec": spec, "rows": rows} | target_facts(named)
    document["interrupted"] = len(rows) < len(plan.combinations)
    stopped = None
    if document["interrupted"]:
        again = f"; hwsim explore {arguments.spec} -o {arguments.output} continues" if arguments.output else ""
        stopped = f"; {len(rows)} of {len(plan.combinations)} designs done{again}"

    def text(width: int | None) -> str:
        head = f"{problem.name}: {len(rows)} designs" + ("" if target is None else f", target energy {number(target)}")
        return f"{head}\n{pareto_table(rows, width=width)}"

    def draw(path: str) -> None:
        title = (
            f"{problem.name}: {len(rows)} designs, target energy {number(target)}"
            if target is not None
            else problem.name
        )
        pareto_picture(rows, path, title=title, provenance=made)

    return give(arguments, document, made, text=text if rows else None, draw=draw if rows else None, stopped=stopped)


def _kept(path: str | None) -> dict[str, dict[str, Any]]:
    """Rows of an earlier run, by key."""
    if path is None or not Path(path).exists():
        return {}
    if not Path(path).is_file():
        raise InputError(f"a rerun reads the rows of -o, so it must be a regular file, and {path} is none")
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
        return {row["key"]: row for row in data["rows"]}
    except (ValueError, KeyError, TypeError, OSError):
        raise InputError(f"{path} exists and does not hold rows of hwsim explore: give -o another name") from None
