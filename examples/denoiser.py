"""A denoiser of p-bits and continuous cells: guesses of a clean point from a noisy one, and the score of noisy data.

Three p-bits and two modes are a Gaussian-Bernoulli Boltzmann machine whose law has six peaks on a hexagon. Each setting
of the p-bits pulls the modes to a place of its own, and the modes drive the p-bits. A weak spring holds the modes at a
noisy observation y = x + noise; the machine then samples x given y. The mean of its samples is the best guess of x. By
Tweedie's formula (mean - y) / sigma^2 is the score, the slope of the log density of noisy data, which a diffusion model
has to learn. Prints measured values beside exact ones; writes denoiser.png.
"""

import numpy as np
from matplotlib.figure import Figure

from hwsim.thermo.denoise import denoise
from hwsim.thermo.mixed import exact_law, gaussian_bernoulli, posterior_mean
from hwsim.thermo.mixed_run import run

NS = 1e-9
WIDTH = 0.45  # of each peak
SIGMA = 0.8  # of the noise on an observation
TIME = {"time_s": 1000 * NS, "settle_s": 200 * NS, "every_s": 1 * NS, "machines": 32}

angle = np.pi * np.array([0, 1, 2]) / 3
W = 2.0 * np.array([np.cos(angle), np.sin(angle)])  # p-bit j moves the modes by 2, each in a direction of its own
prior = gaussian_bernoulli(
    W,
    visible_mean=-W.sum(axis=1) / 2,
    visible_sigma=np.array([WIDTH, WIDTH]),
    hidden_bias=np.array([0.3, -0.2, 0.4]),
    pbit_tau_s=1 * NS,
    mode_tau_s=10 * NS,
)
law = exact_law(prior, 1.0)
noisy = law.noised(SIGMA)

# noisy observations of some points drawn from the machine's law
rng = np.random.default_rng(3)
state = rng.choice(len(law.probability), size=10, p=law.probability)
clean = law.centres[state] + WIDTH * rng.normal(size=(10, 2))
y = clean + SIGMA * rng.normal(size=clean.shape)
found = denoise(prior, y, SIGMA, seed=1, **TIME)
exact = posterior_mean(prior, y, SIGMA)
print(f"3 p-bits and 2 modes; each observation {found.device_time_s * 1e6:g} us on each of {found.machines} machines")
print("   observed            mean, measured                     exact               sigma off")
for k in range(len(y)):
    off = (found.mean[k] - exact[k]) / found.mean_error[k]
    measured = "  ".join(f"{a:+.4f} +- {e:.4f}" for a, e in zip(found.mean[k], found.mean_error[k], strict=True))
    print(
        f"({y[k, 0]:+.2f}, {y[k, 1]:+.2f})   {measured}   ({exact[k, 0]:+.4f}, {exact[k, 1]:+.4f})   "
        f"{off[0]:+.1f} {off[1]:+.1f}"
    )
error = [np.sqrt(np.mean(np.sum((guess - clean) ** 2, axis=1))) for guess in (y, found.mean, exact)]
print("root mean square distance from the clean points: observed {:.2f}, machine {:.2f}, exact {:.2f}".format(*error))

side = np.linspace(-3.5, 3.5, 13)
grid = np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)
field = denoise(prior, grid, SIGMA, seed=2, **TIME)
off = (field.score - noisy.score(grid)) / field.score_error
spent_us, rms = len(grid) * field.device_time_s * 1e6, np.sqrt(np.mean(off**2))
print(
    f"score at {len(grid)} places, {spent_us:g} us on {field.machines} machines: error {field.score_error.mean():.2g},"
)
print(f"{rms:.2f} sigma off in root mean square and {np.abs(off).max():.1f} at most, of {off.size}")

seen = []
run(prior, beta=1.0, time_s=500 * NS, seed=9, every_s=0.25 * NS, observe=lambda t, s, x: seen.append((t, s[0], x[0])))
time, spins, x = (np.array(column) for column in zip(*seen, strict=True))
pulled = np.linalg.solve(prior.stiffness, (prior.force + spins @ prior.weights.T).T).T
time = time / NS

figure = Figure(figsize=(11, 10), dpi=110, layout="constrained")
parts = figure.subfigures(2, 1, height_ratios=[1.25, 1])
left, right = parts[0].subplots(1, 2)
fine = np.linspace(-4.3, 4.3, 161)
places = np.stack(np.meshgrid(fine, fine), axis=-1).reshape(-1, 2)
for axes, shown in ((left, law), (right, noisy)):
    axes.contourf(fine, fine, shown.density(places).reshape(161, 161), levels=12, cmap="Greys", alpha=0.75)
    axes.set(xlabel="mode 1", ylabel="mode 2", aspect="equal", xlim=(-4.3, 4.3), ylim=(-4.3, 4.3))
for k in range(len(y)):
    left.annotate("", found.mean[k], y[k], arrowprops={"arrowstyle": "->", "color": "tab:orange", "lw": 1.5})
left.plot(*y.T, "o", color="tab:orange", label="noisy observation")
left.plot(*found.mean.T, "o", color="tab:blue", markersize=7, label="measured guess (error below its size)")
left.plot(*exact.T, "kx", markersize=9, label="exact guess")
left.set_title("Denoising: the law of clean points (grey),\nnoisy ones, and guesses where they come from")
left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3, fontsize=9, frameon=False)
arrows = {"angles": "xy", "scale_units": "xy", "scale": 6.0, "pivot": "mid"}
right.quiver(*grid.T, *noisy.score(grid).T, color="black", width=0.009, label="exact", **arrows)
right.quiver(*grid.T, *field.score.T, color="tab:cyan", width=0.004, label="measured", **arrows)
right.set_title("Score: where noisy points (grey) get denser,\n(guess - observation) / sigma$^2$")
right.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=2, fontsize=9, frameon=False)

rows = parts[1].subplots(3, 1, sharex=True, height_ratios=[0.6, 1, 1])
for j in range(3):
    up = spins[:, j] > 0
    rows[0].fill_between(time, j - 0.4, j + 0.4, where=up, step="post", color="tab:red", alpha=0.8, linewidth=0)
rows[0].set(yticks=range(3), yticklabels=[f"p-bit {j + 1}" for j in range(3)], ylim=(-0.6, 2.6))
rows[0].set_title("One machine left alone: p-bits (red: +1) pull the modes, and the modes drive the p-bits")
for k in range(2):
    rows[k + 1].step(time, pulled[:, k], where="post", color="tab:red", linewidth=0.8, label="where the p-bits pull it")
    rows[k + 1].plot(time, x[:, k], color="tab:blue", linewidth=1.0, label="the mode")
    rows[k + 1].set_ylabel(f"mode {k + 1}")
rows[1].legend(loc="upper right", fontsize=8, ncols=2)
rows[2].set_xlabel("device time (ns)")
for axes in rows:
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0)
figure.savefig("denoiser.png")
