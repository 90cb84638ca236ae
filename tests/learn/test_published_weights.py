"""The example that runs published weights, on a stand-in: files of the same kinds, whose ten classes are known."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import scipy.io

ROOT = Path(__file__).parents[2]
LEVELS = np.kron(np.eye(10, dtype=np.uint8) * 3, np.ones((1, 2), np.uint8)).reshape(10, 5, 4)
"""Class k lights pixels 2 k and 2 k + 1 of an image of 5 x 4, row by row, faintly."""


def write_stand_in(folder):
    """Pixels drive a hidden p-bit of their class, and that drives the label bits; E = - sum J s s, p-bits from 1."""
    place = np.random.default_rng(3).permutation(80)  # 20 pixels, 5 x 10 label bits, 10 hidden p-bits
    pixels, stickers, hidden = place[:20].reshape(5, 4), place[20:70].reshape(5, 10), place[70:]
    weights = np.zeros((80, 80))
    for k in range(10):
        weights[hidden[k], pixels.ravel()[2 * k : 2 * k + 2]] = 2.0
        weights[hidden[k], stickers[:, k]] = 1.0
    files = {f"index_sticker{copy + 1}": stickers[copy : copy + 1] + 1 for copy in range(5)}
    files |= {"index_visible": pixels.T.reshape(1, -1) + 1}  # MATLAB unrolls an image column by column
    for name, value in (files | {"Jout_100": weights + weights.T, "hout_100": np.zeros((1, 80))}).items():
        scipy.io.savemat(folder / f"{name}.mat", {name.partition("_1")[0]: value})
    with gzip.open(folder / "t10k-images-idx3-ubyte.gz", "wb") as file:
        file.write(np.array([2051, 10, 5, 4], ">i4").tobytes() + LEVELS.tobytes())
    with gzip.open(folder / "t10k-labels-idx1-ubyte.gz", "wb") as file:
        file.write(np.array([2049, 10], ">i4").tobytes() + bytes(range(10)))


def test_both_samplers_name_every_image_that_the_weights_tell_apart(tmp_path):
    write_stand_in(tmp_path)
    script = [
        sys.executable,
        "-W",
        "error",
        str(ROOT / "examples" / "published_weights.py"),
        str(tmp_path),
        "10",
        "1000",
    ]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(script, capture_output=True, text=True, timeout=300, env=os.environ | {"PYTHONPATH": path})
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1].split()
    assert [last[0], last[1], last[4]] == ["1000", "1.00", "1.00"], done.stdout
