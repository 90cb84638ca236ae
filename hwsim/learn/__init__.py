"""learn: Boltzmann machines trained on the emulated chip, and how good they are."""

from hwsim.lazy import loader

_HOMES = {
    "visible_law": "hwsim.learn.exact",
    "data_law": "hwsim.learn.exact",
    "divergence": "hwsim.learn.exact",
    "gradient": "hwsim.learn.exact",
}
__all__ = list(_HOMES)
__getattr__, __dir__ = loader(__name__, _HOMES)
