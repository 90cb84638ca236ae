"""A denoising chain: against exact laws, its file, its refusals; a killed training ends with the same numbers."""

import json

import numpy as np
import pytest

from hwsim.errors import DoesNotFitError, InputError
from hwsim.learn.code import Code
from hwsim.learn.data import Data
from hwsim.learn.denoise import Denoiser, Undoing, denoiser, generate, undoings
from hwsim.learn.denoise_training import ChainCourse, ChainWatch, Mixing, Timing, _Pupil, mixing, train_chain
from hwsim.learn.exact import moments
from hwsim.learn.noising import Noise
from hwsim.learn.penalty import Controller
from hwsim.learn.updates import Updates
from hwsim.memory import LIMIT
from hwsim.program import Network

TORUS = "square-torus:4x4"


@pytest.fixture(scope="module")
def chip():
    import hwsim

    return hwsim.Chip(topology=TORUS, tau="1 ns", clock="chromatic", period="2 ns")


def data_of(rows, labels=None):
    """Rows of plain bits as Data."""
    rows = np.asarray(rows, dtype=np.int8)
    columns = tuple(f"v{k}" for k in range(rows.shape[1]))
    classes = () if labels is None else tuple(str(k) for k in range(int(np.max(labels)) + 1))
    code = Code(columns=columns, thresholds=((0.0,),) * len(columns), classes=classes)
    return Data(bits=rows, code=code, labels=None if labels is None else np.asarray(labels))


@pytest.fixture(scope="module")
def independent():
    """Rows of independent bits whose means are 0.8, -0.5, 0 and 0.2."""
    draw = np.random.default_rng(0)
    return data_of(np.where(draw.random((4000, 4)) < (1 + np.array([0.8, -0.5, 0.0, 0.2])) / 2, 1, -1))


def without_couplings(chain):
    """For independent bits these machines are exact: the law of a bit given its noisy version needs a bias only."""
    return chain.with_values([(model.bias, np.zeros_like(model.weight)) for model in chain.models])


def test_a_chain_of_exact_machines_makes_rows_with_the_law_of_the_data(chip, independent, monkeypatch):
    chain = without_couplings(denoiser(independent, chip, Noise(steps=3, offset=0.0)))
    images = 4000
    made = generate(chain, chip, images, sweeps=2, seed=1)
    wanted = independent.bits.mean(axis=0)
    sigma = np.sqrt((1 - wanted**2) / images)
    assert np.all(np.abs(made.bits.mean(axis=0) - wanted) < 4 * sigma)
    second = np.cov(made.bits.T) / np.sqrt(np.outer(1 - wanted**2, 1 - wanted**2))
    assert np.all(np.abs(second[np.triu_indices(4, 1)]) < 4 / np.sqrt(images))
    placed = Undoing.placed
    monkeypatch.setattr(Undoing, "placed", lambda self, given: placed(self, -given))  # the sign of Eq. D1
    wrong = generate(chain, chip, images, sweeps=2, seed=1)
    assert np.abs(wrong.bits.mean(axis=0) - wanted).max() > 15 * sigma.max()


