"""Reading problems: exact on good files, one sentence with a line number on bad ones."""

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.problem.generate import generate
from hwsim.problem.read import read

TRIANGLE = "3 3\n1 2 1\n2 3 -2\n1 3 4\n\n"


def written(tmp_path, text, name="g.txt", encoding="utf-8"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("text", [TRIANGLE, TRIANGLE.replace("\n", "\r\n")])
def test_a_cut_is_minus_the_energy(tmp_path, text):
    bqm = read(written(tmp_path, text)).bqm
    # cutting node 1 off: edges (1,2) and (1,3), weight 1 + 4
    assert bqm.energy({1: 1, 2: -1, 3: -1}) == -5
    assert bqm.energy({1: 1, 2: 1, 3: 1}) == 0


def test_a_missing_weight_is_one(tmp_path):
    assert read(written(tmp_path, "2 1\n1 2\n")).bqm.energy({1: 1, 2: -1}) == -1


@pytest.mark.parametrize(
    "text",
    ["3 4\n1 2 1\n2 3 1\n", "3 1 J\n1 2 1\n", "3 1\n1 2 nan\n", "3 1\n1 4 1\n", "2 2\n1 2 1\n2 1 1\n", "2 1\n1 1 1\n"],
)
def test_a_broken_graph_is_refused_with_its_line(tmp_path, text):
    with pytest.raises(InputError, match=r"line [0-9]"):
        read(written(tmp_path, text))


def test_utf_16_is_refused(tmp_path):
    with pytest.raises(InputError, match="UTF-16"):
        read(written(tmp_path, TRIANGLE, encoding="utf-16"))


def test_a_dimod_file_and_a_matrix_come_back_exactly(tmp_path):
    original = generate("ea2d:L=4,seed=3,weights=gauss").bqm
    with original.to_file() as source:
        (tmp_path / "a.bqm").write_bytes(source.read())
    assert read(tmp_path / "a.bqm").bqm == original
    matrix = np.zeros((16, 16))
    for (i, j), value in original.quadratic.items():
        matrix[i, j] = matrix[j, i] = value
    np.save(tmp_path / "a.npy", matrix)
    assert read(tmp_path / "a.npy").bqm == original


def test_qbsolv_files(tmp_path):
    bqm = read(written(tmp_path, "c note\np qubo 0 3 1 1\n0 0 -2.5\n0 2 1.5\n", "a.qubo")).bqm
    assert bqm.energy({0: 1, 2: 1}) == -1.0


def test_the_planted_state_has_the_known_energy():
    import dimod

    problem = generate("planted:L=4,seed=2")
    exact = dimod.ExactSolver().sample(problem.bqm).first.energy
    assert exact == problem.known_energy


def test_a_seed_fixes_an_instance():
    assert generate("ea3d:L=4,seed=1").bqm == generate("ea3d:L=4,seed=1").bqm
    assert generate("ea3d:L=4,seed=1").bqm != generate("ea3d:L=4,seed=2").bqm
