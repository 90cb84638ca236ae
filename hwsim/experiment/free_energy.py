"""The free energy of a problem, measured on a chip, beside the exact one, with the time and energy that it took.

Enters: a program and a beta. Leaves: plain numbers by name, as JSON holds them.
"""

from collections.abc import Callable, Sequence
from typing import Any

from hwsim.cost.account import account
from hwsim.cost.toggles import wires_of
from hwsim.equilibrium.free_energy import Annealed, Integrated, annealed_importance, doubts, thermodynamic_integration
from hwsim.equilibrium.partition import exact_partition
from hwsim.interrupt import CtrlC
from hwsim.problem.problem import Problem
from hwsim.program import Program

METHODS = ("annealing", "integration")


def exact_facts(problem: Problem, beta: float) -> dict[str, Any] | None:
    """ln Z and the free energy; None where the graph is too wide to sum over."""
    exact = exact_partition(problem, beta)
    return None if exact is None else vars(exact) | {"free_energy": _free(exact.log_z, beta)}


def measure(
    program: Program,
    beta: float,
    methods: Sequence[str],
    *,
    reads: int,
    schedules: int,
    seed: int = 0,
    sweeps: int | None = None,
    engine: str = "auto",
    threads: int | None = None,
    progress: Callable[[str], Callable[[float, int], None]] | None = None,
) -> dict[str, Any]:
    """The results of ``methods`` (names of METHODS), each under its name, and ``doubts`` about them. sweeps : at each
    step of beta, None for the method's own number;  progress : makes the progress callback of a method. At Ctrl-C the
    methods that are done, and ``interrupted``"""
    given: dict[str, Any] = {} if sweeps is None else {"sweeps": sweeps}
    document: dict[str, Any] = {}
    annealed: Annealed | None = None
    integrated: Integrated | None = None
    with CtrlC() as ctrl_c:
        for name in methods:
            how = given | {"reads": reads, "schedules": schedules, "seed": seed, "engine": engine, "threads": threads}
            if progress is not None:
                how["progress"] = progress(name)
            with ctrl_c.part():
                if name == "annealing":
                    annealed = annealed_importance(program, beta, **how)
                    document[name] = _common(annealed, program, beta) | _annealed(annealed)
                else:
                    integrated = thermodynamic_integration(program, beta, **how)
                    document[name] = _common(integrated, program, beta) | _integrated(integrated, program, beta)
            if ctrl_c.heard:
                break
    document["interrupted"] = any(name not in document for name in methods)
    return document | {"doubts": doubts(annealed, integrated)}


def _common(found: Annealed | Integrated, program: Program, beta: float) -> dict[str, Any]:
    paid = account(found.activity, program.prices, wires_j=wires_of(program, None))
    return (
        vars(found.estimate)
        | {
            "free_energy": _free(found.estimate.log_z, beta),
            "steps": len(found.betas) - 1,
            "engine": found.engine,
            "host_s": found.host_s,
            "betas": found.betas.tolist(),
        }
        | paid.facts
    )


def _annealed(found: Annealed) -> dict[str, Any]:
    return {
        "forward": dict(zip(("log_z", "error"), found.forward_log_z, strict=True)),
        "reverse": dict(zip(("log_z", "error"), found.reverse_log_z, strict=True)),
        "log_z_0": found.log_z_0,
        "dissipated": found.dissipated,
        "forward_work": found.forward.tolist(),
        "reverse_work": found.reverse.tolist(),
    }


def _integrated(found: Integrated, program: Program, beta: float) -> dict[str, Any]:
    offset = program.readout.energy_offset
    mean = float(found.energies[-1]) + offset
    return {
        "energies": (found.energies + offset).tolist(),
        "errors": found.errors.tolist(),
        "variances": found.variances.tolist(),
        "hysteresis": list(found.hysteresis),
        "quadrature": found.quadrature,
        "mean_energy": mean,
        "entropy": found.estimate.log_z + beta * mean,
    }


def _free(log_z: float, beta: float) -> float | None:
    return -log_z / beta if beta > 0 else None
