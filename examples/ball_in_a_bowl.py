"""A ball in a bowl: a cloud of fluctuating cells forgets its start and becomes exp(-beta U) / Z.

All cells start at x = 2 in U = x^2 / 2. At four times the picture compares their histogram with the Fokker-Planck
density; the last one is Boltzmann's law. Prints mean and variance with their exact values and distances in sigma;
writes ball_in_a_bowl.png.
"""

import numpy as np
from matplotlib.figure import Figure

from hwsim.thermo.fokker_planck import fokker_planck
from hwsim.thermo.potential import overdamped, quadratic

BETA, TAU_S, START, CELLS = 4.0, 1e-6, 2.0, 20_000
TIMES_S = (0.1e-6, 0.5e-6, 1.5e-6, 8e-6)

bowl = quadratic(1.0)
edges = np.linspace(-2.5, 3.0, 221)
equation = fokker_planck(bowl.energy, (edges,), beta=BETA, tau_s=TAU_S)
density = np.zeros(220)
density[np.searchsorted(edges, START) - 1] = 1.0
middle = (edges[1:] + edges[:-1]) / 2

figure = Figure(figsize=(11, 4.6), dpi=130, layout="constrained")
left, right = figure.subplots(1, 2, width_ratios=(1, 1.3))
path = [(0.0, START)]
overdamped(
    bowl,
    beta=BETA,
    tau_s=TAU_S,
    time_s=TIMES_S[-1],
    step_s=5e-9,
    replicas=1,
    start=START,
    seed=3,
    observe=lambda t, x: path.append((t, x[0])),
)
left.plot(*np.array(path).T * [[1e6], [1.0]], color="tab:blue", linewidth=0.8)
left.set(xlabel="device time (us)", ylabel="x", title="one ball")

print("time        mean                exact     variance            exact     z")
cells, before = np.full(CELLS, START), 0.0
for number, now in enumerate(TIMES_S):
    cells = overdamped(
        bowl, beta=BETA, tau_s=TAU_S, time_s=now - before, step_s=5e-9, replicas=CELLS, start=cells, seed=number
    )
    density, before = equation.evolve(density, now - before), now
    mean, variance = START * np.exp(-now / TAU_S), -np.expm1(-2 * now / TAU_S) / BETA
    errors = np.sqrt(variance / CELLS), variance * np.sqrt(2 / CELLS)
    z = (cells.mean() - mean) / errors[0], (cells.var() - variance) / errors[1]
    print(
        f"{now * 1e6:4.1f} us   {cells.mean():+.4f} +- {errors[0]:.4f}   {mean:+.4f}   "
        f"{cells.var():.4f} +- {errors[1]:.4f}   {variance:.4f}   {z[0]:+.1f} {z[1]:+.1f}"
    )
    shown = right.hist(cells, edges[::4], density=True, alpha=0.35, color=f"C{number}")
    right.plot(middle, density / np.diff(edges), color=f"C{number}", linewidth=1.6, label=f"{now * 1e6:g} us")
right.plot(
    middle, np.exp(-BETA * middle**2 / 2) * np.sqrt(BETA / 2 / np.pi), "k--", linewidth=1, label="exp(-beta U) / Z"
)
right.set(xlabel="x", ylabel="probability density", title=f"{CELLS:,} balls, and the Fokker-Planck equation")
right.legend(frameon=False)
for axes in (left, right):
    axes.spines[["top", "right"]].set_visible(False)
figure.savefig("ball_in_a_bowl.png")
