"""Workers on this machine: the process itself, or several child processes.

Enters: tasks. Leaves: their results. When a process ends, only the time that it spent is lost.
"""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor
from concurrent.futures import wait as wait_for
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from hwsim.errors import HwsimError
from hwsim.interrupt import CtrlC
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
    """``slots`` processes of one thread each. They ignore Ctrl-C and end when this process ends."""

    interrupted = False

    def __init__(self, programs: ProgramFolder, slots: int) -> None:
        self.slots, self._programs = slots, programs
        self._pool = self._new()

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self.slots, mp_context=get_context("spawn"), initializer=_prepare, initargs=(os.getpid(),)
        )

    def submit(self, task: Task) -> Future:
        """Hand ``task`` to the next free process."""
        path = str(self._programs.path(task.program))
        try:
            return self._pool.submit(run_task, task, path)
        except BrokenProcessPool:
            self._pool = self._new()
            return self._pool.submit(run_task, task, path)

    def wait(self, handles: Iterable[Any], timeout_s: float) -> list[tuple[Any, TaskResult | Exception | None]]:
        """The tasks that are done; None for every task of a pool that lost a process."""
        done, _ = wait_for(handles, timeout=timeout_s, return_when=FIRST_COMPLETED)
        return [(handle, _result(handle)) for handle in done]

    def processes(self) -> list[int]:
        """Their process ids."""
        return list(self._pool._processes or ())

    def close(self) -> None:
        """End the processes, even in the middle of a task."""
        running = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=False, cancel_futures=True)
        for process in running:
            process.terminate()
        for process in running:
            process.join(5)


def _result(handle: Future) -> TaskResult | Exception | None:
    error = handle.exception()
    if error is None:
        return handle.result()
    return None if isinstance(error, BrokenProcessPool) else error  # type: ignore[return-value]


def _prepare(parent: int) -> None:
    """In a new process: leave Ctrl-C to the parent, and end when the parent is gone for whatever reason."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
