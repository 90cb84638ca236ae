"""Ctrl-C and SIGTERM while a command starts and ends: one sentence and 130 or 143, or the command's own end."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SENTENCE = "hwsim: interrupted before there was a result"
MODULES = ["argparse", "hwsim.cli.options", "hwsim.cli.bench", "email.message", "numpy.linalg", "hwsim.program"]
"""Loaded one after the other by ``hwsim formats``: for the parser, and for the command itself."""


def stopped_at(module, number):
    """(exit code, what was printed) of ``hwsim formats`` that gets the signal as soon as ``module`` is loaded."""
    process = subprocess.Popen(
        [sys.executable, "-X", "importtime", "-m", "hwsim", "formats"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    seen = b""
    for line in process.stderr:
        seen += line
        if line.split()[-1].decode() == module:
            process.send_signal(number)
            break
    out, rest = process.communicate(timeout=60)
    text = (seen + rest).decode()
    return process.returncode, out.decode(), "\n".join(x for x in text.split("\n") if not x.startswith("import time:"))


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("module", MODULES)
def test_a_signal_while_the_package_loads_is_a_sentence(module, number):
    code, _, said = stopped_at(module, number)
    assert code == 128 + number, said
    assert re.sub(r"import time: .*\n", "", said).strip() == SENTENCE


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_signal_after_the_last_word_changes_nothing():
    """Python may take a while to end: what was printed stays, and the exit code is the command's own."""
    code = (
        "import os, signal, sys, threading; sys.argv = ['hwsim', 'formats']; import hwsim.cli.start as start; "
        "code = start.main(); os.kill(os.getpid(), signal.SIGINT); sys.exit(code + 99)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and done.stderr == "" and "DIMACS" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_the_exit_code_is_that_of_the_signal_wherever_it_came(tmp_path):
    """``python -m`` ends by SIGINT, whatever code it is given, once a KeyboardInterrupt has left an exec(text)."""
    code = """
import sys
import hwsim.cli.main as command
def run():
    try:
        exec("raise KeyboardInterrupt")
    except KeyboardInterrupt:
        print("stopped")
        return 143
command.main = run
from hwsim.cli.start import main
sys.exit(main())
"""
    (tmp_path / "stopping.py").write_text(code)
    how = {"cwd": tmp_path, "env": os.environ | {"PYTHONPATH": str(ROOT)}}
    done = subprocess.run([sys.executable, "-m", "stopping"], capture_output=True, text=True, **how)
    assert (done.returncode, done.stdout, done.stderr) == (143, "stopped\n", "")
