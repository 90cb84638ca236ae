"""Reading: a problem from a file, by its content and ending, or from a generator's name.

A malformed file is refused with its line number; a short file is never accepted.
"""

import math
import re
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import InputError, ReadError
from hwsim.problem.generate import generate, is_generator
from hwsim.problem.problem import Problem, make_bqm, max_cut
from hwsim.problem.sat import read_sat


def read(source: str | Path) -> Problem:
    """The problem in the file ``source``, or of the generator that it names. Raises InputError or ReadError."""
    path = Path(source)
    if not path.exists():
        text = str(source)
        if is_generator(text):
            return generate(text)
        if path.suffix or "/" in text:
            raise InputError(f"no such file: {text}")
        return generate(text)
    if path.is_dir():
        raise InputError(f"{path} is a folder, not a problem file")
    data = path.read_bytes()
    if data.startswith(b"DIMODBQM"):
        return _read_bqm(path)
    if data.startswith(b"DIMODCQM"):
        return _read_constrained(path, "dimod CQM")
    if path.suffix == ".lp":
        return _read_constrained(path, "LP")
    if data.startswith(b"\x93NUMPY"):
        return _read_npy(path)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ReadError(f"{path} is UTF-16 text: save it as UTF-8")
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ReadError(f"{path} is neither text nor a dimod or numpy file") from None
    if path.suffix == ".qubo":
        return _read_qubo(path, lines)
    if lines and lines[0].lower().startswith("%%matrixmarket"):
        return _read_matrix_market(path, lines)
    if path.suffix in (".cnf", ".wcnf") or any(line.startswith(("p cnf", "p wcnf")) for line in lines[:200]):
        return read_sat(path, lines)
    if path.suffix == ".coo" or (lines and lines[0].startswith("#")):
        return _read_coo(path, lines)
    return _read_rudy(path, lines)


def _read_coo(path: Path, lines: list[str]) -> Problem:
    """COO text: ``i j value`` with i = j a bias; ``# vartype=SPIN`` (or BINARY) in a comment, else binary.

    dimod writes this dialect with six decimals and without the offset; a file whose every value looks like that
    is read with a warning, because digits may be gone.
    """
    import dimod

    vartype, terms, texts = "BINARY", {}, []
    for k, line in enumerate(lines, 1):
        if line.startswith("#"):
            found = re.search(r"vartype\s*=\s*(SPIN|BINARY)", line)
            vartype = found.group(1) if found else vartype
            continue
        parts = line.split()
        if not parts:
            continue
        if len(parts) != 3:
            raise ReadError(f"{path} line {k}: expected 'i j value', got {line.strip()[:60]!r}")
        i, j = _whole(path, k, parts[0]), _whole(path, k, parts[1])
        key = (min(i, j), max(i, j))
        if key in terms:
            raise ReadError(f"{path} line {k}: term {i} {j} given twice")
        terms[key] = _real(path, k, parts[2])
        texts.append(parts[2])
    if not terms:
        raise ReadError(f"{path} holds no terms")
    if all(re.fullmatch(r"-?\d+\.\d{6}", text) for text in texts):
        warnings.warn(
            f"{path} has six decimals everywhere: dimod's COO text rounds values and drops the offset", stacklevel=3
        )
    linear = {i: value for (i, j), value in terms.items() if i == j}
    quadratic = {key: value for key, value in terms.items() if key[0] != key[1]}
    bqm = dimod.BinaryQuadraticModel(linear, quadratic, 0.0, vartype)
    return Problem(bqm=bqm, name=path.stem, kind="ising" if vartype == "SPIN" else "qubo")


def _read_bqm(path: Path) -> Problem:
    import dimod

    try:
        with path.open("rb") as file:
            bqm = dimod.BinaryQuadraticModel.from_file(file)
    except Exception as error:
        raise ReadError(f"{path} is not a readable dimod BQM file ({error})") from None
    vectors = bqm.to_numpy_vectors()
    if not (np.all(np.isfinite(vectors.linear_biases)) and np.all(np.isfinite(vectors.quadratic.biases))):
        raise ReadError(f"{path} holds a bias that is not finite")
    return Problem(bqm=bqm, name=path.stem, kind="ising" if bqm.vartype.name == "SPIN" else "qubo")


