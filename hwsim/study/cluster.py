"""Workers of a Dask cluster, on any machines. They share no files, so every task travels with its Program.

Enters: tasks and the address of a scheduler. Leaves: their results. Another worker takes over the tasks of a lost one.
"""

import queue
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from hwsim.errors import HwsimError, InputError, MissingExtraError
from hwsim.study.task import Task, TaskResult, run_task
from hwsim.study.workers import ProgramFolder

_SMALL = 1_000_000
_CONNECT_S = 10


class Cluster:
    """The workers of the scheduler at ``address``; each of their threads gets two tasks."""

    interrupted = False

    def __init__(self, programs: ProgramFolder, address: str) -> None:
        try:
            from distributed import Client
        except ImportError:
            raise MissingExtraError("a Dask cluster needs another package: pip install 'hwsim[dask]'") from None
        self._programs, self._address = programs, address
        try:
            self._client = Client(address, timeout=_CONNECT_S, set_as_default=False)
        except (OSError, TimeoutError, ValueError) as error:
            raise InputError(f"no Dask scheduler answers at {address} ({error})") from None
        self._sent: dict[str, Any] = {}
        self._done: queue.Queue[Any] = queue.Queue()
        self._number = 0

    @property
    def slots(self) -> int:
        """How many tasks to keep under way."""
        return max(2, 2 * sum(self._client.nthreads().values()))

    def submit(self, task: Task) -> Any:
        """Hand ``task`` to the scheduler; a large Program is sent once for all its tasks."""
        self._number += 1
        future = self._client.submit(
            run_task,
            task,
            self._program(task.program),
            pure=False,
            key=f"hwsim-{task.point[:16]}-{task.shard}-{self._number}",
        )
        future.add_done_callback(self._done.put)
        return future

    def _program(self, name: str) -> Any:
        if name not in self._sent:
            data = self._programs.path(name).read_bytes()
            self._sent[name] = data if len(data) <= _SMALL else self._client.scatter(data, broadcast=True)
        return self._sent[name]

    def wait(self, handles: Iterable[Any], timeout_s: float) -> list[tuple[Any, TaskResult | Exception | None]]:
        """The tasks that are done; None where the worker or its data were lost."""
        if self._client.status not in ("running", "connecting"):
            raise HwsimError(f"the Dask scheduler at {self._address} is gone; the store keeps what was finished")
        done = []
        with suppress(queue.Empty):
            done.append(self._done.get(timeout=timeout_s))
            while True:
                done.append(self._done.get_nowait())
        wanted = set(handles)
        return [(handle, self._result(handle)) for handle in done if handle in wanted]

    def _result(self, handle: Any) -> TaskResult | Exception | None:
        try:
            return handle.result()
        except Exception as error:
            if type(error).__name__ not in _LOST:
                return error
            self._sent.clear()
            return None

    def close(self) -> None:
        """Leave the cluster, which goes on; it cancels the tasks of this study that still run."""
        self._client.close()


_LOST = ("KilledWorker", "CancelledError", "FutureCancelledError", "FuturesCancelledError", "CommClosedError")
"""The exceptions that Dask raises when it loses a worker or its data; by name, as Dask may not be installed."""
