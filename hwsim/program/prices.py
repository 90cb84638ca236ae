"""The prices of a Program: what the machine charges, and the energy of each p-bit's own wires."""

import json
from dataclasses import dataclass

import numpy as np

from hwsim.prices import Prices as MachinePrices
from hwsim.program.record import Record, column


@dataclass(frozen=True, kw_only=True, eq=False)
class Prices(MachinePrices, Record):
    """What the chip charges, None where nobody has published it. No sample depends on it.

    wire_j : float64 (n,), energy of the wires when a p-bit's value toggles, in J, or None where unknown
    grades_text : JSON text of {key on the card: grade} of the prices that are known
    """

    _name = "prices"

    wire_j: np.ndarray | None = column(np.float64, least=0, optional=True, hashed=False)
    grades_text: str = "{}"

    @property
    def grades(self) -> dict[str, str]:
        """How good the prices are, by their key on the card."""
        return json.loads(self.grades_text)
