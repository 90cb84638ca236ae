"""A plausible random die: what a chip of this field may look like before anybody has measured one.

Enters: a seed. Leaves: the TOML text of a chip card, each number drawn from a stated range and graded ``assumed``.
"""

import math

from hwsim.cell.card_text import entry, quoted
from hwsim.streams import generator
from hwsim.units import format_si

_RANGES = {
    "tau": (1e-9, 100e-9),
    "gain_dtod": (0.02, 0.15),
    "offset_dtod": (0.02, 0.2),
    "tau_dtod": (0.05, 0.5),
    "noise_white": (0.01, 0.1),
    "weight_dtod": (0.003, 0.03),
    "stuck_fraction": (1e-4, 2e-3),
}
"""Drawn log-uniformly; they are of no machine."""
_OF_TAU = {"delay": (0.01, 0.3), "synapse_tau": (0.01, 0.2)}
"""Drawn log-uniformly too, relative to tau."""
_BITS = {"dac_bits": (4, 8), "weight_bits": (4, 8)}
"""Drawn uniformly, both ends included."""


def generic_card(seed: int) -> str:
    """TOML of the chip card ``generic-die-<seed>``; a value depends on its own name and the seed alone."""
    lines, tau = [], 0.0
    for key, (low, high) in _RANGES.items():
        value = _log_uniform(seed, key, low, high)
        if key == "tau":
            tau = value
            lines.append(_entry(seed, key, format_si(value, "s"), f"{format_si(low, 's')} and {format_si(high, 's')}"))
        else:
            lines.append(_entry(seed, key, float(f"{value:.3g}"), f"{low:g} and {high:g}"))
    for key, (low, high) in _OF_TAU.items():
        value = tau * _log_uniform(seed, key, low, high)
        lines.append(_entry(seed, key, format_si(value, "s"), f"{low:g} and {high:g} tau"))
    for key, (least, most) in _BITS.items():
        count = int(generator(seed, f"generic {key}").integers(least, most + 1))
        lines.append(_entry(seed, key, count, f"{least} and {most}", how="uniformly"))
    summary = (
        "A plausible random die, no machine: every number is drawn from a range. Autonomous p-bits with spread, noise, "
        "input DACs and weight registers; any couplings."
    )
    return (
        f'name = "generic-die-{seed}"\n'
        f'title = "Generic die {seed}"\n'
        f"summary = {quoted(summary)}\n"
        f'pbit = "ideal-poisson"\nclock = "poisson"\ntopology = "all-to-all"\n'
        f"\n[parameters]\n" + "\n".join(lines) + "\n"
    )


def _log_uniform(seed: int, key: str, low: float, high: float) -> float:
    part = float(generator(seed, f"generic {key}").random())
    return math.exp(math.log(low) + part * math.log(high / low))


def _entry(seed: int, key: str, value: str | float, between: str, how: str = "log-uniformly") -> str:
    words = f"no machine: drawn {how} between {between} by hwsim chip generic --seed {seed}"
    return entry(key, value, words, "assumed")
