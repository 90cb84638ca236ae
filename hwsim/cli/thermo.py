"""``hwsim thermo``: what a machine of continuous cells computes by fluctuating, and how long it takes."""

import argparse
import sys
from pathlib import Path
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import write_json
from hwsim.errors import InputError
from hwsim.units import format_si

_SHOWN, _TRACED = 8, 2000


def add_parser(subparsers: Any) -> None:
    """Add the subcommand and those under it."""
    parser = subparsers.add_parser(
        "thermo",
        help="continuous cells: solve A x = b, or invert A, by letting a circuit settle and fluctuate",
        description="Cells that fluctuate in the bowl of A and b: their mean solves A x = b, their covariance inverts "
        "A. Prints the error against device time beside what theory predicts and what a direct solver does.",
    )
    kinds = parser.add_subparsers(title="what to compute", required=True, metavar="WHAT", parser_class=type(parser))
    for name, words in (("solve", "x of A x = b, from the mean"), ("inverse", "the inverse of A, from the covariance")):
        kind = kinds.add_parser(name, help=words, description=words[0].upper() + words[1:] + " of cells in a bowl.")
        kind.add_argument("matrix", metavar="A", help="symmetric positive definite: .npy, .mtx, or text with rows")
        if name == "solve":
            kind.add_argument("vector", metavar="b", help="right-hand side: .npy, .mtx or text")
        kind.add_argument("--tau", default="1us", metavar="TIME", help="a cell with A = 1 relaxes in it (%(default)s)")
        kind.add_argument(
            "--beta", default="1", metavar="X", help="inverse temperature: divides the noise (%(default)s)"
        )
        kind.add_argument("--time", metavar="TIME", help="device time of sampling (100 slowest relaxation times)")
        kind.add_argument("--settle", metavar="TIME", help="device time before the first sample (6 of them)")
        kind.add_argument("--interval", metavar="TIME", help="between two samples (an eighth of the fastest one)")
        kind.add_argument("--replicas", default="1", metavar="N", help="machines at once (%(default)s)")
        kind.add_argument("--seed", default="0", metavar="N", help="seed of the noise (%(default)s)")
        kind.add_argument("--plot", metavar="FILE", help="picture: error against device time, with the predicted line")
        kind.add_argument("--json", metavar="FILE|-", help="the numbers as JSON, to a file or standard output")
        kind.set_defaults(run=run, kind=name)
    sample = kinds.add_parser(
        "sample", help="one cell in a potential: a ball in a bowl, in two wells, in any U(x)",
        description="Let a cell fluctuate in a potential and compare where it was with exp(-beta U) / Z.",
    )  # fmt: skip
    sample.add_argument(
        "potential", metavar="U",
        help="bowl:stiffness=1,centre=0; wells:barrier=4,distance=1; or an expression such as 'x**4/4 - x**2/2'",
    )  # fmt: skip
    sample.add_argument("--beta", default="1", metavar="X", help="inverse temperature (%(default)s)")
    sample.add_argument(
        "--tau", default="1us", metavar="TIME", help="a bowl of stiffness 1 relaxes in it (%(default)s)"
    )
    sample.add_argument("--time", metavar="TIME", help="device time of each replica (100 tau)")
    sample.add_argument("--step", metavar="TIME", help="of the integrator (a twentieth of the fastest relaxation)")
    sample.add_argument("--start", default="0", metavar="X", help="where every replica begins (%(default)s)")
    sample.add_argument("--replicas", default="4096", metavar="N", help="independent cells (%(default)s)")
    sample.add_argument("--bins", default="60", metavar="N", help="of the histogram (%(default)s)")
    sample.add_argument("--seed", default="0", metavar="N", help="seed of the noise (%(default)s)")
    sample.add_argument("--plot", metavar="FILE", help="picture: one cell in time, and the histogram against the law")
    sample.add_argument("--json", metavar="FILE|-", help="the numbers as JSON, to a file or standard output")
    sample.set_defaults(run=run_sample)


