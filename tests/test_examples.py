"""Every example and the README's Python block run, warnings are errors, and each prints something."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def run_script(path, folder):
    return subprocess.run(
        [sys.executable, "-W", "error", str(path)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])},
    )


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_the_example_runs(example, tmp_path):
    done = run_script(example, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert example.read_text().startswith('"""')


def test_the_readmes_python_block_runs(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.S)
    script = tmp_path / "readme.py"
    script.write_text("\n".join(blocks))
    done = run_script(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Time to solution" in done.stdout


def test_every_picture_of_the_readme_is_there():
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", README)
    assert pictures and all((ROOT / picture).is_file() for picture in pictures)
