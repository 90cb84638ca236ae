"""The outputs on the pages that take too long for the suite, without what takes long: the rest is as printed today.

These are the study of twenty spin glasses (a minute and a half), of which only the rows are compared with the plan, and
the tables of speed: nothing is timed, and the rows of dwave-samplers in the table of estimates (80 s) are left out.
"""

import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

from hwsim.cli.main import main

ROOT = Path(__file__).parents[1]


def blocks(page):
    """The outputs on ``page``."""
    return re.findall(r"```text\n(.*?)```", (ROOT / "examples" / page).read_text(), flags=re.S)


SPEED, STATES, ESTIMATES = blocks("engines.md")
EXPONENTS = next(block for block in blocks("time.md") if block.startswith("residual energy")).partition("\n\n")[0]


def printed(capsys, *argv):
    assert main(list(argv)) == 0
    return capsys.readouterr().out


def masked(line, pattern):
    """``line`` with single spaces, and what ``pattern`` matches as #."""
    return re.sub(pattern, "#", " ".join(line.split()))


def test_the_rows_of_exponents_are_those_of_the_plan():
    plan = tomllib.loads((ROOT / "examples" / "lattices.toml").read_text())
    title, header, *rows = EXPONENTS.splitlines()
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
        return SimpleNamespace(updates=1e9, host_seconds=1.0, engine=choose(engine, program)[0], interrupted=False)

    peers = {name for case in cases.CASES for name in case.peers}
    monkeypatch.setattr(cases, "run", timed)
    monkeypatch.setattr(cases, "installed", lambda: dict.fromkeys(peers, lambda *_, **__: 0.05))
    rate = r"(?<=\d) [\d.]+ [\d.]+(e[+-]\d+)? (?=x )|\([\d.e+-]+\)"
    found = [masked(line, rate) for line in printed(capsys, "bench", "--case", "lattice,gauss", "--peers").splitlines()]
    wanted = [masked(line, rate) for line in SPEED.splitlines()]
    assert wanted[1] == "ea3d:L=16,seed=1 chromatic none bitplanes 2048#x dwave-samplers SA #"
    assert wanted == [line for line in found if line in wanted]


def test_bench_prints_the_rows_of_continuous_cells(capsys, monkeypatch):
    from hwsim.bench import child, thermo

    def untimed(module, *, rounds, peers, progress):
        return thermo.measure_thermo(rounds=rounds, peers=peers, progress=progress)

    monkeypatch.setattr(child, "in_one_thread", untimed)
    monkeypatch.setattr(thermo, "has_thermox", lambda: True)
    monkeypatch.setattr(thermo, "_seconds", lambda work, seed: 1.0)
    monkeypatch.setattr(thermo, "_own", lambda task: lambda seed: None)
    for peer in ("_numpy_euler", "_numpy_wells"):
        monkeypatch.setattr(thermo, peer, lambda task: (lambda seed: None, 1.0))
    monkeypatch.setattr(thermo, "_thermox", lambda task: lambda seed: None)
    rate = r"[\d.,]+(e[+-]\d+)? [\d.,]+(e[+-]\d+)? (?=x )|\([\d.e+-]+\)"
    found = [masked(line, rate) for line in printed(capsys, "bench", "--case", "thermo", "--peers").splitlines()]
    wanted = [masked(line, rate) for line in STATES.splitlines()]
    assert wanted == [line for line in found if line in wanted]


def test_bench_prints_the_estimate_of_hwsim(capsys, monkeypatch):
    """The search for the least energy, which takes ten times longer than the estimate, is left out."""
    from hwsim.bench import solution

    monkeypatch.setattr(solution, "best_found", lambda problem, **_: SimpleNamespace(energy=-1770.0))
    seconds = r" [\d.]+$"
    found = [masked(line, seconds) for line in printed(capsys, "bench", "--case", "tts").splitlines()]
    title, header, own, *peers = (masked(line, seconds) for line in ESTIMATES.splitlines())
    assert found == [title, header, own]
    assert [line.split()[0] for line in peers] == ["dwave-samplers"] * 2
