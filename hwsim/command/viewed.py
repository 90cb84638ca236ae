"""What a view shows: the machines are run, and their reads, correlations and sweeps become scenes.

Enters: a problem and settings, or a run. Leaves: Scenes and what stands beside them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hwsim.anneal import Anneal
from hwsim.command import given
from hwsim.errors import InputError
from hwsim.program import Program, content_hash
from hwsim.report.view import law
from hwsim.report.view.history import frames_size
from hwsim.report.view.machine import MOST_COUPLED
from hwsim.report.view.places import Places, places, problem_words
from hwsim.report.view.scene import Scene, Show, length_words
from hwsim.units import format_si, to_seconds, to_ticks

if TYPE_CHECKING:
    from hwsim.chip.chip import Chip
    from hwsim.session import Run
    from hwsim.study.swept import Swept

ONE, EACH = 100_000, 20_000
"""About how many updates are shown: of a machine alone, and of each of several settings."""
MOST_SETTINGS = 64
MOST_EVENTS = 1_500_000
"""The most updates that a page holds one by one; of more, it holds frames."""
_MOST_TICKS = 2**53
"""Of the device time of a page: what a browser counts without a gap."""
MOST_BYTES = 7_500_000
"""The most that frames take."""
_LEAST_ROUNDS, _MOST_ROUNDS = 20, 4000
LOOKS = 40


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What `hwsim.view` is asked for, as its arguments say."""

    chip: "str | Chip"
    vary: Mapping[str, Any] | None = None
    compare: str | Sequence[str] | None = None
    chips: int | None = None
    exchange: str | float | None = None
    strength: float | str | None = None
    events: int | None = None

    @property
    def is_plain(self) -> bool:
        """Whether there is one machine alone."""
        return self.vary is None and self.compare is None


@dataclass(frozen=True, kw_only=True, eq=False)
class Machine:
    """One machine to be shown. words : of its setting;  chip : None where it is not known"""

    problem: Any
    program: Program
    chip: "Chip | None" = None
    words: dict[str, str] = field(default_factory=dict)


