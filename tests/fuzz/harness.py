"""The fuzzer: it runs commands on files and words that are wrong, and counts what no command may do.

Enters: valid files (`corpus`), commands (`lines`). Leaves: for each case the kinds of what was wrong with how it ended.
"""

import json
import os
import pickle
import re
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import mutate
from worker import Ending

MOST_CHARACTERS = 240
MOST_MISTAKES = 20
MOST_MEMORY_KB = 300 * 1024
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
    if _WARNING.search(ending.err) or _WARNING.search(ending.out):
        found.append("warning")
    if _CONTROL.search(ending.err.replace("\t", "")):
        found.append("control character")
    if ending.code == 2 and not (ending.out and not ending.err):  # hwsim check --json - says it in JSON
        found += refusal_faults(ending.err)
        if ending.grown_kb > MOST_MEMORY_KB:
            found.append("memory before a refusal")
    return found + [f"partial file {_pattern(name)}" for name, held in ending.left.items() if _is_part(name, held)]


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


def _is_part(name, held):
    """Whether a file that was left is a part of one."""
    if name.startswith(".") or name.endswith((".tmp", ".part")) or not held:
        return not name.endswith(("-wal", "-shm"))
    if held[:1] == b"{" and len(held) < 10**6:
        try:
            json.loads(held)
        except ValueError:
            return True
    if held.startswith(b"\x89PNG"):
        return len(held) < 10**6 and not held.rstrip(b"\0").endswith(b"IEND\xaeB`\x82")
    return False


class Runner:
    """A worker (`worker`), and the folder in which cases run, which is made anew where one changed it."""

    def __init__(self, folder, valid):
        self.folder, self.valid = Path(folder), Path(valid)
        self.stamps = {}
        self.restore()
        ours, theirs = os.pipe()
        os.set_inheritable(theirs, True)
        paths = [str(_HERE), str(_HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
        self.process = subprocess.Popen(
            [sys.executable, str(_HERE / "worker.py"), str(theirs)],
            stdin=subprocess.PIPE,
            pass_fds=[theirs],
            env=os.environ
            | {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "MPLBACKEND": "Agg", "COLUMNS": "100"},
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
        self._send([(case.words, str(self.folder), self._names()) for case in cases])

    def restore(self):
        """Bring the folder back to what is valid: files that were added go, files that changed come back."""
        self.folder.mkdir(exist_ok=True)
        wanted = {path.name: path for path in self.valid.iterdir()}
        for path in self.folder.iterdir():
            stamp = self.stamps.get(path.name)
            if stamp is None or stamp != _stamp(path):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        for name, source in wanted.items():
            path = self.folder / name
            if not path.exists():
                shutil.copytree(source, path) if source.is_dir() else shutil.copyfile(source, path)
                self.stamps[name] = _stamp(path)

    def run(self, case):
        """How ``case`` ends."""
        if case.file:
            path = self.folder / case.file
            path.unlink(missing_ok=True)  # it may be one of those that stay
            path.write_bytes(case.data)
        self._send((case.words, str(self.folder), self._names()))
        head = self.endings.read(8)
        if len(head) < 8:
            raise RuntimeError(f"the worker ended at {case}")
        made = pickle.loads(self.endings.read(struct.unpack("<Q", head)[0]))
        self.restore()
        assert isinstance(made, Ending)
        return made

    def _names(self):
        return {path.name for path in self.folder.iterdir()}

    def _send(self, message):
        packed = pickle.dumps(message)
        self.process.stdin.write(struct.pack("<Q", len(packed)) + packed)
        self.process.stdin.flush()


def _stamp(path):
    if path.is_dir() and not path.is_symlink():
        return tuple(_stamp(each) for each in sorted(path.iterdir()))
    found = path.lstat()
    return found.st_mtime_ns, found.st_size, found.st_ino


def file_case(rng, seed, samples, folder):
    """A case of one mutated file under a name of its own, or its own name where another file names it."""
    slow = {"Verilog"} if rng.random() < 0.9 else set()  # it takes a second
    groups = sorted({each.group for each in samples} - slow)
    group = rng.choice(groups)
    sample = rng.choice([each for each in samples if each.group == group])
    data = mutate.mutated(rng, sample.kind, (Path(folder) / sample.file).read_bytes())
    words = rng.choice(sample.commands)
    name = "m" + "".join(Path(sample.file.removeprefix("f-")).suffixes[-2:] if "." in sample.file else "")
    if "{}" not in words:
        name = sample.file
    if sample.file.endswith(".toml"):
        name = "m.toml"
    return Case(tuple(name if word == "{}" else word for word in words), group, seed, name, data)
