"""OMMX instances: a file of an instance or an archive, or the object of the package ommx (extra ``ommx``).

Enters: a path and its bytes, or an ``ommx.v1.Instance``. Leaves: a dimod ConstrainedQuadraticModel to be minimised, and
whether the instance maximises. Binary and integer variables, an objective of degree 2, linear constraints.
"""

import logging
from importlib import import_module
from pathlib import Path
from typing import Any

from hwsim.errors import InputError, MissingExtraError, ReadError
from hwsim.problem.constrained import add_integer


def is_instance(given: Any) -> bool:
    """Whether ``given`` is an instance of the package ommx."""
    return type(given).__module__.partition(".")[0] == "ommx" and type(given).__name__ == "Instance"


def read_ommx(path: Path, data: bytes) -> tuple[Any, bool]:
    """(dimod ConstrainedQuadraticModel, whether it maximises) of an archive or a serialised instance. Raises
    ReadError or MissingExtraError."""
    try:
        v1, artifact = import_module("ommx.v1"), import_module("ommx.artifact")
    except ImportError:
        raise MissingExtraError(f"{path} is an OMMX instance: pip install 'hwsim[ommx]'") from None
    logging.getLogger("ommx").setLevel(logging.ERROR)  # its notes on a damaged file would come before the refusal
    try:
        is_archive = data[257:262] == b"ustar"
        instance = artifact.Artifact.load_archive(str(path)).instance if is_archive else v1.Instance.from_bytes(data)
    except Exception:
        raise ReadError(f"{path} is not a readable OMMX instance: it may be damaged") from None
    return model_of(instance, str(path))


def model_of(instance: Any, where: str) -> tuple[Any, bool]:
    """(dimod ConstrainedQuadraticModel, whether it maximises) of an ``ommx.v1.Instance``. Raises InputError."""
    import dimod

    cqm: Any = dimod.ConstrainedQuadraticModel()
    names = {}
    for variable in instance.decision_variables:
        low, high = variable.bound.lower, variable.bound.upper
        names[variable.id] = _name(variable)
        if variable.kind == type(variable).BINARY:
            cqm.add_variable("BINARY", names[variable.id])
        elif variable.kind == type(variable).INTEGER:
            add_integer(cqm, names[variable.id], low, high, where=where)
        else:
            raise InputError(f"{where}: variable {names[variable.id]} is neither binary nor integer")
    maximised = instance.sense == type(instance).MAXIMIZE
    cqm.set_objective(_terms(instance.objective, names, cqm, where, sign=-1.0 if maximised else 1.0))
    for constraint in instance.constraints:
        terms = _terms(constraint.function, names, cqm, where, sign=1.0)
        sense = "==" if constraint.equality == type(constraint).EQUAL_TO_ZERO else "<="
        cqm.add_constraint_from_iterable(terms, sense, 0.0, label=constraint.name or f"c{constraint.id}")
    return cqm, maximised


def _name(variable: Any) -> str:
    """The name with its subscripts, as in x[0,1]; x and the number where there is none."""
    if not variable.name:
        return f"x{variable.id}"
    subscripts = ",".join(map(str, variable.subscripts))
    return f"{variable.name}[{subscripts}]" if subscripts else str(variable.name)


def _terms(function: Any, names: dict[int, str], cqm: Any, where: str, *, sign: float) -> list[tuple]:
    made: list[tuple] = []
    for ids, value in function.terms.items():
        if len(ids) > 2:
            raise InputError(f"{where}: a term of {len(ids)} variables: at most two are read")
        ends = [names[each] for each in ids]
        if len(ends) == 2 and ends[0] == ends[1] and cqm.vartype(ends[0]).name == "BINARY":
            ends = ends[:1]
        made.append((*ends, sign * value))
    return made
