"""Target energies as people write them: a number, ``known``, ``exact``, ``best`` or ``cut=N``.

Enters: text and a Problem. Leaves: a Target, an energy and where it comes from.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hwsim.analysis.exact_energy import exact_energy
from hwsim.errors import InputError
from hwsim.experiment.best import BestFound, best_found
from hwsim.units import parse

TYPICAL = "the energy that half of the reads without faults reach"
"""Where a target comes from that nobody gave, in comparisons of a chip with its ideal."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """energy : in problem units, in which a read at or below it is a success;  source : where it comes from"""

    energy: float
    source: str


def find_target(
    text: str | None,
    problem: Any,
    *,
    threads: int | None = None,
    progress: Callable[[float, int], None] | None = None,
    tell: Callable[[BestFound], None] | None = None,
) -> Target | None:
    """The Target that ``text`` names; without text the known one, or None. Raises InputError.

    tell : called with the result of a search for ``best``
    """
    if text is None:
        return known_target(problem)
    if text == "exact":
        return Target(energy=exact_energy(problem), source="exact: a proved ground state")
    if text == "best":
        found = best_found(problem, threads=threads, progress=progress)
        if tell is not None:
            tell(found)
        return Target(energy=found.energy, source=f"best: {found}")
    if text == "known":
        known = known_target(problem)
        if known is None:
            raise InputError(
                f"no ground or best-known energy of {problem.name} is on record: give a target, a number or best"
            )
        return known
    if text.startswith("cut="):
        if problem.kind != "max-cut":
            raise InputError(f"target cut= is for max-cut problems; {problem.name} is of kind {problem.kind}")
        return Target(energy=-parse(text[4:], "number", name="target cut"), source=f"given: {text}")
    try:
        return Target(energy=parse(text, "number", name="target"), source="given")
    except InputError:
        raise InputError(f"target must be an energy, known, exact, best, or cut=N of a max-cut, got {text!r}") from None


def typical_target(energy: float) -> Target:
    """The Target that half of the reads without faults reach."""
    return Target(energy=energy, source=TYPICAL)


def known_target(problem: Any) -> Target | None:
    """The energy on record for ``problem``, or None."""
    if problem.known_energy is None:
        return None
    return Target(energy=problem.known_energy, source=f"known: {problem.known_source or 'on record'}")
