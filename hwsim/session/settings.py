"""Settings of a run: how many reads, which seed, which engine, who watches. Every controller takes this one record."""

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any, Self, TypedDict

from hwsim.errors import ArgumentError
from hwsim.units import whole

Progress = Callable[[float, int], None]
"""Called with (fraction done, updates of p-bits so far)."""
Interrupt = Callable[[], bool]
"""Called a few times a second; returns whether to stop."""


class ReadKeywords(TypedDict, total=False):
    """Keywords of every function that runs a machine; see RunSettings. `hwsim.run` alone takes schedules="auto"."""

    reads: int
    schedules: int | str
    seed: int
    engine: str
    threads: int | None


class RunKeywords(ReadKeywords, total=False):
    """The same, and who watches."""

    progress: Progress | None
    interrupt: Interrupt | None


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """reads : independent runs;  schedules : realisations of the clock that the reads share
    seed : of all that is random;  engine : a name of hwsim.engine.names.ENGINES
    threads : None for all cores; results do not depend on them
    progress : called with (fraction done, updates so far) a few times a second
    interrupt : called as often; the run ends where it returns true, and at Ctrl-C; a second Ctrl-C ends it at once
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
        """The settings of the keywords ``given``; ``defaults`` of the calling function replace the record's own."""
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                near = get_close_matches(name, known, n=1)
                words = f"; did you mean {near[0]!r}?" if near else f"; a run takes {', '.join(known)}"
                raise ArgumentError(f"a run has no argument {name!r}{words}")
        return cls(**defaults | dict(given))

    def __post_init__(self) -> None:
        whole(self.reads, name="reads", least=1)
        whole(self.schedules, name="schedules", least=1)
        whole(self.seed, name="seed")
        if self.threads is not None:
            whole(self.threads, name="threads", least=1)
        if not isinstance(self.engine, str):
            raise ArgumentError(f"engine must be the name of one, got an object of {type(self.engine).__name__}")
        for name, called in (("progress", self.progress), ("interrupt", self.interrupt)):
            if called is not None and not callable(called):
                raise ArgumentError(f"{name} must be a function, got an object of {type(called).__name__}")

    @property
    def n_threads(self) -> int:
        """``threads``, or one for each core."""
        return os.cpu_count() or 1 if self.threads is None else self.threads

    @property
    def quiet(self) -> ReadKeywords:
        """Seed, engine and threads alone, for a search before the run that reports nothing."""
        return {"seed": self.seed, "engine": self.engine, "threads": self.threads}
