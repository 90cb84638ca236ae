"""``hwsim free-energy``: ln Z and the free energy of a problem, exact where possible, and as a chip measures them."""

import argparse
import math
import sys
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import problem_facts, record, write_json
from hwsim.cli.progress import Progress
from hwsim.errors import InputError
from hwsim.units import format_si

_METHODS = ("annealing", "integration")


def add_parser(subparsers: Any) -> None:
    """Add the subcommand."""
    parser = subparsers.add_parser(
        "free-energy",
        help="ln Z and free energy of a problem: exact, and measured on the chip with bounds and intervals",
        description="The partition function Z = sum exp(-beta E) and F = -ln(Z) / beta: exact where enumeration, a "
        "transfer matrix or a tree decomposition can, and measured on the emulated chip, by annealed importance "
        "sampling there and back (bounds from both sides) and by thermodynamic integration.",
        parents=[
            options.problem("sk:n=20,seed=1 or ising2d:L=16"), options.chip(), options.pace(),
            options.sampling("1024", "16", words="copies (%(default)s)"), options.seeds(), options.computer(),
            options.outputs(plot="energy against beta, and the work there and back"),
        ],
    )  # fmt: skip
    parser.add_argument(
        "--beta", default="1", metavar="B", help="inverse temperature: a number, or such as 2/sigma (%(default)s)"
    )
    parser.add_argument(
        "--method", type=options.several(options.one_of("method", _METHODS, rule="must be of")),
        default=",".join(_METHODS), metavar="M,...", help=f"of {', '.join(_METHODS)} (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--sweeps", type=options.whole("sweeps", least=1), metavar="N",
        help="at each step of beta (10 for annealing, 100 for integration)",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    from hwsim.chip.library import chip
    from hwsim.equilibrium import free_energy
    from hwsim.equilibrium.partition import exact_partition
    from hwsim.experiment.anneals import beta_ends
    from hwsim.mapping.compile import compile
    from hwsim.problem.read import read

    problem = read(arguments.problem)
    ends = beta_ends(arguments.beta, problem)
    if len(ends) != 1:
        raise InputError(f"a free energy is at one beta, got {arguments.beta!r}")
    beta = ends[0]
    machine = chip(arguments.chip, **arguments.card)
    program = compile(problem, machine, die_seed=arguments.die_seed)
    given: dict[str, Any] = {} if arguments.sweeps is None else {"sweeps": arguments.sweeps}
    exact = exact_partition(problem, beta)
    document: dict[str, Any] = {
        "problem": problem_facts(problem), "chip": machine.name, "clock": program.clock.kind, "beta": beta,
        "exact": None if exact is None else vars(exact) | {"free_energy": _free(exact.log_z, beta)},
    }  # fmt: skip
    kinds: dict[str, Any] = {
        "annealing": free_energy.annealed_importance,
        "integration": free_energy.thermodynamic_integration,
    }
    results: dict[str, Any] = {}
    with Progress(len(arguments.method)) as progress:
        for name in arguments.method:
            found: Any = kinds[name](
                program, beta, reads=arguments.reads, schedules=arguments.schedules, seed=arguments.seed,
                engine=arguments.engine, threads=arguments.threads, progress=progress.watch(name), **given,
            )  # fmt: skip
            document[name] = _facts(found, program, beta)
            results["annealed" if name == "annealing" else "integrated"] = found
    document["doubts"] = free_energy.doubts(**results)
    made = record(arguments, programs=[program], beta=[beta])
    if arguments.json:
        write_json(document, arguments.json, made)
    if arguments.json != "-":
        _print(document)
    if arguments.plot:
        from hwsim.report.free_energy import free_energy_picture

        title = f"Free energy of {problem.name} at beta = {beta:g} on {machine.name}, {program.clock.kind} clock"
        free_energy_picture(document, arguments.plot, title=title, provenance=made)
        print(f"picture: {arguments.plot}", file=sys.stderr)
    return 0


def _facts(found: Any, program: Any, beta: float) -> dict[str, Any]:
    from hwsim.cost.account import account
    from hwsim.cost.toggles import wires_of

    paid = account(found.activity, program.prices, wires_j=wires_of(program, None))
    document = vars(found.estimate) | {
        "free_energy": _free(found.estimate.log_z, beta), "steps": len(found.betas) - 1, "engine": found.engine,
        "host_s": found.host_s, "betas": found.betas.tolist(),
    } | paid.facts  # fmt: skip
    if hasattr(found, "forward"):
        return document | {
            "forward": dict(zip(("log_z", "error"), found.forward_log_z, strict=True)),
            "reverse": dict(zip(("log_z", "error"), found.reverse_log_z, strict=True)),
            "log_z_0": found.log_z_0, "dissipated": found.dissipated,
            "forward_work": found.forward.tolist(), "reverse_work": found.reverse.tolist(),
        }  # fmt: skip
    mean = float(found.energies[-1]) + program.readout.energy_offset
    return document | {
        "energies": (found.energies + program.readout.energy_offset).tolist(), "errors": found.errors.tolist(),
        "variances": found.variances.tolist(), "hysteresis": list(found.hysteresis), "quadrature": found.quadrature,
        "mean_energy": mean, "entropy": found.estimate.log_z + beta * mean,
    }  # fmt: skip


def _free(log_z: float, beta: float) -> float | None:
    return -log_z / beta if beta > 0 else None


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.7g}"


