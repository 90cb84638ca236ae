"""Synthesis: what a machine costs in logic, by Yosys, for several families of FPGA and for none.

Enters: a folder of RTL and its Machine. Leaves: a Synthesis for each target. A p-bit is flattened and mapped once, with
its random source and its table, so that its levels of logic are those between its registers; all others are its copies.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.display import Facts, Shown
from hwsim.errors import InputError
from hwsim.rtl.array_module import MOST_WHOLE, modules_of_all
from hwsim.rtl.machine import Machine
from hwsim.rtl.pbit_module import pbit_name, pbit_ports, widths
from hwsim.rtl.shell_module import NAME
from hwsim.rtl.simulate import call, check_installed
from hwsim.rtl.source_module import STATE_BITS, seed_of
from hwsim.rtl.verilog import hexadecimal, instance, signed
from hwsim.scratch import scratch_folder

TARGETS: dict[str, str] = {
    "generic": "synth -lut 4",
    "ice40": "synth_ice40 -noflatten",
    "ecp5": "synth_ecp5 -noflatten -nowidelut",
    "xilinx": "synth_xilinx -noiopad -noclkbuf -nowidelut",
}
"""The command of Yosys for each target. generic: four-input look-up tables of no vendor. Multiplexers behind look-up
tables are left out, as they hide what a table takes: Yosys spends more look-up tables where it uses them."""
_LONE = "SB_CARRY without SB_LUT4"
_LUT = {"$lut": 1, "SB_LUT4": 1, **{f"LUT{k}": 1 for k in range(1, 7)}, "CCU2C": 2, _LONE: 1}
"""Look-up tables in a cell. The carry cell of ecp5 takes two, one of ice40 that shares none the place of one."""
_FLIP_FLOP = re.compile(r"\$_S?DFF.*|\$_ALDFF.*|SB_DFF.*|TRELLIS_FF|FD[RSCP]E(_1)?")
_MEMORY = {"SB_RAM40_4K": 4096, "DP16KD": 18432, "PDPW16KD": 18432, "RAMB18E1": 18432, "RAMB36E1": 36864}
"""Bits of a block of memory."""
_REGISTERS = ("$_*DFF*", "SB_DFF*", "TRELLIS_FF", "FDRE*", "FDSE*", "FDCE*", "FDPE*", *_MEMORY)
_EVERY = "every_module"
"""The top that holds the design and each p-bit alone."""
LIMIT_S = 600.0


@dataclass(frozen=True, kw_only=True)
class Cost(Shown):
    """What one part takes. count : how many of it there are;  luts : look-up tables of all sizes, those of carries too
    packed : the same where two with at most five inputs in all are one, as in a slice of xilinx
    memory_bits : of the blocks of memory that it takes;  cells : of each type
    levels : most cells between two registers or ports, each cell of a carry chain one of them; None where not asked
    """

    what: str
    count: int
    luts: int
    packed: int
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
    the weights, as ``pbits`` then has seed and initial state as constants
    whole : all p-bits as one of ``pbits`` each, and what is around them; None beyond 1,024 p-bits
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
    names = ("what", "count", "luts", "packed", "flip_flops", "memory_bits", "levels")
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
    files = {path.stem: path for path in sorted((folder / "rtl").glob("*.v"))}
    if not files:
        raise InputError(f"{folder / 'rtl'} holds no Verilog")
    kinds, top = _kinds(machine), None
    if machine.n <= MOST_WHOLE:
        top = NAME if machine.shell else "top"
    else:
        files = {name: path for name, path in files.items() if name not in modules_of_all(machine)}
    alone = {name: f"constant_{name}" for name in kinds}
    with scratch_folder("hwsim-synth") as place:
        for name, path in files.items():
            (place / f"{name}.v").write_bytes(path.read_bytes())
        for name, wrapper in alone.items():
            (place / f"{wrapper}.v").write_text(_constants(machine, _fullest(machine, kinds[name]), name, wrapper))
        tops = [*kinds, *alone.values(), *([] if top is None else [top])]
        (place / f"{_EVERY}.v").write_text(_every(tops))
        _, said = call(["yosys", "-V"], place, limit_s=LIMIT_S)
        version = " ".join(said.split()[:2]) or "yosys"
        modules, levels = _mapped(place, target, machine)
    whole = None if top is None else _cost("whole design, p-bit by p-bit", 1, _counted(modules, top), None)

    def cost(name: str, how: str, module: str) -> Cost:
        return _cost(f"{name}, {how}", len(kinds[name]), _counted(modules, module), levels.get(module, 0))

    if machine.is_writable:
        pbits = [cost(name, "weights in registers", alone[name]) for name in kinds]
        return Synthesis(target=target, version=version, pbits=tuple(pbits), constant=(), whole=whole)
    pbits = [cost(name, "weights from ports", name) for name in kinds]
    constant = [cost(name, "weights constant", alone[name]) for name in kinds]
    return Synthesis(target=target, version=version, pbits=tuple(pbits), constant=tuple(constant), whole=whole)


def _kinds(machine: Machine) -> dict[str, np.ndarray]:
    """The p-bits of each module of a p-bit."""
    found: dict[str, list[int]] = {}
    for i in np.flatnonzero(machine.free).tolist():
        name = pbit_name(machine, int(machine.kind[i]), int(machine.program.network.degree[i]))
        found.setdefault(name, []).append(i)
    return {name: np.array(found[name]) for name in sorted(found)}


def _fullest(machine: Machine, members: np.ndarray) -> int:
    """The first of ``members`` with the most weights that are not zero."""
    rows = [machine.whole.weight[machine.program.network.row(i)] for i in members.tolist()]
    return int(members[np.argmax([np.count_nonzero(row) for row in rows])])


def _constants(machine: Machine, i: int, module: str, name: str) -> str:
    """Verilog of p-bit ``i`` with its seed, its initial state and, unless registers hold them, its weights as
    constants."""
    network, kind = machine.program.network, int(machine.kind[i])
    wide, row = widths(machine, kind), network.row(i)
    fixed = {"initial_state": f"1'b{int(machine.initial[i] > 0)}"}
    if not machine.words_enter:
        seed = seed_of(machine.source, machine.source_states[i].tolist())
        fixed["seed"] = hexadecimal(seed, STATE_BITS[machine.source])
    if not machine.is_writable:
        fixed["bias"] = signed(-int(machine.whole.bias[i]), wide.weight)
        for q, weight in enumerate(machine.whole.weight[row].tolist()):
            fixed[f"weight_{q}"] = signed(-int(weight), wide.weight)
    every = pbit_ports(machine, kind, row.stop - row.start)
    wires = [(port.name, fixed.get(port.name, port.name)) for port in every]
    left = [port for port in every if port.name not in fixed]
    ports = ",\n".join(f"  {port.direction} wire [{port.width - 1}:0] {port.name}" for port in left)
    return f"module {name} (\n{ports}\n);\n{instance(module, 'one', wires)}\nendmodule\n"


def _every(modules: Sequence[str]) -> str:
    """Verilog of a module that keeps one of each of ``modules``, its ports open."""
    kept = "\n".join(f"  (* keep *) {name} one_{k} ();" for k, name in enumerate(modules))
    return f"module {_EVERY} ();\n{kept}\nendmodule\n"


def _mapped(place: Path, target: str, machine: Machine) -> tuple[Mapping[str, Any], dict[str, int]]:
    """Every module of the Verilog in ``place`` on ``target``, as Yosys tells it, and the most levels of logic in each
    p-bit."""
    registers = " ".join(f"t:{name}" for name in _REGISTERS)
    script = [
        "read_verilog *.v",
        f"hierarchy -check -top {_EVERY}",
        "proc",
        "flatten constant_pbit_* pbit_degree_*",
        *([] if machine.is_writable else _folded(machine)),
        f"{TARGETS[target]} -top {_EVERY}",
        "write_json mapped.json",
        f"select -set registers {registers}",
        "select -set alone constant_pbit_* pbit_degree_*",
        "tee -o levels.txt ltp @alone @registers %d",
    ]
    (place / "script.ys").write_text("\n".join(script) + "\n")
    code, out = call(["yosys", "-q", "-s", "script.ys"], place, limit_s=LIMIT_S)
    if code != 0:
        said = next((line for line in out.splitlines() if "ERROR" in line), "it ended early")
        raise InputError(f"yosys does not synthesise this Verilog for {target}: {said.strip()}")
    modules = json.loads((place / "mapped.json").read_text())["modules"]
    found = re.findall(r"path in (\S+) \(length=(\d+)\)", (place / "levels.txt").read_text())
    return modules, {name: int(length) for name, length in found}


def _folded(machine: Machine) -> list[str]:
    """Commands that reduce the logic from the neighbours to the threshold as gates where weights are constants, since a
    target's mapping does not see through its own carry chains. Comparison and random source keep theirs."""
    logic = "constant_pbit_*"
    kept = [f"{logic}/{what}" for what in ("t:$lt", "t:$*dff*", "t:$*mem*", "c:*random_source*")]
    return [
        f"opt -full {logic}",
        *([f"memory {logic}", f"opt {logic}"] if machine.table == "logic" else []),
        f"select -set kept {' '.join(kept)}",
        f"select -set folded {logic}/t:$* @kept %d",
        "techmap @folded",
        "simplemap @folded",
        f"opt_clean {logic}",
        f"abc {logic}",
        f"opt_clean {logic}",
    ]


