"""What commands take when they are not told otherwise, for the functions and for the command line.

Nothing is imported here, so that the command line is made without anything heavy.
"""

CHIP = "generic-all-to-all"
OWN = "own"
"""Of a trained model: the chip that it was trained on."""
PARTS = ("test", "train", "all")
"""Of the rows that a model was trained on."""
FLOORPLAN = "generic-floorplan"
"""The chip of ``hwsim layout``."""
COMPARED_CLOCKS = ("poisson", "synchronous", "chromatic", "random-sequential")
PARTICIPATIONS = (0.5, 1.0)
"""Shares of p-bits that join a synchronous tick, in ``hwsim compare``."""
SOLVED_CLOCKS = ("chromatic", "poisson", "synchronous")
"""The clocks of ``hwsim tts``."""
MACHINE = "generic-overdamped"
"""The continuous cells of ``hwsim thermo``."""
METHODS = ("annealing", "integration")
"""How ``hwsim free-energy`` measures."""
