"""``hwsim thermo solve``, ``inverse`` and ``regression``: means and covariances of cells in the bowl of a matrix."""

import argparse
import sys
from typing import Any

from hwsim.cli import options
from hwsim.cli.arrays import read_array
from hwsim.cli.output import record, write_json
from hwsim.cli.progress import Progress
from hwsim.units import format_si

_SHOWN = 8


def add_parsers(kinds: Any) -> None:
    """Add the subcommands."""
    made = {
        "solve": "x of A x = b",
        "inverse": "the inverse of A, from the covariance",
        "regression": "the posterior of w in y = X w + noise: mean and covariance",
    }
    for name, words in made.items():
        kind = kinds.add_parser(
            name, help=words, description=words[0].upper() + words[1:] + ", of cells in a bowl.",
            parents=[
                options.seeds("seed of the noise"),
                options.outputs(plot="error against device time, with the predicted line"),
            ],
        )  # fmt: skip
        if name == "regression":
            kind.add_argument("matrix", metavar="X", help="features, a row each: .npy, .mtx or text")
            kind.add_argument("vector", metavar="y", help="observations: .npy, .mtx or text")
            kind.add_argument(
                "--noise", type=options.quantity("noise"), default="1", metavar="S",
                help="s.d. of the noise of y (%(default)s)",
            )  # fmt: skip
            kind.add_argument(
                "--prior", type=options.quantity("prior"), metavar="S",
                help="s.d. of each weight before y was seen (flat: least squares)",
            )  # fmt: skip
        else:
            kind.add_argument("matrix", metavar="A", help="symmetric positive definite: .npy, .mtx, or text with rows")
            if name == "solve":
                kind.add_argument("vector", metavar="b", help="right-hand side: .npy, .mtx or text")
        machine = kind.add_argument_group("the machine")
        machine.add_argument(
            "--machine", default="generic-overdamped", metavar="M",
            help="name or file of a card of continuous cells (%(default)s; see hwsim thermo machines)",
        )  # fmt: skip
        options.card_changes(machine)
        options.of_card(machine, "tau", "TIME", options.time("tau"), "a cell with A = 1 relaxes in it (the machine's)")
        if name != "regression":
            options.of_card(
                machine, "beta", "X", options.quantity("beta"),
                "inverse temperature: divides the noise (the machine's)",
            )  # fmt: skip
        for length, what in (
            ("time", "device time of sampling (100 slowest relaxation times)"),
            ("settle", "device time before the first sample (6 of them)"),
            ("interval", "between two samples (an eighth of the fastest one)"),
        ):
            kind.add_argument(f"--{length}", type=options.time(length), metavar="TIME", help=what)
        kind.add_argument(
            "--replicas", type=options.whole("replicas", least=1), default="1", metavar="N",
            help="machines at once (%(default)s)",
        )  # fmt: skip
        kind.add_argument(
            "--host-power", type=options.quantity("host-power", "power", above_zero=True), metavar="W",
            help="power of this computer, for the energy of direct solvers",
        )  # fmt: skip
        kind.set_defaults(run=run, kind=name)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    import numpy as np

    from hwsim.interrupt import CtrlC
    from hwsim.thermo.linalg import compare, measure
    from hwsim.thermo.machine import modes

    kind = arguments.kind
    machine = modes(arguments.machine, **arguments.card)
    if kind == "regression":
        from hwsim.thermo.regression import posterior

        law = posterior(
            read_array(arguments.matrix, "X", 2), read_array(arguments.vector, "y", 1), noise=arguments.noise,
            prior=arguments.prior,
        )  # fmt: skip
        A, b = law.A, law.b
    else:
        A = read_array(arguments.matrix, "A", 2)
        b = read_array(arguments.vector, "b", 1) if kind == "solve" else np.zeros(len(A))
    times: dict[str, Any] = {
        f"{name}_s": getattr(arguments, name)
        for name in ("time", "settle", "interval")
        if getattr(arguments, name) is not None
    }
    with CtrlC() as ctrl_c, Progress(1) as progress:
        found = measure(
            A, b, machine=machine, die_seed=arguments.die_seed, seed=arguments.seed, replicas=arguments.replicas,
            interrupt=lambda: ctrl_c.heard, progress=progress.watch(f"{kind} {len(A)} x {len(A)}"), **times,
        )  # fmt: skip
    error = found.covariance_error if kind == "inverse" else found.relative_error
    # a right-hand side for the direct solvers where there is none: as much work for each column of the inverse
    rows = compare(A, b if b.any() else np.ones(len(A)), tolerance=max(error, 1e-12), host_power_w=arguments.host_power)
    document = {
        "kind": kind, "machine": machine.name, "cells": machine.kind, "size": len(A), "x": found.x.tolist(),
        "covariance": found.covariance.tolist(), "relative_error": found.relative_error,
        "predicted_error": found.predicted_error, "covariance_error": found.covariance_error,
        "predicted_covariance_error": found.predicted_covariance_error, "rms_reading": found.rms_reading,
        "unit": found.unit, "device_time_s": found.device_time_s, "programming_time_s": found.programming_s,
        "settle_s": found.settle_s, "interval_s": found.interval_s, "samples": found.samples,
        "replicas": found.replicas, "device_energy_j": found.device_energy_j,
        "energy_grade": machine.grades.get("power"),
        "unpriced_energy": list(found.unpriced), "host_s": found.host_s, "direct": [vars(row) for row in rows],
        "interrupted": found.interrupted,
        "curve": [
            dict(zip(("device_time_s", "relative_error", "predicted_error", "covariance_error",
                      "predicted_covariance_error"), line, strict=True))
            for line in found.curve.tolist()
        ],
    }  # fmt: skip
    if kind == "regression":
        spread = np.sqrt(np.diag(law.covariance))
        document |= {"closed_form": {"mean": law.mean.tolist(), "covariance": law.covariance.tolist(),
                                     "spread": spread.tolist()}}  # fmt: skip
    made = record(arguments, beta=[machine.beta])
    if arguments.json:
        write_json(document, arguments.json, made)
    if arguments.json != "-":
        _print(document)
    if arguments.plot:
        from hwsim.report.thermo import error_picture

        what = {"solve": "A x = b", "inverse": "the inverse of A", "regression": "a posterior"}[kind]
        title = f"{what} by {len(A)} fluctuating cells of {machine.name}: error against device time"
        error_picture(document, arguments.plot, title=title, provenance=made)
        print(f"picture: {arguments.plot}", file=sys.stderr)
    if found.interrupted:
        print(f"hwsim: interrupted after {found.samples} samples", file=sys.stderr)
        return 130
    return 0