def test_the_phases_of_a_step_have_the_exact_moments_under_their_inputs(chip, independent):
    chain = denoiser(independent, chip, Noise(steps=2))
    draw = np.random.default_rng(5)
    chain = chain.with_values([(m.bias, 0.4 * draw.standard_normal(len(m.weight))) for m in chain.models])
    step, reads = chain.noise.trained[0], 6000
    undoing = undoings(chain, chip, 0, "nearest", seed=3)[0]
    course = ChainCourse(positive=Timing(warm_up=100), negative=Timing(warm_up=100))
    pupil = _Pupil(undoing, step, course, 1)
    inputs = np.array([[1, 1, -1, 1], [-1, 1, 1, -1]], dtype=np.int8)
    given = step.bias(np.repeat(inputs, reads // 2, axis=0), undoing.rates)
    free = pupil._free(given, 0, reads)
    held = pupil._held(np.repeat(inputs, reads // 2, axis=0), 0)
    model, field = chain.models[0], step.bias(inputs, undoing.rates)

    def exact(bias):
        return moments(Network(bias=bias, indptr=net.indptr, indices=net.indices, weight=net.weight), range(16))

    net = model.network
    each = [exact(net.bias + np.pad(part, (0, 12))) for part in field]
    hold = [exact(net.bias - 40.0 * np.pad(row.astype(float), (0, 12))) for row in inputs]  # a field that holds
    for found, parts in ((free, each), (held, hold)):
        for seen, wanted in zip(
            found, (sum(p.first for p in parts) / 2, sum(p.second for p in parts) / 2), strict=True
        ):
            assert np.all(np.abs(seen - wanted) < 4.5 * np.sqrt(1 / reads))  # 16 and 32 comparisons, twice
    assert np.abs(exact(net.bias).first - free.first).max() > 0.1  # the inputs matter


@pytest.fixture(scope="module")
def course():
    return ChainCourse(
        epochs=12,
        batch=64,
        every=3,
        positive=Timing(warm_up=5, looks=2, spacing=2),
        negative=Timing(warm_up=10, looks=2, spacing=2),
        updates=Updates(rate=0.1, method="adam", schedule="cosine", rate_end=0.2, centring=0.1),
        mixing=Mixing(inputs=2, chains=4, looks=16, spacing=1),
        controller=Controller(threshold=0.05),
    )


@pytest.fixture(scope="module")
def alike():
    """Rows in which all four bits are alike, of two classes."""
    labels = np.arange(256) % 2
    return data_of(np.repeat(2 * labels[:, None] - 1, 4, axis=1), labels)


def test_a_trained_chain_makes_what_it_was_shown_and_a_label_chooses_it(chip, alike, course):
    start = denoiser(alike, chip, Noise(steps=2))
    trained = train_chain(alike, start, chip, course, seed=2)
    rows = {
        name: generate(chain, chip, 300, sweeps=40, seed=1).bits
        for name, chain in (("before", start), ("after", trained.chain))
    }
    together = {name: np.mean(np.abs(bits.sum(axis=1)) == 4) for name, bits in rows.items()}
    assert together["before"] < 0.25 and together["after"] > 0.6
    assert abs(rows["after"].mean()) < 0.5  # both kinds come
    for label in (0, 1):
        made = generate(trained.chain, chip, 100, sweeps=40, labels=np.full(100, label), seed=1)
        assert np.sign(made.bits.mean()) == 2 * label - 1
        assert np.array_equal(made.label_bits, alike.code.label_bits(np.full(100, label)))
    last = trained.history[-1]
    assert last["epoch"] == 12 and len(last["autocorrelation"]) == len(last["penalty"]) == 2
    assert set(trained.activity) == {
        f"machine {k}, {phase}" for k in (1, 2) for phase in ("positive", "negative", "mixing")
    }


def test_a_killed_training_ends_with_the_same_numbers(chip, alike, course, tmp_path):
    start = denoiser(alike, chip, Noise(steps=2))
    whole = train_chain(alike, start, chip, course, seed=2)
    path, left = tmp_path / "chain.npz", [0]

    def stop():
        left[0] -= 1
        return left[0] < 0

    for steps in (17, 14, 1000):  # killed in the second part, in the third; then to the end
        left[0] = steps
        ended = train_chain(alike, start, chip, course, watch=ChainWatch(interrupt=stop), output=path, seed=2)
        assert ended.interrupted == (steps < 1000)
    for a, b in zip(whole.chain.models, Denoiser.load(path).models, strict=True):
        assert np.array_equal(a.bias, b.bias) and np.array_equal(a.weight, b.weight)
    assert [row["penalty"] for row in ended.history] == [row["penalty"] for row in whole.history]
    assert ended.history[-1]["device_s"] == pytest.approx(whole.history[-1]["device_s"])
    with pytest.raises(InputError, match="is there already and was trained otherwise"):
        train_chain(alike, start, chip, ChainCourse(epochs=5), output=path, seed=2)


def test_a_half_trained_chain_that_is_damaged_is_refused(chip, alike, course, tmp_path):
    start, path, left = denoiser(alike, chip, Noise(steps=2)), tmp_path / "chain.npz", [17]

    def stop():
        left[0] -= 1
        return left[0] < 0

    train_chain(alike, start, chip, course, watch=ChainWatch(interrupt=stop), output=path, seed=2)
    with np.load(path) as held:
        arrays = dict(held)
    manifest = json.loads(str(arrays["manifest"]))
    manifest["notes"]["history"][0]["penalty"] = []
    counts = arrays["training.counts"]
    for damage in ({"training.counts": -counts}, {"training.counts": counts + 1}, {"manifest": json.dumps(manifest)}):
        np.savez(path, **arrays | damage)
        with pytest.raises(InputError, match="training cannot go on"):
            train_chain(alike, start, chip, course, output=path, seed=2)


def test_a_chain_is_read_as_it_was_saved_and_another_file_is_refused(chip, alike, tmp_path):
    chain = denoiser(alike, chip, Noise(steps=2, rate=0.7))
    path = tmp_path / "chain.npz"
    chain.save(path)
    again = Denoiser.load(path)
    assert again.noise == chain.noise and again.code == alike.code
    for a, b in zip(chain.models, again.models, strict=True):
        assert all(np.array_equal(getattr(a, key), getattr(b, key)) for key in ("bias", "weight", "first", "sites"))
    assert np.array_equal(generate(again, chip, 5, sweeps=3).bits, generate(chain, chip, 5, sweeps=3).bits)
    with np.load(path) as held:
        arrays = dict(held)
    for key, wrong in (("first", arrays["first"] * 1j), ("bias", arrays["bias"][0]), ("role", arrays["role"][None])):
        np.savez(path, **arrays | {key: wrong})
        with pytest.raises(InputError, match=rf"chain.npz is a damaged denoiser: {key} must be an array of "):
            Denoiser.load(path)
    chain.models[0].save(path)
    with pytest.raises(InputError, match="is a saved model, not a saved denoiser"):
        Denoiser.load(path)


def test_the_visible_units_of_every_machine_sit_on_one_colour_in_places_of_their_own(chip, alike):
    chain = denoiser(alike, chip, Noise(steps=4))
    places = [model.sites[: model.n_seen] for model in chain.models]
    for model in chain.models:
        row, column = np.divmod(model.sites[: model.n_seen], 4)
        assert len(set((row + column) % 2)) == 1
        assert np.all(model.second >= model.n_seen)  # no two seen units are joined
    assert len({tuple(place) for place in places}) == 4


def test_chains_that_cannot_be_are_refused_in_one_sentence(chip, alike):
    import hwsim

    with pytest.raises(InputError, match="need more than two colours"):
        denoiser(alike, hwsim.Chip(topology="king:4x4", tau="1 ns"))
    with pytest.raises(InputError, match="has no wires of its own"):
        denoiser(alike, "generic-all-to-all")
    with pytest.raises(DoesNotFitError, match=r"the data have 9 bits and chip .* holds 8 p-bits of one colour"):
        denoiser(data_of(np.ones((3, 9))), chip)
    chain = denoiser(alike, chip, Noise(steps=1))
    with pytest.raises(InputError, match="labels must be 2 classes, numbers from 0 to 1"):
        generate(chain, chip, 2, labels=[0, 2])
    with pytest.raises(InputError, match="the chain has no label units"):
        generate(denoiser(alike, chip, labels=False), chip, 2, labels=[0, 1])


def test_a_chain_of_too_many_machines_is_refused_before_it_is_made(chip, alike, monkeypatch):
    monkeypatch.setenv(LIMIT, "1GB")
    with pytest.raises(InputError, match=r"steps of noise need at least"):
        Noise(steps=2**32)
    with pytest.raises(InputError, match=r"units with .* couplings need at least"):
        denoiser(alike, chip, Noise(steps=10**6))


def test_frozen_chains_have_an_autocorrelation_near_one_and_free_ones_near_zero(chip, independent):
    chain, found = denoiser(independent, chip, Noise(steps=1)), {}
    for strength in (0.0, -3.0):
        model = chain.models[0]
        cold = chain.with_values([(np.zeros(model.n), np.full_like(model.weight, strength))])
        undoing = undoings(cold, chip, 0, "nearest", seed=1)[0]
        how = Mixing(inputs=2, chains=16, looks=32, spacing=1)
        found[strength] = mixing(undoing, chain.noise.used[0], independent.bits[:2], how).late
    assert found[0.0] < 0.1 and found[-3.0] > 0.8
