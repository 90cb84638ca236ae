"""Trainings: what is learnt, how they go on after they were killed, and what they refuse."""

import dataclasses
import itertools
import json
import os

import numpy as np
import pytest

import hwsim
from hwsim.errors import DoesNotFitError, InputError
from hwsim.learn import divergence, exact, train
from hwsim.learn.exact import Moments, data_law, gradient
from hwsim.learn.machine import LearningMachine, Timing
from hwsim.learn.model import HIDDEN, Model, fully, on_chip, on_graph, rbm
from hwsim.learn.registers import Registers
from hwsim.learn.rules import RULES, Turn, mean_field
from hwsim.learn.sets import table_of
from hwsim.learn.training import Batches, Course, Watch
from hwsim.learn.updates import Numbers, Updates

CHIP = hwsim.Chip(topology="all-to-all", clock="chromatic", tau="5 ns")
ADDER = np.where(table_of("adder").values > 0, 1, -1).astype(np.int8)
SHORT = Course(steps=40, batch=8, chains=32, judgements=4, updates=Updates(rate=0.1))


def learnt(course=SHORT, model=None, **how):
    return train(ADDER, fully(5) if model is None else model, CHIP, course, threads=1, seed=1, **how)


class Killed(Exception):
    """Stands for a kill: what follows in the process never happens."""


@pytest.mark.parametrize("case", ["plain", "everything", "conditional"])
def test_a_training_killed_ten_times_ends_with_the_same_bits(case, tmp_path, monkeypatch):
    monkeypatch.setattr("hwsim.learn.training._SHOWN_S", -1.0)  # a look at every step
    course, how, model = SHORT, {}, fully(5)
    if case == "everything":
        model = rbm(5, 3)
        course = Course(
            steps=60,
            batch=12,
            chains=16,
            judgements=12,
            betas=(0.5, 1.0),
            updates=Updates(rate=0.02, method="adam", centring=0.05, averaging=0.5, schedule="cosine"),
        )
        how = {"rounding": "stochastic"}
    if case == "conditional":
        model = on_graph(
            [(0, 5), (1, 6), (2, 7), (5, 3), (6, 4), (7, 6)], 3, labels=2, placement=[0, 1, 2, 3, 4], scale=0.5
        )
        course = dataclasses.replace(SHORT, rule="conditional", batch=12, judgements=12)
    whole = learnt(course, model, **how)
    path, draw, kills = tmp_path / "m.npz", np.random.default_rng(3), 0
    while kills < 10:
        left = int(draw.integers(1, 12))

        def kill():
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed

        try:
            learnt(course, model, output=path, watch=Watch(interrupt=kill), **how)
            break
        except Killed:
            kills += 1
    done = learnt(course, model, output=path, **how)
    assert kills > 3
    assert done.model.weight.tobytes() == whole.model.weight.tobytes()
    assert done.model.bias.tobytes() == whole.model.bias.tobytes()
    for one, other in zip(done.history, whole.history, strict=True):
        assert one | {"host_s": 0} == other | {"host_s": 0}
    assert done.activity == whole.activity and done.loads == whole.loads
    again = learnt(course, model, output=path, **how)  # there is nothing left to do
    assert again.model.weight.tobytes() == whole.model.weight.tobytes() and not again.interrupted
    assert again.activity == whole.activity and again.loads == whole.loads and again.engine == whole.engine
    assert Model.load(path).weight.tobytes() == whole.model.weight.tobytes()
    with pytest.raises(InputError, match="trained otherwise"):
        learnt(dataclasses.replace(course, steps=course.steps + 1), model, output=path, **how)


def between(then):
    """A Watch that calls ``then`` at its first look, as another process would."""
    waiting = [then]

    def look():
        if waiting:
            waiting.pop()()
        return False

    return look


def test_of_two_processes_that_make_one_training_none_sets_the_file_back(tmp_path, monkeypatch):
    monkeypatch.setattr("hwsim.learn.training._SHOWN_S", -1.0)
    path, whole, seen = tmp_path / "m.npz", learnt(), []

    def other():
        learnt(output=path)
        seen.append(path.read_bytes())

    done = learnt(output=path, watch=Watch(interrupt=between(other)))
    assert path.read_bytes() == seen[0]
    for model in (done.model, Model.load(path)):
        assert model.weight.tobytes() == whole.model.weight.tobytes()


