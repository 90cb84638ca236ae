"""Thermo: what fluctuating continuous cells compute, beside theory and direct solvers.

``hwsim.thermo.solve(A, b)`` and the others of this file take arrays, or the files that hold them.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from hwsim.command.defaults import MACHINE
from hwsim.command.given import several
from hwsim.command.keywords import command
from hwsim.command.result import Result
from hwsim.display import Facts
from hwsim.errors import InputError
from hwsim.units import format_si, parse, seconds

if TYPE_CHECKING:
    from hwsim.report.canvas import Drawing
    from hwsim.thermo.machine import Modes


class MachineKeywords(TypedDict, total=False):
    """machine : a card of continuous cells;  set : parameters of the card, by name;  without : faults to switch off
    die_seed : which die;  time, settle, interval : of sampling, before the first sample and between two
    replicas : machines at once;  seed : of the noise;  host_power : of this computer, for the joules of direct solvers
    progress : None for a bar in terminals and notebooks, False for none
    """

    machine: "str | Path | Modes"
    set: Mapping[str, Any] | None
    without: Iterable[str]
    die_seed: int
    time: str | float | None
    settle: str | float | None
    interval: str | float | None
    replicas: int
    seed: int
    host_power: str | float | None
    progress: Any


_MACHINE = {"machine": MACHINE, "settle": None, "interval": None, "replicas": 1, "host_power": None}


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Solved(Result):
    """What cells in a bowl measured. ``x`` and ``covariance`` are arrays."""

    @property
    def x(self) -> Any:
        """float64 (d,): the measured solution of A x = b, or the mean of a regression."""
        return _array(self.document["x"])

    @property
    def covariance(self) -> Any:
        """float64 (d, d): the measured inverse of A."""
        return _array(self.document["covariance"])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The errors during the run, and those that theory predicts."""
        return self.document["curve"]

    def text(self, width: int | None = None) -> str:
        """Errors beside theory and direct solvers."""
        from hwsim.report.thermo import linalg_text

        return linalg_text(self.document)

    def drawing(self) -> "Drawing":
        """The errors against device time, with their theory."""
        from hwsim.report.thermo import error_drawing

        words = {"solve": "A x = b", "inverse": "the inverse of A", "regression": "a posterior"}
        what, machine = words[self.document["kind"]], self.document["machine"]
        size = self.document["size"]
        title = f"{what} by {size} fluctuating cells of {machine}: error against device time"
        return error_drawing(self.document, title=title)

    def _shown(self) -> tuple[str, Facts]:
        found = self.document
        x = ", ".join(f"{value:.4g}" for value in found["x"][:6]) + (", ..." if found["size"] > 6 else "")
        joules = found["device_energy_j"]
        error = ("relative_error", "predicted_error")
        inverse = ("covariance_error", "predicted_covariance_error")
        return f"{found['kind']} by {found['size']} cells of {found['machine']}", [
            ("x", None if found["kind"] == "inverse" else x),
            ("error of x", None if found["kind"] == "inverse" else _error(found, *error)),
            ("of the inverse", _error(found, *inverse)),
            ("device time", format_si(found["device_time_s"], "s")),
            ("energy", None if joules is None else format_si(joules, "J")),
        ]


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class MatrixFunction(Result):
    """A function of a matrix that ideal cells measured, beside the exact one."""

    words: str

    @property
    def value(self) -> Any:
        """The measured ln det A, exp(-A) or X."""
        found = self.document
        return found["log_determinant"] if found["kind"] == "determinant" else _array(found["matrix"])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each entry of the matrix, or for each point on the way to the determinant."""
        import numpy as np

        found = self.document
        if found["kind"] == "determinant":
            parts = zip(found["way"], found["slopes"], found["slope_errors"], strict=True)
            return [{"way": at, "slope": slope, "error": error} for at, slope, error in parts]
        names = {"measured": "matrix", "error": "error", "exact": "exact"}
        flat = {name: np.ravel(found[key]).tolist() for name, key in names.items()}
        size = found["size"]
        return [
            {"row": k // size, "column": k % size} | {name: values[k] for name, values in flat.items()}
            for k in range(size * size)
        ]

    def text(self, width: int | None = None) -> str:
        """The result beside a direct solver's."""
        from hwsim.report.thermo import function_text

        return function_text(self.document)

    def drawing(self) -> "Drawing":
        """What was measured beside the exact values."""
        from hwsim.report.thermo import function_drawing

        found = self.document
        size = f"{found['size']} x {found['size']}"
        title = f"{self.words}, of {size} by {found['replicas']} machines of ideal cells"
        return function_drawing(found, title=title)

    def _shown(self) -> tuple[str, Facts]:
        found = self.document
        if found["kind"] == "determinant":
            measured = f"{found['log_determinant']:.6g} +- {found['error']:.2g}"
            facts = [("ln det A", measured), ("exact", f"{found['exact']:.6g}")]
        else:
            facts = [("relative error", f"{found['relative_error']:.3g}")]
        facts.append(("device time", format_si(found["device_time_s"], "s")))
        return f"{self.words}, of {found['size']} x {found['size']}", facts


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class Sampled(Result):
    """Where cells in a potential were at the end of a run."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each bin of the histogram."""
        found = self.document
        ends = zip(found["edges"][:-1], found["edges"][1:], found["counts"], found["law"], strict=True)
        return [{"low": low, "high": high, "count": count, "law": law} for low, high, count, law in ends]

    def text(self, width: int | None = None) -> str:
        """Mean, variance and distance, beside the law."""
        from hwsim.report.thermo import potential_text

        return potential_text(self.document)

    def drawing(self) -> "Drawing":
        """One cell in time, the histogram with the law, and the potential."""
        from hwsim.report.thermo import potential_drawing

        title = f"A cell in U = {self.document['potential']} at beta = {self.document['beta']:g}"
        return potential_drawing(self.document, title=title)

    def _shown(self) -> tuple[str, Facts]:
        found = self.document
        distance = f"{found['total_variation']:.3g} (noise floor {found['tv_noise_floor']:.3g})"
        return f"{found['replicas']} cells in U = {found['potential']} at beta = {found['beta']:g}", [
            ("mean", f"{found['mean']:.5g} (law {found['law_mean']:.5g})"),
            ("variance", f"{found['variance']:.5g} (law {found['law_variance']:.5g})"),
            ("total variation", distance),
            ("device time", format_si(found["device_time_s"], "s")),
        ]


