"""The waist: checked, hashed, saved whole, never changed."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from hwsim.errors import InputError
from hwsim.program import content_hash, load, save

PAIR = np.array([[0, -1.0], [-1.0, 0]])


def test_a_saved_program_is_the_same_program(make_program, tmp_path):
    program = make_program(PAIR, delay=np.array([3, 4]))
    save(program, tmp_path / "p.npz")
    again = load(tmp_path / "p.npz")
    assert content_hash(again) == content_hash(program)
    assert [p.name for p in tmp_path.iterdir()] == ["p.npz"]


def test_a_file_holds_no_defaults_and_a_new_field_changes_no_old_hash(make_program, tmp_path):
    program = make_program(PAIR)
    save(program, tmp_path / "p.npz")
    with np.load(tmp_path / "p.npz") as data:
        assert "cells.held" not in data.files and "cells.gain" in data.files
    assert content_hash(program.changed(held=np.zeros(2, dtype=bool))) == content_hash(program)
    assert content_hash(program.changed(held=np.array([True, False]))) != content_hash(program)


UNLIKE = {
    "random_bit": np.array([3, 65]),
    "own_tau": np.array([5.0, 6.0]),
    "kind": "synchronous",
    "period": 7,
    "participation": 0.5,
    "participants": "own",
    "energy_offset": 1.0,
    "table": np.array([0.2, 0.4]),
    "comparison": "swapped",
    "comparator_step": np.array([2.0, 4.0]),
    "flicker_block": 9,
    "flicker_octaves": 3,
    "source": "lfsr16",
    "source_shifts": 2,
    "source_steps": "clock",
    "source_shows": "held",
    "source_sharing": "taps",
    "stuck": np.array([1, -1], dtype=np.int8),
    "held": np.array([True, False]),
    "read_bias": np.array([True, False]),
    "law": np.array([1, 1], dtype=np.int8),
    "input_low": np.full(2, -3.0),
    "bias": np.array([0.5, 1.0]),
    "weight": np.array([2.0, 2.0]),
    "exchange": np.array([5, 5]),
    "driven": np.array([True, False]),
    "labels": "[1]",
    "vartype": "BINARY",
    "known_is_exact": True,
    "ramps": True,
    "wire_j": np.array([1e-15, 2e-15]),
    "chip": "mine",
    "sites": np.array([3, 4]),
    "bias_code": np.array([0, 0]),
    "weight_code": np.array([1, 1]),
    "weight_bits": 3,
    "grades_text": '{"power": "given"}',
    "problem_name": "p",
    "problem_kind": "ising",
    "known_source": "me",
    "color": None,
    "indptr": None,
    "indices": None,
    "pdit": None,
    "chain": None,
    "problem": None,
    "own": None,
    "violations": None,
}
"""Another value of each field; None where any other is another graph, or needs others beside it."""


def test_the_hash_sees_what_samples_depend_on_and_nothing_else(make_program):
    program = make_program(PAIR)
    silent = {"labels", "vartype", "problem_name", "problem_kind", "known_energy", "known_source", "known_is_exact"}
    silent |= {item.name for record in (program.prices, program.placement) for item in fields(record)}
    hashes = {content_hash(program)}
    for record in program.records:
        for item in fields(record):
            old = getattr(record, item.name)
            new = UNLIKE[item.name] if item.name in UNLIKE else 3.0 if old is None else old * 2 + 3
            if new is None:
                continue
            beside = {"source": "lfsr32"} if item.name.startswith("source_") else {}
            beside |= {"kind": "chromatic"} if item.name in ("source_steps", "source_sharing") else {}
            beside |= {"source_steps": "clock"} if item.name == "source_sharing" else {}
            found = content_hash(program.changed(**{item.name: new} | beside))
            assert (found in hashes) == (item.name in silent), item.name
            hashes.add(found)
    other = replace(program.network, weight=np.array([-2.0, -2.0]))
    for name in ("problem", "own"):
        found = content_hash(program.changed(**{name: other}))
        assert found not in hashes, name
        hashes.add(found)
    assert content_hash(program.changed(own=other, violations=other, penalty=2.0)) not in hashes


def test_no_two_records_share_a_field_name(make_program):
    names = [item.name for record in make_program(PAIR).records for item in fields(record)]
    assert len(names) == len(set(names))


def test_arrays_cannot_be_written_and_are_nobody_elses(make_program):
    mine = np.array([0.5, 1.0])
    program = make_program(PAIR, bias=mine)
    mine[0] = 7.0
    assert program.network.bias.tolist() == [0.5, 1.0]
    for record in program.records:
        for item in fields(record):
            value = getattr(record, item.name)
            if isinstance(value, np.ndarray) and len(value):
                with pytest.raises(ValueError, match="read-only"):
                    value[0] = value[0]


def test_flat_names_of_the_release_before_still_answer_with_a_warning(make_program):
    program = make_program(PAIR, gain=1.5)
    with pytest.warns(DeprecationWarning, match=r"program\.cells\.gain"):
        assert program.gain.tolist() == [1.5, 1.5]
    with pytest.warns(DeprecationWarning, match=r"program\.readout\.problem"):
        assert program.problem_weight is None
    with pytest.raises(AttributeError, match="sundial"):
        _ = program.sundial


def test_a_renamed_field_keeps_its_name_in_files_and_hashes_and_answers_to_it_with_a_warning(make_program, tmp_path):
    program = make_program(PAIR, z_limit=2.0, comparator_step=256.0)
    save(program, tmp_path / "p.npz")
    with np.load(tmp_path / "p.npz") as data:
        assert {"cells.bound", "cells.threshold_word"} < set(data.files)
        assert not {"cells.z_limit", "cells.comparator_step"} & set(data.files)
    names = [name for name, _ in program.cells.hashed()]
    assert names[2] == "bound" and names[8] == "threshold_word"
    for old, new in (("bound", "z_limit"), ("threshold_word", "comparator_step")):
        for owner, name in ((program, "program"), (program.cells, "Cells")):
            with pytest.warns(DeprecationWarning, match=rf"{name}\.{old} is now .*ells\.{new}"):
                assert getattr(owner, old) is getattr(program.cells, new)
    assert load(tmp_path / "p.npz").cells.comparator_step.tolist() == [256.0, 256.0]


def test_a_file_of_the_release_before_is_read(make_program, tmp_path):
    stuck = np.array([0, 1], dtype=np.int8)
    program = make_program(PAIR, clock="chromatic", gain=1.5, stuck=stuck, white=0.25, comparator_step=256.0)
    problem = replace(program.network, weight=np.array([-2.0, -2.0]))
    scalars = {
        "clock": "chromatic",
        "period": program.clock.period,
        "participation": 1.0,
        "labels": '["a", "b"]',
        "table_first": 0.0,
        "table_step": 1.0,
        "flicker_block": 1,
        "flicker_octaves": 10,
        "temperature_drift": 0.0,
        "source": "ideal",
        "source_shifts": 1,
        "source_share": 1,
        "source_phase": 0,
        "energy_offset": 0.5,
        "vartype": "BINARY",
        "update_j": 1e-15,
        "control_scale": 2.0,
        "wire_j": None,
        "group": None,
        "chain": None,
        "exchange": None,
        "driven": None,
    }
    arrays = {"table": np.zeros(0), "noise": program.noise.white, "flicker": program.noise.flicker}
    for record in (program.network, program.wires, program.cells):
        arrays |= {name: value for name, value in vars(record).items() if isinstance(value, np.ndarray)}
    arrays["bound"], arrays["threshold_word"] = arrays.pop("z_limit"), arrays.pop("comparator_step")
    arrays |= {name: getattr(program.clock, name) for name in ("color", "tau", "phase", "jitter")}
    arrays |= {f"problem_{name}": getattr(problem, name) for name in ("bias", "indptr", "indices", "weight")}
    for name in ("held", "rows", "degree", "reach"):
        arrays.pop(name, None)
    manifest = json.dumps({"format": "hwsim-program", "version": 2} | scalars)
    np.savez(tmp_path / "old.npz", manifest=np.array(manifest), **arrays)
    wanted = program.changed(
        problem=problem, energy_offset=0.5, vartype="BINARY", labels='["a", "b"]', update_j=1e-15, control_scale=2.0
    )
    found = load(tmp_path / "old.npz")
    assert content_hash(found) == content_hash(wanted) and found.prices.update_j == 1e-15
    assert found.readout.names == ["a", "b"] and found.placement.control_scale == 2.0


def test_copies_side_by_side_have_each_ones_energy_and_parts_are_the_copies(make_program):
    rng = np.random.default_rng(5)
    upper = np.triu(rng.normal(size=(5, 5)), 1)
    own = replace(make_program(upper + upper.T).network, bias=rng.normal(size=5))
    program = make_program(upper + upper.T, problem=own, energy_offset=0.25, labels='["a", "b", "c", "d", "e"]')
    many = program.tile(3)
    states = rng.choice([-1, 1], (4, 15)).astype(np.int8)
    apart = sum(program.energies(states[:, 5 * k : 5 * k + 5]) for k in range(3))
    assert many.energies(states) == pytest.approx(apart) and many.readout.names[7] == (1, "c")
    for k in range(3):
        part = many.take(np.arange(5 * k, 5 * k + 5))
        assert part.network.same_as(program.network) and part.clock.tau.tolist() == program.clock.tau.tolist()
    assert content_hash(program.tile(1)) == content_hash(program)
    with pytest.raises(InputError, match="ascend"):
        program.take(np.array([3, 1]))


@pytest.mark.parametrize("text", [b"", b"not a zip", b"PK\x03\x04 cut short"])
def test_another_file_is_refused(text, tmp_path):
    (tmp_path / "x.npz").write_bytes(text)
    with pytest.raises(InputError, match="not a saved program"):
        load(tmp_path / "x.npz")
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "y.npz")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ("null", "manifest is damaged"),
        ("[1]", "manifest is damaged"),
        ("{", "manifest is damaged"),
        ('{"format": "hwsim-run", "version": 1}', "is a saved run, not a saved program"),
        ('{"format": "else", "version": 1}', "of the format 'else'"),
        ('{"format": "hwsim-program", "version": 99}', "of a newer version of hwsim"),
        (
            '{"format": "hwsim-program", "version": 3, "records": {"cells": {"sundial": 1}}}',
            "does not know cells.sundial",
        ),
        ('{"format": "hwsim-program", "version": 3, "records": {"sun": {}}}', "does not know sun"),
        ('{"format": "hwsim-program", "version": 3, "records": {"clock": {"period": "x"}}}', "is missing"),
    ],
)
def test_a_file_says_what_is_wrong_with_it(manifest, words, tmp_path):
    np.savez(tmp_path / "x.npz", manifest=np.array(manifest), strange=np.zeros(2))
    if "know" in words or "missing" in words:
        np.savez(tmp_path / "x.npz", manifest=np.array(manifest))
    with pytest.raises(InputError, match=words):
        load(tmp_path / "x.npz")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gain", np.zeros(3)),
        ("bias", np.array([0.0, np.nan])),
        ("delay", np.array([-1, 0])),
        ("kind", "sundial"),
        ("participation", 0.0),
        ("participation", 1.5),
        ("period", 0),
        ("indices", np.array([0, 0], dtype=np.int32)),
        ("indices", np.array([1, 2], dtype=np.int32)),
        ("indptr", np.array([0, 2, 1])),
        ("weight", np.zeros(2, "f4")),
        ("synapse", np.array([-1.0, 0.0])),
        ("tau", np.zeros(2)),
        ("exchange", np.array([0.5, 1.0])),
        ("wire_j", np.zeros(2, "f4")),
        ("pdit", np.array([0, 1])),
        ("period", 2.5),
        ("driven", np.array([0, 1])),
        ("table_step", 0.0),
        ("source", "dice"),
        ("flicker_octaves", 41),
        ("stuck", np.array([2, 0], np.int8)),
    ],
)
def test_a_bad_field_is_refused_by_name(make_program, name, value):
    with pytest.raises(InputError, match=name):
        make_program(PAIR).changed(**{name: value})


def test_a_colouring_is_verified(make_program):
    with pytest.raises(InputError, match="colour"):
        make_program(PAIR, clock="chromatic", color=np.zeros(2, dtype=np.int32))


@pytest.mark.parametrize(
    "changes", [{"energy_offset": 1e155}, {"bias": np.array([1e155, 0.0])}, {"weight": np.full(2, 1e154)}]
)
def test_energies_whose_squares_float64_does_not_hold_are_refused(make_program, changes):
    with pytest.raises(InputError, match="float64 does not hold their squares"):
        make_program(PAIR).changed(**changes)
