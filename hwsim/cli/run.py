"""``hwsim run``: one problem (or a saved program) on one chip, in device time."""

import argparse
import sys
from pathlib import Path
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import problem_facts, record, write_json
from hwsim.cli.progress import Progress
from hwsim.cli.target import find_target
from hwsim.errors import InputError

_WORDS_SHOWN = 8


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "run",
        help="one problem on one chip",
        description="Run one problem on one chip, with the chip's own clock unless told otherwise.",
        parents=[
            options.problem("ea3d:L=8,seed=1 or karate; or a program of hwsim compile"), options.chip(),
            options.pace(), options.cells(), options.chains("run"), options.partition(),
            options.anneal(), options.target(), options.sampling("256", "4"), options.seeds(), options.computer(),
            options.outputs(plot="energy against device time", vcd=True),
        ],
    )  # fmt: skip
    parser.add_argument(
        "--dies", type=options.whole("dies", least=1), metavar="N",
        help="run N virtual dies: the yield curve against time to solution",
    )  # fmt: skip
    parser.add_argument(
        "--clamp", type=options.clamps, metavar="V=S,...", help="fix variables, such as v0=1,v3=-1 (0 or 1 of a QUBO)"
    )
    parser.add_argument(
        "--samples", type=options.file_out, metavar="FILE", help="final states as a dimod SampleSet (JSON)"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.analysis.anneals import make_anneal
    from hwsim.analysis.summary import summarise
    from hwsim.chip.library import chip
    from hwsim.mapping.compile import compile, embed
    from hwsim.problem.read import read
    from hwsim.session import run as emulate

    machine = chip(arguments.chip, **arguments.card)
    placed, strengths = None, arguments.chain_strength or [None]
    if arguments.problem.endswith(".npz"):
        program, problem = _saved(arguments)
    else:
        problem = _clamped(read(arguments.problem), arguments.clamp)
        placed = embed(problem, machine)
        program = compile(
            problem, machine, die_seed=arguments.die_seed, embedding=placed, chain_strength=strengths[0],
            **options.parts(arguments),
        )  # fmt: skip
    anneal = make_anneal(
        problem, machine, program, beta=arguments.beta, shape=arguments.anneal, time=arguments.time
    )  # fmt: skip
    if arguments.dies is not None:
        from hwsim.cli.dies import run_wafer

        return run_wafer(arguments, problem, machine, anneal, placed)
    if len(strengths) > 1:
        from hwsim.cli.chains import run_scan

        return run_scan(arguments, problem, machine, program, anneal, placed, strengths)
    target = find_target(arguments, problem)
    with Progress(1) as progress:
        result = emulate(
            program, anneal=anneal, reads=arguments.reads, schedules=arguments.schedules, seed=arguments.seed,
            engine=arguments.engine, threads=arguments.threads, progress=progress.watch(program.clock.kind),
            record=(0,) if arguments.vcd else (),
        )  # fmt: skip
    row = summarise(result, kind=problem.kind, target=target)
    facts = problem_facts(problem)
    words = []
    if problem.circuit is not None:
        from hwsim.problem.logic import words_of
        from hwsim.problem.problem import completed

        wires, states = completed(problem, program.readout.names, result.variables)
        words = words_of(problem.circuit, wires, states, problem.clamps)
    chains = None
    if program.readout.chain is not None:
        from hwsim.analysis.chains import chain_facts

        chains = chain_facts(result, target=target)
    broken = _broken(problem, program, result)
    made = record(arguments, programs=[program], anneal=anneal)
    if arguments.json:
        write_json(
            {"problem": facts, "chip": machine.name, "row": row, "interrupted": result.interrupted}
            | ({"chains": chains} if chains else {})
            | broken
            | ({"words": [{"words": w, "count": c, "valid": v} for w, c, v in words]} if words else {}),
            arguments.json, made,
        )
    if arguments.samples:
        write_json(result.sampleset.to_serializable(), arguments.samples, made)
    if arguments.vcd:
        from hwsim.report.waveform import write_run

        write_run(result, arguments.vcd)
    if arguments.plot:
        from hwsim.report.figure import energy_against_time

        curve = {
            "label": program.clock.kind,
            "times_s": result.checkpoint_times_s,
            "energies": result.checkpoint_energies,
        }
        title = f"{problem.name} on {machine.name}"
        energy_against_time([curve], arguments.plot, title=title, target=target, provenance=made)
    if arguments.json != "-":
        from hwsim.report.table import compare_table

        print(compare_table([row], {"name": problem.name, "spins": facts["spins"], "chip": machine.name}))
        print(f"engine: {result.engine} ({result.engine_reason})")
        for numbers, count, valid in words[:_WORDS_SHOWN]:
            shown = ", ".join(f"{name} = {number}" for name, number in numbers.items())
            print(f"  {shown:<28} {count / result.reads:7.1%}{'' if valid else '  some gate is not satisfied'}")
        _print_broken(broken)
        if chains is not None:
            from hwsim.cli.chains import print_chains

            print_chains(program, chains)
        if result.device_energy_j is not None:
            from hwsim.units import format_si

            price = machine.grades.get("energy_per_update", "given")
            print(f"energy: {format_si(result.device_energy_j, 'J')} a read for its updates ({price})")
    if result.interrupted:
        print(f"hwsim: interrupted after {result.device_time_s:.3g} s of device time", file=sys.stderr)
        return 130
    return 0


def _saved(arguments: argparse.Namespace) -> tuple[Any, Any]:
    """The program that ``hwsim compile -o`` wrote, and its problem. Raises InputError for options of a chip."""
    compiled = (arguments.dies, arguments.chain_strength, arguments.clamp, arguments.chips, arguments.exchange)
    if arguments.card or arguments.chip != options.GENERIC or any(option is not None for option in compiled):
        raise InputError("a saved program has its chip in it: give --chip and what changes it to hwsim compile")
    from hwsim.mapping.restore import restored_problem
    from hwsim.program import load

    program = load(arguments.problem)
    return program, restored_problem(program, name=Path(arguments.problem).stem)


def _clamped(problem: Any, values: dict[str, int] | None) -> Any:
    """``problem`` with ``values`` by the text of a label fixed."""
    if values is None:
        return problem
    from hwsim.problem.boltzmann import clamp

    named = {str(label): label for label in problem.bqm.variables}
    return clamp(problem, {named.get(text, text): value for text, value in values.items()})


def _broken(problem: Any, program: Any, result: Any) -> dict[str, Any]:
    """What the reads violate, by the name of the JSON's part."""
    from hwsim.problem.constrained import broken_clauses, broken_constraints

    if problem.constrained is not None:
        return {"constraints": broken_constraints(problem, program.readout.names, result.variables)}
    if problem.clauses:
        return {"clauses": broken_clauses(problem, program.readout.names, result.variables)}
    return {}


def _print_broken(broken: dict[str, Any]) -> None:
    if "clauses" in broken:
        facts = broken["clauses"]
        print(
            f"clauses: {facts['fewest_broken']} of {facts['clauses']} violated in the best read, "
            f"{facts['mean_broken']:.3g} on average; {facts['satisfied']:.1%} of reads satisfy all"
        )
    if "constraints" not in broken:
        return
    facts = broken["constraints"]
    best = facts["best_objective"]
    print(
        f"constraints: {facts['feasible']:.1%} of reads keep all {len(facts['constraints'])}, "
        + (f"best objective {best:.6g}" if best is not None else
           f"the best read breaks {facts['fewest_broken']} (objective {facts['objective']:.6g})")
    )  # fmt: skip
    shown = [entry for entry in facts["constraints"] if entry[1] > 0][:_WORDS_SHOWN]
    for label, share in shown:
        print(f"  {label:<28} broken in {share:.1%} of reads")
