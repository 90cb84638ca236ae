"""A mixed machine of p-bits and continuous cells (p-modes) as a scene of a view.

Enters: a MixedNetwork and the keywords of a view. Leaves: a Scene with a curve for each mode, and what is beside it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hwsim.command import given
from hwsim.command.viewed import ONE
from hwsim.errors import InputError
from hwsim.program import Program
from hwsim.ranges import seconds_in
from hwsim.report.view.places import Places
from hwsim.report.view.scene import Modes, Scene, Show, length_words
from hwsim.streams import generator
from hwsim.thermo.mixed import MixedNetwork
from hwsim.thermo.mixed_run import run
from hwsim.units import parse

_LEAST_ROUNDS, _MOST_ROUNDS = 50, 2000


def mixed_scene(network: MixedNetwork, how: Mapping[str, Any], *, events: int | None) -> tuple[Scene, Show]:
    """The scene of one replica of ``network`` at one beta (1), under the clock, delay, time and seed of ``how``."""
    from hwsim.anneal import constant

    text = given.beta_text(how["beta"]) or "1"
    if ":" in text or "sigma" in text:
        raise InputError(f"a mixed machine runs at one beta, a number, got {text}")
    beta = parse(text, "number", name="beta")
    clock = how["clock"] or "poisson"
    tau_s = float(np.mean(network.pbit_tau_s))
    delay_s = seconds_in(how["delay"] or 0.0, tau_s, name="delay")
    program = _pbits(network, clock, tau_s, delay_s)
    rounds = float(np.clip((events or ONE // 4) / network.n_pbits, _LEAST_ROUNDS, _MOST_ROUNDS))
    time_s = rounds * tau_s if how["time"] is None else seconds_in(how["time"], tau_s, name="time")
    rng = generator(how["seed"], "view of a mixed machine")
    spins = rng.choice(np.array([-1, 1], dtype=np.int8), network.n_pbits)
    x = np.linalg.solve(network.stiffness, network.force + network.weights @ spins)
    found = run(
        network, beta=beta, time_s=time_s, seed=how["seed"], clock=clock, delay_s=delay_s, start=(spins, x), record=True
    )
    record = found.record
    assert record is not None
    values = record.value[:, 0]
    scene = Scene(
        program=program,
        where=_places(network),
        anneal=constant(beta, time_s),
        end=constant(beta, time_s).end,
        initial=spins,
        trace=(record.time, record.pbit, values),
        modes=Modes(
            weights=network.weights,
            at=_circle(network.n_modes, 0.55 * _radius(network)),
            start=np.concatenate(([_energy(network, spins, x)], x)),
            values=_curves(network, spins, record.pbit, values, record.x[:, 0]),
        ),
    )
    cells = f"{network.n_pbits} p-bits and {network.n_modes} continuous cells (squares)"
    lead = f"{cells}; shown is one read: {length_words(scene)}"
    return scene, Show(title="mixed machine of p-bits and modes", lead=lead)


def _pbits(network: MixedNetwork, clock: str, tau_s: float, delay_s: float) -> Program:
    """The p-bits alone as a Program, for what the page says of them."""
    import dimod

    from hwsim.mapping.compile import compile

    first, second = np.nonzero(np.triu(network.coupling))
    bqm = dimod.BinaryQuadraticModel.from_numpy_vectors(
        network.bias, (first, second, network.coupling[first, second]), 0.0, dimod.SPIN
    )
    chip = given.chip_of("generic-all-to-all", None, (), clock=clock, tau=tau_s, delay=delay_s)
    program = compile(bqm, chip)
    return program.changed(tau=network.pbit_tau_s * 1e15) if clock in ("poisson", "free-running") else program


def _energy(network: MixedNetwork, spins: np.ndarray, x: np.ndarray) -> float:
    """E(s, x); see `hwsim.thermo.mixed`."""
    own = network.bias @ spins + 0.5 * spins @ network.coupling @ spins
    return float(own + 0.5 * x @ network.stiffness @ x - (network.force + network.weights @ spins) @ x)


def _curves(
    network: MixedNetwork, spins: np.ndarray, pbit: np.ndarray, values: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """float64 (events, 1 + m): the energy after each update, and the modes as it read them."""
    state, energies = spins.astype(np.float64), np.empty(len(pbit))
    for event, (i, value) in enumerate(zip(pbit.tolist(), values.tolist(), strict=True)):
        state[i] = value
        energies[event] = _energy(network, state, x[event])
    return np.column_stack((energies, x))


def _radius(network: MixedNetwork) -> float:
    return max(network.n_pbits, network.n_modes, 3) / 4


def _circle(many: int, radius: float) -> np.ndarray:
    angle = 2 * np.pi * (np.arange(many) + 0.5) / many
    return radius * np.stack((np.cos(angle), np.sin(angle)), axis=1)


def _places(network: MixedNetwork) -> Places:
    """p-bits on a circle, with the modes on a smaller one inside."""
    words = "p-bits on the outer circle, continuous cells on the inner one; the distance means nothing"
    return Places(at=_circle(network.n_pbits, _radius(network)), words=words)
