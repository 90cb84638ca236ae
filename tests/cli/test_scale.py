"""Every command that judges gives the same answer in every unit of energy: one problem, multiplied."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from hwsim.cli.main import main

SCALES = [2.0**-100, 1e-100, 1e-30, 1e-9, 1e9, 1e30, 1e100, 2.0**100]
FEW = [2.0**-100, 1e-30, 1e30]
HOST = {"engine", "engine_reason", "host_s", "host_seconds", "updates_per_ns", "provenance", "key"}
ENERGIES = {"energy_mean", "energy_sem", "energy_best", "energy_error", "target", "target_energy", "known_energy"}
ENERGIES |= {"reference", "residual", "residual_error", "strength"}
SHORT = ["--time", "60ns", "--reads", "128", "--schedules", "4", "--threads", "1"]
SOLVED = ["--measure", "success", "--target", "exact"]
FAULTS = ["--gain-dtod", "0.3", "--offset-dtod", "0.2"]
BETAS = {"beta", "effective_beta", "effective_beta_ci"}
SPEC = 'problem = "p.coo"\nchip = "generic-all-to-all"\ntarget = "exact"\ntime = "60 ns"\nreads = 64\nschedules = 4\n'


def weights(n=8):
    """Integers, so that some states share an energy, and one decimal, so that sums round."""
    draw = np.random.default_rng(3)
    found = {(i, j): float(draw.integers(-3, 4)) for i in range(n) for j in range(i)}
    found[1, 0] = 0.1
    return {pair: value for pair, value in found.items() if value}


def written(scale):
    """The problem times ``scale`` and its plans, in this folder."""
    lines = [f"{j} {i} {value * scale!r}" for (i, j), value in weights().items()]
    Path("p.coo").write_text("\n".join(["# vartype=SPIN", *lines]) + "\n")
    Path("explore.toml").write_text(f"{SPEC}[sweep]\nweight_bits = [2, 4]\n")
    Path("study.toml").write_text(f"{SPEC}[stop]\nmax_shards = 2\n")


def settings(scale, *, weights=False, control=False):
    """Ranges of a chip, in units of ``scale``."""
    limits = {"weight_bits": 4, "weight_limit": 4.1 * scale} if weights else {}
    if control:
        limits |= {"h_limit": 2 * scale, "j_limit": scale, "j_noise": 0.05 * scale, "fixed_beta": 3 / scale}
    return [part for key, value in limits.items() for part in ("--set", f"{key}={value!r}")]


COMMANDS = {
    "run": (["run", "p.coo", "--target", "exact", *SHORT], SCALES),
    "best": (["run", "p.coo", "--target", "best", *SHORT], FEW),
    "dies": (["run", "p.coo", "--dies", "3", *FAULTS, *SHORT], FEW),
    "chains": (
        ["run", "p.coo", "--set", "max_degree=3", "--target", "exact", "--chain-strength", "torque,sufficient", *SHORT],
        FEW,
    ),
    "compare": (["compare", "p.coo", "--clock", "chromatic,poisson", "--target", "exact", *SHORT], FEW),
    "blame": (["blame", "p.coo", "--dies", "2", *FAULTS, *SHORT], FEW),
    "tts": (["tts", "p.coo", "--target", "exact", "--clock", "poisson", *SHORT], FEW),
    "tempering": (
        ["tts", "p.coo", "--target", "exact", "--clock", "chromatic", "--algorithm", "tempering:replicas=4", *SHORT],
        FEW,
    ),
    "layout": (["layout", "p.coo", "--chip", "generic-floorplan", *SOLVED, *SHORT], FEW),
    "explore": (["explore", "explore.toml"], FEW),
    "study": (["study", "study.toml", "--store", "study.db", "--workers", "1"], FEW),
}


def answer(arguments, scale, folder, monkeypatch, capsys):
    folder.mkdir()
    monkeypatch.chdir(folder)
    written(scale)
    assert main([*arguments, "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


def same(found, wanted, scale, path=()):
    """Compare two documents; energies are in units of ``scale``, betas in units of 1 / ``scale``."""
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys(), path
        for key in wanted.keys() - HOST:
            same(found[key], wanted[key], scale, (*path, key))
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), path
        for k, (a, b) in enumerate(zip(found, wanted, strict=True)):
            same(a, b, scale, (*path, k))
    elif isinstance(wanted, float):
        is_energy = bool(ENERGIES & {*path})
        unit = scale if is_energy else 1 / scale if BETAS & {*path} else 1.0
        if math.log2(scale).is_integer():
            assert found == wanted * unit, path
        else:  # an energy may be a difference that rounds; nothing else has an absolute tolerance
            assert found == pytest.approx(wanted * unit, rel=1e-9, abs=1e-12 * scale if is_energy else 0.0), path
    else:
        assert found == wanted, path


def compared(arguments, scales, tmp_path, monkeypatch, capsys):
    """Run with ``arguments(scale)`` at scale 1 and at each of ``scales``, and compare."""
    wanted = answer(arguments(1.0), 1.0, tmp_path / "one", monkeypatch, capsys)
    for k, scale in enumerate(scales):
        same(answer(arguments(scale), scale, tmp_path / str(k), monkeypatch, capsys), wanted, scale)
    return wanted


@pytest.mark.parametrize("name", COMMANDS)
def test_the_unit_of_energy_changes_no_answer(name, tmp_path, monkeypatch, capsys):
    arguments, scales = COMMANDS[name]
    wanted = compared(lambda scale: arguments, scales, tmp_path, monkeypatch, capsys)
    sources = {"best": "best: least of", "dies": "the energy that half", "blame": "the energy that half"}
    if name != "study":
        assert wanted["target_energy"] is not None
        assert wanted["target_source"].startswith(sources.get(name, "exact: a proved ground state"))


@pytest.mark.parametrize("ranges", [{"weights": True}, {"control": True}, {"weights": True, "control": True}])
def test_nor_do_absolute_ranges_in_the_same_unit(ranges, tmp_path, monkeypatch, capsys):
    arguments = ["run", "p.coo", "--target", "exact", *SHORT]
    compared(lambda scale: [*arguments, *settings(scale, **ranges)], FEW, tmp_path, monkeypatch, capsys)


def test_nor_do_registers_of_fixed_steps(tmp_path, monkeypatch, capsys):
    def arguments(scale):
        bits = {"weight_integer_bits": 4 + round(math.log2(scale)), "weight_fraction_bits": 4 - round(math.log2(scale))}
        steps = [part for key, value in bits.items() for part in ("--set", f"{key}={value}")]
        return ["run", "p.coo", "--target", "exact", *steps, *SHORT]

    compared(arguments, [0.125, 8.0], tmp_path, monkeypatch, capsys)


def test_a_weak_graph_is_as_hard_as_a_strong_one(tmp_path, monkeypatch, capsys):
    # K4 with one negative weight: 0.1275 of the Boltzmann law at beta 0.01 lies in the ground states, by enumeration
    monkeypatch.chdir(tmp_path)
    found = []
    for weight, beta in (("1", "0.01"), ("1e-21", "1e19")):
        edges = [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]
        lines = [f"{i} {j} {'-' if (i, j) == (1, 2) else ''}{weight}" for i, j in edges]
        Path("k4.txt").write_text("\n".join(["4 6", *lines]) + "\n")
        arguments = ["run", "k4.txt", "--beta", beta, "--target", "exact", "--reads", "4096", "--json", "-"]
        assert main(arguments) == 0
        found.append(json.loads(capsys.readouterr().out)["row"])
    assert found[0]["hits"] == found[1]["hits"]
    low, high = found[0]["p_success_ci"]
    assert low < 0.1275 < high
    assert found[1]["cut_best"] == pytest.approx(found[0]["cut_best"] * 1e-21)


def test_energies_that_float64_cannot_tell_apart_are_said_and_not_counted(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("p.coo").write_text("# vartype=BINARY\n0 0 1e17\n1 1 1.0\n2 2 0.3\n")
    said = "float64 cannot tell energies apart that differ by a variable's 0.3"
    assert main(["run", "p.coo", "--beta", "1", "--target", "0", *SHORT, "--json", "out.json"]) == 0
    assert said in capsys.readouterr().out
    document = json.loads(Path("out.json").read_text())
    assert document["row"]["p_success"] is None and document["indistinct"].startswith(said)
    assert main(["compare", "p.coo", "--clock", "poisson", "--beta", "1", "--target", "0", *SHORT]) == 0
    assert said in capsys.readouterr().out
    for arguments in (
        ["tts", "p.coo", "--beta", "1", "--target", "0"],
        ["run", "p.coo", "--beta", "1", "--target", "exact"],
    ):
        assert main([*arguments, *SHORT]) == 2
        assert said in capsys.readouterr().err
