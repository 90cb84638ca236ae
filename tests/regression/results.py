"""Whether two versions of hwsim give the same results for the same seeds, bit for bit.

    python tests/regression/results.py --write FILE              digests of the hwsim that Python finds
    python tests/regression/results.py --against FILE            the same, compared with those in FILE
    python tests/regression/results.py --trees OLD NEW           two source trees, each in a process of its own
    python tests/regression/results.py --against FILE --quick    a part of the rows, in seconds

``PYTHONPATH=TREE`` says which hwsim that is. A row is one program on one engine, one card, or one run of an algorithm;
the script prints how many are equal, names those that are not with what differs, and ends with exit code 1 if any is.
FILE also keeps digests of the platform's own exp, normal numbers and linear algebra: rows that rest on one which rounds
differently here cannot be compared with FILE and are counted apart. ``--trees`` compares all rows anywhere.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import algorithms
import cards
import continuous
import instances
import large
import numpy as np
import programs
from digest import ENGINES, STAR, digest, of_run

PARTS = ("programs", "cards", "large", "instances", "packages", "algorithms", "continuous")
RESTS_ON = {part: ("random numbers",) for part in PARTS} | {
    "algorithms": ("random numbers", "functions"),
    "continuous": ("random numbers", "functions", "matrices"),
    "packages": ("random numbers", "matrices", "packages"),
}
"""The keys of `probe` on which each part depends; rows with a STAR depend on functions too."""
_PACKAGES = ("networkx", "dwave-graphs", "minorminer", "pymetis")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"


def probe() -> dict[str, str]:
    """Digests of what numpy, scipy and the C library make of fixed numbers here."""
    import math

    import scipy.linalg

    x = np.linspace(-8.0, 8.0, 4001)
    functions = [f(x) for f in (np.exp, np.tanh, np.cosh, np.expm1)] + [f(x[2001:]) for f in (np.log, np.log1p)]
    scalars = [f(v) for v in x[2001::50].tolist() for f in (math.exp, math.log, math.tanh, math.log1p, math.lgamma)]
    draw = np.random.Generator(np.random.Philox(key=1))
    numbers = [draw.standard_normal(20_000), draw.random(99), draw.integers(0, 99, 99), draw.choice([-1.0, 1.0], 99)]
    matrix = np.multiply.outer(np.arange(1, 41), np.arange(3, 43)) * 7919 % 97 / 97 - 0.5
    matrix = matrix @ matrix.T + np.eye(40)
    solved = [np.linalg.inv(matrix), scipy.linalg.expm(-matrix / 16), np.linalg.cholesky(matrix), *np.linalg.qr(matrix)]
    solved += [*np.linalg.eigh(matrix), np.linalg.eigvals(matrix + x[:40])]
    return {
        "functions": digest(*functions, *scalars),
        "random numbers": digest(*numbers),
        "matrices": digest(matrix, *solved),
        "packages": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
    }


def program_rows(quick: bool) -> Iterator[tuple[str, Any]]:
    """(name, work) of the random programs on every engine; ``quick``: few of them on the reference."""
    for number in range(programs.COUNT):
        made = programs.trial(number)
        name = f"program {number:02}{STAR if made.needs_functions else ''}"
        yield name, lambda made=made: {"words": ", ".join(made.words), "n": made.program.n_pbits}
        for engine in ENGINES:
            if quick and engine == "reference" and number % 8:
                continue
            yield f"{name}, {engine}", lambda made=made, e=engine: of_run(made.program, engine=e, **made.how)


ROWS = {
    "programs": program_rows,
    "cards": cards.rows,
    "large": large.rows,
    "instances": instances.rows,
    "packages": instances.rows_of_packages,
    "algorithms": algorithms.rows,
    "continuous": continuous.rows,
}


def rows(part: str, quick: bool) -> dict[str, Any]:
    """Results of a part by row. A row that cannot be run says so, and equals no other."""
    found: dict[str, Any] = {}
    began = time.perf_counter()
    try:
        for name, work in ROWS[part](quick):
            assert name not in found, name
            try:
                found[name] = json.loads(json.dumps(work()))
            except Exception as error:
                found[name] = {"raised": f"{type(error).__name__}: {error}"}
    except Exception as error:
        found[f"{part} ended early"] = {"raised": f"{type(error).__name__}: {error}"}
    print(f"{part}: {len(found)} rows in {time.perf_counter() - began:.1f} s", file=sys.stderr)
    return found


def results(parts: list[str], quick: bool) -> dict[str, Any]:
    """{"probe", "parts"} of the hwsim that Python finds."""
    import hwsim

    print(f"hwsim of {Path(hwsim.__file__).parents[1]}", file=sys.stderr)
    return {"probe": probe(), "parts": {part: rows(part, quick) for part in parts}}


def differences(old: dict[str, Any], new: dict[str, Any], quick: bool) -> Iterator[tuple[str, str, str | None]]:
    """(part, row, what differs or None) of every row of ``new``, and of ``old`` unless ``quick``."""
    for part, here in new["parts"].items():
        there = old["parts"][part]
        for name in here if quick else dict.fromkeys([*there, *here]):
            yield part, name, difference(there.get(name), here.get(name))


def difference(a: Any, b: Any) -> str | None:
    """What differs between the results of a row before, ``a``, and now, ``b``; None: nothing."""
    if isinstance(b, dict) and "raised" in b:
        return f"raised {b['raised']}"
    if a is None or b is None:
        return "is in one of them only"
    if isinstance(a, dict) and isinstance(b, dict):
        return ", ".join(key for key in a | b if a.get(key) != b.get(key)) or None
    words = [value if isinstance(value, str) else "runs" for value in (a, b)]
    return None if a == b else f"{words[0]} before, {words[1]} now"


def compare(old: dict[str, Any], new: dict[str, Any], *, quick: bool) -> int:
    """Print how many rows are equal and which are not; 1 where any is not, or none was compared."""
    changed = {name for name, value in new["probe"].items() if old["probe"][name] != value}
    found = list(differences(old, new, quick))
    kept = [row for row in found if not changed & needs(*row[:2])]
    if len(kept) < len(found):
        print(
            f"{len(found) - len(kept)} rows cannot be compared here, where {' and '.join(sorted(changed))} are not "
            "what they were: --trees compares them"
        )
    different = [(part, name, what) for part, name, what in kept if what is not None]
    for part, name, what in different:
        print(f"differs, {part}: {name}: {what}")
    print(f"{len(kept) - len(different)} of {len(kept)} equal")
    return int(bool(different) or not kept)


def needs(part: str, name: str) -> set[str]:
    """The keys of `probe` on which a row depends."""
    return {*RESTS_ON[part], *(["functions"] if STAR in name else [])}


def of_tree(tree: str, parts: list[str], quick: bool) -> dict[str, Any]:
    """The results of a source tree, from a process of its own."""
    if not Path(tree, "hwsim", "__init__.py").exists():
        raise SystemExit(f"{tree} is no source tree of hwsim")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "results.json")
        command = [sys.executable, __file__, "--write", str(file), "--part", *parts, *(["--quick"] if quick else [])]
        subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(Path(tree).resolve())})
        return json.loads(file.read_text())


def text_of(found: dict[str, Any]) -> str:
    """JSON with a row to a line, so that a change reads well."""
    lines = [f'"about": {json.dumps(found.get("about", ""))}', f'"probe": {json.dumps(found["probe"])}']
    parts = []
    for part, rows_of in found["parts"].items():
        body = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in rows_of.items())
        parts.append(f"{json.dumps(part)}: {{\n{body}\n}}")
    return "{\n" + ",\n".join(lines) + ',\n"parts": {\n' + ",\n".join(parts) + "\n}\n}\n"


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--write", metavar="FILE", help="write the digests of this hwsim")
    how.add_argument("--against", metavar="FILE", help="compare this hwsim with FILE")
    how.add_argument("--trees", nargs=2, metavar=("OLD", "NEW"), help="compare two source trees")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=list(PARTS), help="these parts only")
    parser.add_argument("--quick", action="store_true", help="a part of the rows")
    parser.add_argument("--about", default="", help="words that --write puts into FILE")
    given = parser.parse_args()
    if given.trees:
        old, new = (of_tree(tree, given.part, given.quick) for tree in given.trees)
        return compare(old, new, quick=given.quick)
    found = results(given.part, given.quick)
    if given.against:
        return compare(json.loads(Path(given.against).read_text()), found, quick=given.quick)
    raised = [
        f"{name}: {row['raised']}"
        for part in found["parts"].values()
        for name, row in part.items()
        if isinstance(row, dict) and "raised" in row
    ]
    if raised:
        raise SystemExit("\n".join(["nothing written, since these rows raised:", *raised]))
    Path(given.write).write_text(text_of(found | {"about": given.about}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
