"""Registers: what a chip holds for the numbers that a controller keeps while it trains.

Enters: biases and couplings as real numbers. Leaves: the network that the die realises: rounded as the card says, with
the die's own errors; or the integers in the registers, for who programs a machine.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from hwsim.chip.chip import Chip
from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError
from hwsim.mapping.registers import controlled, programmed, register_codes
from hwsim.program import Network
from hwsim.streams import generator

ROUNDINGS = ("nearest", "stochastic")


@dataclass(frozen=True, kw_only=True, eq=False)
class Codes(Shown):
    """The integers in the registers of a chip, before the errors of a die.

    bias : int64 (n,), weight : int64 (k,), in the order of the model's units and couplings;  scale : units of the
    model's biases and couplings in one unit of a code;  bits : of a signed register
    """

    bias: np.ndarray
    weight: np.ndarray
    scale: float
    bits: int

    @property
    def facts(self) -> dict[str, Any]:
        """Plain numbers, for JSON."""
        return {
            "bias_code": self.bias.tolist(),
            "weight_code": self.weight.tolist(),
            "code_scale": self.scale,
            "weight_bits": self.bits,
        }

    def _shown(self) -> tuple[str, Facts]:
        return f"Codes of {counted(self.bits, 'bit')}, {self.scale:.4g} a unit", [
            ("registers", f"{counted(len(self.bias), 'bias', 'biases')}, {counted(len(self.weight), 'coupling')}")
        ]


def codes_of(network: Network, chip: Chip) -> Codes | None:
    """The codes of ``network`` on ``chip``, rounded to the nearest; None where registers hold real numbers."""
    found = register_codes(network, chip)
    if not found or chip.fixed_beta is not None:
        return None
    once = network.rows < network.indices  # as in ``network.pairs``
    weight, scale = found["weight_code"][once], float(found["code_scale"])
    return Codes(bias=found["bias_code"], weight=weight, scale=scale, bits=int(found["weight_bits"]))


class Registers:
    """The registers of a die."""

    def __init__(self, network: Network, chip: Chip, die_seed: int, rounding: str) -> None:
        """network : whose couplings are held
        rounding : "nearest", or "stochastic": up with the probability that makes the mean exact. Raises InputError.
        """
        if rounding not in ROUNDINGS:
            raise InputError(f"rounding must be one of {', '.join(ROUNDINGS)}, got {rounding!r}")
        self._network, self._chip, self._die_seed, self._rounding = network, chip, die_seed, rounding
        weights = chip.weights
        self._is_exact = weights.bits is None and weights.integer_bits is None and weights.dtod == 0

    def hold(self, bias: np.ndarray, weight: np.ndarray, seed: int, load: int) -> Network:
        """The network that the die realises for ``bias`` (n,) and ``weight`` (k,). seed, load : of the draws of
        stochastic rounding"""
        chip = self._chip
        if self._rounding == "stochastic" and not self._is_exact:
            step = self.step(bias, weight)
            if step is not None:
                draw = generator(seed, "rounding", load)
                shift = step / 2 if chip.weights.bits == 1 else 0.0  # one bit has no zero
                bias, weight = (
                    _rounded(values + shift, step, draw.random(len(values))) - shift for values in (bias, weight)
                )
        network = self._network.coupled(bias, weight)
        if chip.fixed_beta is None:
            return network if self._is_exact and chip.control.is_exact else programmed(network, chip, self._die_seed)
        return self._at_fixed_beta(network, chip)

    def _at_fixed_beta(self, network: Network, chip: Chip) -> Network:
        """The network of a chip that cannot choose beta: the controller programs 1 / beta of each number, within the
        limits of the lines."""
        control, beta = chip.control, float(chip.fixed_beta or 1.0)
        h = np.inf if control.h_limit is None else control.h_limit * beta
        j = np.inf if control.j_limit is None else control.j_limit * beta
        low = -j if control.j_extended_limit is None else -control.j_extended_limit * beta
        clipped = network.reweighted(np.clip(network.bias, -h, h), np.clip(network.weight, low, j))
        return clipped if control.is_exact else controlled(clipped, control, 1 / beta, self._die_seed)

    def step(self, bias: np.ndarray, weight: np.ndarray) -> float | None:
        """Between two numbers that the registers hold beside ``bias`` and ``weight``; None where they hold real
        numbers."""
        weights = self._chip.weights
        if weights.bits is None:
            return None if weights.fraction_bits is None else 2.0**-weights.fraction_bits
        full = weights.limit
        if full is None:
            full = max((float(np.abs(values).max(initial=0)) for values in (bias, weight)), default=0.0)
        if full == 0:
            return None
        return 2 * full if weights.bits == 1 else full / (2 ** (weights.bits - 1) - 1)


def _rounded(values: np.ndarray, step: float, uniform: np.ndarray) -> np.ndarray:
    """``values`` rounded to multiples of ``step``, up where ``uniform`` in [0, 1) lies below the part that is left."""
    whole = values / step
    down = np.floor(whole)
    return step * (down + (uniform < whole - down))
