"""Scenes: what a page shows, and the page of one scene or of several.

Enters: Scenes, each one read of one machine, and where several settings were swept, what the sweep found. Leaves: HTML.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hwsim.anneal import Anneal, drifted
from hwsim.program import Program
from hwsim.report.view import history, law
from hwsim.report.view.codec import Arrays
from hwsim.report.view.machine import machine_facts
from hwsim.report.view.page import page_html
from hwsim.report.view.places import Places
from hwsim.units import format_si, to_seconds

if TYPE_CHECKING:
    from hwsim.study.swept import Swept

_CURVES = ("correlation", "success", "tv", "tts", "joules", "energy")


@dataclass(frozen=True, kw_only=True, eq=False)
class Modes:
    """The m continuous cells of a mixed machine. weights : float64 (m, n), how p-bits and modes drive each other
    at : float64 (m, 2), where they are drawn;  start : float64 (1 + m,), energy and modes before the first update
    values : float64 (events, 1 + m), energy after each update, and the modes as it read them
    """

    weights: np.ndarray
    at: np.ndarray
    start: np.ndarray
    values: np.ndarray


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """One read of one machine.

    words : {axis: value as text} where settings vary
    end : tick up to which it is shown;  initial : int8 (n,);  trace : its updates (see `history`), or None where
    ``frames`` = (int64 (k,) ticks, int8 (k, n) states) stand in its place
    looks : of this machine and of ideal p-bits, or None where the page draws the exact law;  reads : how many each saw
    """

    program: Program
    where: Places
    anneal: Anneal
    end: int
    initial: np.ndarray
    trace: history.Trace | None = None
    frames: tuple[np.ndarray, np.ndarray] | None = None
    looks: tuple[law.Looks, law.Looks] | None = None
    reads: int = 1
    words: dict[str, str] = field(default_factory=dict)
    modes: Modes | None = None

    @property
    def is_still(self) -> bool:
        """Whether beta is constant."""
        return len(self.anneal.beta) == 1 and self.program.noise.temperature_drift == 0

    def part(self, share: float) -> "Scene":
        """The scene with the first ``share`` of its updates; of frames so many are left, at equal intervals."""
        if self.frames is not None:
            times, states = self.frames
            kept = np.unique(np.linspace(0, len(times) - 1, max(1, int(share * len(times)))).astype(np.int64))
            return replace(self, frames=(times[kept], states[kept]))
        assert self.trace is not None
        most = int(share * len(self.trace[0]))
        return replace(self, end=max(int(self.trace[0][most]), 1)) if most < len(self.trace[0]) else self


@dataclass(frozen=True, kw_only=True, eq=False)
class Show:
    """What a page shows besides its scenes.

    title, lead : its first lines;  command : that made it;  notes : what was thinned, and the like
    words : the numbers of a circuit (see `places.problem_words`);  goal : known energy, or None
    swept : the sweep whose settings the scenes are;  is_comparison : whether two scenes stand side by side at first
    """

    title: str
    lead: str
    command: str | None = None
    notes: tuple[str, ...] = ()
    words: Sequence[dict[str, Any]] = ()
    goal: float | None = None
    swept: "Swept | None" = None
    axes: tuple[str, ...] = ()
    is_comparison: bool = False


def show_html(scenes: Sequence[Scene], show: Show) -> str:
    """The page of ``scenes``."""
    arrays = Arrays()
    machines: list[dict[str, Any]] = []
    names: list[Any] = []
    views = [_view(arrays, scene, machines, names) for scene in scenes]
    meta = {
        "title": show.title,
        "lead": show.lead,
        "command": show.command,
        "notes": list(show.notes),
        "words": list(show.words),
        "goal": show.goal,
        "machines": machines,
        "names": names,
        "views": views,
        "axes": _axes(scenes, show),
        "curves": [] if show.swept is None else swept_curves(show.swept),
        "compare": show.is_comparison,
    }
    return page_html(meta, arrays)


def _view(arrays: Arrays, scene: Scene, machines: list[dict[str, Any]], names: list[Any]) -> dict[str, Any]:
    facts = machine_facts(arrays, scene.program, scene.where)
    facts["names"] = _number(names, facts["names"])
    if scene.trace is not None:
        past = history.events(arrays, scene.program, scene.trace, scene.initial, scene.end)
        if scene.modes is not None:
            past["modes"] = _mode_curves(arrays, scene.modes)
            facts["modes"] = {
                "weights": arrays.real(scene.modes.weights),
                "x": arrays.real(scene.modes.at[:, 0], n_bytes=4),
                "y": arrays.real(scene.modes.at[:, 1], n_bytes=4),
            }
    else:
        assert scene.frames is not None
        past = history.frames(arrays, *scene.frames, scene.end) | _sums(scene.program, scene.frames[1])
    return {
        "machine": _number(machines, facts),
        "words": scene.words,
        "history": past,
        "law": _law(arrays, scene),
        "beta": history.beta_steps(arrays, drifted(scene.anneal, scene.program.noise.temperature_drift)),
        "still": scene.is_still,
    }


def _mode_curves(arrays: Arrays, modes: Modes) -> dict[str, Any]:
    names = ["energy", *(f"cell {k}" for k in range(len(modes.at)))]
    return history.curves(arrays, names, modes.values, modes.start)


def _sums(program: Program, states: np.ndarray) -> dict[str, Any]:
    """Energy and magnetisation of ``states`` int8 (k, n)."""
    return {"energy": program.energies(states).tolist(), "magnet": states.mean(axis=1, dtype=np.float64).tolist()}


def _number(known: list[Any], new: Any) -> int:
    """The place of ``new`` in ``known``, to which it is added where it is not there."""
    text = json.dumps(new)
    for number, one in enumerate(known):
        if json.dumps(one) == text:
            return number
    known.append(new)
    return len(known) - 1


def _law(arrays: Arrays, scene: Scene) -> dict[str, Any]:
    if scene.looks is not None:
        here, ideal = scene.looks
        return law.compared(arrays, here, ideal, reads=scene.reads, still=scene.is_still)
    is_exact = scene.program.n_variables <= law.EXACT and scene.trace is not None and scene.modes is None
    return {"kind": "exact" if is_exact else "none"}


def _axes(scenes: Sequence[Scene], show: Show) -> list[dict[str, Any]]:
    """What varies over the scenes: key, values as text, and as numbers of a unit where they are numbers."""
    swept = {} if show.swept is None else {axis.key: axis for axis in show.swept.axes}
    found = []
    for key in show.axes:
        words = list(dict.fromkeys(scene.words[key] for scene in scenes))
        axis = swept.get(key)
        numbers = None if axis is None or axis.numbers is None else [axis.at(word) for word in words]
        found.append({"key": key, "words": words, "numbers": numbers, "unit": "" if axis is None else axis.unit})
    return found


def swept_curves(swept: "Swept") -> list[dict[str, Any]]:
    """Each quantity of a sweep at each of its settings, with the design rules that it shows."""
    from hwsim.study.swept import QUANTITIES

    found = []
    for name in swept.quantities:
        points = [
            {"words": row["words"], "value": _finite(row.get(name)), "ci": row.get(f"{name}_ci")} for row in swept.rows
        ]
        rules = [
            {"series": rule.series, "value": rule.value, "ci": list(rule.ci), "side": rule.side}
            for rule in swept.rules
            if rule.quantity == name
        ]
        found.append(
            {
                "name": name,
                "words": QUANTITIES[name].words,
                "unit": QUANTITIES[name].unit,
                "limit": swept.limits.get(name),
                "least": QUANTITIES[name].least,
                "points": points,
                "rules": rules,
                "pair": [list(point) for point in swept.pair] if name == "correlation" else [],
            }
        )
    return found


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and np.isfinite(value) else None


def length_words(scene: Scene) -> str:
    """How long the scene is, in device time and rounds of the clock."""
    rounds = scene.end / scene.program.clock.round_ticks
    return f"{format_si(to_seconds(scene.end), 's')} of device time, {rounds:.4g} tau"


def scene_facts(scene: Scene) -> dict[str, Any]:
    """What a document says of a scene: its setting, size and length."""
    program = scene.program
    return {
        "words": scene.words,
        "pbits": program.n_pbits,
        "couplings": program.network.n_couplings,
        "clock": program.clock.kind,
        "device_time_s": to_seconds(scene.end),
        "updates": None if scene.trace is None else int(np.searchsorted(scene.trace[0], scene.end)),
        "frames": None if scene.frames is None else len(scene.frames[0]),
    }