def scenes_of(problem: Any, ask: Asked, how: Mapping[str, Any]) -> tuple[list[Scene], Show]:
    """The scenes of ``problem``, one for each setting that is asked for."""
    if ask.vary is not None and ask.compare is not None:
        raise InputError("compare shows two clocks: vary clock instead, or leave vary out")
    swept: Swept | None = None
    if ask.vary is not None:
        from hwsim.command.view_sweep import varied

        machines, swept = varied(problem, ask, how)
        axes = tuple(ask.vary)
    elif ask.compare is not None:
        machines, axes = _clocks(problem, ask, how), ("clock",)
    else:
        machines, axes = [_machine(problem, ask, how)], ()
    about = ask.events or (ONE // 2 if ask.compare else EACH if ask.vary else ONE)
    runner = Runner(how=how, about=about, parts=ask.chips)
    how["progress"].expect(len(machines))
    scenes = [runner.scene(machine) for machine in machines]
    first = machines[0]
    if swept is not None:
        runner.notes.append(
            f"thinned: of each setting about {about:,} updates of one read are shown; the curves are of "
            f"{swept.facts['reads']:,} reads of a sweep, and at its own length"
        )
    title = f"{problem.name} on {first.program.placement.chip}"
    show = Show(
        title=title,
        lead=_lead(scenes, len(machines)),
        notes=tuple(runner.notes),
        words=problem_words(problem),
        goal=problem.known_energy,
        swept=swept,
        axes=axes,
        is_comparison=ask.compare is not None,
    )
    return scenes, show


def _lead(scenes: Sequence[Scene], settings: int) -> str:
    program = scenes[0].program
    size = f"{program.n_pbits:,} p-bits, {program.network.n_couplings:,} couplings"
    more = f"; {settings} settings, of each" if settings > 1 else "; shown is"
    return f"{size}{more} one read: {length_words(scenes[0])}"


def _machine(problem: Any, ask: Asked, how: Mapping[str, Any], clock: str | None = None) -> Machine:
    """The machine of the problem on the chip that is asked for. clock : in place of its own"""
    from hwsim.experiment.prepare import prepare
    from hwsim.mapping.compile import Settings
    from hwsim.ranges import seconds_in

    chip = given.machine_of(ask.chip, how if clock is None else {**how, "clock": clock})
    parts: dict[str, Any] = {}
    if ask.exchange is not None and ask.chips is None:
        raise InputError("exchange needs several chips: give chips too")
    if ask.chips is not None:
        parts["parts"] = ask.chips
    if ask.exchange is not None:
        parts["exchange_s"] = seconds_in(ask.exchange, chip.round_s, name="exchange")
    how["progress"].show(0.0, f"placing the problem on {chip.name}")
    ready = prepare(problem, chip, Settings(die_seed=how["die_seed"], chain_strength=ask.strength, **parts))
    return Machine(problem=problem, program=ready.program, chip=chip)


def _clocks(problem: Any, ask: Asked, how: Mapping[str, Any]) -> list[Machine]:
    """The machine under each of two clocks."""
    names = given.several(ask.compare)
    if len(names) != 2 or names[0] == names[1]:
        raise InputError(f"compare takes two clocks, such as poisson,chromatic, got {', '.join(map(str, names))}")
    if how["clock"] is not None:
        raise InputError("compare names both clocks: leave clock out")
    return [replace(_machine(problem, ask, how, clock=name), words={"clock": name}) for name in names]


class Seen:
    """What is seen of a run at equal intervals. looks : of all reads, None where the page draws the exact law
    times_s, states : device seconds and int8 (n,) of its first read, where ``frames`` are asked for"""

    def __init__(self, program: Program, *, frames: bool = False) -> None:
        self.looks = law.Looks(program) if has_pairs(program) else None
        self._frames = frames
        self.times_s: list[float] = []
        self.states: list[np.ndarray] = []

    def __call__(self, time_s: float, states: np.ndarray) -> None:
        """Look at ``states`` int8 (reads, p-bits) at ``time_s``."""
        if self.looks is not None:
            self.looks(time_s, states)
        if self._frames:
            self.times_s.append(time_s)
            self.states.append(states[0].copy())


def _check_length(end: int) -> None:
    """Raise InputError where a read of so many ticks is longer than a page counts."""
    if end > _MOST_TICKS:
        raise InputError(
            f"a page shows at most {format_si(to_seconds(_MOST_TICKS), 's')} of device time, and this read takes "
            f"{format_si(to_seconds(end), 's')}: give a shorter time or tau"
        )


def has_pairs(program: Program) -> bool:
    """Whether the page compares correlations: not of few variables, nor of a machine whose couplings it leaves out."""
    return program.n_variables > law.EXACT and program.network.n_couplings > 0 and program.n_pbits <= MOST_COUPLED


@dataclass(kw_only=True)
class Runner:
    """Runs machines of one problem and makes scenes of them.

    about : updates to show where no time is given;  parts : chips that share the p-bits;  notes : what was thinned
    """

    how: Mapping[str, Any]
    about: int = ONE
    parts: int | None = None
    notes: list[str] = field(default_factory=list)
    _ideal: dict[Any, law.Looks] = field(default_factory=dict)
    _places: dict[str, Places] = field(default_factory=dict)

    def scene(self, machine: Machine) -> Scene:
        """The scene of ``machine``: its first read, and the correlations of all of them."""
        anneal, program = self._anneal(machine), machine.program
        _check_length(anneal.end)
        is_whole = program.n_pbits * anneal.end / program.clock.tick_interval <= MOST_EVENTS
        seen = Seen(program, frames=not is_whole)
        run = self._run(program, anneal, seen, record=is_whole)
        past: dict[str, Any] = {"trace": run.traces[0]} if is_whole else {"frames": self._frames(program, seen, anneal)}
        return Scene(
            program=program,
            where=self._where(machine),
            anneal=anneal,
            end=anneal.end,
            initial=seen.states[0] if run.initial_states is None else run.initial_states[0],
            looks=None if seen.looks is None else (seen.looks, self._ideal_looks(machine, anneal)),
            reads=self.how["reads"],
            words=machine.words,
            **past,
        )

    def _frames(self, program: Program, seen: "Seen", anneal: Anneal) -> tuple[np.ndarray, np.ndarray]:
        """As many frames of those seen as a page holds, at equal intervals."""
        times = np.array([to_ticks(time_s) for time_s in seen.times_s])
        states = np.array(seen.states)
        while len(times) > 2 and frames_size(states) > MOST_BYTES:
            times, states = times[1::2], states[1::2]
        apart = format_si(to_seconds(int(np.diff(times).mean())), "s")
        made = program.n_pbits * anneal.end / program.clock.tick_interval
        self.notes.append(
            f"thinned: this page holds {len(times)} frames, {apart} apart, and not each of the {made:.3g} updates"
        )
        return times, states

    def _where(self, machine: Machine) -> Places:
        """The Places of a machine; of one with the same couplings on the same sites, those."""
        program, site = machine.program, machine.program.placement.sites
        network = program.network
        key = repr((network.indptr.tobytes(), network.indices.tobytes(), None if site is None else site.tobytes()))
        if key not in self._places:
            self.how["progress"].show(0.0, "placing the p-bits")
            self._places[key] = places(program, machine.chip, parts=self.parts)
        return self._places[key]

    def _anneal(self, machine: Machine) -> Anneal:
        """Constant beta unless a ramp is asked for or the chip's own; as long as about so many updates take."""
        from hwsim.experiment.anneals import still_anneal

        program, how = machine.program, self.how
        if isinstance(how["anneal"], Anneal) or ":" in (given.beta_text(how["beta"]) or ""):
            return given.anneal_of(machine.problem, program, how, time=how["time"])
        if program.placement.ramps and how["beta"] is None:
            return given.anneal_of(machine.problem, program, how, time=how["time"])
        rounds = self.about / program.n_pbits * program.clock.tick_interval / program.clock.round_ticks
        rounds = float(np.clip(rounds, _LEAST_ROUNDS, _MOST_ROUNDS))
        time = to_seconds(round(rounds * program.clock.round_ticks)) if how["time"] is None else how["time"]
        return still_anneal(machine.problem, program, beta=given.beta_text(how["beta"]), time=time)

    def _run(self, program: Program, anneal: Anneal, seen: "Seen", *, record: bool) -> "Run":
        """The run of a machine; it is observed by ``seen``. record : every update of its first read"""
        from hwsim.session import run

        how = self.how
        reads = how["reads"] if seen.looks is not None else 1
        found = run(
            program,
            anneal=anneal,
            checkpoints=LOOKS,
            record=(0,) if record else (),
            observe=seen,
            reads=reads,
            schedules=min(how["schedules"], reads),
            seed=how["seed"],
            engine=how["engine"],
            threads=how["threads"],
            progress=how["progress"].watch(program.clock.kind),
        )
        if found.interrupted:  # half a page would say of a setting what is true of its beginning alone
            raise KeyboardInterrupt
        return found

    def _ideal_looks(self, machine: Machine, anneal: Anneal) -> law.Looks:
        """Looks at the same problem on ideal p-bits without delay, under the machine's clock; but where p-bits update
        at once, whose law is not Boltzmann's, under Poisson's."""
        from hwsim.chip.library import chip
        from hwsim.experiment.prepare import prepare

        clock = machine.program.clock
        kind = "poisson" if clock.kind == "synchronous" else clock.kind
        tau_s = to_seconds(clock.round_ticks)
        key = (kind, tau_s, anneal.end, tuple(anneal.beta.tolist()))
        if key not in self._ideal:
            ideal = prepare(machine.problem, chip("generic-all-to-all", clock=kind, tau=tau_s)).program
            seen = Seen(ideal)
            self._run(ideal, anneal, seen, record=False)
            assert seen.looks is not None
            self._ideal[key] = seen.looks
        return self._ideal[key]


def scene_of_program(path: Path, ask: Asked, how: Mapping[str, Any]) -> tuple[Scene, Show]:
    """The scene of a program that ``hwsim compile -o`` wrote."""
    from hwsim.experiment.prepare import prepare_saved

    ready = prepare_saved(path)
    runner = Runner(how=how, about=ask.events or ONE)
    scene = runner.scene(Machine(problem=ready.problem, program=ready.program, chip=known_chip(ready.program)))
    title = f"{ready.problem.name} on {ready.chip_name}"
    goal = ready.program.readout.known_energy
    return scene, Show(title=title, lead=_lead([scene], 1), notes=tuple(runner.notes), goal=goal)


def known_chip(program: Program) -> "Chip | None":
    """The chip of the card that ``program`` names, for its places alone; None where nobody has such a card."""
    from hwsim.chip.library import chip

    try:
        return None if program.placement.chip is None else chip(program.placement.chip)
    except InputError:
        return None


def scene_of_run(run: "Run", how: Mapping[str, Any]) -> tuple[Scene, Show]:
    """The scene of the first recorded read of ``run``; without one, of read 0, which is run again from its seed."""
    from hwsim.mapping.restore import restored_problem

    program, end = run.program, min(run.anneal.end, to_ticks(run.device_time_s))
    _check_length(end)
    traced = run if run.traces and run.initial_states is not None else again(run, how)
    read = min(traced.traces)
    problem = restored_problem(program, name="run")
    machine = Machine(problem=problem, program=program, chip=known_chip(program))
    reads = {"reads": run.reads, "schedules": int(run.schedule.max()) + 1, "seed": run.seed}
    runner = Runner(how={**how, **reads})
    looks = None
    if has_pairs(program):
        seen = Seen(program)
        runner._run(program, run.anneal, seen, record=False)
        assert seen.looks is not None
        looks = (seen.looks, runner._ideal_looks(machine, run.anneal))
    scene = Scene(
        program=program,
        where=runner._where(machine),
        anneal=run.anneal,
        end=end,
        initial=traced.initial_states[read],  # type: ignore[index]
        trace=traced.traces[read],
        looks=looks,
        reads=run.reads,
    )
    notes = (f"read {read} of {run.reads} of a run with seed {run.seed}, program {content_hash(program)[:12]}",)
    title = f"{problem.name} on {program.placement.chip or 'its chip'}"
    return scene, Show(title=title, lead=_lead([scene], 1), notes=notes, goal=program.readout.known_energy)


def again(run: "Run", how: Mapping[str, Any]) -> "Run":
    """``run`` once more from its seed, with the trace of read 0. Raises InputError where it then ends elsewhere."""
    from hwsim.session import run as emulate

    made = emulate(
        run.program,
        anneal=run.anneal,
        record=(0,),
        reads=run.reads,
        schedules=int(run.schedule.max()) + 1,
        seed=run.seed,
        threads=how["threads"],
        initial_states=run.initial_states,
        read_bias=run.read_bias,
        progress=how["progress"].watch("running again"),
    )
    if not run.interrupted and not np.array_equal(made.states, run.states):
        raise InputError("the run does not come out again from its seed: it was made by another version of hwsim")
    return made
