"""The progress bar: only on standard error, only on a terminal, and erased at the end."""

import io
import re
import sys
from contextlib import contextmanager, redirect_stderr, redirect_stdout

import pytest

from hwsim.command.progress import Bar, Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


@contextmanager
def terminal(monkeypatch):
    """Standard error is a terminal, standard output is not."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    there, out = Terminal(), io.StringIO()
    with redirect_stderr(there), redirect_stdout(out):
        yield there
    assert out.getvalue() == ""


def test_a_terminal_sees_what_runs_how_much_is_done_and_how_fast(monkeypatch):
    with terminal(monkeypatch) as there, Progress(2) as progress:
        progress.watch("poisson [red], delay 1 ns")(0.5, 1000)
    seen = there.getvalue()
    assert "25%" in seen and "poisson [red], delay 1 ns" in seen and "updates/s" in seen
    assert seen.endswith("\x1b[?25h\r\x1b[1A\x1b[2K")  # the cursor is back and the line erased


def test_a_stop_in_the_middle_leaves_the_terminal_as_it_was(monkeypatch):
    with terminal(monkeypatch) as there, pytest.raises(KeyboardInterrupt), Progress(1) as progress:
        progress.watch("x")(0.1, 1)
        raise KeyboardInterrupt
    assert "\x1b[?25h" in there.getvalue()


def test_what_is_said_stays_above_the_line(monkeypatch):
    with terminal(monkeypatch) as there, Bar() as bar:
        bar.show(0.5, "half")
        bar.say("left out, n = 3")
    assert "hwsim: left out, n = 3" in there.getvalue()


@pytest.mark.parametrize("loaded", [(), ("ipykernel",)])
def test_where_there_is_no_terminal_nothing_is_shown(loaded, monkeypatch, capsys):
    for name in loaded:  # as by a script that only uses a part of Jupyter
        monkeypatch.setitem(sys.modules, name, None)
    with Progress(1) as progress, Bar() as bar:
        progress.watch("x")(1.0, 10)
        bar.show(0.5, "half")
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_more_than_was_expected_is_never_above_all(monkeypatch):
    with terminal(monkeypatch) as there, Progress(1) as progress:
        for _ in range(5):
            progress.watch("x")(1.0, 10)
    shares = [int(part) for part in re.findall(r"([0-9]+)%", there.getvalue())]
    assert max(shares) == 100


def test_a_time_left_is_shown_once_the_pace_is_known(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("hwsim.command.progress.time.monotonic", lambda: now[0])

    def after(seconds, part):
        now[0] += seconds
        progress.show(part, "x")
        return re.findall(r"[0-9:]+ left", there.getvalue()[-200:])[-1:]

    with terminal(monkeypatch) as there, Progress(1) as progress:
        assert not after(0.5, 0.001) and not after(1.0, 0.01)
        assert after(9.0, 0.1) == ["0:01:30 left"]
        there.truncate(0)
        assert not after(1.0, 0.0) and not after(14.0, 0.0)  # kernels compile
        assert not after(1.0, 0.0005) and not after(3.0, 0.0015) and after(1.0, 0.002) == ["0:44:21 left"]
        there.truncate(0)
        assert not after(1.0, 0.0) and not after(50.0, 0.0) and not after(10.0, 0.01)  # a step takes a minute
        assert not after(50.0, 0.01) and after(10.0, 0.02) == ["1:38:00 left"]
        progress.expect(12, is_guess=True)
        there.truncate(0)
        assert not after(5.0, 0.0) and not after(5.0, 0.5)
