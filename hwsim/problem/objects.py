"""Objects: a problem from what a Python user holds.

Enters: a dimod model, a pair (h, J), a dict, a matrix or a networkx graph, and what its numbers mean where they could
mean several things. Leaves: a Problem.
"""

from typing import Any

import numpy as np

from hwsim.errors import InputError
from hwsim.problem.carrier import Entries, entries_of, is_carrier, is_graph, number
from hwsim.problem.constrained import modelled, penalised
from hwsim.problem.ommx_file import is_instance, model_of
from hwsim.problem.problem import Problem, in_floats
from hwsim.problem.reading import KINDS, THREE_WAYS, TWO_WAYS, from_ising, in_one_way, read_as

_ASK = 'say which with as_="spin", as_="qubo" or as_="max-cut", or call hwsim.from_ising, from_qubo or from_max_cut'


def from_object(given: Any, as_: str | None) -> Problem:
    """The problem that ``given`` holds. Raises InputError."""
    made = _model(given)
    if made is not None:
        return in_one_way(made, as_, f"the {type(given).__name__}", "as_=")
    if isinstance(given, tuple) and len(given) == 2 and is_carrier(given[1]) and _is_biases(given[0]):
        if as_ not in (None, "spin", "p-bit"):
            raise InputError(f'(h, J) are couplings of spins: as_="{as_}" does not apply')
        return from_ising(*given, convention="p-bit" if as_ == "p-bit" else "dimod")
    if not is_carrier(given):
        raise InputError(
            "a problem is a Problem, a file, a generator, a dimod model, (h, J), a dict {(i, j): value}, a numpy or "
            f"scipy.sparse matrix or a networkx graph, got {type(given).__name__}"
        )
    what = "the graph" if is_graph(given) else "the dict" if hasattr(given, "keys") else "the matrix"
    entries = entries_of(given, what)
    named = _named(given) if is_graph(given) else None
    if named is not None and as_ not in (None, named):
        raise InputError(f'the graph names its vartype: as_="{as_}" contradicts')
    reading = named or as_
    if reading is None:
        raise InputError(f"{_two_ways(entries)}: {_ASK}")
    problem = read_as(entries, reading, name=KINDS[reading])
    if named is not None:
        problem.bqm.offset += number(getattr(given, "offset", 0.0), "the offset of the graph")
    return problem


def _is_biases(h: Any) -> bool:
    """Whether ``h`` is a dict {label: value} or an array of numbers, and so no row of a matrix."""
    return h is None or hasattr(h, "keys") or np.ndim(h) == 1


def _model(given: Any) -> Problem | None:
    """The problem of a dimod model; None for another object."""
    if isinstance(given, Problem):
        return given
    kind = type(given).__name__
    if is_instance(given):
        cqm, maximised = model_of(given, "the instance")
        return modelled(cqm, name=str(getattr(given, "title", None) or "instance"), maximised=maximised)
    if not any(base.__module__.partition(".")[0] == "dimod" for base in type(given).__mro__):
        return None
    if hasattr(given, "constraints") and hasattr(given, "objective"):
        return penalised(given)
    if hasattr(given, "spin") and hasattr(given, "binary"):
        bqm = in_floats(given)
        _check_finite(bqm)
        name = "ising" if bqm.vartype.name == "SPIN" else "qubo"
        return Problem(bqm=bqm, name=name, kind=name)
    if kind == "DiscreteQuadraticModel":
        raise InputError("a DiscreteQuadraticModel is a problem of p-dits, which only hwsim.compile takes")
    raise InputError(f"a dimod {kind} is not read: give a BinaryQuadraticModel or a ConstrainedQuadraticModel")


def _check_finite(bqm: Any) -> None:
    vectors = bqm.to_numpy_vectors()
    if not (np.all(np.isfinite(vectors.linear_biases)) and np.all(np.isfinite(vectors.quadratic.biases))):
        raise InputError("the problem holds a bias or coupling that is not finite")


def _named(graph: Any) -> str | None:
    """The reading that dimod's own graphs name."""
    vartype = getattr(graph, "vartype", None)
    return {"SPIN": "spin", "BINARY": "qubo"}.get(getattr(vartype, "name", ""))


def _two_ways(entries: Entries) -> str:
    """Why ``entries`` cannot be read without a word."""
    if entries.biases:
        return f"{entries.where} has biases and {TWO_WAYS}"
    weights = "" if entries.weighted else ", of weights 1,"
    return f"{entries.where}{weights} can be read as {THREE_WAYS}"
