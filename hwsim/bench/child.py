"""Child: a benchmark in a process of its own, on one thread, which is set before its libraries load.

Enters: a module that measures. Leaves: its rows, and on the way what it measures.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from hwsim.interrupt import ended_with_this

_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


def in_one_thread(
    child: Sequence[str], *, rounds: int, peers: bool, progress: Callable[[int, int, str], None] | None = None
) -> list[dict]:
    """Rows of a process of its own, on one thread; its warnings go to standard error. child : arguments of Python, such
    as -m and a module that calls `in_child`"""
    command = [sys.executable, *child, str(rounds), str(int(peers))]
    rows: list[dict] = []
    with (
        subprocess.Popen(
            command,
            env=os.environ | _ONE_THREAD,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for this process, which ends the child
        ) as process,
        ended_with_this(process),
    ):
        assert process.stdout is not None  # a pipe was asked for
        for line in process.stdout:
            message = json.loads(line)
            if "rows" in message:
                rows = message["rows"]
            elif progress is not None:
                progress(*message["progress"])
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return rows


def in_child(measure: Callable[..., list[dict]]) -> None:
    """Print a line of JSON when each measurement of ``measure`` begins, and one with the rows, for `in_one_thread`."""
    rounds, peers = sys.argv[1:]

    def progress(*message: int | str) -> None:
        print(json.dumps({"progress": message}), flush=True)

    if hasattr(os, "sched_setaffinity"):  # XLA keeps a pool of threads whatever its flags say
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    rows = measure(rounds=int(rounds), peers=bool(int(peers)), progress=progress)
    print(json.dumps({"rows": rows}))
