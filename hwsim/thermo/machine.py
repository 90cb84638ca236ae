"""Machines of continuous cells: the numbers of a card, and the network of a matrix on such a machine.

Enters: a card's name, a matrix and a vector. Leaves: a Device: the linear network with the faults of one die, which
variables are read, and how the mean and covariance of readings give x and the inverse of A.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.arguments import named
from hwsim.cell.card import (
    BOTH_OF_READOUT,
    MODES_DIMENSIONS,
    YOURS,
    absent,
    modes_keys,
    modes_mistakes,
    si_value,
    suggestion,
)
from hwsim.chip.library import modes_card
from hwsim.display import Shown
from hwsim.errors import DoesNotFitError, InputError
from hwsim.streams import generator
from hwsim.thermo.network import LinearNetwork, bowl, maxwell, positive_definite, rlc

FAULTS = {
    "matrix-quantisation": "matrix_bits",
    "component-spread": "component_dtod",
    "noise-spread": "noise_dtod",
    "noise-bandwidth": "noise_bandwidth_hz",
    "readout-quantisation": "adc_bits",
}
"""The faults of a machine by name, and the field that holds each."""

_SUFFIX = {
    "time": "_s",
    "frequency": "_hz",
    "energy": "_j",
    "power": "_w",
    "capacitance": "_f",
    "inductance": "_h",
    "resistance": "_ohm",
}


@dataclass(frozen=True, kw_only=True)
class Modes(Shown):
    """A machine of continuous cells. A field is None where the card states nothing.

    kind : "overdamped" (U = x A x / 2 - b x, each cell a number), "walk" (the same as a digital lattice random walk),
    "rlc" (resonators whose Maxwell capacitance matrix is capacitance_f * A; voltages are read, in V)
    cells : number of cells;  tau_s : relaxation time of a cell with A = 1;  beta : divides the noise
    capacitance_f : F, of A = 1;  inductance_h, resistance_ohm : of each cell;  noise_power : of its current, A^2 s
    step_s, spacing : of the walk; a spacing of None is the least that its noise allows
    settle_s : before the first sample;  interval_s : between two samples
    Faults: matrix_bits : of each entry of A and b, signed, full scale at the largest of each
    component_dtod : relative spread of the components that hold the entries of A;  noise_dtod : relative spread of the
    noise's amplitude between cells;  noise_bandwidth_hz : at which the noise falls by 3 dB
    adc_bits, adc_range : of the readout: from -adc_range to a step below adc_range, a step being 2 adc_range /
    2**adc_bits, as numbers of two's complement are
    Prices: power_w : of the running machine;  energy_per_sample_j : of reading all cells once;  programming_time_s
    grades : by key, "yours" for an overridden number;  missing : numbers that nobody has published, by the card
    """

    name: str
    kind: str
    title: str = ""
    cells: int | None = None
    tau_s: float | None = None
    beta: float = 1.0
    capacitance_f: float | None = None
    inductance_h: float | None = None
    resistance_ohm: float | None = None
    noise_power: float | None = None
    step_s: float | None = None
    spacing: float | None = None
    settle_s: float | None = None
    interval_s: float | None = None
    matrix_bits: int | None = None
    component_dtod: float = 0.0
    noise_dtod: float = 0.0
    noise_bandwidth_hz: float | None = None
    adc_bits: int | None = None
    adc_range: float | None = None
    power_w: float | None = None
    energy_per_sample_j: float | None = None
    programming_time_s: float | None = None
    grades: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        values = {key: getattr(self, key + _SUFFIX.get(what, "")) for key, what in MODES_DIMENSIONS.items()}
        found = list(modes_mistakes({key: value for key, value in values.items() if value is not None}))
        if (self.adc_bits is None) != (self.adc_range is None):
            found.append(BOTH_OF_READOUT)
        if found:
            raise InputError(*found)

    @property
    def unit(self) -> str:
        """The unit of readings: "V", or "" for numbers."""
        return "V" if self.kind == "rlc" else ""


@named
def modes(name: str | Path, *, without: Iterable[str] = (), **overrides: Any) -> Modes:
    """The machine of card ``name`` (or of a .toml file), parameters overridden and faults of FAULTS switched off.

    overrides : `modes_keys` of its kind, text with a unit or SI numbers. Raises InputError or CardError.
    """
    card, without = modes_card(name), list(without)
    given = {key: value for key, value in overrides.items() if value is not None}
    known, found = modes_keys(card.kind), []
    values = {key: si_value(key, quantity.value) for key, quantity in card.parameters.items()}
    for key, value in given.items():
        if key not in known:
            found.append(f"{key} is not a parameter of cells of kind {card.kind}{suggestion(key, known)}")
            continue
        try:
            values[key] = si_value(key, value)
        except InputError as error:
            found += error.mistakes
    found += [
        f"no such fault of continuous cells: {word!r}{suggestion(word, FAULTS)}"
        for word in without
        if word not in FAULTS
    ]
    if found:
        raise InputError(*found, *modes_mistakes({key: values[key] for key in given if key in values}))
    made = Modes(
        name=card.name,
        kind=card.kind,
        title=card.title,
        grades={key: quantity.grade for key, quantity in card.parameters.items()} | dict.fromkeys(given, YOURS),
        missing={key: absent(card, key) for key in card.missing if key not in given},
        **{key + _SUFFIX.get(MODES_DIMENSIONS[key], ""): value for key, value in values.items()},  # type: ignore[arg-type]
    )
    off: dict[str, Any] = {}
    for fault in without:
        off[FAULTS[fault]] = 0.0 if fault.endswith("spread") else None
        if fault == "readout-quantisation":
            off["adc_range"] = None
    return replace(made, **off)


def _need(machine: Modes, *names: str) -> list[float]:
    """The values of ``names``, keys of MODES_DIMENSIONS. Raises InputError where one is not known."""
    found = []
    for name in names:
        value = getattr(machine, name + _SUFFIX.get(MODES_DIMENSIONS[name], ""))
        if value is None:
            words = machine.missing.get(name, f"{name} is not on the card; give {name} yourself")
            raise InputError(f"{machine.name} states no {name}: {words}")
        found.append(value)
    return found


@dataclass(frozen=True, kw_only=True, eq=False)
class Device(Shown):
    """A problem on one die of a machine.

    network : the cells with their faults; after them the variables of noise with a finite bandwidth
    read : int64 (d,), the variables of ``network`` that are read;  A, b : as given
    covariance_scale : times the covariance of readings gives the inverse of A;  solves_by_mean : whether x is the mean
    of readings; else (inductors carry all direct current, so voltages have zero mean) it is the inverse times b
    method, step_s, spacing : of `hwsim.thermo.integrate.Ensemble`
    """

    machine: Modes
    network: LinearNetwork
    read: np.ndarray
    A: np.ndarray
    b: np.ndarray
    covariance_scale: float
    solves_by_mean: bool
    method: str = "exact"
    step_s: float | None = None
    spacing: float | None = None

    @property
    def size(self) -> int:
        """Cells that are read."""
        return len(self.read)

    @property
    def adc_step(self) -> float:
        """Step of the readout, in the unit of a reading; 0 where nothing is rounded."""
        machine = self.machine
        if machine.adc_bits is None or machine.adc_range is None:
            return 0.0
        return 2 * machine.adc_range / 2**machine.adc_bits

    def readings(self, states: np.ndarray) -> np.ndarray:
        """float64 (replicas, d): the readings of states (replicas, size of the network). Half a step rounds up, and a
        value beyond the range reads as its end."""
        values = states if len(self.read) == states.shape[1] else states[:, self.read]
        step = self.adc_step
        if step == 0:
            return values
        most = 2 ** (self.machine.adc_bits or 0) / 2 - 1
        return np.clip(np.floor(values / step + 0.5), -most - 1, most) * step


def device(machine: Modes, A: np.ndarray, b: np.ndarray, *, die_seed: int = 0) -> Device:
    """A and b on die number ``die_seed`` of ``machine``.

    A : (d, d) symmetric positive definite;  b : (d,). Each component has its own random error, one for both entries of
    a pair. Raises InputError, also where the cells of the die do not settle, and DoesNotFitError.
    """
    A, b = positive_definite(A), np.asarray(b, dtype=float)
    d = len(A)
    if b.shape != (d,):
        raise InputError(f"b must have one entry for each row of A, got shapes {b.shape} and {A.shape}")
    if machine.cells is not None and d > machine.cells:
        raise DoesNotFitError(f"{machine.name} has {machine.cells} cells, and A has {d} rows")
    held, force = _quantised(A, machine.matrix_bits), _quantised(b, machine.matrix_bits)
    spread = machine.component_dtod * generator(die_seed, "die components").standard_normal((d, d))
    spread = np.triu(spread) + np.triu(spread, 1).T
    loud = 1 + machine.noise_dtod * generator(die_seed, "die noise").standard_normal(d)
    if machine.kind == "rlc":
        made = _resonators(machine, A, held, spread, loud)
        scale = _need(machine, "capacitance")[0] / (machine.noise_power * machine.resistance_ohm)  # type: ignore
        network, read, by_mean = made, np.arange(d, 2 * d), False
    else:
        tau_s, beta = _need(machine, "tau", "beta")
        with _blaming(f"rounded to matrix_bits = {machine.matrix_bits}"):
            positive_definite(held)
        with _blaming(_THIS_DIE):
            network = bowl(held * (1 + spread), force, beta=beta, tau_s=tau_s)
        network = replace(network, noise=network.noise * np.outer(loud, loud))
        read, by_mean, scale = np.arange(d), True, beta
    if machine.noise_bandwidth_hz is not None:
        network = _coloured(network, 2 * np.pi * _need(machine, "noise_bandwidth")[0])
    step_s = _need(machine, "step")[0] if machine.kind == "walk" else None
    return Device(
        machine=machine,
        network=network,
        read=read,
        A=A,
        b=b,
        covariance_scale=scale,
        solves_by_mean=by_mean,
        method="walk" if machine.kind == "walk" else "exact",
        step_s=step_s,
        spacing=machine.spacing,
    )


_THIS_DIE = "with the components of this die"


@contextmanager
def _blaming(fault: str) -> Iterator[None]:
    """Put ``fault`` in front of the message of an InputError."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{fault}, {error}") from None


