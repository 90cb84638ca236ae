"""equilibrium: the laws of a machine in equilibrium: macrostates, baths, free energies, each exact and measured."""
