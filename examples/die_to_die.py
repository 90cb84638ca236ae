"""What does a model lose when it moves to another die, and do new biases alone bring it back?

A full adder is trained on die 17 of a chip whose devices differ (gain, offset, couplings), then loaded into other dies,
as it is, after a short training of the biases alone, and after one of all its numbers. KL is that of the machine's own
law from the eight rows, as measured; "right" is the share of sum and carry bits that are right while the machine's
inputs are held. Writes die_to_die.png. By default four dies; for the hundred of the page: python die_to_die.py 100
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import hwsim
from hwsim.learn import Course, LearningMachine, Updates, fully, read_data, train
from hwsim.learn.answers import complete
from hwsim.learn.measured import measured_divergence

HOME, DIES = 17, int(sys.argv[1]) if len(sys.argv) > 1 else 4
LIMIT, GOOD = 4.0, 0.1  # nats
chip = hwsim.chip("generic-all-to-all", gain_dtod=0.1, offset_dtod=0.1, weight_dtod=0.05, weight_limit=LIMIT)
data = read_data("adder")
shown = np.array([name in ("a", "b", "cin") for name in data.columns])


def course(steps, rate, trains="all"):
    updates = Updates(rate=rate, method="adam", schedule="linear", averaging=0.2, limit=LIMIT, trains=trains)
    return Course(steps=steps, batch=8, chains=256, updates=updates, judgements=1)


def judged(model, die):
    """(KL in nats, share of output bits that are right) of ``model`` on ``die``."""
    machine = LearningMachine(model, chip, die_seed=die, seed=1000 + die, schedules=16)
    found = measured_divergence(machine, data.bits, chains=1024)
    means = complete(machine, data.bits, shown)[:, ~shown]
    return found.value, float(np.mean((1 + means * data.bits[:, ~shown]) / 2))


def retrained(model, die, trains):
    """``model`` after a short training on ``die``."""
    return train(data.bits, model, chip, course(300, 0.02, trains), die_seed=die, seed=die).model


home = train(data.bits, fully(5, names=data.columns), chip, course(2000, 0.05), die_seed=HOME, seed=1).model
kl, right = judged(home, HOME)
print(f"die {HOME}, on which the model was trained: KL {kl:.4f} nats, {100 * right:.1f} % right")
WAYS = {
    "loaded as it is": lambda die: home,
    "biases trained again": lambda die: retrained(home, die, "biases"),
    "all numbers trained again": lambda die: retrained(home, die, "all"),
}
figure = Figure(figsize=(7, 4), layout="constrained")
axes = figure.subplots()
others = range(HOME + 1, HOME + 1 + DIES)
print(f"dies {others[0]} to {others[-1]}:        median KL   5 to 95 %           right   KL below {GOOD:g}")
for way, made in WAYS.items():
    found = np.array([judged(made(die), die) for die in others])
    low, middle, high = np.quantile(found[:, 0], [0.05, 0.5, 0.95])
    share = np.mean(found[:, 0] < GOOD)
    print(f"{way:<26}{middle:>10.4f}   {low:.4f} to {high:.4f}  {100 * found[:, 1].mean():>6.1f} %  {share:>10.0%}")
    axes.step(np.sort(found[:, 0]), (np.arange(DIES) + 1) / DIES, where="post", label=way)
axes.axvline(kl, color="0.4", linestyle=":", label=f"die {HOME} itself")
axes.set_xscale("log")
axes.set_ylim(0, 1.02)
axes.set_xlabel("KL(data || machine) / nats, as measured")
axes.set_ylabel("share of dies below")
axes.set_title(f"A full adder trained on die {HOME}, on {DIES} other dies", loc="left", fontsize="medium")
axes.grid(True, color="0.9")
axes.legend(fontsize="small", frameon=False, loc="lower right")
figure.savefig("die_to_die.png", dpi=150)
