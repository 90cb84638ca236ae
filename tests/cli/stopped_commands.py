"""Run commands on a terminal, send each a signal while it works, and tell how it ended: a row of JSON for each.

Enters, as JSON on standard input: rows of (words, pattern, signal, files). Each command runs in a fork of this process,
which has loaded the package, so that a command costs what its own work costs. A command gets its signal soon after
``pattern`` is on its terminal.
"""

import contextlib
import json
import os
import pty
import re
import select
import shlex
import signal
import sys
import time
from pathlib import Path

_SLOWEST_S = 60.0
"""Until the pattern is there, and until the command has ended."""
_IN_THE_MIDDLE_S = 0.15


def main() -> None:
    import hwsim.study.workers  # noqa: F401  # loads numba and all that commands share
    from hwsim.cli.main import parser

    parser()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background inherits that it is ignored
    for row in json.load(sys.stdin):
        print(json.dumps(row | watched(**row)), flush=True)


def watched(*, words: str, pattern: str, number: int, folder: str) -> dict:
    """What became of the command ``words`` in ``folder``: exit code, seconds from the signal to the end, of
    which ``waited`` for a processor, output."""
    printed = Path(folder) / "standard output"
    pid, terminal = pty.fork()
    if pid == 0:
        _become(words, folder, printed)
    seen, sent, began, late, waited = b"", None, time.monotonic(), False, 0.0
    while True:
        if select.select([terminal], [], [], 0.02)[0]:
            try:
                piece = os.read(terminal, 65536)
            except OSError:  # closed: the command and its children have ended
                piece = b""
            if not piece:
                break
            seen += piece
        now = time.monotonic()
        if sent is None and re.search(pattern, _plain(seen)):
            time.sleep(_IN_THE_MIDDLE_S)
            mark, sent, before = len(seen), time.monotonic(), _waited_s(pid)
            os.kill(pid, number)
        if sent is not None:
            now_s = _waited_s(pid)
            waited = max([waited, *(each - before.get(thread, 0.0) for thread, each in now_s.items())])
        late = now - (began if sent is None else sent) > _SLOWEST_S
        if late:
            os.killpg(pid, signal.SIGKILL)
            break
    ended = time.monotonic()
    os.close(terminal)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    text = _plain(seen)
    return {
        "code": code,
        "is_sent": sent is not None,
        "seconds": None if sent is None else ended - sent,
        "waited": waited,
        "shown": printed.read_text(errors="replace"),
        "terminal": text[-4000:],
        "percent": [int(each) for each in re.findall(r"(\d+)%", text)],
        "after": "" if sent is None else _plain(seen[mark:]),
        "left": sorted(path.name for path in Path(folder).iterdir() if path.name.startswith(".")),
        "is_late": late,
    }


def _plain(seen: bytes) -> str:
    """What the terminal got, without its control sequences, a line for each state of the bar."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode(errors="replace")).replace("\r", "\n")


def _become(words: str, folder: str, printed: Path) -> None:
    """In the fork: be the command, its standard output a file."""
    os.chdir(folder)
    os.environ |= {"TERM": "xterm", "COLUMNS": "200"}
    with printed.open("wb") as out:
        os.dup2(out.fileno(), 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    code = 99
    try:
        from hwsim.cli.main import main as command

        code = command(shlex.split(words))
    except SystemExit as error:
        code = int(error.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)


def _waited_s(pid: int) -> dict[str, float]:
    """Seconds that each thread of process ``pid`` was ready and others had the processor, where the system says it."""
    found = {}
    for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, IndexError):
            found[path.parent.name] = int(path.read_text().split()[1]) / 1e9
    return found


if __name__ == "__main__":
    main()
