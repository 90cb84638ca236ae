"""``hwsim thermo solve``, ``inverse`` and ``regression``: means and covariances of cells in the bowl of a matrix."""

import argparse
import sys
from typing import Any

from hwsim.cli import options
from hwsim.cli.arrays import read_array
from hwsim.cli.output import write_json
from hwsim.errors import InputError
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
        kind = kinds.add_parser(name, help=words, description=words[0].upper() + words[1:] + ", of cells in a bowl.")
        if name == "regression":
            kind.add_argument("matrix", metavar="X", help="features, a row each: .npy, .mtx or text")
            kind.add_argument("vector", metavar="y", help="observations: .npy, .mtx or text")
            kind.add_argument("--noise", default="1", metavar="S", help="s.d. of the noise of y (%(default)s)")
            kind.add_argument(
                "--prior", metavar="S", help="s.d. of each weight before y was seen (flat: least squares)"
            )
        else:
            kind.add_argument("matrix", metavar="A", help="symmetric positive definite: .npy, .mtx, or text with rows")
            if name == "solve":
                kind.add_argument("vector", metavar="b", help="right-hand side: .npy, .mtx or text")
        kind.add_argument(
            "--machine", default="generic-overdamped", metavar="M",
            help="name or file of a card of continuous cells (%(default)s; see hwsim thermo machines)",
        )  # fmt: skip
        options.add_card_options(kind)
        kind.add_argument("--tau", metavar="TIME", help="a cell with A = 1 relaxes in it (the machine's)")
        if name != "regression":
            kind.add_argument("--beta", metavar="X", help="inverse temperature: divides the noise (the machine's)")
        kind.add_argument("--time", metavar="TIME", help="device time of sampling (100 slowest relaxation times)")
        kind.add_argument("--settle", metavar="TIME", help="device time before the first sample (6 of them)")
        kind.add_argument("--interval", metavar="TIME", help="between two samples (an eighth of the fastest one)")
        kind.add_argument("--replicas", default="1", metavar="N", help="machines at once (%(default)s)")
        kind.add_argument("--seed", default="0", metavar="N", help="seed of the noise (%(default)s)")
        kind.add_argument("--die-seed", default="0", metavar="N", help="which die, where there is spread (%(default)s)")
        kind.add_argument("--host-power", metavar="W", help="power of this computer, for the energy of direct solvers")
        kind.add_argument("--plot", metavar="FILE", help="picture: error against device time, with the predicted line")
        kind.add_argument("--json", metavar="FILE|-", help="the numbers as JSON, to a file or standard output")
        kind.set_defaults(run=run, kind=name)


def run(arguments: argparse.Namespace) -> int:
    """Carry out the subcommand."""
    options.check_outputs(arguments)
    import numpy as np

    from hwsim.engine.run import CtrlC
    from hwsim.thermo.linalg import compare, measure
    from hwsim.thermo.machine import modes

    kind = arguments.kind
    given = options.card_options(arguments)
    for name in ("tau", "beta"):
        value = getattr(arguments, name, None)
        if value is not None and name in given:
            raise InputError(f"{name} is given twice, by --{name} and --set {name}")
        given |= {} if value is None else {name: value}
    machine = modes(arguments.machine, **given)
    if kind == "regression":
        from hwsim.thermo.regression import posterior

        prior = None if arguments.prior is None else options.number(arguments.prior, "prior")
        law = posterior(
            read_array(arguments.matrix, "X", 2), read_array(arguments.vector, "y", 1),
            noise=options.number(arguments.noise, "noise"), prior=prior,
        )  # fmt: skip
        A, b = law.A, law.b
    else:
        A = read_array(arguments.matrix, "A", 2)
        b = read_array(arguments.vector, "b", 1) if kind == "solve" else np.zeros(len(A))
    times: dict[str, Any] = {
        f"{name}_s": options.seconds(getattr(arguments, name), name=name)
        for name in ("time", "settle", "interval")
        if getattr(arguments, name) is not None
    }
    power = None if arguments.host_power is None else options.power(arguments.host_power, name="host-power")
    progress = options.Progress(1)
    with CtrlC() as ctrl_c:
        found = measure(
            A, b, machine=machine, die_seed=options.integer(arguments.die_seed, "die-seed"),
            seed=options.integer(arguments.seed, "seed"),
            replicas=options.integer(arguments.replicas, "replicas", least=1), interrupt=lambda: ctrl_c.heard,
            progress=progress.watch(f"{kind} {len(A)} x {len(A)}"), **times,
        )  # fmt: skip
    progress.close()
    error = found.covariance_error if kind == "inverse" else found.relative_error
    # a right-hand side for the direct solvers where there is none: as much work for each column of the inverse
    rows = compare(A, b if b.any() else np.ones(len(A)), tolerance=max(error, 1e-12), host_power_w=power)
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
    if arguments.json:
        write_json(document, arguments.json)
    if arguments.json != "-":
        _print(document)
    if arguments.plot:
        from hwsim.report.thermo import error_picture

        what = {"solve": "A x = b", "inverse": "the inverse of A", "regression": "a posterior"}[kind]
        title = f"{what} by {len(A)} fluctuating cells of {machine.name}: error against device time"
        error_picture(document, arguments.plot, title=title)
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
