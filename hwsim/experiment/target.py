"""Target energies as people write them: a number, ``known``, ``exact``, ``best`` or ``cut=N``.

Enters: text and a Problem. Leaves: an energy.
"""

from collections.abc import Callable
from typing import Any

from hwsim.analysis.exact_energy import exact_energy
from hwsim.errors import InputError
from hwsim.experiment.best import BestFound, best_found
from hwsim.units import parse


def target_energy(
    text: str | None,
    problem: Any,
    *,
    threads: int | None = None,
    progress: Callable[[float, int], None] | None = None,
    tell: Callable[[BestFound], None] | None = None,
) -> float | None:
    """The energy that ``text`` names; without text the known one, or None. Raises InputError.

    tell : called with the result of a search for ``best``
    """
    if text is None:
        return problem.known_energy
    if text == "exact":
        return exact_energy(problem)
    if text == "best":
        found = best_found(problem, threads=threads, progress=progress)
        if tell is not None:
            tell(found)
        return found.energy
    if text == "known":
        if problem.known_energy is None:
            raise InputError(
                f"no ground or best-known energy of {problem.name} is on record: give --target a number, or best"
            )
        return problem.known_energy
    if text.startswith("cut="):
        if problem.kind != "max-cut":
            raise InputError(f"target cut= is for max-cut problems; {problem.name} is of kind {problem.kind}")
        return -parse(text[4:], "number", name="target cut")
    return parse(text, "number", name="target")
