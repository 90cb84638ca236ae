"""Write: the folder of a machine, whole or not at all.

Enters: a Program, an anneal, a seed and how the hardware shall be built. Leaves: Verilog, a testbench with its expected
trace, constraints, a README and a manifest.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from hwsim.anneal import Anneal
from hwsim.arguments import named
from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError
from hwsim.files import alone, naming
from hwsim.program import Program, save
from hwsim.rtl.activation_module import activation_module, quantiser_module
from hwsim.rtl.array_module import array_module, chips
from hwsim.rtl.control_modules import (
    anneal_module,
    delay_module,
    exchange_module,
    link_module,
    phases_module,
    readout_module,
    write_module,
)
from hwsim.rtl.expected import Expected, expected, random_words
from hwsim.rtl.machine import PORT, Machine, machine
from hwsim.rtl.manifest import FILE, PROGRAM, digest, manifest, read_manifest
from hwsim.rtl.manifest import text as manifest_text
from hwsim.rtl.pbit_module import pbit_module, pbit_name, suffix
from hwsim.rtl.readme import constraints, readme
from hwsim.rtl.shell_module import NAME, shell_module
from hwsim.rtl.source_module import MODULES, source_module
from hwsim.rtl.testbench import data_files, testbench
from hwsim.rtl.top_module import readout_name, top_modules


@dataclass(frozen=True, kw_only=True, eq=False)
class Written(Shown):
    """A folder that was written. trace : of the emulation;  manifest : its content"""

    folder: Path
    trace: Expected
    manifest: Mapping[str, Any]

    @property
    def machine(self) -> Machine:
        """What was written."""
        return self.trace.machine

    def _shown(self) -> tuple[str, Facts]:
        files = [name for name in self.manifest["files"] if name.endswith(".v")]
        return f"RTL of {counted(self.machine.n, 'p-bit')} in {self.folder}", [
            ("files", f"{len(files)} of Verilog"),
            ("trace", f"{self.machine.updates} updates"),
        ]


@named
def write(
    program: Program,
    folder: str | os.PathLike,
    *,
    anneal: Anneal,
    seed: int = 0,
    source: str | None = None,
    table: str = "logic",
    weights: str = "fixed",
    parts: Sequence[int] | None = None,
    shell: str | None = None,
) -> Written:
    """Write ``program`` under ``anneal`` as Verilog into ``folder``, which is made, or replaced where it holds nothing
    but what this function wrote.

    source, table, weights, parts, shell : see `hwsim.rtl.machine`. Raises InputError, and UnsupportedError for what is
    no synchronous digital machine.
    """
    check_folder(folder)
    target = Path(os.path.realpath(folder))  # a link stays, and what it leads to is written
    made = machine(program, anneal, seed=seed, source=source, table=table, weights=weights, parts=parts, shell=shell)
    trace = expected(made)
    with tempfile.TemporaryDirectory(dir=_parent(target), prefix=f".{target.name}-") as place:
        new = Path(place) / "new"
        with naming(target):
            document = _fill(new, trace)
        with alone(target):
            check_folder(target)  # another process may have written it by now
            _exchange(target, new, Path(place) / "old")
    return Written(folder=Path(folder), trace=trace, manifest=document)


def _exchange(target: Path, new: Path, old: Path) -> None:
    """Put the folder ``new`` at ``target``; what was there goes to ``old``, and comes back where that fails."""
    had_one = target.exists()
    try:
        if had_one:
            os.rename(target, old)
        os.rename(new, target)
    except BaseException as error:
        if had_one and old.exists() and not target.exists():
            os.rename(old, target)
        if isinstance(error, OSError):
            raise InputError(f"cannot write {target}: {error.strerror}") from None
        raise


def modules(made: Machine) -> dict[str, str]:
    """The Verilog files of ``made`` by module."""
    found: dict[str, str] = {}
    if made.source != PORT:
        found[MODULES[made.source]] = source_module(made.source, made.program.noise)
    for kind, each in enumerate(made.activations):
        found[f"activation{suffix(made, kind)}"] = activation_module(made, kind)
        if not each.over_field:
            found[f"quantiser{suffix(made, kind)}"] = quantiser_module(made, kind)
        for degree in np.unique(made.program.network.degree[made.kind == kind]).tolist():
            found[pbit_name(made, kind, degree)] = pbit_module(made, kind, degree)
    for chip in chips(made):
        found[chip.name] = array_module(made, chip)
        name = readout_name(made, chip)
        found[name] = readout_module(len(chip.members), name)
    if made.is_writable:
        found["write_port"] = write_module(made)
    found["phases"] = phases_module(made)
    if made.is_annealed:
        found["anneal"] = anneal_module(made)
    if made.wiring.exchange:
        found["exchange_counter"] = exchange_module(made)
        found["link"] = link_module()
    for stages in np.unique(made.wiring.stages[made.wiring.stages > 0]).tolist():
        found[f"delay_{stages}"] = delay_module(stages)
    if made.shell is not None:
        found[NAME] = shell_module(made)
    return found | top_modules(made)


def _fill(folder: Path, trace: Expected) -> dict[str, Any]:
    """Write all files into the new ``folder``; returns the manifest."""
    made = trace.machine
    texts = {f"rtl/{name}.v": text for name, text in modules(made).items()}
    texts["test/testbench.v"] = testbench(trace)
    texts |= {f"test/{name}": text for name, text in data_files(trace, random_words(made)).items()}
    texts |= {f"constraints/{name}": text for name, text in constraints(made).items()}
    texts["README.md"] = readme(trace)
    files = {name: text.encode() for name, text in texts.items()}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    save(made.given, folder / PROGRAM)
    files[PROGRAM] = (folder / PROGRAM).read_bytes()
    document = manifest(trace, files)
    (folder / FILE).write_text(manifest_text(document), encoding="utf-8")
    return document


def check_folder(target: str | os.PathLike) -> None:
    """Raise InputError unless ``target`` can be made, or replaced without the loss of anything."""
    target = Path(target)
    if target.exists() and not target.is_dir():
        raise InputError(f"cannot write {target}: it is no folder")
    parent = _parent(target)
    if not parent.is_dir():
        raise InputError(f"cannot write {target}: there is no folder {parent}")
    if not os.access(parent, os.W_OK) or (target.exists() and not os.access(target, os.W_OK)):
        raise InputError(f"cannot write {target}: the folder is read-only")
    if target.exists() and os.path.samefile(target, os.curdir):
        raise InputError(f"cannot write {target}: a folder is replaced as a whole, and this is the one you are in")
    if not target.exists() or not any(target.iterdir()):
        return
    try:
        known = {**read_manifest(target)["files"], FILE: None}
    except (InputError, KeyError, TypeError):
        raise InputError(f"{target} holds other files: name a folder of its own") from None
    folders = {parent.as_posix() for name in known for parent in PurePath(name).parents}
    for path in sorted(target.rglob("*")):
        name = path.relative_to(target).as_posix()
        if path.is_dir() and not path.is_symlink():
            mine = name in folders
        else:
            mine = name in known and path.is_file() and known[name] in (None, digest(path.read_bytes()))
        if not mine:
            raise InputError(f"{target} holds {name}, which was changed or added: name another folder")


def _parent(target: Path) -> Path:
    return Path(os.path.realpath(target)).parent
