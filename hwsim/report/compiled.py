"""What compiling took, in words: p-bits, couplers, chains, precision.

Enters: facts of `hwsim.experiment.compiled`. Leaves: text.
"""

from typing import Any

_LABELS = {
    "spins": "spins of the problem",
    "couplings": "couplings of the problem",
    "pbits": "p-bits used",
    "couplers": "couplers used",
    "most_couplers_of_a_pbit": "most couplers of a p-bit",
    "chains": "chains of several p-bits",
    "chain_length_mean": "p-bits of a chain, mean",
    "chain_length_max": "p-bits of a chain, most",
    "pbits_by_chip": "p-bits of each chip",
    "cut_wires_by_chip": "cut wires of each chip",
    "wires_between_chips": "wires between chips",
    "clock": "clock",
    "colours": "colours",
    "weight_error_rms": "weight error, r.m.s. of the largest",
    "weight_error_max": "weight error, most",
    "law_total_variation": "total variation of the law",
    "law_total_variation_by_bits": "the same with weights of b bits",
}


def compiled_text(facts: dict[str, Any]) -> str:
    """A line for each fact that applies."""
    return "\n".join(f"  {label:<36} {_words(facts[key])}" for key, label in _LABELS.items() if facts[key] is not None)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_words(each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.3g}" if isinstance(value, float) else str(value)