def _counted(modules: Mapping[str, Any], top: str) -> Counter[str]:
    """Cells by type in ``top`` and in all instances below it."""
    cells: Counter[str] = Counter()
    for kind, count in Counter(cell["type"] for cell in modules[top]["cells"].values()).items():
        if kind in modules and not modules[kind]["attributes"].get("blackbox"):
            below = _counted(modules, kind)
            cells.update({name: count * number for name, number in below.items()})
        else:
            cells[kind] += count
    if lone := _lone_carries(modules[top]["cells"].values()):
        cells[_LONE] += lone
    return cells


def _lone_carries(cells: Iterable[Mapping[str, Any]]) -> int:
    """Carry cells of ice40 that share their inputs with no look-up table, and so take a logic cell for themselves."""

    def inputs(cell: Mapping[str, Any], *ports: str) -> tuple[Any, ...]:
        return tuple(bit for port in ports for bit in cell["connections"].get(port, ()))

    every = list(cells)
    shared = Counter(inputs(cell, "I1", "I2", "I3") for cell in every if cell["type"] == "SB_LUT4")
    carries = Counter(inputs(cell, "I0", "I1", "CI") for cell in every if cell["type"] == "SB_CARRY")
    return sum((carries - shared).values())


def _cost(what: str, count: int, cells: Counter[str], levels: int | None) -> Cost:
    luts = sum(number * _LUT.get(kind, 0) for kind, number in cells.items())
    return Cost(
        what=what,
        count=count,
        luts=luts,
        packed=luts - _pairs(cells),
        flip_flops=sum(number for kind, number in cells.items() if _FLIP_FLOP.fullmatch(kind)),
        memory_bits=sum(number * _MEMORY.get(kind, 0) for kind, number in cells.items()),
        levels=levels,
        cells=dict(sorted(cells.items())),
    )


def _pairs(cells: Mapping[str, int]) -> int:
    """Pairs of look-up tables that fit in one of six inputs whatever they read, as together they have at most five."""
    of = [0, *(cells.get(f"LUT{k}", 0) for k in range(1, 5))]
    found = 0
    for large in range(4, 0, -1):
        for small in range(min(large, 5 - large), 0, -1):
            pairs = of[large] // 2 if large == small else min(of[large], of[small])
            of[large] -= pairs
            of[small] -= pairs
            found += pairs
    return found
