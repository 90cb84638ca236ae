"""A dense problem on a sparse chip: what do copies of spins cost?

40 spins, all coupled, on p-bits of at most 4, 6 or 8 couplings: each spin becomes a chain of copies that ferromagnetic
couplings hold together. Branch and bound proves the ground state; at the sufficient chain strength no ground state
breaks a chain. Each machine runs at the best of several lengths and chain strengths. Writes copies.png. For longer
anneals: python copies.py 3000 20000 (five minutes).
"""

import sys

import numpy as np
from matplotlib.figure import Figure

import hwsim
from hwsim.analysis.exact_energy import exact_energy
from hwsim.analysis.tts import time_to_solution
from hwsim.decode import unembed_states
from hwsim.mapping.chains import sufficient_chain_strength, torque_chain_strength
from hwsim.mapping.compile import spin_network

N, TAU_S, READS = 40, 5e-9, 256
DEGREES = (4, 6, 8, 39)
SHARES = (0.2, 0.3, 0.4, 0.6, 1.0)  # of the sufficient strength
SWEEPS = (100, 1000, *map(int, sys.argv[1:]))

problem = hwsim.read(f"sk:n={N},seed=1")
ground = exact_energy(problem)
targets = {"the ground state": ground, "within 5 %": 0.95 * ground}
_, network, _, _ = spin_network(problem)
sufficient, torque = sufficient_chain_strength(network), torque_chain_strength(network)
print(f"ground state {ground:.6f}, proved; sufficient chain strength {sufficient:.3f}, by torque {torque:.3f}")

best = {}
parts: dict[int, list[float]] = {}
for degree in DEGREES:
    chip = hwsim.chip("generic-all-to-all", tau=TAU_S, max_degree=degree)
    dense = degree >= N - 1
    parts[degree] = []
    tried = {target: [] for target in targets}
    for sweeps in SWEEPS:
        for share in (1.0,) if dense else SHARES:
            program = hwsim.compile(problem, chip, chain_strength=share * sufficient)
            anneal = hwsim.linear(0.2, 4.0, sweeps * TAU_S)
            run = hwsim.run(program, anneal=anneal, reads=READS, schedules=8, seed=1, checkpoints=1)
            energy = program.value_energies(unembed_states(program, run.states, "energy")[0])
            for name, target in targets.items():
                tts = time_to_solution(energy <= target + 1e-9, run.schedule, float(sweeps))
                low, high = tts.tts_ci_s
                tried[name].append((tts.tts_is_bound, tts.tts_s, low, high or np.inf, sweeps, share))
            if sweeps == SWEEPS[-1] and not dense:
                parts[degree].append(program.readout.broken(run.states).mean())
    machine = f"all to all, {N} p-bits" if dense else f"degree {degree}, {program.n_pbits} p-bits"
    for name, rows in tried.items():
        solved = [row for row in rows if not row[0]]
        bound, least, low, high, sweeps, share = min(solved) if solved else max(rows)
        best[degree, name] = (bound, least, low, high)
        said = f"> {least:.3g}" if bound else f"{least:.3g} [{low:.3g}, {high:.3g}]"
        how = (
            ""
            if bound
            else f", reads of {sweeps} sweeps" + ("" if dense else f", {share:g} of the sufficient strength")
        )
        print(f"{machine:<24} {name}: sweeps to solution {said}{how}")
for degree, row in parts.items():
    if row:
        cells = ", ".join(f"{share:g}: {part:.2%}" for share, part in zip(SHARES, row, strict=True))
        print(f"degree {degree}: chains broken after {SWEEPS[-1]} sweeps, by share of the sufficient strength: {cells}")

figure = Figure(figsize=(10, 4.2), dpi=150, layout="constrained")
left, right = figure.subplots(1, 2)
for name, colour in zip(targets, ("tab:red", "tab:blue"), strict=True):
    for k, degree in enumerate(DEGREES):
        bound, least, low, high = best[degree, name]
        style = {"color": colour, "marker": "^" if bound else "o", "fillstyle": "none" if bound else "full"}
        reach = None if bound else [[least - low], [min(high, 20 * least) - least]]
        left.errorbar(k, least, reach, capsize=3, label=name if k == 0 else None, linestyle="none", **style)
left.set_xticks(range(len(DEGREES)), [*(f"degree {d}" for d in DEGREES[:-1]), "all to all"])
left.set(yscale="log", ylabel="sweeps to solution (99 %), 95 % intervals")
left.set_title("best length and chain strength; open: at least this", loc="left", fontsize=10)
for degree, colour in zip(DEGREES, ("tab:red", "tab:orange", "tab:green"), strict=False):
    right.plot(SHARES, np.maximum(parts[degree], 1e-5), "o-", color=colour, label=f"degree {degree}", markersize=4)
right.set(yscale="log", xlabel="chain strength / sufficient strength", ylabel="chains broken at the end")
right.set_title(f"after {SWEEPS[-1]} sweeps; none broken is drawn at 0.00001", loc="left", fontsize=10)
for axes in (left, right):
    axes.legend(frameon=False, fontsize=8)
    axes.grid(color="0.9")
figure.savefig("copies.png")
