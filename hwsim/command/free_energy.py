"""Free energy: ln Z and F of a problem, exact where possible, and measured on a chip."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

from hwsim.command import given
from hwsim.command.defaults import CHIP, METHODS
from hwsim.command.keywords import ChipKeywords, PaceKeywords, ProblemKeywords, ReadKeywords, command
from hwsim.command.result import Result
from hwsim.display import Facts
from hwsim.errors import InputError

if TYPE_CHECKING:
    from hwsim.chip.chip import Chip
    from hwsim.report.canvas import Drawing


class Keywords(ProblemKeywords, ChipKeywords, PaceKeywords, ReadKeywords, total=False):
    """Of `free_energy`."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class FreeEnergy(Result):
    """What `free_energy` found."""

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row for each method that measured, after the exact one where it is known."""
        exact = self.document["exact"]
        known = [] if exact is None else [{"method": "exact"} | {k: v for k, v in exact.items() if k != "method"}]
        keys = ("log_z", "low", "high", "lower", "upper", "free_energy")
        measured = [key for key in METHODS if key in self.document]
        return known + [{"method": key} | {each: self.document[key][each] for each in keys} for key in measured]

    def text(self, width: int | None = None) -> str:
        """ln Z and F of each method beside the exact ones."""
        from hwsim.report.free_energy import free_energy_text

        return free_energy_text(self.document)

    def drawing(self) -> "Drawing":
        """ln Z of each method, the work there and back, the energy against beta."""
        from hwsim.report.free_energy import free_energy_drawing

        what, clock = self._what(), self.document["clock"]
        return free_energy_drawing(self.document, title=f"Free energy of {what}, {clock} clock")

    def _what(self) -> str:
        found = self.document
        return f"{found['problem']['name']} at beta = {found['beta']:g} on {found['chip']}"

    def _shown(self) -> tuple[str, Facts]:
        facts = []
        for row in self.rows:
            ends = f" [{row['low']:.6g}, {row['high']:.6g}]" if "low" in row else ""
            free = "" if row["free_energy"] is None else f", F {row['free_energy']:.6g}"
            facts.append((row["method"], f"ln Z {row['log_z']:.6g}{ends}{free}"))
        return f"Free energy of {self._what()}", facts


@command(reads=1024, schedules=16)
def free_energy(
    problem: Any,
    chip: "str | Chip" = CHIP,
    *,
    beta: float | str = 1.0,
    method: str | Sequence[str] = METHODS,
    sweeps: int | None = None,
    **how: Unpack[Keywords],
) -> FreeEnergy:
    """ln Z, Z = sum exp(-beta E), and F = -ln(Z) / beta of ``problem``: exact, and measured on ``chip``.

    beta : a number, or text such as 2/sigma;  method : several of annealing (importance sampling there and back) and
    integration (of the mean energy);  sweeps : at each step of beta, None for the method's own number
    reads : copies;  how : see ProblemKeywords, ChipKeywords, PaceKeywords and ReadKeywords. Raises InputError,
    DoesNotFitError.
    """
    from hwsim.experiment.anneals import beta_ends
    from hwsim.experiment.free_energy import exact_facts, measure
    from hwsim.experiment.prepare import prepare
    from hwsim.interrupt import Stopped
    from hwsim.mapping.compile import Settings
    from hwsim.memory import check_reads
    from hwsim.report.provenance import provenance

    methods = given.several(method)
    for name in methods:
        if name not in METHODS:
            raise InputError(f"method must be of {', '.join(METHODS)}, got {name!r}")
    machine = given.machine_of(chip, how)
    posed = given.problem_of(problem, how)
    ends = beta_ends(given.beta_text(beta) or "1", posed)
    if len(ends) != 1:
        raise InputError(f"a free energy needs one beta, got {beta!r}")
    how["progress"].show(0.0, "placing the problem")
    program = prepare(posed, machine, Settings(die_seed=how["die_seed"])).program
    check_reads(program.n_pbits, how["reads"], schedules=how["schedules"], looks=2)
    how["progress"].show(0.0, "looking for the exact value")
    exact = exact_facts(posed, ends[0])
    how["progress"].expect(len(methods))
    found = measure(
        program,
        ends[0],
        methods,
        reads=how["reads"],
        schedules=how["schedules"],
        seed=how["seed"],
        sweeps=sweeps,
        engine=how["engine"],
        threads=how["threads"],
        progress=how["progress"].watch,
    )
    done = [name for name in methods if name in found]
    if not done:
        raise Stopped
    facts = {"problem": given.problem_facts(posed), "chip": machine.name, "clock": program.clock.kind, "beta": ends[0]}
    return FreeEnergy(
        document=facts | {"exact": exact} | found,
        provenance=provenance(seed=how["seed"], beta=[ends[0]], programs=[program]),
        stopped=f"; {len(done)} of {len(methods)} methods shown" if found["interrupted"] else None,
    )