def _read_constrained(path: Path, kind: str) -> Problem:
    """An LP file, or dimod's own file of a constrained model. dimod negates an objective to be maximised; reports
    negate it back."""
    import dimod

    from hwsim.problem.constrained import penalised

    try:
        with path.open("rb") as file:
            cqm = dimod.lp.load(file) if kind == "LP" else dimod.ConstrainedQuadraticModel.from_file(file)
    except Exception as error:
        raise ReadError(f"{path} is not a readable {kind} file ({error})") from None
    words = path.read_text(encoding="utf-8-sig") if kind == "LP" else ""
    first = next((line.split()[0] for line in words.splitlines() if line.split() and line.strip()[0] != "\\"), "")
    return penalised(cqm, name=path.stem, maximised=first.lower() in ("max", "maximize", "maximise", "maximum"))


def _read_npy(path: Path) -> Problem:
    try:
        matrix = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise ReadError(f"{path} is not a readable numpy file ({error})") from None
    return _from_matrix(path, matrix)


def _from_matrix(path: Path, matrix: np.ndarray) -> Problem:
    """Symmetric couplings J in dimod's sign, zero diagonal."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ReadError(f"{path} must hold a square matrix of couplings, got shape {matrix.shape}")
    if not np.all(np.isfinite(matrix)):
        raise ReadError(f"{path} holds a coupling that is not finite")
    if not np.array_equal(matrix, matrix.T):
        raise ReadError(f"{path} holds a matrix that is not symmetric")
    if np.any(np.diag(matrix)):
        raise ReadError(f"{path} has a nonzero diagonal: a spin has no coupling with itself")
    rows, columns = np.nonzero(np.triu(matrix, 1))
    n = len(matrix)
    values = matrix[rows, columns].astype(np.float64)
    return Problem(bqm=make_bqm(np.zeros(n), rows, columns, values, range(n)), name=path.stem, kind="ising")


def _read_matrix_market(path: Path, lines: list[str]) -> Problem:
    header = lines[0].lower().split()
    if header[1:3] != ["matrix", "coordinate"] or header[4] not in ("symmetric", "general"):
        raise ReadError(f"{path} line 1: only 'matrix coordinate' with symmetric or general couplings is read")
    body = [(k, line.split()) for k, line in enumerate(lines[1:], 2) if line.strip() and line[0] != "%"]
    size = [_whole(path, body[0][0], part) for part in body[0][1]] if body else []
    if len(size) != 3 or size[0] != size[1]:
        raise ReadError(f"{path} needs a line 'n n entries' for a square matrix")
    if len(body) - 1 != size[2]:
        raise ReadError(f"{path} line {body[0][0]} promises {size[2]} entries, found {len(body) - 1}")
    matrix = np.zeros((size[0], size[0]))
    for k, parts in body[1:]:
        i, j = _whole(path, k, parts[0]) - 1, _whole(path, k, parts[1]) - 1
        if not (0 <= i < size[0] and 0 <= j < size[0]):
            raise ReadError(f"{path} line {k}: entry outside the matrix")
        matrix[i, j] = _real(path, k, parts[2]) if len(parts) > 2 else 1.0
        if header[4] == "symmetric":
            matrix[j, i] = matrix[i, j]
    return _from_matrix(path, matrix)


def _read_qubo(path: Path, lines: list[str]) -> Problem:
    """qbsolv's format: ``p qubo 0 maxNode nNodes nCouplers``, then ``i j value``; i = j is a bias."""
    import dimod

    header: list[int] | None = None
    linear: dict[int, float] = {}
    quadratic: dict[tuple[int, int], float] = {}
    for k, line in enumerate(lines, 1):
        parts = line.split()
        if not parts or parts[0].startswith("c"):
            continue
        if parts[0] == "p":
            if len(parts) != 6 or parts[1] != "qubo":
                raise ReadError(f"{path} line {k}: the header must be 'p qubo 0 maxNode nNodes nCouplers'")
            header = [_whole(path, k, part) for part in parts[3:]]
            continue
        if header is None or len(parts) != 3:
            raise ReadError(f"{path} line {k}: expected a header and then 'i j value', got {line.strip()!r}")
        i, j, value = _whole(path, k, parts[0]), _whole(path, k, parts[1]), _real(path, k, parts[2])
        if not (0 <= i < header[0] and 0 <= j < header[0]):
            raise ReadError(f"{path} line {k}: node outside 0..{header[0] - 1}")
        if i == j:
            linear[i] = linear.get(i, 0.0) + value
        else:
            key = (min(i, j), max(i, j))
            if key in quadratic:
                raise ReadError(f"{path} line {k}: coupler {key} given twice")
            quadratic[key] = value
    if header is None:
        raise ReadError(f"{path} has no 'p qubo' line")
    if len(quadratic) != header[2]:
        raise ReadError(f"{path} promises {header[2]} couplers, found {len(quadratic)}")
    return Problem(bqm=dimod.BinaryQuadraticModel(linear, quadratic, 0.0, "BINARY"), name=path.stem, kind="qubo")