def _resonators(machine: Modes, A: np.ndarray, held: np.ndarray, spread: np.ndarray, loud: np.ndarray) -> LinearNetwork:
    unit_f, inductance, resistance, noise = _need(machine, "capacitance", "inductance", "resistance", "noise_power")
    off = held - np.diag(np.diag(held))
    if np.any(off > 0):
        i, j = np.unravel_index(int(np.argmax(off)), off.shape)
        raise DoesNotFitError(
            f"A[{i}, {j}] = {A[i, j]:g} is positive, but capacitors between cells make only negative entries"
        )
    total = np.diag(held) + off.sum(axis=1)
    if total.min() <= 0:
        i = np.argmin(total)
        fault, found = "", A[i].sum()
        if found > 0:
            fault, found = f"rounded to matrix_bits = {machine.matrix_bits}, ", total[i]
        raise DoesNotFitError(
            f"{fault}row {i} of A sums to {found:g}: this sum is the cell's own capacitor and must be above zero"
        )
    coupling = -off * (1 + spread)
    own = total * (1 + np.diag(spread))
    least = min(own.min(), coupling.min())
    if own.min() <= 0 or least < 0:
        raise InputError(
            f"{_THIS_DIE}, a capacitor is {unit_f * least:g} F: component_dtod is too large for capacitors"
        )
    made = rlc(
        unit_f * coupling,
        own_f=unit_f * own,
        inductance_h=np.full(len(A), inductance),
        resistance_ohm=resistance,
        noise=noise,
    )
    if np.all(loud == 1):
        return made
    inverse = np.linalg.inv(maxwell(unit_f * coupling, unit_f * own))
    power = np.zeros_like(made.noise)
    power[len(A) :, len(A) :] = 2 * noise * (inverse * loud**2) @ inverse
    return replace(made, noise=power)


