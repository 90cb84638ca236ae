"""Run a command, strike it at random moments as a user or a system may, and look at what is left.

Enters: the words of a command, a folder, a source of random numbers. Leaves: what became of it, and of its children.
"""

import contextlib
import os
import pty
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
KILLS = ("all", "command", "worker")
"""Whom SIGKILL hits: all processes, the command's own, one of its workers."""
STOPS = ("int", "int all", "term", "term all", "term worker")
"""As a terminal, a supervisor or an administrator does it."""
EARLY_S = 0.8
"""How long a command starts: a third of all strikes fall into it."""
END_S, WHOLE_S = 60.0, 900.0
"""Until a command that was asked to stop has ended, and its workers are gone; until one that was not has done all. On a
computer with much else to do."""


@dataclass
class Command:
    """A command that runs in a session of its own. words : after ``hwsim``;  folder : its working folder
    scratch : the folder of its temporary files;  kernels : of compiled kernels, None for the usual one"""

    words: Sequence[str]
    folder: Path
    scratch: Path
    kernels: Path | None = None
    more: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] | None = None

    def begin(self) -> "Running":
        """Start it on a terminal of its own."""
        own = {"PYTHONPATH": str(ROOT), "TMPDIR": str(self.scratch), "TERM": "xterm", "COLUMNS": "200"}
        if self.kernels is not None:
            own["HWSIM_CACHE_DIR"] = str(self.kernels)
        screen, terminal = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "hwsim", *self.words],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            preexec_fn=self._prepared,
            env=os.environ | own | self.more,
        )
        os.close(terminal)
        return Running(process, screen)

    def _prepared(self) -> None:
        """In the child: a job in the background inherits that Ctrl-C is ignored."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if self.before is not None:
            self.before()


@dataclass
class Running:
    """process : that leads the group of all its children;  screen : of their terminal"""

    process: subprocess.Popen
    screen: int
    seen: bytes = b""

    def __post_init__(self) -> None:
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # closed: the command and its children have ended
            while piece := os.read(self.screen, 65536):
                self.seen += piece
        os.close(self.screen)

    def members(self) -> list[int]:
        """Process ids of the group that are alive, the leader first."""
        rows = subprocess.run(["ps", "-axo", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
        alive = [line.split() for line in rows.splitlines()]
        found = [int(pid) for pid, group, state in alive if int(group) == self.process.pid and state[0] != "Z"]
        return sorted(found, key=lambda pid: pid != self.process.pid)

    def strike(self, how: str, draw: random.Random) -> None:
        """Send the signal that ``how``, of KILLS and STOPS, names."""
        number = {"int": signal.SIGINT, "term": signal.SIGTERM}.get(how.split()[0], signal.SIGKILL)
        try:
            if "worker" in how:
                os.kill(draw.choice(self.members()[1:] or [self.process.pid]), number)
            elif "all" in how:
                os.killpg(self.process.pid, number)
            else:
                os.kill(self.process.pid, number)
        except ProcessLookupError:
            pass

    def ended(self, limit_s: float = WHOLE_S) -> int:
        """Wait until the command has ended, and its workers with it; the exit code. Raises AssertionError."""
        try:
            code = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"it did not end in {limit_s} s: {self.text()[-2000:]}") from None
        late = time.monotonic() + END_S
        while left := self.members():
            if time.monotonic() > late:
                os.killpg(self.process.pid, signal.SIGKILL)
                raise AssertionError(f"processes that outlived their command: {left}")
            time.sleep(0.1)
        self._reader.join(END_S)
        return code

    def text(self) -> str:
        """What its terminal got, without control sequences, a line for each state of the bar."""
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.seen.decode(errors="replace"))
        return plain.replace("\r\n", "\n").replace("\r", "\n")


def check_words(text: str) -> None:
    """Raise AssertionError where a bar in ``text`` is beyond its end or a time is negative, and where it holds a
    traceback, unless Python itself was just starting: a Ctrl-C then never reaches the command."""
    assert all(int(each) <= 100 for each in re.findall(r"(\d+)%", text)), text
    assert not re.search(r"(^|\s)-\d[\d.]*( (s|min|h)\b|:\d\d)", text, re.MULTILINE), text
    assert "leaked" not in text and (is_pythons_own(text) or "Traceback" not in text), text


def is_pythons_own(text: str) -> bool:
    """Whether ``text`` is what Python says of a Ctrl-C that comes before the command's first statement."""
    inside = re.search(r'File "[^"]*start\.py", line \d+, in main', text)
    return "Traceback" in text and inside is None and text.rstrip().endswith("KeyboardInterrupt")


def suffer(command: Command, *, strikes: int, length_s: float, draw: random.Random, counts: Counter) -> int:
    """Run ``command`` again and again, struck each time, until it has ended well. Returns the strikes that it took.

    strikes : at most so many, then it is left alone;  length_s : of a run that nobody strikes;  counts : of how each
    strike fell and each run ended, to which this adds
    """
    taken = 0
    while True:
        running = command.begin()
        asked: set[str] = set()
        while taken < strikes:
            early = draw.random() < 1 / 3 and not asked
            try:
                running.process.wait(draw.uniform(0, EARLY_S if early else length_s))
                break
            except subprocess.TimeoutExpired:
                how = draw.choice(KILLS if draw.random() < 0.7 else STOPS)
                running.strike(how, draw)
                counts[how] += 1
                asked.add(how)
                taken += 1
                if "worker" not in how:
                    break
        code = running.ended(WHOLE_S if asked <= {"worker", "term worker"} else END_S)
        text = running.text()
        check_words(text)
        if code == 0:
            counts["exit code 0"] += 1
            return taken
        if is_pythons_own(text) and any("int" in how for how in asked):
            counts["before the command"] += 1
        else:
            counts[f"exit code {code}"] += 1
            check_code(code, asked, text)


def check_code(code: int, asked: set[str], text: str) -> None:
    """Raise AssertionError unless a command that was struck by ``asked`` may end with ``code``."""
    allowed = {"int": {130, -signal.SIGINT}, "term": {143, -signal.SIGTERM}}
    fine = set().union(*(allowed.get(how.split()[0], {-signal.SIGKILL}) for how in asked))
    if "term worker" in asked:  # while there was none yet, the command was meant
        fine |= {143, -signal.SIGTERM}
    assert code in fine, (code, asked, text[-2000:])
    if code in (130, 143):
        assert len(re.findall(r"^hwsim: interrupted", text, re.MULTILINE)) == 1, text[-2000:]


def left_in(folder: Path, wanted: set[str]) -> set[str]:
    """Files below ``folder`` that are not ``wanted`` there."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")} - wanted
