"""An Ising magnet through its critical temperature: 1,024 autonomous p-bits, heated from order to disorder.

The square lattice of 32 x 32 p-bits with periodic edges starts with all spins up and is heated step by step. At each
temperature it settles; then energy and magnetisation are averaged over reads. The energy must be that of the finite
lattice, which Kaufman's formula gives exactly. The magnetisation follows Onsager and Yang's curve of the infinite
lattice, which vanishes at T = 2.269, rounded off by the finite size. The p-bits are ideal: with a response delay of a
tenth of their update interval, as on the card autonomous-pbit, energies are many sigma too high. Writes
ising_magnet.png.
"""

import numpy as np
from matplotlib.figure import Figure

import hwsim
from hwsim.analysis.exact_laws import onsager_magnetisation
from hwsim.analysis.interval import standard_error
from hwsim.equilibrium.partition import kaufman

SIDE, READS, TAU_NS = 32, 512, 5.0
CRITICAL = 2 / np.log(1 + np.sqrt(2))
TEMPERATURES = np.array([1.6, 1.8, 2.0, 2.1, 2.2, 2.25, 2.3, 2.35, 2.4, 2.5, 2.7, 3.0, 3.5])
SWEEPS = 2000  # at each temperature; at the critical one correlations of this size last some hundreds
SHOWN = (1.8, 2.25, 3.0)

program = hwsim.compile(hwsim.read(f"ising2d:L={SIDE}"), hwsim.chip("generic-all-to-all", tau=f"{TAU_NS} ns"))
stay_s = SWEEPS * TAU_NS * 1e-9
seen = []


def look(time_s, states):
    m = states.mean(axis=1, dtype=float)
    seen.append((m, states[0].reshape(SIDE, SIDE).copy()))


run = hwsim.run(
    program,
    anneal=hwsim.table(list(np.arange(len(TEMPERATURES)) * stay_s), list(1 / TEMPERATURES), len(TEMPERATURES) * stay_s),
    reads=READS,
    schedules=8,
    seed=2,
    initial_states=np.ones((READS, SIDE**2), dtype=np.int8),
    checkpoints=10 * len(TEMPERATURES),
    observe=look,
)


def exact_energy(t, h=1e-5):
    """Energy per spin: -d ln Z / d beta."""
    return -(kaufman(SIDE, SIDE, 1 / t + h) - kaufman(SIDE, SIDE, 1 / t - h)) / (2 * h) / SIDE**2


table = []
print("   T   energy a spin        exact       z    |magnetisation|     infinite lattice")
for k, t in enumerate(TEMPERATURES):
    late = slice(10 * k + 5, 10 * k + 10)  # the second half of each stay
    energy = run.checkpoint_energies[1:][late].mean(axis=0) / SIDE**2
    m = np.abs([m for m, _ in seen[late]]).mean(axis=0)
    row = energy.mean(), standard_error(energy, run.schedule), m.mean(), standard_error(m, run.schedule)
    table.append(row)
    exact = exact_energy(t)
    print(
        f"{t:5.2f}  {row[0]:.5f} +- {row[1]:.5f}  {exact:.5f}  {(row[0] - exact) / row[1]:+5.1f}   "
        f"{row[2]:.4f} +- {row[3]:.4f}   {onsager_magnetisation(1 / t):.4f}"
    )
energy, energy_error, m, m_error = np.array(table).T

figure = Figure(figsize=(11, 6.6), dpi=130, layout="constrained")
top, bottom = figure.subfigures(2, 1, height_ratios=(1, 1.5))
for axes, t in zip(top.subplots(1, len(SHOWN)), SHOWN, strict=True):
    k = int(np.flatnonzero(t == TEMPERATURES)[0])
    axes.imshow(seen[10 * k + 9][1], cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.set_title(f"T = {t:g}" + (", just below critical" if t == 2.25 else ""), fontsize="medium")
fine = np.linspace(1.5, 3.6, 400)
left, right = bottom.subplots(1, 2)
left.plot(fine, [onsager_magnetisation(1 / t) for t in fine], color="0.3", label="infinite lattice (Onsager, Yang)")
left.errorbar(TEMPERATURES, m, 1.96 * m_error, fmt="o", color="C3", capsize=2, label=f"emulated, {SIDE} x {SIDE}")
left.set_ylabel("|magnetisation| per spin")
right.plot(fine, [exact_energy(t) for t in fine], color="0.3", label=f"exact, {SIDE} x {SIDE} (Kaufman)")
right.errorbar(TEMPERATURES, energy, 1.96 * energy_error, fmt="o", color="C0", capsize=2, label="emulated")
right.set_ylabel("energy per spin (J)")
for axes in (left, right):
    axes.axvline(CRITICAL, color="0.6", linestyle=":", label=f"critical, {CRITICAL:.3f}")
    axes.set_xlabel("temperature (J / k)")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
figure.savefig("ising_magnet.png")
