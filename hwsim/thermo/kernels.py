"""Kernels of continuous cells: steps of many replicas, each with its own numbers from the stream of normals.

Enters: states, constants of a step, the key of a stream and the number of the first step. Leaves: states, in place.
Which number a cell takes depends only on its place and the number of the step, so a run may be split anywhere.
"""

from typing import NamedTuple

import numpy as np

from hwsim.jit import njit
from hwsim.thermo.normal import BLOCK, fill_block, uniform, wide_vectors


class Overdamped(NamedTuple):
    """x += old * kept + new * normal - rate * slope; kept is the normal of the step before."""

    old: float
    new: float
    rate: float


class Underdamped(NamedTuple):
    """Half a kick v -= kick * slope, half a drift x += drift * v, and v = shrink * v + strength * normal between."""

    kick: float
    drift: float
    shrink: float
    strength: float


def stride(replicas: int) -> int:
    """How many numbers of the stream a step of one cell in each replica takes: whole blocks, or an even part of one."""
    return -(-replicas // BLOCK) * BLOCK if replicas > BLOCK // 2 else 1 << (replicas - 1).bit_length()


@njit(nogil=True)
def modes(x, seen, steps, shrink, root, key, first):
    """``steps`` of x = shrink * x + root * normal.

    x : float64 (n,);  seen : float64 (k, n), out: x before each of the first k steps
    shrink, root : float64 (m,); cell p takes those at p modulo m
    first : the first number of the stream, for x[0]; the others follow cell by cell, step by step
    """
    wide_vectors()
    n, m = len(x), len(shrink)
    normal = np.empty(BLOCK)
    number, block = first, np.int64(-1)
    for step in range(steps):
        if step < len(seen):
            seen[step, :] = x
        p = 0
        while p < n:
            if number // BLOCK != block:
                block = number // BLOCK
                fill_block(key, block, normal, 0)
            at, c = number % BLOCK, p % m
            count = min(BLOCK - at, min(m - c, n - p))
            own, less, more, z = x[p : p + count], shrink[c : c + count], root[c : c + count], normal[at : at + count]
            for j in range(count):
                own[j] = own[j] * less[j] + more[j] * z[j]
            p += count
            number += count


@njit(nogil=True)
def dense(x, seen, shrink, kicks):
    """x = x @ shrink + kick for every kick; ``seen`` gets x before each.

    x : float64 (replicas, d);  seen, kicks : float64 (k, replicas, d);  shrink : float64 (d, d)
    """
    for step in range(len(kicks)):
        seen[step] = x
        np.dot(seen[step], shrink, x)
        x += kicks[step]


@njit(nogil=True)
def walk(x, steps, drift, force, moves, spacing, step_s, key, first):
    """``steps`` of the lattice walk: P(+-spacing) = (moves +- step force / spacing) / 2; too strong a force saturates.

    x : float64 (replicas, d);  drift : float64 (d, d), transposed, 1/s;  force : float64 (d,), unit/s
    moves : float64 (d,), P(cell moves in a step)
    """
    wide_vectors()
    pull = np.empty_like(x)
    tilt, number = step_s / spacing, first
    for _ in range(steps):
        np.dot(x, drift, pull)
        for replica in range(len(x)):
            own, back = x[replica], pull[replica]
            for k in range(len(own)):
                up = min(max((moves[k] + (force[k] - back[k]) * tilt) / 2, 0.0), moves[k])
                u = uniform(key, number + k)
                own[k] += spacing * (np.float64(u < up) - np.float64(u >= 1 - (moves[k] - up)))
            number += len(own)


@njit(nogil=True)
def overdamped(x, kept, steps, centre, slope, law, key, first, width):
    """Steps ``first``, ``first`` + 1 ... of cells in a polynomial potential.

    x, kept : float64 (replicas,);  slope : float64 (k,), of dU/dx in powers of x - centre;  law : Overdamped
    width : numbers a step takes, by `stride`
    """
    wide_vectors()
    normal, height = np.empty(BLOCK), np.empty(BLOCK)
    for begin in range(0, len(x), BLOCK):
        own, old = x[begin : begin + BLOCK], kept[begin : begin + BLOCK]
        block = np.int64(-1)
        for step in range(first, first + steps):
            number = step * width + begin
            if number // BLOCK != block:
                block = number // BLOCK
                fill_block(key, block, normal, 0)
            z = normal[number % BLOCK : number % BLOCK + len(own)]
            _horner(own, centre, slope, height)
            for j in range(len(own)):
                own[j] += (law.old * old[j] + law.new * z[j]) - law.rate * height[j]
                old[j] = z[j]


@njit(nogil=True)
def underdamped(x, v, steps, centre, slope, law, key, first, width):
    """The same for cells with velocities v, float64 (replicas,): kick, drift, friction and noise, drift, kick.

    law : Underdamped. The slope after a drift is used for the next kick too.
    """
    wide_vectors()
    normal, height = np.empty(BLOCK), np.empty(BLOCK)
    for begin in range(0, len(x), BLOCK):
        own, speed = x[begin : begin + BLOCK], v[begin : begin + BLOCK]
        block = np.int64(-1)
        _horner(own, centre, slope, height)
        for step in range(first, first + steps):
            number = step * width + begin
            if number // BLOCK != block:
                block = number // BLOCK
                fill_block(key, block, normal, 0)
            z = normal[number % BLOCK : number % BLOCK + len(own)]
            for j in range(len(own)):
                u = speed[j] - law.kick * height[j]
                y = own[j] + law.drift * u
                u = u * law.shrink + law.strength * z[j]
                own[j] = y + law.drift * u
                speed[j] = u
            _horner(own, centre, slope, height)
            for j in range(len(own)):
                speed[j] -= law.kick * height[j]


@njit(nogil=True)
def _horner(x, centre, slope, out):
    """Write the polynomial ``slope`` of x - centre into ``out``. The outer loop is over terms, so that the inner one
    over cells becomes vectors."""
    last = len(slope) - 1
    if last == 3:  # two wells, the usual case: ``out`` passes through memory once, not for each term
        a, b, c, d = slope[0], slope[1], slope[2], slope[3]
        for j in range(len(x)):
            t = x[j] - centre
            out[j] = ((d * t + c) * t + b) * t + a
        return
    term = slope[last]
    for j in range(len(x)):
        out[j] = term
    for k in range(last - 1, -1, -1):
        term = slope[k]
        for j in range(len(x)):
            out[j] = out[j] * (x[j] - centre) + term
