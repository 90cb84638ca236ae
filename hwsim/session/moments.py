"""Moments of states: the means of s_i, and of s_i s_j over pairs of p-bits, which a training compares.

Enters: states int8 (reads, n) of +-1. Leaves: Moments, which add up over reads and over moments in time. States are
packed 64 to a word, so that a pair costs one exclusive or and one count of bits for 64 reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hwsim.display import Facts, Shown, counted
from hwsim.engine.packing import pack_reads
from hwsim.engine.words import ones
from hwsim.errors import InputError
from hwsim.jit import njit


@dataclass(frozen=True, kw_only=True, eq=False)
class Moments(Shown):
    """Means over ``states`` states: float64. first : (n,), of s_i;  second : (k,), of s_i s_j of k pairs"""

    first: np.ndarray
    second: np.ndarray
    states: int

    def __add__(self, other: "Moments") -> "Moments":
        """The moments of the states of both."""
        states = self.states + other.states
        mine, theirs = self.states / states, other.states / states
        return Moments(
            first=mine * self.first + theirs * other.first,
            second=mine * self.second + theirs * other.second,
            states=states,
        )

    def _shown(self) -> tuple[str, Facts]:
        what = f"{counted(len(self.first), 'p-bit')}, {counted(len(self.second), 'pair')}"
        return f"Moments of {counted(self.states, 'state')}: {what}", []


def moments(states: np.ndarray, pairs: Sequence[np.ndarray]) -> Moments:
    """The Moments of ``states`` int8 (reads, n) of +-1. pairs : int64 (k,), int64 (k,), numbers of p-bits

    `Network.pairs` begins with such pairs, each coupling once. Raises InputError.
    """
    return moments_of_pairs(states, *checked_pairs(pairs, states.shape[1]))


def moments_of_pairs(states: np.ndarray, first: np.ndarray, second: np.ndarray) -> Moments:
    """The same of pairs that were checked."""
    return moments_of_words(pack_reads(states), len(states), first, second)


def moments_of_words(words: np.ndarray, reads: int, first: np.ndarray, second: np.ndarray) -> Moments:
    """The same of ``reads`` states as bits, uint64 (n, W), such as `State.words` gives."""
    single, double = means_of_words(words, reads, first, second)
    return Moments(first=single, second=double, states=reads)


def means_of_words(
    words: np.ndarray, reads: int, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(first, second) of those Moments."""
    single, double = np.empty(len(words)), np.empty(len(first))
    _mean(words, reads, first, second, single, double)
    return single, double


def checked_pairs(pairs: Sequence[np.ndarray], n: int) -> tuple[np.ndarray, np.ndarray]:
    """The first two of ``pairs`` as int64 (k,). Raises InputError unless they are numbers of ``n`` p-bits, as many."""
    if not isinstance(pairs, Sequence | np.ndarray) or len(pairs) < 2:
        raise InputError(f"pairs must be two arrays of as many integers, got {pairs!r}")
    first, second = (np.asarray(part) for part in pairs[:2])
    for part in (first, second):
        if part.ndim != 1 or part.dtype.kind not in "iu" or len(part) != len(first):
            raise InputError(f"pairs must be two arrays of as many integers, got shapes {first.shape}, {second.shape}")
        if len(part) and (part.min() < 0 or part.max() >= n):
            raise InputError(f"pairs must be numbers of p-bits in [0, {n}), got {part.min()} to {part.max()}")
    return first.astype(np.int64, copy=False), second.astype(np.int64, copy=False)


@njit(nogil=True)
def _mean(words, reads, first, second, single, double):
    """Write the means of s_i to ``single`` (n,) and those of s_i s_j to ``double`` (k,). words : uint64 (n, W)"""
    for i in range(len(single)):
        up = np.int64(0)
        for w in range(words.shape[1]):
            up += np.int64(ones(words[i, w]))
        single[i] = np.float64(2 * up - reads) / np.float64(reads)
    for k in range(len(first)):
        i, j, unlike = np.uint64(first[k]), np.uint64(second[k]), np.int64(0)
        for w in range(words.shape[1]):
            unlike += np.int64(ones(words[i, w] ^ words[j, w]))
        double[k] = np.float64(reads - 2 * unlike) / np.float64(reads)
