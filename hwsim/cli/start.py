"""Where a command starts and ends: Ctrl-C and SIGTERM say no more than a sentence while the package loads, and nothing
while Python ends.

In between, `hwsim.interrupt.Signals` listens. What Python itself does before this file, some hundredths of a second, is
out of reach.
"""

import os
import signal
import sys
from typing import Any

_NUMBERS = (signal.SIGINT, signal.SIGTERM)
_STOPPED = tuple(128 + number for number in _NUMBERS)


def main() -> int:
    """Run the command line of this process; returns the exit code."""
    _hear(_end_while_loading)
    from hwsim.cli.main import main as run

    code = 1
    try:
        code = run()
    except SystemExit as asked:  # --help, --version and what argparse refuses
        code = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
        raise
    except KeyboardInterrupt:  # between the last statement and the end of `Signals`
        code = 128 + signal.SIGINT
    finally:
        _flush()
        _hear(lambda number, frame: os._exit(code))  # all is said
    if code in _STOPPED:  # a KeyboardInterrupt that left an exec(text), as of a dataclass, makes Python end otherwise
        os._exit(code)
    return code


def _hear(handler: Any) -> None:
    for number in _NUMBERS:
        signal.signal(number, handler)


def _end_while_loading(number: int, frame: Any) -> None:
    """An import that is broken off fails in many ways, so that nothing more of it runs."""
    try:
        os.write(2, b"hwsim: interrupted before there was a result\n")
    finally:
        os._exit(128 + number)


def _flush() -> None:
    """Hand over what was printed, as Python does at its end, which then says what is wrong."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue
