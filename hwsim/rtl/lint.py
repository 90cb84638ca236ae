"""Lint: the Verilog of a folder, read by Verilator with every warning on.

Enters: a folder of RTL and its Machine. Leaves: a Linted. Each module is read as a top of its own, and so is the whole
design, in its shell where it has one; of a large machine, an array of some of its p-bits stands for the whole.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError
from hwsim.rtl.array_module import Chip, array_module, chips
from hwsim.rtl.machine import Machine
from hwsim.rtl.shell_module import NAME
from hwsim.rtl.simulate import call, check_installed
from hwsim.scratch import scratch_folder

MOST_WHOLE = 1024
"""p-bits up to which the whole design is read."""
SMALL = 32
"""p-bits of the array that stands for a larger one."""
LIMIT_S = 300.0


@dataclass(frozen=True, kw_only=True)
class Linted(Shown):
    """What Verilator said. tops : modules that were read with all below them;  warnings : one line each
    whole : whether the top was among them
    """

    version: str
    tops: tuple[str, ...]
    whole: bool
    warnings: tuple[str, ...]

    def _shown(self) -> tuple[str, Facts]:
        return f"{counted(len(self.tops), 'module')} read by {self.version}", [("warnings", len(self.warnings))]

    @property
    def facts(self) -> dict:
        """Plain values."""
        return {
            "tool": self.version,
            "modules": list(self.tops),
            "whole_design": self.whole,
            "warnings": list(self.warnings),
        }


def lint(folder: Path, machine: Machine) -> Linted:
    """Read the Verilog in ``folder``/rtl, which may have been changed since it was written for ``machine``.

    Raises InputError where Verilator is missing or does not end.
    """
    check_installed("verilator")
    whole = machine.n <= MOST_WHOLE
    with scratch_folder("hwsim-lint") as place:
        texts = {path.stem: path.read_text() for path in sorted((folder / "rtl").glob("*.v"))}
        if not texts:
            raise InputError(f"{folder / 'rtl'} holds no Verilog")
        if not whole:
            every = chips(machine)
            for name in (NAME, "top", *(f"chip_{chip.number}" for chip in every), *(chip.name for chip in every)):
                texts.pop(name, None)
            texts |= {chip.name: array_module(machine, _part(machine, chip)) for chip in every[:1]}
        for name, text in texts.items():
            (place / f"{name}.v").write_text(text)
        _, version = call(["verilator", "--version"], place, limit_s=LIMIT_S)
        found: list[str] = []
        for name in texts:
            command = ["verilator", "--lint-only", "-Wall", "-Wno-fatal", "-y", ".", "--top-module", name]
            _, out = call([*command, f"{name}.v"], place, limit_s=LIMIT_S)
            found += [line for line in _findings(out) if line not in found]
    said = " ".join(version.split()[:2]) or "verilator"
    return Linted(version=said, tops=tuple(texts), whole=whole, warnings=tuple(found))


def _part(machine: Machine, chip: Chip) -> Chip:
    """The first p-bits of ``chip``, and what they see of all others."""
    own = chip.members[:SMALL]
    network = machine.program.network
    mine = np.isin(network.rows, own[machine.free[own]])
    seen = np.unique(network.indices[mine])
    return Chip(number=chip.number, name=chip.name, members=own, foreign=seen[~np.isin(seen, own)].astype(np.int64))


def _findings(out: str) -> list[str]:
    """The warnings and errors in what Verilator printed, without its advice."""
    lines = re.findall(r"^%((?:Warning|Error)[^\n]*)", out, re.MULTILINE)
    return [line for line in lines if not line.startswith("Error: Exiting due to")]
