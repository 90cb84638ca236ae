"""Place: whether the chip holds the problem as it is. The limits are checked first, then the wires.

On a chip with a fixed graph a spin is named by the number of the p-bit on which it sits.
"""

from typing import Any

import numpy as np

from hwsim.chip.chip import Chip
from hwsim.chip.topology import have_wire, is_dead, n_sites, sites
from hwsim.errors import DoesNotFitError
from hwsim.program import rows_of


def sites_of(problem: Any, labels: list) -> list:
    """Names of the p-bits on which the spins ``labels`` sit as they are: those that ``problem`` states, else ``labels``
    themselves."""
    known = getattr(problem, "sites", {})
    return [known[label] for label in labels] if known and all(label in known for label in labels) else labels


def check_place(chip: Chip, labels: list, indptr: np.ndarray, indices: np.ndarray) -> None:
    """Raise DoesNotFitError, naming the limit and the value, when the problem does not fit as it is.

    ``indptr`` (n+1,), ``indices`` (m,): the problem's rows in the order of ``labels``.
    """
    n, topology = len(labels), chip.topology
    most = n_sites(topology)
    if most is not None and n > most:
        raise DoesNotFitError(f"the problem has {n} spins and chip {chip.name!r} holds {most} p-bits")
    degree = int(np.max(np.diff(indptr)))
    if topology.max_degree is not None and degree > topology.max_degree:
        raise DoesNotFitError(
            f"the problem has a spin with {degree} couplings and chip {chip.name!r} allows {topology.max_degree} a "
            "p-bit"
        )
    if topology.is_fixed:
        _check_wires(chip, labels, indptr, indices)


def _no_pbit(chip: Chip, label: object) -> str:
    dead = isinstance(label, int) and is_dead(chip.topology, label)
    return f"p-bit {label!r} does not work" if dead else f"there is no p-bit {label!r}"


def _check_wires(chip: Chip, labels: list, indptr: np.ndarray, indices: np.ndarray) -> None:
    known = sites(chip.topology)
    numbered = all(isinstance(label, int) for label in labels)
    place = np.array(labels, dtype=np.int64) if numbered else np.empty(0, dtype=np.int64)
    lost = ~np.isin(place, known)
    if not numbered or np.any(lost):
        odd = labels[int(np.argmax(lost))] if numbered else next(x for x in labels if not isinstance(x, int))
        raise DoesNotFitError(
            f"chip {chip.name!r} has a fixed {chip.topology.kind} graph, so a spin is named by the p-bit it sits on, "
            f"and {_no_pbit(chip, odd)}; the problem must be drawn on this graph"
        )
    rows = rows_of(indptr)
    first, second = place[rows], place[indices]
    once = first < second
    first, second = first[once], second[once]
    missing = ~have_wire(chip.topology, first, second)
    if np.any(missing):
        k = int(np.argmax(missing))
        raise DoesNotFitError(
            f"chip {chip.name!r} has no wire between p-bits {first[k]} and {second[k]}, which the problem couples "
            f"({int(missing.sum())} of {len(missing)} have none): draw it on the {chip.topology.kind} graph"
        )
