"""Random words of sources with a state of their own, in every lane.

Enters: the state of each p-bit's source, and when it has last stepped. Leaves: the word that the p-bit compares, and
the source as it is then. A register that p-bits share is kept once for each; it steps with the clock, so they agree.
"""

from typing import NamedTuple

import numpy as np

from hwsim.cell.source import source_next, source_shown, source_tap
from hwsim.jit import njit


class Source(NamedTuple):
    """A Program's random source as the kernel reads it."""

    code: int
    shifts: int  # steps between two words
    by_clock: bool  # whether it steps in every slot, else at the p-bit's updates
    held: bool  # whether a word is shown before these steps
    share: int  # p-bits that share it
    bits_apart: int  # between the taps of two of them
    period: int  # ticks
    n_slots: int  # of a period


@njit
def slot_number(now, period, n_slots):
    """The number of the slot at grid time ``now``: the inverse of `hwsim.engine.schedule.slot_time`."""
    return now // period * n_slots + (now % period * n_slots + period - 1) // period


@njit
def draw_words(source, slot, generator, update, absent, random):
    """The random words uint32 (R,) of one update in every lane.

    Sources that step at updates stand still in lanes that are ``absent``, if any. ``slot`` as in Memory.
    """
    i, missed = update.i, np.int64(0)
    if source.by_clock:
        now = slot_number(update.now, source.period, source.n_slots)
        missed = (now - slot[i]) * source.shifts
        slot[i] = now + 1
    turn = i % source.share * source.bits_apart
    for r in range(len(random)):
        if source.by_clock or len(absent) == 0 or absent[r] == 0:
            state = generator[i, r]
            if missed > 0:
                source_next(source.code, missed, state)
            before = source_shown(source.code, state)
            after = source_next(source.code, source.shifts, state)
            random[r] = source_tap(source.code, before if source.held else after, turn)
