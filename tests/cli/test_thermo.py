"""``hwsim thermo``: what it prints and writes, files of several kinds, refusals in one sentence."""

import json

import numpy as np
import pytest

from hwsim.cli.main import main

A = np.array([[2.0, 0.5, 0.0], [0.5, 1.0, 0.2], [0.0, 0.2, 1.5]])
B = np.array([1.0, -1.0, 2.0])


@pytest.fixture
def files(tmp_path):
    """A and b as .npy, .mtx and text, and files that are neither."""
    np.save(tmp_path / "A.npy", A)
    np.save(tmp_path / "b.npy", B)
    (tmp_path / "A.mtx").write_text(
        "%%MatrixMarket matrix coordinate real symmetric\n3 3 5\n1 1 2\n2 1 0.5\n2 2 1\n3 2 0.2\n3 3 1.5\n"
    )
    (tmp_path / "b.csv").write_text("1, -1, 2\n")
    (tmp_path / "words.txt").write_text("one two\n")
    np.save(tmp_path / "skew.npy", A + np.triu(np.ones((3, 3)), 1))
    np.save(tmp_path / "flat.npy", np.diag([1.0, 1.0, 0.0]))
    np.save(tmp_path / "huge.npy", 5e307 * A)
    np.save(tmp_path / "tiny.npy", 1e-300 * A)
    np.save(tmp_path / "nan.npy", np.full((3, 3), np.nan))
    np.save(tmp_path / "complex.npy", A * 1j)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "A.npy").read_bytes()[:20])
    return tmp_path


@pytest.mark.parametrize(("matrix", "vector"), [("A.npy", "b.npy"), ("A.mtx", "b.csv")])
def test_solving_prints_the_error_beside_theory_and_direct_solvers(files, matrix, vector, capsys):
    picture, data = files / "e.png", files / "d.json"
    arguments = ["thermo", "solve", str(files / matrix), str(files / vector), "--time", "2ms", "--seed", "3"]
    assert main([*arguments, "--plot", str(picture), "--json", str(data)]) == 0
    said = capsys.readouterr().out
    assert "Cholesky" in said and "conjugate gradient" in said and "energy: unknown" in said
    document = json.loads(data.read_text())
    assert {"x", "covariance_error", "relative_error", "device_time_s", "direct"} <= set(document)
    assert document["relative_error"] < 4 * document["predicted_error"] < 0.2
    np.testing.assert_allclose(document["x"], np.linalg.solve(A, B), atol=0.3)
    assert document["device_time_s"] == pytest.approx(
        document["settle_s"] + document["samples"] * document["interval_s"]
    )
    assert picture.stat().st_size > 20_000


def test_a_card_gives_volts_energy_and_faults(files, capsys):
    np.save(files / "C.npy", np.array([[1.0, -0.2, 0.0], [-0.2, 1.5, -0.1], [0.0, -0.1, 0.8]]))
    arguments = ["thermo", "solve", str(files / "C.npy"), str(files / "b.npy"), "--machine", "generic-rlc"]
    arguments += ["--set", "power=50mW", "--set", "component_dtod=0.1", "--host-power", "15W", "--json"]
    assert main([*arguments, str(files / "d.json")]) == 0
    said = capsys.readouterr().out
    assert "readings of" in said and "mV, root mean square" in said and "J (yours)" in said
    document = json.loads((files / "d.json").read_text())
    assert document["unit"] == "V" and document["device_energy_j"] == pytest.approx(50e-3 * document["device_time_s"])
    assert all(row["host_energy_j"] > 0 and row["operations"] > 0 for row in document["direct"])
    clean = [*arguments, "-", "--without", "component-spread"]
    assert main(clean) == 0
    assert json.loads(capsys.readouterr().out)["predicted_error"] < document["predicted_error"]


def test_regression_prints_the_closed_form_beside(files, capsys):
    rng = np.random.default_rng(0)
    np.save(files / "X.npy", rng.normal(size=(30, 2)))
    np.save(files / "y.npy", np.load(files / "X.npy") @ [1.0, -2.0] + 0.3 * rng.normal(size=30))
    arguments = ["thermo", "regression", str(files / "X.npy"), str(files / "y.npy"), "--noise", "0.3", "--prior", "2"]
    assert main([*arguments, "--json", str(files / "d.json"), "--plot", str(files / "p.png")]) == 0
    assert "closed form" in capsys.readouterr().out
    document = json.loads((files / "d.json").read_text())
    np.testing.assert_allclose(document["x"], document["closed_form"]["mean"], atol=0.1)
    assert (files / "p.png").stat().st_size > 20_000


