"""Reading: a problem from a file, by its content and ending, from a generator's name, or from an object.

A malformed file is refused with its line number; a short file is never accepted; a file that can be read in two ways is
read by ``as_``, by the one established reading (see `hwsim.problem.pairs`), or not at all.
"""

import io
import math
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.errors import InputError, ReadError
from hwsim.problem.generate import generate, is_generator
from hwsim.problem.lp import read_lp
from hwsim.problem.matrix import read_matrix_market, read_npy, read_npz
from hwsim.problem.objects import from_object
from hwsim.problem.pairs import read_pairs
from hwsim.problem.problem import Problem
from hwsim.problem.qubo import is_qubo, read_qubo
from hwsim.problem.reading import KINDS, READINGS
from hwsim.problem.sat import is_sat, read_sat
from hwsim.text import decoded, ending, read_data, stem


def read(source: Any, *, as_: str | None = None) -> Problem:
    """The problem that ``source`` is, names or holds. Functions that take a problem take whatever this takes.

    source : a Problem; a file (``hwsim formats`` lists them); a generator such as "ea3d:L=8,seed=1" (``hwsim
    generators``); a dimod BinaryQuadraticModel or ConstrainedQuadraticModel; (h, J); a dict {(i, j): value}; a numpy or
    scipy.sparse matrix; a networkx graph
    as_ : what numbers mean that can be read in several ways: "spin" (couplings and biases of spins), "p-bit" (the same
    with the sign of the p-bit papers, E = - sum h s - sum J s s), "qubo" (a QUBO of 0 and 1) or "max-cut" (weights of
    edges). Raises InputError or ReadError.
    """
    if as_ is not None and as_ not in READINGS:
        raise InputError(f"as_ must be one of {', '.join(READINGS)}, got {as_!r}")
    if not isinstance(source, str | PathLike):
        return from_object(source, as_)
    path = _path(source)
    if path is None:
        if as_ is not None:
            raise InputError(f"{source} is a generator, which can be read in one way: --as {as_} does not apply")
        return generate(str(source))
    problem = _read(path, read_data(path), as_)
    if not problem.bqm.num_variables:
        raise ReadError(f"{path} holds an empty problem, without variables")
    if not math.isfinite(problem.bqm.offset):
        raise ReadError(f"{path} holds an offset that is not finite")
    if as_ is not None and problem.kind != KINDS[as_]:
        raise ReadError(f"{path} holds a problem of kind {problem.kind} and nothing else: --as {as_} does not apply")
    return problem


def _path(source: str | PathLike) -> Path | None:
    """The file that ``source`` names; None where it names a generator. Raises InputError."""
    text, path = str(source), Path(source)
    try:
        exists, folder = path.exists(), path.is_dir()
    except (OSError, ValueError):  # too long a name, a NUL in it
        exists = folder = False
    if folder:
        raise InputError(f"{path} is a folder, not a problem file")
    if exists:
        return path
    if not is_generator(text) and (path.suffix or "/" in text):
        raise InputError(f"no such file: {text}")
    return None


def _read(path: Path, data: bytes, as_: str | None) -> Problem:
    kind = ending(path)
    if data.startswith(b"DIMODBQM"):
        return _read_bqm(path, data)
    if data.startswith(b"DIMODCQM"):
        return _read_cqm(path, data)
    if data.startswith(b"\x93NUMPY"):
        return read_npy(path, data, as_)
    if data.startswith(b"PK\x03\x04"):
        return read_npz(path, data, as_)
    if kind in (".npy", ".npz"):
        raise ReadError(f"{path} is not a readable numpy file")
    text = decoded(path, data)
    if kind == ".lp":
        return _read_lp(path, text)
    if kind == ".qubo" or is_qubo(text):
        return read_qubo(path, text)
    if text[:14].lower() == "%%matrixmarket":
        return read_matrix_market(path, text, as_)
    if kind == ".mtx":
        raise ReadError(f"{path} line 1: a Matrix Market file begins with %%MatrixMarket")
    if kind in (".cnf", ".wcnf") or is_sat(text):
        return read_sat(path, text, weighted=kind == ".wcnf")
    return read_pairs(path, text, as_)


def _read_bqm(path: Path, data: bytes) -> Problem:
    import dimod

    try:
        bqm = dimod.BinaryQuadraticModel.from_file(io.BytesIO(data))
    except Exception as error:
        raise ReadError(f"{path} is not a readable dimod BQM file ({error})") from None
    vectors = bqm.to_numpy_vectors()
    if not (np.all(np.isfinite(vectors.linear_biases)) and np.all(np.isfinite(vectors.quadratic.biases))):
        raise ReadError(f"{path} holds a bias that is not finite")
    return Problem(bqm=bqm, name=stem(path), kind="ising" if bqm.vartype.name == "SPIN" else "qubo")


def _read_cqm(path: Path, data: bytes) -> Problem:
    import dimod

    from hwsim.problem.constrained import penalised

    try:
        cqm = dimod.ConstrainedQuadraticModel.from_file(io.BytesIO(data))
    except Exception as error:
        raise ReadError(f"{path} is not a readable dimod CQM file ({error})") from None
    return penalised(cqm, name=stem(path))


def _read_lp(path: Path, text: str) -> Problem:
    """An LP file. An objective to be maximised is negated; reports negate it back."""
    from hwsim.problem.constrained import penalised

    cqm, maximised = read_lp(path, text)
    return penalised(cqm, name=stem(path), maximised=maximised)


def describe(problem: Problem) -> dict[str, Any]:
    """Facts about a problem, for tables and JSON."""
    from hwsim.problem.problem import coupling_sigma

    bqm = problem.bqm
    degrees = np.array(list(bqm.degrees().values())) if bqm.num_variables else np.zeros(1)
    values = bqm.to_numpy_vectors().quadratic.biases
    return {
        "name": problem.name,
        "kind": problem.kind,
        "reading": problem.reading,
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
