"""Where exp(-beta E) comes from: a small system shares a fixed energy with a reservoir, and the reservoir grows.

No temperature is given: emulated exchanges of quanta make all joint states of the total energy equally likely. As cells
join, each with the same energy, the law of the system becomes Boltzmann's. Its distance falls as 1 / N, with a known
coefficient. Prints both laws for each size; writes boltzmann_from_a_bath.png.
"""

import numpy as np
from matplotlib.figure import Figure

from hwsim.analysis.fidelity import total_variation, total_variation_of_counts, tv_noise_floor
from hwsim.equilibrium.bath import Levels, bath_beta, canonical_law, contact, distance_coefficient, finite_bath_law

SYSTEM = Levels(energies=np.array([0.0, 1.0, 2.0, 3.0]), degeneracies=np.array([1, 2, 2, 3]))
QUANTUM, FILLING = 1.0, 1 / 3  # a quantum for every three cells
SIZES, SHOWN = (12, 24, 48, 96, 192, 384), (12, 48, 384)
REPLICAS, EXCHANGES = 60_000, 6  # exchanges per cell: energy must spread over all cells

beta = bath_beta(cells=3, quanta=1, quantum=QUANTUM)
boltzmann = canonical_law(SYSTEM, beta)
limit = distance_coefficient(SYSTEM, filling=FILLING, quantum=QUANTUM)
noise = tv_noise_floor(boltzmann, REPLICAS)
emulated, measured, spread, exact = {}, [], [], []
rng = np.random.default_rng(2)
print(f"beta of the reservoir {beta:.4f} per quantum; distance to come {limit:.3f} / N; noise floor {noise:.4f}")
print("cells   P(E=0)   P(E=1)   P(E=2)   P(E=3)   distance from Boltzmann   exact    predicted")
for cells in SIZES:
    bath = {"cells": cells, "quanta": round(FILLING * cells), "quantum": QUANTUM}
    level = contact(SYSTEM, exchanges=EXCHANGES * cells, replicas=REPLICAS, seed=1, **bath).level
    emulated[cells] = np.bincount(level, minlength=len(boltzmann)) / REPLICAS
    measured.append(total_variation(level, boltzmann))
    law = finite_bath_law(SYSTEM, **bath)
    exact.append(total_variation_of_counts(law, boltzmann))
    drawn = rng.multinomial(REPLICAS, law, size=400) / REPLICAS
    spread.append(np.std(np.abs(drawn - boltzmann).sum(axis=1) / 2))
    print(
        f"{cells:5d}   "
        + "   ".join(f"{p:6.4f}" for p in emulated[cells])
        + f"   {measured[-1]:23.4f}   {exact[-1]:6.4f}   {limit / cells:9.4f}"
    )
print("inf     " + "   ".join(f"{p:6.4f}" for p in boltzmann))

figure = Figure(figsize=(11.5, 5), dpi=130, layout="constrained")
left, right = figure.subplots(1, 2, width_ratios=(1.2, 1))
energies, ways = SYSTEM.energies, SYSTEM.degeneracies
left.hlines(
    boltzmann / ways,
    energies - 0.36,
    energies + 0.36,
    color="k",
    linewidth=1.4,
    label=f"Boltzmann's law, exp(-{beta:.2f} E) / Z",
)
for number, cells in enumerate(SHOWN):
    place, quanta = energies + 0.2 * (number - 1), round(FILLING * cells)
    law = finite_bath_law(SYSTEM, cells=cells, quanta=quanta, quantum=QUANTUM)
    error = np.sqrt(emulated[cells] * (1 - emulated[cells]) / REPLICAS)
    left.errorbar(
        place,
        emulated[cells] / ways,
        2 * error / ways,
        fmt="o",
        color=f"C{number}",
        markersize=5,
        capsize=4,
        label=f"emulated: {quanta} quanta among {cells} cells, 2 sigma",
    )
    left.plot(place, law / ways, "_", color=f"C{number}", markersize=17, markeredgewidth=1.4)
left.plot([], [], "_", color="0.4", markersize=14, label="exact for that many cells: joint states counted")
left.set(
    xlabel="energy E of the small system, in quanta",
    ylabel="probability of one state of energy E",
    yscale="log",
    ylim=(0.0025, 0.6),
    yticks=(0.003, 0.01, 0.03, 0.1, 0.3),
    xticks=energies,
    xticklabels=[f"{e:g}\n{k} {'states' if k > 1 else 'state'}" for e, k in zip(energies, ways, strict=True)],
    title="The small system beside three reservoirs",
)
left.set_yticklabels(["0.003", "0.01", "0.03", "0.1", "0.3"])
left.legend(frameon=False, fontsize=9, loc="lower left")

right.plot(SIZES, limit / np.array(SIZES), "k--", linewidth=1.2, label=f"predicted for many cells: {limit:.2f} / N")
right.plot(SIZES, exact, "_", color="0.4", markersize=15, markeredgewidth=1.4, label="exact: joint states counted")
right.errorbar(
    SIZES,
    measured,
    2 * np.array(spread),
    fmt="o",
    color="tab:blue",
    markersize=5,
    capsize=4,
    label=f"emulated: {REPLICAS:,} systems each, 2 sigma",
)
right.axhspan(1e-9, noise, color="0.9", label="noise floor: perfect samples of Boltzmann's law")
right.set(
    xlabel="cells N in the reservoir, one quantum for every three",
    ylabel="total variation from Boltzmann's law",
    xscale="log",
    yscale="log",
    ylim=(noise / 2, 0.4),
    yticks=(0.003, 0.01, 0.03, 0.1, 0.3),
    xticks=SIZES,
    xticklabels=[str(cells) for cells in SIZES],
    title="How far it is from Boltzmann's law",
)
right.set_yticklabels(["0.003", "0.01", "0.03", "0.1", "0.3"])
right.legend(frameon=False, fontsize=9)
for axes in (left, right):
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
figure.savefig("boltzmann_from_a_bath.png")
