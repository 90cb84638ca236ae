"""Four chips that share one spin glass: what does a slow exchange of boundary states cost?

METIS splits a 16 x 16 x 16 lattice of couplings +-1 over four chips. Every p-bit updates once a sweep; chips exchange
the states of boundary p-bits eta times a sweep. There are two colours, so eta = 2 is one exchange per colour and equals
one large chip, bit for bit. The residual energy is counted from the least energy that long anneals of one chip find;
its exponent kappa (rho ~ sweeps^-kappa) is fitted over the last decade. Needs the extra `graphs`; writes staleness.png.
For more sweeps: python staleness.py 3000 10000 (two minutes).
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import hwsim
from hwsim.analysis.interval import standard_error
from hwsim.mapping.partition import partition

SIDE, CHIPS, SWEEP_S, READS = 16, 4, 10e-9, 64
ETAS = (16, 2, 1, 1 / 2, 1 / 4, 1 / 8, 1 / 16)
SWEEPS = (30, 100, 300, 1000, *map(int, sys.argv[1:]))
LONGEST = 20 * max(SWEEPS)

problem = hwsim.read(f"ea3d:L={SIDE},seed=1")
chip = hwsim.chip("generic-all-to-all", clock="chromatic", tau=SWEEP_S)
one = hwsim.compile(problem, chip)
part = partition(one.network, CHIPS)
programs = {"one chip": one}
for eta in ETAS:
    programs[f"eta = {eta:g}"] = hwsim.compile(problem, chip, parts=part, exchange_s=SWEEP_S / eta)

found: dict[str, list[np.ndarray]] = {label: [] for label in programs}
states = {}
for sweeps in SWEEPS:
    anneal = hwsim.linear(0.1, 3.0, sweeps * SWEEP_S)
    for label, program in programs.items():
        run = hwsim.run(program, anneal=anneal, reads=READS, schedules=1, seed=1, checkpoints=1)
        found[label].append(run.energies / SIDE**3)
        states[label, sweeps] = run.states
long = hwsim.run(one, anneal=hwsim.linear(0.1, 3.0, LONGEST * SWEEP_S), reads=READS, schedules=1, seed=2, checkpoints=1)
least = min(long.energies.min() / SIDE**3, *(energy.min() for row in found.values() for energy in row))


def exponent(row: list[np.ndarray]) -> float:
    """kappa of a line through the logarithms of the mean residual energies."""
    fitted = [k for k, sweeps in enumerate(SWEEPS) if 10 * sweeps >= max(SWEEPS)]
    rho = [row[k].mean() - least for k in fitted]
    return -float(np.polyfit(np.log([SWEEPS[k] for k in fitted]), np.log(rho), 1)[0])


random = np.random.default_rng(0)
kappas = {}
for label, row in found.items():
    drawn = [exponent([energy[random.integers(0, READS, READS)] for energy in row]) for _ in range(200)]
    kappas[label] = exponent(row), float(np.std(drawn))

print(f"residual energy per spin above {least:.5f}, the least that {READS} anneals of {LONGEST} sweeps find")
print(f"mean and standard error of {READS} reads; kappa of the last decade, bootstrap error over reads; one instance")
print("sweeps      ", *(f"{sweeps:>18}" for sweeps in SWEEPS), f"{'kappa':>16}")
for label, row in found.items():
    errors = [standard_error(energy, np.zeros(READS, dtype=np.int64)) for energy in row]
    cells = (f"{energy.mean() - least:.5f} +- {error:.5f}" for energy, error in zip(row, errors, strict=True))
    print(f"{label:<13}", *cells, "{:.3f} +- {:.3f}".format(*kappas[label]))
same = all(np.array_equal(states["one chip", s], states["eta = 2", s]) for s in SWEEPS)
print("eta = 2 equals one chip bit for bit:", same)

figure = Figure(figsize=(7.8, 5.0), dpi=150, layout="constrained")
axes = figure.subplots()
colours = ["black", "tab:purple", "tab:blue", "tab:cyan", "tab:green", "tab:olive", "tab:orange", "tab:red"]
for (label, row), colour in zip(found.items(), colours, strict=True):
    mean = np.array([energy.mean() - least for energy in row])
    error = np.array([energy.std() / np.sqrt(READS) for energy in row])
    dashed = ":" if label == "one chip" else "-"  # drawn so that it does not hide the curves that coincide with it
    name = f"{label}: $\\kappa$ = {kappas[label][0]:.2f}"
    axes.errorbar(
        SWEEPS,
        mean,
        1.96 * error,
        label=name,
        color=colour,
        linestyle=dashed,
        marker="o",
        markersize=4,
        capsize=2,
        linewidth=1.3,
        zorder=5 if label == "one chip" else 3,
    )
axes.set_xscale("log")
axes.set_yscale("log")
axes.set_xlabel("sweeps of the anneal")
axes.set_ylabel("residual energy per spin at the end, 95 % intervals")
axes.set_title(f"{SIDE}$^3$ spin glass on {CHIPS} chips; eta: boundary exchanges a sweep", loc="left", fontsize=10)
axes.legend(frameon=False, fontsize=8)
axes.grid(color="0.9", which="both")
figure.savefig("staleness.png")
