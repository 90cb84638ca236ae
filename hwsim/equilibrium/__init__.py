"""equilibrium: the laws that a machine at rest obeys: macrostates, baths, free energies, each exact and measured."""
