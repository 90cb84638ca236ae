"""A study with two workers and a training, struck at random moments, on a disk that fills up, with a clock that jumps:
the rows and the weights are those of a run that nobody disturbed, and nothing else is left.

The suite strikes each once. ``pytest tests/soak --soak 100`` strikes each a hundred times, and every other command
ten times; --soak-seed takes other moments.
"""

import contextlib
import io
import json
import random
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from life import Command, check_code, check_words, is_pythons_own, left_in, suffer

from hwsim.cli.main import main
from hwsim.errors import InputError
from hwsim.npy import arrays_of
from hwsim.study.store import Store

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups")
LENGTH_S = 2.0
"""What a command of the suite takes on a computer with nothing else to do; --soak measures it."""
HEAD = """
problem = "planted:L=6,seed=1..2,loops=60"
target = "known"
chip = "generic-all-to-all"
reads = 256
schedules = 4
[set]
tau = "5 ns"
"""
SHORT = """
[grid]
clock = ["chromatic", "poisson"]
time = ["0.5 us"]
[stop]
relative_width = 0.0001
max_shards = 10
"""
LONG = """
[grid]
scheme = [
  { name = "annealing", clock = "poisson", time = "4 us" },
  { name = "APT", clock = "chromatic", algorithm = "tempering", time = "1 us", reads = 8, schedules = 2, replicas = 2 },
  { name = "SQA", clock = "chromatic", algorithm = "quantum", time = "1 us", replicas = 4, reads = 16 },
  { name = "PA", clock = "chromatic", algorithm = "population", time = "1 us", reads = 4, population = 32 },
]
[stop]
relative_width = 0.0001
max_shards = 6
"""
LEARN = """
data = "adder"
chip = "generic-all-to-all"
seed = 3
[model]
kind = "fully"
hidden = 2
[machine]
set = {{ delay = "0.3tau", weight_bits = 8 }}
rounding = "stochastic"
[train]
steps = {steps}
batch = 8
chains = 32
[update]
rate = 0.02
method = "adam"
averaging = 0.5
[judge]
times = {times}
"""
ALONE = ("study", "plan.toml", "--store", "s.db", "--workers", "1")
STUDY = (*ALONE[:-1], "2")
TRAIN = ("train", "learn.toml", "-o", "m.npz", "--json", "h.json", "--threads", "1")


def rows_of(path):
    """All rows and points of a store, which passes its own check and SQLite's."""
    with Store(path, create=False) as store:
        assert all(len(row.energies) == sum(row.sizes) for row in store.rows())
        assert all(seconds >= 0 for seconds in store.host_seconds().values())
    db = sqlite3.connect(path)
    try:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = db.execute("SELECT * FROM rows ORDER BY point, shard").fetchall()
        return rows, db.execute("SELECT * FROM points ORDER BY key").fetchall()
    finally:
        db.close()


def timeless(value):
    """``value`` without the seconds of this computer, which must not be negative."""
    if isinstance(value, dict):
        assert value.get("host_s", 0.0) >= 0
        return {key: timeless(each) for key, each in value.items() if key not in ("host_s", "provenance")}
    return [timeless(each) for each in value] if isinstance(value, list) else value


def learnt(folder):
    """(arrays of the model, its manifest, the document of the history): all but wall time."""
    arrays = arrays_of((folder / "m.npz").read_bytes(), "m.npz")
    manifest = json.loads(str(arrays.pop("manifest")))
    document = json.loads((folder / "h.json").read_text())
    return {key: (each.dtype, each.tobytes()) for key, each in arrays.items()}, timeless(manifest), timeless(document)


class Trial:
    """A command, its plan, and what it comes to when nobody disturbs it. alone : its words for a single process"""

    def __init__(self, folder, words, alone, plan, found, *, is_long):
        self.words, self.alone, self.plan, self._found = words, alone, plan, found
        self.length_s, self.folder = LENGTH_S, folder / "alone"
        self.whole = self._run_here(self.empty(self.folder))
        for name in ("first", "second") if is_long else ():  # the first may have compiled kernels, and lasts longer
            self.length_s = self._run(self.empty(folder / name))
            assert self.check(folder / name) == self.whole

    def _run_here(self, folder):
        """What a run of this very process in ``folder`` comes to: no other Python has to start."""
        said = io.StringIO()
        with contextlib.chdir(folder / "here"), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            assert main(list(self.alone)) == 0, said.getvalue()
        return self.check(folder)

    def _run(self, folder):
        """Run the command in ``folder``, undisturbed; how long that takes."""
        began = time.monotonic()
        done = self.command(folder).begin()
        assert done.ended() == 0, done.text()
        return time.monotonic() - began

    def empty(self, folder):
        """``folder``, made, with the plan and nothing else."""
        (folder / "here").mkdir(parents=True)
        (folder / "scratch").mkdir()
        (folder / "here" / self.words[1]).write_text(self.plan)
        return folder

    def command(self, folder, **how):
        return Command(self.words, folder / "here", folder / "scratch", **how)

    def check(self, folder):
        """What ``folder`` holds at the end, and no other file anywhere."""
        files = {self.words[1], *(word for word in self.words[2:] if word in ("s.db", "m.npz", "h.json"))}
        assert left_in(folder / "here", files) == set() and left_in(folder / "scratch", set()) == set()
        return self._found(folder / "here")


