"""Files are written whole or not at all, whoever is killed meanwhile, and what a killed process leaves is deleted."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hwsim import scratch
from hwsim.archive import Head, write
from hwsim.files import replacing
from hwsim.scratch import scratch_folder

ROOT = Path(__file__).parents[1]
WRITER = """
import signal, sys, time
from hwsim.files import replacing
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background work ignores it
with replacing(sys.argv[1]) as part:
    part.write_text("half")
    print("there", flush=True)
    time.sleep(60)
"""


def begin(path):
    """A process in the middle of writing ``path``."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout.readline() == b"there\n"
    return process


@pytest.mark.skipif(sys.platform == "win32", reason="no locks of folders")
def test_what_a_killed_writer_leaves_is_deleted_and_what_a_living_one_writes_stays(tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("before")
    dead, alive = begin(path), begin(path)
    try:
        dead.kill()
        dead.communicate()
        assert len(list(tmp_path.glob(".hwsim-x.txt-*"))) == 2 and path.read_text() == "before"
        with scratch_folder(".hwsim-x.txt", place=tmp_path):
            assert len(list(tmp_path.glob(".*"))) == 2  # the living one's and this one
        assert [each.name[:13] for each in tmp_path.glob(".*")] == [".hwsim-x.txt-"]
        alive.send_signal(signal.SIGINT)
    finally:
        alive.communicate(timeout=60)
    assert list(tmp_path.iterdir()) == [path] and path.read_text() == "before"


def test_a_folder_that_only_looks_like_one_of_ours_stays(tmp_path):
    (tmp_path / ".hwsim-y.txt-notes").mkdir()
    (tmp_path / ".hwsim-y.txt-12345678").write_text("a file")
    (tmp_path / ".hwsim-y.txt-abcdefgh").symlink_to(tmp_path / ".hwsim-y.txt-notes")
    with replacing(tmp_path / "y.txt") as part:
        part.write_text("whole")
    assert len(list(tmp_path.iterdir())) == 4 and (tmp_path / "y.txt").read_text() == "whole"


def test_what_another_computer_writes_stays(tmp_path, monkeypatch):
    """It may hold a lock that this one does not see, as on many network disks."""
    there = tmp_path / f".hwsim-y.txt-{scratch._system()}-abcdefgh"
    there.mkdir()
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(scratch, "_system", lambda: "01234567")
        with replacing(tmp_path / "y.txt") as part:
            part.write_text("whole")
    assert there.exists()
    with replacing(tmp_path / "y.txt") as part:
        part.write_text("whole")
    assert not there.exists()


def test_no_folder_is_made_without_a_lock_where_too_many_files_are_open(tmp_path, monkeypatch):
    def full(*given):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="Too many"), scratch_folder("x", place=tmp_path):
        pass
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_a_long_name_is_written(tmp_path):
    path = tmp_path / ("ä" * 120 + ".txt")
    with replacing(path) as part:
        part.write_text("whole")
    assert path.read_text() == "whole" and list(tmp_path.iterdir()) == [path]


def test_archives_of_the_same_content_are_the_same_bytes_whatever_the_clock_says(tmp_path, monkeypatch):
    """A zip file has no date before 1980 nor after 2107, where clocks that were never set stand."""
    found = []
    for year in (1971, 2026, 2116):
        at = (year - 1970) * 31557600.0
        monkeypatch.setattr(time, "time", lambda at=at: at)
        write(tmp_path / f"{year}.npz", Head(format="hwsim-test", version=1), {"a": np.arange(5), "b": np.ones((2, 3))})
        found.append((tmp_path / f"{year}.npz").read_bytes())
    assert found[0] == found[1] == found[2]
    with np.load(tmp_path / "1971.npz") as arrays:
        assert arrays["a"].tolist() == [0, 1, 2, 3, 4] and arrays["b"].shape == (2, 3)


def test_permissions_are_those_of_the_file_or_of_a_plain_open(tmp_path):
    before = os.umask(0o027)
    try:
        for mode in (0o640, 0o604):
            with replacing(tmp_path / "z") as part:
                part.write_text("whole")
            assert (tmp_path / "z").stat().st_mode & 0o777 == mode
            (tmp_path / "z").chmod(0o604)
    finally:
        os.umask(before)
