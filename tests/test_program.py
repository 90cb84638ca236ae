"""The waist: checked, hashed, saved whole."""

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


def test_the_hash_sees_every_field(make_program):
    program = make_program(PAIR)
    changed = {
        "clock": "synchronous", "period": 7, "participation": 0.5, "labels": "[1]", "energy_offset": 1.0,
        "vartype": "BINARY", "table": np.array([0.2, 0.4]), "table_first": 1.0, "table_step": 2.0, "flicker_block": 9,
        "flicker_octaves": 3, "temperature_drift": 0.5, "source": "lfsr16", "source_shifts": 2, "source_share": 3,
        "source_phase": 4, "update_j": 1e-15, "wire_j": np.array([1e-15, 2e-15]),
            "stuck": np.array([1, -1], dtype=np.int8),
        "law": np.array([1, 1], dtype=np.int8), "input_low": np.full(2, -3.0),
    }  # fmt: skip
    hashes = {content_hash(program)}
    for field in fields(program):
        value = getattr(program, field.name)
        if field.name in ("indptr", "indices", "color"):
            continue  # any other value is another graph or no proper colouring
        if field.name.startswith("problem_"):
            continue  # all four or none
        if field.name in ("group", "chain", "exchange", "driven"):
            continue  # coupled p-bits are no levels of one p-dit, nor chains without a problem; None
        new = changed[field.name] if field.name in changed else value * 2 + 3
        hashes.add(content_hash(replace(program, **{field.name: new})))
    own = replace(
        program, problem_bias=program.bias, problem_indptr=program.indptr, problem_indices=program.indices,
        problem_weight=program.weight,
    )  # fmt: skip
    hashes.add(content_hash(own))
    assert len(hashes) == 2 + len(fields(program)) - 3 - 4 - 4


@pytest.mark.parametrize("text", [b"", b"not a zip", b"PK\x03\x04 cut short"])
def test_another_file_is_refused(text, tmp_path):
    (tmp_path / "x.npz").write_bytes(text)
    with pytest.raises(InputError, match="not a saved program"):
        load(tmp_path / "x.npz")
    with pytest.raises(InputError, match="no such file"):
        load(tmp_path / "y.npz")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gain", np.zeros(3)), ("bias", np.array([0.0, np.nan])), ("delay", np.array([-1, 0])), ("clock", "sundial"),
        ("participation", 0.0), ("participation", 1.5), ("period", 0), ("indices", np.array([0, 0], dtype=np.int32)),
        ("indices", np.array([1, 2], dtype=np.int32)), ("indptr", np.array([0, 2, 1])), ("weight", np.zeros(2, "f4")),
        ("synapse", np.array([-1.0, 0.0])), ("tau", np.zeros(2)),
    ],
)  # fmt: skip
def test_a_bad_field_is_refused_by_name(make_program, name, value):
    with pytest.raises(InputError, match=name):
        replace(make_program(PAIR), **{name: value})


def test_a_colouring_is_verified(make_program):
    with pytest.raises(InputError, match="colour"):
        make_program(PAIR, clock="chromatic", color=np.zeros(2, dtype=np.int32))
