"""The speed of simulated RTL beside the engines'."""

import json
import os
import shutil
import signal

import pytest

from hwsim import files
from hwsim.cli.main import main
from hwsim.report.bench import simulated_table
from hwsim.rtl import speed


def test_each_engine_has_a_row_and_a_missing_simulator_none(monkeypatch):
    monkeypatch.setattr(speed, "_ROUNDS", dict.fromkeys(speed._ROUNDS, 2))
    monkeypatch.setattr(speed, "MANY", 64)
    monkeypatch.setenv("PATH", "")
    rows = speed.measure_rtl(rounds=1)
    assert [(row["what"], row["replicas"], row["updates"]) for row in rows] == [
        ("hwsim lanes", 1, 2 * 512),
        ("hwsim lanes", 64, 2 * 512 * 64),
        ("hwsim bitplanes", 64, 2 * 512 * 64),
    ]
    assert "million upd./s" in simulated_table(rows) and simulated_table([]) == ""


def test_a_stopped_measurement_shows_the_rows_that_it_has(tmp_path, monkeypatch, capsys):
    def measured(name, rounds):
        if name == "many":
            os.kill(os.getpid(), signal.SIGINT)
        return speed._row(f"hwsim {name}", "lfsr32", 1, 4096, 0.5, None)

    monkeypatch.setattr(speed, "_emulated", measured)
    monkeypatch.setenv("PATH", "")
    assert main(["bench", "--case", "rtl", "--json", str(tmp_path / "rows.json")]) == 130
    assert "hwsim lanes" in capsys.readouterr().out
    assert [row["updates_per_s"] for row in json.loads((tmp_path / "rows.json").read_text())["rtl"]] == [8192]


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="iverilog is not installed: apt-get install iverilog")
def test_a_simulated_machine_is_written_where_this_process_holds_no_lock(monkeypatch):
    """Else each measurement would wait ten seconds for itself."""
    locked = files.locked

    def at_once(folder, *, wait_s):
        handle = locked(folder, wait_s=0)
        assert handle is not None
        return handle

    monkeypatch.setattr(files, "locked", at_once)
    monkeypatch.setattr(speed, "_ROUNDS", {"iverilog": 2})
    assert speed._simulated("iverilog", 1)["updates"] == 2 * 512
