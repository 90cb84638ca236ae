"""What moved: old paths work for one release, with a DeprecationWarning for every name taken from them.

Enters: an import of a path that no longer exists, or a name that left a module. Leaves: what the name means now. The
finder comes last, so that other imports cost nothing more.
"""

import sys
import warnings
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MOVED: dict[str, tuple[str, ...]] = {
    "hwsim.analysis.anneals": ("hwsim.experiment.anneals",),
    "hwsim.analysis.best": ("hwsim.experiment.best", "hwsim.analysis.exact_energy"),
    "hwsim.analysis.bill": ("hwsim.cost.account",),
    "hwsim.analysis.blame": ("hwsim.experiment.blame",),
    "hwsim.analysis.chains": ("hwsim.experiment.chains",),
    "hwsim.analysis.compiled": ("hwsim.experiment.compiled",),
    "hwsim.analysis.design_rule": ("hwsim.experiment.design_rule",),
    "hwsim.analysis.device": ("hwsim.experiment.device",),
    "hwsim.analysis.dies": ("hwsim.experiment.dies",),
    "hwsim.analysis.explore": ("hwsim.study.designs",),
    "hwsim.analysis.exact": ("hwsim.analysis.exact_laws",),
    "hwsim.analysis.ground": ("hwsim.analysis.exact_energy",),
    "hwsim.analysis.layout_facts": ("hwsim.experiment.layout_facts",),
    "hwsim.analysis.ledger": ("hwsim.cost.ledger",),
    "hwsim.analysis.optimum": ("hwsim.experiment.optimum",),
    "hwsim.analysis.summary": ("hwsim.experiment.summary", "hwsim.cost.solution", "hwsim.analysis.interval"),
    "hwsim.analysis.target": ("hwsim.experiment.target",),
    "hwsim.analysis.toggles": ("hwsim.cost.toggles",),
    "hwsim.cell.rules": ("hwsim.cell.law",),
    "hwsim.engine.energy": ("hwsim.program.energy",),
    "hwsim.thermo.regression": ("hwsim.thermo.posterior",),
    "hwsim.engine.run": ("hwsim.session.run", "hwsim.interrupt", "hwsim.engine.choice", "hwsim.session.pace"),
}
"""The modules that now hold the names of each old path, in the order of the search."""
RENAMED = {
    ("hwsim.analysis.bill", "Bill"): ("hwsim.cost.account", "Account"),
    ("hwsim.analysis.bill", "bill"): ("hwsim.cost.account", "account"),
    ("hwsim.cell.rules", "threshold"): ("hwsim.cell.law", "ideal_threshold"),
}
"""Names that changed too, by (old path, name)."""


class _Old(ModuleType):
    """A module that moved."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        for path, new in self._places(name):
            module = import_module(path)
            if hasattr(module, new):
                value = getattr(module, new)
                own = getattr(value, "__module__", None)
                home = own if isinstance(own, str) and own.startswith("hwsim.") else path
                _warn(f"{self.__name__}.{name}", f"{home}.{new}")
                return value
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def _places(self, name: str) -> Sequence[tuple[str, str]]:
        renamed = RENAMED.get((self.__name__, name))
        return [renamed] if renamed is not None else [(path, name) for path in MOVED[self.__name__]]


def _warn(old: str, new: str) -> None:
    words = f"{old} is now {new}; the next release drops the old name"
    warnings.warn(words, DeprecationWarning, stacklevel=3)


def renamed(old: str, new: str) -> property:
    """The attribute ``old`` of a class, which is now ``new``."""

    def value(record: Any) -> Any:
        _warn(f"{type(record).__name__}.{old}", f"{type(record).__name__}.{new}")
        return getattr(record, new)

    return property(value)


def names_of(module: str, **homes: str) -> Callable[[str], Any]:
    """A ``__getattr__`` for ``module``: names that left it, and the modules where they are now."""

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        _warn(f"{module}.{name}", f"{homes[name]}.{name}")
        return getattr(import_module(homes[name]), name)

    return find


class _Finder(MetaPathFinder, Loader):
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in MOVED else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Old(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing to do: names are found when they are asked for."""


def install() -> None:
    """Let old paths be found, after all others."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
