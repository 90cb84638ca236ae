"""A script in a process of its own, whose kernels are compiled there for this processor or for any."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def run_alone(tmp_path: Path) -> Callable[..., None]:
    def run(script: str, processor: str) -> None:
        """Run ``script`` with kernels for ``processor``, '' for this one; fails with what it says where it fails."""
        path = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
        own = {"PYTHONPATH": path, "HWSIM_CACHE_DIR": str(tmp_path)}
        own |= {"NUMBA_CPU_NAME": processor} if processor else {}
        file = tmp_path / "script.py"
        file.write_text(script)
        done = subprocess.run([sys.executable, str(file)], env=os.environ | own, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    return run