def _read_rudy(path: Path, lines: list[str]) -> Problem:
    """Max-cut in the G-set (rudy) format: ``n m``, then ``i j [w]``, 1-based; a missing weight is 1."""
    body = [(k, line.split()) for k, line in enumerate(lines, 1) if line.strip()]
    if not body:
        raise ReadError(f"{path} is empty")
    first, header = body[0]
    if len(header) != 2:
        raise ReadError(f"{path} line {first}: expected a header 'nodes edges', got {' '.join(header)[:60]!r}")
    n, m = (_whole(path, first, part) for part in header)
    if len(body) - 1 != m:
        raise ReadError(f"{path} line {first} promises {m} edges, found {len(body) - 1}")
    rows, columns, weights = np.empty(m, np.int64), np.empty(m, np.int64), np.ones(m)
    seen: dict[tuple[int, int], int] = {}
    for e, (k, parts) in enumerate(body[1:]):
        if len(parts) not in (2, 3):
            raise ReadError(f"{path} line {k}: expected 'i j' or 'i j weight', got {' '.join(parts)[:60]!r}")
        i, j = _whole(path, k, parts[0]), _whole(path, k, parts[1])
        if not (1 <= i <= n and 1 <= j <= n) or i == j:
            raise ReadError(f"{path} line {k}: an edge joins two different nodes of 1..{n}, got {i} {j}")
        key = (min(i, j), max(i, j))
        if key in seen:
            raise ReadError(f"{path} line {k}: edge {i} {j} is already in line {seen[key]}")
        seen[key] = k
        rows[e], columns[e] = i - 1, j - 1
        if len(parts) == 3:
            weights[e] = _real(path, k, parts[2])
    return max_cut(path.stem, list(range(1, n + 1)), rows, columns, weights)


def _whole(path: Path, line: int, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ReadError(f"{path} line {line}: expected a whole number, got {text!r}") from None


def _real(path: Path, line: int, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ReadError(f"{path} line {line}: expected a number, got {text!r}") from None
    if not math.isfinite(value):
        raise ReadError(f"{path} line {line}: the weight must be finite, got {text!r}")
    return value


def describe(problem: Problem) -> dict[str, Any]:
    """Facts about a problem, for tables and JSON."""
    from hwsim.problem.problem import coupling_sigma

    bqm = problem.bqm
    degrees = np.array(list(bqm.degrees().values())) if bqm.num_variables else np.zeros(1)
    values = bqm.to_numpy_vectors().quadratic.biases
    return {
        "name": problem.name,
        "kind": problem.kind,
        "spins": bqm.num_variables,
        "couplings": bqm.num_interactions,
        "degree_min": int(degrees.min()),
        "degree_mean": float(degrees.mean()),
        "degree_max": int(degrees.max()),
        "coupling_min": float(values.min()) if len(values) else None,
        "coupling_max": float(values.max()) if len(values) else None,
        "sigma": coupling_sigma(bqm),
        "known_energy": problem.known_energy,
        "known_source": problem.known_source,
        "known_is_exact": problem.known_is_exact,
    }
