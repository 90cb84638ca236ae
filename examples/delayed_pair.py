"""What a delay does to two p-bits: the measured correlation of an autonomous pair against its exact law.

Two ideal p-bits coupled by J = -1 at beta = 1, Poisson clocks of mean tau, delay d from a commit to the neighbour. At
d = 0 the correlation <s1 s2> is Boltzmann's tanh(beta); every delay takes some of it away. Prints the measurement with
its standard error, the law (hwsim.analysis.exact.delayed_pair) and their distance in sigma.
"""

import dimod

import hwsim
from hwsim.analysis.exact import delayed_pair
from hwsim.analysis.summary import standard_error

TAU_NS, BETA = 5.0, 1.0

pair = dimod.BinaryQuadraticModel({}, {("a", "b"): -1.0}, "SPIN")
print("delay/tau   measured            law     z")
for ratio in (0.0, 0.1, 0.5, 1.0, 2.0):
    chip = hwsim.chip("autonomous-pbit", tau=f"{TAU_NS} ns", delay=f"{ratio * TAU_NS} ns")
    program = hwsim.compile(pair, chip)
    run = hwsim.run(program, anneal=hwsim.constant(BETA, "200 ns"), reads=16384, schedules=256, seed=7)
    product = run.states[:, 0] * run.states[:, 1]
    mean, error = product.mean(), standard_error(product, run.group)
    law = delayed_pair(beta_j=BETA, delay_over_tau=ratio)
    print(f"{ratio:9.1f}   {mean:.4f} +- {error:.4f}   {law:.4f}   {(mean - law) / error:+.1f}")
