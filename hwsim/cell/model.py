"""The model of one p-bit: numbers only, SI units, checked once."""

import math
from dataclasses import dataclass

from hwsim.errors import InputError

_AT_LEAST_ZERO = ("delay_s", "gain_dtod", "offset_dtod", "tau_dtod", "jitter_s", "synapse_tau_s")


@dataclass(frozen=True, kw_only=True)
class PBit:
    """What one cell does, and how cells differ. P(+1) = (1 + tanh(gain (x + offset))) / 2, x = quantised beta I.

    tau_s : mean time between updates;  delay_s : from a commit until neighbours see it
    gain, offset : of the sigmoid, dimensionless;  *_dtod : device-to-device s.d. (gain and tau relative)
    jitter_s : s.d. of one period of a free-running clock;  synapse_tau_s : RC time constant of the input, 0 for none
    dac_bits, dac_limit : input DAC on beta I, 2**bits levels from -limit to limit
    input_integer_bits, input_fraction_bits : fixed-point input s<integer>.<fraction>, instead of a DAC
    threshold_bits : width of the comparison with the random number, 1 to 32
    """

    name: str
    tau_s: float
    delay_s: float = 0.0
    gain: float = 1.0
    offset: float = 0.0
    gain_dtod: float = 0.0
    offset_dtod: float = 0.0
    tau_dtod: float = 0.0
    jitter_s: float = 0.0
    synapse_tau_s: float = 0.0
    dac_bits: int | None = None
    dac_limit: float = 5.0
    input_integer_bits: int | None = None
    input_fraction_bits: int | None = None
    threshold_bits: int = 32

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, float) and not math.isfinite(value):
                raise InputError(f"{name} must be finite, got {value}")
        for name in _AT_LEAST_ZERO:
            if getattr(self, name) < 0:
                raise InputError(f"{name} must be >= 0, got {getattr(self, name):g}")
        for name in ("tau_s", "gain", "dac_limit"):
            if getattr(self, name) <= 0:
                raise InputError(f"{name} must be > 0, got {getattr(self, name):g}")
        if self.dac_bits is not None and not 1 <= self.dac_bits <= 32:
            raise InputError(f"dac_bits must be between 1 and 32, got {self.dac_bits}")
        if not 1 <= self.threshold_bits <= 32:
            raise InputError(f"threshold_bits must be between 1 and 32, got {self.threshold_bits}")
        if (self.input_integer_bits is None) != (self.input_fraction_bits is None):
            raise InputError("a fixed-point input needs both input_integer_bits and input_fraction_bits")
        if self.input_integer_bits is not None:
            if self.dac_bits is not None:
                raise InputError("an input is quantised by a DAC or by fixed point, not by both")
            if not (0 <= self.input_integer_bits <= 16 and 0 <= (self.input_fraction_bits or 0) <= 16):
                raise InputError("input_integer_bits and input_fraction_bits must be between 0 and 16")


def input_quantiser(pbit: PBit) -> tuple[float, float, float]:
    """(low, high, step) of the quantiser of beta I; step 0 for none."""
    if pbit.dac_bits is not None:
        return -pbit.dac_limit, pbit.dac_limit, 2 * pbit.dac_limit / (2**pbit.dac_bits - 1)
    if pbit.input_integer_bits is not None and pbit.input_fraction_bits is not None:
        step = 2.0**-pbit.input_fraction_bits
        high = 2.0**pbit.input_integer_bits - step
        return -high, high, step
    return 0.0, 0.0, 0.0
