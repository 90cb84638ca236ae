"""Participants: who takes part in a synchronous tick, where each replica draws that on its own.

Every p-bit then ticks in all replicas of a schedule, and a replica in which it does not take part keeps its value. The
draw is a 32-bit uniform of a stream of its own (`hwsim.engine.noise.join_key`), in the same words of 64 replicas as the
noise, compared with the share bit by bit. Kernels call the functions below after an update; where a schedule draws for
all of its replicas they are compiled to nothing.
"""

from typing import NamedTuple

import numpy as np

from hwsim.engine.noise import first_word, join_key, joins, next_word, word_start
from hwsim.jit import njit
from hwsim.program import Program


class Part(NamedTuple):
    """How replicas draw their participants."""

    share: int  # of p-bits that take part, in units of 2**-32
    lag: int  # commits from one of a p-bit to its next: as many as p-bits tick


def part_of(program: Program) -> Part | None:
    """The Part of ``program``; None where replicas draw none."""
    share = program.clock.own_share
    return None if share is None else Part(share, int(np.count_nonzero(~program.cells.held)))


def taking_part(program: Program, key: int, pbit: np.ndarray, number: np.ndarray, replica: int) -> np.ndarray | slice:
    """bool (n_events,): in which ticks ``number`` of p-bits ``pbit`` a replica of the schedule with the noise ``key``
    takes part; a slice of all where replicas draw no participants."""
    share, pdit = program.clock.own_share, program.cells.pdit
    if share is None:
        return slice(None)
    return _all_joins(np.uint64(key), pbit if pdit is None else pdit[pbit], number, replica, share)


@njit
def _all_joins(key, pbit, number, replica, share):
    out = np.empty(len(pbit), dtype=np.bool_)
    for event in range(len(pbit)):
        out[event] = joins(key, pbit[event], number[event], replica, share)
    return out


@njit
def joined_word(begin, share):
    """The replicas of one word that take part; ``begin`` : where the sequence of the word begins."""
    shown, hidden = first_word(begin)
    below, open_, rest = np.uint64(0), ~np.uint64(0), np.uint64(share) << np.uint64(32)
    while open_ != np.uint64(0) and rest != np.uint64(0):
        if rest >> np.uint64(63) != np.uint64(0):
            below |= open_ & ~shown
            open_ &= shown
        else:
            open_ &= ~shown
        rest <<= np.uint64(1)
        shown, hidden = next_word(shown, hidden)
    return below


# lanes ---------------------------------------------------------------------------------------------------------------

_FOUR_LANES = np.uint64(0x0001000100010001)


class Absent(NamedTuple):
    """The lanes in which a p-bit does not take part in its tick; all of length 0 where replicas draw no participants.
    W words of replicas, R = 64 W lanes in the order of `hwsim.engine.uniforms`."""

    flags: np.ndarray  # uint16 (R,): 1 where it does not
    words: np.ndarray  # uint64 (16 W,), the same memory
    share: int  # see Part


def new_absent(part: Part | None, words: int) -> Absent:
    """Buffers for a shard of ``words`` words."""
    flags = np.zeros(64 * words if part is not None else 0, dtype=np.uint16)
    return Absent(flags, flags.view(np.uint64), part.share if part is not None else 0)


@njit
def find_absent(absent, key, pbit, tick, first_word_of_shard):
    """Write to ``absent`` who does not take part in tick ``tick`` of ``pbit``."""
    words = len(absent.words) >> 4
    for w in range(words):
        out = ~joined_word(word_start(join_key(key, pbit, tick), first_word_of_shard + w), absent.share)
        for k in range(16):
            absent.words[k * words + w] = (out >> np.uint64(k)) & _FOUR_LANES


@njit
def keep_lanes(absent, own, out, target):
    """The lanes that do not take part get their spins ``own`` int8 (R,) back, in row ``target`` of ``out``."""
    for r in range(len(own)):
        out[target, r] = own[r] if absent.flags[r] != 0 else out[target, r]
