"""A controller of your own: it looks at the states of a running machine and writes the better ones over the worse ones.

"Go with the winners": sixteen copies anneal together; four times on the way, the four with the highest energy take the
states of the four with the least. The session counts what the controller asks of the machine: the time until signals
have arrived, every read and every write, here at prices that are given. Beside it, the same anneal without looks: on
this spin glass the looks gain nothing beyond their error, and cost what the last lines say.
"""

import numpy as np

import hwsim
from hwsim.cost.account import account

LOOKS, COPIES, COPIED, SEEDS = 4, 16, 4, 24
CHIP = hwsim.chip("generic-all-to-all", energy_per_update="2 fJ", energy_per_read="10 fJ", energy_per_write="10 fJ")


def winners(program, anneal, seed):
    """(energies of the copies at the end, what the run asked of the machine)."""
    with hwsim.Session.of(program, anneal, reads=COPIES, seed=seed) as session:
        for look in range(1, LOOKS + 1):
            session.advance(session.end * look // (LOOKS + 1))
            states = session.read()
            order = np.argsort(program.energies(states), kind="stable")
            states[order[-COPIED:]] = states[order[:COPIED]]
            session.write(states, changed=COPIED)
        session.advance(session.end)
        return program.energies(session.read()), session.activity(runs=1)


program = hwsim.compile("ea3d:L=8,seed=1", CHIP)
anneal = hwsim.linear(0.04, 4, "1 us")
found = [winners(program, anneal, seed) for seed in range(SEEDS)]
plain = hwsim.run(program, anneal=anneal, reads=COPIES * SEEDS, schedules=4 * SEEDS)

least = np.array([energies.min() for energies, _ in found])
alone = plain.energies.reshape(SEEDS, COPIES).min(axis=1)
print(f"least energy of {COPIES} copies, mean of {SEEDS} runs:")
for name, each in (("with the winners", least), ("each alone", alone)):
    print(f"  {name:<17} {each.mean():.1f} +- {each.std(ddof=1) / np.sqrt(SEEDS):.1f}")

paid = account(found[0][1], program.prices)
parts = ", ".join(f"{item} {joules * 1e12:.3g} pJ" for item, joules in paid.energy_j.items() if joules)
print(f"one run takes {paid.device_time_s * 1e6:.3g} us without its reads and writes, whose time has no price here,")
print(f"and {parts}")
