"""Kernels on disk: files that are empty or cut are compiled again, and a full disk is no reason to stop."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hwsim import jit


def plus(a):
    return a + 1


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HWSIM_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(jit, "_told", set())
    jit.cache_folder.cache_clear()
    yield tmp_path
    jit.cache_folder.cache_clear()


@pytest.mark.parametrize("ending", ["nbi", "nbc"])
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_damaged_kernels_are_compiled_again_and_the_folder_is_named(folder, capsys, ending, share):
    assert jit.njit(plus)(1) == 2
    (found,) = folder.rglob(f"*.{ending}")
    whole = found.read_bytes()
    found.write_bytes(whole[: int(share * len(whole))])
    again = jit.njit(plus)
    assert again(1) == 2 and not again.stats.cache_hits
    said = capsys.readouterr().err
    assert said == f"hwsim: compiling again, for there are damaged kernels in {found.parent.parent}\n"
    third = jit.njit(plus)
    assert third(1) == 2 and sum(third.stats.cache_hits.values()) == 1  # they were mended


SUM = """
import sys
sys.path.insert(0, sys.argv[1])
from summed import summed
assert summed(10) == 45
print(sum(summed.stats.cache_hits.values()))
"""
MODULE = """
from hwsim.jit import njit

@njit
def summed(n):
    total = 0
    for k in range(n):
        total += k
    return total
"""


def test_several_that_compile_at_once_all_run(tmp_path):
    (tmp_path / "summed.py").write_text(MODULE)
    folders = {"HWSIM_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", SUM, str(tmp_path)]
    how = {"env": os.environ | folders, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    for count in (2, 1):
        running = [subprocess.Popen(command, **how) for _ in range(count)]
        said = [each.communicate() for each in running]
        assert [each.returncode for each in running] == [0] * count, said
        assert all(not err for _, err in said), said
    assert said[0][0] == "1\n"  # the last one loads what the others have left


def test_a_full_disk_costs_the_cache_and_nothing_else(folder, capsys, monkeypatch):
    made = jit.njit(plus)

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(made._cache._cache_file, "_open_for_write", full)
    assert made(1) == 2
    said = capsys.readouterr().err
    assert "kernels are not kept (No space left on device)" in said and said.count("\n") == 1
    assert not list(Path(folder).rglob("*.nbc"))


def test_two_processes_that_compile_one_kernel_for_other_types_at_once_keep_both_apart(folder):
    """The second reads the index before the first has written it, so that to numba one name is free for both."""
    first, second = jit.njit(plus), jit.njit(plus)
    early, late, waiting = first._cache._cache_file, second._cache._cache_file, []
    write = early._save_data
    early._save_data = lambda *given: waiting.append(given)
    late._load_index = dict
    assert first(1) == 2 and second(0.5) == 1.5
    write(*waiting.pop())
    fresh = jit.njit(plus)
    assert fresh(0.25) == 1.25 and fresh(2) == 3
    assert sum(fresh.stats.cache_hits.values()) == 1  # the other one is compiled again


def test_a_kernel_that_was_being_written_leaves_no_file(folder):
    made = jit.njit(plus)
    file = made._cache._cache_file
    with pytest.raises(KeyboardInterrupt), file._open_for_write(file._index_path):
        raise KeyboardInterrupt
    assert made(1) == 2
    assert not [each for each in Path(folder).rglob("*") if each.name.startswith(".") or ".tmp." in each.name]


KILLED = """
import os, sys
from hwsim.jit import _written
with _written(sys.argv[1]):
    os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no locks of folders")
def test_what_a_killed_process_left_of_a_kernel_is_deleted_by_whoever_writes_the_next(folder):
    made = jit.njit(plus)
    place = Path(made._cache._cache_file._cache_path)
    place.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-c", KILLED, place / "other.nbc"], check=True, cwd=Path(__file__).parents[1])
    assert len(list(place.iterdir())) == 1
    assert made(1) == 2
    assert {each.suffix for each in place.iterdir()} == {".nbi", ".nbc"}


def test_a_new_date_of_an_old_source_compiles_nothing(folder, tmp_path):
    source = tmp_path / "minus.py"
    source.write_text("def minus(a):\n    return a - 1\n")

    def hits():
        spec = importlib.util.spec_from_file_location("minus", source)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        made = jit.njit(module.minus)
        assert made(1) == 0
        return sum(made.stats.cache_hits.values())

    assert hits() == 0
    os.utime(source, (1e9, 1e9))
    assert hits() == 1
