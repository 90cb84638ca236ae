"""Reading: a problem from a file, by its content and ending, from a generator's name, or from an object.

A malformed file is refused with its line number; a short file is never accepted; a file that can be read in two ways is
read by ``as_``, by the one established reading (see `hwsim.problem.pairs`), or not at all.
"""

import math
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from hwsim.arguments import named
from hwsim.errors import InputError, ReadError
from hwsim.problem.bqp import is_or_library, read_bq, read_or_library, read_sparse
from hwsim.problem.constrained import modelled, penalised
from hwsim.problem.dimod_file import BQM_MARK, CQM_MARK, read_bqm, read_cqm
from hwsim.problem.generate import generate, is_generator
from hwsim.problem.graph_file import is_dimacs_graph, is_gml, read_dimacs_graph, read_gml, read_graphml, read_metis
from hwsim.problem.json_file import read_json
from hwsim.problem.lp import read_lp
from hwsim.problem.matlab import is_mat, read_mat
from hwsim.problem.matrix import read_matrix_market, read_npy, read_npz, read_rows, text_rows
from hwsim.problem.objects import from_object
from hwsim.problem.ommx_file import read_ommx
from hwsim.problem.pairs import read_pairs
from hwsim.problem.problem import Problem
from hwsim.problem.qplib import is_qplib, read_qplib
from hwsim.problem.qubo import is_qubo, read_qubo
from hwsim.problem.reading import READINGS, in_one_way
from hwsim.problem.sat import is_sat, read_sat
from hwsim.text import decoded, ending, is_json, is_whole, read_data, stem


@named
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
    path, chosen = _path(source)
    if path is None:
        if as_ is not None:
            raise InputError(f"{source} is a generator, which can be read in one way: --as {as_} does not apply")
        return generate(str(source))
    data = read_data(path)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # a sum that is not finite is refused
            one = None if chosen is None else _one_of(path, data, chosen)
            problem = _read(path, data, as_) if one is None else in_one_way(one, as_, str(path))
    except OverflowError:
        raise ReadError(f"{path} names a variable by a whole number of more than 64 bits: name it by text") from None
    if not problem.bqm.num_variables:
        raise ReadError(f"{path} holds an empty problem, without variables")
    if not math.isfinite(problem.bqm.offset):
        raise ReadError(f"{path} holds an offset that is not finite")
    return problem


def _path(source: str | PathLike) -> tuple[Path | None, int | None]:
    """(file, number) that ``source`` names, as in ``bqp50.txt#3``; None for a generator, and where there is no number.
    Raises InputError."""
    text, path = str(source), Path(source)
    if not text:
        raise InputError("a problem is named by a file or a generator, got an empty text")
    try:
        exists, folder = path.exists(), path.is_dir()
    except (OSError, ValueError):  # too long a name, a NUL in it
        exists = folder = False
    if folder:
        raise InputError(f"{path} is a folder, not a problem file")
    if exists:
        return path, None
    file, _, number = text.rpartition("#")
    if is_whole(number) and file and Path(file).is_file():
        return Path(file), int(number)
    if not is_generator(text) and (path.suffix or "/" in text):
        raise InputError(f"no such file: {text}")
    return None, None


def _one_of(path: Path, data: bytes, chosen: int) -> Problem:
    """Problem ``chosen`` of a file that holds several. Raises ReadError."""
    text = decoded(path, data)
    if not is_or_library(text):
        raise ReadError(f"{path} holds one problem: leave #{chosen} out")
    return read_or_library(path, text, chosen)


def _read(path: Path, data: bytes, as_: str | None) -> Problem:
    kind = ending(path)
    for is_format, reader in _BINARY:
        if is_format(data):
            return reader(path, data, as_)
    if kind == ".mat" and b"\0" in data[:20]:  # of version 4, which has no mark
        return read_mat(path, data, as_)
    if kind == ".ommx":
        return _one_way(_read_ommx)(path, data, as_)
    if kind in (".npy", ".npz"):
        raise ReadError(f"{path} is not a readable numpy file")
    for mark, what in _OTHER.items():
        if data.startswith(mark) or (mark == b"ustar" and data[257:262] == mark):
            raise ReadError(f"{path} is {what}, which is not read (hwsim formats lists what is)")
    text = decoded(path, data)
    if kind in _BY_ENDING:
        return _BY_ENDING[kind](path, text, as_)
    if kind in (".sparse", ".bq") and as_ in (None, "qubo"):
        return (read_sparse if kind == ".sparse" else read_bq)(path, text)
    for is_text, reader in _TEXT:
        if is_text(text):
            return reader(path, text, as_)
    if kind == ".mtx":
        raise ReadError(f"{path} line 1: a Matrix Market file begins with %%MatrixMarket")
    rows = text_rows(path, text)
    return read_pairs(path, text, as_) if rows is None else read_rows(path, rows, as_)


