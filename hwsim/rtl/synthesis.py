"""Synthesis: what a machine costs in logic, by Yosys, for several families of FPGA and for none.

Enters: a folder of RTL and its Machine. Leaves: a Synthesis for each target. The design is mapped module by module and
never flattened before that; a p-bit is flattened alone, so that its levels of logic are those between its registers.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.rtl.machine import PORT, Machine
from hwsim.rtl.pbit_module import pbit_name, widths
from hwsim.rtl.shell_module import NAME
from hwsim.rtl.simulate import call, check_installed
from hwsim.rtl.source_module import STATE_BITS, seed_of
from hwsim.rtl.verilog import hexadecimal, instance, signed
from hwsim.scratch import scratch_folder

TARGETS: dict[str, str] = {
    "generic": "synth -lut 4",
    "ice40": "synth_ice40",
    "ecp5": "synth_ecp5",
    "xilinx": "synth_xilinx -noiopad -noclkbuf",
}
"""The command of Yosys for each target. generic: four-input look-up tables of no vendor."""
_WHOLE = {"generic": "", "ice40": "-noflatten", "ecp5": "-noflatten", "xilinx": ""}
_ALONE = {"generic": "-flatten", "ice40": "", "ecp5": "", "xilinx": "-flatten"}
_LUT = re.compile(r"\$lut|SB_LUT4|LUT[1-6]")
_FLIP_FLOP = re.compile(r"\$_S?DFF.*|\$_ALDFF.*|SB_DFF.*|TRELLIS_FF|FD[RSCP]E(_1)?")
_MEMORY = {"SB_RAM40_4K": 4096, "DP16KD": 18432, "PDPW16KD": 18432, "RAMB18E1": 18432, "RAMB36E1": 36864}
"""Bits of a block of memory."""
_REGISTERS = ("$_*DFF*", "SB_DFF*", "TRELLIS_FF", "FDRE*", "FDSE*", "FDCE*", "FDPE*", *_MEMORY)
MOST_WHOLE = 1024
"""p-bits up to which the whole design is synthesised."""
LIMIT_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Cost(Shown):
    """What one part takes. count : how many of it there are;  luts : look-up tables of all sizes
    memory_bits : of the blocks of memory that it takes;  cells : of each type
    levels : most cells between two registers or ports, each cell of a carry chain one of them; None where not asked
    """

    what: str
    count: int
    luts: int
    flip_flops: int
    memory_bits: int
    levels: int | None
    cells: Mapping[str, int]

    def _shown(self) -> tuple[str, Facts]:
        return self.what, [("LUTs", self.luts), ("flip-flops", self.flip_flops), ("memory bits", self.memory_bits)]


@dataclass(frozen=True, kw_only=True)
class Synthesis(Shown):
    """A design on one target. pbits : a p-bit of each kind, its weights from ports or registers
    constant : the same with the weights, seed and initial state of one p-bit as constants; empty where registers hold
    them
    whole : all modules, each mapped by itself; None beyond 1,024 p-bits
    """

    target: str
    version: str
    pbits: tuple[Cost, ...]
    constant: tuple[Cost, ...]
    whole: Cost | None

    def _shown(self) -> tuple[str, Facts]:
        return f"synthesis for {self.target}", [(cost.what, f"{cost.luts} LUTs") for cost in self.rows]

    @property
    def rows(self) -> list[Cost]:
        """All costs, the whole last."""
        return [*self.pbits, *self.constant, *([] if self.whole is None else [self.whole])]

    @property
    def facts(self) -> dict[str, Any]:
        """Plain values."""
        costs = {name: [_facts(cost) for cost in getattr(self, name)] for name in ("pbits", "constant")}
        whole = None if self.whole is None else _facts(self.whole)
        return {"target": self.target, "tool": self.version, **costs, "whole": whole}


def _facts(cost: Cost) -> dict[str, Any]:
    names = ("what", "count", "luts", "flip_flops", "memory_bits", "levels")
    return {name: getattr(cost, name) for name in names} | {"cells": dict(cost.cells)}


def check_targets(targets: Sequence[str]) -> None:
    """Raise InputError unless all ``targets`` are known and Yosys is installed."""
    for target in targets:
        if target not in TARGETS:
            raise InputError(f"a target of synthesis is {', '.join(TARGETS)}, got {target!r}")
    check_installed("yosys")


def synthesise(folder: Path, machine: Machine, target: str) -> Synthesis:
    """Map the Verilog in ``folder``/rtl onto ``target``.

    Raises InputError for an unknown target, and where Yosys is missing, refuses the Verilog or does not end.
    """
    check_targets([target])
    files = sorted((folder / "rtl").glob("*.v"))
    if not files:
        raise InputError(f"{folder / 'rtl'} holds no Verilog")
    kinds = _kinds(machine)
    with scratch_folder("hwsim-synth") as place:
        for path in files:
            (place / path.name).write_bytes(path.read_bytes())
        fixed = {} if machine.is_writable else {name: f"constant_{name}" for name in kinds}
        for name, wrapper in fixed.items():
            (place / f"{wrapper}.v").write_text(_constants(machine, kinds[name][0], name, wrapper))
        _, said = call(["yosys", "-V"], place, limit_s=LIMIT_S)
        version = " ".join(said.split()[:2]) or "yosys"
        how = "weights in registers" if machine.is_writable else "weights from ports"
        alone = [_alone(place, target, name, how, kinds[name]) for name in kinds]
        constant = [_alone(place, target, name, "weights constant", kinds[name], fixed[name]) for name in fixed]
        whole = None
        if machine.n <= MOST_WHOLE:
            cells = _mapped(place, target, NAME if machine.shell else "top", flat=False)[0]
            whole = _cost("whole design, module by module", 1, cells, None)
    return Synthesis(target=target, version=version, pbits=tuple(alone), constant=tuple(constant), whole=whole)


def _kinds(machine: Machine) -> dict[str, np.ndarray]:
    """The p-bits of each module of a p-bit."""
    found: dict[str, list[int]] = {}
    for i in np.flatnonzero(machine.free).tolist():
        name = pbit_name(machine, int(machine.kind[i]), int(machine.program.network.degree[i]))
        found.setdefault(name, []).append(i)
    return {name: np.array(found[name]) for name in sorted(found)}


def _constants(machine: Machine, i: int, module: str, name: str) -> str:
    """Verilog of p-bit ``i`` with its weights, its seed and its initial state as constants."""
    network, kind = machine.program.network, int(machine.kind[i])
    wide, row = widths(machine, kind), network.row(i)
    block, degree = machine.table == "block", row.stop - row.start
    inputs = [("clk", 1), ("rst", 1), *([("look_up", 1)] if block else []), ("update", 1)]
    inputs += [("step", wide.step)] if wide.step else []
    if machine.words_enter:
        inputs.append(("random", wide.compared))
    elif machine.by_clock:
        inputs.append(("slot_end", 1))
    inputs += [(f"neighbour_{k}", 1) for k in range(degree)]
    wires = [*((port, port) for port, _ in inputs), ("state", "state")]
    wires.append(("initial_state", f"1'b{int(machine.initial[i] > 0)}"))
    wires.append(("bias", signed(-int(machine.whole.bias[i]), wide.weight)))
    if not machine.words_enter and machine.source != PORT:
        seed = seed_of(machine.source, machine.source_states[i].tolist())
        wires.append(("seed", hexadecimal(seed, STATE_BITS[machine.source])))
    for q, k in enumerate(range(row.start, row.stop)):
        wires.append((f"weight_{q}", signed(-int(machine.whole.weight[k]), wide.weight)))
    ports = ",\n".join([*(f"  input wire [{bits - 1}:0] {port}" for port, bits in inputs), "  output wire state"])
    return f"module {name} (\n{ports}\n);\n{instance(module, 'one', wires)}\nendmodule\n"


def _alone(place: Path, target: str, module: str, how: str, members: np.ndarray, top: str | None = None) -> Cost:
    cells, levels = _mapped(place, target, top or module, flat=True)
    return _cost(f"{module}, {how}", len(members), cells, levels)


def _mapped(place: Path, target: str, top: str, *, flat: bool) -> tuple[Counter[str], int | None]:
    """Cells of ``top`` and all below it on ``target``, and the most levels of logic of a flat one."""
    option = (_ALONE if flat else _WHOLE)[target]
    script = [
        "read_verilog *.v",
        f"hierarchy -check -top {top}",
        f"{TARGETS[target]} {option} -top {top}",
        "write_json mapped.json",
    ]
    if flat:
        registers = " ".join(f"t:{name}" for name in _REGISTERS)
        script += [f"select -set registers {registers}", "tee -o levels.txt ltp * @registers %d"]
    (place / "script.ys").write_text("\n".join(script) + "\n")
    code, out = call(["yosys", "-q", "-s", "script.ys"], place, limit_s=LIMIT_S)
    if code != 0:
        said = next((line for line in out.splitlines() if "ERROR" in line), "it ended early")
        raise InputError(f"yosys does not synthesise {top} for {target}: {said.strip()}")
    modules = json.loads((place / "mapped.json").read_text())["modules"]
    levels = None
    if flat:
        found = re.findall(r"\(length=(\d+)\)", (place / "levels.txt").read_text())
        levels = max((int(each) for each in found), default=0)
    return _counted(modules, top), levels


def _counted(modules: Mapping[str, Any], top: str) -> Counter[str]:
    """Cells by type in ``top`` and in all instances below it."""
    cells: Counter[str] = Counter()
    for kind, count in Counter(cell["type"] for cell in modules[top]["cells"].values()).items():
        if kind in modules and not modules[kind]["attributes"].get("blackbox"):
            below = _counted(modules, kind)
            cells.update({name: count * number for name, number in below.items()})
        else:
            cells[kind] += count
    return cells


def _cost(what: str, count: int, cells: Counter[str], levels: int | None) -> Cost:
    return Cost(
        what=what,
        count=count,
        luts=sum(number for kind, number in cells.items() if _LUT.fullmatch(kind)),
        flip_flops=sum(number for kind, number in cells.items() if _FLIP_FLOP.fullmatch(kind)),
        memory_bits=sum(number * _MEMORY.get(kind, 0) for kind, number in cells.items()),
        levels=levels,
        cells=dict(sorted(cells.items())),
    )
