"""A process that runs cases of the fuzzer, each in a child, and says how each ended.

Enters: on standard input, pickled cases. Leaves: on the descriptor that the command line names, a pickled Ending each.
A child runs many cases; one that dies, hangs or has grown is replaced by another, forked from this process, which has
imported everything and compiled nothing twice.
"""

import contextlib
import functools
import gc
import io
import os
import pickle
import resource
import signal
import struct
import sys
import time
import traceback
import warnings
from dataclasses import dataclass, field, replace
from multiprocessing import Pipe
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a case ended. code : exit code, None where there was none;  out, err : the ends of what was printed
    error : traceback of what was raised, if anything;  died : signal that ended the process, if any
    stopped : whether it took too long and was sent SIGINT;  stop_s : seconds of a processor that it then took to end
    hung : whether it did not stop, and was killed
    grown_kb : how much more memory it, or a process that it started, took than there was before
    peak_kb : the most memory of the whole command, where it was run once more by itself to know it, else 0
    left : files that it made or changed, by name;  lost : names of files that it removed
    """

    code: int | None = None
    out: str = ""
    err: str = ""
    error: str | None = None
    died: int | None = None
    stopped: bool = False
    stop_s: float = 0.0
    hung: bool = False
    seconds: float = 0.0
    grown_kb: int = 0
    peak_kb: int = 0
    left: dict[str, bytes] = field(default_factory=dict)
    lost: tuple[str, ...] = ()


LIMIT_S, GRACE_S = 8.0, 15.0
"""Seconds of a processor that a case may take, and after SIGINT."""
_MORE_MEMORY = 3 * 2**30
_CASES = 300
_KEPT = 4000


def readers():
    """Functions of Python that read files which no command reads; what they are called with is a path."""
    from hwsim import load_run
    from hwsim.learn.denoise import Denoiser
    from hwsim.learn.model import Model
    from hwsim.program.file import load

    return {"@run": load_run, "@program": load, "@model": Model.load, "@denoiser": Denoiser.load}


def run(words):
    """The exit code of ``hwsim`` with ``words``, or of a reader as the command would have it."""
    from hwsim.cli.main import main
    from hwsim.errors import HwsimError

    if words[0].startswith("@"):
        try:
            readers()[words[0]](words[1])
        except HwsimError as error:
            print(f"hwsim: error: {error}", file=sys.stderr)
            return 2
        return 0
    return main(words)


def _memory_kb(name):
    """A number of /proc/self/status in kB; 0 where there is none."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)


def _busy_s(pid):
    """Seconds of a processor that a process has taken; by the clock where /proc does not say."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return time.perf_counter()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children_kb():
    """The most memory that a process which this one started took, and ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // (1 if sys.platform == "linux" else 1024)


def _reset_peak():
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


class _Streams:
    """Standard output and error as files, also for what is no Python."""

    def __init__(self):
        self.files = [os.memfd_create(name) if hasattr(os, "memfd_create") else _unnamed() for name in ("out", "err")]
        for number, file in enumerate(self.files, 1):
            os.dup2(file, number)

    def fresh(self):
        """Begin a case."""
        for file in self.files:
            os.ftruncate(file, 0)
            os.lseek(file, 0, os.SEEK_SET)
        sys.stdout, sys.stderr = map(_stream, (1, 2))

    def held(self):
        """(output, errors)."""
        found = []
        for file in self.files:
            size = os.fstat(file).st_size
            found.append(os.pread(file, _KEPT, max(0, size - _KEPT)).decode("utf-8", "replace"))
        return tuple(found)


def _stream(number):
    """The text that goes to a descriptor at once."""
    return io.TextIOWrapper(
        io.FileIO(number, "w", closefd=False), "utf-8", write_through=True, errors="backslashreplace"
    )


def _unnamed():
    import tempfile

    return tempfile.TemporaryFile().fileno()


