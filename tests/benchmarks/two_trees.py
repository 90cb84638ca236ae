"""How fast one source tree of hwsim is beside another, on one core, in interleaved rounds.

    python tests/benchmarks/two_trees.py OLD NEW                      every row, 15 rounds
    python tests/benchmarks/two_trees.py OLD NEW --rows "lattice;tempering" --rounds 31 --json FILE
    python tests/benchmarks/two_trees.py OLD NEW --instructions --rows "tempering;short runs"

Each tree works in a process of its own, with a kernel cache of its own, tied to the same core; both do the work once
before anything is timed. In a round each tree does the same work with the same seed, one after the other, the old one
first in every second round; after a few rounds new processes take over, as where memory lies changes speed too. Time is
that of the processor, so that what else the machine does counts only by what it does to caches and clock rates. Printed
is the ratio old / new, the speed of the new tree in units of the old: the median over rounds, its 95 % interval by a
bootstrap of rounds, and whether that reaches 0.97.

--instructions counts instead of timing, exactly and whatever else runs: under valgrind, with kernels compiled for AVX2,
which it knows. A row then does a small part of its work, and what one more call of it takes is counted.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np

ENOUGH, _SAME = 0.97, 0.01
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
_OF_VALGRIND = {"NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "", "PYTHONHASHSEED": "0"}
_LIFE = 5
"""Rounds that a pair of processes lives for."""
_PART = 0.02
"""The part of a row's work that is done under valgrind, which is some fifty times slower."""


