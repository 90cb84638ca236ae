"""Limits: what each number of a card may be, by its key. Cards and records ask here, so each rule is written once."""

import math
from dataclasses import dataclass

from hwsim.errors import Mistake


@dataclass(frozen=True, kw_only=True)
class Limit:
    """From ``least`` to ``most``, which belong to it unless ``above`` and ``below`` leave them out."""

    least: float = -math.inf
    most: float = math.inf
    above: bool = False
    below: bool = False

    def holds(self, value: float) -> bool:
        """Whether ``value`` is inside."""
        low = value > self.least if self.above else value >= self.least
        return low and (value < self.most if self.below else value <= self.most)

    def __str__(self) -> str:
        """What follows "must be"."""
        if self.most == math.inf:
            return f"{'>' if self.above else '>='} {self.least:g}"
        if not (self.above or self.below):
            return f"between {self.least:g} and {self.most:g}"
        low = f"above {self.least:g}" if self.above else f">= {self.least:g}"
        return f"{low} and {'below' if self.below else 'at most'} {self.most:g}"

    @property
    def example(self) -> float:
        """A number inside."""
        inside = (value for value in (self.least, 1.0, 0.5) if math.isfinite(value) and self.holds(value))
        return next(inside, 0.0)


_POSITIVE = Limit(least=0, above=True)
_AT_LEAST_ONE = Limit(least=1)
_SHARE = Limit(least=0, most=1, below=True)

LIMITS = {
    "offset": Limit(),
    "input_low": Limit(),
    "input_high": Limit(),
    "background_susceptibility": Limit(),
    "stuck_fraction": Limit(least=0, most=1),
    "random_phase": Limit(least=0, most=4096),
    "dac_bits": Limit(least=1, most=32),
    "threshold_bits": Limit(least=1, most=32),
    "input_integer_bits": Limit(least=0, most=16),
    "input_fraction_bits": Limit(least=0, most=16),
    "participation": Limit(least=0, most=1, above=True),
    "weight_bits": Limit(least=1, most=52),
    "weight_integer_bits": Limit(least=0, most=51),
    "weight_fraction_bits": Limit(least=0, most=51),
    "dead_fraction": _SHARE,
    "dead_wire_fraction": _SHARE,
}
LIMITS |= dict.fromkeys(
    (
        "tau",
        "gain",
        "dac_limit",
        "step_ratio",
        "input_limit",
        "input_step",
        "flicker_shortest",
        "attempt_time",
        "period",
    ),
    _POSITIVE,
)
LIMITS |= dict.fromkeys(("weight_limit", "h_limit", "j_limit", "j_extended_limit"), _POSITIVE)
LIMITS |= {"cell_pitch": Limit(least=0, most=1e100, above=True), "coupling_area": Limit(least=0, most=1e100)}
LIMITS |= {"n_chips": _AT_LEAST_ONE} | dict.fromkeys(("random_shifts", "random_share"), Limit(least=1, most=1e9))
LIMITS |= dict.fromkeys(("max_pbits", "max_degree", "rows", "columns", "layers", "size"), _AT_LEAST_ONE)
"""Limits by card key; any other number must be >= 0."""

_USUAL = Limit(least=0)


def limit(key: str) -> Limit:
    """The limit of the number ``key`` of a p-bit or chip card."""
    return LIMITS.get(key, _USUAL)


def beyond(key: str, value: float | None, *, name: str = "", unit: str = "") -> list[Mistake]:
    """The mistake that ``value`` of ``key`` is, if any; ``name`` is that of the field which holds it."""
    if value is None:
        return []
    if not _is_finite(value):
        return [Mistake(f"{name or key} must be finite, got {value}", (key,))]
    if limit(key).holds(value):
        return []
    return [Mistake(f"{name or key} must be {limit(key)}, got {value:g}{' ' + unit if unit else ''}", (key,))]


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # a whole number beyond float64
        return False
