"""``hwsim run``: one problem (or a saved program) on one chip, in device time."""

import argparse
import sys
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import write_json

_WORDS_SHOWN = 8


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "run",
        help="one problem on one chip",
        description="Run one problem on one chip, with the chip's own clock unless told otherwise.",
    )
    options.add_common(parser)
    options.add_scheme(parser)
    options.add_partition(parser)
    parser.add_argument(
        "--chain-strength", metavar="J[,J...]",
        help="of spins on several p-bits: a number, torque (the default) or sufficient; several are compared",
    )  # fmt: skip
    parser.add_argument("--dies", metavar="N", help="run N virtual dies: the yield curve against time to solution")
    parser.add_argument("--clamp", metavar="V=S,...", help="fix variables, such as v0=1,v3=-1 (0 or 1 of a QUBO)")
    parser.add_argument("--samples", metavar="FILE", help="final states as a dimod SampleSet (JSON)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    options.check_outputs(arguments)
    from hwsim.chip.library import chip
    from hwsim.problem.read import read

    machine = chip(arguments.chip, **options.overrides(arguments), **options.scheme(arguments))
    placed, strengths = None, options.chain_strengths(arguments)
    if arguments.problem.endswith(".npz"):
        program, problem = options.saved_program(arguments)
    else:
        problem = options.clamped(read(arguments.problem), arguments.clamp)
        from hwsim.mapping.compile import compile, embed

        placed = embed(problem, machine)
        program = compile(
            problem, machine, die_seed=options.integer(arguments.die_seed, "die-seed"), embedding=placed,
            chain_strength=strengths[0], **options.partition(arguments),
        )  # fmt: skip
    anneal = options.make_anneal(arguments, problem, machine, program)
    if arguments.dies is not None:
        from hwsim.cli.dies import run_wafer

        return run_wafer(arguments, problem, machine, anneal, placed)
    if len(strengths) > 1:
        from hwsim.cli.chains import run_scan

        return run_scan(arguments, problem, machine, program, anneal, placed, strengths)
    target = options.target_energy(arguments.target, problem, threads=options.threads(arguments))
    from hwsim.analysis.summary import summarise
    from hwsim.engine.run import run as emulate

    seed = options.integer(arguments.seed, "seed")
    progress = options.Progress(1)
    result = emulate(
        program, anneal=anneal, reads=options.integer(arguments.reads, "reads", least=1),
        schedules=options.integer(arguments.schedules, "schedules", least=1), seed=seed, engine=arguments.engine,
        threads=options.threads(arguments), progress=progress.watch(program.clock.kind),
        record=(0,) if arguments.vcd else (),
    )  # fmt: skip
    progress.close()
    row = summarise(result, kind=problem.kind, target=target)
    facts = options.problem_facts(problem)
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
    if arguments.json:
        write_json(
            {"problem": facts, "chip": machine.name, "row": row, "interrupted": result.interrupted}
            | ({"chains": chains} if chains else {})
            | broken
            | ({"words": [{"words": w, "count": c, "valid": v} for w, c, v in words]} if words else {}),
            arguments.json,
        )
    if arguments.samples:
        write_json(result.sampleset.to_serializable(), arguments.samples)
    if arguments.vcd:
        options.write_waveform(result, arguments.vcd)
    if arguments.plot:
        from hwsim.report.figure import energy_against_time

        curve = {
            "label": program.clock.kind,
            "times_s": result.checkpoint_times_s,
            "energies": result.checkpoint_energies,
        }
        energy_against_time([curve], arguments.plot, title=f"{problem.name} on {machine.name}", target=target)
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
