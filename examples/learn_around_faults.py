"""Does a machine learn around its own faults? A full adder, and bars and stripes, trained on an ideal chip and loaded,
or trained on the faulty machine itself.

Each row is one fault of the chip, each seed another training (and another die where devices differ). The divergence of
the machine's law from the data is measured on the faulty machine as it is, so it holds for delay and bad random numbers
too, which follow no Boltzmann law. No number exceeds 4 in any training. Writes learn_around_faults.png. By default the
adder alone with two short trainings; for the table of the page: python learn_around_faults.py full
"""

import sys

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import t as student

import hwsim
from hwsim.learn import Course, LearningMachine, Timing, Updates, data_law, fully, rbm, read_data, train
from hwsim.learn.measured import measured_divergence
from hwsim.learn.represented import represented

FULL = sys.argv[1:] == ["full"]
SEEDS, LIMIT = range(1, 7 if FULL else 3), 4.0
FAULTS = {
    "none": {},
    "devices differ": {"gain_dtod": 0.1, "offset_dtod": 0.1, "weight_dtod": 0.05, "weight_limit": LIMIT},
    "delay tau/2": {"delay": "0.5tau"},
    "4-bit registers": {"weight_bits": 4, "weight_limit": LIMIT},
    "LFSR, 1 shift": {"random_source": "lfsr32", "random_shifts": 1},
}
adder, bars = read_data("adder"), read_data("bars-and-stripes:rows=3,columns=3")
updates = Updates(rate=0.05, method="adam", schedule="linear", averaging=0.2, limit=LIMIT)
TASKS = {
    "adder": (
        adder,
        lambda seed: fully(5, names=adder.columns, seed=seed),
        Course(steps=2000 if FULL else 600, batch=8, chains=256, updates=updates, judgements=1),
    ),
    "bars and stripes 3 x 3": (
        bars,
        lambda seed: rbm(9, 8, scale=0.1, seed=seed),
        Course(
            steps=2000,
            batch=112,
            chains=512,
            negative=Timing(warm_up=5),
            updates=Updates(rate=0.05, schedule="linear", averaging=0.3, limit=LIMIT),
            judgements=1,
        ),
    ),
}


def judged(model, chip, data, seed):
    """Divergence of the machine's law, as measured on the machine itself, nats."""
    machine = LearningMachine(model, chip, die_seed=seed, seed=100 + seed, schedules=16)
    return measured_divergence(machine, data.bits)


def best(model, data, fault):
    """What the numbers that the machine holds can express, where the machine follows a Boltzmann law; else None."""
    if fault not in ("none", "4-bit registers"):
        return None
    found = represented(model, data_law(data.bits), limit=LIMIT, step=LIMIT / 7 if fault != "none" else None)
    return found.real if found.registers is None else found.registers


figure = Figure(figsize=(9 if FULL else 5.5, 3.8), layout="constrained")
panels = figure.subplots(1, 2 if FULL else 1, squeeze=False)[0]
for panel, (task, (data, made, course)) in zip(panels, TASKS.items(), strict=False):
    print(f"{task}: KL in nats, mean of {len(SEEDS)} seeds; ratio of the two with its 95 % interval")
    print(f"{'fault':<17}{'ideal, loaded':>14}{'on the machine':>16}{'best':>9}  ratio")
    ideal = {seed: train(data.bits, made(seed), "generic-all-to-all", course, seed=seed).model for seed in SEEDS}
    for place, (fault, given) in enumerate(FAULTS.items()):
        chip = hwsim.chip("generic-all-to-all", **given)
        loaded, own = [], []
        for seed in SEEDS:
            loaded.append(judged(ideal[seed], chip, data, seed))
            if given:
                rounding = "stochastic" if "weight_bits" in given else "nearest"
                how = {"die_seed": seed, "rounding": rounding, "seed": seed}
                own.append(judged(train(data.bits, made(seed), chip, course, **how).model, chip, data, seed))
            else:
                own.append(loaded[-1])
        assert not any(each.unseen for each in (*loaded, *own))
        least, words = best(made(1), data, fault), ""
        before, after = (np.array([each.value for each in part]) for part in (loaded, own))
        if given:
            logs = np.log(before / after)
            half = student.ppf(0.975, len(logs) - 1) * logs.std(ddof=1) / np.sqrt(len(logs))
            middle = logs.mean()
            words = f"{np.exp(middle):.3g} [{np.exp(middle - half):.3g}, {np.exp(middle + half):.3g}]"
        least_words = "-" if least is None else f"{least:.4f}"
        print(f"{fault:<17}{before.mean():>14.4f}{after.mean():>16.4f}{least_words:>9}  {words}".rstrip(), flush=True)
        for values, shift, colour, label in (
            (before, -0.12, "tab:orange", "trained on an ideal chip, loaded"),
            (after, 0.12, "tab:blue", "trained on the machine itself"),
        ):
            named = {"label": label} if place == 0 else {}
            panel.plot(np.full(len(values), place + shift), values, "o", color=colour, markersize=4, alpha=0.6, **named)
            panel.plot([place + shift - 0.1, place + shift + 0.1], [values.mean()] * 2, color=colour, linewidth=2)
        if least is not None:
            named = {"label": "best that its numbers express"} if place == 0 else {}
            panel.plot([place - 0.3, place + 0.3], [least] * 2, color="0.3", linestyle=":", **named)
    panel.set_yscale("log")
    panel.set_xticks(range(len(FAULTS)), [name.replace(" ", "\n", 1) for name in FAULTS], fontsize="small")
    panel.set_title(task, loc="left", fontsize="medium")
    panel.grid(True, axis="y", color="0.9")
    panel.set_ylabel("KL(data || machine) / nats, as measured")
panels[0].legend(fontsize="small", frameon=False)
figure.savefig("learn_around_faults.png", dpi=150)
