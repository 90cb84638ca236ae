"""Memory: what does not fit is refused in a sentence with what it needs and what is there, before it is taken."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import hwsim
from hwsim import memory
from hwsim.cli.main import main
from hwsim.errors import InputError
from hwsim.memory import LIMIT, available, check_memory, check_problem, check_reads, many, refusal
from hwsim.problem.generate import generate, generators, seconds_of
from hwsim.problem.size import _SIZES

ROOT = Path(__file__).parents[1]
MOST_MB = 300
HUGE = [
    "run ea3d:L=4 --reads 1000000000",
    "run ea3d:L=4 --reads 9223372036854775808",
    "run ea3d:L=4 --reads 100000000 --schedules 1000000",
    "run ea3d:L=4 --dies 1000000000 --gain-dtod 0.1",
    "compare ea3d:L=4 --reads 1000000000",
    "tts ring:n=8 --reads 10000000000 --target known --clock chromatic",
    "tts ring:n=8 --target known --algorithm quantum:replicas=99999999999999999999999",
    "tts ring:n=8 --target known --algorithm quantum:replicas=2000000",
    "tts ring:n=8 --target known --algorithm quantum --time 1000s",
    "tts ring:n=8 --target known --algorithm tempering:replicas=9223372036854775807",
    "tts ring:n=8 --target known --algorithm tempering:replicas=2000000",
    "tts ring:n=8 --target known --algorithm population:population=10000000",
    "sweep ea3d:L=4 --vary delay=0:2tau:3 --reads 1000000000",
    "free-energy ea3d:L=4 --reads 1000000000",
    "layout ea3d:L=4 --reads 1000000000",
    "blame ea3d:L=4 --reads 1000000000 --gain-dtod 0.1",
    "problem multiplier:n=99999999999,m=99999999999",
    "problem adder:n=1000000000",
    "problem sk:n=20000",
    "run sk:n=5000",
    "problem maxcut:n=100000,p=0.01",
    "problem wishart:n=100000,alpha=0.7",
    "problem ea3d:L=1000",
    "problem regular:n=100000000,d=3",
    "problem pegasus:m=5000",
    "problem sat:n=1000000000,m=2000000000",
    "problem tile2d:L=1000000",
    "problem planted:L=10000",
    "problem rbm:v=100000,h=100000",
    "problem cnf.cnf",
    "draw model.npz --reads 1000000000000",
    "thermo sample bowl:stiffness=1 --replicas 10000000000 --time 1ns",
]
PEAK = """
import re, resource, sys

def peak_mb():
    if sys.platform == "linux":  # its getrusage still counts the process from which this one was forked
        return int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
"""
SCRIPT = f"""
import contextlib, io, json
from hwsim.cli.main import main
{PEAK}

for words in {HUGE!r}:
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        code = main(words.split())
    print(json.dumps([words, code, said.getvalue(), peak_mb()]), flush=True)
