"""Files and words that nobody means: one sentence, exit code 2, no memory, no time, and nothing written."""

import gzip
import json
import os
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import hwsim
from hwsim.cell.card_text import quoted
from hwsim.chip.write import save_chip
from hwsim.cli.main import main
from hwsim.cli.options import clamps
from hwsim.errors import ArgumentError, InputError
from hwsim.problem.problem import input_sigma

FILES = {
    "nested.toml": b"name = " + b"[" * 20000,
    "tables.toml": b"x = " + b"{a=" * 20000,
    "bare.toml": b"name = mine\ntau = 5 ns\n",
    "long.toml": b'name = "' + b"x" * 10**6 + b'"\n',
    "digits.toml": b"tau = " + b"9" * 5000 + b"\n",
    "bytes.toml": bytes(range(256)),
    "keys.toml": "\n".join(f"key{k} = {k}" for k in range(100)).encode(),
    "controls.toml": b'name = "a\\nb\\u0007"\npbit = "ideal\\nx"\nclock = "a\\u2028b"\ntopology = "z\\nz"\n',
    "nested.json": b"[" * 20000,
    "digits.json": b"9" * 5000,
    "zeros.txt.gz": gzip.compress(b"0" * 10**7),
    "A.txt": b"2 1\n1 3\n",
    "b.txt": b"1\n2\n",
    "digits.train.toml": b"data = 'adder'\n[train]\nsteps = " + b"9" * 4000 + b"\n",
    "huge.txt": b"3 3\n1 2 1e308\n2 3 1e308\n1 3 1e308\n",
    "tiny.txt": b"3 3\n1 2 1e-308\n2 3 1e-308\n1 3 1e-308\n",
    "scheme.toml": b'problem = "ring:n=4"\n[grid]\nscheme = [{ name = "a\\u202e\\u0007", clock = "poisson" }]\n',
    "names.json": b'{"' + b"k" * 10**5 + b'": 1}',
}
PLANS = ("digits.train.toml", "scheme.toml")
CARD = [
    *("tau=1e-320s", "period=1e-320s", "period=1e308s", "flicker_shortest=1e-320s", "jitter=1e308s", "delay=1e308s"),
    *("synapse_tau=1e308s", "stage_delay=1e308s", "tau_dtod=1e308", "weight_dtod=1e308", "fixed_beta=1e308"),
    *("cell_pitch=1e308m", "coupling_area=1e308m2", "topology=king:\u0663x3", "topology=king:" + "9" * 5000),
]
"""Numbers that no program holds."""
DIGITS = ["1_0", "\u0663", "\u00b2", "9" * 5000, "1e3", "0x1", "nan", ""]
"""What is no whole number."""
LINES = [
    *(["run", "ring:n=4", "--set", change] for change in CARD),
    *(["run", "ring:n=4", "--dac-limit", limit, "--dac-bits", "4"] for limit in ("1e308", "-1")),
    ["run", "ring:n=4", "--weight-bits", "4", "--set", "weight_limit=1e-308"],
    *(["run", "ring:n=4", "--reads", digits] for digits in DIGITS),
    *(["problem", f"ring:n={digits}"] for digits in DIGITS),
    *(["problem", f"adder:n={digits}"] for digits in DIGITS),
    ["run", "ring:n=4", "--time", "\u0663ns"],
    ["run", "ring:n=4", "--time", "1e" + "9" * 5000 + "ns"],
    ["sweep", "ring:n=4", "--vary", "beta=1.." + "9" * 5000],
    ["sweep", "ring:n=4", "--vary", "beta=1e-308:1e308:3log"],
    ["train", "digits.train.toml"],
    ["study", "scheme.toml", "--store", "study.db"],
    *(["run", "huge.txt", "--as", as_] for as_ in ("spin", "max-cut")),
    ["run", "tiny.txt", "--as", "spin"],
    *(["check", name] for name in FILES if name.endswith(".toml") and name not in PLANS),
    *(["show", name] for name in ("nested.toml", "tables.toml", "digits.toml")),
    *(
        [command, name]
        for name in ("nested.toml", "keys.toml", "digits.toml")
        for command in ("study", "train", "explore")
    ),
    *(["problem", name] for name in FILES if not name.endswith((".toml", "A.txt", "b.txt", "tiny.txt"))),
    ["thermo", "sample", "+".join(["x**4"] * 2000)],
    ["thermo", "sample", "x*" * 3000 + "x"],
    ["thermo", "sample", "(" * 3000 + "x"],
    ["thermo", "sample", "wells:distance=1e-200"],
    ["thermo", "sample", "x**2\n+x"],
    ["problem", "ring:n=\u00b2"],
    ["problem", "ring:n=" + "9" * 5000],
    ["run", "ring:n=4", "--chip", "x\ny"],
    ["run", "x" * 5000],
    ["run", "ring:n=4", "--set", "x" * 5000 + "=1"],
    ["run", "ring:n=4", "--set", "name=x"],
    ["ledger", "--set", "name=x"],
    ["thermo", "solve", "A.txt", "b.txt", "--set", "name=x"],
    ["run", "ring:n=4", "--set=clock=poisson", "--clock=chromatic"],
    *(["run", "ring:n=4", f"--{name}=--"] for name in ("seed", "reads", "set", "clamp", "beta", "target", "without")),
    *(["run", "ring:n=4", f"--{name}=--"] for name in ("json", "plot", "vcd", "samples", "output")),
    ["run", "ring:n=4", "--plot=--x.png"],
    *(
        ["run", "ring:n=4", f"--{name}", value]
        for name in ("reads", "schedules", "dies", "chips")
        for value in (str(2**63), "1" + "0" * 400)
    ),
    *(["thermo", command, "A.txt", "--replicas", str(2**63 - 1)] for command in ("determinant", "exponential")),
    ["thermo", "lyapunov", "A.txt", "A.txt", "--replicas", str(2**62)],
    ["rtl", "write", "ring:n=4", "--output=--"],
    ["rtl", "write", "ring:n=4", "--source=lfsr32", f"--steps={2**63 - 1}", "--output=o"],
    ["view", "ring:n=4", "--tau=1s"],
    *(["train", "learn.toml", f"--dies={count}"] for count in (10**12, 2**63)),
    ["run", "ring:n=4", "--clamp", "v0=1,v0=-1"],
    ["thermo", "sample", "x**4", "--replicas=--"],
    ["thermo", "sample", "x**4", "--bins", str(2**63)],
    ["thermo", "sample", "x**4", "--replicas", str(2**63)],
    ["thermo", "solve", "A.txt", "b.txt", "--replicas", str(2**63)],
    *(
        ["thermo", "regression", "A.txt", "b.txt", option, value]
        for option in ("--prior", "--noise")
        for value in ("1e308", "1e-308")
    ),
    *([command, "ring:n=4", "--beta", "1e308"] for command in ("run", "free-energy", "tts", "compare")),
    *([command, "ring:n=4", "--time", "1e300s"] for command in ("run", "tts")),
    *(["run", "ring:n=4", option, str(2**63)] for option in ("--reads", "--dies")),
    ["compile", "ring:n=4", "-o", "x" * 300],
    ["compile", "ring:n=4", "--output="],
    ["run", "ring:n=4", "--json="],
    ["run", "ring:n=4", "--plot="],
    ["report", ""],
    ["report", "."],
    ["draw", ""],
    ["formats", ""],
    ["x\ny"],
    ["run", "ring:n=4", "--x\ny"],
    ["study", "plan.toml", "--workers", "9223372036854775808"],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("hostile")
    for name, data in FILES.items():
        (made / name).write_bytes(data)
    learn = 'data = "adder"\n[train]\nsteps = 2\n[machine]\nset = { gain_dtod = 0.1 }\n'
    (made / "learn.toml").write_text(learn)
    (made / "plan.toml").write_text('problem = "ring:n=4"\nreads = 4\nschedules = 1\ntime = "0.1 us"\n')
    return made


@pytest.mark.parametrize("words", LINES, ids=range(len(LINES)))
def test_it_is_refused_in_short_lines(folder, monkeypatch, capsys, words):
    monkeypatch.chdir(folder)
    before = {path.name for path in folder.iterdir()} | {"study.db"}
    try:
        code = main(words)
    except SystemExit as end:  # of argparse
        code = end.code
    lines = capsys.readouterr().err.rstrip("\n").split("\n")
    assert code == 2 and 0 < len(lines) <= 21 and all(0 < len(line) <= 240 for line in lines), lines
    assert len(lines) == 1 or words[0] in ("check", "show") or "mistakes" in lines[0]
    assert all(line.isprintable() for line in lines)
    assert not any("program." in line for line in lines)  # the user's word, not the name of a field
    assert {path.name for path in folder.iterdir()} <= before


OF_A_PLAN = {"study": ["--store", "s.db"], "explore": []}
OF_A_LINE = {"rtl": ["-o", "o"], "view": ["-o", "o.html"], "sweep": ["--vary", "delay=0:1tau:3"]}


@pytest.mark.parametrize(
    "command",
    ["run", "tts", "compare", "blame", "free-energy", "compile", "layout", "rtl", "study", "sweep", "explore", "view"],
)
def test_a_wrong_chip_is_refused_before_the_problem_is_made(tmp_path, monkeypatch, capsys, command):
    """The problem may take much memory and time."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hwsim.problem.read.generate", None)
    plan = 'problem = "ring:n=4"\nchip = "nosuch"\n'
    Path("plan.toml").write_text(plan + "[sweep]\ndelay = [0, 1e-9]\n" * (command == "explore"))
    words = [command, "ring:n=4", "--chip", "nosuch", *OF_A_LINE.get(command, [])]
    if command in OF_A_PLAN:
        words = [command, "plan.toml", *OF_A_PLAN[command]]
    assert main(["rtl", "write", *words[1:]] if command == "rtl" else words) == 2
    assert "nosuch" in capsys.readouterr().err


def test_a_time_beyond_the_grid_is_refused_before_the_wires_of_a_chip_are_made(monkeypatch):
    """Those of half a million p-bits take 300 MB."""
    monkeypatch.setattr("hwsim.mapping.compile.check_place", None)
    machine, problem = hwsim.chip("generic-sparse", period="1e9 s"), hwsim.read("ring:n=4")
    for placed in (hwsim.embed, hwsim.compile):
        with pytest.raises(InputError, match="period is beyond the time grid"):
            placed(problem, machine)


DAMAGE = {
    "null": "null",
    "list": "[1]",
    "text": '"x"',
    "twice": '{"format": "hwsim-program", "format": "x", "version": 3, "records": {}}',
    "nested": "[" * 20000,
    "number": '{"format": "hwsim-program", "version": 1e400, "records": {}}',
    "kinds": '{"format": "hwsim-program", "version": 3, "records": {"readout": {"labels": 3}}}',
    "labels": None,
    "indptr": None,
    "indices": None,
    "shape": None,
    "comparator": None,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_program_is_refused_in_a_sentence(tmp_path, monkeypatch, capsys, damage):
    monkeypatch.chdir(tmp_path)
    assert main(["compile", "ring:n=6", "-o", "a.npz"]) == 0
    with np.load("a.npz") as file:
        arrays = dict(file)
    manifest = json.loads(str(arrays["manifest"]))
    if damage == "labels":
        manifest["records"]["readout"]["labels"] = '[{"a": 1}, null]'
        arrays["manifest"] = np.array(json.dumps(manifest))
    elif damage == "indptr":
        arrays["network.indptr"] = arrays["network.indptr"] + 100
    elif damage == "indices":
        arrays["network.indices"] = arrays["network.indices"] + 10**6
    elif damage == "comparator":
        arrays["cells.threshold_word"] = np.full_like(arrays["cells.threshold_word"], 3.0)
    elif damage == "shape":
        arrays["network.weight"] = arrays["network.weight"][None]
    else:
        arrays["manifest"] = np.array(DAMAGE[damage])
    np.savez("b.npz", **arrays)
    capsys.readouterr()
    assert main(["run", "b.npz", "--reads", "4"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and len(said) <= 241 and "b.npz" in said
    assert not Path("study.db").exists()


NAMES = """
problem = "ring:n=4"
reads = 4
schedules = 1
target = -4
[grid]
time = ["0.1 us", "0.2 us"]
scheme = [{ name = "$x^$", clock = "chromatic" }, { name = "$a_$ b", clock = "poisson" }]
"""


def test_a_name_with_dollar_signs_is_drawn(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("plan.toml").write_text(NAMES)
    assert main(["study", "plan.toml", "--store", "s.db", "--workers", "1"]) == 0
    assert main(["report", "s.db", "--html", "r.html"]) == 0
    assert "$x^$" in Path("r.html").read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="a name of any bytes")
def test_a_name_that_is_no_utf_8_is_drawn_and_saved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"a\xff") + "\u202e \u4e2d\u6587 $x^$.txt"
    Path(name).write_text("3 2\n1 2 1\n2 3 1\n")
    assert main(["run", name, "--reads", "4", "--time", "0.1us", "--plot", "a.png"]) == 0
    assert main(["compile", name, "-o", "a.npz"]) == 0
    assert main(["run", "a.npz", "--reads", "4", "--time", "0.1us", "--json", "a.json"]) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="a name of any bytes")
def test_files_of_any_name_are_written_and_named_in_one_line(tmp_path, monkeypatch, capfd):
    """A card, a table and a page: bytes that are no UTF-8, line ends and marks that turn the text around."""
    monkeypatch.chdir(tmp_path)
    name = os.fsdecode(b"a\xff") + "\u202e\nb"
    assert main(["chip", "new", "-o", f"{name}.toml"]) == 0
    assert main(["chip", "new", "--like", "generic-sparse", "-o", f"{name}2.toml"]) == 0
    assert main(["show", f"{name}.toml"]) == 0
    assert hwsim.chip(Path(f"{name}2.toml")).name == "a???b2"
    assert tomllib.loads(f"file = {quoted(name)}") == {"file": "a?\u202e\nb"}
    Path("g.txt").write_text("0 1\n1 2\n")
    wired = hwsim.chip("generic-all-to-all", graph="g.txt")
    with pytest.raises(InputError, match="a card names the graph beside it in UTF-8"):
        save_chip(wired, f"{name}3.toml")
    save_chip(wired, "gé.toml")
    assert hwsim.chip(Path("gé.toml")).topology.graph.sites.tolist() == [0, 1, 2]
    capfd.readouterr()
    ring = ["ring:n=4", "--reads", "32", "--time", "5tau"]
    assert main(["sweep", *ring, "--vary", "delay=0.1tau,0.2tau", "--csv", f"{name}.csv"]) == 0
    assert main(["run", *ring, "--plot", f"{name}.png"]) == 0
    said = capfd.readouterr().err.splitlines()
    assert said == [r"table: a\udcff\u202e b.csv", r"picture: a\udcff\u202e b.png"]
    assert Path(f"{name}.csv").is_file() and Path(f"{name}.png").is_file()


def test_a_problem_without_couplings_has_a_temperature(tmp_path, monkeypatch):
    """1/sigma is then one over its largest bias, and 1 where there is none."""
    monkeypatch.chdir(tmp_path)
    Path("field.wcnf").write_text("p wcnf 3 2 9\n4 1 0\n2 -3 0\n")
    Path("none.wcnf").write_text("p wcnf 3 1 9\n4 1 -1 0\n")
    for file, sigma in (("field.wcnf", 2.0), ("none.wcnf", 1.0)):
        problem = hwsim.read(file)
        assert input_sigma(problem.bqm) == sigma and problem.bqm.num_interactions == 0
        assert main(["run", file, "--reads", "64"]) == 0


def test_a_node_that_is_named_nan_is_refused(tmp_path):
    links = '"links": [{"source": 0, "target": 1}]'
    (tmp_path / "g.json").write_text(f'{{"nodes": [{{"id": NaN}}, {{"id": 1}}], {links}}}')
    with pytest.raises(InputError, match="a variable is named nan, which is no number: name it by text"):
        hwsim.read(tmp_path / "g.json", as_="max-cut")


@pytest.mark.skipif(os.name == "nt", reason="streams are closed by a shell of Unix")
def test_a_stream_that_is_closed_leads_nowhere(tmp_path):
    """No file that is opened later takes its place."""
    command = f"{shlex.quote(sys.executable)} -m hwsim chip generic -o c.toml <&- >&- 2>&-"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, check=False)
    assert done.returncode == 0 and (tmp_path / "c.toml").read_text().startswith("name = ")


@pytest.mark.skipif(sys.platform != "linux", reason="a current folder that is removed")
def test_a_current_folder_that_is_gone_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert main(["problem", "ring:n=5", "-o", "a.bqm"]) == 2
    assert capsys.readouterr().err == "hwsim: error: No such file or directory: the current folder\n"


def test_what_matplotlib_would_draw_on_does_not_matter(tmp_path):
    words = ["run", "ring:n=4", "--reads", "4", "--time", "0.1us", "--plot", "a.png"]
    done = subprocess.run(
        [sys.executable, "-m", "hwsim", *words],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "nonsense"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0 and (tmp_path / "a.png").exists(), done.stderr


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("('a', 1)=1,b=0", {"('a', 1)": 1, "b": 0}),
        ("((0, 1), 2)=-1, [3]=+1", {"((0, 1), 2)": -1, "[3]": 1}),
        ("'a=1,b'=0,\"c'd\"=1", {"a=1,b": 0, "c'd": 1}),
    ],
)
def test_any_label_can_be_clamped(text, found):
    assert clamps(text) == found


def test_a_card_is_not_renamed_from_python():
    with pytest.raises(InputError, match="which a name is not"):
        hwsim.compare("ring:n=4", set={"name": "x"})


def test_a_wrong_argument_of_compile_is_one_sentence():
    with pytest.raises(ArgumentError, match=r"^compile has no argument 'tau'; it takes problem, chip, "):
        hwsim.compile("ring:n=4", "generic-all-to-all", tau="5 ns")
    with pytest.raises(ArgumentError, match=r"^compile needs chip$"):
        hwsim.compile("ring:n=4")
