"""``hwsim run``: one problem (or a saved program) on one chip, in device time."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, problem_facts, record, write_json
from hwsim.cli.source import given_problem
from hwsim.cli.target import energy_of, find_target
from hwsim.command.given import target_facts
from hwsim.command.progress import Bar, Progress
from hwsim.errors import InputError


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "run",
        help="one problem on one chip",
        description="Run one problem on one chip, by default with the chip's own clock.",
        parents=[
            options.problem("ea3d:L=8,seed=1 or karate; or a program of hwsim compile"),
            options.chip(),
            options.pace(),
            options.cells(),
            options.chains("run"),
            options.partition(),
            options.anneal(),
            options.target(),
            options.sampling("256", "4", auto=True),
            options.seeds(),
            options.computer(),
            options.outputs(plot="energy against device time", vcd=True),
        ],
    )
    parser.add_argument(
        "--dies",
        type=options.whole("dies", least=1),
        metavar="N",
        help="run N virtual dies and print the yield curve against time to solution",
    )
    parser.add_argument(
        "--clamp", type=options.clamps, metavar="V=S,...", help="fix variables, such as v0=1,v3=-1 (0 or 1 of a QUBO)"
    )
    parser.add_argument(
        "--samples", type=options.file_out, metavar="FILE", help="final states as a dimod SampleSet (JSON)"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=options.file_out,
        metavar="FILE.npz",
        help="save the run, with the trace of its first read; hwsim.load_run reads it",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the subcommand."""
    from hwsim.experiment.answers import answers
    from hwsim.experiment.looks import LOOKS, looks
    from hwsim.experiment.summary import summarise
    from hwsim.report.answers import answer_lines
    from hwsim.report.cost import cost_lines
    from hwsim.report.figure import curve_of, energy_against_time
    from hwsim.report.table import compare_table
    from hwsim.report.waveform import write_run
    from hwsim.session import pilot, save_run
    from hwsim.session import run as emulate
    from hwsim.session.pilot import AUTO

    strengths = arguments.chain_strength or [None]
    ready = _ready(arguments, strengths[0])
    problem, program, anneal = ready.problem, ready.program, ready.anneal
    if arguments.schedules == AUTO and (arguments.dies is not None or len(strengths) > 1):
        raise InputError("--schedules auto is for one die and one chain strength: give a number")
    if arguments.dies is not None:
        from hwsim.cli.dies import run_wafer

        return run_wafer(arguments, ready)
    if len(strengths) > 1:
        from hwsim.cli.chains import run_scan

        return run_scan(arguments, ready, strengths)
    wanted = find_target(arguments, problem)
    target = energy_of(wanted)
    with Progress(1) as progress:
        schedules, why = arguments.schedules, {}
        if schedules == AUTO:
            trial = pilot(program, anneal, reads=arguments.reads, threads=arguments.threads)
            schedules, why = trial.schedules, {"schedule_correlation": trial.correlation}
        result = emulate(
            program,
            anneal=anneal,
            checkpoints=looks(program, anneal) if arguments.plot else LOOKS,
            reads=arguments.reads,
            schedules=schedules,
            seed=arguments.seed,
            engine=arguments.engine,
            threads=arguments.threads,
            progress=progress.watch(program.clock.kind),
            record=(0,) if arguments.vcd or arguments.output else (),
        )
    row = summarise(result, kind=problem.kind, target=target) | why
    found = answers(problem, result, target=target)
    made = record(arguments, programs=[program], anneal=anneal)
    if arguments.samples:
        write_json(result.sampleset.to_serializable(), arguments.samples, made)
    if arguments.vcd:
        write_run(result, arguments.vcd)
    if arguments.output:
        save_run(result, arguments.output)

    def text(_: int | None) -> str:
        lines = [compare_table([row], {"name": problem.name, "spins": facts["spins"], "chip": ready.chip_name})]
        lines.append(f"engine: {result.engine} ({result.engine_reason})")
        if strengths[0] is not None and program.readout.chain is None:
            lines.append("note: --chain-strength changes nothing: each spin is one p-bit here, without a chain")
        lines += [program.indistinct] if target is not None and program.indistinct else []
        lines += answer_lines(found, reads=result.reads, n_variables=program.n_variables, n_pbits=program.n_pbits)
        return "\n".join([*lines, *cost_lines(row, program.prices.grades)])

    def draw(path: str) -> None:
        title = f"{problem.name} on {ready.chip_name}"
        energy_against_time([curve_of(result)], path, title=title, target=target, provenance=made)

    facts = problem_facts(problem)
    document = {"problem": facts, "chip": ready.chip_name, "row": row, "interrupted": result.interrupted} | found
    document |= target_facts(wanted) | {"indistinct": program.indistinct}
    stopped = f" after {result.device_time_s:.3g} s of device time" if result.interrupted else None
    return give(arguments, document, made, text=text, draw=draw, stopped=stopped)


def _ready(arguments: argparse.Namespace, strength: float | str | None) -> Any:
    """The problem on its chip, or the program that ``hwsim compile -o`` wrote. Raises InputError."""
    from hwsim.archive import kind_of
    from hwsim.chip.library import chip
    from hwsim.experiment.prepare import prepare, prepare_saved
    from hwsim.mapping.compile import Settings
    from hwsim.text import ending

    ramp = options.ramp(arguments)
    if ending(arguments.problem) != ".npz" or kind_of(arguments.problem) in (None, "model"):
        machine = chip(arguments.chip, **arguments.card)
        problem = _clamped(given_problem(arguments), arguments.clamp)
        several = options.parts(arguments, machine.round_s)
        settings = Settings(die_seed=arguments.die_seed, chain_strength=strength, **several)
        with Bar(words="placing the problem") as bar:
            return prepare(problem, machine, settings, ramp=ramp, tell=lambda words: bar.show(0.0, words, now=True))
    compiled = (
        arguments.as_,
        arguments.dies,
        arguments.chain_strength,
        arguments.clamp,
        arguments.chips,
        arguments.exchange,
    )
    changed = arguments.chip != options.GENERIC or arguments.die_seed != 0
    if arguments.card or changed or any(option is not None for option in compiled):
        raise InputError("a saved program contains its chip: give --chip and its changes to hwsim compile")
    return prepare_saved(arguments.problem, ramp=ramp)


def _clamped(problem: Any, values: dict[str, int] | None) -> Any:
    """``problem`` with the variables named in ``values``, by the text of their labels, fixed."""
    if values is None:
        return problem
    from hwsim.problem.boltzmann import clamp

    named = {str(label): label for label in problem.bqm.variables}
    return clamp(problem, {named.get(text, text): value for text, value in values.items()})
