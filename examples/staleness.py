"""Four chips that share one spin glass: what does a slow exchange of boundary states cost?

A 16 x 16 x 16 lattice of couplings +-1 is split over four chips by METIS. Every p-bit updates once a sweep; the states
of boundary p-bits cross eta times a sweep. Two colours: eta = 2 is one exchange a colour and equals one large chip, bit
for bit. Needs the extra `graphs` and writes staleness.png. More sweeps by hand: python staleness.py 1000 (a minute).
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import hwsim
from hwsim.analysis.summary import standard_error
from hwsim.mapping.partition import partition
from hwsim.mapping.registers import Network

SIDE, CHIPS, SWEEP_S, READS = 16, 4, 10e-9, 64
ETAS = (16, 2, 1, 1 / 2, 1 / 4, 1 / 8, 1 / 16)
SWEEPS = (30, 100, 300, *map(int, sys.argv[1:]))

problem = hwsim.read(f"ea3d:L={SIDE},seed=1")
chip = hwsim.chip("generic-all-to-all", clock="chromatic", tau=SWEEP_S)
one = hwsim.compile(problem, chip)
part = partition(Network(bias=one.bias, indptr=one.indptr, indices=one.indices, weight=one.weight), CHIPS)
programs = {"one chip": one}
for eta in ETAS:
    programs[f"eta = {eta:g}"] = hwsim.compile(problem, chip, parts=part, exchange_s=SWEEP_S / eta)

found: dict[str, list[tuple[float, float]]] = {label: [] for label in programs}
states = {}
for sweeps in SWEEPS:
    anneal = hwsim.linear(0.1, 3.0, sweeps * SWEEP_S)
    for label, program in programs.items():
        run = hwsim.run(program, anneal=anneal, reads=READS, schedules=1, seed=1, checkpoints=1)
        per_spin = run.energies / SIDE**3
        found[label].append((per_spin.mean(), standard_error(per_spin, run.group)))
        states[label, sweeps] = run.states
print("energy per spin, mean and standard error of", READS, "reads")
print("sweeps    ", *(f"{sweeps:>16}" for sweeps in SWEEPS))
for label, row in found.items():
    print(f"{label:<11}", *(f"{mean:.4f} +- {error:.4f}" for mean, error in row))
same = all(np.array_equal(states["one chip", s], states["eta = 2", s]) for s in SWEEPS)
print("eta = 2 equals one chip bit for bit:", same)

figure = Figure(figsize=(7.5, 4.8), dpi=150, layout="constrained")
axes = figure.subplots()
colours = ["black", "tab:purple", "tab:blue", "tab:cyan", "tab:green", "tab:olive", "tab:orange", "tab:red"]
for (label, row), colour in zip(found.items(), colours, strict=True):
    mean, error = np.array(row).T
    dashed = ":" if label == "one chip" else "-"  # it hides none of the curves that coincide with it
    axes.errorbar(SWEEPS, mean, 1.96 * error, label=label, color=colour, linestyle=dashed, marker="o", markersize=4,
                  capsize=2, linewidth=1.3, zorder=5 if label == "one chip" else 3)  # fmt: skip
axes.set_xscale("log")
axes.set_xlabel("sweeps of the anneal")
axes.set_ylabel("energy per spin at the end, 95 % intervals")
axes.set_title(f"{SIDE}$^3$ spin glass on {CHIPS} chips; eta: boundary exchanges a sweep", loc="left", fontsize=10)
axes.legend(frameon=False, fontsize=8)
axes.grid(color="0.9")
figure.savefig("staleness.png")