def test_what_another_training_has_written_meanwhile_is_not_written_over(tmp_path, monkeypatch):
    monkeypatch.setattr("hwsim.learn.training._SHOWN_S", -1.0)
    path = tmp_path / "m.npz"
    own, others = {"seed": 1, "rate": 2}, {"seed": 1, "rate": 3}
    with pytest.raises(InputError, match=r"m.npz is there already and was trained otherwise \(rate differs\)"):
        learnt(
            output=path, watch=Watch(plan=own, interrupt=between(lambda: learnt(output=path, watch=Watch(plan=others))))
        )
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(InputError, match="must be a regular file"):
        learnt(output=tmp_path / "fifo")
    saved = Model.load(path)
    assert saved.notes["plan"] == others and saved.notes["step"] == SHORT.steps


def test_a_half_trained_model_with_states_that_are_none_is_refused(tmp_path):
    path = tmp_path / "m.npz"
    learnt(output=path, watch=Watch(interrupt=path.exists))
    with np.load(path) as held:
        arrays = dict(held)
    states, counts = "training.states.negative", "training.counts"
    changes = {states: arrays[states] * 7, counts: arrays[counts] + 1, "training.samples": arrays[states] * 1j}
    notes = json.loads(str(arrays["manifest"]))
    listed = [notes["notes"]["history"][0] | {"max_j": [1.0]}]
    wrong_notes = [("history", [{"kl": "x"}]), ("history", listed), ("loads", "x")]
    for k, (key, wrong) in enumerate([*wrong_notes, ("activity", {"negative": {"n_pbits": "x"}})]):
        changes[f"manifest {k} of {key}"] = json.dumps(notes | {"notes": notes["notes"] | {key: wrong}})
    for key, wrong in changes.items():
        np.savez(path, **arrays | {key.partition(" ")[0]: wrong})
        with pytest.raises(InputError, match=r"m.npz is a damaged model: its training cannot go on"):
            learnt(output=path)


def test_threads_and_what_is_watched_change_no_weight():
    told = []
    one = learnt(watch=Watch(progress=lambda part, words: told.append((part, words))))
    two = train(ADDER, fully(5), CHIP, SHORT, threads=2, seed=1)
    assert one.model.weight.tobytes() == two.model.weight.tobytes()
    assert told[-1][0] == 1 and "KL" in told[-1][1]
    assert one.model.weight.tobytes() != train(ADDER, fully(5), CHIP, SHORT, threads=1, seed=2).model.weight.tobytes()


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule != "conditional"])
def test_every_rule_learns_the_adder(rule):
    course = Course(
        steps=300,
        rule=rule,
        batch=64,
        chains=128,
        negative=Timing(warm_up=20),
        updates=Updates(rate=0.1, averaging=0.2),
    )
    first = divergence(fully(5).network, range(5), data_law(ADDER))
    assert first > 1.3  # of a machine that knows nothing: ln(32 / 8)
    assert learnt(course).history[-1]["kl"] < 0.35


def turn_of(model, rows, timing, **how):
    machine = LearningMachine(model, CHIP, seed=3, threads=1)
    return Turn(machine=machine, batch=rows, number=0, chains=8, positive=timing, negative=timing, seed=3, **how)


def test_the_conditional_rule_follows_the_labels_given_the_visible_units():
    model = on_graph(np.array([[0, 2], [1, 3], [2, 4], [3, 4], [2, 3]]), 2, labels=1, placement=[0, 1, 4])
    model = model.with_values(np.array([0.3, -0.2, 0.1, 0.2, -0.1]), np.array([0.5, -0.6, 0.4, 0.3, -0.2]))
    rows = np.tile(np.array([[1, -1, 1], [-1, -1, -1]], dtype=np.int8), (2000, 1))
    turn = turn_of(model, rows, Timing(warm_up=10, looks=10, spacing=3), betas=(1.0,), statistics="sampled")
    found = RULES["conditional"](turn)
    bias, weight, law = model.bias, model.weight, 0
    states = np.array(list(itertools.product([-1, 1], repeat=5)), dtype=float)
    energy = states @ bias + (states[:, model.first] * states[:, model.second]) @ weight
    for row in rows[:2]:
        seen = np.all(states[:, :2] == row[:2], axis=1)
        known = [seen & (states[:, 2] == row[2]), seen]
        p = [np.where(each, np.exp(-energy), 0) / np.exp(-energy)[each].sum() for each in known]
        law = law + (p[0] - p[1]) / 2
    slope = np.concatenate([law @ states, law @ (states[:, model.first] * states[:, model.second])])
    measured = np.concatenate([found[0].first - found[1].first, found[0].second - found[1].second])
    # 4,000 chains of 10 looks that are nearly independent: a mean of +-1 is known to 0.005, a difference to 0.0071
    assert np.abs(measured - slope).max() < 4 * np.sqrt(2 / len(rows) / 10)
    assert np.abs(slope).max() > 0.2


