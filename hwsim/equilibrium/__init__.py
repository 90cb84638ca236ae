"""equilibrium: the laws of a machine in equilibrium: macrostates, baths, free energies, each exact and measured."""

from hwsim.lazy import loader

_HOMES = {
    "annealed_importance": "hwsim.equilibrium.free_energy",
    "thermodynamic_integration": "hwsim.equilibrium.free_energy",
    "exact_partition": "hwsim.equilibrium.partition",
    "density_of_states": "hwsim.equilibrium.macrostates",
    "coin_macrostates": "hwsim.equilibrium.macrostates",
    "inverse_temperature": "hwsim.equilibrium.macrostates",
    "grand_canonical": "hwsim.equilibrium.lattice_gas",
    "particles": "hwsim.equilibrium.lattice_gas",
    "isolated": "hwsim.equilibrium.demon",
    "thermometer": "hwsim.equilibrium.demon",
    "contact": "hwsim.equilibrium.bath",
    "canonical_law": "hwsim.equilibrium.bath",
    "finite_bath_law": "hwsim.equilibrium.bath",
}
__all__ = list(_HOMES)
__getattr__, __dir__ = loader(__name__, _HOMES)
