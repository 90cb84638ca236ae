"""Linear regression by a circuit that settles: the posterior of a Bayesian linear model, from fluctuating cells.

The posterior of weights w, given y = X w + noise and a normal prior, is normal with precision A = X'X / s^2 + 1 / p^2
and mean A^-1 X'y / s^2. Cells in the bowl of A and b = X'y / s^2 have exactly this law at beta = 1: their mean is the
estimate, their covariance its uncertainty. Prints both beside the closed form; writes regression.png.
"""

import numpy as np
from matplotlib.figure import Figure

from hwsim.thermo.linalg import compare, measure
from hwsim.thermo.posterior import posterior

NOISE, PRIOR, POINTS = 0.3, 2.0, 25

rng = np.random.default_rng(1)
x = np.sort(rng.uniform(-1, 1, POINTS))
features = np.stack([x**k for k in range(4)], axis=1)
y = features @ [0.5, -1.0, 0.3, 1.5] + NOISE * rng.normal(size=POINTS)
law = posterior(features, y, noise=NOISE, prior=PRIOR)

found = measure(law.A, law.b, beta=1.0, tau_s=100e-6, time_s=10e-3, seed=2)
exact, spread = law.mean, np.sqrt(np.diag(law.covariance))
print(f"4 cells, {found.device_time_s * 1e3:.3g} ms of device time")
print("power   mean of the cell   closed form   spread   closed form")
for k in range(4):
    print(
        f"{k:5d}   {found.x[k]:+16.3f}   {exact[k]:+11.3f}   {found.covariance[k, k] ** 0.5:6.3f}   {spread[k]:11.3f}"
    )
print(f"relative error of the mean {found.relative_error:.2g}, theory {found.predicted_error:.2g}")
print(f"relative error of the covariance {found.covariance_error:.2g}, theory {found.predicted_covariance_error:.2g}")
for row in compare(law.A, law.b, tolerance=found.relative_error):
    print(f"{row.name} on this computer: {row.host_s * 1e6:.0f} us, relative error {row.relative_error:.1g}")

grid = np.linspace(-1.1, 1.1, 200)
powers = np.stack([grid**k for k in range(4)], axis=1)
figure = Figure(figsize=(7, 4.6), dpi=130, layout="constrained")
axes = figure.subplots()
middle = powers @ found.x
width = 2 * np.sqrt(np.einsum("ij,jk,ik->i", powers, found.covariance, powers))
axes.fill_between(grid, middle - width, middle + width, color="tab:blue", alpha=0.2, label="cells, two sigma")
axes.plot(grid, middle, color="tab:blue", label="mean of the cells")
axes.plot(grid, powers @ exact, "k--", linewidth=1, label="closed form")
axes.plot(x, y, "o", color="0.3", markersize=4, label="data")
axes.set(xlabel="x", ylabel="y", title="A cubic, fitted by four fluctuating cells")
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)
figure.savefig("regression.png")
