"""A progress bar of one line on standard error where that is a terminal, or in a notebook."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Self

from hwsim.errors import one_line
from hwsim.units import format_si

_EVERY_S, _PATIENCE_S = 0.1, 1.0
_KNOWN_S, _KNOWN_PART, _LONG_S = 2.0, 0.02, 4.0
"""The pace is known after the first, with so much done; of long work after the last, whatever is done by then."""
_MOST_TOLD = 1000
"""Characters of a line that tells of something, besides paths."""


def tell(sentence: str) -> None:
    """Print one line on standard error. A file or a value that it names may hold controls and line ends."""
    print(one_line(sentence, _MOST_TOLD), file=sys.stderr)


class Bar:
    """A bar that shows how much is done, with words beside it, also while kernels compile. It speaks at once; leaving
    the ``with`` block erases it."""

    def __init__(self, *, left: bool = False, show: bool | None = None, words: str = "starting") -> None:
        """left : whether to show the time left, estimated from the pace so far;  show : None for terminals and
        notebooks, False for nowhere, True for a plain line of each step elsewhere;  words : the first ones"""
        self._shown, self._part = -1.0, 0.0
        self._pace = _Pace() if left else None
        self._bar: Any = None
        self._plain, self._said, self._kernels = False, "", 0
        if show is not False:
            self._bar = _bar()
            self._plain = self._bar is None and show is True
        self._began_at, self._is_started = time.monotonic(), False
        if self._bar is not None:
            self._task = self._bar.add_task(words, total=1.0, left="")
            self._start()
        self._show_plain(words)

    def _start(self) -> bool:
        """Begin to draw; in a notebook, where a bar leaves a trace, after a second. Returns whether it draws."""
        waited_s = time.monotonic() - self._began_at
        if not self._is_started and (waited_s > _PATIENCE_S or not self._bar.console.is_jupyter):
            self._bar.start()
            self._is_started = True
        return self._is_started

    @property
    def is_shown(self) -> bool:
        """Whether somebody sees the bar."""
        return self._bar is not None

    def show(self, part: float, words: str, *, now: bool = False) -> None:
        """Show that ``part`` is done, of 0..1, beyond which it is cut; drawn at most ten times a second, or ``now``."""
        part = self._part = min(max(part, 0.0), 1.0)
        self._show_plain(words.partition("  ")[0])
        instant = time.monotonic()
        if self._bar is None or not self._start() or (instant - self._shown < _EVERY_S and not now):
            return
        if not now:
            self._shown = instant
        left = "" if self._pace is None else self._pace.left(part, instant)
        self._bar.update(self._task, completed=part, description=words, left=left)
        self._bar.refresh()

    def _show_plain(self, words: str) -> None:
        if self._plain and words != self._said:
            self._said = words
            tell(f"hwsim: {words}")

    def say(self, text: str) -> None:
        """Print a line above the bar, which stays."""
        tell(f"hwsim: {text}")

    @contextmanager
    def compiling(self) -> Iterator[None]:
        """Say so while kernels compile within the ``with`` block."""
        if self._bar is None and not self._plain:
            yield
            return
        from hwsim import jit

        with jit.watched(self._compiles):
            yield

    def _compiles(self) -> None:
        self._kernels += 1
        self.show(self._part, "compiling kernels, once" + "." * (self._kernels // 4 % 4), now=True)

    def close(self) -> None:
        """Erase the line."""
        if self._bar is not None:
            if self._is_started:
                self._bar.stop()
            self._bar = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Progress(Bar):
    """The bar of several runs: which one runs now, its updates per second, and the time left for all."""

    def __init__(self, n_runs: int = 1, *, show: bool | None = None, is_loud: bool = False) -> None:
        """is_loud : whether notes are printed where no bar is shown, too"""
        super().__init__(left=True, show=show)
        self._n_runs, self._done, self._updates = max(n_runs, 1), 0, 0
        self._is_loud = is_loud
        self._began = time.perf_counter()

    def expect(self, n_runs: int, *, is_guess: bool = False) -> None:
        """From now on, ``n_runs`` runs are what is done at the end. is_guess : so that no time left is shown"""
        self._n_runs, self._done = max(n_runs, 1), 0
        self._pace = None if is_guess else _Pace()

    def note(self, text: str) -> None:
        """Print a line about what was found on the way, where somebody watches."""
        if self._is_loud or self.is_shown:
            tell(text)

    def watch(self, label: str) -> Callable[[float, int], None]:
        """The callback of one run, called with (part done, updates so far)."""
        base = self._updates
        self.show(self._done / self._n_runs, label, now=True)

        def report(fraction: float, updates: int) -> None:
            self._updates = base + updates
            if fraction >= 1:
                self._done += 1
                fraction = 0.0
            rate = self._updates / max(time.perf_counter() - self._began, 1e-9)
            self.show((self._done + fraction) / self._n_runs, f"{label}  {format_si(rate, 'updates/s')}")

        return report


def progress_of(asked: "bool | Progress | None") -> Progress:
    """The bar that the argument ``progress`` of a command asks for: see `Bar` for what its values show."""
    return asked if isinstance(asked, Progress) else Progress(show=asked)


class _Pace:
    """How long the rest takes at the pace so far, from the first step on: before it, kernels may have been compiled."""

    def __init__(self) -> None:
        self._from: tuple[float, float] | None = None
        self._last = 1.0

    def left(self, part: float, instant: float) -> str:
        """The time left when ``part`` of 0..1 is done at ``instant`` seconds; nothing before it is known."""
        if part < self._last:  # other work begins
            self._from = None
        elif self._from is None and part > self._last:
            self._from = (part, instant)
        self._last = part
        if self._from is None:
            return ""
        gained, spent_s = part - self._from[0], instant - self._from[1]
        if not gained or spent_s < (_KNOWN_S if gained >= _KNOWN_PART else _LONG_S):
            return ""
        minutes, seconds = divmod(round((1.0 - part) * spent_s / gained), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02} left"


def _bar() -> Any:
    """rich's bar; None where there is neither a terminal nor a notebook that can draw it."""
    in_terminal = sys.stderr.isatty()
    if not (in_terminal or "ipykernel" in sys.modules):
        return None
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    console = Console(stderr=True)
    if not (_has_widgets() if console.is_jupyter else in_terminal):
        return None
    columns: list[Any] = [BarColumn(24), TaskProgressColumn(), TextColumn("{task.description}", markup=False)]
    # no thread of its own; standard output is not redirected, as it may be a file or a pipe
    return Progress(
        *columns,
        TextColumn("{task.fields[left]}", markup=False),
        console=console,
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
    )


def _has_widgets() -> bool:
    """Whether the package with which rich draws in notebooks is installed."""
    from importlib.util import find_spec

    return find_spec("ipywidgets") is not None
