"""Every command stops at the first Ctrl-C or SIGTERM, soon, with one sentence and what it has; no half file is left."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from argparse import _SubParsersAction
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import hwsim
from hwsim.cli.main import parser

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]
RATE = "updates/s"
LIMIT_S, IN_LIBRARY_S = 1.0, 3.0
"""Within which a command stops on a computer with nothing else to do, and where a library works for it."""
LANES = 3


@dataclass(frozen=True, kw_only=True)
class Long:
    """A command with much to do. words : as typed;  pattern : on the terminal when it is in the middle of it
    shows : a part of what it shows, '' where it has nothing yet;  number : of the signal;  limit_s : until it stops"""

    words: str
    pattern: str
    shows: str = ""
    number: int = signal.SIGINT
    limit_s: float = LIMIT_S


TERM = signal.SIGTERM
LONG = [
    Long(words="run ea3d:L=10 --time 1ms --reads 1024 --json r.json", pattern=RATE, shows="ea3d:L=10"),
    Long(words="run ea3d:L=8 --dies 20000 --reads 64 --gain-dtod 0.1", pattern="20000 dies.*" + RATE, shows="dies of"),
    Long(words="run sk:n=80,seed=1 --target exact", pattern="looking for a target"),
    Long(words="run narrow.txt --as spin --target exact", pattern="looking for a target"),
    Long(words="run ea3d:L=12 --target best", pattern=f"looking for a target.*{RATE}", number=TERM),
    Long(words="compare ea3d:L=12 --time 200us --reads 1024 --json c.json", pattern=RATE, shows="\npoisson"),
    Long(words="tts ea3d:L=8,seed=1 --target=-10000 --budget 200", pattern=f"ns.*{RATE}", shows="chromatic"),
    Long(
        words="sweep ea3d:L=4 --vary delay=0:2tau:30 --reads 8192 --csv s.csv", pattern="[3-9]/30 points", shows="delay"
    ),
    Long(words="blame ea3d:L=6,seed=1 --gain-dtod 0.1 --time 50us", pattern=RATE),
    Long(words="layout ea3d:L=6,seed=1 --reads 65536", pattern=RATE, shows="couplings", number=TERM),
    Long(words="explore many.toml -o e.json", pattern=r"% \d.\d* tau"),
    Long(words="free-energy ising2d:L=16 --sweeps 5000", pattern=RATE),
    Long(words="study plan.toml --store s.db --workers 1", pattern="[2-9] shards", shows="points"),
    Long(words="study plan.toml --store t.db --workers 2", pattern="[2-9] shards", shows="points", number=TERM),
    Long(words="study plan.toml --store u.db", pattern="preparing [2-9]"),
    Long(words="train adder.toml -o m.npz", pattern="epoch.*steps/s", shows="steps", number=TERM),
    Long(words="draw model.npz --sweeps 100000000 --reads 512", pattern="drawing samples"),
    Long(words="classify model.npz data.npz --dies 100000", pattern="die [1-9]", shows="die"),
    Long(words="thermo sample wells:barrier=4,distance=1 --time 10ms", pattern=RATE, shows="cells"),
    Long(
        words="compile gnp.txt --chip dwave-advantage2-1.10", pattern="looking for an embedding", limit_s=IN_LIBRARY_S
    ),
    Long(words="problem sk:n=5000", pattern="reading"),
    Long(words="rtl write ea2d:L=24 --source lfsr32 -o verilog --time 300tau", pattern="reading", number=TERM),
    *(
        [
            Long(
                words="rtl write ea3d:L=4,weights=gauss --chip ucsb-six-fpga --beta 1 --synth generic,xilinx -o logic",
                pattern="synthesis, 2 of 2",
                shows="generic, of one",
            )
        ]
        if shutil.which("yosys")
        else []
    ),
    Long(words="view ea3d:L=6,seed=1 --vary delay=0:2tau:20 -o view.html", pattern="reading"),
    Long(words="bench --rounds 100000 --case sk,gauss", pattern="1 of", number=TERM),
]
SHORT = {"merge", "report", "formats", "generators", "chips", "devices", "show", "check", "chip", "ledger", "fit"}
"""Commands that end by themselves within a second, whatever they are given in these tests."""

ADDER = """
data = "adder"
chip = "generic-all-to-all"
[model]
kind = "fully"
[train]
steps = 2000000
batch = 8
chains = 64
[update]
rate = 0.01
[judge]
times = 20000
"""
PLAN = """
problem = "ea3d:L=8,seed=1..50"
chip = "generic-all-to-all"
[grid]
time = ["2 us", "4 us"]
[stop]
max_shards = 1000
"""
DESIGNS = """
problem = "karate"
chip = "generic-floorplan"
target = "known"
time = "4 us"
reads = 4096
[sweep]
delay = "0:2tau:6"

