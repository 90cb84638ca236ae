"""Prepare: a problem on a chip, with its anneal.

Enters: a problem and a chip, or a saved program, and settings. Leaves: a Prepared. The command line, the sampler and
studies all begin here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hwsim.anneal import Anneal
from hwsim.chip.chip import Chip
from hwsim.display import Shown
from hwsim.experiment.anneals import Ramp, make_anneal
from hwsim.mapping.compile import Settings, compile, embed
from hwsim.mapping.restore import restored_problem
from hwsim.program import Program, load


@dataclass(frozen=True, kw_only=True)
class Prepared(Shown):
    """problem : as given, or as the saved program stores it;  chip : None for a saved program, which contains it
    embedding : {label: p-bits}, or None where none was needed;  anneal : None where not asked for
    """

    problem: Any
    chip: Chip | None
    program: Program
    embedding: Mapping[Any, Any] | None = None
    anneal: Anneal | None = None

    @property
    def chip_name(self) -> str:
        """Name of the chip's card."""
        return self.program.placement.chip or "unknown"


def prepare(
    problem: Any,
    chip: Chip,
    settings: Settings | None = None,
    *,
    ramp: Ramp | None = None,
    tell: Callable[[str], None] | None = None,
) -> Prepared:
    """``problem``, a Problem or BQM, compiled for ``chip``.

    settings : of `compile`; where one is needed and they hold none, an embedding is searched and returned
    ramp : the anneal as people write it;  tell : called with words where an embedding is searched. Raises InputError
    and DoesNotFitError.
    """
    settings = Settings() if settings is None else settings
    if settings.embedding is None:
        settings = replace(settings, embedding=embed(problem, chip, tell=tell))
    program = compile(problem, chip, **vars(settings))
    placed = settings.embedding if isinstance(settings.embedding, Mapping) else None
    return _asked(Prepared(problem=problem, chip=chip, program=program, embedding=placed), ramp)


def prepare_saved(path: str | Path, *, ramp: Ramp | None = None) -> Prepared:
    """The program saved in ``path``, as `prepare` returned it. Raises InputError."""
    program = load(path)
    problem = restored_problem(program, name=Path(path).stem)
    return _asked(Prepared(problem=problem, chip=None, program=program), ramp)


def _asked(ready: Prepared, ramp: Ramp | None) -> Prepared:
    anneal = None if ramp is None else make_anneal(ready.problem, ready.program, **vars(ramp))
    return replace(ready, anneal=anneal)
