"""One line on a terminal's standard error while something runs; nothing where standard error is no terminal."""

import sys
import time
from collections.abc import Callable
from typing import Any

from hwsim.units import format_si

_EVERY_S = 0.1


class Bar:
    """How much is done, and words beside it. Erased on leaving the ``with`` block."""

    def __init__(self, *, left: bool = False) -> None:
        """left : the time left is shown, as the pace up to now tells it."""
        self._shown, self._bar = -1.0, None
        if sys.stderr.isatty():
            self._bar = _bar(left)
            self._task = self._bar.add_task("", total=1.0)
            self._bar.start()

    def show(self, part: float, words: str) -> None:
        """``part`` in 0..1 is done. Drawn at most ten times a second."""
        now = time.monotonic()
        if self._bar is None or now - self._shown < _EVERY_S:
            return
        self._shown = now
        self._bar.update(self._task, completed=part, description=words)
        self._bar.refresh()

    def say(self, text: str) -> None:
        """A line that stays, above the bar."""
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
    """The bar of some runs: which one runs, its updates per second, and the time left for all."""

    def __init__(self, n_runs: int) -> None:
        super().__init__(left=True)
        self._n_runs, self._done, self._updates = n_runs, 0, 0
        self._began = time.perf_counter()

    def watch(self, label: str) -> Callable[[float, int], None]:
        """A callback for one run: the part that is done, and its updates up to now."""
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
    # no thread of its own, and standard output may be a file or a pipe: it stays as it is
    return Progress(
        *columns,
        *([TimeRemainingColumn()] if left else []),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
    )