"""


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """What the commands read."""
    folder = tmp_path_factory.mktemp("read")
    (folder / "adder.toml").write_text(ADDER)
    (folder / "plan.toml").write_text(PLAN)
    (folder / "many.toml").write_text(DESIGNS)
    rng = np.random.default_rng(1)
    pairs = np.argwhere(np.triu(rng.random((90, 90)) < 0.5, 1))
    lines = [f"90 {len(pairs)}", *(f"{a + 1} {b + 1} 1" for a, b in pairs)]
    (folder / "gnp.txt").write_text("\n".join(lines))
    index = np.arange(16 * 60).reshape(60, 16)  # a lattice of less than 2**17 numbers for each of its spins
    ends = [(index[1:], index[:-1]), (index[:, 1:], index[:, :-1])]
    wires = np.concatenate([np.stack([a.ravel(), b.ravel()], 1) for a, b in ends])
    lines = [f"{a + 1} {b + 1} {w:.3f}" for (a, b), w in zip(wires.tolist(), rng.normal(size=len(wires)), strict=True)]
    (folder / "narrow.txt").write_text("\n".join([f"960 {len(wires)}", *lines]))
    bits = rng.integers(0, 2, (64, 6))
    np.savez(folder / "data.npz", x=bits, y=bits[:, 0])
    plan = {"data": str(folder / "data.npz"), "chip": "generic-all-to-all", "model": {"kind": "rbm", "hidden": 4}}
    hwsim.train(plan | {"train": {"steps": 2, "batch": 8, "chains": 8}}, output=folder / "model.npz")
    return folder


@pytest.fixture(scope="module")
def ended(files, tmp_path_factory):
    """How each long command ended, by its words."""
    rows = []
    for number, one in enumerate(LONG):
        folder = tmp_path_factory.mktemp(f"stopped{number}-")
        for path in files.iterdir():
            (folder / path.name).symlink_to(path)
        rows.append({"words": one.words, "pattern": one.pattern, "number": int(one.number), "folder": str(folder)})
    command = [sys.executable, str(HERE / "stopped_commands.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    def lane(number: int) -> list:
        own = json.dumps(rows[number::LANES])
        done = subprocess.run(command, input=own, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    with ThreadPoolExecutor(LANES) as pool:
        return {row["words"]: row for found in pool.map(lane, range(LANES)) for row in found}


@pytest.mark.parametrize("one", LONG, ids=lambda one: one.words)
def test_it_stops_at_the_first_signal(one, ended):
    """With 128 and the signal as exit code, one sentence, what it has, and no file that is not whole."""
    row = ended[one.words]
    assert row["is_sent"], f"{one.words} never said {one.pattern!r}: {row['terminal']}"
    assert not row["is_late"] and row["code"] == 128 + one.number, row["terminal"]
    assert "Traceback" not in row["terminal"] and "Exception ignored" not in row["terminal"], row["terminal"]
    said = [line for line in row["after"].split("\n") if line.startswith("hwsim: ")]
    assert len(said) == 1 and said[0].startswith("hwsim: interrupted"), row["after"]
    assert one.shows in row["shown"], row["shown"]
    assert row["left"] == []
    assert row["seconds"] - row["waited"] <= one.limit_s, (row["seconds"], row["waited"])


def test_what_a_stopped_command_wrote_is_whole(ended):
    """JSON reads, and a table has all its columns."""
    for row in ended.values():
        for path in Path(row["folder"]).iterdir():
            if path.is_symlink():
                continue
            if path.suffix == ".json":
                json.loads(path.read_text())
            if path.suffix == ".csv":
                lines = path.read_text().splitlines()
                assert len({line.count(",") for line in lines}) == 1


def test_no_bar_is_beyond_its_end(ended):
    """Progress is between 0 and 100 %, and no time is left before a pace is known."""
    for row in ended.values():
        assert all(each <= 100 for each in row["percent"]), row["words"]
        assert not re.search(r"-\d+:\d\d:\d\d", row["terminal"]), row["terminal"]


def test_every_command_has_a_row():
    """A new command is stopped, too."""
    (commands,) = (each for each in parser()._actions if isinstance(each, _SubParsersAction))
    known = SHORT | {one.words.split()[0] for one in LONG}
    assert set(commands.choices) <= known, f"no row in LONG for {sorted(set(commands.choices) - known)}"