def test_what_the_labels_do_not_reach_is_the_same_in_both_phases_of_the_conditional_rule():
    wires = np.array([[0, 3], [3, 4], [1, 5], [5, 2]])  # a pixel and two hidden units beside the way to the label
    model = on_graph(wires, 2, labels=1, placement=[0, 1, 2])
    model = model.with_values(model.bias, np.full(len(model.weight), 0.5))
    turn = turn_of(model, np.ones((64, 3), np.int8), Timing(warm_up=3), betas=(1.0,), statistics="sampled")
    for _ in range(3):
        data, machine = RULES["conditional"](turn)
        apart = (data.first != machine.first) & (model.role == HIDDEN)
        assert list(np.flatnonzero(apart)) in ([], [5]), "units 3 and 4 draw the same numbers in both"
        assert data.first[2] == 1 and machine.first[2] != 1


def test_a_rule_is_a_function_that_a_user_replaces():
    def exactly(turn: Turn) -> tuple[Moments, Moments]:
        found = gradient(turn.machine.network, range(5), data_law(turn.batch))
        return found.data, found.machine

    course = Course(steps=300, rule=exactly, batch=8, updates=Updates(rate=0.2))
    kl = [row["kl"] for row in learnt(course).history]
    assert kl == sorted(kl, reverse=True) and kl[-1] < 0.15


ROWS = np.array([[1, -1, 1], [-1, -1, 1]], dtype=np.int8)


def test_the_mean_field_of_hidden_units_is_exact_where_they_are_not_coupled():
    model = rbm(3, 3, scale=0.8, seed=2)
    model = model.with_values(np.linspace(-0.4, 0.5, 6), model.weight)
    known = exact.moments(model.network, range(3), data_law(ROWS))
    found = mean_field(LearningMachine(model, CHIP, threads=1), ROWS)
    assert np.abs(found.first - known.first).max() < 1e-12
    assert np.abs(found.second - known.second).max() < 1e-12


def test_the_mean_field_of_coupled_hidden_units_is_where_it_stays():
    model = fully(3, hidden=3, scale=0.5, seed=2)
    means = mean_field(LearningMachine(model, CHIP, threads=1), ROWS[:1]).first
    inputs = -model.bias - model.network.row_sums(model.network.weight * means[model.network.indices])
    assert np.abs(np.tanh(inputs) - means)[3:].max() < 1e-3
    assert means[:3].tolist() == ROWS[0].tolist()


def test_centring_steps_along_the_gradient_of_the_centred_machine():
    """E = sum h' s + sum J (s - c)(s - c): the change of h follows from those of h' and J."""
    model = fully(3).with_values(np.array([0.2, -0.1, 0.3]), np.array([0.5, -0.4, 0.1]))
    numbers = Numbers(model, Updates(rate=0.1, centring=0.5), 10)
    draw = np.random.default_rng(0)
    pairs = [Moments(draw.uniform(-1, 1, 3), draw.uniform(-1, 1, 3)) for _ in range(4)]
    numbers.learn(*pairs[:2])  # the centre is 0 in the first step, and not in the second
    centre = 0.5 * (pairs[0].first + pairs[1].first) / 2
    before = np.concatenate((numbers.bias, numbers.weight))
    numbers.learn(*pairs[2:])
    change = np.concatenate((numbers.bias, numbers.weight)) - before
    first, second = pairs[2].first - pairs[3].first, pairs[2].second - pairs[3].second
    slope = second - centre[model.first] * first[model.second] - centre[model.second] * first[model.first]
    own = first.copy()
    for k, (i, j) in enumerate(zip(model.first, model.second, strict=True)):
        own[i] -= slope[k] * centre[j]
        own[j] -= slope[k] * centre[i]
    assert change == pytest.approx(-0.1 * np.concatenate((own, slope)))