def _case(words, folder, streams):
    """The Ending of one case in ``folder``, but for its files."""
    os.chdir(folder)
    streams.fresh()
    warnings.resetwarnings()
    warnings.simplefilter("always")
    for kind in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
        warnings.simplefilter("ignore", kind)
    _reset_peak()
    before, children, started = _memory_kb("VmRSS"), _children_kb(), time.perf_counter()
    code, error = None, None
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            code = run(list(words))
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except KeyboardInterrupt:
        if code is None:  # else it came when the command had ended
            error = traceback.format_exc()[-_KEPT:]
    except BaseException:
        error = traceback.format_exc()[-_KEPT:]
    seconds, peak = time.perf_counter() - started, _memory_kb("VmHWM")
    out, err = streams.held()
    later = _children_kb()  # the most of any so far: only one that took more than all before it is known
    grown = max(0, peak - before, later - before if later > children else 0)
    return Ending(code=code, out=out, err=err, error=error, seconds=seconds, grown_kb=grown)


def _serve(pipe):
    """Run cases until the other end is closed."""
    streams = _Streams()
    grown = _memory_kb("VmSize") * 1024 + _MORE_MEMORY
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (grown, grown))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    while True:
        try:
            words, folder = pipe.recv()
        except EOFError:
            return
        pipe.send(_case(words, folder, streams))


class _Child:
    """A child that runs cases."""

    def __init__(self):
        self.pipe, other = Pipe()
        self.cases = 0
        self.pid = os.fork()
        if self.pid == 0:
            self.pipe.close()
            os.setsid()  # what it starts is ended with it
            try:
                _serve(other)
            finally:
                os._exit(0)
        other.close()

    def _answers(self, limit_s):
        """Whether an Ending comes within ``limit_s`` of the child's own processor time, or ten times as long without
        any: another load on this computer is no hang."""
        began, started = _busy_s(self.pid), time.perf_counter()
        while not self.pipe.poll(0.25):
            if _busy_s(self.pid) - began > limit_s or time.perf_counter() - started > 10 * limit_s:
                return False
        return True

    def ending(self, case):
        """How ``case`` ends, and whether the child can go on."""
        self.cases += 1
        self.pipe.send(case)
        started, stopped, stop_s = time.perf_counter(), False, 0.0
        try:
            if not self._answers(LIMIT_S):
                stopped, before = True, _busy_s(self.pid)
                os.kill(self.pid, signal.SIGINT)
                if not self._answers(GRACE_S):
                    return Ending(stopped=True, hung=True, seconds=time.perf_counter() - started), False
                stop_s = _busy_s(self.pid) - before
            made = self.pipe.recv()
        except EOFError:
            _, status = os.waitpid(self.pid, 0)
            self.pid = None
            if stopped and os.WIFEXITED(status) and os.WEXITSTATUS(status) == 130:  # out of a library's call
                return Ending(code=130, stopped=True, seconds=time.perf_counter() - started), False
            died = os.WTERMSIG(status) if os.WIFSIGNALED(status) else -1
            return Ending(died=died, stopped=stopped, seconds=time.perf_counter() - started), False
        if stopped:
            return replace(made, stopped=True, stop_s=stop_s), False
        return made, self.cases < _CASES

    def end(self):
        """End the child and what it started."""
        self.pipe.close()
        if self.pid is None:
            return
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _warm(cases):
    """Import everything, and load the kernels that ``cases`` run. The parser, which takes longer to make than most
    cases to run, is made once."""
    import matplotlib

    from hwsim.cli import main

    matplotlib.use("Agg")
    main.parser = functools.cache(main.parser)
    streams = _Streams()
    here = os.getcwd()
    for words, folder in cases:
        _case(words, folder, streams)
    os.chdir(here)
    gc.collect()
    gc.freeze()


def _read(file):
    head = file.read(8)
    return pickle.loads(file.read(struct.unpack("<Q", head)[0])) if len(head) == 8 else None


def main():
    """Serve until standard input ends. The first message is the list of cases to warm up with."""
    cases, endings = os.fdopen(os.dup(0), "rb"), os.fdopen(int(sys.argv[1]), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _warm(_read(cases) or [])
    child = None
    while (case := _read(cases)) is not None:
        child = child or _Child()
        made, goes_on = child.ending(case)
        packed = pickle.dumps(made)
        endings.write(struct.pack("<Q", len(packed)) + packed)
        endings.flush()
        if not goes_on:
            child.end()
            child = None
    if child is not None:
        child.end()


if __name__ == "__main__":
    from worker import main as serve  # so that an Ending is pickled by the name that the other side knows

    serve()
