"""What does a model lose when it moves to another die, and do new biases alone bring it back?

A full adder is trained on die 17 of a chip whose devices differ (train_adder_dies.toml), then loaded into other dies,
as it is, after a short training of the biases alone, and after one of all its numbers. KL is that of the machine's own
law from the eight rows, as measured; "right" is the share of sum and carry bits that are right while the machine's
inputs are held. Writes die_to_die.png. By default four dies; for the hundred of the page: python die_to_die.py 100
"""

import sys
from pathlib import Path

import hwsim

found = hwsim.train(
    Path(__file__).with_name("train_adder_dies.toml"),
    die_seed=17,
    dies=int(sys.argv[1]) if len(sys.argv) > 1 else 4,
    retrain={"biases": 300, "all": 300},
    shown=("a", "b", "cin"),
    limit=0.1,  # nats
    threads=1,
)
print(found)
found.save("die_to_die.png")
