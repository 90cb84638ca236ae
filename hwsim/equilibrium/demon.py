"""Creutz's demon: one degree of freedom that carries energy between p-bits and reads their temperature.

Enters: a Program whose flips all cost multiples of one quantum. Leaves: the energies of demons, and beta from them.
The demon (Creutz, Phys. Rev. Lett. 50, 1411 (1983)) offers flips to p-bits drawn at random. It takes the energy that a
flip sets free and pays the energy that a flip costs; if it holds too little, the p-bit does not flip. Every step is as
likely as its reverse, so network and demon together keep one energy U, and all states that flips connect become equally
likely. Creutz visits p-bits in order, which permutes states; random draws mix them. One draw in n + 1 names no p-bit,
so that p-bits without a field do not flip in step.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple, Unpack

import numba
import numpy as np

from hwsim.analysis.interval import standard_error
from hwsim.anneal import constant
from hwsim.arguments import named
from hwsim.display import Shown
from hwsim.engine.noise import GOLDEN, mix
from hwsim.equilibrium.macrostates import DensityOfStates
from hwsim.equilibrium.partition import check_beta
from hwsim.errors import InputError, UnsupportedError
from hwsim.interrupt import Stopped
from hwsim.jit import njit
from hwsim.program import Program
from hwsim.session import RunKeywords, RunSettings, Session
from hwsim.streams import generator
from hwsim.units import to_seconds

_MOST_QUANTA = 10_000
_MOST_HELD = 2**53
_RELATIVE = 1e-9
"""A remainder below this part of the most expensive flip counts as zero."""
_GOLDEN = np.uint64(GOLDEN)
_HALF = np.uint64(32)


@numba.njit(inline="always")
def below(key, number, n):
    """Draw ``number`` of the stream ``key``: a whole number in [0, n), uniform up to n / 2**32."""
    return np.int64(((mix(key + np.uint64(number) * _GOLDEN) >> _HALF) * np.uint64(n)) >> _HALF)


def stream_keys(seed: int, name: str, replicas: int) -> np.ndarray:
    """uint64 (replicas,): a key for each replica; adding replicas changes none."""
    return generator(seed, name).integers(0, 2**64, size=replicas, dtype=np.uint64)


class _Flips(NamedTuple):
    """bias : int64 (n,), four times the bias;  weight : int64 (m,), four times the coupling, both in quanta
    free : int64 (f,), p-bits that are not stuck"""

    bias: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    weight: np.ndarray
    free: np.ndarray


@njit(nogil=True)
def _meet(flips, keys, first, attempts, states, purse):
    """Make ``attempts`` offers to each replica, from draw ``first`` on. states : int8 (replicas, n), in place
    purse : int64 (replicas,), quanta that each demon holds, in place; while it is negative, only flips happen that cost
    nothing or set energy free
    """
    n_free = len(flips.free)
    for r in range(len(states)):
        spins, held = states[r], purse[r]
        for number in range(first, first + attempts):
            drawn = below(keys[r], number, n_free + 1)
            if drawn < n_free:
                i = flips.free[drawn]
                field = flips.bias[i]
                for k in range(flips.indptr[i], flips.indptr[i + 1]):
                    field += flips.weight[k] * spins[flips.indices[k]]
                # -2 s (h + sum J s); the quantum makes it a whole number
                cost = -spins[i] * field // 2
                if cost <= max(held, 0):
                    spins[i] = -spins[i]
                    held -= cost
        purse[r] = held


def common_quantum(program: Program) -> float:
    """The largest energy such that every flip costs a whole multiple of it: 4 on a square lattice of couplings +-1.

    Flips of p-bit i cost 2 (h_i + sum_j J_ij) minus multiples of 4 J_ij. Raises InputError where the quantum is below
    1/10,000 of the most expensive flip, as for couplings drawn at random, and where all flips are free.
    """
    network = program.network
    whole = 2 * (network.bias + network.row_sums(network.weight))
    costliest = 2 * network.reach
    most = float(costliest.max())
    if most == 0:
        raise InputError("a demon needs a flip that costs energy, and this problem has no bias and no coupling")
    costs = np.unique(np.abs(np.concatenate([whole, 4 * program.network.weight])))
    quantum = 0.0
    for cost in costs[costs > _RELATIVE * most].tolist():
        while cost > _RELATIVE * most:
            quantum, cost = cost, abs(quantum - cost * round(quantum / cost))
    quantum = float(costs[-1] / np.rint(costs[-1] / quantum))
    if most / quantum > _MOST_QUANTA or np.abs(costs / quantum - np.rint(costs / quantum)).max() > 1e-6:
        raise InputError(
            "a demon needs couplings and biases whose flips all cost multiples of one quantum, which is at least "
            f"1/{_MOST_QUANTA} of the most expensive flip, {most:g}; round them"
        )
    return quantum


def _flips(program: Program, quantum: float) -> _Flips:
    if program.cells.pdit is not None:
        raise UnsupportedError("a demon does not support p-dits (cells of more than two levels)")
    network = program.network
    return _Flips(
        bias=np.rint(4 * network.bias / quantum).astype(np.int64),
        indptr=network.indptr,
        indices=network.indices,
        weight=np.rint(4 * network.weight / quantum).astype(np.int64),
        free=np.flatnonzero((program.cells.stuck == 0) & ~program.cells.held),
    )


def demon_law(density: DensityOfStates, total_energy: float) -> tuple[np.ndarray, np.ndarray]:
    """(energies, probabilities), float64 (k,) each, of a demon that shares ``total_energy`` with the levels of
    ``density``: Omega(U - e) over the sum. Ascending. Raises InputError where no level is that low."""
    if not np.isfinite(total_energy):
        raise InputError(f"total_energy must be finite, got {total_energy}")
    energies = total_energy - density.energies[::-1]
    held = energies >= -_RELATIVE * float(np.abs(density.energies).max())
    if not held.any():
        raise InputError(f"total_energy must be at least the lowest level, {density.energies[0]:g}, got {total_energy}")
    weights = np.exp(density.log_multiplicity[::-1][held] - density.log_multiplicity.max())
    return np.maximum(energies[held], 0.0), weights / weights.sum()


@dataclass(frozen=True, kw_only=True, eq=False)
class Isolated(Shown):
    """Networks after a time alone with their demons.

    quantum : step of a demon's energy;  energies : float64 (replicas,), of each demon at the end
    states : int8 (replicas, n), +-1, of the p-bits then
    """

    quantum: float
    energies: np.ndarray
    states: np.ndarray


@named
def isolated(
    program: Program,
    *,
    total_energy: float,
    sweeps: int,
    replicas: int = 1024,
    settle: int = 100,
    seed: int = 0,
    states: np.ndarray | None = None,
) -> Isolated:
    """Run ``replicas`` of the network, each alone with a demon at ``total_energy``, for ``sweeps`` sweeps of offers.

    total_energy : U, of p-bits and demon, in the problem's units, offset included
    settle : sweeps downhill at first, which bring replicas that start above U down to it
    states : int8 (replicas, n) to start from, or None for random ones
    The network is the one in the machine's registers; no clock runs. Where flips connect all states of energy U, the
    demon's law is `demon_law`; with U below its barriers a network stays in a part of them. Raises InputError where no
    replica's energy differs from U by whole quanta, or some replicas do not come down to U.
    """
    if sweeps < 1 or replicas < 1 or settle < 0:
        raise InputError(f"sweeps and replicas must be >= 1 and settle >= 0, got {sweeps}, {replicas} and {settle}")
    quantum = common_quantum(program)
    flips, keys = _flips(program, quantum), stream_keys(seed, "demon", replicas)
    if states is None:
        states = generator(seed, "demon start").integers(0, 2, (replicas, program.n_pbits)) * 2 - 1
    spins = np.array(states, dtype=np.int8)
    if spins.shape != (replicas, program.n_pbits) or np.any(np.abs(spins) != 1):
        raise InputError(f"states must be +-1 of shape ({replicas}, {program.n_pbits}), got {spins.shape}")
    stuck = program.cells.stuck != 0
    spins[:, stuck] = program.cells.stuck[stuck]
    if not np.isfinite(total_energy):
        raise InputError(f"total_energy must be finite, got {total_energy}")
    spare = (total_energy - program.readout.energy_offset - program.network.energies(spins)) / quantum
    purse = np.rint(np.clip(spare, -_MOST_HELD, _MOST_HELD)).astype(np.int64)
    if np.abs(spare - purse).max() > 1e-6:
        raise InputError(
            f"total_energy must be the energy of a state plus whole quanta of {quantum:g}, got {total_energy}"
        )
    n = program.n_pbits
    _meet(flips, keys, 0, settle * n if np.any(purse < 0) else 0, spins, purse)
    if np.any(purse < 0):
        raise InputError(
            f"{np.count_nonzero(purse < 0)} of {replicas} replicas found no state of energy {total_energy} or below: "
            "raise total_energy or settle, or give states"
        )
    _meet(flips, keys, settle * n, sweeps * n, spins, purse)
    return Isolated(quantum=quantum, energies=purse * quantum, states=spins)


def entropy_slope(energies: np.ndarray, *, quantum: float) -> tuple[float, float]:
    """(beta, error): (S(U) - S(U - quantum)) / quantum, read from the energies of independent isolated demons.

    It is ln(n_0 / n_1) / quantum, where n_0 demons hold nothing and n_1 hold one quantum. This has no bias of order
    1 / n, unlike the mean energy at fixed U. Raises InputError where n_0 or n_1 is zero.
    """
    rung = np.rint(np.asarray(energies) / quantum)
    empty, one = int(np.count_nonzero(rung == 0)), int(np.count_nonzero(rung == 1))
    if empty == 0 or one == 0:
        raise InputError(f"a slope needs demons that hold nothing and one quantum, got {empty} and {one} of them")
    return math.log(empty / one) / quantum, math.sqrt(1 / empty + 1 / one) / quantum


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading(Shown):
    """The temperature that demons read.

    quantum : step of a demon's energy;  energies : float64 (replicas,), mean energy of each replica's demon
    mean_energy, mean_energy_error : their mean, and its standard error by schedules;  beta, error : the reading
    last : float64 (replicas,), energies of the demons at the end;  states : int8 (replicas, n), of the p-bits then
    """

    quantum: float
    energies: np.ndarray
    mean_energy: float
    mean_energy_error: float
    beta: float
    error: float
    last: np.ndarray
    states: np.ndarray


def beta_of(mean_energy: float, *, quantum: float) -> float:
    """Beta at which a demon with steps of ``quantum`` has ``mean_energy`` on average: ln(1 + quantum / mean) / quantum.

    It is exact for a demon in contact with a bath at beta, and off by order 1 / n for a demon that shares a fixed
    energy with n p-bits. Raises InputError.
    """
    if not (mean_energy > 0 and quantum > 0):
        raise InputError(f"mean energy and quantum must be > 0, got {mean_energy} and {quantum}")
    return math.log1p(quantum / mean_energy) / quantum


@named
def thermometer(
    program: Program,
    *,
    beta: float,
    rounds: int = 100,
    settle: int = 50,
    replicas: int = 1024,
    **settings: Unpack[RunKeywords],
) -> Reading:
    """Demons read the temperature of a machine that runs at ``beta``: after every sweep of its own clock they make a
    sweep of offers to its p-bits.

    The machine keeps exp(-beta E), and the demon's steps keep E + e. Together they keep exp(-beta (E + e)) exactly, at
    any size, so the demon's energies have the probabilities 1 - x, (1 - x) x, ... with x = exp(-beta quantum). A
    machine whose clock, delay or faults change its law shows another beta, or none.

    rounds : how many sweeps of the machine count, each followed by offers, after ``settle`` that do not count
    settings : see RunSettings; errors come from the scatter between its schedules, 64 by default
    The mean energy has no bias; beta is corrected to second order for the logarithm's curvature. Raises InputError.
    """
    check_beta(beta)
    if rounds < 1 or settle < 0 or replicas < 2:
        raise InputError(f"rounds must be >= 1, settle >= 0, replicas >= 2, got {rounds}, {settle} and {replicas}")
    quantum = common_quantum(program)
    how = replace(RunSettings.of(settings, schedules=64), reads=replicas)
    flips, keys = _flips(program, quantum), stream_keys(how.seed, "demon", replicas)
    n, end = program.n_pbits, program.clock.round_ticks * (rounds + settle)
    purse, total = np.zeros(replicas, dtype=np.int64), np.zeros(replicas)
    with Session(program, how, constant(beta, to_seconds(end)), end=end) as session:
        for number in range(rounds + settle):
            if not session.hold(beta, 1):
                raise Stopped
            spins = session.read()
            _meet(flips, keys, number * n, n, spins, purse)
            session.write(spins)
            if number >= settle:
                total += purse
    energies, schedule = quantum * total / rounds, session.schedule
    mean, error = float(energies.mean()), standard_error(energies, schedule)
    assert error is not None
    slope = mean * (mean + quantum)
    return Reading(
        quantum=quantum,
        energies=energies,
        mean_energy=mean,
        mean_energy_error=error,
        beta=beta_of(mean, quantum=quantum) - (2 * mean + quantum) / slope**2 * error**2 / 2,
        error=error / slope,
        last=quantum * purse,
        states=spins,
    )
