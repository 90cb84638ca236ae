"""The cells of a Program: the device of every p-bit, with its faults."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hwsim.cell.choices import CHOICES, usual
from hwsim.cell.codes import HEAT_BATH, P_KIT, TABLE, remembers
from hwsim.errors import InputError
from hwsim.moved import renamed
from hwsim.program.record import ENTRY, PBIT, Record, column, scalar


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells(Record):
    """One entry per p-bit, n of them.

    law : int8 (n,), code of hwsim.cell.codes; hwsim.cell.law.response says what follows from the next two
    parameter : float64 (n,), of the law: exponent of the rate (RELAXATION), time step / dwell time at z = 0 (P_KIT)
    z_limit : float64 (n,), of RELAXATION: z is clipped to +-z_limit, and ticks come at the rate there; else 0
    table : float64 (k,), P(+1) at z = table_first + q table_step, for the law TABLE
    comparison : "below", +1 where the random word lies below the threshold; "swapped", where the quantised input is
    negative its complement does
    gain, offset : float64 (n,), dimensionless
    input_low, input_high, input_step : float64 (n,), quantiser of beta I: limits, and step 0 where nothing is rounded
    comparator_step : float64 (n,), step of the comparator's grid in units of 2**-32: 2**(32 - comparator bits)
    synapse : float64 (n,), RC time constant of the input in ticks, 0 for none
    stuck : int8 (n,), +-1 where a p-bit never changes, else 0. A stuck p-bit ticks, and costs energy, like any other
    held : bool (n,), true where a p-bit keeps the value that its read was given. A held p-bit does not tick
    read_bias : bool (n,), true where each read adds a bias of its own. The values are data of a run, not of a program
    pdit : int32 (n,), first line of the p-dit that each line belongs to, or None where all are p-bits. A p-dit of k
    levels is k lines in a row, one of them +1. They tick together, with the first; level a is drawn with probability
    proportional to exp(2 z_a)
    """

    _name = "cells"

    law: np.ndarray = column(np.int8, least=HEAT_BATH, most=P_KIT)
    parameter: np.ndarray = column(np.float64)
    z_limit: np.ndarray = column(np.float64, least=0, stored="bound")
    gain: np.ndarray = column(np.float64)
    offset: np.ndarray = column(np.float64)
    input_low: np.ndarray = column(np.float64)
    input_high: np.ndarray = column(np.float64)
    input_step: np.ndarray = column(np.float64, least=0)
    comparator_step: np.ndarray = column(np.float64, least=1, most=2**31, stored="threshold_word")
    synapse: np.ndarray = column(np.float64, least=0)
    stuck: np.ndarray = column(np.int8, least=-1, most=1)
    held: np.ndarray = column(np.bool_, default=False)
    read_bias: np.ndarray = column(np.bool_, default=False)
    pdit: np.ndarray | None = column(np.int32, numbers=PBIT, optional=True)
    table: np.ndarray | None = column(np.float64, ENTRY, least=0, most=1, optional=True)
    table_first: float = scalar(default=0.0)
    table_step: float = scalar(default=1.0, above=0)
    comparison: str = scalar(default=usual("comparison"), one_of=CHOICES["comparison"])

    bound = renamed("bound", "z_limit")
    threshold_word = renamed("threshold_word", "comparator_step")

    def _check(self) -> None:
        if np.any(self.law == TABLE) and (self.table is None or len(self.table) < 2):
            raise InputError("a tabulated law needs a table of at least two probabilities")
        if np.any(self.input_low > self.input_high):
            raise InputError("program.input_low must not lie above input_high")
        if np.any(np.frexp(self.comparator_step)[0] != 0.5):
            raise InputError("program.comparator_step must be a power of two, as a comparator of so many bits has it")
        if self.pdit is not None:
            self._check_pdits(self.pdit)

    def _check_pdits(self, pdit: np.ndarray) -> None:
        n = self.n
        if pdit[0] != 0 or np.any((np.diff(pdit) != 0) & (pdit[1:] != np.arange(1, n))):
            raise InputError(
                "program.pdit must give each line the first line of its p-dit, and a p-dit's lines must stand in a row"
            )
        many = np.bincount(pdit, minlength=n)[pdit] > 1
        plain = (self.law == HEAT_BATH) & (self.synapse == 0) & (self.stuck == 0)
        if np.any(many & ~plain):
            raise InputError("a p-dit follows the heat bath: no other law, RC synapse or stuck line")
        if np.any(many) and self.comparison != usual("comparison"):
            raise InputError("a p-dit draws its level from one word, which no swapped comparison can do")
        if np.any(self.held != self.held[pdit]):
            raise InputError("program.held must hold all lines of a p-dit or none")

    @property
    def n(self) -> int:
        """How many p-bits."""
        return len(self.law)

    @cached_property
    def biased(self) -> np.ndarray:
        """int64 (k,): the p-bits whose updates depend on a bias of each read's own."""
        return np.flatnonzero(self.read_bias & (self.stuck == 0) & ~self.held)

    @cached_property
    def points(self) -> np.ndarray:
        """float64 (k,): the table, empty where there is none."""
        return np.zeros(0) if self.table is None else self.table

    @cached_property
    def remembers(self) -> bool:
        """Whether an update depends on the p-bit's own state."""
        return bool(np.any(remembers(self.law)))
