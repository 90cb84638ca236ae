"""Runs as files: everything comes back, and other files are refused."""

import numpy as np
import pytest

import hwsim
from hwsim.errors import InputError
from hwsim.program import content_hash, load, save


@pytest.fixture(scope="module")
def run():
    program = hwsim.compile(hwsim.read("karate"), hwsim.chip("generic-all-to-all", delay="1 ns", gain_dtod=0.1))
    return hwsim.run(program, anneal=hwsim.linear(0.1, 2.0, "50 ns"), reads=70, seed=3, record=(0, 65), checkpoints=5)


def test_a_saved_run_is_the_same_run(run, tmp_path):
    hwsim.save_run(run, tmp_path / "r.npz")
    again = hwsim.load_run(tmp_path / "r.npz")
    for name, value in vars(run).items():
        found = getattr(again, name)
        if isinstance(value, np.ndarray):
            assert np.array_equal(found, value) and found.dtype == value.dtype, name
        elif isinstance(value, int | float | str | bool | None):
            assert found == value, name
    assert again.traces.keys() == {0, 65}
    for read, trace in run.traces.items():
        assert all(np.array_equal(a, b) for a, b in zip(trace, again.traces[read], strict=True))
    assert np.array_equal(again.anneal.beta, run.anneal.beta) and again.anneal.end == run.anneal.end
    assert again.sampleset.first.energy == run.sampleset.first.energy
    assert again.program.readout.known_energy == -42 or again.program.readout.problem_name == "karate"


def test_biases_of_reads_are_saved_with_the_run(tmp_path):
    program = hwsim.compile("karate", "generic-all-to-all")
    declared = program.changed(read_bias=np.arange(34) < 9)
    assert content_hash(declared) != content_hash(program)
    values = np.random.default_rng(1).normal(size=(5, 34)) * declared.cells.read_bias
    run = hwsim.run(declared, anneal=hwsim.linear(0.1, 2.0, "50 ns"), reads=5, read_bias=values)
    hwsim.save_run(run, tmp_path / "r.npz")
    again = hwsim.load_run(tmp_path / "r.npz")
    assert np.array_equal(again.read_bias, values) and content_hash(again.program) == content_hash(declared)


def test_a_file_that_names_schedules_as_the_first_ones_did_is_read(run, tmp_path):
    hwsim.save_run(run, tmp_path / "r.npz")
    with np.load(tmp_path / "r.npz") as data:
        arrays = {"group" if name == "schedule" else name: data[name] for name in data.files}
    np.savez(tmp_path / "old.npz", **arrays)
    assert np.array_equal(hwsim.load_run(tmp_path / "old.npz").schedule, run.schedule)


def test_a_program_is_no_run_and_a_run_no_program(run, tmp_path):
    hwsim.save_run(run, tmp_path / "r.npz")
    save(run.program, tmp_path / "p.npz")
    with pytest.raises(InputError, match="is a saved run, not a saved program"):
        load(tmp_path / "r.npz")
    with pytest.raises(InputError, match="is a saved program, not a saved run"):
        hwsim.load_run(tmp_path / "p.npz")


def test_a_run_that_lost_an_array_is_refused_by_name(run, tmp_path):
    hwsim.save_run(run, tmp_path / "r.npz")
    with np.load(tmp_path / "r.npz") as data:
        arrays = {name: data[name] for name in data.files}
    lost = {"states": "states is missing", "anneal/beta": "beta is missing", "trace/0/pbit": "trace/0 is missing"}
    for name, words in lost.items():
        np.savez(tmp_path / "x.npz", **{key: value for key, value in arrays.items() if key != name})
        with pytest.raises(InputError, match=words):
            hwsim.load_run(tmp_path / "x.npz")


def test_a_run_whose_arrays_do_not_fit_is_refused_by_name(run, tmp_path):
    path = tmp_path / "run.npz"
    hwsim.save_run(run, path)
    with np.load(path) as held:
        arrays = dict(held)
    first = next(name for name in arrays if name.startswith("trace/") and name.endswith("pbit")).rpartition("/")[0]
    changes = {
        "states": (arrays["states"] * 7, "states must hold -1 and"),
        "energies": (arrays["energies"] * np.nan, "energies holds a value that is not finite"),
        "schedule": (arrays["schedule"] + 10**6, "schedules with numbers below"),
        "checkpoint_energies": (arrays["checkpoint_energies"][0], "checkpoint_energies must have the shape"),
        "anneal/beta": (np.array(1.0), "as many betas as start times"),
        f"{first}/pbit": (arrays[f"{first}/pbit"] + 10**6, "the trace of read . is none of this run"),
        f"{first}/time": (arrays[f"{first}/time"][::-1], "the trace of read . is none of this run"),
    }
    for name, (wrong, sentence) in changes.items():
        np.savez(path, **arrays | {name: wrong})
        with pytest.raises(InputError, match=f"run.npz is not a saved run: .*{sentence}"):
            hwsim.load_run(path)
