"""Two p-bits that see each other too late: the correlation of an autonomous pair against its exact law.

Two ideal p-bits are coupled by J = -1 at beta = 1; their Poisson clocks have the mean tau, and a commit reaches the
neighbour after the delay d. At d = 0 the correlation <s1 s2> is Boltzmann's tanh(beta); every delay reduces it. Prints
the measurement with its standard error, the law (hwsim.analysis.exact_laws.delayed_pair) and their distance in sigma;
writes delayed_pair.png.
"""

from itertools import pairwise

import dimod
import numpy as np
from matplotlib.figure import Figure

import hwsim
from hwsim.analysis.exact_laws import delayed_pair
from hwsim.analysis.interval import standard_error

TAU_NS, BETA, SHOWN_NS = 5.0, 1.0, 150.0

pair = dimod.BinaryQuadraticModel({}, {("a", "b"): -1.0}, "SPIN")


def program(ratio):
    return hwsim.compile(pair, hwsim.chip("autonomous-pbit", tau=f"{TAU_NS} ns", delay=f"{ratio * TAU_NS} ns"))


measured = []
print("delay/tau   measured            law     z")
for ratio in (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0):
    run = hwsim.run(
        program(ratio), anneal=hwsim.constant(BETA, "200 ns"), reads=16384, schedules=256, seed=7, checkpoints=1
    )
    product = run.states[:, 0] * run.states[:, 1]
    mean, error = product.mean(), standard_error(product, run.schedule)
    law = delayed_pair(beta_j=BETA, delay_over_tau=ratio)
    measured.append((ratio, mean, error))
    print(f"{ratio:9.2f}   {mean:.4f} +- {error:.4f}   {law:.4f}   {(mean - law) / error:+.1f}")


def wave(ratio):
    """Instants in ns and values of both p-bits of one read, from 0 to SHOWN_NS."""
    run = hwsim.run(
        program(ratio), anneal=hwsim.constant(BETA, f"{SHOWN_NS} ns"), reads=1, schedules=1, seed=11, record=(0,)
    )
    times, pbits, values = run.traces[0]
    for i in (0, 1):
        own = pbits == i
        at = np.concatenate([[0.0], times[own] * 1e-6, [SHOWN_NS]])
        yield at, np.concatenate([[run.initial_states[0, i]], values[own], values[own][-1:]])


figure = Figure(figsize=(12, 4.6), dpi=130, layout="constrained")
grid = figure.add_gridspec(2, 2, width_ratios=(1.4, 1))
for row, (ratio, words) in enumerate(
    ((0.0, "no delay: they agree most of the time"), (2.0, "seen 2 tau late: they rarely know what the other is"))
):
    axes = figure.add_subplot(grid[row, 0])
    waves = list(wave(ratio))
    for i, (at, value) in enumerate(waves):
        axes.step(at, value * 0.4 + 1.2 * (1 - i), where="post", color=f"C{i}", linewidth=1.3)
    instants = np.unique(np.concatenate([at for at, _ in waves]))
    for start, end in pairwise(instants):
        a, b = (value[np.searchsorted(at, start, side="right") - 1] for at, value in waves)
        if a != b:
            axes.axvspan(start, end, color="0.88", linewidth=0)
    axes.set(yticks=[1.2, 0], yticklabels=["p-bit a", "p-bit b"], xlim=(0, SHOWN_NS))
    axes.set_title(f"{words} (grey: they differ)", loc="left", fontsize="medium")
    axes.spines[["top", "right"]].set_visible(False)
axes.set_xlabel("device time (ns)")
axes = figure.add_subplot(grid[:, 1])
fine = np.linspace(0, 4.2, 200)
axes.plot(fine, [delayed_pair(beta_j=BETA, delay_over_tau=x) for x in fine], color="0.3", label="exact law")
ratio, mean, error = np.array(measured).T
axes.errorbar(ratio, mean, 1.96 * error, fmt="o", color="C3", capsize=2, label="emulated, 95 % intervals")
axes.axhline(np.tanh(BETA), color="0.6", linestyle=":", label="Boltzmann's law, tanh(beta)")
axes.set(xlabel="delay / tau", ylabel="correlation <s1 s2>", ylim=(0, 0.85))
axes.set_title("what a delay costs", loc="left", fontsize="medium")
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
figure.savefig("delayed_pair.png")
