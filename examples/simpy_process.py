"""A SimPy process of your own beside the p-bits: upsets that flip a p-bit's state register at random times.

The engine ``reference`` is a SimPy world, with one process for each p-bit; ``session.worlds`` opens it. The process
below waits a random time, picks a p-bit and commits the opposite value, which its neighbours hear as any other. A
ferromagnetic ring in equilibrium shows what that costs: the mean energy, against the exact one without upsets.
"""

import numpy as np

import hwsim
from hwsim.analysis import boltzmann_law, energies
from hwsim.units import to_ticks

SPINS, BETA, READS = 10, 1.0, 48
RATES = (0.0, 0.05, 0.2)  # upsets of each p-bit in a mean time between its updates
TAU_S, TIME_S = 5e-9, 200e-9

program = hwsim.compile(f"ring:n={SPINS}", "generic-all-to-all", die_seed=0)
levels = energies(*program.problem_network)
exact = float(boltzmann_law(levels, BETA) @ levels)


def upsets(world, rate, rng):
    """The process: its time is that of ``world.env``, in ticks of a femtosecond."""
    mean_s = TAU_S / (rate * len(world.pbits))
    while True:
        yield world.env.timeout(to_ticks(rng.exponential(mean_s)))
        pbit = world.pbits[rng.integers(len(world.pbits))]
        pbit.commit(-pbit.spin)


print(f"a ring of {SPINS} spins at beta {BETA:g}: exact mean energy {exact:.3f}")
for rate in RATES:
    anneal = hwsim.constant(BETA, TIME_S)
    with hwsim.Session.of(program, anneal, reads=READS, schedules=8, engine="reference") as session:
        for read, world in enumerate(session.worlds):
            if rate > 0:
                world.env.process(upsets(world, rate, np.random.default_rng(read)))
        seen = [frame.energies for frame in session.frames(20) if frame.time_s > TIME_S / 2]
    mean = np.mean(seen, axis=0)
    error = mean.std(ddof=1) / np.sqrt(READS)
    print(f"  {rate:4.2f} upsets in a tau: {mean.mean():7.3f} +- {error:.3f}")
