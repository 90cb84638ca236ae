"""Settings of a run: how many reads, which seed, on what engine, who watches. One record for every controller."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, TypedDict

from hwsim.errors import InputError

Progress = Callable[[float, int], None]
"""Called with (fraction done, updates of p-bits so far)."""
Interrupt = Callable[[], bool]
"""Asked a few times a second whether to stop."""


class ReadKeywords(TypedDict, total=False):
    """What every function that runs a machine takes by keyword; see RunSettings."""

    reads: int
    schedules: int
    seed: int
    engine: str
    threads: int | None


class RunKeywords(ReadKeywords, total=False):
    """The same, with who watches."""

    progress: Progress | None
    interrupt: Interrupt | None


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """reads : independent runs;  schedules : realisations of the clock they are spread over
    seed : of all that is random;  engine : a name of hwsim.engine.choice.ENGINES
    threads : None for all cores; results do not depend on them
    progress : called with (fraction done, updates so far) a few times a second
    interrupt : asked as often; true ends the run there. So does Ctrl-C; a second one ends it at once
    """

    reads: int = 256
    schedules: int = 4
    seed: int = 0
    engine: str = "auto"
    threads: int | None = None
    progress: Progress | None = None
    interrupt: Interrupt | None = None

    @classmethod
    def of(cls, given: ReadKeywords, **defaults: Any) -> Self:
        """The settings of keywords; ``defaults`` of the function that took them stand before the record's own."""
        return cls(**defaults | dict(given))

    def __post_init__(self) -> None:
        if self.reads < 1:
            raise InputError(f"reads must be >= 1, got {self.reads}")
        if self.schedules < 1:
            raise InputError(f"schedules must be >= 1, got {self.schedules}")
        if self.threads is not None and self.threads < 1:
            raise InputError(f"threads must be >= 1, got {self.threads}")

    @property
    def n_threads(self) -> int:
        """``threads``, or one for each core."""
        return os.cpu_count() or 1 if self.threads is None else self.threads

    @property
    def quiet(self) -> ReadKeywords:
        """Seed, engine and threads: for a search that comes before the run and reports nothing."""
        return {"seed": self.seed, "engine": self.engine, "threads": self.threads}
