"""The chip: what the machine is. A p-bit, a clock, a graph that can be wired, weight registers."""

from dataclasses import dataclass, field

from hwsim.cell.model import PBit
from hwsim.errors import InputError

CLOCKS = ("poisson", "synchronous", "chromatic", "sequential", "random-sequential", "free-running")
TOPOLOGIES = ("all-to-all", "sparse")


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Who updates when. ``period_s``: one round, in which each p-bit updates once on average; None: the p-bit's tau."""

    kind: str
    period_s: float | None = None
    participation: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in CLOCKS:
            raise InputError(f"clock must be one of {', '.join(CLOCKS)}, got {self.kind!r}")
        if self.period_s is not None and not self.period_s > 0:
            raise InputError(f"period must be > 0, got {self.period_s:g} s")
        if not 0 < self.participation <= 1:
            raise InputError(f"participation must be above 0 and at most 1, got {self.participation:g}")
        if self.participation != 1 and self.kind != "synchronous":
            raise InputError(f"participation belongs to the synchronous clock, not to {self.kind}")


@dataclass(frozen=True, kw_only=True)
class Topology:
    """Which couplings can be wired: all, or any graph up to a degree."""

    kind: str = "all-to-all"
    max_pbits: int | None = None
    max_degree: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in TOPOLOGIES:
            raise InputError(f"topology must be one of {', '.join(TOPOLOGIES)}, got {self.kind!r}")
        for name in ("max_pbits", "max_degree"):
            if getattr(self, name) is not None and getattr(self, name) < 1:
                raise InputError(f"{name} must be >= 1, got {getattr(self, name)}")


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Signed weight registers of ``bits`` bits, full scale ``limit`` (None: the problem's largest weight)."""

    bits: int | None = None
    limit: float | None = None


@dataclass(frozen=True, kw_only=True)
class Chip:
    """A machine a problem can be compiled to."""

    name: str
    title: str
    summary: str
    pbit: PBit
    clock: Clock
    topology: Topology = field(default_factory=Topology)
    weights: Weights = field(default_factory=Weights)