def run_sample(arguments: argparse.Namespace) -> int:
    """Carry out ``hwsim thermo sample``."""
    options.check_outputs(arguments)
    import numpy as np

    from hwsim.analysis.fidelity import total_variation, tv_noise_floor
    from hwsim.engine.run import CtrlC
    from hwsim.thermo.potential import law, overdamped, parse_potential, reach, stable_step

    potential = parse_potential(arguments.potential)
    beta, start = options.number(arguments.beta, "beta"), options.number(arguments.start, "start")
    if beta <= 0:
        raise InputError(f"beta must be > 0, got {beta:g}")
    tau_s = options.seconds(arguments.tau, name="tau")
    replicas = options.integer(arguments.replicas, "replicas", least=1)
    low, high = reach(potential, beta=beta, start=start)
    step_s = (
        stable_step(potential, beta=beta, tau_s=tau_s, start=start)
        if arguments.step is None
        else options.seconds(arguments.step, name="step")
    )
    time_s = 100 * tau_s if arguments.time is None else options.seconds(arguments.time, name="time")
    progress = options.Progress(1)
    watch = progress.watch(potential.name)
    trace: list[tuple[float, float]] = [(0.0, start)]

    with CtrlC() as ctrl_c:

        def observe(now_s: float, x: Any) -> bool:
            trace.append((now_s, float(x[0])))
            watch(min(now_s / time_s, 1.0), len(trace))
            return ctrl_c.heard

        every = max(1, round(time_s / step_s / _TRACED)) if step_s > 0 else 1
        x = overdamped(
            potential, beta=beta, tau_s=tau_s, time_s=time_s, step_s=step_s, replicas=replicas, start=start,
            seed=options.integer(arguments.seed, "seed"), observe=observe, every=every,
        )  # fmt: skip
    progress.close()
    edges = np.linspace(low, high, options.integer(arguments.bins, "bins", least=2) + 1)
    share = law(potential, beta, edges)
    place = np.clip(np.digitize(x, edges) - 1, 0, len(share) - 1)
    middle = (edges[1:] + edges[:-1]) / 2
    fine = np.linspace(low, high, 4001)
    weight, points = law(potential, beta, fine), (fine[1:] + fine[:-1]) / 2
    mean = float(weight @ points)
    document = {
        "potential": potential.name, "beta": beta, "tau_s": tau_s, "device_time_s": trace[-1][0], "step_s": step_s,
        "replicas": replicas, "mean": float(x.mean()), "variance": float(x.var()), "law_mean": mean,
        "law_variance": float(weight @ (points - mean) ** 2),
        "total_variation": float(total_variation(place, share)),
        "tv_noise_floor": float(tv_noise_floor(share, replicas)),
        "edges": edges.tolist(), "counts": np.bincount(place, minlength=len(share)).tolist(), "law": share.tolist(),
        "energy": potential.energy(middle).tolist(), "trace": [list(point) for point in trace],
        "interrupted": ctrl_c.heard,
    }  # fmt: skip
    if arguments.json:
        write_json(document, arguments.json)
    if arguments.json != "-":
        print(
            f"{potential.name} at beta {beta:g}: {replicas} cells for {format_si(trace[-1][0], 's')}, steps of "
            f"{format_si(step_s, 's')}"
        )
        print(f"mean {document['mean']:.5g} (law {mean + 0.0:.5g}), variance {document['variance']:.5g} "
              f"(law {document['law_variance']:.5g})")  # fmt: skip
        print(f"distance from exp(-beta U) / Z: total variation {document['total_variation']:.3g}, of which noise of "
              f"{replicas} samples makes {document['tv_noise_floor']:.3g}")  # fmt: skip
    if arguments.plot:
        from hwsim.report.thermo import potential_picture

        title = f"A cell in U = {potential.name} at beta = {beta:g}"
        potential_picture(document, arguments.plot, title=title)
        print(f"picture: {arguments.plot}", file=sys.stderr)
    if ctrl_c.heard:
        print(f"hwsim: interrupted after {trace[-1][0]:.3g} s of device time", file=sys.stderr)
        return 130
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    options.check_outputs(arguments)
    import numpy as np

    from hwsim.engine.run import CtrlC
    from hwsim.thermo.linalg import compare, measure

    A = read_array(arguments.matrix, "A", 2)
    b = read_array(arguments.vector, "b", 1) if arguments.kind == "solve" else np.zeros(len(A))
    times = {
        f"{name}_s": options.seconds(getattr(arguments, name), name=name)
        for name in ("tau", "time", "settle", "interval")
        if getattr(arguments, name) is not None
    }
    progress = options.Progress(1)
    with CtrlC() as ctrl_c:
        found = measure(
            A, b, beta=options.number(arguments.beta, "beta"), seed=options.integer(arguments.seed, "seed"),
            replicas=options.integer(arguments.replicas, "replicas", least=1), interrupt=lambda: ctrl_c.heard,
            progress=progress.watch(f"{arguments.kind} {len(A)} x {len(A)}"), **times,
        )  # fmt: skip
    progress.close()
    solving = arguments.kind == "solve"
    error = found.relative_error if solving else found.covariance_error
    # a right-hand side for the direct solvers where there is none: as much work for each column of the inverse
    rows = compare(A, b if b.any() else np.ones(len(A)), tolerance=max(error, 1e-12))
    document = {
        "kind": arguments.kind, "size": len(A), "x": found.x.tolist(), "covariance": found.covariance.tolist(),
        "relative_error": found.relative_error, "predicted_error": found.predicted_error,
        "covariance_error": found.covariance_error, "predicted_covariance_error": found.predicted_covariance_error,
        "device_time_s": found.device_time_s, "settle_s": found.settle_s, "interval_s": found.interval_s,
        "samples": found.samples, "replicas": found.replicas, "device_energy_j": None, "host_s": found.host_s,
        "direct": [vars(row) for row in rows], "interrupted": found.interrupted,
        "curve": [
            dict(zip(("device_time_s", "relative_error", "predicted_error", "covariance_error",
                      "predicted_covariance_error"), line, strict=True))
            for line in found.curve.tolist()
        ],
    }  # fmt: skip
    if arguments.json:
        write_json(document, arguments.json)
    if arguments.json != "-":
        _print(document, arguments)
    if arguments.plot:
        from hwsim.report.thermo import error_picture

        what = "A x = b" if solving else "the inverse of A"
        error_picture(
            document, arguments.plot, title=f"{what} by {len(A)} fluctuating cells: error against device time"
        )
        print(f"picture: {arguments.plot}", file=sys.stderr)
    if found.interrupted:
        print(f"hwsim: interrupted after {found.samples} samples", file=sys.stderr)
        return 130
    return 0


