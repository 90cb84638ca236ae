"""A disk that takes no more: one sentence that names the file, exit code 2; what was there stays, no part is left."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hwsim
from hwsim.cli.main import main

resource = pytest.importorskip("resource")

CODE = """
import contextlib, io, json, resource, sys
from hwsim.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
found = []
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    found.append([code, err.getvalue()])
print(json.dumps(found))
"""
NEW = {"o.db", "rtl"}
"""What is not there before."""
PLAN = 'problem = "ring:n=4"\nreads = 4\nschedules = 1\ntime = "0.1 us"\n'
COMMANDS = {
    "o.npz": ["compile", "ring:n=6", "-o", "o.npz"],
    "o.bqm": ["problem", "ring:n=30", "-o", "o.bqm"],
    "o.json": ["ledger", "extropic-z1", "--json", "o.json"],
    "o.toml": ["chip", "generic", "-o", "o.toml"],
    "rtl": ["rtl", "write", "ring:n=6", "--chip", "kv260-writable", "--time", "20tau", "-o", "rtl"],
    "o.db": ["study", "plan.toml", "--store", "o.db", "--workers", "1"],
}


def test_a_full_disk_is_one_sentence_with_the_name_of_the_file(tmp_path, tmp_path_factory):
    # compiles the kernels, which would not be kept then; those of another copy of hwsim would not be found
    environment = os.environ | {"PYTHONPATH": str(Path(hwsim.__file__).parents[1])}
    assert main([*COMMANDS["rtl"][:-1], str(tmp_path_factory.mktemp("warm") / "rtl")]) == 0
    (tmp_path / "plan.toml").write_text(PLAN)
    for name in COMMANDS:
        if name not in NEW:
            (tmp_path / name).write_text("before")
    done = subprocess.run(
        [sys.executable, "-c", CODE, json.dumps(list(COMMANDS.values()))],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    for (name, words), (code, said) in zip(COMMANDS.items(), json.loads(done.stdout), strict=True):
        assert code == 2 and said.count("\n") == 1 and name in said, (words, said)
        if name not in NEW:
            assert (tmp_path / name).read_text() == "before"
    assert {path.name for path in tmp_path.iterdir()} == {*COMMANDS, "plan.toml"} - NEW
