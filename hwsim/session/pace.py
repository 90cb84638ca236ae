"""Pace: how far to advance between two looks at Ctrl-C."""

_SLICE_SECONDS = 0.2  # host time between two looks at Ctrl-C and two reports of progress


class Pace:
    """How many ticks to advance between two looks at Ctrl-C: about _SLICE_SECONDS of work, by the last two slices.

    Every slice has a cost that its length does not change (a call per schedule, say). Slices are long enough that this
    cost is at most half.
    """

    def __init__(self, ticks: int) -> None:
        self.ticks = ticks
        self._before: tuple[int, float] | None = None

    def learn(self, ticks: int, seconds: float) -> None:
        """Take into account that a slice of ``ticks`` took ``seconds``."""
        per_tick = seconds / ticks
        if self._before is not None and self._before[0] != ticks:
            slope = (seconds - self._before[1]) / (ticks - self._before[0])
            per_tick = min(per_tick, max(slope, 0.01 * per_tick))
        fixed = seconds - per_tick * ticks
        wanted = (max(_SLICE_SECONDS, 2 * fixed) - fixed) / max(per_tick, 1e-30)
        self._before = ticks, seconds
        self.ticks = max(1, int(min(8.0 * ticks, max(0.125 * ticks, wanted))))
