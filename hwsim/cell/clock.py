"""The table of clocks: who updates when. To import this loads no kernel."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ClockKind:
    """code : as the kernels know it;  own : each p-bit has its own clock, of interval tau; else one serves all
    one_at_a_time : a round has one instant for each p-bit;  colored : a colour updates at a time
    drawn : its instants are random, so that schedules differ
    """

    code: int
    own: bool = False
    one_at_a_time: bool = False
    colored: bool = False
    drawn: bool = False


CLOCKS = {
    "synchronous": ClockKind(code=0),
    "chromatic": ClockKind(code=1, colored=True),
    "sequential": ClockKind(code=2, one_at_a_time=True),
    "random-sequential": ClockKind(code=3, one_at_a_time=True, drawn=True),
    "poisson": ClockKind(code=4, own=True, drawn=True),
    "free-running": ClockKind(code=5, own=True, drawn=True),
}
"""Clocks by name."""

PARTICIPANTS = ("shared", "own")
"""Who draws the participants of a synchronous tick: the schedule, for all reads that share it, or each read its own."""
