"""Outputs: what a command writes to, and what it refuses to write over. FIFOs and links stand for devices."""

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from hwsim.cli.main import main
from hwsim.files import replacing

RUN = ["run", "karate", "--reads", "2", "--schedules", "1", "--time", "50ns"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def through(fifo: Path, argv: list[str]) -> bytes:
    """What ``argv`` writes to a new FIFO."""
    os.mkfifo(fifo)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()), daemon=True)
    reader.start()
    assert main(argv) == 0
    reader.join(20)
    return got[0]


@pytest.mark.parametrize(
    ("option", "name", "begins"),
    [
        ("--json", "x.json", b"{"),
        ("--samples", "x.json", b"{"),
        ("--vcd", "x.vcd", b"$"),
        ("--plot", "x.png", b"\x89PNG"),
        ("-o", "x.npz", b"PK"),
    ],
)
def test_a_fifo_is_written_to_and_stays_a_fifo(folder, option, name, begins):
    assert through(folder / name, [*RUN, option, name]).startswith(begins)
    assert stat.S_ISFIFO((folder / name).lstat().st_mode)
    assert [path.name for path in folder.iterdir()] == [name]


def test_a_link_to_a_fifo_stays_a_link(folder):
    (folder / "link").symlink_to("fifo")
    assert json.loads(through(folder / "fifo", [*RUN, "--json", "link"]))["row"]["reads"] == 2
    assert (folder / "link").is_symlink()


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_followed_and_its_target_replaced_whole(folder, there):
    (folder / "far").mkdir()
    target = folder / "far" / "x.json"
    if there:
        target.write_text("old")
        target.chmod(0o600)
    (folder / "link.json").symlink_to("far/x.json")
    assert main([*RUN, "--json", "link.json"]) == 0
    assert (folder / "link.json").is_symlink()
    assert json.loads(target.read_text())["problem"]["name"] == "karate"
    assert not there or stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in (folder / "far").iterdir()] == ["x.json"]


def test_an_error_leaves_the_old_file_and_sends_nothing_to_a_fifo(folder):
    (folder / "x").write_text("old")
    os.mkfifo(folder / "fifo")
    for name in ("x", "fifo"):
        with pytest.raises(RuntimeError), replacing(folder / name) as part:
            part.write_text("half")
            raise RuntimeError
    assert (folder / "x").read_text() == "old"
    assert sorted(path.name for path in folder.iterdir()) == ["fifo", "x"]


def test_a_folder_a_link_to_itself_and_a_link_into_nothing_are_refused(folder, capsys):
    (folder / "self").symlink_to("self")
    (folder / "nowhere").symlink_to("missing/x.json")
    for name, words in (
        (str(folder), "it is a folder"),
        ("self", "symbolic links"),
        ("nowhere", f"there is no folder {folder}/missing"),
    ):
        assert main([*RUN, "--json", name]) == 2
        assert words in capsys.readouterr().err


def files(folder: Path) -> None:
    """Inputs of commands, and other names for them."""
    (folder / "in.coo").write_text("# vartype=SPIN\n0 1 1.0\n1 2 -1.0\n")
    (folder / "s.csv").write_text("input,n,ones\n-1,100,20\n0,100,50\n1,100,80\n")
    (folder / "link").symlink_to("in.coo")
    os.link(folder / "in.coo", folder / "hard.json")
    assert main(["chip", "generic", "-o", "die.toml"]) == 0
    (folder / "plan.toml").write_text('[[problems]]\nname = "in.coo"\n')
    (folder / "spec.toml").write_text('problem = "in.coo"\nchip = "die.toml"\n')


READ = "which this command reads"
BOTH = "would both write"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["run", "in.coo", "--json", "in.coo"], READ),
        (["run", "in.coo", "--json", "./in.coo"], READ),
        (["run", "link", "--samples", "in.coo"], READ),
        (["run", "in.coo", "--json", "link"], READ),
        (["run", "in.coo", "--json", "hard.json"], READ),
        (["run", "in.coo", "--chip", "die.toml", "--json", "die.toml"], READ),
        (["compile", "in.coo", "-o", "in.coo"], READ),
        (["problem", "in.coo", "-o", "in.coo"], READ),
        (["compare", "in.coo", "--json", "in.coo"], READ),
        (["tts", "in.coo", "--json", "in.coo"], READ),
        (["fit", "s.csv", "--json", "s.csv"], READ),
        (["study", "plan.toml", "--store", "plan.toml"], READ),
        (["study", "plan.toml", "--store", "x.db", "--json", "in.coo"], READ),
        (["explore", "spec.toml", "--json", "die.toml"], READ),
        (["explore", "spec.toml", "-o", "in.coo"], READ),
        (["study", "plan.toml", "--store", "x", "--json", "x"], BOTH),
        (["run", "in.coo", "--json", "x", "--samples", "x"], BOTH),
        (["run", "in.coo", "--json", "x", "--samples", "./x"], BOTH),
        (["run", "in.coo", "--plot", "x.png", "-o", "x.png"], BOTH),
        (["fit", "s.csv", "--card", "x.toml", "--json", "x.toml"], BOTH),
        (["report", "x.db", "--json", "x.html"], BOTH),
        (["run", "in.coo", "--samples", "-"], "only --json takes -"),
    ],
)
def test_an_output_that_is_an_input_or_another_output_is_refused_before_any_work(folder, capsys, argv, words):
    files(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(argv) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.err.count("\n") == 1
    assert not printed.out
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_what_is_read_again_must_be_a_regular_file(folder, capsys):
    files(folder)
    os.mkfifo(folder / "fifo")
    for argv in (["explore", "spec.toml", "-o", "fifo"], ["merge", "fifo", "fifo"]):
        assert main(argv) == 2
        assert "regular file" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "mark"), [("P.TOML", b""), ("p.toml", b"\xef\xbb\xbf")])
def test_files_that_a_plan_names_are_inputs_however_the_plan_is_written(tmp_path, name, mark, capsys):
    graph = tmp_path / "in.coo"
    graph.write_text("# vartype=SPIN\n0 1 1.0\n")
    (tmp_path / name).write_bytes(mark + b'problem = "in.coo"\ntime = "1 us"\n')
    assert main(["study", str(tmp_path / name), "--store", str(tmp_path / "rows.db"), "--json", str(graph)]) == 2
    assert "which this command reads" in capsys.readouterr().err and "0 1 1.0" in graph.read_text()
