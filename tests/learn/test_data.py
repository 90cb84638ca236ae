"""Data and their codes: what becomes which bit, by hand; the splits of scikit-learn; refusals of a sentence."""

import json
import re

import numpy as np
import pytest

from hwsim.errors import HwsimError, InputError, ReadError
from hwsim.learn.code import Code
from hwsim.learn.data import Data, read_data


def test_a_thermometer_has_a_bit_for_each_threshold_and_reads_back_as_grey():
    data = read_data((np.array([[0.0, 4.0], [8.0, 16.0], [3.9, 12.0]]), [3, 7, 3]), levels=3)
    assert data.code.thresholds == ((4.0, 8.0, 12.0),) * 2
    expected = [[-1, -1, -1, 1, -1, -1], [1, 1, -1, 1, 1, 1], [-1, -1, -1, 1, 1, 1]]
    np.testing.assert_array_equal(data.bits, expected)
    np.testing.assert_allclose(data.levels, [[0, 1 / 3], [2 / 3, 1], [0, 1]])
    assert data.columns[:2] == ("x0 >= 4", "x0 >= 8") and data.classes == ("3", "7")
    np.testing.assert_array_equal(data.labels, [0, 1, 0])


def test_images_are_rows_of_pixels_with_one_range_and_tables_have_one_for_each_column(tmp_path):
    images = np.zeros((2, 2, 3))
    images[1, 0, 2] = 10
    data = read_data(images)
    assert data.code.shape == (2, 3) and data.columns[2] == "pixel 0,2" and data.code.thresholds[0] == (5.0,)
    np.testing.assert_array_equal(data.bits, [[-1] * 6, [-1, -1, 1, -1, -1, -1]])
    table = tmp_path / "two.csv"
    table.write_text("length,label,mass\n1.0,cat,100\n2.0,dog,300\n")
    data = read_data(table)
    assert data.code.thresholds == ((1.5,), (200.0,)) and data.columns == ("length", "mass")
    assert data.classes == ("cat", "dog")
    np.testing.assert_array_equal(data.bits, [[-1, -1], [1, 1]])


def test_labels_in_one_hot_and_domain_wall_bits_and_back():
    code = {"columns": ("x",), "thresholds": ((0.0,),), "classes": ("a", "b", "c"), "copies": 2}
    hot, wall = Code(**code), Code(**code, label_code="domain-wall")
    np.testing.assert_array_equal(hot.label_bits([1]), [[-1, 1, -1, -1, 1, -1]])
    np.testing.assert_array_equal(wall.label_bits([0, 1, 2]), [[-1, -1] * 2, [1, -1] * 2, [1, 1] * 2])
    assert hot.label_names[3] == "label a copy 2" and wall.label_names[1] == "label b|c copy 1"
    for each in (hot, wall):
        np.testing.assert_array_equal(each.votes(each.label_bits([0, 1, 2])), np.eye(3))
    np.testing.assert_allclose(hot.votes([1, 1, -1, -1, 1, -1]), [0.5, 1, 0])
    np.testing.assert_allclose(wall.votes([-1, 1, 1, 1]), [0.25, 0, 0.75])  # a broken wall is near to both ends


def test_a_code_is_plain_data_and_back():
    for data in (read_data((np.eye(4), [0, 1, 0, 1]), levels=2, copies=3), read_data(np.eye(4), drawn=True)):
        assert Code.of_plain(json.loads(json.dumps(data.code.plain))) == data.code
    with pytest.raises(InputError, match="the code of the data is damaged"):
        Code.of_plain({"columns": [1]})
    with pytest.raises(InputError, match="must be finite and rise"):
        Code.of_plain({"columns": ["a"], "thresholds": [[2.0, 1.0]]})


