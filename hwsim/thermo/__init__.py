"""thermo: networks of continuous cells that fluctuate in time, and their computations."""

from hwsim.lazy import loader

_HOMES = {
    "solve": "hwsim.command.thermo",
    "inverse": "hwsim.command.thermo",
    "regression": "hwsim.command.thermo",
    "determinant": "hwsim.command.thermo",
    "exponential": "hwsim.command.thermo",
    "lyapunov": "hwsim.command.thermo",
    "sample": "hwsim.command.thermo",
    "modes": "hwsim.thermo.machine",
    "measure": "hwsim.thermo.linalg",
    "quadratic": "hwsim.thermo.potential",
    "double_well": "hwsim.thermo.potential",
    "MixedNetwork": "hwsim.thermo.mixed",
    "gaussian_bernoulli": "hwsim.thermo.mixed",
    "exact_law": "hwsim.thermo.mixed",
    "LinearNetwork": "hwsim.thermo.network",
    "bowl": "hwsim.thermo.network",
    "jarzynski": "hwsim.thermo.work",
}
__all__ = list(_HOMES)
__getattr__, __dir__ = loader(__name__, _HOMES)
