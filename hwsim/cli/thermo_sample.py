"""``hwsim thermo sample``: one cell in a potential, beside exp(-beta U) / Z."""

import argparse
import math
import sys
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import record, write_json
from hwsim.cli.progress import Progress
from hwsim.errors import InputError
from hwsim.units import format_si

_TRACED = 2000
_MOST_WORK = 2e11
"""Steps of cells: some six minutes in a compiled kernel."""
_NOWHERE = 1e-200
_FORGOTTEN = 5
"""Memories after which a start is forgotten, to exp(-5) or so."""


def add_parsers(kinds: Any) -> None:
    """Add the subcommand."""
    sample = kinds.add_parser(
        "sample", help="one cell in a potential: a ball in a bowl, in two wells, in any U(x)",
        description="Let a cell fluctuate in a potential and compare where it was with exp(-beta U) / Z.",
        parents=[
            options.seeds("seed of the noise", die=False),
            options.outputs(plot="one cell in time, and the histogram against the law"),
        ],
    )  # fmt: skip
    sample.add_argument(
        "potential", metavar="U",
        help="bowl:stiffness=1,centre=0; wells:barrier=4,distance=1; or an expression such as 'x**4/4 - x**2/2'",
    )  # fmt: skip
    sample.add_argument(
        "--beta", type=options.quantity("beta", above_zero=True), default="1", metavar="X",
        help="inverse temperature (%(default)s)",
    )  # fmt: skip
    for name, default, words in (
        ("tau", "1us", "a bowl of stiffness 1 relaxes in it (%(default)s)"),
        ("relax", None, "the cell has inertia: its velocity relaxes in TIME (none: overdamped)"),
        ("time", None, "device time of each replica (100 tau, or 20 relax if longer)"),
    ):
        sample.add_argument(
            f"--{name}", type=options.time(name, above_zero=True), default=default, metavar="TIME", help=words
        )
    sample.add_argument(
        "--step", type=options.time("step"), metavar="TIME",
        help="of the integrator (a twentieth of the fastest relaxation)",
    )  # fmt: skip
    sample.add_argument(
        "--start", type=options.quantity("start"), metavar="X",
        help="where every replica begins (the centre of a bowl, else 0)",
    )  # fmt: skip
    sample.add_argument(
        "--replicas", type=options.whole("replicas", least=1), default="4096", metavar="N",
        help="independent cells (%(default)s)",
    )  # fmt: skip
    sample.add_argument(
        "--bins", type=options.whole("bins", least=2), default="60", metavar="N", help="of the histogram (%(default)s)"
    )
    sample.set_defaults(run=run_sample)


