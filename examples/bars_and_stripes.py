"""Which rule learns bars and stripes? Exact divergence of an RBM after contrastive divergence, persistent chains,
tempered chains, and the exact gradient.

All images of bars or of stripes are equally likely. Every gradient but the last is measured on an emulated chip, whose
chains must find all images to say how often each comes. Writes bars_and_stripes.png. By default images are 3 x 3 and
seeds are few; for the 4 x 4 of the page: python bars_and_stripes.py 4 (a few minutes of one core).
"""

import sys

import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import minimize

import hwsim
from hwsim.learn import Course, Timing, Updates, data_law, gradient, rbm, read_data, train

SIDE = int(sys.argv[1]) if len(sys.argv) > 1 else 3
HIDDEN, STEPS, SEEDS, DESCENTS = {3: (6, 500, 1, 60), 4: (16, 5000, 3, 400)}[SIDE]
CHIP = hwsim.chip("generic-all-to-all")

data = read_data(f"bars-and-stripes:rows={SIDE},columns={SIDE}")
target, images = data_law(data.bits), len(data)
batch = 8 * images
how = {"steps": STEPS, "batch": batch, "updates": Updates(rate=0.05, schedule="linear", averaging=0.3)}
RULES = {
    "CD-1": Course(rule="cd", negative=Timing(warm_up=1), **how),
    "CD-10": Course(rule="cd", negative=Timing(warm_up=10), **how),
    "PCD": Course(chains=1000, **how),
    "PCD, 5 temperatures": Course(chains=200, betas=(0.2, 0.4, 0.6, 0.8, 1.0), **how),
}


def exact_descent(model):
    """KL after L-BFGS along the exact gradient: what the machine can represent."""
    n, network, seen = model.n, model.network, range(model.n_visible)

    def slope(values):
        found = gradient(network.coupled(values[:n], values[n:]), seen, target)
        return found.divergence, np.concatenate((found.bias, found.weight))

    first = np.concatenate((model.bias, model.weight))
    return minimize(slope, first, jac=True, method="L-BFGS-B", options={"maxiter": DESCENTS}).fun


figure = Figure(figsize=(7, 4), layout="constrained")
axes = figure.subplots()
print(f"{images} images of {SIDE} x {SIDE}, {HIDDEN} hidden units; a machine that knows nothing: KL", end=" ")
print(f"{SIDE * SIDE * np.log(2) - np.log(images):.3f} nats")
print(f"{'rule':<22}{'median KL':>10}  KL of each seed, nats")
for name, course in RULES.items():
    found = [
        train(data.bits, rbm(SIDE * SIDE, HIDDEN, scale=0.1, seed=seed), CHIP, course, seed=seed).history
        for seed in range(1, SEEDS + 1)
    ]
    last = [history[-1]["kl"] for history in found]
    print(f"{name:<22}{np.median(last):>10.4f}  {'  '.join(f'{kl:.4f}' for kl in last)}", flush=True)
    middle = found[int(np.argsort(last)[len(last) // 2])]
    axes.plot([row["step"] for row in middle], [row["kl"] for row in middle], "o-", markersize=3, label=name)
last = [exact_descent(rbm(SIDE * SIDE, HIDDEN, scale=0.1, seed=seed)) for seed in range(1, SEEDS + 1)]
print(f"{'exact gradient':<22}{np.median(last):>10.4f}  {'  '.join(f'{kl:.4f}' for kl in last)}")
reached = float(np.median(last))
words = f"{reached:.3g}" if reached > 1e-3 else "below 0.001"
axes.axhline(max(reached, 1e-3), color="0.4", linestyle=":", label=f"exact gradient: {words}")
axes.set_yscale("log")
axes.set_ylim(5e-4, 30)
axes.set_xlabel("step")
axes.set_ylabel("KL(data || model) / nats, exact")
axes.set_title(f"Bars and stripes of {SIDE} x {SIDE}, RBM of {HIDDEN} hidden units", loc="left", fontsize="medium")
axes.grid(True, color="0.9")
axes.legend(fontsize="small", frameon=False, ncols=2, loc="upper right")
figure.savefig("bars_and_stripes.png", dpi=150)