def _coloured(network: LinearNetwork, corner_per_s: float) -> LinearNetwork:
    """``network`` driven by low-pass noise: k more variables n of variance 1 follow dn = -corner n dt + sqrt(2 corner)
    dW and drive the cells through a root of the noise times sqrt(corner / 2), so that slow cells see white noise. k is
    the rank of the noise: currents of inductors have no noise of their own."""
    d = network.size
    loud = np.flatnonzero(np.diag(network.noise) > 0)
    values, vectors = np.linalg.eigh(network.noise[np.ix_(loud, loud)])
    kept = values > np.finfo(float).eps * len(loud) * values.max(initial=0)
    k = int(kept.sum())
    drift, noise = np.zeros((d + k, d + k)), np.zeros((d + k, d + k))
    drift[:d, :d], drift[d:, d:] = network.drift, corner_per_s * np.eye(k)
    drift[loud, d:] = -vectors[:, kept] * np.sqrt(values[kept] * corner_per_s / 2)
    noise[d:, d:] = 2 * corner_per_s * np.eye(k)
    return LinearNetwork(
        drift=drift,
        force=np.concatenate([network.force, np.zeros(k)]),
        noise=noise,
        labels=network.labels + tuple(f"n{i}" for i in range(k)),
        unit=network.unit,
    )


def _quantised(values: np.ndarray, bits: int | None) -> np.ndarray:
    """``values`` rounded to ``bits`` with sign, the largest at full scale."""
    top = float(np.abs(values).max(initial=0))
    if bits is None or top == 0:
        return values
    step = top / (2 ** (bits - 1) - 1)
    return np.floor(values / step + 0.5) * step


def ideal(*, beta: float = 1.0, tau_s: float = 1e-6) -> Modes:
    """Overdamped cells without faults, in any number."""
    return Modes(name="ideal", kind="overdamped", beta=beta, tau_s=tau_s)
