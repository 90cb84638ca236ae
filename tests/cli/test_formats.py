"""`hwsim formats` and `hwsim generators`: every example that they show runs."""

import json
import shlex

import pytest

from hwsim.cli.main import main
from hwsim.problem.formats import FORMATS, format_called
from hwsim.problem.generate import _FAMILIES, _GRAPHS, generators


@pytest.fixture
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_the_example_of_each_format_is_read_by_its_command(form, in_folder, capsys):
    if form.name == "OMMX":
        pytest.importorskip("ommx.v1")
    assert main(["formats", form.name]) == 0
    shown = capsys.readouterr().out
    if form.text:
        (in_folder / form.file).write_text(shown)
    else:
        exec(compile(shown, form.name, "exec"), {})
    assert main([*shlex.split(form.command)[1:], "--json", "out.json"]) == 0
    facts = json.loads((in_folder / "out.json").read_text())
    assert facts["couplings"] >= 1
    if form.as_ is not None:
        assert main(["problem", form.file]) == 2
        refused = capsys.readouterr().err
        assert f"--as {form.as_}" in refused or form.name == "scipy.sparse"


def test_the_list_of_formats_names_all_and_their_examples(in_folder, capsys):
    assert main(["formats"]) == 0
    table = capsys.readouterr().out
    assert all(form.name in table and form.command in table for form in FORMATS)
    assert main(["formats", "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [each["name"] for each in document["formats"]] == [form.name for form in FORMATS]
    assert all(each["example"] and each["example_is"] in ("text", "python") for each in document["formats"])
    for word, name in ((".MAT", "MATLAB"), ("qplib", "QPLIB"), ("bqpjson", "JSON: bqpjson")):
        assert format_called(word).name == name
    assert main(["formats", "jason"]) == 2
    assert "no formats are called 'jason'; " in capsys.readouterr().err


@pytest.mark.parametrize("generator", generators(), ids=lambda generator: generator.name)
def test_the_example_of_each_generator_makes_a_problem(generator, in_folder, capsys):
    if generator.name in ("pegasus", "zephyr"):
        pytest.importorskip("dwave.graphs")
    assert main(["problem", generator.example, "--json", "-"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["spins"] > 1 and facts["name"] == generator.example


def test_the_list_of_generators_names_all_and_their_parameters(capsys):
    assert {each.name for each in generators()} == {*_FAMILIES, *_GRAPHS}
    assert main(["generators"]) == 0
    table = capsys.readouterr().out
    assert all(each.example in table for each in generators())
    assert "L, seed=0, boundary=periodic, weights=pm" in table and "n, m, a=free" in table
    assert main(["generators", "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["generators"][0]["required"] == ["L"]
