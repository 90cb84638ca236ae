"""Speed: updates per second of a simulated RTL, beside hwsim's own engines on the same machine, on one core.

Enters: how many rounds of measuring. Leaves: a row for each tool, in seconds of processor time.
"""

import shutil
import statistics
import time
from collections.abc import Callable
from typing import Any

from hwsim.anneal import Anneal, constant
from hwsim.chip.library import chip
from hwsim.interrupt import CtrlC
from hwsim.mapping.compile import compile
from hwsim.problem.generate import generate
from hwsim.program import Program
from hwsim.rtl.check import checked
from hwsim.rtl.write import write
from hwsim.scratch import scratch_folder
from hwsim.session.run import run
from hwsim.units import to_seconds

GRAPH, CHIP, SOURCE = "ea3d:L=8,seed=1", "generic-sparse", "lfsr32"
MANY = 512
"""Replicas of a run of many."""
_ROUNDS = {"verilator": 19_532, "iverilog": 200, "lanes": 400, "many": 40, "ideal": 400}
"""Rounds of the clock that each run takes; each p-bit updates once in a round."""


def measure_rtl(*, rounds: int, progress: Callable[[int, int, str], None] | None = None) -> list[dict[str, Any]]:
    """A row for the simulators that are installed, and for hwsim with one replica and with many; medians of ``rounds``
    runs, but one of a simulator, whose time does not vary. At Ctrl-C the rows that are whole."""
    tell = progress or (lambda done, total, name: None)
    tools = [tool for tool in ("verilator", "iverilog") if shutil.which(tool)]
    steps = [(_simulated, tool) for tool in tools] + [(_emulated, name) for name in ("lanes", "many", "ideal")]
    rows: list[dict[str, Any]] = []
    with CtrlC() as ctrl_c:
        for done, (measure, name) in enumerate(steps):
            tell(done, len(steps), name)
            with ctrl_c.part():
                row = measure(name, rounds)  # type: ignore[operator]
            if ctrl_c.heard:  # what was cut short has no rate
                break
            rows.append(row)
    return rows


def _program(source: str) -> Program:
    return compile(generate(GRAPH), chip(CHIP, random_source=source))


def _anneal(program: Program, rounds: int) -> Anneal:
    return constant(0.7, to_seconds(rounds * program.clock.period))


def _row(
    what: str, source: str, replicas: int, updates: float, seconds: float, build_s: float | None
) -> dict[str, Any]:
    return {
        "graph": GRAPH,
        "what": what,
        "source": source,
        "replicas": replicas,
        "updates": updates,
        "seconds": seconds,
        "updates_per_s": updates / seconds,
        "build_s": build_s,
    }


def _simulated(tool: str, rounds: int) -> dict[str, Any]:
    program = _program(SOURCE)
    with scratch_folder("hwsim-rtl") as place:
        parent = place / "written"  # what is written locks its parent, and the scratch folder is locked already
        parent.mkdir()
        made = write(program, parent / "rtl", anneal=_anneal(program, _ROUNDS[tool]))
        found = checked(made.folder, made.trace, tool=tool)
    return _row(tool, SOURCE, 1, found.updates, found.run_s, found.build_s)


def _emulated(name: str, rounds: int) -> dict[str, Any]:
    source, reads = ("ideal" if name == "ideal" else SOURCE), (1 if name == "lanes" else MANY)
    program = _program(source)
    spent, updates, engine = [], 0.0, ""
    for each in range(rounds + 1):  # the first compiles
        anneal = _anneal(program, _ROUNDS[name] if each else 4)
        began = time.process_time()
        made = run(program, anneal=anneal, reads=reads, schedules=1, seed=each, threads=1, checkpoints=1)
        spent.append(time.process_time() - began)
        updates, engine = made.updates, made.engine
    return _row(f"hwsim {engine}", source, reads, updates, statistics.median(spent[1:]), None)
