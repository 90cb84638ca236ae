"""The kernels of mixed machines: they apply an event to all replicas of a schedule.

Enters: events, a network in normal modes, the state of the replicas. Leaves: the state after the events, and filled
probes. A read costs a replica one product for each coupling and each mode; a move costs a normal number for each mode.
"""

from typing import NamedTuple

import numpy as np

from hwsim.engine.noise import update_key
from hwsim.jit import njit
from hwsim.thermo.mixed import MixedNetwork
from hwsim.thermo.mixed_events import END, READ
from hwsim.thermo.mixed_noise import Keys, bridge, decide, normals, of_replica, transition
from hwsim.units import TICK_S


class Net(NamedTuple):
    """A network as the kernel reads it, in normal modes."""

    beta: float
    bias: np.ndarray  # float64 (n,)
    first: np.ndarray  # int64 (n + 1,): where the couplings of each p-bit begin
    other: np.ndarray  # int32 (c,)
    coupling: np.ndarray  # float64 (c,)
    drive: np.ndarray  # float64 (n, m): W^T shapes, what a normal mode adds to an input
    pull: np.ndarray  # float64 (n, m): by how much a p-bit at +1 moves the mean of a normal mode
    rate: np.ndarray  # float64 (m,), per tick
    spread: np.ndarray  # float64 (m,): stationary s.d.


class State(NamedTuple):
    """R replicas of one schedule between two events."""

    own: np.ndarray  # int8 (n, R): values of the p-bits
    seen: np.ndarray  # int8 (n, R): what everybody else sees of them
    y: np.ndarray  # float64 (m, R): normal modes at marks[0]
    mean: np.ndarray  # float64 (m, R): where each is pulled
    past: np.ndarray  # float64 (m, R): normal modes at marks[1], the last probe or event before it
    noise: np.ndarray  # float64 (2, R), scratch: noise of two modes, or inputs
    marks: np.ndarray  # int64 (4,): times of y and of past; values sent and arrived


class Out(NamedTuple):
    """What the kernel writes: at probes, and at events where they are recorded (else a first axis of 0)."""

    probe: np.ndarray  # int64 (p,), ticks
    spins: np.ndarray  # int8 (p, n, R)
    y: np.ndarray  # float64 (p, m, R)
    value: np.ndarray  # int8 (e, R): the p-bit's new value
    at: np.ndarray  # float64 (e, m, R): the normal modes that it read