@command(**_MACHINE)
def solve(matrix: Any, vector: Any, **how: Unpack[MachineKeywords]) -> Solved:
    """x of A x = b by cells that fluctuate about it.

    matrix : A, (d, d), symmetric positive definite, an array or a file;  vector : b, (d,)
    how : see MachineKeywords. Raises InputError, DoesNotFitError.
    """
    return _measured("solve", array_of(matrix, "A", 2), array_of(vector, "b", 1), how)


@command(**_MACHINE)
def inverse(matrix: Any, **how: Unpack[MachineKeywords]) -> Solved:
    """The inverse of A, from the covariance of cells. matrix : A, (d, d), symmetric positive definite, an array or a
    file;  how : see MachineKeywords. Raises InputError, DoesNotFitError."""
    return _measured("inverse", array_of(matrix, "A", 2), None, how)


@command(**_MACHINE)
def regression(
    matrix: Any, vector: Any, *, noise: float = 1.0, prior: float | None = None, **how: Unpack[MachineKeywords]
) -> Solved:
    """The posterior of w in y = X w + noise, by cells whose law it is.

    matrix : X, (n, d), features, an array or a file;  vector : y, (n,), observations
    noise : s.d. of each;  prior : s.d. of each weight before y was seen, None for flat
    how : see MachineKeywords. Raises InputError, DoesNotFitError.
    """
    from hwsim.thermo.posterior import posterior, posterior_facts

    X, y = array_of(matrix, "X", 2), array_of(vector, "y", 1)
    with _in_range("X and y"):
        law = posterior(X, y, noise=noise, prior=prior)
    return _measured("regression", law.A, law.b, how, closed_form=posterior_facts(law))