"""


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """(exit code, what was said, largest memory so far in MB) of each command, all in one process."""
    folder = tmp_path_factory.mktemp("memory")
    (folder / "cnf.cnf").write_text("p cnf 2000000000 1\n1 2 0\n")
    plan = {"data": "adder", "chip": "generic-all-to-all", "model": {"kind": "fully"}}
    hwsim.train(plan | {"train": {"steps": 1, "batch": 8, "chains": 8}}, output=folder / "model.npz")
    environment = os.environ | {LIMIT: "1GB", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(rows) == len(HUGE), done.stderr
    return {words: (code, said, peak) for words, code, said, peak in rows}


@pytest.mark.parametrize("words", HUGE)
def test_what_does_not_fit_is_refused_before_it_is_taken(words, refused):
    """In one line, with exit code 2 and less than MOST_MB of memory."""
    code, said, peak_mb = refused[words]
    assert code == 2 and said.startswith("hwsim: error: ") and said.count("\n") == 1 and len(said) <= 240, said
    assert LIMIT in said or "at most" in said, said
    assert peak_mb < MOST_MB


def test_every_generator_says_how_large_it_will_be():
    """Within a factor of four of the couplings that it makes."""
    for one in generators():
        if one.name not in _SIZES:
            assert not one.required  # a graph that is shipped
            continue
        if one.name in ("pegasus", "zephyr"):
            pytest.importorskip("dwave.graphs")
        given = {key: value for key, value in one.optional.items()}
        text = one.example
        given |= dict(part.split("=") for part in text.partition(":")[2].split(","))
        numbers = {key: _number(value) for key, value in given.items()}
        made = generate(text).bqm
        said = _SIZES[one.name].couplings(**numbers)
        assert said / 4 - 20 <= made.num_interactions <= 4 * said + 40, (text, said)
        assert _SIZES[one.name].variables(**numbers) <= 1.5 * made.num_variables, text
        assert seconds_of(text) < 1


def _number(value):
    try:
        return float(value) if "." in str(value) else int(value)
    except (TypeError, ValueError):
        return value


def test_a_program_needs_room_beside_its_problem(monkeypatch, capsys):
    monkeypatch.setenv(LIMIT, "3 MB")  # sk:n=300 takes 2.5 MB, its program 1.8 MB more
    assert main(["problem", "sk:n=300"]) == 0
    assert main(["run", "sk:n=300"]) == 2
    assert "programs of 300 p-bits and 44850 couplings need at least 4.29 MB" in capsys.readouterr().err
    problem = hwsim.read("sk:n=300")
    monkeypatch.setenv(LIMIT, "1 MB")
    with pytest.raises(InputError, match="programs of 300 p-bits"):
        hwsim.compile(problem, "generic-all-to-all")


def test_the_limit_is_bytes_or_text(monkeypatch):
    """Nothing else: a wrong one is refused."""
    for text, octets in (("1000", 1000), ("2 kB", 2000), ("1.5GB", 1_500_000_000)):
        monkeypatch.setenv(LIMIT, text)
        assert available() == octets
    for text in ("much", "-1", ".", "1e400GB", "\u0663GB", "9" * 5000):
        monkeypatch.setenv(LIMIT, text)
        with pytest.raises(InputError, match="must be bytes"):
            available()
    monkeypatch.delenv(LIMIT)
    assert available() > 2**20


@pytest.mark.skipif(sys.platform != "linux", reason="how Linux tells of control groups")
def test_a_container_and_the_limit_of_a_process_count(tmp_path, monkeypatch):
    """What a group and those around it have left, pages of files not counted; and what ulimit -v leaves."""
    monkeypatch.delenv(LIMIT, raising=False)
    (tmp_path / "job" / "step").mkdir(parents=True)
    for folder, most in ((tmp_path / "job", "9000000"), (tmp_path / "job" / "step", "max")):
        (folder / "memory.max").write_text(f"{most}\n")
        (folder / "memory.current").write_text("5000000\n")
        (folder / "memory.stat").write_text("anon 4000000\ninactive_file 1000000\n")
    plain = memory._lines
    monkeypatch.setattr(memory, "_GROUPS", tmp_path)
    monkeypatch.setattr(memory, "_lines", lambda path: ["0::/job/step"] if "cgroup" in str(path) else plain(path))
    assert available() == 5_000_000
    with pytest.raises(InputError, match="all need at least 6 MB, and this container has 5 MB free"):
        check_memory(6 * 10**6, "all")
    monkeypatch.undo()
    code = "from hwsim.memory import available, check_memory; print(available()); check_memory(10**10, 'all')"
    limited = ["sh", "-c", 'ulimit -v 2000000; exec "$0" -c "$1"', sys.executable, code]
    done = subprocess.run(limited, capture_output=True, text=True, cwd=ROOT)
    assert 10**8 < int(done.stdout) < 2_048_000_000 and "and this process may take" in done.stderr


def test_a_sentence_names_need_and_limit(monkeypatch):
    """For a problem, for reads, and where an array could not be had."""
    monkeypatch.setenv(LIMIT, "1 MB")
    check_memory(10**6, "all")
    for ask in (lambda: check_problem(10**6, 10**7, "x", each=80), lambda: check_reads(10**6, 10**6)):
        with pytest.raises(InputError, match=r"need at least .*, and HWSIM_MEMORY_LIMIT is 1 MB"):
            ask()
    try:
        np.zeros((2**40, 2**10))
    except MemoryError as error:
        assert refusal(error) == "an array of 9010 TB does not fit into memory: HWSIM_MEMORY_LIMIT is 1 MB"
    assert "does not fit into memory" in refusal(MemoryError())


@pytest.mark.skipif(sys.platform != "linux", reason="the largest memory of this process alone")
@pytest.mark.parametrize(
    "text", ["sk:n=1500", "multiplier:n=120,m=120", "pegasus:m=24", "planted:L=300", "adder:n=60000"]
)
def test_the_estimate_is_no_more_than_a_problem_takes(text, monkeypatch):
    """A problem that fits is never refused: what it takes is more than what is asked for."""
    name = text.partition(":")[0]
    if name == "pegasus":
        pytest.importorskip("dwave.graphs")
    small = next(one.example for one in generators() if one.name == name)
    code = PEAK + f"from hwsim.problem.generate import generate; generate({small!r}); few = peak_mb(); "
    code += f"generate({text!r}); print(peak_mb() - few)"
    taken = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    monkeypatch.setenv(LIMIT, str(int(float(taken) * 1e6)))
    generate(text)


def test_a_number_of_any_length_is_told_in_few_digits():
    assert [many(count) for count in (999_999, 10**6, 10**300, 10**400)] == ["999999", "1e+06", "1e+300", "2^1328"]
    with pytest.raises(InputError, match=r"^2\^1328 reads of 4 p-bits need at least"):
        check_reads(4, 10**400)


@pytest.mark.parametrize("name", ["d.txt", "c.cnf", "w.wcnf", "m.mtx", "b.bq"])
def test_what_a_header_promises_is_refused_before_it_is_taken(name, tmp_path, monkeypatch):
    n = 16_000_000
    heads = {"d.txt": f"{n} 1", "c.cnf": f"p cnf {n} 1", "w.wcnf": f"p wcnf {n} 1 9", "b.bq": f"{n} 1"}
    heads |= {"m.mtx": f"%%MatrixMarket matrix coordinate real symmetric\n{n} {n} 1"}
    (tmp_path / name).write_text(f"{heads[name]}\n1 2 0\n")
    monkeypatch.setenv(LIMIT, "1GB")
    with pytest.raises(InputError, match=r"1.6e\+07 variables .* need at least 4 GB"):
        hwsim.read(tmp_path / name)
