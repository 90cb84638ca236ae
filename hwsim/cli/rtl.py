"""``hwsim rtl``: a digital machine as Verilog, and the proof that it is the emulated one."""

import argparse
from pathlib import Path
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, problem_facts, record
from hwsim.cli.source import given_problem
from hwsim.errors import InputError

CHIP = "generic-sparse"
"""The default chip: digital, under a chromatic clock, any graph."""
STEPS = 16
"""Betas of an anneal: each needs a table of its own in every p-bit."""


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "rtl", help="a digital machine as Verilog: rtl write, rtl check against the emulation, rtl diff of waveforms"
    )
    kinds = parser.add_subparsers(title="what to do", required=True, metavar="DO", parser_class=type(parser))
    _add_write(kinds)
    check = kinds.add_parser(
        "check",
        help="compare the Verilog of a folder with the emulation",
        description="Simulate the Verilog in a folder that hwsim rtl write made, with your changes, and compare every "
        "update with the emulation. The first that differs is named, and the exit code is 1.",
    )
    check.add_argument("folder", metavar="DIR", help="a folder of hwsim rtl write")
    check.add_argument("--tool", default="iverilog", metavar="TOOL", help="iverilog or verilator (%(default)s)")
    check.add_argument(
        "--limit",
        type=options.time("limit", above_zero=True),
        default=600.0,
        metavar="TIME",
        help="longest time of the simulation on this computer (600s)",
    )
    check.add_argument(
        "--vcd",
        type=options.file_out,
        metavar="FILE",
        help="waveform of the RTL, its p-bits named as in hwsim run --vcd",
    )
    _add_tools(check)
    check.add_argument("--json", type=options.stream_out, metavar="FILE|-", help="what was compared, as JSON")
    check.set_defaults(run=run_check)
    _add_diff(kinds)


def _add_diff(kinds: Any) -> None:
    diff = kinds.add_parser(
        "diff",
        help="the first instant and signal at which two waveforms part",
        description="Compare two waveforms (VCD) up to the end of the shorter, signals by their names without scopes. "
        "The first instant and signal at which they part is named, and the exit code is 1.",
    )
    diff.add_argument("first", metavar="A.vcd", help="of a simulator, hwsim rtl check --vcd or hwsim run --vcd")
    diff.add_argument("second", metavar="B.vcd", help="another, its timescale perhaps another")
    diff.add_argument(
        "--order", action="store_true", help="compare the order of changes, not their times: the RTL with hwsim run"
    )
    diff.add_argument("--json", type=options.stream_out, metavar="FILE|-", help="what was compared, as JSON")
    diff.set_defaults(run=run_diff)


def run_diff(arguments: argparse.Namespace) -> int:
    """Run ``hwsim rtl diff``."""
    from hwsim.rtl.diff import diff, text

    found = diff(arguments.first, arguments.second, by_order=arguments.order)
    said = text(found, arguments.first, arguments.second)
    code = give(arguments, {"diff": found.facts}, record(arguments), text=lambda _: said)
    return code or int(found.difference is not None)


def _add_write(kinds: Any) -> None:
    write = kinds.add_parser(
        "write",
        help="write a problem on a chip as Verilog",
        description="Write a digital machine as synthesizable Verilog, one module a file, with a testbench that holds "
        "the emulation's trace. --check simulates it at once.",
        parents=[
            options.problem("ea3d:L=4,seed=1; or a program of hwsim compile"),
            options.chip(CHIP),
            options.pace(),
            options.cells(),
            options.chains("compile"),
            options.partition(),
            options.anneal(),
            options.seeds(),
        ],
    )
    group = write.add_argument_group("the hardware")
    group.add_argument(
        "--source",
        metavar="S",
        help="random source of each p-bit: lfsr32, lfsr16, xorshift32, xoshiro128+, or port for words from outside "
        "(the chip's own)",
    )
    group.add_argument(
        "--weights", default="fixed", metavar="fixed|writable", help="constants, or registers with a write port (fixed)"
    )
    group.add_argument(
        "--table", default="logic", metavar="logic|block", help="logic, or block RAM at two clocks a colour (logic)"
    )
    group.add_argument(
        "--shell", metavar="BUS", help="axi4-lite: a shell around the top, in its own file, on that bus (none)"
    )
    group.add_argument(
        "--steps",
        type=options.whole("steps", least=1),
        default=str(STEPS),
        metavar="N",
        help="betas of a start:end anneal, a table for each (%(default)s)",
    )
    write.add_argument(
        "-o",
        "--output",
        type=options.folder_out,
        dest="folder",
        required=True,
        metavar="DIR",
        help="the folder to write",
    )
    write.add_argument("--check", metavar="TOOL", help="simulate with iverilog or verilator and compare every update")
    _add_tools(write)
    write.add_argument("--json", type=options.stream_out, metavar="FILE|-", help="the manifest as JSON")
    write.set_defaults(run=run_write)


