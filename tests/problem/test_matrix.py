"""Matrices from files: exact, refused in one sentence, and in memory that grows with the entries."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.io
import scipy.sparse

from hwsim.errors import InputError
from hwsim.problem.read import read

SYMMETRIC = "%%MatrixMarket matrix coordinate real symmetric\n% a note\n3 3 3\n2 1 0.5\n3 1 -2\n3 2 1\n"
LIMIT_MB = 500


@pytest.fixture
def written(tmp_path):
    def write(content, name="a.mtx"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("before", ["", "\ufeff"])
def test_a_symmetric_matrix_holds_couplings_of_spins_and_says_so(written, before):
    problem = read(written(before + SYMMETRIC, "A.MTX"))
    assert problem.kind == "ising" and "couplings of spins" in problem.reading
    assert problem.bqm.energy({0: 1, 1: 1, 2: -1}) == 0.5 + 2 - 1
    cut = read(written(SYMMETRIC), as_="max-cut")
    assert cut.kind == "max-cut" and cut.bqm.energy({0: 1, 1: 1, 2: -1}) == -(-2 + 1)
    # a QUBO counts both triangles
    assert read(written(SYMMETRIC), as_="qubo").bqm.energy({0: 1, 1: 1, 2: 0}) == 1.0


@pytest.mark.parametrize("symmetry", ["general", "symmetric"])
@pytest.mark.parametrize("kind", ["coordinate", "array"])
@pytest.mark.parametrize("field", ["real", "integer"])
def test_what_scipy_writes_comes_back(tmp_path, symmetry, kind, field):
    rng = np.random.default_rng(3)
    matrix = np.triu(rng.integers(-3, 4, (6, 6)), 1).astype(float if field == "real" else int)
    matrix = matrix + matrix.T
    kept = matrix if kind == "array" else scipy.sparse.coo_array(matrix)
    scipy.io.mmwrite(tmp_path / "a.mtx", kept, symmetry=symmetry, field=field)
    bqm = read(tmp_path / "a.mtx").bqm
    spins = rng.choice([-1, 1], 6)
    assert bqm.energy(dict(enumerate(spins))) == spins @ matrix @ spins / 2
    assert bqm.num_interactions == np.count_nonzero(np.triu(matrix))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("%%MatrixMarket matrix coordinate real\n2 2 1\n2 1 1\n", "line 1: the header must be"),
        ("%%MatrixMarket matrix coordinate complex symmetric\n2 2 1\n2 1 1 0\n", "line 1: .*got 'complex'"),
        ("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 1 1\n", "line 1: .*got 'skew-symmetric'"),
        ("%%MatrixMarket matrix coordinate real symmetric\n", "expected the size"),
        ("%%MatrixMarket matrix coordinate real symmetric\n2 3 1\n2 1 1\n", "line 2: expected the size"),
        ("%%MatrixMarket matrix coordinate real symmetric\n-2 -2 1\n2 1 1\n", "line 2: expected a whole number from 0"),
        ("%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n2 1\n", "line 3: expected 3 numbers"),
        ("%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n2 1 1 4\n", "line 3: expected 3 numbers"),
        ("%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n2 1 1\n", "line 2 promises 2 entries, found 1"),
        ("%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n3 1 1\n", "line 3: an entry outside 2 rows"),
        ("%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n2 1 nan\n", "line 3: a number must be finite"),
        ("%%MatrixMarket matrix coordinate integer symmetric\n2 2 1\n2 1 1.5\n", "line 3: expected an integer"),
        ("%%MatrixMarket matrix coordinate pattern symmetric\n2 2 1\n2 1 7\n", "line 3: expected 2 numbers"),
        ("%%MatrixMarket matrix coordinate pattern symmetric\n2 2 1\n2 1\n", "--as max-cut, --as spin or --as qubo"),
        (
            "%%MatrixMarket matrix coordinate real symmetric\n2 2 2\n2 1 1\n1 2 1\n",
            "line 4: the entry 1 2 is already in",
        ),
        ("%%MatrixMarket matrix coordinate real general\n2 2 2\n2 1 1\n2 1 1\n", "line 4: the entry 2 1 is already in"),
        ("%%MatrixMarket matrix coordinate real general\n2 2 1\n2 1 1\n", "not symmetric; --as qubo"),
        ("%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 1 1\n", "nonzero diagonal.*--as qubo"),
        ("%%MatrixMarket matrix coordinate real symmetric\n0 0 0\n", "an empty problem"),
        ("2 2 1\n2 1 1\n", "begins with %%MatrixMarket"),
    ],
)
def test_a_matrix_market_file_that_does_not_agree_is_refused(written, text, words):
    with pytest.raises(InputError, match=words):
        read(written(text))


def test_a_pattern_takes_the_meaning_that_is_named(written):
    path = written("%%MatrixMarket matrix coordinate pattern symmetric\n3 3 2\n2 1\n3 2\n")
    assert read(path, as_="max-cut").bqm.energy({0: 1, 1: -1, 2: 1}) == -2
    assert read(path, as_="spin").bqm.energy({0: 1, 1: 1, 2: 1}) == 2


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.array([["0", "1"], ["1", "0"]]), "must hold real numbers, got text"),
        (np.array([[0, 1], [1, 0]], dtype=complex), "must hold real numbers, got complex numbers"),
        (np.array([[0, None], [None, 0]], dtype=object), "holds objects, which are never unpickled"),
        (np.array([[0, 1], [1, 0]], dtype="datetime64[s]"), "holds values of the type datetime64"),
        (np.array([[False, True], [True, False]]), "--as max-cut, --as spin or --as qubo"),
        (np.array([[0, 2**53 + 1], [2**53 + 1, 0]]), "beyond 2\\*\\*53"),
        (np.array([[0, np.inf], [np.inf, 0]]), "not finite"),
        (np.array([[0, np.nan], [np.nan, 0]]), "not finite"),
        (np.zeros((0, 0)), "an empty problem"),
        (np.zeros(3), "square matrix"),
    ],
)
@pytest.mark.parametrize("suffix", ["npy", "npz"])
def test_arrays_that_hold_no_couplings_are_refused(tmp_path, array, words, suffix):
    path = tmp_path / f"a.{suffix}"
    (np.save if suffix == "npy" else np.savez)(path, array, allow_pickle=True)
    with pytest.raises(InputError, match=words):
        read(path)


def test_a_numpy_file_that_is_cut_or_another_archive_is_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((4, 4)))
    (tmp_path / "b.npy").write_bytes((tmp_path / "a.npy").read_bytes()[:-8])
    with pytest.raises(InputError, match="128 bytes, and holds 120"):
        read(tmp_path / "b.npy")
    np.savez(tmp_path / "c.npz", one=np.zeros(2), two=np.zeros(2))
    with pytest.raises(InputError, match="must hold one matrix, got one, two"):
        read(tmp_path / "c.npz")


@pytest.mark.parametrize("order", ["C", "F"])
def test_numpy_and_scipy_archives_say_the_same(tmp_path, order):
    matrix = np.array([[0, 1.5, 0], [1.5, 0, -2], [0, -2, 0]], order=order)
    np.save(tmp_path / "a.npy", matrix)
    np.savez(tmp_path / "b.npz", J=matrix)
    scipy.sparse.save_npz(tmp_path / "c.npz", scipy.sparse.csr_array(matrix))
    made = [read(tmp_path / name).bqm for name in ("a.npy", "b.npz", "c.npz")]
    assert made[0] == made[1] == made[2] and made[0].energy({0: 1, 1: -1, 2: -1}) == -1.5 - 2
    upper = np.array([[1.0, -3.0], [0.5, 2.0]])
    np.save(tmp_path / "q.npy", upper)
    assert read(tmp_path / "q.npy", as_="qubo").bqm.energy({0: 1, 1: 1}) == 0.5


@pytest.mark.skipif(sys.platform != "linux", reason="getrusage counts the parent's peak; /proc does not")
def test_memory_grows_with_the_entries(tmp_path):
    n, m = 100_000, 300_000
    rng = np.random.default_rng(0)
    step = np.repeat(np.arange(1, 1 + m // n), n)
    low = np.tile(np.arange(1, n + 1), m // n)
    ends = np.stack((np.maximum(low, (low + step - 1) % n + 1), np.minimum(low, (low + step - 1) % n + 1)), axis=1)
    values = rng.standard_normal(m)
    lines = [f"{i} {j} {value!r}\n" for (i, j), value in zip(ends.tolist(), values.tolist(), strict=True)]
    path = tmp_path / "large.mtx"
    path.write_text(f"%%MatrixMarket matrix coordinate real symmetric\n{n} {n} {m}\n{''.join(lines)}")
    code = (
        "import sys, hwsim; from hwsim.problem.read import describe;"
        "facts = describe(hwsim.read(sys.argv[1]));"
        "peak = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0];"
        "print(facts['spins'], facts['couplings'], int(peak) / 1024)"
    )
    shown = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True).stdout
    spins, couplings, peak_mb = shown.split()
    assert (int(spins), int(couplings)) == (n, m)
    assert float(peak_mb) < LIMIT_MB


@pytest.mark.parametrize("kind", ["f2", "<f4", ">f8", "i1", ">i4", "u8", "<i8", "f16"])
def test_every_type_of_number_is_read(tmp_path, kind):
    np.save(tmp_path / "a.npy", np.array([[0, 2, 0], [2, 0, 3], [0, 3, 0]], dtype=kind))
    assert read(tmp_path / "a.npy").bqm.quadratic == {(1, 0): 2.0, (2, 1): 3.0}


def test_a_sparse_archive_with_an_index_outside_is_refused(tmp_path):
    parts = {"format": np.array(b"csr"), "shape": np.array([2, 2]), "data": np.ones(2)}
    for indices, indptr in (([1, 10**6], [0, 1, 2]), ([1, 0], [0, 2, 0]), ([1j, 0], [0, 1, 2])):
        np.savez(tmp_path / "a.npz", **parts, indices=np.array(indices), indptr=np.array(indptr))
        with pytest.raises(InputError, match="not a readable sparse matrix"):
            read(tmp_path / "a.npz")