def _measured(kind: str, A: Any, b: Any, how: MachineKeywords, **more: Any) -> Solved:
    from hwsim.interrupt import CtrlC
    from hwsim.report.provenance import provenance
    from hwsim.thermo.linalg import direct_solvers, linalg_facts, measure

    machine = _machine(how)
    times = {f"{name}_s": how[name] for name in ("time", "settle", "interval")}  # type: ignore[literal-required]
    with CtrlC() as ctrl_c, _in_range("A" if b is None else "A and b"):
        found = measure(
            A,
            b,
            machine=machine,
            die_seed=how["die_seed"],
            seed=how["seed"],
            replicas=how["replicas"],
            interrupt=lambda: ctrl_c.heard,
            progress=how["progress"].watch(f"{kind} {len(A)} x {len(A)}"),
            **{key: seconds(value, name=key[:-2]) for key, value in times.items() if value is not None},
        )
    power = how["host_power"]
    power_w = None if power is None else parse(power, "power", name="host_power")
    with _in_range("A" if b is None else "A and b"):
        rows = direct_solvers(A, b, found, inverse=kind == "inverse", host_power_w=power_w)
        facts = linalg_facts(found)
    document = {"kind": kind, "machine": machine.name, "cells": machine.kind, "size": len(A)} | facts
    document |= {"energy_grade": machine.grades.get("power"), "direct": [vars(row) for row in rows]} | more
    return Solved(
        document=document,
        provenance=provenance(seed=how["seed"], beta=[machine.beta]),
        stopped=f" after {found.samples} samples" if found.interrupted else None,
    )


def _machine(how: MachineKeywords) -> "Modes":
    from hwsim.thermo.machine import Modes, modes

    machine = how["machine"]
    if not isinstance(machine, Modes):
        faults = several(how["without"])
        return modes(machine, **{**(how["set"] or {}), **({"without": faults} if faults else {})})
    if how["set"] or how["without"]:
        raise InputError("set and without change cards: give the machine by the name of its card")
    return machine


_WORDS = {
    "determinant": "ln det A, as a free energy",
    "exponential": "exp(-A), as a correlation in time",
    "lyapunov": "X of A X + X A' = Q, as a covariance",
}


@command()
def determinant(
    matrix: Any,
    *,
    tau: str | float = "1us",
    replicas: int = 64,
    samples: int = 1000,
    seed: int = 0,
    progress: Any = None,
) -> MatrixFunction:
    """ln det A, as a free energy of ideal cells.

    matrix : A, (d, d), symmetric positive definite, an array or a file;  tau : relaxation time of a cell with A = 1
    replicas : machines at once;  samples : of each. Raises InputError.
    """
    return _function("determinant", (array_of(matrix, "A", 2),), tau, replicas=replicas, samples=samples, seed=seed)


@command()
def exponential(
    matrix: Any,
    *,
    tau: str | float = "1us",
    replicas: int = 64,
    samples: int = 1000,
    seed: int = 0,
    progress: Any = None,
) -> MatrixFunction:
    """exp(-A), as a correlation in time of ideal cells; for the rest see `determinant`."""
    return _function("exponential", (array_of(matrix, "A", 2),), tau, replicas=replicas, samples=samples, seed=seed)


@command()
def lyapunov(
    matrix: Any,
    noise: Any,
    *,
    tau: str | float = "1us",
    replicas: int = 64,
    samples: int = 1000,
    seed: int = 0,
    progress: Any = None,
) -> MatrixFunction:
    """X of A X + X A' = Q, as a covariance of ideal cells. matrix : A, whose eigenvalues have positive real parts
    noise : Q, a covariance;  for the rest see `determinant`."""
    parts = array_of(matrix, "A", 2), array_of(noise, "Q", 2)
    return _function("lyapunov", parts, tau, replicas=replicas, samples=samples, seed=seed)


