"""A progress bar of one line on standard error, where that is a terminal."""

import sys
import time
from collections.abc import Callable
from typing import Any

from hwsim.units import format_si

_EVERY_S = 0.1


class Bar:
    """A bar that shows how much is done, with words beside it. Leaving the ``with`` block erases it."""

    def __init__(self, *, left: bool = False) -> None:
        """left : whether to show the time left, estimated from the pace so far"""
        self._shown, self._bar = -1.0, None
        if sys.stderr.isatty():
            self._bar = _bar(left)
            self._task = self._bar.add_task("", total=1.0)
            self._bar.start()

    def show(self, part: float, words: str) -> None:
        """Show that ``part`` in 0..1 is done; drawn at most ten times a second."""
        now = time.monotonic()
        if self._bar is None or now - self._shown < _EVERY_S:
            return
        self._shown = now
        self._bar.update(self._task, completed=part, description=words)
        self._bar.refresh()

    def say(self, text: str) -> None:
        """Print a line above the bar, which stays."""
        print(f"hwsim: {text}", file=sys.stderr)

    def close(self) -> None:
        """Erase the line."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Progress(Bar):
    """The bar of several runs: which one runs now, its updates per second, and the time left for all."""

    def __init__(self, n_runs: int) -> None:
        super().__init__(left=True)
        self._n_runs, self._done, self._updates = n_runs, 0, 0
        self._began = time.perf_counter()

    def watch(self, label: str) -> Callable[[float, int], None]:
        """The callback of one run, called with (part done, updates so far)."""
        base = self._updates

        def report(fraction: float, updates: int) -> None:
            self._updates = base + updates
            if fraction >= 1:
                self._done += 1
                fraction = 0.0
            rate = self._updates / max(time.perf_counter() - self._began, 1e-9)
            self.show((self._done + fraction) / self._n_runs, f"{label}  {format_si(rate, 'updates/s')}")

        return report


def _bar(left: bool) -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns: list[Any] = [BarColumn(24), TaskProgressColumn(), TextColumn("{task.description}", markup=False)]
    # no thread of its own; standard output is not redirected, as it may be a file or a pipe
    return Progress(
        *columns,
        *([TimeRemainingColumn()] if left else []),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
    )
