"""Digits on a chip of p-bits, beside two classifiers of a computer: the same rows, the same bits, the same splits.

A restricted Boltzmann machine of p-bits learns pixels and labels together (train_digits.toml). To classify a row its
pixels are held and the label p-bits vote. Prints the accuracy on the test rows beside logistic regression, and logistic
regression on the features of scikit-learn's BernoulliRBM; writes digits.png, what the machine draws for each label.
Takes 40 epochs of training; give another number, such as 150.
"""

import sys
import tomllib
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import BernoulliRBM

import hwsim
from hwsim.learn import accuracy, read_data

EPOCHS = int(sys.argv[1]) if len(sys.argv) > 1 else 40
PLAN = tomllib.loads((Path(__file__).parent / "train_digits.toml").read_text())
SPLITS = {"a fifth at random": {"test": 0.2}, "the second half": {"test": 0.5, "shuffled": False}}
SHORT = {"train": PLAN["train"] | {"epochs": EPOCHS}, "judge": {"times": 1, "likelihood": False}}
CLOCK = {"clock": "chromatic", "schedules": 1}
EACH = 8  # drawings of each label


def on_a_computer(train, test):
    """(name, accuracy) of both classifiers, bits as 0 and 1."""
    shown, asked = ((part.bits + 1) / 2 for part in (train, test))
    features = BernoulliRBM(200, learning_rate=0.06, n_iter=20, random_state=0).fit(shown)
    plain = LogisticRegression(max_iter=2000).fit(shown, train.labels)
    deep = LogisticRegression(C=500, max_iter=2000).fit(features.transform(shown), train.labels)
    yield "logistic regression", accuracy(test.labels, plain.predict(asked), 10)
    yield "BernoulliRBM + logistic", accuracy(test.labels, deep.predict(features.transform(asked)), 10)


print(f"{EPOCHS} epochs; rows that are held back: {', '.join(SPLITS)}")
data = read_data("digits", **PLAN["code"])
for words, split in SPLITS.items():
    train, test = data.split(**split)
    learnt = hwsim.train(PLAN | SHORT | {"split": split})
    asked = hwsim.classify(learnt.model, test, reads=4, **CLOCK)
    answers = [
        ("402 p-bits, sampled labels", accuracy(test.labels, asked.predicted[0], 10)),
        *on_a_computer(train, test),
    ]
    print(f"\nheld back: {words}, {len(test)} of {len(data)} rows")
    for name, found in answers:
        print(f"{name:<28}{found.share:.3f}  [{found.low:.3f}, {found.high:.3f}]")
    per_row = asked.bill.seconds / len(test)
    print(f"device time of a training {learnt.rows[-1]['device_s'] * 1e3:.2g} ms, of a row {per_row * 1e6:.2g} us")
    if split.get("shuffled", True):
        model = learnt.model

drawn = [hwsim.draw(model, label=label, reads=EACH, sweeps=500, **CLOCK).levels for label in range(10)]
framed = np.pad(np.array(drawn), ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=0.4)  # (label, drawing, row, column)
figure = Figure(figsize=(7, 5.6), dpi=130, layout="constrained")
axes = figure.subplots()
axes.imshow(framed.transpose(1, 2, 0, 3).reshape(EACH * 10, 10 * 10), cmap="gray_r", vmin=0, vmax=1)
axes.set(xticks=10 * np.arange(10) + 4.5, xticklabels=range(10), yticks=[], xlabel="label that is held")
axes.set_title("What the machine draws", loc="left")
figure.savefig("digits.png")
