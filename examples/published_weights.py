"""Weights that were trained on hardware, run on an emulated machine: accuracy against sweeps per image.

Niazi et al. (Nat. Electron. 7, 610 (2024)) trained 4,264 p-bits on the wires of a Pegasus graph, on an FPGA, to name
MNIST's digits, and published the weights (github.com/OPUSLab/SparseDeepBoltzmannMachines). Here they run on emulated
p-bits beside plain Gibbs sampling in twenty lines: where both need the same sweeps, the sweeps are a matter of the
weights, not of the sampler. A copy of that repository (MIT licence) is needed, which is not part of this one:

    git clone https://github.com/OPUSLab/SparseDeepBoltzmannMachines
    python published_weights.py SparseDeepBoltzmannMachines [images] [sweeps]

60 images of MNIST's test set and 20,000 sweeps take three minutes of one core, most of them in the twenty lines.
"""

import gzip
import sys
from pathlib import Path

import numba
import numpy as np
import scipy.io

import hwsim
from hwsim.learn import LearningMachine, accuracy
from hwsim.learn.code import Code
from hwsim.learn.machine import Timing
from hwsim.learn.model import VISIBLE, on_graph

COPIES = 5  # of the label bits
EVERY = 10  # sweeps between two looks at the label p-bits
STEPS = (100, 1000, 5000, 20_000, 100_000)  # sweeps per image at which the votes are counted


def matrix(folder, name):
    """The one array in the MATLAB file ``name`` of ``folder``."""
    if not (folder / name).exists():
        sys.exit(f"{folder} has no {name}: give the folder of the published weights")
    found = scipy.io.loadmat(folder / name)
    return next(value for key, value in found.items() if not key.startswith("__"))


def published(folder):
    """The model in ``folder``. Its files have the energy - sum h s - sum J s s, and p-bits counted from 1."""
    weights, biases = matrix(folder, "Jout_100.mat"), matrix(folder, "hout_100.mat").ravel()
    stickers = [matrix(folder, f"index_sticker{copy}.mat").ravel() for copy in range(1, COPIES + 1)]
    pixels = matrix(folder, "index_visible.mat").ravel()
    nodes = np.concatenate([pixels, *stickers]).astype(np.int64) - 1
    wires = np.argwhere(np.triu(weights != 0))
    hidden = np.setdiff1d(np.arange(len(biases)), nodes)
    unit = np.concatenate([nodes, hidden])  # the p-bit of each unit
    code = Code(
        columns=tuple(f"pixel {k}" for k in range(len(pixels))),
        thresholds=((0.5,),) * len(pixels),  # any grey above 0 is on, as in the published code
        classes=tuple("0123456789"),
        copies=COPIES,
    )
    model = on_graph(
        wires, len(pixels), labels=10 * COPIES, placement=nodes, names=(*code.names, *code.label_names), code=code.plain
    )
    return model.with_values(-biases[unit], -weights[unit[model.first], unit[model.second]])


def images(folder, count):
    """(levels, labels) of the first ``count`` test images; pixels column by column, as MATLAB keeps them."""
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz") as file:
        head = np.frombuffer(file.read(16), ">i4")
        levels = np.frombuffer(file.read(count * head[2] * head[3]), np.uint8).reshape(-1, head[2], head[3])
    with gzip.open(folder / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read()[8 : 8 + count], np.uint8)
    return levels.transpose(0, 2, 1).reshape(len(levels), -1), labels.astype(np.int64)


@numba.njit
def gibbs(states, free, bias, indptr, indices, weight, sweeps, seed):
    """Plain Gibbs sampling: ``sweeps`` times all ``free`` units of ``states`` int8 (images, n), one after the other."""
    np.random.seed(seed)
    for _ in range(sweeps):
        for row in states:
            for i in free:
                field = bias[i]
                for k in range(indptr[i], indptr[i + 1]):
                    field += weight[k] * row[indices[k]]
                row[i] = 1 if np.tanh(-field) > 2 * np.random.random() - 1 else -1


def looks_of_gibbs(model, start, sweeps):
    """The states of ``start`` int8 (images, n) after each EVERY sweeps, under `gibbs`."""
    states, free, network = start.copy(), np.flatnonzero(model.role != VISIBLE), model.network
    for number in range(sweeps // EVERY):
        gibbs(states, free, network.bias, network.indptr, network.indices, network.weight, EVERY, number)
        yield states


def looks_of_machine(model, chip, start, sweeps):
    """The same on emulated p-bits."""
    phase = LearningMachine(model, chip, seed=1).phase("answers", len(start), held=model.role == VISIBLE)
    return phase.start(start).looks(Timing(warm_up=EVERY, looks=sweeps // EVERY, spacing=EVERY))


def compare(folder, count, sweeps):
    """Print the accuracy of both samplers on ``count`` images after the numbers of STEPS up to ``sweeps``."""
    model = published(folder)
    levels, labels = images(folder, count)
    start = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), (len(levels), model.n))
    start[:, : model.n_visible] = np.where(levels > 0, 1, -1)
    chip = hwsim.chip("generic-all-to-all", clock="chromatic")
    print(f"{model}\n  couplings {np.sqrt(np.mean(model.weight**2)):.2f} in root mean square")
    print(f"{len(levels)} images; share that is named right, with its interval of 95 %")
    print(f"{'sweeps':>8}  {'emulated p-bits':<22}plain Gibbs")
    code = Code.of_plain(model.code)
    answers = [looks_of_machine(model, chip, start, sweeps), looks_of_gibbs(model, start, sweeps)]
    votes = np.zeros((2, len(levels), 10))
    for number, states in enumerate(zip(*answers, strict=True), start=1):
        for sampler, seen in enumerate(states):
            votes[sampler] += code.votes(seen[:, model.n_visible : model.n_seen])
        if number * EVERY in STEPS:
            found = [accuracy(labels, each.argmax(axis=1), 10) for each in votes]
            words = [f"{each.share:.2f}  [{each.low:.2f}, {each.high:.2f}]" for each in found]
            print(f"{number * EVERY:>8}  {words[0]:<22}{words[1]}", flush=True)


if len(sys.argv) < 2:
    print("give the folder of the published weights: python published_weights.py FOLDER [images] [sweeps]")
else:
    COUNT, SWEEPS = (int(each) for each in (sys.argv[2:] + ["60", "20000"][len(sys.argv) - 2 :])[:2])
    compare(Path(sys.argv[1]), COUNT, SWEEPS)
