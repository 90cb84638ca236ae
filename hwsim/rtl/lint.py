"""Lint: the Verilog of a folder, read by Verilator with every warning on.

Enters: a folder of RTL and its Machine. Leaves: a Linted. Each module is read as a top of its own, and so is the whole
design, in its shell where it has one; of a large machine, an array of some of its p-bits stands for the whole.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError
from hwsim.rtl.array_module import MOST_WHOLE, Chip, array_module, chips, modules_of_all
from hwsim.rtl.machine import Machine
from hwsim.rtl.simulate import call, check_installed
from hwsim.scratch import scratch_folder

SMALL = 32
"""p-bits of the array that stands for a larger one."""
LIMIT_S = 300.0
_AS_IT_IS: Any = {"encoding": "utf-8", "errors": "surrogateescape"}
"""Comments of a user may be of any encoding."""


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


def lint(folder: Path, machine: Machine, *, progress: Callable[[int, int, str], None] | None = None) -> Linted:
    """Read the Verilog in ``folder``/rtl, which may have been changed since it was written for ``machine``.

    progress : called before each module with (done, of, its name).
    Raises InputError where Verilator is missing or does not end.
    """
    check_installed("verilator")
    whole = machine.n <= MOST_WHOLE
    with scratch_folder("hwsim-lint") as place:
        paths = [path for path in sorted((folder / "rtl").glob("*.v")) if path.is_file()]
        texts = {path.stem: path.read_text(**_AS_IT_IS) for path in paths}
        if not texts:
            raise InputError(f"{folder / 'rtl'} holds no Verilog")
        if not whole:
            every = modules_of_all(machine)
            texts = {name: text for name, text in texts.items() if name not in every}
            texts |= {chip.name: array_module(machine, _part(machine, chip)) for chip in chips(machine)[:1]}
        for name, text in texts.items():
            (place / f"{name}.v").write_text(text, **_AS_IT_IS)
        _, version = call(["verilator", "--version"], place, limit_s=LIMIT_S)
        found: list[str] = []
        for k, name in enumerate(texts):
            if progress is not None:
                progress(k, len(texts), name)
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