def _read_lp(path: Path, text: str) -> Problem:
    """An LP file. An objective to be maximised is negated; reports negate it back."""
    cqm, maximised = read_lp(path, text)
    return penalised(cqm, name=stem(path), maximised=maximised)


def _read_qplib(path: Path, text: str) -> Problem:
    cqm, maximised = read_qplib(path, text)
    return modelled(cqm, name=stem(path), maximised=maximised)


def _read_ommx(path: Path, data: bytes) -> Problem:
    cqm, maximised = read_ommx(path, data)
    return modelled(cqm, name=stem(path), maximised=maximised)


def _read_sat(path: Path, text: str) -> Problem:
    return read_sat(path, text, weighted=ending(path) == ".wcnf")


def _one_way(reader: Callable[[Path, Any], Problem]) -> Callable[..., Problem]:
    """A reader of a format whose numbers have one meaning."""
    return lambda path, content, as_: in_one_way(reader(path, content), as_, str(path))


_BINARY: tuple[tuple[Callable[[bytes], bool], Callable[..., Problem]], ...] = (
    (lambda data: data.startswith(BQM_MARK), _one_way(read_bqm)),
    (lambda data: data.startswith(CQM_MARK), _one_way(read_cqm)),
    (lambda data: data.startswith(b"\x93NUMPY"), read_npy),
    (lambda data: data.startswith(b"PK\x03\x04"), read_npz),
    (is_mat, read_mat),
)
"""(Whether bytes are of a format, its reader), in the order in which they are tried."""

_TEXT: tuple[tuple[Callable[[str], bool], Callable[..., Problem]], ...] = (
    (is_json, read_json),
    (lambda text: "<graphml" in text[:2000], read_graphml),
    (is_gml, read_gml),
    (is_qubo, _one_way(read_qubo)),
    (lambda text: text[:14].lower() == "%%matrixmarket", read_matrix_market),
    (is_sat, _one_way(_read_sat)),
    (is_dimacs_graph, read_dimacs_graph),
    (is_qplib, _one_way(_read_qplib)),
    (is_or_library, _one_way(read_or_library)),
)
"""The same for text. What no line tells is a list of pairs, or the rows of a matrix."""

_BY_ENDING: dict[str, Callable[..., Problem]] = {
    ".lp": _one_way(_read_lp),
    ".qubo": _one_way(read_qubo),
    ".qplib": _one_way(_read_qplib),
    ".cnf": _one_way(_read_sat),
    ".wcnf": _one_way(_read_sat),
    ".col": read_dimacs_graph,
    ".graph": read_metis,
    ".metis": read_metis,
}
"""Readers of formats that their content may not tell."""

_OTHER = {
    b"ustar": "a tar archive",
    b"\x80\x04": "a pickle",
    b"\x80\x05": "a pickle",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "a database",
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
}
"""First bytes of files that are no problem."""


def describe(problem: Problem) -> dict[str, Any]:
    """Facts about a problem, for tables and JSON."""
    from hwsim.problem.problem import input_sigma

    bqm = problem.bqm
    degrees = np.array(list(bqm.degrees().values())) if bqm.num_variables else np.zeros(1)
    values = bqm.to_numpy_vectors().quadratic.biases
    return {
        "name": problem.name,
        "kind": problem.kind,
        "reading": problem.reading,
        "maximised": problem.maximised,
        "spins": bqm.num_variables,
        "couplings": bqm.num_interactions,
        "degree_min": int(degrees.min()),
        "degree_mean": float(degrees.mean()),
        "degree_max": int(degrees.max()),
        "coupling_min": float(values.min()) if len(values) else None,
        "coupling_max": float(values.max()) if len(values) else None,
        "sigma": input_sigma(bqm),
        "known_energy": problem.known_energy,
        "known_source": problem.known_source,
        "known_is_exact": problem.known_is_exact,
    }