@pytest.mark.parametrize("schedule, at_half", [("constant", 1.0), ("linear", 0.6), ("cosine", 0.6), ("1/t", 2 / 3)])
def test_the_rate_falls_as_its_schedule_says(schedule, at_half):
    how = Updates(rate=0.5, schedule=schedule, rate_end=0.2, decline=100.0)
    assert how.rate_at(0, 101) == 0.5
    assert how.rate_at(50, 101) == pytest.approx(0.5 * at_half)


def test_a_training_of_biases_alone_leaves_the_couplings():
    model = fully(5, scale=0.5)
    course = dataclasses.replace(SHORT, updates=Updates(rate=0.1, trains="biases", decay=0.1, centring=0.1))
    found = learnt(course, model).model
    assert np.array_equal(found.weight, model.weight) and not np.array_equal(found.bias, model.bias)


def test_averaging_takes_the_mean_of_the_last_steps():
    numbers = Numbers(fully(2, scale=0.0), Updates(rate=1.0, averaging=0.5), 4)
    data, machine = Moments(np.zeros(2), np.zeros(1)), Moments(np.ones(2), np.zeros(1))
    seen = []
    for _ in range(4):
        numbers.learn(data, machine)
        seen.append(numbers.bias[0])
    assert numbers.mean[0][0] == np.mean(seen[2:])


def test_stochastic_rounding_keeps_the_mean_and_the_codes_of_the_registers():
    chip = hwsim.Chip(topology="all-to-all", tau="5 ns", weight_bits=4, weight_limit=3.5)
    model = fully(2).with_values(np.array([0.3, -1.1]), np.array([0.76]))
    registers = Registers(model.network, chip, 0, "stochastic")
    draws = [registers.hold(model.bias, model.weight, 1, load) for load in range(2000)]
    step = 0.5  # 3.5 / 7
    held = np.array([[*each.bias, each.weight[0]] for each in draws])
    assert np.allclose(held / step, np.rint(held / step))
    wanted = np.array([0.3, -1.1, 0.76])
    error = step * np.sqrt((wanted / step % 1) * (1 - wanted / step % 1) / 2000)
    assert np.all(np.abs(held.mean(axis=0) - wanted) < 4 * error)
    assert all(each.weight[0] == each.weight[1] for each in draws)
    nearest = Registers(model.network, chip, 0, "nearest").hold(model.bias, model.weight, 1, 0)
    assert [*nearest.bias, nearest.weight[0]] == [0.5, -1.0, 1.0]
    codes = model.codes(chip)
    assert [codes.bias.tolist(), codes.weight.tolist(), codes.scale, codes.bits] == [[1, -2], [2], 0.5, 4]
    with pytest.raises(InputError, match="hold real numbers, which have no codes"):
        model.codes("generic-all-to-all")


def test_a_machine_with_coarse_registers_learns_what_they_hold():
    chip = hwsim.Chip(topology="all-to-all", clock="chromatic", tau="5 ns", weight_bits=4, weight_limit=3.5)
    course = Course(steps=400, batch=8, chains=128, updates=Updates(rate=0.1, schedule="linear"))
    found = train(ADDER, fully(5), chip, course, threads=1, seed=1)
    held = Registers(found.model.network, chip, 0, "nearest").hold(found.model.bias, found.model.weight, 1, 0)
    assert found.history[-1]["kl"] == pytest.approx(divergence(held, range(5), data_law(ADDER)))
    assert found.history[-1]["kl"] < 0.6


def test_a_batch_depends_on_its_number_alone_and_epochs_see_every_row():
    rows = np.arange(7)[:, None]
    batches = Batches(rows, None, 3, seed=1)
    seen = np.concatenate([batches(k) for k in range(7)]).ravel()
    assert all(sorted(seen[7 * k : 7 * k + 7]) == list(range(7)) for k in range(3))
    assert np.array_equal(Batches(rows, None, 3, seed=1)(5), batches(5))
    weighted = Batches(rows, np.array([1.0, 0, 0, 0, 0, 0, 3.0]), 4000, seed=1)(0)
    assert set(weighted.ravel()) == {0, 6} and abs(np.mean(weighted == 6) - 0.75) < 4 * np.sqrt(0.1875 / 4000)


