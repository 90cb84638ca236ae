"""Digital: what logic makes of numbers. Rounding and saturation by name, and the table of a p-bit as words.

Enters: numbers, and words of `hwsim.cell.choices`. Leaves: whole numbers of a register, or the probabilities that a
table of a p-bit holds, each a word over 2**threshold_bits.
"""

from typing import TYPE_CHECKING

import numpy as np

from hwsim.cell.choices import usual
from hwsim.cell.codes import LAWS, TABLE
from hwsim.cell.model import PBit, Table, input_quantiser, n_levels

if TYPE_CHECKING:
    from collections.abc import Sequence


def rounded(values: np.ndarray, rule: str) -> np.ndarray:
    """``values`` float64 (n,) as whole numbers, by a word of ``weight_rounding``: the nearest, and of two that are as
    near the even one, the upper one or the one away from zero; or the one below (bits that are dropped)."""
    if rule == "half-even":
        return np.rint(values)
    if rule == "half-up":
        return np.floor(values + 0.5)
    if rule == "half-away":
        return np.copysign(np.floor(np.abs(values) + 0.5), values)
    return np.floor(values)


def register(values: np.ndarray, top: float, *, rounding: str, saturation: str) -> np.ndarray:
    """``values`` (n,) as the whole numbers of a signed register whose largest is ``top``; the smallest is -top, or one
    below it where the saturation is that of two's complement."""
    least = -top - 1 if saturation == "twos-complement" else -top
    return np.clip(rounded(values, rounding), least, top)


def input_shift(pbit: PBit) -> float:
    """What the quantiser's limits move up, and its levels down again, where the input drops bits: half a step."""
    return input_quantiser(pbit)[2] / 2 if pbit.input_rounding == "down" else 0.0


def has_words(pbit: PBit) -> bool:
    """Whether the p-bit reads a table of words other than those that the law rounds to by itself."""
    return any(getattr(pbit, key) != usual(key) for key in ("threshold_top", "threshold_rounding", "comparison"))


def word_table(pbit: PBit) -> Table:
    """The law of a p-bit that `has_words`: P(+1) at every level of its input, as its table and comparison make it.

    A threshold of P = 1 takes one bit more than the word has ("wide"), or is the largest word ("saturated"); or
    probabilities count in units of the largest word ("scaled"). A swapped comparison reads the threshold of the
    input's magnitude: for a negative input the p-bit is +1 where the random word lies above it.
    """
    low, _, step = input_quantiser(pbit)
    level = low + step * np.arange(n_levels(pbit))
    full = 2**pbit.threshold_bits
    top = full if pbit.threshold_top == "wide" else full - 1
    unit = full - 1 if pbit.threshold_top == "scaled" else full
    is_swapped = (level < 0) & (pbit.comparison == "swapped")
    words = np.minimum(rounded(unit * _law(pbit, np.where(is_swapped, -level, level)), pbit.threshold_rounding), top)
    words = np.where(is_swapped, np.maximum(full - 1 - words, 0), words)
    return Table(first=low, step=step, probability=tuple((words / full).tolist()))


def _law(pbit: PBit, z: "Sequence[float] | np.ndarray") -> np.ndarray:
    """float64 (k,): P(+1) at the inputs ``z``, by the scalar law that all engines use."""
    from hwsim.cell.law import response

    kind, table = LAWS[pbit.law], pbit.response
    points, first, step = np.zeros(0), 0.0, 1.0
    if kind.code == TABLE and table is not None:
        points, first, step = np.array(table.probability), table.first, table.step
    return np.array([response(1, float(x), kind.code, 1.0, 0.0, points, first, step) for x in z])
