"""The script that times two source trees: its rows, its table. Speeds themselves are not tested."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "tests" / "benchmarks" / "two_trees.py"


def two_trees(*arguments):
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], capture_output=True, text=True, timeout=300, cwd=ROOT
    )


def test_a_tree_beside_itself_has_a_ratio_with_an_interval(tmp_path):
    done = two_trees(
        str(ROOT), str(ROOT), "--rows", "compile, many", "--rounds", "3", "--least", "0.001", "--cache", str(tmp_path)
    )
    assert re.search(r"^compile, many couplings +[\d.]+ +[\d.]+ +[\d.]+  \[[\d.]+, [\d.]+\]", done.stdout, re.M), done


def test_an_unknown_row_is_refused_with_those_there_are():
    done = two_trees(str(ROOT), str(ROOT), "--rows", "nothing")
    assert done.returncode == 1 and "'nothing'" in done.stderr and "lattice, chromatic" in done.stderr