class Worker:
    """A process that does the work of one row with the hwsim of ``tree``; ``before`` : what runs Python."""

    def __init__(
        self, tree: str, row: str, core: int, cache: str, *, part: float = 1.0, before: tuple[str, ...] = ()
    ) -> None:
        env = os.environ | _ONE_THREAD | {"PYTHONPATH": str(Path(tree).resolve()), "HWSIM_CACHE_DIR": cache}
        env |= _OF_VALGRIND if part < 1 else {}
        command = [*before, sys.executable, "-W", "ignore", __file__, "--work", row, str(core), str(part)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
        self.pid = self._process.pid
        self.ready = self._read()

    def ask(self, seed: int, repeats: int) -> float:
        """Seconds of ``repeats`` calls of the work, from ``seed`` on."""
        assert self._process.stdin is not None
        print(seed, repeats, file=self._process.stdin, flush=True)
        return float(self._read()["seconds"])

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a worker ended")
        return json.loads(line)

    def close(self) -> None:
        """Let the process end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def work(row: str, core: int, part: float) -> None:
    """The life of a worker: prepare, do the work once, then as often as asked; seconds are the processor's."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    sys.path.insert(0, str(Path(__file__).parent))
    from tasks import TASKS

    said, sys.stdout = sys.stdout, sys.stderr
    do = TASKS[row](part)
    do(0)
    print(json.dumps({"ready": True}), file=said, flush=True)
    for line in sys.stdin:
        seed, repeats = map(int, line.split())
        began = time.process_time()
        for k in range(repeats):
            do(seed + k)
        print(json.dumps({"seconds": time.process_time() - began}), file=said, flush=True)


def timed(row: str, trees: tuple[str, str], caches: tuple[str, str], core: int, rounds: int, least_s: float) -> dict:
    """{"row", "old_s", "new_s"}: processor seconds of a call, by round."""
    spent: list[list[float]] = [[], []]
    while len(spent[0]) < rounds:
        workers = [Worker(tree, row, core, cache) for tree, cache in zip(trees, caches, strict=True)]
        try:
            once = min(worker.ask(1, 1) for worker in workers)
            repeats = max(1, round(least_s / max(once, 1e-6)))
            for k in range(len(spent[0]), min(rounds, len(spent[0]) + _LIFE)):
                for which in (0, 1) if k % 2 == 0 else (1, 0):
                    spent[which].append(workers[which].ask(2 + k * repeats, repeats) / repeats)
        finally:
            for worker in workers:
                worker.close()
    return {"row": row, "old_s": spent[0], "new_s": spent[1]}


def counted(row: str, trees: tuple[str, str], caches: tuple[str, str], core: int) -> dict:
    """{"row", "old", "new"}: instructions of one more call of the row's work, where _PART of it is done."""
    found = []
    for tree, cache in zip(trees, caches, strict=True):
        Worker(tree, row, core, cache, part=_PART).close()  # kernels compiled and kept
        counts = []
        for calls in (1, 3):
            with tempfile.TemporaryDirectory() as folder:
                log = Path(folder, "log")
                tool = ("--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", f"--log-file={log}")
                worker = Worker(tree, row, core, cache, part=_PART, before=("valgrind", *tool))
                worker.ask(1, calls)
                worker.close()
                match = re.search(r"I\s+refs:\s+([\d,]+)", log.read_text())
                assert match, log.read_text()
                counts.append(int(match[1].replace(",", "")))
        found.append((counts[1] - counts[0]) / 2)
    return {"row": row, "old": found[0], "new": found[1]}


def interval(row: dict) -> tuple[float, float, float]:
    """(ratio old / new, low, high): median over rounds, and its 95 % interval by a bootstrap."""
    logs = np.log(np.array(row["old_s"]) / np.array(row["new_s"]))
    draw = np.random.default_rng(0).integers(0, len(logs), (4000, len(logs)))
    low, high = np.quantile(np.median(logs[draw], axis=1), [0.025, 0.975])
    return float(np.exp(np.median(logs))), float(np.exp(low)), float(np.exp(high))


def describe(row: dict) -> str:
    """A line of the table."""
    if "raised" in row:
        return f"{row['row']:<34} {row['raised']}"
    if "old" in row:
        ratio = row["old"] / row["new"]
        holds = _word(ratio >= 1 - _SAME)
        return f"{row['row']:<34} {row['old']:>13.4g} {row['new']:>13.4g} {ratio:>7.4f}  {holds}"
    ratio, low, high = interval(row)
    old, new = (1e3 * float(np.median(row[name])) for name in ("old_s", "new_s"))
    return f"{row['row']:<34} {old:>9.2f} {new:>9.2f} {ratio:>7.3f}  [{low:.3f}, {high:.3f}]  {_word(high >= ENOUGH)}"


def _word(holds: bool) -> str:
    return "yes" if holds else "NO"


def chosen(patterns: str | None) -> list[str]:
    """Rows whose name begins with, or matches, one of the patterns between semicolons; all for None."""
    sys.path.insert(0, str(Path(__file__).parent))
    from tasks import BENCH_ROWS, TASKS

    if patterns is None:
        return list(TASKS)
    if patterns == "bench":
        return list(BENCH_ROWS)
    wanted = [part.strip() for part in patterns.split(";")]
    found = [name for name in TASKS if any(name.startswith(part) or fnmatch(name, part) for part in wanted)]
    if not found:
        raise SystemExit(f"no row is called {patterns!r}; there are: {'; '.join(TASKS)}")
    return found


def main() -> int:
    """Run the command."""
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", help="source tree")
    parser.add_argument("new", help="source tree")
    parser.add_argument("--rows", metavar="NAME;...", help="those that begin so; bench: the rows of hwsim bench")
    parser.add_argument("--rounds", type=int, default=15, help="(%(default)s)")
    parser.add_argument("--least", type=float, default=0.2, metavar="S", help="seconds of a measurement (%(default)s)")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="(%(default)s)")
    parser.add_argument("--cache", default=str(Path(tempfile.gettempdir(), "hwsim-two-trees")), help="(%(default)s)")
    parser.add_argument("--instructions", action="store_true", help="count them under valgrind")
    parser.add_argument("--json", metavar="FILE", help="all measurements")
    given = parser.parse_args()
    if given.instructions and shutil.which("valgrind") is None:
        raise SystemExit("--instructions needs valgrind")
    for tree in (given.old, given.new):
        if not Path(tree, "hwsim", "__init__.py").exists():
            raise SystemExit(f"{tree} is no source tree of hwsim")
    sys.path.insert(0, str(Path(given.new).resolve()))
    trees, caches = (given.old, given.new), tuple(str(Path(given.cache, name)) for name in ("old", "new"))
    if given.instructions:
        print(f"{'row':<34} {'old':>13} {'new':>13} {'ratio':>7}  at most 1 % more")
    else:
        print(f"{'row':<34} {'old ms':>9} {'new ms':>9} {'ratio':>7}  {'95 % interval':<16} reaches {ENOUGH}")
    rows = []
    for name in chosen(given.rows):
        try:
            made = (
                counted(name, trees, caches, given.core)
                if given.instructions
                else timed(name, trees, caches, given.core, given.rounds, given.least)
            )
        except RuntimeError as error:
            made = {"row": name, "raised": str(error)}
        rows.append(made)
        print(describe(made), flush=True)
        if given.json:
            Path(given.json).write_text(json.dumps(rows, indent=1))
    missed = [row["row"] for row in rows if describe(row).endswith("NO") or "raised" in row]
    print(f"{len(rows) - len(missed)} of {len(rows)} rows hold" + (f"; not {', '.join(missed)}" if missed else ""))
    return int(bool(missed))


if __name__ == "__main__":
    raise SystemExit(main())