def _add_tools(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lint", action="store_true", help="read it with verilator -Wall; a warning is exit code 1")
    parser.add_argument(
        "--synth",
        type=lambda text: tuple(text.split(",")),
        default=(),
        metavar="T,...",
        help="look-up tables, flip-flops, memory and levels of logic by yosys: generic, ice40, ecp5, xilinx",
    )


def _check_tools(arguments: argparse.Namespace) -> None:
    """Raise InputError where a tool that is asked for is missing, before anything is made."""
    from hwsim.rtl.simulate import check_installed
    from hwsim.rtl.synthesis import check_targets

    if arguments.lint:
        check_installed("verilator")
    if arguments.synth:
        check_targets(arguments.synth)


def _tools(
    arguments: argparse.Namespace, folder: Path, machine: Any
) -> tuple[dict[str, Any], list[str], int, str | None]:
    """What lint and synthesis said, where they are asked for: plain values, text, warnings, and where Ctrl-C stopped
    them, as the end of a sentence."""
    from hwsim.command.progress import Bar
    from hwsim.interrupt import CtrlC
    from hwsim.report.rtl import linted_text, synthesis_text
    from hwsim.rtl.lint import lint
    from hwsim.rtl.synthesis import synthesise

    facts: dict[str, Any] = {}
    texts, warnings, costs = [], 0, []
    n_parts = len(arguments.synth) + arguments.lint
    with Bar() as bar, CtrlC() as ctrl_c:

        def reads(done: int, total: int, name: str) -> None:
            bar.show(done / total / n_parts, f"lint, {done + 1} of {total}: {name}")

        with ctrl_c.part():
            if arguments.lint:
                linted = lint(folder, machine, progress=reads)
                facts["lint"] = linted.facts
                texts.append(linted_text(linted))
                warnings = len(linted.warnings)
        for k, target in enumerate(arguments.synth):
            with ctrl_c.part():
                if not ctrl_c.heard:
                    part = (k + arguments.lint) / n_parts
                    bar.show(part, f"synthesis, {k + 1} of {len(arguments.synth)}: {target}", now=True)
                    costs.append(synthesise(folder, machine, target))
    if costs:
        facts["synthesis"] = [cost.facts for cost in costs]
        texts.append(synthesis_text(costs))
    return facts, texts, warnings, "; the folder is whole, and what ended is shown" if ctrl_c.heard else None


def run_write(arguments: argparse.Namespace) -> int:
    """Run ``hwsim rtl write``."""
    from hwsim.report.rtl import checked_facts, checked_text, written_text
    from hwsim.rtl import write
    from hwsim.rtl.check import checked
    from hwsim.rtl.manifest import add
    from hwsim.rtl.simulate import check_tool
    from hwsim.rtl.write import check_folder

    if arguments.check is not None:
        check_tool(arguments.check)
    _check_tools(arguments)
    check_folder(arguments.folder)
    ready, parts = _ready(arguments)
    made = write(
        ready.program,
        arguments.folder,
        anneal=ready.anneal,
        seed=arguments.seed,
        source=arguments.source,
        table=arguments.table,
        weights=arguments.weights,
        parts=parts,
        shell=arguments.shell,
    )
    found = None if arguments.check is None else checked(made.folder, made.trace, tool=arguments.check)
    facts, texts, warnings, stopped = _tools(arguments, made.folder, made.machine)
    told = add(made.folder, facts, made.manifest["files"])
    document = {"problem": problem_facts(ready.problem), "chip": ready.chip_name, "folder": arguments.folder}
    document |= {"rtl": told, "check": None if found is None else checked_facts(found)}

    def text(_: int | None) -> str:
        said = [] if found is None else [checked_text(found)]
        return "\n".join([written_text(made, arguments.chips), *said, *texts])

    proof = record(arguments, programs=[ready.program], anneal=ready.anneal)
    wrong = warnings > 0 or (found is not None and found.mismatches > 0)
    return give(arguments, document, proof, text=text, stopped=stopped) or int(wrong)


def _ready(arguments: argparse.Namespace) -> tuple[Any, Any]:
    """The problem on its chip or the saved program, with its anneal; and the chip of each p-bit, None for one chip."""
    from dataclasses import replace

    from hwsim.archive import kind_of
    from hwsim.cell.codes import SOURCES
    from hwsim.chip.library import chip
    from hwsim.experiment.prepare import prepare, prepare_saved
    from hwsim.mapping.compile import Settings
    from hwsim.mapping.partition import partition
    from hwsim.text import ending

    ramp = replace(options.ramp(arguments), steps=arguments.steps)
    chips, given = arguments.chips, {"die_seed": arguments.die_seed, "chain_strength": arguments.chain_strength}
    if ending(arguments.problem) == ".npz" and kind_of(arguments.problem) not in (None, "model"):
        if arguments.card or arguments.chip != CHIP or chips is not None:
            raise InputError("a saved program contains its chip: give --chip, --chips and changes to hwsim compile")
        return prepare_saved(arguments.problem, ramp=ramp), None
    card = dict(arguments.card)
    if arguments.source in SOURCES and any(key.startswith("random_") for key in card):  # of that source
        card.setdefault("random_source", arguments.source)
    machine = chip(arguments.chip, **card)
    problem = given_problem(arguments)
    ready = prepare(problem, machine, Settings(**given), ramp=ramp)
    several = options.parts(arguments, machine.round_s)
    if chips is None or chips == 1:
        return ready, None
    parts = partition(ready.program.network, chips).tolist()
    settings = Settings(**given | several | {"embedding": ready.embedding, "parts": parts})
    return prepare(problem, machine, settings, ramp=ramp), parts


def run_check(arguments: argparse.Namespace) -> int:
    """Run ``hwsim rtl check``."""
    from hwsim.report.rtl import checked_facts, checked_text
    from hwsim.rtl.check import checked
    from hwsim.rtl.expected import expected
    from hwsim.rtl.manifest import machine_of
    from hwsim.rtl.simulate import check_tool

    check_tool(arguments.tool)
    _check_tools(arguments)
    folder = Path(arguments.folder)
    machine = machine_of(folder)
    found = checked(folder, expected(machine), tool=arguments.tool, limit_s=arguments.limit, vcd=arguments.vcd)
    facts, texts, warnings, stopped = _tools(arguments, folder, machine)
    made = record(arguments)
    document = {"check": checked_facts(found), **facts}
    said = "\n".join([checked_text(found), *texts])
    code = give(arguments, document, made, text=lambda _: said, stopped=stopped)
    return code or int(found.mismatches > 0 or warnings > 0)
