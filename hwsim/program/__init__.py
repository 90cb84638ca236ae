"""The waist: a Program is a few records of arrays. Engines read it and nothing else."""

from typing import Any

from hwsim.program.cells import Cells
from hwsim.program.clock import Clock
from hwsim.program.file import load, save
from hwsim.program.network import Network, Wires, rows_of
from hwsim.program.noise import Noise
from hwsim.program.placement import Placement
from hwsim.program.prices import Prices
from hwsim.program.program import Program, content_hash
from hwsim.program.readout import Readout

__all__ = [
    "Cells",
    "Clock",
    "Network",
    "Noise",
    "Placement",
    "Prices",
    "Program",
    "Readout",
    "Wires",
    "content_hash",
    "load",
    "rows_of",
    "save",
]


def __getattr__(name: str) -> Any:
    """CLOCK_CODES of hwsim 0.1, for one release."""
    if name != "CLOCK_CODES":
        raise AttributeError(f"module 'hwsim.program' has no attribute {name!r}")
    import warnings

    from hwsim.cell.clock import CLOCKS

    warnings.warn("hwsim.program.CLOCK_CODES is now hwsim.cell.clock.CLOCKS", DeprecationWarning, stacklevel=2)
    return {key: kind.code for key, kind in CLOCKS.items()}