@njit(nogil=True)
def _move(net, keys, state, now):
    """Move the normal modes to ``now`` while all p-bits keep their values."""
    for k in range(len(net.rate)):
        shrink, spread = transition(net.rate[k], now - state.marks[0])
        spread *= net.spread[k]
        if k % 2 == 0:
            normals(update_key(keys.mode, k // 2, now), 0, state.noise)
        y, mean, noise = state.y[k], state.mean[k], state.noise[k % 2]
        for r in range(len(noise)):
            y[r] = mean[r] + (y[r] - mean[r]) * shrink + spread * noise[r]
    state.marks[0] = now


@njit(nogil=True)
def _probe(net, keys, state, out, number):
    """Draw the normal modes at a probe between past and y, given both; they become the past of the next probe."""
    now = out.probe[number]
    before, after = now - state.marks[1], state.marks[0] - now
    out.spins[number] = state.own
    for k in range(len(net.rate)):
        if after == 0:
            out.y[number, k] = state.y[k]
            continue
        first, last, spread = bridge(net.rate[k], before, after)
        spread *= net.spread[k]
        past, mean, y, noise = state.past[k], state.mean[k], state.y[k], state.noise[k % 2]
        if k % 2 == 0:
            normals(update_key(keys.probe, k // 2, now), 0, state.noise)
        for r in range(len(noise)):
            past[r] = mean[r] + first * (past[r] - mean[r]) + last * (y[r] - mean[r]) + spread * noise[r]
        out.y[number, k] = past
    state.marks[1] = now


@njit(nogil=True)
def _read(net, keys, state, i, number):
    """P-bit i reads and draws its new value; the input comes from all that it sees now."""
    field = state.noise[0]
    field[:] = -net.bias[i]
    for c in range(net.first[i], net.first[i + 1]):
        weight, other = net.coupling[c], state.seen[net.other[c]]
        for r in range(len(field)):
            field[r] -= weight * np.float64(other[r])
    for k in range(len(net.rate)):
        drive, y = net.drive[i, k], state.y[k]
        for r in range(len(field)):
            field[r] += drive * y[r]
    start, own = update_key(keys.spin, i, number), state.own[i]
    for r in range(len(field)):
        own[r] = decide(field[r], net.beta, of_replica(start, r))


@njit(nogil=True)
def advance(events, first, net, keys, state, queue, out, filled):
    """Take the events from number ``first`` on. Returns (next event, next probe), early where the last probe of a batch
    is filled. queue : int8 (Q, R), the values under way, in a ring"""
    for e in range(first, len(events.time)):
        now = events.time[e]
        if now > state.marks[0]:
            if filled < len(out.probe) and out.probe[filled] <= now:
                state.past[:] = state.y
                state.marks[1] = state.marks[0]
            _move(net, keys, state, now)
        while filled < len(out.probe) and out.probe[filled] <= now:
            _probe(net, keys, state, out, filled)
            filled += 1
        if filled and filled == len(out.probe):
            return e, filled
        i = events.pbit[e]
        if events.kind[e] == READ:
            _read(net, keys, state, i, events.number[e])
            queue[state.marks[2] % len(queue)] = state.own[i]
            state.marks[2] += 1
            if len(out.value):
                out.value[e], out.at[e] = state.own[i], state.y
        elif events.kind[e] != END:
            arrived, seen = queue[state.marks[3] % len(queue)], state.seen[i]
            state.marks[3] += 1
            for k in range(len(net.rate)):
                pull, mean = net.pull[i, k], state.mean[k]
                for r in range(len(seen)):
                    mean[r] += pull * np.float64(arrived[r] - seen[r])
            seen[:] = arrived
    return len(events.time), filled


def normal_form(network: MixedNetwork, beta: float) -> Net:
    """The network as the kernel reads it, with contiguous columns and transposes, so that only one kernel compiles."""
    rates, shapes = network.normal_modes
    drive = network.weights.T @ shapes
    arrays = (*network.couplings, drive, drive / rates, rates * TICK_S, 1 / np.sqrt(beta * rates))
    return Net(float(beta), *(np.ascontiguousarray(array) for array in arrays))


def begin(
    network: MixedNetwork, net: Net, force: np.ndarray, spins: np.ndarray | None, x: np.ndarray | None, keys: Keys
) -> State:
    """The replicas at their start, when all values have been seen."""
    rates, shapes = network.normal_modes
    m, n, R = network.n_modes, network.n_pbits, len(force)
    own = np.empty((n, R), dtype=np.int8) if spins is None else np.ascontiguousarray(spins.T, dtype=np.int8)
    if spins is None:
        _toss(keys.start, own)
    mean, y, noise = np.empty((m, R)), np.empty((m, R)), np.empty((2, R))
    _pull(shapes / rates, force, net.pull, own, mean)
    if x is None:
        _scatter(keys.scatter, mean, net.spread, noise, y)
    else:
        # the inverse of the shapes is their transpose times the times of the modes
        _pull(shapes * network.mode_tau_s[:, None], np.ascontiguousarray(x), net.pull[:0], own, y)
    return State(own, own.copy(), y, mean, y.copy(), noise, np.zeros(4, dtype=np.int64))


@njit
def _toss(key, spins):
    """Toss a coin for each p-bit and replica."""
    for i in range(len(spins)):
        start = update_key(key, i, 0)
        for r in range(spins.shape[1]):
            spins[i, r] = decide(0.0, 0.0, of_replica(start, r))


@njit
def _pull(shapes, cells, pull, spins, out):
    """out = (cells @ shapes)^T + pull^T @ spins, summed in the same order for any number of replicas."""
    for k in range(len(out)):
        for r in range(out.shape[1]):
            total = 0.0
            for j in range(len(shapes)):
                total += shapes[j, k] * cells[r, j]
            for i in range(len(pull)):
                total += pull[i, k] * np.float64(spins[i, r])
            out[k, r] = total


@njit
def _scatter(key, mean, spread, noise, y):
    """Draw the normal modes in equilibrium about their means."""
    for k in range(len(y)):
        if k % 2 == 0:
            normals(update_key(key, k // 2, 0), 0, noise)
        for r in range(y.shape[1]):
            y[k, r] = mean[k, r] + spread[k] * noise[k % 2, r]


@njit(nogil=True)
def cells(shapes, y):
    """float64 (p, R, m): x of normal modes float64 (p, m, R)."""
    out = np.zeros((len(y), y.shape[2], len(shapes)))
    for p in range(len(y)):
        for j in range(len(shapes)):
            for k in range(len(shapes)):
                for r in range(y.shape[2]):
                    out[p, r, j] += shapes[j, k] * y[p, k, r]
    return out
