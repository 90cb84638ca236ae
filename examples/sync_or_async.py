"""Synchronous or asynchronous? Max-cut of Zachary's karate club under three clocks, as the delay grows.

A fully parallel clock fails at any delay. A chromatic clock is exact until the delay exceeds one phase of its period,
then it collapses. An autonomous one loses a little with every delay.
Prints a table of the mean cut with its standard error; writes sync_or_async.png.
"""

from matplotlib.figure import Figure

import hwsim
from hwsim.analysis.interval import standard_error

DELAYS_NS = (0.0, 0.5, 1.0, 2.0, 3.5, 5.0)
CLOCKS = ("poisson", "chromatic", "synchronous")
ANNEAL = hwsim.linear(0.05, 1.0, "1 us")

problem = hwsim.read("karate")
figure = Figure(figsize=(7, 4), dpi=150, layout="constrained")
axes = figure.add_subplot()
print("mean cut of 256 reads of 1 us, tau = 5 ns, +- one standard error; the largest cut is", -problem.known_energy)
print("delay".rjust(8), *(clock.rjust(18) for clock in CLOCKS))
cuts = {clock: [] for clock in CLOCKS}
for delay in DELAYS_NS:
    for clock in CLOCKS:
        chip = hwsim.chip("generic-all-to-all", clock=clock, tau="5 ns", delay=f"{delay} ns")
        run = hwsim.run(hwsim.compile(problem, chip), anneal=ANNEAL, reads=256, seed=1)
        cuts[clock].append((-run.energies.mean(), standard_error(run.energies, run.schedule)))
    print(f"{delay:5.1f} ns", *(f"{cuts[clock][-1][0]:10.2f} +- {cuts[clock][-1][1]:4.2f}" for clock in CLOCKS))
for clock in CLOCKS:
    axes.errorbar(DELAYS_NS, *zip(*cuts[clock], strict=True), marker="o", capsize=3, label=clock)
axes.axhline(-problem.known_energy, color="black", linestyle="--", label="largest cut")
axes.set(xlabel="delay from commit to neighbour (ns), tau = 5 ns", ylabel="mean cut +- s.e.", title="karate club")
axes.legend()
figure.savefig("sync_or_async.png")
