"""The command line: tables, files, refusals."""

import json
import subprocess
import sys

import pytest

from hwsim.cli.main import main


def test_compare_prints_a_table_and_writes_every_output(tmp_path, capsys):
    files = {name: tmp_path / f"out.{name}" for name in ("json", "png", "vcd")}
    code = main(
        [
            "compare",
            "karate",
            "--time",
            "100ns",
            "--reads",
            "8",
            "--schedules",
            "2",
            "--plot",
            str(files["png"]),
            "--vcd",
            str(files["vcd"]),
            "--json",
            str(files["json"]),
        ]
    )
    assert code == 0
    assert "synchronous" in capsys.readouterr().out
    data = json.loads(files["json"].read_text())
    assert data["problem"]["known_energy"] == -179  # exact, by tree decomposition
    assert [row["clock"] for row in data["rows"]][:1] == ["poisson"]
    assert all(row["device_time_s"] == 1e-7 and row["cut_mean"] is not None for row in data["rows"])
    assert files["png"].stat().st_size > 1000 and files["vcd"].stat().st_size > 1000


def test_a_small_problem_comes_with_its_distance_from_the_exact_law(capsys):
    assert main(["compare", "ring:n=4", "--beta", "0.5", "--clock", "poisson", "--reads", "64", "--json", "-"]) == 0
    row = json.loads(capsys.readouterr().out)["rows"][0]
    assert 0 < row["total_variation"] < 1 and 0 < row["tv_noise_floor"] < 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch.txt"],
        ["karate", "--clock", "sundial"],
        ["karate", "--delay", "-1ns"],
        ["karate", "--tau", "5 parsec"],
        ["karate", "--target", "low"],
        ["karate", "--reads", "many"],
        ["karate", "--chip", "nosuch"],
        ["ea3d:L=4,seed=1", "--target", "known"],
        ["maxcut:n=60,p=1", "--chip", "wobblybits"],
        ["ea3d:L=eight"],
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, capsys):
    assert main(["compare", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("hwsim: error: ") and captured.err.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("compare karate --raeds 3", "hwsim compare: error: no option --raeds; did you mean --reads?"),
        ("thermo solve A b --tiem=3us", "hwsim thermo solve: error: no option --tiem; did you mean --time?"),
    ],
)
def test_a_misspelt_option_is_refused_with_the_nearest(command, words, capsys):
    with pytest.raises(SystemExit) as ended:
        main(command.split())
    assert ended.value.code == 2 and capsys.readouterr().err.startswith(words)


def test_a_terminal_without_the_letters_of_a_name_shows_the_rest(tmp_path):
    (tmp_path / "größe.txt").write_text("1 2 1\n2 3 1\n", encoding="utf-8")
    code = "import sys; sys.stdout.reconfigure(encoding='ascii'); from hwsim.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", code, "problem", str(tmp_path / "größe.txt"), "--as", "spin"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0 and "gr??e" in found.stdout, found.stderr


def test_listings_are_json_too(capsys):
    for command in ("chips", "devices"):
        assert main([command, "--json", "-"]) == 0
        for card in json.loads(capsys.readouterr().out)["cards"]:
            assert all(q["source"] and q["grade"] for q in card["parameters"].values())


def test_run_uses_the_chips_own_clock(capsys):
    assert main(["run", "karate", "--chip", "generic-sparse", "--time", "2us", "--reads", "8", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["row"]["clock"] == "chromatic"
