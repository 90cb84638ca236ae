"""Digits on sparse wires: 4,264 p-bits of a Pegasus graph learn MNIST's digits; accuracy while they learn.

The machine of Niazi et al. (Nat. Electron. 7, 610 (2024)): no p-bit has more than 15 couplings, so what a pixel says
reaches a label only through hidden p-bits. Trains as train_mnist_pegasus.toml says, by the rule that follows the labels
given the pixels, and prints, after each part of the training, the share of the test rows that the chip names right and
the seconds of this computer. The course is set beforehand: nothing is chosen by the test rows. This is a small machine
of the same kind, on scikit-learn's digits; for MNIST: python mnist_on_pegasus.py full (saved after each part, and goes
on where it was).
"""

import sys
import time
import tomllib
from pathlib import Path

import numpy as np

from hwsim.learn import LearningMachine, Model, classify, train
from hwsim.learn.machine import Timing
from hwsim.learn.plan import planned
from hwsim.learn.training import Watch

FULL = "full" in sys.argv[1:]
PLAN = tomllib.loads((Path(__file__).parent / "train_mnist_pegasus.toml").read_text())
ASKED = Timing(warm_up=100, looks=40, spacing=5)  # of a row: sparse wires need many sweeps
if not FULL:
    PLAN |= {"data": "digits", "code": {"levels": 1, "copies": 5}, "judge": {"times": 3}}
    PLAN["machine"] = {"set": PLAN["machine"]["set"] | {"topology": "pegasus:4"}}
    PLAN["train"] |= {"epochs": 15}
    ASKED = Timing(warm_up=50, looks=10, spacing=5)

plan = planned(PLAN)
output = Path("mnist_on_pegasus.npz") if FULL else None
before = Model.load(output).notes["history"] if FULL and output.exists() else []
clock = {"processor": time.process_time()}


def row_text(row, number):
    """A line of the table, of part ``number`` of the training."""
    epoch = plan.course.ends[number] * plan.course.batch / len(plan.data)
    interval = f"[{row['low']:.3f}, {row['high']:.3f}]"
    return f"{epoch:5.0f}  {row['accuracy']:8.3f}  {interval}  {row['rms_j']:5.2f}  {row['processor_s']:9.1f}"


def judged(machine, bias, weight):
    """The accuracy on the test rows, and the processor seconds of the training so far, without such questions."""
    used = time.process_time() - clock["processor"] + (before[-1]["processor_s"] if before else 0.0)
    asked = LearningMachine(plan.model.with_values(bias, weight), plan.chip, seed=7, schedules=1, threads=1)
    found = classify(asked, plan.test, timing=ASKED).accuracy
    row = {"accuracy": found.share, "low": found.low, "high": found.high, "processor_s": used}
    row["rms_j"] = float(np.sqrt(np.mean(weight**2)))
    print(row_text(row, len(before)), flush=True)
    before.append(row)
    clock["processor"] = time.process_time()
    return row


print(f"{plan.model}\n{len(plan.data)} rows to learn, {len(plan.test)} for the test")
print("epoch  accuracy  95 %            rms J  processor, s")
print("".join(f"{row_text(row, number)}\n" for number, row in enumerate(before)), end="", flush=True)
found = train(
    plan.rows,
    plan.model,
    plan.chip,
    plan.course,
    watch=Watch(judge=judged, plan=PLAN),
    output=output,
    threads=1,
    **plan.keywords,
)
print(
    f"device time {found.history[-1]['device_s']:.2g} s; {found.history[-1]['host_s']:.0f} s of this computer's clock"
)
