"""Any dimod program on an emulated chip: HwsimSampler takes the usual keywords and reports the device's time.

Solves a small QUBO (choose two of five items at the least cost) on a chip whose wires can be chosen and on the graph of
an annealer, and prints the samples and the device's time. ``examples/sampler.md`` says more.
"""

import dimod

import hwsim

COSTS = {"a": 3.0, "b": 1.0, "c": 4.0, "d": 1.5, "e": 5.0}

bqm = dimod.BinaryQuadraticModel(COSTS, {}, "BINARY")
bqm.update(dimod.generators.combinations(list(COSTS), 2, strength=10))
sampler = hwsim.HwsimSampler()
result = sampler.sample(bqm, num_reads=64, seed=3)
print(result.aggregate().lowest())
print("device time of one read:", result.info["device_timing"]["anneal_time_per_sample_s"], "s")

annealer = hwsim.HwsimSampler("dwave-advantage2-1.10", embed=True)
result = annealer.sample(bqm, num_reads=64, seed=3, label="two of five")
print(result.lowest())
print("access time of the annealer:", result.info["timing"]["qpu_access_time"], "us")
