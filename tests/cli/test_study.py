"""``hwsim study``, ``merge``, ``report``: what they print and write, reruns, refusals in one sentence."""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hwsim.cli.main import main
from hwsim.study.store import Store

PLAN = """
problem = "planted:L=6,seed=1..2,loops=60"
target = "known"
reads = 64
schedules = 4
[set]
tau = "5 ns"
energy_per_update = "2 fJ"
energy_per_read = "1 pJ"
[grid]
clock = ["chromatic", "poisson"]
time = ["50 ns", "0.2 us", "0.8 us"]
[stop]
relative_width = 0.5
max_shards = 2
"""


@pytest.fixture
def plan(tmp_path):
    path = tmp_path / "plan.toml"
    path.write_text(PLAN)
    return str(path)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A finished study with two series, two instances, three lengths."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "plan.toml").write_text(PLAN)
    assert main(["study", str(folder / "plan.toml"), "--store", str(folder / "s.db"), "--workers", "1"]) == 0
    return folder / "s.db"


def test_a_study_prints_every_point_and_does_nothing_twice(plan, store, tmp_path, capsys):
    kept = tmp_path / "points.json"
    assert main(["study", plan, "--store", str(store), "--workers", "1", "--json", str(kept)]) == 0
    said = capsys.readouterr().out
    assert re.search(r"12 points, \d+ shards, of which 0 new in", said)
    assert said.count("planted:L=6,seed=1,loops=60") == 6 and "P(success)" in said
    document = json.loads(kept.read_text())
    assert len(document["points"]) == 12 and not document["interrupted"]
    assert {row["stopped"] for row in document["points"]} <= {"narrow enough", "budget spent"}
    row = document["points"][0]
    assert row["ets99_total_j"] >= row["ets99_j"] > 0 and row["time_split_s"]["update"] > 0
    assert row["tts99_ci_s"][0] <= row["tts99_s"] <= row["tts99_total_s"]


def test_the_report_is_one_page_that_needs_nothing_else(store, tmp_path, capsys):
    page, table, numbers = (tmp_path / name for name in ("r.html", "r.csv", "r.json"))
    arguments = ["--html", str(page), "--csv", str(table), "--json", str(numbers), "--title", "Clocks & <lengths>"]
    assert main(["report", str(store), *arguments]) == 0
    said = capsys.readouterr()
    assert "best length" in said.out and f"page: {page}" in said.err
    text = page.read_text()
    assert "<h1>Clocks &amp; &lt;lengths&gt;</h1>" in text
    assert not re.findall(r'(?:src|href)="(?!data:)', text) and "<script" not in text and "@import" not in text
    assert text.count("<img") == 3  # time and residual energy against length, time against energy; sizes are one
    assert "Where it comes from" in text and "hwsim report" in text
    rows = list(csv.DictReader(io.StringIO(table.read_text())))
    assert len(rows) == 12 and float(rows[0]["tts99_ci_s_low"]) > 0 and rows[0]["words.clock"] == "chromatic"
    document = json.loads(numbers.read_text())
    assert set(document) == {"points", "curves", "best", "exponents", "matched", "provenance"}
    assert len(document["curves"]) == 6 and len(document["best"]) == 2


def test_merged_stores_hold_the_rows_of_both(plan, store, tmp_path, capsys):
    first, second, both = (tmp_path / name for name in ("a.db", "b.db", "c.db"))
    for path, seed in ((first, 1), (second, 2)):
        (tmp_path / "one.toml").write_text(PLAN.replace("seed=1..2", f"seed={seed}"))
        assert main(["study", str(tmp_path / "one.toml"), "--store", str(path), "--workers", "1"]) == 0
    capsys.readouterr()
    assert main(["merge", str(first), str(second), "-o", str(both)]) == 0
    assert "12 points" in capsys.readouterr().out
    assert main(["study", plan, "--store", str(both), "--workers", "1"]) == 0
    assert "of which 0 new" in capsys.readouterr().out
    assert main(["merge", str(both), str(store)]) == 0
    assert f"{store}: 0 rows copied" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("problem = 3", "problem must be a file or a generator"),
        ("reads = 4", "a plan needs problem"),
        ('problem = "karate"\nspeed = 3', "unknown key 'speed'"),
        ('problem = "karate"\n[grid]\nalgorithm = ["magic"]', "algorithm must be one of"),
        ('problem = "karate"\n[set]\ntau = "5 kg"', "tau"),
        ('problem = "karate"\n[stop]\nmax_shards = 0', "stop.max_shards"),
        ("problem = ", "is not readable TOML"),
    ],
)
def test_a_bad_plan_is_one_sentence(text, sentence, tmp_path, capsys):
    (tmp_path / "p.toml").write_text(text)
    assert main(["study", str(tmp_path / "p.toml"), "--store", str(tmp_path / "s.db"), "--workers", "1"]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["study", "{plan}", "--store", "{nowhere}/s.db"], "s.db"),
        (["study", "{nowhere}", "--store", "{folder}/s.db"], "no such file"),
        (["study", "{plan}", "--store", "{folder}/s.db", "--workers", "0"], "workers"),
        (
            ["study", "{plan}", "--store", "{folder}/s.db", "--workers", "2", "--dask", "tcp://h:1"],
            "give only one of them",
        ),
        (["study", "{plan}", "--store", "{plan}"], "plan.toml"),
        (["report", "{nowhere}"], "no such store"),
        (["report", "{plan}"], "plan.toml"),
        (["merge", "{nowhere}", "{plan}"], "no such store"),
    ],
)
def test_bad_arguments_are_one_sentence(arguments, sentence, plan, tmp_path, capsys):
    names = {"plan": plan, "folder": str(tmp_path), "nowhere": str(tmp_path / "nowhere")}
    before = Path(plan).read_bytes()
    assert main([argument.format(**names) for argument in arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1
    assert Path(plan).read_bytes() == before


def _rows(path):
    """Rows that a store has so far."""
    if not path.exists():
        return 0
    with Store(path, create=False) as store:
        return store.count()[1]


def test_ctrl_c_ends_with_the_command_that_goes_on(tmp_path):
    (tmp_path / "p.toml").write_text(PLAN.replace("max_shards = 2", "max_shards = 100000").replace("= 0.5", "= 1e-4"))
    child = subprocess.Popen(
        [sys.executable, "-m", "hwsim", "study", "p.toml", "--store", "s.db", "--workers", "1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )
    began = time.monotonic()
    while not _rows(tmp_path / "s.db") and time.monotonic() - began < 60:
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert "hwsim study p.toml --store s.db continues" in err and "12 points" in out
