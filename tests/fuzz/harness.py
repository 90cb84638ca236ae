"""The fuzzer: it runs commands on files and words that are wrong, and counts what no command may do.

Enters: valid files (`corpus`), commands (`lines`). Leaves: for each case the kinds of what was wrong with how it ended.
"""

import io
import json
import os
import pickle
import re
import shutil
import struct
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path

import mutate
from worker import Ending

MOST_CHARACTERS = 240
MOST_MISTAKES = 20
MOST_MEMORY_KB = 300 * 1024
"""Of a command that is refused, the interpreter and all imports counted."""
_FRESH_KB = 60 * 1024
"""A refused case that took so much more than the worker had is run once more by itself, to know the whole of it."""
MOST_STOP_S = 3.0
"""Seconds of a processor that a command may take to end after SIGINT."""
_MOST_READ = 2 * 10**7
"""Bytes of a file that are looked at."""
ENDS_WITH_1 = {"merge", "rtl"}
"""Commands that document the exit code 1."""
_HERE = Path(__file__).parent
_WARNING = re.compile(r"^\S*\b\w*Warning\b.*:", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]")


@dataclass(frozen=True)
class Case:
    """words : of the command;  group : for counts;  seed : that made it;  file, data : what is changed"""

    words: tuple[str, ...]
    group: str
    seed: str
    file: str = ""
    data: bytes = b""


def faults(case, ending):
    """The kinds of what was wrong with how ``case`` ended: none for a good one."""
    if ending.hung:
        return ["hang"]
    if ending.died is not None:
        return [f"died of signal {ending.died}"]
    found = []
    if ending.error is not None or "Traceback (most recent" in ending.err:
        last = (ending.error or ending.err).strip().splitlines()[-1]
        return [f"traceback: {last.partition(':')[0][:60]}"]
    allowed = {0, 2} | ({1} if case.words[0] in ENDS_WITH_1 else set()) | ({130} if ending.stopped else set())
    if ending.code not in allowed:
        found.append(f"exit code {ending.code}")
    if ending.stop_s > MOST_STOP_S:
        found.append("slow to stop")
    if _WARNING.search(ending.err) or _WARNING.search(ending.out):
        found.append("warning")
    if _CONTROL.search(ending.err.replace("\t", "")):
        found.append("control character")
    if ending.code == 2 and not (ending.out and not ending.err):  # hwsim check --json - says it in JSON
        found += refusal_faults(ending.err)
        found += ["memory before a refusal"] if ending.peak_kb > MOST_MEMORY_KB else []
    return found + _file_faults(case, ending)


def _file_faults(case, ending):
    """What is wrong with the files of an ending. A store grows by whole rows, and keeps them where there is a refusal
    later."""
    found = [f"partial file {_pattern(name)}" for name, held in ending.left.items() if is_part(name, held)]
    found += [f"file named like an option: {name}" for name in ending.left if name.startswith("-")]
    found += [f"file lost: {_pattern(name)}" for name in ending.lost if ending.code is not None]
    if ending.code == 2 and case.words[0] != "check":  # which says in a file, too, what is wrong with a card
        others = [name for name, held in ending.left.items() if not held.startswith(_SQLITE)]
        found += [f"file of a refusal: {_pattern(name)}" for name in others if not name.endswith(("-wal", "-shm"))]
    return found


def refusal_faults(said):
    """What is wrong with the words of a refusal: a line, or a line for each of at most 20 mistakes."""
    lines = [line for line in said.rstrip("\n").split("\n") if ": read as " not in line]
    if lines == [""]:
        return ["refusal without a word"]
    found = []
    if any(len(line) > MOST_CHARACTERS for line in lines):
        found.append("refusal too long")
    if len(lines) > MOST_MISTAKES + 1:
        found.append("too many mistakes")
    head = re.search(r"\b(\d+) mistakes", lines[0])
    rest = lines[1:]
    many = head is not None and all(line.startswith("  ") for line in rest)
    each = all(re.search(r".: \S", line) for line in lines)
    checked = not lines[0].startswith("hwsim") and each
    if rest and not many and not checked:
        found.append("refusal of several lines")
    return found


def told(case, ending, fault):
    """A case and how it ended, for the report of a test."""
    end = (ending.error or ending.err).strip().splitlines()[-3:]
    return f"{fault}: {case.group}, seed {case.seed}: hwsim {' '.join(case.words)!r:.200}\n    " + "\n    ".join(end)


def _pattern(name):
    return re.sub(r"[0-9]+|-\w{6,}", "#", name)


_SQLITE = b"SQLite format 3\0"


def is_part(name, held):
    """Whether the file ``name`` that holds ``held`` is no whole one, as far as its kind says: cut short, or left under
    the name that it had while it was written."""
    base = Path(name).name
    if base.endswith(("-wal", "-shm")):  # of a store that another process of the worker has open
        return False
    hidden = base.startswith(".") and not base.removeprefix(".").isalpha()  # a user may well call a store ".db"
    if hidden or base.endswith((".tmp", ".part", "-journal")) or not held:
        return True
    check = next(
        (whole for mark, whole in _BY_MARK.items() if held.startswith(mark)), _BY_ENDING.get(Path(name).suffix)
    )
    try:
        return check is not None and not check(held)
    except Exception:  # of a reader of that kind
        return True


def _zip_is_whole(held):
    with zipfile.ZipFile(io.BytesIO(held)) as file:
        return file.testzip() is None


