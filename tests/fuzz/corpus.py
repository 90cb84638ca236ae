"""Valid files of every kind that a command reads, and the commands that read each. What is mutated starts from these.

Enters: an empty folder. Leaves: the files in it, and a Sample for each that shall be mutated.
"""

import contextlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwsim.cli.main import main
from hwsim.problem.formats import FORMATS

ROOT = Path(__file__).parents[2]
DEVICES = ROOT / "devices"
SHELL = ("--source", "lfsr32", "--weights", "writable", "--shell", "axi4-lite", "--time", "5tau", "--weight-bits", "4")
QUICK = ("--reads", "4", "--time", "20tau", "--schedules", "2", "--threads", "1")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """file : its name in the folder;  kind : how it is mutated (see `mutate.KINDS`);  group : what it is, for counts
    commands : words of each command that reads it, in which {} is the file; ``@name`` is one of `worker.readers`
    """

    file: str
    kind: str
    group: str
    commands: tuple[tuple[str, ...], ...]


STUDY = """chip = "generic-all-to-all"
target = "best"
reads = 16
schedules = 2
seed = 3
[set]
tau = "5 ns"
energy_per_update = "2 fJ"
[grid]
problem = ["p.txt", "ring:n=4"]
clock = ["chromatic", "poisson"]
time = ["0.1 us", "0.2 us"]
[stop]
relative_width = 0.5
max_shards = 1
"""
SCHEMES = """problem = "ring:n=4"
chip = "generic-all-to-all"
target = -4
reads = 8
schedules = 1
[grid]
scheme = [
  { name = "annealing", reads = 8 },
  { name = "SQA", algorithm = "quantum", replicas = 3, reads = 4 },
]
time = ["50 ns", "100 ns"]
[stop]
max_shards = 1
"""
EXPLORE = """problem = "ring:n=6"
chip = "generic-floorplan"
target = "known"
time = "0.1 us"
reads = 16
schedules = 2
[set]
energy_per_update = "2 fJ"
[sweep]
max_degree = [4, 6]
wires = [{ name = "fast", wire_delay = "100 ps/mm" }, { name = "slow", wire_delay = "50 ns/mm" }]
"""
TRAIN = """data = "adder"
chip = "generic-all-to-all"
seed = 1
[train]
steps = 4
batch = 4
chains = 4
[judge]
times = 2
"""
RBM = """data = "rows.npz"
chip = "generic-all-to-all"
seed = 2
[model]
kind = "rbm"
hidden = 3
scale = 0.1
[split]
test = 0.25
[train]
epochs = 2
batch = 4
chains = 4
betas = [0.5, 1.0]
[update]
rate = 0.05
schedule = "linear"
momentum = 0.5
averaging = 0.5
[judge]
times = 2
"""
CHAIN = """data = "bars-and-stripes:rows=2,columns=2"
chip = "extropic-g8"
[machine]
set = { topology = "offset-torus:6x6" }
[model]
kind = "denoising"
[noise]
steps = 2
[train]
epochs = 2
batch = 6
positive = { warm_up = 1 }
negative = { warm_up = 1 }
[update]
method = "adam"
[penalty]
inputs = 1
chains = 3
looks = 4
[judge]
times = 2
rows = 4
"""
CARD = """name = "mine"
title = "Mine"
summary = "A chip."
pbit = "ideal-poisson"
clock = "poisson"
topology = "all-to-all"

[parameters]
tau = "2 ns"
delay = { value = 1e-10, source = "a paper", grade = "measured" }
weight_bits = 6
"""
MORE = {
    "p.txt": "4 4\n1 2 1\n2 3 -1\n3 4 1\n4 1 2\n",
    "more.lp": "\\ a note\nMaximize\n obj: 3 x + 2 y + [ 2 x * y ] / 2\nSubject To\n c1: x + y + 2 z <= 4\n"
    " c2: x - z >= -1\nBounds\n 0 <= z <= 3\nGeneral\n z\nBinary\n x y\nEnd\n",
    "more.cnf": "c a note\np cnf 4 3\n1 -2 3 0\n2 4 0\n-1 -4 0\n",
    "more.wcnf": "p wcnf 3 3 10\n10 1 -2 0\n3 2 3 0\n2 -1 0\n",
    "more.mtx": "%%MatrixMarket matrix array real general\n% a note\n2 2\n0\n1.5\n1.5\n0\n",
    "dense.mtx": "%%MatrixMarket matrix array real symmetric\n2 2\n2\n0.5\n1\n",
    "dense.csv": "2.0,0.5,0.0\n0.5,1.0,0.2\n0.0,0.2,1.5\n",
    "vector.txt": "1, -1, 2\n",
    "edges.txt": "# a note\n0 1\n1 2\n2 3\n3 0\n",
    "wires.json": '{"qubits": [0, 1, 2, 3], "couplers": [[0, 1], [1, 2], [2, 3], [3, 0]]}',
    "wires.toml": CARD.replace('"all-to-all"', '"graph"\ngraph = "wires.json"'),
    "graph.toml": CARD.replace('"all-to-all"', '"graph"\ngraph = "edges.txt"'),
    "table.csv": "a,b,c,d,y\n1,0,1,0,left\n0,0,1,0,left\n1,1,0,1,right\n0,1,0,1,right\n",
    "study.toml": STUDY,
    "schemes.toml": SCHEMES,
    "explore.toml": EXPLORE,
    "train.toml": TRAIN,
    "rbm.toml": RBM,
    "chain.toml": CHAIN,
    "moved.toml": TRAIN.replace("seed = 1", "seed = 1\n[machine]\nset = { gain_dtod = 0.1 }"),
    "card.toml": CARD,
}
_PROBLEMS = ("more.lp", "more.cnf", "more.wcnf", "more.mtx")


