"""Files that several processes write: whole, whoever is killed; who reads one and adds to it is alone."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from hwsim import files
from hwsim.files import alone, replacing

pytest.importorskip("fcntl")

HOLDER = """
import sys, time
from hwsim.files import alone
with alone(sys.argv[1]):
    print("mine", flush=True)
    time.sleep(60)
"""


def test_of_what_many_add_nothing_is_lost(tmp_path):
    path = tmp_path / "n.txt"
    path.write_text("0")

    def add(_):
        with alone(path):
            number = int(path.read_text())
            with replacing(path) as part:
                part.write_text(str(number + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    assert path.read_text() == "80"


def test_of_two_that_write_one_file_one_is_there_whole(tmp_path):
    path = tmp_path / "x.json"

    def write(letter):
        with replacing(path) as part, part.open("w") as file:
            for _ in range(100):
                file.write(letter * 1000)
                file.flush()

    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            list(pool.map(write, "ab"))
            assert path.read_text() in ("a" * 10**5, "b" * 10**5)
    assert list(tmp_path.iterdir()) == [path]


def test_who_is_killed_keeps_nobody_out_and_who_stays_only_for_a_while(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_WAIT_S", 0.2)
    path = tmp_path / "n.txt"
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "mine\n"
        with alone(path):  # without the lock, after _WAIT_S
            pass
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    monkeypatch.setattr(files, "_WAIT_S", 1e9)
    with alone(path):
        assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_locked_is_no_obstacle(tmp_path):
    with alone(tmp_path / "missing" / "n.txt"):
        pass