def read_array(path: str, name: str, dimensions: int) -> Any:
    """float64 array of a .npy, .mtx or text file. Raises InputError."""
    import numpy as np
    from scipy.io import mmread

    try:
        if path.endswith(".npy"):
            array = np.load(path, allow_pickle=False)
        elif path.endswith(".mtx"):
            array = mmread(path)
            array = array.toarray() if hasattr(array, "toarray") else array
        else:
            text = Path(path).read_text(encoding="utf-8").replace(",", " ")
            array = np.array([line.split() for line in text.splitlines() if line.strip()], dtype=float)
    except FileNotFoundError:
        raise InputError(f"no such file: {path}") from None
    except (ValueError, OSError, EOFError) as error:
        raise InputError(f"{path} holds no array of numbers ({' '.join(str(error).split())})") from None
    if array.dtype.kind not in "fiub":
        raise InputError(f"{path} must hold real numbers, got {array.dtype}")
    array = array.astype(float)
    if dimensions == 1 and array.ndim == 2 and 1 in array.shape:
        array = array.ravel()
    if array.ndim != dimensions or array.size == 0:
        raise InputError(f"{name} must have {dimensions} dimension{'s' * (dimensions > 1)}, got shape {array.shape}")
    return array


def _print(document: dict[str, Any], arguments: argparse.Namespace) -> None:
    d, solving = document["size"], document["kind"] == "solve"
    word = "machine" if document["replicas"] == 1 else "machines"
    print(
        f"{d} cells, {document['replicas']} {word}: settled {format_si(document['settle_s'], 's')}, then "
        f"{document['samples']} samples {format_si(document['interval_s'], 's')} apart, "
        f"{format_si(document['device_time_s'], 's')} of device time ({format_si(document['host_s'], 's')} here)"
    )
    if solving:
        shown = ", ".join(f"{value:.4g}" for value in document["x"][:_SHOWN])
        print(f"x = {shown}{', ...' if d > _SHOWN else ''}")
        print(f"relative error of x           {document['relative_error']:.3g} "
              f"(theory: {document['predicted_error']:.3g})")  # fmt: skip
    print(f"relative error of the inverse {document['covariance_error']:.3g} "
          f"(theory: {document['predicted_covariance_error']:.3g})")  # fmt: skip
    print("energy: unknown, there is no price of a cell")
    print("on this computer:")
    for row in document["direct"]:
        steps = f", {row['iterations']} iterations" if row["iterations"] != 1 else ""
        print(
            f"  {row['name']:<20} {format_si(row['host_s'], 's'):>9}, relative error {row['relative_error']:.2g}{steps}"
        )