def test_tempered_chains_learn_and_refuse_betas_that_no_ladder_has():
    course = dataclasses.replace(SHORT, steps=100, betas=(0.4, 0.7, 1.0))
    assert learnt(course).history[-1]["kl"] < 0.6
    with pytest.raises(InputError, match="betas must ascend"):
        learnt(dataclasses.replace(SHORT, betas=(1.0, 0.5)))
    fixed = hwsim.Chip(topology="all-to-all", tau="5 ns", fixed_beta=2.0)
    with pytest.raises(InputError, match="fixes beta"):
        train(ADDER, fully(5), fixed, course, threads=1)


def test_a_chip_that_fixes_beta_is_programmed_so_that_the_model_has_beta_one():
    model = fully(5, scale=0.5)
    fixed = hwsim.Chip(topology="all-to-all", clock="chromatic", tau="5 ns", fixed_beta=2.0)
    assert LearningMachine(model, fixed, threads=1).network.same_as(model.network)


def test_chips_that_exchange_their_boundaries_now_and_then_learn_another_model():
    course = dataclasses.replace(SHORT, negative=Timing(warm_up=10))
    one = train(ADDER, fully(5), CHIP, course, threads=1, seed=1)
    parts = [0, 0, 0, 1, 1]
    together = train(ADDER, fully(5), CHIP, course, threads=1, seed=1, parts=parts)
    assert together.model.weight.tobytes() == one.model.weight.tobytes()  # values cross at once
    apart = train(ADDER, fully(5), CHIP, course, threads=1, seed=1, parts=parts, exchange_s=20e-9)
    assert not np.array_equal(apart.model.weight, one.model.weight)
    assert apart.program.wires.exchange.max() > 0


def test_activity_counts_loads_data_and_reads_of_all_parts():
    found = learnt(dataclasses.replace(SHORT, rule="pcd"), rbm(5, 2))
    positive, negative = found.activity["positive"], found.activity["negative"]
    assert negative.reads == 40 * 32 and positive.reads == 40 * 8
    assert positive.data_writes == 40 * 8 * 5 and negative.data_writes == 0
    assert negative.updates == pytest.approx(40 * 32 * 5 * 7)
    assert found.loads >= 40


def test_refusals_are_one_sentence():
    def refused(words, make, error=InputError):
        with pytest.raises(error, match=words):
            make()

    refused("5 visible and label units, and the data have 4", lambda: train(ADDER[:, :4], fully(5), CHIP, SHORT))
    refused("bits of -1 and", lambda: train((ADDER + 1) // 2, fully(5), CHIP, SHORT))
    refused("steps must be >= 1", lambda: Course(steps=0))
    refused("rule must be one of", lambda: Course(steps=1, rule="sgd"))
    looks = dataclasses.replace(SHORT, rule="conditional", positive=Timing(warm_up=9))
    refused("needs label units, and boltzmann machine has none", lambda: learnt(looks))
    graph = on_graph([(0, 4), (1, 3), (2, 5)], 3, labels=2)
    refused("the same sweeps", lambda: train(ADDER, graph, CHIP, looks))
    field = dataclasses.replace(SHORT, rule="conditional", statistics="mean-field")
    refused("neither mean-field", lambda: train(ADDER, graph, CHIP, field))
    refused("statistics must be one of", lambda: Course(steps=1, statistics="exact"))
    refused("schedule must be one of", lambda: Updates(schedule="step"))
    refused("rate must be > 0", lambda: Updates(rate=0))
    refused("momentum must be between", lambda: Updates(momentum=1.5))
    small = hwsim.Chip(topology="king:2x2", tau="5 ns")
    refused("6 units and chip 'own' holds 4", lambda: LearningMachine(fully(6), small), DoesNotFitError)
    refused("no p-bit|no wire|named by", lambda: LearningMachine(fully(4), small), DoesNotFitError)
    refused("holds 4 p-bits", lambda: on_chip(small, 5), DoesNotFitError)