def _print(document: dict[str, Any]) -> None:
    facts = document["problem"]
    print(f"{facts['name']}: {facts['spins']} spins, beta {document['beta']:g}, chip {document['chip']}, "
          f"{document['clock']} clock")  # fmt: skip
    print(f"{'':<28}{'ln Z':>10}  {'95 % interval':<24}{'bounds':<24}{'F':>11}")
    exact = document["exact"]
    if exact is None:
        print(f"{'exact':<28}{'unknown':>10}  (too wide a graph to sum over)")
    else:
        print(f"{'exact, ' + exact['method']:<28}{exact['log_z']:>10.4f}  {'':<48}{_number(exact['free_energy']):>11}")
    names = {"annealing": "annealed, there and back", "integration": "integral of the energy"}
    for key in _METHODS:
        if key in document:
            row = document[key]
            between, bounds = (f"[{row[a]:.4f}, {row[b]:.4f}]" for a, b in (("low", "high"), ("lower", "upper")))
            print(f"{names[key]:<28}{row['log_z']:>10.4f}  {between:<24}{bounds:<24}{_number(row['free_energy']):>11}")
    for key in _METHODS:
        if key in document:
            _print_details(key, document[key], exact)
    for doubt in document["doubts"]:
        print(f"caution: {doubt}")


def _print_details(key: str, row: dict[str, Any], exact: dict[str, Any] | None) -> None:
    alone, total = (
        "unknown" if row[name] is None else format_si(row[name], "J") for name in ("device_energy_j", "total_energy_j")
    )
    unpriced = f", of which {', '.join(row['unknown_time'])} have no price" if row["unknown_time"] else ""
    time_s, total_s = (format_si(row[name], "s") for name in ("device_time_s", "total_time_s"))
    print(f"{key}: {row['steps']} steps of beta; a copy takes {time_s} of device time, with read-out {total_s}"
          f"{unpriced}; energy {alone}, with read-out {total}")  # fmt: skip
    if key == "annealing":
        up, down = (f"{row[way]['log_z']:.4f} +- {row[way]['error']:.4f}" for way in ("forward", "reverse"))
        print(f"  up {up}, down {down}; both ways lose {row['dissipated']:.3g} k T")
    else:
        print(f"  mean energy {row['mean_energy']:.6g}, entropy {row['entropy']:.5g} k; hysteresis "
              f"{row['hysteresis'][0]:.2g} +- {row['hysteresis'][1]:.2g} of ln Z")  # fmt: skip
    if exact is not None and row["error"] > 0 and math.isfinite(row["error"]):
        print(f"  {(row['log_z'] - exact['log_z']) / row['error']:+.1f} standard errors from the exact value")
