"""Ctrl-C: the first asks to stop at the next opportunity, the second ends at once. A command takes SIGTERM alike.

Listeners (`CtrlC`) are where work can stop and show what it has. A command (`Signals`) makes sure that it stops soon:
work that asks no listener is ended by KeyboardInterrupt, and a library that runs no Python ends with the process.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from hwsim.errors import HwsimError

_UNHEARD_S, _AGAIN_S, _STUCK_S = 0.6, 0.2, 2.7
"""After the signal: until KeyboardInterrupt where nobody asked whether to stop, between two of them, until the process
ends where the main thread runs no Python. Time that was spent waiting for a processor does not count."""
_HAS_TIMER = hasattr(signal, "setitimer")  # not on Windows

unfinished: set[Path] = set()
"""Files and folders that a process which ends at once deletes."""
children: "set[subprocess.Popen]" = set()
"""Processes that end with this one."""


class Stopped(KeyboardInterrupt):
    """Work that was asked to stop, by Ctrl-C or its caller, and has nothing to show."""


class CtrlC:
    """Turns the first Ctrl-C into a request to stop at the next opportunity; does nothing outside the main thread.

    Where one listens within another, both hear.
    """

    def __init__(self) -> None:
        self._heard = False
        self._before: Any = None
        self._signals: Signals | None = None

    @property
    def heard(self) -> bool:
        """Whether to stop. Who asks and is told so stops by itself."""
        if self._heard and self._signals is not None:
            self._signals.is_obeyed = True
        return self._heard

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of the work that is dropped where it is stopped and has nothing to show: ``heard`` is then true."""
        try:
            yield
        except Stopped:
            self._heard = True
        except (KeyboardInterrupt, Exception) as error:
            if self._signals is None or not self._signals.has_ended(error):
                raise
            self._heard = self._signals.is_obeyed = True

    def __enter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread():
            return self
        if Signals.now is not None:
            self._signals = Signals.now
            self._signals.listeners.append(self)
            self._heard = self._signals.number is not None  # work that begins after the signal stops at once, too
        else:
            self._before = signal.signal(signal.SIGINT, self._hear)
        return self

    def _hear(self, number: int, frame: Any) -> None:
        self._heard = True
        if self._around is None:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        else:
            self._around._hear(number, frame)

    def hear(self) -> None:
        """Take note of a signal."""
        self._heard = True

    @property
    def _around(self) -> "CtrlC | None":
        """The listener around this one."""
        owner = getattr(self._before, "__self__", None)
        return owner if isinstance(owner, CtrlC) else None

    def __exit__(self, *exception: object) -> None:
        if self._signals is not None:
            self._signals.listeners.remove(self)
        heard_around = self._heard and self._around is not None
        if self._before is not None and not heard_around:  # the next Ctrl-C ends at once, until the outermost is left
            signal.signal(signal.SIGINT, self._before)