@pytest.fixture(scope="module")
def study(tmp_path_factory, request):
    plan = HEAD + (LONG if request.config.option.soak else SHORT)
    return Trial(
        tmp_path_factory.mktemp("study") / "whole",
        STUDY,
        ALONE,
        plan,
        lambda folder: rows_of(folder / "s.db"),
        is_long=bool(request.config.option.soak),
    )


@pytest.fixture(scope="module")
def training(tmp_path_factory, request):
    parts = 90 if request.config.option.soak else 30
    plan = LEARN.format(steps=10 * parts, times=parts)
    folder = tmp_path_factory.mktemp("training") / "whole"
    return Trial(folder, TRAIN, TRAIN, plan, learnt, is_long=bool(request.config.option.soak))


@pytest.fixture
def strikes(request):
    return request.config.option.soak or 1


@pytest.fixture
def draw(request):
    return random.Random(f"{request.config.option.soak_seed} {request.node.name}")


def names(usual):
    """Parameters of a test: the suite tries the ``usual`` one, --soak both."""
    return pytest.mark.parametrize("name", [usual, {"study": "training", "training": "study"}[usual]])


@pytest.fixture(autouse=True)
def only_the_usual_without_the_flag(request):
    given = getattr(request.node, "callspec", None)
    if given is not None and "name" in given.params and not request.config.option.soak:
        usual = request.node.get_closest_marker("parametrize").args[1][0]
        if given.params["name"] != usual:
            pytest.skip("with --soak N")


@names("study")
def test_struck_at_random_moments_it_comes_to_the_same(name, strikes, draw, request, tmp_path):
    """Killed, interrupted, ended, whole or in part, while it starts, works or writes."""
    trial, counts, taken, lives = request.getfixturevalue(name), Counter(), 0, 0
    while taken < strikes:
        folder = trial.empty(tmp_path / f"life{lives}")
        taken += suffer(
            trial.command(folder), strikes=strikes - taken, length_s=trial.length_s, draw=draw, counts=counts
        )
        assert trial.check(folder) == trial.whole, f"life {lives} differs: {dict(counts)}"
        lives += 1
        said = f"{taken} strikes in {lives} lives of {trial.length_s:.1f} s, {dict(sorted(counts.items()))}"
        print(f"\n{name}: {said}", flush=True)


def test_two_at_once_of_which_one_is_killed(study, strikes, draw, request, tmp_path):
    """Both add to one store; the one that is left ends well, with all rows."""
    words = study.words if request.config.option.soak else study.alone
    for number in range(strikes):
        folder = study.empty(tmp_path / f"pair{number}")
        (folder / "other").mkdir()
        pair = [Command(words, folder / "here", folder / "other").begin()]
        time.sleep(draw.uniform(0, 1))
        pair.append(Command(words, folder / "here", folder / "scratch").begin())
        time.sleep(draw.uniform(0, study.length_s))
        killed = draw.randrange(2)
        pair[killed].strike(draw.choice(("all", "command")), draw)
        codes = [each.ended() for each in pair]
        assert codes[1 - killed] == 0 and codes[killed] in (0, -9), (codes, pair[1 - killed].text())
        for each in pair:
            check_words(each.text())
        if killed:  # what it left goes when the next one begins there
            assert Command(words, folder / "here", folder / "scratch").begin().ended() == 0
        assert study.check(folder) == study.whole


