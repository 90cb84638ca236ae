"""Kernels on disk: files that are empty or cut are compiled again, and a full disk is no reason to stop."""

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


def test_a_full_disk_costs_the_cache_and_nothing_else(folder, capsys, monkeypatch):
    made = jit.njit(plus)

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(made._cache._cache_file, "_open_for_write", full)
    assert made(1) == 2
    said = capsys.readouterr().err
    assert "kernels are not kept (No space left on device)" in said and said.count("\n") == 1
    assert not list(Path(folder).rglob("*.nbc"))
