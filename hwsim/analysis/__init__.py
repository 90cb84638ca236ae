"""analysis: exact laws, distances from them, and intervals of what was measured."""

from hwsim.lazy import loader

_HOMES = {
    "energies": "hwsim.analysis.exact_laws",
    "boltzmann_law": "hwsim.analysis.exact_laws",
    "little_peretto_law": "hwsim.analysis.exact_laws",
    "state_index": "hwsim.analysis.exact_laws",
    "delayed_pair": "hwsim.analysis.exact_laws",
    "delayed_law": "hwsim.analysis.delayed",
    "total_variation": "hwsim.analysis.fidelity",
    "tv_noise_floor": "hwsim.analysis.fidelity",
    "exact_energy": "hwsim.analysis.exact_energy",
    "ground_state": "hwsim.analysis.exact_energy",
    "effective_beta": "hwsim.analysis.quality",
    "effective_reads": "hwsim.analysis.quality",
    "autocorrelation": "hwsim.analysis.quality",
    "wilson": "hwsim.analysis.interval",
    "clustered_wilson": "hwsim.analysis.interval",
    "clustered_bootstrap": "hwsim.analysis.interval",
    "standard_error": "hwsim.analysis.interval",
}
__all__ = list(_HOMES)
__getattr__, __dir__ = loader(__name__, _HOMES)
