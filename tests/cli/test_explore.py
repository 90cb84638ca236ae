"""``hwsim explore``: table, picture, JSON, a rerun after a stop, refusals."""

import json

import pytest

from hwsim.cli.main import main
from hwsim.files import alone
from hwsim.study.execute import execute

SPEC = """
problem = "karate"
target = "known"
time = "300 ns"
reads = 64
schedules = 2
[set]
energy_per_update = "2 fJ"
[sweep]
max_degree = [6, 17]
max_pbits = [36, 100]
"""


def spec_file(tmp_path, text=SPEC):
    path = tmp_path / "spec.toml"
    path.write_text(text)
    return str(path)


def spec_file_of(tmp_path, pbits):
    path = tmp_path / f"spec{pbits}.toml"
    path.write_text(f'problem = "karate"\ntime = "50 ns"\nreads = 8\nschedules = 2\n[sweep]\nmax_pbits = {pbits}\n')
    return str(path)


def test_every_design_has_a_row_and_unknown_prices_stay_unknown(tmp_path, capsys):
    kept, picture = tmp_path / "rows.json", tmp_path / "e.png"
    arguments = ["explore", spec_file(tmp_path), "-o", str(kept), "--plot", str(picture), "--json", str(tmp_path / "j")]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "4 designs" in said and "no price for: read" in said
    assert "does not fit: 34 spins in copies of at most 6 couplings need 44 p-bits" in said
    rows = json.loads((tmp_path / "j").read_text())["rows"]
    assert len(rows) == 4 and all(row["ets99_total_j"] is None and row["ets99_j"] > 0 for row in rows if "pbits" in row)
    assert sum("does_not_fit" in row for row in rows) == 1
    assert picture.stat().st_size > 20_000

    data = json.loads(kept.read_text())
    data["rows"][1]["p_success"] = 0.123456  # a row that is there is not run again
    kept.write_text(json.dumps(data))
    assert main(["explore", spec_file(tmp_path), "-o", str(kept), "--json", "-"]) == 0
    again = json.loads(capsys.readouterr().out)["rows"]
    assert again[1]["p_success"] == 0.123456

    for wrong in ({"ets99_total_j": "x"}, {"tts99_total_ci_s": [1.0]}, {"pbits": None}, {"unknown_energy": 3}):
        row = data["rows"][1] | wrong
        kept.write_text(json.dumps(data | {"rows": [data["rows"][0], row]}))
        assert main(["explore", spec_file(tmp_path), "-o", str(kept)]) == 2
        assert "is damaged in the row of key" in capsys.readouterr().err


def test_rows_that_another_process_adds_meanwhile_stay(tmp_path, monkeypatch):
    """The other one begins and ends before the first row is saved. What it has made is not run again."""
    kept, runs = tmp_path / "rows.json", []
    small, large = (spec_file_of(tmp_path, pbits) for pbits in ("[36, 40]", "[40, 100]"))
    waiting = [small]

    def alone_after_the_other(path):
        if waiting:
            assert main(["explore", waiting.pop(), "-o", str(kept)]) == 0
        return alone(path)

    def counted(plan, *given):
        runs.extend(plan.points)
        return execute(plan, *given)

    monkeypatch.setattr("hwsim.command.explore.alone", alone_after_the_other)
    monkeypatch.setattr("hwsim.study.designs.execute", counted)
    assert main(["explore", large, "-o", str(kept)]) == 0
    rows = json.loads(kept.read_text())["rows"]
    assert sorted(row["design"]["max_pbits"] for row in rows) == ["100", "36", "40"]
    before = len(runs)
    for spec in (small, large):
        assert main(["explore", spec, "-o", str(kept)]) == 0
    assert len(runs) == before <= 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("problem = ", "not readable TOML"),
        ('problem = "karate"\ncolour = 1', "unknown key 'colour'"),
        ('problem = "karate"\n[sweep]\nmax_degre = [4]', "unknown parameter 'max_degre'; did you mean max_degree"),
        ('problem = "nosuch"', "no such file or generator"),
    ],
)
def test_mistakes_are_one_sentence(tmp_path, text, words, capsys):
    assert main(["explore", spec_file(tmp_path, text)]) == 2
    error = capsys.readouterr().err.strip()
    assert words in error and "\n" not in error


def test_a_file_that_is_something_else_is_not_overwritten(tmp_path, capsys):
    (tmp_path / "x.json").write_text("[1, 2]")
    assert main(["explore", spec_file(tmp_path), "-o", str(tmp_path / "x.json")]) == 2
    assert "give -o another name" in capsys.readouterr().err
    assert (tmp_path / "x.json").read_text() == "[1, 2]"
