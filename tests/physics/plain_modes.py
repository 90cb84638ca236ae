"""A second simulation of continuous cells: small steps of Euler and Maruyama, and a die of its own for every replica.

Enters: the numbers of a `hwsim.thermo.machine.Modes` and a matrix, or the slope of a potential. Leaves: what is read at
a few moments. Nothing of hwsim's laws is imported: what a number means stands in the docstring of Modes, and the
equations are those of Aifer et al. (arXiv:2308.05660), Melanson et al. (arXiv:2312.04836) and the lattice random walk
(arXiv:2508.20883).
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np


def simulate_cells(
    machine: Any, A: np.ndarray, b: np.ndarray, *, replicas: int, moments_s: np.ndarray, step_s: float, seed: int
) -> np.ndarray:
    """float64 (replicas, moments, d): readings of cells that begin at 0. ``step_s``: of the simulation, but for a walk,
    which has its own."""
    rng = np.random.default_rng(seed)
    asked = _in_bits(A, machine.matrix_bits), _in_bits(b, machine.matrix_bits)
    cells = {"overdamped": _Overdamped, "rlc": _Resonators, "walk": _Walk}[machine.kind](machine, *asked, replicas, rng)
    step_s = machine.step_s if machine.kind == "walk" else step_s
    seen, done = [], 0
    for moment in moments_s:
        while done < round(moment / step_s):
            cells.step(step_s, rng)
            done += 1
        seen.append(_read(cells.x, machine))
    return np.stack(seen, axis=1)


def _in_bits(values: np.ndarray, bits: int | None) -> np.ndarray:
    """Rounded to a signed register, the largest entry being its full scale."""
    largest = np.abs(values).max()
    if bits is None or largest == 0:
        return values
    step = largest / (2 ** (bits - 1) - 1)
    return np.floor(values / step + 0.5) * step


def _read(x: np.ndarray, machine: Any) -> np.ndarray:
    """What the readout says: a signed whole number of steps, half a step rounds up."""
    if machine.adc_bits is None:
        return x.copy()
    codes = 2**machine.adc_bits
    step = 2 * machine.adc_range / codes
    return np.clip(np.floor(x / step + 0.5), -codes // 2, codes // 2 - 1) * step


def _with_spread(values: np.ndarray, spread: float, replicas: int, rng: np.random.Generator) -> np.ndarray:
    """float64 (replicas, d, d): each component off by its own factor, one for both entries of a pair."""
    off = 1 + spread * rng.standard_normal((replicas, *values.shape))
    lower = np.tril(off)
    return values * (lower + np.tril(lower, -1).transpose(0, 2, 1))


class _Noise:
    """White noise of every cell, of an amplitude with spread, behind a low-pass of one pole where it has one."""

    def __init__(self, machine: Any, amplitude: float, shape: tuple[int, int], rng: np.random.Generator) -> None:
        self.amplitude = amplitude * (1 + machine.noise_dtod * rng.standard_normal(shape))
        self.corner = None if machine.noise_bandwidth_hz is None else 2 * math.pi * machine.noise_bandwidth_hz
        self.passed = np.zeros(shape)

    def over(self, step_s: float, rng: np.random.Generator) -> np.ndarray:
        """float64 (replicas, d): its integral over a step."""
        white = math.sqrt(step_s) * rng.standard_normal(self.passed.shape)
        if self.corner is None:
            return self.amplitude * white
        self.passed += self.corner * (white - self.passed * step_s)
        return self.amplitude * self.passed * step_s


class _Overdamped:
    """dx = -(A x - b) dt / tau + sqrt(2 / (beta tau)) dW."""

    def __init__(self, machine: Any, A: np.ndarray, b: np.ndarray, replicas: int, rng: np.random.Generator) -> None:
        self.A = _with_spread(A, machine.component_dtod, replicas, rng)
        self.b, self.tau_s = b, machine.tau_s
        self.x = np.zeros((replicas, len(b)))
        self.diffusion = 2 / (machine.beta * machine.tau_s)
        self.noise = _Noise(machine, math.sqrt(self.diffusion), self.x.shape, rng)

    def force(self) -> np.ndarray:
        return (self.b - np.einsum("rij,rj->ri", self.A, self.x)) / self.tau_s

    def step(self, step_s: float, rng: np.random.Generator) -> None:
        self.x = self.x + self.force() * step_s + self.noise.over(step_s, rng)


class _Walk(_Overdamped):
    """The same as steps of one lattice spacing: P(+-spacing) = (step / 2 spacing) (+-force + diffusion / spacing)."""

    def __init__(self, machine: Any, A: np.ndarray, b: np.ndarray, replicas: int, rng: np.random.Generator) -> None:
        super().__init__(machine, A, b, replicas, rng)
        least = math.sqrt(self.diffusion * machine.step_s)
        self.spacing = least if machine.spacing is None else machine.spacing

    def step(self, step_s: float, rng: np.random.Generator) -> None:
        moves, leans = step_s * self.diffusion / self.spacing**2, step_s * self.force() / self.spacing
        u = rng.random(self.x.shape)
        up, down = np.clip((moves + leans) / 2, 0, moves), np.clip((moves - leans) / 2, 0, moves)
        self.x = self.x + self.spacing * ((u < up).astype(float) - (u >= 1 - down))


class _Resonators:
    """L di = v dt, C dv = -(v / R + i) dt + sqrt(2 noise) dW; C is Maxwell's matrix, made of capacitors to ground and
    between cells. Half a step of i, a step of v, half a step of i."""

    def __init__(self, machine: Any, A: np.ndarray, b: np.ndarray, replicas: int, rng: np.random.Generator) -> None:
        d = len(A)
        between = -machine.capacitance_f * np.where(np.eye(d, dtype=bool), 0.0, A)
        ground = machine.capacitance_f * A.sum(axis=1)
        farads = _with_spread(between + np.diag(ground), machine.component_dtod, replicas, rng)
        between, ground = farads * (1 - np.eye(d)), farads * np.eye(d)
        self.inverse = np.linalg.inv(ground - between + np.eye(d) * between.sum(axis=2)[:, :, None])
        self.x, self.current = np.zeros((replicas, d)), np.zeros((replicas, d))
        self.ohm, self.henry = machine.resistance_ohm, machine.inductance_h
        self.noise = _Noise(machine, math.sqrt(2 * machine.noise_power), self.x.shape, rng)

    def step(self, step_s: float, rng: np.random.Generator) -> None:
        self.current += self.x * step_s / (2 * self.henry)
        charge = self.noise.over(step_s, rng) - (self.x / self.ohm + self.current) * step_s
        self.x = self.x + np.einsum("rij,rj->ri", self.inverse, charge)
        self.current += self.x * step_s / (2 * self.henry)


def simulate_potential(
    slope: Callable[[np.ndarray], np.ndarray],
    *,
    beta: float,
    start: float,
    replicas: int,
    moments_s: np.ndarray,
    step_s: float,
    seed: int,
    tau_s: float | None = None,
    mass: float = 1.0,
    relax_s: float = 1.0,
) -> np.ndarray:
    """float64 (replicas, moments): positions of cells with U'(x) = ``slope``.

    With ``tau_s`` overdamped, dx = -U' dt/tau + sqrt(2 / (beta tau)) dW; else m dv = -U' dt - (m v / relax) dt + noise,
    velocities in equilibrium at the start.
    """
    rng = np.random.default_rng(seed)
    x, v = np.full(replicas, start), rng.standard_normal(replicas) / math.sqrt(beta * mass)
    seen, done = [], 0
    for moment in moments_s:
        while done < round(moment / step_s):
            kick = math.sqrt(step_s) * rng.standard_normal(replicas)
            if tau_s is not None:
                x = x - slope(x) * step_s / tau_s + math.sqrt(2 / (beta * tau_s)) * kick
            else:
                x = x + v * step_s / 2
                v = v - (slope(x) / mass + v / relax_s) * step_s + math.sqrt(2 / (beta * mass * relax_s)) * kick
                x = x + v * step_s / 2
            done += 1
        seen.append(x)
    return np.stack(seen, axis=1)
