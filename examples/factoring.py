"""Factoring by a multiplier that runs backwards: its product is clamped, and the p-bits settle to factors.

Runs autonomous p-bits, p-bits in colour classes, and all p-bits at once, which oscillate and find next to nothing.
"""

import hwsim
from hwsim.problem.logic import words_of

for product, bits in ((35, 3), (143, 4)):
    problem = hwsim.read(f"multiplier:n={bits},m={bits},p={product}")
    print(f"{product}: {problem.bqm.num_variables} p-bits, every gate satisfied at {problem.known_energy:g}")
    for clock in ("poisson", "chromatic", "synchronous"):
        chip = hwsim.chip("generic-all-to-all", clock=clock, tau="1 ns")
        run = hwsim.run(hwsim.compile(problem, chip), anneal=hwsim.linear(0.1, 3.0, "4 us"), reads=512, schedules=8)
        answer = hwsim.time_to_solution(run, target=problem.known_energy)
        low, high = answer.p_success_ci
        found = words_of(problem.circuit, run.program.readout.names, run.variables, problem.clamps)
        pairs = ", ".join(f"{w['a']} x {w['b']}" for w, _, valid in found if valid) or "none"
        print(f"  {clock:<12} P(success) {answer.p_success:.3f} [{low:.3f}, {high:.3f}]  factors: {pairs}")