def run_sample(arguments: argparse.Namespace) -> int:
    """Carry out ``hwsim thermo sample``."""
    import numpy as np

    from hwsim.analysis.fidelity import total_variation, tv_noise_floor
    from hwsim.interrupt import CtrlC
    from hwsim.thermo.potential import law, memory_s, overdamped, parse_potential, reach, stable_step, underdamped

    potential = parse_potential(arguments.potential)
    beta, tau_s, relax_s, replicas = arguments.beta, arguments.tau, arguments.relax, arguments.replicas
    start = potential.start if arguments.start is None else arguments.start
    low, high = reach(potential, beta=beta, start=start)
    time_s = max(100 * tau_s, 20 * (relax_s or 0.0)) if arguments.time is None else arguments.time
    if arguments.step is None:
        step_s = stable_step(potential, beta=beta, tau_s=tau_s, start=start)
        if relax_s is not None:
            # a sixtieth of the fastest oscillation: 0.05 tau / curvature is the step without inertia
            step_s = 0.1 * math.sqrt(relax_s * step_s / 0.05)
        step_s = min(step_s, time_s)
    else:
        step_s = arguments.step
        if step_s > time_s:
            raise InputError(f"a step must be no longer than the run of {time_s:g} s, got {step_s:g} s")
    if step_s > 0 and replicas * time_s / step_s > _MOST_WORK:
        raise InputError(
            f"{time_s / step_s:.3g} steps of {format_si(step_s, 's')} for {replicas} cells are "
            f"{replicas * time_s / step_s:.3g} moves, and at most {_MOST_WORK:g} are made: give a shorter --time, a "
            "longer --step or fewer --replicas"
        )
    trace: list[tuple[float, float]] = [(0.0, start)]

    with CtrlC() as ctrl_c, Progress(1) as progress:
        watch = progress.watch(potential.name)

        def observe(now_s: float, x: Any) -> bool:
            trace.append((now_s, float(x[0])))
            watch(min(now_s / time_s, 1.0), len(trace))
            return ctrl_c.heard

        every = max(1, round(time_s / step_s / _TRACED)) if step_s > 0 else 1
        how: dict[str, Any] = {
            "beta": beta, "time_s": time_s, "step_s": step_s, "replicas": replicas, "start": start, "every": every,
            "seed": arguments.seed,
        }  # fmt: skip
        if relax_s is None:
            x = overdamped(potential, tau_s=tau_s, observe=observe, **how)
        else:
            x, v = underdamped(
                potential, mass=tau_s * relax_s, relax_s=relax_s, observe=lambda t, x, _: observe(t, x), **how
            )
            kinetic = float(np.mean(v**2)) * tau_s * relax_s * beta
    edges = np.linspace(low, high, arguments.bins + 1)
    share = law(potential, beta, edges)
    share[share < _NOWHERE] = 0.0
    place = np.clip(np.digitize(x, edges) - 1, 0, len(share) - 1)
    middle = (edges[1:] + edges[:-1]) / 2
    fine = np.linspace(low, high, 4001)
    weight, points = law(potential, beta, fine), (fine[1:] + fine[:-1]) / 2
    memory = max(memory_s(potential, beta=beta, tau_s=tau_s, edges=fine), 2 * (relax_s or 0.0))
    mean = float(weight @ points)
    spread = float(weight @ (points - mean) ** 2)
    mean = 0.0 if abs(mean) < 1e-9 * math.sqrt(spread) else mean
    document = {
        "potential": potential.name, "beta": beta, "tau_s": tau_s, "device_time_s": trace[-1][0], "step_s": step_s,
        "replicas": replicas, "mean": float(x.mean()), "variance": float(x.var()), "law_mean": mean,
        "law_variance": spread, "relax_s": relax_s,
        "kinetic_energy_kt": None if relax_s is None else kinetic / 2,
        "total_variation": float(total_variation(place, share)),
        "tv_noise_floor": float(tv_noise_floor(share, replicas)),
        "edges": edges.tolist(), "counts": np.bincount(place, minlength=len(share)).tolist(), "law": share.tolist(),
        "memory_s": memory if math.isfinite(memory) else None,
        "energy": potential.energy(middle).tolist(), "trace": [list(point) for point in trace],
        "interrupted": ctrl_c.heard,
    }  # fmt: skip
    made = record(arguments, beta=[beta])
    if arguments.json:
        write_json(document, arguments.json, made)
    if arguments.json != "-":
        print(
            f"{potential.name} at beta {beta:g}: {replicas} cells for {format_si(trace[-1][0], 's')}, steps of "
            f"{format_si(step_s, 's')}"
        )
        print(f"mean {document['mean']:.5g} (law {mean:.5g}), variance {document['variance']:.5g} "
              f"(law {document['law_variance']:.5g})")  # fmt: skip
        if relax_s is not None:
            print(f"kinetic energy {document['kinetic_energy_kt']:.4g} k T (law 0.5)")
        print(f"distance from exp(-beta U) / Z: total variation {document['total_variation']:.3g}, of which noise of "
              f"{replicas} samples makes {document['tv_noise_floor']:.3g}")  # fmt: skip
        if not math.isfinite(memory):
            print("remark: a wall divides this potential, so that cells stay on the side on which they start")
        elif trace[-1][0] < _FORGOTTEN * memory:
            print(f"remark: a cell remembers where it was for {format_si(memory, 's')}, and this run is too short to "
                  "forget the start: give a longer --time")  # fmt: skip
    if arguments.plot:
        from hwsim.report.thermo import potential_picture

        title = f"A cell in U = {potential.name} at beta = {beta:g}"
        potential_picture(document, arguments.plot, title=title, provenance=made)
        print(f"picture: {arguments.plot}", file=sys.stderr)
    if ctrl_c.heard:
        print(f"hwsim: interrupted after {trace[-1][0]:.3g} s of device time", file=sys.stderr)
        return 130
    return 0