@pytest.fixture(scope="module")
def jumping(tmp_path_factory):
    """Variables for a command whose wall clock is wrong by what the file at CLOCK_SHIFT says."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("a clock that jumps needs Linux and a C compiler")
    folder = tmp_path_factory.mktemp("clock")
    source, library = Path(__file__).with_name("jump.c"), folder / "jump.so"
    made = subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    (folder / "shift").write_bytes(bytes(8))
    return {"LD_PRELOAD": str(library), "CLOCK_SHIFT": str(folder / "shift")}


DAY_S, YEAR_S = 86400, 31557600
SHIFTS = (0, -3600, DAY_S, -50 * YEAR_S, 90 * YEAR_S)
"""An hour back, a day on, and to years that are none in a zip file."""


def set_clock(path, shift_s):
    """Let the clocks of all who look at ``path`` be wrong by ``shift_s`` from now on."""
    with open(path, "r+b") as file:
        file.write(np.int64(shift_s).tobytes())


@names("training")
def test_a_clock_that_jumps_changes_nothing(name, jumping, strikes, draw, request, tmp_path):
    """Back and forth several times a second, under strikes as well: no row, weight, progress or lock depends on it."""
    trial, counts, over, jumps = request.getfixturevalue(name), Counter(), threading.Event(), 0

    def jump():
        nonlocal jumps
        moments = random.Random(jumps)
        while not over.wait(moments.uniform(0.02, 0.3)):
            set_clock(Path(jumping["CLOCK_SHIFT"]), moments.choice(SHIFTS))
            jumps += 1

    jumper = threading.Thread(target=jump)
    jumper.start()
    try:
        taken = lives = 0
        while taken < strikes:
            folder = trial.empty(tmp_path / f"life{lives}")
            command = trial.command(folder, more=jumping)
            taken += suffer(command, strikes=strikes - taken, length_s=trial.length_s, draw=draw, counts=counts)
            assert trial.check(folder) == trial.whole
            lives += 1
    finally:
        over.set()
        jumper.join()
        set_clock(Path(jumping["CLOCK_SHIFT"]), 0)
    assert jumps > 5
    print(f"\n{name}: {jumps} jumps, {taken} strikes in {lives} lives, {dict(sorted(counts.items()))}")


@names("training")
def test_a_disk_that_fills_up_is_a_sentence_and_a_rerun_goes_on(name, strikes, draw, request, tmp_path):
    """Wherever it is full, the sentence names the file, and once there is space all comes to the same."""
    trial, counts = request.getfixturevalue(name), Counter()
    size = sum(path.stat().st_size for path in (trial.folder / "here").iterdir())
    for number in range(strikes):
        folder = tmp_path / f"disk{number}"
        folder.mkdir()
        with Disk(folder, draw.randrange(16384, int(1.5 * size))) as disk:
            trial.empty(folder / "own")
            where = draw.choice((folder / "own" / "scratch", tmp_path))
            command = Command(trial.words, folder / "own" / "here", where, before=disk.limit)
            running = command.begin()
            code, text = running.ended(), running.text()
            check_words(text)
            counts[f"exit code {code}"] += 1
            assert code in (0, 2), text
            if code == 2:
                said = [line for line in text.split("\n") if line.startswith("hwsim: error: ")]
                assert len(said) == 1 and any(word in said[0] for word in ("s.db", ".npz", "h.json")), text
            disk.free()
            again = trial.command(folder / "own").begin()
            assert again.ended() == 0, again.text()
            assert trial.check(folder / "own") == trial.whole
    print(f"\n{name} on full disks: {dict(counts)}")


def test_a_store_that_is_begun_on_a_disk_of_any_size_is_whole_or_not_there(tmp_path):
    with Disk(tmp_path, 2**20) as disk:
        if not disk.is_mounted:
            pytest.skip("needs the right to mount a disk")
    for pages in range(1, 30):
        with Disk(tmp_path, 4096 * pages) as disk:
            try:
                Store(tmp_path / "s.db").close()
            except InputError as error:
                assert "no space is left" in str(error) or "the disk refuses the store" in str(error)
            disk.free()
            with Store(tmp_path / "s.db") as store:
                assert store.count() == (0, 0)


class Disk:
    """A small disk at ``folder`` where this process may mount one; else a limit of the size of each file."""

    def __init__(self, folder, size):
        self.folder, self.size, self.limit = folder, size, None

    def __enter__(self):
        self.is_mounted = self._mount(f"size={self.size}") == 0
        if not self.is_mounted:
            self.limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (self.size, self.size))
        return self

    def _mount(self, options):
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        return subprocess.run(words, capture_output=True).returncode if shutil.which("mount") else 1

    def free(self):
        """Let there be space."""
        self.limit = None
        if self.is_mounted:
            assert self._mount("remount,size=64m") == 0

    def __exit__(self, *exception):
        if self.is_mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


def test_a_signal_at_any_moment_of_any_command(request, draw, tmp_path):
    """From its first import to its last word: 130 or 143 and one sentence, or its own end; no part of a file stays."""
    if not request.config.option.soak:
        pytest.skip("with --soak N")
    import corpus
    import lines

    (tmp_path / "here").mkdir()
    (tmp_path / "scratch").mkdir()
    corpus.build(tmp_path / "here")
    counts, given = Counter(), {path.name for path in (tmp_path / "here").iterdir()}

    def tidy():
        for path in (path for path in (tmp_path / "here").iterdir() if path.name not in given):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    for name, (line, *_) in lines.EXAMPLES.items():
        command = Command(line.split(), tmp_path / "here", tmp_path / "scratch")
        began = time.monotonic()
        assert command.begin().ended() == 0, line
        length_s = time.monotonic() - began
        for _ in range(max(1, request.config.option.soak // 10)):
            tidy()
            how, running = draw.choice(("int", "int all", "term")), command.begin()
            time.sleep(draw.uniform(0, length_s))
            running.strike(how, draw)
            code, text = running.ended(), running.text()
            check_words(text)
            if is_pythons_own(text):
                counts["before the command"] += 1
                continue
            counts[f"exit code {code}"] += 1
            if code != 0:
                check_code(code, {how}, text)
            left = [path.name for path in (tmp_path / "here").iterdir() if path.name.startswith(".")]
            assert left == [] and list((tmp_path / "scratch").iterdir()) == [], (name, left)
        tidy()
    print(f"\n{len(lines.EXAMPLES)} commands: {dict(sorted(counts.items()))}")