_BY_MARK = {
    b"{": lambda held: json.loads(held) is not None,
    b"\x89PNG": lambda held: b"IEND" in held[-12:],
    b"%PDF": lambda held: held.rstrip().endswith(b"%%EOF"),
    b"<?xml": lambda held: held.rstrip().endswith(b">"),
    b"PK": _zip_is_whole,
    b"SQLite": lambda held: True,  # the fuzzer itself damages stores
}
_BY_ENDING = {
    ".html": lambda held: held.rstrip().endswith(b"</html>"),
    ".v": lambda held: all(line[:1] in (b"`", b"") for line in held.rpartition(b"endmodule")[2].split(b"\n")),
}
"""Whether a file is whole, by how it begins or by the ending of its name."""


class Runner:
    """A worker (`worker`), and the folder in which cases run, which is made anew where one changed it."""

    def __init__(self, folder, valid):
        self.folder, self.valid = Path(folder), Path(valid)
        self.stamps, self.wanted = {}, set(_stamps(self.valid))
        self.folder.mkdir(exist_ok=True)
        self.restore()
        ours, theirs = os.pipe()
        os.set_inheritable(theirs, True)
        paths = [str(_HERE), str(_HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
        self.environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "MPLBACKEND": "Agg",
            "COLUMNS": "100",
        }
        self.process = subprocess.Popen(
            [sys.executable, str(_HERE / "worker.py"), str(theirs)],
            stdin=subprocess.PIPE,
            pass_fds=[theirs],
            env=self.environment,
        )
        os.close(theirs)
        self.endings = os.fdopen(ours, "rb")

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.process.stdin.close()
        self.process.wait()
        self.endings.close()

    def warm(self, cases):
        """Run ``cases`` once in the worker itself, so that its children need not import and compile."""
        self._send([(case.words, str(self.folder)) for case in cases])

    def restore(self):
        """Bring the folder back to what is valid: files that were added go, files that changed come back."""
        found = _stamps(self.folder)
        for name in found.keys() - {name for name, stamp in found.items() if self.stamps.get(name) == stamp}:
            (self.folder / name).unlink()
        self.stamps = {name: stamp for name, stamp in self.stamps.items() if found.get(name) == stamp}
        for folder in _folders(self.folder) - _folders(self.valid):
            shutil.rmtree(self.folder / folder)
        for name in self.wanted - self.stamps.keys():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.valid / name, path)
            self.stamps[name] = _stamp(path.lstat())

    def run(self, case):
        """How ``case`` ends."""
        if case.file:
            path = self.folder / case.file
            path.unlink(missing_ok=True)  # it may be one of those that stay
            path.write_bytes(case.data)
        before = _stamps(self.folder)
        self._send((case.words, str(self.folder)))
        head = self.endings.read(8)
        if len(head) < 8:
            raise RuntimeError(f"the worker ended at {case}")
        made = pickle.loads(self.endings.read(struct.unpack("<Q", head)[0]))
        assert isinstance(made, Ending)
        after = _stamps(self.folder)
        changed = [name for name, stamp in after.items() if before.get(name) != stamp]
        left = {name: self._held(name) for name in changed}
        made = replace(made, left=left, lost=tuple(before.keys() - after.keys()))
        if made.code == 2 and made.grown_kb > _FRESH_KB:
            made = replace(made, peak_kb=self._peak_kb(case))
        self.restore()
        return made

    def _held(self, name):
        with (self.folder / name).open("rb") as file:
            return file.read(_MOST_READ)

    def _peak_kb(self, case):
        """The most memory that the words of ``case`` take in a process of their own, or in one that it starts."""
        call = "import sys; from worker import run; sys.exit(run(sys.argv[1:]))"
        done = subprocess.Popen(
            [sys.executable, "-c", call, *case.words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        used = os.wait4(done.pid, 0)[2]
        done.returncode = 0  # it is waited for
        return used.ru_maxrss // (1 if sys.platform == "linux" else 1024)

    def _send(self, message):
        packed = pickle.dumps(message)
        self.process.stdin.write(struct.pack("<Q", len(packed)) + packed)
        self.process.stdin.flush()


def _stamp(found):
    return found.st_mtime_ns, found.st_size, found.st_ino


def _stamps(folder, inner=""):
    """{name: stamp} of the files in ``folder`` and in folders of it."""
    found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                found |= _stamps(entry.path, f"{inner}{entry.name}/")
            else:
                found[inner + entry.name] = _stamp(entry.stat(follow_symlinks=False))
    return found


def _folders(folder):
    """Names of the folders in ``folder``."""
    return {entry.name for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False)}


def file_case(rng, seed, samples, folder):
    """A case of one mutated file under a name of its own, or its own name where another file names it."""
    slow = {"Verilog"} if rng.random() < 0.9 else set()  # it takes a second
    groups = sorted({each.group for each in samples} - slow)
    group = rng.choice(groups)
    sample = rng.choice([each for each in samples if each.group == group])
    data = mutate.mutated(rng, sample.kind, (Path(folder) / sample.file).read_bytes())
    return case_of(sample, rng.choice(sample.commands), data, seed)


def case_of(sample, words, data, seed):
    """The case of ``data`` in place of the file of ``sample``, for the command ``words`` of it."""
    name = "m" + "".join(Path(sample.file.removeprefix("f-")).suffixes[-2:] if "." in sample.file else "")
    if "{}" not in words:
        name = sample.file
    if sample.file.endswith(".toml"):
        name = "m.toml"
    return Case(tuple(name if word == "{}" else word for word in words), sample.group, seed, name, data)
