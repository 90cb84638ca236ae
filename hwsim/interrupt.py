"""Ctrl-C: the first asks to stop at the next opportunity, the second ends at once."""

import signal
import threading
from typing import Any


class CtrlC:
    """Turns the first Ctrl-C into a request to stop at the next opportunity; does nothing outside the main thread.

    Where one listens within another, both hear.
    """

    def __init__(self) -> None:
        self.heard = False
        self._before: Any = None

    def __enter__(self) -> "CtrlC":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._hear)
        return self

    def _hear(self, number: int, frame: Any) -> None:
        self.heard = True
        if self._around is None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        else:
            self._around._hear(number, frame)

    @property
    def _around(self) -> "CtrlC | None":
        """The listener around this one."""
        owner = getattr(self._before, "__self__", None)
        return owner if isinstance(owner, CtrlC) else None

    def __exit__(self, *exception: object) -> None:
        heard_around = self.heard and self._around is not None
        if self._before is not None and not heard_around:  # the next Ctrl-C ends at once, until the outermost is left
            signal.signal(signal.SIGINT, self._before)
