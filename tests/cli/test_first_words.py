"""The first words come at once: before anything heavy is loaded, also where kernels are yet to be compiled."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

import hwsim
from hwsim.command.progress import Progress
from hwsim.jit import watched

ROOT = Path(__file__).parents[2]


HEAVY = ("numba", "numpy", "scipy", "simpy", "matplotlib", "dimod", "networkx", "msgspec")


def test_the_first_words_come_before_anything_heavy_is_loaded():
    """A third of a second of this computer's time, of which rich takes half."""
    code = f"""
import sys
from hwsim.command import progress
from hwsim.cli.main import main

class First(progress.Progress):
    def show(self, part, words, **how):
        print(words, [name for name in {HEAVY} if name in sys.modules])
        raise SystemExit(0)

    def __enter__(self):
        self.show(0, "entered")

progress.Progress = First
import hwsim.cli.output
hwsim.cli.output.Progress = First
main(["compare", "ring:n=4"])
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout == "entered []\n", done.stderr


def test_a_first_comparison_says_that_kernels_compile(tmp_path):
    """With an empty cache of kernels, on a terminal."""
    environment = os.environ | {"HWSIM_CACHE_DIR": str(tmp_path), "TERM": "xterm", "COLUMNS": "100"}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "hwsim", "compare", "ring:n=4", "--time", "50ns", "--clock", "poisson"]
    terminal, end = pty.openpty()
    process = subprocess.Popen([*command, "--reads", "4"], env=environment, stdout=end, stderr=end)
    os.close(end)
    text = ""
    try:
        while "compiling kernels" not in text:
            text += os.read(terminal, 4096).decode(errors="replace")
    finally:
        process.terminate()
        process.wait()
        os.close(terminal)
    assert text.index("starting") < text.index("placing the problem") < text.index("compiling kernels")


def test_nobody_is_told_of_kernels_that_are_there():
    told = []
    hwsim.compare("ring:n=4", clock="poisson", reads=4, time="10ns")
    with watched(lambda: told.append(1)):
        hwsim.compare("ring:n=4", clock="poisson", reads=4, time="10ns")
    assert not told


def test_a_function_says_nothing_where_nobody_watches_unless_it_is_asked_to(capsys):
    hwsim.compare("ring:n=4", clock="poisson", reads=4, time="10ns")
    assert capsys.readouterr() == ("", "")
    hwsim.compare("ring:n=4", clock="poisson", reads=4, time="10ns", progress=True)
    said = capsys.readouterr()
    assert said.out == "" and "hwsim: starting" in said.err and "hwsim: poisson" in said.err


@pytest.mark.parametrize(("loud", "words"), [(True, "found\n"), (False, "")])
def test_notes_are_for_commands_and_for_those_who_watch(loud, words, capsys):
    with Progress(is_loud=loud) as progress:
        progress.note("found")
    assert capsys.readouterr().err == words