def test_functions_of_a_matrix(files, capsys):
    np.save(files / "Q.npy", np.eye(3))
    few = ["--replicas", "32", "--samples", "200", "--json", "-"]
    assert main(["thermo", "determinant", str(files / "A.npy"), *few, "--plot", str(files / "d.png")]) == 0
    assert (files / "d.png").stat().st_size > 15_000
    document = json.loads(capsys.readouterr().out)
    assert abs(document["log_determinant"] - np.linalg.slogdet(A)[1]) < 4 * document["error"]
    assert main(["thermo", "lyapunov", str(files / "A.npy"), str(files / "Q.npy"), *few]) == 0
    np.testing.assert_allclose(json.loads(capsys.readouterr().out)["matrix"], np.linalg.inv(A) / 2, atol=0.05)
    assert main(["thermo", "exponential", str(files / "A.npy"), *few[:-2], "--plot", str(files / "e.png")]) == 0
    assert (files / "e.png").stat().st_size > 15_000
    assert "against a direct solver" in capsys.readouterr().out
    assert main(["thermo", "machines"]) == 0
    assert "generic-rlc" in capsys.readouterr().out


def test_the_inverse_is_the_covariance(files, capsys):
    arguments = ["thermo", "inverse", str(files / "A.npy"), "--time", "2ms", "--replicas", "4", "--json", "-"]
    assert main(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["covariance_error"] < 4 * document["predicted_covariance_error"] < 0.3
    np.testing.assert_allclose(document["covariance"], np.linalg.inv(A), atol=0.15)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["solve", "skew.npy", "b.npy"], "A must be symmetric"),
        (["solve", "flat.npy", "b.npy"], "A must be positive definite; its least eigenvalue is 0"),
        (["solve", "nan.npy", "b.npy"], "A must be finite"),
        (["solve", "complex.npy", "b.npy"], "must hold real numbers"),
        (["solve", "cut.npy", "b.npy"], "is not a readable numpy file"),
        (["solve", "words.txt", "b.npy"], "holds no array of numbers"),
        (["solve", "nothing.npy", "b.npy"], "no such file"),
        (["solve", "A.npy", "A.npy"], "b must have 1 dimension, got shape (3, 3)"),
        (["inverse", "b.npy"], "A must have 2 dimensions, got shape (3,)"),
        (["inverse", "A.npy", "--tau", "5 V"], "tau"),
        (["inverse", "A.npy", "--replicas", "0"], "replicas must be >= 1"),
        (["inverse", "A.npy", "--plot", "p.txt"], "a figure must end in"),
        (["inverse", "A.npy", "--machine", "normal-spu"], "Normal Computing would know"),
        (
            ["inverse", "A.npy", "--machine", "generic-rlc"],
            "is positive, but capacitors between cells make only negative",
        ),
        (["inverse", "A.npy", "--machine", "generic-rcl"], "did you mean generic-rlc"),
        (["solve", "A.npy", "b.npy", "--host-power", "15"], "host-power must be a power"),
        (["solve", "A.npy", "b.npy", "--host-power", "0W"], "host-power must be > 0, got 0W"),
        (["solve", "A.npy", "b.npy", "--host-power=-2W"], "host-power must be > 0, got -2W"),
        (["inverse", "A.npy", "--set", "adc_bits=8", "--set", "adc_range=0"], "adc_range must be > 0"),
        (["inverse", "A.npy", "--interval", "1e-30s"], "give a longer interval_s"),
        (["inverse", "A.npy", "--set", "tau=abc"], "tau must be a number"),
        (["inverse", "A.npy", "--set", "tau=1us", "--tau", "2us"], "tau is given twice"),
        (["inverse", "A.npy", "--beta", "1e300"], "beta must be between"),
        (["inverse", "A.npy", "--set", "beta=0"], "beta must be > 0"),
        (["determinant", "flat.npy"], "A must be positive definite"),
        (["lyapunov", "A.npy", "b.npy"], "Q must have 2 dimensions"),
        (["regression", "A.npy", "b.npy", "--noise", "0"], "noise must be > 0"),
        (["regression", "huge.npy", "b.npy"], "the numbers of X and y leave the range"),
        (["lyapunov", "A.npy", "huge.npy"], "the numbers of A and Q leave the range"),
        (["solve", "tiny.npy", "b.npy"], "the numbers of A and b leave the range"),
        (["inverse", "huge.npy"], "drift must be finite"),
    ],
)
def test_bad_input_is_one_sentence(files, arguments, sentence, capsys, monkeypatch):
    monkeypatch.chdir(files)
    assert main(["thermo", *arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


def test_a_cell_is_compared_with_its_law(tmp_path, capsys):
    picture, data = tmp_path / "w.png", tmp_path / "w.json"
    arguments = ["thermo", "sample", "wells:barrier=1.5", "--tau", "2us", "--time", "40us", "--seed", "5"]
    assert main([*arguments, "--plot", str(picture), "--json", str(data)]) == 0
    assert "total variation" in capsys.readouterr().out
    document = json.loads(data.read_text())
    assert document["total_variation"] < 1.5 * document["tv_noise_floor"]
    n = document["replicas"]
    assert abs(document["mean"] - document["law_mean"]) < 4 * np.sqrt(document["law_variance"] / n)
    assert abs(document["variance"] / document["law_variance"] - 1) < 4 * np.sqrt(2 / n)
    assert sum(document["counts"]) == n and sum(document["law"]) == pytest.approx(1)
    assert picture.stat().st_size > 20_000


def test_a_cell_with_inertia_has_the_same_law_and_half_a_kt_of_kinetic_energy(capsys):
    arguments = [
        "thermo",
        "sample",
        "bowl:stiffness=2",
        "--relax",
        "3us",
        "--time",
        "40us",
        "--seed",
        "1",
        "--json",
        "-",
    ]
    assert main(arguments) == 0
    document = json.loads(capsys.readouterr().out)
    assert abs(document["variance"] / 0.5 - 1) < 4 * np.sqrt(2 / 4096)
    assert abs(document["kinetic_energy_kt"] / 0.5 - 1) < 4 * np.sqrt(2 / 4096) + 0.0025
    assert main(["thermo", "sample", "bowl", "--relax", "0s"]) == 2


def test_text_and_names_are_potentials(capsys):
    for potential in ("bowl:stiffness=4,centre=1", "2*(x-1)^2"):
        assert main(["thermo", "sample", potential, "--time", "4us", "--start", "1", "--json", "-"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert document["law_mean"] == pytest.approx(1) and document["law_variance"] == pytest.approx(0.25, rel=1e-3)


def test_a_bowl_anywhere_is_sampled_from_its_centre(capsys):
    assert main(["thermo", "sample", "bowl:centre=1e9", "--time", "4us", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["trace"][0] == [0.0, 1e9]
    assert main(["thermo", "sample", "bowl:centre=1", "--start", "2", "--time", "4us", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["trace"][0] == [0.0, 2.0]


@pytest.mark.parametrize(
    ("arguments", "remark"),
    [
        (["bowl"], None),
        (["bowl", "--time", "4us"], "a cell remembers where it was for 1 us"),
        (["bowl", "--relax", "200us"], None),  # 4 ms by default
        (["bowl", "--relax", "200us", "--time", "1ms"], "a cell remembers where it was for 400 us"),
        (["x**-2 + x**2", "--start", "1", "--step", "1ns", "--time", "2us"], "a wall divides this potential"),
    ],
)
def test_a_run_that_has_not_forgotten_its_start_says_so(arguments, remark, capsys):
    assert main(["thermo", "sample", *arguments]) == 0
    said = capsys.readouterr().out
    assert remark in said if remark else "remark" not in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["x**3"], "has no bottom"),
        (["log(x)"], "has no bottom"),
        (["import os"], "an expression of x"),
        (["bowl:k=1"], "bowl takes stiffness, centre"),
        (["wells:barrier=high"], "KEY=NUMBER"),
        (["bowl", "--beta", "-1"], "beta must be > 0"),
        (["bowl", "--step", "5us", "--time", "5ms"], "a step of 5e-06 s is unstable"),
        (["bowl", "--step", "0s"], "step_s must be > 0"),
        (["bowl", "--step", "5us", "--time", "1us"], "a step must not be longer than the run of 1e-06 s, got 5e-06"),
        (["bowl", "--time", "0s"], "time must be > 0, got 0s"),
        (["bowl", "--tau", "0s"], "tau must be > 0, got 0s"),
        (["wells:barrier=1e6"], "4096 cells are 6.57e+13 moves, and the limit is 2e+11: give a shorter --time"),
        (["sqrt(x)"], "fewer --replicas"),
        (["x**-2 + x**2", "--start", "1"], "a longer --step"),
        (["sqrt(x)", "--step", "1ns"], "is not a number there"),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_bad_potentials_are_one_sentence(arguments, sentence, capsys):
    assert main(["thermo", "sample", *arguments]) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1


def test_what_does_not_fit_the_memory_is_one_sentence(capsys, monkeypatch):
    def too_much(path, name, ndim):
        raise MemoryError("Unable to allocate 745 GiB")

    monkeypatch.setattr("hwsim.command.arrays.read_array", too_much)
    monkeypatch.setenv("HWSIM_MEMORY_LIMIT", "1GB")
    assert main(["thermo", "inverse", "A.npy"]) == 2
    said = capsys.readouterr().err
    assert said == "hwsim: error: this does not fit into memory: HWSIM_MEMORY_LIMIT is 1 GB\n"
