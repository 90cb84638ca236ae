"""The package as it is shipped: quick to import, cards found everywhere, edited device functions noticed."""

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
NEWEST_NUMBA = (0, 68)
"""The newest numba with which hwsim/engine/vector.py was read and its engines were tested and timed."""


def python(code, *, path, cache=None):
    """Run ``code`` with ``path`` first; warnings are errors."""
    environment = os.environ | {"PYTHONPATH": str(path)} | ({"HWSIM_CACHE_DIR": str(cache)} if cache else {})
    environment.pop("HWSIM_DEVICES", None)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, env=environment, cwd=path
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_importing_loads_nothing_heavy():
    code = "import sys, hwsim; print([m for m in ('numba', 'simpy', 'matplotlib', 'dimod') if m in sys.modules])"
    assert python(code, path=ROOT).strip() == "[]"


def test_an_edited_device_function_is_seen(tmp_path):
    package = tmp_path / "hwsim"
    shutil.copytree(ROOT / "hwsim", package, ignore=shutil.ignore_patterns("__pycache__"))
    code = "from hwsim.engine.schedule import next_tick; print(next_tick(4, 7, 0, 1, 0, 1e6, 0, 0.0))"
    first = python(code, path=tmp_path, cache=tmp_path / "cache")
    assert python(code, path=tmp_path, cache=tmp_path / "cache") == first
    laws = package / "cell" / "law.py"
    laws.write_text(laws.read_text().replace("np.rint(-mean * log(u))", "np.rint(-2.0 * mean * log(u))"))
    second = python(code, path=tmp_path, cache=tmp_path / "cache")
    assert abs(int(second) - 2 * int(first)) <= 1


def test_an_edit_elsewhere_compiles_no_kernel_again():
    from hwsim.engine import lanes_kernel
    from hwsim.jit import sources

    package = ROOT / "hwsim"
    rooms = {path.relative_to(package).parts[0] for path in sources(Path(lanes_kernel.__file__))}
    assert {"cell", "engine", "jit.py"} <= rooms
    assert not rooms & {"chip", "problem", "mapping", "report", "cli", "__init__.py"}


def test_cards_are_found_in_a_bare_checkout(tmp_path):
    for folder in ("hwsim", "devices"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    code = "from hwsim.chip.library import list_chips; print(len(list_chips()))"
    assert int(python(code, path=tmp_path)) == len(list((ROOT / "devices" / "chips").glob("*.toml")))


def test_cards_are_found_in_a_wheel(tmp_path):
    pytest.importorskip("hatchling")
    for name in ("hwsim", "devices", "pyproject.toml", "README.md", "LICENSE"):
        source, target = ROOT / name, tmp_path / "source" / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "wheel")],
        cwd=tmp_path / "source",
        check=True,
        capture_output=True,
    )
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "import hwsim; from hwsim.chip.library import list_chips; print(hwsim.__file__, len(list_chips()))"
    where, count = python(code, path=tmp_path / "site").split()
    assert where.startswith(str(tmp_path / "site"))
    assert int(count) == len(list((ROOT / "devices" / "chips").glob("*.toml")))
    assert (tmp_path / "site" / "hwsim" / "py.typed").exists()  # type checkers read our annotations
    assert (tmp_path / "site" / "hwsim" / "report" / "view" / "page" / "main.js").exists()


def test_numba_is_one_that_the_vector_code_was_checked_with():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (needed,) = [r for text in project["dependencies"] if (r := Requirement(text)).name == "numba"]
    major, minor = NEWEST_NUMBA
    todo = (
        "hwsim/engine/vector.py and the kernels made of it emit LLVM by numba's internals (cgutils, intrinsics), "
        "which change without notice. To raise the bound of numba in pyproject.toml: install the new numba, read what "
        "its notes say of extending.intrinsic, core.cgutils and llvmlite, run tests/engine and tests/physics, compare "
        "`hwsim bench` of both versions, then set NEWEST_NUMBA here"
    )
    assert f"<{major}.{minor + 1}" in str(needed.specifier), todo
    assert needed.specifier.contains(version("numba")), f"numba {version('numba')} is beyond {needed.specifier}: {todo}"


def test_the_command_line_is_made_without_anything_heavy():
    heavy = ("numba", "numpy", "simpy", "matplotlib", "dimod", "rich", "scipy")
    code = f"import sys; from hwsim.cli.main import parser; parser(); print([m for m in {heavy} if m in sys.modules])"
    assert python(code, path=ROOT).strip() == "[]"