def _function(kind: str, parts: tuple[Any, ...], tau: str | float, **how: Any) -> MatrixFunction:
    from hwsim.report.provenance import provenance
    from hwsim.thermo import matrices

    with _in_range("A" if len(parts) == 1 else "A and Q"):
        found = getattr(matrices, kind)(*parts, tau_s=seconds(tau, name="tau"), **how)
    document = {"kind": kind, "size": len(parts[0])}
    document |= {name: part.tolist() if hasattr(part, "tolist") else part for name, part in vars(found).items()}
    return MatrixFunction(document=document, provenance=provenance(seed=how["seed"]), words=_WORDS[kind])


class CellKeywords(TypedDict, total=False):
    """beta : inverse temperature;  tau : relaxation time in a bowl of stiffness 1;  relax : of the velocity, of a cell
    with inertia, None for an overdamped one;  time : of the run;  step : of the integrator;  start : where cells start
    replicas : how many cells;  bins : of the histogram;  seed : of the noise;  progress : None for a bar"""

    beta: float
    tau: str | float
    relax: str | float | None
    time: str | float | None
    step: str | float | None
    start: float | None
    replicas: int
    bins: int
    seed: int
    progress: Any


@command(beta=1.0, tau="1us", relax=None, step=None, start=None, replicas=4096, bins=60)
def sample(potential: str, **how: Unpack[CellKeywords]) -> Sampled:
    """Let cells fluctuate in ``potential`` and compare their positions with exp(-beta U) / Z.

    potential : bowl:stiffness=1,centre=0; wells:barrier=4,distance=1; or an expression such as "x**4/4 - x**2/2"
    how : see CellKeywords. Raises InputError.
    """
    from hwsim.equilibrium.potential import CellPlan, sample_cell
    from hwsim.interrupt import CtrlC
    from hwsim.report.provenance import provenance
    from hwsim.thermo.potential import parse_potential

    shape = parse_potential(potential)
    times: dict[str, Any] = {name: how[name] for name in ("tau", "relax", "time", "step")}  # type: ignore[literal-required]
    lengths: dict[str, Any] = {
        f"{key}_s": None if value is None else seconds(value, name=key) for key, value in times.items()
    }
    plan = CellPlan(
        beta=parse(how["beta"], "number", name="beta"),
        start=how["start"],
        replicas=how["replicas"],
        bins=how["bins"],
        seed=how["seed"],
        **lengths,
    )
    with CtrlC() as ctrl_c:
        document = sample_cell(shape, plan, progress=how["progress"].watch(shape.name), interrupt=lambda: ctrl_c.heard)
    stopped = f" after {document['device_time_s']:.3g} s of device time" if document["interrupted"] else None
    return Sampled(document=document, provenance=provenance(seed=plan.seed, beta=[plan.beta]), stopped=stopped)


@contextmanager
def _in_range(what: str) -> Iterator[None]:
    """Within it numbers that leave the range of float64, and matrices that are singular to its precision, are refused,
    where numpy and scipy would warn. what : whose numbers they are. Raises InputError."""
    import numpy as np

    try:
        with warnings.catch_warnings(), np.errstate(over="raise", divide="raise", invalid="raise"):
            warnings.simplefilter("error", RuntimeWarning)
            yield
    except (ArithmeticError, np.linalg.LinAlgError, RuntimeWarning):
        raise InputError(
            f"the numbers of {what} leave the range or the precision of float64 on the way: scale them, or check that "
            "no row is a sum of others"
        ) from None


def array_of(given: Any, name: str, dimensions: int) -> Any:
    """float64 array of an array, nested lists, or a .npy, .mtx or text file. Raises InputError."""
    import numpy as np

    from hwsim.command.arrays import checked, read_array

    if isinstance(given, str | PathLike):
        return read_array(str(given), name, dimensions)
    try:
        array = np.asarray(given)
    except ValueError:
        raise InputError(f"{name} must be an array of numbers, got rows of different lengths") from None
    return checked(array, name, dimensions, where=name)


def _array(values: Any) -> Any:
    import numpy as np

    return np.array(values)


def _error(found: dict[str, Any], key: str, theory: str) -> str:
    return f"{found[key]:.3g} relative (theory {found[theory]:.3g})"
