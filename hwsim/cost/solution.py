"""Solution: device seconds and joules until repeated reads have met a target with probability 0.99.

Enters: a Run or an Outcome, or successes and the account of a run. Leaves: a Solution, which holds the numbers of the
p-bits alone and those with read-out under different names. Every command, study and user gets these numbers from here.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from hwsim.algorithm.outcome import Outcome
from hwsim.analysis.clusters import clusters
from hwsim.analysis.tts import TimeToSolution, scaled
from hwsim.analysis.tts import time_to_solution as from_successes
from hwsim.arguments import named
from hwsim.cost.account import Account, account
from hwsim.cost.toggles import wires_of, with_flips
from hwsim.display import Facts
from hwsim.errors import InputError
from hwsim.session import Run
from hwsim.session.run import activity_of
from hwsim.units import format_si


@dataclass(frozen=True, kw_only=True)
class Solution(TimeToSolution):
    """tts_s, tts_ci_s, energy_j, energy_ci_j : of the p-bits alone;  total_s, total_ci_s, total_energy_j,
    total_energy_ci_j : with read-out, see `hwsim.cost.account`. Energies are None where a price is not known.

    account : of one run; ``repeats`` runs lead to the target
    """

    account: Account

    def _shown(self) -> tuple[str, Facts]:
        title, facts = super()._shown()
        bound = "> " * self.tts_is_bound
        joules = None if self.energy_j is None else bound + format_si(self.energy_j, "J")
        read_out = f"{bound}{format_si(self.total_s, 's')}"
        read_out += "" if self.total_energy_j is None else f", {bound}{format_si(self.total_energy_j, 'J')}"
        return title, [*facts, ("energy", joules), ("read out", read_out)]

    @property
    def total_s(self) -> float:
        """Seconds to solution with read-out."""
        return self.repeats * self.account.total_time_s

    @property
    def total_ci_s(self) -> tuple[float, float | None]:
        """95 % interval of ``total_s``."""
        return scaled(self.repeats_ci, self.account.total_time_s)

    @property
    def energy_j(self) -> float | None:
        """Joules to solution of the p-bits alone."""
        return _many(self.repeats, self.account.device_energy_j)

    @property
    def energy_ci_j(self) -> tuple[float, float | None] | None:
        """95 % interval of ``energy_j``."""
        return _many_ci(self.repeats_ci, self.account.device_energy_j)

    @property
    def total_energy_j(self) -> float | None:
        """Joules to solution with read-out."""
        return _many(self.repeats, self.account.total_energy_j)

    @property
    def total_energy_ci_j(self) -> tuple[float, float | None] | None:
        """95 % interval of ``total_energy_j``."""
        return _many_ci(self.repeats_ci, self.account.total_energy_j)

    @property
    def facts(self) -> dict[str, Any]:
        """The solution as plain numbers, for tables and JSON; intervals are lists."""
        return {
            "hits": self.n_success,
            "p_success": self.p_success,
            "p_success_ci": list(self.p_success_ci),
            "runs_to_solution": self.repeats,
            "tts99_is_bound": self.tts_is_bound,
            "tts99_s": self.tts_s,
            "tts99_ci_s": list(self.tts_ci_s),
            "tts99_total_s": self.total_s,
            "tts99_total_ci_s": list(self.total_ci_s),
            "ets99_j": self.energy_j,
            "ets99_ci_j": _listed(self.energy_ci_j),
            "ets99_total_j": self.total_energy_j,
            "ets99_total_ci_j": _listed(self.total_energy_ci_j),
        }


NO_SOLUTION = {
    "hits": None,
    "p_success": None,
    "p_success_ci": None,
    "runs_to_solution": None,
    "tts99_is_bound": None,
    "tts99_s": None,
    "tts99_ci_s": None,
    "tts99_total_s": None,
    "tts99_total_ci_s": None,
    "ets99_j": None,
    "ets99_ci_j": None,
    "ets99_total_j": None,
    "ets99_total_ci_j": None,
}
"""The facts where there is no target."""


def solution(success: np.ndarray, cluster: np.ndarray, paid: Account) -> Solution:
    """The Solution of reads. success : bool (reads,);  cluster : int (reads,), of each read;  paid : for one run."""
    found = from_successes(success, cluster, paid.device_time_s)
    return Solution(**{item.name: getattr(found, item.name) for item in fields(TimeToSolution)}, account=paid)


@named
def time_to_solution(result: Run | Outcome, *, target: float, overhead_s: float = 0.0) -> Solution:
    """Time and energy of ``result`` to the energy ``target``, with intervals or as a bound.

    overhead_s : seconds of a run for which the chip has no price, counted as read-out. Where wires have a price, a few
    more reads count the toggles that are paid. Raises InputError.
    """
    if target is None or isinstance(target, str):
        raise InputError(f"target must be an energy, such as problem.known_energy where there is one, got {target!r}")
    if not overhead_s >= 0:
        raise InputError(f"overhead_s must be >= 0, got {overhead_s:g}")
    paid = account_of(result, other_s=overhead_s)
    if not paid.device_time_s > 0:
        raise InputError("the run ended before its first checkpoint; it has no time to solution")
    program = result.program
    return solution(program.reached(result.energies, target), clusters(program, result.schedule), paid)


def account_of(result: Run | Outcome, *, other_s: float = 0.0) -> Account:
    """The account of one read of a Run, or of one run of an Outcome."""
    program = result.program
    if not isinstance(result, Run):
        return account(result.activity, program.prices, wires_j=wires_of(program, None), other_s=other_s)
    # an interrupted run flipped less often than its anneal says
    anneal = None if result.interrupted else result.anneal
    done = with_flips(activity_of(result), program, anneal)
    return account(done, program.prices, wires_j=wires_of(program, anneal), other_s=other_s)


def _many(count: float, each: float | None) -> float | None:
    return None if each is None else count * each


def _many_ci(count: tuple[float, float | None], each: float | None) -> tuple[float, float | None] | None:
    return None if each is None else scaled(count, each)


def _listed(ends: tuple[float, float | None] | None) -> list[float | None] | None:
    return None if ends is None else list(ends)