def _print(document: dict[str, Any]) -> None:
    d, kind = document["size"], document["kind"]
    word = "machine" if document["replicas"] == 1 else "machines"
    print(
        f"{d} cells of {document['machine']}, {document['replicas']} {word}: settled "
        f"{format_si(document['settle_s'], 's')}, then {document['samples']} samples "
        f"{format_si(document['interval_s'], 's')} apart, {format_si(document['device_time_s'], 's')} of device time "
        f"({format_si(document['host_s'], 's')} here)"
    )
    if document["unit"]:
        print(f"readings of {format_si(document['rms_reading'], document['unit'])}, root mean square")
    if kind == "regression":
        _print_weights(document)
    elif kind == "solve":
        shown = ", ".join(f"{value:.4g}" for value in document["x"][:_SHOWN])
        print(f"x = {shown}{', ...' if d > _SHOWN else ''}")
    what = {"solve": "x", "regression": "the mean"}.get(kind)
    if what:
        print(f"relative error of {what + ' ':<16}{document['relative_error']:.3g} "
              f"(theory: {document['predicted_error']:.3g})")  # fmt: skip
    name = "covariance" if kind == "regression" else "inverse"
    print(f"relative error of {'the ' + name + ' ':<16}{document['covariance_error']:.3g} "
          f"(theory: {document['predicted_covariance_error']:.3g})")  # fmt: skip
    energy = document["device_energy_j"]
    if energy is None:
        print(f"energy: unknown, the power of {document['machine']} is not on its card; --set power=1mW gives one")
    else:
        left = "".join(f", without {part}, which has no price" for part in document["unpriced_energy"])
        print(f"energy: {format_si(energy, 'J')} ({document['energy_grade']}){left}")
    print("on this computer:")
    for row in document["direct"]:
        steps = f", {row['iterations']} iterations" if row["iterations"] != 1 else ""
        joules = "" if row["host_energy_j"] is None else f", {format_si(row['host_energy_j'], 'J')}"
        print(
            f"  {row['name']:<20} {format_si(row['host_s'], 's'):>9}{joules}, {row['operations']:,} operations, "
            f"relative error {row['relative_error']:.2g}{steps}"
        )


def _print_weights(document: dict[str, Any]) -> None:
    law = document["closed_form"]
    print("weight      mean  closed form    spread  closed form")
    for k in range(min(document["size"], _SHOWN)):
        print(f"{k:6d} {document['x'][k]:+9.4g}  {law['mean'][k]:+11.4g} {document['covariance'][k][k] ** 0.5:9.4g}  "
              f"{law['spread'][k]:11.4g}")  # fmt: skip
    if document["size"] > _SHOWN:
        print(f"   ... and {document['size'] - _SHOWN} more")
