"""Workers on this machine: the process itself, or several child processes.

Enters: tasks. Leaves: their results. When a process ends, only the time that it spent is lost.
"""

import errno
import os
import pickle
import queue
import signal
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hwsim.errors import HwsimError, InputError
from hwsim.interrupt import CtrlC, children, python_calling
from hwsim.program import Program, content_hash, save
from hwsim.study.task import Task, TaskResult, run_task


class ProgramFolder:
    """The folder from which workers read programs, one file each, named by content hash."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def keep(self, program: Program) -> str:
        """Save ``program`` in the folder; returns its content hash."""
        name = content_hash(program)
        path = self.path(name)
        if not path.exists():
            save(program, path)
        return name

    def path(self, name: str) -> Path:
        """The file of the program called ``name``."""
        return self.folder / f"{name}.npz"


class ThisProcess:
    """One task at a time, in this process."""

    slots = 1

    def __init__(
        self, programs: ProgramFolder, *, threads: int | None = 1, interrupt: Callable[[], bool] | None = None
    ) -> None:
        self._programs, self._threads, self._interrupt = programs, threads, interrupt
        self.interrupted = False
        self._task: tuple[object, Task] | None = None

    def submit(self, task: Task) -> object:
        """Keep ``task`` until `wait` runs it."""
        handle = object()
        self._task = handle, task
        return handle

    def wait(self, handles: Iterable[Any], timeout_s: float) -> list[tuple[Any, TaskResult | Exception | None]]:
        """Run the kept task to its end, whatever ``timeout_s`` says."""
        assert self._task is not None
        handle, task = self._task
        done: TaskResult | Exception | None = None
        with CtrlC() as ctrl_c, ctrl_c.part():
            try:
                done = run_task(
                    task, str(self._programs.path(task.program)), threads=self._threads, interrupt=self._interrupt
                )
            except HwsimError as error:
                done = error
        self.interrupted = done is None
        return [(handle, done)]

    def close(self) -> None:
        """Nothing to close."""


class Processes:
    """``slots`` processes of one thread each. They ignore Ctrl-C and end when this process ends, for whatever reason:
    the pipe that their tasks come from is then closed."""

    interrupted = False

    def __init__(self, programs: ProgramFolder, slots: int) -> None:
        self.slots, self._programs = slots, programs
        self._workers: list[_Worker] = []
        self._waiting: deque[tuple[object, Task]] = deque()
        self._done: queue.SimpleQueue[tuple[_Worker, Any]] = queue.SimpleQueue()

    def submit(self, task: Task) -> object:
        """Hand ``task`` to a free process, or keep it until there is one. Raises InputError where none can be begun."""
        handle = object()
        self._waiting.append((handle, task))
        self._hand_out()
        return handle

    def _hand_out(self) -> None:
        while self._waiting:
            worker = next((each for each in self._workers if each.handle is None), None)
            if worker is None:
                if len(self._workers) == self.slots:
                    return
                worker = self._new()
            handle, task = self._waiting.popleft()
            worker.begin(handle, task, str(self._programs.path(task.program)))

    def _new(self) -> "_Worker":
        try:
            worker = _Worker(self._done)
        except OSError as error:
            number = len(self._workers) + 1
            raise InputError(
                f"cannot start worker {number} of {self.slots} ({error.strerror}): ask for fewer"
            ) from None
        self._workers.append(worker)
        return worker

    def wait(self, handles: Iterable[Any], timeout_s: float) -> list[tuple[Any, TaskResult | Exception | None]]:
        """The tasks that are done; None for that of a process that was lost."""
        answers = []
        with suppress(queue.Empty):
            answers.append(self._done.get(timeout=timeout_s))
            while True:
                answers.append(self._done.get_nowait())
        found = []
        for worker, result in answers:
            handle, worker.handle = worker.handle, None
            if result is _LOST:
                self._workers.remove(worker)
                worker.end()
                result = None
            if handle is not None:
                found.append((handle, result))
        self._hand_out()
        return found

    def processes(self) -> list[int]:
        """Their process ids."""
        return [each.process.pid for each in self._workers]

    def close(self) -> None:
        """End the processes, even in the middle of a task."""
        for each in self._workers:
            each.process.kill()
        while self._workers:
            self._workers.pop().end()


_LOST = object()


class _Worker:
    """A process that runs one task after the other, and a thread that puts its answers into ``done``.

    handle : of the task that it runs, None where it runs none
    """

    def __init__(self, done: "queue.SimpleQueue[tuple[_Worker, Any]]") -> None:
        self.handle: object | None = None
        with _without_ctrl_c():
            self.process = subprocess.Popen(
                python_calling(__name__, "serve"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        children.add(self.process)
        self._listener = threading.Thread(target=self._listen, args=(done,), daemon=True)
        try:
            self._listener.start()
        except RuntimeError:
            with self.process:
                self.process.kill()
            children.discard(self.process)
            raise OSError(errno.EAGAIN, "no thread can be begun") from None

    def begin(self, handle: object, task: Task, path: str) -> None:
        """Run ``task``, whose program is in the file ``path``."""
        self.handle = handle
        assert self.process.stdin is not None
        with suppress(OSError):  # it has ended, which the thread tells
            self.process.stdin.write(pickle.dumps((task, path)))
            self.process.stdin.flush()

    def _listen(self, done: "queue.SimpleQueue[tuple[_Worker, Any]]") -> None:
        assert self.process.stdout is not None
        with self.process.stdout as answers:
            try:
                while True:
                    done.put((self, pickle.load(answers)))
            except Exception:  # it has ended, perhaps in the middle of an answer
                done.put((self, _LOST))

    def end(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.wait()
        self._listener.join()
        children.discard(self.process)
        with suppress(OSError):  # a task that it never read
            self.process.stdin.close()  # type: ignore[union-attr]


@contextmanager
def _without_ctrl_c() -> Iterator[None]:
    """A process that begins within the ``with`` block gets no Ctrl-C, from its first instruction on; this one hears it
    in another thread."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve() -> None:
    """In a new process: run the tasks that standard input brings, and end with it. Results go to standard output, and
    what a library prints there to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    tasks: queue.SimpleQueue[tuple[Task, str]] = queue.SimpleQueue()

    def read() -> None:
        try:
            while True:
                tasks.put(pickle.load(sys.stdin.buffer))
        except (EOFError, OSError, pickle.UnpicklingError):  # the study has ended
            pass
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(1)

    threading.Thread(target=read, daemon=True).start()
    while True:
        task, path = tasks.get()
        try:
            answer = pickle.dumps(run_task(task, path))
        except Exception as error:
            answer = pickle.dumps(_told(error))
        try:
            results.write(answer)
            results.flush()
        except OSError:  # nobody wants it any more
            os._exit(1)


def _told(error: Exception) -> Exception:
    """``error`` as another process can have it: with where it was raised, and without what cannot be sent."""
    if isinstance(error, HwsimError):
        return error
    error.add_note(traceback.format_exc())
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(traceback.format_exc())
    return error