def test_bits_are_drawn_with_the_probability_of_their_value():
    data = read_data(np.repeat([[0.0, 25.0, 100.0]], 4000, axis=0), drawn=True, seed=3)
    share = (data.bits == 1).mean(axis=0)
    assert share[0] == 0 and share[2] == 1
    assert abs(share[1] - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 4000)
    assert data.columns == ("x0", "x1", "x2")


@pytest.mark.parametrize("test", [0.2, 0.5, 0.33])
def test_splits_are_those_of_scikit_learn(test):
    selection = pytest.importorskip("sklearn.model_selection")
    source = np.random.default_rng(0)
    rows, labels = 2.0 * (source.random((101, 7)) < 0.5) - 1, np.arange(101) % 3
    data = read_data((rows, labels), threshold=0)
    theirs = selection.train_test_split(rows, labels, test_size=test, random_state=5)
    for ours, their_rows, their_labels in zip(data.split(test, seed=5), theirs[:2], theirs[2:], strict=True):
        np.testing.assert_array_equal(ours.bits, their_rows)
        np.testing.assert_array_equal(ours.labels, their_labels)
    first, second = data.split(0.5, shuffled=False)
    np.testing.assert_array_equal(np.concatenate((first.bits, second.bits)), rows)
    assert (len(first), len(second)) == (50, 51)


def test_a_stratified_split_is_that_of_scikit_learn():
    selection = pytest.importorskip("sklearn.model_selection")
    rows, labels = 2.0 * (np.random.default_rng(0).random((100, 9)) < 0.5) - 1, np.arange(100) % 4
    theirs = selection.train_test_split(rows, labels, test_size=0.2, random_state=0, stratify=labels)
    train, test = read_data((rows, labels), threshold=0).split(stratified=True)
    np.testing.assert_array_equal(train.bits, theirs[0])
    np.testing.assert_array_equal(test.labels, theirs[3])
    assert np.bincount(test.labels).tolist() == [5] * 4