class Signals:
    """SIGINT and SIGTERM of a command, as a context manager around it; does nothing outside the main thread.

    The first tells all listeners; where there are none it raises KeyboardInterrupt, as does the second. The same
    happens where nobody asked a listener for _UNHEARD_S. Where the main thread runs no Python for _STUCK_S, the process
    ends, and deletes what is unfinished.

    number : of the first signal, None before it;  is_obeyed : whether the work stops;  listeners : those around the
    work, outermost first
    """

    now: "Signals | None" = None

    def __init__(self) -> None:
        self.number: int | None = None
        self.is_obeyed = False
        self.listeners: list[CtrlC] = []
        self._is_pressed_again = self._has_raised = False
        self._clock = _OwnTime()
        self._before: dict[int, Any] = {}
        self._pipe: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is not threading.main_thread() or Signals.now is not None:
            return self
        Signals.now = self
        receive, send = self._pipe = os.pipe()
        if hasattr(os, "set_blocking"):  # Windows needs it no more than Python 3.11 has it there
            os.set_blocking(send, False)
        threading.Thread(target=self._watch, args=(receive,), daemon=True).start()
        self._woken = signal.set_wakeup_fd(send, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._hear)
        if _HAS_TIMER:
            self._before[signal.SIGALRM] = signal.signal(signal.SIGALRM, self._insist)
        self._told, sys.unraisablehook = sys.unraisablehook, self._tell
        return self

    def __exit__(self, *exception: object) -> None:
        self.is_obeyed = True
        if self._pipe is None:
            return
        self._set_timer(0, 0)
        for number, handler in self._before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        signal.set_wakeup_fd(self._woken)
        sys.unraisablehook = self._told
        os.close(self._pipe[1])  # the thread reads the end
        Signals.now = None

    @property
    def exit_code(self) -> int:
        """128 and the number of the signal, as shells have it."""
        return 128 + (signal.SIGINT if self.number is None else self.number)

    def has_ended(self, error: BaseException) -> bool:
        """Whether ``error`` is how this ended a part of the work, and nobody pressed twice. Libraries swallow a
        KeyboardInterrupt and fail somehow: compiled code by SystemError, numba by RuntimeError."""
        own = isinstance(error, KeyboardInterrupt) or (self._has_raised and not isinstance(error, HwsimError))
        return own and self.number is not None and not self._is_pressed_again

    def _hear(self, number: int, frame: Any) -> None:
        if self.number is not None:
            self._is_pressed_again = True
            raise KeyboardInterrupt
        self.number = number
        self._clock = _OwnTime()
        for listener in self.listeners:
            listener.hear()
        self._set_timer(_UNHEARD_S, _AGAIN_S)
        if not self.listeners:
            self._has_raised = True
            raise KeyboardInterrupt

    @staticmethod
    def _set_timer(first_s: float, again_s: float) -> None:
        if _HAS_TIMER:
            signal.setitimer(signal.ITIMER_REAL, first_s, again_s)

    def _insist(self, number: int, frame: Any) -> None:
        if self.is_obeyed:
            self._set_timer(0, 0)
            return
        if self._clock.seconds < _UNHEARD_S:
            return
        self._has_raised = True
        raise KeyboardInterrupt  # a library may swallow it, so that the next follows

    def _tell(self, what: Any) -> None:
        """Python reports an exception that a library swallowed: ours is no news."""
        if not issubclass(what.exc_type, KeyboardInterrupt):
            self._told(what)

    def _watch(self, receive: int) -> None:
        """In a thread: end the process where nothing else can."""
        with contextlib.suppress(OSError):
            while heard := os.read(receive, 1):
                if heard[0] in (signal.SIGINT, signal.SIGTERM):
                    self._wait(heard[0])
        os.close(receive)

    def _wait(self, number: int) -> None:
        clock = _OwnTime()
        while clock.seconds < _STUCK_S:
            if self.is_obeyed:
                return
            time.sleep(0.05)
        end_now(128 + number)


class _OwnTime:
    """Seconds since it was made, without those in which a thread of this process waited for a processor, where the
    system tells them (Linux)."""

    def __init__(self) -> None:
        self._began, self._waited = time.monotonic(), _waits()

    @property
    def seconds(self) -> float:
        """So far."""
        waited = max((each - self._waited.get(thread, 0.0) for thread, each in _waits().items()), default=0.0)
        return time.monotonic() - self._began - waited


def _waits() -> dict[str, float]:
    """Seconds that each thread has waited for a processor."""
    found = {}
    with contextlib.suppress(OSError, IndexError, ValueError):
        for thread in os.listdir("/proc/self/task"):
            with contextlib.suppress(FileNotFoundError):
                found[thread] = int(Path(f"/proc/self/task/{thread}/schedstat").read_text().split()[1]) / 1e9
    return found


def python_calling(module: str, function: str) -> list[str]:
    """The command of a child, a Python that calls ``function`` of ``module`` and imports from where this one does."""
    from multiprocessing.spawn import get_executable  # a program that holds Python may have named it there

    found = [each for each in sys.path if isinstance(each, str)]  # Python passes over anything else, as a Path
    code = f"import sys; sys.path[:] = {found!r}; from {module} import {function}; {function}()"
    return [get_executable(), "-c", code]


@contextmanager
def ended_with_this(child: "subprocess.Popen") -> Iterator[None]:
    """Within the ``with`` block ``child`` ends where the work fails or is stopped."""
    children.add(child)
    try:
        yield
    except BaseException:
        child.kill()
        raise
    finally:
        children.discard(child)


def end_now(code: int) -> None:
    """End the process, its children and what is unfinished."""
    for child in list(children):
        child.kill()
    for path in list(unfinished):
        with contextlib.suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if sys.stderr is not None and sys.stderr.isatty():
        os.write(2, b"\r\x1b[2K\x1b[?25h")  # the cursor, which a bar has hidden
    with contextlib.suppress(OSError):
        os.write(2, b"hwsim: interrupted before there was a result\n")
    os._exit(code)
