"""Settings of a training, chosen without the test rows: a fifth of the training rows is held back and asked instead.

    python choose_settings.py train_digits.toml update.rate=0.01,0.03,0.1 seed=1,2

trains the plan with each combination of the values, with as many steps as the plan takes, on four fifths of the rows
that it would learn, and prints how many of the others the chip names right. ask.reads, ask.warm_up, ask.looks and
ask.spacing say how a row is asked, as the options of `hwsim classify` do. Without arguments: a short example.
"""

import itertools
import sys
import time
import tomllib
from pathlib import Path

from hwsim.learn import LearningMachine, classify, train
from hwsim.learn.machine import Timing
from hwsim.learn.plan import first_biases, planned, read_plan, with_setting


def judged(plan, ask):
    """(accuracy, processor seconds of the training) of ``plan`` on rows that are held back from its training rows."""
    asked = planned(plan)
    learnt, held = asked.data.split(0.2, seed=1, stratified=True)
    rows = learnt.seen(with_labels=True)
    start = asked.model.with_values(first_biases(asked.model, rows, None), asked.model.weight)
    began = time.process_time()
    how = asked.keywords | {"weights": learnt.weights, "threads": 1}
    found = train(rows, start, asked.chip, asked.course, **how)
    used = time.process_time() - began
    timing = Timing(warm_up=ask.get("warm_up", 50), looks=ask.get("looks", 10), spacing=ask.get("spacing", 5))
    die = {key: how[key] for key in ("die_seed", "parts", "exchange_s")}
    machine = LearningMachine(found.model, asked.chip, seed=7, schedules=1, threads=1, **die)
    return classify(machine, held, reads=ask.get("reads", 1), timing=timing).accuracy, used


FOLDER = Path(__file__).parent
given = sys.argv[1:] or [str(FOLDER / "train_digits.toml"), "train.epochs=3", "update.rate=0.003,0.03", "ask.reads=1"]
values = {}
for word in given[1:]:
    key, _, text = word.partition("=")
    values[key] = [tomllib.loads(f"value = {each}")["value"] for each in text.split(",")]
ASK = {key.removeprefix("ask."): values.pop(key)[0] for key in list(values) if key.startswith("ask.")}
first = read_plan(given[0])
first["judge"] |= {"times": 1, "likelihood": False}

results = []
print(f"{'  '.join(f'{key:<14}' for key in values)}  accuracy  95 %            processor")
for choice in itertools.product(*values.values()):
    plan = first
    for key, value in zip(values, choice, strict=True):
        plan = with_setting(plan, key, value)
    right, seconds = judged(plan, ASK)
    results.append((right.share, choice))
    words = "  ".join(f"{value!s:<14}" for value in choice)
    print(f"{words}  {right.share:8.3f}  [{right.low:.3f}, {right.high:.3f}]  {seconds:7.1f} s", flush=True)
best = max(results)[1]
print(f"best of {len(results)}: {', '.join(f'{key} = {value}' for key, value in zip(values, best, strict=True))}")