def test_the_sets_hold_what_they_promise():
    adder = read_data("adder")
    assert adder.columns == ("a", "b", "cin", "sum", "cout")
    a, b, cin, total, cout = ((adder.bits + 1) // 2).T
    np.testing.assert_array_equal(a + b + cin, total + 2 * cout)
    stripes = read_data("bars-and-stripes:rows=4,columns=4")
    assert len(stripes) == 30 and stripes.code.shape == (4, 4)  # 2^4 + 2^4 less the two that are both
    assert len(read_data("bars-and-stripes:rows=2,columns=3")) == 4 + 8 - 2
    assert len(read_data("parity:bits=5")) == 16 and np.all(read_data("parity:bits=5").bits.prod(axis=1) == -1)
    pytest.importorskip("sklearn")
    digits = read_data("digits", levels=3)
    assert digits.bits.shape == (1797, 192) and digits.code.thresholds[0] == (4.0, 8.0, 12.0)


def test_other_data_are_coded_as_those_that_were_learnt(tmp_path):
    data = read_data((np.array([[0.0, 4.0], [8.0, 16.0]]), [3, 7]), levels=3)
    path = tmp_path / "more.npz"
    np.savez(path, Data=np.array([[5.0, 5.0]]), Target=np.array([7]))
    more = read_data(path, code=data.code)
    np.testing.assert_array_equal(more.bits, [[1, -1, -1, 1, -1, -1]])
    assert more.labels.tolist() == [1] and more.classes == ("3", "7")
    np.savez(path, a=np.ones((2, 2)), b=np.array(["7", "7"]))
    assert read_data(path, values="a", labels="b", code=data.code).labels.tolist() == [1, 1]
    np.savez(path, x=np.ones((1, 2)))
    assert read_data(path, code=data.code).labels is None
    with pytest.raises(InputError, match="the label '8', which the model was not trained on"):
        read_data((np.ones((1, 2)), [8]), code=data.code)
    with pytest.raises(InputError, match="has 3 columns, and the model was trained on 2"):
        read_data(np.ones((1, 3)), code=data.code)


BAD = {
    "nan.csv": ("x,y\n1,2\nnan,3\n", "line 3: a number must be finite"),
    "wide.csv": ("1,2\n1,2,3\n", "line 2 has 3 values, and 2 are expected"),
    "words.csv": ("1,2\n1,b\n", "line 2: expected a number, got 'b'"),
    "names.csv": ("a,b\n", "holds names, and no rows"),
    "empty.csv": ("", "is empty"),
    "fake.npz": ("PK", "is not a readable numpy archive"),
}


@pytest.mark.parametrize("name", BAD)
def test_malformed_files_are_refused_in_one_sentence(tmp_path, name):
    content, sentence = BAD[name]
    (tmp_path / name).write_text(content)
    with pytest.raises(HwsimError) as refused:
        read_data(tmp_path / name)
    assert sentence in str(refused.value) and name in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("source", "how", "sentence"),
    [
        (np.array([[0.0, np.nan]]), {}, "row 0: x1 is nan, and must be a finite number"),
        ((np.ones((2, 2)), [1]), {}, "has 2 rows and 1 label"),
        ((np.ones((2, 2)), [1, 1]), {}, "two different classes or more, got 1"),
        (np.ones((2, 2)), {"levels": 0}, "levels must be a whole number from 1 to 64"),
        (np.ones((2, 2)), {"threshold": [2, 1]}, "thresholds of 'x0' must be finite and rise"),
        (np.ones((2, 2)), {"threshold": 1, "levels": 2}, "give one of threshold, levels and drawn"),
        (np.ones(3), {}, r"must be rows \(rows, columns\)"),
        ([["a"]], {}, "must be rows of numbers"),
        (np.empty((0, 3)), {}, "holds no rows of numbers"),
        ("nothing", {}, "no such file or set of data"),
        ("nothing.csv", {}, "no such file: nothing.csv"),
        ("parity:bits=30", {}, "bits must be a whole number from 1 to 20"),
        ("adder:bits=3", {}, "adder takes no parameters"),
        ((np.eye(2), [0, 1]), {"label_code": "hot"}, "must be one of one-hot, domain-wall"),
    ],
)
def test_what_is_no_data_is_refused_in_one_sentence(source, how, sentence):
    with pytest.raises(HwsimError, match=sentence):
        read_data(source, **how)


def test_a_class_without_rows_to_learn_from_is_refused():
    data = read_data((np.eye(6), [0, 1, 0, 1, 0, 2]))
    with pytest.raises(InputError, match="class '2' has no row to learn from"):
        data.split(0.2, shuffled=False)
    with pytest.raises(InputError, match="rows need a label each"):
        Data(bits=data.bits, code=data.code, labels=np.full(6, 9))


def test_close_thresholds_and_labels_keep_names_of_their_own():
    found = read_data(([[1e6], [1e6 + 1]], [1.0, 1.0000001]), levels=3)
    assert found.columns == ("x0 >= 1000000.25", "x0 >= 1000000.5", "x0 >= 1000000.75")
    assert found.classes == ("1", "1.0000001")


@pytest.mark.parametrize(
    "values, words",
    [
        (np.array([[1j]]), "got an array of complex128"),
        ([[10**400]], "must be rows of numbers"),
        ([[1e308, -1e308]], "must be a finite number below 1e+300"),
    ],
)
def test_numbers_beyond_the_range_are_refused(values, words):
    with pytest.raises(InputError, match=re.escape(words)):
        read_data(values)


def test_columns_of_one_name_and_names_in_a_set_are_refused(tmp_path):
    (tmp_path / "t.csv").write_text("a,a\n0,1\n1,0\n")
    with pytest.raises(ReadError, match=r"t\.csv has two columns named 'a'"):
        read_data(tmp_path / "t.csv")
    with pytest.raises(InputError, match="adder is a set"):
        read_data("adder", labels="q")
