"""Eight noisy resonators solve A x = b: a stochastic processing unit with round component values.

The capacitors between eight RLC cells are set to A. Then the voltages fluctuate with the covariance k0 R C^-1, which in
the right units is the inverse of A; times b it gives x. One board has exact components; on the other the capacitors are
off by 2 %, and its error stops falling at a floor. Prints direct solvers beside them; writes spu_solves.png. The
component values of the real board are not public; those of the card generic-rlc are round numbers.
"""

import numpy as np
from matplotlib.figure import Figure

import hwsim
from hwsim.thermo.linalg import compare, measure
from hwsim.thermo.machine import device
from hwsim.thermo.run import run

rng = np.random.default_rng(0)
coupling = np.triu(rng.uniform(0, 0.3, (8, 8)), 1)
coupling = coupling + coupling.T
A = np.diag(coupling.sum(axis=1) + rng.uniform(0.5, 1.5, 8)) - coupling
b = rng.normal(size=8)
exact = np.linalg.solve(A, b)

boards = {"exact capacitors": {}, "capacitors off by 2 %": {"component_dtod": 0.02}}
found = {
    name: measure(A, b, machine=hwsim.modes("generic-rlc", **how), die_seed=1, time_s=0.1, seed=3)
    for name, how in boards.items()
}
ideal = found["exact capacitors"]
print(f"100 ms of sampling, {ideal.samples} samples of {ideal.rms_reading * 1e3:.0f} mV (root mean square)")
print("cell   exact x " + "".join(f"  {name:>22}" for name in boards))
for k in range(8):
    print(f"{k:4d}   {exact[k]:+.4f} " + "".join(f"  {m.x[k]:+22.4f}" for m in found.values()))
for name, m in found.items():
    print(
        f"{name}: relative error of x {m.relative_error:.2g} (theory {m.predicted_error:.2g}), of the inverse "
        f"{m.covariance_error:.2g} (theory {m.predicted_covariance_error:.2g})"
    )
for row in compare(A, b, tolerance=ideal.relative_error):
    print(f"{row.name} on this computer: {row.operations} operations, relative error {row.relative_error:.1g}")

figure = Figure(figsize=(11.5, 4.8), dpi=130, layout="constrained")
left, right = figure.subplots(1, 2, width_ratios=(1, 1.1))
board = device(hwsim.modes("generic-rlc"), A, np.zeros(8))
wave = run(board, time_s=20e-6, interval_s=20e-9, seed=5)
for k in range(4):
    left.plot(wave.times_s * 1e6, 1e3 * wave.values[:, 0, k] - 500 * k, linewidth=0.8, color=f"C{k}")
left.set(xlabel="device time (us)", yticks=[-500 * k for k in range(4)], yticklabels=[f"cell {k}" for k in range(4)])
left.plot([-0.6, -0.6], [-150, 150], color="k", linewidth=2, solid_capstyle="butt", clip_on=False)
left.text(-0.8, 190, "300 mV", va="bottom", fontsize="small")
left.set_title("voltages of four of the eight cells, from rest", loc="left", fontsize="medium")
for number, (name, m) in enumerate(found.items()):
    time_s = m.curve[:, 0] - m.settle_s
    right.loglog(time_s * 1e3, m.curve[:, 1], "o", color=f"C{number}", markersize=4, label=f"{name}: one board")
    right.loglog(time_s * 1e3, m.curve[:, 2], color=f"C{number}", linewidth=1.2, label="theory, root mean square")
right.set(xlabel="device time of sampling (ms)", ylabel="relative error of x")
right.set_title("error of the solution", loc="left", fontsize="medium")
right.legend(frameon=False, fontsize="small")
for axes in (left, right):
    axes.spines[["top", "right"]].set_visible(False)
figure.savefig("spu_solves.png")
