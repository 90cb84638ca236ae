"""The dimod face: a chip as a dimod sampler."""

from hwsim.sampler.sampler import HwsimSampler, StructuredSampler

__all__ = ["HwsimSampler", "StructuredSampler"]