def _say(*words):
    """Run a command that must succeed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = main(list(words))
    assert code == 0, (words, out.getvalue())


def _examples():
    """A Sample for each format of `hwsim formats`, and for more files of some; made in the current folder."""
    found = []
    for each in FORMATS:
        name = f"f-{each.file}"
        if each.text:
            Path(each.file).write_text(each.text)
        else:
            try:
                exec(each.python, {})
            except ImportError:  # an extra
                continue
        os.replace(each.file, name)
        as_ = () if each.as_ is None else ("--as", each.as_)
        found.append((name, each.name, as_))
    return [*found, *((name, name, ()) for name in _PROBLEMS)]


def _kind(name):
    """How a file of a problem is mutated."""
    ends = {".json": "json", ".npz": "npz", ".npy": "npy", ".mat": "binary", ".bqm": "headed", ".cqm": "zip"}
    return ends.get(Path(name).suffix, "binary" if Path(name).suffix in (".ommx", ".gz") else "text")


def _arrays():
    """Data that commands of learning, of continuous cells and of measurements read."""
    rng = np.random.default_rng(1)
    matrix = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 1.5]])
    np.save("dense.npy", matrix)
    np.save("vector.npy", np.array([1.0, -1.0, 2.0]))
    bits = rng.integers(0, 2, (8, 4))
    np.savez("rows.npz", x=bits, y=np.array(["left", "right"] * 4))
    gain = np.repeat(1.5 + 0.2 * rng.standard_normal(3), 5)
    x = np.tile([-1.0, -0.5, 0.0, 0.5, 1.0], 3)
    ones = rng.binomial(200, (1 + np.tanh(gain * x)) / 2)
    lines = [f"d{k // 5},{x[k]},{ones[k]},200" for k in range(len(x))]
    Path("measured.csv").write_text("\n".join(["device,input,ones,n", *lines]) + "\n")
    state = np.repeat(rng.integers(0, 2, 100), rng.integers(1, 9, 100))[:300]
    level = 0.3 + 0.5 * state + 0.03 * rng.standard_normal(len(state))
    lines = [f"{10 * k},{level[k]:.4f}" for k in range(len(state))]
    Path("trace.csv").write_text("\n".join(["time_ns,value", *lines]) + "\n")


def _half_trained():
    """Models and a chain whose training ended after its first part."""
    from hwsim.learn import denoise_plan, denoise_training, judgement, plan, training

    for name in ("train", "rbm"):
        output = Path(f"half-{name}.npz")
        asked = plan.planned(plan.read_plan(f"{name}.toml"))
        watch = training.Watch(judge=judgement.judge_of(asked), plan=asked.plan, interrupt=output.exists)
        given = {"output": output, "watch": watch, "threads": 1, **asked.keywords}
        assert training.train(asked.rows, asked.model, asked.chip, asked.course, **given).interrupted
    output = Path("half-chain.npz")
    asked = denoise_plan.planned_chain(plan.read_plan("chain.toml"))
    judge = denoise_plan.ImageJudge(asked, 1)
    watch = denoise_training.ChainWatch(judge=judge, plan=asked.plan, interrupt=output.exists)
    given = {name: asked.plan["machine"][name] for name in ("die_seed", "rounding")}
    given |= {"seed": asked.plan["seed"], "engine": asked.plan["engine"], "threads": 1}
    done = denoise_training.train_chain(
        asked.data, asked.chain, asked.chip, asked.course, watch=watch, output=output, **given
    )
    assert done.interrupted


_TRAINED = ("train", "train.toml", "--vary", "update.rate=0.02,0.05", "--seeds", "1", "--threads", "1")
_MOVED = ("train", "moved.toml", "--dies", "2", "--threads", "1")


def _saved():
    """Programs, runs, models, stores: what commands of hwsim write."""
    _say("compile", "ring:n=6", "-o", "program.npz")
    _say("compile", "sk:n=7,seed=1", "--chip", "generic-sparse", "--set", "gain_dtod=0.1", "-o", "chains.npz")
    _say("run", "ring:n=6", *QUICK, "-o", "run.npz")
    _say("train", "train.toml", "-o", "model.npz", "--threads", "1")
    _say("train", "rbm.toml", "-o", "rbm.npz", "--threads", "1")
    _say("train", "chain.toml", "-o", "chain.npz", "--threads", "1")
    _say("study", "study.toml", "--store", "study.db", "--workers", "1")
    _say("study", "schemes.toml", "--store", "schemes.db", "--workers", "1")
    sweep = ("sweep", "ring:n=6", "--vary", "delay=0.1tau,0.5tau", "--reads", "32", "--time", "20tau", "--threads", "1")
    _say(*sweep, "--store", "sweep.db")
    _say("explore", "explore.toml", "-o", "designs.json", "--threads", "1")
    _say("rtl", "write", "ring:n=6", "--chip", "kv260-writable", "--time", "20tau", "-o", "rtl")
    _say(*_TRAINED, "--store", "trained.db")
    _say(*_MOVED, "--store", "moved.db")
    _half_trained()
    _say("rtl", "write", "p.txt", "--chip", "generic-sparse", *SHELL, "-o", "shell")
    _say("rtl", "check", "shell", "--vcd", "rtl.vcd")
    _say("run", "ring:n=6", *QUICK, "--vcd", "a.vcd")
    _say("fit", "measured.csv", "--devices", "die.csv")
    _say("fit", "trace.csv", "--at-zero", "--card", "fitted.toml")


def _samples(examples):
    """The Samples of the files that were made."""
    for name, group, as_ in examples:
        problem = (("problem", "{}", *as_), ("problem", "{}", *as_, "-o", "o.bqm"), ("run", "{}", *as_, *QUICK))
        yield Sample(file=name, kind=_kind(name), group=group, commands=problem)
    for name in ("card.toml", "graph.toml", "wires.toml", "fitted.toml", *sorted(map(str, Path().glob("*-*.toml")))):
        commands = [
            ("check", "{}"),
            ("check", "{}", "--json", "o.json"),
            ("show", "{}"),
            ("run", "ring:n=4", "--chip", "{}", *QUICK),
        ]
        yield Sample(
            file=name,
            kind="toml",
            group="card",
            commands=(*commands, ("ledger", "{}"), ("compile", "ring:n=4", "--chip", "{}")),
        )
    again = ("explore", "explore.toml", "-o", "{}", "--threads", "1")
    yield Sample(file="designs.json", kind="json", group="designs", commands=(again,))
    on_json = ("run", "ring:n=3", "--chip", "wires.toml", *QUICK)
    yield Sample(file="wires.json", kind="json", group="graph of a chip", commands=(on_json,))
    on_file = ("run", "ring:n=3", "--chip", "graph.toml", *QUICK)
    yield Sample(file="edges.txt", kind="text", group="graph of a chip", commands=(on_file, ("check", "graph.toml")))
    plan = (
        ("study", "{}", "--workers", "1", "--store", "o.db"),
        ("study", "{}", "--workers", "1", "--store", "study.db"),
    )
    for name in ("study.toml", "schemes.toml"):
        yield Sample(file=name, kind="toml", group="plan of a study", commands=plan)
    yield Sample(
        file="explore.toml", kind="toml", group="plan of designs", commands=(("explore", "{}", "--threads", "1"),)
    )
    train = (("train", "{}", "--threads", "1"), ("train", "{}", "--threads", "1", "-o", "o.npz"))
    for name in ("train.toml", "rbm.toml", "chain.toml"):
        yield Sample(file=name, kind="toml", group="plan of a training", commands=train)
    for name, own in (("study.db", "study.toml"), ("schemes.db", "schemes.toml")):
        reports = (
            ("report", "{}"),
            ("report", "{}", "--csv", "o.csv"),
            ("merge", "{}", "sweep.db"),
            ("merge", "sweep.db", "{}"),
        )
        again = ("study", own, "--workers", "1", "--store", "{}")
        yield Sample(file=name, kind="sqlite", group="store", commands=(*reports, again))
    sweep = ("sweep", "ring:n=6", "--vary", "delay=0.1tau,0.5tau", "--reads", "32", "--time", "20tau", "--threads", "1")
    yield Sample(file="sweep.db", kind="sqlite", group="store", commands=((*sweep, "--store", "{}"), ("report", "{}")))
    short = ("--reads", "4", "--threads", "1", "--schedules", "2")
    page = ("view", "{}", "--reads", "8", "--threads", "1", "-o", "o.html")
    for name in ("program.npz", "chains.npz"):
        loads = (("run", "{}", "--reads", "4", "--threads", "1"), ("@program", "{}"), ("tts", "{}", "--reads", "4"))
        written = ("rtl", "write", "{}", "--source", "lfsr32", "--time", "5tau", "--beta", "1", "-o", "o")
        seen = (*page, "--time", "20tau")
        yield Sample(file=name, kind="npz", group="saved program", commands=(*loads, written, seen))
    loads = (("@run", "{}"), ("run", "{}", "--reads", "4"), page)
    yield Sample(file="run.npz", kind="npz", group="saved run", commands=loads)
    for name, plan_of in (("model.npz", "train.toml"), ("rbm.npz", "rbm.toml")):
        data = ("adder",) if name == "model.npz" else ("rows.npz",)
        uses = (
            ("draw", "{}", "--sweeps", "4", *short),
            ("classify", "{}", *data, "--warm-up", "2", "--looks", "2", *short),
            ("problem", "{}"),
            ("run", "{}", *QUICK),
            ("train", plan_of, "--threads", "1", "-o", "{}"),
            ("@model", "{}"),
        )
        yield Sample(file=name, kind="npz", group="model", commands=uses)
    for name, plan_of in (("half-train.npz", "train.toml"), ("half-rbm.npz", "rbm.toml")):
        goes_on = (("train", plan_of, "--threads", "1", "-o", "{}"), ("draw", "{}", "--sweeps", "4", *short))
        yield Sample(file=name, kind="npz", group="half-trained model", commands=goes_on)
    for name, words in (("trained.db", _TRAINED), ("moved.db", _MOVED)):
        uses = ((*words, "--store", "{}"), (*words, "--store", "{}"), ("report", "{}"), ("merge", "study.db", "{}"))
        yield Sample(file=name, kind="sqlite", group="store of trainings", commands=uses)
    yield from _hardware()
    drawn = ("draw", "{}", "--set", "topology=offset-torus:6x6", "--sweeps", "2", "--reads", "4", "--threads", "1")
    chain = (drawn, ("train", "chain.toml", "--threads", "1", "-o", "{}"), ("@denoiser", "{}"))
    yield Sample(file="chain.npz", kind="npz", group="denoising chain", commands=chain)
    yield Sample(file="half-chain.npz", kind="npz", group="half-trained chain", commands=chain[1:])
    yield from _data_samples(short)


def _hardware():
    """Folders of RTL, each file of them, and waveforms."""
    kinds = {".json": "json", ".npz": "npz"}
    for folder in ("rtl", "shell"):
        for path in sorted(each for each in Path(folder).rglob("*") if each.is_file()):
            group = {".npz": "program of RTL", ".json": "manifest of RTL"}.get(path.suffix, "Verilog")
            check = ("rtl", "check", folder)
            yield Sample(file=str(path), kind=kinds.get(path.suffix, "text"), group=group, commands=(check,))
    for name in ("a.vcd", "rtl.vcd"):
        both = (("rtl", "diff", "{}", name), ("rtl", "diff", name, "{}", "--order"), ("rtl", "diff", "{}", "{}"))
        yield Sample(file=name, kind="text", group="waveform", commands=both)


def _data_samples(short):
    rows = (("classify", "rbm.npz", "{}", "--warm-up", "2", "--looks", "2", *short), ("train", "{}", "--threads", "1"))
    yield Sample(file="rows.npz", kind="npz", group="data", commands=(rows[0],))
    yield Sample(file="table.csv", kind="text", group="data", commands=(rows[0],))
    for name in ("dense.npy", "dense.csv", "dense.mtx"):
        thermo = (("thermo", "inverse", "{}", "--time", "1us"), ("thermo", "determinant", "{}", "--samples", "20"))
        kind = "npy" if name.endswith("npy") else "text"
        yield Sample(file=name, kind=kind, group="matrix", commands=thermo)
    for name in ("vector.npy", "vector.txt"):
        kind = "npy" if name.endswith("npy") else "text"
        yield Sample(
            file=name, kind=kind, group="vector", commands=(("thermo", "solve", "dense.npy", "{}", "--time", "1us"),)
        )
    fits = (("fit", "{}"), ("fit", "{}", "--card", "o.toml", "--devices", "o.csv"))
    yield Sample(file="measured.csv", kind="text", group="measured record", commands=fits)
    yield Sample(file="trace.csv", kind="text", group="measured record", commands=fits)
    die = ("run", "ring:n=3", "--chip", "generic-all-to-all", "--die", "{}", *QUICK)
    yield Sample(file="die.csv", kind="text", group="die", commands=(die,))


def build(folder):
    """The Samples, whose files are made in ``folder``."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        for name, text in MORE.items():
            Path(name).write_text(text)
        for card in sorted(DEVICES.rglob("*.toml")):
            Path(f"{card.parent.name}-{card.name}").write_bytes(card.read_bytes())
        examples = _examples()
        _arrays()
        _saved()
        samples = list(_samples(examples))
        Path("samples.json").write_text(json.dumps([vars(each) for each in samples]))
        return samples
    finally:
        os.chdir(before)
