"""How often to look at a run whose energy is drawn against time.

Enters: a program and an anneal. Leaves: a number of looks. P-bits that update at once, or see each other whole rounds
late, may swing with a period of a few rounds. Looks at every few rounds would then show a beat that is not there; so
there are more of them, and a point of the curve is the mean over PHASES successive ones, which meet every phase of such
a swing equally often.
"""

import math

from hwsim.anneal import Anneal
from hwsim.program import Program
from hwsim.units import to_seconds

LOOKS = 50
"""Looks at a run that does not swing."""
PHASES = 12
"""A multiple of the periods that matter, in rounds: 2, 3, 4, 6."""
_MOST = 20 * PHASES


def swings(program: Program) -> bool:
    """Whether the states may swing with the clock: all p-bits update at once, or a common clock meets a delay."""
    clock = program.clock
    if clock.is_own or clock.share < 1:
        return False
    return clock.kind == "synchronous" or bool(program.wires.delay.max(initial=0) > 0)


def looks(program: Program, anneal: Anneal) -> int:
    """How many looks a run through ``anneal`` takes: of a run that may swing, one each round, or each few rounds whose
    number has no divisor in common with PHASES."""
    if not swings(program):
        return LOOKS
    rounds = max(1, round(anneal.duration_s / to_seconds(program.clock.period)))
    step = math.ceil(rounds / _MOST)
    while math.gcd(step, PHASES) > 1:
        step += 1
    return max(LOOKS, rounds // step) if rounds > LOOKS else LOOKS
