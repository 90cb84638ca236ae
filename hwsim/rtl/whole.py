"""Whole numbers: the biases and weights of a Program as integers times one scale, exactly, or not at all.

Enters: a Program. Leaves: a Whole. Its program has the integers for a network, so that every field is an integer that
float64 holds, and betas are multiplied by the scale: a threshold is then a function of an integer.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hwsim.anneal import Anneal
from hwsim.errors import UnsupportedError
from hwsim.program import Network, Program
from hwsim.rounding import lowest_bit

_MOST = 2**31
"""No integer may be larger; the narrowest registers that hold it are as wide as the random word."""


@dataclass(frozen=True, kw_only=True)
class Whole:
    """program : with integer biases and weights;  scale : float, problem units of one unit of the field
    codes : units of the weight registers in one unit of the field, 1 where registers hold the integers themselves
    is_exact : whether the trace is that of the program as it was given, bit for bit, because the scale is a power of
    two and no weight was moved
    """

    program: Program
    scale: float
    codes: int
    is_exact: bool

    @cached_property
    def bias(self) -> np.ndarray:
        """int64 (n,)."""
        return self.program.network.bias.astype(np.int64)

    @cached_property
    def weight(self) -> np.ndarray:
        """int64 (m,), row by row."""
        return self.program.network.weight.astype(np.int64)

    def scaled(self, anneal: Anneal) -> Anneal:
        """``anneal`` in the unit of the field."""
        return replace(anneal, beta=anneal.beta * self.scale)


def whole(program: Program, *, registers: bool) -> Whole:
    """The Whole of ``program``. registers : take the codes of the weight registers as they are, instead of the largest
    unit that makes all numbers whole. Raises UnsupportedError."""
    network, on = program.network, program.placement
    if registers and on.weight_code is None:
        raise UnsupportedError(
            "no Verilog: these weight registers hold real numbers, and written weights need a width: give --weight-bits"
        )
    found = None if registers else _whole_multiples(network)
    codes = 1
    if found is None:
        found = _codes(program)
        if not registers:
            found, codes = _divided(found)
    bias, weight, scale = found
    if max((int(np.abs(a).max(initial=0)) for a in (bias, weight)), default=0) >= _MOST:
        raise UnsupportedError("no Verilog: these weights need more than 32 bits: give fewer --weight-bits")
    held = Network(
        bias=bias.astype(np.float64), indptr=network.indptr, indices=network.indices, weight=weight.astype(np.float64)
    )
    exact = np.array_equal(held.weight * scale, network.weight) and np.array_equal(held.bias * scale, network.bias)
    readout = program.readout
    if readout.problem is None:  # energies stay those of the problem
        readout = replace(readout, problem=network)
    return Whole(
        program=replace(program, network=held, readout=readout),
        scale=scale,
        codes=codes,
        is_exact=exact and float(np.frexp(scale)[0]) == 0.5,
    )


def _whole_multiples(network: Network) -> tuple[np.ndarray, np.ndarray, float] | None:
    """Biases, weights int64 and the power of two times their greatest divisor of which all are multiples; None where
    they are too large."""
    values = np.concatenate((network.bias, network.weight))
    values = values[values != 0]
    if len(values) == 0:
        return network.bias.astype(np.int64), network.weight.astype(np.int64), 1.0
    unit = 2.0 ** lowest_bit(values)
    with np.errstate(over="ignore"):  # of numbers near the largest beside others near the least
        if np.abs(values).max() / unit >= 2.0**62:
            return None
    divided, by = _divided(((network.bias / unit).astype(np.int64), (network.weight / unit).astype(np.int64), unit))
    too_large = max(int(np.abs(a).max(initial=0)) for a in divided[:2]) >= _MOST or by >= 2**53
    return None if too_large else divided


def _divided(found: tuple[np.ndarray, np.ndarray, float]) -> tuple[tuple[np.ndarray, np.ndarray, float], int]:
    """The same in units of their greatest common divisor, and the divisor."""
    bias, weight, scale = found
    by = int(np.gcd.reduce(np.concatenate((bias, weight)))) or 1
    return (bias // by, weight // by, scale * by), by


def _codes(program: Program) -> tuple[np.ndarray, np.ndarray, float]:
    """What the registers hold, and the unit of a code."""
    network, on = program.network, program.placement
    if on.weight_code is None or on.bias_code is None:
        raise UnsupportedError(
            "no Verilog: the couplings are no multiples of one number with at most 32 bits: give --weight-bits"
        )
    size = np.abs(network.weight).max(initial=0.0) + np.abs(network.bias).max(initial=0.0)
    for code, value in ((on.weight_code, network.weight), (on.bias_code, network.bias)):
        if np.any(np.abs(code * on.code_scale - value) > 2.0**-40 * size):
            raise UnsupportedError(
                "no Verilog: this die realises other weights than its registers hold: give --without weight-error"
            )
    return on.bias_code, on.weight_code, on.code_scale
