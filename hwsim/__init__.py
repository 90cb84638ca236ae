"""hwsim: emulate the hardware of probabilistic-bit computers, in device time.

The public names, each loaded on first use so that ``import hwsim`` stays light.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from hwsim.moved import install

__version__ = "0.1.0"

_HOMES = {
    "read": "hwsim.problem.read",
    "from_qubo": "hwsim.problem.reading",
    "from_ising": "hwsim.problem.reading",
    "from_max_cut": "hwsim.problem.reading",
    "generate": "hwsim.problem.generate",
    "Problem": "hwsim.problem.problem",
    "rbm": "hwsim.problem.boltzmann",
    "dbm": "hwsim.problem.boltzmann",
    "clamp": "hwsim.problem.boltzmann",
    "penalised": "hwsim.problem.constrained",
    "chip": "hwsim.chip.library",
    "list_chips": "hwsim.chip.library",
    "list_pbits": "hwsim.chip.library",
    "Chip": "hwsim.chip.chip",
    "without": "hwsim.chip.faults",
    "compile": "hwsim.mapping.compile",
    "embed": "hwsim.mapping.compile",
    "shared_words": "hwsim.engine.bitplanes",
    "Program": "hwsim.program",
    "modes": "hwsim.thermo.machine",
    "Anneal": "hwsim.anneal",
    "constant": "hwsim.anneal",
    "linear": "hwsim.anneal",
    "geometric": "hwsim.anneal",
    "table": "hwsim.anneal",
    "run": "hwsim.session.run",
    "Run": "hwsim.session.run",
    "save_run": "hwsim.session.file",
    "load_run": "hwsim.session.file",
    "Session": "hwsim.session.session",
    "parallel_tempering": "hwsim.algorithm.tempering",
    "quantum_annealing": "hwsim.algorithm.quantum",
    "population_annealing": "hwsim.algorithm.population",
    "Outcome": "hwsim.algorithm.outcome",
    "annealed_importance": "hwsim.equilibrium.free_energy",
    "thermodynamic_integration": "hwsim.equilibrium.free_energy",
    "unembed": "hwsim.decode",
    "time_to_solution": "hwsim.cost.solution",
    "estimate": "hwsim.experiment.estimate",
    "from_thrml": "hwsim.mapping.thrml",
    "to_thrml": "hwsim.mapping.thrml",
    "HwsimSampler": "hwsim.sampler",
    "HwsimError": "hwsim.errors",
    "distance": "hwsim.analysis.distance",
    "compare": "hwsim.command.compare",
    "tts": "hwsim.command.tts",
    "blame": "hwsim.command.blame",
    "layout": "hwsim.command.layout",
    "explore": "hwsim.command.explore",
    "fit": "hwsim.command.fit",
    "free_energy": "hwsim.command.free_energy",
    "sweep": "hwsim.command.sweep",
    "view": "hwsim.command.view",
    "train": "hwsim.command.train",
    "draw": "hwsim.command.draw",
    "classify": "hwsim.command.classify",
}

_ROOMS = ("thermo", "equilibrium", "analysis", "learn", "rtl")
"""Packages whose names are loaded on first use, too."""

__all__ = ["__version__", *_HOMES, *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"hwsim.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'hwsim' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


class _Package(ModuleType):
    """``hwsim.chip`` is the function; importing the subpackage of that name does not hide it."""

    @property
    def chip(self) -> Any:
        return getattr(import_module(_HOMES["chip"]), "chip")  # noqa: B009

    @chip.setter
    def chip(self, value: Any) -> None:
        """Ignore the subpackage that the import system sets; ``import hwsim.chip.library`` does not need it."""


sys.modules[__name__].__class__ = _Package
install()


def __dir__() -> list[str]:
    return sorted(__all__)
