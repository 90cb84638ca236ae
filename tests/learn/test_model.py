"""Models: their structure, where they sit, and their files, which every command reads as problems."""

import networkx
import numpy as np
import pytest

import hwsim
from hwsim.errors import DoesNotFitError, InputError
from hwsim.learn.model import HIDDEN, LABEL, VISIBLE, Model, dbm, fully, on_chip, on_graph, rbm

KING = hwsim.Chip(topology="king:6x6", tau="5 ns")


def edges(model):
    return set(zip(model.first.tolist(), model.second.tolist(), strict=True))


def test_an_rbm_couples_seen_units_to_hidden_ones_alone():
    model = rbm(3, 2, labels=1)
    assert model.role.tolist() == [VISIBLE] * 3 + [LABEL] + [HIDDEN] * 2
    assert edges(model) == {(i, j) for i in range(4) for j in (4, 5)}
    assert model.hidden_is_free


def test_a_deep_machine_couples_layers_that_follow_each_other_and_labels_to_the_last():
    model = dbm([2, 2, 1], labels=1)
    assert edges(model) == {(0, 3), (0, 4), (1, 3), (1, 4), (3, 5), (4, 5), (2, 5)}
    assert not model.hidden_is_free


def test_the_network_of_a_model_keeps_couplings_of_zero():
    model = rbm(3, 2, scale=0.0)
    assert model.network.n_couplings == 6
    weight = np.arange(6.0)
    network = model.with_values(np.arange(5.0), weight).network
    first, second, value = network.pairs
    assert edges(model) == set(zip(first.tolist(), second.tolist(), strict=True))
    assert value.tolist() == weight.tolist()  # rows and pairs of an RBM have one order


@pytest.mark.parametrize("placement", ["random", [0, 7, 35]])
def test_a_model_sits_on_the_wires_of_its_chip(placement):
    model = on_chip(KING, 3, hidden=12, placement=placement, seed=5)
    program = hwsim.compile(model.problem(), KING, embedding="never")
    assert program.placement.sites.tolist() == model.sites.tolist()
    assert program.network.n_couplings == len(model.weight)
    if placement != "random":
        assert model.sites[:3].tolist() == placement
    else:  # units of a small model are neighbours
        assert networkx.is_connected(networkx.Graph(list(edges(model))))


def test_a_model_that_sits_on_a_chip_runs_on_another_one():
    model = on_chip(KING, 3, hidden=12)
    assert hwsim.compile(model.problem(), "generic-all-to-all").n_pbits == 15
    wired = hwsim.Chip(topology="chimera:4x4", tau="5 ns")
    assert hwsim.compile(model.problem(), wired).readout.chain is not None


def test_all_of_a_chip_and_all_of_a_graph_are_units():
    assert on_chip(KING, 3).n == 36
    petersen = networkx.petersen_graph()
    model = on_graph(petersen, 4, labels=1, placement=[0, 5, 1, 2, 3])
    assert model.n_hidden == 5 and len(model.weight) == 15
    assert {(0, 1), (0, 2), (2, 3), (3, 4)} <= edges(model)  # 0-5, 0-1, 1-2, 2-3 of the graph


def test_a_saved_model_is_a_problem_with_the_names_of_the_data(tmp_path):
    path = tmp_path / "m.npz"
    model = rbm(2, 2, labels=1, names=["left", "right", "label yes"], code={"threshold": 0.5})
    model.save(path, training={"chains": np.ones((2, 5), dtype=np.int8)})
    problem = hwsim.read(path)
    assert list(problem.bqm.variables) == ["left", "right", "label yes", "hidden 0", "hidden 1"]
    assert problem.roles["label"] == ["label yes"]
    assert problem.bqm.get_quadratic("left", "hidden 1") == model.weight[1]
    again, training = Model.resume(path)
    assert again.code == {"threshold": 0.5} and training["chains"].shape == (2, 5)
    assert np.array_equal(again.weight, model.weight) and again.names == model.names


def test_clamped_units_leave_the_others_on_their_p_bits():
    model = on_chip(KING, 3, hidden=6)
    problem = hwsim.clamp(model.problem(), {"v0": 1})
    sites = hwsim.compile(problem, KING, embedding="never").placement.sites
    assert sites.tolist() == model.sites[1:].tolist()


def test_refusals_are_one_sentence(tmp_path):
    def refused(words, make, error=InputError):
        with pytest.raises(error, match=words):
            make()

    refused("holds 36 p-bits", lambda: on_chip(KING, 40), DoesNotFitError)
    refused("no wires of its own", lambda: on_chip("generic-all-to-all", 4))
    refused("different p-bits", lambda: on_chip(KING, 3, placement=[0, 1, 99]))
    refused("two or more layers", lambda: dbm([3]))
    refused("pairs of whole numbers", lambda: on_graph([("a", "b")], 1))
    refused("two visible or label units are named 'x'", lambda: fully(2, names=["x", "x"]))
    model, path = fully(3), tmp_path / "m.npz"
    refused("not finite", lambda: model.with_values(np.full(3, np.nan), model.weight))
    model.save(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    refused("m.npz", lambda: Model.load(path))
    refused("m.npz", lambda: hwsim.read(path))
    path.write_bytes(data)
    with np.load(path) as held:
        arrays = dict(held)
    for notes in ({"plan": [1]}, {"settings": "x"}, {"settings": {"without": 3}}, {"settings": {"card": []}}):
        model.with_values(model.bias, model.weight, notes=notes).save(path)
        refused("m.npz is a damaged model: the notes of its training are damaged", lambda: Model.load(path))
        refused("m.npz is a damaged model: the notes of its training are damaged", lambda: hwsim.read(path))
    np.savez(path, **arrays | {"weight": arrays["weight"].astype(np.float32)})
    refused("m.npz is a damaged model: weight", lambda: hwsim.read(path))
