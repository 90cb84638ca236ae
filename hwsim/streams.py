"""Streams: one integer seed becomes named, numbered streams of random numbers.

Enters: ``seed``, a name and numbers. Leaves: a 64-bit key (for the counters of the engines) or a numpy Generator.
A stream depends on its own name and numbers only, so adding a probe, a cell or a thread changes no other draw.
"""

import hashlib

import numpy as np

from hwsim.errors import InputError

NOISE_VERSION = 3
"""The version of all noise: two results with the same version used the same numbers."""


def stream_key(seed: int, name: str, *numbers: int) -> int:
    """Key in [0, 2**64) of the stream ``name`` numbered ``numbers`` under ``seed``."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise InputError(f"seed must be an integer, got {seed!r}")
    text = ":".join([str(int(seed)), name, *(str(int(number)) for number in numbers)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def generator(seed: int, name: str, *numbers: int) -> np.random.Generator:
    """Generator of the stream ``name``; for host-side draws (instances, dies), never for p-bit noise."""
    return np.random.Generator(np.random.Philox(key=stream_key(seed, name, *numbers)))
