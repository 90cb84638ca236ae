"""``hwsim thermo sample``: one cell in a potential, beside exp(-beta U) / Z."""

import argparse
from typing import Any

from hwsim.cli import options
from hwsim.cli.output import give, record
from hwsim.command.progress import Progress


def add_parsers(kinds: Any) -> None:
    """Add the subcommand."""
    sample = kinds.add_parser(
        "sample",
        help="one cell in a potential: a ball in a bowl, in two wells, in any U(x)",
        description="Let a cell fluctuate in a potential and compare its positions with exp(-beta U) / Z.",
        parents=[
            options.seeds("seed of the noise", die=False),
            options.outputs(plot="one cell in time, and the histogram against the law"),
        ],
    )
    sample.add_argument(
        "potential",
        metavar="U",
        help="bowl:stiffness=1,centre=0; wells:barrier=4,distance=1; or an expression such as 'x**4/4 - x**2/2'",
    )
    sample.add_argument(
        "--beta",
        type=options.quantity("beta", above_zero=True),
        default="1",
        metavar="X",
        help="inverse temperature (%(default)s)",
    )
    for name, default, words in (
        ("tau", "1us", "relaxation time in a bowl of stiffness 1 (%(default)s)"),
        ("relax", None, "gives the cell inertia: its velocity relaxes in TIME (by default the cell is overdamped)"),
        ("time", None, "device time of each replica (100 tau, or 20 relax if longer)"),
    ):
        sample.add_argument(
            f"--{name}", type=options.time(name, above_zero=True), default=default, metavar="TIME", help=words
        )
    sample.add_argument(
        "--step",
        type=options.time("step"),
        metavar="TIME",
        help="step of the integrator (a twentieth of the fastest relaxation time)",
    )
    sample.add_argument(
        "--start",
        type=options.quantity("start"),
        metavar="X",
        help="where every replica starts (the centre of a bowl, else 0)",
    )
    sample.add_argument(
        "--replicas",
        type=options.whole("replicas", least=1),
        default="4096",
        metavar="N",
        help="independent cells (%(default)s)",
    )
    sample.add_argument(
        "--bins",
        type=options.whole("bins", least=2),
        default="60",
        metavar="N",
        help="bins of the histogram (%(default)s)",
    )
    sample.set_defaults(run=run_sample)


def run_sample(arguments: argparse.Namespace) -> int:
    """Run ``hwsim thermo sample``."""
    from hwsim.equilibrium.potential import CellPlan, sample_cell
    from hwsim.interrupt import CtrlC
    from hwsim.report.thermo import potential_picture, potential_text
    from hwsim.thermo.potential import parse_potential

    potential = parse_potential(arguments.potential)
    plan = CellPlan(
        beta=arguments.beta,
        tau_s=arguments.tau,
        relax_s=arguments.relax,
        time_s=arguments.time,
        step_s=arguments.step,
        start=arguments.start,
        replicas=arguments.replicas,
        bins=arguments.bins,
        seed=arguments.seed,
    )
    with CtrlC() as ctrl_c, Progress(1) as progress:
        document = sample_cell(potential, plan, progress=progress.watch(potential.name), interrupt=lambda: ctrl_c.heard)
    made = record(arguments, beta=[plan.beta])

    def draw(path: str) -> None:
        title = f"A cell in U = {potential.name} at beta = {plan.beta:g}"
        potential_picture(document, path, title=title, provenance=made)

    stopped = f" after {document['device_time_s']:.3g} s of device time" if document["interrupted"] else None
    return give(arguments, document, made, text=lambda _: potential_text(document), draw=draw, stopped=stopped)
