"""Every block of output in the README is what its command prints today; what this computer's speed decides is masked.

Two things take too long for the suite: the study of twenty spin glasses (ten minutes), of which only the rows are
compared with the plan, and the rows of dwave-samplers in the table of estimates (80 s), whose numbers are left out.
"""

import re
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from hwsim.cli.main import main

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"```text\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.S)
COMPARED, EXPONENTS, FREE_ENERGY, SPEED, STATES, ESTIMATES = range(6)
UNIT_S = {"s": 1.0, "ms": 1e-3, "us": 1e-6}


def printed(capsys, *argv):
    assert main(list(argv)) == 0
    return capsys.readouterr().out


def masked(line, pattern):
    """``line`` with single spaces, and what ``pattern`` matches as #."""
    return re.sub(pattern, "#", " ".join(line.split()))


def test_every_block_of_output_is_checked_here():
    assert len(BLOCKS) == 6


def test_the_first_command_prints_the_first_table(capsys, monkeypatch):
    """The host times of the README are given to the runs, as the width of a column decides where others wrap."""
    import hwsim.session

    host = [float(n) * UNIT_S[unit] for n, unit in re.findall(r"([\d.]+) (s|ms|us) +[\d.]+$", BLOCKS[COMPARED], re.M)]
    assert len(host) == 5
    given, emulate = iter(host), hwsim.session.run
    monkeypatch.setattr(hwsim.session, "run", lambda *a, **k: replace(emulate(*a, **k), host_seconds=next(given)))
    rate = r"(?<=s) +[\d.]+$"
    wanted = [re.sub(rate, "", line) for line in BLOCKS[COMPARED].splitlines()]
    found = [re.sub(rate, "", line) for line in printed(capsys, "compare", "les-miserables").splitlines()]
    assert found[: len(wanted)] == wanted
    assert found[len(wanted)] == ""  # only the footnotes are left out


def test_free_energy_prints_the_block_of_the_section_on_equilibrium(capsys):
    assert printed(capsys, "free-energy", "ising2d:L=16", "--beta", "0.44") == BLOCKS[FREE_ENERGY]


def test_the_rows_of_exponents_are_those_of_the_plan():
    plan = tomllib.loads((ROOT / "examples" / "lattices.toml").read_text())
    title, header, *rows = BLOCKS[EXPONENTS].splitlines()
    assert title == "residual energy ~ length^-exponent"
    assert re.split(r"  +", header) == ["problem", "series", "delay", "exponent"]
    cells = [re.split(r"  +", row) for row in rows]
    assert {series for _, series, _, _ in cells} == {scheme["name"] for scheme in plan["grid"]["scheme"]}
    assert {problem for problem, _, _, _ in cells} == {plan["problem"].replace("seed=1..20,", "")}
    for _, _, _, text in cells:
        value, low, high = (float(n) for n in re.fullmatch(r"(\S+) \[(\S+), (\S+)\]", text).groups())
        assert low < value < high


def test_bench_prints_the_rows_of_speed(capsys, monkeypatch):
    """Nothing is timed: the graphs, clocks, engines and peers are the command's own, the rates are not."""
    from hwsim.bench import cases
    from hwsim.engine.choice import choose

    def timed(program, *, engine, **_):
        return SimpleNamespace(updates=1e9, host_seconds=1.0, engine=choose(engine, program)[0])

    peers = {name for case in cases.CASES for name in case.peers}
    monkeypatch.setattr(cases, "run", timed)
    monkeypatch.setattr(cases, "installed", lambda: dict.fromkeys(peers, lambda *_, **__: 0.05))
    rate = r"(?<=\d) [\d.]+ [\d.]+(e[+-]\d+)? (?=x )|\([\d.e+-]+\)"
    found = [masked(line, rate) for line in printed(capsys, "bench", "--case", "lattice,gauss", "--peers").splitlines()]
    wanted = [masked(line, rate) for line in BLOCKS[SPEED].splitlines()]
    assert wanted[1] == "ea3d:L=16,seed=1 chromatic none bitplanes 2048#x dwave-samplers SA #"
    assert wanted == [line for line in found if line in wanted]


def test_bench_prints_the_rows_of_continuous_cells(capsys, monkeypatch):
    from hwsim.bench import thermo

    def untimed(*, rounds, peers, progress):
        return thermo.measure_thermo(rounds=rounds, peers=peers, progress=progress)

    monkeypatch.setattr(thermo, "in_one_thread", untimed)
    monkeypatch.setattr(thermo, "has_thermox", lambda: True)
    monkeypatch.setattr(thermo, "_seconds", lambda work, seed: 1.0)
    monkeypatch.setattr(thermo, "_own", lambda task: lambda seed: None)
    for peer in ("_numpy_euler", "_numpy_wells"):
        monkeypatch.setattr(thermo, peer, lambda task: (lambda seed: None, 1.0))
    monkeypatch.setattr(thermo, "_thermox", lambda task: lambda seed: None)
    rate = r"[\d.,]+(e[+-]\d+)? [\d.,]+(e[+-]\d+)? (?=x )|\([\d.e+-]+\)"
    found = [masked(line, rate) for line in printed(capsys, "bench", "--case", "thermo", "--peers").splitlines()]
    wanted = [masked(line, rate) for line in BLOCKS[STATES].splitlines()]
    assert wanted == [line for line in found if line in wanted]


def test_bench_prints_the_estimate_of_hwsim(capsys, monkeypatch):
    """The search for the least energy, which takes ten times longer than the estimate, is left out."""
    from hwsim.bench import solution

    monkeypatch.setattr(solution, "best_found", lambda problem, **_: SimpleNamespace(energy=-1770.0))
    seconds = r" [\d.]+$"
    found = [masked(line, seconds) for line in printed(capsys, "bench", "--case", "tts").splitlines()]
    title, header, own, *peers = (masked(line, seconds) for line in BLOCKS[ESTIMATES].splitlines())
    assert found == [title, header, own]
    assert [line.split()[0] for line in peers] == ["dwave-samplers"] * 2


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_no_line_of_output_is_padded(block):
    assert all(line == line.rstrip() for line in block.splitlines())
