"""Small runs of continuous cells: linear networks on three kinds of machine, cells in potentials, mixed machines.

Enters: nothing. Leaves: rows. Nothing of this is among hwsim's public names, so each is looked for by place.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from digest import digest, public

Row = tuple[str, Callable[[], Any]]
_FORCE = np.array([0.5, -1.0, 0.25, 0.0])


def rows(quick: bool) -> Iterator[Row]:
    """(name, work) of every kind of machine; ``quick``: one of each."""
    yield from _linear(quick)
    yield from _potentials(quick)
    yield from _mixed(quick)


def _matrix() -> np.ndarray:
    """float64 (4, 4): symmetric, positive definite, with numbers that are exact in binary."""
    rows = [[2.0, -0.5, 0.0, -0.25], [-0.5, 1.5, -0.25, 0.0], [0.0, -0.25, 1.0, -0.125], [-0.25, 0.0, -0.125, 3.0]]
    return np.array(rows)


def _linear(quick: bool) -> Iterator[Row]:
    bowl = public("hwsim.thermo.network:bowl")
    run = public("hwsim.thermo.run:run")

    def waved(what: Any, **how: Any) -> Any:
        found = run(what, **({"time_s": 5e-6, "interval_s": 2.5e-7, "replicas": 3, "seed": 4} | how))
        return {"values": digest(found.values), "times": digest(found.times_s), "device_time_s": found.device_time_s}

    yield "bowl", lambda: waved(bowl(_matrix(), _FORCE))
    if quick:
        return
    yield "bowl, from its law", lambda: waved(bowl(_matrix(), _FORCE, beta=2.0), start=None, replicas=9)
    yield "accumulated", _accumulated
    device, modes = public("hwsim.thermo.machine:device"), public("hwsim:modes")
    walk = {"cells": 8, "tau": "1 us", "step": "10 ns", "spacing": 0.2, "matrix_bits": 8}
    machines = {
        "overdamped": lambda: modes("generic-overdamped", component_dtod=0.02, noise_dtod=0.05, matrix_bits=6),
        "resonators": lambda: modes("generic-rlc", component_dtod=0.02, adc_bits=8, adc_range=1.0),
        "coloured": lambda: modes("generic-rlc", noise_bandwidth="3 MHz"),
        "walk": lambda: modes("normal-cn101", **walk),
    }
    for name, make in machines.items():
        yield f"machine, {name}", lambda make=make: waved(device(make(), _matrix(), _FORCE, die_seed=2))
    measure = public("hwsim.thermo.linalg:measure")

    def measured(name: str) -> Any:
        found = measure(_matrix(), _FORCE, machine=machines[name](), die_seed=2, time_s=2e-5, replicas=4, seed=3)
        return {"arrays": digest(*(value for value in vars(found).values() if isinstance(value, np.ndarray)))}

    for name in ("overdamped", "resonators", "walk"):
        yield f"measured, {name}", lambda name=name: measured(name)


def _accumulated() -> Any:
    """Sums over an ensemble, and its states after one long step."""
    ensemble = public("hwsim.thermo.integrate:Ensemble")(
        public("hwsim.thermo.network:bowl")(_matrix(), _FORCE), replicas=33, seed=8, start=np.zeros(4)
    )
    ensemble.advance(1e-6)
    sums = ensemble.accumulate(40, 1e-7, centred=True)
    return {"sums": digest(*sums), "states": digest(ensemble.states)}


def _potentials(quick: bool) -> Iterator[Row]:
    wells = public("hwsim.thermo.potential:double_well")
    over, under = (public(f"hwsim.thermo.potential:{name}") for name in ("overdamped", "underdamped"))
    how = {"beta": 1.5, "time_s": 1.0, "step_s": 0.01, "replicas": 70, "seed": 6, "start": 0.5}

    def overdamped(potential: Any, **changes: Any) -> Any:
        seen: list[Any] = []

        def observe(time_s: float, x: np.ndarray) -> None:
            seen.extend((time_s, x.copy()))

        found = over(potential, tau_s=1.0, **(how | {"observe": observe, "every": 25} | changes))
        return {"x": digest(found), "seen": digest(*seen)}

    yield "two wells", lambda: overdamped(wells(3.0))
    if quick:
        return
    yield "two wells, one replica", lambda: overdamped(wells(3.0), replicas=1)
    text = public("hwsim.thermo.potential:expression")
    yield "expression, polynomial", lambda: overdamped(text("x**4/4 - x**2/2 + x/8"))
    yield "expression, smooth", lambda: overdamped(text("log(cosh(x)) + x**2/8"))
    yield "underdamped", lambda: {"x and v": digest(*under(wells(2.0), mass=0.5, relax_s=0.4, **how))}
    driven = public("hwsim.thermo.work:driven")
    quadratic = public("hwsim.thermo.potential:quadratic")

    def work() -> Any:
        path = np.linspace(1.0, 3.0, 5)
        found = driven(quadratic, path, np.linspace(-1, 1, 33), beta=1.0, tau_s=1.0, time_s=2.0, step_s=0.02, seed=2)
        return {"work": digest(found)}

    yield "driven", work


def _mixed(quick: bool) -> Iterator[Row]:
    def run(clock: str, **how: Any) -> Any:
        settings = {"beta": 0.8, "time_s": 2e-8, "replicas": 7, "seed": 5, "every_s": 2e-9, "settle_s": 4e-9} | how
        network = _mixed_network(is_even=clock != "poisson")
        found = public("hwsim.thermo.mixed_run:run")(network, clock=clock, **settings)
        rest = {"moments": digest(*vars(found.moments).values()), "updates": found.updates}
        if found.record is not None:
            rest["record"] = digest(*vars(found.record).values())
        return rest | {"spins": digest(found.spins), "x": digest(found.x), "device_time_s": found.device_time_s}

    yield "mixed, poisson", lambda: run("poisson", record=True)
    if quick:
        return
    for clock in ("sequential", "chromatic", "synchronous"):
        yield f"mixed, {clock}", lambda clock=clock: run(clock, record=True, delay_s=3e-10)
    yield "mixed, schedules", lambda: run("poisson", schedules=3, delay_s=3e-10)
    start = (np.array([1, -1, 1, 1, -1]), np.array([0.5, -0.5, 0.0]))
    yield "mixed, given start", lambda: run("poisson", start=start, force=np.arange(21.0).reshape(7, 3) / 8)


def _mixed_network(*, is_even: bool) -> Any:
    """Five p-bits and three modes; ``is_even``: one mean interval for all p-bits."""
    coupling = np.zeros((5, 5))
    for i, j, value in ((0, 1, 0.5), (1, 2, -0.75), (3, 4, 0.25)):
        coupling[i, j] = coupling[j, i] = value
    tau_s = 1e-9 if is_even else np.array([1.0, 2.0, 1.0, 0.5, 1.0]) * 1e-9
    weights = np.array([[0.5, 0.0, -0.25, 0.0, 0.125], [0.0, 0.5, 0.0, 0.25, 0.0], [-0.5, 0.0, 0.0, 0.5, 0.25]])
    return public("hwsim.thermo.mixed:MixedNetwork")(
        bias=np.array([0.25, 0.0, -0.5, 0.125, 0.0]),
        coupling=coupling,
        stiffness=_matrix()[:3, :3],
        force=np.array([0.25, 0.0, -0.5]),
        weights=weights,
        pbit_tau_s=tau_s,
        mode_tau_s=5e-10,
    )
