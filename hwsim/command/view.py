"""View: a page on which one sees a machine run, from its p-bits to the law that they should follow."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from hwsim.command import given
from hwsim.command.defaults import CHIP
from hwsim.command.keywords import AnnealKeywords, ChipKeywords, PaceKeywords, ProblemKeywords, ReadKeywords, command
from hwsim.display import Facts, Shown, counted
from hwsim.errors import InputError

if TYPE_CHECKING:
    from hwsim.chip.chip import Chip
    from hwsim.report.view.scene import Scene, Show
    from hwsim.session import Run

NOTEBOOK_BYTES = 2_000_000
"""A notebook holds its pages within itself; of a larger one it is given the beginning."""
_LEAST_SHARE = 1e-3


class Keywords(ProblemKeywords, ChipKeywords, PaceKeywords, AnnealKeywords, ReadKeywords, total=False):
    """Of `view`."""


@dataclass(frozen=True, kw_only=True, repr=False, eq=False)
class View(Shown):
    """A page. scenes, show : what it shows (see `hwsim.report.view.scene`)"""

    scenes: "Sequence[Scene]"
    show: "Show"
    facts: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def html(self) -> str:
        """The whole page."""
        from hwsim.report.view.scene import show_html

        return show_html(self.scenes, self.show)

    @cached_property
    def document(self) -> dict[str, Any]:
        """Plain data: what the page shows, without its traces; what ``--json`` writes."""
        from hwsim.report.view.scene import scene_facts, swept_curves

        show = self.show
        return {
            "title": show.title,
            "lead": show.lead,
            "notes": list(show.notes),
            "bytes": len(self.html.encode()),
            "scenes": [scene_facts(scene) for scene in self.scenes],
            "curves": [] if show.swept is None else swept_curves(show.swept),
        }

    def text(self, width: int | None = None) -> str:
        """What the command prints."""
        notes = "".join(f"\nnote: {note}" for note in self.show.notes)
        return f"{self.show.title}: {self.show.lead}{notes}\npage of {len(self.html) / 1e6:.2f} MB, for a browser"

    def save(self, path: str | Path) -> None:
        """Write the page to ``path``, whole or not at all."""
        from hwsim.files import write_text

        write_text(path, self.html)

    def frame(self, n_bytes: int = NOTEBOOK_BYTES) -> str:
        """HTML of at most ``n_bytes`` for a notebook: the page in a frame of its own, or as much of it as fits."""
        from hwsim.report.view.page import frame_html

        made, share = frame_html(self.html), 1.0
        while len(made.encode()) > n_bytes and share > _LEAST_SHARE:
            share *= min(0.8, 0.95 * n_bytes / len(made.encode()))
            what = "its first updates" if any(scene.frames is None for scene in self.scenes) else "fewer frames"
            note = (
                f"thinned to {what}, {100 * share:.2g} %, so that a notebook can hold it; save() writes the whole page"
            )
            show = replace(self.show, notes=(*self.show.notes, note))
            scenes = [scene.part(share) for scene in self.scenes]
            made = frame_html(replace(self, scenes=scenes, show=show).html)
        if len(made.encode()) > n_bytes:
            return f"<p>{escape(str(self))}: too large for a notebook; save(path) writes the page.</p>"
        return made

    def made_by(self, command: str) -> "View":
        """The view, with the command line as it was typed."""
        return replace(self, show=replace(self.show, command=command))

    def _shown(self) -> tuple[str, Facts]:
        settings = counted(len(self.scenes), "setting") if len(self.scenes) > 1 else None
        return f"View of {self.show.title}", [
            ("", self.show.lead),
            ("settings", settings),
            ("page", f"{len(self.html) / 1e6:.2f} MB; save(path) writes it"),
        ]

    def _repr_html_(self) -> str:
        return self.frame()


@command(reads=64, schedules=8)
def view(
    problem: Any = None,
    chip: "str | Chip" = CHIP,
    *,
    vary: Mapping[str, Any] | None = None,
    compare: str | Sequence[str] | None = None,
    chips: int | None = None,
    exchange: str | float | None = None,
    chain_strength: float | str | None = None,
    events: int | None = None,
    **how: Unpack[Keywords],
) -> View:
    """A page that plays ``problem`` on ``chip``: its p-bits, their waveforms, and the law that they should follow.

    problem : what `hwsim.read` takes; the file of a saved program; a Run or its file, shown as it ran; or a mixed
    machine of p-bits and modes (`hwsim.thermo.mixed.MixedNetwork`), which takes beta, clock, delay, time and seed
    vary : one parameter or two with their values, as in `hwsim.sweep`; the page has a slider for each
    compare : two clocks, side by side in the same device time
    chips, exchange : split the p-bits over so many chips, which exchange their boundaries at this interval
    events : about how many updates of each setting are shown, where no time is given
    how : see the keywords of `hwsim.run` and of cards. Beta is constant, 1/sigma or the chip's own, unless it is
    given as a ramp. The page shows one read; correlations are taken over all ``reads``. Raises InputError.
    """
    from hwsim.command import viewed
    from hwsim.session import Run

    ask = viewed.Asked(
        chip=chip, vary=vary, compare=compare, chips=chips, exchange=exchange, strength=chain_strength, events=events
    )
    if isinstance(problem, Run):
        return _of_run(problem, ask, how)
    kind = _kind(problem)
    if kind == "run":
        from hwsim.session import load_run

        return _of_run(load_run(Path(problem)), ask, how)
    if kind == "program":
        _check_as_made("a saved program contains its chip", ask, how, also=("chips", "exchange", "strength"))
        scene, show = viewed.scene_of_program(Path(problem), ask, how)
        return View(scenes=[scene], show=show)
    if problem is None:
        raise InputError("view needs a problem, or the file of a saved run")
    if _is_mixed(problem):
        from hwsim.command.view_mixed import mixed_scene

        if not ask.is_plain:
            raise InputError("a mixed machine is shown alone: vary and compare need a problem")
        scene, show = mixed_scene(problem, how, events=events)
        return View(scenes=[scene], show=show)
    given.check_card(chip)
    scenes, show = viewed.scenes_of(given.problem_of(problem, how), ask, how)
    return View(scenes=scenes, show=show)


def view_run(run: "Run") -> View:
    """The page of ``run``: its first recorded read, or its first read, which is run again from its seed."""
    return view(run)


def _kind(problem: Any) -> str | None:
    """What hwsim saved in the file ``problem``; None of anything else."""
    from hwsim.archive import kind_of
    from hwsim.text import ending

    return kind_of(problem) if isinstance(problem, str | Path) and ending(problem) == ".npz" else None


_OF_CHIP = ("as_", "set", "without", "die_seed", "clock", "participation", "tau", "delay")


def _check_as_made(words: str, ask: Any, how: Mapping[str, Any], *, also: Sequence[str]) -> None:
    """Raise InputError where something is asked for that a file decides. also : names of ``ask`` and ``how``"""
    from hwsim.command.keywords import DEFAULTS

    given_here = [name for name in (*_OF_CHIP, *also) if name in how and how[name] != DEFAULTS[name] and how[name]]
    given_here += [name for name in also if getattr(ask, name, None) is not None]
    given_here += [] if ask.chip == CHIP else ["chip"]
    given_here += [name for name in ("vary", "compare") if getattr(ask, name) is not None]
    if given_here:
        raise InputError(f"{words}: leave {given_here[0].rstrip('_')} out, or give the problem itself")


def _is_mixed(problem: Any) -> bool:
    """Whether ``problem`` is a mixed machine, which nobody has made before its module was loaded."""
    made = sys.modules.get("hwsim.thermo.mixed")
    return made is not None and isinstance(problem, made.MixedNetwork)


def _of_run(run: "Run", ask: Any, how: Mapping[str, Any]) -> View:
    from hwsim.command import viewed

    also = ("beta", "time", "chips", "exchange", "strength", "events")
    _check_as_made("a run is shown as it ran", ask, how, also=also)
    scene, show = viewed.scene_of_run(run, how)
    return View(scenes=[scene], show=show)
