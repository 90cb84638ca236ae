"""The speed of simulated RTL beside the engines'."""

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
