"""The placement of a Program: which chip it was made for, where its p-bits sit there, what the registers hold."""

from dataclasses import dataclass

import numpy as np

from hwsim.program.record import CONNECTION, Record, column, scalar

_MOST_SCALE = 1e150
"""As of the largest coupling that is compiled: with a code of 63 bits it is a number still."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Placement(Record):
    """Nothing here changes a sample: the couplings that the machine realises are in the network.

    chip : name of its card;  die_seed : int, which die
    sites : int64 (n,), the chip's p-bit that each p-bit sits on, or None where unknown
    bias_code : int64 (n,), weight_code : int64 (m,): the integers in the registers, or None where they hold real
    numbers;  code_scale : float, problem units of one unit of a code, before the die's own errors
    weight_bits : int, of a signed weight register (fixed point: integer and fraction bits and the sign)
    control_scale : float, units of the chip's control lines per unit of the problem
    fixed_beta : float, inverse temperature per problem unit where the hardware fixes it, else None
    ramps : whether beta rises from 0 to fixed_beta during the anneal, as in quantum annealers
    """

    _name = "placement"

    chip: str | None = scalar(default=None, hashed=False)
    die_seed: int = scalar(default=0, hashed=False)
    sites: np.ndarray | None = column(np.int64, optional=True, hashed=False)
    bias_code: np.ndarray | None = column(np.int64, optional=True, hashed=False)
    weight_code: np.ndarray | None = column(np.int64, CONNECTION, optional=True, hashed=False)
    code_scale: float = scalar(default=1.0, least=0, most=_MOST_SCALE, hashed=False)
    weight_bits: int | None = scalar(default=None, hashed=False)
    control_scale: float = scalar(default=1.0, least=0, most=_MOST_SCALE, hashed=False)
    fixed_beta: float | None = scalar(default=None, hashed=False)
    ramps: bool = scalar(default=False, hashed=False)
